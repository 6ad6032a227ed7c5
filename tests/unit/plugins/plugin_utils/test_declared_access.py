# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conditional access of a document: its tasks in order, what the modules get, and what contradicts itself."""

from __future__ import annotations

import copy
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.plugin_utils.access_checks import find_access_problems
from ansible_collections.cvops.identity.plugins.plugin_utils.conditional_access_lines import (
    describe_coverage,
    describe_held_back,
    format_policies,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.declared_access import (
    build_access_options,
    collect_access,
    describe_target,
    find_unregistered_problem,
    list_access_tasks,
    list_mapped_groups,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError

APP, PRINCIPAL = "66666666-7777-4888-8999-00000000000a", "66666666-7777-4888-8999-00000000000b"
TARGET = {"id": APP, "object_id": PRINCIPAL, "name": "Console", "pending": False, "failed": False, "why": ""}
COMING = {**TARGET, "id": None, "object_id": None, "pending": True}
ADMINISTRATORS = "conditional access policy Commvault - administrators of the console"
PLACES = "conditional access policy Commvault - sign-in places"
EGRESS = "conditional access policy Commvault - egress of the application"
DECLARED: dict[str, t.Any] = {
    "break_glass": {"users": ["glass@corp.example"], "groups": ["GG-Glass"]},
    "caller_address": "203.0.113.20",
    "must_get_in": [{"user": "jo@corp.example"}],
    "named_locations": [
        {"display_name": "Old", "state": "absent"},
        {"display_name": "Offices", "countries": ["CH"], "trusted": None},
    ],
    "administrators": {"groups": ["GG-Admins"]},
    "places": {"locations": ["Offices"]},
    "egress": {"locations": ["Egress"]},
    "policies": [
        {"display_name": "CA9", "state": "absent", "grant": {"controls": ["block"]}},
        {"display_name": "CA1", "users": {"include": {"users": ["all"]}, "exclude": {"groups": ["GG-Other"]}}},
    ],
}
MAPPINGS = [
    {"principal": {"entra_group": "GG-A"}},
    {"principal": {"entra_group": {"name": "GG-B", "object_id": APP}}},
    {"principal": {"entra_group": {"name": "GG-C"}}},
    {"principal": {"entra_group": "GG-A"}},
    {"principal": {"entra_group": "GG-Gone"}, "state": "absent"},
    {"principal": {"user": "x"}},
]


def declare(**more: t.Any) -> dict[str, t.Any]:
    return {**copy.deepcopy(DECLARED), **more}


def test_the_order_is_that_of_the_writes() -> None:
    rows = list_access_tasks(DECLARED)
    assert [row["task"] for row in rows] == [
        "named location Offices",
        ADMINISTRATORS,
        PLACES,
        EGRESS,
        "conditional access policy CA1",
        "conditional access policy CA9",
        "named location Old",
    ]
    assert [row["kind"] for row in rows] == ["named_location", *["policy"] * 5, "named_location"]
    assert [row["task"] for row in rows if row["is_registered"]] == [ADMINISTRATORS, PLACES, EGRESS]
    assert list_access_tasks(None) == list_access_tasks({"break_glass": {"users": ["x"]}}) == []


@pytest.mark.parametrize(
    ("more", "task"),
    [
        ({"name_prefix": "CVOPS "}, "conditional access policy CVOPS sign-in places"),
        ({"name_prefix": ""}, "conditional access policy sign-in places"),
        ({"places": {"display_name": "CA210", "locations": ["Offices"]}}, "conditional access policy CA210"),
    ],
)
def test_names_can_be_chosen(more: dict[str, t.Any], task: str) -> None:
    assert task in [row["task"] for row in list_access_tasks(declare(**more))]
    assert build_access_options(declare(**more), task, TARGET)["display_name"] == task.partition("policy ")[2]


FOR_ALL = {
    "break_glass": DECLARED["break_glass"],
    "caller_address": "203.0.113.20",
    "must_get_in": [{"user": "jo@corp.example"}],
    "pending_named_locations": ["Offices"],
    "pending_entra_groups": ["GG-New"],
}
GLASS = {"users": ["glass@corp.example"], "groups": ["GG-Glass"]}


def test_what_the_module_gets_of_administrators() -> None:
    assert build_access_options(DECLARED, ADMINISTRATORS, TARGET, MAPPINGS, ["GG-New"]) == {
        **FOR_ALL,
        "display_name": "Commvault - administrators of the console",
        "users": {"include": {"groups": ["GG-Admins"]}, "exclude": GLASS},
        "applications": {"include": [APP]},
        "grant": {"operator": "and", "controls": ["mfa", "compliant_device"]},
    }


@pytest.mark.parametrize(
    ("item", "part"),
    [
        *(
            (item, {"users": {"include": {"groups": ["GG-A", APP, "GG-C"]}, "exclude": GLASS}})
            for item in ({}, {"groups": []}, {"users": [], "roles": []})
        ),
        (
            {"roles": ["Global Administrator"]},
            {"users": {"include": {"roles": ["Global Administrator"]}, "exclude": GLASS}},
        ),
        (
            {"users": ["a@b"], "exclude": {"users": ["c@d"], "roles": ["R"]}},
            {
                "users": {
                    "include": {"users": ["a@b"]},
                    "exclude": {"users": ["c@d", *GLASS["users"]], "roles": ["R"], "groups": GLASS["groups"]},
                }
            },
        ),
        ({"applications": ["HR"]}, {"applications": {"include": ["HR"]}}),
        ({"controls": ["mfa"], "operator": "or"}, {"grant": {"operator": "or", "controls": ["mfa"]}}),
        (
            {"authentication_strength": "Strong"},
            {"grant": {"operator": "and", "controls": ["compliant_device"], "authentication_strength": "Strong"}},
        ),
        (
            {"policy_state": "enabled", "exclusive": True, "accept_risk": ["lock_out"], "accept_reason": "CHG1"},
            {"policy_state": "enabled", "exclusive": True, "accept_risk": ["lock_out"], "accept_reason": "CHG1"},
        ),
    ],
)
def test_administrators_as_they_are_described(item: dict[str, t.Any], part: dict[str, t.Any]) -> None:
    found = build_access_options(declare(administrators=item), ADMINISTRATORS, TARGET, MAPPINGS)
    assert {key: found.get(key) for key in part} == part


def test_what_the_module_gets_of_places() -> None:
    found = build_access_options(DECLARED, PLACES, COMING, MAPPINGS, ["GG-New"])
    assert found == {
        **FOR_ALL,
        "pending_applications": ["Console"],
        "display_name": "Commvault - sign-in places",
        "users": {"include": {"users": ["all"]}, "exclude": GLASS},
        "applications": {"include": ["Console"]},
        "locations": {"include": ["all"], "exclude": ["Offices"]},
        "grant": {"controls": ["block"]},
    }
    narrowed = build_access_options(declare(places={"groups": ["GG-X"], "locations": ["Offices"]}), PLACES, TARGET)
    assert narrowed["users"]["include"] == {"users": [], "groups": ["GG-X"]}
    nobody = build_access_options(declare(places={"groups": [], "roles": [], "locations": ["Offices"]}), PLACES, TARGET)
    assert nobody["users"]["include"] == {"users": ["all"]}, "no empty list is a policy for nobody"


def test_what_the_module_gets_of_egress() -> None:
    found = build_access_options(DECLARED, EGRESS, TARGET, None, ["GG-New"])
    assert found == {
        **FOR_ALL,
        "display_name": "Commvault - egress of the application",
        "client_applications": {"include": [PRINCIPAL]},
        "applications": {"include": ["all"]},
        "locations": {"include": ["all"], "exclude": ["Egress"]},
        "grant": {"controls": ["block"]},
        # It may be in force already.
        "sign_in_history": {"days": 30, "otherwise": "report_only"},
    }
    assert build_access_options(DECLARED, EGRESS, COMING)["client_applications"] == {"include": ["Console"]}
    forced = declare(egress={"locations": ["Egress"], "policy_state": "enabled"})
    history = {"days": 30, "otherwise": "report_only"}
    assert build_access_options(forced, EGRESS, TARGET)["sign_in_history"] == history
    forced["egress"] |= {"sign_in_history_days": 7, "service_principals": ["Backup"]}
    found = build_access_options(forced, EGRESS, TARGET)
    assert found["sign_in_history"]["days"] == 7 and found["client_applications"] == {"include": ["Backup"]}


def test_further_policies_and_what_goes() -> None:
    found = build_access_options(DECLARED, "conditional access policy CA1", TARGET)
    assert found["users"]["exclude"] == {"groups": ["GG-Other", "GG-Glass"], "users": ["glass@corp.example"]}
    gone = build_access_options(DECLARED, "conditional access policy CA9", TARGET)
    assert gone == {"display_name": "CA9", "state": "absent"}
    ready = build_access_options(declare(places={"state": "absent"}), PLACES)
    assert ready == {"display_name": "Commvault - sign-in places", "state": "absent"}
    location = build_access_options(DECLARED, "named location Offices")
    assert location == {"display_name": "Offices", "countries": ["CH"]}
    # Of a policy whose users are not managed, or that is for programs, nothing is said about people.
    for item in ({"policy_state": "enabled"}, {"client_applications": {"include": ["x"]}}, {"users": {"include": {}}}):
        given = declare(policies=[{"display_name": "CA1", **item}])
        told = build_access_options(given, "conditional access policy CA1", TARGET)
        assert told.get("users") == item.get("users")
    with pytest.raises(FilterInputError, match="no such location or policy"):
        build_access_options(DECLARED, "conditional access policy CA2")


def test_a_location_that_goes_is_told_which_policies_name_it_no_more() -> None:
    old = {"id": APP, "name": "old"}
    results = {
        ADMINISTRATORS: {"policy": {"locations": {"include": [], "exclude": []}}},
        PLACES: {"policy": {"locations": {"include": [{"id": "all", "name": None}], "exclude": [old]}}},
        EGRESS: {"policy": {"locations": {"include": [{"id": PRINCIPAL, "name": None}]}}},
        "conditional access policy CA1": {"error": {}, "msg": "not planned"},
        "conditional access policy CA9": {"policy": {}},
    }
    found = build_access_options(DECLARED, "named location Old", results=results)
    assert found["pending_policies"] == ["Commvault - administrators of the console", "CA9"]
    assert "pending_policies" not in build_access_options(DECLARED, "named location Old")
    assert "pending_policies" not in build_access_options(DECLARED, "named location Offices", results=results)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "users": st.just(["a@b"]),
            "groups": st.just(["GG-X"]),
            "exclude": st.fixed_dictionaries({}, optional={"users": st.just(["c@d"]), "groups": st.just([])}),
            "policy_state": st.sampled_from(["enabled", "report_only"]),
        },
    ),
    st.sampled_from(["administrators", "places"]),
)
def test_break_glass_accounts_are_always_left_out(item: dict[str, t.Any], name: str) -> None:
    task = {"administrators": ADMINISTRATORS, "places": PLACES}[name]
    found = build_access_options(declare(**{name: {"locations": ["Offices"], **item}}), task, TARGET, MAPPINGS)
    for kind, accounts in GLASS.items():
        assert set(accounts) <= set(found["users"]["exclude"][kind])
    assert found["break_glass"] == GLASS


