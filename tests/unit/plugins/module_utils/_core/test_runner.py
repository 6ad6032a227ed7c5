# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runner: check mode, ``changed``, diff, counters, and errors as results."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import os
import pathlib
import signal
import time
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core import run_record
from ansible_collections.cvops.identity.plugins.module_utils._core import runner as subject
from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.diff import build_diff
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    Cancelled,
    ConfigError,
    CvopsError,
    DriftFound,
    WaitTimeout,
    mark_outcome_unknown,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.libraries import MINIMUMS
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Change, Plan, Step
from ansible_collections.cvops.identity.plugins.module_utils._core.resource import Report, Resource
from ansible_collections.cvops.identity.plugins.module_utils._core.runner import RecordTarget, run_task


def make_step(action: str, subject: str) -> Step:
    """A step that says what it changes, as every one has to."""
    return Step(action, subject, changes=(Change("~", "setting", "A", subject),))


STEPS = (make_step("create", "group A"), make_step("add", "2 members"), make_step("remove", "1 owner"))


class Noted:
    """A resource that notes its steps; ``fails`` says at which subject and how."""

    noun = "group"

    def __init__(self, fails: dict[str, Exception] | None = None, steps: tuple[Step, ...] = STEPS) -> None:
        self.done: list[str] = []
        self.fails = fails or {}
        self.planned = Plan({"name": "ä", "members": []}, {"name": "ä", "members": ["x"]}, steps)

    def build(self, ctx: Context) -> t.Any:
        """As the class of a resource is called."""
        return self

    def plan(self) -> Plan:
        return self.planned

    @property
    def actions(self) -> dict[str, t.Callable[[Step], None]]:
        return dict.fromkeys(("create", "add", "remove"), lambda step: self.apply(step))

    def apply(self, step: Step) -> None:
        if step.subject in self.fails:
            raise self.fails[step.subject]
        self.done.append(step.subject)

    def result(self) -> dict[str, t.Any]:
        return {"done": len(self.done)}


class Replanned:
    """Resources of one task, planned one after the other; each fails at its first step as it is told, None: it does not."""

    def __init__(self, *failures: Exception | None) -> None:
        self.made: list[Noted] = []
        self.failures = list(failures)

    def build(self, ctx: Context) -> t.Any:
        failure = self.failures.pop(0) if len(self.failures) > 1 else self.failures[0]
        self.made.append(Noted({"group A": failure} if failure else {}))
        return self.made[-1]


OUTDATED = ApiError("it exists after all", is_outdated=True)


def test_what_was_planned_from_is_out_of_date_so_it_is_planned_anew(make_ctx: t.Any) -> None:
    ctx, tasks = make_ctx(), Replanned(OUTDATED, OUTDATED, None)
    result = run_task(ctx, tasks.build)
    assert result["changed"] is True and result["stats"]["retries"] == 2
    assert [len(resource.done) for resource in tasks.made] == [0, 0, 3]
    assert ctx.cancellation.waits == [1.0, 2.0]


def test_planning_anew_ends(make_ctx: t.Any) -> None:
    ctx, tasks = make_ctx(), Replanned(OUTDATED)
    result = run_task(ctx, tasks.build)
    assert result["failed"] and "exists after all" in result["msg"]
    assert 15 < sum(ctx.cancellation.waits) < 30


@pytest.mark.parametrize("failure", [ApiError("no"), ApiError("no", is_outdated=True, outcome="unknown")])
def test_another_refusal_is_final(make_ctx: t.Any, failure: ApiError) -> None:
    tasks = Replanned(failure)
    assert run_task(make_ctx(), tasks.build)["failed"]
    assert len(tasks.made) == 1


def test_once_something_was_written_nothing_is_planned_anew(make_ctx: t.Any) -> None:
    made: list[Noted] = []

    def build(ctx: Context) -> t.Any:
        made.append(Noted({"2 members": OUTDATED}))
        return made[-1]

    result = run_task(make_ctx(), build)
    assert result["failed"] and result["steps_done"] == ["group A"]
    assert len(made) == 1


@pytest.mark.parametrize("check", [False, True])
def test_what_is_to_be_absent_and_was_not_found_is_looked_for_again_by_the_same_resource(
    make_ctx: t.Any, check: bool
) -> None:
    class Late(Noted):
        looks = 0

        def plan(self) -> Plan:
            self.looks += 1
            return self.planned if self.looks == 2 else Plan({}, {})

    ctx, made = make_ctx({"state": "absent"}, check_mode=check), Late()
    result = run_task(ctx, made.build)
    assert result["changed"] is True and made.looks == 2
    assert ctx.cancellation.waits == []


