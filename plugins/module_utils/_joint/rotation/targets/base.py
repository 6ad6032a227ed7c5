# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The protocol of a target: where the value of a key goes, and how to see which key is there."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..state import TargetState, Use

#: What came of writing: the target uses the key; or a person has to approve that first.
Switched: t.TypeAlias = t.Literal["switched", "awaiting_approval"]


@dataclass(frozen=True)
class KeyValue:
    """A key of an application with its value, which its text never shows.

    ``rotation_id``: the end of its marker; ``application``: the app id; ``expires``: RFC 3339 in UTC.
    """

    key_id: str
    rotation_id: str
    application: str
    expires: str
    value: str = field(repr=False)


class Target(t.Protocol):
    """One target of a rotation.

    ``name``: how people call it, different from all others of the rotation. All methods raise CvopsError.
    """

    name: str
    kind: str
    use: Use

    def read(self) -> TargetState:
        """Return which key the target uses, with as few requests as that takes. A read that fails is never taken for "none"."""

    def check(self) -> None:
        """Find out without writing whether the target can be written: reached, owned, allowed. Raises what is in the way."""

    def switch(self, key: KeyValue) -> Switched:
        """Let the target use *key* from now on and read back that it does; nothing is written where it does already.

        Of a store: make the version that it keeps the one that is read.
        """


@t.runtime_checkable
class ListedTarget(Target, t.Protocol):
    """A target whose key a list shows, which may lag, and may not tell whose it is."""

    def read_closely(self) -> TargetState:
        """Return which key the target uses, as the thing itself shows it."""


class ConfirmedTarget(Target, t.Protocol):
    """A target whose state says ``confirmed_by: job``."""

    def confirm(self, key_id: str) -> None:
        """Show that the target works with the key *key_id*, which it has, and keep there that it does; do nothing where that is kept."""


@t.runtime_checkable
class StoreTarget(Target, t.Protocol):
    """A target that keeps a key before anybody reads it, and from which its value can be had again."""

    def read_pending(self, state: TargetState) -> TargetState:
        """Return *state* with the key that is kept and not promoted."""

    def keep(self, key: KeyValue) -> None:
        """Keep *key* where no consumer reads it. Raises ConfigError where another key is kept: that of another run."""

    def discard(self, key_id: str) -> None:
        """Forget the key that is kept, if it is *key_id*."""

    def recover(self, key_id: str) -> KeyValue | None:
        """Return the key *key_id* with its value, in use or kept; None where the store has another one."""
