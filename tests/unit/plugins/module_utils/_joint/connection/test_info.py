# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both sides are examined on their own, and what is required is judged by what was found."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._joint.connection import info as connection
from ansible_collections.cvops.identity.plugins.module_utils._joint.connection.info import (
    collect_held_permissions,
    find_unmet_requirements,
)

OFF = {"status": "not_configured", "error": None}


ENTRA: dict[str, t.Any] = {
    "status": "ok",
    "error": None,
    "method": "client_secret",
    "identity": {
        "kind": "managed_identity",
        "object_id": "oid",
        "app_id": "aid",
        "display_name": "mi",
        "user_name": None,
    },
    "permissions": ["A.Read", "B.Read"],
    "tenant": {"id": "tid", "display_name": None, "domains": None},
    "directory_roles": None,
    "owned_applications": None,
    "token_life_s": 3599,
    "graph_url": "https://graph.example",
    "ca": "CA bundle /ca.pem",
    "proxy": "no proxy",
    "sources": {"tenant_id": "environment variable AZURE_TENANT_ID", "client_id": "option client_id"},
    "clock_difference_s": 0,
    "latency_ms": 12,
}


def test_what_is_required_and_not_given() -> None:
    found = {
        "entra": {"status": "failed", "error": {"msg": "wrong secret"}},
        "commvault": {"status": "ok", "error": None},
        "playbooks": {
            "site": {"can_run": False, "reason": "Microsoft Entra ID: sign-in failed"},
            "bootstrap": {"can_run": None, "reason": "unknown"},
        },
    }
    assert find_unmet_requirements(found, ["commvault", "bootstrap"]) == []
    assert find_unmet_requirements(found, []) == []
    assert find_unmet_requirements(found, ["site", "entra", "site"]) == [
        "playbook site (Microsoft Entra ID: sign-in failed)",
        "entra (wrong secret)",
    ]
    off = {**found, "entra": {"status": "not_configured", "error": None}}
    assert find_unmet_requirements(off, ["entra"]) == ["entra (not configured)"]


@pytest.mark.parametrize(("required", "count"), [(["bootstrap", "bootstrap"], 1), (["site", "commvault"], 0), ([], 0)])
def test_what_is_required_and_cannot_be_told_is_told(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, required: list[str], count: int
) -> None:
    verdict = {"can_run": None, "missing": [], "optional": [], "reason": "Commvault: may lack View"}
    verdicts = {"bootstrap": verdict, "site": {**verdict, "can_run": True}}
    side = {"status": "ok", "error": None, "identity": None, "permissions": None, "directory_roles": None}
    cell = {"status": "ok", "error": None, "company": None, "rights": None}
    monkeypatch.setattr(connection, "examine_entra_side", lambda ctx: side)
    monkeypatch.setattr(connection, "examine_commvault_side", lambda ctx: cell)
    monkeypatch.setattr(connection, "judge_playbooks", lambda *_words: verdicts)
    monkeypatch.setattr(connection, "format_connection_report", lambda found: {})
    ctx = make_ctx({"uses": None, "require": required})
    assert connection.examine_connection(ctx)["playbooks"] == verdicts
    assert len(ctx.warnings) == count
    assert all("bootstrap" in warning and "may lack View" in warning for warning in ctx.warnings)


def test_what_is_held_is_taken_from_what_was_found() -> None:
    cell = {"status": "ok", "rights": [{"id": "31", "name": "View"}], "company": "corp"}
    sides = collect_held_permissions({"entra": {**ENTRA, "identity": None, "permissions": None}, "commvault": cell})
    assert sides["entra"].permissions is None and not sides["entra"].is_person
    assert sides["commvault"].permissions == {"31"} and sides["commvault"].partial
