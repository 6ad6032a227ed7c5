# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The credential types of a controller: one for each way to sign in to Entra ID, one for each CommCell, one for HashiCorp Vault. Pure.

They set environment variables, never extra variables, which controllers store and show. A field that is left empty gives an empty variable,
which counts as not set. A job template takes one credential of each custom type, hence one type for each CommCell.
"""

from __future__ import annotations

import typing as t

from .controller_settings import REACHED, Settings
from .filter_values import to_text

Mapping = t.Mapping[str, t.Any]
CredentialType = dict[str, t.Any]

#: Names that a controller keeps for itself; those that begin with ANSIBLE_, too.
FORBIDDEN_ENV = frozenset(
    (
        *("VIRTUAL_ENV", "PATH", "PYTHONPATH", "JOB_ID", "INVENTORY_ID", "INVENTORY_SOURCE_ID", "INVENTORY_UPDATE_ID"),
        *(
            "AD_HOC_COMMAND_ID",
            "REST_API_URL",
            "REST_API_TOKEN",
            "MAX_EVENT_RES",
            "CALLBACK_QUEUE",
            "CACHE",
            "AWX_HOST",
        ),
        *(
            "CALLBACK_CONNECTION",
            "JOB_CALLBACK_DEBUG",
            "INVENTORY_HOSTVARS",
            "PROJECT_REVISION",
            "SUPERVISOR_CONFIG_PATH",
        ),
    )
)

_TENANT = {"id": "tenant_id", "type": "string", "label": "Tenant"}
_CLIENT = {"id": "client_id", "type": "string", "label": "Application (client) id"}
_CLOUD = {
    "id": "cloud",
    "type": "string",
    "label": "Cloud",
    "choices": ["public", "usgov", "usgovdod", "china"],
    "default": "public",
}
_APPLICATION_ENV = {
    "CVOPS_TENANT_ID": "{{ tenant_id }}",
    "CVOPS_CLIENT_ID": "{{ client_id }}",
    "CVOPS_CLOUD": "{{ cloud }}",
}


def _build_application_type(
    title: str, auth_method: str, fields: list[Mapping], env: Mapping, required: list[str], **injectors: t.Any
) -> CredentialType:
    return {
        "name": f"Entra ID application, {title}",
        "kind": "cloud",
        "inputs": {
            "fields": [_TENANT, _CLIENT, *fields, _CLOUD],
            "required": ["tenant_id", "client_id", *required],
        },
        "injectors": {**injectors, "env": {"CVOPS_AUTH_METHOD": auth_method, **_APPLICATION_ENV, **env}},
    }


#: By method of ``cvops_controller.identities``.
ENTRA_TYPES: t.Mapping[str, CredentialType] = {
    "managed_identity": {
        "name": "Entra ID managed identity",
        "kind": "cloud",
        "inputs": {
            "fields": [
                {
                    "id": "managed_identity_client_id",
                    "type": "string",
                    "label": "Client id",
                    "help_text": "Of a user-assigned identity; empty for the system-assigned one",
                },
                _CLOUD,
            ]
        },
        "injectors": {
            "env": {
                "CVOPS_AUTH_METHOD": "managed_identity",
                "CVOPS_MANAGED_IDENTITY_CLIENT_ID": "{{ managed_identity_client_id }}",
                "CVOPS_CLOUD": "{{ cloud }}",
            }
        },
    },
    "federated_managed_identity": _build_application_type(
        "managed identity",
        "federated",
        [
            {
                "id": "managed_identity",
                "type": "string",
                "label": "Managed identity",
                "help_text": "Client id of a user-assigned identity, or system",
                "default": "system",
            }
        ],
        {"CVOPS_FEDERATED_MANAGED_IDENTITY": "{{ managed_identity }}"},
        ["managed_identity"],
    ),
    "token_file": _build_application_type(
        "token file",
        "federated",
        [
            {
                "id": "token_file",
                "type": "string",
                "label": "Path of the token",
                "default": "/var/run/secrets/azure/tokens/azure-identity-token",
            }
        ],
        {"CVOPS_FEDERATED_TOKEN_FILE": "{{ token_file }}"},
        ["token_file"],
    ),
    "client_certificate": _build_application_type(
        "certificate",
        "client_certificate",
        [
            {
                "id": "certificate",
                "type": "string",
                "label": "Certificate and private key (PEM)",
                "secret": True,
                "multiline": True,
            },
            {"id": "password", "type": "string", "label": "Password of the key", "secret": True},
        ],
        {
            "CVOPS_CLIENT_CERTIFICATE": "{{ tower.filename.certificate }}",
            "CVOPS_CLIENT_CERTIFICATE_PASSWORD": "{{ password }}",
        },
        ["certificate"],
        file={"template.certificate": "{{ certificate }}"},
    ),
    "client_secret": _build_application_type(
        "secret",
        "client_secret",
        [{"id": "client_secret", "type": "string", "label": "Client secret (its value)", "secret": True}],
        {"CVOPS_CLIENT_SECRET": "{{ client_secret }}"},
        ["client_secret"],
    ),
}

VAULT_TYPE: CredentialType = {
    "name": "HashiCorp Vault, AppRole",
    "kind": "cloud",
    "inputs": {
        "fields": [
            {"id": "vault_url", "type": "string", "label": "Address of the Vault"},
            {"id": "vault_namespace", "type": "string", "label": "Namespace of the Vault"},
            {"id": "role_id", "type": "string", "label": "AppRole role id"},
            {"id": "secret_id", "type": "string", "label": "AppRole secret id", "secret": True},
            {
                "id": "ca_path",
                "type": "string",
                "label": "CA bundle of the Vault",
                "help_text": "Path in the execution environment",
            },
        ],
        "required": ["vault_url", "role_id", "secret_id"],
    },
    "injectors": {
        "env": {
            "VAULT_ADDR": "{{ vault_url }}",
            "VAULT_NAMESPACE": "{{ vault_namespace }}",
            "VAULT_ROLE_ID": "{{ role_id }}",
            "VAULT_SECRET_ID": "{{ secret_id }}",
            "VAULT_CACERT": "{{ ca_path }}",
        }
    },
}

#: The fields of a CommCell's type, by its method. Each becomes the variable of its name, and the option of the connection.
_COMMCELL_FIELDS: t.Mapping[str, tuple[Mapping, ...]] = {
    "password": (
        {"id": "username", "type": "string", "label": "User"},
        {"id": "password", "type": "string", "label": "Password", "secret": True},
    ),
    "access_token": (
        {"id": "access_token", "type": "string", "label": "Access token", "secret": True, "multiline": True},
    ),
    "token_store": (
        {"id": "mount", "type": "string", "label": "KV version 2 mount", "help_text": "Such as secret"},
        {"id": "path", "type": "string", "label": "Path of the secret", "help_text": "Such as commvault/cs01"},
    ),
}


def build_commcell_type(settings: Settings, commcell: str) -> CredentialType:
    """Return the credential type of one CommCell."""
    said = settings.commcells[commcell]
    fields = [dict(item) for item in _COMMCELL_FIELDS[said["method"]]]
    return {
        "name": f"{settings.prefix} CommCell {commcell}",
        "kind": "cloud",
        "inputs": {"fields": fields, "required": [item["id"] for item in fields]},
        "injectors": {"env": {_name_env(said, item["id"]): f"{{{{ {item['id']} }}}}" for item in fields}},
    }


def list_env_names(credential_type: Mapping) -> list[str]:
    """Return the environment variables that a credential type sets."""
    return list(credential_type["injectors"].get("env", {}))


def build_job_connection(settings: Settings) -> dict[str, t.Any]:
    """Return ``cvops_connection`` of jobs: sign-ins come from the environment that the credentials set, in templates of the job template."""
    return {"commcells": {name: _build_commcell(said) for name, said in settings.commcells.items()}}


def _build_commcell(said: Mapping) -> dict[str, t.Any]:
    method = said["method"]
    found = {name: _make_plain(said["reached"][name]) for name in REACHED if said["reached"].get(name) is not None}
    fields = {
        item["id"]: f"{{{{ lookup('ansible.builtin.env', '{_name_env(said, item['id'])}') | default(omit, true) }}}}"
        for item in _COMMCELL_FIELDS[method]
    }
    signs_in = {"token_store": {"hashi_vault": fields}} if method == "token_store" else fields
    return {**found, "auth_method": method, **signs_in}


def _make_plain(value: t.Any) -> t.Any:
    return value if isinstance(value, (bool, int)) else to_text(value)


def _name_env(said: Mapping, name: str) -> str:
    return f"{said['env_prefix']}_{name.upper()}"
