# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The plan of a controller as variables of the collection infra.aap_configuration, for shops that have a dispatcher already. Pure."""

from __future__ import annotations

import typing as t

from .controller_objects import ControllerPlan, plan_objects

Mapping = t.Mapping[str, t.Any]

#: By kind, the variable of infra.aap_configuration.
VARIABLES: t.Mapping[str, str] = {
    "credential_types": "controller_credential_types",
    "credentials": "controller_credentials",
    "execution_environments": "controller_execution_environments",
    "notification_templates": "controller_notifications",
    "projects": "controller_projects",
    "inventories": "controller_inventories",
    "hosts": "controller_hosts",
    "groups": "controller_groups",
    "job_templates": "controller_templates",
    "workflow_job_templates": "controller_workflows",
    "schedules": "controller_schedules",
}
#: Options that say how a module works, not what an object is; a dispatcher waits for projects by itself.
_OF_THE_MODULE = ("wait",)


def export_variables(document: t.Any) -> dict[str, list[dict[str, t.Any]]]:
    """Return by variable the objects that the *document* asks for, as the roles of infra.aap_configuration take them; kinds without objects are left out."""
    plan = plan_objects(document)
    found: dict[str, list[dict[str, t.Any]]] = {}
    for item in plan.objects:
        if item.kind in VARIABLES:
            options = {key: value for key, value in {**item.options, **item.once}.items() if key not in _OF_THE_MODULE}
            found.setdefault(VARIABLES[item.kind], []).append(options)
    for workflow in found.get("controller_workflows", []):
        workflow["simplified_workflow_nodes"] = _list_nodes(plan, workflow["name"])
    return found


def _list_nodes(plan: ControllerPlan, workflow: str) -> list[dict[str, t.Any]]:
    """Return the nodes of a workflow with what follows each: that collection makes all of them first, and links them then."""
    nodes: dict[str, dict[str, t.Any]] = {}
    for item in plan.objects:
        if item.kind in ("workflow_nodes", "workflow_links") and item.parent == workflow:
            options = {**item.options, **item.once}
            nodes.setdefault(item.name, {}).update(
                (key, value) for key, value in options.items() if key not in ("workflow_job_template", "organization")
            )
    return list(nodes.values())
