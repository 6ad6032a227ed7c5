# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The names in the options of a conditional access policy as ids, and the ids of a policy as names. Reads only."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._core.errors import Forbidden, Problems
from ..._core.names import fold_case, is_same_name
from ..._core.values import is_guid
from ..access_collection import LOCATIONS
from ..app_role_assignments.principals import PrincipalFinder
from ..batches import build_value_queries, list_in_batches
from ..client import GraphClient, filter_by_name, quote_literal
from ..id_holders import explain_id
from ..lookalikes import describe_lookalikes, warn_of_lookalikes
from ..option_checks import Problem, describe_problem
from ..paging import merge_lists
from .canonical import Form
from .evaluation import PENDING
from .fields import BY_OPTION, Field, Kind, Refers

_PRINCIPALS: dict[Refers, t.Literal["user", "group", "service_principal"]] = {
    Refers.USER: "user",
    Refers.GROUP: "group",
    Refers.SERVICE_PRINCIPAL: "service_principal",
}
#: Small collections that are read whole, with the permissions that this takes, least first.
_COLLECTIONS: dict[Refers, tuple[str, tuple[str, ...]]] = {
    Refers.ROLE: ("/directoryRoleTemplates", ("RoleManagement.Read.Directory", "Directory.Read.All")),
    Refers.LOCATION: (LOCATIONS, ("Policy.Read.All",)),
    Refers.STRENGTH: ("/policies/authenticationStrengthPolicies", ("Policy.Read.All",)),
}
#: So many roles are asked for one by one; more of them in one list of all that are assigned.
_MANY_ROLES = 3
_APPLICATION_NEEDS = ("Application.Read.All",)
Wire: t.TypeAlias = dict[str, t.Any]


@dataclass
class ResolvedFields:
    """``desired``: what the options ask for, with ids; ``names``: what people call them; ``dead``: ids of a policy that are of nothing."""

    desired: dict[str, t.Any]
    names: dict[tuple[Refers, str], str] = field(default_factory=dict)
    dead: list[str] = field(default_factory=list)


