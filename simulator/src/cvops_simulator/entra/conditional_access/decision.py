# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all policies of a tenant together decide on a sign-in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cvops_simulator.entra.conditional_access.conditions import APPLIES, find_reason
from cvops_simulator.entra.conditional_access.controls import (
    find_unmet,
    get_outcome,
    get_rank,
    list_controls,
    list_session_controls,
)

if TYPE_CHECKING:
    from cvops_simulator.entra.conditional_access.sign_ins import SignIn
    from cvops_simulator.entra.store import Row, View
    from cvops_simulator.entra.tenant import Tenant

_NOT_APPLIED = frozenset({"notApplied", "notEnabled", "reportOnlyNotApplied"})


@dataclass(frozen=True)
class Decision:
    """`code`: AADSTS number of the refusal, None: go on. `policies`: ids of those that refuse.

    `applied`: what became of each policy, as sign-in logs tell it.
    """

    code: int | None = None
    policies: tuple[str, ...] = ()
    applied: list[Row] = field(default_factory=list)

    @property
    def status(self) -> str:
        """The `conditionalAccessStatus` of the sign-in."""
        if self.code is not None:
            return "failure"
        return "success" if any(item["result"] == "success" for item in self.applied) else "notApplied"


def decide(tenant: Tenant, view: View, sign_in: SignIn) -> Decision:
    """Apply the policies that a replica knows. A block wins, then what the service asks for first."""
    applied: list[Row] = []
    refusing: dict[str, int] = {}
    if "P1" not in tenant.behaviours.licences:
        return Decision()
    for policy in view.rows("conditionalAccessPolicies").values():
        result, code = _apply(tenant, view, policy, sign_in)
        applied.append(
            {
                "id": policy["id"],
                "displayName": policy["displayName"],
                "enforcedGrantControls": list_controls(policy) if result not in _NOT_APPLIED else [],
                "enforcedSessionControls": list_session_controls(policy) if result not in _NOT_APPLIED else [],
                "result": result,
            }
        )
        if code is not None:
            refusing[policy["id"]] = code
    if not refusing:
        return Decision(applied=applied)
    code = min(refusing.values(), key=get_rank)
    return Decision(code, tuple(key for key, value in refusing.items() if value == code), applied)


def _apply(tenant: Tenant, view: View, policy: Row, sign_in: SignIn) -> tuple[str, int | None]:
    """Return the result of one policy as sign-in logs name it, and the number of the refusal if it is enforced."""
    if policy["state"] == "disabled":
        return "notEnabled", None
    reports = policy["state"] != "enabled"
    if find_reason(tenant, view, policy, sign_in) != APPLIES:
        return "reportOnlyNotApplied" if reports else "notApplied", None
    code = find_unmet(view, policy, sign_in)
    outcome = get_outcome(code)
    if reports:
        return f"reportOnly{outcome.capitalize()}", None
    return "success" if code is None else "failure", code
