# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Entra's sign-in errors: the AADSTS codes in an answer, a remedy for each, and the error that carries them."""

from __future__ import annotations

import re
import typing as t

from ..._core.context import Context
from ..._core.errors import AuthError, BlockedByConditionalAccess
from ..._core.values import is_guid
from ..clouds import get_authority_url

_LOOK = "The sign-in log has the policy and the address, by the correlation id."
_BLOCKED = (
    "Conditional access blocked the sign-in, whatever the credential: sign in from an address that the policy "
    "allows, let an administrator add"
    f" this one to its named location, or set the policy to report-only. {_LOOK}"
)
_DEVICE = (
    "Conditional access requires a managed device or an approved app, whatever the credential: sign in from one, or "
    "let an administrator change"
    f" the policy. {_LOOK}"
)
_RISK = f"Conditional access blocked the sign-in because of its risk, whatever the credential: ask an administrator to check it. {_LOOK}"
_PERSON = (
    "Conditional access, or a setting of the account, requires a further step from a person: sign in with "
    "auth_method interactive or device_code, where that step is possible."
)
#: Refusals by conditional access, one number of each kind (Microsoft Learn: Entra authentication error codes, and those of sign-in logs).
_BLOCKS: dict[int, str] = {
    53003: _BLOCKED,
    530035: "The security defaults of the tenant blocked the sign-in, whatever the credential: an administrator manages them.",
    53000: _DEVICE,
    53004: _RISK,
    50076: _PERSON,
}
_SAME: dict[int, int] = {
    50131: 53003,
    **dict.fromkeys((53001, 53002, 53009, 530033, 50005, 50097), 53000),
    **dict.fromkeys((53010, 53011), 53004),
    **dict.fromkeys((50079, 50142, 50158), 50076),
}
#: All numbers of this form are blocked sign-ins, also those that are new.
_FAMILY = re.compile(r"530[01]\d|5300[3-9]\d")
#: What the protocol says where a person has to do something.
_INTERACTION = "interaction_required"
REMEDIES: dict[int, str] = {
    7000215: "The client secret is wrong: give its value, not its id; a secret younger than a few minutes may not be known everywhere yet.",
    # Whoever signs in with it is the one that would have to rotate it.
    7000222: (
        "The client secret has expired, or is so new that this replica does not know it: try again in a few minutes. One that has expired "
        "cannot rotate itself: an administrator adds another one to this application (Entra ID > App registrations > Certificates & "
        "secrets); then give its value as client_secret (CVOPS_CLIENT_SECRET, cvops_connection.entra.client_secret)."
    ),
    700016: "No application with this client id exists in this tenant: check where client_id and tenant_id come from.",
    90002: "The tenant was not found: check where tenant_id comes from.",
    900023: "tenant_id is neither a GUID nor a domain of the tenant.",
    7000229: "The application has no service principal in this tenant: create the enterprise application.",
    7000112: "The application is disabled: enable its service principal, or activate the registration again if it was deactivated (isDisabled).",
    700027: "The certificate is not registered on the application, not replicated yet, or the key does not match it.",
    700024: "The assertion is outside its validity: check the clock, and that the token file is up to date.",
    70021: "No federated credential of the application matches the presented token.",
    700211: "No federated credential of the application has the issuer of the presented token.",
    700212: "No federated credential of the application has the audience of the presented token.",
    700213: "No federated credential of the application has the subject of the presented token.",
    7002138: "A federated credential differs from the presented token only in upper and lower case: issuer, subject and audience must match exactly.",
    7000218: "The application is not a public client: enable public client flows, or sign in with a secret, certificate or federated token.",
    **dict.fromkeys((500011, 50001), "The resource is unknown in this tenant: check scope and cloud."),
    500014: "The service principal of the resource is disabled in this tenant: let an administrator enable it.",
    501051: "The application is not assigned to a role of the resource, which requires assignment.",
    65001: "Consent is missing: an administrator must grant the permissions.",
    **_BLOCKS,
    50196: "Entra saw too many identical sign-ins and stopped them: wait; do not retry in a loop.",
    900382: "The authority belongs to another cloud: set cloud.",
    900432: "The authority belongs to another cloud: set cloud.",
    90038: "The tenant is in another cloud: set cloud.",
    **dict.fromkeys((1002012, 70011), "The scope must be <resource>/.default for an application."),
    **dict.fromkeys(
        (28000, 700022), "The scope names several resources: a sign-in is for one, as <resource>/.default."
    ),
    50049: "The authority host is unknown: check authority_url, and set instance_discovery to false for a host of your own.",
    90055: "Entra is throttling sign-ins: wait and run again.",
}

