#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: connection_info
short_description: Show who signs in on both sides, and which playbooks that identity can run
version_added: 1.0.0
description:
  - Signs in to Microsoft Entra ID and to a CommCell as any other task with these options would, and tells who that is, where each input came from,
    which permissions it holds, and which way the requests take (CA, proxy, clock, latency).
  - Then tells for each playbook whether this identity can run it, and the exact names of the permissions to ask for where it cannot.
  - Changes nothing, and sends no write request but those of signing in and out.
  - The sides are independent. What is not configured or fails on one is said in its C(status) and C(error), and the other is read all the same; the task
    fails only for what O(require) names.
  - 'Graph permissions (application), least first: none. C(Organization.Read.All) adds name and domains of the tenant, C(Application.Read.All) the number
    of applications that the identity owns. Commvault rights: none; View on the CommCell adds release and name.'
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.info
  - cvops.identity._attributes.commvault
  - cvops.identity._transport
  - cvops.identity._entra
  - cvops.identity._commvault
  - cvops.identity._query
options:
  uses:
    description:
      - What the playbooks are to do, so that they are judged by no more than that. V(application) is C(cvops_application), V(consent) granting admin
        consent, V(app_role_assignments) saying who holds app roles, V(entra_groups) C(cvops_entra_groups), V(user_names) people given by user name,
        V(group_names) groups of the document that are not created by it and have no object id, V(commvault_roles) C(cvops_commvault_roles),
        V(role_mappings) C(cvops_role_mappings), V(conditional_access) C(cvops_conditional_access).
      - When left out, everything but V(consent), V(app_role_assignments) and V(conditional_access), which are better left to people.
    type: list
    elements: str
    choices: [application, consent, app_role_assignments, entra_groups, user_names, group_names, commvault_roles, role_mappings,
      conditional_access]
  require:
    description:
      - Sides that must work and playbooks that must be able to run; the task fails when one of them does not. A playbook for which that cannot be
        determined does not make the task fail.
      - When left out, the task does not fail whatever it finds.
    type: list
    elements: str
    choices:
      - entra
      - commvault
      - doctor
      - bootstrap
      - site
      - converge_role_mappings
      - export_role_mappings
      - export_entra
      - preflight
      - revert
      - expiry
      - rotate_secrets
      - roll_over_certificate
      - access_log
      - access_evidence
      - snapshot
      - access
  probe:
    description:
      - Sides of which to ask what no documentation says and this collection assumes, by reads alone, into RV(connection.probes).
      - 'Each probe needs the permissions of the reads that it is about; one without them could not be asked. Graph permissions (application):
        C(Application.Read.All), C(AuditLog.Read.All), C(Policy.Read.All). Commvault rights: View on the CommCell.'
    type: list
    elements: str
    choices: [entra, commvault]
notes:
  - Permissions are read from the access token, so those granted after it was issued show up with the next one. A managed identity's token may be a day old.
  - What playbooks need is judged by permissions that hold everywhere. C(Application.ReadWrite.OwnedBy) works only for applications that the identity owns.
    Commvault rights are read on the CommCell; those that an account holds on single entities only are not seen, and RV(connection.playbooks) then says
    V(null), cannot be told.
seealso:
  - module: cvops.identity.commvault_security_info
"""

EXAMPLES = r"""
- name: Who am I, and what can I run
  cvops.identity.connection_info:
  register: found

- name: Show it
  ansible.builtin.debug:
    msg: "{{ found.connection.report.entra + found.connection.report.commvault + found.connection.report.playbooks }}"

- name: Stop here unless the mapping can be converged
  cvops.identity.connection_info:
    require:
      - converge_role_mappings
