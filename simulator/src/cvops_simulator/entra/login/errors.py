# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the token service, with their AADSTS numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass

#: AADSTS number -> HTTP status, `error`, text. `{}` fields are filled by the raiser.
_CODES: dict[int, tuple[int, str, str]] = {
    7000215: (
        401,
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not "
        "the client secret ID, for a secret added to app '{client_id}'.",
    ),
    7000222: (401, "invalid_client", "The provided client secret keys for app '{client_id}' are expired."),
    7000229: (
        401,
        "invalid_client",
        "The client application '{client_id}' is missing service principal in the tenant '{tenant}'.",
    ),
    7000112: (400, "unauthorized_client", "Application '{client_id}' is disabled."),
    7000218: (
        401,
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
    700016: (
        400,
        "unauthorized_client",
        "Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in the "
        "tenant. You may have sent your authentication request to the wrong tenant.",
    ),
    700023: (401, "invalid_client", "Client assertion audience claim does not match Realm issuer."),
    700024: (401, "invalid_client", "Client assertion is not within its valid time range."),
    700025: (
        401,
        "invalid_client",
        "Client is public so neither 'client_assertion' nor 'client_secret' should be sent.",
    ),
    700027: (
        401,
        "invalid_client",
        "The certificate with identifier used to sign the client assertion is not registered on application, or the "
        "signature is invalid.",
    ),
    700211: (
        401,
        "invalid_client",
        "No matching federated identity record found for presented assertion issuer '{value}'.",
    ),
    700212: (
        401,
        "invalid_client",
        "No matching federated identity record found for presented assertion audience '{value}'.",
    ),
    700213: (
        401,
        "invalid_client",
        "No matching federated identity record found for presented assertion subject '{value}'.",
    ),
    50003: (400, "invalid_request", "Sign-in failed because of a missing signing key or certificate."),
    50011: (
        400,
        "invalid_request",
        "The redirect URI '{value}' specified in the request does not match the redirect URIs configured for the "
        "application '{client_id}'. Make sure the redirect URI sent in the request matches one added to your "
        "application.",
    ),
    75005: (400, "invalid_request", "The request is not a valid Saml2 protocol message."),
    750054: (
        400,
        "invalid_request",
        "SAMLRequest or SAMLResponse must be present as query string parameters in HTTP request for SAML Redirect "
        "binding.",
    ),
    7500529: (
        400,
        "invalid_request",
        "The value '{value}' is not a valid SAML ID. The ID must not begin with a number.",
    ),
    50013: (401, "invalid_client", "Assertion failed signature validation."),
    50027: (401, "invalid_client", "JWT token is invalid or malformed."),
    50034: (400, "invalid_grant", "The user account '{value}' does not exist in the directory."),
    50057: (400, "invalid_grant", "The user account is disabled."),
    50105: (
        400,
        "invalid_grant",
        "Your administrator has configured the application to block users unless they are specifically granted "
        "('assigned') access to the application.",
    ),
    50196: (400, "invalid_grant", "The server terminated an operation because it encountered a client request loop."),
    50076: (
        400,
        "invalid_grant",
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must "
        "use multi-factor authentication to access '{value}'.",
    ),
    50079: (
        400,
        "invalid_grant",
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must "
        "enroll in multi-factor authentication to access '{value}'.",
    ),
    50142: (400, "invalid_grant", "Password change is required due to a conditional access policy."),
    50158: (
        400,
        "invalid_grant",
        "External security challenge not satisfied. User will be redirected to another page or authentication provider "
        "to satisfy additional authentication challenges.",
    ),
    53000: (
        400,
        "invalid_grant",
        "Device is not in required device state: NonCompliant. Conditional Access policy requires a compliant device, "
        "and the device is not compliant. The user must enroll their device with an approved MDM provider like Intune.",
    ),
    53001: (
        400,
        "invalid_grant",
        "Device is not in required device state: NotDomainJoined. Conditional Access policy requires a domain joined "
        "device, and the device is not domain joined.",
    ),
    53002: (400, "invalid_grant", "The app used is not an approved app for Conditional Access."),
    53003: (
        400,
        "invalid_grant",
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
    ),
    53004: (400, "invalid_grant", "Risk has to be remediated before this content can be accessed."),
    53009: (400, "invalid_grant", "Application needs to enforce Intune protection policies."),
    54005: (400, "invalid_grant", "OAuth2 Authorization code was already redeemed, or never issued."),
    500011: (
        400,
        "invalid_resource",
        "The resource principal named {value} was not found in the tenant named {tenant}.",
    ),
    500014: (400, "invalid_resource", "The service principal for resource '{value}' is disabled."),
    501051: (
        400,
        "invalid_grant",
        "Application '{client_id}' is not assigned to a role for the application '{value}'.",
    ),
    501481: (400, "invalid_grant", "The Code_Verifier does not match the code_challenge supplied in the request."),
    50049: (400, "invalid_instance", "Unknown or invalid instance."),
    65001: (
        400,
        "invalid_grant",
        "The user or administrator has not consented to use the application with ID '{client_id}'.",
    ),
    70008: (400, "invalid_grant", "The provided authorization code or refresh token has expired or is unknown."),
    70003: (400, "unsupported_grant_type", "The app requested an unsupported grant type '{value}'."),
    70011: (400, "invalid_scope", "The provided value for the input parameter 'scope' is not valid."),
    70016: (400, "authorization_pending", "OAuth 2.0 device flow error. Authorization is pending. Continue polling."),
    70018: (400, "authorization_declined", "The user declined the device flow."),
    70019: (400, "bad_verification_code", "Verification code expired or unknown."),
    70020: (400, "expired_token", "The provided value for the input parameter 'device_code' is not valid: expired."),
    90002: (
        400,
        "invalid_request",
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud.",
    ),
    90033: (503, "temporarily_unavailable", "A transient error has occurred. Please try again."),
    90055: (429, "temporarily_unavailable", "The server is busy: too many requests."),
    900144: (400, "invalid_request", "The request body must contain the following parameter: '{value}'."),
    900971: (400, "invalid_request", "No reply address provided, or it is not registered for the application."),
    1002012: (
        400,
        "invalid_scope",
        "The provided value for scope {value} is not valid. Client credential flows must have a scope value with "
        "/.default suffixed to the resource identifier (application ID URI).",
    ),
}


#: What a client may do about a refusal by conditional access. For numbers but 50076 and 53003 it is a guess.
_SUBERRORS = {50076: "basic_action", 50079: "basic_action", 50142: "basic_action", 50158: "basic_action"}


@dataclass
class TokenError(Exception):
    """One refusal. `client_id`, `tenant` and `value` fill the text of the code.

    `policies`: ids of the conditional access policies that refuse; their answer has a challenge for the client.
    """

    code: int
    client_id: str = ""
    tenant: str = ""
    value: str = ""
    policies: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        """HTTP status."""
        return _CODES[self.code][0]

    @property
    def error(self) -> str:
        """The OAuth error."""
        return _CODES[self.code][1]

    @property
    def reason(self) -> str:
        """What is wrong, without the number."""
        return _CODES[self.code][2].format(client_id=self.client_id, tenant=self.tenant, value=self.value)

    @property
    def text(self) -> str:
        """The description without the identifiers of the request."""
        return f"AADSTS{self.code}: {self.reason}"


def _make_challenge(error: TokenError) -> dict[str, str]:
    if not error.policies:
        return {}
    claims = {"access_token": {"capolids": {"essential": True, "values": list(error.policies)}}}
    return {
        "suberror": _SUBERRORS.get(error.code, "message_only"),
        "claims": json.dumps(claims, separators=(",", ":")),
    }


def make_error_body(error: TokenError, trace_id: str, correlation_id: str, timestamp: str) -> dict[str, object]:
    """Return the error document of the token endpoint; `timestamp` as `2026-03-02 09:41:12Z`."""
    tail = f"Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {timestamp}"
    return {
        "error": error.error,
        "error_description": f"{error.text} {tail}",
        "error_codes": [error.code],
        "timestamp": timestamp,
        "trace_id": trace_id,
        "correlation_id": correlation_id,
        "error_uri": f"https://login.microsoftonline.com/error?code={error.code}",
        **_make_challenge(error),
    }
