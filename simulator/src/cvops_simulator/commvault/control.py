# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control routes of a CommCell: behaviours, approvals and a look at the grants."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from cvops_simulator.commvault.releases import check_release

if TYPE_CHECKING:
    from starlette.requests import Request

    from cvops_simulator.commvault.cell import Cell


def make_control_routes(cell: Cell) -> list[BaseRoute]:
    """Return routes below `/services/<name>` of the control listener."""

    async def read_behaviours(request: Request) -> Response:
        return JSONResponse({**asdict(cell.behaviours), "release": cell.release})

    async def change_behaviours(request: Request) -> Response:
        values = json.loads(await request.body() or b"{}")
        release = values.pop("release", None)
        try:
            number = cell.release if release is None else check_release(int(release))
            cell.behaviours.change(values)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        cell.release = number
        return JSONResponse({**asdict(cell.behaviours), "release": cell.release})

    async def approve(request: Request) -> Response:
        waiting = [user for user in cell.state.users if not user.approved]
        for user in waiting:
            user.approved = True
        return JSONResponse({"approved": [user.name for user in waiting], "writes": cell.approve_writes()})

    async def grants(request: Request) -> Response:
        rows = [{**asdict(grant), "permission_ids": sorted(grant.permission_ids)} for grant in cell.state.grants]
        return JSONResponse({"grants": rows})

    # "/switches" is the former name of the route.
    behaviours = [
        route
        for path in ("/behaviours", "/switches")
        for route in (Route(path, read_behaviours), Route(path, change_behaviours, methods=["POST"]))
    ]
    return [
        *behaviours,
        Route("/approve", approve, methods=["POST"]),
        Route("/grants", grants),
    ]
