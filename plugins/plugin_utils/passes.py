# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The passes of the playbooks: what a host's plan is, whether it is carried out, and what came of it.

A host is a CommCell by its name, or ``localhost``, which stands for Entra ID. What goes from play to play is small and holds no secret.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import describe_place
from ansible_collections.cvops.identity.plugins.module_utils._core.names import matches_any_pattern

from .filter_values import FilterInputError, make_visible, require_list, require_mapping, require_mappings, to_text
from .task_results import find_group_references, flatten_results, sum_results

Mapping = t.Mapping[str, t.Any]

ENTRA = "localhost"
#: Parts of a run, as tags name them; with those tags that mean none of them.
PARTS = ("entra", "sso", "roles", "mappings")
_ALL_TAGS, _NO_PARTS = frozenset({"all", "tagged"}), frozenset({"always", "never", "untagged"})
#: Names that Ansible takes for itself.
_RESERVED = frozenset({"localhost", "127.0.0.1", "::1", "all", "ungrouped", "cvops_commcells"})
_LATE_KINDS = frozenset({"application", "app role"})
_REGISTRATION = ("application", "service_principal", "consent")
_SAID_BY_OURS = re.compile(r"cvops\.identity\.\w+: (?P<said>[^\n]+)")
_UNDEFINED = re.compile(r"'([\w.]+)' is undefined")
#: Statuses of hosts on which the plan is not carried out.
_UNFINISHED = frozenset({"failed", "plan_changed", "not_applied"})
_TOLD = 10


def select_scope(
    commcells: t.Any,
    grouped: t.Any = None,
    only: t.Any = None,
    limited: t.Any = None,
    run_tags: t.Any = None,
    skip_tags: t.Any = None,
    parts: t.Any = None,
) -> dict[str, t.Any]:
    """Return what a run is about: ``commcells`` by name, ``parts``, whether it is ``narrowed``, and ``problems``.

    *commcells*: names in the document's connection; *grouped*: hosts of the inventory's group, which are taken in their place when there are any;
    *only*: name patterns; *limited*: hosts that ``--limit`` leaves, null without it; *parts*: those that the playbook has, null for all.
    """
    listed, hosts = _list_texts(commcells), _list_texts(grouped)
    known = hosts or listed
    patterns = _list_texts(only)
    kept = None if limited is None else set(_list_texts(limited))
    matched = [name for name in known if not patterns or name in patterns or matches_any_pattern(name, patterns)]
    chosen = [name for name in matched if kept is None or name in kept]
    own = _list_texts(parts) or list(PARTS)
    picked = _select_parts(own, _list_texts(run_tags), _list_texts(skip_tags))
    problems = [
        f"the CommCell {make_visible(name)} needs another name: Ansible cannot have a host of this name"
        for name in known
        if name.lower() in _RESERVED or re.search(r":\d+$|^\s|\s$", name)
    ]
    # Their hosts are made after --limit was looked at, so it leaves out also those that it names.
    hidden = [] if hosts or set(picked) <= {"entra"} else [name for name in matched if name not in chosen]
    if hidden:
        problems.append(
            f"--limit leaves out {', '.join(map(make_visible, hidden))}: CommCells of the connection are no hosts of the inventory; choose with"
            " -e cvops_only=, or have them as hosts of the inventory's group cvops_commcells"
        )
    if patterns and not matched:
        problems.append(
            f"cvops_only={','.join(map(make_visible, patterns))} matches no CommCell; there are: {', '.join(map(make_visible, known)) or 'none'}"
        )
    if not picked:
        problems.append(f"the tags leave nothing to do; this playbook has: {', '.join(own)}")
    return {
        "commcells": chosen,
        "grouped": bool(hosts),
        "left_out": [name for name in dict.fromkeys([*known, *listed]) if name not in chosen],
        "narrowed": len(chosen) < len(set(known) | set(listed)) or picked != own,
        "parts": picked,
        "problems": problems,
    }


