# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module's body: the one place that looks at check mode, computes ``changed`` and diff, and turns errors into results."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import traceback
import typing as t
from dataclasses import dataclass

from ansible.module_utils.basic import AnsibleModule

from . import record, redact
from .cancel import interruptible
from .context import Clock, Context
from .errors import ApiError, Cancelled, ConfigError, CvopsError, MissingLibrary
from .outcome import Facts, Outcome, Work
from .plan import Plan
from .sources import Sources, using
from .spec import ArgumentSpec

try:
    import jmespath
    import jmespath.exceptions
except ImportError:
    HAS_JMESPATH = False
    JMESPATH_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    HAS_JMESPATH = True
    JMESPATH_IMPORT_ERROR = None

Run = t.Callable[[Context], Outcome]

#: Names of environment variables through which the action tells a module process what only the controller knows.
SOURCES_VARIABLE = "CVOPS_OPTION_SOURCES"
RUN_DIRECTORY_VARIABLE = "CVOPS_RUN_DIRECTORY"
RUN_PROCESS_VARIABLE = "CVOPS_RUN_PROCESS"
TIMEOUT_VARIABLE = "CVOPS_TASK_TIMEOUT"
#: Result key with the debug lines of a module process; the action shows and removes it.
LOG_KEY = "_cvops_log"

DEFAULT_DEADLINE_S = 900


@dataclass(frozen=True)
class RecordTo:
    """Where the record of a run goes, and under which module's name."""

    directory: str
    module: str


def perform(
    ctx: Context, run: Run, task_timeout: int | None = None, record_to: RecordTo | None = None
) -> dict[str, t.Any]:
    """Do the work and return the task result: ``changed``, the noun, ``diff`` when asked, ``stats``; or a failure with ``error``."""
    outcome: Outcome | None = None
    seconds = ctx.options.get("deadline") or DEFAULT_DEADLINE_S
    ctx.deadline_at = ctx.clock.monotonic() + seconds
    try:
        with interruptible(ctx.cancellation, task_timeout):
            try:
                outcome = run(ctx)
                result = _finish(ctx, outcome)
            finally:
                ctx.close()
    except CvopsError as exc:
        result = _failure(ctx, exc)
    result["stats"] = ctx.stats.as_result()
    if record_to is not None:
        record.keep(ctx, record_to.directory, record_to.module, outcome, result)
    return result


def _finish(ctx: Context, outcome: Outcome) -> dict[str, t.Any]:
    if isinstance(outcome, Facts):
        return {"changed": False, outcome.noun: _queried(outcome.value, ctx.options.get("query")), **outcome.extra}
    _carry_out(ctx, outcome)
    plan = outcome.actual() if outcome.actual and not ctx.check_mode else outcome.plan
    try:
        result = {"changed": plan.changed, outcome.noun: outcome.value(), **outcome.extra()}
    except CvopsError as exc:
        if not ctx.check_mode:  # what was written stays written, whatever becomes of the look at it
            exc.facts.update(steps_done=[step.subject for step in plan.steps], steps_left=[], **outcome.salvage())
        raise
    if ctx.diff_mode:
        result["diff"] = diff_of(outcome.noun, plan)
    return result


def _carry_out(ctx: Context, work: Work) -> None:
    if ctx.check_mode:
        return
    done: list[str] = []
    for step in work.plan.steps:
        try:
            ctx.cancellation.check()
            work.apply(step)
        except CvopsError as exc:
            if isinstance(exc, ApiError) and exc.may_have_acted:
                exc.facts.setdefault("outcome", "unknown")
            exc.facts.update(
                steps_done=done,
                step_failed=step.subject,
                steps_left=[item.subject for item in work.plan.steps[len(done) + 1 :]],
                **work.salvage(),
            )
            raise
        done.append(step.subject)


def diff_of(noun: str, plan: Plan) -> dict[str, str]:
    """Before and after as text with sorted keys, so that check mode and the real run show the same lines."""
    return {
        "before": _pretty(plan.before),
        "after": _pretty(plan.after),
        "before_header": noun,
        "after_header": noun,
    }


