# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Words and dates of the page: labels of columns, values for people, days between two dates. Pure; no clock, ``as_of`` is given."""

from __future__ import annotations

import datetime
import typing as t

from ...._commvault.catalogue import is_commcell_level
from ...._commvault.security.grants import name_entity_kind

#: Words for the values of columns, whichever table has them. A value that is not here stands as it is.
VALUES: dict[str, dict[str, str]] = {
    "person_kind": {
        "entra_member": "Entra ID member",
        "entra_guest": "Entra ID guest",
        "commvault_user": "Commvault user",
        "service_account": "Service account",
        "directory_group": "Directory group",
        "nobody": "Nobody",
        "not_evaluable": "Not evaluable",
    },
    "principal_kind": {
        "user": "User",
        "user_group": "User group",
        "external_group": "External group",
        "unknown": "Not known",
    },
    "grant_kind": {
        "explicit": "Explicit",
        "owner": "Owner",
        "creator": "Creator",
        "inherited": "Inherited",
        "permissions": "Single permissions",
        "unknown": "Not known",
    },
    "in_mapping": {
        "declared": "Declared",
        "surplus": "Surplus",
        "unmanaged": "Unmanaged",
        "not_managed": "Not managed",
        "unknown": "Not known",
    },
    "effective_now": {"yes": "Yes", "no": "No", "unknown": "Not known"},
    "expected_at_next_login": {"yes": "Yes", "no": "No", "unknown": "Not known"},
    "change": {"added": "Added", "removed": "Removed", "changed": "Changed"},
    "attribution": {
        "commvault_audit_trail": "Commvault audit trail",
        "entra_audit_log": "Entra ID audit log",
        "unattributed": "Unattributed",
    },
    "state": {"disabled": "Disabled", "deleted": "Deleted", "not_found": "Not found"},
    "since_source": {
        "entra_audit_log": "Entra ID audit log",
        "deletion_date": "Date of deletion",
        "previous_bundle": "Previous bundle",
        "unknown": "Not known",
    },
    "holds": {
        "account": "Account",
        "user_group": "User group",
        "direct_grant": "Direct grant",
        "owner": "Ownership",
        "local_password": "Local password",
        "access_token": "Access token",
        "entra_group": "Entra ID group",
        "group_owner": "Owner of an Entra ID group",
        "application_owner": "Owner of an application",
    },
    "credential_kind": {"secret": "Secret", "certificate": "Certificate", "federated": "Federated", "none": "None"},
    "severity": {"critical": "Critical", "high": "High", "medium": "Medium", "low": "Low"},
    "status": {"open": "Open", "accepted": "Accepted", "not_evaluable": "Not evaluable"},
}
#: Titles of columns where the name alone does not do.
TITLES = {
    "id": "Row id",
    "commcell": "CommCell",
    "person_kind": "Kind of account",
    "entra_user_id": "Entra ID user id",
    "user_principal_name": "User principal name",
    "entra_enabled": "Enabled in Entra ID",
    "commvault_user_id": "Commvault user id",
    "commvault_user": "Commvault user",
    "commvault_enabled": "Enabled in Commvault",
    "path": "Through groups",
    "entra_group_id": "Entra ID group id",
    "entra_group": "Entra ID group",
    "principal": "Holder of the grant",
    "principal_kind": "Kind of holder",
    "principal_id": "Holder's id",
    "role_id": "Role id",
    "permissions": "Single permissions",
    "privileged_by": "Privileged by",
    "entity_kind": "Kind of entity",
    "entity_id": "Entity id",
    "grant_kind": "Kind of grant",
    "in_mapping": "In the mapping",
    "review_by": "Review by",
    "valid_until": "Valid until",
    "tier_because": "Because of",
    "app_id": "Application id",
    "object_id": "Object id",
    "display_name": "Application",
    "enabled": "Enabled",
    "directory_roles": "Directory roles",
    "credential_kind": "Credential",
    "credential_id": "Credential id",
    "credential_name": "Credential name",
    "used_by": "Used by",
    "policies": "Policies that reach it",
    "what_id": "Id of what",
    "row_id": "Row of that table",
    "sign_in": "Sign-in at Entra ID",
    "why_unattributed": "Why unattributed",
}
#: Columns that are true, false or not known.
FLAGS = frozenset({"privileged", "entra_enabled", "commvault_enabled", "enabled"})
#: In place of a company where the service does not show to which one something belongs.
NOT_SHOWN = "Not shown"
PLURALS = {
    "entity": "entities",
    "identity": "identities",
    "person": "people",
    "policy": "policies",
    "row of applications": "rows of applications",
    "thing held": "things held",
}


