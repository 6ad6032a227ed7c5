# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A conditional access policy of Graph in canonical form, and what is sent for a form. Pure.

What means the same has one form: null, a missing member and an empty list; ids in any letter case; words in any letter case; flags in
any order; a control that is switched off and one that is not there.
"""

from __future__ import annotations

import copy
import json
import typing as t
from dataclasses import dataclass, field

from ..._core.errors import BadAnswer
from ..._core.names import fold_case
from ..._core.values import get_object, get_texts, parse_number
from .fields import FIELDS, STATES, SWITCHED, Field, Kind, Refers

#: The value of a field: a set of ids and words, one word or text, a number, a switch; None where there is none.
Value: t.TypeAlias = "frozenset[str] | str | int | bool | None"
#: Values by option; fields that have none are left out.
Form: t.TypeAlias = dict[str, t.Any]
Wire: t.TypeAlias = t.Mapping[str, t.Any]

_ALL_TENANTS = "#microsoft.graph.conditionalAccessAllExternalTenants"
_SOME_TENANTS = "#microsoft.graph.conditionalAccessEnumeratedExternalTenants"
_TENANTS = "externalTenants"
#: Members of a guest condition that belong to the table although it names one of them only.
_KNOWN_INSIDE = {_TENANTS: {"membershipKind", "members"}}
_STRENGTH = "authenticationStrength"
#: Branches that hold one value each, and not an object.
PLAIN_BRANCHES = tuple(field.branch for field in FIELDS if field.branch == field.member)


@dataclass(frozen=True)
class Policy:
    """A policy as it is. ``state``: our word, or Graph's where it is none of ours; ``form``: its fields; ``wire``: the answer."""

    object_id: str
    display_name: str
    state: str
    form: Form
    wire: Wire = field(repr=False, compare=False)


def read_policy(wire: Wire) -> Policy:
    """Return a policy of Graph. Raises BadAnswer for one without id, and for members of another type than theirs."""
    if not wire.get("id"):
        raise BadAnswer("An answer has a conditional access policy without an id.", member="id")
    state = str(wire.get("state") or "not shown")
    ours = next((name for name, word in STATES.items() if fold_case(word) == fold_case(state)), state)
    return Policy(str(wire["id"]).lower(), str(wire.get("displayName") or ""), ours, read_form(wire), wire)


def read_form(wire: Wire) -> Form:
    """Return the fields of a policy that are set."""
    found: Form = {}
    for item in FIELDS:
        value = _read_field(wire, item)
        if value not in (None, frozenset(), "", False):
            found[item.option] = value
    found.setdefault("client_app_types", frozenset({"all"}))
    if "grant.operator" in found and not _has_grant(found):
        del found["grant.operator"]  # it joins nothing
    return found


def _has_grant(form: Form) -> bool:
    return any(name.startswith("grant.") and name != "grant.operator" for name in form)


def _read_field(wire: Wire, item: Field) -> Value:
    """Return the value of a field. Raises BadAnswer where a member on the way is no object, or the value of another type."""
    *way, last = item.member.split(".")
    holder: t.Any = wire
    for name in way:
        holder = get_object(holder, name)
        if name in SWITCHED and holder.get("isEnabled") is not True:
            return None
        if name == _TENANTS and holder.get("membershipKind") == "all":
            return None
    given = holder.get(last)
    if given is None:
        return None
    if item.kind in (Kind.REFERENCES, Kind.WORDS):
        return frozenset(translate_from_graph(item, text) for text in get_texts(holder, last))
    if item.kind is Kind.SWITCH:
        return given is True
    if item.kind is Kind.NUMBER:
        return parse_number(given)
    if not isinstance(given, str):
        raise BadAnswer(f"An answer has a value that is not a text as {last}.", member=last)
    if item.kind is Kind.FLAGS:
        return frozenset(
            translate_from_graph(item, text.strip()) for text in given.split(",") if text.strip() not in ("", "none")
        )
    if item.kind is Kind.TEXT:
        return _format_text(given)
    return translate_from_graph(item, given)


def _format_text(given: t.Any) -> str | None:
    """Return a text with single blanks, as it compares; None for what is no text."""
    return " ".join(given.split()) if isinstance(given, str) else None


def translate_from_graph(item: Field, text: str) -> str:
    """Return our word for one of Graph's, an id in small letters; a word that is new as it is."""
    for ours, word in {**(item.words or {}), **(item.special or {})}.items():
        if fold_case(word) == fold_case(text):
            return ours
    return fold_case(text) if item.kind in (Kind.REFERENCES, Kind.REFERENCE) else text


def translate_to_graph(item: Field, text: str) -> str:
    """Return Graph's word for one of ours; ids and words that are none of ours as they are."""
    return {**(item.words or {}), **(item.special or {})}.get(text, text)


def show_form(form: Form, names: t.Mapping[tuple[Refers, str], str]) -> dict[str, t.Any]:
    """Return the fields as results have them: nested like the options, ids with the names that are known."""
    shown: dict[str, t.Any] = {}
    for item in FIELDS:
        *way, last = item.option.split(".")
        holder = shown
        for name in way:
            holder = holder.setdefault(name, {})
        value = form.get(item.option)
        if item.refers is not None and item.is_set:
            holder[last] = [{"id": text, "name": names.get((item.refers, text))} for text in sorted(value or ())]
        elif item.refers is not None:
            holder[last] = {"id": value, "name": names.get((item.refers, value))} if value else None
        else:
            holder[last] = sorted(value or ()) if item.is_set else value
    return shown


