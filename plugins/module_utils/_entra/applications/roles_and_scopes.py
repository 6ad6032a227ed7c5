# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""App roles and API scopes (entitlements): found by value, with ids that never change. Pure.

Graph refuses to change or remove one that is enabled, so it is disabled first.
"""

from __future__ import annotations

import typing as t
import uuid
from dataclasses import dataclass, field

from ..._core.values import get_texts

Entitlement = dict[str, t.Any]
Wire = dict[str, t.Any]


@dataclass(frozen=True, eq=False)
class EntitlementKind:
    """One of the two kinds of entitlement.

    ``fields`` maps our names to Graph's. ``defaults``: values of a new entry. ``falls_back``: fields that Graph demands, and
    the field whose value they get where they are not given. ``exact``: the fields that are sets.
    """

    noun: str
    option: str
    fields: t.Mapping[str, str]
    defaults: t.Mapping[str, t.Any]
    falls_back: t.Mapping[str, str] = field(default_factory=dict)
    exact: tuple[str, ...] = ()

    def canonicalize(self, wire: t.Mapping[str, t.Any]) -> Entitlement:
        """Return an entry of Graph under our names; empty text is None and sets are sorted."""
        entry = {name: wire.get(graph_name) for name, graph_name in self.fields.items()}
        entry.update({name: get_texts(wire, self.fields[name]) for name in self.exact})
        return self.normalize(entry)

    def normalize(self, entry: Entitlement) -> Entitlement:
        """Return the entry in the form in which equal meanings are equal values."""
        found = {name: None if value == "" else value for name, value in entry.items()}
        found.update({name: sorted(found[name] or []) for name in self.exact})
        found["enabled"] = bool(found.get("enabled", True))
        if found.get("id"):
            found["id"] = str(found["id"]).lower()
        return found

    def build_wire(self, entry: Entitlement, had: t.Mapping[str, t.Any] | None = None) -> Wire:
        """Return the entry for Graph; its read-only ``origin`` is never sent.

        *had*: the same entry as Graph gave it. Its sets keep their order: an enabled entry must go back exactly as it was.
        """
        body = {graph_name: entry.get(name) for name, graph_name in self.fields.items()}
        for name in self.exact:
            order = [item for item in (had or {}).get(self.fields[name]) or () if item in entry[name]]
            body[self.fields[name]] = [*order, *(item for item in entry[name] if item not in order)]
        return body

    def complete(self, desired: Entitlement) -> Entitlement:
        """Return a complete entry without id from what the user gave; names that Graph demands are made from the value."""
        given = {name: value for name, value in desired.items() if value is not None}
        entry = {**{name: None for name in self.fields}, **self.defaults, **given, "id": None}
        for name, source in self.falls_back.items():
            entry[name] = entry.get(name) or entry.get(source)
        return self.normalize(entry)


ROLE = EntitlementKind(
    noun="app role",
    option="app_roles",
    fields={
        "id": "id",
        "value": "value",
        "display_name": "displayName",
        "description": "description",
        "allowed_member_types": "allowedMemberTypes",
        "enabled": "isEnabled",
    },
    defaults={"allowed_member_types": ["User"], "enabled": True},
    falls_back={"display_name": "value", "description": "display_name"},
    exact=("allowed_member_types",),
)
SCOPE = EntitlementKind(
    noun="API scope",
    option="api_scopes",
    fields={
        "id": "id",
        "value": "value",
        "type": "type",
        "admin_consent_display_name": "adminConsentDisplayName",
        "admin_consent_description": "adminConsentDescription",
        "user_consent_display_name": "userConsentDisplayName",
        "user_consent_description": "userConsentDescription",
        "enabled": "isEnabled",
    },
    defaults={"type": "Admin", "enabled": True},
    falls_back={
        "admin_consent_display_name": "value",
        "admin_consent_description": "admin_consent_display_name",
    },
)


def merge_entitlements(
    kind: EntitlementKind,
    current: t.Sequence[Entitlement],
    desired: t.Sequence[Entitlement] | None,
    other: t.Sequence[Entitlement],
    namespace: str | None,
    exclusive: bool,
) -> list[Entitlement]:
    """Return the desired collection, sorted by value; *desired* None is not managed.

    An entry is found by its value, else by the id that the user gave (which renames it). *other* is the other kind's
    collection: Graph wants the same id for the same value there, and different ids otherwise. *namespace* None: the ids of
    new entries stay None until the application id is known, see :func:`assign_entitlement_ids`.
    """
    if desired is None:
        return sort_entitlements(current)
    by_value = {entry["value"]: entry for entry in current if entry["value"]}
    by_id = {entry["id"]: entry for entry in current}
    final: list[Entitlement] = []
    for asked in desired:
        match = by_value.get(asked["value"]) or by_id.get((asked.get("id") or "").lower())
        if match is None:
            entry = kind.complete(asked)
            entry["id"] = (asked.get("id") or "").lower() or None
        else:
            given = {name: value for name, value in asked.items() if value is not None and name != "id"}
            entry = kind.normalize({**match, **given})
        final.append(entry)
    if desired and not exclusive:
        kept = {entry["id"] for entry in final}
        final += [entry for entry in current if entry["id"] not in kept]
    return sort_entitlements(assign_entitlement_ids(final, other, namespace))


def assign_entitlement_ids(
    entries: t.Sequence[Entitlement], other: t.Sequence[Entitlement], namespace: str | None
) -> list[Entitlement]:
    """Return the entries with an id for every one that has none: that of the same value in *other*, else a derived one.

    Derived from *namespace* and value, never random: a lost answer or a second run never makes a second role.
    """
    same_value = {entry["value"]: entry["id"] for entry in other if entry["value"] and entry["id"]}
    taken = {entry["id"] for entry in [*entries, *other] if entry["id"]}
    complete: list[Entitlement] = []
    for entry in entries:
        found = entry["id"] or same_value.get(entry["value"])
        if found is None and namespace is not None:
            found = _derive_id(namespace, entry["value"], taken)
        complete.append({**entry, "id": found})
    return complete


def _derive_id(namespace: str, value: str, taken: set[str]) -> str:
    name = f"{namespace}/{value}"
    found = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
    while found in taken:  # someone has renamed the role that had it
        name += "/"
        found = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
    taken.add(found)
    return found


def sort_entitlements(entries: t.Iterable[Entitlement]) -> list[Entitlement]:
    """Return the entries sorted by value, then id."""
    return sorted(entries, key=lambda entry: (entry["value"] or "", entry["id"] or ""))


def find_removed_entitlements(current: t.Sequence[Entitlement], final: t.Sequence[Entitlement]) -> list[Entitlement]:
    """Return the entries that the final collection lacks."""
    stay = {entry["id"] for entry in final}
    return [entry for entry in current if entry["id"] not in stay]


def find_disabled_first(current: t.Sequence[Entitlement], final: t.Sequence[Entitlement]) -> set[str]:
    """Return the ids of the enabled entries that change or go: Graph refuses that until they are disabled.

    An entry that is only disabled or enabled is not among them.
    """
    after = {entry["id"]: entry for entry in final}
    return {
        entry["id"]
        for entry in current
        if entry["enabled"] and {**entry, "enabled": None} != {**after.get(entry["id"], {}), "enabled": None}
    }


def enable_new_entitlements(current: t.Sequence[Entitlement], final: t.Sequence[Entitlement]) -> list[Entitlement]:
    """Return the final collection with new entries enabled: Graph creates no disabled ones; they are disabled afterwards."""
    known = {entry["id"] for entry in current}
    return [entry if entry["id"] in known and entry["id"] else {**entry, "enabled": True} for entry in final]
