#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sso_preflight_info
short_description: Predict whether sign-on through Entra ID gives people their Commvault groups
version_added: 1.0.0
description:
  - Tells for each mapped Entra group what Entra ID will put into the SAML token of its members, which Commvault user group must exist for that, whether it
    does, and what to do if not. Checks the identity provider, the enterprise application and its certificates too.
  - A mapping that is not matched fails silently, people sign in and have no rights. Run this before the first of them does.
  - Changes nothing on either side.
  - 'Graph permissions (application), least first: C(GroupMember.Read.All) for groups, C(Application.Read.All) for the application and who is assigned to it,
    C(User.Read.All) for names of members, disabled members and the limit of 150 groups. Without the last one these are not checked, and the result says so.'
  - 'Commvault rights: C(View) on the CommCell.'
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
  mappings:
    description:
      - The mapping, as M(cvops.identity.commvault_role_mappings) takes it. Entries about other principals than Entra groups, and those that are V(absent), are
        not looked at.
    type: list
    elements: dict
    required: true
    suboptions:
      principal:
        description:
          - Who gets the grants; exactly one of its keys.
        type: dict
        required: true
        suboptions:
          entra_group:
            description:
              - An Entra group, as its display name or as a dictionary with C(name) and C(object_id).
            type: raw
          user_group:
            description:
              - A local Commvault user group; not looked at.
            type: raw
          directory_group:
            description:
              - A directory group; not looked at.
            type: raw
          user:
            description:
              - A Commvault user; not looked at.
            type: raw
          service_account:
            description:
              - A Commvault service account; not looked at.
            type: raw
      user_group:
        description:
          - The Commvault user group of an Entra group, as its name or as a dictionary with C(name) or C(id), and C(company).
          - When left out, the group is named as O(match_by) says, at CommCell level.
        type: raw
      commcells:
        description:
          - Name patterns of the CommCells that the entry is for; compared with O(commcell). When left out, all.
        type: list
        elements: str
      state:
        description:
          - V(absent) means that the entry's grants go; it is not looked at.
        type: str
        choices: [present, absent]
        default: present
      relink:
        description:
          - Whether a Commvault user group that is linked to another Entra object may be linked to this one.
        type: bool
        default: false
      grants:
        description:
          - What the principal gets; checked for its form only. When left out, nothing.
        type: list
        elements: dict
        suboptions:
          role:
            description:
              - A role.
            type: raw
            required: true
          entities:
            description:
              - What the role applies to.
            type: raw
            required: true
          valid_until:
            description:
              - The last day on which the grant holds. When left out, it holds for ever.
            type: raw
          approval:
            description:
              - Evidence; not looked at.
            type: dict
      approval:
        description:
          - Evidence; not looked at.
        type: dict
      business_owner:
        description:
          - Evidence; not looked at.
        type: str
      review_by:
        description:
          - Evidence; not looked at.
        type: raw
  commcell:
    description:
      - The name under which this CommCell appears in C(commcells) of the entries. When left out, every entry applies.
    type: str
  match_by:
    description:
      - How SAML sign-on is meant to find the Commvault user group. V(azure_guid) by the link to the Entra object id, V(object_id_name) by a group that is named
        like the object id, V(display_name) by the Entra display name, V(sam_account_name) by the account name of a synchronised group.
    type: str
    choices: [azure_guid, object_id_name, display_name, sam_account_name]
    default: azure_guid
  application:
    description:
      - The application in Entra ID that people sign in to; exactly one of its keys.
      - When left out, the one that has the SAML app's service provider id as an identifier.
    type: dict
    suboptions:
      app_id:
        description:
          - Its application (client) id. When left out, it does not select.
        type: str
      object_id:
        description:
          - Its object id. When left out, it does not select.
        type: str
      unique_name:
        description:
          - Its unique name. When left out, it does not select.
        type: str
  saml_app:
    description:
      - The SAML app in Commvault that people sign in with.
      - When left out, the only one for Entra ID, or the only enabled one; with several the task fails and names them.
    type: str
  oidc_app:
    description:
      - The OpenID Connect app in Commvault that people sign in with; it carries no groups, so that no mapping works. When left out, a SAML app is looked for.
    type: str
  sample_users:
    description:
      - User principal names of people for whom the outcome of their next sign-in is predicted, whether they get in, and with which Commvault groups. When left
        out, none. It takes a list of the users of Commvault, and one request each on both sides.
    type: list
    elements: str
    default: []
  user_limit:
    description:
      - For how many members of the mapped groups, beside O(sample_users), the groups are counted; one request each. V(0) counts for none of them.
      - A SAML token with more than 150 groups carries none. RV(preflight.users_not_checked) tells how many members were left out.
    type: int
    default: 100
  pending_entra_groups:
    description:
      - Display names of Entra groups that a later step creates; that they are missing is a warning.
    type: list
    elements: str
    default: []
  mapping_pending:
    description:
      - Whether the role mapping is applied after this task. What it creates or links is then a warning while it is missing, in place of broken.
    type: bool
    default: false
  parallel_reads:
    description:
      - How many reads run side by side.
    type: int
    default: 8
