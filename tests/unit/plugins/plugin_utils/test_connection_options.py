# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the modules out of a connection: which win, which go, and who signs in."""

from __future__ import annotations

import typing as t

import pytest
from collection_facts import load_module

from ansible_collections.cvops.identity.plugins.plugin_utils import connection_options
from ansible_collections.cvops.identity.plugins.plugin_utils.connection_options import (
    build_commcell_options,
    build_sign_in_options,
    build_verification_options,
    evaluate_part,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError

CONNECTION = {
    "entra": {"tenant_id": "t", "client_id": "APP", "client_secret": "s", "proxy": "p"},
    "commcells": {
        "cs01": {"url": "https://cs01", "token_store": {"file": {"path": "/x"}}},
        7: {"url": "https://7"},
        "e": None,
    },
}


def test_commcell_options_are_those_of_entra_and_the_commcell_with_prefix() -> None:
    own = {"commvault_url": "https://cs01", "commvault_token_store": {"file": {"path": "/x"}}}
    assert build_commcell_options(CONNECTION, "cs01") == {**CONNECTION["entra"], **own}
    assert build_commcell_options(CONNECTION, 7) == {**CONNECTION["entra"], "commvault_url": "https://7"}
    assert build_commcell_options(CONNECTION, "e") == build_commcell_options(CONNECTION) == CONNECTION["entra"]


def test_options_of_the_commcell_win() -> None:
    given = {"entra": {"commvault_url": "a"}, "commcells": {"c": {"url": "b"}}}
    assert build_commcell_options(given, "c") == {"commvault_url": "b"}


@pytest.mark.parametrize("connection", [None, {}, {"entra": None, "commcells": None}])
def test_half_of_a_connection_gives_what_it_has(connection: t.Any) -> None:
    assert build_commcell_options(connection, "") == build_commcell_options(connection) == {}


def test_values_are_handed_on_as_they_are() -> None:
    store = CONNECTION["commcells"]["cs01"]["token_store"]  # type: ignore[index]
    assert build_commcell_options(CONNECTION, "cs01")["commvault_token_store"] is store
    build_commcell_options(CONNECTION, "cs01")["client_id"] = "other"
    assert CONNECTION["entra"]["client_id"] == "APP"  # type: ignore[index]


@pytest.mark.parametrize(
    ("connection", "said"),
    [
        (CONNECTION, "cvops_connection.commcells has no CommCell 'cs02'; it has: 7, cs01, e"),
        ({}, "cvops_connection.commcells has no CommCell 'cs02'; it has: none"),
        ({"entra": ["hunter2"]}, "cvops_connection.entra must be a mapping, not a list"),
        ({"commcells": {"cs02": "hunter2"}}, "cvops_connection.commcells['cs02'] must be a mapping, not a text"),
    ],
)
def test_what_is_wrong_is_said_without_a_value(connection: t.Any, said: str) -> None:
    with pytest.raises(FilterInputError) as caught:
        build_commcell_options(connection, "cs02")
    assert str(caught.value) == said


def test_another_persons_credentials_take_the_place_of_those_of_the_connection() -> None:
    assert build_sign_in_options(CONNECTION, {"auth_method": "device_code"}) == {
        "tenant_id": "t",
        "proxy": "p",
        "auth_method": "device_code",
    }
    assert build_sign_in_options(CONNECTION) == {"tenant_id": "t", "proxy": "p"}


def test_credentials_are_options_of_sign_in() -> None:
    options = load_module("entra_group").SPEC.options
    secrets = {name for name in options if options[name].get("no_log") and not name.startswith("commvault_")}
    assert options.keys() >= connection_options._ENTRA_CREDENTIALS >= secrets


@pytest.mark.parametrize(
    ("entra", "method"),
    [
        ({"client_id": "app"}, "client_secret"),
        ({"client_id": "APP", "auth_method": "auto"}, "client_secret"),
        ({"client_id": "APP", "client_certificate": "c"}, "client_certificate"),
        ({"client_id": "APP", "client_certificate": "c", "federated_token_file": "f"}, "federated"),
        ({"client_id": "APP", "auth_method": "device_code", "client_certificate": "c"}, "device_code"),
    ],
)
def test_own_credentials_of_the_connection_verify_with_a_named_method(entra: dict[str, str], method: str) -> None:
    assert build_verification_options({"entra": entra}, {}, {"app_id": "App"}) == {**entra, "auth_method": method}


def test_the_kept_secret_comes_first_then_what_was_told() -> None:
    told, way = {"verify_with": {"client_id": "V"}}, {"tenant_id": "t", "proxy": "p"}
    by_secret = {**way, "auth_method": "client_secret", "client_id": "app", "client_secret": "kept"}
    assert build_verification_options(CONNECTION, told, {"app_id": "app"}, "kept") == by_secret
    assert build_verification_options(CONNECTION, told, {"app_id": "app"}) == {**way, "client_id": "V"}


def test_nobody_elses_credentials_verify() -> None:
    assert build_verification_options(CONNECTION, {}, {"app_id": "other"}) == {}
    assert build_verification_options({}, {}, {}) == {}
    managed = {"entra": {"auth_method": "managed_identity"}}
    assert build_verification_options(managed, {"application": {}}, {"app_id": "x"}) == {}
    assert build_verification_options(managed, {"managed_identity": {}}, {"app_id": "x"}) == managed["entra"]


def test_only_what_is_needed_of_entra_is_evaluated() -> None:
    evaluated: list[t.Any] = []
    connection = {
        "entra": {"ca_path": "/ca.pem", "client_secret": "{{ of_a_vault_that_is_down }}"},
        "commcells": {"c": {}},
    }
    found = evaluate_part(connection, "", lambda value: evaluated.append(value) or value, ("ca_path", "proxy"))
    assert found["entra"] == {"ca_path": "/ca.pem"}
    assert "of_a_vault" not in str(evaluated)
