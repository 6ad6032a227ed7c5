# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Sign-in to Entra ID: one class per auth_method, and the choice of the method. Only ``acquire_token`` sends requests."""

from __future__ import annotations

import hashlib
import json
import typing as t

from ..._core.context import Context
from ..._core.errors import AuthError, BlockedByConditionalAccess, ConfigError
from ..._core.http import Transport
from ..._core.retry import Repeat
from ..clouds import get_authority_url
from ..tokens import Token, decode_claims, describe_person, get_expiry
from ..transport_settings import build_token_service_settings
from . import certificates, federated, interactive, managed_identity
from .error_codes import build_auth_error, build_authority_error
from .msal_client import MsalHttpClient
from .msal_library import build_bad_answer_error, call_msal, load_msal, parse_token


class IncompleteSignIn(ConfigError):
    """No method has all its inputs; those that are given may be right."""


class SignInMethod(t.Protocol):
    """A way to get tokens of Entra ID.

    ``name``: its auth_method; ``required_options``: options it needs, a tuple where one of several is enough; ``can_renew``: it can
    get another token; ``is_personal``: a person signs in; ``is_machine_bound``: the token is that of the machine's own identity.
    """

    name: t.ClassVar[str]
    required_options: t.ClassVar[tuple[str, ...]]
    can_renew: t.ClassVar[bool]
    is_personal: t.ClassVar[bool]
    is_machine_bound: bool

    def __init__(self, ctx: Context) -> None:
        """Keep the context. Raises ConfigError for unusable inputs."""

    def compute_fingerprint(self) -> str:
        """Return a digest of the credential, so that a rotated one never gets a cached token of the old one."""

    def acquire_token(self, scope: str) -> Token:
        """Return a new token for *scope*. Raises AuthError, Unreachable, Throttled, MissingLibrary."""


class AccessTokenMethod:
    """auth_method ``token``: an access token given as option, for instance from a person's own command line session."""

    name: t.ClassVar[str] = "token"
    required_options: t.ClassVar[tuple[str, ...]] = ("access_token",)
    can_renew: t.ClassVar[bool] = False
    is_personal: t.ClassVar[bool] = False
    is_machine_bound = False

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def compute_fingerprint(self) -> str:
        """Return a digest of the token."""
        return _compute_digest(self._ctx.options["access_token"])

    def acquire_token(self, scope: str) -> Token:
        """Return the token as given. Raises AuthError when its own expiry has passed."""
        value = _select_token(self._ctx, scope)
        expires_at = get_expiry(decode_claims(value))
        if expires_at and expires_at <= self._ctx.clock.now().timestamp():
            raise AuthError(
                f"The access token from {self._ctx.describe_source('access_token')} has expired; get a new one.",
                service="Entra sign-in",
                code="token_expired",
                source=self._ctx.describe_source("access_token"),
            )
        return Token(value, expires_at, scope)


def _select_token(ctx: Context, scope: str) -> str:
    """Return option access_token; where the controller signed in for a task on another host, the one of its tokens for *scope*.

    Raises AuthError when the controller sent none for *scope*.
    """
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


class ClientSecretMethod:
    """auth_method ``client_secret``: an application and its client secret."""

    name: t.ClassVar[str] = "client_secret"
    required_options: t.ClassVar[tuple[str, ...]] = ("tenant_id", "client_id", "client_secret")
    can_renew: t.ClassVar[bool] = True
    is_personal: t.ClassVar[bool] = False
    is_machine_bound = False

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def compute_fingerprint(self) -> str:
        """Return a digest of the secret."""
        return _compute_digest(self._ctx.options["client_secret"])

    def acquire_token(self, scope: str) -> Token:
        """Return a token of the client credentials grant."""
        return _acquire_application_token(
            self._ctx, self.name, self.required_options, self._ctx.options["client_secret"], scope
        )


class ClientCertificateMethod:
    """auth_method ``client_certificate``: an application and a certificate that is registered with it."""

    name: t.ClassVar[str] = "client_certificate"
    required_options: t.ClassVar[tuple[str, ...]] = ("tenant_id", "client_id", "client_certificate")
    can_renew: t.ClassVar[bool] = True
    is_personal: t.ClassVar[bool] = False
    is_machine_bound = False

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._certificate = certificates.load_client_certificate(ctx)

    def compute_fingerprint(self) -> str:
        """Return the SHA-256 of the certificate."""
        return self._certificate.sha256

    def acquire_token(self, scope: str) -> Token:
        """Return a token of the client credentials grant with a signed assertion."""
        return _acquire_application_token(
            self._ctx, self.name, self.required_options, self._certificate.build_msal_credential(), scope
        )


