# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans of roles lead to what was asked for, do nothing more, and do nothing twice."""

from __future__ import annotations

import typing as t

import pytest
from commvault_examples import CATEGORY_IDS, PERMISSION_IDS, make_permission_catalogue
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.canonical import canonical_role
from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.desired import desired_role
from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.plan import (
    describe_role_undo,
    plan_role,
    plan_role_removal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan
from ansible_collections.cvops.identity.plugins.plugin_utils.undo_records import FORMS


class Service:
    """A model of the service: one role, or none."""

    def __init__(self, wire: dict[str, t.Any] | None) -> None:
        self.wire = wire

    def apply(self, planned: Plan) -> None:
        for step in planned.steps:
            body = step.data["body"]
            if step.action == "update":
                assert ("permissionList" in body) == (body.get("permissionOperationType") == "OVERWRITE")
            self.wire = {
                **(self.wire or {}),
                **{name: body[name] for name in body if name in ("name", "description", "visibleToAll")},
            }
            if "enabled" in body:
                self.wire["status"] = "ENABLED" if body["enabled"] else "DISABLED"
            if "permissionList" in body:
                self.wire["permissions"] = body["permissionList"]

    def plan(self, options: dict[str, t.Any]) -> Plan:
        permissions = make_permission_catalogue()
        chosen, problems = permissions.select_permissions(options.get("permissions"), options.get("categories"))
        assert not problems
        current = canonical_role(self.wire, permissions) if self.wire is not None else None
        held = permissions.parse_permission_set((self.wire or {}).get("permissions"))
        return plan_role("R", desired_role(options), chosen, current, held, permissions, options["exclusive"])


ENTRIES = st.sampled_from(
    [{"permission": {"id": int(number)}} for number in PERMISSION_IDS]
    + [{"category": {"id": int(number)}} for number in CATEGORY_IDS]
)


WIRES = st.none() | st.fixed_dictionaries(
    {
        "name": st.just("R"),
        "description": st.sampled_from(["", "old"]),
        "status": st.sampled_from(["ENABLED", "DISABLED"]),
        "permissions": st.lists(ENTRIES, min_size=1, max_size=4),
    }
)


OPTIONS = st.fixed_dictionaries(
    {
        "description": st.sampled_from([None, "", "old", "new"]),
        "enabled": st.sampled_from([None, True, False]),
        "visible_to_all": st.sampled_from([None, True, False]),
        "permissions": st.lists(st.sampled_from(PERMISSION_IDS), min_size=1, max_size=4),
        "categories": st.none() | st.lists(st.sampled_from(CATEGORY_IDS), max_size=2),
        "exclusive": st.booleans(),
    }
)


@given(WIRES, OPTIONS)
def test_plans_converge(wire: dict[str, t.Any] | None, options: dict[str, t.Any]) -> None:
    service = Service(wire)
    before = set(
        make_permission_catalogue().format_names(
            make_permission_catalogue().parse_permission_set((wire or {}).get("permissions")).permission_ids
        )
    )
    planned = service.plan(options)
    assert planned.changed == (planned.before != planned.after)
    service.apply(planned)
    assert service.wire is not None
    assert {**canonical_role(service.wire, make_permission_catalogue())} == planned.after
    again = service.plan(options)
    assert not again.changed
    if not options["exclusive"]:
        assert before <= set(planned.after["permissions"])


@given(WIRES, OPTIONS, st.randoms())
def test_order_never_matters(wire: dict[str, t.Any] | None, options: dict[str, t.Any], chance: t.Any) -> None:
    shuffled = {**options, "permissions": chance.sample(options["permissions"], len(options["permissions"]))}
    assert Service(wire).plan(options) == Service(wire).plan(shuffled)


def test_no_role_without_permissions() -> None:
    empty = {"permissions": [], "exclusive": False}
    for service in (Service(None), Service({"name": "R", "permissions": [{"permission": {"id": 31}}]})):
        with pytest.raises(ConfigError, match="at least one permission"):
            service.plan(empty)
    with pytest.raises(ConfigError, match="at least one permission"):
        Service(None).plan({"exclusive": True})


def test_categories_that_were_there_stay_categories() -> None:
    service = Service({"name": "R", "permissions": [{"category": {"id": 117}}]})
    (step,) = service.plan({"permissions": ["31"], "exclusive": False}).steps
    assert step.data["body"]["permissionList"] == [{"category": {"id": 117}}, {"permission": {"id": 31}}]


def test_absent() -> None:
    assert not plan_role_removal(None).changed
    planned = plan_role_removal({"name": "R"})
    assert [step.action for step in planned.steps] == ["delete"]


def test_a_role_of_a_company_is_told_with_it() -> None:
    """Two roles of one name on one CommCell are two principals, and approving one is not approving the other."""
    permissions = make_permission_catalogue()
    options = {"permissions": permissions.format_names([int(next(iter(PERMISSION_IDS)))]), "exclusive": True}
    chosen, problems = permissions.select_permissions(options["permissions"], None)
    assert not problems
    held = permissions.parse_permission_set(None)
    for company, principal in ((None, "R"), ("Commcell", "R"), ("corp", "R (company corp)")):
        plan = plan_role("R", desired_role(options), chosen, None, held, permissions, True, company)
        assert {change.principal for step in plan.steps for change in step.changes} == {principal}
        (step,) = plan_role_removal({"name": "R"}, company).steps
        assert [(change.sign, change.principal, change.sentence) for change in step.changes] == [
            ("-", principal, "delete the role")
        ]


@pytest.mark.parametrize(
    ("before", "after"),
    [({}, {"description": "b"}), ({"description": "a"}, {}), ({"description": "a"}, {"description": "b"})],
)
def test_what_undoes_a_step_has_the_form_that_is_read_back(before: t.Any, after: t.Any) -> None:
    whole = {"name": "Night", "enabled": True, "visible_to_all": False, "permissions": ["View"]}
    plan = Plan({**whole, **before} if before else {}, {**whole, **after} if after else {})
    found = describe_role_undo(plan, 5, None)
    form = FORMS[found["kind"]]
    assert found.keys() == {*form, "kind"}
    assert all(form[name](found[name]) for name in form)
    assert (found["before"] is None, found["after"] is None) == (not before, not after)
    if before and after:
        assert (found["before"], found["after"]) == (before, after)
