# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ids and passwords that depend on the seed only."""

from __future__ import annotations

import base64
import hashlib
import random
import uuid

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "simulator.cvops.example")


class Ids:
    """Names to GUIDs: the same name of the same set and seed has the same GUID for ever."""

    def __init__(self, set_name: str, seed: int) -> None:
        self._prefix = f"{set_name}/{seed}"

    def guid(self, *name: str) -> str:
        """Return a GUID for a named thing."""
        return str(uuid.uuid5(_NAMESPACE, "/".join((self._prefix, *name))))

    def secret(self, *name: str) -> str:
        """Return a password for a named thing: 26 letters and digits, meets usual complexity rules."""
        digest = hashlib.sha256("/".join((self._prefix, "secret", *name)).encode()).digest()
        return "Aa1-" + base64.b32encode(digest).decode().lower()[:22]

    def random(self, *name: str) -> random.Random:
        """Return a generator of its own for each purpose, so that one change does not shift everything else."""
        return random.Random("/".join((self._prefix, "random", *name)))