def build_branch(branch: str, form: Form, wire: Wire) -> t.Any:
    """Return what is sent for a branch, so that it is as *form* says; members of *wire* that the table does not know stay in it.

    None where nothing is left in the branch.
    """
    fields = [item for item in FIELDS if item.branch == branch]
    if branch in PLAIN_BRANCHES:
        return _to_wire(fields[0], form.get(fields[0].option))
    prefix = f"{branch}."
    found = _strip_annotations(copy.deepcopy(dict(get_branch(wire, branch) or {})))
    parents = {item.member.removeprefix(prefix).rpartition(".")[0] for item in fields}
    # A parent within a parent is made by the outer one.
    for parent in sorted(parents - {""} - {name for name in parents if "." in name}):
        own = [item for item in fields if item.member.removeprefix(prefix).startswith(f"{parent}.")]
        found[parent] = _build_parent(parent, own, form, found.get(parent))
    for item in fields:
        name = item.member.removeprefix(prefix)
        if "." not in name:
            found[name] = _to_wire(item, form.get(item.option))
    if branch == "grantControls" and not _has_grant(form) and not list_unknown_members(branch, found):
        return None
    if branch == "sessionControls":
        found = {name: value for name, value in found.items() if value is not None}
    return found if any(value not in (None, []) for value in found.values()) else None


def build_conditions(form: Form, wire: Wire) -> dict[str, t.Any]:
    """Return all conditions of a policy as they will be, those among them that the table does not know; none of them is null."""
    known = sorted({item.branch for item in FIELDS if item.branch.startswith("conditions.")})
    shown = _strip_annotations(dict(get_object(wire, "conditions")))
    built = {branch.partition(".")[2]: build_branch(branch, form, wire) for branch in known}
    found = {name: _drop_nulls(value) for name, value in {**shown, **built}.items()}
    return {name: value for name, value in found.items() if value is not None}


def _drop_nulls(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {name: _drop_nulls(item) for name, item in value.items() if item is not None}
    return value


def _build_parent(parent: str, fields: t.Sequence[Field], form: Form, shown: t.Any) -> t.Any:
    """Return an object within a branch, null where none of its fields is set."""
    values = [(item, form.get(item.option)) for item in fields]
    if not any(value for item, value in values):
        return None
    if parent == _STRENGTH:
        # What else is shown of a strength belongs to that, and not to the policy.
        return {"id": values[0][1]}
    present = _strip_annotations(dict(shown)) if isinstance(shown, dict) else {}
    found = dict(present)
    for item, value in values:
        inner, _dot, last = item.member.rpartition(".")
        if inner.endswith(f".{_TENANTS}"):
            found[_TENANTS] = _build_tenants(value)
        elif item.kind is Kind.TEXT and value and _format_text(present.get(last)) == value:
            found[last] = present[last]  # blanks within quotes count
        else:
            found[last] = _to_wire(item, value)
    if parent in SWITCHED:
        found["isEnabled"] = True
    # What is to go is sent as null, since Graph merges objects.
    return {name: value for name, value in found.items() if value is not None or present.get(name) is not None}


def _build_tenants(members: t.Any) -> dict[str, t.Any]:
    """Return which tenants guests are of; members belong to the one kind only."""
    if not members:
        return {"@odata.type": _ALL_TENANTS, "membershipKind": "all"}
    return {"@odata.type": _SOME_TENANTS, "membershipKind": "enumerated", "members": sorted(members)}


def _to_wire(item: Field, value: t.Any) -> t.Any:
    """Return a value as Graph writes it."""
    if item.kind in (Kind.REFERENCES, Kind.WORDS):
        return sorted(translate_to_graph(item, text) for text in value or ())
    if item.kind is Kind.FLAGS:
        return ",".join(sorted(translate_to_graph(item, text) for text in value)) if value else None
    if item.kind is Kind.SWITCH:
        return True if value else None  # false is refused beside some other controls
    return translate_to_graph(item, value) if isinstance(value, str) else value


def _strip_annotations(value: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return an object without what Graph says of its members, such as ``authenticationStrength@odata.context``."""
    return {name: item for name, item in value.items() if "@odata.context" not in name}


def get_branch(wire: Wire, branch: str) -> t.Any:
    """Return a branch of a policy; None where it has none."""
    holder: t.Any = wire
    *way, last = branch.split(".")
    for name in way:
        holder = get_object(holder, name)
    return holder.get(last)


def list_unknown_members(branch: str, value: t.Any) -> list[str]:
    """Return the members of a branch, with their paths, that hold something and are not in the table."""
    known = {item.member.removeprefix(f"{branch}.") for item in FIELDS if item.branch == branch}
    return [] if branch in PLAIN_BRANCHES else sorted(_walk_unknown(value, known, ""))


def get_unknown_parts(wire: Wire) -> str:
    """Return all that a policy holds beside the table, as text that is the same for the same values."""
    branches = sorted({item.branch for item in FIELDS} - set(PLAIN_BRANCHES))
    found = {
        f"{branch}.{path}": _get_part(get_branch(wire, branch), path)
        for branch in branches
        for path in list_unknown_members(branch, get_branch(wire, branch))
    }
    return json.dumps(found, sort_keys=True, default=str)


def _get_part(value: t.Any, path: str) -> t.Any:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _walk_unknown(value: t.Any, known: t.Collection[str], prefix: str) -> t.Iterator[str]:
    for name, inner in (value or {}).items() if isinstance(value, dict) else ():
        path = f"{prefix}{name}"
        if "@odata." in name or inner in (None, [], "", False) or path in known:
            continue
        if name in _KNOWN_INSIDE or name == _STRENGTH:
            continue
        if any(other.startswith(f"{path}.") for other in known):
            yield from _walk_unknown(inner, {*known, f"{path}.isEnabled"}, f"{path}.")
        else:
            yield path
