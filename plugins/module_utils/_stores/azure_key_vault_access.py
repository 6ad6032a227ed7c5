# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""How to reach an Azure Key Vault. Apart from its client, so that who only needs the settings of a transport loads no library."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.answers import MIB
from .._core.http_settings import HttpSettings

if t.TYPE_CHECKING:
    from .._core.http import Credentials

SERVICE = "Azure Key Vault"
#: A value has at most 25 KB, a page 25 items without values.
LARGEST_ANSWER = 4 * MIB


@dataclass(frozen=True)
class KeyVaultAccess:
    """How to reach the vault at ``url``: ``settings`` name it as the only address, ``credentials`` give tokens for it."""

    url: str
    settings: HttpSettings
    credentials: Credentials