class NameResolver:
    """Finds what the options of one policy name; names of one kind are asked for together.

    *pending*: names of objects that earlier tasks of the run would create, by what they are. An application stands for itself and for its
    service principal, and its name for nothing else that has the same one.
    """

    def __init__(self, graph: GraphClient, pending: t.Mapping[Refers, t.Collection[str]]) -> None:
        self._graph, self._pending = graph, pending
        self._finder = PrincipalFinder(graph, {}, pending.get(Refers.GROUP, ()))
        self._collections: dict[Refers, list[Wire]] = {}
        self._applications: list[Wire] = []
        self._holders: dict[str, frozenset[str]] = {}
        self._unclear_holders: dict[str, frozenset[str]] = {}
        self.names: dict[tuple[Refers, str], str] = {}

    def resolve(self, asked: t.Mapping[str, t.Any], current: Form) -> ResolvedFields:
        """Return the fields that are *asked* for with ids in place of names.

        Also names what *current*, the policy that is there, has in the fields that are asked for. Raises Problems with every name that
        is not found or not clear, every id that is of nothing or of another kind, and every word that there is not; an unknown name is
        never left out.
        """
        self.prepare(asked)
        problems: list[Problem] = []
        desired: dict[str, t.Any] = {}
        for option, value in asked.items():
            item = BY_OPTION[option]
            if value is None or item.kind not in (Kind.REFERENCES, Kind.REFERENCE):
                desired[option] = value
                continue
            texts = sorted(value) if item.is_set else [value]
            found = []
            for text in texts:
                try:
                    found.append(self.find(item, text))
                except LookupError as exc:
                    problems.append(describe_problem(option, str(exc)))
            desired[option] = frozenset(found) if item.is_set else (found[0] if found else None)
        if problems:
            raise Problems(f"{len(problems)} names of the conditional access policy cannot be used", problems)
        resolved = ResolvedFields(desired, self.names)
        resolved.dead = self._name_present({option: current.get(option) for option in desired})
        return resolved

    def prepare(self, asked: t.Mapping[str, t.Any]) -> None:
        """Ask for all names of users, groups, service principals and applications in fields, each kind once."""
        principals, applications = [], set()
        for option, value in asked.items():
            item = BY_OPTION[option]
            texts = [
                text
                for text in _list_texts(item, value)
                if text not in (item.special or {}) and not self._is_pending_application(item, text)
            ]
            if item.refers in _PRINCIPALS:
                principals += [(_PRINCIPALS[item.refers], text) for text in texts]
            elif item.refers is Refers.APPLICATION:
                applications |= set(texts)
        self._finder.prepare(principals)
        if applications:
            self._list_applications(applications)

    def _list_applications(self, asked: t.Collection[str]) -> None:
        """Read the service principals of these display names and application ids."""
        params = {"$select": "id,appId,displayName"}
        by_kind = {
            "appId": sorted(text.lower() for text in asked if is_guid(text)),
            "displayName": sorted(text for text in asked if not is_guid(text)),
        }
        for member, values in by_kind.items():
            if values:
                queries = build_value_queries(self._graph, "/servicePrincipals", member, values, params)
                intent = f"find application {values[0]}" + (f" and {len(values) - 1} more" if len(values) > 1 else "")
                lists = list_in_batches(
                    self._graph, "/servicePrincipals", queries, intent=intent, needs=_APPLICATION_NEEDS
                )
                known = {str(wire.get("id")): wire for wire in [*self._applications, *merge_lists(lists)]}
                self._applications = list(known.values())

    def find(self, item: Field, text: str) -> str:
        """Return the id, in small letters, or the special word that *text* is in this field. Raises LookupError, which says what is wrong."""
        if text in (item.special or {}):
            return text
        refers = t.cast(Refers, item.refers)
        if self._is_pending_application(item, text):
            return self._note(refers, None, text)
        if refers in _PRINCIPALS:
            principal = self._finder.find(_PRINCIPALS[refers], text)
            return self._note(refers, principal.object_id, principal.name)
        if refers is Refers.APPLICATION:
            return self._find_application(text)
        if refers in _COLLECTIONS:
            return self._find_listed(refers, text)
        if not is_guid(text):
            raise LookupError(f"{text!r} is not an id: a {refers.value} has to be given by its id")
        return text.lower()

    def _is_pending_application(self, item: Field, text: str) -> bool:
        """Return whether *text* is the name of an application that an earlier task of the run would register."""
        if item.refers not in (Refers.APPLICATION, Refers.SERVICE_PRINCIPAL):
            return False
        return any(is_same_name(text, name) for name in self._pending.get(Refers.APPLICATION, ()))

    def _note(self, refers: Refers, object_id: str | None, name: str) -> str:
        if object_id is None:  # spelled as it will be created
            of_kind = Refers.APPLICATION if refers is Refers.SERVICE_PRINCIPAL else refers
            name = next((text for text in self._pending.get(of_kind, ()) if is_same_name(text, name)), name)
        found = object_id.lower() if object_id else f"{PENDING}{fold_case(name)}"
        self.names[refers, found] = name
        return found

    def _find_application(self, text: str) -> str:
        if is_guid(text):
            found = [wire for wire in self._applications if str(wire.get("appId")).lower() == text.lower()]
        else:
            found = filter_by_name(self._applications, "displayName", text)
        if len(found) > 1:
            ids = ", ".join(sorted(str(wire.get("appId")) for wire in found))
            raise LookupError(f"{len(found)} applications have the display name {text!r}: give one of the ids {ids}")
        if not found:
            near = describe_lookalikes(self._applications, "displayName", text)
            told = explain_id(self._graph, text, "servicePrincipal", "app_id") if is_guid(text) else ""
            raise LookupError(f"no application {text!r} has a service principal in the tenant{near}{told}")
        return self._note(Refers.APPLICATION, str(found[0]["appId"]), str(found[0].get("displayName") or text))

    def _find_listed(self, refers: Refers, text: str) -> str:
        """Return the id of a role, location or strength by name or id."""
        listed = self.list_kind(refers)
        if is_guid(text):
            found = [wire for wire in listed if str(wire.get("id")).lower() == text.lower()]
        else:
            found = filter_by_name(listed, "displayName", text)
            warn_of_lookalikes(self._graph.ctx, refers.value, listed, text)
        if len(found) > 1:
            ids = ", ".join(sorted(str(wire.get("id")) for wire in found))
            raise LookupError(
                f"{len(found)} of the kind {refers.value} have the name {text!r}: give one of the ids {ids}"
            )
        if found:
            return self._note(refers, str(found[0]["id"]), str(found[0].get("displayName") or text))
        if any(is_same_name(text, name) for name in self._pending.get(refers, ())):
            return self._note(refers, None, text)
        near = describe_lookalikes(listed, "displayName", text)
        raise LookupError(f"no {refers.value} {text!r} in the tenant{near}")

    def list_kind(self, refers: Refers) -> list[Wire]:
        """Return all directory roles, named locations or authentication strengths; read once. Raises ApiError."""
        if refers not in self._collections:
            path, needs = _COLLECTIONS[refers]
            self._collections[refers] = self._graph.list(path, intent=f"list what is a {refers.value}", needs=needs)
        return self._collections[refers]

    def find_held_roles(self, roles: t.Collection[str], ids: t.AbstractSet[str]) -> frozenset[str] | None:
        """Return which of *roles*, by the ids of their templates, are assigned to one of the *ids* for the whole tenant.

        Conditional access looks at no assignment for a part of it, such as an administrative unit (Microsoft Learn, conditional access:
        users and groups). None where an assignment does not tell what it is for. Several roles are asked for in one list. Raises ApiError.
        """
        wanted = [role for role in roles if role not in self._holders]
        if len(wanted) < _MANY_ROLES:
            for role in wanted:
                self._keep_holders([role], self._list_assignments(role))
        else:
            self._keep_holders(wanted, self._list_assignments(None))
        if any(not self._unclear_holders[role].isdisjoint(ids) for role in roles):
            return None
        return frozenset(role for role in roles if not self._holders[role].isdisjoint(ids))

    def _keep_holders(self, roles: t.Iterable[str], assignments: t.Sequence[Wire]) -> None:
        for role in roles:
            own = [wire for wire in assignments if str(wire.get("roleDefinitionId")).lower() == role]
            self._holders[role] = _list_holders(wire for wire in own if wire.get("directoryScopeId") == "/")
            self._unclear_holders[role] = _list_holders(wire for wire in own if not wire.get("directoryScopeId"))

    def _list_assignments(self, role: str | None) -> list[Wire]:
        """Return who holds a directory role, or any of them."""
        return self._graph.list(
            "/roleManagement/directory/roleAssignments",
            intent="list who holds a directory role",
            needs=("RoleManagement.Read.Directory", "Directory.Read.All"),
            params={"$filter": f"roleDefinitionId eq {quote_literal(role)}"} if role else None,
        )

    def list_locations(self) -> list[Wire]:
        """Return all named locations; read once."""
        return self.list_kind(Refers.LOCATION)

    def _name_present(self, current: t.Mapping[str, t.Any]) -> list[str]:
        """Name the ids in fields of a policy as far as Graph tells, and return what of them is of nothing, as ``kind id``."""
        wanted: dict[Refers, set[str]] = {}
        for option, value in current.items():
            item = BY_OPTION[option]
            ids = {text for text in _list_texts(item, value) if is_guid(text) and (item.refers, text) not in self.names}
            if item.refers is not None and ids:
                wanted.setdefault(item.refers, set()).update(ids)
        dead: list[str] = []
        for refers, ids in wanted.items():
            try:
                missing = ids - self.find_existing(refers, ids)
            except Forbidden:
                if refers not in _PRINCIPALS:
                    raise
                continue
            dead += [f"{refers.value} {object_id}" for object_id in sorted(missing)]
        return dead

    def remember_ids(self, ids: t.Collection[str]) -> None:
        """Ask for users, groups and service principals of any kind together, a thousand at once. Raises ApiError."""
        self._finder.lookup.find_existing_ids(ids)

    def find_existing(self, refers: Refers, ids: set[str]) -> set[str]:
        """Note the names of *ids*, and return those that exist; all of them of a kind that has no list here. Raises ApiError."""
        if refers in _PRINCIPALS:
            existing = self._finder.lookup.find_existing_ids(ids)
            known = self._graph.known_objects.names
            self.names |= {(refers, object_id): known[object_id] for object_id in existing if object_id in known}
            return existing
        if refers is Refers.APPLICATION:
            self._list_applications(ids)
            listed = {str(wire.get("appId")).lower(): wire for wire in self._applications}
        elif refers in _COLLECTIONS:
            listed = {str(wire.get("id")).lower(): wire for wire in self.list_kind(refers)}
        else:
            return ids
        found = {object_id for object_id in ids if object_id in listed}
        self.names |= {(refers, object_id): str(listed[object_id].get("displayName")) for object_id in found}
        return found


def _list_texts(item: Field, value: t.Any) -> list[str]:
    """Return the ids, names and words of a field that refers to objects; none of another field."""
    if item.refers is None or value is None or item.kind not in (Kind.REFERENCES, Kind.REFERENCE):
        return []
    return sorted(value) if item.is_set else [str(value)]


def _list_holders(assignments: t.Iterable[Wire]) -> frozenset[str]:
    return frozenset(str(wire.get("principalId")).lower() for wire in assignments)
