# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Writing only what was shown before."""

    DOCUMENTATION = r"""
options:
  approved_steps:
    description:
      - The C(id) of each step that may be written, as RV(ignore:steps) of a run in check mode has them. When left out, everything may be written;
        an empty list allows nothing.
      - A plan with any other step fails with RV(ignore:error.kind=plan_changed) before the first write, in check mode too, and names these steps.
        Steps of the list that are not needed any more are no failure; RV(ignore:steps_gone) lists them.
    type: list
    elements: str
"""
