# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An application's plan in words: every step says what it changes, by names, and none of it twice."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from application_model import APP_ID, OBJECT_ID, options_strategy, requests, role, wires
from fake_graph import guid
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan, list_planned_changes
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.canonical import canonical_application
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.changes import (
    DEACTIVATION,
    describe_creation_part,
    describe_update,
    list_tier_0_requests,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.desired import desired_application
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.interrupted_change import (
    TAG,
    undo_interruption,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.plan import (
    CurrentApplication,
    plan_application,
    plan_application_removal,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.permission_presets.presets import GRAPH

Wire = dict[str, t.Any]
NAMED: Wire = {"id": OBJECT_ID, "appId": APP_ID, "displayName": "Commvault"}


def planned(wire: Wire, options: Wire, requested: t.Any = None, exclusive: bool = False) -> Plan:
    settled = undo_interruption(canonical_application(wire))
    after = desired_application(options, requested, settled, exclusive)
    return plan_application(CurrentApplication(wire), after, None, exclusive, {guid(9): "Group.Read.All"})


def told(plan: Plan) -> list[list[str]]:
    return [[f"{change.sign} {change.sentence}" for change in step.changes] for step in plan.steps]


@given(wires() | st.just({}), options_strategy, requests, st.booleans())
def test_every_step_says_what_it_changes_and_no_two_say_the_same(
    wire: Wire, options: Wire, requested: t.Any, exclusive: bool
) -> None:
    plan = planned(wire, {"display_name": "Commvault", **options}, requested, exclusive)
    assert all(step.changes for step in plan.steps)
    ids = [change["id"] for change in list_planned_changes("application", plan)]
    assert len(set(ids)) == len(ids)


def test_a_change_of_an_enabled_role_is_told_with_its_disabling() -> None:
    wire = {**NAMED, "appRoles": [role(1, "Read", text="old")]}
    plan = planned(wire, {"app_roles": [{"value": "Read", "description": "new", "display_name": "new"}]})
    assert told(plan) == [
        ["~ disable app role Read before it changes"],
        ['~ change app role Read: set description to "new", set display name to "new"'],
    ]


def test_a_new_role_that_shall_be_disabled_is_told_with_both_writes() -> None:
    plan = planned(NAMED, {"app_roles": [{"value": "Read", "enabled": False}]})
    added, disabled = told(plan)
    assert added[0].startswith("+ add app role Read (")
    assert disabled == ["~ change app role Read: set enabled to false"]


def test_what_an_interrupted_change_has_left_is_told_without_its_marks() -> None:
    wire = {**NAMED, "appRoles": [role(1, "Read", enabled=False)], "tags": [f"{TAG}{guid(1)}"]}
    assert told(planned(wire, {})) == [["~ change app role Read: set enabled to true"]]
    marked = {**NAMED, "tags": [f"{TAG}{guid(1)}"]}
    assert told(planned(marked, {})) == [["~ remove the marks of an interrupted change"]]


def test_a_creation_tells_what_is_written_with_it_and_what_after_it() -> None:
    options = {
        "display_name": "Commvault",
        "sign_in_audience": "AzureADMyOrg",
        "web": {"redirect_uris": ["https://cs01.example/cb"]},
        "identifier_uris": ["api://{app_id}"],
        "app_roles": [{"value": "Read"}],
    }
    created, completed = planned({}, options).steps
    assert [f"{change.sign} {change.sentence}" for change in created.changes][0].startswith(
        "+ register the application with "
    )
    assert 'sign-in audience "AzureADMyOrg"' in created.changes[0].sentence
    assert [change.sentence for change in created.changes[1:]] == ["add redirect URI https://cs01.example/cb"]
    assert [change.kind for change in completed.changes] == ["app role", "identifier URI"]
    assert {change.principal for change in (*created.changes, *completed.changes)} == {"Commvault"}


def test_generated_ids_are_no_part_of_what_is_told() -> None:
    wire = {**NAMED, "appRoles": [role(1, "Read"), role(2, "Write")]}
    plan = planned(wire, {"app_roles": [{"value": "Read"}, {"value": "New"}]}, exclusive=True)
    told = [dataclasses.replace(change, ids={}) for step in plan.steps for change in step.changes]
    assert re.findall("[0-9a-f]{8}-[0-9a-f]{4}", repr(told)) == []


def test_the_same_change_of_another_application_of_the_name_is_another_step() -> None:
    def identify(app_id: str) -> str:
        (change,) = list_planned_changes("application", planned({**NAMED, "appId": app_id}, {"description": "x"}))
        return change["id"]

    assert identify(APP_ID) == identify(APP_ID)
    assert identify(APP_ID) != identify(guid(5))


def test_a_removal_is_told_by_name_and_known_by_id() -> None:
    (step,) = plan_application_removal(CurrentApplication(NAMED)).steps
    (change,) = step.changes
    assert (change.sign, change.kind, change.principal, change.sentence) == (
        "-",
        "application",
        "Commvault",
        "delete the application",
    )
    assert change.facts == {"app_id": APP_ID}


def test_a_permission_of_tier_0_says_so_when_it_comes_and_not_when_it_goes() -> None:
    names = {
        GRAPH: "Microsoft Graph",
        guid(31): "RoleManagement.ReadWrite.Directory",
        guid(32): "Directory.AccessAsUser.All",
    }
    access = [{"id": guid(31), "type": "Role"}, {"id": guid(32), "type": "Scope"}]
    nothing, without = canonical_application({}), canonical_application(NAMED)
    having = canonical_application(
        {**NAMED, "requiredResourceAccess": [{"resourceAppId": GRAPH, "resourceAccess": access}]}
    )
    added = [change.sentence for change in describe_update(without, having, names)]
    assert [text.partition(";")[2][:37] for text in added] == [
        " tier 0 when an administrator signs i",
        " tier 0: whoever has it can give itse",
    ]
    assert [change.sentence for change in describe_creation_part(having, names, ())][1:] == added
    assert all("tier 0" not in change.sentence for change in describe_update(having, without, names))
    assert list_tier_0_requests(nothing, having, names) == sorted(names[item["id"]] for item in access)
    assert list_tier_0_requests(having, having, names) == []


def test_an_api_that_only_bears_the_name_of_graph_has_no_permission_of_tier_0() -> None:
    names = {guid(8): "Microsoft Graph", guid(31): "RoleManagement.ReadWrite.Directory"}
    access = [{"resourceAppId": guid(8), "resourceAccess": [{"id": guid(31), "type": "Role"}]}]
    having = canonical_application({**NAMED, "requiredResourceAccess": access})
    assert list_tier_0_requests(canonical_application(NAMED), having, names) == []
    (change,) = describe_update(canonical_application(NAMED), having, names)
    assert "tier 0" not in change.sentence


def test_a_deactivation_says_what_stays_valid_and_comes_with_no_other_words_for_it() -> None:
    (said,) = told(planned(NAMED, {"enabled": False}))
    assert said == [f"- deactivate the application: {DEACTIVATION}"]
    assert "tokens that were issued are valid until they end" in DEACTIVATION
    (said,) = told(planned({**NAMED, "isDisabled": True}, {"enabled": True, "notes": "n"}))
    assert said == ["+ activate the application again: it gets tokens as before", '~ set notes to "n"']


def test_a_new_application_is_deactivated_once_it_exists() -> None:
    created, deactivated = told(planned({}, {"display_name": "New", "enabled": False}))
    assert "enabled" not in "".join(created)
    assert deactivated == [f"- deactivate the application: {DEACTIVATION}"]
