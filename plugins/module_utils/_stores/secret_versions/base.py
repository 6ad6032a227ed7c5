# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A store of an application's key: the value that consumers read, and beside it a pending one that they never see.

A new value is written under a name of its own first. Promoting it writes it as the next version of the name that consumers read, so that
a run that ends anywhere leaves consumers with a whole value: the former or the new one.
"""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass, field

from ..._core.context import Context
from ..._core.errors import ApiError, ConfigError, mark_outcome_unknown
from ..._core.polling import Backoff
from ..conflicts import StoreConflict

#: How often a write is sent whose answer was lost and that had no effect.
_MOST_WRITES = 3
_LONGEST_PAUSE_S = 2.0


@dataclass(frozen=True)
class StoredKey:
    """A secret or a private key in a store, with what is known of it: empty where the store does not say.

    ``key_id``: its id in Entra ID; ``rotation_id``: of the run that made it; ``application``: the client id; ``expires``: RFC 3339.
    """

    value: str = field(repr=False)
    key_id: str = ""
    rotation_id: str = ""
    application: str = ""
    expires: str = ""


#: The members of a StoredKey that are no secret, with the names that they have among data of others: fields, tags.
KEY_FACTS = {
    "key_id": "cvops_key_id",
    "rotation_id": "cvops_rotation_id",
    "application": "cvops_application",
    "expires": "cvops_expires",
}


class SecretStore(t.Protocol):
    """A place of one application's key. ``kind``: the option that names it; ``label``: what people are told."""

    kind: str
    label: str

    def check(self) -> None:
        """Raise CvopsError, with what to do, unless the store is reached and both names may be read and written; nothing is written."""

    def read_current(self) -> StoredKey | None:
        """Return what consumers read, None where there is nothing yet. Raises CvopsError."""

    def read_previous(self) -> StoredKey | None:
        """Return what consumers read before the last promotion, None where the store no longer has it. Raises CvopsError."""

    def read_pending(self) -> StoredKey | None:
        """Return the value that waits for its promotion, None for none. Raises CvopsError."""

    def write_pending(self, key: StoredKey) -> None:
        """Store a value that no consumer reads; nothing is written where it is there already.

        Refused while another key is pending, whose value may be the only copy: it is promoted or discarded first. Raises CvopsError.
        """

    def promote(self, key_id: str) -> None:
        """Make the pending value what consumers read; nothing is done where it is that already. Raises CvopsError."""

    def discard_pending(self, key_id: str) -> None:
        """Take the pending value away, where it is this key's. Raises CvopsError."""


@dataclass(frozen=True)
class Held:
    """What one name of a store holds. ``version``: what a write says that it follows; ``others``: what lies there beside, and stays."""

    key: StoredKey | None = None
    version: t.Any = None
    others: t.Mapping[str, t.Any] = field(default_factory=dict, repr=False)


class SecretPlace(t.Protocol):
    """One name of a store. ``label``: what people are told."""

    label: str

    def read(self) -> Held:
        """Return what is there. Raises CvopsError."""

    def read_before(self, held: Held) -> StoredKey | None:
        """Return what was there before *held*, None where it is not kept. Raises CvopsError."""

    def write(self, key: StoredKey, held: Held) -> None:
        """Write *key* after *held*. Raises StoreConflict where the store tells that something else is there, ApiError, ConfigError."""

    def clear(self, held: Held) -> None:
        """Take *held* away. Raises CvopsError."""


