# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What sets one place back: what was changed since stays, what no program undoes is told."""

from __future__ import annotations

import typing as t

import pytest
from undo_examples import CELL, CELLS, TENANT, Site, guid, make_grant, make_record, make_role_undo, make_step

from ansible_collections.cvops.identity.plugins.plugin_utils.undo_plan import (
    plan_undo,
)

NOTHING = {
    "groups": [],
    "roles": [],
    "mappings": [],
    "user_groups": [],
    "linked": [],
    "by_hand": [],
    "told": [],
    "problems": [],
}


def site_with_role(**fields: t.Any) -> Site:
    site = Site()
    site.roles[5] = {
        "name": "Night",
        "description": "",
        "enabled": True,
        "visible_to_all": False,
        "permissions": ["View"],
        **fields,
    }
    site.groups[1] = {"name": "group 1", "entra_group_id": None, "members": []}
    return site


def test_a_field_that_is_neither_old_nor_new_is_left_and_told_unless_it_is_to_be_overwritten() -> None:
    records = [
        make_record("commvault_roles", make_step(make_role_undo({"description": "old"}, {"description": "new"})))
    ]
    there = site_with_role(description="mine").show_cell()
    found = plan_undo(records, CELLS, CELL, there)
    assert found == {
        **NOTHING,
        "told": ["changed since then, and not undone: role Night: its description is a different one"],
    }
    assert plan_undo(records, CELLS, CELL, there, True)["roles"] == [
        {"name": "Night", "company": "Commcell", "description": "old"}
    ]


def test_a_field_that_is_as_before_already_is_neither_written_nor_told() -> None:
    records = [
        make_record("commvault_roles", make_step(make_role_undo({"description": "old"}, {"description": "new"})))
    ]
    assert plan_undo(records, CELLS, CELL, site_with_role(description="old").show_cell()) == NOTHING


def test_a_grant_that_the_run_gave_and_took_away_is_nothing_to_undo() -> None:
    grant = make_grant(1, 5, 7)
    steps = [
        make_step({"kind": "grants", "added": [grant], "removed": []}),
        make_step({"kind": "grants", "added": [], "removed": [grant]}),
    ]
    for done in (steps, steps[::-1]):
        found = plan_undo([make_record("commvault_role_mappings", *done)], CELLS, CELL, site_with_role().show_cell())
        assert found == NOTHING


def test_an_entra_group_that_was_made_stays_when_others_put_somebody_in() -> None:
    made = {"kind": "entra_group", "object_id": guid(1), "name": "GG", "before": None, "after": {"description": ""}}
    member = {
        "kind": "entra_members",
        "object_id": guid(1),
        "name": "GG",
        "relation": "members",
        "added": [guid(3)],
        "removed": [],
    }
    records = [make_record("entra_groups", make_step(made), make_step(member))]
    group = {"object_id": guid(1), "display_name": "GG", "description": None, "members": [guid(3)], "owners": []}
    absent = [{"object_id": guid(1), "display_name": "GG", "state": "absent"}]
    there = {"tenant": TENANT, "groups": [group]}
    assert plan_undo(records, CELLS, "localhost", there)["groups"] == absent
    group["members"] = [guid(3), guid(4)]
    found = plan_undo(records, CELLS, "localhost", there)
    assert found["groups"] == [] and "1 members that the run did not give it" in found["told"][0]
    assert plan_undo(records, CELLS, "localhost", there, True)["groups"] == absent


def test_a_role_that_was_made_and_that_somebody_else_gave_stays() -> None:
    site = site_with_role()
    site.grants.add((1, 5, 7))
    after = dict(site.roles[5])
    step = make_step(make_role_undo(None, after))
    found = plan_undo([make_record("commvault_roles", step)], CELLS, CELL, site.show_cell())
    assert found["roles"] == []
    assert found["told"] == [
        "changed since then, and not undone: role Night: group 1 holds it, which the run did not give"
    ]
    own = make_step({"kind": "grants", "added": [make_grant(1, 5, 7)], "removed": []})
    found = plan_undo([make_record("commvault_role_mappings", step, own)], CELLS, CELL, site.show_cell())
    assert [item["state"] for item in found["roles"]] == ["absent"]
    assert [item["state"] for item in found["mappings"]] == ["absent"]


