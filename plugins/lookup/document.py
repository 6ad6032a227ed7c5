# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: document
short_description: A variables document as data, without evaluating anything in it
version_added: 1.0.0
author:
  - cvops.identity authors (@cvops)
description:
  - Reads variables documents of other people. Given with C(-e @FILE), or as group or host variables, such a file is code that runs
    on the controller with every secret; read by this lookup its texts stay texts, also where they hold template marks, on every ansible-core.
  - YAML is read without tags, but for V(!unsafe), which means the text; V(!vault) and files of Ansible Vault are refused. Dates stay text.
    Keys that stand twice, keys that are no text, more than 8 MiB, 40 levels or 500,000 values (aliases counted as what they name) are refused.
  - A document declares C(cvops_application), C(cvops_commvault_roles), C(cvops_entra_groups), C(cvops_role_mappings) and C(cvops_sso),
    and nothing else.
  - The role P(cvops.identity.document#role) and the playbooks take a document with the variable C(cvops_document); use the lookup where
    that does not fit.
options:
  _terms:
    description: Paths of the files, or one list of them; relative ones begin in the folder in which Ansible was started.
    type: list
    elements: path
    required: true
  allow:
    description:
      - Decisions that are left to the document. V(accept_risk) opens guards (also C(max_removals)), V(relink) ties a user group to another Entra group,
        V(grant_admin_consent) gives an application rights in the whole tenant. When left out, a document with such a key, at any depth,
        has a problem.
    type: list
    elements: str
    choices: [accept_risk, grant_admin_consent, relink]
    default: []
  ignore_defined:
    description: Variables that may be defined although the document declares them, for they come from an earlier reading of it.
    type: list
    elements: str
    default: []
seealso:
  - plugin: cvops.identity.to_data_yaml
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read what the backup team asks for
  ansible.builtin.set_fact:
    asked: "{{ lookup('cvops.identity.document', 'teams/backup.yml') }}"

- name: Say what is wrong with it
  ansible.builtin.assert:
    that: asked.problems | length == 0
    fail_msg: "{{ asked.problems }}"

- name: Do it
  cvops.identity.commvault_role_mappings:
    mappings: "{{ asked.variables.cvops_role_mappings }}"
"""

RETURN = r"""
_raw:
  description:
    - One dictionary. C(variables) holds what the documents declare, and is empty when there are C(problems), a list of sentences.
      C(files) are the absolute paths.
  type: list
  elements: dict
"""

import typing as t

from ansible.plugins.lookup import LookupBase

from ansible_collections.cvops.identity.plugins.module_utils._core.values import convert_to_builtins
from ansible_collections.cvops.identity.plugins.plugin_utils.data_reading import list_paths
from ansible_collections.cvops.identity.plugins.plugin_utils.documents import read_documents


class LookupModule(LookupBase):
    """The lookup that reads variables documents as data."""

    def run(self, terms: t.Any, variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        """Return the variables and problems of all files, in a list of one."""
        self.set_options(var_options=variables, direct=kwargs)
        defined = set(variables or ()) - set(convert_to_builtins(self.get_option("ignore_defined")))
        found = read_documents(list_paths(terms), convert_to_builtins(self.get_option("allow")), defined)
        return [{"variables": found.variables, "problems": found.problems, "files": found.files}]
