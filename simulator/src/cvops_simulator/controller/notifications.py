# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of notification templates: configurations by type, and messages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError

from cvops_simulator.controller.facts import CONTRACT, ENCRYPTED
from cvops_simulator.controller.injection import make_environment

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "password": (str,),
    "int": (int,),
    "bool": (bool, int),
    "list": (list,),
    "object": (dict,),
}
_EVENTS = ("started", "success", "error", "workflow_approval")
_APPROVAL_EVENTS = ("running", "approved", "timed_out", "denied")
_JOB_FIELDS = [
    "id",
    "type",
    "url",
    "created",
    "modified",
    "name",
    "description",
    "job_type",
    "playbook",
    "forks",
    "limit",
    "verbosity",
    "job_slice_count",
    "job_tags",
    "force_handlers",
    "skip_tags",
    "start_at_task",
    "timeout",
    "use_fact_cache",
    "launch_type",
    "status",
    "failed",
    "started",
    "finished",
    "elapsed",
    "job_explanation",
    "execution_node",
    "controller_node",
    "allow_simultaneous",
    "scm_revision",
    "diff_mode",
    "job_slice_number",
    "approval_status",
    "approval_node_name",
    "workflow_url",
    "artifacts",
    "host_status_counts",
    "summary_fields",
    "scm_branch",
]


class _Example(dict[str, Any]):
    """A job of which a message may ask what there is."""


def list_passwords(kind: str) -> list[str]:
    """Return the fields of a configuration that are secret."""
    return [name for name, rule in CONTRACT["notification_configurations"][kind].items() if rule.startswith("password")]


def make_configuration(
    kind: str, configuration: Any, stored: Mapping[str, Any] | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a configuration with its defaults and kept secrets, and what is wrong with it."""
    if not isinstance(configuration, dict):
        return {}, {"notification_configuration": ["Expected a dictionary of items."]}
    rules: Mapping[str, str] = CONTRACT["notification_configurations"][kind]
    result, missing, errors = dict(configuration), [], []
    for name, rule in rules.items():
        word, has_default, default = rule.partition("=")
        if name not in result:
            if not has_default:
                missing.append(name)
                continue
            result[name] = json.loads(default)
        if not isinstance(result[name], _TYPES[word]):
            errors.append(f"Configuration field '{name}' incorrect type, expected {word}.")
        if word == "password" and result[name] == ENCRYPTED and stored is not None:
            result[name] = stored.get(name, "")
    if missing:
        errors.append(f"Missing required fields for Notification Configuration: {missing}.")
    if not errors and kind == "webhook" and result["http_method"].lower() not in ("post", "put"):
        errors.append("HTTP method must be either 'POST' or 'PUT'.")
    return result, {"__all__": errors} if errors else {}


def check_messages(messages: Any) -> list[str]:
    """Return what is wrong with the messages of a template."""
    if messages is None:
        return []
    if not isinstance(messages, dict):
        return ["Expected dict for 'messages' field."]
    for event, message in messages.items():
        if event not in _EVENTS:
            return [f"Event '{event}' invalid, must be one of 'started', 'success', 'error', or 'workflow_approval'"]
        if message is None:
            continue
        if not isinstance(message, dict):
            return [f"Expected dict for event '{event}', found {type(message).__name__}."]
        parts = message.items() if event == "workflow_approval" else [(event, message)]
        for _name, part in parts:
            if not isinstance(part, (dict, type(None))):
                return [f"Expected dict for event '{event}', found {type(part).__name__}."]
            for text in (part or {}).values():
                problem = _check_text(text)
                if problem:
                    return [problem]
    return []


def _check_text(text: Any) -> str:
    if not isinstance(text, str):
        return ""
    names = {name: "x" for name in ("url", "job_metadata", "approval_status", "approval_node_name", "workflow_url")}
    job = _Example({name: "x" for name in _JOB_FIELDS})
    try:
        make_environment(StrictUndefined).from_string(text).render(**names, job=job, job_friendly_name="Job")
    except TemplateSyntaxError as error:
        return f"Unable to render message '{text}': {error.message}"
    except UndefinedError as error:
        words = (error.message or "").split("'")
        return f"Field '{words[-2] if len(words) > 2 else words[0]}' unavailable"
    except Exception as error:  # noqa: BLE001 - a template may raise what it likes
        return f"Unable to render message '{text}': {error}"
    return ""
