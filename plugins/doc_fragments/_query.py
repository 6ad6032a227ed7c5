# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Shaping what an information module returns."""

    DOCUMENTATION = r"""
options:
  query:
    description:
      - A JMESPath expression that is applied to the result before it is returned. When left out, everything is returned.
      - Needs the Python library C(jmespath) where the task runs.
    type: str
"""