class FederatedMethod:
    """auth_method ``federated``: an application that trusts tokens of another issuer (workload identity federation)."""

    name: t.ClassVar[str] = "federated"
    required_options: t.ClassVar[tuple[t.Any, ...]] = ("tenant_id", "client_id", federated.SOURCE_OPTIONS)
    can_renew: t.ClassVar[bool] = True
    is_personal: t.ClassVar[bool] = False

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.is_machine_bound = federated.get_source_option(ctx) == "federated_managed_identity"

    def compute_fingerprint(self) -> str:
        """Return a digest of the source of the other issuer's token."""
        return federated.compute_fingerprint(self._ctx)

    def acquire_token(self, scope: str) -> Token:
        """Return a token of the client credentials grant with the other issuer's token."""
        inputs = ("tenant_id", "client_id", federated.get_source_option(self._ctx))
        presented: dict[str, str] = {}

        def token() -> str:
            presented["token"] = federated.read_assertion(self._ctx)
            return presented["token"]

        def acquire() -> Token:
            return _acquire_application_token(self._ctx, self.name, inputs, {"client_assertion": token}, scope)

        try:
            try:
                return acquire()
            except BlockedByConditionalAccess:
                raise
            except AuthError:
                # The file was replaced since it was read: what it held then may have been a part, or over.
                if not federated.has_new_assertion(self._ctx, presented.get("token", "")):
                    raise
                return acquire()
        except AuthError as exc:
            raise federated.add_presented_claims(exc, presented.get("token", "")) from exc


class ManagedIdentityMethod:
    """auth_method ``managed_identity``: an identity of the machine on which the task runs."""

    name: t.ClassVar[str] = "managed_identity"
    required_options: t.ClassVar[tuple[str, ...]] = ()
    can_renew: t.ClassVar[bool] = True
    is_personal: t.ClassVar[bool] = False
    is_machine_bound = True

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def compute_fingerprint(self) -> str:
        """Return a digest of the name of the identity; there is no credential."""
        return _compute_digest(str(self._ctx.options.get("managed_identity_client_id") or federated.SYSTEM_ASSIGNED))

    def acquire_token(self, scope: str) -> Token:
        """Return a token of the machine's endpoint."""
        return managed_identity.acquire_token(self._ctx, self._ctx.options.get("managed_identity_client_id"), scope)


class InteractiveMethod:
    """auth_method ``interactive``: a person signs in with a browser."""

    name: t.ClassVar[str] = "interactive"
    required_options: t.ClassVar[tuple[str, ...]] = ("tenant_id", "client_id")
    can_renew: t.ClassVar[bool] = True
    is_personal: t.ClassVar[bool] = True
    is_machine_bound = False

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def compute_fingerprint(self) -> str:
        """Return a digest of the method's name: there is no credential, and such tokens are cached for the run only."""
        return _compute_digest(self.name)

    def acquire_token(self, scope: str) -> Token:
        """Return a token of the person who signs in, and show who that is: the browser may have another one's session."""
        token = require_token(self._ctx, self._sign_in(scope), self.name, self.required_options, scope)
        self._ctx.prompt(f"Signed in as {describe_person(decode_claims(token.value))}, as the token says.")
        return token

    def _sign_in(self, scope: str) -> t.Mapping[str, t.Any]:
        return interactive.sign_in_with_browser(self._ctx, scope)


class DeviceCodeMethod(InteractiveMethod):
    """auth_method ``device_code``: a person types a code on another device."""

    name: t.ClassVar[str] = "device_code"

    def _sign_in(self, scope: str) -> t.Mapping[str, t.Any]:
        return interactive.sign_in_with_device_code(self._ctx, scope)


METHODS: dict[str, type[t.Any]] = {
    method.name: method
    for method in (
        ClientSecretMethod,
        ClientCertificateMethod,
        FederatedMethod,
        ManagedIdentityMethod,
        InteractiveMethod,
        DeviceCodeMethod,
        AccessTokenMethod,
    )
}
#: The order in which auth_method ``auto`` looks for complete inputs: a token given for this run, then methods without a stored secret.
AUTO_ORDER = ("token", "federated", "client_certificate", "client_secret")


