# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles: categories are expanded before comparing, plans converge, and the full set is always sent."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault import listings
from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import Catalogue, Entry, OwnLevel
from ansible_collections.cvops.identity.plugins.module_utils._commvault.names import check_object_name
from ansible_collections.cvops.identity.plugins.module_utils._commvault.permissions import PermissionCatalogue
from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles import resource as role_resource
from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.canonical import canonical_role
from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.desired import desired_role
from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.plan import plan_role, plan_role_removal
from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.resource import RoleResource
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer, ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan

CATALOGUE = {
    "permissions": [
        {
            "category": {"id": 101, "name": "Global"},
            "permissions": [{"id": 31, "name": "View"}, {"id": 13, "name": "Browse"}],
        },
        {
            "category": {"id": 117, "name": "Alert"},
            "permissions": [{"id": 151, "name": "Create"}, {"id": 153, "name": "Delete"}],
            "categoryList": [{"category": {"id": 210, "name": "Sub"}, "permissions": [{"id": 900, "name": "Create"}]}],
        },
    ]
}
PERMISSIONS = ["31", "13", "151", "153", "900"]
CATEGORIES = ["101", "117", "210"]


def catalogue() -> PermissionCatalogue:
    """A small catalogue with a sub-category, and one name for two permissions."""
    return PermissionCatalogue(
        Catalogue("permission", listings.parse_entries("permissions", CATALOGUE)),
        listings.flatten_categories(CATALOGUE),
    )


def test_names_become_ids() -> None:
    permissions = catalogue()
    chosen, problems = permissions.select_permissions(["view", "153"], ["ALERT"])
    assert problems == []
    assert chosen is not None
    assert chosen.permission_ids == {31, 151, 153, 900}
    assert permissions.format_names(chosen.permission_ids) == ["Create (151)", "Create (900)", "Delete", "View"]
    assert permissions.serialize_permission_set(chosen) == [{"category": {"id": 117}}, {"permission": {"id": 31}}]
    assert permissions.select_permissions(None, None) == (None, [])


def test_all_unknown_names_are_told_together() -> None:
    chosen, problems = catalogue().select_permissions(["Viev", "View", "Create"], ["Alerts"])
    assert chosen is not None
    assert [(problem["where"], problem["kind"]) for problem in problems] == [
        ("permissions[0]", "not_found"),
        ("permissions[2]", "ambiguous"),
        ("categories[0]", "not_found"),
    ]
    assert "Near: View" in problems[0]["message"]
    assert "Near: Alert" in problems[2]["message"]


def test_a_role_as_the_service_shows_it() -> None:
    wire = {
        "id": 35,
        "name": "R",
        "status": "DISABLED",
        "visibleToAll": True,
        "permissions": [
            {
                "permission": {"id": 31, "name": "View"},
                "category": {"id": 101, "name": "Global"},
                "type": "PERMISSION_ENTITY",
            },
            {"permission": {"id": 7777, "name": "Not in the catalogue"}, "type": "PERMISSION_ENTITY"},
            {"category": {"id": 210, "name": "Sub"}, "type": "CATEGORY_ENTITY"},
        ],
    }
    assert canonical_role(wire, catalogue()) == {
        "name": "R",
        "description": "",
        "enabled": False,
        "visible_to_all": True,
        "permissions": ["Create (900)", "Not in the catalogue", "View"],
    }


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
        permissions = catalogue()
        chosen, problems = permissions.select_permissions(options.get("permissions"), options.get("categories"))
        assert not problems
        current = canonical_role(self.wire, permissions) if self.wire is not None else None
        held = permissions.parse_permission_set((self.wire or {}).get("permissions"))
        return plan_role("R", desired_role(options), chosen, current, held, permissions, options["exclusive"])


ENTRIES = st.sampled_from(
    [{"permission": {"id": int(number)}} for number in PERMISSIONS]
    + [{"category": {"id": int(number)}} for number in CATEGORIES]
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
        "permissions": st.lists(st.sampled_from(PERMISSIONS), min_size=1, max_size=4),
        "categories": st.none() | st.lists(st.sampled_from(CATEGORIES), max_size=2),
        "exclusive": st.booleans(),
    }
)


@given(WIRES, OPTIONS)
def test_plans_converge(wire: dict[str, t.Any] | None, options: dict[str, t.Any]) -> None:
    service = Service(wire)
    before = set(
        catalogue().format_names(catalogue().parse_permission_set((wire or {}).get("permissions")).permission_ids)
    )
    planned = service.plan(options)
    assert planned.changed == (planned.before != planned.after)
    service.apply(planned)
    assert service.wire is not None
    assert {**canonical_role(service.wire, catalogue())} == planned.after
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


@pytest.mark.parametrize("name", ["", "  ", " x", "x\n"])
def test_names_nobody_can_see(name: str) -> None:
    with pytest.raises(ConfigError):
        check_object_name("name", name)
    check_object_name("name", "in between")


class Answering:
    """A client and a directory in one, with a role as it is answered."""

    own_level, company_id, company_name = OwnLevel(), 0, None

    def __init__(self, ctx: t.Any, wire: dict[str, t.Any]) -> None:
        self.ctx, self.wire = ctx, wire

    def get(self, path: str, **_more: t.Any) -> t.Any:
        return self.wire

    def read_catalogue(self, kind: str) -> t.Any:
        return Catalogue("role", [Entry(35, "R")]) if kind == "roles" else Catalogue("permission", [Entry(31, "View")])

    def read_permission_categories(self) -> list[t.Any]:
        return []


@pytest.mark.parametrize("shown", [{}, {"permissions": None}, {"permissions": []}, {"permissions": "all"}])
@pytest.mark.parametrize("exclusive", [True, False])
def test_permissions_that_are_not_shown_are_not_overwritten(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, shown: t.Any, exclusive: bool
) -> None:
    """Every role holds some, and what is added to those is written as a whole; with exclusive nothing of before matters."""
    ctx = make_ctx({"name": "R", "state": "present", "permissions": ["View"], "exclusive": exclusive})
    there = Answering(ctx, {"name": "R", **shown})
    for name in ("CommvaultClient", "Directory"):
        monkeypatch.setattr(role_resource, name, lambda _given: there)
    if exclusive and shown.get("permissions") != "all":
        assert RoleResource(ctx).plan().changed
        return
    with pytest.raises(BadAnswer, match="permissions"):
        RoleResource(ctx).plan()
