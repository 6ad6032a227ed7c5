#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_conditional_access_info
short_description: Read conditional access policies in words and as data, with what is wrong with them
version_added: 1.0.0
description:
  - Reads all conditional access policies and named locations, and returns the policies that can reach the given applications, or all, in sentences and
    as data under the names of the options of M(cvops.identity.entra_conditional_access_policy).
  - Each id is returned with the name of its object. Fields that this version does not know are shown, never left out.
  - The findings tell what does not exist any more, what is excluded and covered by nothing else, which groups others may change, what becomes of the
    accounts for emergencies, and which policies would apply but for one condition.
  - What cannot be read is told in RV(not_evaluable) with the permission that it takes, and is never taken for fine. The task fails where the policies
    cannot be read, and where a name or id in an option is not found, not clear, or cannot be looked up. That takes C(Application.Read.All) in
    O(applications) and for applications and service principals in O(sign_ins), C(User.Read.All) for users and C(GroupMember.Read.All) for groups in
    O(sign_ins) and O(break_glass).
  - Whether a policy applies is judged from its conditions, without the service. What is not known is V(may).
  - 'Graph permissions (application): C(Policy.Read.All) for policies and locations; for names C(Directory.Read.All) and C(Application.Read.All); for
    groups and owners C(Group.Read.All); for break-glass accounts and sign-ins C(User.Read.All), C(GroupMember.Read.All) and
    C(RoleManagement.Read.Directory); for when an account was last used C(AuditLog.Read.All) and Entra ID P1. Terms of use can be read by people alone.'
  - Entra ID takes one request a second for conditional access, from all clients of a tenant together; this module keeps to it.
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.info
  - cvops.identity._attributes.entra
  - cvops.identity._transport
  - cvops.identity._entra
  - cvops.identity._query
options:
  applications:
    description:
      - Applications by application id, object id of the service principal, or display name. Returned are the policies that can reach one of them, when it is
        signed in to and when it signs in by itself. When left out, all policies are returned; an empty list returns none.
    type: list
    elements: str
  policies:
    description:
      - Policies by display name or object id; of several with one name all. When left out, all that reach O(applications); an empty list returns none.
    type: list
    elements: str
  sign_ins:
    description:
      - Sign-ins to judge by all policies of the tenant, those that are not returned among them. When left out, none is judged.
    type: list
    elements: dict
    suboptions:
      user:
        description:
          - A user, by user principal name or object id. Either this or O(sign_ins[].service_principal).
        type: str
      service_principal:
        description:
          - A service principal, by display name or object id.
        type: str
      application:
        description:
          - What is signed in to, by display name or application id. When left out, anything.
        type: str
      address:
        description:
          - The IP address. When left out it is not known.
        type: str
      country:
        description:
          - The country, as a code of two letters. When left out it is not known.
        type: str
      can:
        description:
          - What the sign-in can meet.
        type: list
        elements: str
        choices: [mfa, compliant_device, hybrid_joined_device, approved_application, protected_application, password_change, risk_remediation,
          authentication_strength, terms_of_use]
        default: []
  break_glass:
    description:
      - The accounts for emergencies. What excludes them is not a gap, and it is told whether they are left out, can sign in, and have been used. When left out,
        no account is taken for one.
    type: dict
    suboptions:
      users:
        description:
          - Users by user principal name or object id. When left out, none.
        type: list
        elements: str
      groups:
        description:
          - Groups by display name or object id. When left out, none.
        type: list
        elements: str
  report_only_days:
    description:
      - Days without a change after which a policy in report-only is told.
    type: int
    default: 30
seealso:
  - module: cvops.identity.entra_conditional_access_policy
  - module: cvops.identity.entra_named_location
  - ref: Conditional access <ansible_collections.cvops.identity.docsite.guide_conditional_access>
    description: Conditional access for backups.
"""

EXAMPLES = r"""
- name: What can reach the backup console, and what is wrong with it
  cvops.identity.entra_conditional_access_info:
    applications: [Commvault Management]
    break_glass:
      groups: [GG-Break-Glass]
  register: found