"""

EXAMPLES = r"""
- name: Will people get their groups?
  cvops.identity.sso_preflight_info:
    commvault_url: https://cs01.corp.example/commandcenter/api
    commvault_username: svc-cvops
    commvault_password: "{{ vault_commvault_password }}"
    application:
      unique_name: commvault-sso
    saml_app: corp.example
    mappings: "{{ cvops_role_mappings }}"
    sample_users: [j.vega@corp.example]
  register: sign_on

- name: Say what is broken
  ansible.builtin.debug:
    msg: "{{ sign_on.preflight.groups | selectattr('verdict', 'equalto', 'broken') | map(attribute='reason') }}"

- name: Only the groups that need attention
  cvops.identity.sso_preflight_info:
    mappings: "{{ cvops_role_mappings }}"
    query: groups[?verdict!='ok'].{group:entra_group, reason:reason, remedy:remedy}
"""

RETURN = r"""
preflight:
  description: The verdicts, or what O(query) makes of them. A verdict is V(ok), V(unknown), V(warning) or V(broken),
    in this order; V(unknown) is for what could not be looked at, and for what neither vendor documents.
  returned: success
  type: raw
  contains:
    verdict:
      description: The gravest of all verdicts.
      type: str
    checks:
      description: What holds for everybody, one entry per check, with C(check), C(verdict), C(reason) and C(remedy).
      type: list
      elements: dict
    groups:
      description: The mapped Entra groups, sorted by name.
      type: list
      elements: dict
      contains:
        entra_group:
          description: Its display name, or the name in the mapping when there is no such group.
          type: str
        object_id:
          description: Its object id, or V(null).
          type: str
        where:
          description: The places in O(mappings) that name it.
          type: list
          elements: str
        emitted:
          description: What Entra ID puts into the token, V(null) when that is nothing.
          type: str
        emitted_as:
          description:
            - V(object_id), V(display_name), V(sam_account_name), V(netbios_domain_and_sam_account_name), V(dns_domain_and_sam_account_name) or V(app_role).
          type: str
        user_group:
          description: The Commvault user group that must exist.
          type: str
        user_group_exists:
          description: Whether it does.
          type: bool
        company:
          description: Its company, V(null) at CommCell level.
          type: str
        linked:
          description: Whether it is linked to this Entra group (C(azureGUID)).
          type: bool
        verdict:
          description: The gravest verdict of its findings.
          type: str
        reason:
          description: Why.
          type: str
        remedy:
          description: What to do.
          type: str
        findings:
          description: All findings, gravest first, with C(check), C(verdict), C(reason) and C(remedy).
          type: list
          elements: dict
    users:
      description: People above the limit of 150 groups, and O(sample_users).
      type: list
      elements: dict
      contains:
        user:
          description: User principal name, or object id.
          type: str
        object_id:
          description: Object id; V(null) when there is no such user.
          type: str
        enabled:
          description: Whether the account is enabled; V(null) when that may not be read.
          type: bool
        groups:
          description: How many groups count against the limit; V(null) when there is no such user.
          type: int
        over_limit:
          description: Whether the token carries no groups for that reason; V(null) where no documentation tells which of the groups count.
          type: bool
        sign_on:
          description: Of O(sample_users), whether the person can sign in, V(ok), V(unknown) or V(broken); V(null) for others, and when there is no such user.
          type: str
        sign_on_reason:
          description: Who would refuse the person and why, or what is not known; empty when it is V(ok).
          type: str
        user_groups:
          description: Of O(sample_users), the Commvault groups of the mapping that the person surely has after the next sign-in.
          type: list
          elements: str
        possible_user_groups:
          description: More of these that the person may have. Neither vendor documents it, or an interface does not show it.
          type: list
          elements: str
    identity_provider:
      description: The SAML app, V(null) when there is none, with C(name), C(enabled), C(company), C(groups_claim), C(name_id) and more.
      type: dict
    application:
      description:
        - The application in Entra ID, V(null) when it is not known, with C(app_id), C(group_claims), C(emits), C(certificates) and their days left, and more.
      type: dict
    match_by:
      description: As given.
      type: str
    users_checked:
      description: For how many people the groups were counted.
      type: int
    users_not_checked:
      description: How many members O(user_limit) left out.
      type: int
    not_checked:
      description: What no interface shows, and what was not looked at to save requests.
      type: list
      elements: str
"""

from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.resource import Report
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.reference import application_option
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.options import mappings_option
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.info import run_preflight
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec

SPEC = commvault_spec().merge(
    application_option(),
    ArgumentSpec(
        {
            "mappings": mappings_option(),
            "commcell": {"type": "str"},
            "match_by": {
                "type": "str",
                "choices": ["azure_guid", "object_id_name", "display_name", "sam_account_name"],
                "default": "azure_guid",
            },
            "saml_app": {"type": "str"},
            "oidc_app": {"type": "str"},
            "sample_users": {"type": "list", "elements": "str", "default": []},
            "user_limit": {"type": "int", "default": 100},
            "pending_entra_groups": {"type": "list", "elements": "str", "default": []},
            "mapping_pending": {"type": "bool", "default": False},
            "parallel_reads": {"type": "int", "default": 8},
            "query": {"type": "str"},
        },
        mutually_exclusive=[["saml_app", "oidc_app"]],
    ),
)

RESOURCE = Report("preflight", run_preflight)


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
