# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The sign-in and connection options of both services, for modules and lookups."""

from __future__ import annotations

from .._core.argument_specs import ArgumentSpec
from .._core.option_sources import build_fallback
from .._stores.options import token_store_option

CLOUDS = ("public", "usgov", "usgovdod", "china")
ENTRA_METHODS = (
    "auto",
    "client_secret",
    "client_certificate",
    "federated",
    "managed_identity",
    "interactive",
    "device_code",
    "token",
)
#: Options that are not sent to another host while sign_in_on is controller.
CREDENTIAL_OPTIONS = (
    "client_secret",
    "client_certificate",
    "client_certificate_password",
    "federated_token",
    "federated_token_file",
    "federated_managed_identity",
    "managed_identity_client_id",
)
COMMVAULT_METHODS = ("password", "access_token", "token_store", "entra")
#: The header of an Entra token for Commvault; see commvault/entra_token.py.
TRY_BOTH = "try_both"
ENTRA_HEADERS = ("Authorization", "Authtoken", TRY_BOTH)


def transport_spec() -> ArgumentSpec:
    """Return the options for repeated requests and the deadline, shared by both services."""
    return ArgumentSpec(
        {
            "retries": {"type": "int", "default": 4, "fallback": build_fallback("retries")},
            "deadline": {"type": "int", "default": 900, "fallback": build_fallback("deadline")},
        }
    )


def entra_spec() -> ArgumentSpec:
    """Return the options of sign-in to Entra ID and of the connection to Microsoft Graph."""
    return transport_spec().merge(
        ArgumentSpec(
            {
                "auth_method": {
                    "type": "str",
                    "choices": list(ENTRA_METHODS),
                    "default": "auto",
                    "fallback": build_fallback("auth_method"),
                },
                "tenant_id": {
                    "type": "str",
                    "fallback": build_fallback("tenant_id", "AZURE_TENANT_ID", "AZURE_TENANT", "ARM_TENANT_ID"),
                },
                "client_id": {
                    "type": "str",
                    "fallback": build_fallback("client_id", "AZURE_CLIENT_ID", "ARM_CLIENT_ID"),
                },
                "client_secret": {
                    "type": "str",
                    "no_log": True,
                    "fallback": build_fallback(
                        "client_secret", "AZURE_CLIENT_SECRET", "AZURE_SECRET", "ARM_CLIENT_SECRET"
                    ),
                },
                "client_certificate": {
                    "type": "str",
                    "no_log": True,
                    "fallback": build_fallback(
                        "client_certificate", "AZURE_CLIENT_CERTIFICATE_PATH", "ARM_CLIENT_CERTIFICATE_PATH"
                    ),
                },
                "client_certificate_password": {
                    "type": "str",
                    "no_log": True,
                    "fallback": build_fallback(
                        "client_certificate_password",
                        "AZURE_CLIENT_CERTIFICATE_PASSWORD",
                        "ARM_CLIENT_CERTIFICATE_PASSWORD",
                    ),
                },
                "federated_token": {
                    "type": "str",
                    "no_log": True,
                    "fallback": build_fallback("federated_token", "AZURE_FEDERATED_TOKEN", "ARM_OIDC_TOKEN"),
                },
                "federated_token_file": {
                    "type": "path",
                    "no_log": False,
                    "fallback": build_fallback(
                        "federated_token_file", "AZURE_FEDERATED_TOKEN_FILE", "ARM_OIDC_TOKEN_FILE_PATH"
                    ),
                },
                "federated_managed_identity": {"type": "str", "fallback": build_fallback("federated_managed_identity")},
                "managed_identity_client_id": {"type": "str", "fallback": build_fallback("managed_identity_client_id")},
                "access_token": {"type": "str", "no_log": True, "fallback": build_fallback("access_token")},
                "sign_in_on": {
                    "type": "str",
                    "choices": ["controller", "target"],
                    "default": "controller",
                    "fallback": build_fallback("sign_in_on"),
                },
                "token_cache": {
                    "type": "str",
                    "choices": ["run", "file", "none"],
                    "default": "run",
                    "no_log": False,
                    "fallback": build_fallback("token_cache"),
                },
                "cloud": {
                    "type": "str",
                    "choices": list(CLOUDS),
                    "default": "public",
                    "fallback": build_fallback("cloud"),
                },
                "authority_url": {"type": "str", "fallback": build_fallback("authority_url", "AZURE_AUTHORITY_HOST")},
                "graph_url": {"type": "str", "fallback": build_fallback("graph_url")},
                "instance_discovery": {
                    "type": "bool",
                    "default": True,
                    "fallback": build_fallback("instance_discovery"),
                },
                "ca_path": {"type": "path", "fallback": build_fallback("ca_path")},
                "validate_certs": {"type": "bool", "default": True, "fallback": build_fallback("validate_certs")},
                "proxy": {"type": "str", "fallback": build_fallback("proxy")},
                "timeout": {"type": "int", "default": 30, "fallback": build_fallback("timeout")},
            }
        )
    )


def commvault_spec() -> ArgumentSpec:
    """Return the options of sign-in to a CommServe, with those of Entra ID for the methods that use an Entra token."""
    return entra_spec().merge(
        ArgumentSpec(
            {
                "commvault_url": {"type": "str", "fallback": build_fallback("commvault_url")},
                "commvault_auth_method": {
                    "type": "str",
                    "choices": list(COMMVAULT_METHODS),
                    "default": "password",
                    "fallback": build_fallback("commvault_auth_method"),
                },
                "commvault_username": {"type": "str", "fallback": build_fallback("commvault_username")},
                "commvault_password": {"type": "str", "no_log": True, "fallback": build_fallback("commvault_password")},
                "commvault_pin": {"type": "str", "no_log": True, "fallback": build_fallback("commvault_pin")},
                "commvault_access_token": {
                    "type": "str",
                    "no_log": True,
                    "fallback": build_fallback("commvault_access_token"),
                },
                "commvault_token_store": {**token_store_option(), "fallback": build_fallback("commvault_token_store")},
                "commvault_entra_scope": {"type": "str", "fallback": build_fallback("commvault_entra_scope")},
                "commvault_entra_header": {
                    "type": "str",
                    "choices": list(ENTRA_HEADERS),
                    "default": "Authorization",
                    "fallback": build_fallback("commvault_entra_header"),
                },
                "commvault_proxy_scope": {"type": "str", "fallback": build_fallback("commvault_proxy_scope")},
                "commvault_token_header": {
                    "type": "str",
                    "choices": ["Authtoken", "Authorization"],
                    "default": "Authtoken",
                    "no_log": False,
                    "fallback": build_fallback("commvault_token_header"),
                },
                "commvault_company": {"type": "str", "fallback": build_fallback("commvault_company")},
                "commvault_ca_path": {"type": "path", "fallback": build_fallback("commvault_ca_path")},
                "commvault_validate_certs": {
                    "type": "bool",
                    "default": True,
                    "fallback": build_fallback("commvault_validate_certs"),
                },
                "commvault_proxy": {"type": "str", "fallback": build_fallback("commvault_proxy")},
                "commvault_timeout": {"type": "int", "default": 60, "fallback": build_fallback("commvault_timeout")},
            }
        )
    )
