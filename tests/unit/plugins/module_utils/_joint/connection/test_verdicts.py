# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an identity can run, and what it is told to ask for."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from collection_tree import ROOT
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._joint.connection.needs import (
    DEFAULT_FEATURES,
    FEATURES,
    PLAYBOOKS,
    PermissionNeed,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.connection.verdicts import (
    HeldPermissions,
    judge_playbooks,
)

NEEDS = [need for playbook in PLAYBOOKS.values() for need in playbook.needs]
GRAPH = sorted({part for need in NEEDS for one in (*need.any_of, *need.delegated) for part in one.split(" + ")})
RIGHTS = sorted({str(number) for need in NEEDS for number, _name in need.rights})
ROLES = sorted({role for need in NEEDS for role in need.directory_roles})
NOTHING = HeldPermissions("not_configured")

GRAPH_SIDES = st.builds(
    HeldPermissions,
    st.sampled_from(["ok", "failed", "not_configured"]),
    st.none() | st.frozensets(st.sampled_from(GRAPH)),
    st.booleans(),
    st.none() | st.frozensets(st.sampled_from(ROLES)),
)
CELLS = st.builds(
    HeldPermissions,
    st.sampled_from(["ok", "failed", "not_configured"]),
    st.none() | st.frozensets(st.sampled_from(RIGHTS)),
    partial=st.booleans(),
)
SIDES = st.builds(lambda entra, commvault: {"entra": entra, "commvault": commvault}, GRAPH_SIDES, CELLS)
USES = st.frozensets(st.sampled_from(FEATURES))


def application(*names: str) -> HeldPermissions:
    return HeldPermissions("ok", frozenset(names))


def person(*names: str, roles: t.Collection[str] | None = ()) -> HeldPermissions:
    return HeldPermissions("ok", frozenset(names), True, None if roles is None else frozenset(roles))


def cell(*numbers: int, partial: bool = False, names: t.Collection[str] = ()) -> HeldPermissions:
    return HeldPermissions("ok", frozenset(map(str, numbers)), partial=partial, names=frozenset(names))


def verdict(playbook: str, entra: HeldPermissions, commvault: HeldPermissions, *features: str) -> dict[str, t.Any]:
    held = {"entra": entra, "commvault": commvault}
    return judge_playbooks(held, PLAYBOOKS, features or DEFAULT_FEATURES)[playbook]


ADMINISTRATOR = cell(1, 31, 102, 107)
CASES: dict[str, tuple[dict[str, t.Any], bool | None, list[str], list[str]]] = {
    "everything, least": (
        verdict(
            "site",
            application("Application.ReadWrite.OwnedBy", "Group.Create", "User.Read.All", "GroupMember.Read.All"),
            ADMINISTRATOR,
        ),
        True,
        [],
        [],
    ),
    "everything, by stronger permissions": (
        verdict("site", application("Application.ReadWrite.All", "Directory.ReadWrite.All"), ADMINISTRATOR),
        True,
        [],
        [],
    ),
    "nothing in the token": (
        verdict("site", application(), ADMINISTRATOR),
        False,
        ["Application.ReadWrite.OwnedBy", "Group.Create", "User.Read.All", "GroupMember.Read.All"],
        [],
    ),
    "only what is used": (verdict("site", application(), ADMINISTRATOR, "commvault_roles"), True, [], []),
    "consent is optional, and the half that is held is not asked for": (
        verdict("site", application("AppRoleAssignment.ReadWrite.All"), ADMINISTRATOR, "consent"),
        True,
        [],
        ["DelegatedPermissionGrant.ReadWrite.All"],
    ),
    "mappings with object ids need nothing of Entra": (
        verdict("converge_role_mappings", NOTHING, cell(31, 102, 107), "role_mappings"),
        True,
        [],
        [],
    ),
    "roles, by the permissions that are named for them": (
        verdict(
            "site", application(), cell(31, 229, 230, names=["view", "create role", "edit role"]), "commvault_roles"
        ),
        True,
        [],
        [],
    ),
    "half of the permissions that are named": (
        verdict("site", application(), cell(31, 229, names=["view", "create role"]), "commvault_roles"),
        False,
        ["Edit Role"],
        [],
    ),
    "groups of the document have to be read": (
        verdict("site", application("Group.Create"), ADMINISTRATOR, "entra_groups"),
        False,
        ["GroupMember.Read.All"],
        [],
    ),
    "rights that may be held on entities": (
        verdict("converge_role_mappings", NOTHING, cell(31, 102), "role_mappings"),
        None,
        ["Change security settings"],
        [],
    ),
    "a right that is held on the CommCell or nowhere": (
        verdict("converge_role_mappings", NOTHING, cell(31, 102, 107), "commvault_roles"),
        False,
        ["Create Role", "Edit Role"],
        [],
    ),
    "inside a company rights are not seen": (
        verdict("converge_role_mappings", NOTHING, cell(partial=True), "commvault_roles"),
        None,
        ["View", "Create Role", "Edit Role"],
        [],
    ),
    "a token that cannot be read": (
        verdict("bootstrap", HeldPermissions("ok", None), NOTHING, "application"),
        None,
        ["Application.ReadWrite.All"],
        [],
    ),
    "one side is missing": (verdict("site", application(*GRAPH), NOTHING), False, [], []),
    "one side failed": (verdict("site", HeldPermissions("failed"), ADMINISTRATOR), False, [], []),
    "a person with the roles": (
        verdict(
            "bootstrap",
            person("Directory.AccessAsUser.All", roles=["Application Administrator", "Privileged Role Administrator"]),
            NOTHING,
            "application",
        ),
        True,
        [],
        [],
    ),
    "a person without roles": (
        verdict("bootstrap", person("Directory.AccessAsUser.All"), NOTHING, "application"),
        False,
        ["Cloud Application Administrator"],
        ["Privileged Role Administrator"],
    ),
    "a person whose roles nobody may read": (
        verdict("bootstrap", person("Directory.AccessAsUser.All", roles=None), NOTHING, "application"),
        None,
        ["Cloud Application Administrator"],
        [],
    ),
    "doctor with half of the connection": (verdict("doctor", HeldPermissions("failed"), cell()), True, [], []),
    "doctor with nothing": (verdict("doctor", NOTHING, HeldPermissions("failed")), False, [], []),
}


@pytest.mark.parametrize("case", CASES)
def test_verdicts(case: str) -> None:
    found, can_run, missing, optional = CASES[case]
    assert (found["can_run"], found["missing"], found["optional"]) == (can_run, missing, optional)
    assert bool(found["reason"]) == (can_run is not True or bool(optional))
    for name in [*missing, *optional]:
        assert name in found["reason"]


def granted(held: dict[str, HeldPermissions], names: t.Iterable[str]) -> dict[str, HeldPermissions]:
    """The same identity after somebody granted what it asked for."""
    numbers = {name: str(number) for need in NEEDS for number, name in need.rights}
    named = {name for need in NEEDS for name in need.named}
    asked = set(names)
    more = {
        "entra": asked - set(ROLES) - set(numbers) - named,
        "commvault": {numbers[name] for name in asked & set(numbers)},
    }
    after = {
        side: dataclasses.replace(one, permissions=(one.permissions or frozenset()) | more[side])
        for side, one in held.items()
    }
    shown = after["commvault"].names | {name.lower() for name in asked & named}
    after["commvault"] = dataclasses.replace(after["commvault"], names=shown)
    roles = after["entra"].directory_roles
    if roles is not None:
        after["entra"] = dataclasses.replace(after["entra"], directory_roles=roles | (asked & set(ROLES)))
    return after


@given(SIDES, USES)
def test_whoever_gets_what_it_asks_for_can_run(held: dict[str, HeldPermissions], uses: frozenset[str]) -> None:
    held = {
        side: dataclasses.replace(
            one,
            status="ok",
            permissions=one.permissions or frozenset(),
            directory_roles=one.directory_roles or frozenset(),
        )
        for side, one in held.items()
    }
    for name, before in judge_playbooks(held, PLAYBOOKS, uses).items():
        after = judge_playbooks(granted(held, [*before["missing"], *before["optional"]]), PLAYBOOKS, uses)[name]
        assert (after["can_run"], after["missing"], after["optional"], after["reason"]) == (True, [], [], "")


@given(SIDES, USES, st.frozensets(st.sampled_from(GRAPH)), st.frozensets(st.sampled_from(RIGHTS)))
def test_more_permissions_never_make_a_verdict_worse(
    held: dict[str, HeldPermissions], uses: frozenset[str], names: frozenset[str], numbers: frozenset[str]
) -> None:
    more = {
        side: one if one.permissions is None else dataclasses.replace(one, permissions=one.permissions | extra)
        for (side, one), extra in zip(held.items(), (names, numbers), strict=True)
    }
    rank = {False: 0, None: 1, True: 2}
    before, after = judge_playbooks(held, PLAYBOOKS, uses), judge_playbooks(more, PLAYBOOKS, uses)
    for name in PLAYBOOKS:
        assert rank[after[name]["can_run"]] >= rank[before[name]["can_run"]]


@given(SIDES, USES)
def test_verdicts_are_consistent_and_do_not_depend_on_order(
    held: dict[str, HeldPermissions], uses: frozenset[str]
) -> None:
    turned = dict(reversed(held.items()))
    for name, found in judge_playbooks(held, PLAYBOOKS, uses).items():
        assert judge_playbooks(turned, PLAYBOOKS, sorted(uses, reverse=True))[name]["missing"] == found["missing"]
        if found["can_run"] is True:
            assert found["missing"] == []
        if found["missing"]:
            assert found["can_run"] is not True
        assert len(set(found["missing"])) == len(found["missing"])


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need.purpose)
def test_the_table_can_be_judged_and_shown(need: PermissionNeed) -> None:
    assert bool(need.any_of) != bool(need.rights)
    assert bool(need.delegated) == bool(need.any_of)
    assert need.features <= set(FEATURES)
    assert ";" not in need.purpose, "reasons are told apart by it"


def test_the_table_has_every_playbook() -> None:
    """But those that sign in to neither service, or with nothing but the accounts that they try."""
    assert PLAYBOOKS.keys() | {"validate", "review", "break_glass_drill", "awx_setup", "awx_setup_export"} == {
        path.stem for path in (ROOT / "playbooks").glob("*.yml")
    }