def test_which_application_the_policies_are_about() -> None:
    declared = {"unique_name": "console", "display_name": "Console"}
    application = {"application": {"app_id": APP, "display_name": "Console"}, "target": "x"}
    principal = {"service_principal": {"object_id": PRINCIPAL}}
    told = describe_target(application, principal, declared)
    assert (told["id"], told["object_id"], told["pending"], told["failed"]) == (APP, PRINCIPAL, False, False)
    # The application is there, and its service principal is not.
    half = describe_target(application, {"service_principal": {"object_id": None}}, declared)
    assert (half["id"], half["object_id"], half["pending"]) == (APP, None, True)
    failed = describe_target({"error": {}, "msg": "no", "failed": True}, {"skipped": True}, declared)
    assert (failed["failed"], failed["pending"], failed["why"]) == (True, False, "no")
    refused = describe_target(application, {"error": {}, "msg": "forbidden"}, declared)
    assert (refused["failed"], refused["why"]) == (True, "forbidden")
    assert describe_target(application, principal, {**declared, "state": "absent"}) == {}
    assert describe_target({}, {}, None) == {}
    # Nobody registers it, so that nothing is planned for it.
    missing = {"application": {"app_id": None, "display_name": "Console"}}
    for is_in_run in (True, False):
        told = describe_target(missing, {"skipped": True}, declared, is_in_run)
        assert (told["pending"], told["failed"], told["why"]) == (is_in_run, not is_in_run, "")
    assert describe_target(application, principal, declared, False)["failed"] is False


