# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Sign-in to a CommServe, one class of credentials per value of commvault_auth_method, and the address of its API."""

from __future__ import annotations

import base64
import threading
import typing as t

from ..._core.addresses import extract_origin, split_address
from ..._core.cancellation import GRACE_S
from ..._core.context import Context, CountAs
from ..._core.errors import ApiError, AuthError, BadAnswer, Cancelled, ConfigError, CvopsError
from ..._core.http import Transport
from ..._core.reply import Reply
from ..._core.retry import Repeat
from ..._stores.opening import open_token_store
from ..entra.sign_in import BearerCredentials, EntraSignIn
from ..entra.token_cache import is_process_alive
from ..transport_settings import build_commvault_settings
from .entra_token import EntraTokenCredentials
from .token_pair_renewal import StoredPairCredentials
from .token_pair_service import RenewalService, build_token_headers

#: Where the API may be below a bare host name, newest installations first.
API_PATHS = ("/commandcenter/api", "/webconsole/api", "/SearchSvc/CVWebService.svc")
_LOCK_POLL_S = 0.05
_REQUIRED_OPTIONS = {
    "password": ("commvault_username", "commvault_password"),
    "access_token": ("commvault_access_token",),
    "token_store": ("commvault_token_store",),
    "entra": ("commvault_entra_scope",),
}


def open_commvault_transport(ctx: Context) -> tuple[Transport, str]:
    """Return a transport that signs in at its first request, and the base address of the API without trailing slash.

    Raises ConfigError for missing or contradicting options before anything is sent; requests raise AuthError, Unreachable.
    """
    credentials, base, transport = _prepare_sign_in(ctx)
    return transport.share_connections(credentials), base


def obtain_auth_headers(ctx: Context) -> dict[str, str]:
    """Return headers that authenticate a request, for use after this run: a login session is not ended and expires when unused.

    Call it in a cancellation shield that lasts until *ctx* is closed: closing leaves a login session open or, when the run was told
    to stop, ends it; a signal after that must not turn the answer into an error. Raises ConfigError, AuthError, Unreachable, Cancelled.
    """
    credentials, _base, _transport = _prepare_sign_in(ctx)
    headers = dict(credentials.build_headers())
    if ctx.run_process is not None and not is_process_alive(ctx.run_process):
        raise Cancelled("Stopped, because the run that asked for the token has ended")
    ctx.cancellation.check()
    if isinstance(credentials, PasswordCredentials):
        credentials.hand_over_session()
    return headers


def _prepare_sign_in(ctx: Context) -> tuple[t.Any, str, Transport]:
    """Return the credentials that the options describe, the base address of the API, and a transport to it without credentials.

    Raises ConfigError, AuthError, Unreachable.
    """
    options = ctx.options
    method = options["commvault_auth_method"]
    missing = [name for name in ("commvault_url", *_REQUIRED_OPTIONS[method]) if not options.get(name)]
    if missing:
        raise ConfigError(
            f"commvault_auth_method {method} needs {', '.join(missing)}{_suggest_method(options, method)}",
            source=ctx.describe_source("commvault_auth_method"),
        )
    if options.get("commvault_proxy_scope") and (
        method == "entra" or options["commvault_token_header"] == "Authorization"
    ):
        raise ConfigError(
            "commvault_proxy_scope puts its own token into the header Authorization; it cannot be combined"
            " with commvault_token_header Authorization or commvault_auth_method entra."
        )
    transport = Transport(ctx, build_commvault_settings(options))
    base = _find_api_address(ctx, transport, options["commvault_url"])
    sign_in = EntraSignIn(ctx) if method == "entra" or options.get("commvault_proxy_scope") else None
    return _build_credentials(ctx, method, base, sign_in, transport), base, transport


def _suggest_method(options: t.Mapping[str, t.Any], method: str) -> str:
    """Return the end of a message that names the method whose input is set; empty when there is none."""
    for other in ("access_token", "token_store"):
        if method == "password" and options.get(f"commvault_{other}"):
            return f"; commvault_{other} is set: to use it, set commvault_auth_method to {other}"
    return ""