_CODE = re.compile(r"[0-9]{1,9}")


def parse_error_codes(answer: t.Mapping[str, t.Any]) -> list[int]:
    """Return the AADSTS numbers in the error body of a token endpoint, the most specific first; empty when there are none."""
    told = answer.get("error_codes")
    listed = [str(code) for code in told if _CODE.fullmatch(str(code))] if isinstance(told, list) else []
    described = re.findall(r"AADSTS([0-9]{1,9})", str(answer.get("error_description") or ""))
    return [int(code) for code in listed or described]


def find_block(answer: t.Mapping[str, t.Any]) -> str:
    """Return what to do about a refusal by conditional access, empty for any other one. *answer*: the error body.

    Entra ID is known to check a person's password before; of the credentials of an application that is not documented, so that no such
    refusal tells whether the credential is right.
    """
    codes = parse_error_codes(answer)
    code = codes[0] if codes else 0
    found = _BLOCKS.get(_SAME.get(code, code)) or (_BLOCKED if _FAMILY.fullmatch(str(code)) else "")
    if found:
        return found
    return _PERSON if answer.get("error") == _INTERACTION and code not in REMEDIES else ""


def build_auth_error(ctx: Context, answer: t.Mapping[str, t.Any], method: str, inputs: t.Sequence[str]) -> AuthError:
    """Return the error of a refused sign-in: tenant, client, source of each input, code, remedy, correlation id, time.

    *answer*: the error body; *method*: the auth_method; *inputs*: the options that the sign-in used.
    """
    codes = parse_error_codes(answer)
    code = codes[0] if codes else None
    description = re.split(
        r"\s*Trace ID:|\r?\n", str(answer.get("error_description") or answer.get("error") or "no reason given")
    )[0].strip()
    block = find_block(answer)
    remedy = block or REMEDIES.get(code or 0, "")
    if code == 7000215 and is_guid(ctx.options.get("client_secret")):
        remedy = "The given client_secret looks like a secret's id, which is a GUID; the secret's value is needed."
    sources = "; ".join(f"{name} from {ctx.describe_source(name)}" for name in inputs)
    parts = [
        f"Cannot sign in to tenant {ctx.options.get('tenant_id')} as client {ctx.options.get('client_id')} with "
        f"{method} ({sources}): {description}",
        remedy,
        f"Correlation id {answer.get('correlation_id', 'unknown')}, time {answer.get('timestamp', 'unknown')}.",
    ]
    return (BlockedByConditionalAccess if block else AuthError)(
        " ".join(part for part in parts if part),
        service="Entra sign-in",
        code=f"AADSTS{code}" if code else str(answer.get("error") or "unknown"),
        request_id=str(answer["correlation_id"]) if answer.get("correlation_id") else None,
        source=sources,
        remedy=remedy or None,
    )


def build_authority_error(
    ctx: Context, answer: t.Mapping[str, t.Any], method: str, inputs: t.Sequence[str], exc: BaseException
) -> AuthError:
    """Return the error for an authority that MSAL cannot use.

    *answer*: the token service's last error body, which MSAL drops, empty when there was none; *exc*: what MSAL raised.
    """
    if parse_error_codes(answer):
        return build_auth_error(ctx, answer, method, inputs)
    return AuthError(
        f"Cannot use {get_authority_url(ctx.options)} for tenant {ctx.options.get('tenant_id')} (tenant_id from "
        f"{ctx.describe_source('tenant_id')},"
        f" authority from {ctx.describe_source('authority_url')}): the discovery document is missing or not Entra's."
        " For a host of your own set instance_discovery to false.",
        service="Entra sign-in",
        code="authority",
        source=ctx.describe_source("authority_url"),
        reason=type(exc).__name__,
    )
