# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies as Graph shows them: what means the same has one form, and what is no policy is a bad answer."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from fake_graph import guid
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.canonical import (
    read_form,
    read_policy,
)

PLAIN = read_form({})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
PARTS = (
    "users",
    "applications",
    "locations",
    "platforms",
    "devices",
    "authenticationFlows",
    "clientAppTypes",
    "userRiskLevels",
)


@pytest.mark.parametrize(
    "wire",
    [
        {"conditions": None, "grantControls": None, "sessionControls": None},
        {"conditions": {"users": None, "locations": {}, "clientAppTypes": []}},
        {"conditions": {"users": {"includeUsers": None, "excludeGroups": []}}},
        {"grantControls": {"operator": "OR", "builtInControls": [], "authenticationStrength": None}},
        {"grantControls": {"operator": "AND"}},
        {"sessionControls": {"persistentBrowser": None, "disableResilienceDefaults": None}},
        {"sessionControls": {"persistentBrowser": {"isEnabled": False, "mode": "always"}}},
        {"sessionControls": {"cloudAppSecurity": {"isEnabled": None, "cloudAppSecurityType": "mcasConfigured"}}},
        {"sessionControls": {"applicationEnforcedRestrictions": {"isEnabled": False}}},
        {"sessionControls": {"disableResilienceDefaults": False}},
        {"conditions": {"authenticationFlows": {"transferMethods": "none"}, "insiderRiskLevels": None}},
        {"conditions": {"devices": {"deviceFilter": None}}},
    ],
)
def test_nothing_in_any_form_is_nothing(wire: dict[str, t.Any]) -> None:
    assert read_form(wire) == PLAIN


@pytest.mark.parametrize(
    ("wire", "option", "expected"),
    [
        (
            {"conditions": {"users": {"includeUsers": ["all", guid(1).upper()]}}},
            "users.include.users",
            {"all", guid(1)},
        ),
        ({"grantControls": {"builtInControls": ["Mfa", "BLOCK"]}}, "grant.controls", {"mfa", "block"}),
        ({"grantControls": {"builtInControls": ["unknownFutureValue"]}}, "grant.controls", {"unknownFutureValue"}),
        (
            {"conditions": {"insiderRiskLevels": "moderate, minor"}},
            "insider_risk",
            {"minor", "moderate"},
        ),
        (
            {"conditions": {"locations": {"excludeLocations": ["00000000-0000-0000-0000-000000000000"]}}},
            "locations.exclude",
            {"mfa_trusted_ips"},
        ),
    ],
)
def test_words_and_ids_in_any_letter_case(wire: dict[str, t.Any], option: str, expected: set[str]) -> None:
    assert read_form(wire)[option] == expected


def test_a_rule_is_its_words() -> None:
    devices = {"deviceFilter": {"mode": "Exclude", "rule": " device.model\n  -eq   X "}}
    form = read_form({"conditions": {"devices": devices}})
    assert (form["device_filter.mode"], form["device_filter.rule"]) == ("exclude", "device.model -eq X")


@pytest.mark.parametrize(
    "wire",
    [
        {"displayName": "x"},
        {"id": guid(1), "conditions": []},
        {"id": guid(1), "conditions": {"users": "All"}},
        {"id": guid(1), "conditions": {"users": {"includeUsers": "All"}}},
        {"id": guid(1), "conditions": {"clientAppTypes": [1]}},
        {"id": guid(1), "conditions": {"insiderRiskLevels": 7}},
        {"id": guid(1), "grantControls": {"operator": ["OR"], "builtInControls": ["mfa"]}},
        {"id": guid(1), "sessionControls": {"signInFrequency": 3}},
    ],
)
def test_what_is_no_policy_is_a_bad_answer(wire: dict[str, t.Any]) -> None:
    with pytest.raises(BadAnswer):
        read_policy(wire)


@given(st.dictionaries(st.sampled_from(PARTS), JSON), JSON, JSON)
def test_whatever_comes_is_a_policy_or_a_bad_answer(conditions: t.Any, grant: t.Any, session: t.Any) -> None:
    wire = {"id": guid(1), "conditions": conditions, "grantControls": grant, "sessionControls": session}
    with contextlib.suppress(BadAnswer):
        assert "client_app_types" in read_policy(wire).form
