# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the Key Vault data plane, with the texts of the service."""

from __future__ import annotations

from typing import Any

_HELP = "For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid="


class VaultError(Exception):
    """An answer that is no success. `inner`: the code that says more than `code` does."""

    def __init__(self, status: int, code: str, message: str, inner: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.inner = status, code, message, inner

    def make_body(self) -> dict[str, Any]:
        """Return the body of the answer."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.inner:
            error["innererror"] = {"code": self.inner}
        return {"error": error}


def bad_parameter(message: str) -> VaultError:
    """Return the error for a request that cannot be right."""
    return VaultError(400, "BadParameter", message)


def unauthorized(message: str) -> VaultError:
    """Return the error for a missing or unusable token; its answer carries the challenge."""
    return VaultError(401, "Unauthorized", message)


def not_found(name: str) -> VaultError:
    """Return the error for a secret or a version that is not there."""
    text = (
        f"A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you may"
        f" be able to recover it using the correct recovery command. {_HELP}2125182"
    )
    return VaultError(404, "SecretNotFound", text)


def deleted_not_found(name: str) -> VaultError:
    """Return the error for a deleted secret that is not there."""
    return VaultError(404, "SecretNotFound", f"Deleted Secret not found: {name}")


def name_is_held(name: str, inner: str = "ObjectIsDeletedButRecoverable") -> VaultError:
    """Return the error for a name that a deleted secret holds."""
    texts = {
        "ObjectIsDeletedButRecoverable": (
            f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this"
            " state, the secret can only be recovered or purged."
        ),
        "ObjectIsBeingDeleted": f"Secret {name} is currently being deleted and cannot be re-created; retry later.",
    }
    return VaultError(409, "Conflict", texts[inner], inner)


def disabled(operation: str) -> VaultError:
    """Return the error for a version that is disabled."""
    return VaultError(403, "Forbidden", f"Operation {operation} is not allowed on a disabled secret.", "SecretDisabled")


def forbidden_by_role(caller: str, action: str, name: str, vault: str) -> VaultError:
    """Return the refusal of a vault that uses roles (Azure RBAC)."""
    text = (
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role"
        f" definitions were changed recently, please observe propagation time.\r\nCaller: {caller}\r\n"
        f"Action: 'Microsoft.KeyVault/vaults/secrets/{action}'\r\nResource: '/subscriptions/00000000-0000-0000-0000-"
        f"000000000000/resourcegroups/rg/providers/microsoft.keyvault/vaults/{vault}/secrets/{name}'\r\n"
        f"Assignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: null \r\n"
        f"Vault: {vault};location=westeurope\r\n"
    )
    return VaultError(403, "Forbidden", text, "ForbiddenByRbac")


def forbidden_by_policy(caller: str, permission: str, vault: str) -> VaultError:
    """Return the refusal of a vault that uses access policies."""
    text = (
        f"The user, group or application '{caller}' does not have secrets {permission} permission on key vault"
        f" '{vault};location=westeurope'. {_HELP}2125287"
    )
    return VaultError(403, "Forbidden", text, "AccessDenied")


def forbidden_by_firewall(vault: str) -> VaultError:
    """Return the refusal of a vault's network rules."""
    text = (
        "Client address is not authorized and caller is not a trusted service.\r\nClient address: 127.0.0.1\r\n"
        f"Caller: unknown\r\nVault: {vault};location=westeurope"
    )
    return VaultError(403, "Forbidden", text, "ForbiddenByFirewall")