def _pretty(value: t.Any) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _failure(ctx: Context, exc: CvopsError) -> dict[str, t.Any]:
    result: dict[str, t.Any] = {"failed": True, "changed": bool(exc.facts.get("steps_done"))}
    raised = exc.as_result()
    for key in ("steps_done", "steps_left", "step_failed", "salvaged"):
        if key in raised["error"]:
            result[key] = raised["error"].pop(key)
    result["msg"] = redact.text(raised["msg"], ctx.secrets)
    result["error"] = _redacted(raised["error"], ctx.secrets)
    if isinstance(exc, Cancelled) or ctx.cancellation.requested:
        result["cancelled"] = True
    if "step_failed" in result:
        result["msg"] += (
            f" (failed step: {result['step_failed']}; done before: {', '.join(result['steps_done']) or 'nothing'})"
        )
    return result


def _redacted(value: t.Any, secrets: t.Collection[str]) -> t.Any:
    if isinstance(value, str):
        return redact.text(value, secrets)
    if isinstance(value, dict):
        return {key: _redacted(item, secrets) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_redacted(item, secrets) for item in value]
    return value


def _queried(value: t.Any, query: t.Any) -> t.Any:
    if query is None:
        return value
    if not HAS_JMESPATH:
        raise MissingLibrary(
            "Option query needs the Python library jmespath where this task runs: pip install jmespath",
            library="jmespath",
            details=JMESPATH_IMPORT_ERROR,
        )
    try:
        return jmespath.search(query, value)
    except jmespath.exceptions.JMESPathError as exc:
        raise ConfigError(
            f"query: not a usable JMESPath expression: {' '.join(str(exc).split())}", source="option query"
        ) from exc


class _LineCollector:
    """Reporter of a module process: keeps the lines, the action shows them."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def debug(self, level: int, message: str) -> None:
        self.lines.append(message)

    def progress(self, message: str) -> None:
        self.lines.append(message)

    def prompt(self, message: str) -> None:
        self.lines.append(message)


def _number(variable: str) -> int | None:
    text = os.environ.get(variable, "")
    return int(text) if text.isdigit() else None


@contextlib.contextmanager
def _alarm(seconds: int | None) -> t.Iterator[None]:
    """The task's timeout ends the wait of Ansible's worker, not this process: it has to keep the time by itself."""
    if seconds:
        signal.alarm(seconds)
    try:
        yield
    finally:
        if seconds:
            signal.alarm(0)


def _record_to(name: str) -> RecordTo | None:
    directory = os.environ.get(record.DIRECTORY_VARIABLE)
    return RecordTo(directory, name.rpartition(".")[2]) if directory else None


def run_as_module(spec: ArgumentSpec, run: Run) -> None:
    """Run in a process of its own, the way every module runs on any host."""
    announced = json.loads(os.environ.get(SOURCES_VARIABLE, "{}"))
    with using(Sources(announced=announced)) as sources:
        module = AnsibleModule(supports_check_mode=True, **spec.to_kwargs())
    reporter = _LineCollector()
    ctx = Context(
        options=module.params,
        reporter=reporter,
        sources=sources,
        check_mode=module.check_mode,
        diff_mode=module._diff,
        verbosity=module._verbosity,
        clock=Clock(),
        run_directory=os.environ.get(RUN_DIRECTORY_VARIABLE),
        run_process=_number(RUN_PROCESS_VARIABLE),
        secrets=set(module.no_log_values),
    )
    ctx.warnings.extend(sources.warnings)
    task_timeout = _number(TIMEOUT_VARIABLE)
    with _alarm(task_timeout):
        result = perform(ctx, run, task_timeout, _record_to(module._name))
    for message in ctx.warnings:
        module.warn(message)
    if reporter.lines and ctx.verbosity >= 1:
        result[LOG_KEY] = reporter.lines
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)
