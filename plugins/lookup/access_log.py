# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: access_log
short_description: The joined logs of earlier runs as data
version_added: 1.0.0
author:
  - cvops.identity authors (@cvops)
description:
  - Reads a file that the playbook C(cvops.identity.access_log) has written. Its texts stay texts, also where they hold template marks.
  - Read are at most 256 MiB, 40 levels and 12,000,000 values.
options:
  _terms:
    description: Path of the file; a relative one begins in the folder in which Ansible was started.
    type: list
    elements: path
    required: true
seealso:
  - plugin: cvops.identity.join_logs
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Where the last run has ended
  ansible.builtin.debug:
    msg: "{{ lookup('cvops.identity.access_log', 'access.json').log | cvops.identity.access_log_start('localhost') }}"
"""

RETURN = r"""
_raw:
  description:
    - One dictionary. C(log) is what P(cvops.identity.join_logs#filter) returned, empty where there is no file yet or where there are C(problems), a list
      of sentences.
  type: list
  elements: dict
"""

import typing as t

from ansible.plugins.lookup import LookupBase

from ansible_collections.cvops.identity.plugins.plugin_utils.access_log import read_log_file
from ansible_collections.cvops.identity.plugins.plugin_utils.data_reading import list_paths, resolve_path


class LookupModule(LookupBase):
    """The lookup that reads the joined logs of earlier runs as data."""

    def run(self, terms: t.Any, variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        """Return the log and the problems with its file, in a list of one."""
        self.set_options(var_options=variables, direct=kwargs)
        path = next((path for path in map(resolve_path, list_paths(terms)) if path), None)
        if path is None:
            return [{"log": {}, "problems": ["no file is named"]}]
        log, problems = read_log_file(path)
        return [{"log": log, "problems": problems}]
