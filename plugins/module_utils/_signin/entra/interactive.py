# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Sign-in of a person at a terminal: by browser (authorization code with PKCE) or by device code."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..._core.addresses import split_address
from ..._core.context import Context
from ..._core.errors import AuthError, BadAnswer, ConfigError, CvopsError
from ..._core.http import Transport
from ..._core.retry import Repeat
from ..._core.visible import to_one_line
from ..clouds import get_authority_url, list_sign_in_origins
from ..tokens import parse_seconds
from ..transport_settings import build_token_service_settings
from .error_codes import build_authority_error
from .msal_client import MsalHttpClient
from .msal_library import MsalAnswer, build_bad_answer_error, call_msal, load_msal

#: How long a person may take to sign in.
_LONGEST_WAIT_S = 900.0
_USUAL_INTERVAL_S = 5
_LONGEST_INTERVAL_S = 60
_USER_CODE = re.compile(r"[A-Za-z0-9-]{4,32}")
_PENDING = ("authorization_pending", "slow_down")
#: Domains of Microsoft's pages for device codes, subdomains included; for any other host but the authority's own the prompt warns.
_CODE_PAGE_HOSTS = ("microsoft.com", "aka.ms", "microsoftonline.com", "microsoftonline.us", "microsoftonline.cn")


def sign_in_with_browser(ctx: Context, scope: str) -> MsalAnswer:
    """Open the browser, wait for the redirect to loopback until the task's deadline at most, and return the token answer.

    Raises ConfigError without a terminal, AuthError for a malformed discovery document or when nobody signs in, Cancelled.
    """
    application = _create_public_client(ctx, "interactive")
    _check_browser_address(ctx, application)
    limit = max(1, int(min(ctx.remaining_s(), _LONGEST_WAIT_S)))

    def show(address: str) -> None:
        shown = to_one_line(
            f"No browser opened. To sign in to tenant {ctx.options['tenant_id']}, open this address in a browser on "
            f"this machine: {address}",
            4000,
        )
        ctx.prompt(shown)

    def browse() -> MsalAnswer:
        return call_msal(
            ctx,
            "interactive",
            lambda: application.acquire_token_interactive([scope], timeout=limit, auth_uri_callback=show),
        )

    try:
        return ctx.cancellation.finish_call(browse, needed=False)
    except AuthError as exc:
        if exc.code == "bad_answer" and _is_timeout(exc.__cause__):
            raise AuthError(
                f"Nobody signed in within {limit} s (auth_method interactive).", service="Entra sign-in", code="timeout"
            ) from exc
        raise


def _check_browser_address(ctx: Context, application: t.Any) -> None:
    """Raise AuthError unless the discovery document sends the browser where a person may be asked for a password."""
    name = "authorization_endpoint"
    found = getattr(application.authority, name)
    try:
        plain = isinstance(found, str) and found.lower().startswith("https://")
        address = split_address(name, "the discovery document", found if plain else "")
    except ConfigError as exc:
        reason = f"the {name} of its discovery document is not a plain https address"
        raise build_bad_answer_error(ctx, "interactive", reason) from exc
    if address.origin.lower() not in list_sign_in_origins(ctx.options):
        reason = f"its discovery document sends the browser to {to_one_line(address.origin, 300)}"
        raise build_bad_answer_error(ctx, "interactive", reason)


def sign_in_with_device_code(ctx: Context, scope: str) -> MsalAnswer:
    """Show the code once, wait until the person has typed it, and return the token answer.

    Waits while the code is valid, until the task's deadline at most. Raises ConfigError without a terminal, AuthError, Cancelled.
    """
    application = _create_public_client(ctx, "device_code")
    answer = call_msal(ctx, "device_code", lambda: application.initiate_device_flow(scopes=[scope]))
    if "user_code" not in answer and answer.get("error"):
        return answer
    flow = _parse_device_flow(ctx, answer)
    ctx.secrets.add(flow.device_code)
    ctx.prompt(flow.build_prompt(ctx))
    # MSAL would sleep by itself and as long as the service says: it is called for one poll at a time.
    state: dict[str, t.Any] = {"device_code": flow.device_code, "interval": flow.interval_s}
    give_up_at = ctx.clock.monotonic() + min(flow.valid_s, ctx.remaining_s())
    while True:
        pause = max(flow.interval_s, min(int(state["interval"]), _LONGEST_INTERVAL_S))  # slow_down makes it longer
        left = give_up_at - ctx.clock.monotonic()
        if left <= 0:
            raise AuthError(
                "The code was not entered in time: it is no longer valid, or the task's deadline is over.",
                service="Entra sign-in",
                code="timeout",
            )
        ctx.sleep(min(pause, left))
        state["interval"] = pause
        found = call_msal(
            ctx,
            "device_code",
            lambda: application.acquire_token_by_device_flow(state, exit_condition=lambda _state: True),
        )
        if found.get("error") not in _PENDING:
            return found


