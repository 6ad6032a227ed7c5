#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: snapshot_pseudonyms
short_description: Replace people with pseudonyms in a snapshot
version_added: 1.0.0
description:
  - Copies the documents of a snapshot into another folder, with pseudonyms in place of names, user principal names, addresses, descriptions and ids of people,
    also where they stand within other texts. It signs in nowhere.
  - A pseudonym is made of the text and the key, without regard to letter case. The same person has the same one in Commvault, in Entra ID and in each
    snapshot with the same key. An object id of Entra ID gets another GUID, an id of a Commvault user another number. That of an account for programs, by its
    name, begins with C(svc-), all others with C(person-).
  - Names and ids of groups, roles, entities and applications stay, but for names and ids of people within them. A number, a single word of fewer than five
    characters or a usual one, such as C(admin), and a single word that names something else as well, are not taken for a name there. The Commvault user with
    the id 1, which each CommCell is installed with, keeps its id.
  - Of moments that tell a person, such as when the account was created, the day stays. Who is in which groups and may do what stays as well, so who may read
    the services can find somebody who is the only one with just these.
  - C(pseudonyms.json) in O(dest) takes pseudonyms back, with the key alone. It grows with each copy.
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.writer
  - cvops.identity._approval
options:
  src:
    description:
      - The folder of the snapshot, one with names. When left out, nothing is copied.
    type: path
  dest:
    description:
      - The folder of the copy, for this user alone. One that holds a snapshot with names, or pseudonyms of another key, is refused.
    type: path
    required: true
  key_file:
    description:
      - The file with the key, which this user alone can use, of at least 32 bytes, such as C(openssl rand -hex 32) writes. Whoever has it can take the
        pseudonyms back; without it nobody can.
    type: path
    required: true
  reveal:
    description:
      - Pseudonyms of names and ids to take back, into RV(pseudonyms.revealed).
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: A copy for others
  cvops.identity.snapshot_pseudonyms:
    src: /var/lib/cvops/snapshot
    dest: /srv/shared/snapshot
    key_file: /etc/cvops/pseudonyms.key

- name: Who is it
  cvops.identity.snapshot_pseudonyms:
    dest: /srv/shared/snapshot
    key_file: /etc/cvops/pseudonyms.key
    reveal: [person-0123456789abcdef]
"""

RETURN = r"""
pseudonyms:
  description: What the copy holds.
  returned: success
  type: dict
  contains:
    path:
      description: The folder of the copy.
      type: str
    table:
      description: The file that takes pseudonyms back.
      type: str
    commcells:
      description: The CommCells that were copied, by name.
      type: list
      elements: str
    entra:
      description: Whether the document of Entra ID was copied.
      type: bool
    count:
      description: How many pseudonyms the table has.
      type: int
    revealed:
      description: The texts that the pseudonyms of O(reveal) stand for.
      type: dict
steps:
  description: What the task changes, or would change in check mode, one entry per change; empty when the document shows nothing new.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Identifies the step; the same in check mode and in the run that carries it out. See O(approved_steps).
      type: str
    action:
      description: The kind of write.
      type: str
    sign:
      description: V(+) gives or creates something, V(-) removes something, V(~) changes what stays.
      type: str
    kind:
      description: What is given, removed or changed, such as V(document).
      type: str
    principal:
      description: Who or what it is about, by name.
      type: str
    sentence:
      description: What happens to the principal, with names in place of ids.
      type: str
target:
  description: Where that is. Empty, since nothing is done at a service.
  returned: success
  type: str
steps_gone:
  description: The ids of O(approved_steps) that are not needed any more; somebody else was faster.
  returned: when O(approved_steps) is given
  type: list
  elements: str
"""

from ansible_collections.cvops.identity.plugins.module_utils._core.approval import build_approval_spec
from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.pseudonym_files import SnapshotPseudonyms

SPEC = ArgumentSpec(
    {
        "src": {"type": "path"},
        "dest": {"type": "path", "required": True},
        "key_file": {"type": "path", "required": True, "no_log": False},
        "reveal": {"type": "list", "elements": "str"},
    }
).merge(build_approval_spec())

RESOURCE = SnapshotPseudonyms


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
