# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The workflows of a controller, and schedules. Pure."""

from __future__ import annotations

import typing as t

from .controller_model import (
    APPLY_NODE,
    APPROVE_NODE,
    PLAN_NODE,
    ControllerObject,
    Mapping,
    Reference,
    build_object,
    mark_description,
)
from .controller_rules import build_rule, normalize_rule
from .controller_settings import Settings
from .controller_surveys import build_survey, list_answers
from .filter_values import require_mapping, to_text

_APPROVAL_TEXT = (
    "The plan, with its digest, is the last event of the job of the node plan, and its artifact "
    "cvops_plan_markdown. Approve only what you have read there: the next job writes only the plan with that digest."
)


def name_workflow(settings: Settings) -> str:
    """Return the name of the workflow that asks for an approval."""
    return settings.name_object("workflow", "change with approval")


def describe_approval(settings: Settings) -> dict[str, t.Any]:
    """Return ``workflow`` and ``identifier`` of the node that asks for the approval, and ``name`` and ``timeout`` of the approval."""
    said = settings.get_part("workflow")
    return {
        "workflow": name_workflow(settings),
        "identifier": APPROVE_NODE,
        "name": to_text(said.get("approval_name")) or f"{settings.prefix} approve the plan",
        "timeout": int(said.get("approval_timeout") or 0),
    }


def list_approval_workflow(
    settings: Settings, links: Mapping, notified: tuple[Reference, ...]
) -> list[ControllerObject]:
    """Return the workflow of plan, approval and apply with its nodes and their links.

    *links*: the options by which it is linked to notification templates; *notified*: these templates.
    """
    name, said = name_workflow(settings), settings.get_part("workflow")
    survey, approval = build_survey(settings, "workflow"), describe_approval(settings)
    words = "Plan, approval, apply: what is applied is the plan that was approved"
    node = {"name": approval["name"], "timeout": approval["timeout"]}
    found = [
        _build_workflow(settings, name, words, survey, links, notified),
        _build_node(settings, name, PLAN_NODE, settings.name_job("plan")),
        ControllerObject(
            "workflow_nodes",
            APPROVE_NODE,
            {**_describe_node(settings, name, APPROVE_NODE), "approval_node": node},
            # The job of the plan writes there what is to be approved.
            once={"approval_node": {**node, "description": _APPROVAL_TEXT}},
            needs=(("workflow_job_templates", name),),
            parent=name,
            words="asks for the approval",
        ),
        _build_node(settings, name, APPLY_NODE, settings.name_job("apply")),
        _build_link(settings, name, PLAN_NODE, APPROVE_NODE),
        _build_link(settings, name, APPROVE_NODE, APPLY_NODE),
    ]
    schedule = require_mapping(said.get("schedule"), "cvops_controller.workflow.schedule")
    if schedule:
        answers = list_answers(survey, require_mapping(schedule.get("answers"), "answers"))
        found.append(plan_schedule(settings, "workflow_job_templates", name, schedule, "", answers))
    return found


def list_sliced_workflow(settings: Settings, links: Mapping, notified: tuple[Reference, ...]) -> list[ControllerObject]:
    """Return the workflow that converges Entra ID first, and then the CommCells in slices; arguments as of the other one."""
    name = f"{settings.prefix} converge in slices"
    return [
        _build_workflow(settings, name, "Entra ID first, then the CommCells in slices", {"spec": []}, links, notified),
        _build_node(settings, name, "entra", settings.name_job("entra")),
        _build_node(settings, name, "converge", settings.name_job("converge")),
        _build_link(settings, name, "entra", "converge"),
    ]


def _build_workflow(
    settings: Settings, name: str, words: str, survey: Mapping, links: Mapping, notified: tuple[Reference, ...]
) -> ControllerObject:
    options = {
        "name": name,
        "organization": settings.organization,
        "description": mark_description(words, settings.prefix),
        # Both would win over the digest that the job of the plan hands on.
        "extra_vars": {},
        "ask_variables_on_launch": False,
        # Two runs at once would show each other's plan to the approver.
        "allow_simultaneous": False,
        # The module cannot remove a survey of a workflow; it is not asked any more.
        "survey_enabled": bool(survey["spec"]),
        "survey_spec": survey if survey["spec"] else None,
        **links,
    }
    return build_object("workflow_job_templates", name, options, needs=notified, words=words)


def _describe_node(settings: Settings, workflow: str, identifier: str) -> dict[str, t.Any]:
    return {"identifier": identifier, "workflow_job_template": workflow, "organization": settings.organization}


def _build_node(settings: Settings, workflow: str, identifier: str, template: str) -> ControllerObject:
    options = {
        **_describe_node(settings, workflow, identifier),
        "unified_job_template": template,
        "lookup_organization": settings.organization,
    }
    needs = (("workflow_job_templates", workflow), ("job_templates", template))
    return build_object("workflow_nodes", identifier, options, needs=needs, parent=workflow, words=f"runs {template}")


def _build_link(settings: Settings, workflow: str, before: str, after: str) -> ControllerObject:
    """Return that a node follows another one. In a call of its own: with the approval in the same call, the module links that, too, and fails."""
    return build_object(
        "workflow_links",
        before,
        {**_describe_node(settings, workflow, before), "success_nodes": [after]},
        parent=workflow,
        needs=(("workflow_nodes", before), ("workflow_nodes", after)),
        words=f"on success {after}",
    )


def plan_schedule(
    settings: Settings, kind: str, template: str, said: Mapping, rule: str, answers: Mapping
) -> ControllerObject:
    """Return the schedule of a template of the *kind*. It is made at rest, as its credentials are empty; afterwards it stays as people set it.

    *said*: what the document says of it; *rule*: that of the kind where the document gives none, as ``build_rule`` takes it.
    """
    name = to_text(said.get("name")) or f"{template} schedule"
    given = to_text(said.get("rrule")) or (build_rule(rule, settings.timezone) if rule else "")
    enabled = said.get("enabled")
    options = {
        "name": name,
        "unified_job_template": template,
        "organization": settings.organization,
        "description": mark_description("", settings.prefix),
        "rrule": normalize_rule(given),
        "extra_data": dict(answers),
        "enabled": None if enabled is None else to_text(enabled).lower() in ("true", "yes"),
    }
    words = "at rest until somebody enables it" if enabled is None else f"of {template}"
    return build_object(
        "schedules",
        name,
        options,
        once={"enabled": False} if enabled is None else {},
        parent=template,
        needs=((kind, template),),
        words=words,
    )
