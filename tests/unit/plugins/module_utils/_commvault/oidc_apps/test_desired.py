# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings that options ask for."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oidc_examples import APPLICATION, CONSOLE, DISCOVERY, SECRET

from ansible_collections.cvops.identity.plugins.module_utils._commvault.oidc_apps.canonical import OidcSettings
from ansible_collections.cvops.identity.plugins.module_utils._commvault.oidc_apps.desired import (
    desired_oidc_app,
    is_secret_written,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError

NEEDED = {"application_id": APPLICATION, "secret": SECRET, "discovery_url": DISCOVERY, "secret_policy": "on_create"}
CURRENT = OidcSettings(False, "People", APPLICATION, DISCOVERY, (CONSOLE,), "key-1")


@pytest.mark.parametrize(
    ("policy", "fingerprint", "secret", "written"),
    [
        ("on_create", "key-2", SECRET, False),
        ("always", None, SECRET, True),
        ("fingerprint", "key-1", SECRET, False),
        ("fingerprint", "key-2", SECRET, True),
        ("fingerprint", "key-2", None, False),
    ],
)
def test_the_policy_says_whether_a_secret_is_written_over_another(
    policy: str, fingerprint: str | None, secret: str | None, written: bool
) -> None:
    options = {"secret": secret, "secret_policy": policy, "secret_fingerprint": fingerprint}
    assert is_secret_written(options, CURRENT) is written
    assert is_secret_written(options, None) is True
    after = desired_oidc_app("entra", options, CURRENT, False)
    assert after.secret_fingerprint == (fingerprint if written else "key-1")


@pytest.mark.parametrize("missing", ["application_id", "secret", "discovery_url"])
def test_a_new_app_needs_what_it_cannot_do_without(missing: str) -> None:
    with pytest.raises(ConfigError, match=f"{missing} is needed"):
        desired_oidc_app("entra", {**NEEDED, missing: None}, None, False)
    assert desired_oidc_app("entra", NEEDED, None, False).enabled is True


def test_an_application_id_is_not_changed_in_letter_case_alone() -> None:
    after = desired_oidc_app("entra", {**NEEDED, "application_id": APPLICATION.upper()}, CURRENT, False)
    assert after.application_id == APPLICATION


@given(
    st.fixed_dictionaries(
        {
            "secret_policy": st.sampled_from(["on_create", "fingerprint"]),
            "secret": st.just(SECRET),
            "secret_fingerprint": st.sampled_from(["key-1", "key-2"]),
            "description": st.sampled_from([None, "", "one ", "a\r\nb"]),
            "enabled": st.sampled_from([None, True, False]),
            "web_console_urls": st.sampled_from([None, [], [CONSOLE], ["https://b.example:443/webconsole"]]),
        }
    ),
    st.booleans(),
)
def test_laying_the_options_over_again_changes_nothing(options: dict[str, t.Any], exclusive: bool) -> None:
    after = desired_oidc_app("entra", options, CURRENT, exclusive)
    assert desired_oidc_app("entra", options, after, exclusive) == after
    unmanaged = dict.fromkeys(options) | {"secret_policy": "on_create"}
    assert desired_oidc_app("entra", unmanaged, CURRENT, exclusive) == CURRENT