- name: The same as text
  ansible.builtin.debug:
    msg: "{{ found | cvops.identity.policy_lines }}"

- name: Which policies apply to an administrator who works from another country
  cvops.identity.entra_conditional_access_info:
    sign_ins:
      - user: j.vega@corp.example
        application: Commvault Management
        country: DE
        can: [mfa]
  register: tried

- name: Those in force that apply or may, and whether the sign-in gets past each
  ansible.builtin.debug:
    msg: "{{ tried.evaluation | selectattr('policy_state', 'equalto', 'enabled') | rejectattr('applies', 'equalto', 'no') }}"

- name: The names of the policies in force
  cvops.identity.entra_conditional_access_info:
    query: "[?policy_state == 'enabled'].display_name"
"""

RETURN = r"""
policies:
  description: The policies, sorted by display name and id. Beside what is listed here they have the fields of
    M(cvops.identity.entra_conditional_access_policy) under the names of its options, ids with the names of what they are of.
  returned: success
  type: list
  elements: dict
  contains:
    object_id:
      description: Its id.
      type: str
    display_name:
      description: Its name.
      type: str
    policy_state:
      description: V(report_only), V(enabled) or V(disabled), or the service's own word for another one.
      type: str
    created:
      description: When it was created, in UTC; V(null) where that is not told.
      type: str
    modified:
      description: When it was last changed, in UTC; V(null) where that is not told.
      type: str
    template_id:
      description: Id of the template that it comes from; V(null) for none.
      type: str
    summary:
      description: The policy in sentences - its state, whom it is for, when, what it demands, and what this version does not know.
      type: list
      elements: str
    reach:
      description: How it reaches the applications that are asked for; empty where none is.
      type: list
      elements: dict
      contains:
        application:
          description: The name of the application.
          type: str
        app_id:
          description: Its application id.
          type: str
        role:
          description: V(resource) where it is signed in to, V(client) where it signs in by itself.
          type: str
        reaches:
          description: V(yes), or V(may) where that cannot be told, such as with a rule over security attributes.
          type: str
        through:
          description: The options by which it does.
          type: list
          elements: str
    exclusions:
      description: What it excludes by name. What a rule excludes is in the sentences only.
      type: list
      elements: dict
      contains:
        option:
          description: The option that excludes.
          type: str
        id:
          description: The id, or the word, that is excluded.
          type: str
        name:
          description: Its name; V(null) where it has none or that is not known.
          type: str
        status:
          description:
            - V(covered) where other policies in force demand no less in all that this one is about, V(may_be_covered) where that cannot be told, by ids
              alone or for what this version does not know, V(gap), V(break_glass), or V(by_design) for a place from which a policy lets programs in.
            - Controls of the session count like those of the sign-in; of two settings of one it is not told which is stricter. At a place that a
              blocking policy lets in, any demand on the sign-in is enough.
          type: str
        covered_by:
          description: Names of the policies that cover it, or a part of what is demanded, for certain.
          type: list
          elements: str
        may_be_covered_by:
          description: Names of the policies that may.
          type: list
          elements: str
    unknown_fields:
      description: What it has and this version does not know, members and words, cut to a safe length.
      type: list
      elements: dict
      contains:
        path:
          description: The member of Microsoft Graph, with its path.
          type: str
        value:
          description: Its value as text.
          type: str
    options:
      description:
        - What is set, as options of M(cvops.identity.entra_conditional_access_policy) with ids in place of names; given to that module it changes nothing.
          Fields with values that the module does not take are left out. An id of nothing is refused by it.
      type: dict
