# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""access_evidence in a process: what is written, what is refused, and what a second run finds."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess
import typing as t

import pytest
from bundle_examples import ENDED, LATER, NAME, SECOND, Evidence, grant, make_commcell, make_entra, write_snapshot

from ansible_collections.cvops.identity.plugins.module_utils._core import private_files
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.bundle import content, resource
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.bundle import folder as folders
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.manifest import dump_manifest
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.reading import read_bundle

#: Formats that are made quickly.
FEW = ["csv", "junit"]
#: A third day, and the name of its bundle.
LATEST, THIRD = "2026-11-29T20:15:00Z", "2026-11-29T201500Z"
#: A day, the name of a bundle of that day, how old something is, and the hash of a manifest.
_DAY = re.compile(rb"2026-11-2\d(T201500Z)?|\d days? before|[0-9a-f]{64}")
#: Where the time of a run, of a snapshot or who took it may stand.
OF_PROVENANCE = ("manifest.json", "attestation.json", "snapshot/", "report.html", "oscal/")


@pytest.fixture
def evidence(make_ctx: t.Any, tmp_path: pathlib.Path) -> Evidence:
    return Evidence(make_ctx, tmp_path)


def test_a_bundle_is_written_and_a_second_run_finds_nothing_to_do(evidence: Evidence) -> None:
    first, again = evidence.run(), evidence.run()
    assert (first["changed"], again["changed"]) == (True, False), (first, again)
    found = first["evidence"]
    assert found["path"] == str(evidence.dest / NAME)
    assert found["report"] == str(evidence.dest / NAME / "report.html")
    assert found["not_confirmed"] == []
    assert {name: value for name, value in again["evidence"].items() if name != "not_confirmed"} == {
        name: value for name, value in found.items() if name != "not_confirmed"
    }
    assert os.listdir(evidence.dest) == [NAME]
    modes = {path: path.stat().st_mode & 0o777 for path in (evidence.dest / NAME).rglob("*")}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {mode for path, mode in modes.items() if path.is_dir()} | {
        (evidence.dest / NAME).stat().st_mode & 0o777
    } == {0o700}
    assert "rows" not in json.dumps(found["counts"]) and len(json.dumps(found)) < 3000


def test_check_mode_writes_nothing_and_tells_the_same(evidence: Evidence) -> None:
    told = evidence.run(check=True, manifest_sink=[str(evidence.path / "sink")])
    assert not evidence.dest.exists()
    done = evidence.run(manifest_sink=[str(evidence.path / "sink")])
    assert told["steps"] == done["steps"] and len(done["steps"]) == 2
    assert told["diff"] == done["diff"]
    assert told["evidence"]["manifest_sha256"] is None
    left_out = ("manifest_sha256", "not_confirmed")
    one, other = ({k: v for k, v in result["evidence"].items() if k not in left_out} for result in (told, done))
    assert one == other


def test_two_bundles_of_an_unchanged_site_are_equal_but_for_provenance(evidence: Evidence) -> None:
    """As they are made: each linked to the one before, which tells since when a finding stands."""
    for ended in (ENDED, LATER, LATEST):
        documents = make_commcell(ended=ended), make_entra(ended)
        evidence.snapshot = write_snapshot(evidence.path / ended[:10], *documents)
        evidence.run()
    one, other = evidence.read(SECOND), evidence.read(THIRD)
    assert one.keys() == other.keys()
    assert {path for path in one if one[path] != other[path] and not path.startswith(OF_PROVENANCE)} == set()
    first = evidence.read(NAME)
    tables = [path for path in first if path.endswith((".csv", ".json")) and not path.startswith(OF_PROVENANCE)]
    assert {path for path in tables if first[path] != one[path]} == set() and len(tables) > 10
    # those that differ do so by time alone
    for path in ("oscal/assessment-results.json", "report.html"):
        ids = [json.loads(files["manifest.json"])["bundle_id"].encode() for files in (first, one, other)]
        shown = [
            _DAY.sub(b"DAY", files[path].replace(own, b"THIS").replace(before, b"BEFORE"))
            for files, own, before in ((one, ids[1], ids[0]), (other, ids[2], ids[1]))
        ]
        assert shown[0] == shown[1], path


