# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""App management policies: the longest lifetime of a secret that they allow, told where a secret is refused for it."""

from __future__ import annotations

import contextlib
import datetime
import re
import typing as t
from dataclasses import dataclass

from ..._core.errors import ApiError
from ..._core.values import parse_time
from ..._core.visible import to_one_line
from ..client import GraphClient, quote_segment

_LIFETIME = "CredentialInvalidLifetimeAsPerAppPolicy"
_NEEDS = ("Policy.Read.All",)
_DURATION = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
#: Days of each unit of a duration, in the order of the groups above; good enough for a message.
_DAYS = (365.0, 30.0, 7.0, 1.0, 1 / 24, 1 / 1440, 1 / 86400)


def parse_duration_days(text: str) -> float | None:
    """Return an ISO 8601 duration in days, years of 365 and months of 30; None for anything else."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    return sum(float(number) * days for number, days in zip(match.groups(), _DAYS, strict=True) if number)


def find_lifetime_cap(
    restrictions: t.Iterable[t.Mapping[str, t.Any]], created: datetime.datetime | None
) -> float | None:
    """Return the shortest lifetime in days that *restrictions* allow a password, or None where none applies.

    *created*: when the registration was created, None where that is not known; then every restriction applies.
    """
    caps = [
        days
        for item in restrictions
        if item.get("restrictionType") == "passwordLifetime" and item.get("state", "enabled") == "enabled"
        if _is_applicable(item.get("restrictForAppsCreatedAfterDateTime"), created)
        if (days := parse_duration_days(item.get("maxLifetime") or "")) is not None
    ]
    return min(caps, default=None)


def _is_applicable(after: str | None, created: datetime.datetime | None) -> bool:
    return not after or created is None or created >= parse_time(after)


@dataclass(frozen=True)
class SecretRules:
    """What the policy in force says of new secrets: none may be added, or none that lives longer than ``cap_days`` (None: no cap).

    ``policy``: its name, for people.
    """

    policy: str
    is_addition_blocked: bool
    cap_days: float | None


def is_addition_blocked(restrictions: t.Iterable[t.Mapping[str, t.Any]], created: datetime.datetime | None) -> bool:
    """Return True when *restrictions* forbid a new password. *created*: as for :func:`find_lifetime_cap`."""
    return any(
        item.get("restrictionType") == "passwordAddition"
        and item.get("state", "enabled") == "enabled"
        and _is_applicable(item.get("restrictForAppsCreatedAfterDateTime"), created)
        for item in restrictions
    )


def explain_lifetime_cap(graph: GraphClient, object_id: str, exc: ApiError) -> ApiError:
    """Return *exc*, with the cap in days where a policy caused it and the caller may read policies."""
    if exc.code != _LIFETIME:
        return exc
    with contextlib.suppress(ApiError):
        days = _read_lifetime_cap(graph, object_id)
        if days is not None:
            facts = {**exc.facts, "cap_days": int(days)}
            return type(exc)(f"{exc} The cap is {int(days)} days: set lifetime_days to that or less.", **facts)
    return exc


def _read_lifetime_cap(graph: GraphClient, object_id: str) -> float | None:
    """Return the cap in days; a policy of the registration's own goes before the tenant's default."""
    rules = read_secret_rules(graph, object_id)
    return rules.cap_days if rules else None


def read_secret_rules(graph: GraphClient, object_id: str) -> SecretRules | None:
    """Return the rules of the policy in force, None where none is; a policy of the registration's own goes before the tenant's default.

    Raises ApiError, Forbidden among it.
    """
    path, intent = f"/applications/{quote_segment(object_id)}", "read app management policies"
    own = graph.list(f"{path}/appManagementPolicies", intent=intent, needs=_NEEDS)
    created = (graph.get(path, intent=intent, params={"$select": "id,createdDateTime"}) or {}).get("createdDateTime")
    since = parse_time(created) if created else None
    for policy in own:
        if policy.get("isEnabled"):
            return _build_rules(policy, policy.get("restrictions"), since)
    default = graph.get("/policies/defaultAppManagementPolicy", intent=intent, needs=_NEEDS) or {}
    if not default.get("isEnabled"):
        return None
    return _build_rules(default, default.get("applicationRestrictions"), since)


def _build_rules(
    policy: t.Mapping[str, t.Any], restrictions: t.Mapping[str, t.Any] | None, created: datetime.datetime | None
) -> SecretRules:
    listed = (restrictions or {}).get("passwordCredentials") or []
    name = to_one_line(str(policy.get("displayName") or policy.get("id") or "without a name"))
    return SecretRules(name, is_addition_blocked(listed, created), find_lifetime_cap(listed, created))
