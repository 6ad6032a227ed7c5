# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a template lets others set: at launch, in schedules and in nodes of workflows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cvops_simulator.controller import surveys
from cvops_simulator.controller.facts import ENDPOINTS
from cvops_simulator.controller.fields import Errors, parse_mapping
from cvops_simulator.controller.state import LINKED, Row, State

#: A field that may be set -> the template's field that allows it.
ASKS = {
    **{
        name: f"ask_{name}_on_launch"
        for name in [
            "scm_branch",
            "diff_mode",
            "limit",
            "skip_tags",
            "job_type",
            "verbosity",
            "inventory",
            "execution_environment",
            "labels",
            "forks",
            "job_slice_count",
            "timeout",
            "instance_groups",
        ]
    },
    "job_tags": "ask_tags_on_launch",
    "credentials": "ask_credential_on_launch",
}
_CLOSED = "Field is not configured to prompt on launch."


@dataclass
class Prompts:
    """What a template takes of what is sent. `errors`: why it does not take the rest, by field."""

    accepted: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    ignored: dict[str, Any] = field(default_factory=dict)
    errors: Errors = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)


def find_survey(state: State, template: Row) -> dict[str, Any]:
    """Return the survey of a template that asks it, else an empty one."""
    return state.surveys.get((template.endpoint, template.id), {}) if template["survey_enabled"] else {}


def opens(template: Row, name: str) -> bool:
    """Tell whether a template lets a field be set."""
    return bool(template[ASKS[name]])


def read_prompts(
    state: State,
    template: Row,
    sent: Mapping[str, Any],
    variables: Mapping[str, Any],
    ask_required: bool = True,
) -> Prompts:
    """Sort what is sent by what the template takes. What equals the template's own value counts as not sent."""
    result = Prompts()
    for name in ASKS:
        value = sent.get(name)
        if value in (None, "", []) and not (value == "" and template[name]):
            continue
        if name not in LINKED and value == template[name]:
            continue
        if opens(template, name):
            result.accepted[name] = value
        else:
            result.ignored[name] = value
            result.errors[name] = [_CLOSED]
    survey = find_survey(state, template)
    result.answers = surveys.check_answers(survey, variables, ask_required)
    asked = surveys.list_variables(survey)
    refused = {}
    for name, value in variables.items():
        if name in asked or template["ask_variables_on_launch"]:
            result.variables[name] = value
        else:
            refused[name] = value
    if refused:
        result.ignored["extra_vars"] = refused
        title = ENDPOINTS[template.endpoint].type.replace("_", " ").title()
        result.errors["extra_vars"] = [
            f"Variables {', '.join(refused)} are not allowed on launch. Check the Prompt on Launch setting on the "
            f"{title} to include Extra Variables."
        ]
    return result


def check_stored_prompts(state: State, template: Row | None, values: Mapping[str, Any], ask_required: bool) -> Errors:
    """Return what is wrong with the prompts of a node or of a schedule."""
    variables = values.get("extra_data")
    if not isinstance(variables, dict):
        return {"extra_data": ["Expected a dictionary of items."]}
    if template is None:
        return {}
    if template.endpoint not in ("job_templates", "workflow_job_templates"):
        found = {name: [_CLOSED] for name in ASKS if values.get(name) not in (None, "", [])}
        return found | ({"extra_data": [_CLOSED]} if variables else {})
    result = read_prompts(state, template, values, variables, ask_required)
    errors = dict(result.errors)
    if "extra_vars" in errors:
        errors["extra_data"] = errors.pop("extra_vars")
    if result.answers:
        errors["variables_needed_to_start"] = result.answers
    return errors


def make_variables(state: State, template: Row, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the extra variables of a run: the template's, answers that its survey has, those given."""
    result = parse_mapping(template["extra_vars"])
    survey = find_survey(state, template)
    result.update(surveys.make_defaults(survey))
    result.update(variables)
    return result


def list_passwords(state: State, template: Row | None) -> list[str]:
    """Return the variables of a template's survey that are passwords."""
    survey = find_survey(state, template) if template is not None else {}
    return [item["variable"] for item in survey.get("spec", []) if item["type"] == "password"]
