# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The token store that an option names. Apart from the option itself, so that who only needs that loads no library of a store."""

from __future__ import annotations

import typing as t

from .._core.context import Context
from .file import FileStore
from .hashi_vault import VaultStore
from .token_pair import TokenStore


def open_token_store(ctx: Context, option: t.Mapping[str, t.Any]) -> TokenStore:
    """Return the store that *option* names; nothing is read or written yet. Raises ConfigError for an unusable address."""
    if option.get("file"):
        return FileStore(ctx, option["file"])
    return VaultStore(ctx, option["hashi_vault"])
