# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The sign-ins that a policy must not shut out: break-glass accounts, the caller, and those that the task names. Reads only."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ..._core.addresses import quote_segment
from ..._core.errors import ApiError, Problems
from ..._signin.tokens import get_identity_kind
from ..client import GraphClient
from ..named_locations.places import parse_countries
from ..option_checks import Problem, describe_problem
from .canonical import Form
from .checks import parse_address
from .evaluation import PENDING, SignIn
from .fields import BY_OPTION
from .names import NameResolver

#: Microsoft Graph, to which the caller signs in.
GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
_MEMBER_NEEDS = ("GroupMember.Read.All", "Directory.Read.All")
_USER_NEEDS = ("User.Read.All",)
Reason: t.TypeAlias = t.Literal["break_glass", "caller", "must_get_in", "one_must_get_in", "sign_ins"]
#: Options that name sign-ins, each as long as a module has it.
_NAMING: tuple[Reason, ...] = ("must_get_in", "one_must_get_in", "sign_ins")
Read = t.TypeVar("Read")


@dataclass(frozen=True)
class TriedSignIn:
    """A sign-in and why it is tried. ``is_excluded``: it is known without a look at the policy's conditions that it is excluded."""

    reason: Reason
    sign_in: SignIn
    is_excluded: bool = False


