# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings that options ask for."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from certificate_examples import make_public
from hypothesis import given
from hypothesis import strategies as st
from saml_examples import CONSOLE, ENTITY, GROUPS, SIGN_ON, make_body, make_row

from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.canonical import (
    ATTRIBUTES,
    parse_saml_state,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.certificates import make_mark
from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.desired import desired_saml_app
from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.metadata import ProviderMetadata
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError

CURRENT = parse_saml_state(make_body(), make_row()).settings
METADATA = ProviderMetadata(ENTITY, SIGN_ON, SIGN_ON, (make_public("sign"),))
MARK = make_mark(make_public("sign"))


def ask(**options: t.Any) -> dict[str, t.Any]:
    return {"name": "people", "exclusive": False, "certificate_policy": "fingerprint", **options}


def test_what_is_left_out_stays() -> None:
    assert desired_saml_app(ask(), CURRENT, None, None) == CURRENT
    assert desired_saml_app(ask(), CURRENT, METADATA, CURRENT.certificate) == CURRENT


def test_a_new_app_needs_metadata() -> None:
    with pytest.raises(ConfigError, match="metadata is needed"):
        desired_saml_app(ask(), None, None, MARK)
    made = desired_saml_app(ask(service_provider_endpoint=CONSOLE), None, METADATA, MARK)
    assert (made.enabled, made.auto_create_users, made.auto_redirect, made.certificate) == (True, False, False, MARK)


@pytest.mark.parametrize(("policy", "written"), [("fingerprint", True), ("always", True), ("on_create", False)])
def test_the_mark_follows_the_certificate_that_is_written(policy: str, written: bool) -> None:
    after = desired_saml_app(ask(certificate_policy=policy), CURRENT, None, MARK)
    assert after.certificate == (MARK if written else CURRENT.certificate)
    moved = dataclasses.replace(METADATA, sign_on_url="https://login.example/in")
    assert desired_saml_app(ask(certificate_policy=policy), CURRENT, moved, MARK).certificate == MARK


mappings = st.dictionaries(st.sampled_from(sorted(ATTRIBUTES)), st.sampled_from(["", "one", "two"]) | st.none())


@given(mappings, st.booleans())
def test_mappings_are_laid_over_those_that_are_there(given_mappings: dict[str, str | None], exclusive: bool) -> None:
    current = dataclasses.replace(
        CURRENT, attribute_mappings=(("FULL_NAME", "n"), ("sid", "s"), ("user_groups", GROUPS))
    )
    options = ask(attribute_mappings=given_mappings, exclusive=exclusive)
    after = desired_saml_app(options, current, None, None)
    found = dict(after.attribute_mappings)
    named = {name: claim for name, claim in given_mappings.items() if claim is not None}
    assert {name: found.get(name, "") for name in named} == named
    if exclusive or not named:
        assert set(found) == {name for name, claim in named.items() if claim}
    else:
        assert found["FULL_NAME"] == "n"
    assert desired_saml_app(options, after, None, None) == after
