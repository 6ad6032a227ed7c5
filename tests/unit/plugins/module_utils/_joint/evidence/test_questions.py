# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who can do something, and what a person can do: complete, and never a no where the data does not tell."""

from __future__ import annotations

import typing as t

import pytest
from access_rows import (
    BARE_ROLE,
    JANA,
    LOCAL,
    MASTER,
    NOBODY,
    OPERATOR,
    OPERATORS,
    ROLE_ROWS,
    SAM,
    UNREAD_ROLE,
    VIEWER,
    access,
    document,
    source,
    tables,
)
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import AmbiguousMatch, ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.question import Question, make_question
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.questions import Answer, answer_question
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tables import Row

DB01, WEB01 = ("servers", "50", "db01"), ("servers", "51", "web01")
ALL_SERVERS, CELL = ("servers", "all", "servers"), ("commcell", "2", "cs01")
GROUP, CORP, OTHER = ("server_groups", "70", "emea"), ("company", "9", "corp"), ("company", "10", "other")
RECOVER_DB = {"permission": "In Place Recover", "entity": {"kind": "servers", "name": "db01"}}


def ask(rows: t.Sequence[Row], *, cells: t.Any = None, population: t.Sequence[Row] = (), **options: t.Any) -> Answer:
    listed = t.cast("t.Any", [document()] if cells is None else cells)
    return answer_question(tables(rows, ROLE_ROWS, population), make_question(options), listed)


def people(found: Answer) -> list[tuple[t.Any, t.Any]]:
    return [(row["person"], row["reach"]) for row in found["answers"]]


def doubts(found: Answer) -> list[tuple[t.Any, t.Any]]:
    return [(row["kind"], row["subject"]) for row in found["not_evaluable"]]


def test_a_list_that_was_read_for_two_purposes_is_told_once_and_in_words() -> None:
    listed = [source(name, None, "own ones alone") for name in ("credentials", "entities.credentials")]
    found = ask([], who=RECOVER_DB, population=[*listed, source("entities.server_groups", False, "no right")])
    assert doubts(found) == [("source", "credentials"), ("source", "server groups")]
    assert found["not_evaluable"][0]["rows"] == [row["id"] for row in listed]


def test_who_can_recover_a_server_through_everything_that_reaches_it() -> None:
    rows = [
        access(1, SAM, OPERATOR, DB01, **OPERATORS),
        access(2, JANA, OPERATOR, ALL_SERVERS),
        access(3, LOCAL, MASTER, CELL),
        access(4, JANA, OPERATOR, CORP),
        access(5, SAM, OPERATOR, WEB01),
        access(6, SAM, OPERATOR, OTHER),
        access(7, SAM, OPERATOR, ("plans", "60", "gold")),
        access(8, NOBODY, OPERATOR, DB01),
        access(9, SAM, VIEWER, DB01),
        access(10, SAM, BARE_ROLE, DB01),
    ]
    found = ask(rows, who=RECOVER_DB)
    assert people(found) == [
        ("Jana Vega", "company"),
        ("Jana Vega", "all of the kind"),
        ("Sam Signer", "entity"),
        ("admin", "CommCell"),
    ]
    assert found["not_evaluable"] == []
    assert [row["how"] for row in found["answers"]][2:] == ["GG-Ops > Operators", "a grant of their own"]
    assert found["answers"][2]["permission"] == "In Place Recover"


def test_a_commcell_that_could_not_be_read_is_no_wrong_name() -> None:
    unread = {**source("commcell", False, "no way there"), "commcell": "emea", "count": None}
    found = ask([access(1, SAM, MASTER, CELL)], population=[unread], review_by_before="2027-01-01", commcell="emea")
    assert (found["answers"], doubts(found)) == ([], [("source", "commcell")])


def test_what_the_data_does_not_tell_is_never_a_no() -> None:
    rows = [
        access(1, SAM, OPERATOR, GROUP),
        access(2, {"person": "CORP\\all", "person_kind": "directory_group"}, OPERATOR, DB01, principal="CORP\\all"),
        access(3, JANA, UNREAD_ROLE, DB01),
        access(4, LOCAL, None, DB01, grant_kind="owner"),
        access(5, JANA, OPERATOR, DB01, effective_now="unknown", expected_at_next_login="unknown"),
    ]
    found = ask(rows, who=RECOVER_DB, population=[source("users", None, "not shown"), source("roles", True)])
    assert [(row["id"], row["can"]) for row in found["answers"]] == [(rows[4]["id"], "unknown")]
    assert doubts(found) == [
        ("members", "CORP\\all"),
        ("permissions", "Retired"),
        ("permissions", "the owner grant of admin on db01"),
        ("server_group", "emea"),
        ("sign_in", "Jana Vega (jana@contoso.example)"),
        ("source", "users"),
    ]
    assert found["not_evaluable"][0]["rows"] == [rows[1]["id"]]