class SignInFinder:
    """Finds the sign-ins of one task; what of people a policy does not look at is not read.

    *form*, *had*: the policy as it will be and as it is, both of which are judged. *tolerate*: told of each read about a person that
    fails, of whom that is not known then; None: it is an error.
    """

    def __init__(
        self,
        graph: GraphClient,
        resolver: NameResolver,
        options: t.Mapping[str, t.Any],
        form: Form,
        had: Form,
        tolerate: t.Callable[[ApiError, str], None] | None = None,
    ) -> None:
        self._graph, self._resolver, self._options, self._form, self._had = graph, resolver, options, form, had
        self._tolerate = tolerate
        self._problems: list[Problem] = []

    def find(self) -> list[TriedSignIn]:
        """Return the sign-ins to try. Raises Problems with every name that is not found, and ApiError where memberships cannot be read."""
        self._prepare()
        found = [*self._list_break_glass(), *self._list_caller()]
        return self._add_named(found)

    def find_named(self) -> list[TriedSignIn]:
        """Return the sign-ins that the options name alone. Raises as :meth:`find`."""
        self._prepare()
        return self._add_named([])

    def _add_named(self, found: list[TriedSignIn]) -> list[TriedSignIn]:
        for reason in _NAMING:
            if self._options.get(reason) == []:
                message = "it is empty, so no sign-in would be evaluated: name a sign-in, or leave the option out"
                self._problems.append(describe_problem(reason, message))
            for index, entry in enumerate(self._options.get(reason) or ()):
                one = self._read_entry(entry, f"{reason}[{index}]")
                if one is not None:
                    found.append(TriedSignIn(reason, one))
        if self._problems:
            raise Problems(f"{len(self._problems)} sign-ins cannot be tried", self._problems)
        return found

    def _prepare(self) -> None:
        """Ask for all names at once."""
        entries = [entry for reason in _NAMING for entry in self._options.get(reason) or ()]
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
                    entry["application"] for entry in entries if entry.get("application") not in (None, "", "all")
                ),
            }
        )

    def _find(self, option: str, text: str, where: str) -> str | None:
        """Return the id of an object; None, with a problem noted, for what is none, words for many of them included."""
        item = BY_OPTION[option]
        try:
            if text in (item.special or {}):
                raise LookupError(f"{text!r} cannot be the name of an object")
            return self._resolver.find(item, text)
        except LookupError as exc:
            self._problems.append(describe_problem(where, str(exc)))
            return None

    def _list_break_glass(self) -> t.Iterator[TriedSignIn]:
        glass = self._options.get("break_glass") or {}
        for index, name in enumerate(glass.get("users") or ()):
            where = f"break_glass.users[{index}]"
            object_id = self._find("users.include.users", name, where)
            if object_id is None:
                continue
            wire = self._read_account(object_id, name)
            if wire.get("accountEnabled") is not True:
                message = f"{name} is disabled or cannot be read, so nobody can sign in with it"
                self._problems.append(describe_problem(where, message))
            yield TriedSignIn("break_glass", self.read_user(object_id, name, frozenset(), wire))
        for index, name in enumerate(glass.get("groups") or ()):
            where = f"break_glass.groups[{index}]"
            group = self._find("users.include.groups", name, where)
            if group is not None and group.startswith(PENDING):
                yield TriedSignIn("break_glass", SignIn(f"the members of {name}, which does not exist yet", group))
            elif group is not None:
                yield from self._list_members(group, name, where)

    def _list_members(self, group: str, name: str, where: str) -> t.Iterator[TriedSignIn]:
        """Yield the users in a group who can sign in, also in groups within it; all of them as one where the policy excludes the group."""
        members = self._graph.list(
            f"/groups/{quote_segment(group)}/transitiveMembers",
            intent=f"list the members of {name}",
            needs=_MEMBER_NEEDS,
            params={"$select": "id,displayName,userPrincipalName,accountEnabled", "$top": "999"},
        )
        users = [wire for wire in members if str(wire.get("@odata.type") or "").endswith(".user")]
        able = [wire for wire in users if wire.get("accountEnabled") is True]
        if not able:
            message = (
                f"as far as this identity can see, none of the {len(users)} users in {name} can sign in, so there is "
                "no account for emergencies; User.Read.All is needed to see it"
            )
            self._problems.append(describe_problem(where, message))
        if able and group in (self._form.get("users.exclude.groups") or ()):
            yield TriedSignIn("break_glass", SignIn(f"members of {name}", group, groups=frozenset({group})), True)
            return
        for wire in able:
            label = f"{wire.get('userPrincipalName') or wire['id']} of {name}"
            yield TriedSignIn("break_glass", self.read_user(str(wire["id"]).lower(), label, frozenset()))

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
            user = self.read_user(object_id, "the person who runs this", abilities)
            sign_in = replace(user, application=GRAPH_APP_ID, address=address)
        yield TriedSignIn("caller", sign_in)

    def _read_entry(self, entry: t.Mapping[str, t.Any], where: str) -> SignIn | None:
        """Return the sign-in that an entry describes; None, with a problem noted, where it cannot be."""
        application = None
        if entry.get("application") not in (None, "", "all"):
            application = self._find("applications.include", entry["application"], f"{where}.application")
        address = str(parse_address(entry["address"], f"{where}.address")) if entry.get("address") else None
        abilities = frozenset(entry.get("can") or ())
        if entry.get("user"):
            object_id = self._find("users.include.users", entry["user"], f"{where}.user")
            found = self.read_user(object_id, entry["user"], abilities) if object_id else None
        else:
            name = entry["service_principal"]
            object_id = self._find("client_applications.include", name, f"{where}.service_principal")
            found = SignIn(name, object_id, True, abilities=abilities) if object_id else None
        if found is None:
            return None
        countries, wrong = parse_countries([entry["country"]] if entry.get("country") else [], f"{where}.country")
        self._problems += [{**problem, "where": f"{where}.country"} for problem in wrong]
        country = countries[0] if countries else None
        return replace(found, application=application, address=address, country=country)

    def read_user(
        self, object_id: str, label: str, abilities: frozenset[str], wire: t.Mapping[str, t.Any] | None = None
    ) -> SignIn:
        """Return a user with the groups and roles that it has, as far as the policy looks at them. Raises ApiError.

        *wire*: the account, where it was read.
        """
        groups: frozenset[str] | None = None
        roles: frozenset[str] | None = None
        asked = self._list_named(".roles")
        if asked or self._list_named(".groups"):
            groups = self._attempt(lambda: self._list_groups(object_id, label), f"the groups of {label}")
        if asked and groups is not None:
            held = {object_id, *groups}
            # What a member of another type is may be kept from the caller, so that roles are asked for by themselves.
            find = self._resolver.find_held_roles
            roles = self._attempt(lambda: find(asked, held), "who holds directory roles")
        elif groups is not None:
            roles = frozenset()
        is_guest: bool | None = None
        if self._list_named(".guests.types") or "guests_or_external_users" in self._list_named(".users"):
            shown = wire if wire is not None else self._attempt(lambda: self._read_account(object_id, label), label)
            told = (shown or {}).get("userType")
            is_guest = None if told is None else told != "Member"
        return SignIn(label, object_id, False, groups, roles, is_guest, abilities=abilities)

    def _attempt(self, read: t.Callable[[], Read], what: str) -> Read | None:
        """Return what *read* returns; None, where that is tolerated, when it fails."""
        try:
            return read()
        except ApiError as exc:
            if self._tolerate is None:
                raise
            self._tolerate(exc, what)
            return None

    def _list_groups(self, object_id: str, label: str) -> frozenset[str]:
        """Return the ids of all groups of a user."""
        listed = self._graph.list(
            f"/users/{quote_segment(object_id)}/transitiveMemberOf",
            intent=f"list the groups of {label}",
            needs=_MEMBER_NEEDS,
        )
        return frozenset(str(member["id"]).lower() for member in listed)

    def _read_account(self, object_id: str, label: str) -> t.Mapping[str, t.Any]:
        """Return what the directory says of an account; nothing of one that it does not show."""
        wire = self._graph.get(
            f"/users/{quote_segment(object_id)}",
            intent=f"read user {label}",
            needs=_USER_NEEDS,
            params={"$select": "id,userType,accountEnabled"},
        )
        return wire or {}

    def _list_named(self, ending: str) -> list[str]:
        """Return what both forms of the policy name in the fields about users with this ending, sorted."""
        fields = [f"users.{way}{ending}" for way in ("include", "exclude")]
        return sorted(
            {text for form in (self._form, self._had) for option in fields for text in form.get(option) or ()}
        )
