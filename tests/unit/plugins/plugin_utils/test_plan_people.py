# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for people: who gets and who loses access is what membership and rights make of it, and what is not known is said."""

from __future__ import annotations

import random
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people_fakes import ANA, BEN, GOLD, SILVER, entra, group, holder, mapping, members

from ansible_collections.cvops.identity.plugins.plugin_utils.plan_people import (
    format_people,
    list_groups_to_read,
    plan_people,
)

HOSTILE = "a\x1b[2K\nok: [localhost] \u202e```{{ 1 }}"


def test_members_of_a_group_get_and_lose_what_its_user_group_does() -> None:
    results = {"emea-cs01": mapping(holder(added=[GOLD], removed=[SILVER])), "localhost": []}
    assert list_groups_to_read(results) == ["g1"]
    assert format_people(results, members(G1=[ANA, BEN])) == [
        "People: 2 gain access, 2 lose access",
        "  ana@corp.example",
        "    + View on plan gold (emea-cs01), through GG-Restore",
        "    - View on plan silver (emea-cs01), through GG-Restore",
        "  ben@corp.example",
        "    + View on plan gold (emea-cs01), through GG-Restore",
        "    - View on plan silver (emea-cs01), through GG-Restore",
    ]


def test_who_joins_or_leaves_a_group_gets_or_loses_all_that_it_keeps() -> None:
    results = {
        "localhost": entra(group("GG-Restore", "g1", added=[ANA], removed=[BEN])),
        "emea-cs01": mapping(holder(kept=[GOLD])),
        "amer-cs01": mapping(holder(kept=[SILVER], added=[GOLD])),
    }
    assert format_people(results, members(g1=[BEN])) == [
        "People: 1 gains access, 1 loses access",
        "  ana@corp.example",
        "    + View on plan gold (amer-cs01), through GG-Restore",
        "    + View on plan silver (amer-cs01), through GG-Restore",
        "    + View on plan gold (emea-cs01), through GG-Restore",
        "  ben@corp.example",
        "    - View on plan silver (amer-cs01), through GG-Restore",
        "    - View on plan gold (emea-cs01), through GG-Restore",
    ]


def test_what_somebody_keeps_or_has_through_another_group_is_no_loss_and_no_gain() -> None:
    results = {
        "cs": mapping(
            holder("GG-A", "a", removed=[GOLD]), holder("GG-B", "b", kept=[GOLD]), holder("GG-C", "c", added=[GOLD])
        )
    }
    assert list_groups_to_read(results) == ["a", "b", "c"], "a group that stays decides whether it is a loss"
    assert format_people(results, members(a=[ANA], b=[ANA], c=[ANA])) == [
        "People: nobody gains access, nobody loses access",
        "  ana@corp.example",
        "    + View on plan gold (cs), through GG-C; held already through GG-A, through GG-B",
        "    - View on plan gold (cs), through GG-A; stays through GG-B, through GG-C",
    ]


def test_who_leaves_a_group_keeps_what_another_one_gives_that_nothing_changes() -> None:
    results = {
        "localhost": entra(group("GG-A", "a", removed=[ANA])),
        "cs": mapping(
            holder("GG-A", "a", kept=[GOLD]), holder("GG-B", "b", kept=[GOLD]), holder("GG-C", "c", kept=[SILVER])
        ),
    }
    assert list_groups_to_read(results) == ["a", "b"]
    lines = format_people(results, members(a=[ANA], b=[ANA]))
    assert lines[2] == "    - View on plan gold (cs), through GG-A; stays through GG-B"


def test_two_user_groups_of_one_entra_group_are_two_ways() -> None:
    results = {
        "cs": mapping(
            holder("GG-A", "a", removed=[GOLD]), holder("GG-A", "a", principal="GG-A (company x)", kept=[GOLD])
        )
    }
    assert format_people(results, members(a=[ANA]))[1:] == [
        "  ana@corp.example",
        "    - View on plan gold (cs), through GG-A; stays through GG-A (as GG-A (company x))",
    ]


