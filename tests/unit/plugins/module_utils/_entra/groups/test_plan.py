# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning a group: plans converge, foreign members and owners stay, order does not matter."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import guid
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan, list_planned_changes
from ansible_collections.cvops.identity.plugins.module_utils._entra.groups.plan import (
    canonical_group,
    check_new_group,
    derive_mail_nickname,
    describe_group_undo,
    desired_group,
    plan_group,
    plan_group_removal,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.undo_records import FORMS

IDS = [guid(number) for number in range(6)]
names = st.text(min_size=1, max_size=20)
id_lists = st.lists(st.sampled_from(IDS), max_size=8)
managed = st.none() | id_lists

desired_groups = st.fixed_dictionaries(
    {
        "display_name": names,
        "unique_name": st.none() | names,
        "mail_nickname": st.none() | names,
        "description": st.none() | st.just("") | names,
    }
)
current_groups = st.none() | st.fixed_dictionaries(
    {
        "display_name": names,
        "unique_name": st.none() | names,
        "mail_nickname": names,
        "description": st.none() | names,
        "object_id": st.just(IDS[0]),
        "members": id_lists.map(lambda ids: sorted(set(ids))),
        "owners": id_lists.map(lambda ids: sorted(set(ids))),
    }
)


def applied(current: dict[str, t.Any] | None, planned: Plan) -> dict[str, t.Any]:
    """The directory after the steps: a model of what Graph keeps."""
    group: dict[str, t.Any] = dict(current or {"members": [], "owners": [], "object_id": IDS[0], "description": None})
    for step in planned.steps:
        if step.action in ("create", "update"):
            group.update({name: value or None for name, value in step.data["fields"].items()})
        elif step.action == "add":
            assert not set(step.data["ids"]) & set(group[step.data["relation"]]), "added what is there"
            group[step.data["relation"]] = sorted({*group[step.data["relation"]], *step.data["ids"]})
        else:
            assert set(step.data["ids"]) <= set(group[step.data["relation"]]), "removed what is not there"
            group[step.data["relation"]] = sorted(set(group[step.data["relation"]]) - set(step.data["ids"]))
    return group


@given(desired_groups, current_groups, managed, managed, st.booleans())
def test_a_plan_that_is_applied_leaves_nothing_to_do(
    desired: dict[str, t.Any],
    current: dict[str, t.Any] | None,
    members: list[str] | None,
    owners: list[str] | None,
    exclusive: bool,
) -> None:
    unmanaged = [relation for relation, ids in (("members", members), ("owners", owners)) if ids is None]
    read = None if current is None else {name: item for name, item in current.items() if name not in unmanaged}
    first = plan_group(desired, read, members, owners, exclusive)
    group = applied(current, first)
    assert plan_group(desired, group, members, owners, exclusive).steps == ()
    assert first.changed == (first.before != first.after)


@given(desired_groups, current_groups, id_lists, st.booleans(), st.randoms())
def test_order_and_repetition_do_not_matter(
    desired: dict[str, t.Any], current: dict[str, t.Any] | None, members: list[str], exclusive: bool, random: t.Any
) -> None:
    shuffled = [*members, *members]
    random.shuffle(shuffled)
    assert plan_group(desired, current, members, None, exclusive) == plan_group(
        desired, current, shuffled, None, exclusive
    )


@given(desired_groups, current_groups, managed, managed)
def test_foreign_members_and_owners_stay_unless_exclusive_or_emptied(
    desired: dict[str, t.Any], current: dict[str, t.Any] | None, members: list[str] | None, owners: list[str] | None
) -> None:
    group = applied(current, plan_group(desired, current, members, owners, False))
    for relation, listed in (("members", members), ("owners", owners)):
        had = set((current or {}).get(relation, []))
        assert set(group[relation]) == (set() if listed == [] else had | set(listed or []))


@given(desired_groups, current_groups, id_lists)
def test_exclusive_means_exactly(
    desired: dict[str, t.Any], current: dict[str, t.Any] | None, members: list[str]
) -> None:
    assert applied(current, plan_group(desired, current, members, None, True))["members"] == sorted(set(members))


def test_absent_deletes_what_is_there_and_nothing_else() -> None:
    current = {"display_name": "GG", "object_id": IDS[0]}
    assert [step.action for step in plan_group_removal(current).steps] == ["delete"]
    assert plan_group_removal(None) == Plan({}, {})
    assert "object_id" not in plan_group_removal(current).before


@pytest.mark.parametrize("name", ["display_name", "unique_name", "mail_nickname"])
def test_a_name_is_not_changed_in_letter_case_alone(name: str) -> None:
    current = {"display_name": "GG", "unique_name": "GG", "mail_nickname": "GG", "description": "GG"}
    desired = desired_group({name: "gg", "description": "gg"}, current)
    planned = plan_group(desired, current, None, None, False)
    assert [step.data["fields"] for step in planned.steps] == [{"description": "gg"}]
    assert planned.after[name] == "GG"
    assert plan_group(desired_group({name: "g\u0131"}, current), current, None, None, False).changed


def test_canonical_and_desired_speak_of_the_same_fields() -> None:
    wire = {"id": IDS[0], "displayName": "GG", "uniqueName": None, "mailNickname": "gg", "description": None, "x": 1}
    assert canonical_group(wire) == {
        "object_id": IDS[0],
        "display_name": "GG",
        "unique_name": None,
        "mail_nickname": "gg",
        "description": None,
    }
    assert canonical_group(wire).keys() - {"object_id"} == desired_group({}, None).keys()


@pytest.mark.parametrize(
    ("display_name", "nickname"),
    [
        ("GG-Commvault Operator", "GG-Commvault-Operator"),
        ("Ünïcödé (EMEA)", "ncd-EMEA"),
        ("😀", "group"),
        ("...", "group"),
        ("a" * 80, "a" * 64),
        ("a@b\\c\"d'e", "a-b-c-d-e"),
    ],
)
def test_a_new_group_gets_a_nickname_that_graph_accepts(display_name: str, nickname: str) -> None:
    assert derive_mail_nickname(display_name) == nickname


@given(desired_groups, current_groups.filter(bool), st.sampled_from(["display_name", "mail_nickname", "description"]))
def test_a_field_that_is_not_set_is_not_managed(
    desired: dict[str, t.Any], current: dict[str, t.Any], name: str
) -> None:
    planned = plan_group({**desired, name: None}, current, None, None, True)
    assert all(name not in step.data["fields"] for step in planned.steps)
    assert planned.after[name] == current[name]
    assert "members" not in planned.after and "owners" not in planned.after


@given(current_groups)
def test_options_that_are_not_set_change_nothing(current: dict[str, t.Any] | None) -> None:
    if current is None:
        with pytest.raises(ConfigError, match="creating it needs display_name"):
            check_new_group(desired_group({}, None), current)
        return
    check_new_group(desired_group({}, None), current)
    assert not plan_group(desired_group({}, None), current, None, None, True).changed


@given(st.text())
def test_every_nickname_is_one_that_graph_accepts(display_name: str) -> None:
    nickname = derive_mail_nickname(display_name)
    assert 1 <= len(nickname) <= 64 and nickname.isascii()
    assert not set(nickname) & set('@()\\[]";:<>, \t\n')


def test_the_step_that_deletes_knows_the_key_that_must_be_forgotten() -> None:
    (step,) = plan_group_removal({"display_name": "GG", "unique_name": "gg", "object_id": IDS[0]}).steps
    assert (step.action, step.subject, step.data) == ("delete", "group GG", {"unique_name": "gg"})


def test_a_step_names_what_it_is_about() -> None:
    current = {"display_name": "GG", "mail_nickname": "gg", "description": None, "members": [IDS[1]], "owners": []}
    desired = desired_group({"display_name": "GG", "mail_nickname": "new", "description": "why"}, None)
    steps = plan_group(desired, current, [IDS[2], IDS[3]], [IDS[4]], True).steps
    assert [step.subject for step in steps] == [
        "group GG: description, mail_nickname",
        "2 members",
        "1 members",
        "1 owners",
    ]
    assert [step.action for step in steps] == ["update", "add", "remove", "add"]


def test_groups_of_one_display_name_have_steps_of_their_own() -> None:
    """Entra ID allows them: what was approved for one counts for no other one."""

    def identify(unique_name: str | None, object_id: str | None) -> list[str]:
        current = {"display_name": "GG-A", "unique_name": unique_name, "mail_nickname": "a", "object_id": object_id}
        desired = desired_group({"display_name": "GG-A", "unique_name": unique_name, "description": "x"}, None)
        planned = plan_group(desired, current if object_id else None, [IDS[2]], [IDS[3]], False)
        return [change["id"] for change in list_planned_changes("group", planned)]

    existing = [identify(None, IDS[0]), identify(None, IDS[1]), identify("b", None), identify("c", None)]
    ids = [item for listed in existing for item in listed]
    assert len(ids) == len(set(ids)) == 12


@given(desired_groups, current_groups, managed, managed, st.booleans())
def test_what_undoes_each_step_has_the_form_that_is_read_back(
    desired: dict[str, t.Any],
    current: dict[str, t.Any] | None,
    members: list[str] | None,
    owners: list[str] | None,
    exclusive: bool,
) -> None:
    plans = [plan_group(desired, current, members, owners, exclusive), plan_group_removal(current)]
    for plan in plans:
        for step in plan.steps:
            found = describe_group_undo(step, plan, IDS[0])
            form = FORMS[found.pop("kind")]
            assert found.keys() == form.keys()
            assert all(form[name](value) for name, value in found.items())
            if step.action == "update":
                assert found["before"].keys() == found["after"].keys() == step.data["fields"].keys()
