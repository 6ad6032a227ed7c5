# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of filters for devices, applications and workload identities: `device.isCompliant -eq True -and ...`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cvops_simulator.core.names import fold_case

_TOKEN = re.compile(
    r"""\s*(?:(?P<operator>-[A-Za-z]+)|(?P<text>"[^"]*"|'[^']*')|(?P<name>[A-Za-z_][\w.]*)|(?P<mark>[()\[\],]))"""
)
#: Operators and what each of them denies; negative operators are true where the attribute has no value.
_POSITIVE = ("-eq", "-startswith", "-endswith", "-contains", "-in")
_NEGATIVE = {
    "-ne": "-eq",
    "-notstartswith": "-startswith",
    "-notendswith": "-endswith",
    "-notcontains": "-contains",
    "-notin": "-in",
}
_CONSTANTS = {"true": True, "false": False, "null": None}


class RuleError(ValueError):
    """A rule that is not understood."""


@dataclass(frozen=True)
class Rule:
    """One node: `op` is and, or, not, or a comparison of `name` with `value`."""

    op: str
    parts: tuple[Rule, ...] = ()
    name: str = ""
    value: Any = None

    def names(self) -> frozenset[str]:
        """Return the attributes that the rule looks at, as they are written."""
        own = frozenset({self.name} if self.name else ())
        return own.union(*(part.names() for part in self.parts))


@dataclass
class _Parser:
    tokens: list[tuple[str, str]]
    position: int = field(default=0)

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.position] if self.position < len(self.tokens) else ("end", "")

    def take(self) -> tuple[str, str]:
        token = self.peek()
        self.position += 1
        return token

    def expect(self, text: str) -> None:
        if self.take()[1] != text:
            raise RuleError(f"{text} is missing")

    def at(self, operator: str) -> bool:
        return self.peek()[1].lower() == operator

    def disjunction(self) -> Rule:
        parts = [self.conjunction()]
        while self.at("-or"):
            self.take()
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else Rule("or", tuple(parts))

    def conjunction(self) -> Rule:
        parts = [self.negation()]
        while self.at("-and"):
            self.take()
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else Rule("and", tuple(parts))

    def negation(self) -> Rule:
        if self.at("-not"):
            self.take()
            return Rule("not", (self.negation(),))
        if self.at("("):
            self.take()
            inner = self.disjunction()
            self.expect(")")
            return inner
        return self.comparison()

    def comparison(self) -> Rule:
        kind, name = self.take()
        operator = self.take()[1].lower()
        if kind != "name" or operator not in (*_POSITIVE, *_NEGATIVE):
            raise RuleError("a comparison is an attribute, an operator and a value")
        value = self.values() if self.at("[") else self.value()
        if isinstance(value, list) != operator.endswith("in"):
            raise RuleError("-in and -notIn take a list, other operators take one value")
        return Rule(operator, name=name, value=value)

    def values(self) -> list[Any]:
        self.expect("[")
        found = [self.value()]
        while self.at(","):
            self.take()
            found.append(self.value())
        self.expect("]")
        return found

    def value(self) -> Any:
        kind, text = self.take()
        if kind == "text":
            return text[1:-1]
        if kind == "name" and text.lower() in _CONSTANTS:
            return _CONSTANTS[text.lower()]
        raise RuleError(f"{text!r} is no value")


def parse_rule(text: str) -> Rule:
    """Return a rule as a tree. Raises RuleError."""
    tokens: list[tuple[str, str]] = []
    position, bare = 0, text.strip()
    while position < len(bare):
        match = _TOKEN.match(bare, position)
        if match is None or match.lastgroup is None:
            raise RuleError(f"{bare[position:]!r} is not understood")
        tokens.append((match.lastgroup, match.group(match.lastgroup)))
        position = match.end()
    parser = _Parser(tokens)
    rule = parser.disjunction()
    if parser.peek()[0] != "end":
        raise RuleError(f"{parser.peek()[1]!r} is too much")
    return rule


def rule_holds(rule: Rule, attributes: Mapping[str, Any]) -> bool:
    """Tell whether a rule holds for attributes, whose names are in lower case; a missing one has no value."""
    if rule.op == "and":
        return all(rule_holds(part, attributes) for part in rule.parts)
    if rule.op == "or":
        return any(rule_holds(part, attributes) for part in rule.parts)
    if rule.op == "not":
        return not rule_holds(rule.parts[0], attributes)
    value = attributes.get(rule.name.lower())
    if rule.op in _NEGATIVE:
        return not _compare(_NEGATIVE[rule.op], value, rule.value)
    return _compare(rule.op, value, rule.value)


def _compare(operator: str, value: Any, wanted: Any) -> bool:
    if operator == "-in":
        return any(_compare("-eq", value, item) for item in wanted)
    if value is None or wanted is None:
        return operator == "-eq" and value is wanted
    if isinstance(value, (list, tuple)):
        return any(_compare("-eq", item, wanted) or _compare(operator, item, wanted) for item in value)
    left, right = fold_case(str(value)), fold_case(str(wanted))
    return {
        "-eq": left == right,
        "-startswith": left.startswith(right),
        "-endswith": left.endswith(right),
        "-contains": right in left,
    }[operator]
