# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The protocol of a kind of keys: how an application's keys are read, added, removed and signed in with."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ...._entra.secrets.policy import SecretRules
from ..state import Key
from ..targets.base import KeyValue


@dataclass(frozen=True)
class AddedKey:
    """A key that was just added: as the application will list it, and with its value, which no answer ever has again."""

    key: Key
    value: KeyValue


class KeyWriter(t.Protocol):
    """Writer of the keys of one application for one rotation. All methods raise CvopsError."""

    def add(self, lifetime_days: int) -> AddedKey:
        """Add a key with a marker of its own within the rotation.

        Raises ApiError with ``outcome`` unknown and ``marker`` in its facts where an answer was lost and the key is not seen.
        """

    def remove(self, key_id: str, *, is_new: bool = False) -> None:
        """Remove exactly the key with *key_id*; one that is gone already is fine. *is_new*: replicas may not know it yet."""

    def await_listed(self, key_id: str) -> bool:
        """Wait until several reads in a row list the key that was added; return False and warn where they do not in time."""

    def await_gone(self, key_id: str) -> None:
        """Wait until a removed key is listed no more. Raises WaitTimeout."""


class KeyKind(t.Protocol):
    """A kind of keys. ``noun``: what people call one; ``member``: the member of a registration that lists them."""

    noun: str
    member: str

    def parse_keys(self, wire: t.Mapping[str, t.Any], app_id: str | None) -> tuple[Key, ...]:
        """Return the keys of a registration with *app_id*. Raises BadAnswer."""

    def get_most_keys(self, wire: t.Mapping[str, t.Any]) -> int | None:
        """Return the most keys that the registration may have, None where Entra ID tells no number."""

    def read_rules(self, object_id: str) -> SecretRules | None:
        """Return what policies say of a new key, None where none is in force. Raises ApiError, Forbidden among it."""

    def open_writer(self, object_id: str, app_id: str, rotation: str) -> KeyWriter:
        """Return the writer of the registration with *object_id*; *rotation*: the id under which keys are added."""

    def build_sign_in(self, tenant_id: str, key: KeyValue, scope: str) -> t.Callable[[], None]:
        """Return one try to sign in with *key*: by new objects and a new connection each time; it raises ApiError."""
