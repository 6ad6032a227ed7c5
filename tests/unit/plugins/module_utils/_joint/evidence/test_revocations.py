# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decisions become places of the mapping document, and what no mapping can say is proposed in words."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from access_rows import (
    JANA,
    LOCAL,
    MASTER,
    NOBODY,
    OPERATOR,
    OPERATORS,
    ROLE_ROWS,
    SAM,
    access,
    role,
    sign_off,
    tables,
)
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.decisions import index_access
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.revocations import (
    Revocations,
    plan_revocations,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tables import Row

TODAY = datetime.date(2026, 11, 27)
DB01, DB02, CELL = ("servers", "50", "db01"), ("servers", "52", "db02"), ("commcell", "2", "cs01")
OPS = {"entra_group": {"name": "GG-Ops", "object_id": "22222222-0000-4000-8000-000000000001"}}


def entry(*grants: dict[str, t.Any], principal: t.Any = None, **more: t.Any) -> dict[str, t.Any]:
    return {"principal": principal or OPS, "grants": list(grants), **more}


def plan(
    rows: t.Sequence[Row],
    mappings: t.Sequence[dict[str, t.Any]],
    decided: t.Mapping[int, str],
    roles: t.Sequence[Row] = ROLE_ROWS,
) -> Revocations:
    """*decided*: what is decided of the rows by their numbers; all others are kept."""
    decisions = [
        {**sign_off(row), "decision": decided.get(number, "keep"), "reason": "why"}
        for number, row in enumerate(rows)
        if row["person_kind"] != "nobody"
    ]
    return plan_revocations(tables(rows, roles), decisions, index_access(rows), mappings, TODAY)


def places(found: Revocations) -> list[tuple[t.Any, ...]]:
    return [tuple(one.place) for one in found.removals]


ON_BOTH = entry({"role": "Operator", "entities": {"servers": ["db01", "db02"]}})


def test_a_grant_leaves_when_it_is_revoked_for_everybody() -> None:
    rows = [access(1, SAM, OPERATOR, DB01, **OPERATORS), access(2, JANA, OPERATOR, DB01, **OPERATORS)]
    found = plan([*rows, access(3, NOBODY, OPERATOR, DB02, **OPERATORS)], [ON_BOTH], {0: "revoke", 1: "revoke"})
    assert places(found) == [(0, 0, "servers", 0)]
    assert found.removals[0].words == "Operators: Operator on server db01 (cs01)"
    assert set(found.removals[0].rows) == {row["id"] for row in rows}
    assert (found.group_changes, found.by_hand) == ([], [])


def test_for_some_of_a_group_it_is_a_change_of_members() -> None:
    rows = [
        access(1, SAM, OPERATOR, DB01, **{**OPERATORS, "path": ["GG-Night", "GG-Ops"]}),
        access(2, JANA, OPERATOR, DB01, **OPERATORS),
    ]
    found = plan(rows, [ON_BOTH], {0: "revoke"})
    assert (places(found), found.by_hand) == ([], [])
    (change,) = found.group_changes
    assert change["words"] == (
        "remove Sam Signer from the Entra group GG-Ops, of which they are a member through GG-Night > GG-Ops"
    )
    assert (change["group_object_id"], change["user_object_id"]) == (OPERATORS["entra_group_id"], SAM["entra_user_id"])
    assert (change["loses"], change["rows"]) == ("Operator on db01", [rows[0]["id"]])


def test_a_group_of_commvault_alone_is_told_as_such() -> None:
    group = {**OPERATORS, "entra_group_id": "", "entra_group": "", "path": []}
    rows = [access(1, LOCAL, OPERATOR, DB01, **group), access(2, JANA, OPERATOR, DB01, **group)]
    (change,) = plan(rows, [ON_BOTH], {0: "revoke"}).group_changes
    assert change["words"] == "remove admin from the Commvault user group Operators of cs01"


@pytest.mark.parametrize(
    ("written", "row", "place"),
    [
        ({"role": "operator", "entities": {"clients": "DB01"}}, access(1, SAM, OPERATOR, DB01, **OPERATORS), (0, 0, "clients", None)),
        ({"role": {"id": 20}, "entities": {"type": 3, "id": 50}}, access(1, SAM, OPERATOR, DB01, **OPERATORS), (0, 0, None, None)),
        ({"role": "Master", "entities": "commcell"}, access(1, SAM, MASTER, CELL, **OPERATORS), (0, 0, None, None)),
        ({"role": "Master", "entities": {"commcell": True}}, access(1, SAM, MASTER, CELL, **OPERATORS), (0, 0, "commcell", None)),
        (
            {"role": "Operator", "entities": {"servers": "all"}},
            access(1, SAM, OPERATOR, ("servers", "all", "servers"), **OPERATORS),
            (0, 0, "servers", None),
        ),
    ],
)  # fmt: skip
def test_every_way_to_write_a_grant_is_found(written: dict[str, t.Any], row: Row, place: tuple[t.Any, ...]) -> None:
    found = plan([row], [entry(written)], {0: "revoke"})
    assert (places(found), found.by_hand) == ([place], [])


@pytest.mark.parametrize(
    ("principal", "row"),
    [
        ({"user": "sam@contoso.example"}, access(1, SAM, OPERATOR, DB01, principal_id="101")),
        ({"service_account": {"id": 101}}, access(1, SAM, OPERATOR, DB01, principal_id="101")),
        ({"user_group": "operators"}, access(1, SAM, OPERATOR, DB01, **OPERATORS)),
        ({"entra_group": "GG-Ops"}, access(1, SAM, OPERATOR, DB01, **OPERATORS)),
        (
            {"directory_group": "CORP\\x"},
            access(1, {"person": "CORP\\x", "person_kind": "directory_group"}, OPERATOR, DB01, principal_kind="external_group", principal="CORP\\x"),
        ),
    ],
)  # fmt: skip
def test_every_kind_of_principal_is_found(principal: dict[str, t.Any], row: Row) -> None:
    written = entry({"role": "Operator", "entities": {"servers": ["db01"]}}, principal=principal)
    other = entry({"role": "Operator", "entities": {"servers": ["db01"]}}, principal={"user_group": "Others"})
    assert places(plan([row], [other, written], {0: "revoke"})) == [(1, 0, "servers", 0)]


def test_an_object_id_decides_over_a_name() -> None:
    other = {"entra_group": {"name": "GG-Ops", "object_id": "22222222-0000-4000-8000-000000000099"}}
    written = entry({"role": "Operator", "entities": {"servers": ["db01"]}}, principal=other)
    found = plan([access(1, SAM, OPERATOR, DB01, **OPERATORS)], [written], {0: "revoke"})
    assert places(found) == [] and "not in the mapping document" in str(found.by_hand[0]["why"])


def hand(found: Revocations) -> str:
    assert places(found) == []
    (one,) = found.by_hand
    return str(one["why"])


def test_members_who_are_not_seen_cannot_be_taken_out_of_a_group() -> None:
    hidden = {"person": "", "person_kind": "not_evaluable"}
    rows = [access(1, hidden, OPERATOR, DB01, **OPERATORS), access(2, JANA, OPERATOR, DB01, **OPERATORS)]
    assert "who is meant is not in the data" in hand(plan(rows, [ON_BOTH], {0: "revoke"}))
    assert places(plan(rows, [ON_BOTH], {0: "revoke", 1: "revoke"})) == [(0, 0, "servers", 0)]


def test_what_the_document_cannot_say_is_told() -> None:
    row = access(1, SAM, OPERATOR, DB01, **OPERATORS)
    pattern = entry({"role": "Operator", "entities": {"servers": {"matching": "db*", "at_most": 5}}})
    assert "pattern 'db*'" in hand(plan([row], [pattern], {0: "revoke"}))
    expired = entry({"role": "Operator", "entities": {"servers": ["db01"]}, "valid_until": "2026-01-01"})
    assert "not in the mapping" in hand(plan([row], [expired], {0: "revoke"}))
    assert "not a grant of a mapping (owner)" in hand(plan([{**row, "grant_kind": "owner"}], [ON_BOTH], {0: "revoke"}))
    assert "1 places of the document cannot be read" in hand(plan([row], [entry({"role": "Operator"})], {0: "revoke"}))
    surplus = {**row, "in_mapping": "surplus"}
    assert "not in the mapping" in hand(plan([surplus], [ON_BOTH], {0: "revoke"}))
    assert places(plan([{**row, "in_mapping": "unknown"}], [ON_BOTH], {0: "revoke"})) == [(0, 0, "servers", 0)]
    in_company = role(("21", "Operator"), ("6", "View"))
    in_company[0]["company"] = "corp"
    other = access(1, SAM, ("21", "Operator"), DB01, **OPERATORS)
    assert "not in the mapping" in hand(plan([other], [ON_BOTH], {0: "revoke"}, [*ROLE_ROWS, *in_company]))


def test_an_item_of_a_list_that_cannot_be_read_stays() -> None:
    unclear = entry({"role": "Operator", "entities": {"servers": [{"nam": "x"}, "db01"]}})
    assert "cannot be read" in hand(plan([access(1, SAM, OPERATOR, DB01, **OPERATORS)], [unclear], {0: "revoke"}))


def test_an_entry_for_several_commcells_stays_where_one_of_them_keeps_it() -> None:
    rows = [access(1, SAM, OPERATOR, DB01, **OPERATORS), access(2, SAM, OPERATOR, DB01, commcell="cs02", **OPERATORS)]
    assert "also holds for cs02" in hand(plan(rows, [ON_BOTH], {0: "revoke"}))
    assert places(plan(rows, [ON_BOTH], {0: "revoke", 1: "revoke"})) == [(0, 0, "servers", 0)]
    alone = {**ON_BOTH, "commcells": ["cs01"]}
    assert places(plan(rows, [alone, {**ON_BOTH, "commcells": ["cs02"]}], {0: "revoke"})) == [(0, 0, "servers", 0)]


def test_a_name_of_two_objects_is_not_decided() -> None:
    rows = [
        access(1, SAM, OPERATOR, DB01, **OPERATORS),
        access(2, SAM, OPERATOR, ("servers", "59", "DB01"), **OPERATORS),
    ]
    assert "match several objects" in hand(plan(rows, [ON_BOTH], {0: "revoke"}))


def test_changes_are_listed_with_their_reasons() -> None:
    rows = [access(1, SAM, OPERATOR, DB01, **OPERATORS)]
    found = plan(rows, [ON_BOTH], {0: "change"})
    assert found.to_change == [
        {"what": "Sam Signer through Operators on db01 of cs01 as Operator", "reason": "why", "rows": [rows[0]["id"]]}
    ]
    assert (places(found), found.by_hand) == ([], [])


@given(st.lists(st.sampled_from(["keep", "revoke", "change"]), min_size=6, max_size=6), st.randoms())
def test_every_revoked_row_is_in_exactly_one_list_whatever_the_order(said: list[str], random: t.Any) -> None:
    rows = [
        access(1, SAM, OPERATOR, DB01, **OPERATORS),
        access(2, JANA, OPERATOR, DB01, **OPERATORS),
        access(3, SAM, OPERATOR, DB02, **OPERATORS),
        access(4, JANA, OPERATOR, DB02, **OPERATORS),
        access(5, LOCAL, MASTER, CELL),
        access(6, SAM, OPERATOR, DB01, grant_kind="owner"),
    ]
    decided = dict(zip([row["id"] for row in rows], said, strict=True))
    mixed = random.sample(rows, len(rows))
    found = plan(mixed, [ON_BOTH], {number: decided[row["id"]] for number, row in enumerate(mixed)})
    assert found == plan(rows, [ON_BOTH], dict(enumerate(said)))
    told = [key for one in found.removals for key in one.rows]
    told += [key for one in [*found.group_changes, *found.by_hand] for key in t.cast("list[str]", one["rows"])]
    assert sorted(told) == sorted(str(key) for key, decision in decided.items() if decision == "revoke")
