# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What OPTIONS tells of a list: the fields that can be read and sent."""

from __future__ import annotations

from typing import Any

from cvops_simulator.controller.facts import ENDPOINTS, Endpoint, Field
from cvops_simulator.controller.prompts import ASKS


def describe(endpoint: Endpoint, may_create: bool) -> dict[str, Any]:
    """Return the answer to OPTIONS."""
    readable = {name: _describe_field(field, False) for name, field in endpoint.fields.items()}
    actions: dict[str, Any] = {"GET": readable}
    if may_create and "POST" in endpoint.methods:
        sendable = {name: field for name, field in endpoint.fields.items() if not field.read_only}
        actions = {"POST": {name: _describe_field(field, True) for name, field in sendable.items()}, **actions}
    return {
        "name": f"{endpoint.title} List",
        "description": "",
        "renders": ["application/json", "text/html"],
        "parses": ["application/json"],
        "actions": actions,
        "types": [endpoint.type],
        "search_fields": list(endpoint.search),
        "related_search_fields": [],
        "max_page_size": 200,
    }


def describe_action(endpoint: Endpoint, name: str) -> dict[str, Any]:
    """Return the answer to OPTIONS of what can be done with an object: a launch takes the prompts of schedules."""
    sendable: dict[str, Any] = {}
    if name == "launch":
        prompts = [item for item in ENDPOINTS["schedules"].fields.values() if item.name in endpoint.fields]
        sendable = {
            item.name: _describe_field(item, True) | {"required": False} for item in prompts if item.name in ASKS
        }
        sendable["extra_vars"] = {"type": "json", "required": False, "label": "Extra vars", "help_text": ""}
        if "playbook" in endpoint.fields:
            sendable["credentials"] = {
                "type": "list_of_ids",
                "required": False,
                "label": "Credentials",
                "help_text": "",
            }
    title = name.replace("_", " ").title()
    return {"name": title, "description": "", "actions": {"GET": {}, "POST": sendable}}


def _describe_field(field: Field, sendable: bool) -> dict[str, Any]:
    result: dict[str, Any] = {"type": field.type, "label": field.name.replace("_", " ").capitalize(), "help_text": ""}
    if sendable:
        result["required"] = field.required
        default = field.make_default()
        if not field.required and default is not None:
            result["default"] = default
        for name, value in (("max_length", field.max_length), ("min_value", field.min), ("max_value", field.max)):
            if value is not None:
                result[name] = value
    if field.choices:
        result["choices"] = [[choice, str(choice)] for choice in field.choices if choice is not None]
    if not sendable:
        result["filterable"] = field.filterable
    return result
