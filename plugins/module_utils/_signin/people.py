# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign-in of a person at a terminal: browser with PKCE, or a code that is typed on another device."""

from __future__ import annotations

import typing as t

from .._core.context import Context
from .._core.errors import AuthError, ConfigError, MissingLibrary
from .._core.http import LibraryClient, Transport
from .._core.retry import Repeat
from .clouds import SIGN_IN, authority_url, entra_settings


def interactive(ctx: Context, scope: str) -> t.Mapping[str, t.Any]:
    """Open the browser and wait for the redirect to loopback."""
    return t.cast(
        "t.Mapping[str, t.Any]",
        _application(ctx, "interactive").acquire_token_interactive([scope], timeout=ctx.remaining_s()),
    )


def device_code(ctx: Context, scope: str) -> t.Mapping[str, t.Any]:
    """Show the code once and wait until the person has typed it, at most as long as it is valid."""
    application = _application(ctx, "device_code")
    flow = application.initiate_device_flow(scopes=[scope])
    if "user_code" not in flow:
        return t.cast("t.Mapping[str, t.Any]", flow)
    ctx.prompt(str(flow["message"]))
    return t.cast("t.Mapping[str, t.Any]", application.acquire_token_by_device_flow(flow))


def _application(ctx: Context, method: str) -> t.Any:
    if not ctx.attended:
        raise ConfigError(
            f"auth_method {method} needs a person at a terminal, in process on the controller;"
            " scheduled runs use a managed identity, a federated token, a certificate or a secret",
            source=ctx.source_of("auth_method"),
        )
    try:
        import msal
    except ImportError as exc:
        raise MissingLibrary(
            "Signing in to Entra ID needs the Python library msal: pip install msal", library="msal", details=str(exc)
        ) from exc
    transport = Transport(ctx, entra_settings(ctx.options, SIGN_IN))
    ctx.stats.add("sign_ins")
    try:
        return msal.PublicClientApplication(
            ctx.options["client_id"],
            authority=f"{authority_url(ctx.options)}/{ctx.options['tenant_id']}",
            instance_discovery=ctx.options["instance_discovery"],
            http_client=LibraryClient(transport, Repeat.IF_REFUSED, lambda: None),
        )
    except ValueError as exc:
        raise AuthError(
            f"Cannot use {authority_url(ctx.options)} for tenant {ctx.options['tenant_id']}",
            service="Entra sign-in",
            code="authority",
        ) from exc