def _build_credentials(
    ctx: Context, method: str, base: str, sign_in: EntraSignIn | None, transport: Transport
) -> t.Any:
    options = ctx.options
    gateway = (
        BearerCredentials(sign_in, options["commvault_proxy_scope"])
        if sign_in and options.get("commvault_proxy_scope")
        else None
    )
    if method == "password":
        return PasswordCredentials(ctx, base, gateway, transport)
    if method == "access_token":
        return AccessTokenCredentials(ctx, gateway)
    if method == "token_store":
        service = RenewalService(ctx, base, gateway.build_headers if gateway else dict, transport)
        return StoredPairCredentials(ctx, open_token_store(ctx, options["commvault_token_store"]), service, gateway)
    if sign_in is None:
        raise AssertionError("entra without sign-in")
    ctx.warn(
        "commvault_auth_method entra is experimental: it needs release 11.42 CU27 or later with OAuth configured on the CommServe."
    )
    return EntraTokenCredentials(ctx, sign_in, base, transport)


def _find_api_address(ctx: Context, transport: Transport, url: str) -> str:
    address = split_address(
        "commvault_url", ctx.describe_source("commvault_url"), url, why="passwords and tokens are sent over https only"
    )
    root, path = address.origin, address.path
    if path.lower() in ("/commandcenter", "/webconsole"):
        return f"{root}{path}/api"
    if path:
        return f"{root}{path}"
    failed: Reply | None = None
    for candidate in API_PATHS:
        reply = transport.request("GET", f"{root}{candidate}/", authenticated=False, count_as=CountAs.NOTHING)
        if reply.status == 200:
            ctx.debug(2, f"Commvault: the API of {address.host_and_port} is at {candidate}")
            return root + candidate
        failed = failed if reply.status == 404 else reply  # only a 404 means that no API is there
    if failed is not None:
        raise ApiError(
            f"Commvault at {root} failed with HTTP {failed.status} when asked for its API at {failed.path}. If a "
            "proxy in front of it refuses this request, give commvault_url with the path of the API",
            **failed.get_error_facts(),
        )
    raise ConfigError(
        f"No Commvault API found at {root} (tried {', '.join(API_PATHS)}): give commvault_url with the path of the API",
        source=ctx.describe_source("commvault_url"),
    )


class PasswordCredentials:
    """Credentials of commvault_auth_method ``password``: user and password, with the PIN of two-factor authentication appended.

    Logs in when a token is first needed, once more when the token is refused, and logs out when the run closes.
    """

    def __init__(self, ctx: Context, base: str, gateway: BearerCredentials | None, transport: Transport) -> None:
        self._ctx, self._base, self._gateway, self._transport = ctx, base, gateway, transport
        self._token: str | None = None
        self._ended = False
        self._lock = threading.RLock()
        ctx.on_close(self.end_session)

    def build_headers(self) -> dict[str, str]:
        """Return the header with the login token, logging in when there is none. Raises AuthError, Unreachable, Cancelled."""
        with self._lock:
            if self._ended:
                # A thread that is still reading must not open another session after the run was closed.
                raise self._build_ended_error()
            token = self._token
            if token is None:
                with (
                    self._ctx.cancellation.shield()
                ):  # else the session of an answer that arrives while the run stops would stay open
                    token = self._ctx.cancellation.finish_call(self._log_in, undo_late=self._end_session)
                    self._token = token
                if self._ended:  # while this thread was logging in; end_session no longer waits for it
                    self._token = None
                    self._end_session(token)
                    raise self._build_ended_error()
                self._ctx.cancellation.check()
            return {"Authtoken": token, **(self._gateway.build_headers() if self._gateway else {})}

    def renew(self) -> bool:
        """Forget a token that was refused, for instance after half an hour without use; the next request logs in again."""
        with self._lock:
            self._token = None
            return True

    def hand_over_session(self) -> None:
        """Leave the session open when the run closes: the one who got the token ends it, or it expires.

        When the run was told to stop by then, the session is ended, because nobody gets the token.
        """
        self._ctx.on_close(self._forget_session)  # runs before end_session, which was registered first

    def _forget_session(self) -> None:
        if self._ctx.cancellation.is_requested:
            return
        with self._lock:
            self._token = None

    def end_session(self) -> None:
        """Log out, also after a failure; sessions that are left open pile up on the CommServe."""
        self._ended = True  # a thread that is still logging in then logs out by itself
        if not self._acquire_lock():
            return
        try:
            token, self._token = self._token, None
            if token is not None:
                self._end_session(token)
        finally:
            self._lock.release()

    def _acquire_lock(self) -> bool:
        """Return True once no other thread is logging in; False when a cancelled run's grace period ends before that."""
        left = GRACE_S
        while not self._lock.acquire(timeout=_LOCK_POLL_S):
            if self._ctx.cancellation.is_requested:
                left -= _LOCK_POLL_S
            if left <= 0:
                return False
        return True

    def _end_session(self, token: str) -> None:
        try:
            headers = {"Authtoken": token, **(self._gateway.build_headers() if self._gateway else {})}
            self._transport.request(
                "POST", f"{self._base}/Logout", json_body={}, headers=headers, count_as=CountAs.NOTHING, closing=True
            )
        except CvopsError as exc:  # the session expires by itself
            self._ctx.debug(1, f"The session of this task could not be ended: {exc}")

    def _build_ended_error(self) -> AuthError:
        return AuthError("The Commvault session of this task has ended", service="Commvault", code="ended")

    def _log_in(self) -> str:
        options = self._ctx.options
        password = options["commvault_password"] + (options.get("commvault_pin") or "")
        self._ctx.secrets.add(password)
        body = {
            "mode": 4,
            "username": options["commvault_username"],
            "password": base64.b64encode(password.encode()).decode(),
            "clientType": 30,
        }
        self._ctx.stats.add("sign_ins")
        # A second try after a wrong password brings the account nearer to its lock, so only a request that was refused unread is repeated.
        headers = self._gateway.build_headers() if self._gateway else None
        reply = self._transport.request(
            "POST",
            f"{self._base}/Login",
            json_body=body,
            headers=headers,
            repeat=Repeat.IF_REFUSED,
            count_as=CountAs.NOTHING,
        )
        token = _parse_login(self._ctx, reply)
        self._ctx.secrets.add(token)
        return token


