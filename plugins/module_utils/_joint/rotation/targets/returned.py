# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The target that is the task's result: the caller gets the value, once, and nobody can tell afterwards who has it."""

from __future__ import annotations

from ...._core.errors import ConfigError
from ..state import TargetState, Use
from .base import KeyValue, Switched


class ReturnTarget:
    """The result of the task that adds a key."""

    kind = "return"
    use: Use = "return"

    def __init__(self, name: str) -> None:
        self.name = name

    def read(self) -> TargetState:
        """Return that any key of the rotation may be in use where its value was taken."""
        return TargetState(self.name, self.kind, self.use, is_known=False, may_hold_unseen=True)

    def check(self) -> None:
        """Do nothing: a result can always be returned."""

    def switch(self, key: KeyValue) -> Switched:
        """Raise ConfigError: no plan does this."""
        raise ConfigError(f"{self.name} is the result of the task: key {key.key_id} is not written to it.")
