# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Whether the plans of all hosts are carried out, in which order, what came of it on each host, and both in words for people.

Plans and outcomes are those of ``passes.py``, scopes those of ``run_scope.py``.
"""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.words import ENFORCEMENT

from .counts import count_words
from .declared_access import LOCATION, POLICY
from .filter_values import make_visible, require_list, require_mapping, require_mappings, to_text
from .passes import ASSIGNMENTS, ENTRA, REGISTRATION
from .plan_lines import escape_markdown
from .run_scope import OF_ENTRA
from .sign_on import REPLY_URL, note_nobody_assigned
from .task_results import sum_results

Mapping = t.Mapping[str, t.Any]

_LATE_KINDS = frozenset({"application", "app role"})
#: Statuses of hosts on which the plan is not carried out.
_UNFINISHED = frozenset({"failed", "plan_changed", "not_applied"})
_STEPS_TOLD = 10
#: Waits for quotas are told from so many seconds on, in all, and by name of so many hosts.
_LONG_WAIT_S, _WAITS_TOLD = 5, 5
#: In place of the digest of an approved plan: none is approved, so the run ends with its plan.
NOTHING = "nothing"
_APPROVES_NOTHING = f"cvops_approved_plan is {NOTHING}, so the run ends with its plan: nothing is written"


def split_entra_tasks(plan: t.Any, conclusion: t.Any = None, scope: t.Any = None) -> dict[str, list[str]]:
    """Return which tasks of Entra ID's plan write ``first``, which ``last``, because something leaves the tenant, and which have to be ``waiting``.

    ``second``: those that need what tasks of the CommCells have made, but not of all of them; ``access``: those of conditional access, for which
    all has to be there that people need to get in. The last ones wait where a CommCell of the
    *conclusion* so far has not come to its end or leaves something to a later run, or the run is narrowed, as its *scope* says.
    """
    steps = _get_steps(plan)
    planned = {name for name in steps if steps[name]}
    if planned.intersection(REGISTRATION):  # they depend on one another
        planned.update(REGISTRATION)
    order = [*REGISTRATION, *(name for name in steps if name not in REGISTRATION)]
    leaving = any(
        step.get("sign") == "-" and step.get("kind") in _LATE_KINDS
        for step in require_mappings(steps.get("application"), "steps")
    )
    losing = any(step.get("sign") == "-" for step in require_mappings(steps.get(ASSIGNMENTS), "steps"))
    late = {"groups_absent", *(REGISTRATION if leaving else ()), *((ASSIGNMENTS,) if losing or leaving else ())}
    commcells = [
        require_mapping(found, "what came of a host")
        for host, found in require_mapping(conclusion, "the conclusion").items()
        if host != ENTRA
    ]
    is_left = any(found.get("status") in _UNFINISHED or found.get("remaining") for found in commcells)
    waits = is_left or bool(require_mapping(scope, "the scope").get("narrowed"))
    last = [name for name in order if name in planned and name in late]
    second = [name for name in order if name in planned and name.startswith(REPLY_URL)]
    access = [name for name in order if name in planned and name.startswith((LOCATION, POLICY))]
    return {
        "first": [name for name in order if name in planned and name not in (*late, *second, *access)],
        "second": second,
        "access": access,
        "last": [] if waits else last,
        "waiting": last if waits else [],
    }


def decide_run(
    plans: t.Any,
    scope: t.Any,
    digest: t.Any = "",
    approved: t.Any = "",
    check_mode: bool = False,
    application: t.Any = None,
    sso: t.Any = None,
) -> dict[str, t.Any]:
    """Return whether the plans are carried out: ``write``, ``status``, the ``problems`` of all hosts as texts, and the ``notes`` of the scope and on sign-on.

    *plans*: by host, as ``collect_pass`` makes them, null for a host that was not planned; *approved*: a digest that alone may be written, or
    ``nothing``, with which the run ends with its plan as in check mode; *application*, *sso*: what the document declares, for a note.
    """
    given, chosen = require_mapping(plans, "the plans"), require_mapping(scope, "the scope")
    problems = [
        f"{_name_host(host)}: {line}" for host in _list_hosts(chosen) for line in _list_plan_problems(given.get(host))
    ]
    steps = sum(_count_steps(given.get(host)) for host in _list_hosts(chosen))
    wanted = to_text(approved).strip().lower()
    is_plan_only = check_mode or wanted == NOTHING
    refused = wanted not in ("", NOTHING, to_text(digest).lower())
    status = "problems" if problems else "refused" if refused else "planned" if is_plan_only else "go"
    if status == "go" and not steps:
        status = "unchanged"
    notes = [to_text(line) for line in require_list(chosen.get("notes"), "notes")]
    notes += note_nobody_assigned(given, application, sso)
    # Check mode says so in its report.
    notes += [_APPROVES_NOTHING] if status == "planned" and not check_mode else []
    return {
        "write": status == "go",
        "status": status,
        "steps": steps,
        "digest": to_text(digest),
        "problems": problems,
        "notes": notes,
    }


def conclude_run(decision: t.Any, plans: t.Any, outcomes: t.Any, scope: t.Any) -> dict[str, dict[str, t.Any]]:
    """Return by host what came of the run: ``status``, ``message`` of a failure, ``written`` requests, and what is ``left``, in words.

    ``remaining``: the number of requests that the plan itself leaves to a later run; ``gone``: of changes that somebody else has made;
    ``held``: of policies that were to be put in force and that sign-ins keep in report-only, which are left, too; ``throttled_s``: the
    seconds that its tasks waited since a service had answered "too many requests", where there are any.

    Statuses: ``unchanged``, ``planned`` (only a plan was asked for), ``problems``, ``refused``, ``applied``, ``failed``, ``plan_changed``,
    ``not_applied``, and of Entra ID ``postponed``. *outcomes*: by host, the passes that wrote, in order.
    """
    decided, chosen = require_mapping(decision, "the decision"), require_mapping(scope, "the scope")
    given, done = require_mapping(plans, "the plans"), require_mapping(outcomes, "the outcomes")
    concluded = {
        host: _conclude_host(decided, given.get(host), _list_outcomes(done.get(host))) for host in _list_hosts(chosen)
    }
    for host, found in concluded.items():
        waited_s = sum_results([given.get(host), *_list_outcomes(done.get(host))], seconds=True)["throttled_s"]
        found.update({"throttled_s": waited_s} if waited_s else {})
    if decided.get("write") and ENTRA in concluded:
        steps = _get_steps(given.get(ENTRA))
        open_steps = _list_open_ids(given.get(ENTRA), _list_outcomes(done.get(ENTRA)))
        waiting = split_entra_tasks(given.get(ENTRA), concluded, chosen)["waiting"]
        # What was carried out before another host has failed waits no more.
        _postpone(
            concluded[ENTRA], [name for name in waiting if any(step.get("id") in open_steps for step in steps[name])]
        )
    return concluded


def _postpone(found: dict[str, t.Any], waiting: list[str]) -> None:
    """Say of Entra ID what waits, where nothing else keeps it from being carried out."""
    if waiting and found["status"] in ("applied", "not_applied"):
        found["status"] = "applied" if found["written"] else "postponed"
        found["message"] = "removals in Entra ID wait for a run in which every CommCell is converged"


def format_decision(decision: t.Any, plan_lines: t.Any = None, markdown: bool = False) -> list[str]:
    """Return what people read before anything is written: all problems together, or the plan and its digest. *markdown*: the plan is Markdown."""
    decided = require_mapping(decision, "the decision")
    problems = [to_text(line) for line in require_list(decided.get("problems"), "problems")]
    notes = [f"Note: {to_text(line)}" for line in require_list(decided.get("notes"), "notes")]
    if markdown:
        notes = [line for note in notes for line in ("", escape_markdown(note))]
    if problems:
        many = count_words(len(problems), "problem")
        head = [f"# {many}; nothing was written", "", "```"] if markdown else [f"{many}; nothing was written"]
        return [*head, *(f"- {line}" for line in problems), *(["```"] if markdown else []), *notes]
    digest = decided.get("digest") if decided.get("steps") else ""
    lines = [*(to_text(line) for line in plan_lines or ()), *notes]
    lines += (["", f"Digest: `{digest}`"] if markdown else [f"Digest: {digest}"]) if digest else []
    if decided.get("status") == "refused":
        lines.append("This is not the plan that was approved (cvops_approved_plan): nothing is written")
    return lines


def format_conclusion(conclusion: t.Any) -> list[str]:
    """Return what came of the run on each host, for people; one line where nothing was to be done on any."""
    hosts = {
        host: require_mapping(value, "what came of a host")
        for host, value in require_mapping(conclusion, "the conclusion").items()
    }
    if hosts and all(found.get("status") == "unchanged" and not found.get("remaining") for found in hosts.values()):
        return ["Nothing to do", *_format_quota_waits(hosts)]
    lines = []
    for host, found in hosts.items():
        status = to_text(found.get("status")).replace("_", " ")
        told = f"{_name_host(host)}: {status}"
        if status == "planned":
            told = f"{_name_host(host)}: {count_words(found.get('planned', 0), 'change')} planned"
        elif found.get("planned"):
            told += f", {count_words(found['planned'], 'change')} planned, {count_words(found.get('written', 0), 'write request')}"
        if found.get("message"):
            told += f": {found['message']}"
        lines.append(told)
        if found.get("remaining"):
            lines.append(f"  for a later run (max_writes, canary): {count_words(found['remaining'], 'write request')}")
        if found.get("held"):
            held = f"stays in report-only, because it would have refused sign-ins: {count_words(found['held'], 'policy', 'policies')}"
            lines.append(f"  {held}")
        if found.get("gone"):
            lines.append(f"  already done by somebody else: {count_words(found['gone'], 'change')}")
        left = [to_text(line) for line in require_list(found.get("left"), "left")]
        more = [f"… and {len(left) - _STEPS_TOLD} more"] if len(left) > _STEPS_TOLD else []
        lines += [f"  left: {line}" for line in [*left[:_STEPS_TOLD], *more]]
    return [*lines, *_format_quota_waits(hosts)]


def _format_quota_waits(hosts: Mapping) -> list[str]:
    """Return one line where the tasks waited long because of quotas, with the hosts whose tasks waited longest; else none."""
    waits = [(float(found.get("throttled_s") or 0), host) for host, found in hosts.items()]
    total_s = sum(seconds for seconds, dummy in waits)
    if total_s < _LONG_WAIT_S:
        return []
    longest = sorted(((-seconds, host) for seconds, host in waits if seconds), key=lambda wait: wait[0])
    told = [f"{_name_host(host)} {-seconds:.0f} s" for seconds, host in longest[:_WAITS_TOLD]]
    more = [f"{len(longest) - _WAITS_TOLD} more"] if len(longest) > _WAITS_TOLD else []
    return [
        f"Tasks waited {total_s:.0f} s for quotas ({', '.join([*told, *more])}): fewer forks or slices, or cvops_at_once, make it shorter"
    ]


def find_result_failure(conclusion: t.Any, host: t.Any = None, decision: t.Any = None) -> str:
    """Return why the run has failed for *host*, in one line; empty when it has not. Without a host: for the first one for which it has."""
    if host is None:
        failures = (
            find_result_failure(conclusion, name, decision) for name in require_mapping(conclusion, "the conclusion")
        )
        return next(filter(None, failures), "")
    found = require_mapping(require_mapping(conclusion, "the conclusion").get(host), "what came of a host")
    decided = require_mapping(decision, "the decision")
    status = to_text(found.get("status"))
    if status == "refused":
        return (
            f"The plan has the digest {decided.get('digest')}, and another one was approved (cvops_approved_plan). "
            "Nothing was written: read this"
            " plan, and approve it"
        )
    if status == "problems":
        return f"{count_words(len(require_list(found.get('problems'), 'problems')), 'problem')}, see the plan above; nothing was written"
    if status in ("failed", "plan_changed", "not_applied"):
        return f"{status.replace('_', ' ')}: {found.get('message')}"
    return ""


def _list_outcomes(value: t.Any) -> list[Mapping]:
    listed = [value] if isinstance(value, t.Mapping) else require_mappings(value, "outcomes")
    return [outcome for outcome in listed if outcome]


def _conclude_host(decision: Mapping, plan: t.Any, outcomes: list[Mapping]) -> dict[str, t.Any]:
    planned = _list_steps(plan)
    problems = _list_plan_problems(plan)
    told: dict[str, t.Any] = {
        "status": "",
        "message": "",
        "planned": len(planned),
        "written": sum(int(outcome.get("writes") or 0) for outcome in outcomes),
        "left": [],
        "remaining": int(require_mapping(plan, "a plan").get("remaining") or 0),
        "gone": 0,
        "held": 0,
        "problems": problems,
    }
    gone, held = _list_gone_ids(plan, outcomes)
    told.update(gone=len(gone), held=len(held))
    failed = [outcome for outcome in outcomes if outcome.get("problems")]
    if decision.get("status") == "problems" and problems:
        told["status"] = "problems"
    elif decision.get("status") in ("problems", "refused", "planned"):
        told["status"] = "refused" if decision["status"] == "refused" else "planned" if planned else "unchanged"
        if decision["status"] == "problems" and planned:
            told.update(status="not_applied", message="others have problems, so nothing was written")
    elif not planned:
        told["status"] = "unchanged"
    elif failed:
        changed = any(outcome.get("plan_changed") for outcome in failed)
        told["status"] = "plan_changed" if changed else "failed"
        told["message"] = "; ".join(to_text(line) for outcome in failed for line in outcome["problems"])
        told["left"] = _list_left(plan, outcomes)
    elif not outcomes:
        told.update(
            status="not_applied", message="Entra ID was not converged", left=[_describe(step) for step in planned]
        )
    else:
        told["status"] = "applied"
        told["left"] = _list_left(plan, outcomes)
    return told


def _list_gone_ids(plan: t.Any, outcomes: list[Mapping]) -> tuple[list[t.Any], list[t.Any]]:
    """Return the ids of the steps that were found done, and of those by which a policy was to be put in force that was held back instead."""
    gone, kept = (
        [step for outcome in outcomes for step in require_list(outcome.get(key), "steps")]
        for key in ("steps_gone", "steps_held")
    )
    enforcing = {step.get("id") for step in _list_steps(plan) if step.get("kind") == ENFORCEMENT}
    held = [step for step in kept if step in enforcing]
    return [step for step in gone if step not in held], held


def _list_open_ids(plan: t.Any, outcomes: list[Mapping]) -> set[t.Any]:
    """Return the ids of the steps of the plan that no successful task did or found done."""
    done = {step.get("id") for outcome in outcomes for step in _list_steps(outcome)}
    done.update(_list_gone_ids(plan, outcomes)[0])
    return {step.get("id") for step in _list_steps(plan)} - done


def _list_left(plan: t.Any, outcomes: list[Mapping]) -> list[str]:
    """Return what is left of the plan: what no successful task did; of a task that failed in between, the steps that it names."""
    still_open = _list_open_ids(plan, outcomes)
    named: dict[str, t.Any] = {}
    for outcome in outcomes:
        named.update(require_mapping(outcome.get("steps_left"), "steps"))
    left: list[str] = []
    for task, steps in _get_steps(plan).items():
        planned = [_describe(step) for step in require_mappings(steps, "steps") if step.get("id") in still_open]
        left += map(_show, require_list(named[task], "steps")) if task in named else planned
    return left


def _get_steps(plan: t.Any) -> Mapping:
    return require_mapping(require_mapping(plan, "a plan").get("steps"), "steps")


def _list_steps(plan: t.Any) -> list[Mapping]:
    return [step for listed in _get_steps(plan).values() for step in require_mappings(listed, "steps")]


def _count_steps(plan: t.Any) -> int:
    return len(_list_steps(plan))


def _list_plan_problems(plan: t.Any) -> list[str]:
    if not plan:
        return ["was not planned, and the reason is not known"]
    return [to_text(line) for line in require_list(require_mapping(plan, "a plan").get("problems"), "problems")]


def _describe(step: Mapping) -> str:
    principal = f"{_show(step['principal'])}: " if step.get("principal") else ""
    return f"{step.get('sign')} {principal}{_show(step.get('sentence'))}"


def _show(text: t.Any) -> str:
    """Return what a step tells, with the names of services in it, so that all of it is seen."""
    return to_text(make_visible(text))


def _list_hosts(scope: Mapping) -> list[str]:
    entra = [ENTRA] if set(OF_ENTRA).intersection(require_list(scope.get("parts"), "parts")) else []
    return [*entra, *map(to_text, require_list(scope.get("commcells"), "commcells"))]


def _name_host(host: t.Any) -> str:
    return "Entra ID" if host == ENTRA else to_text(make_visible(host))
