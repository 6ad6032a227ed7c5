# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource of module entra_conditional_access_policy: what is read, what is sent, what is refused."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, call_with_graph, carry_out, guid, refusal

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    AmbiguousMatch,
    ApiError,
    ConfigError,
    Forbidden,
    GuardRefused,
    WaitTimeout,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.resource import (
    ConditionalAccessPolicyResource,
)

PATH = "/identity/conditionalAccess/policies"
DEFAULTS = "/policies/identitySecurityDefaultsEnforcementPolicy"
WIRE: dict[str, t.Any] = {
    "id": guid(1),
    "displayName": "CA1",
    "state": "enabledForReportingButNotEnforced",
    "conditions": {
        "users": {"includeUsers": ["All"], "excludeUsers": [guid(2)]},
        "applications": {"includeApplications": ["All"]},
        "clientAppTypes": ["all"],
    },
    "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    "sessionControls": None,
}


def make_policy(
    make_ctx: t.Any, rows: t.Any, *replies: t.Any, shown: t.Any = WIRE, answers: t.Any = None, **options: t.Any
) -> tuple[t.Any, FakeGraph]:
    usual = {
        "state": "present",
        "display_name": "CA1",
        "exclusive": False,
        "max_removals": 20,
        "pending_entra_groups": [],
        "pending_named_locations": [],
    }
    found = {PATH: rows, f"{PATH}/{guid(1)}": shown, DEFAULTS: {"isEnabled": False}, **(answers or {})}
    graph = FakeGraph(make_ctx({**usual, **options}), found, *replies)
    graph.claims = {"oid": guid(9), "idtyp": "app"}
    return call_with_graph(ConditionalAccessPolicyResource, graph), graph


def test_a_policy_that_is_as_asked_costs_one_read(make_ctx: t.Any) -> None:
    policy, graph = make_policy(make_ctx, [WIRE], grant={"controls": ["mfa"]})
    assert not policy.plan().changed and graph.reads == [PATH]
    found = policy.result()
    assert found["policy_state"] == "report_only" and found["evaluation"] == []
    assert found["users"]["exclude"]["users"] == [{"id": guid(2), "name": None}]


