# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The sign-ins that a policy must not shut out: break-glass accounts, the caller, and those that the task names. Reads only."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ..._core.addresses import quote_segment
from ..._core.errors import ConfigError, Problems
from ..._signin.tokens import get_identity_kind
from ..client import GraphClient
from ..option_checks import Problem, describe_problem
from .canonical import Form
from .checks import parse_address
from .evaluation import SignIn
from .fields import BY_OPTION
from .names import NameResolver

#: Microsoft Graph, to which the caller signs in.
GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
_MEMBER_NEEDS = ("GroupMember.Read.All", "Directory.Read.All")
_USER_NEEDS = ("User.Read.All",)
Reason: t.TypeAlias = t.Literal["break_glass", "caller", "must_get_in", "one_must_get_in"]


@dataclass(frozen=True)
class TriedSignIn:
    """A sign-in and why it is tried. ``is_excluded``: it is known without a look at the policy's conditions that it is excluded."""

    reason: Reason
    sign_in: SignIn
    is_excluded: bool = False


class SignInFinder:
    """Finds the sign-ins of one task; what of people a policy does not look at is not read."""

    def __init__(self, graph: GraphClient, resolver: NameResolver, options: t.Mapping[str, t.Any], form: Form) -> None:
        self._graph, self._resolver, self._options, self._form = graph, resolver, options, form
        self._problems: list[Problem] = []

    def find(self) -> list[TriedSignIn]:
        """Return the sign-ins to try. Raises Problems with every name that is not found, and ApiError where memberships cannot be read."""
        self._prepare()
        found = [*self._list_break_glass(), *self._list_caller()]
        reasons: tuple[Reason, ...] = ("must_get_in", "one_must_get_in")
        for reason in reasons:
            for index, entry in enumerate(self._options.get(reason) or ()):
                one = self._read_entry(entry, f"{reason}[{index}]")
                if one is not None:
                    found.append(TriedSignIn(reason, one))
        if self._problems:
            raise Problems(f"{len(self._problems)} sign-ins cannot be tried", self._problems)
        return found

    def _prepare(self) -> None:
        """Ask for all names at once."""
        entries = [entry for reason in ("must_get_in", "one_must_get_in") for entry in self._options.get(reason) or ()]
        glass = self._options.get("break_glass") or {}
        self._resolver.prepare(
            {
                "users.include.users": frozenset(
                    [*(glass.get("users") or ()), *(entry["user"] for entry in entries if entry.get("user"))]
                ),
                "users.include.groups": frozenset(glass.get("groups") or ()),
                "client_applications.include": frozenset(
                    entry["service_principal"] for entry in entries if entry.get("service_principal")
                ),
                "applications.include": frozenset(
                    entry["application"] for entry in entries if entry.get("application")
                ),
            }
        )

    def _find(self, option: str, text: str, where: str) -> str | None:
        try:
            return self._resolver.find(BY_OPTION[option], text)
        except LookupError as exc:
            self._problems.append(describe_problem(where, str(exc)))
            return None

    def _list_break_glass(self) -> t.Iterator[TriedSignIn]:
        glass = self._options.get("break_glass") or {}
        abilities = frozenset[str]()
        for index, name in enumerate(glass.get("users") or ()):
            object_id = self._find("users.include.users", name, f"break_glass.users[{index}]")
            if object_id is not None:
                yield TriedSignIn("break_glass", self._read_user(object_id, name, abilities))
        for index, name in enumerate(glass.get("groups") or ()):
            group = self._find("users.include.groups", name, f"break_glass.groups[{index}]")
            if group is not None:
                yield from self._list_members(group, name)

    def _list_members(self, group: str, name: str) -> t.Iterator[TriedSignIn]:
        """Yield the users in a group, also in groups within it; the group itself where the policy excludes it."""
        if group in (self._form.get("users.exclude.groups") or ()):
            yield TriedSignIn("break_glass", SignIn(f"members of {name}", group), is_excluded=True)
            return
        members = self._graph.list(
            f"/groups/{quote_segment(group)}/transitiveMembers",
            intent=f"list the members of {name}",
            needs=_MEMBER_NEEDS,
            params={"$select": "id,displayName,userPrincipalName", "$top": "999"},
        )
        users = [wire for wire in members if wire.get("userPrincipalName")]
        if not users:
            raise ConfigError(
                f"Group {name} has no users, so nobody is kept for emergencies", source="option break_glass"
            )
        for wire in users:
            label = f"{wire['userPrincipalName']} of {name}"
            yield TriedSignIn("break_glass", self._read_user(str(wire["id"]).lower(), label, frozenset()))

    def _list_caller(self) -> t.Iterator[TriedSignIn]:
        """Yield the sign-in of the identity that runs this; at an address that is told, else from anywhere."""
        claims = self._graph.read_token_claims()
        object_id = str(claims.get("oid") or "").lower()
        if not object_id:
            return
        address = self._options.get("caller_address")
        if address:
            address = str(parse_address(address, "caller_address"))
        sign_in = SignIn("the identity that runs this", object_id, True, application=GRAPH_APP_ID, address=address)
        if get_identity_kind(claims, self._graph.sign_in.method) == "user":
            methods = claims.get("amr")
            abilities = frozenset({"mfa"}) if isinstance(methods, list) and "mfa" in methods else frozenset[str]()
            user = self._read_user(object_id, "the person who runs this", abilities)
            sign_in = replace(user, application=GRAPH_APP_ID, address=address)
        yield TriedSignIn("caller", sign_in)

    def _read_entry(self, entry: t.Mapping[str, t.Any], where: str) -> SignIn | None:
        """Return the sign-in that an entry describes; None, with a problem noted, where it cannot be."""
        application = None
        if entry.get("application"):
            application = self._find("applications.include", entry["application"], f"{where}.application")
        address = str(parse_address(entry["address"], f"{where}.address")) if entry.get("address") else None
        abilities = frozenset(entry.get("can") or ())
        if entry.get("user"):
            object_id = self._find("users.include.users", entry["user"], f"{where}.user")
            found = self._read_user(object_id, entry["user"], abilities) if object_id else None
        else:
            name = entry["service_principal"]
            object_id = self._find("client_applications.include", name, f"{where}.service_principal")
            found = SignIn(name, object_id, True, abilities=abilities) if object_id else None
        if found is None:
            return None
        country = (entry.get("country") or "").strip().upper() or None
        return replace(found, application=application, address=address, country=country)

    def _read_user(self, object_id: str, label: str, abilities: frozenset[str]) -> SignIn:
        """Return a user with the groups and roles that it has, as far as the policy looks at them."""
        groups: frozenset[str] | None = None
        roles: frozenset[str] | None = None
        path = f"/users/{quote_segment(object_id)}"
        if self._looks_at(".groups", ".roles"):
            listed = self._graph.list(
                f"{path}/transitiveMemberOf", intent=f"list the groups and roles of {label}", needs=_MEMBER_NEEDS
            )
            groups = frozenset(str(wire["id"]).lower() for wire in listed)
            roles = frozenset(str(wire["roleTemplateId"]).lower() for wire in listed if wire.get("roleTemplateId"))
        is_guest: bool | None = None
        if self._looks_at(".guests.types") or "guests_or_external_users" in self._list_named_users():
            wire = self._graph.get(
                path, intent=f"read user {label}", needs=_USER_NEEDS, params={"$select": "id,userType"}
            )
            told = (wire or {}).get("userType")
            is_guest = None if told is None else told != "Member"
        return SignIn(label, object_id, False, groups, roles, is_guest, abilities=abilities)

    def _looks_at(self, *endings: str) -> bool:
        return any(option.startswith("users.") and option.endswith(endings) for option in self._form)

    def _list_named_users(self) -> set[str]:
        return {text for way in ("include", "exclude") for text in self._form.get(f"users.{way}.users") or ()}