class Keeping(Noted):
    """Something that must not be lost."""

    def salvage(self) -> dict[str, t.Any]:
        return {"salvaged": {"secret": {"value": "shown once"}}}


class Confirming(Noted):
    """Writes that may not take effect at once; ``findings`` are what :meth:`verify` sees."""

    findings: list[t.Any] = []

    def verify(self) -> list[t.Any]:
        self.done.append("verify")
        return self.findings


class Judging(Noted):
    """All is done, and the task fails."""

    def find_fault(self) -> CvopsError | None:
        return DriftFound("Somebody holds more.", count=2)


class Refusing(Noted):
    """Only the first step is carried out."""

    def get_applied_plan(self) -> Plan:
        return dataclasses.replace(self.planned, steps=self.planned.steps[:1])


def test_a_run_does_all_steps_and_tells_them(make_ctx: t.Any) -> None:
    noted = Noted()
    result = run_task(make_ctx(diff_mode=True), noted.build)
    assert noted.done == ["group A", "2 members", "1 owner"]
    assert (result["changed"], result["group"]) == (True, {"done": 3})
    assert result["diff"] == build_diff("group", noted.planned)
    assert result["msg"] == "Changed: group A, 2 members, 1 owner"
    assert "failed" not in result
    assert set(result["stats"]) == {"reads", "writes", "retries", "sign_ins", "waited_s"}


def test_progress_of_long_writing_is_counted(make_ctx: t.Any) -> None:
    ctx = make_ctx()

    class Slow(Noted):
        """Each step takes two seconds."""

        def apply(self, step: Step) -> None:
            super().apply(step)
            ctx.clock.passed += 2.0

    run_task(ctx, Slow().build)
    assert ctx.reporter.news == [f"{number} of 3 writes" for number in (1, 2)]


def test_steps_are_told_alike_in_check_mode_and_for_real_and_what_is_refused_is_no_step(make_ctx: t.Any) -> None:
    predicted = run_task(make_ctx(check_mode=True), Noted().build)["steps"]
    assert predicted == run_task(make_ctx(), Noted().build)["steps"]
    assert [(step["action"], step["sentence"]) for step in predicted] == [(s.action, s.subject) for s in STEPS]
    assert len(run_task(make_ctx(), Refusing().build)["steps"]) == 1
    assert run_task(make_ctx(), Noted(steps=()).build)["steps"] == []


@pytest.mark.parametrize("failure", [None, "2 members", "reading back"])
def test_the_record_tells_what_was_refused_as_not_done(
    make_ctx: t.Any, tmp_path: pathlib.Path, failure: str | None
) -> None:
    class RefusingFirst(Noted):
        """The first step is refused."""

        def get_applied_plan(self) -> Plan:
            return dataclasses.replace(
                self.planned, steps=tuple(step for step in STEPS[1:] if step.subject in self.done)
            )

        def verify(self) -> list[t.Any]:
            if failure == "reading back":
                raise WaitTimeout("it does not show")
            return []

    resource = RefusingFirst({failure: ApiError("no")} if failure else {})
    result = run_task(make_ctx(), resource.build, record_to=RecordTarget(str(tmp_path), "entra_admin_consent"))
    (record,) = [json.loads(path.read_text()) for path in tmp_path.iterdir()]
    states = ["left", "failed", "left"] if failure == "2 members" else ["left", "done", "done"]
    assert [step["state"] for step in record["steps"]] == states
    assert record["applied"] == [step.subject for step, state in zip(STEPS, states, strict=True) if state == "done"]
    if failure:
        assert result["failed"] and result["steps_done"] == record["applied"]


