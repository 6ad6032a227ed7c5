# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Facts about the sign-in to a CommCell: its address, where the options came from, the user, and the user's rights. Reads only."""

from __future__ import annotations

import typing as t

from .._core.addresses import quote_segment
from .._core.context import Context
from .._core.errors import ApiError, NotFound
from .._core.http import describe_proxy
from .._core.values import get_objects
from .._signin.commvault.entra_token import TAKEN
from .._signin.inputs import list_option_sources
from .._signin.options import commvault_spec, entra_spec
from .._signin.transport_settings import build_commvault_settings
from .client import CommvaultClient
from .envelope import is_declined
from .references import parse_id

COMMVAULT_SERVICE = "Commvault"


def is_commvault_configured(options: t.Mapping[str, t.Any]) -> bool:
    """Return whether the options name a CommCell."""
    return bool(options.get("commvault_url"))


def describe_commvault_connection(ctx: Context) -> dict[str, t.Any]:
    """Return what is known before the sign-in: URL, method, CA, proxy, and the source of each option."""
    settings, url = build_commvault_settings(ctx.options), str(ctx.options["commvault_url"])
    own = {name: option for name, option in commvault_spec().options.items() if name not in entra_spec().options}
    return {
        "url": url,
        "method": ctx.options["commvault_auth_method"],
        "ca": settings.describe_ca(),
        "proxy": describe_proxy(settings, url if "//" in url else f"https://{url}"),
        "sources": list_option_sources(ctx, own),
    }


def read_commvault_identity(ctx: Context, client: CommvaultClient) -> dict[str, t.Any]:
    """Read the signed-in user, its groups and its rights; what it may not read is None. ``token_header``: of a token of Entra ID.

    Raises ApiError for a read that fails, and NotFound when none of the calls is known.
    """
    who = _read_user(client)
    number = parse_id(who.get("id") or who.get("userId"))
    name = who.get("name") or who.get("userName") or ctx.options.get("commvault_username")
    home = who.get("company")
    groups, release, rights = _read_user_group_names(client, number), client.release, _read_rights(client)
    if not who and not release and rights is None:
        raise NotFound(
            f"{client.base_url} does not answer who is signed in and what that user may do: check commvault_url, and "
            "any proxy or gateway in between.",
            service=COMMVAULT_SERVICE,
        )
    return {
        "url": client.base_url,
        "identity": {
            "id": str(number) if number else None,
            "user_name": str(name) if name else None,
            "company": str(home["name"]) if isinstance(home, dict) and home.get("name") else None,
            "groups": groups,
        },
        "token_header": ctx.identity.get(TAKEN),
        "release": f"11.{release}" if release else None,
        "commcell": {"id": str(client.commcell_id), "name": client.commcell_name or None},
        "company": client.company_name,
        "rights": rights,
    }


def parse_rights(answer: t.Any) -> dict[int, str] | None:
    """Parse an answer of ``Security/…/Permissions`` into permission names by id; None when there is no such list in it."""
    rows = answer.get("permissionsList") if isinstance(answer, dict) else None
    if rows is None and isinstance(answer, dict):
        rows = answer.get("permissions")
    if not isinstance(rows, list):
        return None
    found: dict[int, str] = {}
    for row in rows:
        inner = row.get("permission") if isinstance(row, dict) else None
        entry = inner if isinstance(inner, dict) else row
        number = parse_id(entry.get("permissionId") or entry.get("id")) if isinstance(entry, dict) else None
        if number:
            found[number] = str(entry.get("permissionName") or entry.get("name") or number)
    return found


def read_own_rights(client: CommvaultClient) -> dict[int, str] | None:
    """Return the names of what the signed-in user may do on the CommCell, by id; None where that is not shown."""
    path = f"Security/COMMCELL_ENTITY/{quote_segment(client.commcell_id)}/Permissions"
    return parse_rights(_read_if_allowed(client, path, "read the rights of the signed-in user on the CommCell"))


def _read_rights(client: CommvaultClient) -> list[dict[str, t.Any]] | None:
    found = read_own_rights(client)
    return None if found is None else [{"id": str(number), "name": found[number]} for number in sorted(found)]


def _read_user(client: CommvaultClient) -> dict[str, t.Any]:
    # An error is raised even when it is a refusal: this call shows whether the token is valid.
    answer = client.get("V2/WhoAmI", intent="read who is signed in", unknown_ok=True) or {}
    inner = answer.get("user")
    return inner if isinstance(inner, dict) else answer


def _read_user_group_names(client: CommvaultClient, user_id: int | None) -> list[str] | None:
    if not user_id:
        return None
    details = _read_if_allowed(client, f"v4/user/{quote_segment(user_id)}", "read the groups of the signed-in user")
    if details is None:
        return None
    return sorted(str(row["name"]) for row in get_objects(details, "associatedUserGroups") if row.get("name"))


def _read_if_allowed(client: CommvaultClient, path: str, intent: str) -> dict[str, t.Any] | None:
    """GET *path*; None where the user may not ask or this release does not offer it."""
    try:
        return client.get(path, intent=intent, unknown_ok=True)
    except ApiError as exc:
        if not is_declined(exc):
            raise
        client.ctx.debug(1, str(exc))
        return None
