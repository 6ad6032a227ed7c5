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
    from starlette.requests import Request

    from cvops_simulator.entra.store import Row, View
    from cvops_simulator.entra.tenant import Tenant

#: Header by which a test says where a request comes from.
ADDRESS_HEADER = "x-client-address"
ClientApp = Literal["browser", "mobileAppsAndDesktopClients"]


def find_address(request: Request) -> str:
    """Return the address that a request comes from."""
    return request.headers.get(ADDRESS_HEADER) or (request.client.host if request.client else "")


def get_client_app(application: Row, redirect: str = "") -> ClientApp:
    """Return which kind of client an application is: with this reply address, else by the addresses that it has."""
    native = application["publicClient"]["redirectUris"]
    in_browser = [*application["web"]["redirectUris"], *application["spa"]["redirectUris"]]
    if redirect:
        return "browser" if redirect in in_browser else "mobileAppsAndDesktopClients"
    return "browser" if in_browser and not native else "mobileAppsAndDesktopClients"


def guard_client(tenant: Tenant, view: View, principal: Row, target: Row, address: str) -> None:
    """Refuse a workload identity that a policy blocks. Raises TokenError."""
    sign_in = make_sign_in(tenant, principal, (target["appId"],), address, "mobileAppsAndDesktopClients", is_user=False)
    decision = decide(tenant, view, sign_in)
    if decision.code is not None:
        raise TokenError(decision.code, value=target["appId"], policies=decision.policies)


def guard_user(
    tenant: Tenant,
    view: View,
    user: Row,
    targets: Sequence[Row],
    address: str,
    client_app: ClientApp,
    flow: str = "none",
) -> None:
    """Refuse a user who does not meet what policies demand. Raises TokenError."""
    names = tuple(dict.fromkeys(target["appId"] for target in targets))
    sign_in = make_sign_in(tenant, user, names, address, client_app, is_user=True, flow=flow)
    decision = decide(tenant, view, sign_in)
    if decision.code is not None:
        raise TokenError(decision.code, value=names[0], policies=decision.policies)
