# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: checked_variables
short_description: The variables document of the play, evaluated and checked
version_added: 1.0.0
author:
  - cvops.identity authors (@cvops)
description:
  - Evaluates the variables of the document (C(cvops_connection), C(cvops_application), C(cvops_role_mappings) and the others), each template
    apart, and checks them against one schema. No service is called, but for those that lookups in the document call.
  - A problem is one short line with the path, what is wrong and what to do. It never contains a value of the document, and nothing of a
    template that fails but the names of what is not defined.
  - The roles and playbooks begin with it. The same schema, for editors, is C(docs/schema/access.json) in the collection's repository.
options:
  _terms:
    description:
      - The playbook or role for which the variables are checked, which decides what may not be missing; V(validate) needs nothing.
    type: list
    elements: str
    default: [validate]
    choices:
      - app_registration
      - bootstrap
      - converge_role_mappings
      - doctor
      - export_role_mappings
      - preflight
      - role_mappings
      - site
      - validate
  given_only:
    description:
      - Whether only the names of the variables that are given on the command line are looked at, for those that the playbooks and roles set themselves.
        Nothing is evaluated, and C(variables) is empty.
    type: bool
    default: false
notes:
  - What it returns holds the secrets of the document. Put it into a task with C(no_log), and show C(problems) in the next one.
seealso:
  - plugin: cvops.identity.document
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Evaluate and check the variables
  ansible.builtin.set_fact:
    checked: "{{ lookup('cvops.identity.checked_variables', 'site') }}"
  no_log: true

- name: Say what is wrong with them
  ansible.builtin.assert:
    that: checked.problems | length == 0
    fail_msg: "{{ checked.problems }}"
"""

RETURN = r"""
_raw:
  description:
    - One dictionary. C(problems) is a list of sentences. C(variables) holds the evaluated variables by name, without those that are
      not set, and is empty when there are problems.
  type: list
  elements: dict
"""

import functools
import os
import typing as t

from ansible.plugins.lookup import LookupBase

from ansible_collections.cvops.identity.plugins.module_utils._core.values import OMITTED
from ansible_collections.cvops.identity.plugins.plugin_utils.ansible_internals import (
    get_playbook_folder,
    list_extra_variables,
    render_template,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.variables_document import (
    check_variables,
    find_own_variables,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.variables_schema import SCHEMA


class LookupModule(LookupBase):
    """The lookup that evaluates and checks the variables document."""

    def run(self, terms: t.Any, variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        """Return the variables and problems, in a list of one."""
        self.set_options(var_options=variables, direct=kwargs)
        if self.get_option("given_only"):
            return [{"variables": {}, "problems": find_own_variables(list_extra_variables(self._loader))}]
        playbook = str((terms or ["validate"])[0])
        render = functools.partial(render_template, self._templar, omitted=OMITTED)
        folder = get_playbook_folder(variables or {})
        found = check_variables(variables or {}, SCHEMA, render, playbook, os.environ, folder)
        return [{"variables": found.variables, "problems": found.problems}]
