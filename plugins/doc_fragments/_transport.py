# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Patience with the services."""

    DOCUMENTATION = r"""
options:
  retries:
    description:
      - How often a request is repeated that failed for a passing reason and that may be repeated without harm.
      - Also the Ansible variable C(cvops_retries) and the environment variable E(CVOPS_RETRIES).
    type: int
    default: 4
  deadline:
    description:
      - Seconds that the whole task may take; a pause that would go past it is not begun, and the task says what is left to do.
      - Also the Ansible variable C(cvops_deadline) and the environment variable E(CVOPS_DEADLINE).
    type: int
    default: 900
"""

    PLUGIN = r"""
options:
  retries:
    vars:
      - name: cvops_retries
    env:
      - name: CVOPS_RETRIES
  deadline:
    vars:
      - name: cvops_deadline
    env:
      - name: CVOPS_DEADLINE
"""
