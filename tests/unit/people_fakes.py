# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the plan for people share: results of modules, as far as it reads them."""

from __future__ import annotations

import typing as t

ANA = {"object_id": "A1", "name": "ana@corp.example", "type": "user"}
BEN = {"object_id": "b2", "name": "ben@corp.example", "type": "user"}
GOLD, SILVER = {"id": "5, plans 1", "text": "View on plan gold"}, {"id": "5, plans 2", "text": "View on plan silver"}


def holder(name: str = "GG-Restore", object_id: str | None = "G1", **more: t.Any) -> dict[str, t.Any]:
    return {
        "principal": name,
        "principal_kind": "user_group",
        "entra_group": {"object_id": object_id, "name": name},
        "added": [],
        "removed": [],
        "kept": [],
        "complete": True,
        **more,
    }


def mapping(*holders: dict[str, t.Any], steps: t.Sequence[dict[str, t.Any]] = ()) -> list[dict[str, t.Any]]:
    return [{"role_mappings": {"effects": list(holders)}, "steps": list(steps)}]


def entra(*groups: dict[str, t.Any], steps: t.Sequence[dict[str, t.Any]] = ()) -> list[dict[str, t.Any]]:
    return [{"groups": list(groups), "steps": list(steps)}]


def group(name: str, object_id: str | None, added: t.Any = (), removed: t.Any = ()) -> dict[str, t.Any]:
    return {
        "display_name": name,
        "object_id": object_id,
        "members_added": list(added),
        "members_removed": list(removed),
    }


def members(**people: t.Sequence[dict[str, t.Any]]) -> dict[str, t.Any]:
    return {"groups": [{"object_id": key, "member_details": list(listed)} for key, listed in people.items()]}
