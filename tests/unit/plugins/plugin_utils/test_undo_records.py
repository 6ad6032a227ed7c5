# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records are another's documents: only those in the form that this release writes are taken, and nothing else of them."""

from __future__ import annotations

import copy
import json
import pathlib
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from undo_examples import guid, make_grant

from ansible_collections.cvops.identity.plugins.module_utils._core.data_text import dump_for_ansible
from ansible_collections.cvops.identity.plugins.module_utils._core.run_record import SCHEMA_VERSION
from ansible_collections.cvops.identity.plugins.plugin_utils.undo_records import (
    RecordError,
    check_record,
    read_run_records,
)

ROLE = {"name": "Night", "description": "", "enabled": True, "visible_to_all": False, "permissions": ["View"]}
NUMBERED = {"id": 5, "name": "Night", "company": "Commcell"}
UNDOS: list[dict[str, t.Any]] = [
    {"kind": "grants", "added": [make_grant(1, 2, 3), make_grant(None, None, -1)], "removed": []},
    {"kind": "role", **NUMBERED, "before": None, "after": ROLE},
    {"kind": "user_group", **NUMBERED, "before": {"entra_group_id": None}, "after": {"entra_group_id": guid(1)}},
    {"kind": "entra_group", "object_id": guid(1), "name": "GG", "before": {"description": ""}, "after": {}},
    {
        "kind": "entra_members",
        "object_id": guid(1),
        "name": "GG",
        "relation": "owners",
        "added": [guid(2)],
        "removed": [],
    },
]


def make_written(**more: t.Any) -> dict[str, t.Any]:
    change = {"sign": "+", "kind": "grant", "principal": "GG", "sentence": "{{ lookup('pipe', 'id') }}"}
    steps = [
        {"action": "add", "subject": "x", "state": "done", "undo": undo, "changes": [change]}
        for undo in (*copy.deepcopy(UNDOS), None)
    ]
    written = {
        "schema": SCHEMA_VERSION,
        "module": "cvops.identity.commvault_role_mappings",
        "run": "abc",
        "place": "https://cs01.example",
        "began": "2026-01-01T00:00:00Z",
        "outcome": "done",
        "operator": {"job_id": "17"},
        "evidence": {"anything": 1},
        "steps": steps,
    }
    return {**written, **more}


def write(folder: pathlib.Path, name: str, **more: t.Any) -> str:
    path = folder / f"{name}.json"
    path.write_text(json.dumps(make_written(**more)))
    return str(path)


def test_only_what_undoing_takes_leaves_a_record() -> None:
    found = check_record(make_written())
    assert found.keys() == {"module", "run", "place", "began", "outcome", "job_id", "steps"}
    assert (found["module"], found["job_id"]) == ("commvault_role_mappings", "17")
    assert [step["undo"] for step in found["steps"]] == [*UNDOS, None]
    assert found["steps"][0].keys() == {"action", "state", "undo", "changes"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"schema": 1}, "older release"),
        ({"schema": SCHEMA_VERSION + 1}, "newer release"),
        ({"schema": True}, "newer release"),
        ({"module": "other.thing"}, "not a run record"),
        ({"place": None}, "does not have the form"),
        ({"steps": {}}, "does not have the form"),
        ({"steps": [{"action": "x", "state": "hm", "undo": None, "changes": []}]}, r"steps\[0\]"),
        ({"steps": [{"action": "x", "state": "done", "undo": None, "changes": [{}]}]}, "changes"),
    ],
)
def test_other_forms_and_releases_are_refused_with_the_reason(more: dict[str, t.Any], said: str) -> None:
    with pytest.raises(RecordError, match=said):
        check_record(make_written(**more))


