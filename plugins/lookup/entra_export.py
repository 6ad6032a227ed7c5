# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: entra_export
short_description: The Entra ID side of a snapshot in the form of a variables document
version_added: 1.0.0
author:
  - cvops.identity authors (@cvops)
description:
  - Reads the document that M(cvops.identity.entra_snapshot) has written into a folder, and returns the applications, groups, app role assignments, named
    locations and conditional access policies in it as the variables C(cvops_application), C(cvops_entra_groups) and C(cvops_conditional_access).
  - Run against the same tenant, these variables change nothing. What they do not say is listed with the reason.
  - Groups of app role assignments stand under their names. Where other groups of the tenant have the same name, the run that takes the variables says so
    and asks for the object id.
options:
  _terms:
    description: Folder of the snapshot; a relative one begins in the folder in which Ansible was started.
    type: list
    elements: path
    required: true
seealso:
  - module: cvops.identity.entra_snapshot
  - plugin: cvops.identity.to_data_yaml
    plugin_type: filter
"""

EXAMPLES = r"""
- name: The Entra side as variables
  ansible.builtin.copy:
    dest: entra.yml
    content: "{{ lookup('cvops.identity.entra_export', 'snapshot').variables[0] | cvops.identity.to_data_yaml }}"
    mode: "0600"
"""

RETURN = r"""
_raw:
  description:
    - One dictionary. C(variables) is a list of documents, of which each has one application at most, and the first one also the groups, locations and
      policies; empty for a snapshot without the Entra side. C(other) is what no variable says, each with C(kind), C(name), C(id), C(why), and C(options) of
      the module that says it, empty where none does. C(lines) says the same in one line each.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import CvopsError
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.export_entra import Export, export_entra
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.files import read_snapshot
from ansible_collections.cvops.identity.plugins.plugin_utils.data_reading import list_paths, resolve_path


class LookupModule(LookupBase):
    """The lookup that returns the Entra side of a snapshot as variables."""

    def run(self, terms: t.Any, variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        """Return the export, in a list of one. Raises AnsibleLookupError for a folder that holds no snapshot."""
        self.set_options(var_options=variables, direct=kwargs)
        path = next((path for path in map(resolve_path, list_paths(terms)) if path), None)
        if path is None:
            raise AnsibleLookupError("no folder is named")
        try:
            document = read_snapshot(path).entra
            found = export_entra(document) if document else Export(variables=[], other=[])
            lines = [f"{row['kind']} {row['name']}: {row['why']}" for row in found["other"]]
            return [{**found, "lines": lines}]
        except CvopsError as exc:
            raise AnsibleLookupError(str(exc)) from None