def test_a_step_before_which_the_run_stops_was_not_begun(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    class Stopping(Noted):
        """It is told to stop before the second step."""

        def wait_before(self, step: Step) -> None:
            if step is STEPS[1]:
                raise Cancelled("Stopped by SIGINT")

    result = run_task(make_ctx(), Stopping().build, record_to=RecordTarget(str(tmp_path), "entra_group"))
    (record,) = [json.loads(path.read_text()) for path in tmp_path.iterdir()]
    assert [step["state"] for step in record["steps"]] == ["done", "left", "left"]
    assert (result["step_failed"], result["steps_left"]) == ("2 members", ["1 owner"])


def test_a_result_says_what_it_is_about(make_ctx: t.Any) -> None:
    for check_mode in (True, False):
        result = run_task(make_ctx({"tenant_id": "contoso.com"}, check_mode=check_mode), Noted().build)
        assert result["target"] == "contoso.com"


class Waiting(Noted):
    """A resource that waits before its steps; *before* may raise."""

    def __init__(self, before: t.Callable[[Step], None]) -> None:
        super().__init__()
        self.before = before

    def wait_before(self, step: Step) -> None:
        self.before(step)


def test_a_step_is_not_begun_before_what_it_needs_is_there(make_ctx: t.Any) -> None:
    waiting = Waiting(lambda step: waiting.done.append(f"wait for {step.subject}"))
    assert run_task(make_ctx(), waiting.build)["changed"]
    assert waiting.done == [word for step in STEPS for word in (f"wait for {step.subject}", step.subject)]
    checked = Waiting(lambda step: checked.done.append("wait"))
    run_task(make_ctx(check_mode=True), checked.build)
    assert checked.done == []


@pytest.mark.parametrize("error", [WaitTimeout("still there"), Cancelled("Stopped by SIGINT")])
def test_a_wait_that_fails_or_is_ended_leaves_the_step_undone_for_certain(make_ctx: t.Any, error: Exception) -> None:
    def fail(step: Step) -> None:
        if step is STEPS[1]:
            raise error

    waiting = Waiting(fail)
    result = run_task(make_ctx(), waiting.build)
    assert (waiting.done, result["steps_done"]) == (["group A"], ["group A"])
    assert (result["step_failed"], result["steps_left"]) == ("2 members", ["1 owner"])
    assert "outcome" not in result["error"]


def test_a_step_that_was_not_approved_stops_the_run_before_the_first_write(make_ctx: t.Any) -> None:
    steps = run_task(make_ctx(check_mode=True), Noted().build)["steps"]
    approved = [step["id"] for step in steps[1:]]
    for check_mode in (True, False):
        noted = Noted()
        result = run_task(make_ctx({"approved_steps": approved}, check_mode=check_mode), noted.build)
        assert (result["failed"], result["changed"], result["error"]["kind"]) == (True, False, "plan_changed")
        assert result["error"]["not_approved"] == steps[:1]
        assert noted.done == []


def test_steps_that_are_not_needed_any_more_are_told_and_no_failure(make_ctx: t.Any) -> None:
    approved = [step["id"] for step in run_task(make_ctx(check_mode=True), Noted().build)["steps"]]
    faster = Noted(steps=STEPS[1:])
    result = run_task(make_ctx({"approved_steps": approved}), faster.build)
    assert result["steps_gone"] == approved[:1]
    assert faster.done == ["2 members", "1 owner"]
    assert "steps_gone" not in run_task(make_ctx(), Noted().build)


def test_names_in_steps_are_made_visible_and_secrets_in_them_hidden(make_ctx: t.Any) -> None:
    change = Change("+", "group", "Oper\u202eators", "create S3cret-Of-The-Task\x1b[2J")
    ctx = make_ctx(check_mode=True, secrets={"S3cret-Of-The-Task"})
    step = run_task(ctx, Noted(steps=(Step("create", "x", changes=(change,)),)).build)["steps"][0]
    assert step["principal"] == "Oper\\u202eators"
    assert "S3cret" not in step["sentence"]
    assert "\\x1b" in step["sentence"]


def test_check_mode_writes_nothing_and_predicts_the_same(make_ctx: t.Any) -> None:
    noted = Noted()
    predicted = run_task(make_ctx(check_mode=True, diff_mode=True), noted.build)
    assert noted.done == []
    real = run_task(make_ctx(diff_mode=True), noted.build)
    assert (predicted["changed"], predicted["diff"]) == (real["changed"], real["diff"])
    assert predicted["msg"] == "Would change: group A, 2 members, 1 owner"


def test_a_run_with_nothing_to_do_changes_nothing(make_ctx: t.Any) -> None:
    noted = Noted(steps=())
    result = run_task(make_ctx(), noted.build)
    assert result["changed"] is False
    assert "diff" not in result


class Refreshing(Noted):
    """A resource that keeps when it was last right; ``fails`` under "refresh" says how that fails."""

    def refresh(self) -> None:
        self.apply(make_step("refresh", "refresh"))


def test_what_is_right_already_is_refreshed_and_that_is_no_change(make_ctx: t.Any) -> None:
    resource = Refreshing(steps=())
    assert run_task(make_ctx(), resource.build)["changed"] is False
    assert resource.done == ["refresh"]
    for resource, check in ((Refreshing(steps=()), True), (Refreshing(), True)):
        run_task(make_ctx(check_mode=check), resource.build)
        assert resource.done == [], "nothing is written in check mode"
    resource = Refreshing()
    run_task(make_ctx(), resource.build)
    assert resource.done == [step.subject for step in STEPS], "the steps have brought it up to date"
    result = run_task(make_ctx(), Refreshing({"refresh": ConfigError("the disk is full")}, ()).build)
    assert result["failed"] and "the disk is full" in result["msg"]


def test_the_diff_is_sorted_and_readable() -> None:
    diff = build_diff("group", Noted().planned)
    assert diff["before"] == '{\n  "members": []\n}\n'
    assert diff["after"] == '{\n  "members": [\n    "x"\n  ]\n}\n'
    assert (diff["before_header"], diff["after_header"]) == ("group A", "group A")


def test_a_failed_step_tells_what_was_done(make_ctx: t.Any) -> None:
    error = ApiError("Cannot add: no", service="Graph", status=400, code="Bad")
    noted = Noted({"2 members": error})
    result = run_task(make_ctx(), noted.build)
    assert result["failed"] is result["changed"] is True
    assert result["steps_done"] == ["group A"]
    assert result["step_failed"] == "2 members"
    assert result["steps_left"] == ["1 owner"]
    assert result["msg"] == "Cannot add: no (failed step: 2 members; done before: group A)"
    assert result["error"] == {"kind": "api", "service": "Graph", "status": 400, "code": "Bad"}


def test_a_first_step_that_fails_has_changed_nothing(make_ctx: t.Any) -> None:
    result = run_task(make_ctx(), Noted({"group A": ApiError("no")}).build)
    assert result["changed"] is False
    assert "done before: nothing" in result["msg"]


def test_a_first_step_whose_write_was_acknowledged_has_changed_something(make_ctx: t.Any) -> None:
    """What keeps the run from seeing it does not undo it."""
    error = WaitTimeout("it does not show")
    with pytest.raises(WaitTimeout), mark_outcome_unknown(is_acknowledged=True):
        raise error
    result = run_task(make_ctx(), Noted({"group A": error}).build)
    assert result["failed"] is result["changed"] is True
    assert result["error"]["outcome"] == "unknown" and result["steps_done"] == []


@pytest.mark.parametrize(("may_have_acted", "outcome"), [(True, "unknown"), (False, None)])
def test_a_write_whose_end_nobody_saw_is_called_so(make_ctx: t.Any, may_have_acted: bool, outcome: str | None) -> None:
    error = ApiError("an HTML page", may_have_acted=may_have_acted)
    result = run_task(make_ctx(), Noted({"group A": error}).build)
    assert result["changed"] is False
    assert result["error"].get("outcome") == outcome


@pytest.mark.parametrize("check", [False, True])
def test_a_look_that_fails_after_the_last_step_hides_no_change(make_ctx: t.Any, check: bool) -> None:
    class Failing(Keeping):
        def result(self) -> dict[str, t.Any]:
            raise ApiError("Cannot read it back", service="Graph")

    noted = Failing()
    result = run_task(make_ctx(check_mode=check), noted.build)
    assert result["failed"] is True
    assert result["changed"] is not check
    assert result["msg"] == "Cannot read it back"
    assert result["error"] == {"kind": "api", "service": "Graph"}
    if check:
        assert "steps_done" not in result
    else:
        assert (result["steps_done"], result["steps_left"]) == (noted.done, [])
        assert result["salvaged"] == {"secret": {"value": "shown once"}}


def test_what_must_not_be_lost_is_salvaged(make_ctx: t.Any) -> None:
    result = run_task(make_ctx(), Keeping({"2 members": ApiError("no")}).build)
    assert result["salvaged"] == {"secret": {"value": "shown once"}}
    assert "salvaged" not in result["error"]
    assert "shown once" not in result["msg"]


def test_errors_before_the_first_step(make_ctx: t.Any) -> None:
    def run(ctx: Context) -> Resource:
        ctx.stats.add("reads")
        raise ConfigError(
            "members[0]: nobody called hush-hush", source="option members", nested=[{"x": ("hush-hush",)}], number=1
        )

    result = run_task(make_ctx(secrets={"hush-hush"}), run)
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"] == "members[0]: nobody called ********"
    assert result["error"] == {
        "kind": "config",
        "source": "option members",
        "nested": [{"x": ["********"]}],
        "number": 1,
    }
    assert result["stats"]["reads"] == 1
    assert not {"steps_done", "step_failed", "cancelled"} & set(result)


def test_an_unknown_action_is_found_before_the_first_write(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    """In check mode too, and without a record of a run that wrote nothing."""
    for check in (True, False):
        noted = Noted(steps=(*STEPS, make_step("delte", "group A")))
        result = run_task(
            make_ctx(check_mode=check), noted.build, record_to=RecordTarget(str(tmp_path / "records"), "entra_group")
        )
        assert (result["failed"], result["changed"], noted.done) == (True, False, [])
        assert (result["error"]["kind"], result["error"]["action"]) == ("internal", "delte")
        assert "'delte'" in result["msg"] and "add, create, remove" in result["msg"] and "group A" in result["msg"]
        assert not {"steps_done", "step_failed", "outcome"} & {*result, *result["error"]}
        assert not (tmp_path / "records").exists()


@pytest.mark.parametrize("findings", [[], [{"principal": "x"}]])
def test_what_is_not_confirmed_stands_in_the_noun(make_ctx: t.Any, findings: list[t.Any]) -> None:
    confirming = Confirming()
    confirming.findings = findings
    result = run_task(make_ctx(), confirming.build)
    assert result["group"] == {"done": 4, "not_confirmed": findings}
    assert confirming.done == ["group A", "2 members", "1 owner", "verify"], "after the last step"
    confirming = Confirming()
    confirming.findings = findings
    predicted = run_task(make_ctx(check_mode=True), confirming.build)
    assert (predicted["group"], confirming.done) == ({"done": 0, "not_confirmed": []}, [])


def test_a_read_back_that_fails_hides_no_change(make_ctx: t.Any) -> None:
    class Failing(Confirming):
        def verify(self) -> list[t.Any]:
            raise ApiError("Cannot read it back")

    result = run_task(make_ctx(), Failing().build)
    assert (result["failed"], result["changed"], result["steps_left"]) == (True, True, [])
    assert result["steps_done"] == ["group A", "2 members", "1 owner"]


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("steps", [STEPS, ()], ids=["steps", "nothing to do"])
def test_a_task_that_fails_in_the_end_has_done_and_told_everything(
    make_ctx: t.Any, tmp_path: pathlib.Path, check_mode: bool, steps: tuple[Step, ...]
) -> None:
    judging = Judging(steps=steps)
    target = RecordTarget(str(tmp_path), "noted")
    result = run_task(make_ctx(check_mode=check_mode, diff_mode=True), judging.build, record_to=target)
    assert (result["failed"], result["changed"]) == (True, bool(steps))
    assert (result["msg"], result["error"]) == ("Somebody holds more.", {"kind": "drift", "count": 2})
    written = [] if check_mode else [step.subject for step in steps]
    assert judging.done == written and result["group"] == {"done": len(written)}
    assert "diff" in result and bool(result["steps"]) is bool(steps)
    assert result.get("steps_done", []) == written
    records = [json.loads(path.read_text()) for path in tmp_path.iterdir()]
    assert [(record["outcome"], record["applied"]) for record in records] == (
        [] if check_mode else [("failed", written)]
    )


def test_refused_steps_are_no_change(make_ctx: t.Any) -> None:
    result = run_task(make_ctx(diff_mode=True), Refusing().build)
    assert (result["changed"], result["msg"]) == (True, "Changed: group A")
    assert run_task(make_ctx(check_mode=True), Refusing().build)["msg"] == "Would change: group A, 2 members, 1 owner"


@pytest.mark.parametrize("crash", [None, ConfigError("no"), ZeroDivisionError()])
def test_everything_is_closed_however_it_ends(make_ctx: t.Any, crash: Exception | None) -> None:
    closed: list[bool] = []

    def run(ctx: Context) -> t.Any:
        ctx.on_close(lambda: closed.append(True))
        if crash:
            raise crash
        return []

    result = run_task(make_ctx(), Report("groups", run))
    assert closed == [True]
    assert result.get("failed", False) is (crash is not None)


def test_an_unexpected_exception_is_a_result_without_a_traceback(make_ctx: t.Any) -> None:
    def run(ctx: Context) -> t.Any:
        raise ValueError("the \x1b[2Kanswer\nok: [localhost] hush-hush")

    ctx = make_ctx(secrets={"hush-hush"})
    result = run_task(ctx, Report("groups", run))
    assert result["failed"] is True
    assert result["error"]["kind"] == "internal"
    assert result["error"]["place"].startswith("test_runner.py:")
    assert "Unexpected ValueError" in result["msg"]
    assert "\\x1b[2Kanswer ok: [localhost] ********" in result["msg"]
    assert "Traceback" not in result["msg"]
    assert any("Traceback" in line for line in ctx.reporter.lines), "the way there is shown at -vvv"


def test_an_unexpected_exception_after_a_write_hides_no_change(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    """Neither in a step, nor in what is made of the answers afterwards."""
    noted = Noted({"2 members": KeyError("id")})
    result = run_task(make_ctx(), noted.build, record_to=RecordTarget(str(tmp_path), "entra_group"))
    assert (result["failed"], result["changed"], result["steps_done"]) == (True, True, ["group A"])
    assert (result["step_failed"], result["steps_left"], result["error"]["outcome"]) == (
        "2 members",
        ["1 owner"],
        "unknown",
    )
    (record,) = [json.loads(path.read_text()) for path in tmp_path.iterdir()]
    assert (record["outcome"], record["applied"], record["left"]) == ("failed", ["group A"], ["1 owner"])

    class Odd(Noted):
        def result(self) -> dict[str, t.Any]:
            raise KeyError("id")

    result = run_task(make_ctx(), Odd().build)
    assert (result["changed"], result["steps_done"]) == (True, ["group A", "2 members", "1 owner"])


def test_the_record_is_written_before_the_first_write(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    seen: list[dict[str, t.Any]] = []

    class Looking(Noted):
        def apply(self, step: Step) -> None:
            seen.extend(json.loads(path.read_text()) for path in tmp_path.iterdir())
            super().apply(step)

    result = run_task(make_ctx(), Looking().build, record_to=RecordTarget(str(tmp_path), "entra_group"))
    assert result["changed"] is True
    assert {item["outcome"] for item in seen} == {"begun"}
    assert seen[0]["left"] == ["group A", "2 members", "1 owner"]
    assert (seen[0]["ended"], seen[0]["applied"]) == (None, [])
    (path,) = tmp_path.iterdir()
    record = json.loads(path.read_text())
    assert (record["outcome"], record["left"], record["began"]) == ("done", [], seen[0]["began"])
    assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_is_written_when_the_record_cannot_be(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("")
    noted = Noted()
    result = run_task(
        make_ctx(), noted.build, record_to=RecordTarget(str(tmp_path / "file" / "records"), "entra_group")
    )
    assert (result["failed"], result["changed"], noted.done) == (True, False, [])
    assert "run record cannot be written" in result["msg"] and "cvops_run_record_dir" in result["error"]["source"]


@pytest.mark.parametrize(
    ("number", "written"), [(errno.EIO, False), (errno.ENOSPC, False), (errno.EINVAL, True), (errno.ENOTSUP, True)]
)
def test_nothing_is_written_when_the_record_does_not_get_to_the_disk(
    make_ctx: t.Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, number: int, written: bool
) -> None:
    """File systems that do not know what that means are no failure."""

    def fail(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    noted = Noted()
    monkeypatch.setattr(os, "fsync", fail)
    result = run_task(make_ctx(), noted.build, record_to=RecordTarget(str(tmp_path), "entra_group"))
    assert bool(noted.done) is written
    assert ("run record cannot be written" in result.get("msg", "")) is not written


HALF = "half \ud800 a character"


def test_half_characters_cost_neither_result_nor_record(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    class Half(Noted):
        def result(self) -> dict[str, t.Any]:
            return {HALF: [HALF]}

    resource = Half()
    resource.planned = Plan({HALF: HALF}, {"name": HALF}, (make_step("create", HALF),))
    ctx = make_ctx({"x": HALF}, diff_mode=True)
    result = run_task(ctx, resource.build, record_to=RecordTarget(str(tmp_path), "entra_group"))
    assert result["changed"] is True
    json.dumps(result, ensure_ascii=False).encode("utf-8")
    assert result["group"] == {"half \ufffd a character": ["half \ufffd a character"]}
    (record,) = [json.loads(path.read_text()) for path in tmp_path.iterdir()]
    assert record["applied"] == ["half \ufffd a character"]


def test_no_text_of_a_failure_steers_a_terminal(make_ctx: t.Any) -> None:
    nasty = "x\x1b[2K\u202e\x9b\nPLAY RECAP"
    error = ApiError(f"Cannot: {nasty}", code=nasty, path=nasty, problems=[{nasty: nasty}])
    noted = Noted(
        {nasty: error}, (make_step("create", f"{nasty} 1"), make_step("create", nasty), make_step("create", nasty))
    )
    ctx = make_ctx(diff_mode=True)
    ctx.warn(nasty)
    ctx.progress(nasty)
    ctx.prompt(nasty)
    ctx.debug(1, nasty)
    said = [
        json.dumps(run_task(ctx, noted.build), ensure_ascii=False),
        *ctx.warnings,
        *ctx.reporter.lines,
        *ctx.reporter.news,
    ]
    assert len(said) == 5
    assert not any(mark in text for text in said for mark in "\x1b\x9b\u202e")
    assert all("\\x1b[2K" in text.replace("\\\\", "\\") for text in said)
    assert "\n" not in "".join(ctx.warnings)


def test_a_signal_ends_it_with_the_steps_done(make_ctx: t.Any) -> None:
    noted, ctx = Noted(), make_ctx()
    plain_apply = noted.apply

    def apply(step: Step) -> None:
        plain_apply(step)
        if step.subject == "2 members":
            os.kill(os.getpid(), signal.SIGTERM)
            ctx.sleep(5)

    noted.apply = apply  # type: ignore[method-assign]
    result = run_task(ctx, noted.build)
    assert result["cancelled"] is True
    assert result["error"]["kind"] == "cancelled"
    assert "Stopped by SIGTERM" in result["msg"]
    assert result["steps_done"] == ["group A"]
    assert (result["step_failed"], result["steps_left"]) == ("2 members", ["1 owner"])
    assert noted.done == ["group A", "2 members"]


@pytest.mark.parametrize("last", [False, True])
def test_a_step_that_was_answered_is_done_although_a_signal_came(make_ctx: t.Any, last: bool) -> None:
    """Also the last one: its result says that the run was stopped, and what must not be lost."""
    noted, subjects = Keeping(), ["group A", "2 members", "1 owner"]
    plain_apply = noted.apply

    def apply(step: Step) -> None:
        if step.subject == ("1 owner" if last else "2 members"):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.01)  # the answer comes, and is looked at
        plain_apply(step)

    noted.apply = apply  # type: ignore[method-assign]

    result = run_task(make_ctx(), noted.build)
    assert result["cancelled"] is True
    assert result["changed"] is True
    assert result["steps_done"] == subjects[: 3 if last else 2]
    assert result["salvaged"] == {"secret": {"value": "shown once"}}


def test_no_step_is_begun_after_a_request_to_stop(make_ctx: t.Any) -> None:
    noted = Noted()
    ctx = make_ctx()

    def run(inner: Context) -> t.Any:
        inner.cancellation.request_stop("SIGINT")
        return noted

    assert run_task(ctx, run)["cancelled"] is True
    assert noted.done == []


def test_a_helper_that_notices_first(make_ctx: t.Any) -> None:
    """An error that only follows from the stop is still a stop."""

    def run(ctx: Context) -> Resource:
        ctx.cancellation.request_stop("SIGINT")
        raise ApiError("the connection was lost")

    assert run_task(make_ctx(), run)["cancelled"] is True


@pytest.mark.parametrize(("given", "expected"), [(None, 900), (30, 30), (0, 900)])
def test_the_deadline_is_that_of_the_option_or_900_seconds(make_ctx: t.Any, given: int | None, expected: int) -> None:
    seen: list[float] = []

    def run(ctx: Context) -> t.Any:
        seen.append(ctx.remaining_s())
        return None

    run_task(make_ctx({"deadline": given}), Report("x", run))
    assert seen == [expected]


FOUND = [{"name": "a", "size": 1}, {"name": "b", "size": 2}]
FOUND_REPORT = Report("groups", lambda ctx: FOUND)
TWO_NOUNS = Report(("groups", "users"), lambda ctx: {"groups": FOUND, "users": FOUND[:1], "gaps": [{"name": "kept"}]})


def test_of_several_nouns_each_takes_the_query_and_what_stands_beside_does_not(make_ctx: t.Any) -> None:
    result = run_task(make_ctx({"query": "[].name"}), TWO_NOUNS)
    assert result["groups"] == [item["name"] for item in FOUND]
    assert result["users"] == [FOUND[0]["name"]]
    assert result["gaps"] == [{"name": "kept"}]
    assert result["changed"] is False


@pytest.mark.parametrize(
    ("query", "expected"),
    [(None, FOUND), ("[].name", ["a", "b"]), ("[?size > `1`] | [0].name", "b"), ("nothing", None)],
)
def test_facts_can_be_queried(make_ctx: t.Any, query: str | None, expected: t.Any) -> None:
    result = run_task(make_ctx({"query": query}), FOUND_REPORT)
    assert (result["changed"], result["groups"]) == (False, expected)


@pytest.mark.parametrize("query", ["[", "foo(", "unknown_function(@)", "abs('x')", ""])
def test_queries_that_cannot_be_used(make_ctx: t.Any, query: str) -> None:
    result = run_task(make_ctx({"query": query}), FOUND_REPORT)
    assert result["failed"] is True
    assert result["msg"].startswith("query: the JMESPath expression cannot be used: ")
    assert "\n" not in result["msg"]
    assert result["error"] == {"kind": "config", "source": "option query"}


def test_facts_may_be_a_reason_to_fail(make_ctx: t.Any) -> None:
    """The fault is found in what was read, not in what a query makes of it; the noun stays in the result."""

    def judge(found: t.Any) -> ConfigError | None:
        return ConfigError("too many", limit=1) if len(found) > 1 else None

    result = run_task(make_ctx({"query": "[0].name"}), Report("groups", lambda ctx: FOUND, judge))
    assert (result["failed"], result["msg"], result["groups"]) == (True, "too many", "a")
    assert result["error"] == {"kind": "config", "limit": 1}
    assert result["changed"] is False
    assert "failed" not in run_task(make_ctx(), Report("groups", lambda ctx: FOUND[:1], judge))


def test_a_query_without_its_library(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "HAS_JMESPATH", False)
    monkeypatch.setattr(subject, "JMESPATH_IMPORT_ERROR", "Traceback ...")
    result = run_task(make_ctx({"query": "[]"}), FOUND_REPORT)
    assert "pip install 'jmespath>=" in result["msg"]
    assert result["error"] == {
        "kind": "missing_library",
        "library": "jmespath",
        "needed": MINIMUMS["jmespath"],
        "details": "Traceback ...",
    }
    assert run_task(make_ctx(), FOUND_REPORT)["groups"] == FOUND


def test_a_signal_while_the_record_is_written_costs_neither_record_nor_result(
    make_ctx: t.Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []

    def sync(descriptor: int) -> None:
        written.append(descriptor)
        if len(written) == 2:  # the record of what was done
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(run_record.os, "fsync", sync)
    result = run_task(make_ctx(), Noted().build, record_to=RecordTarget(str(tmp_path), "entra_group"))
    assert (result["changed"], result.get("failed", False)) == (True, False)
    (path,) = tmp_path.iterdir()
    assert json.loads(path.read_text())["outcome"] == "done"


def test_everything_is_closed_whatever_comes_between(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal just before the section that no signal may interrupt."""
    closed: list[bool] = []
    sent: list[bool] = []

    def shield() -> t.Any:
        if not sent:
            sent.append(True)
            os.kill(os.getpid(), signal.SIGTERM)
        return contextlib.nullcontext()

    def run(ctx: Context) -> t.Any:
        ctx.on_close(lambda: closed.append(True))
        monkeypatch.setattr(ctx.cancellation, "shield", shield)
        return [1]

    result = run_task(make_ctx(), Report("groups", run))
    assert closed == [True]
    assert result["groups"] == [1]


def test_a_signal_after_the_last_step_costs_nothing_of_what_was_done(make_ctx: t.Any) -> None:
    """It is only noted there: raised between two lines, it would be told as if nothing had been written."""

    class Signalled(Noted):
        def result(self) -> dict[str, t.Any]:
            os.kill(os.getpid(), signal.SIGTERM)
            return super().result()

    result = run_task(make_ctx(), Signalled().build)
    assert (result["changed"], result["group"]) == (True, {"done": 3})
    assert "failed" not in result
