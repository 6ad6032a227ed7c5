# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Conditional access in a variables document: the named locations and policies that it declares, and what the modules get of them. Pure.

Three policies are ready: people say whom and where, and the rest is made here. Further ones are taken as they are, but for break-glass accounts.
"""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.names import fold_case, is_same_name
from ansible_collections.cvops.identity.plugins.module_utils._core.values import is_guid

from .declared_credentials import describe_registered
from .filter_values import FilterInputError, require_list, require_mapping, require_mappings, to_text

Mapping = t.Mapping[str, t.Any]

VARIABLE = "cvops_conditional_access"
#: Ready policies, and what their names say after the prefix.
READY = {
    "administrators": "administrators of the console",
    "places": "sign-in places",
    "egress": "egress of the application",
}
#: Those that are for people.
FOR_PEOPLE = ("administrators", "places")
PREFIX = "Commvault - "
LOCATION, POLICY = "named location ", "conditional access policy "
#: For so many days the sign-in logs show that a policy for programs would have blocked nothing, before it is put in force.
HISTORY_DAYS = 30
_WHOM = ("users", "groups", "roles")
#: Keys at the top that every policy gets.
_FOR_ALL = ("break_glass", "caller_address", "must_get_in", "one_must_get_in")
#: Keys of a ready policy that are those of the module.
_AS_GIVEN = ("policy_state", "exclusive", "max_removals", "accept_risk", "accept_reason")


def list_access_tasks(declared: t.Any, application: t.Any = None) -> list[dict[str, t.Any]]:
    """Return the tasks of a document in their order: locations, policies, policies that go, locations that go.

    Of each ``task``, what it is called, ``kind``: ``named_location`` or ``policy``, and ``is_registered``: whether it is about the application
    that the document registers. *application*: the variable cvops_application, by whose name further policies may name it.
    """
    given = require_mapping(declared, VARIABLE)
    registered = require_mapping(application, "cvops_application")
    own = "" if is_gone(registered) else registered.get("display_name") or registered.get("unique_name") or ""
    rows = [
        (is_gone(item), {"task": name_task(LOCATION, item), "kind": "named_location", "is_registered": False})
        for item in require_mappings(given.get("named_locations"), "named_locations")
    ]
    policies = [
        (
            is_gone(item),
            {
                "task": name_task(POLICY, item),
                "kind": "policy",
                "is_registered": is_of_registration(name, item) or _names_application(name, item, to_text(own)),
            },
        )
        for name, item in list_policies(given)
    ]
    ordered = (
        [row for row in rows if not row[0]],
        sorted(policies, key=lambda row: row[0]),
        [row for row in rows if row[0]],
    )
    return [row for part in ordered for dummy, row in part]


def list_policies(declared: Mapping) -> list[tuple[str, Mapping]]:
    """Return the policies as pairs of the name of a ready one, empty for a further one, and what is declared; ready ones have their display name."""
    prefix = declared.get("name_prefix")
    found: list[tuple[str, Mapping]] = []
    for name, words in READY.items():
        item = declared.get(name)
        if item is not None:
            own = require_mapping(item, name)
            default = f"{PREFIX if prefix is None else to_text(prefix)}{words}"
            found.append((name, {**own, "display_name": own.get("display_name") or default}))
    found += [("", item) for item in require_mappings(declared.get("policies"), "policies")]
    return found


def is_gone(item: Mapping) -> bool:
    """Return whether an item is to be absent."""
    return item.get("state") == "absent"


def is_of_registration(name: str, item: Mapping) -> bool:
    """Return whether a ready policy, by its *name*, is about the application that the document registers: it stays and names no other one."""
    if not name or is_gone(item):
        return False
    return not item.get("service_principals" if name == "egress" else "applications")


def _names_application(ready: str, item: Mapping, name: str) -> bool:
    """Return whether a further policy that stays names the application of this *name*."""
    if ready or is_gone(item) or not name:
        return False
    return _give_ids(item, name, {"applications": None, "client_applications": None}) != item


def _give_ids(item: Mapping, name: str, ids: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return a further policy with *ids*, by the key where they stand, in place of the *name* of an application."""
    found = dict(item)
    for key, given in ids.items():
        sides = item.get(key)
        if isinstance(sides, t.Mapping):
            found[key] = {
                side: [given if isinstance(text, str) and is_same_name(text, name) else text for text in listed]
                if isinstance(listed, list)
                else listed
                for side, listed in sides.items()
            }
    return found


def name_task(kind: str, item: Mapping) -> str:
    """Return what a task is called, by which it is known in plans and results."""
    return f"{kind}{to_text(item.get('display_name') or item.get('object_id'))}"


