#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_application_secret
short_description: Add or remove one client secret of an application in Microsoft Entra ID
version_added: 1.0.0
description:
  - With O(state=present) makes sure that the registration has one unexpired secret called O(name). When it has none, one is added and its
    value returned, this once; Entra ID never shows it again.
  - With O(state=absent) removes exactly the secret O(key_id). No secret is ever removed that was not named; expired ones stay.
  - This is the low level. To replace a secret without an outage for those who use it, rotate it.
  - 'Graph permissions (application), least first: C(Application.ReadWrite.OwnedBy) for registrations that the identity owns, else
    C(Application.ReadWrite.All). C(Policy.Read.All) lets a refusal by an app management policy name the allowed lifetime.'
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.writer
  - cvops.identity._attributes.entra
  - cvops.identity._transport
  - cvops.identity._approval
  - cvops.identity._entra
  - cvops.identity._application_reference
  - cvops.identity._risk
options:
  application:
    required: true
  name:
    description:
      - What the secret is called, up to 80 characters. The display name of the secret becomes O(name), a slash and a random id, the marker by which
        a run whose answer was lost finds and removes its own orphan.
      - Secrets with such a display name, or with O(name) itself, count as this secret, letter case apart.
    type: str
    default: cvops
  lifetime_days:
    description:
      - Days from now, by the clock of Entra ID, until a new secret expires. Ignored for a secret that is there already.
    type: int
    default: 180
  key_id:
    description:
      - Key id of the secret to remove. Required with O(state=absent), and not allowed otherwise.
    type: str
  state:
    description:
      - V(present) keeps one unexpired secret called O(name); V(absent) removes the secret O(key_id).
    type: str
    choices: [present, absent]
    default: present
  accept_risk:
    description:
      - V(last_key) allows removing the last secret that works when the registration has no valid certificate either.
      - V(own_key) allows removing the secret with which the task itself signs in, or may sign in.
    choices: [last_key, own_key]
notes:
  - The value is in the task's result, and with it in logs, callbacks and fact caches. Set C(no_log) to V(true) on the task, and hand the registered
    result on to the place that keeps the secret.
  - The request to add a secret is not repeated when its answer is lost. The run looks for a secret with its marker for a minute. If it shows up, nobody
    has its value, so it is removed and another one is added. If it does not, the task fails, and RV(ignore:error) has C(marker) and C(outcome=unknown).
    Should a secret with that display name appear afterwards, remove it by its key id, or the next run takes it for the one to keep.
  - A failure after a secret was added returns it in RV(ignore:salvaged).
  - A secret that was added is waited for, for a minute at most, until Entra ID lists it. The removal of one that is still listed after a minute fails the
    task.
"""

EXAMPLES = r"""
- name: A secret for the backup job, valid for 90 days
  cvops.identity.entra_application_secret:
    application:
      unique_name: commvault-management
    name: backup-job
    lifetime_days: 90
  no_log: true
  register: backup_secret

- name: Keep it where the job reads it
  ansible.builtin.copy:
    content: "{{ backup_secret.secret.value }}"
    dest: /etc/backup-job/secret
    mode: "0600"
  no_log: true
  when: backup_secret is changed

- name: Remove the secret that it replaces
  cvops.identity.entra_application_secret:
    application:
      unique_name: commvault-management
    key_id: 0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b70
    state: absent
"""

RETURN = r"""
secret:
  description: The secret; empty with O(state=absent). In check mode a secret to be added has no key id, display name and value yet.
  returned: success
  type: dict
  contains:
    key_id:
      description: The id by which it can be removed.
      type: str
    display_name:
      description: Its marker.
      type: str
    expires:
      description: When it expires, RFC 3339 in UTC; V(null) for never.
      type: str
    value:
      description: The secret itself when this task has added it, else V(null).
      type: str
    not_confirmed:
      description:
        - What Entra ID does not show as written after a minute, V(list) for a new secret that is not listed; a run soon after may add a second one.
        - A removal that is not shown fails the task instead.
      type: list
      elements: dict
      contains:
        field:
          description: What is not shown.
          type: str
salvaged:
  description: RV(secret) in a failed task that has added a secret.
  returned: failure, when a secret was added before
  type: dict
steps:
  description: What the task changes, or would change in check mode, one entry per change, in the order of the writes; empty when nothing changes.
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
      description: What is given, removed or changed, such as V(secret).
      type: str
    principal:
      description: Who or what it is about, by name.
      type: str
    sentence:
      description: What happens to the principal, with names in place of ids.
      type: str
target:
  description: Where that is. The address of the CommCell, with the company that is acted for, or the id of the tenant.
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
from ansible_collections.cvops.identity.plugins.module_utils._core.risks import build_risk_spec
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.reference import application_option
from ansible_collections.cvops.identity.plugins.module_utils._entra.secrets.resource import SecretResource
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec

SPEC = entra_spec().merge(
    build_approval_spec(),
    build_risk_spec("last_key", "own_key"),
    ArgumentSpec(
        {
            "application": {**application_option().options["application"], "required": True},
            "name": {"type": "str", "default": "cvops"},
            "lifetime_days": {"type": "int", "default": 180},
            "key_id": {"type": "str", "no_log": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[["state", "absent", ["key_id"]]],
    ),
)

RESOURCE = SecretResource


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