def test_a_further_policy_may_name_the_registered_application() -> None:
    """By its name while it is coming, by its ids once it has them: another one of the same name is never meant."""
    further = {
        "display_name": "CA1",
        "applications": {"include": ["CONSOLE", "HR"], "exclude": None},
        "client_applications": {"include": ["console", PRINCIPAL]},
    }
    task = "conditional access policy CA1"
    declared = declare(policies=[further])
    found = build_access_options(declared, task, TARGET)
    assert found["applications"] == {"include": [APP, "HR"], "exclude": None}
    assert found["client_applications"] == {"include": [PRINCIPAL, PRINCIPAL]}
    coming = build_access_options(declared, task, COMING)
    assert coming["pending_applications"] == ["Console"]
    for told in (coming, build_access_options(declared, task, {**COMING, "pending": False, "failed": True})):
        assert {key: told[key] for key in further} == further
    assert build_access_options(declared, task, {})["applications"] == further["applications"]

    def is_registered(item: dict[str, t.Any], application: t.Any) -> bool:
        rows = list_access_tasks(declare(policies=[item]), application)
        return bool(next(row for row in rows if row["task"] == task)["is_registered"])

    assert is_registered(further, {"display_name": "Console"}) and is_registered(further, {"unique_name": "console"})
    for application in (None, {"display_name": "Other"}, {"display_name": "Console", "state": "absent"}):
        assert not is_registered(further, application)
    assert not is_registered({**further, "state": "absent"}, {"display_name": "Console"})
    assert not is_registered({"display_name": "CA1", "applications": {"include": ["HR"]}}, {"display_name": "Console"})


