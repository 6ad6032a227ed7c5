# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Whether the caller may change a registration, as its token and the owners of the registration show. Reads only."""

from __future__ import annotations

import typing as t

from ..._core.addresses import quote_segment
from ..._core.errors import Forbidden, NotFound
from ..._core.polling import Backoff
from ..._core.visible import to_one_line
from ..._signin.tokens import get_identity_kind
from ..client import GraphClient
from ..whoami import DIRECTORY_ROLES, list_token_permissions
from ..write_permissions import NO_ROLES

#: Permissions with which every registration can be changed (Microsoft Graph: application, addPassword).
_ANY_APPLICATION = frozenset({"Application.ReadWrite.All", "Directory.ReadWrite.All"})
#: With this one an application changes what it owns.
_OWNED_APPLICATIONS = "Application.ReadWrite.OwnedBy"
#: With these, people change what their roles and ownership let them.
_OF_PEOPLE = _ANY_APPLICATION | {"Directory.AccessAsUser.All"}
#: Directory roles that may change every registration (Microsoft Entra: built-in roles).
_ROLES = frozenset({"Application Administrator", "Cloud Application Administrator", "Global Administrator"})
#: Further looks at the owners: a replica may not list one yet that was just added.
_FURTHER_LOOKS = 1
#: So many permissions of a token are named.
_TOLD = 6

Verdict: t.TypeAlias = t.Literal["shown", "if owner", "missing", "unknown"]


class Right(t.NamedTuple):
    """Whether the caller may change a registration. ``is_shown`` None: that could not be told; ``reason``: what is missing, or why not."""

    is_shown: bool | None
    reason: str = ""


def read_right_to_change(graph: GraphClient, object_id: str) -> Right:
    """Return whether the caller may change the registration. Owners are read only where the answer depends on them.

    Raises ApiError, Unreachable; an identity that may not read the owners is one of which the right is not known.
    """
    claims = graph.read_token_claims()
    is_person = get_identity_kind(claims, graph.sign_in.method) == "user"
    verdict, reason = judge_token(claims, is_person=is_person)
    if verdict != "if owner":
        return Right({"shown": True, "missing": False, "unknown": None}[verdict], reason)
    is_owner = _is_owner(graph, object_id, str(claims.get("oid") or "").lower())
    if is_owner is None:
        return Right(None, "the owners of the application cannot be read.")
    # of people, roles that are limited to the application do not stand in the token
    return Right(True) if is_owner else Right(None if is_person else False, reason)


def judge_token(claims: t.Mapping[str, t.Any], *, is_person: bool) -> tuple[Verdict, str]:
    """Return what the claims of the caller's token say of its right to change registrations, and what is missing. Pure."""
    held = list_token_permissions(claims)
    if held is None:
        return "unknown", "the access token cannot be read."
    names = to_one_line(", ".join(held[:_TOLD]) + (" …" if len(held) > _TOLD else "")) or "none"
    told = claims.get("wids")
    roles = {str(role).lower() for role in told} - NO_ROLES if isinstance(told, list) else set()
    if is_person and not _OF_PEOPLE.intersection(held):
        return "missing", f"the delegated permission Application.ReadWrite.All is needed, but the token has {names}."
    if any(DIRECTORY_ROLES.get(role) in _ROLES for role in roles):
        return "shown", ""
    if is_person:
        wanted = "an owner, Application Administrator or Cloud Application Administrator"
        return "if owner", f"the token and the list of owners do not show that the caller is {wanted}."
    if _ANY_APPLICATION.intersection(held):
        return "shown", ""
    if not roles <= DIRECTORY_ROLES.keys():
        return "unknown", "the caller has a directory role whose rights this collection does not know."
    if _OWNED_APPLICATIONS in held:
        return (
            "if owner",
            f"with {_OWNED_APPLICATIONS} it must be an owner of the application, but the list of owners does not contain it.",
        )
    return (
        "missing",
        f"{_OWNED_APPLICATIONS} and ownership of the application are needed, or Application.ReadWrite.All; the token has {names}.",
    )


def _is_owner(graph: GraphClient, object_id: str, caller: str) -> bool | None:
    """Return whether *caller*, an object id, is listed as an owner; None where the list cannot be read, or the caller is not known."""
    if not caller:
        return None
    backoff, is_listed = Backoff(graph.ctx), False
    for look in range(_FURTHER_LOOKS + 1):
        if look:
            backoff.pause(about="reading the owners of the application again")
        try:
            listed = graph.list(
                f"/applications/{quote_segment(object_id)}/owners",
                intent="read the owners of the application",
                params={"$select": "id"},
            )
        except Forbidden:
            return None
        except NotFound:  # by a replica that does not know the application yet
            continue
        if any(str(owner.get("id")).lower() == caller for owner in listed):
            return True
        is_listed = True
    return False if is_listed else None
