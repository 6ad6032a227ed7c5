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
      preset:
        description:
          - A set of permissions for a purpose, of one or several APIs, in place of O(api_permissions[].api). The guide on API permissions lists what
            each gives, with its source, and what the registration needs beside it. When left out, O(api_permissions[].api) says which API.
          - Several presets, and an item that names the same API, unite. With O(exclusive=true), a preset manages both kinds of permission of its
            APIs, and what it does not name is removed.
        type: str
        choices:
          - entra_backup
          - entra_backup_restore
          - exchange_backup_restore
          - management_api
          - mcp_server
          - onedrive_backup
          - onedrive_backup_restore
          - sharepoint_backup
          - sharepoint_backup_restore
          - sign_on
          - teams_backup
          - teams_backup_restore
      api:
        description:
          - The API by name, such as V(Microsoft Graph), by application id, or by the display name of its service principal. When left out,
            O(api_permissions[].preset) says which; one of them is needed.
        type: str
      application:
        description:
          - Application permissions by name or id. When left out they are not managed; an empty list removes those of this API.
        type: list
        elements: str
      delegated:
        description:
          - Delegated permissions by name or id. When left out they are not managed; an empty list removes those of this API.
        type: list
        elements: str
"""
