# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SAML app that is meant is found without a name where there is no doubt, and never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.identity_providers.read import IdentityServer
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import AmbiguousMatch
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.provider_choice import choose_saml_app


def server(
    name: str, saml_kind: str | None = "AZURE", kind: str = "saml", enabled: bool | None = True
) -> IdentityServer:
    return IdentityServer(name, kind, saml_kind, None, enabled)


ONE, OFF, ADFS, OIDC = server("one"), server("off", enabled=False), server("adfs", "ADFS"), server("o", None, "oidc")


def test_the_only_app_for_entra_id_is_meant() -> None:
    assert choose_saml_app([ONE, ADFS, OIDC], None, None) == (ONE, "")
    assert choose_saml_app([OFF], None, None) == (OFF, ""), "that it is disabled is for a check to say"
    assert choose_saml_app([server("u", "UNKNOWN"), ADFS], None, None)[0] == server("u", "UNKNOWN")
    assert choose_saml_app([server("n", None), ADFS], None, None)[0] == server("n", None)


def test_of_several_the_only_enabled_one_is_meant() -> None:
    assert choose_saml_app([ONE, OFF], None, None) == (ONE, "")
    unknown = server("unknown", enabled=None)
    with pytest.raises(AmbiguousMatch, match="one, unknown"):
        choose_saml_app([ONE, unknown], None, None)


def test_doubt_is_told_with_all_candidates() -> None:
    with pytest.raises(AmbiguousMatch, match="one, two") as caught:
        choose_saml_app([ONE, server("two")], None, None)
    assert caught.value.facts["candidates"] == ["one", "two"]
    assert caught.value.facts["source"] == "option saml_app"
    with pytest.raises(AmbiguousMatch):
        choose_saml_app([OFF, server("off2", enabled=False)], None, None)


def test_a_given_name_is_taken_in_any_letter_case_and_for_any_provider() -> None:
    assert choose_saml_app([ONE, ADFS], "ADFS", None) == (ADFS, "")
    assert choose_saml_app([ONE, OFF], "OFF", None) == (OFF, "")
    assert choose_saml_app([ONE], "two", None) == (None, "Commvault has no SAML app two; it has one")
    assert choose_saml_app([OIDC], "o", None) == (None, "Commvault has no SAML app o; it has none")


def test_no_saml_app_at_all_needs_no_words() -> None:
    assert choose_saml_app([], None, None) == (None, "")
    assert choose_saml_app([OIDC], None, None) == (None, "")
    assert choose_saml_app([ADFS], None, None) == (None, "no SAML app is for Entra ID; there are adfs")


def test_a_given_openid_connect_app_carries_no_groups() -> None:
    assert "no groups" in choose_saml_app([ONE, OIDC], None, "O")[1]
    assert choose_saml_app([ONE, OIDC], None, "p") == (None, "Commvault has no OpenID Connect app p; it has o")


SERVERS = st.lists(
    st.builds(
        IdentityServer,
        st.sampled_from("abcd"),
        st.sampled_from(["saml", "oidc"]),
        st.sampled_from(["AZURE", "ADFS", "UNKNOWN", None]),
        st.none(),
        st.sampled_from([True, False, None]),
    ),
    max_size=4,
    unique_by=lambda item: (item.kind, item.name),
)


@given(SERVERS, st.randoms())
def test_order_never_matters(servers: list[IdentityServer], chance: object) -> None:
    def choose(given: list[IdentityServer]) -> object:
        try:
            return choose_saml_app(given, None, None)[0]
        except AmbiguousMatch as exc:
            return sorted(exc.facts["candidates"])

    found = choose(servers)
    assert found == choose(list(reversed(servers)))
    if isinstance(found, IdentityServer):
        assert found.kind == "saml" and found.saml_kind != "ADFS"
