#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: commvault_role_mappings_info
short_description: Export the role mappings of a CommCell in the form in which they are written
version_added: 1.0.0
description:
  - Reads who holds which role where, and returns it in the form that M(cvops.identity.commvault_role_mappings) takes, grouped and by name. Planning the export
    against the same CommCell changes nothing.
  - Rows that no mapping manages (creator, owner, inherited, single permissions, roles or entities that are gone) are listed apart, with the reason.
  - The names of linked Entra groups are read from Microsoft Graph, many in one request. Where it cannot be asked, a warning says so, and the entries have the
    object id and the Commvault group. A group whose Entra group is gone is exported as a local group, with a warning.
  - 'Commvault rights: View on the CommCell. Graph permissions (application), for the names only: C(GroupMember.Read.All).'
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.info
  - cvops.identity._attributes.commvault
  - cvops.identity._transport
  - cvops.identity._entra
  - cvops.identity._commvault
  - cvops.identity._query
options:
  principals:
    description:
      - Name patterns of the user groups and users to export. When left out, all user groups, and the users that hold something on the CommCell itself.
    type: list
    elements: str
  users:
    description:
      - Name patterns of further users to export. Each costs a request, and there may be thousands, so when left out or empty, none.
    type: list
    elements: str
    default: []
  parallel_reads:
    description:
      - How many reads run side by side.
    type: int
    default: 8
"""

EXAMPLES = r"""
- name: What is there, ready to be kept in a file
  cvops.identity.commvault_role_mappings_info:
    principals: ["GG-Commvault-*"]
  register: found

- name: Keep it
  ansible.builtin.copy:
    content: "{{ {'cvops_role_mappings': found.role_mappings.mappings} | to_nice_yaml(indent=2, sort_keys=false) }}"
    dest: role_mappings.yml
    mode: "0644"
"""

RETURN = r"""
role_mappings:
  description: What the CommCell holds.
  returned: success
  type: dict
  contains:
    mappings:
      description: Entries in the form of M(cvops.identity.commvault_role_mappings), sorted by name.
      type: list
      elements: dict
    other:
      description: Rows that no mapping manages, each with C(why).
      type: list
      elements: dict
    user_groups_without_grants:
      description: Names of the user groups that were read and hold nothing.
      type: list
      elements: str
"""

from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.resource import Report
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.info import read_role_mappings
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec

SPEC = commvault_spec().merge(
    ArgumentSpec(
        {
            "principals": {"type": "list", "elements": "str"},
            "users": {"type": "list", "elements": "str", "default": []},
            "parallel_reads": {"type": "int", "default": 8},
            "query": {"type": "str"},
        }
    )
)

RESOURCE = Report("role_mappings", read_role_mappings)


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
