# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Naming an application registration."""

    DOCUMENTATION = r"""
options:
  application:
    description:
      - A registration in this tenant, by exactly one of its keys.
    type: dict
    suboptions:
      app_id:
        description:
          - The application (client) id. When left out, another key is needed.
        type: str
      object_id:
        description:
          - The object id of the registration, not of its service principal. When left out, another key is needed.
        type: str
      unique_name:
        description:
          - The unique name. When left out, another key is needed. In check mode, a registration of this name that does not exist is taken as about
            to be created by an earlier task.
        type: str
"""
