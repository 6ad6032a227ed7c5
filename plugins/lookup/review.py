# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: review
short_description: Changes of the mapping document by the decisions of an access review
version_added: 1.0.0
author:
  - cvops.identity authors (@cvops)
description:
  - Reads a bundle of access evidence and the filled-in copy of its C(signoff.csv), checks the decisions, and returns what C(revoke) makes of the
    document of variables as a patch for people to look at and commit. It writes nothing, and asks no service.
  - A grant leaves the document when it is revoked for everybody who has it. Where it is revoked for some members of a group, the mapping cannot say it, and
    C(group_changes) proposes who is to leave which group.
  - Comments, order and style of the document stay. What cannot be cut out safely, such as what an anchor shares or a pattern covers, is in C(by_hand).
  - Each row needs one of the decisions V(keep), V(revoke) and V(change), a reviewer who does not have the access, and a date; V(revoke) and V(change) need a
    reason. All problems are reported together.
  - The file may be saved by a spreadsheet, with commas, semicolons or tabs, in UTF-8 or UTF-16. Dates are written as V(2026-11-27) or V(27.11.2026).
options:
  bundle:
    description:
      - The folder of the bundle, or of bundles, of which the newest is taken; relative paths begin in the folder in which Ansible was started.
    type: path
    required: true
  signoff:
    description:
      - The filled-in copy of C(signoff.csv). The file in the bundle is sealed, so fill in a copy.
    type: path
    required: true
  document:
    description:
      - The file that declares C(cvops_role_mappings).
    type: path
    required: true
seealso:
  - plugin: cvops.identity.review_patch
    plugin_type: filter
"""

EXAMPLES = r"""
- name: What the review makes of the mapping
  ansible.builtin.set_fact:
    found: "{{ lookup('cvops.identity.review', bundle='evidence', signoff='signoff-2026-q4.csv', document='access.yml') }}"

- name: Tell
  ansible.builtin.debug:
    msg: "{{ found | cvops.identity.review_lines }}"
"""

RETURN = r"""
_raw:
  description:
    - One dictionary. C(patch) is a unified diff of C(file) for C(git apply) or C(patch -p1) in C(folder), empty where nothing leaves the document.
    - C(removals) is what it takes out, C(group_changes) who is to leave which group, with the object ids, C(by_hand) what the document cannot say and why,
      C(to_change) what was decided to be changed. Each has C(rows), the ids of rows of C(access.csv).
    - C(counts) are the decisions, C(notes) what to know of the bundle.
  type: list
  elements: dict
"""

import datetime
import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import CvopsError
from ansible_collections.cvops.identity.plugins.plugin_utils.data_reading import DataFileError
from ansible_collections.cvops.identity.plugins.plugin_utils.review import plan_review

OPTIONS = ("bundle", "signoff", "document")


class LookupModule(LookupBase):
    """The lookup that turns decisions into a patch."""

    def run(self, terms: t.Any, variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        """Return what the decisions make of the document, in a list of one."""
        unknown = sorted(set(kwargs) - set(OPTIONS))
        if terms or unknown:
            raise AnsibleLookupError(f"cvops.identity.review takes {', '.join(OPTIONS)}, and nothing else")
        self.set_options(var_options=variables, direct=kwargs)
        try:
            now = datetime.datetime.now(datetime.timezone.utc)
            return [plan_review({name: self.get_option(name) for name in OPTIONS}, now)]
        except (CvopsError, DataFileError) as exc:
            raise AnsibleLookupError(f"cvops.identity.review: {exc}") from None
