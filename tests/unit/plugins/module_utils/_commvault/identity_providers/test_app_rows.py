# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows of identity provider apps: which one has a name, and what their members mean."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.identity_providers.app_rows import (
    OIDC_TYPE,
    SAML_TYPE,
    clean_description,
    parse_flag,
    select_row,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import AmbiguousMatch, BadAnswer, ConfigError


def make_row(name: str, app_type: t.Any = SAML_TYPE, key: str = "k1") -> dict[str, t.Any]:
    return {"appName": name, "appType": app_type, "appKey": key}


def test_a_row_is_selected_by_name_and_kind() -> None:
    rows = [make_row("other"), make_row("Corp.example", "2", "k2"), make_row("corp.example", key="")]
    assert select_row(rows, "corp.example", SAML_TYPE) == rows[1]
    assert select_row(rows, "nobody", SAML_TYPE) is None
    both = [make_row("Corp.example"), make_row("corp.example", key="k2")]
    assert select_row(both, "corp.example", SAML_TYPE) == both[1]
    with pytest.raises(AmbiguousMatch, match="2 SAML apps"):
        select_row(both, "CORP.example", SAML_TYPE)


def test_an_app_of_another_kind_keeps_its_name() -> None:
    with pytest.raises(ConfigError, match=r"another kind \(OpenID Connect\)"):
        select_row([make_row("corp.example", OIDC_TYPE)], "CORP.example", SAML_TYPE)


@pytest.mark.parametrize("key", [7, ["k"], {"k": 1}, True])
def test_a_key_that_is_no_text_is_no_key(key: t.Any) -> None:
    with pytest.raises(BadAnswer, match="not a text"):
        select_row([make_row("corp.example", key=key)], "corp.example", SAML_TYPE)


@given(st.text())
def test_a_clean_description_stays_as_it_is(text: str) -> None:
    assert clean_description(clean_description(text)) == clean_description(text)


@pytest.mark.parametrize(
    ("value", "found"), [(None, True), (True, True), (1, True), ("TRUE", True), (0, False), ("no", False)]
)
def test_a_flag_is_a_boolean_a_number_or_a_word(value: t.Any, found: bool) -> None:
    assert parse_flag(value, True) is found