def test_an_application_that_is_not_there_is_a_problem_of_a_run_without_it_only() -> None:
    rows = list_access_tasks(DECLARED)
    (told,) = find_unregistered_problem(rows, COMING)
    assert told.startswith(f"{ADMINISTRATORS} needs an application in Entra ID that does not exist")
    (told,) = find_unregistered_problem(rows, {**COMING, "why": "forbidden"})
    assert "cannot be read (forbidden)" in told
    assert find_unregistered_problem(rows, COMING, True) == find_unregistered_problem(rows, TARGET) == []
    assert find_unregistered_problem(rows, {}) == []
    own = declare(administrators=None, egress=None, places={"applications": ["HR"], "locations": ["Offices"]})
    assert find_unregistered_problem(list_access_tasks(own), COMING) == []


def test_mapped_groups() -> None:
    assert list_mapped_groups(MAPPINGS) == ["GG-A", APP, "GG-C"]
    assert list_mapped_groups(None) == []


SEEN = {"count": 3, "last_seen": "2026-11-20T03:00:00Z", "why": "it applies"}
HELD = {"who": "Console", "address": "198.51.100.7", "country": "DE", **SEEN}
UNREAD = {
    "who": None,
    "address": None,
    "country": None,
    "count": None,
    "last_seen": None,
    "why": "the log was not read",
}
RESULT: dict[str, t.Any] = {
    "policy": {
        "display_name": "CA\u202e3",
        "policy_state": "report_only",
        "client_applications": {"include": [{"id": "1"}]},
        "held_back": [HELD, UNREAD],
    }
}


def test_what_people_have_to_know() -> None:
    assert describe_held_back(RESULT) == [
        "CA\\u202e3: Console from 198.51.100.7 (DE), 3 times, last at 2026-11-20T03:00:00Z: it applies",
        "CA\\u202e3: the log was not read",
    ]
    (told,) = describe_coverage(RESULT)
    assert (
        "Workload Identities Premium" in told
        and "express configuration" in told
        and "managed identities" in told.lower()
    )
    assert describe_coverage({"policy": {"display_name": "CA1"}}) == describe_held_back({"policy": {}}) == []
    found = collect_access([RESULT, {"named_location": {"display_name": "L"}}, {"policy": {}}, {"named_location": {}}])
    assert [row["display_name"] for row in found["named_locations"]] == ["L"]
    (policy,) = found["policies"]
    assert policy == {**RESULT["policy"], "planned": False}
    lines = format_policies(found)
    assert lines[0] == "Conditional access: CA\\u202e3: report-only"
    assert lines[1].startswith("  stays in report-only: Console from 198.51.100.7")
    many = {**found["policies"][0], "policy_state": "enabled", "held_back": [HELD] * 30}
    assert [line for line in format_policies({"policies": [many]}) if "shuts out" in line][
        -1
    ] == "  shuts out: and 10 more"
    assert lines[-1].startswith("  covers only applications of this tenant")
    assert format_policies({}) == []


