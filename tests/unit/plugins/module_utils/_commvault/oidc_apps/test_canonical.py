# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The canonical form of an OpenID Connect app, and the rows that are written."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oidc_examples import APPLICATION, CONSOLE, DISCOVERY, KEY, SECRET, TREE, get_properties, make_row

from ansible_collections.cvops.identity.plugins.module_utils._commvault.oidc_apps.canonical import (
    OidcSettings,
    build_changed_row,
    build_new_row,
    parse_oidc_app,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer

SETTINGS = OidcSettings(True, "People", APPLICATION, DISCOVERY, (CONSOLE,), "key-1")

some_settings = st.builds(
    OidcSettings,
    enabled=st.booleans(),
    description=st.sampled_from(["", "one", "two\nlines"]),
    application_id=st.sampled_from([APPLICATION, "other"]),
    discovery_url=st.sampled_from([DISCOVERY, "https://other.example/"]),
    web_console_urls=st.sets(st.sampled_from([CONSOLE, "https://b.example:8443/webconsole"])).map(
        lambda urls: tuple(sorted(urls))
    ),
    secret_fingerprint=st.sampled_from([None, "key-1", "key-2"]),
)


def test_a_row_has_a_canonical_form() -> None:
    app = parse_oidc_app(make_row())
    assert (app.key, app.name, app.settings) == (KEY, "entra", SETTINGS)
    assert app.associations == tuple(TREE)
    assert app.settings.reply_urls == [f"{CONSOLE}/openIdConnectCallback.do"]


def test_associations_that_are_not_shown_are_unknown_and_not_none() -> None:
    row = make_row()
    del row["assocTree"]
    assert parse_oidc_app(row).associations is None
    assert parse_oidc_app(make_row(assocTree=[])).associations == ()


@pytest.mark.parametrize("odd", [{"appKey": None}, {"appKey": 5}, {"props": None}, {"props": {"nameValues": "x"}}])
def test_a_row_of_another_form_is_not_taken_for_an_app(odd: dict[str, t.Any]) -> None:
    with pytest.raises(BadAnswer):
        parse_oidc_app(make_row(**odd))


@given(some_settings, some_settings, st.sampled_from([None, SECRET]))
def test_a_written_row_reads_as_what_was_asked_for_and_keeps_the_rest(
    before: OidcSettings, after: OidcSettings, secret: str | None
) -> None:
    app = parse_oidc_app({**make_row(), **build_new_row("entra", before, SECRET, TREE), "appKey": KEY, "flags": 5})
    assert app.settings == before
    row = build_changed_row(app, after, secret, app.associations)
    assert parse_oidc_app({**app.row, **row}).settings == after
    assert (row["flags"], row["appType"], row["assocTree"]) == (5, 5, TREE)


@pytest.mark.parametrize("shown", ["******", "", "a secret in clear"])
def test_properties_of_others_go_back_and_what_is_shown_for_a_secret_does_not(shown: str) -> None:
    row = make_row()
    row["props"]["nameValues"][1]["value"] = shown
    app = parse_oidc_app(row)
    moved = dataclasses.replace(app.settings, discovery_url="https://other.example/")
    assert get_properties(build_changed_row(app, moved, None, None)) == {
        "clientId": APPLICATION,
        "endPointUrl": "https://other.example/",
        "webConsoleUrls": [CONSOLE],
        "scope": "openid email",
    }
    assert get_properties(build_changed_row(app, app.settings, SECRET, None))["clientSecret"] == SECRET
    hidden = make_row()
    hidden["props"]["nameValues"].append({"name": "another", "value": "***"})
    assert "another" not in get_properties(build_changed_row(parse_oidc_app(hidden), moved, None, None))


def test_properties_and_associations_that_do_not_change_are_not_written() -> None:
    app = parse_oidc_app(make_row())
    row = build_changed_row(app, dataclasses.replace(app.settings, enabled=False), None, None)
    assert "props" not in row and "assocTree" not in row and row["isEnabled"] is False
