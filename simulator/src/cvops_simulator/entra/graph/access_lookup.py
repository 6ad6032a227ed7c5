# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What conditional access looks up: licences, and named locations that are visible already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cvops_simulator.entra.schema import parse_date_time

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.store import Row


def is_licensed(call: Call, licence: str) -> bool:
    """Tell whether the tenant has a licence, one of `behaviours.LICENCES`."""
    return licence in call.tenant.behaviours.licences


def find_location(call: Call, key: str) -> Row | None:
    """Return a named location that the call's replica knows and that is old enough to be found."""
    row = call.view.get("namedLocations", key)
    return row if row is not None and _is_old_enough(call, row) else None


def list_locations(call: Call) -> list[Row]:
    """Return the named locations that `find_location` finds."""
    return [row for row in call.view.rows("namedLocations").values() if _is_old_enough(call, row)]


def _is_old_enough(call: Call, row: Row) -> bool:
    lag = call.tenant.behaviours.location_lag
    return not lag or parse_date_time(row["createdDateTime"]) + lag <= call.tenant.clock.now()
