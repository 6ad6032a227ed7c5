# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/users and /organization: read only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cvops_simulator.entra.graph.routing import Route

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.graph.messages import GraphResponse

_READ = ("User.Read.All", "User.ReadBasic.All")


def _list(call: Call) -> GraphResponse:
    return call.collection("user", list(call.view.rows("users").values()), "users")


def _count(call: Call) -> GraphResponse:
    return call.count("user", list(call.view.rows("users").values()))


def _get(call: Call) -> GraphResponse:
    return call.entity("user", call.require("user", call.arguments[0]), "users")


def _get_organization(call: Call) -> GraphResponse:
    return call.collection("organization", list(call.view.rows("organization").values()), "organization")


ROUTES = (
    Route("GET", "/users", _list, _READ),
    Route("GET", "/users/$count", _count, _READ),
    Route("GET", "/users/{}", _get, _READ),
    Route("GET", "/organization", _get_organization, ("Organization.Read.All", "User.Read.All")),
)
