# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One class per way to sign in to Entra ID. Making one does no I/O; ``acquire`` does."""

from __future__ import annotations

import base64
import hashlib
import json
import typing as t
from dataclasses import dataclass

from .._core.context import Context
from .._core.errors import AuthError, BadAnswer, ConfigError, MissingLibrary
from .._core.http import LibraryClient, Transport
from .._core.retry import Repeat
from .aadsts import auth_error, codes_of
from .clouds import authority_url, entra_settings


@dataclass(frozen=True)
class Token:
    """A bearer token. ``expires_at``: epoch seconds; 0 when it cannot be known."""

    value: str
    expires_at: float
    scope: str


class Method(t.Protocol):
    """A way to get tokens."""

    name: t.ClassVar[str]
    needs: t.ClassVar[tuple[str, ...]]
    can_renew: t.ClassVar[bool]

    def __init__(self, ctx: Context) -> None: ...

    def fingerprint(self) -> str:
        """Digest of the credential, so that a rotated one never meets a token of the old one."""

    def acquire(self, scope: str) -> Token:
        """A fresh token for *scope*. Raises AuthError, Unreachable, Throttled, MissingLibrary."""


class ReadyToken:
    """A token that the caller brings, for instance from their own command line session."""

    name: t.ClassVar[str] = "token"
    needs: t.ClassVar[tuple[str, ...]] = ("access_token",)
    can_renew: t.ClassVar[bool] = False

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def fingerprint(self) -> str:
        """Of the token itself."""
        return _digest(self._ctx.options["access_token"])

    def acquire(self, scope: str) -> Token:
        """The token as given; refused when its own expiry has passed."""
        value = self._ctx.options["access_token"]
        expires_at = float(claims_of(value).get("exp") or 0)
        if expires_at and expires_at <= self._ctx.clock.now().timestamp():
            raise AuthError(
                f"The access token from {self._ctx.source_of('access_token')} has expired; get a new one.",
                service="Entra sign-in",
                code="token_expired",
                source=self._ctx.source_of("access_token"),
            )
        return Token(value, expires_at, scope)


class ClientSecret:
    """An application and its secret."""

    name: t.ClassVar[str] = "client_secret"
    needs: t.ClassVar[tuple[str, ...]] = ("tenant_id", "client_id", "client_secret")
    can_renew: t.ClassVar[bool] = True

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def fingerprint(self) -> str:
        """Of the secret."""
        return _digest(self._ctx.options["client_secret"])

    def acquire(self, scope: str) -> Token:
        """Client credentials grant."""
        return _confidential(self._ctx, self.name, self.needs, self._ctx.options["client_secret"], scope)


METHODS: dict[str, type[t.Any]] = {method.name: method for method in (ClientSecret, ReadyToken)}
#: The order in which ``auto`` looks for complete inputs: what a person brings for this run first.
AUTO_ORDER = ("token", "client_secret")


def choose(ctx: Context) -> t.Any:
    """The sign-in method of this run. Raises ConfigError that lists what is missing; no network is touched."""
    wanted = ctx.options["auth_method"]
    if wanted != "auto":
        missing = _missing(ctx, METHODS[wanted])
        if missing:
            raise ConfigError(
                f"auth_method {wanted} needs {', '.join(missing)}: {_where_to_set(missing)}",
                source=ctx.source_of("auth_method"),
            )
        return METHODS[wanted](ctx)
    for name in AUTO_ORDER:
        if not _missing(ctx, METHODS[name]):
            inputs = ", ".join(f"{option} from {ctx.source_of(option)}" for option in METHODS[name].needs)
            ctx.debug(1, f"auth_method auto: {name} ({inputs})")
            return METHODS[name](ctx)
    nearest = min(
        (METHODS[name] for name in AUTO_ORDER), key=lambda method: len(_missing(ctx, method)) / len(method.needs)
    )
    missing = _missing(ctx, nearest)
    raise ConfigError(
        f"No complete sign-in to Entra ID: the nearest, {nearest.name}, lacks {', '.join(missing)}: {_where_to_set(missing)}",
        source=ctx.source_of("auth_method"),
    )


def _missing(ctx: Context, method: t.Any) -> list[str]:
    return [option for option in method.needs if not ctx.options.get(option)]


def _where_to_set(missing: t.Sequence[str]) -> str:
    return "; ".join(
        f"set option {name}, variable cvops_{name} or environment variable CVOPS_{name.upper()}" for name in missing
    )


def claims_of(token: str) -> dict[str, t.Any]:
    """The claims of a JWT, unverified: for messages and expiry only. Empty for opaque tokens."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def _digest(credential: str) -> str:
    return hashlib.sha256(credential.encode()).hexdigest()


def _confidential(ctx: Context, method: str, inputs: tuple[str, ...], credential: t.Any, scope: str) -> Token:
    """Ask for an application token through MSAL, with our own transport below it."""
    try:
        import msal
    except ImportError as exc:
        raise MissingLibrary(
            "Signing in to Entra ID needs the Python library msal where this task runs: pip install msal",
            library="msal",
            details=str(exc),
        ) from exc
    transport = Transport(ctx, entra_settings(ctx.options, "Entra sign-in"))
    client = LibraryClient(transport, Repeat.ALWAYS, lambda: ctx.stats.add("sign_ins"))
    try:
        application = msal.ConfidentialClientApplication(
            ctx.options["client_id"],
            client_credential=credential,
            authority=f"{authority_url(ctx.options)}/{ctx.options['tenant_id']}",
            instance_discovery=ctx.options["instance_discovery"],
            http_client=client,
        )
        answer = application.acquire_token_for_client(scopes=[scope])
    except ValueError as exc:
        raise _authority_error(ctx, client, method, inputs, exc) from exc
    except BadAnswer as exc:
        raise AuthError(f"Cannot sign in to tenant {ctx.options['tenant_id']}: {exc}", **exc.facts) from exc
    return token_from(ctx, answer, method, inputs, scope)


def token_from(ctx: Context, answer: t.Mapping[str, t.Any], method: str, inputs: tuple[str, ...], scope: str) -> Token:
    """The token in MSAL's answer, or the error it describes."""
    value = answer.get("access_token")
    if not value:
        raise auth_error(ctx, answer, method, inputs)
    ctx.secrets.add(value)
    return Token(value, ctx.clock.now().timestamp() + float(answer.get("expires_in") or 0), scope)


def _authority_error(
    ctx: Context, client: LibraryClient, method: str, inputs: tuple[str, ...], exc: ValueError
) -> AuthError:
    """MSAL raises ValueError for an authority that it cannot use; the token service's own words are in the last answer."""
    answer = client.last_error()
    if answer and codes_of(answer):
        return auth_error(ctx, answer, method, inputs)
    return AuthError(
        f"Cannot use {authority_url(ctx.options)} for tenant {ctx.options.get('tenant_id')} (tenant_id from {ctx.source_of('tenant_id')},"
        f" authority from {ctx.source_of('authority_url')}): the discovery document is missing or not Entra's."
        " For a host of your own set instance_discovery to false.",
        service="Entra sign-in",
        code="authority",
        source=ctx.source_of("authority_url"),
        reason=type(exc).__name__,
    )
