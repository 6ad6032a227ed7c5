# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Values in entries of a log as they are told: bounded texts, values that are JSON in a text, and keys that a text describes. Pure."""

from __future__ import annotations

import json
import re
import typing as t

from ..._core.visible import to_one_line

_LONGEST_TEXT = 500
#: Of a modified property: characters of its JSON text that are decoded, levels, and items of a list or an object that are kept.
_LONGEST_JSON = 64 * 1024
_DEEPEST = 8
_MOST_ITEMS = 200
_KEY = re.compile(
    r"\[KeyIdentifier=(?P<key_id>[^,\[\]]{1,100}),KeyType=(?P<type>[^,\[\]]{0,100}),KeyUsage=(?P<usage>[^,\[\]]{0,100})"
    r"(?:,DisplayName=(?P<name>[^\[\]]{0,500}))?\]"
)


def read_text(holder: t.Any, name: str, longest: int = _LONGEST_TEXT) -> str | None:
    """Return the text that an entry gives as *name*, safe to show; None where it gives none, or something else than a text."""
    value = holder.get(name) if isinstance(holder, t.Mapping) else None
    return to_one_line(value, longest) or None if isinstance(value, str) else None


def read_user_name(holder: t.Any, display_member: str) -> tuple[str | None, dict[str, bool]]:
    """Return the name of a user, and what the details of the entry have to say of it.

    Where the log does not give the user principal name it is the display name, which anybody may choose and several may have.
    """
    name = read_text(holder, "userPrincipalName")
    if name:
        return name, {}
    shown = read_text(holder, display_member)
    return shown, {"actor_name_is_display_name": True} if shown else {}


def read_flag(holder: t.Any, name: str) -> bool | None:
    """Return the truth value that an entry gives as *name*; None where it gives none."""
    value = holder.get(name) if isinstance(holder, t.Mapping) else None
    return value if isinstance(value, bool) else None


def list_objects(holder: t.Any, name: str) -> list[t.Mapping[str, t.Any]]:
    """Return the objects in the list that an entry gives as *name*; what else is in it is left out, and at most as many as are kept of any list."""
    value = holder.get(name) if isinstance(holder, t.Mapping) else None
    listed = value if isinstance(value, list) else []
    return [item for item in listed[:_MOST_ITEMS] if isinstance(item, t.Mapping)]


def decode_value(value: t.Any) -> t.Any:
    """Return the value of a modified property, which is JSON in a text; the text itself where it is no JSON or too long to be decoded."""
    if not isinstance(value, str):
        return bound_structure(value)
    if len(value) > _LONGEST_JSON:
        return to_one_line(value)
    try:
        return bound_structure(json.loads(value))
    except (ValueError, RecursionError):
        return to_one_line(value)


def bound_structure(value: t.Any, depth: int = _DEEPEST) -> t.Any:
    """Return a JSON structure with its texts safe to show; what is deeper or longer than is kept becomes "…"."""
    if isinstance(value, str):
        return to_one_line(value)
    if isinstance(value, (bool, int, type(None))):
        return value if abs(value or 0) < 10**18 else str(value)[:_LONGEST_TEXT]
    if isinstance(value, float):
        return value if abs(value) < float("inf") else str(value)  # what is no number, too
    if depth == 0:
        return "…"
    if isinstance(value, t.Mapping):
        items = list(value.items())
        kept = {
            to_one_line(str(key), _LONGEST_TEXT): bound_structure(item, depth - 1) for key, item in items[:_MOST_ITEMS]
        }
        return kept if len(items) <= _MOST_ITEMS else {**kept, "…": f"{len(items) - _MOST_ITEMS} more"}
    if isinstance(value, (list, tuple)):
        shown = [bound_structure(item, depth - 1) for item in value[:_MOST_ITEMS]]
        return shown if len(value) <= _MOST_ITEMS else [*shown, "…"]
    return to_one_line(str(value))


def parse_keys(value: t.Any) -> dict[str, dict[str, t.Any]]:
    """Return the secrets and certificates that a property ``KeyDescription`` names, by key id in small letters. Their form is not documented."""
    texts = [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]
    found: dict[str, dict[str, t.Any]] = {}
    for text in texts:
        for match in _KEY.finditer(text):
            key_id = match["key_id"].lower()
            told = {name: match[name] or None for name in ("type", "usage", "name")}
            found[key_id] = {"key_id": key_id, **told}
    return found