def collect_pass(results: t.Any, unexpected: t.Any = None, tasks: t.Any = None) -> dict[str, t.Any]:
    """Return what came of the tasks of one pass on one host, without the objects themselves.

    *results*: registered results by task, loops too, null for a task that did not run; *unexpected*: what else failed, as texts; *tasks*: only
    these, when they are given. The value has ``steps`` by task, ``problems``, ``changed``, the sums of requests, ``steps_done``,
    ``steps_left`` and ``steps_gone``, and whether the ``plan_changed``.
    """
    given = _require_tasks(results)
    wanted = given if tasks is None else [name for name in given if name in require_list(tasks, "tasks")]
    found = {name: flatten_results([given[name]]) if given[name] else [] for name in wanted}
    ran = [(name, result) for name, listed in found.items() for result in listed if not result.get("skipped")]
    refused = [(name, result) for name, result in ran if _has_failed(result)]
    failed = [result for dummy, result in refused]
    problems = [line for name, result in refused for line in _list_problems(result, name)]
    kinds = {to_text(require_mapping(result.get("error"), "error").get("kind")) for result in failed}
    sums = sum_results([result for dummy, result in ran])
    return {
        **sums,
        "changed": sums["writes"] > 0,
        "steps": {
            name: [dict(step) for result in listed for step in require_mappings(result.get("steps"), "steps")]
            for name, listed in found.items()
        },
        "problems": list(dict.fromkeys([*problems, *map(to_text, require_list(unexpected, "unexpected"))])),
        "plan_changed": "plan_changed" in kinds,
        "steps_gone": [
            to_text(step) for dummy, result in ran for step in require_list(result.get("steps_gone"), "steps")
        ],
        "cancelled": any(result.get("cancelled") for result in failed),
        "steps_done": [to_text(step) for result in failed for step in require_list(result.get("steps_done"), "steps")],
        "steps_left": [
            to_text(step)
            for result in failed
            for step in [
                *([result["step_failed"]] if result.get("step_failed") else []),
                *require_list(result.get("steps_left"), "steps"),
            ]
        ],
    }


def merge_options_of_localhost(options: t.Any, prefix: str, localhost: t.Any, own: t.Any) -> dict[str, t.Any]:
    """Return the *options* of a role with the values of those variables, *prefix* and name, that *localhost* has and the host itself has not."""
    given, variables, names = require_mapping(options, "the options"), require_mapping(localhost, "localhost"), set(own)
    return {
        name: variables[f"{prefix}{name}"]
        if f"{prefix}{name}" in variables and f"{prefix}{name}" not in names
        else value
        for name, value in given.items()
    }


def collect_run_results(results: t.Any, managed_groups: t.Any = None) -> dict[str, dict[str, t.Any]]:
    """Return what the roles would return, out of the registered results by host: ``registration`` and ``role_mappings``, empty when they did not run.

    *managed_groups*: the role's variable.
    """
    given = require_mapping(results, "the results by host")
    hosts = {to_text(host): flatten_results(require_list(listed, "results")) for host, listed in given.items()}
    own = hosts.pop(ENTRA, [])
    registration = [result for result in own if any(noun in result for noun in _REGISTRATION)]
    groups = [result for result in own if "groups" in result]
    managed = require_list(managed_groups, "managed_groups")
    commcells = {host: {**_collect_commcell(listed), "managed_groups": managed} for host, listed in hosts.items()}
    told: dict[str, t.Any] = {"registration": {}, "role_mappings": {}}
    if registration:
        nouns = {noun: _find_noun(registration, noun) for noun in _REGISTRATION}
        told["registration"] = {**sum_results(registration), **nouns}
    if groups or any(hosts.values()):
        told["role_mappings"] = {
            **sum_results([*groups, *commcells.values()]),
            "entra_groups": find_group_references(groups)["object_ids"],
            "commcells": commcells,
        }
    return told


def _collect_commcell(results: list[Mapping]) -> dict[str, t.Any]:
    roles = [role for result in results for role in require_mappings(result.get("roles"), "roles")]
    return {
        **sum_results(results),
        "roles_changed": [role["name"] for role in roles if role.get("changed") and role.get("name")],
        "mappings": _find_noun(results, "role_mappings"),
    }


def _find_noun(results: list[Mapping], noun: str) -> t.Any:
    return next((result[noun] for result in results if noun in result), {})


