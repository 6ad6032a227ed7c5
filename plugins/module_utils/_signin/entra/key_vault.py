# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The way into an Azure Key Vault, signed in to Entra ID as the task is."""

from __future__ import annotations

from ..._core.context import Context
from ..._stores.azure_key_vault_access import KeyVaultAccess
from ..clouds import get_key_vault_scope, parse_vault_url
from ..transport_settings import build_key_vault_settings
from .sign_in import BearerCredentials, EntraSignIn


def connect_key_vault(ctx: Context, sign_in: EntraSignIn, vault_url: str) -> KeyVaultAccess:
    """Return the way into the vault at *vault_url*; nothing is sent yet. Raises ConfigError for an address that is no vault's."""
    url = parse_vault_url(ctx.options, vault_url)
    credentials = BearerCredentials(sign_in, get_key_vault_scope(ctx.options))
    return KeyVaultAccess(url, build_key_vault_settings(ctx.options, url), credentials)
