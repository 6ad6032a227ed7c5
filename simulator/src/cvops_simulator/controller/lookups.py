# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists: which objects a query asks for, in which order, and in which pages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from cvops_simulator.controller.errors import ApiError, refuse
from cvops_simulator.controller.facts import CONTRACT, ENDPOINTS, UNIFIED, Endpoint
from cvops_simulator.controller.state import LINKED, Row, State

_PAGE_SIZE, _LARGEST_PAGE = 25, 200
_RESERVED = ("page", "page_size", "format", "order", "order_by", "search", "type", "host_filter", "count_disabled")
_PREFIXES = ("or__", "not__", "chain__", "or__not__", "not__or__", "chain__not__")
_USERS = ("created_by", "modified_by")
Query = list[tuple[str, str]]


def _compare_text(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, wanted: value is not None and test(str(value), str(wanted))


def _matches(value: Any, wanted: str, flags: int) -> bool:
    try:
        return value is not None and re.search(wanted, str(value), flags) is not None
    except re.error as error:
        raise refuse(400, str(error)) from error


_LOOKUPS: Mapping[str, Callable[[Any, Any], bool]] = {
    "exact": lambda value, wanted: value == wanted,
    "iexact": _compare_text(lambda a, b: a.lower() == b.lower()),
    "contains": _compare_text(lambda a, b: b in a),
    "icontains": _compare_text(lambda a, b: b.lower() in a.lower()),
    "startswith": _compare_text(lambda a, b: a.startswith(b)),
    "istartswith": _compare_text(lambda a, b: a.lower().startswith(b.lower())),
    "endswith": _compare_text(lambda a, b: a.endswith(b)),
    "iendswith": _compare_text(lambda a, b: a.lower().endswith(b.lower())),
    "regex": lambda value, wanted: _matches(value, wanted, 0),
    "iregex": lambda value, wanted: _matches(value, wanted, re.IGNORECASE),
    "gt": lambda value, wanted: value is not None and value > wanted,
    "gte": lambda value, wanted: value is not None and value >= wanted,
    "lt": lambda value, wanted: value is not None and value < wanted,
    "lte": lambda value, wanted: value is not None and value <= wanted,
    "isnull": lambda value, wanted: (value is None) == wanted,
    "in": lambda value, wanted: value in wanted,
}


class _Condition:
    """One part of a query: a path to a field, a comparison, a value."""

    def __init__(self, state: State, endpoint: Endpoint, key: str, text: str) -> None:
        self.state, self.endpoint = state, endpoint
        names = key.split("__")
        self.lookup = names.pop() if names[-1] in _LOOKUPS and len(names) > 1 else "exact"
        self.names = names
        kind, self.related = self._find_field()
        if kind == "id" and text == "" and self.lookup == "exact":
            raise refuse(400, f"Invalid {names[-1]} id: ")
        self.value = self._read(kind, text)
        if self.lookup in ("regex", "iregex"):
            _matches("", text, 0)

    def _find_field(self) -> tuple[str, Endpoint | None]:
        """Return the type of the field that the path leads to. Raises ApiError."""
        endpoint, kind = self.endpoint, ""
        for index, name in enumerate(self.names):
            if name == "pk":
                return "integer", None
            target = _find_target(endpoint, name)
            field = endpoint.fields.get(name)
            if name in CONTRACT["refused_filters"] and (field or name == "survey_spec"):
                shown = f"field {name}" if name == "inputs" else name
                raise refuse(403, f"Filtering on {shown} is not allowed.")
            if name == "password" or (name == "token" and endpoint.name == "tokens"):
                raise refuse(403, f"Filtering on {'password ' if name == 'password' else ''}fields is not allowed.")
            if target is None and (field is None or (not field.filterable and name != "type")):
                raise refuse(400, f"{endpoint.model} has no field named '{name}'")
            kind = field.type if field else "id"
            if index < len(self.names) - 1:
                if target is None:
                    raise refuse(400, f"{endpoint.model} has no field named '{'__'.join(self.names[index:])}'")
                endpoint = target
        return kind, endpoint

    def _read(self, kind: str, text: str) -> Any:
        if self.lookup == "isnull":
            return text.lower() in ("1", "true", "yes")
        if self.lookup == "in":
            return [self._read_one(kind, word) for word in text.split(",")]
        return self._read_one(kind, text) if self.lookup in ("exact", "gt", "gte", "lt", "lte") else text

    def _read_one(self, kind: str, text: str) -> Any:
        if text.lower() in ("none", "null"):
            return None
        if kind in ("id", "integer"):
            try:
                return int(text)
            except ValueError as error:
                raise refuse(400, json.dumps([f"“{text}” value must be an integer."], ensure_ascii=False)) from error
        if kind == "boolean":
            if text.lower() not in ("true", "1", "yes", "false", "0", "no"):
                raise refuse(400, f'Unable to parse "{text}" as boolean')
            return text.lower() in ("true", "1", "yes")
        return text

    def holds(self, row: Row) -> bool:
        """Tell whether an object meets the condition."""
        values = list(_follow(self.state, row, self.names))
        compare = _LOOKUPS[self.lookup]
        try:
            return any(compare(value, self.value) for value in values or [None])
        except TypeError:  # greater or less than what has no order
            return False


def _find_target(endpoint: Endpoint, name: str) -> Endpoint | None:
    """Return the endpoint that a field or an association of another one leads to."""
    field = endpoint.fields.get(name)
    if field is not None and field.to in ENDPOINTS:
        return ENDPOINTS[field.to]
    if name in _USERS:
        return ENDPOINTS["users"]
    return ENDPOINTS[LINKED[name]] if name in LINKED and name in endpoint.related else None


def _follow(state: State, row: Row, names: list[str]) -> Iterable[Any]:
    name, rest = names[0], names[1:]
    endpoint = ENDPOINTS[row.endpoint]
    if name in ("id", "pk"):
        yield row.id
    elif name == "type":
        yield endpoint.type
    elif name in _USERS or name in ("created", "modified"):
        yield from _step(state, getattr(row, name), "users", rest)
    elif name in LINKED and name not in endpoint.fields:
        for number in state.linked(row, name):
            yield from _step(state, number, LINKED[name], rest)
    elif endpoint.fields.get(name) is not None:
        yield from _step(state, row[name], endpoint.fields[name].to, rest)


def _step(state: State, value: Any, to: str, rest: list[str]) -> Iterable[Any]:
    if not rest:
        yield value
        return
    target = None if value is None else state.find(to, value)
    if target is not None:
        yield from _follow(state, target, rest)


def select(state: State, endpoint: Endpoint, rows: Iterable[Row], query: Query) -> list[Row]:
    """Return the objects that a query asks for, in its order. Raises ApiError."""
    found = list(rows)
    either: list[Callable[[Row], bool]] = []
    for key, text in query:
        if key == "type" and endpoint.name in UNIFIED:
            words = text.split(",")
            found = [row for row in found if ENDPOINTS[row.endpoint].type in words]
        if key in ("search",) or key.endswith("__search"):
            found = [row for row in found if _is_found(state, endpoint, row, text)]
            continue
        if key in _RESERVED:
            continue
        name = key
        for prefix in sorted(_PREFIXES, key=len, reverse=True):
            if key.startswith(prefix):
                name = key[len(prefix) :]
                break
        marks = key[: len(key) - len(name)]
        condition, negated = _Condition(state, endpoint, name, text), "not__" in marks
        test = _make_test(condition, negated)
        if "or__" in marks:
            either.append(test)
        else:
            found = [row for row in found if test(row)]
    if either:
        found = [row for row in found if any(test(row) for test in either)]
    return _sort(state, endpoint, found, query)


def _make_test(condition: _Condition, negated: bool) -> Callable[[Row], bool]:
    return lambda row: condition.holds(row) != negated


def _is_found(state: State, endpoint: Endpoint, row: Row, text: str) -> bool:
    for name in endpoint.search:
        values = _follow(state, row, name.split("__"))
        if any(text.lower() in str(value or "").lower() for value in values):
            return True
    return False


def _sort(state: State, endpoint: Endpoint, rows: list[Row], query: Query) -> list[Row]:
    asked = [word for key, text in query if key in ("order", "order_by") for word in text.split(",") if word]
    for word in reversed(asked or list(endpoint.order) or ["id"]):
        names = word.lstrip("-").split("__")
        if names[0] not in endpoint.fields and names[0] not in _USERS:
            raise refuse(400, f"{endpoint.model} has no field named '{names[0]}'")

        def key(row: Row, names: list[str] = names) -> tuple[bool, Any]:
            value = next(iter(_follow(state, row, names)), None)
            plain = value if isinstance(value, (int, float, str)) else json.dumps(value)
            return value is None, plain if value is not None else ""

        rows = sorted(rows, key=key, reverse=word.startswith("-"))
    return rows


def make_page(path: str, rows: list[Any], query: Query) -> tuple[dict[str, Any], list[Any]]:
    """Return the frame of a page and the objects in it. Raises ApiError for a page that there is not."""
    values = dict(query)
    try:
        size = int(values.get("page_size") or 0)
    except ValueError:
        size = 0
    size = min(size, _LARGEST_PAGE) if size > 0 else _PAGE_SIZE
    last = max(1, -(-len(rows) // size))
    word = values.get("page", "1")
    page = last if word == "last" else int(word) if word.isdigit() else 0
    if not 1 <= page <= last:
        raise ApiError(404, {"detail": "Invalid page."})
    rest = [(key, text) for key, text in query if key not in ("page", "page_size")]

    def link(number: int) -> str | None:
        if not 1 <= number <= last:
            return None
        pages = [("page", str(number))] + ([("page_size", values["page_size"])] if "page_size" in values else [])
        return f"{path}?{urlencode(rest + pages)}"

    frame = {"count": len(rows), "next": link(page + 1), "previous": link(page - 1)}
    return frame, rows[(page - 1) * size : page * size]