def walk(value: t.Any, path: tuple[t.Any, ...] = ()) -> t.Iterator[tuple[t.Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from walk(item, (*path, key))


@pytest.mark.parametrize("undo", UNDOS, ids=lambda undo: str(undo["kind"]))
def test_every_value_of_what_undoes_a_step_is_checked(undo: dict[str, t.Any]) -> None:
    for path in walk(undo):
        if not path:
            continue
        changed = copy.deepcopy(undo)
        place = changed
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = {"an": "other"}
        step = {"action": "add", "state": "done", "undo": changed, "changes": []}
        with pytest.raises(RecordError, match=r"steps\[0\]"):
            check_record(make_written(steps=[step]))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_stands_in_place_of_a_record_is_refused_and_nothing_else_happens(value: t.Any) -> None:
    for found in (value, make_written(steps=value), make_written(steps=[value])):
        if found == make_written(steps=[]):
            continue
        with pytest.raises(RecordError):
            check_record(found)


def test_records_are_read_oldest_first_and_must_be_of_one_run(tmp_path: pathlib.Path) -> None:
    late = write(tmp_path, "a", began="2026-01-02T00:00:00Z")
    early = write(tmp_path, "b")
    found = read_run_records([late, early])
    assert found.problems == []
    assert [record["began"] for record in found.records] == ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]
    other = write(tmp_path, "c", run="def", operator={})
    found = read_run_records([late, other])
    assert found.records == [] and "of 2 runs" in found.problems[0]


def test_a_record_is_read_as_it_was_written_whatever_things_are_called(tmp_path: pathlib.Path) -> None:
    name = "{{ lookup('pipe', 'id') }} \u202e" + 5000 * "x"
    step = {"action": "add", "subject": name, "state": "done", "undo": {**UNDOS[1], "name": name}, "changes": []}
    path = tmp_path / "a.json"
    path.write_text(dump_for_ansible(make_written(steps=[step])))
    found = read_run_records([str(path)])
    assert found.problems == []
    assert found.records[0]["steps"][0]["undo"]["name"] == name


def test_a_record_may_be_larger_than_a_document(tmp_path: pathlib.Path) -> None:
    grants = [make_grant(number, 2, 3) for number in range(25_000)]
    step = {"action": "add", "state": "done", "undo": {**UNDOS[0], "added": grants}, "changes": []}
    found = read_run_records([write(tmp_path, "a", steps=[step])])
    assert found.problems == [] and len(found.records[0]["steps"][0]["undo"]["added"]) == len(grants)


def test_a_record_of_the_run_that_cannot_be_used_is_not_left_out(tmp_path: pathlib.Path) -> None:
    write(tmp_path, "a")
    write(tmp_path, "of another run", run="def", operator={}, schema=1)
    assert read_run_records([str(tmp_path)], "abc").problems == []
    for run, more in (("abc", {"operator": {}}), ("17", {"run": "def"})):
        write(tmp_path, "b", schema=1, **more)
        found = read_run_records([str(tmp_path)], run)
        assert found.records == []
        assert "b.json, a record of this run, was written by an older release" in found.problems[0]


def test_files_of_a_folder_that_may_be_records_of_the_run_are_a_warning(tmp_path: pathlib.Path) -> None:
    write(tmp_path, "a")
    assert read_run_records([str(tmp_path)], "abc").warnings == []
    (tmp_path / "half.json").write_text('{"schema": 2, "run": "abc"')
    found = read_run_records([str(tmp_path)], "abc")
    assert len(found.records) == 1
    assert "may be records of the run" in found.warnings[0] and "half.json is not JSON" in found.warnings[0]


def test_slices_of_one_job_are_one_run(tmp_path: pathlib.Path) -> None:
    assert read_run_records([write(tmp_path, "a"), write(tmp_path, "b", run="def")]).problems == []


def test_a_folder_needs_the_run_and_names_the_last_ones(tmp_path: pathlib.Path) -> None:
    write(tmp_path, "a")
    write(tmp_path, "b", run="def", began="2026-01-05T00:00:00Z", operator={})
    (tmp_path / "old.json").write_text(json.dumps({"schema": 1, "module": "cvops.identity.x"}))
    found = read_run_records([str(tmp_path)])
    (told, left_out) = found.problems
    assert [run.removeprefix(f"{tmp_path}: ").split(" ", 1)[0] for run in found.runs] == ["def", "abc", "1"]
    assert "files are left out" in found.runs[-1]
    assert "choose the run with -e revert_run=" in told
    assert told.index("def of 2026-01-05") < told.index("abc (job 17) of 2026-01-01")
    assert "1 files are left out, such as old.json was written by an older release" in left_out
    for run in ("abc", "17"):
        assert len(read_run_records([str(tmp_path)], run).records) == 1
        assert read_run_records([str(tmp_path)], run).runs == []
    # Only where nothing else is wrong is that a list to choose from.
    assert read_run_records([str(tmp_path)], "nope").runs == []
    for other in (str(tmp_path / "none"), str(tmp_path / "a.json"), 3):
        assert read_run_records([str(tmp_path), other]).runs == []
    assert "has no record of run 'nope'" in read_run_records([str(tmp_path)], "nope").problems[0]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", "{", "not JSON"),
        ("a.json", '{"schema": 2, "schema": 3}', "twice"),
        ("a.yml", "schema: 2", "not a run record"),
        ("a.json", "[" * 100000, ""),
    ],
)
def test_files_that_are_no_records_are_told_by_name(tmp_path: pathlib.Path, name: str, text: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    found = read_run_records([str(path)])
    assert found.records == [] and len(found.problems) >= 1
    assert found.problems[0].startswith(str(path)) and said in " ".join(found.problems)


def test_nothing_and_what_is_no_path_are_problems(tmp_path: pathlib.Path) -> None:
    assert read_run_records([]).problems == ["revert_record is empty"]
    assert "is not the path" in read_run_records([3]).problems[0]


def test_a_path_that_is_not_there_is_told_with_where_it_was_looked_for(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("nope", "nope.json", "a.json/nope"):
        (tmp_path / "a.json").write_text("{}")
        (problem,) = read_run_records([name]).problems
        assert problem == f"{name}: there is no such file or folder (looked for {tmp_path / name})"
    (tmp_path / "a.txt").write_text("")
    assert "names that end with .json" in read_run_records(["a.txt"]).problems[0]
