# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditional access at the token service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from cvops_simulator.entra.conditional_access.decision import decide
from cvops_simulator.entra.conditional_access.sign_ins import make_sign_in
from cvops_simulator.entra.login.errors import TokenError

if TYPE_CHECKING:
    from cvops_simulator.entra.login.attempts import Attempt
    from cvops_simulator.entra.store import Row, View
    from cvops_simulator.entra.tenant import Tenant

ClientApp = Literal["browser", "mobileAppsAndDesktopClients"]


def get_client_app(application: Row, redirect: str = "") -> ClientApp:
    """Return which kind of client an application is: with this reply address, else by the addresses that it has."""
    native = application["publicClient"]["redirectUris"]
    in_browser = [*application["web"]["redirectUris"], *application["spa"]["redirectUris"]]
    if redirect:
        return "browser" if redirect in in_browser else "mobileAppsAndDesktopClients"
    return "browser" if in_browser and not native else "mobileAppsAndDesktopClients"


def guard_client(tenant: Tenant, view: View, attempt: Attempt, principal: Row, target: Row) -> None:
    """Refuse a workload identity that a policy blocks. Raises TokenError."""
    attempt.principal, attempt.target = principal, target
    attempt.sign_in = make_sign_in(
        tenant, principal, (target["appId"],), attempt.address, "mobileAppsAndDesktopClients", is_user=False
    )
    _apply(tenant, view, attempt, target)


def guard_user(
    tenant: Tenant,
    view: View,
    attempt: Attempt,
    user: Row,
    targets: Sequence[Row],
    client_app: ClientApp,
    flow: str = "none",
) -> None:
    """Refuse a user who does not meet what policies demand. Raises TokenError."""
    names = tuple(dict.fromkeys(target["appId"] for target in targets))
    attempt.user, attempt.target = user, targets[0]
    attempt.sign_in = make_sign_in(tenant, user, names, attempt.address, client_app, is_user=True, flow=flow)
    _apply(tenant, view, attempt, targets[0])


def _apply(tenant: Tenant, view: View, attempt: Attempt, target: Row) -> None:
    if attempt.sign_in is None:
        return
    attempt.decision = decide(tenant, view, attempt.sign_in)
    if attempt.decision.code is not None:
        raise TokenError(attempt.decision.code, value=target["appId"], policies=attempt.decision.policies)