def test_somebody_of_whom_entra_id_was_not_read_is_a_person_all_the_same() -> None:
    unread = {**SAM, "person_kind": "not_evaluable", "entra_user_id": ""}
    rows = [access(1, unread, OPERATOR, DB01, effective_now="yes", expected_at_next_login="unknown")]
    found = ask(rows, who=RECOVER_DB)
    assert (people(found), found["not_evaluable"]) == ([("Sam Signer", "entity")], [])
    assert people(ask(rows, person="sam@contoso.example")) == [("Sam Signer", "entity")]


def test_a_company_that_is_not_known_to_be_the_entitys_is_a_doubt() -> None:
    rows = [access(1, SAM, OPERATOR, CORP), access(2, SAM, OPERATOR, DB01)]
    found = ask(rows, who=RECOVER_DB, cells=[])
    assert [row["can"] for row in found["answers"]] == ["unknown", "yes"]
    assert doubts(found) == [("company", "corp")]
    # the entity stands at the CommCell's own level: no company reaches it
    assert people(ask([*rows, access(3, SAM, OPERATOR, WEB01)], who={"entity": {"kind": "servers", "id": "51"}})) == [
        ("Sam Signer", "entity")
    ]


def test_a_release_that_shows_no_companies_does_not_tell_that_an_entity_has_none() -> None:
    shown = document()
    entities = {kind: [{**one, "company": None} for one in listed] for kind, listed in shown["entities"].items()}
    rows = [access(1, SAM, OPERATOR, CORP), access(2, SAM, OPERATOR, OTHER)]
    found = ask(rows, who=RECOVER_DB, cells=[{**shown, "entities": entities}])
    assert [row["can"] for row in found["answers"]] == ["unknown", "unknown"]
    assert doubts(found) == [("company", "corp"), ("company", "other")]


def test_single_permissions_count() -> None:
    rows = [
        access(1, SAM, None, DB01, permissions=["in place recover"]),
        access(2, JANA, None, DB01, permissions=["View"]),
    ]
    assert people(ask(rows, who=RECOVER_DB)) == [("Sam Signer", "entity")]


def test_who_has_a_role_by_name_and_id() -> None:
    rows = [access(1, SAM, OPERATOR, DB01), access(2, LOCAL, MASTER, CELL)]
    assert (
        people(ask(rows, who={"role": "operator"}))
        == people(ask(rows, who={"role": "20"}))
        == [("Sam Signer", "entity")]
    )
    assert people(ask(rows, who={"entity": "commcell"})) == [("admin", "entity")]
    assert people(ask(rows, who={"role": "Operator", "entity": "servers:db01"})) == [("Sam Signer", "entity")]


def test_somebody_disabled_is_told_as_such() -> None:
    rows = [access(1, SAM, OPERATOR, DB01, effective_now="no", expected_at_next_login="no")]
    assert [row["can"] for row in ask(rows, who=RECOVER_DB)["answers"]] == ["no"]


@pytest.mark.parametrize("asked", ["SAM@contoso.example", "11111111-0000-4000-8000-000000000001", "sam signer"])
def test_what_a_person_can_do(asked: str) -> None:
    rows = [
        access(1, SAM, OPERATOR, DB01),
        access(2, JANA, OPERATOR, DB01),
        access(3, SAM, OPERATOR, WEB01, commcell="cs02"),
        access(4, {"person": "CORP\\all", "person_kind": "directory_group"}, MASTER, CELL, principal="CORP\\all"),
    ]
    found = ask(rows, person=asked)
    assert [row["entity"] for row in found["answers"]] == ["db01", "web01"]
    assert doubts(found) == [("members", "CORP\\all")]
    assert [row["entity"] for row in ask(rows, person=asked, commcell="CS02")["answers"]] == ["web01"]


def test_two_people_of_one_name_are_an_error_that_lists_both() -> None:
    other = {
        **SAM,
        "entra_user_id": "11111111-0000-4000-8000-000000000009",
        "user_principal_name": "sam2@contoso.example",
    }
    rows = [access(1, SAM, OPERATOR, DB01), access(2, {**other, "commvault_user": "sam2"}, OPERATOR, DB01)]
    with pytest.raises(
        AmbiguousMatch, match=r"Sam Signer \(sam2@contoso.example\); Sam Signer \(sam@contoso.example\)"
    ):
        ask(rows, person="Sam Signer")
    local = [access(1, LOCAL, MASTER, CELL), access(2, LOCAL, MASTER, CELL, commcell="cs02")]
    with pytest.raises(AmbiguousMatch, match="user admin of cs02"):
        ask(local, person="admin")
    assert len(ask(local, person="admin", commcell="cs01")["answers"]) == 1


def test_a_user_without_any_grant_is_known() -> None:
    assert ask([access(1, SAM, OPERATOR, DB01)], person="idle@contoso.example") == {"answers": [], "not_evaluable": []}


