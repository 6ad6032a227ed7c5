#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_conditional_access_policy
short_description: Manage conditional access policies in Microsoft Entra ID
version_added: 1.0.0
description:
  - Creates, changes and deletes a conditional access policy, with names in place of ids. A new policy is in report-only unless the task says otherwise.
  - The policy is found by O(object_id), else by O(display_name), which must then be unambiguous.
  - A name that is not found, or that several objects have, fails the task before anything is written. It never becomes an empty list, by which a
    policy would lose its exclusions.
  - Policies are compared by what they mean. Order, letter case, null or empty, and controls that are switched off are no change.
  - Only the parts that change are sent. Properties that this version does not know stay as they are; where Entra ID replaces a part as a whole that
    holds some,
    the task is refused until V(unmanaged_properties) is accepted.
  - Before a policy is put in force, or is changed while it is, it is judged what it makes of the break-glass accounts, of the identity that runs the
    task, and
    of the sign-ins that the task names. What is not known of a sign-in never lets it pass. Where the conditions stay as they are, the service's own evaluation
    is asked, too, and a warning tells where the two disagree.
  - Between reading and writing, a policy that somebody else has changed is read and planned again.
  - 'Graph permissions (application): to read, C(Policy.Read.All); to write, C(Policy.ReadWrite.ConditionalAccess), C(Policy.Read.All) and
    C(Application.Read.All) together; for names and memberships C(User.Read.All), C(GroupMember.Read.All), and for who
    holds directory roles C(RoleManagement.Read.Directory).'
  - Entra ID takes one request a second for conditional access, from all clients of a tenant together; this module keeps to it.
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.writer
  - cvops.identity._attributes.entra
  - cvops.identity._transport
  - cvops.identity._approval
  - cvops.identity._entra
  - cvops.identity._risk
