# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract as data: `endpoints.json` (fields, relations, uniqueness) and `contract.json` (lists and tables)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
_NO_DEFAULT: Any = object()
#: What stands for a secret in answers; sent back, it leaves the stored value as it is.
ENCRYPTED = "$encrypted$"
#: Endpoints that show the rows of others, which share their ids.
UNIFIED: Mapping[str, tuple[str, ...]] = {
    "unified_job_templates": ("projects", "job_templates", "workflow_job_templates", "workflow_approval_templates"),
    "unified_jobs": ("project_updates", "jobs", "workflow_jobs", "workflow_approvals"),
}


@dataclass(frozen=True)
class Field:
    """A field of an endpoint. `to`: the endpoint that an id names; `cascade`: the row goes with what it names."""

    name: str
    type: str
    required: bool = False
    read_only: bool = False
    to: str = ""
    null: bool = False
    cascade: bool = False
    choices: tuple[Any, ...] = ()
    max_length: int | None = None
    min: int | None = None
    max: int | None = None
    default: Any = field(default=_NO_DEFAULT, hash=False)
    filterable: bool = True

    @property
    def is_text_of_mapping(self) -> bool:
        """Tell whether the field is text that holds a mapping, as JSON or YAML."""
        return self.type == "json" and self.default == ""

    def make_default(self) -> Any:
        """Return the value of a field that nobody has set."""
        if self.default is not _NO_DEFAULT:
            return json.loads(json.dumps(self.default))
        empty: dict[str, Any] = {"string": "", "choice": "", "boolean": False, "integer": 0, "decimal": 0.0, "json": {}}
        return None if self.null else empty.get(self.type)


@dataclass(frozen=True)
class Endpoint:
    """One list of the API. `related`, `summary`: names of an object's links; `fixed`: fields that never change."""

    name: str
    type: str
    model: str
    methods: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...]
    unique_soft: tuple[tuple[str, ...], ...]
    fixed: tuple[str, ...]
    search: tuple[str, ...]
    order: tuple[str, ...]
    related: tuple[str, ...]
    summary: tuple[str, ...]
    fields: Mapping[str, Field]

    @property
    def title(self) -> str:
        """The name of one object in sentences, e.g. `Job template`."""
        return self.type.replace("_", " ").capitalize()


_BASE = {
    "id": Field("id", "integer", read_only=True),
    "type": Field("type", "choice", read_only=True, filterable=False),
    "url": Field("url", "string", read_only=True, filterable=False),
    "created": Field("created", "datetime", read_only=True),
    "modified": Field("modified", "datetime", read_only=True),
}


_WORDS = ("methods", "fixed", "search", "order", "related", "summary")


def _make_field(name: str, data: Mapping[str, Any]) -> Field:
    return Field(name, **{**data, "choices": tuple(data.get("choices", ()))})


def _make_endpoint(name: str, data: Mapping[str, Any], groups: Mapping[str, Any]) -> Endpoint:
    fields: dict[str, Any] = {}
    for group in data.get("include", "").split():
        fields.update(groups[group])
    fields.update(data["fields"])
    words = {key: tuple(data.get(key, "").split()) for key in _WORDS}
    keys: dict[str, Any] = {
        key: tuple(tuple(item.split()) for item in data.get(key, ())) for key in ("unique", "unique_soft")
    }
    return Endpoint(
        name=name,
        type=data["type"],
        model=data["model"],
        **words,
        **keys,
        fields=_BASE | {key: _make_field(key, value) for key, value in fields.items()},
    )


def _load_endpoints() -> dict[str, Endpoint]:
    data = json.loads((_FOLDER / "endpoints.json").read_text(encoding="utf-8"))
    return {name: _make_endpoint(name, item, data["fields"]) for name, item in data["endpoints"].items()}


ENDPOINTS: Mapping[str, Endpoint] = _load_endpoints()
CONTRACT: Mapping[str, Any] = json.loads((_FOLDER / "contract.json").read_text(encoding="utf-8"))
