# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Naming permissions of APIs; each module says what becomes of them."""

    DOCUMENTATION = r"""
options:
  api_permissions:
    type: list
    elements: dict
    suboptions:
      api:
        description:
          - The API by name, such as V(Microsoft Graph), by application id, or by the display name of its service principal.
        type: str
        required: true
      application:
        description:
          - Application permissions by name or id. When left out they are not managed; an empty list takes this API's away.
        type: list
        elements: str
      delegated:
        description:
          - Delegated permissions by name or id. When left out they are not managed; an empty list takes this API's away.
        type: list
        elements: str
"""
