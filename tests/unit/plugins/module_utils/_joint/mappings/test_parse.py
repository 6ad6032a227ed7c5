# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option ``mappings``: what is written well becomes types, what is not is told with its place, and nothing gives more than it says."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.references import ObjectReference
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.parse import (
    DesiredGrant,
    MappingEntry,
    Target,
    add_known_object_ids,
    collect_evidence,
    parse_mappings,
)

TODAY = datetime.date(2026, 11, 23)
OBJECT_ID = "ABCDEF00-2222-4333-8444-555555555555"
VIEW = {"role": "View", "entities": {"plans": ["gold"]}}


def parse(*entries: dict[str, t.Any], commcell: str | None = None) -> tuple[list[MappingEntry], list[tuple[str, str]]]:
    """Parsed entries, and place and message of each problem."""
    found, problems = parse_mappings(entries, commcell, TODAY)
    assert all(problem["kind"] == "config" for problem in problems)
    return found, [(problem["where"], problem["message"]) for problem in problems]


def user_group(*grants: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    return {"principal": {"user_group": "ops"}, "grants": list(grants), **more}


def parse_entities(entities: t.Any) -> tuple[tuple[Target, ...], list[tuple[str, str]]]:
    """Targets of one grant, and its problems with the place in the grant."""
    (entry,), problems = parse(user_group({"role": "View", "entities": entities}))
    prefix = "mappings[0].grants[0]."
    return entry.grants[0].targets, [(where.removeprefix(prefix), message) for where, message in problems]


def test_an_entry_becomes_types() -> None:
    raw = {
        "principal": {"entra_group": {"name": "GG-Ops", "object_id": OBJECT_ID}, "user": None},
        "user_group": {"name": "Ops", "company": "corp"},
        "relink": True,
        "grants": [VIEW],
    }
    assert parse(raw) == (
        [
            MappingEntry(
                kind="entra_group",
                principal=ObjectReference("GG-Ops"),
                object_id=OBJECT_ID.lower(),
                user_group=ObjectReference("Ops", "corp"),
                grants=(
                    DesiredGrant(
                        ObjectReference("View"),
                        (Target("plans", ObjectReference("gold"), where="mappings[0].grants[0].entities.plans"),),
                        True,
                        "mappings[0].grants[0]",
                    ),
                ),
                relink=True,
                present=True,
                where="mappings[0]",
            )
        ],
        [],
    )


@pytest.mark.parametrize(
    ("principal", "kind", "reference"),
    [
        ({"user_group": "ops"}, "user_group", ObjectReference("ops")),
        ({"user_group": 5}, "user_group", ObjectReference(None, None, 5)),
        ({"user": {"name": "jvega", "company": 30}}, "user", ObjectReference("jvega", 30)),
        ({"service_account": {"id": "7"}}, "service_account", ObjectReference(None, None, 7)),
        ({"directory_group": "CORP\\ops"}, "directory_group", ObjectReference("CORP\\ops")),
        ({"entra_group": 42}, "entra_group", ObjectReference("42")),
        ({"entra_group": {"object_id": OBJECT_ID}}, "entra_group", ObjectReference(None)),
        (
            {"entra_group": {"object_id": OBJECT_ID, "display_name": "GG", "owners": []}},
            "entra_group",
            ObjectReference(None),
        ),
    ],
)
def test_a_principal_is_named_in_several_ways(principal: t.Any, kind: str, reference: ObjectReference) -> None:
    (entry,), problems = parse({"principal": principal})
    assert (entry.kind, entry.principal, entry.grants, problems) == (kind, reference, (), [])


@pytest.mark.parametrize(
    ("principal", "where", "message"),
    [
        ({}, "principal", "found none"),
        (None, "principal", "found none"),
        ({"user": "a", "user_group": "b"}, "principal", "found user_group, user"),
        ({"user": ""}, "principal.user", "a name is needed"),
        ({"user": True}, "principal.user", "a name is needed"),
        ({"user": ["a"]}, "principal.user", "must be a name, or a dictionary with name"),
        ({"user": {"id": "x"}}, "principal.user", "is not a number"),
        ({"user": {"company": "corp"}}, "principal.user", "needs name or id"),
        ({"user_group": {"object_id": OBJECT_ID}}, "principal.user_group", "object_id is for Entra groups"),
        ({"entra_group": {"id": 5}}, "principal.entra_group", "needs name or object_id"),
        ({"entra_group": {"name": "GG", "objectid": OBJECT_ID}}, "principal.entra_group", "unknown keys objectid"),
        ({"user": {"name": "a", "object_id": OBJECT_ID, "compny": "b"}}, "principal.user", "unknown keys compny"),
    ],
)
def test_a_principal_that_cannot_be_read_is_told_and_left_out(principal: t.Any, where: str, message: str) -> None:
    entries, problems = parse({"principal": principal, "grants": [VIEW]})
    assert entries == []
    assert [place for place, dummy in problems] == [f"mappings[0].{where}"] and message in problems[0][1]


def test_an_object_id_that_is_none_is_told() -> None:
    dummy, problems = parse({"principal": {"entra_group": {"name": "GG", "object_id": "8d0f"}}})
    assert problems == [("mappings[0].principal.entra_group.object_id", "'8d0f' is not an object id (a GUID)")]
    dummy, problems = parse({"principal": {"entra_group": {"name": "GG", "object_id": 5}}})
    assert problems[0][0] == "mappings[0].principal.entra_group.object_id"


@pytest.mark.parametrize("kind", ["user_group", "directory_group", "user", "service_account"])
def test_an_object_id_beside_the_name_of_another_principal_is_looked_at_and_not_kept(kind: str) -> None:
    (entry,), problems = parse({"principal": {kind: {"name": "Ops", "object_id": "8d0f"}}})
    assert problems == [(f"mappings[0].principal.{kind}.object_id", "'8d0f' is not an object id (a GUID)")]
    (entry,), problems = parse({"principal": {kind: {"name": "Ops", "object_id": OBJECT_ID}}})
    assert entry.object_id is None and problems == []


def test_only_an_entra_group_has_a_user_group_beside_it() -> None:
    dummy, problems = parse(user_group(user_group="other"))
    assert problems[0][0] == "mappings[0].user_group" and "this principal is not an Entra group" in problems[0][1]
    dummy, problems = parse({"principal": {"entra_group": "GG"}, "user_group": ""})
    assert problems == [("mappings[0].user_group", "a name is needed")]


@pytest.mark.parametrize(
    ("valid_until", "state", "present"),
    [
        (None, "present", True),
        ("2026-11-22", "present", False),
        ("2026-11-23", "present", True),
        ("2026-11-24", "present", True),
        (datetime.date(2026, 11, 22), "present", False),
        (datetime.date(2026, 11, 23), "present", True),
        ("2026-11-24", "absent", False),
        (None, "absent", False),
    ],
)
def test_a_grant_holds_to_the_end_of_its_last_day(valid_until: t.Any, state: str, present: bool) -> None:
    (entry,), problems = parse(user_group({**VIEW, "valid_until": valid_until}, state=state))
    assert problems == []
    assert [grant.present for grant in entry.grants] == [present]
    assert entry.present is (state == "present")


@pytest.mark.parametrize("wrong", ["soon", 5, True, ["2027-01-31"], "2027-13-01"])
def test_a_date_that_cannot_be_read_is_told(wrong: t.Any) -> None:
    dummy, problems = parse(user_group({**VIEW, "valid_until": wrong}))
    assert problems == [
        ("mappings[0].grants[0].valid_until", f"{wrong!r} is not a date such as 2027-01-31"),
    ]


@pytest.mark.parametrize(
    ("entities", "targets"),
    [
        ("commcell", [Target("commcell")]),
        ("company", [Target("company")]),
        ({"commcell": True}, [Target("commcell")]),
        ({"commcell": "all"}, [Target("commcell")]),
        ({"company": True}, [Target("company")]),
        ({"company": "all"}, [Target("company", every=True)]),
        ({"company": {"name": "all"}}, [Target("company", ObjectReference("all"))]),
        (
            {"company": ["corp", 30]},
            [Target("company", ObjectReference("corp")), Target("company", ObjectReference(None, None, 30))],
        ),
        ({"plans": "gold"}, [Target("plans", ObjectReference("gold"))]),
        (
            {"clients": ["a", {"name": "b", "company": "c"}]},
            [Target("servers", ObjectReference("a")), Target("servers", ObjectReference("b", "c"))],
        ),
        ({"client_groups": "all"}, [Target("server_groups", every=True)]),
        (
            {"servers": {"matching": "emea-*", "at_most": 20, "company": 30}},
            [Target("servers", pattern="emea-*", at_most=20, company=30)],
        ),
        ({"type": 64, "id": "3"}, [Target("type:64", ObjectReference(None, None, 3))]),
        ({"type": "158", "id": 3}, [Target("plans", ObjectReference(None, None, 3))]),
    ],
)
def test_entities_are_given_in_several_ways(entities: t.Any, targets: list[Target]) -> None:
    found, problems = parse_entities(entities)
    assert problems == []
    assert [Target(**{**vars(item), "where": ""}) for item in found] == targets


@pytest.mark.parametrize(
    ("entities", "where", "message"),
    [
        ("plans", "entities", "'plans' is not one of commcell, company"),
        ([], "entities", "must be commcell, company, or a dictionary of kinds"),
        ({}, "entities", "must be commcell, company, or a dictionary of kinds"),
        ({"plan": "gold"}, "entities.plan", "unknown kind; known are"),
        ({"plans": []}, "entities.plans", "is an empty list"),
        ({"plans": [""]}, "entities.plans[0]", "a name is needed"),
        ({"plans": None}, "entities.plans[0]", "a name is needed"),
        ({"plans": {"object_id": OBJECT_ID}}, "entities.plans[0]", "needs name or id"),
        ({"commcell": False}, "entities.commcell", "must be true"),
        ({"commcell": None}, "entities.commcell", "must be true"),
        ({"commcell": "cs02"}, "entities.commcell", "must be true"),
        ({"commcell": 1}, "entities.commcell", "must be true"),
        ({"company": False}, "entities.company[0]", "a name is needed"),
        ({"credentials": "all"}, "entities.credentials", "all credentials cannot be expressed"),
        ({"plans": {"matching": "*"}}, "entities.plans", "needs at_most"),
        ({"plans": {"matching": "*", "at_most": 0}}, "entities.plans", "needs at_most"),
        ({"plans": {"matching": "*", "at_most": True}}, "entities.plans", "needs at_most"),
        ({"plans": {"matching": "*", "at_most": "5"}}, "entities.plans", "needs at_most"),
        (
            {"plans": {"matching": "*", "at_most": 5, "compny": "corp"}},
            "entities.plans",
            "compny cannot be combined with",
        ),
        ({"type": 64}, "entities", "type and id must both be numbers"),
        ({"type": "x", "id": 3}, "entities", "type and id must both be numbers"),
        ({"type": 0, "id": 3}, "entities", "no type has the number 0"),
        ({"type": "0", "id": "3"}, "entities", "no type has the number 0"),
        ({"type": 0, "id": "x"}, "entities", "type and id must both be numbers"),
        ({"type": 64, "id": 3, "plans": ["gold"]}, "entities", "plans cannot be combined with type"),
    ],
)
def test_entities_that_cannot_be_read_are_told(entities: t.Any, where: str, message: str) -> None:
    """Among them what would give more than is meant: a CommCell by a value that says no, keys that would be left out."""
    dummy, problems = parse_entities(entities)
    assert [place for place, dummy in problems] == [where] and message in problems[0][1]


@pytest.mark.parametrize(
    "wrong", ["View", None, {"role": "View"}, {"entities": "commcell"}, {"role": None, "entities": "commcell"}]
)
def test_a_grant_without_role_or_entities_is_told(wrong: t.Any) -> None:
    (entry,), problems = parse(user_group(VIEW, wrong))
    assert len(entry.grants) == 1
    assert problems == [("mappings[0].grants[1]", "a grant needs role and entities")]


def test_all_problems_are_told_at_once() -> None:
    entries, problems = parse(
        user_group({"role": "", "entities": {"plan": 1}, "valid_until": "x"}), {"principal": {}}, user_group(VIEW)
    )
    assert [place for place, dummy in problems] == [
        "mappings[0].grants[0].role",
        "mappings[0].grants[0].entities.plan",
        "mappings[0].grants[0].valid_until",
        "mappings[1].principal",
    ]
    assert [entry.where for entry in entries] == ["mappings[0]", "mappings[2]"]


@pytest.mark.parametrize(
    ("commcell", "patterns", "concerned"),
    [
        ("emea-1", None, True),
        ("emea-1", [], True),
        ("emea-1", ["EMEA-*"], True),
        ("emea-1", ["apac-*", "emea-1"], True),
        ("emea-1", ["apac-*"], False),
        (None, ["apac-*"], True),
    ],
)
def test_an_entry_concerns_the_commcells_that_it_names(
    commcell: str | None, patterns: list[str] | None, concerned: bool
) -> None:
    entries, problems = parse(user_group(VIEW, commcells=patterns), commcell=commcell)
    assert (len(entries), problems) == (int(concerned), [])


def test_problems_of_entries_for_other_commcells_are_told_too() -> None:
    entries, problems = parse(user_group({"role": "View"}, commcells=["apac-*"]), commcell="emea-1")
    assert entries == [] and len(problems) == 1


def entra_entry(name: str | None, object_id: str | None = None, kind: str = "entra_group") -> MappingEntry:
    return MappingEntry(kind, ObjectReference(name), object_id, None, (), False, True, "mappings[0]")


@pytest.mark.parametrize(
    ("entry", "known", "object_id"),
    [
        (entra_entry("GG-Ops"), {"GG-Ops": OBJECT_ID}, OBJECT_ID.lower()),
        (entra_entry("gg-ops"), {"GG-Ops": OBJECT_ID}, OBJECT_ID.lower()),
        (entra_entry("gg-ops"), {"GG-Ops": OBJECT_ID, "Gg-Ops": OBJECT_ID[::-1].replace("-", "")}, OBJECT_ID.lower()),
        (entra_entry("GG-Ops"), {"GG-Ops": "pending"}, None),
        (entra_entry("GG-Ops"), {"GG-Other": OBJECT_ID}, None),
        (entra_entry("GG-Ops", "given"), {"GG-Ops": OBJECT_ID}, "given"),
        (entra_entry(None), {"None": OBJECT_ID}, None),
        (entra_entry("GG-Ops", kind="user_group"), {"GG-Ops": OBJECT_ID}, None),
    ],
)
def test_known_object_ids_complete_entries_without_one(
    entry: MappingEntry, known: t.Any, object_id: str | None
) -> None:
    assert [item.object_id for item in add_known_object_ids([entry], known)] == [object_id]


def test_letter_case_decides_only_between_names_that_differ_in_nothing_else() -> None:
    second = OBJECT_ID.replace("A", "B")
    known = {"GG-Ops": OBJECT_ID, "gg-ops": second}
    names = ("GG-Ops", "gg-ops", "GG-OPS")
    found = add_known_object_ids([entra_entry(name) for name in names], known)
    assert [item.object_id for item in found] == [OBJECT_ID.lower(), second.lower(), None]


def test_evidence_is_what_entries_say_of_approval_owner_and_review() -> None:
    approval = {"ticket": "CHG1"}
    silent = user_group(VIEW)
    whole = user_group(VIEW, approval=approval, business_owner="a@b.example", review_by="2027-03-31")
    single = {
        "principal": {"entra_group": "GG", "user": None},
        "grants": [VIEW, {**VIEW, "approval": approval}, "wrong"],
    }
    assert collect_evidence([silent, whole, single, {"principal": None, "review_by": "x"}]) == [
        {
            "principal": {"user_group": "ops"},
            "approval": approval,
            "business_owner": "a@b.example",
            "review_by": "2027-03-31",
        },
        {"principal": {"entra_group": "GG"}, "grants": [{**VIEW, "approval": approval}]},
        {"principal": {}, "review_by": "x"},
    ]


VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-1, 200), st.sampled_from(["", "all", "commcell", "company", "gold", "*"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(
            st.sampled_from(["name", "id", "company", "object_id", "matching", "at_most", "type", "plans", "commcell"]),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)


@given(VALUES, VALUES, VALUES, VALUES)
def test_whatever_is_given_becomes_types_or_problems(
    principal: t.Any, role: t.Any, entities: t.Any, until: t.Any
) -> None:
    """And a grant on the whole CommCell, or on all of a kind, only where these words stand."""
    raw = {
        "principal": {"user_group": principal},
        "grants": [{"role": role, "entities": entities, "valid_until": until}],
    }
    entries, problems = parse_mappings([raw], None, TODAY)
    assert entries or problems
    assert all(problem["where"].startswith("mappings[0]") for problem in problems)
    for target in (target for entry in entries for grant in entry.grants for target in grant.targets):
        if target.kind == "commcell":
            assert entities == "commcell" or entities.get("type") == 1 or entities["commcell"] in (True, "all")
        if target.every:
            assert "all" in entities.values()
        if target.pattern is None and not target.every and target.kind not in ("commcell", "company"):
            assert target.reference and (target.reference.name or target.reference.id is not None)
