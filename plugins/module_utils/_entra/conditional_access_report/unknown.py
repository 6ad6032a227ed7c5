# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a policy holds that this version does not know: members, and words of members that it knows. Pure.

Shown as text, cut and without what steers a terminal: the values are a service's.
"""

from __future__ import annotations

import json
import typing as t

from ..._core.values import is_guid
from ..._core.visible import to_one_line
from ..conditional_access.canonical import Form, Policy
from ..conditional_access.fields import BY_OPTION, FIELDS, STATES, Field, Kind

Wire: t.TypeAlias = t.Mapping[str, t.Any]
#: Characters of a value, and of a path, and fields of one policy that are shown.
_LONGEST_VALUE, _LONGEST_PATH, _MOST_SHOWN = 500, 200, 100
#: What a policy says of itself and the table does not have.
_OF_ITSELF = ("id", "displayName", "state", "createdDateTime", "modifiedDateTime", "templateId", "deletedDateTime")
_TENANTS = "externalTenants"
#: An object whose members belong to itself, and not to the policy.
_STRENGTH = "grantControls.authenticationStrength"


def list_unknown_fields(wire: Wire, state: str, form: Form) -> list[dict[str, str]]:
    """Return ``path`` and ``value`` of all that a policy holds and the table of fields does not have, sorted by path.

    *state*, *form*: the policy in canonical form. More than are shown are counted in a last row.
    """
    rows = [
        {"path": to_one_line(path, _LONGEST_PATH), "value": _show(value)} for path, value in _list(wire, state, form)
    ]
    rows = sorted(rows, key=lambda row: (row["path"], row["value"]))
    if len(rows) > _MOST_SHOWN:
        rest = f"{len(rows) - _MOST_SHOWN} more fields that are not shown"
        rows = [*rows[:_MOST_SHOWN], {"path": "…", "value": rest}]
    return rows


def _list(wire: Wire, state: str, form: Form) -> list[tuple[str, t.Any]]:
    """Return all that is not known, as paths with values."""
    known = {*_OF_ITSELF, *(item.member for item in FIELDS)}
    known |= {f"{item.member.rpartition('.')[0]}.membershipKind" for item in FIELDS if _TENANTS in item.member}
    found = list(_walk(wire, known, ""))
    if state not in STATES:
        found.append(("state", state))
    for option, texts in sorted(list_unknown_words(form).items()):
        found += [(BY_OPTION[option].member, text) for text in texts]
    return found


def list_unknown_parts(policy: Policy) -> frozenset[str]:
    """Return the parts of a policy, such as ``conditions``, in which it has what this version does not know."""
    return frozenset(path.partition(".")[0] for path, _value in _list(policy.wire, policy.state, policy.form))


def has_unknown_conditions(policy: Policy) -> bool:
    """Return whether a policy may apply to less than its known conditions say: by a condition, or another part, that is not known."""
    return not list_unknown_parts(policy) <= {"state", "grantControls", "sessionControls"}


def is_surely_in_force(policy: Policy) -> bool:
    """Return whether a policy is in force for certain; one in a state that is not known may be."""
    return policy.state == "enabled"


def list_unknown_words(form: Form) -> dict[str, list[str]]:
    """Return, by option, the values of a policy that the module which writes policies does not take."""
    found = {
        option: sorted(filter(_make_test(BY_OPTION[option]), _list_texts(value))) for option, value in form.items()
    }
    return {option: texts for option, texts in found.items() if texts}


def _list_texts(value: t.Any) -> list[str]:
    if isinstance(value, frozenset):
        return sorted(value)
    return [value] if isinstance(value, str) else []


def _make_test(item: Field) -> t.Callable[[str], bool]:
    """Return what tells of a value whether it is unknown."""
    if item.kind in (Kind.REFERENCES, Kind.REFERENCE):
        return lambda text: text not in (item.special or {}) and not is_guid(text)
    return lambda text: item.words is not None and text not in item.words


def _walk(value: t.Mapping[str, t.Any], known: t.Collection[str], prefix: str) -> t.Iterator[tuple[str, t.Any]]:
    for name, inner in value.items():
        path = f"{prefix}{name}"
        if "@odata." in name or path in known or path == _STRENGTH or _is_empty(inner):
            continue
        is_way = any(other.startswith(f"{path}.") for other in known)
        if is_way and isinstance(inner, t.Mapping):
            yield from _walk(inner, {*known, f"{path}.isEnabled"}, f"{path}.")
        else:
            yield path, inner


def _is_empty(value: t.Any) -> bool:
    """Return whether a member says nothing: null, an empty text or list, an object of such members."""
    if isinstance(value, t.Mapping):
        return all("@odata." in name or _is_empty(inner) for name, inner in value.items())
    return value is None or value in ("", [])


def _show(value: t.Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return to_one_line(text, _LONGEST_VALUE)
