# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The option that names a token store, and the part of it that leads to a secret in HashiCorp Vault."""

from __future__ import annotations

import typing as t


def token_store_option() -> dict[str, t.Any]:
    """Return the argument spec of an option that names a token store.

    Address and secrets of a Vault may also come from the environment variables of its own tools (``VAULT_ADDR``, ``VAULT_TOKEN`` …).
    """
    return {
        "type": "dict",
        "no_log": False,
        "options": {
            "file": {"type": "path"},
            "hashi_vault": hashi_vault_options(),
        },
        "required_one_of": [["file", "hashi_vault"]],
        "mutually_exclusive": [["file", "hashi_vault"]],
    }


def hashi_vault_options() -> dict[str, t.Any]:
    """Return the argument spec of an option that names a secret in HashiCorp Vault, and how to sign in there."""
    return {
        "type": "dict",
        "options": {
            "path": {"type": "str", "required": True},
            "mount": {"type": "str", "default": "secret"},
            "url": {"type": "str"},
            "namespace": {"type": "str"},
            "token": {"type": "str", "no_log": True},
            "role_id": {"type": "str"},
            "secret_id": {"type": "str", "no_log": True},
            "approle_mount": {"type": "str", "default": "approle"},
            "ca_path": {"type": "path"},
        },
        "required_together": [["role_id", "secret_id"]],
        "mutually_exclusive": [["token", "role_id"]],
    }