class PlacedKeys:
    """A SecretStore of two names: *current*, which consumers read, and *pending*.

    *lock*: held while names are read and written; its argument tells whether something may be made for it. *check_rights*: raises
    CvopsError where names that can be read cannot be written.
    """

    def __init__(
        self,
        ctx: Context,
        kind: str,
        current: SecretPlace,
        pending: SecretPlace,
        lock: t.Callable[[bool], t.ContextManager[t.Any]] = lambda create: contextlib.nullcontext(),
        check_rights: t.Callable[[Held, Held], None] = lambda current, pending: None,
    ) -> None:
        self._ctx, self.kind, self.label = ctx, kind, current.label
        self._current, self._pending = current, pending
        self._lock, self._check_rights = lock, check_rights

    def check(self) -> None:
        """Raise CvopsError, with what to do, unless the store is reached and both names may be read and written; nothing is written."""
        self._check_rights(self._read(self._current), self._read(self._pending))

    def read_current(self) -> StoredKey | None:
        """Return what consumers read, None where there is nothing yet. Raises CvopsError."""
        return self._read(self._current).key

    def read_previous(self) -> StoredKey | None:
        """Return what consumers read before the last promotion, None where the store no longer has it. Raises CvopsError."""
        found = self._current.read_before(self._read(self._current))
        self._hide(found)
        return found

    def read_pending(self) -> StoredKey | None:
        """Return the value that waits for its promotion, None for none. Raises CvopsError."""
        return self._read(self._pending).key

    def write_pending(self, key: StoredKey) -> None:
        """Store a value that no consumer reads. Raises ConfigError while another key is pending, CvopsError."""
        self._hide(key)
        if not key.value or not key.key_id:
            raise ConfigError(f"A key without {'a value' if key.key_id else 'an id'} is not stored in {self.label}.")
        with self._lock(True):
            if self._is_stored(self._read(self._current), key, self._current):
                return
            pending = self._read(self._pending)
            if self._is_stored(pending, key, self._pending):
                return
            if pending.key is not None:
                raise self._build_other_key_error(pending.key, key.key_id)
            self._write(self._pending, key, pending)

    def promote(self, key_id: str) -> None:
        """Make the pending value what consumers read. Raises ConfigError where another key is pending, or none; CvopsError."""
        with self._lock(False):
            current, pending = self._read(self._current), self._read(self._pending)
            if current.key is None or not key_id or current.key.key_id != key_id:
                if pending.key is None or not key_id:
                    raise ConfigError(
                        f"Key {key_id or 'without an id'} cannot be promoted in {self.label}: nothing is pending under"
                        f" {self._pending.label}.",
                        source=self.label,
                    )
                if pending.key.key_id != key_id:
                    raise self._build_other_key_error(pending.key, key_id)
                self._write(self._current, pending.key, current)
            if pending.key is not None and pending.key.key_id == key_id:
                self._clear(self._pending, pending)

    def discard_pending(self, key_id: str) -> None:
        """Take the pending value away, where it is this key's; another one stays. Raises CvopsError."""
        if not key_id or self.read_pending() is None:
            return
        with self._lock(False):
            pending = self._read(self._pending)
            if pending.key is not None and pending.key.key_id == key_id:
                self._clear(self._pending, pending)

    def _read(self, place: SecretPlace) -> Held:
        held = place.read()
        self._hide(held.key)
        return held

    def _hide(self, key: StoredKey | None) -> None:
        """Let nothing that the run tells hold the value."""
        if key is not None and key.value:
            self._ctx.secrets.add(key.value)

    def _is_stored(self, held: Held, key: StoredKey, place: SecretPlace) -> bool:
        """Return True where *key* is there. Raises ConfigError for another value under its id."""
        if held.key is None or held.key.key_id != key.key_id:
            return False
        if held.key.value != key.value:
            raise ConfigError(
                f"{place.label} holds another value under the id of key {key.key_id}. It is not overwritten, because "
                "a key has one value. Find out who wrote it, and remove it there.",
                source=self.label,
            )
        return True

    def _build_other_key_error(self, found: StoredKey, key_id: str) -> ConfigError:
        name, remedy = f"key {found.key_id}", "promote or discard it first"
        if not found.key_id:
            name, remedy = "a value that no rotation has marked", "if nobody needs it, remove it there"
        return ConfigError(
            f"{self._pending.label} holds {name}, not key {key_id}. It may be the only copy of its value: {remedy}.",
            source=self.label,
        )

    def _write(self, place: SecretPlace, key: StoredKey, held: Held) -> None:
        """Write *key* after *held*; after a lost answer it is looked for, and written again only where nothing has changed."""
        backoff = Backoff(self._ctx, longest_s=_LONGEST_PAUSE_S)
        for number in range(_MOST_WRITES):
            try:
                place.write(key, held)
                return
            except (StoreConflict, ApiError) as exc:
                if isinstance(exc, ApiError) and not exc.may_have_acted:
                    raise
                with mark_outcome_unknown():
                    found = self._read(place)
                if found.key is not None and (found.key.key_id, found.key.value) == (key.key_id, key.value):
                    return
                if isinstance(exc, StoreConflict) or found.version != held.version or number == _MOST_WRITES - 1:
                    raise
                backoff.pause(about=f"waiting to write {place.label} again")

    def _clear(self, place: SecretPlace, held: Held) -> None:
        """Take *held* away; after a lost answer it is looked for."""
        try:
            place.clear(held)
        except ApiError as exc:
            if not exc.may_have_acted:
                raise
            with mark_outcome_unknown():
                found = self._read(place)
            if found.key is not None and held.key is not None and found.key.key_id == held.key.key_id:
                raise


def encode_facts(key: StoredKey) -> dict[str, str]:
    """Return what is known of *key* as it lies among data of others; what is not known is left out."""
    return {KEY_FACTS[name]: fact for name, fact in list_facts(key).items()}


def split_facts(data: t.Mapping[str, t.Any]) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """Return what *data* says of a key, by the names of StoredKey and empty where it does not, and the rest of *data*."""
    facts = {name: data.get(stored, "") for name, stored in KEY_FACTS.items()}
    return facts, {name: value for name, value in data.items() if name not in KEY_FACTS.values()}


def list_facts(key: StoredKey) -> dict[str, str]:
    """Return what is known of *key*, by name and without its value; what is not known is left out."""
    return {name: str(getattr(key, name)) for name in KEY_FACTS if getattr(key, name)}
