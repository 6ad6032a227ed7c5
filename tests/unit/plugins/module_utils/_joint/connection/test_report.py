# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report for people: one block of lines per side, and a table of the playbooks."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._joint.connection.report import format_connection_report

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


def lines(side: str, **changes: t.Any) -> str:
    found = {"entra": {**ENTRA, **changes} if side == "entra" else OFF, "commvault": OFF, "playbooks": {}}
    return "\n".join(format_connection_report(found)[side])


def test_an_identity_is_told_in_full() -> None:
    text = lines("entra")
    for part in ("managed identity mi (object id oid)", "client_secret (token valid for another 59 min)"):
        assert part in text
    for part in ("name not readable (tid)", "A.Read, B.Read", "CA bundle /ca.pem; no proxy; 12 ms"):
        assert part in text
    assert "tenant_id from environment variable AZURE_TENANT_ID; client_id from the task" in text
    assert "owns" not in text and "roles" not in text


def test_options_of_a_document_are_told_with_the_place_that_they_share() -> None:
    place = "cvops_connection.commcells.emea"
    sources = {"commvault_url": f"{place}.url", "commvault_password": f"{place}.password", "proxy": "default"}
    assert f"commvault_url, commvault_password from {place}; proxy from default" in lines("entra", sources=sources)


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (None, "no answer told the time"),
        (0, "agrees with ours"),
        (5, "5 s ahead of ours"),
        (-5, "5 s behind ours"),
        (90, "90 s ahead of ours: SET THE CLOCK, tokens may be refused"),
        (180_000, "50 hours ahead of ours: SET THE CLOCK, tokens may be refused"),
        (-300, "5 minutes behind ours: SET THE CLOCK, tokens may be refused"),
    ],
)
def test_the_clock(difference: int | None, said: str) -> None:
    assert lines("entra", clock_difference_s=difference).split("clock")[1].splitlines()[0].strip() == said


def test_a_side_that_failed_or_is_not_there_says_so() -> None:
    failed = {
        "status": "failed",
        "error": {"msg": "AADSTS7000215: wrong", "kind": "auth"},
        "permissions": None,
        "identity": None,
    }
    text = lines("entra", **failed)
    assert text.startswith("Microsoft Entra ID: FAILED\n  error        AADSTS7000215: wrong\n  address")
    first, *set_what = lines("commvault").split("\n")
    assert first == "Commvault: not configured"
    assert all(line.startswith("  set ") for line in set_what) and "CVOPS_COMMVAULT_URL" in set_what[1]


def test_playbooks_are_a_table() -> None:
    verdicts = {
        "site": {
            "can_run": False,
            "missing": ["Group.Create"],
            "optional": [],
            "reason": "Microsoft Entra ID: lacks Group.Create (for x); Commvault: not configured",
        },
        "doctor": {"can_run": True, "missing": [], "optional": [], "reason": ""},
        "bootstrap": {"can_run": None, "missing": [], "optional": [], "reason": "Commvault: may lack"},
    }
    assert format_connection_report({"entra": OFF, "commvault": OFF, "playbooks": verdicts})["playbooks"] == [
        "site       cannot run",
        "           ask for: Group.Create",
        "           Microsoft Entra ID: lacks Group.Create (for x)",
        "           Commvault: not configured",
        "doctor     can run",
        "bootstrap  cannot be determined",
        "           Commvault: may lack",
    ]
