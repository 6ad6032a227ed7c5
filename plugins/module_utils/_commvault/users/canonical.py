# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Users as the service shows them, and in canonical form, under the names of the options of commvault_user. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._core.names import is_same_name
from ..._core.values import get_objects
from ..catalogue import is_commcell_level
from ..listings import is_local_service
from ..references import parse_id
from ..security.canonical import is_flag_set

Kind: t.TypeAlias = t.Literal["external", "local", "service_account"]
KINDS: tuple[Kind, ...] = ("external", "local", "service_account")
KIND_WORDS: dict[Kind, str] = {
    "external": "a user of a directory",
    "local": "a local user",
    "service_account": "a service account",
}
PasswordChecker: t.TypeAlias = t.Literal["commvault", "directory", "identity_provider"]
#: By word of ``authenticationMethod``, who checks the password.
_METHODS: dict[str, PasswordChecker] = {
    "COMMCELL": "commvault",
    "LOCAL": "commvault",
    "AD": "directory",
    "SAML": "identity_provider",
}
#: The built-in user admin, which cannot be deleted.
BUILT_IN_USER_ID = 1
#: The fields that an update takes, in the order in which they are told.
FIELDS = ("description", "email", "enabled", "full_name", "user_principal_name")
#: By field, its names in the answers of the newer and of the older calls; the first is that of an update, too.
_WIRE_NAMES = {
    "description": ("description",),
    "email": ("email",),
    "enabled": ("enabled", "enableUser"),
    "full_name": ("fullName",),
    "user_principal_name": ("userPrincipalName", "UPN"),
}
#: Addresses, in which letter case means nothing.
_CASELESS = frozenset({"email", "user_principal_name"})


@dataclass(frozen=True)
class User:
    """A user. ``kind`` is None where the service does not tell whether it is a service account.

    ``identity_provider``: the server that the user signs in with, None for Commvault itself.
    """

    name: str
    kind: Kind | None
    description: str = ""
    email: str = ""
    enabled: bool = True
    full_name: str = ""
    user_principal_name: str = ""
    identity_provider: str | None = None
    #: Rows of all groups that the user is in, as the service writes them.
    group_rows: tuple[t.Mapping[str, t.Any], ...] = field(default=(), compare=False, repr=False)


def parse_user(wire: t.Mapping[str, t.Any], is_service_account: bool | None = None) -> User:
    """Return a user in canonical form. *is_service_account*: what is known of that where the answer itself does not say."""
    entity = wire.get("userEntity")
    inner = entity if isinstance(entity, dict) else {}
    found = {name: _get_first(wire, names) for name, names in _WIRE_NAMES.items()}
    enabled = found.pop("enabled")
    rows = get_objects(wire, "associatedUserGroups")
    return User(
        name=str(wire.get("name") or inner.get("userName") or ""),
        kind=find_kind(wire, is_service_account),
        enabled=True if enabled is None else is_flag_set(enabled),
        identity_provider=find_identity_provider(wire),
        group_rows=tuple(rows),
        **{name: "" if value is None else str(value) for name, value in found.items()},
    )


def find_kind(wire: t.Mapping[str, t.Any], is_service_account: bool | None = None) -> Kind | None:
    r"""Return the kind of a user, None where the service does not tell whether it is a service account.

    Users of a directory are ``DOMAIN\name``. Those of a company may be ``company\name`` and are local.
    """
    if is_external(wire):
        return "external"
    shown = wire.get("isServiceAccount")
    known = is_service_account if shown is None else is_flag_set(shown)
    return None if known is None else "service_account" if known else "local"


def is_external(wire: t.Mapping[str, t.Any]) -> bool:
    """Return whether a user is one of a directory such as Active Directory."""
    service = wire.get("serviceType")
    if str(service or "UNKNOWN").upper() != "UNKNOWN":
        return not is_local_service(service)
    company = wire.get("company")
    name = company.get("name") if isinstance(company, dict) else None
    return "\\" in str(wire.get("name") or "") and (not name or is_commcell_level(str(name)))


def find_password_checker(wire: t.Mapping[str, t.Any]) -> PasswordChecker | None:
    """Return who checks the password of a user that has one; None where the answer does not tell.

    Specification: ``authenticationMethod`` is ``Commcell`` by default; another one goes with the server of ``authenticationMethodServer``.
    """
    if find_identity_provider(wire) is not None:
        return "identity_provider"
    word = str(wire.get("authenticationMethod") or "").upper()
    if word in _METHODS:
        found = _METHODS[word]
        return "directory" if found == "commvault" and is_external(wire) else found
    server = wire.get("authenticationMethodServer")
    if word or not isinstance(server, dict) or parse_id(server.get("id")) != 0:
        return None
    return "directory" if is_external(wire) else "commvault"


def find_identity_provider(wire: t.Mapping[str, t.Any]) -> str | None:
    """Return the name of the server that a user signs in with; None for Commvault itself, and where that is not shown."""
    server = wire.get("authenticationMethodServer")
    if not isinstance(server, dict) or not parse_id(server.get("id")):
        return None
    return str(server.get("name") or wire.get("authenticationMethod") or server["id"])


class GroupRow(t.NamedTuple):
    """A group that a user is in, as the answer about the user names it. ``id``: None where that is none; ids of directories are their own."""

    id: int | None
    name: str

    def is_of(self, name: str) -> bool:
        r"""Return whether this is the group of that *name*, which may have its company or directory in front: ``corp\\Ops``."""
        return is_same_name(name, self.name) or is_same_name(name.rpartition("\\")[2], self.name)


def list_group_rows(user: User) -> list[GroupRow]:
    """Return all groups that a user is in, in the order of the answer."""
    return [
        GroupRow(
            parse_id(_get_first(row, ("id", "userGroupId"))), str(_get_first(row, ("name", "userGroupName")) or "")
        )
        for row in user.group_rows
    ]


def parse_group_ids(user: User, local: t.Callable[[int], str | None]) -> dict[str, int]:
    """Return the ids of the user groups that a user is in, by name; the id is added to a name that several have.

    *local* returns the name of a user group by its id, None for what is none that this account sees. Groups of a directory, whose ids are
    their own, and groups that are not seen are left out.
    """
    found: dict[str, int] = {}
    for row in list_group_rows(user):
        name = None if row.id is None else local(row.id)
        if row.id is None or name is None or not row.is_of(name):
            continue
        label = name if found.get(name, row.id) == row.id else f"{name} (id {row.id})"
        found[label] = row.id
    return found


def build_update(changes: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the body of an update. The name is never in it: it would rename, if only in letter case."""
    return {_WIRE_NAMES[name][0]: value for name, value in changes.items()}


def is_same_value(name: str, one: t.Any, other: t.Any) -> bool:
    """Return whether two values of a field mean the same."""
    if name in _CASELESS:
        return is_same_name(str(one), str(other))
    return bool(one == other)


def _get_first(wire: t.Mapping[str, t.Any], names: t.Iterable[str]) -> t.Any:
    return next((wire[name] for name in names if wire.get(name) is not None), None)
