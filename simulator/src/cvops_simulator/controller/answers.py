# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request as handlers get it, and the answer that they give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cvops_simulator.controller.errors import forbidden
from cvops_simulator.controller.facts import ENDPOINTS
from cvops_simulator.controller.lookups import Query
from cvops_simulator.controller.state import Row


@dataclass(frozen=True)
class Call:
    """A request of a user that has signed in."""

    method: str
    path: str
    query: Query
    body: Mapping[str, Any]
    user: Row
    may_write: bool = True

    @property
    def is_admin(self) -> bool:
        """Tell whether the user may do anything."""
        return bool(self.user["is_superuser"])

    @property
    def may_read_all(self) -> bool:
        """Tell whether the user may read anything."""
        return self.is_admin or bool(self.user["is_system_auditor"])

    def may_read(self, row: Row) -> bool:
        """Tell whether the user may read an object: types of credentials, and what is its own."""
        own = row is self.user or (row.endpoint == "tokens" and row["user"] == self.user.id)
        return self.may_read_all or own or row.endpoint in ("credential_types", "instance_groups")

    def check_read(self, row: Row) -> None:
        """Raise ApiError for an object that the user may not read."""
        if not self.may_read(row):
            raise forbidden()

    def check_write(self, endpoint: str, row: Row | None = None) -> None:
        """Raise ApiError for an object, or a kind of objects, that the user may not change."""
        own = endpoint == "tokens" and (row is None or row["user"] == self.user.id)
        if not self.may_write or not (self.is_admin or own):
            raise forbidden()


@dataclass(frozen=True)
class Answer:
    """An answer. `body`: data, sent as JSON; None: nothing; text: sent as it is, as HTML."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


def name_model(endpoint: str) -> str:
    """Return the name of an endpoint's objects in messages."""
    return ENDPOINTS[endpoint].model
