# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The names that go with the place of a problem: nobody counts to mappings[50]. Pure."""

from __future__ import annotations

import re
import typing as t

from ..._core.errors import Problems, describe_place
from .parse import Problem

_PLACE = re.compile(
    r"mappings\[(?P<entry>\d+)\](?:\.grants\[(?P<grant>\d+)\](?:\.entities(?:\.(?P<kind>\w+)(?:\[(?P<item>\d+)\])?)?)?)?"
)
#: So many entities of a grant are named beside a problem that is about all of them.
_SHOWN = 3


def add_names(problems: t.Iterable[Problem], mappings: t.Sequence[t.Any]) -> list[Problem]:
    """Return the problems with ``principal``, ``role`` and ``entity`` as the mapping names them, as far as their place is about one."""
    return [{**problem, **_find_names(str(problem["where"]), mappings)} for problem in problems]


def raise_problems(problems: t.Sequence[Problem], mappings: t.Sequence[t.Any]) -> None:
    """Raise Problems where there are any, with the names of whom and what they are about.

    One that shows in many places is told once, with the first place and the number of others; ``also`` has these.
    """
    if not problems:
        return
    alike: dict[tuple[str, str], list[Problem]] = {}
    named = add_names(problems, mappings)
    for problem in sorted(named, key=lambda item: (_make_place_key(str(item["where"])), str(item["message"]))):
        alike.setdefault((str(problem["kind"]), str(problem["message"])), []).append(problem)
    told = [
        {
            **same[0],
            "message": f"{same[0]['message']} (and in {len(same) - 1} more places)",
            "also": [describe_place(problem) for problem in same[1:]],
        }
        if len(same) > 1
        else same[0]
        for same in alike.values()
    ]
    many = f"{len(told)} problems" if len(told) > 1 else "1 problem"
    has_roles = any(str(problem["where"]).startswith("roles") for problem in told)
    raise Problems(f"{many} in {'roles and mapping' if has_roles else 'the mapping'}; nothing was written:", told)


def _make_place_key(where: str) -> list[tuple[int, str]]:
    """Return a key that sorts mappings[2] before mappings[10]."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", where)]


def _find_names(where: str, mappings: t.Sequence[t.Any]) -> dict[str, str]:
    place = _PLACE.match(where)
    entry = _get(mappings, int(place["entry"])) if place else None
    if place is None or not isinstance(entry, t.Mapping):
        return {}
    found = {"principal": _show_principal(entry.get("principal"))}
    grant = _get(entry.get("grants"), int(place["grant"])) if place["grant"] else None
    if isinstance(grant, t.Mapping):
        found["role"] = _show(grant.get("role"))
        found["entity"] = _show_entities(grant.get("entities"), place["kind"], place["item"])
    return {name: text for name, text in found.items() if text}


def _get(items: t.Any, index: int) -> t.Any:
    return items[index] if isinstance(items, (list, tuple)) and index < len(items) else None


def _show_principal(principal: t.Any) -> str:
    if not isinstance(principal, t.Mapping):
        return _show(principal)
    return next((_show(value) for value in principal.values() if value is not None), "")


def _show(reference: t.Any) -> str:
    """Return a reference in words: its name, else what it has in place of one."""
    if not isinstance(reference, t.Mapping):
        return "" if reference is None or isinstance(reference, (list, tuple)) else str(reference)
    named = next((str(reference[key]) for key in ("name", "object_id", "id", "matching") if reference.get(key)), "")
    return f"{named} (company {reference['company']})" if named and reference.get("company") else named


def _show_entities(entities: t.Any, kind: str | None, item: str | None) -> str:
    if not isinstance(entities, t.Mapping):
        return _show(entities)
    shown = []
    for name, value in entities.items():
        if kind is None or name == kind:
            listed = value if isinstance(value, (list, tuple)) else [value]
            shown += [f"{name} {_show(one)}" for one in ([_get(listed, int(item))] if item else listed)]
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return f"{', '.join(shown[:_SHOWN])}{more}"
