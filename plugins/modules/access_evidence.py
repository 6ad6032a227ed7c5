#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: access_evidence
short_description: Write, seal and verify evidence of who may do what on Commvault
version_added: 1.0.0
description:
  - Makes of a snapshot a bundle of access evidence. A folder with tables (C(access), C(roles), C(changes), C(leavers), C(identities), C(findings),
    C(signoff), C(action_plan), C(population)) as CSV for people and JSON for programs, a report of one page, files for programs of governance, the documents
    of the snapshot, and last C(manifest.json) with the SHA-256 of each of them and of the manifest of the bundle before.
  - The tables start from the grants; the people who hold a grant are added to it. What could not be read makes the bundle partial and is told;
    it is never taken for nothing there.
  - It supports evidence for controls of SOC 2 and ISO 27001, and never says that one is satisfied.
  - With O(verify), verifies bundles and their chain and writes nothing.
  - Asks no service and signs in nowhere.
  - A bundle is written under a hidden name and renamed when it is complete, so that half of one is never seen. Files have mode 0600, folders 0700.
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.writer
  - cvops.identity._approval
requirements:
  - Jinja2 for the report, which comes with ansible-core
  - OpenSSH 8.2 or newer for O(sign_with) and O(allowed_signers)
options:
  dest:
    description:
      - The folder of the bundles. Keep one chain in it, and no bundle elsewhere.
    type: path
    required: true
  snapshot:
    description:
      - The folder of the documents, C(commcells/NAME.json) and C(entra.json), as the playbook C(cvops.identity.snapshot) writes them.
      - Needed unless O(verify).
    type: path
  name:
    description:
      - The name of the bundle, a folder in O(dest). When left out, the time of the snapshot in UTC, such as V(2026-11-27T201500Z).
      - With O(verify), only this bundle and those before it are verified. When left out, all in O(dest).
      - A bundle that is there and was made of the same is left as it is; one that was made of something else is a failure.
    type: str
  document:
    description:
      - The document of variables as data, such as C(cvops_role_mappings) and C(cvops_break_glass). Grants are compared with it, and owners and approvals are
        taken from it.
      - When left out, nothing is said of what is declared.
    type: dict
  rules:
    description:
      - Segregation of duties. Nobody may hold a permission of both sides where they meet.
      - When left out, the built-in rules (administering backups and approving restores, auditing and administering); an empty list looks for nothing.
    type: list
    elements: dict
    suboptions:
      id:
        description: A short name, which is part of the id of its findings.
        type: str
        required: true
      title:
        description: What is wrong, in words.
        type: str
        required: true
      severity:
        description: Of its findings.
        type: str
        choices: [critical, high, medium, low]
        default: high
      first:
        description: Names of permissions or roles, shell patterns.
        type: list
        elements: str
        required: true
      second:
        description: Names of permissions or roles that nobody may hold beside one of O(rules[].first).
        type: list
        elements: str
        required: true
      remedy:
        description: What to do, in words.
        type: str
  previous:
    description:
      - The folder of the bundle before, with which this one is compared and linked. V(auto) is the newest in O(dest) that is older than the snapshot,
        V(none) begins a chain.
      - Its hashes are checked; a bundle that was changed is a failure.
    type: str
    default: auto
  log:
    description:
      - The log that the playbook C(cvops.identity.access_log) has written (C(access_log_file)), by which changes get their authors.
    type: path
  missing:
    description:
      - CommCells that were to be read and were not. Name and why. They make the bundle partial.
    type: dict
  pseudonym_key_file:
    description:
      - A file with the key by which people and their ids are given pseudonyms, before anything else is made of the snapshot. Who has the key can tell whom
        they stand for.
      - With a snapshot that has pseudonyms, name the key that has made them. O(document), O(log), O(drills) and O(decisions) get those of the same key, so that
        they meet. Without the key, what these say of people is compared with nothing, findings of the rule C(pseudonyms_not_comparable) say so, O(log) is not
        used, and RV(evidence.named_in) tells in which of them people have their names.
      - The bundles of a chain have pseudonyms of the same key, or names, since the rows of the bundle before stand in the table of changes.
    type: path
  decisions:
    description:
      - Filled-in copies of C(signoff.csv) and C(action_plan.csv), recognised by their first line.
      - When left out, those in the previous bundle. A file that was filled in there no longer has the hash that was sealed; better fill in a copy.
      - A row that is filled in twice, in different ways, is refused. Rows that nobody filled in are findings once others were; without any, the last
        decisions stay.
    type: list
    elements: path
  drills:
    description:
      - Rehearsals of break-glass accounts.
    type: list
    elements: dict
    suboptions:
      commcell:
        description: Name of the CommCell in the document.
        type: str
        required: true
      user:
        description: Login name of the account.
        type: str
        required: true
      outcome:
        description: Whether the account could log in and administers the CommCell. V(not_proven) means that it logged in and its rights were not shown.
        type: str
        choices: [worked, not_proven, failed]
        required: true
      date:
        description: When, RFC 3339.
        type: str
        required: true
  formats:
    description:
      - What the bundle holds beside the tables as JSON, C(signoff.csv), C(action_plan.csv), the documents and the manifest. V(csv) is all tables as CSV,
        V(html) C(report.html), V(vanta) C(grc/vanta.csv), V(ciso_assistant) C(grc/ciso-assistant-findings.csv), V(oscal)
        C(oscal/assessment-results.json), V(attestation) C(attestation.json) and V(junit) C(junit.xml).
      - When left out, everything. The report is made on the controller, in process; where the task runs as a module, name the others.
    type: list
    elements: str
    choices: [csv, html, vanta, ciso_assistant, oscal, attestation, junit]
  manifest_sink:
    description:
      - Text files that keep the hash of the manifest as well, one line for each bundle (time, bundle id, SHA-256), such as in a checkout of Git that is pushed
        to where the operator cannot change it. One file for each O(dest).
      - With O(verify), the bundles are compared with these lines.
    type: list
    elements: path
  sign_with:
    description:
      - A key file with which C(ssh-keygen -Y sign) signs the manifest, in the namespace C(cvops.identity-evidence). The public part of a key that an agent
        has will do. A passphrase is not asked for.
    type: path
  allowed_signers:
    description:
      - With O(verify), a file of allowed signers as C(ssh-keygen) has them. Each bundle must be signed by one of them.
      - When left out, signatures are not looked at.
    type: path
  verify:
    description:
      - Verifies bundles instead of writing one. The hash of each file, missing and additional files, the links up to the first bundle, the lines of
        O(manifest_sink), and signatures.
      - The task fails where something is amiss, and tells all of it in RV(evidence.problems).
    type: bool
    default: false