def test_a_group_that_is_created_has_only_who_is_added() -> None:
    results = {
        "localhost": entra(group("GG-New", None, added=[ANA])),
        "cs": mapping(holder("GG-New", None, added=[GOLD])),
    }
    assert list_groups_to_read(results) == []
    assert format_people(results) == [
        "People: 1 gains access, nobody loses access",
        "  ana@corp.example",
        "    + View on plan gold (cs), through GG-New",
    ]


def test_everybody_in_a_group_that_goes_loses_what_it_holds() -> None:
    gone = {"kind": "group", "sign": "-", "principal": "GG-RESTORE", "sentence": "delete the group"}
    results = {"localhost": entra(steps=[gone]), "cs": mapping(holder(kept=[GOLD]))}
    assert format_people(results, members(g1=[ANA]))[2] == "    - View on plan gold (cs), through GG-Restore"


def test_a_group_that_goes_is_told_where_its_name_does_not_say_whose_rights_go_with_it() -> None:
    gone = {"kind": "group", "sign": "-", "principal": "GG-A", "sentence": "delete the group"}
    results = {
        "localhost": entra(steps=[gone]),
        "cs01": mapping(holder("GG-A", "a", kept=[GOLD]), holder("gg-a", "b", kept=[GOLD])),
    }
    assert format_people(results)[-1] == (
        "    who loses access with the Entra group GG-A, which is deleted: several mapped groups have this name"
    )
    not_read = format_people({"localhost": results["localhost"]}, scope={"commcells": [], "left_out": ["cs01"]})
    assert not_read[1:] == [
        "  Not known",
        "    what members of GG-A have on cs01, whose mapping is not part of this run",
    ]


def test_members_who_change_in_a_group_without_an_entry_may_have_access_through_another_one() -> None:
    results = {
        "localhost": entra(group("GG-Inner", "i", added=[ANA]), group("GG-Quiet", "q"), group("GG-Outer", "o", [BEN])),
        "cs": mapping(holder("GG-Outer", "o", kept=[GOLD])),
    }
    assert format_people(results, members(o=[{"object_id": "i", "name": "GG-Inner", "type": "group"}]))[1:] == [
        "  ben@corp.example",
        "    + View on plan gold (cs), through GG-Outer",
        "  Not known",
        "    what members of GG-Inner have through groups that contain it, which is not read",
    ]


def test_people_of_one_name_are_told_apart_and_one_person_of_two_sources_is_one() -> None:
    twin = {**ANA, "object_id": "a9", "name": "ANA@corp.example"}
    nameless = {**ANA, "name": None}
    results = {
        "localhost": entra(group("GG-B", "b", added=[nameless])),
        "cs": mapping(holder("GG-A", "a", added=[SILVER]), holder("GG-B", "b", kept=[GOLD])),
    }
    assert format_people(results, members(a=[ANA, twin], b=[]))[1:] == [
        "  ana@corp.example (a1)",
        "    + View on plan gold (cs), through GG-B",
        "    + View on plan silver (cs), through GG-A",
        "  ANA@corp.example (a9)",
        "    + View on plan silver (cs), through GG-A",
    ]


def test_a_user_of_commvault_has_it_directly() -> None:
    results = {"cs": mapping(holder("vega", principal_kind="user", entra_group=None, added=[GOLD]))}
    assert format_people(results) == [
        "People: 1 gains access, nobody loses access",
        "  vega (Commvault user)",
        "    + View on plan gold (cs), directly",
    ]


def test_users_of_one_name_on_two_commcells_are_told_apart() -> None:
    vega = holder("vega", principal_kind="user", entra_group=None, added=[GOLD])
    assert format_people({"cs01": mapping(vega), "cs02": mapping(vega)})[1::2] == [
        "  vega (Commvault user) (cs01)",
        "  vega (Commvault user) (cs02)",
    ]


