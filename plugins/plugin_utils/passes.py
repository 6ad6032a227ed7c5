# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What came of the tasks of one pass of the playbooks, on one host: its plan, or what was written; and what the roles would return of it.

A host is a CommCell by its name, or ``localhost``, which stands for Entra ID. What goes from play to play is small and holds no secret.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import describe_place

from .declared_access import LOCATION, POLICY, collect_access, is_held_back
from .declared_credentials import CREDENTIAL
from .filter_values import FilterInputError, make_visible, require_list, require_mapping, require_mappings, to_text
from .sign_on import REPLY_URL, SAML_APP
from .task_results import find_group_references, flatten_results, sum_results

Mapping = t.Mapping[str, t.Any]

ENTRA = "localhost"
#: Tasks of the registration, and the nouns in their results.
REGISTRATION = ("application", "service_principal", "consent")
#: The task that assigns its app roles, and the noun in its result.
ASSIGNMENTS = "app_role_assignments"
#: The nouns in the results of conditional access.
ACCESS = ("named_location", "policy")
_SAID_BY_OURS = re.compile(r"cvops\.identity\.\w+: (?P<said>[^\n]+)")
_UNDEFINED = re.compile(r"'([\w.]+)' is undefined")
_PLACES_TOLD = 10
#: Tasks that are one of several of their kind, each for another object, begin so.
_ONE_OF_SEVERAL = (LOCATION, POLICY, CREDENTIAL, SAML_APP, REPLY_URL)


def collect_pass(results: t.Any, unexpected: t.Any = None, tasks: t.Any = None) -> dict[str, t.Any]:
    """Return what came of the tasks of one pass on one host, without the objects themselves.

    *results*: registered results by task, loops too, null for a task that did not run; *unexpected*: what else failed, as texts; *tasks*: only
    these, when they are given. The value has ``steps`` by task, ``problems``, ``changed``, the sums of requests, ``steps_gone``, the number of
    requests ``remaining`` for a later run, whether the ``plan_changed``, and by task, for those that failed in between only, ``steps_left`` in words.
    ``steps_held``: those of ``steps_gone`` that belong to a policy which sign-ins keep in report-only.
    """
    given = _require_tasks(results)
    wanted = given if tasks is None else [name for name in given if name in require_list(tasks, "tasks")]
    found = {name: flatten_results([given[name]]) if given[name] else [] for name in wanted}
    ran = [(name, result) for name, listed in found.items() for result in listed if not result.get("skipped")]
    refused = [(name, result) for name, result in ran if _has_failed(result)]
    failed = [result for dummy, result in refused]
    problems = [line for name, result in refused for line in _list_problems(result, name)]
    kinds = {to_text(require_mapping(result.get("error"), "error").get("kind")) for result in failed}
    sums = sum_results([result for dummy, result in ran], seconds=True)
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
        "steps_held": [
            to_text(step)
            for dummy, result in ran
            if is_held_back(result)
            for step in require_list(result.get("steps_gone"), "steps")
        ],
        "remaining": sum(_get_remaining(result) for dummy, result in ran),
        "steps_left": {name: _list_left(result) for name, result in refused if result.get("steps_done")},
    }


def _get_remaining(result: Mapping) -> int:
    return int(require_mapping(result.get("role_mappings"), "role_mappings").get("remaining") or 0)


def _list_left(result: Mapping) -> list[str]:
    """Return the steps that a task which failed in between names: the one that failed, then those after it."""
    failed = [result["step_failed"]] if result.get("step_failed") else []
    return [to_text(step) for step in [*failed, *require_list(result.get("steps_left"), "steps")]]


def merge_options_of_localhost(
    options: t.Any, prefix: str, localhost: t.Any, own: t.Any, optional: t.Any = None
) -> dict[str, t.Any]:
    """Return the *options* of a role with the values of those variables, *prefix* and name, that *localhost* has and the host itself has not.

    *optional*: the names of those that are left out where they are empty.
    """
    given, variables, names = require_mapping(options, "the options"), require_mapping(localhost, "localhost"), set(own)
    merged = {
        name: variables[f"{prefix}{name}"]
        if f"{prefix}{name}" in variables and f"{prefix}{name}" not in names
        else value
        for name, value in given.items()
    }
    return {name: value for name, value in merged.items() if value or name not in require_list(optional, "optional")}


def group_results_by_host(variables: t.Any, hosts: t.Any, names: t.Any) -> dict[str, list[t.Any]]:
    """Return the registered results of several tasks by host. *variables*: those of each of *hosts*, in their order; *names*: of the results.

    A host that lacks one has an empty mapping there. No other variable is evaluated. Raises FilterInputError where a host has no variables.
    """
    own = require_list(names, "names")
    return {host: [found.get(name, {}) for name in own] for host, found in _pair_hosts(hosts, variables)}


def _pair_hosts(hosts: t.Any, variables: t.Any) -> t.Iterator[tuple[str, t.Mapping[t.Any, t.Any]]]:
    given, of_hosts = [to_text(host) for host in require_list(hosts, "hosts")], require_list(variables, "the variables")
    if len(of_hosts) != len(given):
        raise FilterInputError(f"there are variables of {len(of_hosts)} hosts, and {len(given)} hosts")
    for host, found in zip(given, of_hosts, strict=True):
        if not isinstance(found, t.Mapping):
            raise FilterInputError(f"{host} is not a host of this run")
        yield host, found