def name_column(name: str) -> str:
    """Return the title of a column."""
    return TITLES.get(name) or name.replace("_", " ").capitalize()


def name_value(column: str, value: t.Any) -> str:
    """Return one value for people: words for what has some, ``Yes``/``No``/``Not known`` for flags, nothing for None elsewhere."""
    if column in FLAGS or isinstance(value, bool):
        return "Not known" if value is None else "Yes" if value is True else "No"
    if value is None:
        return NOT_SHOWN if column == "company" else ""
    if column == "when":
        return tell_time(value)
    text = str(value)
    if column == "entity_kind" and text:
        return capitalize_first(name_entity_kind(text))
    if column == "company" and is_commcell_level(text):
        return "CommCell level"
    return VALUES.get(column, {}).get(text, text)


def capitalize_first(text: str) -> str:
    """Return *text* with its first letter large and the others as they are."""
    return f"{text[:1].upper()}{text[1:]}"


def count_of(number: int, noun: str) -> str:
    """Return ``1 grant`` or ``3,020 grants``."""
    if number != 1 and noun in PLURALS:
        return f"{number:,} {PLURALS[noun]}"
    words = noun.rsplit(" ", 1)
    if number != 1:
        words[-1] = PLURALS.get(words[-1], f"{words[-1]}s")
    return f"{number:,} {' '.join(words)}"


def join_words(words: t.Sequence[str], last: str = "and") -> str:
    """Return ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


def parse_date(value: t.Any) -> datetime.date | None:
    """Return the date that a text begins with (``2026-11-27``, or a time of RFC 3339); None for everything else."""
    if not isinstance(value, str) or not value[:10].isascii():
        return None
    try:
        return datetime.datetime.strptime(value[:10], "%Y-%m-%d").date()
    except ValueError:
        return None


def days_from(start: t.Any, end: t.Any) -> int | None:
    """Return the days from the date *start* to the date *end*, below zero where *end* is earlier; None where one of them is no date."""
    first, last = parse_date(start), parse_date(end)
    return None if first is None or last is None else (last - first).days


def tell_days_left(as_of: str, date: t.Any) -> str:
    """Return ``12 days left``, ``today`` or ``3 days ago``, seen from *as_of*; nothing where *date* is none."""
    days = days_from(as_of, date)
    if days is None:
        return ""
    if days == 0:
        return "today"
    return f"{count_of(days, 'day')} left" if days > 0 else f"{count_of(-days, 'day')} ago"


def rate_days_left(days: int | None) -> str:
    """Return how near an end is: ``over``, ``soon`` (30 days), ``near`` (90 days), ``later``; ``none`` where there is none."""
    if days is None:
        return "none"
    return "over" if days < 0 else "soon" if days <= 30 else "near" if days <= 90 else "later"


def tell_time(value: t.Any) -> str:
    """Return a time of RFC 3339 in UTC as ``2026-11-27 04:00 UTC``; other texts as they are."""
    text = str(value or "")
    if parse_date(text) is not None and text[10:11] == "T" and text.endswith(("Z", "+00:00")):
        return f"{text[:10]} {text[11:16]} UTC"
    return text
