# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a run: what it holds at which moment, what it hides, and what happens when it cannot be kept."""

from __future__ import annotations

import getpass
import json
import os
import pathlib
import stat
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core import run_record as subject
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.option_sources import OptionSources
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Change, Plan, Step
from ansible_collections.cvops.identity.plugins.module_utils._core.run_record import (
    JOB_VARIABLE,
    RunRecord,
    describe_target,
    format_job_facts,
    read_records,
)

PLAN = Plan({"members": []}, {"members": ["x"]}, (Step("create", "group A"), Step("add", "member x")))
SECRET = "Planted~4711"


def read_only_record(folder: pathlib.Path) -> dict[str, t.Any]:
    """Return the one record in *folder*."""
    (path,) = folder.iterdir()
    found: dict[str, t.Any] = json.loads(path.read_text())
    return found


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "deep" / "records"


def test_before_the_first_write_it_holds_what_is_intended(make_ctx: t.Any, folder: pathlib.Path) -> None:
    RunRecord(make_ctx(), str(folder), "entra_group").begin(PLAN)
    found = read_only_record(folder)
    assert (found["outcome"], found["began"], found["ended"]) == ("begun", "2026-03-01T12:00:00.000000Z", None)
    assert (found["applied"], found["left"]) == ([], ["group A", "member x"])
    assert found["planned"] == {
        "before": {"members": []},
        "after": {"members": ["x"]},
        "steps": ["group A", "member x"],
    }
    assert found["stats"] is found["error"] is found["failed_step"] is None


def test_after_the_last_step_the_same_file_holds_what_was_done(make_ctx: t.Any, folder: pathlib.Path) -> None:
    ctx = make_ctx()
    record = RunRecord(ctx, str(folder), "entra_group")
    record.begin(PLAN)
    ctx.clock.passed += 90
    record.end(PLAN, {"changed": True, "stats": {"writes": 2}}, ["done", "done"])
    found = read_only_record(folder)
    assert (found["outcome"], found["began"], found["ended"]) == (
        "done",
        "2026-03-01T12:00:00.000000Z",
        "2026-03-01T12:01:30.000000Z",
    )
    assert (found["applied"], found["left"], found["stats"]) == (["group A", "member x"], [], {"writes": 2})
    assert found["module"] == "cvops.identity.entra_group"


@pytest.mark.parametrize(("more", "outcome"), [({}, "failed"), ({"cancelled": True}, "cancelled")])
def test_a_run_that_fails_tells_what_was_done_and_what_is_left(
    make_ctx: t.Any, folder: pathlib.Path, more: dict[str, t.Any], outcome: str
) -> None:
    record = RunRecord(make_ctx(), str(folder), "entra_group")
    record.begin(PLAN)
    record.end(
        PLAN,
        {
            "failed": True,
            "msg": "no",
            "error": {"kind": "api", "status": 500},
            "steps_done": ["group A"],
            "step_failed": "member x",
            "steps_left": [],
            **more,
        },
    )
    found = read_only_record(folder)
    assert found["outcome"] == outcome
    assert (found["applied"], found["failed_step"], found["left"]) == (["group A"], "member x", [])
    assert found["error"] == {"msg": "no", "kind": "api", "status": 500}


def test_a_failure_before_the_first_step_applied_nothing(make_ctx: t.Any, folder: pathlib.Path) -> None:
    record = RunRecord(make_ctx(), str(folder), "entra_group")
    record.begin(PLAN)
    record.end(PLAN, {"failed": True, "msg": "no"})
    assert read_only_record(folder)["applied"] == []


@pytest.mark.parametrize(
    ("check", "result"),
    [
        (False, {"changed": False}),
        (False, {"failed": True, "error": {"kind": "config"}}),
        (True, {"changed": True}),
        (True, {"failed": True, "error": {"kind": "guard"}}),
    ],
)
def test_a_run_that_neither_wrote_nor_should_have_leaves_no_record(
    make_ctx: t.Any, folder: pathlib.Path, check: bool, result: dict[str, t.Any]
) -> None:
    RunRecord(make_ctx(check_mode=check), str(folder), "entra_group").end(PLAN, result)
    assert not folder.exists()


