# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One sign-in, as policies of conditional access see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cvops_simulator.entra.behaviours import Circumstances
from cvops_simulator.entra.conditional_access.places import find_country

if TYPE_CHECKING:
    from cvops_simulator.entra.store import Row
    from cvops_simulator.entra.tenant import Tenant


@dataclass(frozen=True)
class SignIn:
    """`subject`: the user, or the service principal that signs in by itself. `targets`: client ids of the resources.

    `guest_kind`: None for an ordinary member. A fact that is None is not known. `is_guess`: somebody asks what would
    be; then a fact that is not known leaves a condition open, while in a real sign-in it is not met. `user_action` and
    `context` stand in place of `targets`. `authentication_flow`: none, deviceCodeFlow or authenticationTransfer.
    """

    subject: Row
    is_user: bool
    guest_kind: str | None = None
    targets: tuple[str, ...] = ()
    user_action: str | None = None
    context: str | None = None
    address: str | None = None
    country: str | None = None
    client_app: str | None = None
    platform: str | None = None
    device: dict[str, Any] | None = None
    authentication_flow: str | None = "none"
    sign_in_risk: str | None = "none"
    user_risk: str | None = "none"
    insider_risk: str | None = "none"
    service_principal_risk: str | None = "none"
    circumstances: Circumstances = field(default_factory=Circumstances)
    is_guess: bool = False


def get_guest_kind(user: Row) -> str | None:
    """Return which kind of guest or external user a user is; None: an ordinary member."""
    is_external = "#ext#" in user["userPrincipalName"].lower() or user.get("creationType") == "Invitation"
    if user.get("userType") == "Guest":
        return "b2bCollaborationGuest" if is_external else "internalGuest"
    return "b2bCollaborationMember" if is_external else None


def make_sign_in(
    tenant: Tenant,
    subject: Row,
    targets: tuple[str, ...],
    address: str,
    client_app: str,
    *,
    is_user: bool,
    flow: str = "none",
) -> SignIn:
    """Return a real sign-in: `address` and `client_app` of the request, the rest as the tenant's behaviours say.

    The behaviours' own address and client win.
    """
    found = tenant.behaviours.find_circumstances(subject["id"])
    where = found.address or tenant.behaviours.client_address or address
    return SignIn(
        subject=subject,
        is_user=is_user,
        guest_kind=get_guest_kind(subject) if is_user else None,
        targets=targets,
        address=where,
        country=find_country(tenant, where),
        client_app=found.client_app or client_app,
        platform=found.platform,
        device=found.device,
        authentication_flow=flow,
        sign_in_risk=found.sign_in_risk,
        user_risk=found.user_risk,
        insider_risk=found.insider_risk,
        service_principal_risk=found.service_principal_risk,
        circumstances=found,
    )