def describe_failure(result: t.Any, task: t.Any = "", action: t.Any = "") -> str:
    """Return in one line why a task failed, without anything that Ansible may quote of variables: only what this collection says itself.

    Empty for a task with a module of this collection as its *action*: :func:`collect_pass` finds its result.
    """
    if to_text(action).startswith("cvops.identity."):
        return ""
    found = require_mapping(result, "the result")
    message = to_text(found.get("msg"))
    if "error" in found or "stats" in found or "failed_when_result" in found:  # the module's own words
        return to_text(make_visible(message))
    if said := list(_SAID_BY_OURS.finditer(message)):
        return to_text(make_visible(said[-1]["said"]))
    if undefined := dict.fromkeys(_UNDEFINED.findall(message)):
        return f"{', '.join(undefined)} is not defined"
    return f"the task {make_visible(task)!r} failed unexpectedly; run it again with -vvv, which shows why, on a terminal that nobody else reads"


def list_approved_ids(plan: t.Any, tasks: t.Any = None) -> dict[str, list[str]]:
    """Return the ids of the steps of a host's plan by task, for option ``approved_steps``; only those of *tasks*, when they are given."""
    steps = require_mapping(require_mapping(plan, "the plan").get("steps"), "steps")
    wanted = list(steps) if tasks is None else require_list(tasks, "tasks")
    return {
        name: [to_text(step.get("id")) for step in require_mappings(steps.get(name), "steps")]
        for name in wanted
        if name in steps
    }


def split_entra_tasks(plan: t.Any, conclusion: t.Any = None, scope: t.Any = None) -> dict[str, list[str]]:
    """Return which tasks of Entra ID's plan write ``first``, which ``last``, because something leaves the tenant, and which have to be ``waiting``.

    The last ones wait where a CommCell of the *conclusion* so far has not come to its end, or the run is narrowed, as its *scope* says.
    """
    steps = require_mapping(require_mapping(plan, "the plan").get("steps"), "steps")
    planned = {name for name in steps if steps[name]}
    if planned.intersection(_REGISTRATION):  # they depend on one another
        planned.update(_REGISTRATION)
    order = [*_REGISTRATION, *(name for name in steps if name not in _REGISTRATION)]
    leaving = any(
        step.get("sign") == "-" and step.get("kind") in _LATE_KINDS
        for step in require_mappings(steps.get("application"), "steps")
    )
    late = {"groups_absent", *(_REGISTRATION if leaving else ())}
    statuses = {
        require_mapping(found, "what came of a host").get("status")
        for host, found in require_mapping(conclusion, "the conclusion").items()
        if host != ENTRA
    }
    waits = bool(statuses & _UNFINISHED) or bool(require_mapping(scope, "the scope").get("narrowed"))
    last = [name for name in order if name in planned and name in late]
    return {
        "first": [name for name in order if name in planned and name not in late],
        "last": [] if waits else last,
        "waiting": last if waits else [],
    }


def decide_run(
    plans: t.Any, scope: t.Any, digest: t.Any = "", approved: t.Any = "", check_mode: bool = False
) -> dict[str, t.Any]:
    """Return whether the plans are carried out: ``write``, ``status``, and the ``problems`` of all hosts as texts.

    *plans*: by host, as :func:`collect_pass` makes them, null for a host that was not planned; *approved*: a digest that alone may be written.
    """
    given, chosen = require_mapping(plans, "the plans"), require_mapping(scope, "the scope")
    problems = [
        f"{_name_host(host)}: {line}" for host in _list_hosts(chosen) for line in _list_plan_problems(given.get(host))
    ]
    steps = sum(_count_steps(given.get(host)) for host in _list_hosts(chosen))
    wanted = to_text(approved).strip().lower()
    refused = bool(wanted) and wanted != to_text(digest).lower()
    status = "problems" if problems else "refused" if refused else "planned" if check_mode else "go"
    if status == "go" and not steps:
        status = "unchanged"
    return {"write": status == "go", "status": status, "steps": steps, "digest": to_text(digest), "problems": problems}


