# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conditional access in one variables document: planned with all else, approved, written last, put in force with the guard, and enforced."""

from __future__ import annotations

import pathlib
import re
import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Simulator
from helpers.checks import assert_no_writes
from helpers.playing import Player, Run

pytestmark = pytest.mark.any_core

SITE = "cvops.identity.site"
HERE, ABROAD = "203.0.113.20", "198.51.100.7"
Make = Callable[..., Simulator]
Document = dict[str, t.Any]


def add_group(site: Simulator, name: str, members: t.Sequence[str] = ()) -> str:
    """A new group of this name; returns its id."""
    group = site.tenant.add("group", {"displayName": name, "securityEnabled": True}, replicated=True)
    if members:
        site.tenant.relate("members", group["id"], list(members), replicated=True)
    return str(group["id"])


def people(site: Simulator) -> list[dict[str, t.Any]]:
    return [dict(user) for user in site.tenant.users.values() if user.get("userType") != "Guest"]


def describe_access(site: Simulator, **more: t.Any) -> Document:
    """The document of the site with a registration and the three ready policies."""
    add_group(site, "GG-Break-Glass", [people(site)[0]["id"]])
    document = site.variables()
    document["cvops_application"] = {"unique_name": "commvault-console", "display_name": "Commvault console"}
    document["cvops_conditional_access"] = {
        "break_glass": {"groups": ["GG-Break-Glass"]},
        "caller_address": HERE,
        "named_locations": [
            {"display_name": "Backup operators", "countries": ["CH"]},
            {"display_name": "Commvault egress", "ip_ranges": ["203.0.113.0/24"]},
        ],
        "administrators": {},
        "places": {"locations": ["Backup operators"]},
        "egress": {"locations": ["Commvault egress"]},
        **more,
    }
    return document


def only_access(document: Document) -> Document:
    """A document with the registration and conditional access alone, for administrators by name."""
    left_out = ("cvops_role_mappings", "cvops_entra_groups", "cvops_commvault_roles")
    found = {name: value for name, value in document.items() if name not in left_out}
    administrators = {"roles": ["Global Administrator"], **document["cvops_conditional_access"]["administrators"]}
    return {
        **found,
        "cvops_conditional_access": {**document["cvops_conditional_access"], "administrators": administrators},
    }


def policies(site: Simulator) -> dict[str, dict[str, t.Any]]:
    return {str(row["displayName"]): dict(row) for row in site.tenant.policies.values()}


def told(run: Run) -> str:
    """The plan as people read it."""
    plan = [result for result in run.results if result.task == "Plan"][-1]["msg"]
    return "\n".join(line for line in plan if not line.startswith("Note"))


def digest_of(plan: str) -> str:
    (digest,) = re.findall("Digest: ([0-9a-f]{64})", plan)
    return str(digest)


@pytest.mark.every_core
def test_from_nothing_to_three_policies(make_site: Make, bare: Player, tmp_path: pathlib.Path) -> None:
    """The plan tells whom, where and what is required, is approved by its digest, and is written as told, after all else; a second run does nothing.

    The policies name groups, locations and the application that the same run makes.
    """
    site = make_site(set="S", empty=True)
    document = describe_access(site)
    site.journal.clear()
    predicted = bare(SITE, check=True, extra_vars=document).ok()
    assert_no_writes(site)
    plan = told(predicted)
    print(plan)
    done = tmp_path / "done.json"
    approved = {"cvops_approved_plan": digest_of(plan), "cvops_summary_file": str(done)}
    real = bare(SITE, extra_vars={**document, **approved}).ok()
    print("\n".join(real.one("Summary")["msg"]))
    assert told(real) == plan
    site.journal.clear()
    again = bare(SITE, extra_vars={**document, "cvops_summary_file": str(done)}).ok()
    assert_no_writes(site)
    assert again.stats["changed"] == 0