options:
  display_name:
    description:
      - The name that people see. Not unique in Entra ID. A policy whose name differs in letter case only has this name, and keeps its spelling.
      - When left out, the name of an existing policy is not managed; a new one needs it.
    type: str
  object_id:
    description:
      - The policy's id. When left out, the policy is found by name.
    type: str
  policy_state:
    description:
      - Whether the policy is only reported in the sign-in logs, in force, or off. When left out it is not managed; a new policy is in V(report_only).
    type: str
    choices: [report_only, enabled, disabled]
  users:
    description:
      - The people whom the policy is for. What is left out is not managed. A policy is for users or for O(client_applications).
    type: dict
    suboptions:
      include:
        description:
          - Who is included. What is left out is not managed.
        type: dict
        suboptions:
          users:
            description:
              - Users by user principal name or object id, or V(all), V(none), V(guests_or_external_users). When left out it is not managed; an empty
                list removes all.
            type: list
            elements: str
          groups:
            description:
              - Groups by display name or object id. When left out it is not managed; an empty list removes all.
            type: list
            elements: str
          roles:
            description:
              - Directory roles by name, such as V(Global Administrator), or by the id of their template. An assignment for an administrative unit
                alone does not count. When left out it is not managed; an empty list removes all.
            type: list
            elements: str
          guests:
            description:
              - Guests and other external users. When left out it is not managed; empty types remove them.
            type: dict
            suboptions:
              types:
                description:
                  - The kinds of guests. When left out it is not managed; an empty list removes all.
                type: list
                elements: str
                choices: [internal_guest, b2b_collaboration_guest, b2b_collaboration_member, b2b_direct_connect_user, other_external_user,
                  service_provider]
              tenants:
                description:
                  - Ids of the tenants that they are of. When left out it is not managed; an empty list means all tenants.
                type: list
                elements: str
      exclude:
        description:
          - Who is left out, whatever else holds. What is left out is not managed.
        type: dict
        suboptions:
          users:
            description:
              - Users by user principal name or object id, or V(guests_or_external_users). When left out it is not managed; an empty
                list removes all.
            type: list
            elements: str
          groups:
            description:
              - Groups by display name or object id. When left out it is not managed; an empty list removes all.
            type: list
            elements: str
          roles:
            description:
              - Directory roles by name, such as V(Global Administrator), or by the id of their template. An assignment for an administrative unit
                alone does not count. When left out it is not managed; an empty list removes all.
            type: list
            elements: str
          guests:
            description:
              - Guests and other external users. When left out it is not managed; empty types remove them.
            type: dict
            suboptions:
              types:
                description:
                  - The kinds of guests. When left out it is not managed; an empty list removes all.
                type: list
                elements: str
                choices: [internal_guest, b2b_collaboration_guest, b2b_collaboration_member, b2b_direct_connect_user, other_external_user,
                  service_provider]
              tenants:
                description:
                  - Ids of the tenants that they are of. When left out it is not managed; an empty list means all tenants.
                type: list
                elements: str
  applications:
    description:
      - What is signed in to. What is left out is not managed.
    type: dict
    suboptions:
      include:
        description:
          - Applications by display name or application id, or V(all), V(none), V(office365), V(microsoft_admin_portals). When left out it is not
            managed; an empty list removes all.
        type: list
        elements: str
      exclude:
        description:
          - Applications that are left out, in the same form. When left out it is not managed; an empty list removes all.
        type: list
        elements: str
      user_actions:
        description:
          - Actions in place of applications. When left out it is not managed; an empty list removes all.
        type: list
        elements: str
        choices: [register_security_info, register_device]
      authentication_contexts:
        description:
          - Authentication contexts in place of applications, V(c1) to V(c99). When left out it is not managed; an empty list removes all.
        type: list
        elements: str
      filter:
        description:
          - Applications by a rule. When left out it is not managed; an empty rule removes it.
        type: dict
        suboptions:
          mode:
            description:
              - Whether what the rule names is included or excluded. When left out it is not managed.
            type: str
            choices: [include, exclude]
          rule:
            description:
              - The rule over custom security attributes. When left out it is not managed.
            type: str
  client_applications:
    description:
      - The service principals whom the policy is for; it can then only block, by location and risk. It takes the licence Workload Identities Premium, and
        covers neither managed identities nor applications of other tenants. What is left out is not managed.
    type: dict
    suboptions:
      include:
        description:
          - Service principals by display name or object id, or V(all_in_tenant). When left out it is not managed; an empty list removes all.
        type: list
        elements: str
      exclude:
        description:
          - Service principals that are left out, by display name or object id. When left out it is not managed; an empty list removes all.
        type: list
        elements: str
      filter:
        description:
          - Service principals by a rule. When left out it is not managed; an empty rule removes it.
        type: dict
        suboptions:
          mode:
            description:
              - Whether what the rule names is included or excluded. When left out it is not managed.
            type: str
            choices: [include, exclude]
          rule:
            description:
              - The rule over custom security attributes. When left out it is not managed.
            type: str
  locations:
    description:
      - From where. What is left out is not managed.
    type: dict
    suboptions:
      include:
        description:
          - Named locations by name or id, or V(all), V(all_trusted), V(mfa_trusted_ips). When left out it is not managed; an empty list removes all.
        type: list
        elements: str
      exclude:
        description:
          - Named locations that are left out, in the same form. When left out it is not managed; an empty list removes all.
        type: list
        elements: str
  platforms:
    description:
      - With which platforms. What is left out is not managed.
    type: dict
    suboptions:
      include:
        description:
          - Platforms. When left out it is not managed; an empty list removes all.
        type: list
        elements: str
        choices: [all, android, ios, windows, windows_phone, macos, linux]
      exclude:
        description:
          - Platforms that are left out. When left out it is not managed; an empty list removes all.
        type: list
        elements: str
        choices: [all, android, ios, windows, windows_phone, macos, linux]
  client_app_types:
    description:
      - With which kinds of clients; the list is taken as a whole. When left out it is not managed; an empty list means all.
    type: list
    elements: str
    choices: [all, browser, mobile_and_desktop, exchange_active_sync, other]
  device_filter:
    description:
      - Devices by a rule. When left out it is not managed; an empty rule removes it.
    type: dict
    suboptions:
      mode:
        description:
          - Whether the devices that the rule names are included or excluded. When left out it is not managed.
        type: str
        choices: [include, exclude]
      rule:
        description:
          - The rule, such as V(device.isCompliant -eq True). When left out it is not managed.
        type: str
  authentication_flows:
    description:
      - Flows by which people hand a sign-in on. When left out it is not managed; an empty list removes all.
    type: list
    elements: str
    choices: [device_code_flow, authentication_transfer]
  user_risk:
    description:
      - Levels of the risk of the user. When left out it is not managed; an empty list removes all.
    type: list
    elements: str
    choices: [low, medium, high, none]
  sign_in_risk:
    description:
      - Levels of the risk of the sign-in. When left out it is not managed; an empty list removes all.
    type: list
    elements: str
    choices: [low, medium, high, none]
  service_principal_risk:
    description:
      - Levels of the risk of the service principal. When left out it is not managed; an empty list removes all.
    type: list
    elements: str
    choices: [low, medium, high, none]
  insider_risk:
    description:
      - Levels of insider risk. When left out it is not managed; an empty list removes all.
    type: list
    elements: str
    choices: [minor, moderate, elevated]
  grant:
    description:
      - What is demanded. What is left out is not managed.
    type: dict
    suboptions:
      operator:
        description:
          - Whether all of it is demanded or one is enough. When left out it is not managed; a new policy has V(or).
        type: str
        choices: [and, or]
      controls:
        description:
          - The controls; V(block) stands alone. When left out it is not managed; an empty list removes all.
        type: list
        elements: str
        choices: [block, mfa, compliant_device, hybrid_joined_device, approved_application, protected_application, password_change, risk_remediation]
      terms_of_use:
        description:
          - Ids of terms of use. When left out it is not managed; an empty list removes all.
        type: list
        elements: str
      custom_factors:
        description:
          - Ids of custom factors. When left out it is not managed; an empty list removes all.
        type: list
        elements: str
      authentication_strength:
        description:
          - An authentication strength by name or id. When left out it is not managed; empty removes it.
        type: str
  session:
    description:
      - What holds for the session. What is left out is not managed. Entra ID removes a session control only with all of them, so that the others are
        given again in a second request.
    type: dict
    suboptions:
      application_enforced_restrictions:
        description:
          - Whether the application restricts by itself. When left out it is not managed.
        type: bool
      cloud_app_security:
        description:
          - What Defender for Cloud Apps does; V(none) removes it. When left out it is not managed.
        type: str
        choices: [configured, monitor_only, block_downloads, none]
      persistent_browser:
        description:
          - Whether a browser stays signed in; V(none) removes it. When left out it is not managed.
        type: str
        choices: [always, never, none]
      sign_in_frequency:
        description:
          - How often people sign in again. When left out it is not managed.
        type: dict
        suboptions:
          interval:
            description:
              - V(time_based) takes O(session.sign_in_frequency.value) and O(session.sign_in_frequency.unit); V(none) removes it. When left out it is
                not managed.
            type: str
            choices: [time_based, every_time, none]
          value:
            description:
              - After how many hours or days. When left out it is not managed.
            type: int
          unit:
            description:
              - The unit. When left out it is not managed.
            type: str
            choices: [hours, days]
          authentication:
            description:
              - Which part of the sign-in. When left out it is not managed.
            type: str
            choices: [primary_and_secondary, secondary]
      disable_resilience_defaults:
        description:
          - Whether sessions are not extended while Entra ID is disturbed. When left out it is not managed.
        type: bool
      secure_sign_in_session:
        description:
          - Whether tokens are bound to the device. When left out it is not managed.
        type: bool
  exclusive:
    description:
      - Whether entries of lists that are not listed are removed; without it, a list adds only, so that an exclusion that somebody made stays.
    type: bool
    default: false
  max_removals:
    description:
      - The largest number of entries that this task may remove from all lists together.
    type: int
    default: 20
  break_glass:
    description:
      - The accounts for emergencies. A policy for users is put in force only where each of them is left out of it for certain. When left out, nobody
        is known to
        be, which takes O(accept_risk=lock_out).
    type: dict
    suboptions:
      users:
        description:
          - Users by user principal name or object id. When left out, none.
        type: list
        elements: str
      groups:
        description:
          - Groups by display name or object id; all their users, also through groups within them. When left out, none.
        type: list
        elements: str
  sign_in_history:
    description:
      - Judge the policy by the sign-ins of the last days before it is put in force, or is changed while it is, too. When left out, the logs are not
        read.
      - The sign-ins that succeeded are judged as O(must_get_in) are, by who, what is signed in to, address, country, client, platform and
        device. For
        O(client_applications) these are the sign-ins of the service principals, for O(users) those of people to the applications of the policy.
        Of people it is assumed that they can meet at sign-in what is asked of them then - V(mfa), V(password_change), V(risk_remediation),
        V(terms_of_use). A condition that is not judged here, such as a risk or a filter for devices, counts as not known.
      - Where one would be refused, or may be, where a part of the log was not read, and where the log shows no such sign-in at all, the policy
        does not pass. Entries of the last two hours may still be missing from the log. An entry that does not tell who signed in is one of
        somebody for whom the policy may be.
      - For O(client_applications) a policy does not pass while an application of it was registered within these days, since the log cannot show
        all that it does; nor does one for an application whose registration cannot be read, or for all, where the log shows no sign-in in the
        first quarter of the days.
      - A policy that is not in force yet does not pass either while the same run creates or changes one of its named locations; the run after puts
        it in force.
      - A policy that is in force with the same conditions and demands is not evaluated again, nor is a sign-in that it has applied to before.
      - 'Takes C(AuditLog.Read.All), Microsoft Entra ID P1 or P2, and for the sign-ins of service principals the beta version of Graph.'
    type: dict
    suboptions:
      days:
        description:
          - For how many days, from 1 to 30; tenants with a premium licence keep 30. It is to be longer than the jobs of the backups are apart.
        type: int
        required: true
      otherwise:
        description:
          - What to do with a policy that does not pass. V(fail) refuses the task as the risk V(lock_out).
          - V(report_only) plans the policy in report-only in place of in force, and RV(policy.held_back) and a warning say why; each run looks
            again. A policy that is in force already stays so, since without it more would get in than now; a change by which it would refuse
            sign-ins of the log that it lets in now is refused as the risk V(lock_out), and where the log does not tell, it is changed with a
            warning.
          - With O(accept_risk=lock_out) the policy is put in force, with a warning.
        type: str
        choices: [fail, report_only]
        default: fail
  must_get_in:
    description:
      - Sign-ins of which each has to go on working. When left out, none is tried beside the caller's own.
    type: list
    elements: dict
    suboptions:
      user:
        description:
          - A user by user principal name or object id. One of this and O(must_get_in[].service_principal) is needed.
        type: str
      service_principal:
        description:
          - A service principal by display name or object id. One of this and O(must_get_in[].user) is needed.
        type: str
      application:
        description:
          - What is signed in to, by display name or application id. When left out, anything.
        type: str
      address:
        description:
          - The public IP address. When left out it is not known, so that locations of addresses may apply.
        type: str
      country:
        description:
          - The two-letter code of the country. When left out it is not known, so that locations of countries may apply.
        type: str
      can:
        description:
          - The controls that this sign-in can meet.
        type: list
        elements: str
        choices: [mfa, compliant_device, hybrid_joined_device, approved_application, protected_application, password_change, risk_remediation,
          authentication_strength, terms_of_use]
        default: []
  one_must_get_in:
    description:
      - Sign-ins of which one has to go on working, such as those of the administrators of Commvault. When left out, none is tried.
    type: list
    elements: dict
    suboptions:
      user:
        description:
          - A user by user principal name or object id. One of this and O(one_must_get_in[].service_principal) is needed.
        type: str
      service_principal:
        description:
          - A service principal by display name or object id. One of this and O(one_must_get_in[].user) is needed.
        type: str
      application:
        description:
          - What is signed in to, by display name or application id. When left out, anything.
        type: str
      address:
        description:
          - The public IP address. When left out it is not known, so that locations of addresses may apply.
        type: str
      country:
        description:
          - The two-letter code of the country. When left out it is not known, so that locations of countries may apply.
        type: str
      can:
        description:
          - The controls that this sign-in can meet.
        type: list
        elements: str
        choices: [mfa, compliant_device, hybrid_joined_device, approved_application, protected_application, password_change, risk_remediation,
          authentication_strength, terms_of_use]
        default: []
  caller_address:
    description:
      - The public address from which the identity that runs this signs in. When left out it is not known, so that policies by location may apply to it.
    type: str
  pending_named_locations:
    description:
      - Names of locations that earlier tasks of the run create, for check mode, where they do not exist yet.
    type: list
    elements: str
    default: []
  pending_entra_groups:
    description:
      - Names of groups that earlier tasks of the run create, for check mode, where they do not exist yet.
    type: list
    elements: str
    default: []
  pending_applications:
    description:
      - Display names of applications that earlier tasks of the run register, for check mode, where they have no service principal yet. There, such a name
        means that application and its service principal, whatever else in the tenant has the same name.
    type: list
    elements: str
    default: []
  state:
    description:
      - Whether the policy exists.
    type: str
    choices: [present, absent]
    default: present
  accept_risk:
    description:
      - V(lock_out) allows a policy in force that shuts out break-glass accounts, the caller or named sign-ins, or of which that cannot be told.
      - V(unmanaged_properties) allows replacing parts of a policy that hold properties that this version does not know.
    choices: [lock_out, unmanaged_properties]
