# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: access
short_description: Who can do what, and what somebody can do
version_added: 1.0.0
author:
  - cvops.identity authors (@cvops)
description:
  - Answers questions about access from a bundle of access evidence, or from a snapshot. It asks no service and signs in nowhere; the playbook
    C(cvops.identity.access) reads the services first where there is neither.
  - Grants count through groups, nested ones too, through grants on all entities of a kind, on the company of an entity, and on the CommCell.
  - What the data does not tell is in C(not_evaluable), and is never a no. That is whether a server belongs to a server group, who the members of a
    directory's group are, the permissions of a role or of an owner that could not be read, and sources that were not read completely.
  - Names are compared exactly, but for the case of letters. A name of several people, roles or entities is an error that lists them.
  - Every option that is given narrows the answer.
options:
  bundle:
    description:
      - The folder of a bundle, or of bundles, of which the newest is asked; a relative one begins in the folder in which Ansible was started.
      - One of O(bundle) and O(snapshot) is needed.
    type: path
  snapshot:
    description:
      - The folder of a snapshot. Files and folders must be private.
    type: path
  document:
    description:
      - With O(snapshot), the variables of the document by name, such as C(cvops_role_mappings), which has owners and dates.
      - When left out, no grant has an owner or a date.
    type: dict
  missing:
    description:
      - With O(snapshot), the CommCells that were to be read and were not, each with why. They are told in C(not_evaluable).
    type: dict
  who:
    description:
      - Who can do something. C(permission) and C(role) are names or ids.
      - C(entity) says on what. It is V(commcell), a text such as V(servers:db01), or a mapping with C(kind), and C(name) or C(id). A kind alone asks for
        all entities of that kind. Kinds are those of C(entities) in role mappings.
    type: dict
  person:
    description:
      - What somebody can do, by user principal name, object id in Entra ID, name of the Commvault user, or full name.
    type: str
  review_by_before:
    description:
      - Grants whose C(review_by) in the document lies before this date.
    type: str
  valid_until_before:
    description:
      - Grants whose C(valid_until) in the document lies before this date.
    type: str
  commcell:
    description:
      - The CommCell that is asked about. When left out, all of them.
    type: str
seealso:
  - plugin: cvops.identity.access_answer_lines
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Who can restore on the server
  ansible.builtin.debug:
    msg: "{{ lookup('cvops.identity.access', bundle='evidence', who=asked) | cvops.identity.access_answer_lines }}"
  vars:
    asked:
      permission: In Place Recover
      entity: {kind: servers, name: db01}

- name: What Jana can do
  ansible.builtin.debug:
    msg: "{{ lookup('cvops.identity.access', bundle='evidence', person='jana@contoso.example').answers | map(attribute='entity') | unique }}"

- name: What is due for review this quarter
  ansible.builtin.debug:
    msg: "{{ lookup('cvops.identity.access', bundle='evidence', review_by_before='2027-04-01').answers }}"
"""

RETURN = r"""
_raw:
  description:
    - One dictionary. C(answers) has a row for each person and grant. C(can) is V(yes), V(no) (what is granted is disabled or blocked) or V(unknown);
      C(how) says through which groups, C(reach) how the grant gets to the entity (V(entity), V(all of the kind), V(company), V(CommCell)); C(id) is the
      row's id in C(access.csv) of the bundle, and the other keys are columns of it.
    - C(not_evaluable) has a row for each thing that cannot be told, with C(kind), C(commcell), C(subject), C(why), and C(rows), the ids of rows.
    - C(source) says which bundle or snapshot was asked.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import CvopsError
from ansible_collections.cvops.identity.plugins.plugin_utils.access_questions import ask_about_access
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError

OPTIONS = (
    "bundle",
    "snapshot",
    "document",
    "missing",
    "who",
    "person",
    "review_by_before",
    "valid_until_before",
    "commcell",
)


class LookupModule(LookupBase):
    """The lookup that answers who can do what."""

    def run(self, terms: t.Any, variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        """Return the answer, in a list of one."""
        if terms:
            raise AnsibleLookupError(
                "cvops.identity.access takes options only, for example person='jana@contoso.example'"
            )
        unknown = sorted(set(kwargs) - set(OPTIONS))
        if unknown:
            raise AnsibleLookupError(
                f"cvops.identity.access: unknown option {', '.join(unknown)}; there are: {', '.join(OPTIONS)}"
            )
        self.set_options(var_options=variables, direct=kwargs)
        try:
            return [ask_about_access({name: self.get_option(name) for name in OPTIONS})]
        except (CvopsError, FilterInputError) as exc:
            raise AnsibleLookupError(f"cvops.identity.access: {exc}") from None