def test_a_deleted_role_is_granted_by_the_name_under_which_it_is_made_anew() -> None:
    site = site_with_role()
    before = site.roles.pop(5)
    steps = [
        make_step({"kind": "grants", "added": [], "removed": [make_grant(1, 5, 7)]}),
        make_step(make_role_undo(before, None)),
    ]
    found = plan_undo([make_record("commvault_role_mappings", *steps)], CELLS, CELL, site.show_cell())
    assert found["roles"][0]["permissions"] == ["View"]
    assert found["mappings"][0]["grants"][0]["role"] == {"name": "Night", "company": "Commcell"}
    assert "another id" in found["told"][0]
    site.roles[6] = dict(before)  # an undo that was cut short
    found = plan_undo([make_record("commvault_role_mappings", *steps)], CELLS, CELL, site.show_cell())
    assert (found["roles"], found["told"]) == ([], [])
    assert found["mappings"][0]["grants"][0]["role"] == {"id": 6}
    site.roles[6]["description"] = "another one"
    found = plan_undo([make_record("commvault_role_mappings", *steps)], CELLS, CELL, site.show_cell())
    assert (found["roles"], found["mappings"]) == ([], [])
    assert "there is another role of this name" in found["told"][0]


def test_a_user_group_that_was_made_goes_only_when_it_holds_nothing_of_others() -> None:
    site = site_with_role()
    made = {"kind": "user_group", "id": 1, "name": "group 1", "company": "Commcell", "before": None, "after": {}}
    records = [make_record("commvault_role_mappings", make_step(made))]
    assert plan_undo(records, CELLS, CELL, site.show_cell())["user_groups"][0]["state"] == "absent"
    site.groups[1]["members"] = [3]
    assert "it has members" in plan_undo(records, CELLS, CELL, site.show_cell())["told"][0]
    site.groups[1].update(members=[], entra_group_id=guid(9))
    site.grants.add((1, 5, 7))
    assert "it holds 1 grant" in plan_undo(records, CELLS, CELL, site.show_cell())["told"][0]
    there = site.show_cell()
    there["associations"][0].update(role=None, permissions=["View"])
    assert "it holds 1 grant" in plan_undo(records, CELLS, CELL, there)["told"][0]


def test_a_user_group_that_was_made_and_renamed_stays() -> None:
    """What it holds is read under its old name."""
    site = site_with_role()
    made = {"kind": "user_group", "id": 1, "name": "Group 1", "company": "Commcell", "before": None, "after": {}}
    records = [make_record("commvault_role_mappings", make_step(made))]
    assert plan_undo(records, CELLS, CELL, site.show_cell())["user_groups"][0]["state"] == "absent"
    site.groups[1]["name"] = "Backup admins"
    found = plan_undo(records, CELLS, CELL, site.show_cell())
    assert found["user_groups"] == []
    assert found["told"] == ["changed since then, and not undone: user group Group 1: it is called Backup admins now"]
    assert plan_undo(records, CELLS, CELL, site.show_cell(), True)["user_groups"][0]["name"] == "Backup admins"


@pytest.mark.parametrize("before", [True, False])
def test_a_grant_on_what_no_mapping_can_name_is_for_people(before: bool) -> None:
    grant = {**make_grant(1, 5, 7), "entity": {"kind": "type:99", "id": -1}}
    step = make_step({"kind": "grants", "added": [] if before else [grant], "removed": [grant] if before else []})
    found = plan_undo([make_record("commvault_role_mappings", step)], CELLS, CELL, site_with_role().show_cell())
    assert found["mappings"] == []
    assert "by hand: set it in the Command Center" in found["by_hand"][0]


def test_the_company_of_what_is_there_counts() -> None:
    records = [
        make_record("commvault_roles", make_step(make_role_undo({"description": "old"}, {"description": "new"})))
    ]
    there = site_with_role(description="new", company="Emea").show_cell()
    assert plan_undo(records, CELLS, CELL, there)["roles"][0]["company"] == "Emea"


