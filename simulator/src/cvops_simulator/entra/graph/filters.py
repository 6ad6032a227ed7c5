# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OData $filter: parse to a tree, check against what a resource supports, evaluate on rows."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cvops_simulator.core.names import fold_case
from cvops_simulator.entra.graph.errors import GraphError, bad_request, unsupported_query
from cvops_simulator.entra.schema import parse_date_time

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')"
    r"|(?P<date>\d{4}-\d{2}-\d{2}[Tt][\d:.]+(?:[Zz]|[+-]\d{2}:\d{2}))"
    r"|(?P<guid>[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})"
    r"|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z_$][\w$]*(?:/[\w$]+)*)"
    r"|(?P<mark>[(),:]))"
)
#: Microsoft's own text for more values than that speaks of OR, which is what "in" becomes.
_MOST_VALUES = 15
_COMPARISONS = ("eq", "ne", "ge", "le", "gt", "lt")
_FUNCTIONS = ("startswith", "endswith", "contains")
#: Operators that need an advanced query.
_ADVANCED = frozenset({"ne", "not", "endswith", "contains"})


@dataclass(frozen=True)
class Node:
    """One operation: `op` with operands; `path` for the property that it looks at."""

    op: str
    path: tuple[str, ...] = ()
    value: Any = None
    parts: tuple[Node, ...] = ()
    #: Variable of a lambda, e.g. "t" in `tags/any(t:t eq 'x')`.
    variable: str = ""


@dataclass
class _Parser:
    tokens: list[tuple[str, str]]
    position: int = field(default=0)

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.position] if self.position < len(self.tokens) else ("end", "")

    def take(self, text: str | None = None) -> tuple[str, str]:
        token = self.peek()
        if text is not None and token[1] != text:
            raise _make_error()
        self.position += 1
        return token

    def disjunction(self) -> Node:
        parts = [self.conjunction()]
        while self.peek() == ("name", "or"):
            self.take()
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else Node("or", parts=tuple(parts))

    def conjunction(self) -> Node:
        parts = [self.negation()]
        while self.peek() == ("name", "and"):
            self.take()
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else Node("and", parts=tuple(parts))

    def negation(self) -> Node:
        if self.peek()[0] == "name" and self.peek()[1].lower() == "not":
            self.take()
            return Node("not", parts=(self.negation(),))
        if self.peek()[1] == "(":
            self.take()
            inner = self.disjunction()
            self.take(")")
            return inner
        return self.comparison()

    def comparison(self) -> Node:
        kind, text = self.take()
        if kind != "name":
            raise _make_error()
        if self.peek()[1] == "(":
            return self.call(text)
        operator = self.take()[1]
        path = tuple(text.split("/"))
        if operator == "in":
            return Node("in", path, self.values())
        if operator not in _COMPARISONS:
            raise _make_error()
        return Node(operator, path, self.value())

    def call(self, name: str) -> Node:
        self.take("(")
        if name.lower() in _FUNCTIONS:
            path = tuple(self.take()[1].split("/"))
            self.take(",")
            value = self.value()
            self.take(")")
            return Node(name.lower(), path, value)
        *path_parts, function = name.split("/")
        if function != "any" or not path_parts:
            raise _make_error()
        if self.peek()[1] == ")":
            self.take()
            return Node("any", tuple(path_parts))
        variable = self.take()[1]
        self.take(":")
        inner = self.disjunction()
        self.take(")")
        return Node("any", tuple(path_parts), parts=(inner,), variable=variable)

    def values(self) -> list[Any]:
        self.take("(")
        found = [self.value()]
        while self.peek()[1] == ",":
            self.take()
            found.append(self.value())
        self.take(")")
        if len(found) > _MOST_VALUES:
            raise unsupported_query(
                "Too many child clauses specified in search filter expression containing 'OR' operators:"
                f" {len(found)}. Max allowed: {_MOST_VALUES}."
            )
        return found

    def value(self) -> Any:
        kind, text = self.take()
        if kind == "string":
            return text[1:-1].replace("''", "'")
        if kind in ("guid", "date"):
            return text
        if kind == "number":
            return float(text) if "." in text else int(text)
        if kind == "name" and text in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[text]
        raise _make_error()


