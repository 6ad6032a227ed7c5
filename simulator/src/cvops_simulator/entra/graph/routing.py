# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes of Graph: templates, what they allow, and the search for the one that fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cvops_simulator.entra.graph.errors import GraphError, bad_request, denied

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.graph.messages import GraphResponse

Handler = Callable[["Call"], "GraphResponse"]


@dataclass(frozen=True)
class Route:
    """`template`: segments, `{}` for a variable one. `allow` and `refuse`: see `check_permission`.

    `beta`: also served below `/beta`.
    """

    method: str
    template: str
    handler: Handler
    allow: tuple[str, ...]
    refuse: Callable[[], GraphError] = denied
    beta: bool = False

    @property
    def segments(self) -> list[str]:
        """The template's segments."""
        return [item for item in self.template.split("/") if item]

    def arguments(self, segments: Sequence[str]) -> tuple[str, ...] | None:
        """Return the variable segments of a path that fits, else None. Literal segments compare without case."""
        own = self.segments
        if len(own) != len(segments):
            return None
        pairs = list(zip(own, segments, strict=True))
        if any(mine != "{}" and mine.lower() != theirs.lower() for mine, theirs in pairs):
            return None
        return tuple(theirs for mine, theirs in pairs if mine == "{}")


class Router:
    """All routes; literal templates win over variable ones."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = sorted(routes, key=lambda route: [item == "{}" for item in route.segments])

    def find(self, method: str, segments: Sequence[str], beta: bool = False) -> tuple[Route, tuple[str, ...]]:
        """Return the route of a request. Raises GraphError 405 or 400 when there is none."""
        known = False
        for route in self._routes:
            arguments = route.arguments(segments)
            if arguments is None or (beta and not route.beta):
                continue
            if route.method == method:
                return route, arguments
            known = True
        if known:
            raise GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
        missing = segments[-1] if segments else ""
        error = bad_request(f"Resource not found for the segment '{missing}'.")
        error.code = "BadRequest"
        raise error
