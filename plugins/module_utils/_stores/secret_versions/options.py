# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The option that names a store of an application's key."""

from __future__ import annotations

import typing as t

from ..options import hashi_vault_options

_KINDS = ["file", "hashi_vault", "azure_key_vault"]


def secret_store_option() -> dict[str, t.Any]:
    """Return the argument spec of an option that names a store; sign-in to a Key Vault is that of the task to Entra ID."""
    return {
        "type": "dict",
        "no_log": False,
        "options": {
            "file": {"type": "dict", "options": {"path": {"type": "path", "required": True}}},
            "hashi_vault": {
                **hashi_vault_options(),
                "options": {**hashi_vault_options()["options"], "field": {"type": "str", "default": "value"}},
            },
            "azure_key_vault": {
                "type": "dict",
                "options": {
                    "vault_url": {"type": "str", "required": True},
                    "name": {"type": "str", "required": True},
                },
            },
        },
        "required_one_of": [_KINDS],
        "mutually_exclusive": [_KINDS],
    }
