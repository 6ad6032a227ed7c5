# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Reads of the users that Commvault knows and that sample users may sign on as. Nothing is written."""

from __future__ import annotations

import typing as t

from ..._commvault.catalogue import Entry
from ..._commvault.client import CommvaultClient
from ..._commvault.directory import Directory
from ..._commvault.references import parse_id
from ..._commvault.users.calls import Users
from ..._core.context import Context
from ..._core.errors import Forbidden
from ..._core.names import fold_case
from ..._core.parallel import map_in_parallel
from ..._core.values import get_objects
from .facts import CountedUser, KnownUser
from .sign_ons import list_sign_on_names


def read_known_users(
    ctx: Context, commvault: CommvaultClient, directory: Directory, counted: t.Sequence[CountedUser]
) -> tuple[KnownUser, ...] | None:
    """Return the users of Commvault that bear a name of the sample users; one list, and one request for each of them.

    None where there are no sample users, or where this account may not see users (HTTP 403).
    """
    sampled = [str(person.member.name) for person in counted if person.sampled and person.groups is not None]
    if not sampled:
        return None
    wanted = {name for member in sampled for name in list_sign_on_names(member)}
    users = Users(commvault, directory)
    try:
        meant = [entry for entry in directory.read_catalogue("users") if _list_names(entry) & wanted]
        details = map_in_parallel(
            lambda entry: users.read(entry.id),
            meant,
            max(1, ctx.options["parallel_reads"]),
            ctx,
            "users of Commvault read",
        )
    except Forbidden as exc:
        ctx.debug(1, str(exc))
        return None
    return tuple(_build_known_user(entry, wire) for entry, wire in zip(meant, details, strict=True) if wire is not None)


def _list_names(entry: Entry) -> frozenset[str]:
    """Return the names by which NameID may mean a user: without the company in front, and its addresses."""
    raw = entry.raw
    shown = (entry.name.rpartition("\\")[2], raw.get("email"), raw.get("userPrincipalName"))
    return frozenset(fold_case(str(name)) for name in shown if name)


def _build_known_user(entry: Entry, wire: t.Mapping[str, t.Any]) -> KnownUser:
    enabled = wire.get("enabled")
    rows = [row for row in get_objects(wire, "associatedUserGroups") if not row.get("provider")]
    groups = {parse_id(row.get("id")) for row in rows} - {None}
    return KnownUser(
        _list_names(entry),
        None if enabled is None else bool(enabled),
        frozenset(t.cast("set[int]", groups)) if "associatedUserGroups" in wire else None,
    )
