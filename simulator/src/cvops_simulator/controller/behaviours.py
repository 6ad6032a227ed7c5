# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the controller behaves beyond its contract: what tests and the control listener may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from cvops_simulator.core.behaviours import BehaviourSet

_OUTCOMES = ("successful", "failed", "never")


@dataclass
class ControllerBehaviours(BehaviourSet):
    """Behaviours of the controller.

    `polls`: how often a job or an update is read before it has ended; 0: it ends at once.
    `project_updates`, `jobs`: how they end; `never`: they run for ever.
    """

    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {"project_updates": _OUTCOMES, "jobs": _OUTCOMES}

    polls: int = 2
    project_updates: str = "successful"
    jobs: str = "successful"
