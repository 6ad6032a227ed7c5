# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run changed, object by object: only steps that were begun count, and many steps on one object are one change."""

from __future__ import annotations

import typing as t

from undo_examples import guid, make_grant, make_record, make_step

from ansible_collections.cvops.identity.plugins.plugin_utils.undo_changes import collect_changes, find_object_key


def role(before: t.Any, after: t.Any) -> dict[str, t.Any]:
    return {"kind": "role", "id": 5, "name": "Night", "company": "Commcell", "before": before, "after": after}


def granted(*grants: t.Any) -> dict[str, t.Any]:
    return {"kind": "grants", "added": list(grants), "removed": []}


def test_steps_that_were_not_begun_are_no_changes() -> None:
    states = ("done", "failed", "planned", "left")
    steps = [make_step(granted(make_grant(number, 1, 1)), state) for number, state in enumerate(states)]
    found = collect_changes([make_record("commvault_role_mappings", *steps)])
    assert [change.about["principal"]["id"] for change in found.grants.values()] == [0, 1, 2]
    assert found.unfinished == ["commvault_role_mappings"]


def test_many_steps_on_one_role_are_one_change_from_the_first_to_the_last() -> None:
    first = make_record("commvault_roles", make_step(role({"description": "a"}, {"description": "b"})))
    second = make_step(role({"description": "b", "enabled": True}, {"description": "c", "enabled": False}))
    found = collect_changes([first, make_record("commvault_roles", second)])
    (change,) = found.roles.values()
    assert (change.before, change.after) == (
        {"description": "a", "enabled": True},
        {"description": "c", "enabled": False},
    )
    full = {"name": "Night", "description": "c", "enabled": False}
    found = collect_changes([first, make_record("commvault_roles", second, make_step(role(full, None)))])
    (change,) = found.roles.values()
    assert change.was_deleted
    assert change.before == {"name": "Night", "description": "a", "enabled": True}


def test_a_role_that_was_made_and_deleted_is_neither() -> None:
    steps = [make_step(role(None, {"name": "Night"})), make_step(role({"name": "Night"}, None))]
    (change,) = collect_changes([make_record("commvault_roles", *steps)]).roles.values()
    assert not change.was_created and not change.was_deleted


def test_a_member_that_left_and_came_back_has_not_changed() -> None:
    about = {"kind": "entra_members", "object_id": guid(1).upper(), "name": "GG", "relation": "members"}
    steps = [
        make_step({**about, "added": [], "removed": [guid(2).upper()]}),
        make_step({**about, "object_id": guid(1), "added": [guid(2)], "removed": []}),
    ]
    (change,) = collect_changes([make_record("entra_groups", *steps)]).entra_members.values()
    assert (change.before, change.after) == (True, True)


def test_what_is_not_known_by_its_id_is_known_by_name_and_company() -> None:
    assert find_object_key({"id": None, "name": "Night", "company": "Corp"}) == ("night", "corp")
    assert find_object_key({"object_id": guid(1).upper()}) == guid(1)


def test_what_is_for_people_is_told_with_names_made_visible() -> None:
    step = make_step(None)
    step["changes"][0]["principal"] = "a\u202eb"
    (line,) = collect_changes([make_record("unheard_of", step)]).by_hand
    assert "\u202e" not in line and line.endswith("by hand: see planned.before of the record")


def changed(action: str, *sentences: str, state: str = "done", principal: str = "API") -> dict[str, t.Any]:
    changes = [{"sign": "+", "kind": "thing", "principal": principal, "sentence": item} for item in sentences]
    return {"action": action, "state": state, "undo": None, "changes": changes}


def by_hand(module: str, *steps: dict[str, t.Any]) -> list[str]:
    return collect_changes([make_record(module, *steps)]).by_hand


def test_what_was_created_is_one_line_that_says_how_it_is_deleted() -> None:
    steps = [changed("create", "register it", "add a role"), changed("update", "set an address")]
    advice = "(entra_application); by hand: delete it with entra_application (state: absent)"
    assert by_hand("entra_application", *steps) == [f"API: the thing was created {advice}"]
    died = changed("create", "register it", state="failed")
    assert by_hand("entra_application", died) == [f"API: the thing may have been created {advice}"]


def test_the_changes_of_one_object_are_one_line_with_the_advice_once() -> None:
    steps = [changed("assign", "grant A"), changed("assign", "grant B"), changed("assign", "grant C", principal="X")]
    lines = by_hand("entra_admin_consent", *steps)
    assert [line.split(" (", 1)[0] for line in lines] == ["API: grant A; grant B", "X: grant C"]
    assert all(line.count("by hand: run entra_admin_consent") == 1 for line in lines)
    (line,) = by_hand("entra_admin_consent", changed("assign", *(f"grant {number}" for number in range(25))))
    assert "grant 19; and 5 more, see the record" in line


def test_a_secret_is_not_deleted_by_the_name_of_its_application() -> None:
    (line,) = by_hand("commvault_access_token", changed("create", "create a token"))
    assert line.startswith("API: create a token (commvault_access_token); by hand: tokens that were made are revoked")