@dataclass(frozen=True)
class _DeviceFlow:
    """The device authorization answer. ``address``: the page on which the person types ``user_code``; ``host``: its host."""

    device_code: str
    user_code: str
    address: str
    host: str
    interval_s: int
    valid_s: float

    def build_prompt(self, ctx: Context) -> str:
        """Return the text that asks the person to sign in; the service's own text is not shown, because it could be anything."""
        minutes = max(1, round(min(self.valid_s, ctx.remaining_s()) / 60))
        own = urlsplit(get_authority_url(ctx.options)).hostname
        known = self.host == own or any(
            self.host == name or self.host.endswith(f".{name}") for name in _CODE_PAGE_HOSTS
        )
        warning = "" if known else f" Attention: {self.host} is neither Microsoft's nor the host of authority_url."
        return (
            f"To sign in to tenant {ctx.options['tenant_id']}, open {self.address} in a browser and enter the code {self.user_code}"
            f" within {minutes} min.{warning}"
        )


def _parse_device_flow(ctx: Context, answer: MsalAnswer) -> _DeviceFlow:
    """Return the checked device authorization answer. Raises AuthError for a malformed one."""
    device, code, address = answer.get("device_code"), answer.get("user_code"), answer.get("verification_uri")
    interval = parse_seconds(answer.get("interval", _USUAL_INTERVAL_S), at_most=_LONGEST_INTERVAL_S)
    valid_s = parse_seconds(answer.get("expires_in"), at_most=86400.0)
    if not isinstance(device, str) or not re.fullmatch(r"[\x21-\x7e]{1,4096}", device):
        raise build_bad_answer_error(ctx, "device_code", "it holds no device code")
    if not isinstance(code, str) or not _USER_CODE.fullmatch(code):
        raise build_bad_answer_error(ctx, "device_code", "its code cannot be typed by a person")
    host = _parse_https_host(address)
    if host is None:
        raise build_bad_answer_error(ctx, "device_code", "the address for the code is not a plain https address")
    if interval is None or not valid_s:
        raise build_bad_answer_error(ctx, "device_code", "its times cannot be")
    return _DeviceFlow(device, code, str(address), host, max(1, int(interval)), min(valid_s, _LONGEST_WAIT_S))


def _parse_https_host(address: t.Any) -> str | None:
    """Return the host of an https address of printable ASCII without user information, None for any other."""
    if not isinstance(address, str) or not re.fullmatch(r"https://[\x21-\x7e]{1,200}", address):
        return None
    try:
        parts = urlsplit(address)
        return None if "@" in parts.netloc else parts.hostname
    except ValueError:
        return None


def _is_timeout(exc: BaseException | None) -> bool:
    return "Timeout" in type(exc).__name__


def _create_public_client(ctx: Context, method: str) -> t.Any:
    """Return MSAL's public client application. Raises ConfigError without a terminal, AuthError for a malformed discovery document."""
    if not ctx.attended:
        raise ConfigError(
            f"auth_method {method} needs a person at a terminal, in process on the controller;"
            " scheduled runs use a managed identity, a federated token, a certificate or a secret",
            source=ctx.describe_source("auth_method"),
        )
    library = load_msal("Signing in to Entra ID")
    client = MsalHttpClient(Transport(ctx, build_token_service_settings(ctx.options)), Repeat.IF_REFUSED, lambda: None)
    ctx.stats.add("sign_ins")
    try:
        return library.PublicClientApplication(
            ctx.options["client_id"],
            authority=f"{get_authority_url(ctx.options)}/{ctx.options['tenant_id']}",
            instance_discovery=ctx.options["instance_discovery"],
            http_client=client,
        )
    except BadAnswer as exc:
        raise AuthError(f"Cannot sign in to tenant {ctx.options['tenant_id']}: {exc}", **exc.facts) from exc
    except CvopsError:
        raise
    except Exception as exc:  # MSAL does not check the shape of discovery documents
        raise build_authority_error(ctx, client.get_last_error(), method, ("tenant_id", "client_id"), exc) from exc