seealso:
  - module: cvops.identity.commvault_security_info
  - module: cvops.identity.entra_conditional_access_info
notes:
  - A chain of hashes proves nothing against its own producer, who can make all of it again, unless its head is kept elsewhere. Use O(manifest_sink) or
    O(sign_with) with a key that the operator does not have.
"""

EXAMPLES = r"""
- name: A bundle of the snapshot
  cvops.identity.access_evidence:
    snapshot: snapshot
    dest: evidence
  register: bundle

- name: What it found
  ansible.builtin.debug:
    msg: "{{ bundle.evidence.findings }}, report: {{ bundle.evidence.report }}"

- name: Nothing was changed since
  cvops.identity.access_evidence:
    dest: evidence
    verify: true
"""

RETURN = r"""
evidence:
  description: The bundle, or what came of verifying.
  returned: success, and when verifying fails
  type: dict
  contains:
    path:
      description: The folder of the bundle; with O(verify) that of the bundles.
      type: str
    name:
      description: Name of the bundle, with O(verify) of the newest one.
      type: str
    bundle_id:
      description: Its id, made of its content.
      type: str
    as_of:
      description: When the last of its documents was complete.
      type: str
    manifest_sha256:
      description: SHA-256 of its manifest, the head of the chain. In check mode V(null) for a bundle that would be written.
      type: str
    counts:
      description: Rows by table.
      returned: without O(verify)
      type: dict
    findings:
      description: Open findings by severity.
      returned: without O(verify)
      type: dict
    changes:
      description: Changes since the bundle before.
      returned: without O(verify)
      type: int
    partial:
      description: Why the bundle is not complete, in words; empty when it is.
      returned: without O(verify)
      type: list
      elements: str
    pseudonymised:
      description: Whether people have pseudonyms, those of the snapshot or those that O(pseudonym_key_file) has made.
      returned: without O(verify)
      type: bool
    named_in:
      description: Of a bundle with pseudonyms, the options in which people have their names, since no key was given.
      returned: without O(verify)
      type: list
      elements: str
    previous:
      description: The bundle before, with C(name), C(bundle_id), C(as_of) and C(manifest_sha256); V(null) for the first one.
      returned: without O(verify)
      type: dict
    report:
      description: Path of the report; V(null) where O(formats) has none.
      returned: without O(verify)
      type: str
    files:
      description: Number of files that the manifest names.
      returned: without O(verify)
      type: int
    not_confirmed:
      description: Files that were not read back as they were written, with C(bundle), C(path), C(kind) and C(message).
      returned: without O(verify)
      type: list
      elements: dict
    verified:
      description: Names of the bundles whose manifests could be read, oldest first.
      returned: with O(verify)
      type: list
      elements: str
    problems:
      description: What is amiss, the first 200, with C(bundle), C(path), C(kind) (C(changed), C(missing), C(unknown), C(unreadable), C(renamed), C(previous),
        C(order), C(fork), C(sink), C(signature)) and C(message).
      returned: with O(verify)
      type: list
      elements: dict
    problem_count:
      description: Number of all problems.
      returned: with O(verify)
      type: int
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
      description: What is given, removed or changed, such as V(permission).
      type: str
    principal:
      description: Who or what it is about, by name.
      type: str
    sentence:
      description: What happens to the principal, with names in place of ids.
      type: str
target:
  description: Empty, as no service is asked.
  returned: success
  type: str
steps_gone:
  description: The ids of O(approved_steps) that are not needed any more; somebody else was faster.
  returned: when O(approved_steps) is given
  type: list
  elements: str
"""

from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.bundle.options import bundle_spec
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.bundle.resource import EvidenceResource

SPEC = bundle_spec()

RESOURCE = EvidenceResource


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