def conclude_run(decision: t.Any, plans: t.Any, outcomes: t.Any, scope: t.Any) -> dict[str, dict[str, t.Any]]:
    """Return by host what came of the run: ``status``, ``message`` of a failure, ``written`` requests, and what is ``left``, in words.

    Statuses: ``unchanged``, ``planned`` (only a plan was asked for), ``problems``, ``refused``, ``applied``, ``failed``, ``plan_changed``,
    ``not_applied``, and of Entra ID ``postponed``. *outcomes*: by host, the passes that wrote, in order.
    """
    decided, chosen = require_mapping(decision, "the decision"), require_mapping(scope, "the scope")
    given, done = require_mapping(plans, "the plans"), require_mapping(outcomes, "the outcomes")
    concluded = {
        host: _conclude_host(decided, given.get(host), _list_outcomes(done.get(host))) for host in _list_hosts(chosen)
    }
    if decided.get("write") and ENTRA in concluded:
        _postpone(concluded[ENTRA], split_entra_tasks(given.get(ENTRA), concluded, chosen)["waiting"])
    return concluded


def _postpone(found: dict[str, t.Any], waiting: list[str]) -> None:
    """Say of Entra ID what waits, where nothing else keeps it from being carried out."""
    if waiting and found["status"] in ("applied", "not_applied"):
        found["status"] = "applied" if found["written"] else "postponed"
        found["message"] = "what leaves Entra ID waits for a run in which every CommCell is converged"


def format_decision(decision: t.Any, plan_lines: t.Any = None, markdown: bool = False) -> list[str]:
    """Return what people read before anything is written: all problems together, or the plan and its digest. *markdown*: the plan is Markdown."""
    decided = require_mapping(decision, "the decision")
    problems = [to_text(line) for line in require_list(decided.get("problems"), "problems")]
    if problems:
        many = _count(len(problems), "problem")
        head = [f"# {many}; nothing was written", "", "```"] if markdown else [f"{many}; nothing was written"]
        return [*head, *(f"- {line}" for line in problems), *(["```"] if markdown else [])]
    digest = decided.get("digest") if decided.get("steps") else ""
    lines = [to_text(line) for line in plan_lines or ()]
    lines += (["", f"Digest: `{digest}`"] if markdown else [f"Digest: {digest}"]) if digest else []
    if decided.get("status") == "refused":
        lines.append("This is not the plan that was approved (cvops_approved_plan): nothing is written")
    return lines


def format_conclusion(conclusion: t.Any) -> list[str]:
    """Return what came of the run on each host, for people."""
    lines = []
    for host, value in require_mapping(conclusion, "the conclusion").items():
        found = require_mapping(value, "what came of a host")
        status = to_text(found.get("status")).replace("_", " ")
        told = f"{_name_host(host)}: {status}"
        if status == "planned":
            told = f"{_name_host(host)}: {_count(found.get('planned', 0), 'change')} planned"
        elif found.get("planned"):
            told += (
                f", {_count(found['planned'], 'change')} planned, {_count(found.get('written', 0), 'write request')}"
            )
        if found.get("message"):
            told += f": {found['message']}"
        lines.append(told)
        if found.get("gone"):
            lines.append(f"  done already, somebody else was faster: {_count(found['gone'], 'change')}")
        left = [to_text(line) for line in require_list(found.get("left"), "left")]
        more = [f"… and {len(left) - _TOLD} more"] if len(left) > _TOLD else []
        lines += [f"  left: {line}" for line in [*left[:_TOLD], *more]]
    return lines


def find_result_failure(conclusion: t.Any, host: t.Any, decision: t.Any = None) -> str:
    """Return why the run has failed for *host*, in one line; empty when it has not."""
    found = require_mapping(require_mapping(conclusion, "the conclusion").get(host), "what came of a host")
    decided = require_mapping(decision, "the decision")
    status = to_text(found.get("status"))
    if status == "refused":
        return (
            f"The plan has the digest {decided.get('digest')}, and another one was approved (cvops_approved_plan). Nothing was written: read this"
            " plan, and approve it"
        )
    if status == "problems":
        return f"{_count(len(require_list(found.get('problems'), 'problems')), 'problem')}, see the plan above; nothing was written"
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
        "gone": sum(len(require_list(outcome.get("steps_gone"), "steps")) for outcome in outcomes),
        "problems": problems,
    }
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
        told["left"] = _list_left(planned, outcomes)
    elif not outcomes:
        told.update(
            status="not_applied", message="Entra ID was not converged", left=[_describe(step) for step in planned]
        )
    else:
        told["status"] = "applied"
        told["left"] = _list_left(planned, outcomes)
    return told


