# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What others import: Vanta, CISO Assistant, OSCAL, in-toto, JUnit; and no cell that a spreadsheet computes."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import io
import json
import typing as t
from xml.etree import ElementTree

import pytest
from bundle_examples import Evidence, grant, make_commcell, make_entra
from evidence_examples import MASTER, generate_site, make_user
from hypothesis import given

from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.build import build_tables
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.bundle.content import (
    FORMATS,
    Subject,
    build_content,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.bundle.grc import (
    build_ciso_assistant_csv,
    build_vanta_csv,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.bundle.oscal import (
    build_assessment_results,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.table_text import parse_table
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tables import TABLES, Inputs, Row, Tables

Wire = dict[str, t.Any]
#: The newest environment, where compliance-trestle is.
IS_NEWEST = importlib.util.find_spec("antsibull_docs") is not None
FORMULA = '=HYPERLINK("http://x")'


def make_row(table: str, **cells: t.Any) -> Row:
    """A row with these cells."""
    columns = next(one.columns for one in TABLES if one.name == table)
    return t.cast("Row", {**dict.fromkeys(columns), **cells})


def build_files(*commcells: t.Any, entra: t.Any = None, **more: t.Any) -> tuple[dict[str, bytes], Tables]:
    """The files of a bundle of these documents, and its tables."""
    tables = build_tables(Inputs(commcells=commcells, entra=entra, **more))
    missing = more.get("missing", {})
    subject = Subject(commcells, entra, missing, None, None, "2026-11-28T00:00:00Z", "0.1.0")
    return build_content(subject, tables, "x", FORMATS).files, tables


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def test_vanta_has_an_account_once_with_all_its_roles() -> None:
    access = [
        make_row("access", commcell="b", person_kind="entra_member", commvault_user_id="1", commvault_user="jana",
                 user_principal_name="jana@corp.example", role=role, commvault_enabled=True, entra_enabled=True)
        for role in ("View", "Backup, nightly", "View")
    ]  # fmt: skip
    access += [
        make_row("access", commcell="a", person_kind="entra_guest", entra_user_id="g", user_principal_name="x#EXT#@corp",
                 role="View", entra_enabled=False),
        make_row("access", commcell="a", person_kind="service_account", commvault_user_id="9", commvault_user="robot",
                 permissions=["Browse", "View"], commvault_enabled=None),
        make_row("access", commcell="a", person_kind="commvault_user", commvault_user_id="8", commvault_user=FORMULA, role="View"),
        make_row("access", commcell="a", person_kind="nobody", principal_id="5", principal="empty", role="View"),
        make_row("access", commcell="a", person_kind="not_evaluable", role="View"),
    ]  # fmt: skip
    assert read_csv(build_vanta_csv(access)) == [
        ["Account name", "Account owner", "Role", "Status"],
        ['a: =HYPERLINK("http://x")', "No owner", "View", "Active"],
        ["a: robot", "Not a person", "Browse, View", "Active"],
        ["a: x#EXT#@corp", "External user", "View", "Deactivated"],
        ["b: jana", "jana@corp.example", "Backup nightly, View", "Active"],
    ]


def test_ciso_assistant_takes_labels_and_states() -> None:
    findings = [
        make_row("findings", id=f"f-{status}", rule="a|b", severity="high", status=status, title=FORMULA, description="d",
                 commcell="emea", subject_kind="user", subject=None, remedy="mend it")
        for status in ("open", "accepted", "not_evaluable")
    ]  # fmt: skip
    head, *rows = read_csv(build_ciso_assistant_csv(findings))
    assert head == ["ref_id", "name", "description", "severity", "status", "filtering_labels", "asset"]
    assert [row[4] for row in rows] == ["identified", "confirmed", "identified"]
    assert [row[5].endswith("|not evaluable") for row in rows] == [False, False, True]
    assert rows[0] == ["f-open", f"'{FORMULA}", "d mend it", "high", "identified", "a b|emea|user", "emea"]


def test_junit_fails_for_what_is_open_and_errs_for_what_is_missing() -> None:
    files, tables = build_files(make_commcell(), missing={"apac": "could not be reached"})
    (suite,) = ElementTree.fromstring(files["junit.xml"])
    opened = [row for row in tables.rows["findings"] if row["status"] == "open"]
    assert opened and int(suite.attrib["failures"]) == len(opened)
    assert int(suite.attrib["errors"]) == 1 and "timestamp" not in suite.attrib
    assert int(suite.attrib["tests"]) == len(tables.rows["findings"]) + 1


def test_the_statement_names_each_file_with_its_hash() -> None:
    files, _tables = build_files(make_commcell(), entra=make_entra())
    statement = json.loads(files["attestation.json"])
    assert statement["_type"] == "https://in-toto.io/Statement/v1" and statement["predicateType"].startswith("https://")
    named = {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}
    sealed = set(files) - {"attestation.json", "manifest.json"}
    assert named == {path: hashlib.sha256(files[path]).hexdigest() for path in sealed}
    assert set(statement["predicate"]["provenance"]) == {"commcells", "entra"}


def assert_valid_oscal(content: bytes) -> t.Any:
    """Return the document, which the models of compliance-trestle accept."""
    if IS_NEWEST:
        from trestle.oscal.assessment_results import Model

        Model.model_validate_json(content)
    return json.loads(content)["assessment-results"]


def _list_ids(value: t.Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["uuid"]] if "uuid" in value else []
        return own + [found for item in value.values() for found in _list_ids(item)]
    return [found for item in value for found in _list_ids(item)] if isinstance(value, list) else []


@pytest.mark.skipif(
    not IS_NEWEST, reason="compliance-trestle is in the newest environment alone (requirements-dev.txt)"
)
def test_what_is_wrong_with_assessment_results_is_found() -> None:
    """The judge of the tests below is able to refuse."""
    files, _tables = build_files(make_commcell())
    broken = files["oscal/assessment-results.json"].replace(b'"start"', b'"begin"')
    with pytest.raises(ValueError, match="start"):
        assert_valid_oscal(broken)


def test_assessment_results_tell_what_is_not_satisfied_and_nothing_more() -> None:
    files, tables = build_files(make_commcell(), entra=make_entra(), missing={"apac": "could not be reached"})
    found = assert_valid_oscal(files["oscal/assessment-results.json"])
    (result,) = found["results"]
    told = [row for row in tables.rows["findings"] if row["status"] != "not_evaluable"]
    assert told and len(result["findings"]) == len(told)
    assert {one["target"]["status"]["state"] for one in result["findings"]} == {"not-satisfied"}
    assert b'"satisfied"' not in files["oscal/assessment-results.json"]
    assert [one["value"] for one in result["props"]] == ["partial"] and "apac" in result["remarks"]
    supported = {
        prop["value"]
        for one in result["observations"]
        for prop in one["props"]
        if prop["name"] == "supports-evidence-for"
    }
    assert {"CC6.1", "CC6.2", "CC6.3", "A.5.15", "A.5.16", "A.5.17", "A.5.18", "A.8.2", "A.8.3", "A.8.5"} == supported
    ids = _list_ids(found)
    assert len(set(ids)) == len(ids)
    observed = {one["uuid"] for one in result["observations"]}
    assert all(one["related-observations"][0]["observation-uuid"] in observed for one in result["findings"])


def test_without_findings_there_is_no_list_of_them() -> None:
    rows: dict[str, list[Row]] = {table.name: [] for table in TABLES}
    digests = {f"{table.name}.json": "0" * 64 for table in TABLES}
    found = assert_valid_oscal(build_assessment_results(rows, [], "2026-11-27T20:15:00Z", "0.1.0", digests))
    assert "findings" not in found["results"][0]


def test_hostile_texts_stay_valid() -> None:
    cells: Wire = {
        "id": "f-1",
        "severity": "high",
        "status": "open",
        "commcell": FORMULA,
        "subject": "</script>\n\x1b[31m",
    }
    rows: dict[str, list[Row]] = {table.name: [] for table in TABLES}
    rows["findings"] = [
        make_row("findings", **{**cells, "id": f"f-{number}", "rule": rule, "title": title, "description": title})
        for number, (rule, title) in enumerate([("", ""), ("1 x/ü", "  "), ("a" * 300, "\ud800\u202e")])
    ]
    digests = {f"{table.name}.json": "0" * 64 for table in TABLES}
    assert_valid_oscal(build_assessment_results(rows, ["\x00"], "2026-11-27T20:15:00Z", "0.1.0", digests))


def test_no_cell_is_a_formula_and_json_is_exact(make_ctx: t.Any, tmp_path: t.Any) -> None:
    evidence = Evidence(make_ctx, tmp_path)
    users = [make_user(1, FORMULA, local=True, full_name=FORMULA), make_user(2, "tom", local=True)]
    evidence.take(make_commcell(users=users, associations=[grant(1, FORMULA, MASTER), grant(2, "tom")]))
    assert evidence.run()["changed"]
    for path, content in evidence.read().items():
        if path.endswith(".csv"):
            cells = [cell for row in read_csv(content) for cell in row]
            assert [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))] == [], path
    names = {row["commvault_user"] for row in json.loads(evidence.read()["access.json"])["rows"]}
    assert names == {FORMULA, "tom"}


@given(generate_site())
def test_every_generated_site_gives_a_whole_bundle(site: tuple[t.Any, t.Any]) -> None:
    files, tables = build_files(site[0], entra=site[1])
    assert_valid_oscal(files["oscal/assessment-results.json"])
    ElementTree.fromstring(files["junit.xml"])
    for table in TABLES:
        rows = parse_table(table, files[f"{table.name}.json"])
        assert rows == tables.rows[table.name]
        assert len(read_csv(files[f"{table.name}.csv"])) == len(rows) + 1
    assert build_files(site[0], entra=site[1])[0] == files
