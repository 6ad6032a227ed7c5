# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a controller has of what a plan asks for: which look-ups tell, what they say, and which objects a task writes. Pure.

The state is a mapping by the keys of objects and references: ``count`` of the objects found, ``id`` and ``status`` of the first one, and ``lasting``, what
it names that the modules cannot take out. Beside them stand, by kind, the objects that an earlier run has ``marked``.
"""

from __future__ import annotations

import typing as t

from .controller_model import KINDS, ControllerObject, Reference
from .controller_objects import ControllerPlan, plan_objects
from .controller_settings import JOBS, get_playbook
from .controller_surplus import LASTING, is_marked_key, list_mark_queries, list_stops, read_marked
from .filter_values import make_visible, require_list, require_mapping, require_mappings, to_text

Mapping = t.Mapping[str, t.Any]

#: Kinds whose objects the modules look up in the organization; credentials and inventories are looked up by name alone.
_IN_ORGANIZATION = ("projects", "job_templates", "workflow_job_templates", "notification_templates")
_BY_NAME_ALONE = ("credentials", "inventories", "execution_environments", "organizations")
#: Kinds that the look-up by name alone may find in another organization, where they are of no use.
_OF_ONE = ("inventories", "execution_environments", "credentials")
#: By kind, the filter on the object within which a name is unique.
_PARENTS: t.Mapping[str, str] = {
    "hosts": "inventory",
    "groups": "inventory",
    "workflow_nodes": "workflow_job_template",
    "schedules": "unified_job_template",
}
_ENDPOINTS = {"workflow_nodes": "workflow_job_template_nodes"}
#: The key of who signs in.
_WHO = "me"
#: How an update of a project ends; a project that has never been updated has one of the others.
ENDED = ("successful", "failed", "error", "canceled", "missing")


def name_reference(reference: Reference) -> str:
    """Return the key of an object of others."""
    return "/".join(reference)


def list_queries(document: t.Any, state: t.Any = None) -> list[dict[str, t.Any]]:
    """Return the look-ups that can be made by now and have not been made: ``key``, ``endpoint``, ``params``, and whether ``all`` pages are read.

    What lies in an object that is not there is not there, and is not looked up.
    """
    plan, known = plan_objects(document), require_mapping(state, "the state")
    organization = _get_id(known, name_reference(("organizations", plan.settings.organization)))
    wanted = [*((name_reference(used), *used) for used in plan.uses)]
    wanted += [(item.key, item.kind, item.name) for item in plan.objects if item.kind != "workflow_links"]
    parents = {item.key: _find_parent(item, known) for item in plan.objects}
    found = []
    for key, kind, name in dict.fromkeys(wanted):
        if key in known:
            continue
        params: dict[str, t.Any] = {"identifier" if kind == "workflow_nodes" else "name": name}
        if kind in _PARENTS:
            if parents[key] is None:
                continue
            params[_PARENTS[kind]] = parents[key]
        elif kind in _IN_ORGANIZATION:
            if organization is None:
                continue
            params["organization"] = organization
        found.append({"key": key, "endpoint": _ENDPOINTS.get(kind, kind), "params": params, "all": False})
    if _WHO not in known:
        found.append({"key": _WHO, "endpoint": "me", "params": {}, "all": False})
    return [*found, *list_mark_queries(plan, known, organization)]


def _find_parent(item: ControllerObject, known: Mapping) -> t.Any:
    """Return the id of the object that *item* lies in, None where that is not there."""
    return _get_id(known, name_reference(item.needs[0])) if item.needs else None


def _get_id(known: Mapping, key: str) -> t.Any:
    return require_mapping(known.get(key), "a state").get("id")


def read_answers(results: t.Any, state: t.Any = None) -> dict[str, dict[str, t.Any]]:
    """Return the *state* with what the look-ups of :func:`list_queries` answered: a loop's results, each with its ``item`` and objects."""
    found = dict(require_mapping(state, "the state"))
    for result in require_mappings(require_mapping(results, "the results").get("results"), "results"):
        facts = require_mapping(result.get("ansible_facts"), "facts")
        objects = require_mappings(next(iter(facts.values()), None), "objects")
        key = to_text(result["item"]["key"])
        if is_marked_key(key):
            found[key] = {"count": len(objects), "marked": read_marked(objects)}
            continue
        first = objects[0] if objects else {}
        field = LASTING.get(key.partition("/")[0], ("", "", ""))[0]
        found[key] = {
            "count": len(objects),
            "id": first.get("id"),
            "status": to_text(first.get("status")),
            "organization": first.get("organization"),
            "lasting": first.get(field),
        }
        if key == _WHO:
            found[key] |= {
                "name": to_text(first.get("username")),
                "is_administrator": first.get("is_superuser") is True,
            }
    return found