@pytest.mark.parametrize(("steps", "writes", "planned"), [([{}], 0, True), ([{}], 2, False), ([], 0, False)])
def test_what_is_only_planned_is_not_told_as_done(steps: list[t.Any], writes: int, planned: bool) -> None:
    ran = {"changed": False, "steps": steps, "stats": {"reads": 1, "writes": writes}}
    held = {"display_name": "B", "policy_state": "report_only", "held_back": [HELD]}
    forced = {"display_name": "A", "policy_state": "enabled", "held_back": [HELD]}
    location = {"named_location": {"display_name": "L"}, **ran}
    found = collect_access([{"policy": forced, **ran}, {"policy": held, **ran}, location])
    assert [row["planned"] for row in (*found["policies"], *found["named_locations"])] == [planned] * 3
    lines = format_policies(found)
    states = ["would be in force", "would be report-only"] if planned else ["in force", "report-only"]
    assert [line for line in lines if not line.startswith(" ")] == [
        f"Conditional access: A: {states[0]}",
        f"Conditional access: B: {states[1]}",
    ]
    holds = ["  would refuse", "  would stay in report-only"] if planned else ["  shuts out", "  stays in report-only"]
    assert [line.partition(":")[0] for line in lines if line.startswith(" ")] == holds


VALID: dict[str, t.Any] = {"cvops_conditional_access": DECLARED, "cvops_application": {"unique_name": "u"}}


@pytest.mark.parametrize(
    ("access", "others", "told"),
    [
        ({}, {}, []),
        ({"break_glass": None}, {}, ["break_glass: is missing, and administrators and places would also apply"]),
        (
            {"break_glass": {"users": [], "groups": None}, "administrators": None},
            {},
            ["break_glass: is missing, and places"],
        ),
        ({"break_glass": None, "administrators": {"state": "absent"}, "places": None}, {}, []),
        ({"administrators": {}}, {}, [".administrators: does not say to whom it applies"]),
        ({"administrators": {}}, {"cvops_role_mappings": MAPPINGS}, []),
        ({"administrators": {"groups": ["A"], "controls": []}}, {}, ["controls: is empty"]),
        ({"administrators": {"groups": ["A"], "controls": [], "authentication_strength": "S"}}, {}, []),
        ({"places": {}}, {}, [".places.locations: is missing"]),
        ({"places": {"state": "absent"}}, {}, []),
        ({"egress": {"locations": []}}, {}, [".egress.locations: is missing"]),
        (
            {"places": {"locations": ["Offices", "OLD"]}},
            {},
            [".places.locations[1]: is a location that is absent in named_locations"],
        ),
        (
            {},
            {"cvops_application": None},
            [
                ".administrators.applications: is missing, and cvops_application, which would be used instead, is missing too",
                ".places.applications: is missing",
                ".egress.service_principals: is missing",
            ],
        ),
        (
            {"administrators": None, "egress": None},
            {"cvops_application": {"unique_name": "u", "state": "absent"}},
            [".places.applications: is missing, and cvops_application, which would be used instead, is absent"],
        ),
        (
            {},
            {"cvops_application": {"unique_name": "u", "sign_in_audience": "AzureADMultipleOrgs"}},
            ["open to other tenants"],
        ),
        ({"egress": {"locations": ["E"], "sign_in_history_days": 31}}, {}, ["sign_in_history_days: must be 1 to 30"]),
        ({"egress": {"locations": ["E"], "sign_in_history_days": 0}}, {}, ["sign_in_history_days: must be 1 to 30"]),
        (
            {"named_locations": [{"display_name": "A"}, {"display_name": "a"}], "places": {"locations": ["A"]}},
            {},
            ["named_locations[1].display_name (a): is already used by cvops_conditional_access.named_locations[0]"],
        ),
        (
            {"policies": [{"display_name": "commvault - SIGN-IN places"}]},
            {},
            [
                "policies[0].display_name (commvault - SIGN-IN places): is already used by cvops_conditional_access.places"
            ],
        ),
        (
            {"policies": [{"object_id": APP}, {"object_id": APP.upper()}]},
            {},
            ["is already used by cvops_conditional_access.policies[0]"],
        ),
    ],
)
def test_what_contradicts_itself_is_told_together(
    access: dict[str, t.Any], others: dict[str, t.Any], told: list[str]
) -> None:
    document = {**VALID, **others, "cvops_conditional_access": declare(**access)}
    found = [str(problem) for problem in find_access_problems(document)]
    assert len(found) == len(told), found
    assert all(words in line for words, line in zip(told, found, strict=True)), found


def test_a_document_without_conditional_access_has_no_problems_of_it() -> None:
    assert list(find_access_problems({})) == list(find_access_problems({"cvops_conditional_access": "x"})) == []
