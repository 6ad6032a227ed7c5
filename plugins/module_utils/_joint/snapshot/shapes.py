# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The shapes of the documents of a snapshot as tables, and the check of a document against them. Pure.

A shape is a type, a tuple of types, a mapping of the keys that must be there (one that ends with a question mark may be missing),
``[shape]`` for a list, or ``{...: shape}`` for a mapping of any keys. Further keys are allowed: a later release may add some.
"""

from __future__ import annotations

import typing as t

Shape: t.TypeAlias = t.Any

_NONE = type(None)
_TEXT_OR_NONE, _LIST_OR_NONE = (str, _NONE), (list, _NONE)
_DEEPEST = 40
_WORDS = {str: "a text", int: "a number", bool: "true or false", list: "a list", dict: "an object", _NONE: "null"}

_NAMED = {"id": str, "name": str}
_OF_COMPANY = {**_NAMED, "company": _TEXT_OR_NONE}
_REFERENCE = {"kind": str, "id": str, "name": str}
_GRANT = {
    "principal": _REFERENCE,
    "role": (dict, _NONE),
    "permissions": [str],
    "entity": _REFERENCE,
    "grant_kind": str,
}
_PROVENANCE = {
    "collection_version": str,
    "started": str,
    "ended": str,
    "requests": int,
    "collector": {"kind": str, "id": str, "name": str, "rights": _LIST_OR_NONE},
    "sources": [{"name": str, "count": int, "complete": (bool, _NONE), "why": str, "read_at": str}],
}
COMMCELL: dict[str, Shape] = {
    "format": str,
    "provenance": _PROVENANCE,
    "name": str,
    "commcell": {"id": str, "name": str},
    "companies": [_NAMED],
    "permissions": [_NAMED],
    "roles": [{**_OF_COMPANY, "permissions": _LIST_OR_NONE}],
    "users": [{**_OF_COMPANY, "groups": _LIST_OR_NONE}],
    "two_factor": dict,
    "user_groups": [{**_OF_COMPANY, "members": _LIST_OR_NONE}],
    "external_groups": [_OF_COMPANY],
    "associations": [_GRANT],
    "owners": [_GRANT],
    "access_tokens": [{**_NAMED, "owner": {"id": _TEXT_OR_NONE, "name": _TEXT_OR_NONE}}],
    "entities": {...: [_OF_COMPANY]},
    "credentials": [_NAMED],
    "identity_providers": [{"kind": str, "name": str}],
}
_OBJECT = {"id": str}
ENTRA: dict[str, Shape] = {
    "format": str,
    "provenance": _PROVENANCE,
    "tenant": dict,
    "users": [{**_OBJECT, "groupCounts?": (dict, _NONE)}],
    "groups": [_OBJECT],
    "applications": [_OBJECT],
    "service_principals": [_OBJECT],
    "directory_roles": [dict],
    "named_locations": [_OBJECT],
    "conditional_access_policies": [_OBJECT],
    "policy_report": dict,
    "deleted_users": [_OBJECT],
    "deleted_groups": [_OBJECT],
    "others": [_OBJECT],
}


def find_shape_fault(document: t.Any, shape: Shape) -> str | None:
    """Return in words where *document* has not this shape, is nested too deeply, or holds a text that cannot be encoded; None for a sound one."""
    fault = _find_fault(document, shape, "")
    return fault if fault is not None else _find_odd_value(document)


def _find_fault(value: t.Any, shape: Shape, place: str) -> str | None:
    if isinstance(shape, (type, tuple)):
        kinds = shape if isinstance(shape, tuple) else (shape,)
        # In Python, true is a number.
        is_fine = isinstance(value, bool) if kinds[0] is bool and value is not None else isinstance(value, kinds)
        if is_fine and not (isinstance(value, bool) and bool not in kinds):
            return None
        return f"{place or 'the document'} is not {_WORDS[kinds[0]]}"
    if isinstance(shape, list):
        if not isinstance(value, list):
            return f"{place} is not a list"
        faults = (_find_fault(item, shape[0], f"{place}[{number}]") for number, item in enumerate(value))
        return next((fault for fault in faults if fault is not None), None)
    if not isinstance(value, dict):
        return f"{place or 'the document'} is not an object"
    if ... in shape:
        pairs = [(name, item, shape[...]) for name, item in value.items()]
    else:
        missing = [name for name in shape if not name.endswith("?") and name not in value]
        if missing:
            return f"{place or 'the document'} lacks {', '.join(missing)}"
        named = ((name.removesuffix("?"), inner) for name, inner in shape.items())
        pairs = [(name, value[name], inner) for name, inner in named if name in value]
    faults = (_find_fault(item, inner, f"{place}.{name}" if place else name) for name, item, inner in pairs)
    return next((fault for fault in faults if fault is not None), None)


def _find_odd_value(document: t.Any) -> str | None:
    """Return what is amiss with any value: the depth, or a text with half a character, which no file can take."""
    level, depth = [document], 0
    while level:
        if depth > _DEEPEST:
            return f"it is nested deeper than {_DEEPEST} levels"
        below: list[t.Any] = []
        for holder in level:
            items = [*holder, *holder.values()] if isinstance(holder, dict) else holder
            for item in items:
                if isinstance(item, str):
                    if not item.isascii() and not _is_encodable(item):
                        return "it holds half a character (a lone surrogate)"
                elif isinstance(item, (dict, list)):
                    below.append(item)
        level, depth = below, depth + 1
    return None


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