@pytest.mark.parametrize(
    ("changed", "answer", "expected"),
    [
        (
            {"entra_group": None, "added": [GOLD]},
            {},
            "GG-Restore on cs: it is not linked to an Entra group, and its members are not read; it gets 1 right",
        ),
        (
            {"entra_group": {"object_id": None, "name": "GG-Restore"}, "removed": [GOLD], "kept": [SILVER]},
            {},
            "GG-Restore on cs: its Entra group and its members are not known yet; it loses 1 right, keeps 1 right",
        ),
        (
            {"added": [GOLD]},
            {"msg": "Forbidden: needs GroupMember.Read.All", "error": {}},
            "GG-Restore on cs: the members of its Entra group could not be read (Forbidden: needs GroupMember.Read.All); it gets 1 right",
        ),
        (
            {"added": [GOLD]},
            {"groups": []},
            "GG-Restore on cs: the members of its Entra group could not be read (Entra ID does not show the group); it gets 1 right",
        ),
        (
            {"principal_kind": "user", "added": [GOLD], "complete": False},
            {},
            "GG-Restore on cs: what it holds in addition to the document, which this release or account does not list",
        ),
    ],
)
def test_what_is_not_known_is_told_and_never_nothing(changed: t.Any, answer: t.Any, expected: str) -> None:
    lines = format_people({"cs": mapping(holder(**changed))}, answer)
    assert lines[-2:] == ["  Not known", f"    {expected}"]


def test_who_is_known_is_told_even_where_the_members_are_not() -> None:
    results = {
        "localhost": entra(group("GG-Restore", "g1", added=[ANA], removed=[BEN])),
        "cs": mapping(holder(kept=[GOLD])),
    }
    lines = format_people(results, {"msg": "no answer"})
    assert lines[:5] == [
        "People: 1 gains access, 1 loses access",
        "  ana@corp.example",
        "    + View on plan gold (cs), through GG-Restore",
        "  ben@corp.example",
        "    - View on plan gold (cs), through GG-Restore",
    ]
    assert "could not be read (no answer)" in lines[-1]


def test_members_who_change_on_commcells_that_were_not_read_are_told() -> None:
    results = {"localhost": entra(group("GG-Restore", "g1", added=[ANA])), "cs01": mapping(holder(kept=[GOLD]))}
    lines = format_people(results, members(g1=[]), {"commcells": ["cs01"], "left_out": ["cs02"]})
    assert lines[-1] == "    what members of GG-Restore have on cs02, whose mapping is not part of this run"
    only_entra = format_people({"localhost": results["localhost"]}, {}, {"commcells": ["cs01"], "left_out": []})
    assert "GG-Restore have on cs01" in only_entra[-1]


def test_roles_that_change_themselves_are_told() -> None:
    steps = [
        {"kind": "permission", "sign": "+", "principal": "Operator", "sentence": "add permission View"},
        {"kind": "role", "sign": "+", "principal": "New", "sentence": "create the role"},
        {"kind": "permission", "sign": "+", "principal": "New", "sentence": "add permission View"},
        {"kind": "grant", "sign": "+", "principal": "GG", "sentence": "grant View"},
    ]
    assert format_people({"cs": mapping(steps=steps)}) == [
        "People: nobody gains access, nobody loses access",
        "  Not known",
        "    who holds the roles on cs that themselves change, see above: Operator",
    ]


def test_the_terminal_gets_so_many_lines_and_the_file_all_of_them() -> None:
    people = [{"object_id": str(n), "name": f"p{n:03}@corp.example", "type": "user"} for n in range(100)]
    results = {"cs": mapping(holder(added=[GOLD], removed=[SILVER]))}
    few = format_people(results, members(g1=people), limit=50, rest="see plan.md")
    assert few[-1] == "  and 150 more, see plan.md"
    assert len([line for line in few if line.startswith("    - ")]) == 50, "who loses access is told first"
    whole = format_people(results, members(g1=people), markdown=True)
    assert len([line for line in whole if line[:1] in "+-" and "plan" in line]) == 200


