# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The runner of modules: the one place that looks at check mode, computes ``changed`` and diff, and turns errors into results."""

from __future__ import annotations

import os
import traceback
import typing as t
from dataclasses import dataclass, field

from . import libraries
from .addresses import check_addresses
from .approval import check_approval, read_approved
from .cancellation import handle_signals
from .context import Context
from .diff import build_diff
from .errors import ApiError, Cancelled, ConfigError, CvopsError, InternalFault
from .option_values import check_option_texts, prepare_options
from .plan import Plan, PlannedChange, Step, list_planned_changes
from .polling import Backoff
from .redact import redact_structure, redact_text
from .resource import (
    Declaration,
    JudgingResource,
    RefreshingResource,
    RefusableResource,
    Report,
    Resource,
    UndoableResource,
    VerifyingResource,
    WaitingResource,
    check_steps,
    collect_salvage,
)
from .run_record import RunRecord, describe_target
from .second_look import plan_with_second_look
from .step_progress import BEGUN, ENDED, PLANNED, StepProgress
from .visible import escape_structure, repair_strings, to_one_line
from .work_progress import WorkProgress

try:
    import jmespath
    import jmespath.exceptions
except ImportError:
    HAS_JMESPATH = False
    JMESPATH_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    HAS_JMESPATH = True
    JMESPATH_IMPORT_ERROR = None

DEFAULT_DEADLINE_S = 900
#: For how long a plan is made anew that was made from what is out of date, and the first of the pauses between.
_OUTDATED_LIMIT_S = 30.0
_FIRST_PAUSE_S = 1.0


@dataclass(frozen=True)
class RecordTarget:
    """The folder for the record of a run, and the module's name in it."""

    directory: str
    module: str


def run_task(
    ctx: Context, declared: Declaration, task_timeout: int | None = None, record_to: RecordTarget | None = None
) -> dict[str, t.Any]:
    """Run a module and return the task result: ``changed``, the noun, ``diff`` when asked, ``stats``; or a failure with ``error``.

    *declared*: the module's ``RESOURCE``. Whatever happens, what was written is told: an exception that nobody expected becomes
    a failure of kind ``internal``.
    """
    state = _RunState(RunRecord(ctx, record_to.directory, record_to.module) if record_to else None)
    ctx.record_directory = record_to.directory if record_to else None
    seconds = ctx.options.get("deadline") or DEFAULT_DEADLINE_S
    ctx.deadline_at = ctx.clock.monotonic() + seconds
    try:
        with handle_signals(ctx.cancellation, task_timeout):
            try:
                check_addresses(ctx.options, ctx.describe_source)
                prepare_options(ctx)
                check_option_texts(ctx)
                if isinstance(declared, Report):
                    state.result = _run_report(ctx, declared)
                else:
                    _run_resource(ctx, declared, state)
            except Exception as exc:
                state.result = state.result or _build_failure(ctx, _convert_error(ctx, exc))
            with ctx.cancellation.shield():
                _conclude_run(ctx, state)
    except Cancelled as exc:  # a signal between the two
        state.result = state.result or _build_failure(ctx, exc)
    # Once more, without a handler that could come between: what was done already is not done again.
    return _conclude_run(ctx, state)


def _conclude_run(ctx: Context, state: _RunState) -> dict[str, t.Any]:
    """Close and record everything, once, and return the whole result."""
    ctx.close()
    if not state.is_concluded:
        state.result = {**state.result, "stats": ctx.stats.as_result()}
        if state.record is not None:
            state.record.end(state.plan, state.result, state.step_states)
        state.is_concluded = True
    return t.cast("dict[str, t.Any]", repair_strings(state.result))


@dataclass
class _RunState:
    """The state of a run: its plan and result, and the record to keep of it. ``step_states``: of each step, as the record has them."""

    record: RunRecord | None
    plan: Plan | None = None
    step_states: list[str] = field(default_factory=list)
    result: dict[str, t.Any] = field(default_factory=dict)
    is_concluded: bool = False


def _convert_error(ctx: Context, exc: Exception) -> CvopsError:
    """Return *exc* itself, or in its place an InternalFault that names type and place; at -vvv the traceback is shown."""
    if isinstance(exc, CvopsError):
        return exc
    ctx.debug(3, "".join(traceback.format_exception(exc)))
    frames = traceback.extract_tb(exc.__traceback__)
    place = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "unknown"
    return InternalFault(
        f"Unexpected {type(exc).__name__} at {place}: {exc}. This is a bug in the collection, or an answer that it "
        "does not understand. Run again with -vvv and report it.",
        place=place,
        exception=type(exc).__name__,
    )


