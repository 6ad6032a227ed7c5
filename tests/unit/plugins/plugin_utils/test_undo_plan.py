# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Undoing a run gives what was there before it, undoing it again gives nothing, and what others did in between stays."""

from __future__ import annotations

import typing as t

from hypothesis import given
from hypothesis import strategies as st
from undo_examples import CELL, CELLS, TENANT, URL, Site, guid, make_grant, make_record, make_role_undo, make_step

from ansible_collections.cvops.identity.plugins.plugin_utils.undo_plan import (
    drop_findings,
    format_told,
    leave_missing,
    plan_reads,
    plan_undo,
    select_addresses,
    select_risks,
)

NOTHING = {"groups": [], "roles": [], "mappings": [], "user_groups": [], "by_hand": [], "told": [], "problems": []}
PERMISSIONS = ("View", "Edit", "Browse")

grants = st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(7, 8))
role_fields = st.fixed_dictionaries(
    {
        "description": st.sampled_from(["", "a", "b"]),
        "enabled": st.booleans(),
        "visible_to_all": st.booleans(),
        "permissions": st.lists(st.sampled_from(PERMISSIONS), min_size=1, unique=True),
    }
)
operations = st.lists(
    st.one_of(
        st.tuples(st.just("grant"), grants, st.booleans()),
        st.tuples(st.just("role"), st.integers(1, 6), st.none() | role_fields),
        st.tuples(st.just("group"), st.integers(1, 6)),
        st.tuples(st.just("entra"), st.integers(1, 4), st.sampled_from([None, "a", "b"])),
        st.tuples(st.just("member"), st.integers(1, 4), st.integers(10, 12), st.booleans()),
    ),
    max_size=25,
)


def do(site: Site, done: t.Iterable[t.Any], gone: set[int]) -> tuple[list[t.Any], list[t.Any]]:
    """Do these operations, and return the steps of the records of both services. An id is never given twice."""
    cell, entra = [], []
    for kind, *rest in done:
        undo = None
        if kind == "grant" and rest[0][0] in site.groups and rest[0][1] in site.roles:
            undo = site.grant(*rest)
        elif kind == "role" and rest[0] not in gone:
            number, fields = rest
            undo = site.write_role(number, None if fields is None else {"name": f"role {number}", **fields})
            gone |= {number} if undo and undo["after"] is None else set()
        elif kind == "group":
            undo = site.create_group(*rest)
        elif kind == "entra":
            undo = site.write_entra(guid(rest[0]), rest[1])
        elif kind == "member":
            undo = site.write_member(guid(rest[0]), guid(rest[1]), rest[2])
        if undo is not None:
            (entra if kind in ("entra", "member") else cell).append(make_step(undo))
    return cell, entra


def undo(site: Site, records: list[t.Any]) -> list[dict[str, t.Any]]:
    """Undo the records at both services, and return what was planned."""
    planned = [
        plan_undo(records, CELLS, CELL, site.show_cell()),
        plan_undo(records, CELLS, "localhost", site.show_entra()),
    ]
    site.apply_cell(planned[0])
    site.apply_entra(planned[1])
    return t.cast("list[dict[str, t.Any]]", planned)


@given(operations, operations)
def test_a_run_that_is_undone_leaves_what_was_before_and_once_more_is_nothing(
    earlier: list[t.Any], run: list[t.Any]
) -> None:
    site, gone = Site(), set[int]()
    do(site, earlier, gone)
    before = site.copy()
    cell, entra = do(site, run, gone)
    # Two tasks did it on the CommCell.
    records = [
        make_record("commvault_role_mappings", *cell[:3]),
        make_record("commvault_role_mappings", *cell[3:], began="2026-01-01T00:00:09Z"),
        make_record("entra_groups", *entra),
    ]
    undo(site, records)
    assert site.read() == before.read()
    again = undo(site, records)
    assert [{**plan, "told": []} for plan in again if plan["roles"] or plan["groups"] or plan["user_groups"]] == []
    assert site.read() == before.read()


@given(operations, operations, st.sampled_from(["planned", "failed"]))
def test_of_a_run_that_died_only_what_is_there_is_undone(earlier: list[t.Any], run: list[t.Any], state: str) -> None:
    site, gone = Site(), set[int]()
    do(site, earlier, gone)
    before = site.copy()
    cell, entra = do(site, run, gone)
    steps = [{**step, "state": state} for step in cell], [{**step, "state": state} for step in entra]
    done = before.copy()
    undo(done, [make_record("commvault_role_mappings", *steps[0]), make_record("entra_groups", *steps[1])])
    assert done.read() == before.read(), "nothing of it was done, so nothing is undone"


@given(operations, operations, operations)
def test_objects_that_the_run_did_not_touch_stay_whatever_became_of_them(
    earlier: list[t.Any], run: list[t.Any], others: list[t.Any]
) -> None:
    site, gone = Site(), set[int]()
    do(site, earlier, gone)
    cell, entra = do(site, run, gone)
    do(site, [item for item in others if item[0] != "role" or item[2] is not None], gone)
    kinds = [step["undo"] for step in cell + entra]
    touched = {kind["id"] for kind in kinds if kind["kind"] == "role"}
    keys = {kind["object_id"] for kind in kinds if kind["kind"].startswith("entra")}
    granted = {
        (item["principal"]["id"], item["role"]["id"], item["entity"]["id"])
        for kind in kinds
        if kind["kind"] == "grants"
        for item in kind["added"] + kind["removed"]
    }
    was = site.copy()
    undo(site, [make_record("commvault_role_mappings", *cell), make_record("entra_groups", *entra)])
    assert {key: site.roles.get(key) for key in was.roles if key not in touched} == {
        key: role for key, role in was.roles.items() if key not in touched
    }
    assert {key: site.entra.get(key) for key in was.entra if key not in keys} == {
        key: group for key, group in was.entra.items() if key not in keys
    }
    assert was.grants - granted <= site.grants


