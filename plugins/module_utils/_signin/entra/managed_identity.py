# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Tokens of a managed identity of the machine on which the task runs."""

from __future__ import annotations

import typing as t

from ..._core.addresses import split_address
from ..._core.context import Context
from ..._core.errors import AuthError, BadAnswer, CvopsError, Unreachable
from ..._core.http import Transport
from ..._core.http_settings import HttpSettings
from ..._core.retry import Repeat, RetryPolicy
from ..repeat_rules import MANAGED_IDENTITY_RULES
from ..tokens import Token
from ..transport_settings import LARGEST_TOKEN_ANSWER
from .msal_client import MsalHttpClient
from .msal_library import load_msal, parse_token

#: The endpoint is on the machine or one hop away, so that it answers within seconds or is missing.
_TIMEOUT_S = 5.0
_TRIES = 4
#: Environment variables in which platforms give the address of the endpoint; MSAL reads them.
_ENDPOINTS = ("IDENTITY_ENDPOINT", "IMDS_ENDPOINT", "MSI_ENDPOINT", "AZURE_POD_IDENTITY_AUTHORITY_HOST")
#: Environment variables with the secret that proves to the endpoint that a request comes from this machine.
_SECRETS = ("IDENTITY_HEADER", "MSI_SECRET")


def acquire_token(ctx: Context, client_id: str | None, scope: str) -> Token:
    """Return a token for *scope* of the system-assigned identity, or of the user-assigned one with *client_id*.

    The request never goes through a proxy (Microsoft Learn: managed identities). Raises AuthError.
    """
    library = load_msal("A managed identity")
    for name in _ENDPOINTS:
        if endpoint := ctx.sources.environ.get(name):
            split_address(name, f"environment variable {name}", endpoint.partition("?")[0], ("http", "https"))
    ctx.secrets.update(found for name in _SECRETS if (found := ctx.sources.environ.get(name)))
    settings = HttpSettings(
        service="Managed identity endpoint",
        environment_proxies=False,
        largest=LARGEST_TOKEN_ANSWER,
        timeout_s=_TIMEOUT_S,
        policy=RetryPolicy(tries=_TRIES, rules=MANAGED_IDENTITY_RULES),
        correlation_header="x-ms-client-request-id",
    )
    http = MsalHttpClient(Transport(ctx, settings), Repeat.ALWAYS, lambda: None, plain_http=True)
    ctx.stats.add("sign_ins")
    try:
        identity = (
            library.UserAssignedManagedIdentity(client_id=client_id)
            if client_id
            else library.SystemAssignedManagedIdentity()
        )
        application = library.ManagedIdentityClient(identity, http_client=http)
        answer: t.Any = application.acquire_token_for_client(resource=convert_scope_to_resource(scope))
    except Unreachable as exc:
        raise _build_error(
            ctx, client_id, "the machine offers no managed identity endpoint, or it does not answer", exc.facts
        ) from exc
    except BadAnswer as exc:
        raise _build_error(ctx, client_id, str(exc), exc.facts) from exc
    except CvopsError:
        raise
    except Exception as exc:  # MSAL does not check the shape of answers
        raise _build_error(
            ctx, client_id, "its endpoint gave an unusable answer", {"reason": type(exc).__name__}
        ) from exc
    if not isinstance(answer, t.Mapping):
        raise _build_error(ctx, client_id, "its endpoint gave an unusable answer", {})
    token = parse_token(ctx, answer, scope)
    if token is None:
        said = answer.get("error_description") or answer.get("error") or "no reason given"
        raise _build_error(ctx, client_id, str(said), {"code": str(answer.get("error") or "unknown")})
    return token


def convert_scope_to_resource(scope: str) -> str:
    """Return the resource of a default scope: the endpoint takes a resource where the token service takes a scope."""
    return scope[: -len("/.default")] if scope.endswith("/.default") else scope


def _build_error(ctx: Context, client_id: str | None, said: str, facts: t.Mapping[str, t.Any]) -> AuthError:
    which = (
        f"user-assigned, client id {client_id} from {ctx.describe_source('managed_identity_client_id')}"
        if client_id
        else "system-assigned"
    )
    return AuthError(
        f"Cannot sign in as the managed identity ({which}): {said.rstrip('.')}."
        " Check that the machine on which the task runs has this identity assigned.",
        **{**facts, "service": "Managed identity endpoint"},
    )