@pytest.mark.parametrize("markdown", [False, True])
def test_no_name_writes_a_line_of_its_own(markdown: bool) -> None:
    evil = {"object_id": HOSTILE, "name": HOSTILE, "type": "user"}
    text = {"id": HOSTILE, "text": HOSTILE}
    results = {
        "localhost": entra(group(HOSTILE, "g1", added=[evil])),
        HOSTILE: mapping(holder(HOSTILE, "g1", added=[text], complete=False), holder(HOSTILE, None, removed=[text])),
    }
    lines = format_people(results, {"msg": HOSTILE}, {"left_out": [HOSTILE]}, markdown=markdown)
    assert len(lines) > 4
    for line in lines:
        assert not set(line) & set("\x1b\n\u202e")
        assert not line.startswith("ok:")
    if markdown:
        assert sum(line.startswith("`") for line in lines) == 2, "the block begins and ends once"


PEOPLE = st.frozensets(st.sampled_from("abcd"), max_size=4)
RIGHTS = st.frozensets(st.integers(1, 3), max_size=3)


@st.composite
def estates(draw: t.Any) -> dict[str, t.Any]:
    """Groups with their members before and after, and on two CommCells what their user groups hold before and after."""
    names = ["g1", "g2", "g3"]
    return {
        "groups": {name: (draw(PEOPLE), draw(PEOPLE)) for name in names},
        "held": {cell: {name: (draw(RIGHTS), draw(RIGHTS)) for name in names} for cell in ("cs01", "cs02")},
    }


def person(name: str) -> dict[str, t.Any]:
    return {"object_id": name, "name": f"{name}@corp.example", "type": "user"}


def rights(ids: t.Iterable[int]) -> list[dict[str, t.Any]]:
    return [{"id": str(number), "text": f"right {number}"} for number in sorted(ids)]


def build_results(estate: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    groups = [
        group(name, name, map(person, sorted(after - before)), map(person, sorted(before - after)))
        for name, (before, after) in estate["groups"].items()
    ]
    cells = {
        cell: mapping(
            *(
                holder(
                    name,
                    name,
                    added=rights(after - before),
                    removed=rights(before - after),
                    kept=rights(before & after),
                )
                for name, (before, after) in held.items()
            )
        )
        for cell, held in estate["held"].items()
    }
    return {"localhost": entra(*groups), **cells}


def compute_access(estate: t.Mapping[str, t.Any], when: int) -> set[tuple[str, str, str]]:
    return {
        (name, cell, str(right))
        for cell, held in estate["held"].items()
        for key, states in held.items()
        for name in estate["groups"][key][when]
        for right in states[when]
    }


@given(estates())
def test_gains_and_losses_are_the_difference_of_access_before_and_after(estate: dict[str, t.Any]) -> None:
    results = build_results(estate)
    asked = list_groups_to_read(results)
    answer = members(**{name: [person(who) for who in sorted(estate["groups"][name][0])] for name in asked})
    found = plan_people(results, answer)
    assert found.unknown == ()
    before, after = compute_access(estate, 0), compute_access(estate, 1)
    told = {
        sign: {
            (change.person.key[0], change.right.commcell, change.right.id)
            for change in found.changes
            if change.sign == sign and not change.also
        }
        for sign in "+-"
    }
    assert told == {"+": after - before, "-": before - after}


@given(estates(), st.randoms(use_true_random=False))
def test_no_order_makes_a_difference(estate: dict[str, t.Any], chance: random.Random) -> None:
    results = build_results(estate)
    answer = members(
        **{name: [person(who) for who in sorted(before)] for name, (before, _after) in estate["groups"].items()}
    )
    expected = format_people(results, answer)
    for listed in results.values():
        for part in (listed[0].get("groups"), listed[0].get("role_mappings", {}).get("effects")):
            chance.shuffle(part or [])
    chance.shuffle(answer["groups"])
    for found in answer["groups"]:
        chance.shuffle(found["member_details"])
    assert format_people(dict(reversed(results.items())), answer) == expected


@given(estates())
def test_without_an_answer_every_changing_group_with_members_unknown_is_named(estate: dict[str, t.Any]) -> None:
    results = build_results(estate)
    found = plan_people(results, {"msg": "no answer"})
    for cell, held in estate["held"].items():
        for name, (before, after) in held.items():
            if before != after:
                assert any(line.startswith(f"{name} on {cell}: the members") for line in found.unknown)
