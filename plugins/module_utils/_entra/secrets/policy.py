# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""App management policies: what they allow a new secret or certificate, told where one is refused for it."""

from __future__ import annotations

import contextlib
import datetime
import re
import typing as t
from dataclasses import dataclass

from ..._core.addresses import quote_segment
from ..._core.errors import ApiError
from ..._core.values import get_objects, get_time, parse_time
from ..._core.visible import to_one_line
from ..client import GraphClient

_LIFETIME = "CredentialInvalidLifetimeAsPerAppPolicy"
#: How the codes of all refusals by such a policy end.
_BY_POLICY = "AsPerAppPolicy"
_NEEDS = ("Policy.Read.All",)
_DURATION = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
#: Days of each unit of a duration, in the order of the groups above; good enough for a message.
_DAYS = (365.0, 30.0, 7.0, 1.0, 1 / 24, 1 / 1440, 1 / 86400)


@dataclass(frozen=True)
class CredentialKind:
    """What policies call a kind of credential.

    ``group``: the member with its restrictions; ``lifetime``, ``addition``, ``issuers``: the restrictions of its lifetime, of adding one
    at all, and of who may have issued it, None where there is no such thing; ``remedy``: what to do about a cap.
    """

    group: str
    lifetime: str
    remedy: str
    addition: str | None = None
    issuers: str | None = None


SECRET = CredentialKind(
    "passwordCredentials", "passwordLifetime", "set lifetime_days to that or less", addition="passwordAddition"
)
CERTIFICATE = CredentialKind(
    "keyCredentials",
    "asymmetricKeyLifetime",
    "give a certificate that is valid for that long or less, from its start to its end",
    issuers="trustedCertificateAuthority",
)
#: Microsoft Learn (configure app management policies): both ways out of a restriction.
POLICY_EXCEPTIONS = (
    "An administrator of policies can make an exception for the application (a policy of its own) or for the "
    "identity that runs this (a custom security attribute)."
)


def parse_duration_days(text: str) -> float | None:
    """Return an ISO 8601 duration in days, years of 365 and months of 30; None for anything else."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    return sum(float(number) * days for number, days in zip(match.groups(), _DAYS, strict=True) if number)


def find_lifetime_cap(
    restrictions: t.Iterable[t.Mapping[str, t.Any]], created: datetime.datetime | None, kind: CredentialKind = SECRET
) -> float | None:
    """Return the shortest lifetime in days that *restrictions* allow a credential of this kind, or None where none applies.

    *created*: when the registration was created, None where that is not known; then every restriction applies.
    """
    caps = [
        days
        for item in _filter_restrictions(restrictions, created, kind.lifetime)
        if (days := parse_duration_days(item.get("maxLifetime") or "")) is not None
    ]
    return min(caps, default=None)


def _filter_restrictions(
    restrictions: t.Iterable[t.Mapping[str, t.Any]], created: datetime.datetime | None, restriction_type: str | None
) -> list[t.Mapping[str, t.Any]]:
    """Return the restrictions of this type that are in force for a registration created at *created*."""
    return [
        item
        for item in restrictions
        if restriction_type is not None and item.get("restrictionType") == restriction_type
        if item.get("state", "enabled") == "enabled"
        if _is_applicable(item.get("restrictForAppsCreatedAfterDateTime"), created)
    ]


def _is_applicable(after: str | None, created: datetime.datetime | None) -> bool:
    return not after or created is None or created >= parse_time(after)


@dataclass(frozen=True)
class SecretRules:
    """What the policy in force says of new credentials of one kind: none may be added, or none that lives longer than ``cap_days``.

    ``policy``: its name, for people; ``cap_days``: None for no cap; ``must_have_issuer``: certificates only that a named authority issued.
    """

    policy: str
    is_addition_blocked: bool
    cap_days: float | None
    must_have_issuer: bool = False


def is_addition_blocked(
    restrictions: t.Iterable[t.Mapping[str, t.Any]], created: datetime.datetime | None, kind: CredentialKind = SECRET
) -> bool:
    """Return True when *restrictions* forbid a new credential of this kind. *created*: as for :func:`find_lifetime_cap`."""
    return bool(_filter_restrictions(restrictions, created, kind.addition))


def explain_lifetime_cap(graph: GraphClient, object_id: str, exc: ApiError, kind: CredentialKind = SECRET) -> ApiError:
    """Return *exc*, with what a policy demands where one caused it and the caller may read policies: the cap in days, the issuers."""
    if not (exc.code or "").endswith(_BY_POLICY):
        return exc
    with contextlib.suppress(ApiError):
        rules = read_credential_rules(graph, object_id, kind)
        if rules is not None and exc.code == _LIFETIME and rules.cap_days is not None:
            days = int(rules.cap_days)
            facts = {**exc.facts, "cap_days": days}
            return type(exc)(f"{exc} The limit is {days} days: {kind.remedy}. {POLICY_EXCEPTIONS}", **facts)
        if rules is not None and exc.code != _LIFETIME and rules.must_have_issuer:
            text = f"{exc} The policy allows only certificates of certain issuers, so a self-signed one is refused. {POLICY_EXCEPTIONS}"
            return type(exc)(text, **exc.facts, trusted_issuers_only=True)
    return exc


def read_secret_rules(graph: GraphClient, object_id: str) -> SecretRules | None:
    """Return the rules for secrets; see :func:`read_credential_rules`."""
    return read_credential_rules(graph, object_id, SECRET)


def read_credential_rules(graph: GraphClient, object_id: str, kind: CredentialKind) -> SecretRules | None:
    """Return the rules of the policy in force, None where none is; a policy of the registration's own goes before the tenant's default.

    Raises ApiError, Forbidden among it.
    """
    path, intent = f"/applications/{quote_segment(object_id)}", "read app management policies"
    own = graph.list(f"{path}/appManagementPolicies", intent=intent, needs=_NEEDS)
    since = get_time(graph.get(path, intent=intent, params={"$select": "id,createdDateTime"}) or {}, "createdDateTime")
    for policy in own:
        if policy.get("isEnabled"):
            return _build_rules(policy, "restrictions", since, kind)
    default = graph.get("/policies/defaultAppManagementPolicy", intent=intent, needs=_NEEDS) or {}
    return _build_rules(default, "applicationRestrictions", since, kind) if default.get("isEnabled") else None


def _build_rules(
    policy: t.Mapping[str, t.Any], side: str, created: datetime.datetime | None, kind: CredentialKind
) -> SecretRules:
    listed = get_objects(policy.get(side), kind.group)
    name = to_one_line(str(policy.get("displayName") or policy.get("id") or "without a name"))
    return SecretRules(
        name,
        is_addition_blocked(listed, created, kind),
        find_lifetime_cap(listed, created, kind),
        bool(_filter_restrictions(listed, created, kind.issuers)),
    )
