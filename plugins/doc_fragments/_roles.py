# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Commvault roles as a list: of a task of their own, and beside a mapping."""

    DOCUMENTATION = r"""
options:
  roles:
    description:
      - The roles, each once. The options of each are those of M(cvops.identity.commvault_role).
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - The name of the role. The built-in role C(Master) is never changed.
        type: str
        required: true
      company:
        description:
          - Name, alias or id of the company that the role belongs to; C(Commcell) for the CommCell itself.
          - Digits that are the name of one company and the id of another one are refused.
          - When left out, the company of O(commvault_company), else the CommCell.
        type: str
      description:
        description:
          - What the role is for. When left out it is not managed; empty clears it.
        type: str
      permissions:
        description:
          - Permissions by name or id, as the permission catalogue of the CommServe writes them.
          - When O(roles[].permissions) and O(roles[].categories) are both left out, permissions are not managed; a new role needs one of them.
        type: list
        elements: str
      categories:
        description:
          - Permission categories by name or id. All permissions of a category and of its sub-categories are meant, those of later releases included.
          - When left out, only O(roles[].permissions) count.
        type: list
        elements: str
      exclusive:
        description:
          - Whether permissions that are not listed are removed.
        type: bool
        default: true
      enabled:
        description:
          - Whether the role has effect. When left out it is not managed; a new role is enabled.
        type: bool
      visible_to_all:
        description:
          - Whether all users see the role. When left out it is not managed; a new role is not visible to all.
        type: bool
      state:
        description:
          - Whether the role exists. Deleting a role takes it from everyone who holds it.
        type: str
        choices: [present, absent]
        default: present
"""

    BESIDE_MAPPINGS: str


# Outside of the class, where ansible-test expects nothing but constants.
ModuleDocFragment.BESIDE_MAPPINGS = ModuleDocFragment.DOCUMENTATION.replace("    required: true\n", "", 1).replace(
    "      - The roles, each once. The options of each are those of M(cvops.identity.commvault_role).\n",
    """\
      - Roles that the task creates and changes before anything is granted, and deletes when all is removed, under the log-in of the mapping. The options of
        each are those of M(cvops.identity.commvault_role). The mapping may grant roles that are to be created.
      - A run that leaves some of the mapping to a later one deletes no role.
""",
    1,
)
