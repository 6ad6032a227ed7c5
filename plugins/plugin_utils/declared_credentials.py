# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Credentials of the role commvault_credentials: what the document declares for a CommCell, of which application, and what the module gets of it."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._commvault.secret_marks import ROTATED
from ansible_collections.cvops.identity.plugins.module_utils._core.values import is_guid

from .declared import is_commcell_covered
from .filter_values import FilterInputError, require_mapping, require_mappings, to_text

Mapping = t.Mapping[str, t.Any]

#: What the tasks of credentials are called, before their names.
CREDENTIAL = "credential "
_VARIABLE = "cvops_commvault_credentials"


def list_credentials(declared: t.Any, commcell: t.Any) -> list[dict[str, t.Any]]:
    """Return the credentials of the document for a CommCell, those that are absent last, without what they hold.

    Of each ``task``, what its task is called, and ``is_registered``: whether it is of the application that the document registers.
    """
    rows = [
        {"task": name_task(item), "is_registered": is_of_registration(item), "state": item.get("state")}
        for item in require_mappings(declared, _VARIABLE)
        if is_commcell_covered(item.get("commcells"), commcell)
    ]
    return [
        {"task": row["task"], "is_registered": row["is_registered"]}
        for row in sorted(rows, key=lambda row: row["state"] == "absent")
    ]


def is_of_registration(item: t.Any) -> bool:
    """Return whether an item is of the application that the document registers: it stays, a rotation writes its secret, and it says of no other one.

    The application of any other credential is managed only where the item names it.
    """
    given = require_mapping(item, "the credential")
    is_rotated = given.get("secret_policy") == ROTATED
    return given.get("state") != "absent" and is_rotated and not given.get("azure_application_id")


def describe_registered(application: t.Any, declared: t.Any) -> dict[str, t.Any]:
    """Return what credentials need to know of the registered application, out of the registered result of its task; empty without a registration.

    ``id``: its application id, null while it does not exist; ``name``: what people call it; ``tenant_id``: where it is, null where that is not
    known; ``failed``: the task has failed; ``why``: its message then. *declared*: the variable cvops_application.
    """
    wanted = require_mapping(declared, "cvops_application")
    if not wanted or wanted.get("state") == "absent":
        return {}
    told = require_mapping(application, "the result of the application")
    found = require_mapping(told.get("application"), "the application")
    names = (
        found.get("display_name"),
        *(wanted.get(key) for key in ("display_name", "unique_name", "app_id", "object_id")),
    )
    tenant = to_text(told.get("target"))
    return {
        "id": found.get("app_id"),
        "name": next((to_text(name) for name in names if name), ""),
        "tenant_id": tenant if is_guid(tenant) else None,
        "failed": "application" not in told or "error" in told,
        "why": to_text(told.get("msg")) if "error" in told else "",
    }


def build_credential_options(
    declared: t.Any, commcell: t.Any, task: t.Any, registered: t.Any, coming_groups: t.Any = None
) -> dict[str, t.Any]:
    """Return the options of commvault_credential for the credential whose *task* it is, on that CommCell.

    *registered*: of :func:`describe_registered`; *coming_groups*: user groups that the same run creates. Raises FilterInputError where no
    credential has that task.
    """
    for item in require_mappings(declared, _VARIABLE):
        if is_commcell_covered(item.get("commcells"), commcell) and name_task(item) == task:
            break
    else:
        raise FilterInputError(f"{_VARIABLE} has no such credential for the CommCell")
    given = {name: value for name, value in item.items() if name != "commcells" and value is not None}
    if given.get("state") == "absent":
        return {name: value for name, value in given.items() if name in ("name", "company", "state")}
    told = require_mapping(registered, "the registered application")
    if told and is_of_registration(item):
        given = {**given, "azure_application_name": given.get("azure_application_name") or told.get("name")}
        given |= {"azure_application_id": told["id"]} if told.get("id") else {"pending_application": True}
        if not given.get("azure_tenant_id") and told.get("tenant_id"):
            given["azure_tenant_id"] = told["tenant_id"]
    if coming := require_mappings(coming_groups, "user groups"):
        given["pending_user_groups"] = coming
    return given


def select_approved(plan: t.Any, credentials: t.Any) -> dict[str, list[str]]:
    """Return the ids of the steps that the credentials of :func:`list_credentials` have in a CommCell's plan, by task; not those without a step."""
    steps = require_mapping(require_mapping(plan, "the plan").get("steps"), "steps")
    ids = {
        to_text(row.get("task")): [
            to_text(step.get("id")) for step in require_mappings(steps.get(row.get("task")), "steps")
        ]
        for row in require_mappings(credentials, "the credentials")
    }
    return {task: listed for task, listed in ids.items() if listed}


def find_unregistered_problem(rows: t.Any, registered: t.Any, is_in_run: t.Any = False) -> list[str]:
    """Return the problem that credentials are of an application that is not there, where Entra ID is no part of the run (*is_in_run*).

    *rows*: of :func:`list_credentials`; *registered*: of :func:`describe_registered`.
    """
    told = require_mapping(registered, "the registered application")
    names = [to_text(row.get("task")) for row in require_mappings(rows, "the credentials") if row.get("is_registered")]
    if is_in_run or not told or told.get("id") or not names:
        return []
    why = told.get("why")
    what = f"cannot be read ({to_text(why)})" if why else "does not exist"
    return [f"{names[0]} needs an application in Entra ID that {what}; this run does not include Entra ID"]


def list_credential_results(results: t.Any) -> dict[str, list[t.Any]]:
    """Return by CommCell its credentials as they are afterwards, out of registered results by CommCell and task."""
    found = {}
    for commcell, tasks in require_mapping(results, "the results by CommCell").items():
        listed = [
            require_mapping(result, "a result").get("credential")
            for result in require_mapping(tasks, "the results by task").values()
        ]
        found[to_text(commcell)] = [credential for credential in listed if credential]
    return found


def name_task(item: Mapping) -> str:
    """Return what the task of a credential is called, by which it is known in plans and results."""
    company = f" of company {to_text(item['company'])}" if item.get("company") else ""
    return f"{CREDENTIAL}{to_text(item.get('name'))}{company}"