def describe_target(
    application: t.Any, service_principal: t.Any, declared: t.Any, is_in_run: t.Any = True
) -> dict[str, t.Any]:
    """Return what policies need to know of the registered application, out of the registered results of its tasks; empty without a registration.

    As ``describe_registered``, with ``object_id``: that of its service principal, null while there is none; ``pending``: it is registered, or gets
    its service principal, by the same run. One that is not there in a run without its registration, not *is_in_run*, counts as ``failed``.
    """
    found = describe_registered(application, declared)
    if not found:
        return {}
    told = require_mapping(service_principal, "the result of the service principal")
    principal = require_mapping(told.get("service_principal"), "the service principal")
    object_id = principal.get("object_id")
    failed = bool(found["failed"] or "error" in told or not (object_id or is_in_run))
    why = found["why"] or (to_text(told.get("msg")) if "error" in told else "")
    return {**found, "failed": failed, "why": why, "object_id": object_id, "pending": not (failed or object_id)}


def build_access_options(
    declared: t.Any,
    task: t.Any,
    registered: t.Any = None,
    mappings: t.Any = None,
    coming_groups: t.Any = None,
    results: t.Any = None,
) -> dict[str, t.Any]:
    """Return the options of the module for the location or policy whose *task* it is.

    *registered*: of :func:`describe_target`; *mappings*: the variable cvops_role_mappings; *coming_groups*: names of groups that the same run
    creates; *results*: registered results of the tasks before, by task. Raises FilterInputError where nothing has that task.
    """
    given = require_mapping(declared, VARIABLE)
    locations = require_mappings(given.get("named_locations"), "named_locations")
    for item in locations:
        if name_task(LOCATION, item) == task:
            released = _list_released(given, item, results) if is_gone(item) else []
            return {**_drop_nulls(item), **({"pending_policies": released} if released else {})}
    matching = [pair for pair in list_policies(given) if name_task(POLICY, pair[1]) == task]
    if not matching:
        raise FilterInputError(f"{VARIABLE} has no such location or policy")
    name, item = matching[0]
    if is_gone(item):
        return {key: item[key] for key in ("display_name", "object_id", "state") if item.get(key) is not None}
    target = require_mapping(registered, "the registered application")
    coming = [to_text(row.get("display_name")) for row in locations if not is_gone(row) and row.get("display_name")]
    found = {key: given[key] for key in _FOR_ALL if given.get(key) is not None}
    found |= {"pending_named_locations": coming, "pending_entra_groups": require_list(coming_groups, "groups")}
    if target.get("pending"):
        found["pending_applications"] = [target["name"]]
    if not name:
        item = _drop_nulls(item)
        if target.get("name") and target.get("object_id"):
            # Others may have its name; in a document it is that of the registered one, as before it is there.
            ids = {"applications": target["id"], "client_applications": target["object_id"]}
            item = _give_ids(item, to_text(target["name"]), ids)
        return _exclude_break_glass({**found, **item}, given)
    found |= {key: item[key] for key in ("display_name", *_AS_GIVEN) if item.get(key) is not None}
    build = {"administrators": _build_administrators, "places": _build_places, "egress": _build_egress}[name]
    found |= build(item, target, mappings)
    return found if name == "egress" else _exclude_break_glass(found, given)


def _list_released(declared: Mapping, location: Mapping, results: t.Any) -> list[str]:
    """Return the names of the policies that do not name a location after their tasks, as far as these have told."""
    told = require_mapping(results, "the results")
    own = {fold_case(to_text(location[key])) for key in ("display_name", "object_id") if location.get(key)}
    found = []
    for dummy, item in list_policies(declared):
        result = require_mapping(told.get(name_task(POLICY, item)), "a result")
        if not item.get("display_name") or "policy" not in result:
            continue
        places = require_mapping(require_mapping(result["policy"], "policy").get("locations"), "locations")
        rows = [row for way in ("include", "exclude") for row in require_mappings(places.get(way), "locations")]
        # One whose name was not asked for may be this one.
        named = {fold_case(to_text(row.get(key))) for row in rows for key in ("id", "name")}
        if not own & named and not any(row.get("name") is None and is_guid(row.get("id")) for row in rows):
            found.append(to_text(item["display_name"]))
    return found


def _build_administrators(item: Mapping, target: Mapping, mappings: t.Any) -> dict[str, t.Any]:
    strength = item.get("authentication_strength")
    controls = item.get("controls")
    if controls is None:
        # Entra ID takes an authentication strength in place of multifactor authentication, not beside it.
        controls = ["compliant_device"] if strength else ["mfa", "compliant_device"]
    grant = {"operator": item.get("operator") or "and", "controls": controls}
    return {
        "users": {"include": _get_included(item) or {"groups": list_mapped_groups(mappings)}, **_get_exclusions(item)},
        "applications": {"include": _choose_applications(item, target)},
        "grant": {**grant, **({"authentication_strength": strength} if strength is not None else {})},
    }


def _build_places(item: Mapping, target: Mapping, dummy: t.Any) -> dict[str, t.Any]:
    whom = _get_included(item)
    # A policy for some only is for all no more.
    included = {"users": [], **whom} if whom else {"users": ["all"]}
    return {
        "users": {"include": included, **_get_exclusions(item)},
        "applications": {"include": _choose_applications(item, target)},
        "locations": _leave_out_places(item),
        "grant": {"controls": ["block"]},
    }