def _list_left(planned: list[Mapping], outcomes: list[Mapping]) -> list[str]:
    """Return what is left of the plan: what no successful task did; of a task that failed in between, the steps that it names."""
    done = {step.get("id") for outcome in outcomes for step in _list_steps(outcome)}
    done.update(step for outcome in outcomes for step in require_list(outcome.get("steps_gone"), "steps"))
    tasks_failed = [to_text(step) for outcome in outcomes for step in require_list(outcome.get("steps_left"), "steps")]
    left = [_describe(step) for step in planned if step.get("id") not in done]
    return tasks_failed if tasks_failed and any(outcome.get("steps_done") for outcome in outcomes) else left


def _list_steps(value: t.Any) -> list[Mapping]:
    steps = require_mapping(require_mapping(value, "a plan").get("steps"), "steps")
    return [step for listed in steps.values() for step in require_mappings(listed, "steps")]


def _count_steps(plan: t.Any) -> int:
    return len(_list_steps(plan))


def _list_plan_problems(plan: t.Any) -> list[str]:
    if not plan:
        return ["was not planned, and nothing says why"]
    return [to_text(line) for line in require_list(require_mapping(plan, "a plan").get("problems"), "problems")]


def _describe(step: Mapping) -> str:
    principal = to_text(step.get("principal"))
    return (
        f"{step.get('sign')} {principal}: {step.get('sentence')}"
        if principal
        else f"{step.get('sign')} {step.get('sentence')}"
    )


def _list_hosts(scope: Mapping) -> list[str]:
    entra = [ENTRA] if "entra" in require_list(scope.get("parts"), "parts") else []
    return [*entra, *map(to_text, require_list(scope.get("commcells"), "commcells"))]


def _count(number: t.Any, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _name_host(host: t.Any) -> str:
    return "Entra ID" if host == ENTRA else to_text(make_visible(host))


def _select_parts(parts: list[str], run_tags: list[str], skip_tags: list[str]) -> list[str]:
    asked = set(run_tags)
    wanted = [part for part in parts if not asked or asked & _ALL_TAGS or part in asked or asked <= _NO_PARTS]
    return [part for part in wanted if part not in skip_tags]


def _list_texts(value: t.Any) -> list[str]:
    if isinstance(value, t.Mapping):
        return [to_text(name) for name in value]
    return [to_text(item) for item in require_list(value, "names")]


def _require_tasks(results: t.Any) -> Mapping:
    tasks = require_mapping(results, "the results by task")
    for name, result in tasks.items():
        if result and not isinstance(result, t.Mapping):
            raise FilterInputError(f"the result of {to_text(name)} must be a registered result")
    return tasks


def _has_failed(result: Mapping) -> bool:
    """Return True for a task of ours that failed, also where ``failed_when`` says that it did not."""
    return bool(result.get("failed") or "error" in result or not ("stats" in result or result.get("skipped")))


def _list_problems(result: Mapping, task: str) -> list[str]:
    """Return the problems of a failed task, each a text; each begins with the name of the loop's item where that is not said already."""
    error = require_mapping(result.get("error"), "error")
    item = require_mapping(result.get("item"), "item") if isinstance(result.get("item"), t.Mapping) else {}
    name = next(
        (to_text(item[key]) for key in ("display_name", "name", "unique_name", "object_id") if item.get(key)), ""
    )
    listed = require_mappings(error.get("problems"), "problems")
    lines = [_format_problem(problem) for problem in listed] or [describe_failure(result, task)]
    return [f"{make_visible(name)}: {line}" if name and name not in line else line for line in lines]


def _format_problem(problem: Mapping) -> str:
    also = require_list(problem.get("also"), "also")
    more = f"; also at {', '.join(map(to_text, also[:_TOLD]))}" if also else ""
    return to_text(make_visible(f"{describe_place(problem)}: {problem.get('message')}{more}"))
