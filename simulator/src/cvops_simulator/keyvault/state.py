# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of one vault: secrets with their versions, deleted ones, and what a reader got at every moment."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cvops_simulator.keyvault.errors import deleted_not_found, disabled, name_is_held, not_found

if TYPE_CHECKING:
    from cvops_simulator.core.clock import Clock

RETENTION_DAYS = 90
_DAY = 86400


@dataclass
class Version:
    """A version of a secret. Times are whole seconds since the epoch, as the service tells them."""

    id: str
    value: str = field(repr=False)
    created: int
    updated: int
    enabled: bool = True
    not_before: int | None = None
    expires: int | None = None
    content_type: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Secret:
    """All versions of a name, oldest first. `deleted_at`: when it was deleted, None while it is not."""

    name: str
    versions: list[Version] = field(default_factory=list)
    deleted_at: float | None = None

    @property
    def newest(self) -> Version:
        """What a reader of the name gets."""
        return self.versions[-1]

    def version(self, version_id: str) -> Version:
        """Return the version with this id, the newest for an empty one. Raises VaultError."""
        for version in self.versions:
            if version.id == version_id:
                return version
        if version_id:
            raise not_found(f"{self.name}/{version_id}")
        return self.newest


@dataclass(frozen=True)
class Event:
    """A change: `set`, `update`, `delete`, `recover` or `purge`.

    `readable`: what a reader of the name gets from then on; None: an error.
    """

    at: float
    action: str
    name: str
    version: str
    readable: str | None = field(repr=False)


class Vault:
    """One vault. `delete_lag`: seconds during which a deletion is still going on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.lock = threading.RLock()
        self.secrets: dict[str, Secret] = {}
        self.deleted: dict[str, Secret] = {}
        self.timeline: list[Event] = []
        self.delete_lag = 0.0

    def reset(self) -> None:
        """Forget everything."""
        with self.lock:
            self.secrets.clear()
            self.deleted.clear()
            self.timeline.clear()
            self.delete_lag = 0.0

    def versions(self, name: str) -> list[Version]:
        """Return the versions of a secret, oldest first; empty for none."""
        with self.lock:
            secret = self.secrets.get(name.lower())
            return list(secret.versions) if secret else []

    def read_value(self, name: str) -> str | None:
        """Return what a reader of the name gets now; None: an error."""
        with self.lock:
            secret = self.secrets.get(name.lower())
            return secret.newest.value if secret and secret.newest.enabled else None

    def get(self, name: str) -> Secret:
        """Return a secret that is not deleted. Raises VaultError."""
        secret = self.secrets.get(name.lower())
        if secret is None:
            raise not_found(name)
        return secret

    def read(self, name: str, version_id: str) -> Version:
        """Return an enabled version. Raises VaultError."""
        version = self.get(name).version(version_id)
        if not version.enabled:
            raise disabled("get")
        return version

    def set(self, name: str, value: str, **properties: Any) -> Version:
        """Add a version, which readers get from now on. Raises VaultError while a deleted secret holds the name."""
        held = self.deleted.get(name.lower())
        if held is not None:
            is_going_on = held.deleted_at is not None and self._clock.now() < held.deleted_at + self.delete_lag
            raise name_is_held(name, "ObjectIsBeingDeleted" if is_going_on else "ObjectIsDeletedButRecoverable")
        now = int(self._clock.now())
        version = Version(uuid.uuid4().hex, value, now, now, **properties)
        self.secrets.setdefault(name.lower(), Secret(name)).versions.append(version)
        self._note("set", name, version.id)
        return version

    def update(self, name: str, version_id: str, **properties: Any) -> Version:
        """Change what is known of a version. Raises VaultError."""
        version = self.get(name).version(version_id)
        for key, value in properties.items():
            setattr(version, key, value)
        version.updated = int(self._clock.now())
        self._note("update", name, version.id)
        return version

    def delete(self, name: str) -> Secret:
        """Delete a secret with all versions; its name is held until it is purged. Raises VaultError."""
        secret = self.get(name)
        del self.secrets[name.lower()]
        secret.deleted_at = self._clock.now()
        self.deleted[name.lower()] = secret
        self._note("delete", name, "")
        return secret

    def get_deleted(self, name: str) -> Secret:
        """Return a deleted secret whose deletion has ended. Raises VaultError."""
        secret = self.deleted.get(name.lower())
        if secret is None or secret.deleted_at is None or self._clock.now() < secret.deleted_at + self.delete_lag:
            raise deleted_not_found(name)
        return secret

    def recover(self, name: str) -> Secret:
        """Undo a deletion. Raises VaultError."""
        secret = self.get_deleted(name)
        del self.deleted[name.lower()]
        secret.deleted_at = None
        self.secrets[name.lower()] = secret
        self._note("recover", name, "")
        return secret

    def purge(self, name: str) -> None:
        """Remove a deleted secret for ever. Raises VaultError."""
        self.get_deleted(name)
        del self.deleted[name.lower()]
        self._note("purge", name, "")

    def _note(self, action: str, name: str, version_id: str) -> None:
        self.timeline.append(Event(self._clock.now(), action, name, version_id, self.read_value(name)))


def scheduled_purge(secret: Secret) -> int:
    """Return when a deleted secret goes away by itself."""
    return int((secret.deleted_at or 0) + RETENTION_DAYS * _DAY)
