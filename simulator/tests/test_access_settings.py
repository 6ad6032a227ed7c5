# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What reports on conditional access look at: when people signed in, who may change groups, terms of use."""

from __future__ import annotations

from typing import Any

from cvops_simulator import Simulator
from cvops_simulator.entra.identities import make_identity
from graph_client import GraphClient

_SELECT = "?$select=id,signInActivity"


def _find_user(sim: Simulator) -> str:
    return next(iter(sim.tenant.users))


def test_when_somebody_signed_in_is_told_when_it_is_asked_for(graph: GraphClient, sim: Simulator) -> None:
    user = _find_user(sim)
    assert "signInActivity" not in graph.ok(200, "GET", f"/users/{user}")
    assert "signInActivity" not in graph.ok(200, "GET", f"/users/{user}{_SELECT}"), "one that never did"
    entry: dict[str, Any] = {
        "userId": user,
        "isInteractive": True,
        "id": "1",
        "createdDateTime": "2026-11-01T08:00:00Z",
    }
    sim.tenant.sign_ins.append({**entry, "status": {"errorCode": 0}})
    later = {**entry, "id": "2", "createdDateTime": "2026-11-02T08:00:00Z", "status": {"errorCode": 53003}}
    sim.tenant.sign_ins.append(later)
    shown = graph.ok(200, "GET", f"/users/{user}{_SELECT}")["signInActivity"]
    assert shown["lastSignInDateTime"] == "2026-11-02T08:00:00Z"
    assert shown["lastSuccessfulSignInDateTime"] == "2026-11-01T08:00:00Z"
    listed = graph.ok(200, "GET", f"/users{_SELECT}&$top=999")["value"]
    assert [row["id"] for row in listed if "signInActivity" in row] == [user]


def test_when_somebody_signed_in_takes_a_permission_and_a_licence(graph: GraphClient, sim: Simulator) -> None:
    user = _find_user(sim)
    with GraphClient(sim, make_identity(sim.tenant, "reader", ["User.Read.All"])) as reader:
        assert reader.error(403, "GET", f"/users/{user}{_SELECT}")["code"] == "Authorization_RequestDenied"
        reader.ok(200, "GET", f"/users/{user}")
    sim.tenant.behaviours.licences = []
    error = graph.error(403, "GET", f"/users{_SELECT}")
    assert error["code"] == "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
    graph.ok(200, "GET", f"/users/{user}")


def test_whether_a_group_is_restricted_is_shown_and_cannot_be_set(graph: GraphClient, sim: Simulator) -> None:
    values = {"displayName": "GG-Restricted", "securityEnabled": True, "isManagementRestricted": True}
    group = sim.tenant.add("group", values, replicated=True)["id"]
    select = "?$select=id,isManagementRestricted,isAssignableToRole"
    shown = graph.ok(200, "GET", f"/groups/{group}{select}")
    assert (shown["isManagementRestricted"], shown["isAssignableToRole"]) == (True, None)
    graph.error(400, "PATCH", f"/groups/{group}", {"isManagementRestricted": False})


def test_no_application_reads_terms_of_use(graph: GraphClient) -> None:
    assert graph.error(403, "GET", "/identityGovernance/termsOfUse/agreements")
