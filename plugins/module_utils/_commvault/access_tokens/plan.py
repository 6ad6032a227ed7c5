# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The steps that bring an access token into its desired form, or take it away. Pure."""

from __future__ import annotations

from ..._core.object_changes import describe_creation, describe_object_changes
from ..._core.plan import Change, Plan, Step, find_changed_fields
from .canonical import CanonicalAccessToken, is_restriction

_KIND = "access token"
_WORDS = {"allowed_ips": "allowed address", "api_endpoints": "API endpoint"}


def plan_access_token(
    name: str,
    wanted: CanonicalAccessToken,
    current: CanonicalAccessToken | None,
    stored_in: str | None = None,
    held: bool = True,
) -> Plan:
    """Plan to create, edit or replace an access token.

    ``stored_in`` names the store that shall hold the pair, None where there is none; ``held``: it holds the pair already. The value
    of a token is shown only once, so a token that the store does not hold is revoked and created again.
    """
    place = {} if stored_in is None else {"stored_in": stored_in if held else None}
    managed = {key: value for key, value in wanted.items() if value is not None}
    if current is None or not held:
        kept = {key: value for key, value in (current or {}).items() if key not in ("renewable_until", "expires")}
        settings = {"name": name, "token_type": "all", "api_endpoints": [], "allowed_ips": [], **kept, **managed}
        if settings["token_type"] != "custom":
            settings["api_endpoints"] = []
        after = settings if stored_in is None else {**settings, "stored_in": stored_in}
        create = Step(
            "create",
            f"access token {name}",
            {"settings": settings},
            describe_creation(_KIND, name, _list_told(settings), _WORDS),
        )
        if current is None:
            return Plan({}, after, (create,))
        return Plan({**current, **place}, after, (_plan_revocation(current), create))
    changes = find_changed_fields(managed, current)
    changes = {key: value for key, value in changes.items() if key in current or is_restriction(key, value)}
    before = {**current, **place}
    if not changes:
        return Plan(before, before)
    settings = {**current, **changes}
    if settings.get("token_type") != "custom" and "api_endpoints" in settings:
        settings["api_endpoints"] = []
    subject = f"access token {current['name']}: {', '.join(sorted(changes))}"
    told = describe_object_changes(str(current["name"]), _list_told(current), _list_told(settings), _WORDS)
    step = Step("edit", subject, {"settings": settings}, told)
    return Plan(before, {**settings, **place}, (step,))


def plan_access_token_removal(current: CanonicalAccessToken | None, stored_in: str | None = None) -> Plan:
    """Plan to revoke the token, and to clear the store that holds its pair (None: no store holds it)."""
    before: CanonicalAccessToken = dict(current or {})
    steps = [_plan_revocation(current)] if current is not None else []
    if stored_in is not None:
        before["stored_in"] = stored_in
        name = str(current["name"]) if current is not None else stored_in
        told = Change("-", "stored token pair", name, f"remove the pair from {stored_in}")
        steps.append(Step("forget", f"the pair in {stored_in}", {}, (told,)))
    return Plan(before, {}, tuple(steps))


def _plan_revocation(current: CanonicalAccessToken) -> Step:
    told = Change("-", _KIND, str(current["name"]), "revoke the access token")
    return Step("revoke", f"access token {current['name']}", {}, (told,))


def _list_told(token: CanonicalAccessToken) -> CanonicalAccessToken:
    return {field: value for field, value in token.items() if field != "name"}