findings:
  description: What is wrong or worth knowing, the grave ones first, in one order.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description:
        - V(dead_reference) - a policy names what does not exist, or is of another kind.
        - V(exclusion_gap) - what a policy excludes and no other one in force covers for certain.
        - V(unprotected_group) - a group in policies that is neither assignable to roles nor in a restricted management administrative unit, so that its
          owners and administrators of groups may change whom the policies are about; or one that is assignable to roles and has owners.
        - V(break_glass_not_excluded), V(break_glass_disabled), V(break_glass_unused), V(break_glass_used_last) - of O(break_glass); a use is a sign-in
          that succeeded.
        - V(near_miss) - a policy that would apply to one of O(sign_ins), or reach one of O(applications), but for one condition; see C(but_for).
        - V(report_only_too_long) - see O(report_only_days).
        - V(no_policy_reaches_application) - none in force is for certain about people who sign in to it.
        - V(covers_no_workload_identity) - an application that no policy covers when it signs in by itself.
        - V(security_defaults) - they are on, so that no policy can be put in force.
        - V(not_licensed) - the service has told that a licence is missing.
      type: str
    severity:
      description: V(error), V(warning) or V(info).
      type: str
    text:
      description: What is found, in a sentence.
      type: str
    remedy:
      description: What to do.
      type: str
    policies:
      description: The policies that it is about, sorted by name.
      type: list
      elements: dict
      contains:
        object_id:
          description: Id.
          type: str
        display_name:
          description: Name.
          type: str
    object:
      description: What else it is about; V(null) for nothing.
      type: dict
      contains:
        type:
          description: What it is, such as V(group).
          type: str
        id:
          description: Its id.
          type: str
        name:
          description: Its name; V(null) where that is not known.
          type: str
    but_for:
      description: Of a near miss, the one condition that is not met; empty otherwise.
      type: list
      elements: dict
      contains:
        condition:
          description: V(users), V(applications), V(locations) or V(policy_state).
          type: str
        how:
          description: V(excluded), V(not_included) or V(not_in_force).
          type: str
        by:
          description: What excludes, as C(option), C(id) and C(name).
          type: list
          elements: dict
    details:
      description:
        - What else its kind tells. V(owners), V(owner_count), V(dynamic), V(synchronized) and V(report_only) of a group, V(covered_by) and
          V(may_be_covered_by) of a gap, V(options) of a dead reference, V(last_used) and V(last_tried) of an account, V(would_apply) of a near miss.
      type: dict
evaluation:
  description: What each policy of the tenant makes of each of O(sign_ins).
  returned: success
  type: list
  elements: dict
  contains:
    who:
      description: Who signs in.
      type: str
    application:
      description: The application id of what is signed in to; V(null) for anything.
      type: str
    address:
      description: The address; V(null) where it is not known.
      type: str
    country:
      description: The country; V(null) where it is not known.
      type: str
    policy:
      description: The name of the policy.
      type: str
    policy_id:
      description: Its id.
      type: str
    policy_state:
      description: Its state; one that is not in force refuses nobody.
      type: str
    applies:
      description: Whether its conditions are met, V(no), V(may) or V(yes).
      type: str
    conditions:
      description: The conditions that are not met, or of which it is not known; V(unknown_fields) for those that this version does not know.
      type: list
      elements: str
    gets_in:
      description: Whether the sign-in passes the policy for certain; never where it demands what this version does not know.
      type: bool
not_evaluable:
  description: What could not be read, and so is not judged.
  returned: success
  type: list
  elements: dict
  contains:
    what:
      description: What it is.
      type: str
    reason:
      description: Why.
      type: str
    needs:
      description: The Graph permissions that it takes, least first.
      type: list
      elements: str
    kinds:
      description: The kinds of findings that may be missing for it.
      type: list
      elements: str
security_defaults:
  description: Whether security defaults are on; V(null) where that cannot be read.
  returned: success
  type: bool
counts:
  description: How much was read and found.
  returned: success
  type: dict
  contains:
    policies:
      description: Policies of the tenant.
      type: int
    policies_returned:
      description: Those that are returned.
      type: int
    in_force:
      description: Those of the tenant in force.
      type: int
    report_only:
      description: Those in report-only.
      type: int
    disabled:
      description: Those that are disabled.
      type: int
    named_locations:
      description: Named locations; V(null) where they cannot be read.
      type: int
    findings:
      description: Findings by kind.
      type: dict
    not_evaluable:
      description: Rows of RV(not_evaluable).
      type: int
"""

from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.resource import Report
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access_report.info import (
    read_conditional_access,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access_report.options import (
    build_report_spec,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec

SPEC = entra_spec().merge(build_report_spec())

RESOURCE = Report(("policies",), read_conditional_access)


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
