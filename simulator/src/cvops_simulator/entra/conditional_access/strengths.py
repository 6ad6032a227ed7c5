# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft's built-in authentication strengths, and the authentication contexts that a tenant may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cvops_simulator.entra.store import Row
    from cvops_simulator.entra.tenant import Tenant

STRENGTHS = "authenticationStrengthPolicies"
CONTEXTS = "authenticationContextClassReferences"
MFA_STRENGTH = "00000000-0000-0000-0000-000000000002"
PASSWORDLESS_STRENGTH = "00000000-0000-0000-0000-000000000003"
PHISHING_RESISTANT_STRENGTH = "00000000-0000-0000-0000-000000000004"
_RESISTANT = ("windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor")
_PASSWORDLESS = (*_RESISTANT, "deviceBasedPush")
_ANY_MFA = (
    *_PASSWORDLESS,
    "temporaryAccessPassOneTime",
    "temporaryAccessPassMultiUse",
    "password,microsoftAuthenticatorPush",
    "password,softwareOath",
    "password,hardwareOath",
    "password,sms",
    "password,voice",
    "federatedMultiFactor",
    "microsoftAuthenticatorPush,federatedSingleFactor",
    "softwareOath,federatedSingleFactor",
    "hardwareOath,federatedSingleFactor",
    "sms,federatedSingleFactor",
    "voice,federatedSingleFactor",
)
_BUILT_IN = (
    (
        MFA_STRENGTH,
        "Multifactor authentication",
        "Combinations of methods that satisfy strong authentication, such as a password + SMS",
        _ANY_MFA,
    ),
    (
        PASSWORDLESS_STRENGTH,
        "Passwordless MFA",
        "Passwordless methods that satisfy strong authentication, such as Passwordless sign-in with the Microsoft "
        "Authenticator",
        _PASSWORDLESS,
    ),
    (
        PHISHING_RESISTANT_STRENGTH,
        "Phishing-resistant MFA",
        "Phishing-resistant, Passwordless methods for the strongest authentication, such as a FIDO2 security key",
        _RESISTANT,
    ),
)
#: When Microsoft made them.
_MADE = "2021-12-01T00:00:00Z"


def add_built_in(tenant: Tenant) -> None:
    """Add the built-in authentication strengths to a tenant."""
    for key, name, description, combinations in _BUILT_IN:
        row: Row = {
            "id": key,
            "createdDateTime": _MADE,
            "modifiedDateTime": _MADE,
            "displayName": name,
            "description": description,
            "policyType": "builtIn",
            "requirementsSatisfied": "mfa",
            "allowedCombinations": list(combinations),
        }
        tenant.store.put(STRENGTHS, key, row, "object", replicated=True)
