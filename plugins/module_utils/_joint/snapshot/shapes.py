# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The shapes of the documents of a snapshot as tables, and the check of a document against them. Pure.

A shape is a type, a tuple of types, TIME, a mapping of the keys that must be there, ``[shape]`` for a list, ``{...: shape}`` for a mapping of
any keys, or OrNull of one. A key that ends with ``?`` may be missing, or null. Further keys are allowed: a later release may add some.
"""

from __future__ import annotations

import typing as t

from ..._core.values import parse_time

Shape: t.TypeAlias = t.Any
#: A moment as RFC 3339 writes it.
TIME = "time"


class OrNull(t.NamedTuple):
    """A value of *shape*, or null."""

    shape: Shape


_NONE = type(None)
_TEXT_OR_NONE, _LIST_OR_NONE = (str, _NONE), (list, _NONE)
_TEXTS, _OBJECTS = [str], [dict]
_DEEPEST = 40
_WORDS = {str: "a text", int: "a number", bool: "true or false", list: "a list", dict: "an object", _NONE: "null"}

_NAMED = {"id": str, "name": str}
_OF_COMPANY = {**_NAMED, "company": _TEXT_OR_NONE}
_REFERENCE = {"kind": str, "id": str, "name": str}
_GRANT = {
    "principal": _REFERENCE,
    "role": OrNull({"id?": str, "name?": str}),
    "permissions": [str],
    "entity": _REFERENCE,
    "grant_kind": str,
}
_PROVENANCE = {
    "collection_version": str,
    "started": TIME,
    "ended": TIME,
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
    "roles": [{**_OF_COMPANY, "permissions": OrNull(_TEXTS)}],
    "users": [{**_OF_COMPANY, "groups": OrNull([{"kind?": str, "id?": str, "name?": str}])}],
    "two_factor": dict,
    "user_groups": [{**_OF_COMPANY, "members": OrNull(_TEXTS)}],
    "external_groups": [_OF_COMPANY],
    "associations": [_GRANT],
    "owners": [_GRANT],
    "access_tokens": [{**_NAMED, "owner": {"id": _TEXT_OR_NONE, "name": _TEXT_OR_NONE}}],
    "entities": {...: [_OF_COMPANY]},
    "credentials": [_NAMED],
    "identity_providers": [{"kind": str, "name": str}],
}
_OBJECT = {"id": str}
_GROUP = {**_OBJECT, "members?": _TEXTS, "owners?": _TEXTS, "notVisible?": _TEXTS}
_CREDENTIALS = {
    "passwordCredentials?": _OBJECTS,
    "keyCredentials?": _OBJECTS,
    "federatedIdentityCredentials?": _OBJECTS,
}
_PROGRAM = {
    **_OBJECT,
    **_CREDENTIALS,
    "owners?": _TEXTS,
    "notVisible?": _TEXTS,
    "tags?": _TEXTS,
    "appRoles?": _OBJECTS,
    "oauth2PermissionScopes?": _OBJECTS,
    "servicePrincipalNames?": _TEXTS,
    "identifierUris?": _TEXTS,
    "replyUrls?": _TEXTS,
    "appRoleAssignments?": _OBJECTS,
    "appRoleAssignedTo?": _OBJECTS,
    "oauth2PermissionGrants?": _OBJECTS,
    "requiredResourceAccess?": [{"resourceAccess?": _OBJECTS}],
}
ENTRA: dict[str, Shape] = {
    "format": str,
    "provenance": _PROVENANCE,
    "tenant": dict,
    "users": [{**_OBJECT, "groupCounts?": dict}],
    "groups": [_GROUP],
    "applications": [_PROGRAM],
    "service_principals": [_PROGRAM],
    "directory_roles": [{"members?": _TEXTS, "scopedMembers?": _OBJECTS}],
    "named_locations": [_OBJECT],
    "conditional_access_policies": [_OBJECT],
    "policy_report": {"policies?": _OBJECTS, "findings?": _OBJECTS, "not_evaluable?": _OBJECTS},
    "deleted_users": [_OBJECT],
    "deleted_groups": [_OBJECT],
    "others": [_OBJECT],
}


def find_shape_fault(document: t.Any, shape: Shape) -> str | None:
    """Return in words where *document* has not this shape, is nested too deeply, or holds a text that cannot be encoded; None for a sound one."""
    fault = _find_fault(document, shape, "")
    return fault if fault is not None else _find_odd_value(document)


def _find_fault(value: t.Any, shape: Shape, place: str) -> str | None:
    if isinstance(shape, OrNull):
        return None if value is None else _find_fault(value, shape.shape, place)
    if shape == TIME:
        return None if _is_time(value) else f"{place} is not a time"
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
        missing = [name for name in shape if name not in value and not name.endswith("?")]
        if missing:
            return f"{place or 'the document'} lacks {', '.join(missing)}"
        pairs = [(name, value[name], inner) for name, inner in shape.items() if not name.endswith("?")]
        known = ((key.removesuffix("?"), inner) for key, inner in shape.items() if key.endswith("?"))
        pairs += [(name, value[name], inner) for name, inner in known if value.get(name) is not None]
    faults = (_find_fault(item, inner, f"{place}.{name}" if place else name) for name, item, inner in pairs)
    return next((fault for fault in faults if fault is not None), None)


def _is_time(value: t.Any) -> bool:
    try:
        return parse_time(value) is not None
    except ValueError:
        return False


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