def test_two_entities_of_one_name_are_an_error_that_lists_both() -> None:
    rows = [access(1, SAM, OPERATOR, DB01), access(2, SAM, OPERATOR, ("servers", "59", "DB01"))]
    with pytest.raises(AmbiguousMatch, match="give one of the ids 50, 59"):
        ask(rows, who=RECOVER_DB)
    assert len(ask(rows, who={"entity": {"kind": "clients", "id": "59"}})["answers"]) == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "there is no question"),
        ({"commcell": "cs01"}, "there is no question"),
        ({"person": "sam@contoso.exampl"}, "nobody in the data.*Near: 'sam@contoso.example'"),
        ({"who": {"role": "Operater"}}, "role 'Operater'. Near: 'Operator'"),
        ({"who": {"permission": "In-Place Recover"}}, "permission 'In-Place Recover'. Near: 'In Place Recover'"),
        ({"who": {"entity": {"kind": "servers", "name": "db02"}}}, "servers 'db02'. Near: 'db01'"),
        ({"who": {"entity": {"kind": "server", "name": "db01"}}}, "'server' is not one of.*Near: 'servers'"),
        ({"who": {"entity": {"name": "db01"}}}, "have kind"),
        ({"who": {"entity": "everything"}}, "'everything' is not one of"),
        ({"who": {"entity": ["servers"]}}, "must be commcell"),
        ({"who": {"permision": "View"}}, "some of permission, role, entity"),
        ({"who": {"entity": {"kind": "servers", "name": "a", "id": "1"}}}, "not both"),
        ({"person": "sam@contoso.example", "commcell": "cs03"}, "no CommCell 'cs03'. Near: 'cs01'"),
        ({"review_by_before": "soon"}, "review_by_before: 'soon' is not a date"),
    ],
)
def test_names_that_nothing_has_are_errors(options: dict[str, t.Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        ask([access(1, SAM, OPERATOR, DB01)], **options)


def test_a_permission_that_no_role_has_is_nobodys() -> None:
    assert people(ask([access(1, SAM, OPERATOR, DB01)], who={"permission": "Nobody Has It"})) == []


def test_what_is_due() -> None:
    rows = [
        access(1, SAM, OPERATOR, DB01, review_by="2026-12-31"),
        access(2, JANA, OPERATOR, DB01, review_by="2027-01-01", valid_until="2026-12-01"),
        access(3, LOCAL, MASTER, CELL),
    ]
    found = ask(rows, review_by_before="2027-01-01")
    assert people(found) == [("Sam Signer", "entity")]
    assert doubts(found) == [("no_date", "")] and str(found["not_evaluable"][0]["why"]).startswith("1 rows")
    assert people(ask(rows, valid_until_before="2027-01-01")) == [("Jana Vega", "entity")]
    assert people(ask(rows, valid_until_before="2026-12-01")) == []


PERSONS = st.sampled_from(
    [SAM, JANA, LOCAL, NOBODY, {"person": "CORP\\all", "person_kind": "directory_group", "commvault_user": ""}]
)
ENTITIES = st.sampled_from([DB01, WEB01, ALL_SERVERS, CELL, GROUP, CORP, OTHER])
HELD = st.lists(
    st.tuples(
        PERSONS,
        st.sampled_from([OPERATOR, MASTER, UNREAD_ROLE, None]),
        ENTITIES,
        st.sampled_from(["yes", "no", "unknown"]),
    ),
    max_size=12,
)


@given(HELD, st.randoms())
def test_every_grant_that_may_reach_it_is_an_answer_or_a_doubt(held: list[t.Any], random: t.Any) -> None:
    rows = [
        access(number, person, role, entity, effective_now=state, expected_at_next_login=state)
        for number, (person, role, entity, state) in enumerate(held)
    ]
    question = Question(permission="In Place Recover", entity_kind="servers", entity="db01")
    found = answer_question(tables(rows, ROLE_ROWS), question, t.cast("t.Any", [document()]))
    mixed = random.sample(rows, len(rows))
    assert answer_question(tables(mixed, ROLE_ROWS), question, t.cast("t.Any", [document()])) == found
    told = {row["id"] for row in found["answers"]}
    doubted = {key for row in found["not_evaluable"] for key in t.cast("list[str]", row["rows"])}
    for row in rows:
        reaches = (row["entity_kind"], row["entity_id"]) not in [WEB01[:2], OTHER[:2]]
        if not reaches or row["person_kind"] == "nobody":
            assert row["id"] not in told | doubted
            continue
        is_certain = (
            row["role"] in ("Operator", "Master")
            and row["entity_kind"] != "server_groups"
            and row["person_kind"] != "directory_group"
        )
        assert (row["id"] in told) == is_certain
        assert (row["id"] in doubted) == (not is_certain or row["effective_now"] == "unknown")
