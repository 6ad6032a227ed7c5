# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Proof that a new key works: sign-ins with it until so many in a row succeed that no replica of Entra ID is likely to refuse it.

Seeing a key in Graph proves nothing for the token service, and neither does one success: each request may meet another replica.
Every try is an application of MSAL of its own, since MSAL remembers a refusal for a minute, and a token for longer.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ..._core.context import Context
from ..._core.errors import ApiError, AuthError, BlockedByConditionalAccess, ConfigError, Throttled
from ..._signin.entra.error_codes import REMEDIES
from ..._signin.entra.methods import ClientCertificateMethod, ClientSecretMethod

#: Why a proof ended without one: the time was up; or, at once, Entra ID saw a loop, conditional access blocks the application, the
#: application is deactivated, or the resource cannot be asked for.
Cause: t.TypeAlias = t.Literal["", "refused", "unreachable", "loop", "conditional_access", "deactivated", "resource"]
_FINAL: dict[str, Cause] = {
    "AADSTS50196": "loop",
    "AADSTS7000112": "deactivated",
    **dict.fromkeys(
        [
            f"AADSTS{code}"
            for code in (
                1002012,
                70011,
                28000,
                700022,
                500011,
                50001,
                500014,
                501051,
                65001,
                90002,
                900023,
                900382,
                90038,
            )
        ],
        "resource",
    ),
}
#: After a refusal that follows a success some replica lags: so many times as many successes are asked for, so far apart in seconds.
_CAUTION, _CAUTIOUS_PAUSE_S = 3, 5.0
#: Pauses after a refusal, in seconds, and what is left of the task's time for what comes after the proof.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _RESERVE_S = 2.0, 10.0, 60.0
_LONGEST_RETRY_AFTER_S = 120.0
#: Successes that prove a key which has been in use for long once more.
_SUCCESSES_AGAIN = 3


@dataclass(frozen=True)
class ProofRules:
    """What proves a key: sign-ins for *scope*, *successes* of them in a row over at least *over_s* seconds, all within *within_s*."""

    scope: str
    successes: int = 15
    over_s: float = 120.0
    within_s: float = 600.0

    def for_known_key(self) -> ProofRules:
        """Return the rules for a key that every replica has had the time to learn of."""
        return replace(self, successes=min(self.successes, _SUCCESSES_AGAIN), over_s=0.0)


@dataclass(frozen=True)
class Proof:
    """What came of a proof: *cause* is empty where the key is proven; *told* says why it is not."""

    cause: Cause
    tries: int
    told: str = ""


def prove_key(ctx: Context, sign_in: t.Callable[[], None], rules: ProofRules, key_id: str) -> Proof:
    """Sign in again and again until the key is proven, refused for good, or the time is up. Raises Cancelled.

    *sign_in*: one try with an application of its own; raises ApiError.
    """
    limit_s = min(rules.within_s, max(0.0, ctx.remaining_s() - _RESERVE_S))
    gap_s = rules.over_s / max(1, rules.successes - 1)
    began = ctx.clock.monotonic()
    after_refusal_s = _FIRST_PAUSE_S
    good, needed, tries, was_good = 0, rules.successes, 0, False
    cause: Cause = "refused"
    told = ""
    while True:
        tries += 1
        try:
            sign_in()
        except AuthError as exc:
            told = _describe_refusal(exc)
            if isinstance(exc, BlockedByConditionalAccess):
                return Proof("conditional_access", tries, told)
            if exc.code in _FINAL:
                return Proof(_FINAL[exc.code or ""], tries, told)
            if was_good:
                needed, gap_s = rules.successes * _CAUTION, min(gap_s, _CAUTIOUS_PAUSE_S)
            good, was_good, cause = 0, False, "refused"
            pause_s, after_refusal_s = after_refusal_s, min(after_refusal_s * 2, _LONGEST_PAUSE_S)
        except Throttled as exc:
            told, cause = "Entra ID asked to wait", "unreachable"
            pause_s = min(float(exc.facts.get("retry_after_s") or _LONGEST_PAUSE_S), _LONGEST_RETRY_AFTER_S)
        except ApiError as exc:  # not reached, which says nothing of the key
            told, cause, pause_s = str(exc), "unreachable", _LONGEST_PAUSE_S
        else:
            good, was_good, pause_s = good + 1, True, gap_s
            if good >= needed:
                return Proof("", tries)
        if ctx.clock.monotonic() - began + pause_s > limit_s:
            return Proof(cause, tries, told or f"{limit_s:.0f} s were not enough for {needed} sign-ins")
        ctx.progress(f"proving key {key_id}: {good} of {needed} sign-ins in a row have succeeded", pause_s)
        ctx.sleep(pause_s)


def _describe_refusal(exc: AuthError) -> str:
    """Return code and remedy of a refused sign-in; its message speaks of options, from which this key does not come."""
    code, request_id = exc.code or "no code", exc.facts.get("request_id")
    remedy = exc.facts.get("remedy") or (REMEDIES[7000215] if exc.code == "AADSTS7000215" else "")
    if isinstance(exc, BlockedByConditionalAccess):
        return f"{code} (correlation id {request_id}): {remedy}"
    return f"{code}: {remedy}" if remedy else f"{code} (request {request_id})"


def build_secret_sign_in(ctx: Context, tenant_id: str, app_id: str, value: str, scope: str) -> t.Callable[[], None]:
    """Return one try: a sign-in of the application with the secret *value*, by new objects and a new connection each time."""
    own = _build_context(ctx, tenant_id, app_id, auth_method="client_secret", client_secret=value)

    def sign_in() -> None:
        ClientSecretMethod(own).acquire_token(scope)

    return sign_in


def build_certificate_sign_in(
    ctx: Context, tenant_id: str, app_id: str, value: str, scope: str
) -> t.Callable[[], None]:
    """Return one try: a sign-in with the certificate and its private key in the PEM text *value*, as with a secret.

    Raises ConfigError for a text that has not both.
    """
    if "-----BEGIN" not in value:  # as an option it would be the path of a file
        raise ConfigError("The value that should be a certificate with its private key is not a PEM text.")
    told = {"auth_method": "client_certificate", "client_certificate": value, "client_certificate_password": None}
    method = ClientCertificateMethod(_build_context(ctx, tenant_id, app_id, **told))

    def sign_in() -> None:
        method.acquire_token(scope)  # a new application each time; reading the key again would cost time only

    return sign_in


def _build_context(ctx: Context, tenant_id: str, app_id: str, **told: t.Any) -> Context:
    """Return a context that signs in as the application."""
    return replace(ctx, options={**ctx.options, "tenant_id": tenant_id, "client_id": app_id, **told})
