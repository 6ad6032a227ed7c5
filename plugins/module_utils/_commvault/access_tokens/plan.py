# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The steps that bring an access token into its desired form, or take it away. Pure."""

from __future__ import annotations

from ..._core.plan import Plan, Step, find_changed_fields
from .canonical import CanonicalAccessToken, is_restriction


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
        create = Step("create", f"access token {name}", {"settings": settings})
        if current is None:
            return Plan({}, after, (create,))
        return Plan({**current, **place}, after, (Step("revoke", f"access token {current['name']}"), create))
    changes = find_changed_fields(managed, current)
    changes = {key: value for key, value in changes.items() if key in current or is_restriction(key, value)}
    before = {**current, **place}
    if not changes:
        return Plan(before, before)
    settings = {**current, **changes}
    if settings.get("token_type") != "custom" and "api_endpoints" in settings:
        settings["api_endpoints"] = []
    subject = f"access token {current['name']}: {', '.join(sorted(changes))}"
    return Plan(before, {**settings, **place}, (Step("edit", subject, {"settings": settings}),))


def plan_access_token_removal(current: CanonicalAccessToken | None, stored_in: str | None = None) -> Plan:
    """Plan to revoke the token, and to clear the store that holds its pair (None: no store holds it)."""
    before: CanonicalAccessToken = dict(current or {})
    steps = [Step("revoke", f"access token {current['name']}")] if current is not None else []
    if stored_in is not None:
        before["stored_in"] = stored_in
        steps.append(Step("forget", f"the pair in {stored_in}"))
    return Plan(before, {}, tuple(steps))
