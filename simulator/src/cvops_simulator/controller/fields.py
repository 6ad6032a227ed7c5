# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies against the contract's fields: what does not depend on the kind of object."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from cvops_simulator.controller.facts import Endpoint, Field
from cvops_simulator.controller.state import Row, State

Errors = dict[str, Any]
_REQUIRED, _BLANK, _NULL = (
    "This field is required.",
    "This field may not be blank.",
    "This field may not be null.",
)
_TRUE, _FALSE = ("true", "t", "yes", "y", "on", "1"), ("false", "f", "no", "n", "off", "0")


class _WrongValueError(Exception):
    """A value that a field does not take; the text tells why."""


def read_body(
    state: State, endpoint: Endpoint, body: Mapping[str, Any], existing: Row | None, partial: bool
) -> tuple[dict[str, Any], Errors]:
    """Return the values that a body sets, and what is wrong with it by field. Unknown fields do not count.

    `partial`: required fields may be missing. What a body lacks stays as it is in any case.
    """
    values: dict[str, Any] = {}
    errors: Errors = {}
    for name, field in endpoint.fields.items():
        if field.read_only or (existing is not None and name in endpoint.fixed):
            continue
        if name not in body:
            if field.required and not partial:
                errors[name] = [_REQUIRED]
            continue
        try:
            values[name] = read_value(state, field, body[name])
        except _WrongValueError as error:
            errors[name] = [str(error)]
    return values, errors


def read_value(state: State, field: Field, value: Any) -> Any:
    """Return a value as it is stored. Raises _WrongValueError."""
    if value is None:
        if field.null:
            return None
        if field.type == "choice" and "" in field.choices:
            return ""
        raise _WrongValueError(_NULL)
    readers: Mapping[str, Callable[[State, Field, Any], Any]] = {
        "string": _read_text,
        "boolean": _read_boolean,
        "integer": _read_integer,
        "choice": _read_choice,
        "id": _read_id,
        "json": _read_json,
    }
    return readers[field.type](state, field, value)


def check_value(state: State, field: Field, value: Any) -> str:
    """Return what is wrong with a value, or empty text."""
    try:
        read_value(state, field, value)
    except _WrongValueError as error:
        return str(error)
    return ""


def _read_text(state: State, field: Field, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise _WrongValueError("Not a valid string.")
    text = str(value).strip()
    if not text and field.required:
        raise _WrongValueError(_BLANK)
    if field.max_length is not None and len(text) > field.max_length:
        raise _WrongValueError(f"Ensure this field has no more than {field.max_length} characters.")
    return text


def _read_boolean(state: State, field: Field, value: Any) -> bool:
    word = str(value).lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise _WrongValueError("Must be a valid boolean.")


def _read_integer(state: State, field: Field, value: Any) -> int:
    try:
        if isinstance(value, (bool, dict, list)):
            raise ValueError
        number = int(str(value))
    except ValueError as error:
        raise _WrongValueError("A valid integer is required.") from error
    if field.min is not None and number < field.min:
        raise _WrongValueError(f"Ensure this value is greater than or equal to {field.min}.")
    if field.max is not None and number > field.max:
        raise _WrongValueError(f"Ensure this value is less than or equal to {field.max}.")
    return number


def _read_choice(state: State, field: Field, value: Any) -> Any:
    for choice in field.choices:
        if choice is not None and str(choice) == str(value) and not isinstance(value, bool):
            return choice
    raise _WrongValueError(f'"{value}" is not a valid choice.')


def _read_id(state: State, field: Field, value: Any) -> int | None:
    if value == "":
        if not field.null:
            raise _WrongValueError(_NULL)
        return None
    if isinstance(value, bool) or not str(value).isdigit():
        raise _WrongValueError(f"Incorrect type. Expected pk value, received {type(value).__name__}.")
    target = field.to or f"{field.name}s"
    if state.find(target, int(value)) is None:
        raise _WrongValueError(f'Invalid pk "{value}" - object does not exist.')
    return int(value)


def _read_json(state: State, field: Field, value: Any) -> Any:
    if not field.is_text_of_mapping:
        return value
    if not isinstance(value, str):
        raise _WrongValueError("Not a valid string.")
    problem = _check_mapping(value)
    if problem:
        raise _WrongValueError(problem)
    return value


def _check_mapping(text: str) -> str:
    """Return why text is not a mapping, neither as JSON nor as YAML, or empty text."""
    try:
        if isinstance(json.loads(text or "{}"), dict):
            return ""
        json_problem = f"Input type `{type(json.loads(text)).__name__}` is not a dictionary"
    except ValueError as error:
        json_problem = str(error)
    try:
        data = yaml.safe_load(text)
        if data is None or isinstance(data, dict):
            return ""
        yaml_problem = f"Input type `{type(data).__name__}` is not a dictionary"
    except yaml.YAMLError as error:
        yaml_problem = str(error)
    return f"Cannot parse as JSON (error: {json_problem}) or YAML (error: {yaml_problem})."


def parse_mapping(value: Any) -> dict[str, Any]:
    """Return variables as a mapping, from a mapping or from text. Raises ValueError."""
    if isinstance(value, dict):
        return dict(value)
    text = str(value or "")
    problem = _check_mapping(text)
    if problem:
        raise ValueError(problem)
    return dict(yaml.safe_load(text) or {})


def check_unique(state: State, endpoint: Endpoint, values: Mapping[str, Any], existing: Row | None) -> Errors:
    """Return what an object has in common with another one that it must not; `values` are complete."""
    errors: Errors = {}
    others = [row for row in state.rows[endpoint.name].values() if row is not existing]
    for names in endpoint.unique:
        key = [values.get(name) for name in names]
        if None in key or not any([row[name] for name in names] == key for row in others):
            continue
        text = f"{endpoint.title} with this {_join([_label(name) for name in names])} already exists."
        errors.setdefault(names[0] if len(names) == 1 else "__all__", []).append(text)
    for names in endpoint.unique_soft:
        key = [values.get(name) for name in names]
        if any([row[name] for name in names] == key for row in others):
            text = f"{endpoint.model} with this ({', '.join(sorted(names, reverse=True))}) combination already exists."
            errors.setdefault("__all__", []).append(text)
    return errors


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _join(words: list[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
