# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions about access over snapshots and bundles on the disk, and what people and programs get to read."""

from __future__ import annotations

import csv
import io
import json
import os
import pathlib
import typing as t

import pytest
from evidence_examples import (
    ADMIN,
    MASTER,
    VIEW,
    make_commcell,
    make_entity,
    make_entra,
    make_entra_group,
    make_entra_user,
    make_grant,
    make_group,
    make_id,
    make_user,
)

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence import reading
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.files import write_document
from ansible_collections.cvops.identity.plugins.plugin_utils import access_questions as subject
from ansible_collections.cvops.identity.plugins.plugin_utils.access_questions import (
    ask_about_access,
    build_answer_csv,
    build_question,
    check_question,
    find_bundle,
    format_answer,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError

JANA = "jana@corp.example"
MAPPING = [
    {
        "principal": {"entra_group": {"name": "GG-Ops", "object_id": make_id(1, 2)}},
        "user_group": "Operators",
        "grants": [{"role": "View", "entities": {"servers": [{"name": "db01", "company": "corp"}]}}],
        "business_owner": "ops@corp.example",
        "review_by": "2027-01-31",
    }
]


@pytest.fixture
def snapshot(tmp_path: pathlib.Path) -> str:
    """A snapshot in which Jana is an operator through a nested group, and an administrator of the CommCell by herself."""
    folder = str(tmp_path / "snapshot")
    cell = make_commcell(
        users=[make_user(1, JANA), make_user(2, "=cmd\u202e", local=True)],
        user_groups=[make_group(5, "Operators", [1], make_id(1, 2))],
        entities={"servers": [make_entity(50, "db01", "corp")], "server_groups": [make_entity(70, "emea")]},
        companies=[make_entity(9, "corp")],
        associations=[
            make_grant(("user_group", 5), VIEW, ("servers", 50)),
            make_grant(("user", 1), MASTER, ("commcell", 2)),
            make_grant(("user", 2), ADMIN, ("server_groups", 70)),
        ],
    )
    entra = make_entra(
        users=[make_entra_user(1, JANA, displayName="Jana Vega")],
        groups=[make_entra_group(1, "GG-Ops", [make_id(2, 2)]), make_entra_group(2, "GG-Night", [make_id(1)])],
    )
    write_document(folder, cell)
    write_document(folder, entra)
    return folder


def test_a_snapshot_is_asked_with_names_of_both_sides(snapshot: str) -> None:
    found = ask_about_access({"snapshot": snapshot, "who": {"permission": "View", "entity": "servers:db01"}})
    assert sorted((row["person"], row["how"], row["reach"], row["role"]) for row in found["answers"]) == [
        ("Jana Vega", "GG-Night > GG-Ops > Operators", "entity", "View"),
        ("Jana Vega", "a grant of their own", "CommCell", "Master"),
    ]
    assert found["not_evaluable"] == []
    assert found["source"].startswith("snapshot as of 2026-11-27")
    admins = ask_about_access(
        {"snapshot": snapshot, "who": {"permission": "Agent Management", "entity": "servers:db01"}}
    )
    assert [row["kind"] for row in admins["not_evaluable"]] == ["server_group"]
    assert [row["role"] for row in admins["answers"]] == ["Master"]


def test_dates_come_from_the_document(snapshot: str) -> None:
    asked = {"snapshot": snapshot, "person": JANA, "review_by_before": "2027-02-01"}
    assert ask_about_access(asked)["answers"] == []
    found = ask_about_access({**asked, "document": {"cvops_role_mappings": MAPPING}})
    assert [(row["review_by"], row["business_owner"]) for row in found["answers"]] == [
        ("2027-01-31", "ops@corp.example")
    ]


@pytest.mark.parametrize("given", [{}, {"bundle": "a", "snapshot": "b"}])
def test_one_source_is_needed(given: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="give bundle or snapshot"):
        ask_about_access({**given, "person": JANA})


def test_the_newest_of_several_bundles_is_asked(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="is not a bundle and contains none"):
        find_bundle(str(tmp_path))
    with pytest.raises(ConfigError, match="No such file"):
        find_bundle(str(tmp_path / "gone"))
    dates = {"a": "2026-11-01", "b": "2026-11-20", "c": "2026-11-10"}
    for name in dates:
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text("{}")
    (tmp_path / "other").mkdir()
    with pytest.raises(ConfigError, match="give the folder of one bundle"):
        find_bundle(str(tmp_path))

    def read(path: str) -> t.Any:
        return ({"as_of": dates[os.path.basename(path)], "created": ""}, "")

    monkeypatch.setattr(subject, "read_manifest", read)
    assert find_bundle(str(tmp_path)) == str(tmp_path / "b")
    assert find_bundle(str(tmp_path / "a")) == str(tmp_path / "a")
    assert reading.read_manifest is not read


def test_lines_and_table_show_what_is_hidden_and_compute_nothing(snapshot: str) -> None:
    found = ask_about_access({"snapshot": snapshot, "who": {"entity": "servers"}})
    lines = format_answer(found)
    assert "2 grants of 1 person, 0 things that cannot be determined" in lines[0]
    everything = ask_about_access({"snapshot": snapshot, "who": {"entity": "server_groups:emea"}})
    told = "\n".join(format_answer(everything))
    assert "=cmd\\u202e" in told and "\u202e" not in told
    rows = list(csv.DictReader(io.StringIO(build_answer_csv(everything))))
    assert {row["commvault_user"] for row in rows} == {"'=cmd\\u202e", JANA}
    doubt = ask_about_access(
        {"snapshot": snapshot, "who": {"permission": "Agent Management", "entity": "servers:db01"}}
    )
    assert any(line.startswith("not evaluable: cs01, emea: whether the server") for line in format_answer(doubt))
    assert [row["can"] for row in csv.DictReader(io.StringIO(build_answer_csv(doubt)))][-1] == "not_evaluable"
    assert format_answer(found, 1)[-1] == "1 more, see the file"
    json.dumps(found)


@pytest.mark.parametrize(
    ("now", "expected", "told"),
    [
        ("yes", "yes", "yes"),
        ("yes", "unknown", "yes"),
        ("yes", "no", "yes, until the next sign-in"),
        ("no", "yes", "after the next sign-in"),
    ],
)
def test_until_when_or_from_when_somebody_can(snapshot: str, now: str, expected: str, told: str) -> None:
    found = ask_about_access({"snapshot": snapshot, "who": {"entity": "servers"}})
    answers = [{**found["answers"][0], "effective_now": now, "expected_at_next_login": expected, "can": "yes"}]
    assert format_answer({**found, "answers": answers})[2].rstrip().endswith(f" {told}")


def test_the_variables_of_the_playbook_become_options() -> None:
    given = {
        "access_permission": "View",
        "access_entity": {"kind": "servers", "name": "a"},
        "access_role": "",
        "other": 1,
    }
    assert build_question(given) == {"who": {"permission": "View", "entity": {"kind": "servers", "name": "a"}}}
    assert build_question({"access_person": JANA, "access_commcell": "cs01"}) == {"person": JANA, "commcell": "cs01"}
    assert check_question(build_question(given)) == []
    assert check_question({}) == [
        "there is no question: give who (with permission, role or entity), person, review_by_before or valid_until_before"
    ]


@pytest.mark.parametrize("value", [None, [], {"answers": []}, {"answers": [1], "not_evaluable": []}])
def test_what_is_no_answer(value: t.Any) -> None:
    with pytest.raises(FilterInputError):
        format_answer(value)
