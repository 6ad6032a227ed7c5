# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""One class per way to sign in to Entra ID. Making one does no I/O; ``acquire`` does."""

from __future__ import annotations

import hashlib
import json
import typing as t

from ..._core.context import Context
from ..._core.errors import AuthError, ConfigError
from ..._core.http import Transport
from ..._core.retry import Repeat
from ..tokens import Token, claims_of, expiry_of, person_of
from . import certificates, federated, interactive, managed_identity
from .clouds import authority_url, entra_settings
from .error_codes import auth_error, codes_of
from .msal_client import LibraryClient
from .msal_library import ask, msal, senseless, token_in


class IncompleteSignIn(ConfigError):
    """No method has all its inputs; those that are there may be right."""


class Method(t.Protocol):
    """A way to get tokens.

    ``personal``: a person is asked, so what is got is that person's own; ``of_machine``: only the machine that asks says whose it is.
    """

    name: t.ClassVar[str]
    needs: t.ClassVar[tuple[str, ...]]
    can_renew: t.ClassVar[bool]
    personal: t.ClassVar[bool]
    of_machine: bool

    def __init__(self, ctx: Context) -> None:
        """Keeps the context; raises ConfigError for inputs that cannot be right."""

    def fingerprint(self) -> str:
        """Digest of the credential, so that a rotated one never meets a token of the old one."""

    def acquire(self, scope: str) -> Token:
        """A fresh token for *scope*. Raises AuthError, Unreachable, Throttled, MissingLibrary."""


class ReadyToken:
    """A token that the caller brings, for instance from their own command line session."""

    name: t.ClassVar[str] = "token"
    needs: t.ClassVar[tuple[str, ...]] = ("access_token",)
    can_renew: t.ClassVar[bool] = False
    personal: t.ClassVar[bool] = False
    of_machine = False

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def fingerprint(self) -> str:
        """Of the token itself."""
        return _digest(self._ctx.options["access_token"])

    def acquire(self, scope: str) -> Token:
        """The token as given; refused when its own expiry has passed."""
        value = _for_scope(self._ctx, scope)
        expires_at = expiry_of(claims_of(value))
        if expires_at and expires_at <= self._ctx.clock.now().timestamp():
            raise AuthError(
                f"The access token from {self._ctx.describe_source('access_token')} has expired; get a new one.",
                service="Entra sign-in",
                code="token_expired",
                source=self._ctx.describe_source("access_token"),
            )
        return Token(value, expires_at, scope)


def _for_scope(ctx: Context, scope: str) -> str:
    """The token itself; or, where the controller signed in for a task elsewhere, the one of several that is for *scope*."""
    given = str(ctx.options["access_token"])
    if not given.startswith("{"):
        return given
    try:
        tokens = json.loads(given)
    except (ValueError, RecursionError):
        return given
    if scope not in tokens:
        raise AuthError(
            f"The controller sent no token for {scope}; set sign_in_on to target, or run the task on the controller.",
            service="Entra sign-in",
            code="no_token",
        )
    ctx.secrets.update(str(token) for token in tokens.values())
    return str(tokens[scope])


class ClientSecret:
    """An application and its secret."""

    name: t.ClassVar[str] = "client_secret"
    needs: t.ClassVar[tuple[str, ...]] = ("tenant_id", "client_id", "client_secret")
    can_renew: t.ClassVar[bool] = True
    personal: t.ClassVar[bool] = False
    of_machine = False

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def fingerprint(self) -> str:
        """Of the secret."""
        return _digest(self._ctx.options["client_secret"])

    def acquire(self, scope: str) -> Token:
        """Client credentials grant."""
        return _confidential(self._ctx, self.name, self.needs, self._ctx.options["client_secret"], scope)


class ClientCertificate:
    """An application and a certificate that is registered with it."""

    name: t.ClassVar[str] = "client_certificate"
    needs: t.ClassVar[tuple[str, ...]] = ("tenant_id", "client_id", "client_certificate")
    can_renew: t.ClassVar[bool] = True
    personal: t.ClassVar[bool] = False
    of_machine = False

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._certificate = certificates.load_certificate(ctx)

    def fingerprint(self) -> str:
        """SHA-256 of the certificate."""
        return self._certificate.sha256

    def acquire(self, scope: str) -> Token:
        """Client credentials grant with a signed assertion."""
        return _confidential(self._ctx, self.name, self.needs, self._certificate.for_msal(), scope)