def _run_report(ctx: Context, report: Report) -> dict[str, t.Any]:
    """Return the result of a module that only reads; a failed one, with what was read, where that is a reason to fail."""
    value = report.read(ctx)
    query = ctx.options.get("query")
    if isinstance(report.noun, str):
        result = {"changed": False, report.noun: _apply_query(value, query)}
    else:
        result = {"changed": False, **value, **{noun: _apply_query(value[noun], query) for noun in report.noun}}
    fault = report.find_fault(value)
    return result if fault is None else {**_build_failure(ctx, fault), **result}


def _run_resource(ctx: Context, declared: t.Callable[[Context], Resource], state: _RunState) -> None:
    """Plan, write unless in check mode, and keep the result in *state*.

    Lists and replicas lag. Where the first write is refused because what it was planned from is not what is there, it is read and
    planned anew, for a while: what is gone is not listed for ever, and what exists already shows in the end.
    """
    backoff = Backoff(ctx, first_s=_FIRST_PAUSE_S)
    while True:
        try:
            return _plan_and_apply(ctx, declared(ctx), state)
        except ApiError as exc:
            is_untouched = exc.facts.get("steps_done") == [] and exc.facts.get("outcome") != "unknown"
            if not (exc.is_outdated and is_untouched and backoff.fits_within(_OUTDATED_LIMIT_S)):
                raise
        ctx.stats.add("retries")
        told = "the service returned outdated data: reading again"
        backoff.pause(about=told, limit_s=_OUTDATED_LIMIT_S)


def _plan_and_apply(ctx: Context, resource: Resource, state: _RunState) -> None:
    """Plan, write unless in check mode, and keep the result in *state*."""
    state.step_states = []
    plan = state.plan = plan_with_second_look(ctx.options, resource.plan)
    state.step_states = ["left"] * len(plan.steps)
    check_steps(resource, plan)
    for check in ctx.plan_checks:
        if warning := check(resource.noun, plan):
            ctx.warn(warning)
    approved = ctx.options.get("approved_steps")
    gone = None if approved is None else check_approval(_list_steps(ctx, resource, plan), approved)
    if ctx.check_mode:
        StepProgress(ctx, resource.noun, plan).note(PLANNED)
    if not ctx.check_mode and plan.steps:
        if state.record is not None:
            state.record.describe_undo = resource.describe_undo if isinstance(resource, UndoableResource) else None
            state.record.begin(plan)
        # From here on a request to stop is only looked for, so that it never costs what was done.
        with ctx.cancellation.shield():
            _apply_steps(ctx, resource, plan, state.step_states)
            if isinstance(resource, RefusableResource):
                plan = resource.get_applied_plan()
            state.result = _build_result(ctx, resource, plan)
    else:
        if not ctx.check_mode and isinstance(resource, RefreshingResource):
            resource.refresh()
        state.result = _build_result(ctx, resource, plan)
    if gone is not None:
        state.result["steps_gone"] = gone


def _list_steps(ctx: Context, resource: Resource, plan: Plan) -> list[PlannedChange]:
    """Return the changes of *plan* as results have them, made visible and without secrets."""
    listed = list_planned_changes(resource.noun, plan, read_approved(ctx.options.get("approved_steps") or ()))
    return t.cast("list[PlannedChange]", escape_structure(redact_structure(listed, ctx.secrets, prose=False)))


def _build_result(ctx: Context, resource: Resource, plan: Plan) -> dict[str, t.Any]:
    """Return the result after *plan*, of which every step was done: what is read back, and what the noun is now."""
    try:
        findings: list[t.Any] = []
        if not ctx.check_mode:
            ctx.cancellation.check()
            if isinstance(resource, VerifyingResource):
                findings = resource.verify()
        value = resource.result()
        # An absent noun is empty; the objects of a list have their own.
        if isinstance(resource, VerifyingResource) and isinstance(value, dict) and (value or findings):
            value = {**value, "not_confirmed": findings}
        steps = _list_steps(ctx, resource, plan)
        result = {"changed": plan.changed, resource.noun: value, "steps": steps, "target": describe_target(ctx)}
        if plan.changed:
            subjects = [to_one_line(redact_text(step.subject, ctx.secrets)) for step in plan.steps]
            result["msg"] = to_one_line(f"{'Would change' if ctx.check_mode else 'Changed'}: {', '.join(subjects)}")
        if ctx.diff_mode:
            result["diff"] = build_diff(resource.noun, plan, ctx.secrets)
        if isinstance(resource, JudgingResource) and (fault := resource.find_fault()) is not None:
            # What was done and found is told as ever; only the task fails.
            if not ctx.check_mode:
                fault.facts.update(steps_done=[step.subject for step in plan.steps], steps_left=[])
            result.update(_build_failure(ctx, fault), changed=plan.changed)
        return result
    except Exception as exc:
        error = _convert_error(ctx, exc)
        if not ctx.check_mode:  # what was written stays written, whatever becomes of the look at it
            error.facts.update(
                steps_done=[step.subject for step in plan.steps], steps_left=[], **collect_salvage(resource)
            )
        raise error from exc