def test_what_no_program_undoes_is_told_by_name_with_what_to_do() -> None:
    records = [make_record(module, make_step(None)) for module in ("entra_application_secret", "entra_admin_consent")]
    told = plan_undo(records, CELLS, "localhost", {"tenant": TENANT, "groups": []})["by_hand"]
    assert told[0].startswith(
        "cannot be undone here: GG-A: do it (entra_application_secret); by hand: a secret that was made"
    )
    assert "entra_admin_consent" in told[1]


def test_records_of_other_places_are_problems() -> None:
    other = make_record("commvault_roles", place="https://evil.example/api")
    found = plan_reads([other, make_record("commvault_roles", place="")], CELLS)
    assert found["hosts"] == {}
    assert len(found["problems"]) == 2 and "evil.example" in found["problems"][0] and URL in found["problems"][0]
    assert plan_undo([make_record("entra_groups")], CELLS, "localhost", {"tenant": guid(1)})["problems"] == [
        f"records are of the tenant {TENANT}, and this run signs in to {guid(1)}"
    ]
    assert "an unknown one" in plan_undo([make_record("entra_groups")], CELLS, "localhost", {})["problems"][0]


def test_a_place_is_the_same_however_its_address_is_spelled_and_its_company_counts() -> None:
    spelled = {CELL: {"url": URL.upper().replace("/COMMANDCENTER/API", "/commandcenter/api") + "/", "company": None}}
    assert list(plan_reads([make_record("commvault_roles")], spelled)["hosts"]) == [CELL]
    of_company = {CELL: {"url": URL, "company": "corp"}}
    assert plan_reads([make_record("commvault_roles")], of_company)["problems"]
    record = make_record("commvault_roles", place=f"{URL}, company corp")
    assert list(plan_reads([record], of_company)["hosts"]) == [CELL]


def test_only_what_undoing_needs_is_read() -> None:
    steps = [make_step({"kind": "grants", "added": [make_grant(1, 5, 7)], "removed": []})]
    reads = plan_reads([make_record("commvault_role_mappings", *steps)], CELLS)["hosts"][CELL]
    assert "associations" not in reads["subset"] and "role_permissions" not in reads["subset"]
    made = {"kind": "user_group", "id": 1, "name": "a[b]*", "company": "Commcell", "before": None, "after": {}}
    reads = plan_reads([make_record("commvault_role_mappings", make_step(made))], CELLS)["hosts"][CELL]
    assert reads["principals"] == ["a[[]b][*]"] and "associations" in reads["subset"]
    made_role = make_step(make_role_undo(None, {"description": ""}))
    reads = plan_reads([make_record("commvault_roles", made_role)], CELLS)["hosts"][CELL]
    assert reads["principals"] == [] and {"associations", "role_permissions"} <= set(reads["subset"])


def test_risks_addresses_and_lines() -> None:
    assert select_risks(["rename", "own_rights"], "mappings") == ["own_rights"]
    assert select_addresses({"a": {"url": "u", "password": "p"}}) == {"a": {"url": "u", "company": ""}}
    assert format_told([["localhost", {"told": ["one"]}], ["cs01", {}]]) == ["Entra ID: one"]
    planned = [["localhost", {"by_hand": ["two"], "told": ["one"]}], ["cs01", {"by_hand": ["three", "four"]}]]
    assert format_told(planned) == ["Entra ID: two", "Entra ID: one", "CommCell cs01: three", "CommCell cs01: four"]
    assert format_told(planned, True) == [
        "Entra ID: 1 object is to be undone by hand, see the plan",
        "Entra ID: one",
        "CommCell cs01: 2 objects are to be undone by hand, see the plan",
    ]
    assert drop_findings({"a": [{"role_mappings": 1, "steps": []}]}) == {"a": [{"steps": []}]}


def test_lines_that_name_what_is_gone_are_left_out_and_told_and_nothing_else_is() -> None:
    grants = [{"role": {"id": 1}}, {"role": {"id": 2}}]
    planned = {
        **NOTHING,
        "mappings": [{"state": "present", "grants": grants}, {"state": "absent", "grants": grants[:1]}],
        "groups": [{"object_id": guid(1), "members": ["a", "b"], "owners": ["c"]}],
    }
    problems = [
        {
            "kind": "not_found",
            "where": "mappings[0].grants[1].entities",
            "message": "no plan",
            "also": ["mappings[1].grants[0].entities (x)"],
        },
        {"kind": "not_found", "where": "groups[0].members[0]", "message": "nobody"},
        {"kind": "config", "where": "groups[0].owners[0]", "message": "another thing"},
    ]
    found = leave_missing(planned, {"error": {"problems": problems}})
    assert found["mappings"] == [{"state": "present", "grants": grants[:1]}]
    assert found["groups"] == [{"object_id": guid(1), "members": ["b"], "owners": ["c"]}]
    assert found["told"] == [
        "cannot be undone, because it no longer exists: no plan",
        "cannot be undone, because it no longer exists: nobody",
    ]
    assert found["has_left"] is True
    for result in ({}, None, {"error": {"problems": problems[2:]}}):
        assert leave_missing(planned, result) == {**planned, "has_left": False}
