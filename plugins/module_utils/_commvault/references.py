# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""References in options to objects of Commvault: a name, a name in a company, or an id; parsed, and formatted for messages."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass

from .._core.errors import ConfigError

#: Text that needs no quotes in YAML, also inside braces.
_PLAIN_SCALAR = re.compile(r"[^\W\d_][\w.@/+\\-]*( [\w.@/+\\-]+)*")
_NOT_TEXT = re.compile(r"(y|n|yes|no|on|off|true|false|null|\.nan|\.inf)", re.ASCII | re.IGNORECASE)
#: The most digits of an id.
_LONGEST_ID = 18
#: What a reference may say of an object; only role mappings allow an object id, of Entra groups.
_KEYS = frozenset({"name", "id", "company", "object_id"})


@dataclass(frozen=True)
class ObjectReference:
    """A reference to an object by name (in a company) or by id. A company given as a number is an id."""

    name: str | None
    company: str | int | None = None
    id: int | None = None

    def __str__(self) -> str:
        return str(self.name if self.name is not None else self.id)


def parse_id(value: t.Any) -> int | None:
    """Return the id that *value* is, of an option or an answer: a number, or its digits as text; None for anything else, such as -1."""
    digits = str(value)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_ID else None


def parse_reference(value: t.Any) -> ObjectReference:
    """Parse a name, a number (an id), or a dictionary with name or id, and company. Raises ValueError that says what is wrong."""
    if isinstance(value, bool) or value is None or value == "":
        raise ValueError("a name is needed")
    if isinstance(value, int):
        return ObjectReference(None, None, value)
    if isinstance(value, str):
        return ObjectReference(value)
    if not isinstance(value, t.Mapping):
        raise ValueError("must be a name, or a dictionary with name")
    unknown = [str(key) for key in value if key not in _KEYS]
    if (
        unknown and "id" not in value
    ):  # a misspelt company would silently mean another object; results of tasks have an id
        raise ValueError(
            f"has the unknown keys {', '.join(sorted(unknown))}; possible keys are name or id, and company"
        )
    name, identifier, company = value.get("name"), value.get("id"), value.get("company")
    number = None if identifier is None else parse_id(identifier)
    if identifier is not None and number is None:
        raise ValueError(f"the id {identifier!r} is not a number")
    if name is None and number is None and value.get("object_id") is None:
        raise ValueError("needs name or id")
    return ObjectReference(None if name is None else str(name), parse_company_reference(company), number)


def parse_company_reference(value: t.Any) -> str | int | None:
    """Return a given company: a number (an id) or text; None when none is given."""
    return value if value is None or (isinstance(value, int) and not isinstance(value, bool)) else str(value)


def parse_reference_option(value: t.Any, where: str) -> ObjectReference:
    """Parse a reference as parse_reference does. Raises ConfigError that names the option *where*."""
    try:
        return parse_reference(value)
    except ValueError as exc:
        raise ConfigError(f"{where}: {exc}", source=f"option {where.partition('[')[0]}") from exc


def format_reference(name: str, company: str) -> str:
    """Return a reference as a mapping in YAML, for messages: ``{name: Ops Team, company: corp}``."""
    return f"{{name: {_quote_scalar(name)}, company: {_quote_scalar(company)}}}"


def _quote_scalar(text: str) -> str:
    if _PLAIN_SCALAR.fullmatch(text) and not _NOT_TEXT.fullmatch(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(item if item.isprintable() else f"\\U{ord(item):08X}" for item in quoted)
