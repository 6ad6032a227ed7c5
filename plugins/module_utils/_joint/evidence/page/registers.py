# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Applications by power, people who left, changes and the state of the review, as the page shows them. Pure."""

from __future__ import annotations

import typing as t

from ..tables import Row, Tables
from . import words

#: Applications and people that stand in the page itself; the lists have the others.
MOST_APPLICATIONS, MOST_LEAVERS = 40, 20
TIER_WORDS = {
    "0": "can take over the tenant or the backups",
    "1": "reads or writes much",
    "2": "all others",
}
_LEVELS = ("over", "soon", "near", "later", "none")


def build_applications(rows: t.Sequence[Row], as_of: str) -> dict[str, t.Any]:
    """Return applications with their credentials, the most powerful first, and how many there are of each tier."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str(row["object_id"] or row["app_id"] or row["id"]), []).append(row)
    order = sorted(
        groups.values(), key=lambda found: (str(found[0]["tier"]), str(found[0]["display_name"]), str(found[0]["id"]))
    )
    tiers: dict[str, int] = {}
    for found in order:
        tiers[str(found[0]["tier"])] = tiers.get(str(found[0]["tier"]), 0) + 1
    return {
        "shown": [_show_application(found, as_of) for found in order[:MOST_APPLICATIONS]],
        "in_all": len(order),
        "tiers": [(tier, TIER_WORDS.get(tier, ""), count) for tier, count in sorted(tiers.items())],
    }


def build_leavers(rows: t.Sequence[Row], as_of: str) -> dict[str, t.Any]:
    """Return people who are gone with what they still hold, those with privileged rights first and the longest gone of them."""
    people: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        people.setdefault(
            (str(row["entra_user_id"] or ""), str(row["user_principal_name"] or row["person"])), []
        ).append(row)
    shown = [_show_leaver(found, as_of) for found in people.values()]
    shown.sort(
        key=lambda one: (not one["privileged"], -(one["days"] if one["days"] is not None else -1), str(one["person"]))
    )
    return {"shown": shown[:MOST_LEAVERS], "in_all": len(shown), "things": len(rows)}


def build_changes(tables: Tables) -> dict[str, t.Any]:
    """Return how many rows of which table came, went or differ, and how many of them nobody is known for."""
    counts: dict[str, dict[str, int]] = {}
    for row in tables.rows["changes"]:
        line = counts.setdefault(str(row["table"]), {"added": 0, "removed": 0, "changed": 0, "unattributed": 0})
        line[str(row["change"])] = line.get(str(row["change"]), 0) + 1
        line["unattributed"] += row["attribution"] == "unattributed"
    return {"tables": sorted(counts.items()), "in_all": len(tables.rows["changes"])}


def build_review(tables: Tables) -> dict[str, t.Any]:
    """Return what was decided of the rows of the review and of the action plan, in numbers."""
    rows = tables.rows["signoff"]
    decisions: dict[str, int] = {}
    open_privileged = 0
    for row in rows:
        decision = str(row["last_decision"] or "").strip()
        if decision:
            decisions[decision] = decisions.get(decision, 0) + 1
        elif row["privileged"] is True:
            open_privileged += 1
    decided = sum(decisions.values())
    plan = tables.rows["action_plan"]
    return {
        "in_all": len(rows),
        "decided": decided,
        "share": 100 * decided // len(rows) if rows else 0,
        "blank": len(rows) - decided,
        "open_privileged": open_privileged,
        "decisions": sorted(decisions.items()),
        "actions": len(plan),
        "actions_decided": sum(1 for row in plan if row["decision"]),
        "actions_owned": sum(1 for row in plan if row["owner"]),
    }


def _show_application(rows: t.Sequence[Row], as_of: str) -> dict[str, t.Any]:
    """Return an application with what it may do and each of its credentials."""
    first = rows[0]
    granted, requested = (_texts(first[name]) for name in ("permissions_granted", "permissions_requested"))
    credentials = [
        {
            "kind": words.name_value("credential_kind", row["credential_kind"]),
            "name": row["credential_name"] or row["credential_id"] or row["subject"] or "",
            "expires": str(row["expires"] or "")[:10],
            "left": words.tell_days_left(as_of, row["expires"]),
            "level": words.rate_days_left(words.days_from(as_of, row["expires"])),
        }
        for row in rows
        if row["credential_kind"] and row["credential_kind"] != "none"
    ]
    return {
        "tier": str(first["tier"]),
        "tier_words": TIER_WORDS.get(str(first["tier"]), ""),
        "because": _texts(first["tier_because"]),
        "name": first["display_name"],
        "app_id": first["app_id"],
        "disabled": first["enabled"] is False,
        "owners": _texts(first["owners"]),
        "roles": _texts(first["directory_roles"]),
        "granted": granted,
        "only_requested": sorted(set(requested) - set(granted)),
        "policies": _texts(first["policies"]),
        "credentials": sorted(credentials, key=lambda one: (_LEVELS.index(one["level"]), one["expires"])),
        "used_by": sorted({text for row in rows for text in _texts(row["used_by"])}),
    }


def _show_leaver(rows: t.Sequence[Row], as_of: str) -> dict[str, t.Any]:
    """Return a person who is gone: since when, what is held by kind, and what to do."""
    first = rows[0]
    held: dict[str, int] = {}
    for row in rows:
        name = words.name_value("holds", row["holds"])
        held[name] = held.get(name, 0) + 1
    days = words.days_from(first["since"], as_of)
    return {
        "person": first["person"] or first["commvault_user"],
        "upn": first["user_principal_name"],
        "state": words.name_value("state", first["state"]),
        "since": str(first["since"] or "")[:10],
        "since_source": words.name_value("since_source", first["since_source"]),
        "days": days,
        "age": "" if days is None else words.count_of(days, "day"),
        "held": sorted(held.items()),
        "privileged": any(row["privileged"] is True for row in rows),
        "offboard": sorted({str(row["offboard"]) for row in rows if row["offboard"]}),
    }


def _texts(cell: t.Any) -> list[str]:
    """Return the texts of a cell that holds a list, or the one text that it is."""
    return [str(item) for item in cell] if isinstance(cell, list) else [str(cell)] if cell else []
