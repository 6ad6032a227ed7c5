# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests as the handlers see them, and the table of routes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from cvops_simulator.commvault.auth import Caller
from cvops_simulator.commvault.cell import Cell
from cvops_simulator.commvault.envelopes import OTP_REQUIRED, ApiError, invalid
from cvops_simulator.commvault.state import Lists, State

BASES = (("commandcenter", "api"), ("webconsole", "api"), ("searchsvc", "cvwebservice.svc"))

Handler = Callable[["Call"], Any]


@dataclass
class Call:
    """One request: `params` from the path, `query` lower-cased keys (last wins), `queries` all of them in order.

    `origin`: scheme, host and port of the listener that got it.
    """

    cell: Cell
    origin: str
    method: str
    segments: list[str]
    query: dict[str, str]
    queries: list[tuple[str, str]]
    headers: Mapping[str, str]
    raw: bytes
    client: str = ""
    params: dict[str, str] = field(default_factory=dict)
    caller_or_none: Caller | None = None

    @property
    def state(self) -> State:
        """The state of the CommCell: as writes change it, for reads as they show it."""
        return self.cell.details() if self.method == "GET" else self.cell.state

    @property
    def lists(self) -> Lists:
        """What V1 lists are answered from: the state, or a stale copy of it."""
        return self.cell.lists(hard=self.query.get("hardrefresh", "").lower() == "true")

    @property
    def caller(self) -> Caller:
        """Who calls; routes that need no token must not ask."""
        if self.caller_or_none is None:
            raise RuntimeError("this route has no caller")
        return self.caller_or_none

    @property
    def now(self) -> float:
        """The simulator's time."""
        return self.cell.clock.now()

    @property
    def wants_json(self) -> bool:
        """Whether the client asks for JSON; without an Accept header the server answers JSON too."""
        accept = self.headers.get("accept", "")
        return "xml" not in accept or "json" in accept

    def require_otp(self) -> None:
        """Refuse a sensitive change without its one-time PIN, when two-factor authentication is on."""
        pin = self.cell.behaviours.two_factor_pin
        if self.cell.has("pin_for_changes") and pin and self.headers.get("otp", "") != pin:
            raise ApiError(OTP_REQUIRED, "One-time PIN is missing or wrong")

    def number(self, name: str = "id") -> int:
        """Return a numeric path parameter."""
        try:
            return int(self.params[name])
        except ValueError:
            raise invalid(f"[{self.params[name]}] is not an id") from None

    def body(self) -> dict[str, Any]:
        """Return the JSON body; an absent one counts as an empty object."""
        try:
            data = json.loads(self.raw or b"{}")
        except ValueError:
            raise invalid("The request body is not valid JSON") from None
        if not isinstance(data, dict):
            raise invalid("The request body is not an object")
        return data

    def strict_body(self, allowed: frozenset[str]) -> dict[str, Any]:
        """Return the JSON body of a V4 write: an unknown top-level property is an error."""
        data = self.body()
        unknown = sorted(set(data) - allowed)
        if unknown:
            raise invalid(f"Unknown property: {', '.join(unknown)}")
        return data


@dataclass(frozen=True)
class Route:
    """`envelope`: the shape of its errors. `public`: no token needed.

    `feature`: one of `releases`; a release without it does not know the route.
    """

    method: str
    pattern: tuple[str, ...]
    handler: Handler
    envelope: str = "G"
    public: bool = False
    feature: str = ""
    #: True: changes state (list caches and two-factor look at it).
    write: bool = False


class Routes:
    """All routes of a CommCell."""

    def __init__(self) -> None:
        self._table: dict[tuple[str, int], list[Route]] = {}

    def add(self, method: str, path: str, handler: Handler, **options: Any) -> None:
        """Register a handler; `{name}` in the path is a parameter, everything else is matched without case."""
        pattern = tuple(part if part.startswith("{") else part.lower() for part in path.split("/"))
        options.setdefault("write", method != "GET")
        route = Route(method, pattern, handler, **options)
        self._table.setdefault((method, len(pattern)), []).append(route)

    def find(self, method: str, segments: list[str]) -> tuple[Route, dict[str, str]] | None:
        """Return the first route that matches; literal ones are registered before parametrised ones that match too."""
        for route in self._table.get((method, len(segments)), []):
            params: dict[str, str] = {}
            for part, segment in zip(route.pattern, segments, strict=True):
                if part.startswith("{"):
                    params[part[1:-1]] = segment
                elif part != segment.lower():
                    break
            else:
                return route, params
        return None


def split_path(raw_path: bytes) -> list[str] | None:
    """Return the path segments below the API root, decoded one by one; None: another root.

    `%2F` stays inside its segment.
    """
    parts = [unquote(part) for part in raw_path.decode("latin-1").split("?")[0].split("/") if part]
    if len(parts) >= 2 and tuple(part.lower() for part in parts[:2]) in BASES:
        return parts[2:]
    return None


def parse_query(query: bytes) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Return the query parameters; a stray `?` between two of them (a client's concatenation) is read as `&`."""
    pairs = parse_qsl(query.decode("latin-1").replace("?", "&"), keep_blank_values=True)
    return {key.lower(): value for key, value in pairs}, pairs
