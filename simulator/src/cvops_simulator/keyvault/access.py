# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what in a vault: the data actions of roles, or the permissions of access policies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cvops_simulator.keyvault.errors import VaultError, forbidden_by_firewall, forbidden_by_policy, forbidden_by_role

#: Each permission of an access policy, with the data action of a role that allows the same request.
ACTIONS = {
    "get": "getSecret/action",
    "list": "readMetadata/action",
    "set": "setSecret/action",
    "update": "update/action",
    "delete": "delete",
    "recover": "recover/action",
    "purge": "purge/action",
}
OFFICER = tuple(ACTIONS)
READER = ("get",)


@dataclass
class Access:
    """`granted`: permissions by object id of a service principal or user; `mode`: `rbac` or `policy`.

    `blocks_network`: the vault's network rules allow no request from here.
    """

    vault: str
    mode: str = "rbac"
    blocks_network: bool = False
    granted: dict[str, set[str]] = field(default_factory=dict)

    def grant(self, object_id: str, *permissions: str) -> None:
        """Give these permissions, and no others, to an identity: names of `ACTIONS`."""
        unknown = set(permissions) - set(ACTIONS)
        if unknown:
            raise ValueError(f"unknown permission(s): {', '.join(sorted(unknown))}")
        self.granted[object_id] = set(permissions)

    def reset(self) -> None:
        """Take everything back."""
        self.mode, self.blocks_network = "rbac", False
        self.granted.clear()

    def check(self, claims: dict[str, Any], permission: str, name: str) -> None:
        """Raise VaultError unless the caller may do this."""
        if self.blocks_network:
            raise forbidden_by_firewall(self.vault)
        if permission in self.granted.get(claims["oid"], ()):
            return
        caller = f"appid={claims.get('appid') or claims.get('azp')};oid={claims['oid']};iss={claims['iss']}"
        raise self._refuse(caller, permission, name)

    def _refuse(self, caller: str, permission: str, name: str) -> VaultError:
        if self.mode == "rbac":
            return forbidden_by_role(caller, ACTIONS[permission], name, self.vault)
        return forbidden_by_policy(caller, "set" if permission == "update" else permission, self.vault)