def test_an_entra_group_that_was_made_stays_with_a_user_group_that_is_linked_to_it() -> None:
    site = site_with_role()
    site.groups[1]["entra_group_id"] = guid(9).upper()
    made = {"kind": "user_group", "id": 1, "name": "group 1", "company": "Commcell", "before": None, "after": {}}
    cell = [make_record("commvault_role_mappings", make_step(made))]
    assert plan_undo(cell, CELLS, CELL, site.show_cell())["linked"] == []
    site.grants.add((1, 5, 7))
    linked = plan_undo(cell, CELLS, CELL, site.show_cell())["linked"]
    assert linked == [guid(9)]
    group = {"kind": "entra_group", "object_id": guid(9), "name": "GG", "before": None, "after": {"description": ""}}
    records = [make_record("entra_groups", make_step(group))]
    there = {"tenant": TENANT, "groups": [{"object_id": guid(9), "display_name": "GG", "members": [], "owners": []}]}
    assert plan_undo(records, CELLS, "localhost", there)["groups"][0]["state"] == "absent"
    found = plan_undo(records, CELLS, "localhost", there, False, linked)
    assert found["groups"] == [] and "a user group that stays is linked to it" in found["told"][0]
    assert plan_undo(records, CELLS, "localhost", there, True, linked)["groups"][0]["state"] == "absent"


def test_ids_are_the_same_in_any_letter_case() -> None:
    site, one = site_with_role(), "ABCDEF00-0000-0000-0000-000000000001"
    site.groups[1]["entra_group_id"] = one.lower()
    about = {"kind": "user_group", "id": 1, "name": "group 1", "company": "Commcell"}
    step = make_step({**about, "before": {"entra_group_id": None}, "after": {"entra_group_id": one}})
    found = plan_undo([make_record("commvault_role_mappings", step)], CELLS, CELL, site.show_cell())
    assert found["user_groups"] == [{"name": "group 1", "company": "Commcell", "entra_group_id": ""}]


def test_a_link_is_set_back_to_what_it_was() -> None:
    site = site_with_role()
    site.groups[1]["entra_group_id"] = guid(2)
    about = {"kind": "user_group", "id": 1, "name": "group 1", "company": "Commcell"}
    for old, wanted in ((None, ""), (guid(1), guid(1))):
        step = make_step({**about, "before": {"entra_group_id": old}, "after": {"entra_group_id": guid(2)}})
        found = plan_undo([make_record("commvault_role_mappings", step)], CELLS, CELL, site.show_cell())
        assert found["user_groups"] == [{"name": "group 1", "company": "Commcell", "entra_group_id": wanted}]


def test_a_deleted_entra_group_and_its_last_owner_are_for_people() -> None:
    deleted = {
        "kind": "entra_group",
        "object_id": guid(1),
        "name": "GG-X",
        "before": {"description": ""},
        "after": None,
    }
    owner = {
        "kind": "entra_members",
        "object_id": guid(2),
        "name": "GG-Y",
        "relation": "owners",
        "added": [guid(3)],
        "removed": [],
    }
    there = {
        "tenant": TENANT,
        "groups": [{"object_id": guid(2), "display_name": "GG-Y", "members": [], "owners": [guid(3)]}],
    }
    found = plan_undo([make_record("entra_groups", make_step(deleted), make_step(owner))], CELLS, "localhost", there)
    assert found["groups"] == []
    owned, restored = sorted(found["by_hand"], key=len)
    assert "restore it from the deleted groups within 30 days" in restored and guid(1) in restored
    assert "Entra ID does not remove the last one" in owned


@pytest.mark.parametrize(
    ("entity", "expected"),
    [
        ({"kind": "commcell", "id": 2}, {"type": 1, "id": 2}),
        ({"kind": "plans", "id": -1}, {"plans": "all"}),
        ({"kind": "credentials", "id": 4}, {"credentials": [{"id": 4}]}),
        ({"kind": "type:99", "id": 4}, {"type": 99, "id": 4}),
    ],
)
def test_entities_are_named_as_a_mapping_takes_them(entity: dict[str, t.Any], expected: t.Any) -> None:
    grant = {**make_grant(1, 5, 7), "entity": entity}
    step = make_step({"kind": "grants", "added": [grant], "removed": []})
    found = plan_undo([make_record("commvault_role_mappings", step)], CELLS, CELL, site_with_role().show_cell())
    assert found["mappings"][0]["grants"][0]["entities"] == expected
