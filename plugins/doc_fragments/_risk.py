# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Opening a guard."""

    DOCUMENTATION = r"""
options:
  accept_risk:
    description:
      - Guards to open, one by one; each dangerous change is refused until its name is listed. When left out, all guards are closed.
    type: list
    elements: str
  accept_reason:
    description:
      - Why the risk is taken; it becomes part of the result. Required with O(accept_risk).
    type: str
"""
