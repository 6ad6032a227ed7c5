# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replication delay: N replicas, each of which learns of a write after a lag of its own."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

Lag = Literal["object", "property", "credential_graph", "credential_token", "grant"]


@dataclass(frozen=True)
class Replication:
    """Upper bounds of the lags in seconds; each (write, replica) draws one between 0 and its bound, from `seed`.

    `object_lag`: creation and deletion of objects. `property_lag`: changed properties and memberships.
    `credential_lag_graph`: a new or removed credential in Graph reads. `credential_lag_token`: the same at the token
    endpoint. `grant_lag`: app role assignments and delegated grants. `tail`: the share of lags that is four times as
    long. `replicas`: how many; every request is served by one chosen at random.
    """

    seed: int = 0
    object_lag: float = 4.0
    property_lag: float = 3.0
    credential_lag_graph: float = 4.0
    credential_lag_token: float = 20.0
    grant_lag: float = 5.0
    tail: float = 0.05
    replicas: int = 3

    def lag(self, kind: Lag, write: int, replica: int) -> float:
        """Return seconds until replica number `replica` knows of write number `write`.

        Always the same for the same seed.
        """
        bounds: dict[Lag, float] = {
            "object": self.object_lag,
            "property": self.property_lag,
            "credential_graph": self.credential_lag_graph,
            "credential_token": self.credential_lag_token,
            "grant": self.grant_lag,
        }
        draw = random.Random(f"{self.seed}/{kind}/{write}/{replica}")
        seconds = draw.uniform(0.0, bounds[kind])
        return seconds * 4 if draw.random() < self.tail else seconds
