# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The target that keeps a key before anybody reads it: a file, HashiCorp Vault, Azure Key Vault."""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import replace

from ...._core.errors import ConfigError
from ...._core.values import parse_time
from ...._stores.secret_versions.base import SecretStore, StoredKey
from ..state import TargetState, Use
from .base import KeyValue, Switched


class StoredTarget:
    """A store of versions. *app_id*: the application of the rotation; a store with a key of another one is not touched."""

    use: Use = "store"

    def __init__(self, name: str, store: SecretStore, app_id: str) -> None:
        self.name, self.kind, self._store, self._app_id = name, store.kind, store, app_id

    def read(self) -> TargetState:
        """Return the key that consumers read."""
        found = self._check_application(self._store.read_current())
        key_id = found.key_id.lower() if found and found.key_id else None
        is_known = found is None or key_id is not None
        return TargetState(self.name, self.kind, self.use, key_id, is_known=is_known, may_hold_unseen=not is_known)

    def read_pending(self, state: TargetState) -> TargetState:
        """Return *state* with the key that is kept and not promoted."""
        found = self._check_application(self._store.read_pending())
        if found is None or not found.key_id:
            return state
        expires = None
        with contextlib.suppress(ValueError):
            expires = parse_time(found.expires)
        return replace(state, pending_key_id=found.key_id.lower(), pending_expires=expires)

    def check(self) -> None:
        """Raise what keeps the store from being written."""
        self._store.check()

    def keep(self, key: KeyValue) -> None:
        """Keep *key* where no consumer reads it."""
        self._store.write_pending(StoredKey(key.value, key.key_id, key.rotation_id, key.application, key.expires))

    def switch(self, key: KeyValue) -> Switched:
        """Make the kept key the one that is read, and read it back."""
        self._store.promote(key.key_id)
        found = self._store.read_current()
        if found is None or found.key_id.lower() != key.key_id or found.value != key.value:
            raise ConfigError(
                f"{self._store.label} does not hold key {key.key_id} after it was written there: somebody else also writes it.",
                source=self._store.label,
            )
        return "switched"

    def discard(self, key_id: str) -> None:
        """Forget the key that is kept, if it is *key_id*."""
        self._store.discard_pending(key_id)

    def recover(self, key_id: str) -> KeyValue | None:
        """Return the key *key_id* with its value, in use or kept; None where the store has another one."""
        return self._find(key_id, (self._store.read_pending, self._store.read_current))

    def list_values(self) -> list[KeyValue]:
        """Return the keys in use and before, of which one may be gone back to."""
        found = (self._check_application(read()) for read in (self._store.read_current, self._store.read_previous))
        return [_convert(one) for one in found if one is not None and one.key_id]

    def _find(self, key_id: str, reads: t.Iterable[t.Callable[[], StoredKey | None]]) -> KeyValue | None:
        for read in reads:
            found = read()
            if found is not None and found.key_id.lower() == key_id:
                return _convert(found)
        return None

    def _check_application(self, found: StoredKey | None) -> StoredKey | None:
        """Return *found*. Raises ConfigError for the key of another application: writing there would take it away."""
        if found is not None and self._app_id and found.application.lower() not in ("", self._app_id):
            raise ConfigError(
                f"{self._store.label} holds a key of application {found.application}, not of {self._app_id}: use another place.",
                source=self._store.label,
            )
        return found


def _convert(found: StoredKey) -> KeyValue:
    return KeyValue(found.key_id.lower(), found.rotation_id, found.application, found.expires, found.value)