def find_state_problems(document: t.Any, state: t.Any) -> list[str]:
    """Return what the controller has or lacks, so that the plan cannot be carried out, one line each with what to do."""
    plan, known = plan_objects(document), require_mapping(state, "the state")
    own = _get_id(known, name_reference(("organizations", plan.settings.organization)))
    problems = []
    for reference in plan.uses:
        kind, name = reference
        # Without the organization what lies in it was not looked up.
        if not _count(known, key := name_reference(reference)) and (
            own is not None or kind == "organizations" or key in known
        ):
            problems.append(
                f"the controller has no {_word(kind)} {make_visible(name)}, or this user cannot see it: create it, "
                "use another one in cvops_controller, or give the user access to it"
            )
    who = require_mapping(known.get(_WHO), "a state")
    missing = [item.name for item in plan.objects if item.kind == "credential_types" and not _count(known, item.key)]
    if missing and who.get("count") and not who.get("is_administrator"):
        problems.append(
            f"the user {make_visible(who.get('name'))} is not a system administrator, but the controller lacks "
            f"{len(missing)} credential types, which only a system administrator can create: sign in as one, or ask "
            "one to create them (awx_setup_export writes them as variables)"
        )
    keys = {item.key: (item.kind, item.name) for item in plan.objects}
    made = set(keys)
    keys |= {name_reference(used): used for used in plan.uses}
    for key, (kind, name) in keys.items():
        found = require_mapping(known.get(key), "a state")
        told = _word(kind)
        if kind in _BY_NAME_ALONE and found.get("count", 0) > 1:
            problems.append(
                f"the controller has {found['count']} objects of the kind {told} with the name {make_visible(name)}, "
                "and job templates refer to them by name only: give another name in cvops_controller"
            )
        elif key in made and kind in _OF_ONE and found.get("count") and found.get("organization") not in (own, None):
            problems.append(
                f"the {told} {make_visible(name)} belongs to another organization: give another name in cvops_controller"
            )
    return problems


def find_playbook_problem(document: t.Any, present: t.Any) -> str:
    """Return which playbooks job templates need that a project lacks, and what to add to its repository; empty where all are *present*."""
    settings = plan_objects(document).settings
    known = {to_text(path) for path in require_list(present, "the playbooks")}
    missing = {
        path: JOBS[kind].playbook for kind in settings.jobs if (path := get_playbook(settings, kind)) not in known
    }
    if not missing:
        return ""
    files = ", ".join(
        f"{make_visible(path)} with the one line '- import_playbook: cvops.identity.{name}'"
        for path, name in missing.items()
    )
    return (
        f"the project {make_visible(settings.name_object('project', 'project'))} lacks playbooks that job templates "
        "need. Add to its repository, on the branch"
        f" of the project: {files}; or name the folder where they are in cvops_controller.project.playbooks"
    )


def _word(kind: str) -> str:
    return KINDS.get(kind, "organization")


def _count(known: Mapping, key: str) -> int:
    return int(require_mapping(known.get(key), "a state").get("count") or 0)


def is_there(item: ControllerObject, known: Mapping) -> bool:
    """Return whether the controller has the object; links are there when both nodes are."""
    if item.kind != "workflow_links":
        return _count(known, item.key) > 0
    return all(_count(known, f"{kind}/{item.parent}/{name}") > 0 for kind, name in item.needs)


def can_compare(item: ControllerObject, plan: ControllerPlan, known: Mapping) -> bool:
    """Return whether a module in check mode finds the object and everything that it names."""
    made = {(other.kind, other.name): other for other in plan.objects if other.kind != "workflow_nodes"}
    there = all(is_there(made[need], known) for need in item.needs if need in made)
    return there and is_there(item, known)


def list_batch(document: t.Any, state: t.Any, kind: t.Any, check_mode: t.Any = False) -> list[dict[str, t.Any]]:
    """Return the objects of a *kind* that a task writes: ``key``, ``name``, ``options`` and the ``status`` of one that is there.

    The kind ``stops``: schedules that an earlier run has made, the document lacks, and that still run.

    *check_mode*: only those that the modules can look up, with all that they name.
    """
    plan, known = plan_objects(document), require_mapping(state, "the state")
    if to_text(kind) == "stops":
        return list_stops(plan, known)
    batch = []
    for item in plan.objects:
        if item.kind != to_text(kind) or (check_mode and not can_compare(item, plan, known)):
            continue
        options = {**item.options, **({} if is_there(item, known) else item.once)}
        status = require_mapping(known.get(item.key), "a state").get("status") or ""
        batch.append({"key": item.key, "name": item.name, "options": options, "status": status})
    return batch


def list_results(results: t.Any) -> dict[str, list[Mapping]]:
    """Return the results of the loops of all kinds, by the key of the object. Skipped ones are left out."""
    found: dict[str, list[Mapping]] = {}
    for loop in require_list(results, "the results"):
        for result in require_mappings(require_mapping(loop, "a result").get("results"), "results"):
            item = require_mapping(result.get("item"), "an item")
            if item.get("key") and not result.get("skipped"):
                found.setdefault(to_text(item["key"]), []).append(result)
    return found
