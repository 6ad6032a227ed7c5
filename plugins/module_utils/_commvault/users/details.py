# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What the service shows of a user, for reports: what it does not show is None, never false and never empty. Pure."""

from __future__ import annotations

import typing as t

from ..._core.errors import BadAnswer
from ..._core.names import fold_case
from ..._core.values import get_object
from ..._signin.commvault.token_pair_wire import parse_epoch
from ..access_tokens.canonical import format_timestamp
from .canonical import (
    GroupRow,
    Kind,
    find_identity_provider,
    find_password_checker,
    list_group_rows,
    parse_user,
)

Row = dict[str, t.Any]
#: How a user proves who it is. A password is checked by Commvault or by a directory; a service account has tokens only.
SignIn: t.TypeAlias = t.Literal["commvault_password", "directory_password", "identity_provider", "access_token"]
#: Those that type a password, which two-factor authentication adds a PIN to.
WITH_PASSWORD: tuple[SignIn, ...] = ("commvault_password", "directory_password")
#: By field, its names in the answers of the newer and of the older calls.
_TEXTS = {
    "full_name": ("fullName",),
    "email": ("email",),
    "user_principal_name": ("userPrincipalName", "UPN"),
    "description": ("description",),
}
_ENABLED = ("enabled", "enableUser")
_FLAGS = {"1": True, "TRUE": True, "YES": True, "0": False, "FALSE": False, "NO": False}
#: The fields of a user whose details are not shown.
UNSHOWN: t.Mapping[str, None] = dict.fromkeys(
    (
        "enabled",
        "kind",
        *_TEXTS,
        "signs_in_with",
        "identity_provider",
        "local_password",
        "two_factor",
        "locked",
        "last_sign_in",
        "groups",
    )
)


def describe_user(wire: t.Mapping[str, t.Any], kind: Kind | None, describe_group: t.Callable[[GroupRow], Row]) -> Row:
    """Return the fields of UNSHOWN, ``two_factor`` still None. Raises BadAnswer for values of other types than the specification has.

    *wire*: the answer of ``v4/user/{id}``. *describe_group* returns the group that a row of it names.
    """
    sign_in = find_sign_in(wire, kind)
    groups = None
    if wire.get("associatedUserGroups") is not None:
        groups = [describe_group(row) for row in list_group_rows(parse_user(wire))]
        groups.sort(key=lambda one: (fold_case(one["name"]), one["name"], str(one["kind"]), str(one["id"])))
    lock = get_object(wire, "lockInfo")
    seen = parse_epoch(_get_number(wire, ("lastLoggedIn", "lastLogIntime")))
    return {
        **UNSHOWN,
        "enabled": get_flag(wire, _ENABLED),
        "kind": kind,
        **{name: _get_text(wire, names) for name, names in _TEXTS.items()},
        "signs_in_with": sign_in,
        "identity_provider": find_identity_provider(wire),
        "local_password": has_local_password(kind, sign_in),
        "locked": get_flag(lock, ("isLocked",)) if lock else get_flag(wire, ("isAccountLocked",)),
        "last_sign_in": None if seen is None else format_timestamp(seen),
        "groups": groups,
    }


def find_sign_in(wire: t.Mapping[str, t.Any], kind: Kind | None) -> SignIn | None:
    """Return how a user signs in; None where the service does not tell.

    Commvault documentation: a service account has no password, it signs in with access tokens.
    """
    if kind == "service_account":
        return "access_token"
    checker = find_password_checker(wire)
    if checker == "identity_provider":
        return "identity_provider"
    # Without its kind, what Commvault seems to check the password of may be a service account, which has none.
    if checker is None or kind is None:
        return None
    return "directory_password" if checker == "directory" else "commvault_password"


def has_local_password(kind: Kind | None, sign_in: SignIn | None) -> bool | None:
    """Return whether Commvault keeps a password of a user; None where that is not certain.

    A local user that signs in with an identity provider may have kept a password from before: nothing shows it.
    """
    if kind in ("external", "service_account"):
        return False
    return True if sign_in == "commvault_password" else None


def get_flag(wire: t.Mapping[str, t.Any], names: t.Iterable[str]) -> bool | None:
    """Return the first flag that is shown under one of *names*; None where none is. Raises BadAnswer for what is no flag."""
    name, value = _get_first(wire, names)
    if value is None or isinstance(value, bool):
        return value
    word = str(value).strip().upper() if isinstance(value, (int, str)) else ""
    if word not in _FLAGS:
        raise BadAnswer(f"An answer has a value that is not true or false as {name}.", member=name)
    return _FLAGS[word]


def _get_text(wire: t.Mapping[str, t.Any], names: t.Iterable[str]) -> str | None:
    name, value = _get_first(wire, names)
    if value is not None and not isinstance(value, str):
        raise BadAnswer(f"An answer has a value that is not a text as {name}.", member=name)
    return value


def _get_number(wire: t.Mapping[str, t.Any], names: t.Iterable[str]) -> t.Any:
    name, value = _get_first(wire, names)
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float, str))):
        raise BadAnswer(f"An answer has a value that is not a number as {name}.", member=name)
    return value


def _get_first(wire: t.Mapping[str, t.Any], names: t.Iterable[str]) -> tuple[str, t.Any]:
    """Return the first of *names* that holds a value, and that; None as the value where none does."""
    return next(((name, wire[name]) for name in names if wire.get(name) is not None), ("", None))


def describe_group_row(
    row: GroupRow, user_groups: t.Callable[[int], str | None], external_groups: t.Callable[[int], str | None]
) -> Row:
    """Return a group as the module returns it. ``kind`` is None for one that no list shows: it may be of either kind.

    *user_groups* and *external_groups* return the name of a group by its id, None for what is none of theirs. The name is compared as
    well, since the ids of directories are their own.
    """
    lists = (("user_group", user_groups), ("external_group", external_groups))
    for kind, find_name in lists if row.id is not None else ():
        name = find_name(t.cast(int, row.id))
        if name is not None and row.is_of(name):
            return {"kind": kind, "id": str(row.id), "name": name}
    return {"kind": None, "id": None if row.id is None else str(row.id), "name": row.name}