def test_a_change_sends_the_part_that_changes(make_ctx: t.Any) -> None:
    policy, graph = make_policy(make_ctx, [WIRE], platforms={"include": ["all"], "exclude": ["ios"]})
    carry_out(policy, policy.plan())
    body = {"conditions": {"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["iOS"]}}}
    assert graph.writes == [("PATCH", f"{PATH}/{guid(1)}", body)]


def test_where_a_part_is_not_taken_all_conditions_are_sent(make_ctx: t.Any) -> None:
    unknown = {**WIRE, "conditions": {**WIRE["conditions"], "someNew": {"a": 1}}}
    options = {"platforms": {"include": ["all"], "exclude": ["ios"]}}
    policy, graph = make_policy(make_ctx, [unknown], refusal("1007: no", 400), shown=unknown, **options)
    carry_out(policy, policy.plan())
    sent = graph.writes[1].body["conditions"]
    assert sent["users"]["includeUsers"] == ["All"] and sent["someNew"] == {"a": 1} and "locations" not in sent
    policy, graph = make_policy(make_ctx, [WIRE], refusal("busy", 503), **options)
    with pytest.raises(ApiError):
        carry_out(policy, policy.plan())
    assert len(graph.writes) == 1


@pytest.mark.parametrize("shown", [None, {**WIRE, "state": "enabled"}, {**WIRE, "displayName": "Other"}])
def test_what_somebody_has_changed_meanwhile_is_not_overwritten(make_ctx: t.Any, shown: t.Any) -> None:
    policy, graph = make_policy(make_ctx, [WIRE], shown=shown, client_app_types=["browser"])
    with pytest.raises(ApiError) as caught:
        carry_out(policy, policy.plan())
    assert caught.value.is_outdated and not graph.writes


def test_a_policy_is_deleted_and_forgotten(make_ctx: t.Any) -> None:
    policy, graph = make_policy(make_ctx, [WIRE], state="absent")
    carry_out(policy, policy.plan())
    assert graph.sent() == [f"DELETE {PATH}/{guid(1)}"] and graph.forgotten == [guid(1)] and policy.result() == {}


def test_names_and_ids(make_ctx: t.Any) -> None:
    policy, graph = make_policy(make_ctx, [WIRE, {**WIRE, "id": guid(5), "displayName": "ca1"}])
    with pytest.raises(AmbiguousMatch, match="give object_id"):
        policy.plan()
    policy, graph = make_policy(make_ctx, [], shown=None, object_id=guid(1))
    with pytest.raises(ConfigError, match="leave object_id out"):
        policy.plan()
    policy, graph = make_policy(make_ctx, [], object_id="CA1")
    with pytest.raises(ConfigError, match="is not a GUID"):
        policy.plan()
    policy, graph = make_policy(make_ctx, [], shown=None, object_id=guid(1), state="absent")
    assert not policy.plan().changed


def test_security_defaults(make_ctx: t.Any) -> None:
    on = {DEFAULTS: {"isEnabled": True}}
    options: dict[str, t.Any] = {"policy_state": "enabled", "accept_risk": ["lock_out"], "accept_reason": "x"}
    policy, graph = make_policy(make_ctx, [WIRE], answers=on, **options)
    with pytest.raises(ConfigError, match="Security defaults are on"):
        policy.plan()
    policy, graph = make_policy(make_ctx, [{**WIRE, "state": "enabled"}], answers=on, grant={"controls": ["mfa"]})
    assert not policy.plan().changed
    policy, graph = make_policy(make_ctx, [WIRE], answers={DEFAULTS: Forbidden("no")}, **options)
    assert policy.plan().changed, "the service itself refuses then"


def test_more_is_not_removed_than_the_task_may(make_ctx: t.Any) -> None:
    many = {**WIRE, "conditions": {**WIRE["conditions"], "platforms": {"includePlatforms": ["all"]}}}
    many["conditions"]["users"] = {"includeUsers": ["All"], "excludeUsers": [guid(number) for number in range(20, 50)]}
    policy, graph = make_policy(make_ctx, [many], users={"exclude": {"users": []}})
    with pytest.raises(GuardRefused, match="30 entries of the policy would be removed, more than max_removals 20"):
        policy.plan()


def test_parts_that_are_replaced_and_hold_what_is_not_known(make_ctx: t.Any) -> None:
    session = {"persistentBrowser": {"mode": "never", "isEnabled": True}, "newControl": {"isEnabled": True}}
    rows = [{**WIRE, "sessionControls": session}]
    policy, graph = make_policy(make_ctx, rows, session={"persistent_browser": "none"})
    with pytest.raises(GuardRefused, match="sessionControls.newControl") as caught:
        policy.plan()
    assert caught.value.facts["risk"] == "unmanaged_properties"
    policy, graph = make_policy(
        make_ctx,
        rows,
        session={"persistent_browser": "none"},
        accept_risk=["unmanaged_properties"],
        accept_reason="looked at",
    )
    assert [step.action for step in policy.plan().steps] == ["update", "restore_session"]


@pytest.mark.parametrize(
    ("shown", "fields"),
    [
        (None, ["list"]),
        (WIRE, ["client_app_types"]),
        (
            {**WIRE, "conditions": {**WIRE["conditions"], "clientAppTypes": ["browser"], "userRiskLevels": ["high"]}},
            ["user_risk"],
        ),
    ],
)
def test_what_does_not_show_is_told_also_what_nobody_asked_for(
    make_ctx: t.Any, shown: t.Any, fields: list[str]
) -> None:
    policy, graph = make_policy(make_ctx, [WIRE], shown=shown, client_app_types=["browser"])
    policy.plan()
    assert [finding["field"] for finding in policy.verify()] == fields


def test_in_force_what_does_not_show_fails_the_task(make_ctx: t.Any) -> None:
    rows = [{**WIRE, "state": "enabled"}]
    options = {"client_app_types": ["browser"], "accept_risk": ["lock_out"], "accept_reason": "x"}
    policy, graph = make_policy(make_ctx, rows, shown=rows[0], **options)
    policy.plan()
    with pytest.raises(WaitTimeout):
        policy.verify()


TWO_CONTROLS = {
    **WIRE,
    "sessionControls": {
        "persistentBrowser": {"mode": "never", "isEnabled": True},
        "applicationEnforcedRestrictions": {"isEnabled": True},
    },
}
RESTORE = {"sessionControls": {"applicationEnforcedRestrictions": {"isEnabled": True}}}


@pytest.mark.parametrize("status", [400, 403, 429, 503, None])
def test_session_controls_that_cannot_be_given_again_are_named(make_ctx: t.Any, status: int | None) -> None:
    """The request before has taken them away, and the next run, to which nothing is to be done, would not tell."""
    refused = [refusal("no", status) for dummy in range(2)]  # type: ignore[arg-type]
    options = {"session": {"persistent_browser": "none"}}
    policy, graph = make_policy(make_ctx, [TWO_CONTROLS], None, *refused, shown=TWO_CONTROLS, **options)
    with pytest.raises(ApiError, match="session.application_enforced_restrictions True"):
        carry_out(policy, policy.plan())
    assert [one.body for one in graph.writes] == [{"sessionControls": None}, RESTORE, RESTORE]


@pytest.mark.parametrize(("status", "restores"), [(403, False), (429, False), (503, True), (None, True)])
def test_controls_are_given_again_where_they_may_be_gone(make_ctx: t.Any, status: int | None, restores: bool) -> None:
    lost = refusal("no", status)  # type: ignore[arg-type]
    options = {"session": {"persistent_browser": "none"}}
    policy, graph = make_policy(make_ctx, [TWO_CONTROLS], lost, None, shown=TWO_CONTROLS, **options)
    with pytest.raises(ApiError):
        carry_out(policy, policy.plan())
    assert [one.body for one in graph.writes][1:] == ([RESTORE] if restores else [])