def test_a_refused_risk_is_recorded_although_there_was_no_plan(make_ctx: t.Any, folder: pathlib.Path) -> None:
    result = {"failed": True, "msg": "no", "error": {"kind": "guard", "risk": "rename"}}
    RunRecord(make_ctx(), str(folder), "entra_group").end(None, result)
    found = read_only_record(folder)
    assert (found["planned"], found["applied"], found["left"]) == (None, [], [])
    assert found["began"] == found["ended"] == "2026-03-01T12:00:00.000000Z"
    assert found["error"]["risk"] == "rename"


def test_who_did_what_to_whom_stands_in_it(make_ctx: t.Any, folder: pathlib.Path) -> None:
    options = {
        "tenant_id": "contoso.com",
        "commvault_url": None,
        "auth_method": "client_secret",
        "client_id": "c",
        "client_secret": SECRET,
        "accept_risk": ["rename"],
        "accept_reason": "new standard",
    }
    environ = {"AWX_JOB_ID": "17", "TOWER_JOB_ID": "18", "CVOPS_TICKET": "CHG1", "CVOPS_REVISION": ""}
    ctx = make_ctx(
        options,
        sources=OptionSources(environ=environ),
        evidence={"approved_by": ["ada"]},
        identity={"client_id": "told by the token"},
        secrets={SECRET},
    )
    RunRecord(ctx, str(folder), "entra_group").begin(PLAN)
    found = read_only_record(folder)
    assert found["target"] == {"tenant_id": "contoso.com"}
    assert found["identity"] == {"auth_method": "client_secret", "client_id": "told by the token"}
    operator = found["operator"]
    assert (operator["job_id"], operator["ticket"]) == ("17", "CHG1")
    assert "revision" not in operator and operator["user"] and operator["host"]
    assert found["accepted_risks"] == [{"risk": "rename", "reason": "new standard"}]
    assert found["evidence"] == {"approved_by": ["ada"]}


def test_no_secret_is_kept_and_names_of_the_plan_stay(make_ctx: t.Any, folder: pathlib.Path) -> None:
    change = Change("+", "group", SECRET, SECRET)
    plan = Plan({}, {"password=hunter2": f"x {SECRET}"}, (Step("create", f"{SECRET}", changes=(change,)),))
    record = RunRecord(make_ctx(secrets={SECRET}), str(folder), "m")
    record.describe_undo = lambda step: {"before": None, "after": {"description": f"x {SECRET}", "name": "password=a"}}
    record.begin(plan)
    assert SECRET not in json.dumps(read_only_record(folder))
    record.end(plan, {"failed": True, "msg": f"bad {SECRET}", "error": {"said": "password=hunter2"}})
    found = read_only_record(folder)
    assert SECRET not in json.dumps(found)
    assert found["steps"][0]["undo"]["after"] == {"description": "x ********", "name": "password=a"}
    assert found["planned"]["after"] == {"password=hunter2": "x ********"}, "as a reader compares it"
    assert found["error"]["said"] == "password=********", "what a service says may hold anything"


def test_only_its_owner_can_read_it_and_nothing_else_is_left(make_ctx: t.Any, folder: pathlib.Path) -> None:
    record = RunRecord(make_ctx(), str(folder), "entra_group")
    record.begin(PLAN)
    record.end(PLAN, {"changed": True})
    (path,) = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.name.startswith("20260301T120000Z-entra_group-") and path.suffix == ".json"


def test_two_runs_at_the_same_moment_have_two_records(make_ctx: t.Any, folder: pathlib.Path) -> None:
    for dummy in range(2):
        RunRecord(make_ctx(), str(folder), "entra_group").begin(PLAN)
    assert len(list(folder.iterdir())) == 2


def test_a_record_that_cannot_be_begun_stops_the_run(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="Nothing was changed") as refused:
        RunRecord(make_ctx(), str(tmp_path / "file" / "x"), "entra_group").begin(PLAN)
    assert "cvops_run_record_dir" in refused.value.facts["source"]
    assert str(tmp_path) in str(refused.value)


@pytest.mark.parametrize(
    ("failure", "why"), [(OSError(28, "No space left on device"), "No space left"), (ValueError("x"), "ValueError")]
)
def test_a_record_that_cannot_be_ended_is_a_warning(
    make_ctx: t.Any, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch, failure: Exception, why: str
) -> None:
    ctx = make_ctx()
    record = RunRecord(ctx, str(folder), "entra_group")
    record.begin(PLAN)

    def fail(*given: t.Any) -> None:
        raise failure

    monkeypatch.setattr(subject, "replace_file", fail)
    record.end(PLAN, {"changed": True})
    assert len(ctx.warnings) == 1 and "could not be written" in ctx.warnings[0] and why in ctx.warnings[0]
    assert read_only_record(folder)["outcome"] == "begun", "the trace of the run stays"


