# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: break_glass_drills
short_description: The break-glass drills of earlier runs as data
version_added: 1.0.0
author:
  - cvops.identity authors (@cvops)
description:
  - Reads a file that the playbook C(cvops.identity.break_glass_drill) has written. Its texts stay texts, also where they hold template marks.
options:
  _terms:
    description: Path of the file; a relative one begins in the folder in which Ansible was started.
    type: list
    elements: path
    required: true
seealso:
  - plugin: cvops.identity.add_drills
    plugin_type: filter
"""

EXAMPLES = r"""
- name: When the accounts were last proven
  ansible.builtin.debug:
    msg: "{{ lookup('cvops.identity.break_glass_drills', 'drills.json').drills | cvops.identity.drill_lines }}"
"""

RETURN = r"""
_raw:
  description:
    - One dictionary. C(drills) is a list of what P(cvops.identity.add_drills#filter) returned, empty where there is no file yet or where there are
      C(problems), a list of sentences.
  type: list
  elements: dict
"""

import typing as t

from ansible.plugins.lookup import LookupBase

from ansible_collections.cvops.identity.plugins.plugin_utils.break_glass_drill import read_drills
from ansible_collections.cvops.identity.plugins.plugin_utils.data_reading import list_paths, resolve_path


class LookupModule(LookupBase):
    """The lookup that reads the drills of earlier runs as data."""

    def run(self, terms: t.Any, variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        """Return the drills and the problems with their file, in a list of one."""
        self.set_options(var_options=variables, direct=kwargs)
        path = next((path for path in map(resolve_path, list_paths(terms)) if path), None)
        if path is None:
            return [{"drills": [], "problems": ["no file is named"]}]
        drills, problems = read_drills(path)
        return [{"drills": drills, "problems": problems}]