class Federated:
    """An application that trusts tokens of another issuer (workload identity federation)."""

    name: t.ClassVar[str] = "federated"
    needs: t.ClassVar[tuple[t.Any, ...]] = ("tenant_id", "client_id", federated.SOURCES)
    can_renew: t.ClassVar[bool] = True
    personal: t.ClassVar[bool] = False

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.of_machine = federated.source(ctx) == "federated_managed_identity"

    def fingerprint(self) -> str:
        """Of the token's source."""
        return federated.fingerprint(self._ctx)

    def acquire(self, scope: str) -> Token:
        """Client credentials grant with the other issuer's token."""
        inputs = ("tenant_id", "client_id", federated.source(self._ctx))
        presented: dict[str, str] = {}

        def token() -> str:
            presented["token"] = federated.assertion(self._ctx)
            return presented["token"]

        try:
            return _confidential(self._ctx, self.name, inputs, {"client_assertion": token}, scope)
        except AuthError as exc:
            raise _with_claims(exc, presented.get("token", "")) from exc


class ManagedIdentity:
    """The identity of the machine that the task runs on."""

    name: t.ClassVar[str] = "managed_identity"
    needs: t.ClassVar[tuple[str, ...]] = ()
    can_renew: t.ClassVar[bool] = True
    personal: t.ClassVar[bool] = False
    of_machine = True

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def fingerprint(self) -> str:
        """Of which identity is meant."""
        return _digest(str(self._ctx.options.get("managed_identity_client_id") or federated.SYSTEM))

    def acquire(self, scope: str) -> Token:
        """From the endpoint of the machine."""
        return managed_identity.acquire(self._ctx, self._ctx.options.get("managed_identity_client_id"), scope)


class Interactive:
    """A person and a browser."""

    name: t.ClassVar[str] = "interactive"
    needs: t.ClassVar[tuple[str, ...]] = ("tenant_id", "client_id")
    can_renew: t.ClassVar[bool] = True
    personal: t.ClassVar[bool] = True
    of_machine = False

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def fingerprint(self) -> str:
        """There is no credential here; whoever signed in is whom the token names, so such tokens never outlive the run."""
        return _digest(self.name)

    def acquire(self, scope: str) -> Token:
        """Ask the person, and tell who it was: another one may be signed in in that browser."""
        token = token_from(self._ctx, self._ask(scope), self.name, self.needs, scope)
        self._ctx.prompt(f"Signed in as {person_of(claims_of(token.value))}, as the token says.")
        return token

    def _ask(self, scope: str) -> t.Mapping[str, t.Any]:
        return interactive.interactive(self._ctx, scope)


class DeviceCode(Interactive):
    """A person and a code."""

    name: t.ClassVar[str] = "device_code"

    def _ask(self, scope: str) -> t.Mapping[str, t.Any]:
        return interactive.device_code(self._ctx, scope)


METHODS: dict[str, type[t.Any]] = {
    method.name: method
    for method in (ClientSecret, ClientCertificate, Federated, ManagedIdentity, Interactive, DeviceCode, ReadyToken)
}
#: The order in which ``auto`` looks for complete inputs: what a person brings for this run, then what needs no secret.
AUTO_ORDER = ("token", "federated", "client_certificate", "client_secret")


#: What is named when nothing is complete; of two that lack as much, the first.
_USUAL = ("client_secret", "client_certificate", "federated")


def choose(ctx: Context) -> t.Any:
    """The sign-in method of this run; no network is touched.

    Raises IncompleteSignIn, which lists what is missing, and ConfigError for inputs that cannot be right.
    """
    wanted = ctx.options["auth_method"]
    if wanted != "auto":
        missing = _missing(ctx, METHODS[wanted])
        if missing:
            raise IncompleteSignIn(
                f"auth_method {wanted} needs {', '.join(missing)}: {_where_to_set(missing)}",
                source=ctx.describe_source("auth_method"),
            )
        return METHODS[wanted](ctx)
    for name in AUTO_ORDER:
        if not _missing(ctx, METHODS[name]):
            inputs = _inputs(ctx, METHODS[name])
            ctx.debug(1, f"auth_method auto: {name} ({inputs})")
            return METHODS[name](ctx)
    nearest = min((METHODS[name] for name in _USUAL), key=lambda method: len(_missing(ctx, method)))
    missing = _missing(ctx, nearest)
    raise IncompleteSignIn(
        f"No complete sign-in to Entra ID: the nearest, {nearest.name}, lacks {', '.join(missing)}: {_where_to_set(missing)}",
        source=ctx.describe_source("auth_method"),
    )