def _apply_steps(ctx: Context, resource: Resource, plan: Plan, states: list[str]) -> None:
    """Do the steps of *plan*, and note in *states*, in place, what became of each.

    Raises what one of them raises, with the steps done, failed and left, and what is salvaged.
    """
    count = 0
    actions = resource.actions
    progress, counted = StepProgress(ctx, resource.noun, plan), WorkProgress(ctx, "writes", len(plan.steps))
    for step in plan.steps:
        progress.note(BEGUN, count)
        is_begun = False
        try:
            ctx.cancellation.check()
            if isinstance(resource, WaitingResource):
                resource.wait_before(step)
            with ctx.cancellation.shield():  # what a step was answered is kept, also when the run is told to stop
                is_begun = True
                actions[step.action](step)
        except Exception as exc:
            error = _convert_error(ctx, exc)
            if not isinstance(error, Cancelled):
                progress.note(ENDED, count)
            if isinstance(error, InternalFault) or (isinstance(error, ApiError) and error.may_have_acted):
                error.facts.setdefault("outcome", "unknown")
            states[count] = "failed"
            error.facts.update(
                steps_done=_list_subjects(plan, states, "done"),
                step_failed=step.subject,
                steps_left=_list_subjects(plan, states, "left"),
                **collect_salvage(resource),
            )
            if not is_begun:  # so that undoing the run does not look for it
                states[count] = "left"
            raise error from exc
        states[count] = "left" if _is_refused(resource, step) else "done"
        count += 1
        counted.tell(count)
    progress.note(ENDED, count)


def _is_refused(resource: Resource, step: Step) -> bool:
    """Return whether the service has refused *step*, and *resource* goes on without it."""
    return isinstance(resource, RefusableResource) and all(
        done is not step for done in resource.get_applied_plan().steps
    )


def _list_subjects(plan: Plan, states: t.Sequence[str], state: str) -> list[str]:
    return [step.subject for step, found in zip(plan.steps, states, strict=True) if found == state]


def _build_failure(ctx: Context, exc: CvopsError) -> dict[str, t.Any]:
    """Return the result of a run that ended with *exc*."""
    result: dict[str, t.Any] = {"failed": True, "changed": bool(exc.facts.get("steps_done")) or exc.has_written}
    raised = exc.as_result()
    for key in ("steps_done", "steps_left", "step_failed"):
        if key in raised["error"]:
            result[key] = escape_structure(redact_structure(raised["error"].pop(key), ctx.secrets))
    if "salvaged" in raised["error"]:
        result["salvaged"] = raised["error"].pop("salvaged")  # such as a secret that the service shows once
    result["msg"] = redact_text(raised["msg"], ctx.secrets)
    result["error"] = escape_structure(redact_structure(raised["error"], ctx.secrets))
    if isinstance(exc, Cancelled) or ctx.cancellation.is_requested:
        result["cancelled"] = True
    if "step_failed" in result:
        before = to_one_line(", ".join(result["steps_done"])) or "nothing"
        result["msg"] += f" (failed step: {to_one_line(result['step_failed'])}; done before: {before})"
    return result


def _apply_query(value: t.Any, query: t.Any) -> t.Any:
    """Return what the JMESPath expression *query* makes of *value*; *value* without one. Raises ConfigError and MissingLibrary."""
    if query is None:
        return value
    if not HAS_JMESPATH:
        raise libraries.build_missing_error("jmespath", "Option query", JMESPATH_IMPORT_ERROR)
    libraries.check_releases("jmespath")
    try:
        return jmespath.search(query, value)
    except jmespath.exceptions.JMESPathError as exc:
        raise ConfigError(
            f"query: the JMESPath expression cannot be used: {' '.join(str(exc).split())}", source="option query"
        ) from exc