#: The methods of which messages name the most complete one when none is complete; of two that lack as many options, the first.
_SUGGESTED_METHODS = ("client_secret", "client_certificate", "federated")


def choose_method(ctx: Context) -> t.Any:
    """Return the sign-in method of this run, without any request.

    Raises IncompleteSignIn, which lists what is missing, and ConfigError for unusable inputs.
    """
    wanted = ctx.options["auth_method"]
    if wanted != "auto":
        missing = _list_missing_options(ctx, METHODS[wanted])
        if missing:
            raise IncompleteSignIn(
                f"auth_method {wanted} needs {', '.join(missing)}: {_describe_where_to_set(missing)}",
                source=ctx.describe_source("auth_method"),
            )
        return METHODS[wanted](ctx)
    for name in AUTO_ORDER:
        if not _list_missing_options(ctx, METHODS[name]):
            inputs = _describe_inputs(ctx, METHODS[name])
            ctx.debug(1, f"auth_method auto: {name} ({inputs})")
            return METHODS[name](ctx)
    nearest = min(
        (METHODS[name] for name in _SUGGESTED_METHODS), key=lambda method: len(_list_missing_options(ctx, method))
    )
    missing = _list_missing_options(ctx, nearest)
    raise IncompleteSignIn(
        f"No complete sign-in to Entra ID: the most complete one, {nearest.name}, lacks {', '.join(missing)}: "
        f"{_describe_where_to_set(missing)}",
        source=ctx.describe_source("auth_method"),
    )


def _describe_inputs(ctx: Context, method: t.Any) -> str:
    flat = [name for need in method.required_options for name in ((need,) if isinstance(need, str) else need)]
    return ", ".join(f"{option} from {ctx.describe_source(option)}" for option in flat if ctx.options.get(option))


def _list_missing_options(ctx: Context, method: t.Any) -> list[str]:
    """Return the options that a method lacks; where one of several is enough, they are one entry joined by ``or``."""
    lacking = []
    for need in method.required_options:
        names = (need,) if isinstance(need, str) else need
        if not any(ctx.options.get(name) for name in names):
            lacking.append(" or ".join(names))
    return lacking


def _describe_where_to_set(missing: t.Sequence[str]) -> str:
    first = missing[0].split(" or ")[0]
    return f"set them as options, as variables (cvops_{first} …) or in the environment (CVOPS_{first.upper()} …)"


def _compute_digest(credential: str) -> str:
    return hashlib.sha256(credential.encode()).hexdigest()


def _acquire_application_token(
    ctx: Context, method: str, inputs: tuple[str, ...], credential: t.Any, scope: str
) -> Token:
    """Return a token of the client credentials grant, through MSAL over the collection's own transport. Raises AuthError, Unreachable."""
    library = load_msal("Signing in to Entra ID")
    transport = Transport(ctx, build_token_service_settings(ctx.options))
    asked: list[bool] = []

    def count() -> None:
        asked.append(True)
        ctx.stats.add("sign_ins")

    client = MsalHttpClient(transport, Repeat.ALWAYS, count)

    def request_token() -> t.Any:
        application = library.ConfidentialClientApplication(
            ctx.options["client_id"],
            client_credential=credential,
            authority=f"{get_authority_url(ctx.options)}/{ctx.options['tenant_id']}",
            instance_discovery=ctx.options["instance_discovery"],
            http_client=client,
        )
        return application.acquire_token_for_client(scopes=[scope])

    try:
        answer = call_msal(ctx, method, request_token)
    except AuthError as exc:
        if exc.code == "bad_answer" and not asked:  # it came to no token request: discovery has failed
            raise build_authority_error(ctx, client.get_last_error(), method, inputs, exc.__cause__ or exc) from exc
        raise
    return require_token(ctx, answer, method, inputs, scope)


def require_token(
    ctx: Context, answer: t.Mapping[str, t.Any], method: str, inputs: tuple[str, ...], scope: str
) -> Token:
    """Return the token in MSAL's answer. Raises AuthError for an error answer and for a malformed one."""
    token = parse_token(ctx, answer, scope)
    if token is not None:
        return token
    if answer.get("access_token"):
        raise build_bad_answer_error(ctx, method, "it has no usable token")
    raise build_auth_error(ctx, answer, method, inputs)