"""

RETURN = r"""
connection:
  description: What was found.
  returned: success
  type: dict
  contains:
    entra:
      description: The side of Microsoft Entra ID. What could not be read is V(null).
      type: dict
      contains:
        status:
          description: V(ok), V(failed) or V(not_configured).
          type: str
        error:
          description: Why it failed, with C(msg), C(kind) and, where they apply, C(service), C(status), C(code) and C(request_id); else V(null).
          type: dict
        method:
          description: How it signed in.
          type: str
        sources:
          description: Where the value of each sign-in option came from, by option; never the value.
          type: dict
        identity:
          description: Whom the token names, as it says itself. C(kind) (C(application), C(managed_identity), C(user) or C(unknown)), C(object_id), C(app_id),
            C(display_name) and C(user_name).
          type: dict
        permissions:
          description: Permissions in the token, delegated ones for people. V(null) for a token that cannot be read.
          type: list
          elements: str
        directory_roles:
          description: Active directory roles of a person; V(null) for applications.
          type: list
          elements: str
        owned_applications:
          description: How many applications the identity owns.
          type: int
        tenant:
          description: C(id), C(display_name) and verified C(domains).
          type: dict
        cloud:
          description: The national cloud.
          type: str
        authority_url:
          description: Base address of the token service.
          type: str
        graph_url:
          description: Base address of Microsoft Graph.
          type: str
        ca:
          description: The CA bundle in force, in words.
          type: str
        proxy:
          description: The proxy in force, in words, without credentials.
          type: str
        clock_difference_s:
          description: Seconds by which the service's clock is ahead of the local one; negative when it is behind.
          type: int
        latency_ms:
          description: Milliseconds of the fastest answer.
          type: int
        token_life_s:
          description: Seconds for which the token is still valid.
          type: int
    commvault:
      description: The side of the CommCell. What could not be read is V(null).
      type: dict
      contains:
        status:
          description: V(ok), V(failed) or V(not_configured).
          type: str
        error:
          description: As for Entra ID.
          type: dict
        method:
          description: How it signed in.
          type: str
        sources:
          description: Where the value of each sign-in option came from, by option; never the value.
          type: dict
        identity:
          description: C(id), C(user_name), C(company) and C(groups) of the signed-in user.
          type: dict
        token_header:
          description: With O(commvault_auth_method=entra), the header in which the CommServe took the token, see O(commvault_entra_header); else V(null).
          type: str
        release:
          description: Feature release, such as V(11.42).
          type: str
        commcell:
          description: C(id) and C(name).
          type: dict
        company:
          description: The company in which the task acts; V(null) at CommCell level.
          type: str
        rights:
          description: Permissions of the user on the CommCell, each with C(id) and C(name).
          type: list
          elements: dict
        url:
          description: The address of the API; with a bare host, as it was found.
          type: str
        ca:
          description: The CA bundle in force, in words.
          type: str
        proxy:
          description: The proxy in force, in words.
          type: str
        clock_difference_s:
          description: Seconds by which the CommServe's clock is ahead of the local one; negative when it is behind.
          type: int
        latency_ms:
          description: Milliseconds of the fastest answer.
          type: int
    playbooks:
      description: By name of the playbook, whether it can run.
      type: dict
      contains:
        can_run:
          description: Whether it can; V(null) when that cannot be told.
          type: bool
        missing:
          description: Exact names of the permissions to ask for, least that would do; directory roles for people.
          type: list
          elements: str
        optional:
          description: Permissions without which the playbook runs and does less.
          type: list
          elements: str
        reason:
          description: Why, in words; empty when nothing is amiss.
          type: str
    probes:
      description:
        - What came of O(probe), without any name, id, address or text of a service or a person. Of answers there are the HTTP status and the shape, which is
          the keys, types and counts. Keys and codes that are not expected are numbered, such as V(key-1).
      returned: with O(probe)
      type: dict
      contains:
        format:
          description: V(cvops.identity/probes/1).
          type: str
        collection_version:
          description: The version of the collection.
          type: str
        commvault_release:
          description: The feature release, such as V(42) for 11.42; V(null) where it was not asked or is not shown.
          type: int
        answers:
          description: For each probe C(id), C(question), C(requests), C(answers) (C(status), C(code), C(shape)), C(facts), C(verdict) (V(confirmed),
            V(different) or V(could not be asked)) and C(why).
          type: list
          elements: dict
    report:
      description: The same in lines for people, under C(entra), C(commvault) and C(playbooks), with O(probe) also C(probes).
      type: dict
"""

from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.resource import Report
from ansible_collections.cvops.identity.plugins.module_utils._joint.connection.info import examine_connection
from ansible_collections.cvops.identity.plugins.module_utils._joint.connection.needs import FEATURES, PLAYBOOKS
from ansible_collections.cvops.identity.plugins.module_utils._joint.connection.probes.run import SIDES
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec

SPEC = commvault_spec().merge(
    ArgumentSpec(
        {
            "uses": {"type": "list", "elements": "str", "choices": list(FEATURES)},
            "require": {"type": "list", "elements": "str", "choices": ["entra", "commvault", *PLAYBOOKS]},
            "probe": {"type": "list", "elements": "str", "choices": list(SIDES)},
            "query": {"type": "str"},
        }
    )
)

RESOURCE = Report("connection", examine_connection)


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
