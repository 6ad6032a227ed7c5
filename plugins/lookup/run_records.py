# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: run_records
short_description: The records of one run as data, for undoing it
version_added: 1.0.0
author:
  - cvops.identity authors (@cvops)
description:
  - Reads records that tasks have left in the folder of C(cvops_run_record_dir), and checks that they have the form that this release writes. Their texts
    stay texts, also where they hold template marks.
  - A record that is older or newer, that is no record, or that is of another run than the others, is a problem. It holds no secrets, and no address is
    taken from it. Of a folder, that counts for the records of the run; files that cannot be read, and may be some, are a warning.
  - Read are at most 48 MiB, 40 levels and 3,000,000 values of each.
options:
  _terms:
    description: Paths of records, or of folders of records, or one list of them; relative ones begin in the folder in which Ansible was started.
    type: list
    elements: path
    required: true
  run:
    description:
      - Of a folder, the run whose records are read, as the field C(run) of the records or the job's id.
      - When left out, a folder is a problem, which names its last runs; RV(ignore:runs) has them, too.
    type: str
    default: ""
seealso:
  - plugin: cvops.identity.undo_plan
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Say what the last run did
  ansible.builtin.debug:
    msg: "{{ lookup('cvops.identity.run_records', 'records', run='7f3a9c01d2e4') }}"
"""

RETURN = r"""
_raw:
  description:
    - One dictionary. C(records) holds the records, oldest first, and is empty when there are C(problems), a list of sentences.
    - C(runs) has a line for each of the last runs of a folder, where all that is wrong is that none of them was chosen.
  type: list
  elements: dict
"""

import typing as t

from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display

from ansible_collections.cvops.identity.plugins.plugin_utils.data_reading import list_paths
from ansible_collections.cvops.identity.plugins.plugin_utils.undo_records import read_run_records


class LookupModule(LookupBase):
    """The lookup that reads run records as data."""

    def run(self, terms: t.Any, variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        """Return the records and problems, in a list of one."""
        self.set_options(var_options=variables, direct=kwargs)
        found = read_run_records(list_paths(terms), str(self.get_option("run") or ""))
        for message in found.warnings:
            Display().warning(f"revert_record: {message}")
        return [{"records": found.records, "problems": found.problems, "runs": found.runs}]
