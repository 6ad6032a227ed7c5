# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning an application: convergence on a model of Graph, order, foreign values, disabling first, diffs."""

from __future__ import annotations

import dataclasses
import itertools
import random
import typing as t

from application_model import APP_ID, OBJECT_ID, Model, Wire, options_strategy, requests, role, wires
from fake_graph import guid
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.canonical import canonical_application
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.desired import desired_application
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.interrupted_change import (
    undo_interruption,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.plan import (
    CurrentApplication,
    find_removed_roles,
    format_application,
    name_permissions,
    plan_application,
    plan_application_removal,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.permissions import RequestedPermissions


def planned(
    wire: Wire, options: Wire, requested: list[RequestedPermissions] | None = None, exclusive: bool = False
) -> Plan:
    """The plan for *options* on *wire*."""
    situation = CurrentApplication(wire)
    current = undo_interruption(canonical_application(wire))
    wanted = desired_application(options, requested, current, exclusive)
    return plan_application(situation, wanted, None, exclusive, {})


@given(wires(), options_strategy, requests, st.booleans())
def test_applying_a_plan_leaves_nothing_to_do(
    wire: Wire, options: Wire, requested: list[RequestedPermissions] | None, exclusive: bool
) -> None:
    """Graph accepts every step, and the second plan is empty."""
    model = Model(wire)
    first = planned(wire, options, requested, exclusive)
    model.apply(first)
    second = planned(model.wire, options, requested, exclusive)
    assert second.steps == ()
    assert second.before == second.after
    assert first.after == second.after
    assert (first.before != first.after) == first.changed


@given(wires(), options_strategy, st.booleans(), st.data())
def test_a_run_that_is_cut_short_leaves_nothing_behind(
    wire: Wire, options: Wire, exclusive: bool, data: st.DataObject
) -> None:
    """After any number of steps, a second run ends where an undisturbed one does."""
    whole, cut = Model(wire), Model(wire)
    first = planned(wire, options, None, exclusive)
    whole.apply(first)
    done = data.draw(st.integers(0, len(first.steps)))
    cut.apply(dataclasses.replace(first, steps=first.steps[:done]))
    cut.apply(planned(cut.wire, options, None, exclusive))
    assert canonical_application(cut.wire) == canonical_application(whole.wire)


def test_a_role_that_is_enabled_to_create_its_scope_does_not_stay_so() -> None:
    """The run ends between the two: any later one disables the role again, also one that is asked for nothing."""
    wire = {"id": OBJECT_ID, "appId": APP_ID, "displayName": "x", "appRoles": [role(1, "Read", enabled=False)]}
    first = planned(wire, {"api_scopes": [{"value": "Read", "enabled": False}]})
    cut = Model(wire)
    cut.apply(dataclasses.replace(first, steps=first.steps[:1]))
    assert [entry["isEnabled"] for entry in cut.wire["appRoles"]] == [True]
    cut.apply(planned(cut.wire, {}))
    assert [entry["isEnabled"] for entry in cut.wire["appRoles"]] == [False]
    assert cut.wire["tags"] == []


@given(wires(), options_strategy, st.booleans())
def test_a_disabling_that_led_to_nothing_is_undone_by_any_later_run(wire: Wire, options: Wire, exclusive: bool) -> None:
    """The later run is asked for nothing; what was enabled is enabled, and no tag of ours stays."""
    first = planned(wire, options, None, exclusive)
    cut = Model(wire)
    disabling = [step for step in first.steps if step.action == "disable"]
    cut.apply(dataclasses.replace(first, steps=tuple(disabling)))
    undone = Model(cut.wire)
    for step in disabling:
        undone.write(step.data["undo"])
    assert canonical_application(undone.wire) == canonical_application(wire)
    nothing = {name: None for name in options}
    cut.apply(planned(cut.wire, nothing, None, exclusive))
    assert canonical_application(cut.wire) == canonical_application(wire)


@given(options_strategy, requests, st.booleans())
def test_creating_leaves_nothing_to_do(
    options: Wire, requested: list[RequestedPermissions] | None, exclusive: bool
) -> None:
    """The same from nothing; with a unique name even the ids are known beforehand."""
    options = {**options, "unique_name": "unique", "identifier_uris": None}
    model = Model({})
    first = planned({}, options, requested, exclusive)
    assert first.before == {}
    assert first.steps[0].action == "create"
    model.apply(first)
    assert planned(model.wire, options, requested, exclusive).steps == ()


@given(wires(), options_strategy, requests, st.booleans(), st.randoms(use_true_random=False))
def test_order_never_matters(
    wire: Wire, options: Wire, requested: list[RequestedPermissions] | None, exclusive: bool, chance: random.Random
) -> None:
    """Shuffled options give the same plan."""

    def shuffled(value: t.Any) -> t.Any:
        if isinstance(value, dict):
            return {name: shuffled(item) for name, item in value.items()}
        if isinstance(value, list):
            return chance.sample([shuffled(item) for item in value], len(value))
        return value

    expected = planned(wire, options, requested, exclusive)
    assert planned(wire, shuffled(options), shuffled(requested), exclusive) == expected


@given(wires(), options_strategy, requests)
def test_foreign_values_stay_unless_exclusive(
    wire: Wire, options: Wire, requested: list[RequestedPermissions] | None
) -> None:
    """Without exclusive, and without an explicit empty list, nothing that was there goes."""
    model = Model(wire)
    filled = {name: value for name, value in options.items() if value not in ([], "")}
    for name in ("web", "spa", "public_client", "optional_claims"):
        if filled.get(name):
            filled[name] = {key: value for key, value in filled[name].items() if value not in ([], "")}
    some = [request for request in requested or () if request.application and request.delegated]
    model.apply(planned(wire, filled, some or None))
    had, has = canonical_application(wire), canonical_application(model.wire)
    for name in ("tags", "identifier_uris"):
        assert set(had[name]) <= set(has[name])
    for name in ("app_roles", "api_scopes"):
        assert {entry["id"] for entry in had[name]} <= {entry["id"] for entry in has[name]}
    assert set(had["web"]["redirect_uris"]) <= set(has["web"]["redirect_uris"])
    for entry in had["api_permissions"]:
        (kept,) = [item for item in has["api_permissions"] if item["api"] == entry["api"]]
        assert set(entry["application"]) <= set(kept["application"])
        assert set(entry["delegated"]) <= set(kept["delegated"])
    assert model.wire["api"]["acceptMappedClaims"] is True
    assert model.wire["api"]["knownClientApplications"] == [guid(990)]


def test_no_options_no_change() -> None:
    """What the options do not name is not managed."""
    wire = {"id": OBJECT_ID, "appId": APP_ID, "displayName": "x", "appRoles": [role(2, "B"), role(1, "A")]}
    assert not planned(wire, {}).changed
    assert not planned(wire, {}, exclusive=True).changed


def test_bodies_never_carry_credentials() -> None:
    """Whatever Graph shows, credentials do not go back."""
    wire = {"id": OBJECT_ID, "appId": APP_ID, "passwordCredentials": [{"keyId": guid(1)}], "keyCredentials": []}
    plan_ = planned(wire, {"description": "new", "app_roles": [{"value": "A"}], "access_token_version": 2})
    names = set(itertools.chain.from_iterable(step.data["body"] for step in plan_.steps))
    assert names == {"description", "appRoles", "api"}


def test_needing_the_application_id_comes_second() -> None:
    """Identifier URIs with the id, and roles whose ids derive from it, go into a second request."""
    options = {"display_name": "x", "identifier_uris": ["api://{app_id}", "api://fixed"], "app_roles": [{"value": "A"}]}
    plan_ = planned({}, options)
    assert [step.action for step in plan_.steps] == ["create", "update"]
    assert plan_.steps[0].data["body"] == {"displayName": "x", "signInAudience": "AzureADMyOrg"}
    assert set(plan_.steps[1].data["body"]) == {"identifierUris", "appRoles"}
    with_name = planned({}, {**options, "unique_name": "u"})
    assert "appRoles" in with_name.steps[0].data["body"]
    assert set(with_name.steps[1].data["body"]) == {"identifierUris"}


def test_an_id_alone_renames() -> None:
    """No role has the value, but one has the given id: it gets the value, after it was disabled."""
    wire = {"id": OBJECT_ID, "appId": APP_ID, "displayName": "x", "appRoles": [role(1, "Old")]}
    plan_ = planned(wire, {"app_roles": [{"value": "New", "id": guid(1)}]})
    assert [step.action for step in plan_.steps] == ["disable", "update"]
    assert plan_.steps[1].data["body"]["appRoles"] == [role(1, "New")]


def test_diff_hides_ids_and_shows_holders() -> None:
    """Ids of roles exist only after the write; who loses a role is part of what was."""
    wire = {"id": OBJECT_ID, "appId": APP_ID, "displayName": "x", "appRoles": [role(1, "A"), role(2, "B")]}
    situation = CurrentApplication(wire, assigned={guid(2): ["Zoe", "Ann"]})
    wanted = desired_application({"app_roles": [{"value": "A"}]}, None, canonical_application(wire), True)
    plan_ = plan_application(situation, wanted, None, True, {})
    assert [entry.get("assigned_to") for entry in plan_.before["app_roles"]] == [None, ["Ann", "Zoe"]]
    assert guid(1) not in repr((plan_.before, plan_.after))
    assert APP_ID not in repr((plan_.before, plan_.after))


def test_restoring_and_owners() -> None:
    """A deleted application is restored before it is changed; owners of a new one are settled on the spot."""
    wire = {"id": OBJECT_ID, "appId": APP_ID, "displayName": "x"}
    situation = CurrentApplication(wire, owners=[], deleted=True, deleted_service_principal=guid(5))
    wanted = desired_application({"notes": "n"}, None, canonical_application(wire), False)
    plan_ = plan_application(situation, wanted, [guid(6)], False, {})
    assert [step.action for step in plan_.steps] == ["restore", "restore_service_principal", "update", "owners"]
    assert (plan_.before["state"], plan_.after["state"]) == ("deleted", "present")
    created = plan_application(
        CurrentApplication(),
        desired_application({"display_name": "x"}, None, canonical_application({}), True),
        [guid(6)],
        True,
        {},
    )
    assert created.steps[-1].data == {"add": [guid(6)], "remove": [], "only_these": True}
    assert created.after["owners"] == [guid(6)]


def test_only_what_is_there_is_deleted() -> None:
    assert plan_application_removal(CurrentApplication()).steps == ()
    assert [
        step.action
        for step in plan_application_removal(CurrentApplication({"id": OBJECT_ID, "displayName": "x"})).steps
    ] == ["delete"]


def test_names_take_the_place_of_ids_wherever_they_are_known() -> None:
    entries = [
        {"api": "b", "application": ["2", "1"], "delegated": []},
        {"api": "a", "application": [], "delegated": ["3", "4"]},
    ]
    assert name_permissions(entries, {"b": "API", "1": "Zeta", "3": "Read"}) == [
        {"api": "API", "application": ["2", "Zeta"], "delegated": []},
        {"api": "a", "application": [], "delegated": ["4", "Read"]},
    ]
    shown = format_application(
        canonical_application({"id": OBJECT_ID, "appId": APP_ID, "appRoles": [role(1, "A")]}), {}
    )
    assert "object_id" not in shown and "app_id" not in shown and "id" not in shown["app_roles"][0]


def test_roles_that_would_go_are_found() -> None:
    wire = {"id": OBJECT_ID, "appRoles": [role(1, "A"), role(2, "B")]}
    after = desired_application({"app_roles": [{"value": "A"}]}, None, canonical_application(wire), True)
    assert [entry["id"] for entry in find_removed_roles(CurrentApplication(wire), after)] == [guid(2)]


@given(wires(), st.sets(st.integers(0, 4)), st.none() | st.lists(st.integers(0, 4)), st.booleans())
def test_owners_are_those_asked_for_and_foreign_ones_unless_exclusive(
    wire: Wire, present: set[int], asked: list[int] | None, exclusive: bool
) -> None:
    had, owners = sorted(map(guid, present)), None if asked is None else list(map(guid, asked))
    current = CurrentApplication(wire, owners=None if owners is None else had)
    plan = plan_application(current, canonical_application(wire), owners, exclusive, {})
    if owners is None:
        assert plan.steps == () and "owners" not in plan.after
        return
    after = (
        set(had)
        .union(*(step.data["add"] for step in plan.steps))
        .difference(*(step.data["remove"] for step in plan.steps))
    )
    assert sorted(after) == plan.after["owners"]
    assert after == (set(owners) if exclusive or not owners else {*had, *owners})
    again = plan_application(
        CurrentApplication(wire, owners=sorted(after)), canonical_application(wire), owners, exclusive, {}
    )
    assert again.steps == ()