seealso:
  - module: cvops.identity.entra_named_location
"""

EXAMPLES = r"""
- name: Sign-in to the backup console only from named places, reported at first
  cvops.identity.entra_conditional_access_policy:
    display_name: CA210 backup console from known places
    users:
      include:
        users: [all]
      exclude:
        groups: [GG-Break-Glass]
    applications:
      include: [Commvault Management]
    locations:
      include: [all]
      exclude: [Commvault egress]
    grant:
      controls: [block]

- name: The same in force, when the sign-in logs show nobody who would be shut out
  cvops.identity.entra_conditional_access_policy:
    display_name: CA210 backup console from known places
    policy_state: enabled
    break_glass:
      groups: [GG-Break-Glass]

- name: The application of the backups only from known places, in force as soon as a fortnight has shown no other
  cvops.identity.entra_conditional_access_policy:
    display_name: CA310 backup application from known places
    policy_state: enabled
    client_applications:
      include: [Commvault management API]
    applications:
      include: [all]
    locations:
      include: [all]
      exclude: [Commvault egress]
    grant:
      controls: [block]
    sign_in_history:
      days: 14
      otherwise: report_only

- name: Give a policy up
  cvops.identity.entra_conditional_access_policy:
    display_name: CA099 old rule
    state: absent
"""

RETURN = r"""
policy:
  description:
    - The policy as it is now, in check mode as it would be. Empty with O(state=absent). Its keys are those of the options, with all fields; users,
      groups and
      other objects are each C(id) and C(name), V(null) for a name that was not asked for.
  returned: success
  type: dict
  contains:
    object_id:
      description: Its id; V(null) in check mode for one that would be created.
      type: str
    display_name:
      description: Its name.
      type: str
    policy_state:
      description: V(report_only), V(enabled) or V(disabled).
      type: str
    evaluation:
      description: The sign-ins that were judged; empty where the policy is not to be in force or is left as it is.
      type: list
      elements: dict
      contains:
        who:
          description: Who signs in.
          type: str
        reason:
          description: V(break_glass), V(caller), V(must_get_in) or V(one_must_get_in).
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
        applies:
          description: Whether the policy applies, V(no), V(may) where that is not known, or V(yes).
          type: str
        conditions:
          description: The conditions that are not met, or of which it is not known.
          type: list
          elements: str
        gets_in:
          description: Whether the sign-in works for certain.
          type: bool
        what_if:
          description: What the service's own evaluation says, V(applies), V(does_not_apply) or V(open); V(null) where it was not asked.
          type: str
    held_back:
      description:
        - What of O(sign_in_history) speaks against the policy, those that were seen most first; empty where nothing does. Rows without C(who) tell
          what of the log is not known.
      type: list
      elements: dict
      contains:
        who:
          description: Who signed in; V(null) for what is not about one sign-in.
          type: str
        address:
          description: The address; V(null) where it is not known.
          type: str
        country:
          description: The country; V(null) where it is not known.
          type: str
        count:
          description: How often, in these days.
          type: int
        last_seen:
          description: When for the last time, in UTC.
          type: str
        why:
          description: Why it does not pass.
          type: str
    not_confirmed:
      description:
        - What Entra ID does not show as written after a minute, as the name of an option, or V(list) for a new policy that is not found everywhere.
        - Where the policy is or was in force, and for a deletion, that fails the task instead.
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
      description: What is given, removed or changed, such as V(excluded group).
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
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.options import build_policy_spec
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.resource import (
    ConditionalAccessPolicyResource,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec

SPEC = entra_spec().merge(build_approval_spec(), build_policy_spec())

RESOURCE = ConditionalAccessPolicyResource


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