def _build_egress(item: Mapping, target: Mapping, dummy: t.Any) -> dict[str, t.Any]:
    principals = require_list(item.get("service_principals"), "service_principals")
    found: dict[str, t.Any] = {
        "client_applications": {"include": principals or [target.get("object_id") or target.get("name")]},
        "applications": {"include": ["all"]},
        "locations": _leave_out_places(item),
        "grant": {"controls": ["block"]},
    }
    # Also without a state: one that is in force is not to refuse more than now.
    days = item.get("sign_in_history_days")
    found["sign_in_history"] = {"days": HISTORY_DAYS if days is None else days, "otherwise": "report_only"}
    return found


def _leave_out_places(item: Mapping) -> dict[str, t.Any]:
    return {"include": ["all"], "exclude": require_list(item.get("locations"), "locations")}


def _get_whom(item: Mapping) -> dict[str, t.Any]:
    return {key: item[key] for key in _WHOM if item.get(key) is not None}


def _get_included(item: Mapping) -> dict[str, t.Any]:
    """Return for whom a ready policy is; empty where it names nobody, also in empty lists, so that it is for all of its own."""
    found = _get_whom(item)
    return found if any(found.values()) else {}


def _get_exclusions(item: Mapping) -> dict[str, t.Any]:
    exclude = _get_whom(require_mapping(item.get("exclude"), "exclude"))
    return {"exclude": exclude} if exclude else {}


def _choose_applications(item: Mapping, target: Mapping) -> list[t.Any]:
    """Return the applications that a policy names; else the registered one, by its name until it has a service principal."""
    given = require_list(item.get("applications"), "applications")
    return given or [target.get("name") if target.get("pending") else target.get("id")]


def _exclude_break_glass(options: dict[str, t.Any], declared: Mapping) -> dict[str, t.Any]:
    """Return the options of a policy with the break-glass accounts among its exclusions; as they are where it does not say which users it is for."""
    users = require_mapping(options.get("users"), "users")
    if not require_mapping(users.get("include"), "include"):
        return options
    glass = require_mapping(declared.get("break_glass"), "break_glass")
    exclude = dict(_drop_nulls(require_mapping(users.get("exclude"), "exclude")))
    for key in ("users", "groups"):
        accounts = require_list(glass.get(key), key)
        if accounts:
            exclude[key] = list(dict.fromkeys([*require_list(exclude.get(key), key), *accounts]))
    return {**options, "users": {**users, "exclude": exclude}} if exclude else options


def list_mapped_groups(mappings: t.Any) -> list[str]:
    """Return the Entra groups to which a document's role mappings give a role, by object id where they have it, else by name; each once."""
    found: dict[str, None] = {}
    for entry in require_mappings(mappings, "cvops_role_mappings"):
        group = require_mapping(entry.get("principal"), "principal").get("entra_group")
        if not group or is_gone(entry):
            continue
        if isinstance(group, t.Mapping):
            group = group.get("object_id") or group.get("name")
        found[to_text(group)] = None
    return list(found)


def find_unregistered_problem(rows: t.Any, registered: t.Any, is_in_run: t.Any = False) -> list[str]:
    """Return the problem that policies are about an application that is not there, where its registration is no part of the run (*is_in_run*).

    *rows*: of :func:`list_access_tasks`; *registered*: of :func:`describe_target`.
    """
    told = require_mapping(registered, "the registered application")
    names = [to_text(row.get("task")) for row in require_mappings(rows, "the tasks") if row.get("is_registered")]
    if is_in_run or not told or told.get("object_id") or not names:
        return []
    what = (
        f"cannot be read ({to_text(told['why'])})" if told.get("why") else "does not exist, or has no service principal"
    )
    return [f"{names[0]} needs an application in Entra ID that {what}; this run does not register it"]


def collect_access(results: t.Any) -> dict[str, t.Any]:
    """Return the ``named_locations`` and ``policies`` as they are afterwards, out of registered results.

    Each has ``planned``: it would be so, and nothing of that was written.
    """
    listed = require_mappings(results, "the results")
    return {
        key: [{**result[noun], "planned": _is_planned(result)} for result in listed if result.get(noun)]
        for key, noun in (("named_locations", "named_location"), ("policies", "policy"))
    }


def is_held_back(result: Mapping) -> bool:
    """Return whether sign-ins keep the policy of a registered result in report-only."""
    policy = require_mapping(result.get("policy"), "policy")
    return bool(policy.get("held_back")) and policy.get("policy_state") == "report_only"


def _is_planned(result: Mapping) -> bool:
    """Return whether a result has steps that were not carried out; ``changed`` is taken back where a playbook plans."""
    return bool(result.get("steps")) and not require_mapping(result.get("stats"), "stats of a result").get("writes")


def _drop_nulls(item: Mapping) -> dict[str, t.Any]:
    return {key: value for key, value in item.items() if value is not None}