def collect_run_results(results: t.Any, managed_groups: t.Any = None) -> dict[str, dict[str, t.Any]]:
    """Return what the roles would return, out of the registered results by host.

    ``registration``, ``role_mappings``, ``sign_on``, ``credentials`` and ``conditional_access``; each is empty when it did not run.

    *managed_groups*: the role's variable, or by host what it is there.
    """
    given = require_mapping(results, "the results by host")
    hosts = {to_text(host): flatten_results(require_list(listed, "results")) for host, listed in given.items()}
    own = hosts.pop(ENTRA, [])
    registration = [result for result in own if any(noun in result for noun in (*REGISTRATION, ASSIGNMENTS))]
    groups = [result for result in own if "groups" in result]
    access = [result for result in own if any(noun in result for noun in ACCESS)]
    managed = read_managed_groups(managed_groups)
    parts = {"sign_on": "saml_app", "credentials": "credential"}
    of_parts = {
        part: {host: [result for result in listed if noun in result] for host, listed in hosts.items()}
        for part, noun in parts.items()
    }
    hosts = {
        host: [result for result in listed if not any(noun in result for noun in parts.values())]
        for host, listed in hosts.items()
    }
    commcells = {host: {**_collect_commcell(listed), "managed_groups": managed(host)} for host, listed in hosts.items()}
    told: dict[str, t.Any] = {
        "registration": {},
        "role_mappings": {},
        **{part: {} for part in parts},
        "conditional_access": {**sum_results(access), **collect_access(access)} if access else {},
    }
    if registration:
        nouns = {noun: _find_noun(registration, noun) for noun in REGISTRATION}
        told["registration"] = {
            **sum_results(registration),
            **nouns,
            ASSIGNMENTS: _find_noun(registration, ASSIGNMENTS) or [],
        }
    if groups or any(hosts.values()):
        told["role_mappings"] = {
            **sum_results([*groups, *commcells.values()]),
            "entra_groups": find_group_references(groups)["object_ids"],
            "commcells": commcells,
        }
    for part, noun in parts.items():
        found = {host: listed for host, listed in of_parts[part].items() if listed}
        if found:
            told[part] = {
                **sum_results([result for listed in found.values() for result in listed]),
                "commcells": {host: [result[noun] for result in listed] for host, listed in found.items()},
            }
    return told


def read_managed_groups(value: t.Any) -> t.Callable[[str], list[t.Any]]:
    """Return a function with the name patterns of a host: *value* is by host, or one for all. Raises FilterInputError for what is neither."""
    if isinstance(value, t.Mapping):
        by_host = {to_text(host): require_list(patterns, "managed_groups") for host, patterns in value.items()}
        return lambda host: by_host.get(host, [])
    patterns = require_list(value, "managed_groups")
    return lambda host: patterns


def _collect_commcell(results: list[Mapping]) -> dict[str, t.Any]:
    mappings = _find_noun(results, "role_mappings")
    listed = [*(result.get("roles") for result in results), mappings.get("roles")]
    roles = [role for found in listed for role in require_mappings(found, "roles")]
    return {
        **sum_results(results),
        "roles_changed": [role["name"] for role in roles if role.get("changed") and role.get("name")],
        "mappings": mappings,
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
    return (
        f"the task {make_visible(task)!r} failed unexpectedly; run it again with -vvv, which shows the reason and may show secrets,"
        " on a terminal that nobody else reads"
    )


def list_approved_ids(plan: t.Any, tasks: t.Any = None) -> dict[str, list[str]]:
    """Return the ids of the steps of a host's plan by task, for option ``approved_steps``; only those of *tasks*, when they are given."""
    steps = require_mapping(require_mapping(plan, "the plan").get("steps"), "steps")
    wanted = list(steps) if tasks is None else require_list(tasks, "tasks")
    return {
        name: [to_text(step.get("id")) for step in require_mappings(steps.get(name), "steps")]
        for name in wanted
        if name in steps
    }


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
    """Return the problems of a failed task, each a text.

    Each begins with the name of the loop's item, or of a task that is one of several, where that is not said already.
    """
    error = require_mapping(result.get("error"), "error")
    item = require_mapping(result.get("item"), "item") if isinstance(result.get("item"), t.Mapping) else {}
    name = next(
        (to_text(item[key]) for key in ("display_name", "name", "unique_name", "object_id") if item.get(key)), ""
    )
    listed = require_mappings(error.get("problems"), "problems")
    lines = [_format_problem(problem) for problem in listed] or [describe_failure(result, task)]
    if not name and task.startswith(_ONE_OF_SEVERAL):
        shown = to_text(make_visible(task))
        return [line if shown.lower() in line.lower() else f"{shown}: {line}" for line in lines]
    return [f"{make_visible(name)}: {line}" if name and name not in line else line for line in lines]


def _format_problem(problem: Mapping) -> str:
    also = require_list(problem.get("also"), "also")
    more = f"; also at {', '.join(map(to_text, also[:_PLACES_TOLD]))}" if also else ""
    return to_text(make_visible(f"{describe_place(problem)}: {problem.get('message')}{more}"))
