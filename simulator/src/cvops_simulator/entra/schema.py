# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The published Graph v1.0 schema of the types that are served: properties, nullability, strict checks of bodies."""

from __future__ import annotations

import base64
import binascii
import functools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any

from cvops_simulator.entra.identifiers import is_guid


@dataclass(frozen=True)
class Property:
    """One property: `type` is an Edm type, an enum or a complex type."""

    name: str
    type: str
    collection: bool
    nullable: bool


@dataclass(frozen=True)
class GraphType:
    """A type with the properties of its bases."""

    name: str
    properties: Mapping[str, Property]
    navigation: frozenset[str]
    open: bool


class BodyError(ValueError):
    """A request body that the type does not allow; the text is the service's message."""


@functools.cache
def _load_document() -> dict[str, Any]:
    text = resources.files("cvops_simulator.entra").joinpath("graph_types.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


@functools.cache
def get_graph_type(name: str) -> GraphType:
    """Return a type by name."""
    raw = _load_document()["types"][name]
    base = get_graph_type(raw["base"]) if raw["base"] else None
    own = {key: Property(key, *spec) for key, spec in raw["props"].items()}
    return GraphType(
        name=name,
        properties={**(base.properties if base else {}), **own},
        navigation=frozenset(raw["nav"]) | (base.navigation if base else frozenset()),
        open=raw["open"],
    )


def is_complex(name: str) -> bool:
    """Tell whether a property's type is one with properties of its own."""
    return name in _load_document()["types"]


def list_members(name: str) -> list[str]:
    """Return the members of an enumeration; empty when the type is none."""
    members: list[str] = _load_document()["enums"].get(name, [])
    return members


def is_flags(name: str) -> bool:
    """Tell whether the values of an enumeration are any number of its members, separated by commas."""
    return name in _load_document()["flags"]


def find_derived_type(name: str, value: Mapping[str, Any]) -> str:
    """Return the type that `@odata.type` of a value names; `name` without it.

    Raises BodyError when it is not `name` or derived from it.
    """
    told = value.get("@odata.type")
    if told is None:
        return name
    derived = str(told).rpartition(".")[2]
    base: str | None = derived if is_complex(derived) else None
    while base is not None and base != name:
        base = _load_document()["types"][base]["base"]
    if base is None:
        raise BodyError(f"A type named '{told}' could not be resolved by the model, or is not a '{name}'.")
    return derived


def list_graph_app_roles() -> list[dict[str, str]]:
    """Return application permissions of Microsoft Graph: `id`, `name`, `value`."""
    roles: list[dict[str, str]] = _load_document()["appRoles"]
    return roles


def list_graph_scopes() -> list[dict[str, str]]:
    """Return delegated permissions of Microsoft Graph: `id`, `name`, `value`."""
    scopes: list[dict[str, str]] = _load_document()["scopes"]
    return scopes


def check_body(type_name: str, body: Any, read_only: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Check a JSON body against a type; annotations (`@odata.type`, `owners@odata.bind`) are left to the caller.

    Raises BodyError for an unknown property, a wrong type, null where it is not allowed, or a read-only property.
    """
    if not isinstance(body, dict):
        raise BodyError("Empty Payload. JSON content expected.")
    kind = get_graph_type(type_name)
    for name, value in body.items():
        if "@" in name:
            _check_annotation(kind, name)
        elif name in read_only:
            raise BodyError(f"Property '{name}' is read-only and cannot be set.")
        elif name in kind.properties:
            _check_property(kind, kind.properties[name], value)
        elif not (kind.open and name.startswith("extension_")):
            raise BodyError(f"Invalid property '{name}'.")
    return body


def _check_annotation(kind: GraphType, name: str) -> None:
    subject, _, annotation = name.partition("@")
    if annotation == "odata.bind" and subject not in kind.navigation:
        raise BodyError(f"Invalid property '{subject}'.")


def _check_property(kind: GraphType, prop: Property, value: Any) -> None:
    if value is None:
        if prop.collection or not prop.nullable:
            raise BodyError(f"Property '{prop.name}' of resource '{kind.name}' cannot be null.")
        return
    if not prop.collection:
        _check_value(prop, value)
        return
    if not isinstance(value, list):
        raise BodyError(f"Property {prop.name} in payload has a value that does not match schema.")
    for item in value:
        if item is None:
            raise BodyError(f"Invalid value specified for property '{prop.name}' of resource '{kind.name}'.")
        _check_value(prop, item)


def _check_value(prop: Property, value: Any) -> None:
    if is_complex(prop.type):
        if not isinstance(value, dict):
            raise BodyError(f"Property {prop.name} in payload has a value that does not match schema.")
        check_body(find_derived_type(prop.type, value), value)
    elif prop.type in _load_document()["enums"]:
        members = list_members(prop.type)
        words = value.split(",") if is_flags(prop.type) and isinstance(value, str) else [value]
        if any(word not in members for word in words):
            raise BodyError(f"Invalid value specified for property '{prop.name}': '{value}'.")
    elif not _EDM_CHECKS[prop.type](value):
        raise BodyError(f"Cannot convert a value of property '{prop.name}' to type {prop.type}.")


def _is_binary(value: Any) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError):
        return False
    return True


def _is_date_time(value: Any) -> bool:
    try:
        parse_date_time(value)
    except (TypeError, ValueError):
        return False
    return True


def _is_duration(value: Any) -> bool:
    return isinstance(value, str) and parse_duration(value) is not None


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) is not None


_EDM_CHECKS: dict[str, Callable[[Any], bool]] = {
    "Edm.String": lambda value: isinstance(value, str),
    "Edm.Boolean": lambda value: isinstance(value, bool),
    "Edm.Guid": lambda value: isinstance(value, str) and is_guid(value),
    "Edm.Int32": _is_integer,
    "Edm.Int64": _is_integer,
    "Edm.Double": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "Edm.DateTimeOffset": _is_date_time,
    "Edm.Date": _is_date,
    "Edm.TimeOfDay": lambda value: isinstance(value, str),
    "Edm.Duration": _is_duration,
    "Edm.Binary": _is_binary,
    "Edm.Stream": lambda value: False,
}


def parse_date_time(text: str) -> float:
    """Return RFC 3339 text (up to 7 fractional digits) as seconds since the epoch; ValueError when it is none."""
    match = re.fullmatch(r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}(?::\d{2})?)(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", text)
    if match is None:
        raise ValueError(f"not a date and time with an offset: {text!r}")
    day, clock, fraction, offset = match.groups()
    zone = "+00:00" if offset in "Zz" else offset
    return datetime.fromisoformat(f"{day}T{clock}{zone}").timestamp() + float(fraction or 0)


_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def parse_duration(text: str) -> float | None:
    """Return an ISO 8601 duration as seconds (a year counts 365 days, a month 30); None when it is none."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    weights = (365 * 86400, 30 * 86400, 7 * 86400, 86400, 3600, 60, 1)
    return float(sum(int(part or 0) * weight for part, weight in zip(match.groups(), weights, strict=True)))
