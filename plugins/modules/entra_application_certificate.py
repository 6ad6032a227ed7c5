#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_application_certificate
short_description: Add or remove certificates of an application in Microsoft Entra ID
version_added: 1.0.0
description:
  - With O(state=present) makes sure that O(certificate) is among the certificates with which the application may sign in, found by its
    thumbprint, whatever it is called. With O(exclusive=true) it is the only one afterwards.
  - With O(state=absent) removes the certificates that fit all of O(key_id), O(thumbprint), O(certificate) and O(name) that are given.
  - Microsoft Graph takes all certificates of an application at once, and forgets those that are not sent. So this module reads until several answers
    agree, reads again directly before it writes, writes nothing where something has changed meanwhile, and checks afterwards that every
    certificate that was there still is. Keys that serve other purposes, such as signing or encrypting tokens, are sent along and never touched.
  - This is the low level. To replace a certificate without an outage for those who use it, rotate it.
  - 'Graph permissions (application), least first: C(Application.ReadWrite.OwnedBy) for registrations that the identity owns, else
    C(Application.ReadWrite.All). C(Policy.Read.All) lets a refusal by an app management policy name what it demands.'
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
      - With O(state=present) the display name of a certificate that is added, up to 90 characters; when left out, Entra ID takes the certificate's
        subject. Entra ID does not rename certificates, so one that is there keeps its name.
      - With O(state=absent) the certificates of this name, letter case apart, and those whose name is O(name), a slash and 12 hexadecimal
        digits, as a rotation names them.
    type: str
  certificate:
    description:
      - The certificate without its private key, as PEM text, as base64 of DER, or as the path of a file with either or with DER. A relative
        path begins at the folder of the playbook. Required with O(state=present).
      - What holds a private key, a PKCS #12 file among it, is refused before anything is sent, and is not shown.
      - It is to have an RSA key of 2048 bits or more, and must not have expired.
    type: str
  thumbprint:
    description:
      - The thumbprint, SHA-1 or SHA-256, in hexadecimal with or without colons and blanks, or in base64.
      - Beside O(certificate) it has to be that certificate's own, which guards against the wrong file.
    type: str
  key_id:
    description:
      - Key id of the certificate to remove. Not allowed with O(state=present).
    type: str
  exclusive:
    description:
      - Whether all other certificates with which the application may sign in are removed, after O(certificate) was added and shows. Consumers that still
        use one of them are cut off.
    type: bool
    default: false
  state:
    description:
      - V(present) keeps O(certificate); V(absent) removes what the other options name.
    type: str
    choices: [present, absent]
    default: present
  max_removals:
    description:
      - So many certificates the task may remove. More of them are refused before anything is written.
    type: int
    default: 20
  accept_risk:
    description:
      - V(last_key) allows removing the last certificates that work when the registration has no valid secret either.
      - V(own_key) allows removing the certificate with which the task itself signs in, or may sign in.
    choices: [last_key, own_key]
notes:
  - Two entries with one certificate count as one. Both are listed, and both are removed by thumbprint.
  - Its dates in Entra ID are the certificate's own, in UTC.
  - Entra ID cannot refuse a write that was made from what is out of date. What another program adds in the moment between the last look and the write
    is lost, whichever tool writes. This module sees that for its own certificate while it waits for it to show, and adds it again. Let one
    place alone write the certificates of an application.
  - A certificate that was there before and is not afterwards fails the task, and RV(ignore:error) lists it under C(lost).
  - A request whose answer was lost is followed up before it is repeated. Where its outcome stays unknown, RV(ignore:error) has C(outcome=unknown)
    and the C(key_id) that the certificate would have.
  - It takes some time until the sign-in service knows a new certificate.
  - Needs the Python library cryptography where O(certificate) is given.
"""

EXAMPLES = r"""
- name: The certificate of the backup job
  cvops.identity.entra_application_certificate:
    application:
      unique_name: commvault-management
    name: backup-job
    certificate: files/backup-job.pem

- name: No other certificate than this one
  cvops.identity.entra_application_certificate:
    application:
      unique_name: commvault-management
    certificate: files/backup-job.pem
    exclusive: true
    max_removals: 2

- name: Remove a certificate by its thumbprint
  cvops.identity.entra_application_certificate:
    application:
      unique_name: commvault-management
    thumbprint: 3C:9A:62:7F:0D:B1:55:E8:24:C6:90:AB:1F:7D:43:08:EE:52:B9:61
    state: absent
"""

RETURN = r"""
certificates:
  description: All certificates with which the application may sign in, after the task, the one that ends first first.
  returned: success
  type: list
  elements: dict
  contains:
    key_id:
      description: The id by which it can be removed; V(null) in check mode for one that is to be added.
      type: str
    thumbprint:
      description: The SHA-1 thumbprint in upper-case hexadecimal, as the pages of Entra ID show it; V(null) where it is not known.
      type: str
    name:
      description: Its display name.
      type: str
    starts:
      description: From when on it can be used, RFC 3339 in UTC.
      type: str
    expires:
      description: When it expires, RFC 3339 in UTC.
      type: str
    not_confirmed:
      description: What Entra ID does not show as written after a minute, V(certificates) for a new certificate that is not listed.
      type: list
      elements: dict
      contains:
        field:
          description: What is not shown.
          type: str
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
      description: What is given, removed or changed, such as V(certificate).
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
from ansible_collections.cvops.identity.plugins.module_utils._core.risks import build_removals_spec, build_risk_spec
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.reference import application_option
from ansible_collections.cvops.identity.plugins.module_utils._entra.certificates.resource import CertificateResource
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec

SPEC = entra_spec().merge(
    build_approval_spec(),
    build_risk_spec("last_key", "own_key"),
    build_removals_spec(),
    ArgumentSpec(
        {
            "application": {**application_option().options["application"], "required": True},
            "name": {"type": "str"},
            "certificate": {"type": "str", "no_log": True},
            "thumbprint": {"type": "str"},
            "key_id": {"type": "str", "no_log": False},
            "exclusive": {"type": "bool", "default": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[
            ["state", "present", ["certificate"]],
            ["state", "absent", ["key_id", "thumbprint", "certificate", "name"], True],
        ],
    ),
)

RESOURCE = CertificateResource


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
