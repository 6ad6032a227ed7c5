# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The store of an application's key that an option names. Apart from the option itself, so that who only needs that loads no library."""

from __future__ import annotations

import typing as t

from ..._core.context import Context
from ..._core.errors import ConfigError
from ..azure_key_vault_access import KeyVaultAccess
from .azure_key_vault import open_key_vault_keys
from .base import SecretStore
from .file import open_key_file
from .hashi_vault import open_vault_keys


def open_secret_store(
    ctx: Context, option: t.Mapping[str, t.Any], connect: t.Callable[[str], KeyVaultAccess] | None = None
) -> SecretStore:
    """Return the store that *option* names; nothing is read or written yet.

    *connect*: returns the way into the Key Vault at an address, signed in to Entra ID. Raises ConfigError for an unusable address.
    """
    if option.get("file"):
        return open_key_file(ctx, str(option["file"]["path"]))
    if option.get("hashi_vault"):
        return open_vault_keys(ctx, option["hashi_vault"])
    if option.get("azure_key_vault") and connect is not None:
        return open_key_vault_keys(ctx, option["azure_key_vault"], connect)
    raise ConfigError("The store names none of file, hashi_vault and azure_key_vault, or one that cannot be used here.")
