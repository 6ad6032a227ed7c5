# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The target that people write: they take the value from a store and acknowledge the key by its id."""

from __future__ import annotations

from ...._core.errors import ConfigError
from ..state import TargetState, Use
from .base import KeyValue, Switched


class ExternalTarget:
    """A place that the rotation cannot write. *where* it is and whom to ask (*contact*); *acknowledged*: the key that its owner says it uses."""

    kind = "external"
    use: Use = "external"

    def __init__(
        self, name: str, where: str, contact: str | None, acknowledged: str | None, is_key_management: bool
    ) -> None:
        self.name, self.told = name, ", ".join(part for part in (where, contact) if part)
        self.where, self.is_key_management = where, is_key_management
        self._acknowledged = acknowledged

    def read(self) -> TargetState:
        """Return the key that was acknowledged."""
        return TargetState(
            self.name,
            self.kind,
            self.use,
            self._acknowledged.lower() if self._acknowledged else None,
            is_key_management=self.is_key_management,
        )

    def check(self) -> None:
        """Do nothing: nobody but its owner writes it."""

    def switch(self, key: KeyValue) -> Switched:
        """Raise ConfigError: no plan does this."""
        raise ConfigError(f"{self.name} is an external target: its owner writes key {key.key_id} there.")
