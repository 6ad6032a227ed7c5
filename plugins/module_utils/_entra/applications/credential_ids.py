# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Key ids that are of the other kind of credential: a certificate's where a secret's is wanted, and the other way round. Pure."""

from __future__ import annotations

import typing as t

from ..._core.errors import ConfigError
from ..._core.names import is_same_name
from ..._core.values import get_objects

#: The credentials of an application, by Graph's name of their list: what people say, and the module for them.
_KINDS = {
    "passwordCredentials": ("secret", "entra_application_secret"),
    "keyCredentials": ("certificate", "entra_application_certificate"),
}


def refuse_other_credential(application: t.Mapping[str, t.Any], wanted: str, key_id: str | None) -> None:
    """Raise ConfigError for a *key_id* that a credential of *application* has which is not of the list *wanted*.

    Nothing would be removed, and the task would look as if it had done its work.
    """
    for member, (words, module) in _KINDS.items():
        if member == wanted or not key_id:
            continue
        for entry in get_objects(application, member):
            if is_same_name(str(entry.get("keyId") or ""), key_id):
                name = entry.get("displayName") or "without a name"
                raise ConfigError(
                    f"key_id: no {_KINDS[wanted][0]} of the application has the key id {key_id}; it belongs to the "
                    f"{words} {name}: use {module}",
                    source="option key_id",
                )