def _parse_login(ctx: Context, reply: Reply) -> str:
    try:
        answer = reply.json()
    except BadAnswer as exc:
        if reply.status == 404:
            raise _build_no_api_error(ctx, reply) from exc
        raise AuthError(f"Cannot log in to Commvault: {exc}", **exc.facts) from exc
    if not isinstance(answer, dict):
        answer = {}
    if answer.get("token") and not answer.get("forcePasswordChange"):
        return str(answer["token"])
    told = answer.get("errList")
    problems = [item for item in told if isinstance(item, dict)] if isinstance(told, list) else []
    if reply.status == 404 and not problems:
        raise _build_no_api_error(ctx, reply)
    if reply.status >= 500 and not problems:
        raise AuthError(
            f"Cannot log in to Commvault at {ctx.options['commvault_url']}: it failed with HTTP {reply.status}:"
            f" {answer.get('errorMessage') or 'no reason given'}",
            **reply.get_error_facts(),
        )
    said = next((str(item["errLogMessage"]) for item in problems if item.get("errLogMessage")), "") or str(
        answer.get("errorMessage") or "no reason given"
    )
    code = next((item["errorCode"] for item in problems if item.get("errorCode")), answer.get("errorCode"))
    remedy = "Check user and password; the password is not tried again, so as not to lock the account."
    if answer.get("forcePasswordChange"):
        said, remedy = "the password must be changed first", "Change it in the Command Center."
    if answer.get("isAccountLocked"):
        remedy = f"The account is locked for another {answer.get('remainingLockTime', '?')} s: unlock it or wait."
    sources = f"commvault_username from {ctx.describe_source('commvault_username')}; commvault_password from {ctx.describe_source('commvault_password')}"
    raise AuthError(
        f"Cannot log in to Commvault at {ctx.options['commvault_url']} as {ctx.options['commvault_username']} "
        f"({sources}): {said.rstrip('. ')}. {remedy}",
        code=None if code is None else str(code),
        source=sources,
        remedy=remedy,
        **reply.get_error_facts(),
    )


def _build_no_api_error(ctx: Context, reply: Reply) -> AuthError:
    """Return the error for a server that does not know the call to log in: the address is wrong, not the password."""
    source, asked = ctx.describe_source("commvault_url"), f"{extract_origin(reply.url)}{reply.path}"
    remedy = f"Check commvault_url (from {source}): the address of the API ends with {API_PATHS[0]}, or {API_PATHS[1]} on older installations."
    return AuthError(
        f"Cannot log in to Commvault: there is no API at {asked.removesuffix('/Login')} (HTTP 404 for {asked}). {remedy}",
        source=source,
        remedy=remedy,
        **reply.get_error_facts(),
    )


class AccessTokenCredentials:
    """Credentials of commvault_auth_method ``access_token``: used as given and never renewed."""

    def __init__(self, ctx: Context, gateway: BearerCredentials | None) -> None:
        self._ctx, self._gateway = ctx, gateway

    def build_headers(self) -> dict[str, str]:
        """Return the token in the header that commvault_token_header names, beside those of a gateway."""
        own = build_token_headers(self._ctx.options, self._ctx.options["commvault_access_token"])
        return {**(self._gateway.build_headers() if self._gateway else {}), **own}

    def renew(self) -> bool:
        """Return False: there is no other token."""
        return False
