# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control routes of the controller: behaviours, playbooks, artifacts, users, and what has come down to nodes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from cvops_simulator.core.behaviours import make_behaviour_routes

if TYPE_CHECKING:
    from starlette.requests import Request

    from cvops_simulator.controller.engine import Engine
    from cvops_simulator.controller.state import State


def make_control_routes(state: State, engine: Engine) -> list[BaseRoute]:
    """Return routes below `/services/controller` of the control listener."""

    async def change(request: Request) -> Response:
        kind = request.url.path.rpartition("/")[2]
        data = await _read_object(request)
        with state.lock:
            target: dict[str, Any] = engine.playbooks if kind == "playbooks" else engine.artifacts
            wanted = list if kind == "playbooks" else dict
            if not all(isinstance(value, wanted) for value in data.values()):
                return JSONResponse({"error": f"{kind} takes {wanted.__name__}s by name"}, 400)
            target.update(data)
            return JSONResponse(target)

    async def add_user(request: Request) -> Response:
        data = await _read_object(request)
        if not isinstance(data.get("username"), str) or not isinstance(data.get("password"), str):
            return JSONResponse({"error": "username and password are needed"}, 400)
        with state.lock:
            return JSONResponse({"id": state.add_user(**data).id}, 201)

    async def read_nodes(request: Request) -> Response:
        with state.lock:
            rows = [
                {
                    "id": row.id,
                    "identifier": row["identifier"],
                    "workflow_job": row["workflow_job"],
                    "job": row["job"],
                    "ancestor_artifacts": row.hidden.get("artifacts", {}),
                }
                for row in state.list_all("workflow_job_nodes")
            ]
        return JSONResponse({"nodes": rows})

    return [
        *make_behaviour_routes(lambda: engine.behaviours),
        Route("/users", add_user, methods=["POST"]),
        Route("/nodes", read_nodes),
        *(Route(f"/{kind}", change, methods=["POST"], name=kind) for kind in ("playbooks", "artifacts")),
    ]


async def _read_object(request: Request) -> dict[str, Any]:
    try:
        data = json.loads(await request.body() or b"{}")
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