def _make_error() -> GraphError:
    return bad_request("Invalid filter clause")


def parse_filter(text: str) -> Node:
    """Parse $filter. Raises GraphError (400) when it is not understood."""
    tokens: list[tuple[str, str]] = []
    position = 0
    bare = text.strip()
    while position < len(bare):
        match = _TOKEN.match(bare, position)
        if match is None or match.lastgroup is None:
            raise _make_error()
        tokens.append((match.lastgroup, match.group(match.lastgroup)))
        position = match.end()
    parser = _Parser(tokens)
    node = parser.disjunction()
    if parser.peek()[0] != "end":
        raise _make_error()
    return node


def check_filter(node: Node, filterable: frozenset[str], resource: str, advanced: bool) -> None:
    """Refuse properties and operators that the resource does not take in this mode."""
    counted = node.path[-1:] == ("$count",)
    if (node.op in _ADVANCED or counted) and not advanced:
        raise unsupported_query(
            f"Operator '{node.op}' is not supported because the required parameters might be missing. "
            "Try adding $count=true to the query string and ConsistencyLevel: eventual to the header."
        )
    if node.path and node.path[0] not in filterable:
        text = f"Unsupported or invalid query filter clause specified for property '{node.path[0]}' of resource"
        raise unsupported_query(f"{text} '{resource}'.")
    for part in node.parts:
        names = filterable | {node.variable} if node.op == "any" else filterable
        check_filter(part, names, resource, advanced)


def matches(node: Node, row: Mapping[str, Any], variables: Mapping[str, Any] | None = None) -> bool:
    """Tell whether a row passes. Texts compare without case, dates as points in time."""
    known = variables or {}
    if node.op == "and":
        return all(matches(part, row, known) for part in node.parts)
    if node.op == "or":
        return any(matches(part, row, known) for part in node.parts)
    if node.op == "not":
        return not matches(node.parts[0], row, known)
    value = _get_value(node.path, row, known)
    if node.op == "any":
        items = value or []
        return any(not node.parts or matches(node.parts[0], row, {**known, node.variable: x}) for x in items)
    if node.op == "in":
        return any(_compare("eq", value, item) for item in node.value)
    return _compare(node.op, value, node.value)


def _get_value(path: tuple[str, ...], row: Mapping[str, Any], variables: Mapping[str, Any]) -> Any:
    value: Any = variables[path[0]] if path[0] in variables else row.get(path[0])
    for step in path[1:]:
        if step == "$count":
            return len(value or [])
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _compare(operator: str, value: Any, wanted: Any) -> bool:
    if operator in ("startswith", "endswith", "contains"):
        text, part = fold_case(str(value or "")), fold_case(str(wanted))
        return {"startswith": text.startswith(part), "endswith": text.endswith(part), "contains": part in text}[
            operator
        ]
    left, right = _make_comparable(value), _make_comparable(wanted)
    if operator == "eq":
        return bool(left == right)
    if operator == "ne":
        return bool(left != right)
    if left is None or right is None or type(left) is not type(right):
        return False
    return bool({"ge": left >= right, "le": left <= right, "gt": left > right, "lt": left < right}[operator])


def _make_comparable(value: Any) -> Any:
    if isinstance(value, str):
        return _make_text_comparable(value)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@functools.lru_cache(maxsize=1 << 16)  # a filter of fifteen names compares each of them with every row
def _make_text_comparable(text: str) -> Any:
    """Return a date as a point in time, any other text without its case."""
    try:
        return parse_date_time(text)
    except ValueError:
        return fold_case(text)
