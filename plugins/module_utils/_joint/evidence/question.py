# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A question to the tables of a bundle, as the options of a lookup or the variables of a playbook ask it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._commvault.security.grants import ENTITY_TYPES
from ..._core.errors import ConfigError
from ..._core.names import find_nearest_names
from ..._core.values import parse_time
from ..mappings.parse import ALIASES

_TOLD_NAMES = 3
_WHO = ("permission", "role", "entity")


@dataclass(frozen=True)
class Question:
    """What is asked; every part that is given narrows the answer. Names are compared but for the case of letters; ids are text.

    ``entity_kind`` alone asks for everything of that kind. Dates are YYYY-MM-DD.
    """

    permission: str | None = None
    role: str | None = None
    entity_kind: str | None = None
    entity: str | None = None
    person: str | None = None
    review_by_before: str | None = None
    valid_until_before: str | None = None
    commcell: str | None = None


def make_question(options: t.Mapping[str, t.Any]) -> Question:
    """Return the question that *options* ask: ``who`` (``permission``, ``role``, ``entity``), ``person``, dates, ``commcell``. Raises ConfigError."""
    who = options.get("who") or {}
    if not isinstance(who, t.Mapping) or set(who) - set(_WHO):
        raise ConfigError(f"who: is a mapping with some of {', '.join(_WHO)}, and nothing else", source="option who")
    kind, entity = _parse_entity(who.get("entity"))
    question = Question(
        permission=_get_text(who, "permission"),
        role=_get_text(who, "role"),
        entity_kind=kind,
        entity=entity,
        person=_get_text(options, "person"),
        review_by_before=_parse_date(options, "review_by_before"),
        valid_until_before=_parse_date(options, "valid_until_before"),
        commcell=_get_text(options, "commcell"),
    )
    if question == Question(commcell=question.commcell):
        raise ConfigError(
            "there is no question: give who (with permission, role or entity), person, review_by_before or valid_until_before"
        )
    return question


def tell_near(asked: str, known: t.Iterable[str]) -> str:
    near = find_nearest_names(asked, sorted(set(known)), _TOLD_NAMES)
    return f". Near: {', '.join(map(repr, near))}." if near else ""


def _parse_entity(value: t.Any) -> tuple[str | None, str | None]:
    """Return kind and name or id of ``who.entity``, a mapping, or ``KIND:NAME`` as it is written on a command line. Raises ConfigError."""
    if value is None or value == "":
        return None, None
    if isinstance(value, str):
        kind, _colon, name = value.removeprefix("type:").partition(":")
        value = {"kind": f"type:{kind}" if value.startswith("type:") else kind, "name": name or None}
    if not isinstance(value, t.Mapping) or set(value) - {"kind", "name", "id"} or not value.get("kind"):
        raise ConfigError("access_entity (who.entity): must be commcell, or KIND:NAME, or have kind, and name or id")
    kind = ALIASES.get(str(value["kind"]), str(value["kind"]))
    if kind not in ENTITY_TYPES and not kind.startswith("type:"):
        raise ConfigError(
            f"access_entity (who.entity.kind): {kind!r} is not one of {', '.join(ENTITY_TYPES)}{tell_near(kind, ENTITY_TYPES)}"
        )
    if value.get("name") is not None and value.get("id") is not None:
        raise ConfigError("access_entity (who.entity): give name or id, not both")
    named = _get_text(value, "name") or _get_text(value, "id")
    return kind, None if kind == "commcell" else named


def _get_text(values: t.Mapping[str, t.Any], name: str) -> str | None:
    return None if values.get(name) is None or not str(values[name]).strip() else str(values[name])


def _parse_date(values: t.Mapping[str, t.Any], name: str) -> str | None:
    text = _get_text(values, name)
    try:
        return None if text is None else parse_time(text).date().isoformat()
    except ValueError:
        raise ConfigError(f"{name}: {text!r} is not a date such as 2027-01-31", source=f"option {name}") from None
