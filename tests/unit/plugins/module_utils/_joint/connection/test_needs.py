# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of needs is complete and consistent with itself, with Graph's names and with the playbooks that there are."""

from __future__ import annotations

import typing as t

import pytest
from collection_tree import ROOT

from ansible_collections.cvops.identity.plugins.module_utils._joint.connection.needs import (
    DEFAULT_FEATURES,
    FEATURES,
    PLAYBOOKS,
    PermissionNeed,
    PlaybookNeeds,
)
from ansible_collections.cvops.identity.plugins.modules import connection_info
from ansible_collections.cvops.identity.plugins.plugin_utils.declared import find_document_permissions

NEEDS = [(name, need) for name, playbook in PLAYBOOKS.items() for need in playbook.needs]


@pytest.mark.parametrize(("name", "need"), NEEDS)
def test_a_need_is_of_one_side_and_can_be_met(name: str, need: PermissionNeed) -> None:
    assert need.side == ("commvault" if need.rights else "entra")
    assert bool(need.rights) != bool(need.any_of)
    assert not (need.rights and (need.delegated or need.directory_roles))
    assert bool(need.delegated) == bool(need.any_of), "a person needs some permission too"
    assert need.purpose and not need.purpose.endswith(".")
    assert need.features <= set(FEATURES)


@pytest.mark.parametrize(("name", "need"), NEEDS)
def test_no_permission_is_named_twice_in_a_need(name: str, need: PermissionNeed) -> None:
    for names in (need.any_of, need.delegated, need.directory_roles, need.rights):
        assert len(set(names)) == len(names)


def test_a_right_has_one_name_and_a_name_one_right() -> None:
    rights = {right for _name, need in NEEDS for right in need.rights}
    assert len({number for number, _name in rights}) == len({name for _number, name in rights}) == len(rights)


def test_names_of_graph_are_spelled_as_graph_spells_them() -> None:
    names = {part for _name, need in NEEDS for one in (*need.any_of, *need.delegated) for part in one.split(" + ")}
    assert all(
        len(name.split(".")) in (2, 3) and name[0].isupper() and name.replace(".", "").isalpha() for name in names
    )
    assert not any("RoleManagement.ReadWrite" in name for name in names), "no playbook may make administrators"


def test_consent_is_left_to_people_unless_it_is_asked_for() -> None:
    by_hand = {"consent", "app_role_assignments"}
    assert set(FEATURES) - set(DEFAULT_FEATURES) == {*by_hand, "conditional_access"}
    assert all(any(feature in need.features for _name, need in NEEDS) for feature in by_hand)
    assert all(need.optional for _name, need in NEEDS if by_hand & need.features)


def test_the_options_of_the_module_are_those_of_the_table() -> None:
    options = connection_info.SPEC.options
    assert options["uses"]["choices"] == list(FEATURES)
    assert set(options["require"]["choices"]) == {"entra", "commvault", *PLAYBOOKS}


def test_every_playbook_of_the_table_exists() -> None:
    assert {path.stem for path in (ROOT / "playbooks").glob("*.yml")} >= set(PLAYBOOKS)


def test_only_the_doctor_runs_with_one_side() -> None:
    assert [name for name, playbook in PLAYBOOKS.items() if playbook.any_side] == ["doctor"]
    assert PlaybookNeeds(()).any_side is False


def test_what_conditional_access_takes_is_told_and_is_what_bootstrap_grants() -> None:
    needs = [need for need in PLAYBOOKS["site"].needs if "conditional_access" in need.features]
    least = {part for need in needs for part in need.any_of[0].split(" + ")}
    (granted,) = find_document_permissions({"cvops_conditional_access": {}})
    assert least == set(granted["application"])
    table = (ROOT / "README.md").read_text().partition("### Permissions to grant")[2].partition("\n## ")[0]
    lines = [line for line in table.splitlines() if "`cvops_conditional_access`" in line]
    assert all(any(f"`{name}`" in line.split("|")[1] for line in lines) for name in least), least
    fatal = {need.any_of[0] for need in needs if not need.optional}
    assert {"GroupMember.Read.All", "User.Read.All"} < fatal, "without them a break-glass account is not found"


def test_site_needs_all_that_its_parts_need() -> None:
    site: t.Any = PLAYBOOKS["site"].needs
    assert set(PLAYBOOKS["converge_role_mappings"].needs) <= set(site)