def _inputs(ctx: Context, method: t.Any) -> str:
    flat = [name for need in method.needs for name in ((need,) if isinstance(need, str) else need)]
    return ", ".join(f"{option} from {ctx.describe_source(option)}" for option in flat if ctx.options.get(option))


def _missing(ctx: Context, method: t.Any) -> list[str]:
    """Options that a method lacks; where one of several will do, all of them are named as one."""
    lacking = []
    for need in method.needs:
        names = (need,) if isinstance(need, str) else need
        if not any(ctx.options.get(name) for name in names):
            lacking.append(" or ".join(names))
    return lacking


def _where_to_set(missing: t.Sequence[str]) -> str:
    first = missing[0].split(" or ")[0]
    return f"set them as options, as variables (cvops_{first} …) or in the environment (CVOPS_{first.upper()} …)"


def _with_claims(exc: AuthError, presented: str) -> AuthError:
    """The error with what the presented token says of itself: that is what a federated credential must match."""
    claims = claims_of(presented)
    if not claims:
        return exc
    told = {name: claims.get(name) for name in ("iss", "sub", "aud")}
    return AuthError(
        f"{exc} The presented token has issuer {told['iss']}, subject {told['sub']}, audience {told['aud']}.",
        **{**exc.facts, "presented": told},
    )


def _digest(credential: str) -> str:
    return hashlib.sha256(credential.encode()).hexdigest()


def _confidential(ctx: Context, method: str, inputs: tuple[str, ...], credential: t.Any, scope: str) -> Token:
    """Ask for an application token through MSAL, with our own transport below it."""
    library = msal("Signing in to Entra ID")
    transport = Transport(ctx, entra_settings(ctx.options, "Entra sign-in"))
    asked: list[bool] = []

    def count() -> None:
        asked.append(True)
        ctx.stats.add("sign_ins")

    client = LibraryClient(transport, Repeat.ALWAYS, count)

    def acquire() -> t.Any:
        application = library.ConfidentialClientApplication(
            ctx.options["client_id"],
            client_credential=credential,
            authority=f"{authority_url(ctx.options)}/{ctx.options['tenant_id']}",
            instance_discovery=ctx.options["instance_discovery"],
            http_client=client,
        )
        return application.acquire_token_for_client(scopes=[scope])

    try:
        answer = ask(ctx, method, acquire)
    except AuthError as exc:
        if exc.code == "bad_answer" and not asked:  # it came to no token request: discovery has failed
            raise _authority_error(ctx, client, method, inputs, exc.__cause__ or exc) from exc
        raise
    return token_from(ctx, answer, method, inputs, scope)


def token_from(ctx: Context, answer: t.Mapping[str, t.Any], method: str, inputs: tuple[str, ...], scope: str) -> Token:
    """The token in MSAL's answer, or the error it describes."""
    token = token_in(ctx, answer, scope)
    if token is not None:
        return token
    if answer.get("access_token"):
        raise senseless(ctx, method, "its token is none")
    raise auth_error(ctx, answer, method, inputs)


def _authority_error(
    ctx: Context, client: LibraryClient, method: str, inputs: tuple[str, ...], exc: BaseException
) -> AuthError:
    """MSAL raises ValueError and others for an authority that it cannot use; the token service's own words are in the last answer."""
    answer = client.last_error()
    if answer and codes_of(answer):
        return auth_error(ctx, answer, method, inputs)
    return AuthError(
        f"Cannot use {authority_url(ctx.options)} for tenant {ctx.options.get('tenant_id')} (tenant_id from {ctx.describe_source('tenant_id')},"
        f" authority from {ctx.describe_source('authority_url')}): the discovery document is missing or not Entra's."
        " For a host of your own set instance_discovery to false.",
        service="Entra sign-in",
        code="authority",
        source=ctx.describe_source("authority_url"),
        reason=type(exc).__name__,
    )
