# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies and named locations of a tenant that do not come through Graph: seeded, or changed by another client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cvops_simulator.entra.conditional_access.locations import make_location, read_type
from cvops_simulator.entra.conditional_access.shape import POLICY, extend, fold_words, make_policy, settle

if TYPE_CHECKING:
    from cvops_simulator.entra.store import Row
    from cvops_simulator.entra.tenant import Tenant


def add_policy(tenant: Tenant, values: Row, replicated: bool = False) -> Row:
    """Add a policy from a body as Graph takes it, without any check; returns the row."""
    dates = {"id": tenant.new_id(), "createdDateTime": tenant.now()}
    row = settle(make_policy({**dates, **fold_words(POLICY, values)}))
    tenant.store.put("conditionalAccessPolicies", row["id"], row, "object", replicated)
    return row


def add_location(tenant: Tenant, values: Row, replicated: bool = False) -> Row:
    """Add a named location from a body as Graph takes it, without any check; returns the row."""
    now = tenant.now()
    given = {"id": tenant.new_id(), "createdDateTime": now, "modifiedDateTime": now, **values}
    row = make_location(read_type(values), given)
    tenant.store.put("namedLocations", row["id"], row, "object", replicated)
    return row


def extend_policy(tenant: Tenant, policy_id: str, values: Row) -> bool:
    """Set properties of a policy, also such as the schema does not know; False: there is no such policy."""
    row = tenant.policies.get(policy_id)
    if row is None:
        return False
    tenant.store.put("conditionalAccessPolicies", policy_id, {**extend(row, values), "modifiedDateTime": tenant.now()})
    return True