def test_one_changed_grant_is_one_changed_row(evidence: Evidence) -> None:
    evidence.run()
    grants = [grant(), grant(2, "tom")]
    documents = (make_commcell(ended=LATER, associations=grants), make_entra(LATER))
    evidence.snapshot = write_snapshot(evidence.path / "later", *documents)
    evidence.run()
    one, other = (evidence.read(name)["access.json"].splitlines() for name in (NAME, SECOND))
    stripped = [{line.rstrip(b",") for line in lines} for lines in (one, other)]
    assert [len(stripped[0] - stripped[1]), len(stripped[1] - stripped[0])] == [1, 1]


def test_the_bundle_before_is_found_linked_and_compared(evidence: Evidence) -> None:
    first, second, third = evidence.write_chain()
    links = [read_bundle(str(evidence.dest / name)).manifest["previous"] for name in (first, second, third)]
    assert links[0] is None
    assert [link["name"] for link in links[1:] if link] == [first, second]
    assert [len(read_bundle(str(evidence.dest / name)).rows["changes"]) > 0 for name in (second, third)] == [True, True]
    assert evidence.verify()["evidence"]["verified"] == [first, second, third]


def test_what_was_logged_since_each_document_was_begun_is_looked_at(
    evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = make_commcell()
    cell["provenance"]["started"] = "2026-11-25T08:00:00Z"
    evidence.snapshot = write_snapshot(evidence.path / "early", cell, make_entra())
    evidence.run(formats=FEW)
    take_later(evidence)
    given: list[t.Any] = []
    real = resource.build_tables
    monkeypatch.setattr(resource, "build_tables", lambda inputs: (given.append(inputs), real(inputs))[1])
    evidence.run(formats=FEW)
    assert given[0].previous_starts == {cell["commcell"]["name"]: "2026-11-25T08:00:00Z", "localhost": ENDED}


def test_every_format_can_be_left_out(evidence: Evidence) -> None:
    found = evidence.run(formats=[])["evidence"]
    assert found["report"] is None
    names = {path for path in evidence.read() if not path.startswith("snapshot/")}
    tables = {f"{name}.json" for name in found["counts"]}
    assert names == {*tables, "signoff.csv", "action_plan.csv", "manifest.json"}
    assert not evidence.verify().get("failed")


@pytest.mark.parametrize("place", range(24))
def test_a_run_that_fails_at_a_file_leaves_nothing_and_the_next_one_is_right(
    place: int, evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 0
    write = private_files.write_new_file

    def fail(*words: t.Any) -> None:
        nonlocal count
        if count == place:
            raise OSError(28, "No space left on device")
        count += 1
        write(*words)

    with monkeypatch.context() as patched:
        patched.setattr(folders, "write_new_file", fail)
        result = evidence.run(formats=FEW)
    if not result.get("failed"):
        assert place >= len(evidence.read())
        return
    assert "No space left" in result["msg"] and not result["changed"]
    assert os.listdir(evidence.dest) == []
    assert evidence.run(formats=FEW)["changed"] and not evidence.verify().get("failed")


def test_what_a_killed_run_has_left_is_replaced(evidence: Evidence) -> None:
    left = evidence.dest / f".{NAME}.unfinished"
    (left / "snapshot").mkdir(parents=True)
    (left / "access.csv").write_text("half")
    (left / "link").symlink_to(evidence.path)
    assert evidence.run()["changed"]
    assert os.listdir(evidence.dest) == [NAME] and evidence.path.exists()
    assert not evidence.verify().get("failed")


def test_what_runs_of_other_bundles_have_left_is_removed_and_what_they_write_is_not(evidence: Evidence) -> None:
    left, written, other = (evidence.dest / name for name in (".2025.unfinished", ".2026.unfinished", ".x"))
    for folder in (left, written, other):
        folder.mkdir(parents=True)
        (folder / "access.csv").write_text("half")
    (evidence.dest / ".link.unfinished").symlink_to(evidence.path)
    with private_files.hold_folder(str(written)) as is_ours:
        assert is_ours
        assert evidence.run()["changed"]
    assert sorted(os.listdir(evidence.dest)) == [".2026.unfinished", ".link.unfinished", ".x", NAME]
    assert (written / "access.csv").exists() and (evidence.path / "snapshot").exists()


def test_two_runs_at_once_do_not_mix(evidence: Evidence) -> None:
    left = evidence.dest / f".{NAME}.unfinished"
    left.mkdir(parents=True)
    with private_files.hold_folder(str(left)) as is_ours:
        assert is_ours
        result = evidence.run()
    assert result["failed"] and "Another run" in result["msg"]
    assert os.listdir(evidence.dest) == [left.name]


def test_a_sink_that_fails_gets_its_line_in_the_next_run(evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = evidence.path / "sink"
    sink.write_text("# kept in Git")
    with monkeypatch.context() as patched:
        patched.setattr(folders, "append_line", lambda *words: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        assert evidence.run(manifest_sink=[str(sink)])["steps_done"] == [f"bundle {NAME}"]
    again = evidence.run(manifest_sink=[str(sink)])
    assert again["changed"] and [step["action"] for step in again["steps"]] == ["keep_hash"]
    digest = again["evidence"]["manifest_sha256"]
    assert sink.read_text() == f"# kept in Git\n{ENDED} {again['evidence']['bundle_id']} {digest}\n"
    assert not evidence.run(manifest_sink=[str(sink)])["changed"]
    assert not evidence.verify(manifest_sink=[str(sink)]).get("failed")


@pytest.mark.parametrize("length", [1, 10, 20, 21, 40, 57, 58, 90, 120])
def test_a_line_of_a_sink_that_was_cut_short_is_written_again(length: int, evidence: Evidence) -> None:
    sink = evidence.path / "sink"
    evidence.run(manifest_sink=[str(sink)])
    whole = sink.read_text()
    sink.write_text(whole[:length])
    verdict = evidence.verify(manifest_sink=[str(sink)])
    assert [problem["kind"] for problem in verdict["evidence"]["problems"]] == ["sink"]
    again = evidence.run(manifest_sink=[str(sink)])
    assert not again.get("failed") and [step["action"] for step in again["steps"]] == ["keep_hash"], again
    assert sink.read_text() == f"{whole[:length]}\n{whole}"
    assert not evidence.verify(manifest_sink=[str(sink)]).get("failed")


def test_a_full_disk_is_no_kept_hash(evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = evidence.path / "sink"
    whole = folders.append_line
    monkeypatch.setattr(folders, "append_line", lambda path, line: whole(path, line[:60]))
    failed = evidence.run(manifest_sink=[str(sink)])
    assert failed["failed"] and "only part of the line" in failed["msg"]
    monkeypatch.setattr(folders, "append_line", whole)
    assert evidence.run(manifest_sink=[str(sink)])["changed"]
    assert not evidence.verify(manifest_sink=[str(sink)]).get("failed")


@pytest.mark.parametrize("form", ["\ufeff{}", "{}\r\n", "{} \n", "# ours\n\n{}\n"])
def test_a_sink_that_an_editor_has_saved(form: str, evidence: Evidence) -> None:
    sink = evidence.path / "sink"
    evidence.run(manifest_sink=[str(sink)])
    sink.write_bytes(form.format(sink.read_text().rstrip("\n")).encode())
    assert not evidence.verify(manifest_sink=[str(sink)]).get("failed")
    assert not evidence.run(manifest_sink=[str(sink)])["changed"]


def test_a_name_that_is_taken_by_another_bundle(evidence: Evidence) -> None:
    evidence.run()
    before = evidence.read()
    evidence.snapshot = write_snapshot(evidence.path / "other", make_commcell(associations=[]))
    result = evidence.run()
    assert result["failed"] and "access.json" in result["msg"] and "name" in result["msg"]
    assert evidence.run(name="other")["evidence"]["name"] == "other"
    assert evidence.read() == before


def test_a_sealed_bundle_that_was_changed_is_not_taken(evidence: Evidence) -> None:
    evidence.run()
    (evidence.dest / NAME / "access.csv").write_text("nothing")
    result = evidence.run()
    assert result["failed"] and "access.csv" in result["msg"] and "changed after it was sealed" in result["msg"]


def test_a_previous_bundle_that_was_changed_is_a_failure(evidence: Evidence) -> None:
    evidence.run()
    table = evidence.dest / NAME / "access.json"
    table.write_bytes(table.read_bytes().replace(b"jana", b"john"))
    evidence.snapshot = write_snapshot(evidence.path / "later", make_commcell(ended=LATER))
    result = evidence.run()
    assert result["failed"] and "access.json" in result["msg"]
    assert os.listdir(evidence.dest) == [NAME]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"name": "../x"}, "name"),
        ({"name": ".x"}, "name"),
        ({"manifest_sink": ["/nowhere/sink"]}, "manifest_sink"),
        ({"sign_with": "/nowhere/key"}, "sign_with"),
        ({"missing": {"apac": ""}}, "missing.apac"),
        ({"previous": "/nowhere/2026"}, "cannot be read"),
        ({"log": "/nowhere/log"}, "option log"),
        ({"decisions": ["/nowhere/signoff.csv"]}, "option decisions"),
        ({"verify": True, "document": {"a": 1}}, "document"),
        ({"snapshot": "/nowhere/snapshot"}, "snapshot"),
    ],
)
def test_options_that_cannot_be_used(options: dict[str, t.Any], said: str, evidence: Evidence) -> None:
    result = evidence.run(**options)
    assert result["failed"] and said in result["msg"], result
    assert result["error"]["kind"] == "config"
    assert not evidence.dest.exists()


def test_a_commcell_that_was_not_read_makes_the_bundle_partial(evidence: Evidence) -> None:
    found = evidence.run(missing={"apac": "could not be reached"})["evidence"]
    assert found["partial"] and "apac" in found["partial"][0]
    manifest = json.loads(evidence.read()["manifest.json"])
    assert manifest["missing"] == {"apac": "could not be reached"} and manifest["partial"] == found["partial"]


def test_decisions_are_read_from_a_copy(evidence: Evidence) -> None:
    evidence.run()
    sheet = evidence.path / "filled.csv"
    lines = evidence.read()["signoff.csv"].decode().splitlines()
    filled = lines[1].removesuffix(',"","","",""') + ',"keep","boss","2026-11-28","needed"'
    assert filled != lines[1]
    sheet.write_text("\n".join([lines[0], filled, *lines[2:]]).replace(",", ";"), encoding="utf-8-sig")
    evidence.snapshot = write_snapshot(evidence.path / "later", make_commcell(ended=LATER))
    assert evidence.run(decisions=[str(sheet)])["changed"]
    rows = read_bundle(str(evidence.dest / SECOND)).rows["signoff"]
    assert sorted(str(row["last_decision"])[:4] for row in rows) == ["", "keep"]
    assert not evidence.verify().get("failed")


def test_decisions_in_the_sealed_file_are_taken_and_told(evidence: Evidence) -> None:
    evidence.run()
    sheet = evidence.dest / NAME / "signoff.csv"
    sheet.write_text(sheet.read_text().replace(',"","","",""\n', ',"revoke","boss","2026-11-28","gone"\n', 1))
    evidence.snapshot = write_snapshot(evidence.path / "later", make_commcell(ended=LATER))
    assert evidence.run()["changed"]
    assert any("filled in inside the sealed" in told for told in evidence.warnings)
    rows = read_bundle(str(evidence.dest / SECOND)).rows["signoff"]
    assert sorted(str(row["last_decision"])[:6] for row in rows) == ["", "revoke"]
    assert [problem["path"] for problem in evidence.verify()["evidence"]["problems"]] == ["signoff.csv"]


def fill(evidence: Evidence, name: str, *answers: str, table: str = "signoff", source: str = NAME) -> str:
    """A copy of a sheet; *answers*: the last four cells of its first rows."""
    head, *lines = evidence.read(source)[f"{table}.csv"].decode().splitlines()
    blank = ',"","","",""'
    assert len(answers) <= len(lines) and all(line.endswith(blank) for line in lines)
    for number, answer in enumerate(answers):
        lines[number] = lines[number].removesuffix(blank) + f",{answer}"
    path = evidence.path / name
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return str(path)


def find_rules(evidence: Evidence, name: str) -> list[tuple[str, str]]:
    """Rule and description of the findings on decisions."""
    rules = ("decision_blank", "decision_without_reviewer", "revoked_access_remains", "bulk_approval")
    found = read_bundle(str(evidence.dest / name)).rows["findings"]
    return sorted((str(row["rule"]), str(row["description"])) for row in found if row["rule"] in rules)


def take_later(evidence: Evidence, ended: str = LATER) -> None:
    evidence.snapshot = write_snapshot(evidence.path / ended[:10], make_commcell(ended=ended), make_entra(ended))


def test_a_copy_is_read_in_every_form_of_a_spreadsheet(evidence: Evidence) -> None:
    evidence.run()
    path = pathlib.Path(fill(evidence, "filled.csv", '"Keep ","boss","28.11.2026","needed"'))
    path.write_text("sep=;\r\n" + path.read_text().replace('","', '";"'), encoding="utf-16")
    take_later(evidence)
    assert evidence.run(decisions=[str(path)])["changed"]
    rows = read_bundle(str(evidence.dest / SECOND)).rows["signoff"]
    assert "Keep (2026-11-28, boss)" in [row["last_decision"] for row in rows]


def test_all_that_is_wrong_with_a_copy_is_told_by_line(evidence: Evidence) -> None:
    evidence.run()
    path = pathlib.Path(fill(evidence, "filled.csv"))
    path.write_text(path.read_text().replace('"\n', '","more"\n').replace('"reason","more"', '"reason"'))
    take_later(evidence)
    result = evidence.run(decisions=[str(path)])
    wheres = [problem["where"] for problem in result["error"]["problems"]]
    assert wheres[:2] == ["filled.csv line 2", "filled.csv line 3"] and str(path) in result["msg"]


def test_rows_that_nobody_decided_are_findings_once_there_is_a_review(evidence: Evidence) -> None:
    evidence.run()
    path = pathlib.Path(fill(evidence, "filled.csv", '"keep","boss","2026-11-28","needed"'))
    whole = path.read_text().splitlines()
    path.write_text("\n".join(whole[:2]) + "\n")  # the other rows were taken out of the copy
    take_later(evidence)
    evidence.run(decisions=[str(path)])
    assert [rule for rule, _told in find_rules(evidence, SECOND)] == ["decision_blank"] * (len(whole) - 2)
    evidence.run(previous="none", name="none")
    assert find_rules(evidence, "none") == []


def test_a_revocation_is_remembered_until_the_access_is_gone(evidence: Evidence) -> None:
    evidence.run()
    path = fill(evidence, "filled.csv", *['"revoke","boss","2026-11-28","left"'] * 2)
    take_later(evidence)
    evidence.run(decisions=[path])
    told = find_rules(evidence, SECOND)
    assert [rule for rule, _told in told] == ["revoked_access_remains"] * 2 and "2026-11-28" in told[0][1]
    for day in ("2026-12-20", "2026-12-21"):
        take_later(evidence, f"{day}T20:00:00Z")
        assert evidence.run()["changed"]
        assert find_rules(evidence, f"{day}T200000Z") == told
    assert not evidence.verify().get("failed")


def test_pseudonyms_of_a_last_decision_stay(evidence: Evidence) -> None:
    key = evidence.path / "key"
    key.write_bytes(bytes(range(32)).hex().encode() + b"\n")
    key.chmod(0o600)
    more = {"pseudonym_key_file": str(key)}
    evidence.run(**more)
    path = fill(evidence, "filled.csv", '"keep","boss@corp.example","2026-11-28","needed"')
    take_later(evidence)
    evidence.run(decisions=[path], **more)
    take_later(evidence, "2026-12-20T20:00:00Z")
    evidence.run(**more)
    first, second = (
        [row["last_decision"] for row in read_bundle(str(evidence.dest / name)).rows["signoff"]]
        for name in (SECOND, "2026-12-20T200000Z")
    )
    assert first == second and any(first) and "boss" not in str(first)


@pytest.mark.parametrize("has_key", [True, False])
def test_a_chain_holds_names_or_pseudonyms(evidence: Evidence, has_key: bool) -> None:
    """Rows of the bundle before stand in the table of changes."""
    key = evidence.path / "key"
    key.write_bytes(bytes(range(32)).hex().encode() + b"\n")
    key.chmod(0o600)
    options = [{}, {"pseudonym_key_file": str(key)}]
    evidence.run(**options[not has_key])
    take_later(evidence)
    refused = evidence.run(**options[has_key])
    assert refused["failed"] and "option previous" in refused["msg"] and "pseudonym_key_file" in refused["msg"]
    assert not (evidence.dest / SECOND).exists()
    assert evidence.run(previous="none", **options[has_key])["changed"]


def test_a_table_beside_documents_with_names_is_refused(evidence: Evidence) -> None:
    """As an earlier form of the copy was: nothing in the documents told that people have pseudonyms."""
    (pathlib.Path(evidence.snapshot) / "pseudonyms.json").write_text("{}")
    refused = evidence.run()
    assert refused["failed"] and "are not marked to have pseudonyms" in refused["msg"] and not evidence.dest.exists()


def test_a_chain_has_pseudonyms_of_one_key(evidence: Evidence) -> None:
    keys = []
    for number in range(2):
        keys.append(evidence.path / f"key{number}")
        keys[-1].write_bytes(bytes(range(number, 32 + number)).hex().encode() + b"\n")
        keys[-1].chmod(0o600)
    evidence.run(pseudonym_key_file=str(keys[0]))
    take_later(evidence)
    refused = evidence.run(pseudonym_key_file=str(keys[1]))
    assert refused["failed"] and "pseudonyms of another key" in refused["msg"]
    assert evidence.run(pseudonym_key_file=str(keys[0]))["evidence"]["changes"] == 0


@pytest.mark.parametrize(("other", "fails"), [("revoke", True), ("keep", False)])
def test_copies_of_two_reviewers(evidence: Evidence, other: str, fails: bool) -> None:
    evidence.run()
    one = fill(evidence, "one.csv", '"keep","boss","2026-11-28","needed"')
    two = fill(evidence, "two.csv", f'"{other}","boss","28.11.2026","needed"', '"keep","tom","2026-11-28","needed"')
    take_later(evidence)
    result = evidence.run(decisions=[one, two])
    assert bool(result.get("failed")) is fails, result
    if fails:
        (problem,) = result["error"]["problems"]
        assert "two.csv line 2" in problem["where"] and "on line 2 of one.csv" in problem["message"]
    else:
        assert find_rules(evidence, SECOND) == []


def test_other_columns_of_the_sealed_file_may_not_change(evidence: Evidence) -> None:
    evidence.run()
    sheet = evidence.dest / NAME / "signoff.csv"
    sheet.write_text(sheet.read_text().replace('"Master"', '"View"'))
    evidence.snapshot = write_snapshot(evidence.path / "later", make_commcell(ended=LATER))
    result = evidence.run()
    assert result["failed"] and "columns other" in result["msg"]


def _list_places(evidence: Evidence) -> list[tuple[str, int]]:
    """A first, a middle and a last byte of each file."""
    files = evidence.read()
    return [(path, at) for path, content in files.items() for at in sorted({0, len(content) // 2, len(content) - 1})]


def test_every_changed_byte_is_found(evidence: Evidence) -> None:
    evidence.run(manifest_sink=[sink := str(evidence.path / "sink")])
    assert not evidence.verify(manifest_sink=[sink]).get("failed")
    places = _list_places(evidence)
    assert len(places) > 60
    for path, at in places:
        file = evidence.dest / NAME / path
        content = file.read_bytes()
        file.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        result = evidence.verify(manifest_sink=[sink])
        assert result["failed"] and result["error"]["kind"] == "evidence", (path, at)
        assert path in {problem["path"] for problem in result["evidence"]["problems"]}
        file.write_bytes(content)
    assert not evidence.verify(manifest_sink=[sink]).get("failed")


def test_removed_and_added_files_are_found(evidence: Evidence) -> None:
    evidence.run()
    folder = evidence.dest / NAME
    for path in evidence.read():
        content = (folder / path).read_bytes()
        (folder / path).unlink()
        assert evidence.verify()["failed"], path
        (folder / path).symlink_to("/etc/hostname")
        assert evidence.verify()["failed"], path
        (folder / path).unlink()
        (folder / path).write_bytes(content)
    for path in ("more.csv", "grc/more.csv", ".hidden", "deep/er/and/deeper/x"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("x")
        assert evidence.verify()["evidence"]["problems"][0]["kind"] == "unknown", path
        (folder / path).unlink()
    shutil.rmtree(folder / "deep")
    assert not evidence.verify().get("failed")


def _kinds(result: t.Any) -> set[str]:
    return {problem["kind"] for problem in result["evidence"]["problems"]}


def test_a_chain_that_was_reordered_forged_or_cut_is_found(evidence: Evidence) -> None:
    sink = str(evidence.path / "sink")
    first, second, third = evidence.write_chain(manifest_sink=[sink])
    paths = [evidence.dest / name for name in (first, second, third)]
    assert not evidence.verify(manifest_sink=[sink]).get("failed")
    assert evidence.verify(name=second)["evidence"]["verified"] == [first, second]

    swap = evidence.dest / "x"
    for one, other in ((0, 1), (1, 2), (0, 2)):  # names exchanged
        for source, target in ((paths[one], swap), (paths[other], paths[one]), (swap, paths[other])):
            source.rename(target)
        assert {"renamed", "previous"} <= _kinds(evidence.verify()), (one, other)
        for source, target in ((paths[one], swap), (paths[other], paths[one]), (swap, paths[other])):
            source.rename(target)
    assert not evidence.verify().get("failed")

    shutil.move(paths[1], swap := evidence.path / "away")  # one from the middle
    assert _kinds(evidence.verify()) == {"previous"}
    shutil.move(swap, paths[1])
    shutil.move(paths[2], swap)  # the last one: only the sink knows
    assert not evidence.verify().get("failed")
    assert _kinds(evidence.verify(manifest_sink=[sink])) == {"sink"}
    shutil.move(swap, paths[2])

    manifest = json.loads((paths[1] / "manifest.json").read_text())  # a manifest that was made anew in the middle
    (paths[1] / "manifest.json").write_bytes(dump_manifest({**manifest, "created": LATER}))
    assert _kinds(evidence.verify()) == {"previous"}
    (paths[1] / "manifest.json").write_bytes(dump_manifest(manifest))
    assert not evidence.verify().get("failed")

    forged = json.loads((paths[2] / "manifest.json").read_text())  # the last one follows the first
    link = {**forged["previous"], "name": first}
    (paths[2] / "manifest.json").write_bytes(dump_manifest({**forged, "previous": link}))
    assert {"previous", "fork"} <= _kinds(evidence.verify())
    (paths[2] / "manifest.json").write_bytes(dump_manifest({**forged, "previous": None}))
    assert "previous" in _kinds(evidence.verify())
    assert "sink" in _kinds(evidence.verify(manifest_sink=[sink], name=third))


def test_all_made_anew_is_found_by_the_sink_alone(evidence: Evidence) -> None:
    """What a chain proves, and what it does not."""
    sink = str(evidence.path / "sink")
    evidence.write_chain(2, manifest_sink=[sink])
    shutil.rmtree(evidence.dest)
    evidence.write_chain(2, missing={"x": "forged"})
    assert not evidence.verify().get("failed")
    assert _kinds(evidence.verify(manifest_sink=[sink])) == {"sink"}


def test_nothing_to_verify_is_a_failure(evidence: Evidence) -> None:
    assert _kinds(evidence.verify()) == {"missing"}
    evidence.dest.mkdir()
    assert _kinds(evidence.verify()) == {"missing"}
    assert _kinds(evidence.verify(name="none")) == {"unreadable"}


@pytest.fixture
def keys(tmp_path: pathlib.Path) -> dict[str, str]:
    """Two keys, and a file that allows the first."""
    paths = {}
    for name in ("ours", "theirs"):
        paths[name] = str(tmp_path / name)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", paths[name]], check=True)
    public = pathlib.Path(f"{paths['ours']}.pub").read_text().split()
    (tmp_path / "signers").write_text(
        f'auditor@corp.example namespaces="cvops.identity-evidence" {public[0]} {public[1]}\n'
    )
    return {**paths, "signers": str(tmp_path / "signers")}


def test_signatures(evidence: Evidence, keys: dict[str, str]) -> None:
    evidence.run(sign_with=keys["ours"])
    assert (evidence.dest / NAME / "manifest.json.sig").stat().st_mode & 0o777 == 0o600
    assert not evidence.verify(allowed_signers=keys["signers"]).get("failed")
    assert not evidence.verify().get("failed")
    shutil.rmtree(evidence.dest)
    evidence.run(sign_with=keys["theirs"])
    assert _kinds(evidence.verify(allowed_signers=keys["signers"])) == {"signature"}
    shutil.rmtree(evidence.dest)
    evidence.run()
    assert _kinds(evidence.verify(allowed_signers=keys["signers"])) == {"signature"}


def test_a_signature_of_another_manifest_is_found(evidence: Evidence, keys: dict[str, str]) -> None:
    first, second = evidence.write_chain(2, sign_with=keys["ours"])
    shutil.copy(evidence.dest / first / "manifest.json.sig", evidence.dest / second / "manifest.json.sig")
    result = evidence.verify(allowed_signers=keys["signers"])
    assert [(problem["bundle"], problem["kind"]) for problem in result["evidence"]["problems"]] == [
        (second, "signature")
    ]


def test_a_key_that_cannot_sign_leaves_no_bundle(evidence: Evidence) -> None:
    key = evidence.path / "key"
    key.write_text("no key")
    result = evidence.run(sign_with=str(key))
    assert result["failed"] and result["error"]["kind"] == "signing"
    assert os.listdir(evidence.dest) == []


def test_no_program_to_sign_with(evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    result = evidence.run(sign_with=evidence.snapshot + "/entra.json")
    assert result["failed"] and "ssh-keygen" in result["msg"] and result["error"]["kind"] == "config"


def test_a_report_that_cannot_be_made_here_is_told_first(evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content.pkgutil, "get_data", lambda *words: (_ for _ in ()).throw(OSError(2, "not here")))
    result = evidence.run()
    assert result["failed"] and "in process" in result["msg"] and not evidence.dest.exists()
    assert evidence.run(formats=["csv"])["changed"]


def test_the_plan_names_every_action(evidence: Evidence) -> None:
    assert resource.EvidenceResource.noun == "evidence"


def test_people_get_pseudonyms_wherever_they_stand(evidence: Evidence) -> None:
    key = evidence.path / "key"
    key.write_text("8f14e45fceea167a5a36dedd4bea2543f3c9a1b07d6e5f40")
    key.chmod(0o600)
    document = {
        "cvops_role_mappings": [
            {
                "principal": {"user": "jana@corp.example"},
                "business_owner": "boss@corp.example",
                "grants": [{"role": "View", "entities": {"servers": ["sql01"]}}],
                "approval": {"approved_by": "chief@corp.example", "reason": "asked for by jana@corp.example"},
            }
        ],
        "cvops_break_glass": {"commvault_users": ["tom"]},
    }
    drills = [{"commcell": "emea", "user": "tom", "outcome": "worked", "date": ENDED}]
    found = evidence.run(pseudonym_key_file=str(key), document=document, drills=drills)
    assert found["changed"] and found["evidence"]["pseudonymised"]
    for path, text in evidence.read().items():
        for name in (b"jana", b"boss@", b"chief@", b'"tom"'):
            assert name not in text, (path, name)
    rows = read_bundle(str(evidence.dest / NAME)).rows["access"]
    assert [row["in_mapping"] for row in rows if row["role"] == "View"] == ["declared"], "the names still meet"
    assert "break_glass_missing" not in {row["rule"] for row in read_bundle(str(evidence.dest / NAME)).rows["findings"]}
    evidence.take(make_commcell(ended=LATER), make_entra(LATER))
    later = evidence.run(pseudonym_key_file=str(key), document=document, drills=drills)
    assert later["evidence"]["changes"] == 0
    assert key.read_text() not in json.dumps(later)
