# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Behaviours of a service: settings that tests and the control listener change by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

if TYPE_CHECKING:
    from starlette.requests import Request


@dataclass
class BehaviourSet:
    """The base of the dataclasses that hold the behaviours of a service."""

    #: What a text behaviour may be, by name; all others take any text.
    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def change(self, values: Mapping[str, Any]) -> None:
        """Set behaviours by name. Raises ValueError for unknown names, wrong types and unknown choices."""
        known = {item.name for item in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"unknown behaviour {name!r}")
            current = getattr(self, name)
            if isinstance(current, float) and isinstance(value, int) and not isinstance(value, bool):
                value = float(value)
            if type(value) is not type(current):
                raise ValueError(f"behaviour {name!r} takes {type(current).__name__}")
            if name in self.CHOICES and value not in self.CHOICES[name]:
                words = ", ".join(item for item in self.CHOICES[name] if item)
                raise ValueError(f"{name} is one of {words}" + (", or empty" if "" in self.CHOICES[name] else ""))
            setattr(self, name, value)


def make_behaviour_routes(find: Callable[[], BehaviourSet], path: str = "/behaviours") -> list[BaseRoute]:
    """Return control routes that read (GET) and change (POST) behaviours; `find` returns those of now."""

    async def read(request: Request) -> Response:
        return JSONResponse(asdict(find()))

    async def change(request: Request) -> Response:
        try:
            find().change(json.loads(await request.body() or b"{}"))
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(asdict(find()))

    return [Route(path, read), Route(path, change, methods=["POST"])]