@pytest.mark.parametrize("failure", [KeyError("uid"), OSError("no such user")])
def test_an_operator_without_a_name_is_a_number(
    make_ctx: t.Any, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail() -> str:
        raise failure

    monkeypatch.setattr(getpass, "getuser", fail)
    RunRecord(make_ctx(), str(folder), "entra_group").begin(PLAN)
    assert read_only_record(folder)["operator"]["user"] == str(os.geteuid())


def test_ansible_can_read_it_as_variables_without_evaluation(make_ctx: t.Any, folder: pathlib.Path) -> None:
    plan = Plan({}, {"{{ 1 + 1 }}": "{{ 2 }}"}, (Step("create", "{{ 3 }} \ud800"),))
    RunRecord(make_ctx(), str(folder), "entra_group").begin(plan)
    found = read_only_record(folder)
    assert found["left"] == [{"__ansible_unsafe": "{{ 3 }} \ufffd"}]
    assert found["planned"]["after"] == [
        {"key": {"__ansible_unsafe": "{{ 1 + 1 }}"}, "value": {"__ansible_unsafe": "{{ 2 }}"}}
    ]


def test_the_last_records_of_a_module_are_read_newest_first_and_what_is_none_is_left_out(folder: pathlib.Path) -> None:
    folder.mkdir(parents=True)
    contents = {
        "20260301T120000Z-entra_group-1.json": '{"module": "cvops.identity.entra_group", "began": 1}',
        "20260302T120000Z-entra_group-2.json": '{"module": "cvops.identity.entra_group", "began": 2}',
        "20260303T120000Z-entra_group-3.json": '{"module": "cvops.identity.other"}',
        "20260304T120000Z-entra_group-4.json": "[]",
        "20260305T120000Z-entra_group-5.json": "{broken",
        "20260305T120001Z-entra_group-5.json": "[" * 100_000,
        "20260306T120000Z-entra_groups-6.json": '{"module": "cvops.identity.entra_groups"}',
    }
    for name, content in contents.items():
        (folder / name).write_text(content)
    (folder / "20260307T120000Z-entra_group-7.json").mkdir()
    assert [record["began"] for record in read_records(str(folder), "entra_group")] == [2, 1]
    assert read_records(str(folder / "nowhere"), "entra_group") == []


@pytest.mark.parametrize(
    ("options", "told", "expected"),
    [
        ({"tenant_id": "contoso.com"}, {}, "contoso.com"),
        ({"tenant_id": "contoso.com"}, {"tenant_id": "6f0f6f0a"}, "6f0f6f0a"),
        ({}, {"tenant_id": "6f0f6f0a"}, "6f0f6f0a"),
        ({}, {}, ""),
        (
            {"commvault_url": "https://cs01/api/", "tenant_id": "contoso.com"},
            {"tenant_id": "6f0f6f0a"},
            "https://cs01/api",
        ),
        ({"commvault_url": "https://cs01", "commvault_company": "Acme\n"}, {}, "https://cs01, company Acme"),
        ({"tenant_id": "6F0F6F0A"}, {}, "6f0f6f0a"),
        ({"commvault_url": "https://CS01:443/api"}, {}, "https://cs01/api"),
        ({"commvault_url": "https://somebody:word@cs01"}, {}, "https://cs01"),
        ({"commvault_url": f"https://cs01/{SECRET}"}, {}, "https://cs01/********"),
    ],
    ids=[
        *("option", "token first", "token alone", "nothing", "CommCell", "company"),
        *("tenant in capitals", "another spelling", "user information", "secret"),
    ],
)
def test_what_a_run_is_about_is_the_commcell_or_the_tenant(
    make_ctx: t.Any, options: dict[str, t.Any], told: dict[str, t.Any], expected: str
) -> None:
    ctx = make_ctx(options)
    ctx.identity["entra_token_says"] = told
    ctx.secrets.add(SECRET)
    assert describe_target(ctx) == expected


def read_steps(
    make_ctx: t.Any,
    folder: pathlib.Path,
    result: dict[str, t.Any] | None,
    describe: t.Any = None,
    states: t.Sequence[str] = (),
) -> t.Any:
    record = RunRecord(make_ctx(run_directory="/tmp/run"), str(folder), "entra_group")
    record.describe_undo = describe
    record.begin(PLAN)
    if result is not None:
        record.end(PLAN, result, states)
    return read_only_record(folder)


@pytest.mark.parametrize(
    ("result", "given", "states"),
    [
        (None, [], ["planned", "planned"]),
        ({"changed": True}, ["done", "done"], ["done", "done"]),
        ({"changed": True}, ["left", "done"], ["left", "done"]),
        ({"failed": True}, ["failed", "left"], ["failed", "left"]),
        ({"failed": True}, [], ["left", "left"]),
    ],
)
def test_each_step_has_its_state(
    make_ctx: t.Any, folder: pathlib.Path, result: dict[str, t.Any] | None, given: list[str], states: list[str]
) -> None:
    found = read_steps(make_ctx, folder, result, states=given)
    assert [step["state"] for step in found["steps"]] == states
    assert found["applied"] == [step["subject"] for step in found["steps"] if step["state"] == "done"]


def test_what_undoing_takes_is_asked_again_at_the_end_and_costs_no_record(
    make_ctx: t.Any, folder: pathlib.Path
) -> None:
    asked: list[str] = []

    def describe(step: Step) -> dict[str, t.Any]:
        asked.append(step.subject)
        if step.action == "add":
            raise ValueError("a fault of ours")
        return {"kind": "x", "id": len(asked)}

    found = read_steps(make_ctx, folder, {"changed": True}, describe)
    assert [step["undo"] for step in found["steps"]] == [{"kind": "x", "id": 3}, None]
    assert asked == ["group A", "member x"] * 2


def test_records_of_one_second_are_in_the_order_of_their_tasks(make_ctx: t.Any, folder: pathlib.Path) -> None:
    ctx = make_ctx()
    for module in ("b", "a"):
        RunRecord(ctx, str(folder), module).begin(PLAN)
        ctx.clock.passed += 0.001
    began = {path.name.split("-")[1]: json.loads(path.read_text())["began"] for path in folder.iterdir()}
    assert began["b"] < began["a"]


def test_tasks_of_one_run_have_the_same_mark(make_ctx: t.Any) -> None:
    marks = [subject.identify_run(make_ctx(run_directory=folder)) for folder in ("/tmp/a", "/tmp/a", "/tmp/b", None)]
    assert marks[0] == marks[1] != marks[2]
    assert marks[3] == ""


def test_what_a_controller_tells_of_its_job_is_kept_in_one_line_each(make_ctx: t.Any, folder: pathlib.Path) -> None:
    variables = {
        "awx_job_id": 4711,
        "awx_job_template_name": "cvops\x1b[31m converge\nx",
        "tower_user_name": "ana" * 200,
        "awx_workflow_job_id": "",
        "awx_job_launch_type": {"not": "text"},
        "cvops_tenant_id": "x",
    }
    facts = format_job_facts(variables)
    sources = OptionSources(environ={JOB_VARIABLE: facts, "JOB_ID": "1", "PROJECT_REVISION": "4f2a"})
    RunRecord(make_ctx(sources=sources), str(folder), "entra_group").begin(PLAN)
    operator = read_only_record(folder)["operator"]
    assert (operator["job_id"], operator["revision"]) == ("4711", "4f2a"), "its variables beat the environment"
    assert "\x1b" not in operator["job_template"] and "\n" not in operator["job_template"]
    assert operator["launched_by"].startswith("anaana") and len(operator["launched_by"]) <= 203
    assert not {"workflow_job_id", "launch_type"} & set(operator)
    assert format_job_facts({"cvops_tenant_id": "x"}) == ""


@pytest.mark.parametrize("told", ["", "[", "[1]", "7", '{"job_id": null}'])
def test_facts_that_are_none_are_left_out(make_ctx: t.Any, folder: pathlib.Path, told: str) -> None:
    sources = OptionSources(environ={JOB_VARIABLE: told})
    RunRecord(make_ctx(sources=sources), str(folder), "entra_group").begin(PLAN)
    assert "job_id" not in read_only_record(folder)["operator"]
