#!/usr/bin/python

# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: commvault_role_mappings
short_description: Converge the role mappings of a CommCell in one task
version_added: 1.0.0
description:
  - Takes the whole mapping of Entra groups, Commvault groups and users to Commvault roles on entities, compares it with what the CommCell has, and writes
    only the differences, in as few requests as the service allows. A second run writes nothing.
  - Grants are added and removed one by one and never overwritten. Grants of principals that the mapping does not name are never touched.
  - Everything that is wrong with the mapping is reported together, before the first write.
  - 'A name without a company means the CommCell itself, or the company of O(commvault_company); a name that is found in another company only is refused, and
    told with the form to write if it is meant, such as C({name: Ops Team, company: corp}). Names are compared without regard to letter case; one that only
    looks equal is another name. Names that get a right and can be taken for others are warned about.'
  - 'C(company) is a name, an alias or an id; a number without quotes is the id. An C(id) beside a C(name) that its object does not have is refused.'
  - An Entra group is tied to its Commvault user group by object id (C(azureGUID)); missing user groups are created and linked.
  - 'Commvault rights, least first: View on the CommCell to read; to write, user management on the principals, C(Change security settings) on the entities, and
    every permission that the granted roles contain. O(roles) needs what M(cvops.identity.commvault_roles) needs.'
  - Object ids of Entra groups are verified with Microsoft Graph before the first write, many in one request. One that no group has is refused, and so is
    one whose group has another name than the entry says. Where Graph cannot be asked, a warning and RV(role_mappings.unverified) say which were not verified.
  - 'Graph permissions (application): C(GroupMember.Read.All); needed when entries name Entra groups without C(object_id), else for verifying only.'
author:
  - cvops.identity authors (@cvops)
extends_documentation_fragment:
  - cvops.identity._attributes
  - cvops.identity._attributes.writer
  - cvops.identity._attributes.commvault
  - cvops.identity._transport
  - cvops.identity._approval
  - cvops.identity._entra
  - cvops.identity._commvault
  - cvops.identity._risk
  - cvops.identity._roles.beside_mappings
options:
  mappings:
    description:
      - The mapping. Its order does not matter.
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
              - Entra names are not unique, so grants that weigh much need C(object_id); see O(require_object_id).
              - With both, C(name) must be the display name of the object, letter case apart.
            type: raw
          user_group:
            description:
              - A local Commvault user group that exists, as its name or as a dictionary with C(name) or C(id), and C(company).
            type: raw
          directory_group:
            description:
              - A directory group that Commvault knows, as C(DOMAIN\\group). One whose directory is of a company is a dictionary with C(name) and C(company).
            type: raw
          user:
            description:
              - A Commvault user that exists, as its name or as a dictionary with C(name) or C(id), and C(company).
            type: raw
          service_account:
            description:
              - A Commvault service account that exists, as its name or as a dictionary with C(name) or C(id), and C(company).
            type: raw
      user_group:
        description:
          - The Commvault user group of an Entra group, as its name or as a dictionary with C(name) and C(company).
          - When left out, the group is named as O(match_by) says. Without a company it is one of the CommCell, or of the company of O(commvault_company).
        type: raw
      commcells:
        description:
          - Name patterns of the CommCells that the entry is for; compared with O(commcell). When left out, all.
        type: list
        elements: str
      state:
        description:
          - V(absent) removes the entry's grants; the user group stays.
        type: str
        choices: [present, absent]
        default: present
      relink:
        description:
          - Whether a Commvault user group that is linked to another Entra object may be linked to this one.
          - When left out, such a group stops the task, because somebody may have made another Entra group of the same name.
        type: bool
        default: false
      grants:
        description:
          - What the principal gets. When left out or empty, nothing; with O(exclusive=principals) that removes all its grants.
        type: list
        elements: dict
        suboptions:
          role:
            description:
              - A role, as its name or as a dictionary with C(name) or C(id), and C(company).
            type: raw
            required: true
          entities:
            description:
              - V(commcell), V(company) (the one of O(commvault_company)), or a dictionary with one or several of the kinds C(company), C(servers) (alias
                C(clients)), C(server_groups) (alias C(client_groups)), C(plans), C(storage_pools), C(workflows), C(credentials).
              - A kind takes a name, a list of names or of dictionaries with C(name) and C(company), V(all) for all present and future ones,
                or a dictionary with C(matching), a name pattern, C(at_most), the largest number of entities that it may match, and C(company).
              - 'An entity that is named C(all) is given as C({name: all}).'
              - Any other entity is given as C({type), its type number, and C(id}).
            type: raw
            required: true
          valid_until:
            description:
              - The last day, as V(2027-01-31), on which the grant holds. Afterwards the grant is treated as absent. When left out, it holds for ever.
            type: raw
          approval:
            description:
              - Evidence for this grant; see C(approval) of the entry.
            type: dict
      approval:
        description:
          - Who approved the entry, when and why, in whatever words; kept as evidence, never acted on.
        type: dict
      business_owner:
        description:
          - Who answers for the entry; kept as evidence.
        type: str
      review_by:
        description:
          - When the entry is to be reviewed; kept as evidence.
        type: raw
  document:
    description:
      - A name for the document that the mapping is from. It is kept in the run record (C(cvops_run_record_dir)), and groups that match O(managed_groups),
        have no entry here and had one in another document's last run are warned about.
      - When left out, documents are not told apart.
    type: str
  commcell:
    description:
      - The name under which this CommCell appears in C(commcells) of the entries. When left out, every entry applies.
    type: str
  exclusive:
    description:
      - Who loses grants that the mapping does not name. V(none) means nobody; grants are only added, and removed where the mapping says V(absent) or their
        validity is over.
      - With V(principals) the principals of the mapping lose explicit grants that it does not name.
      - With V(managed) user groups that match O(managed_groups) and have no entry lose all their explicit grants as well, so that an entry that is deleted from
        the document loses its access. Two documents must not share a pattern then, or each removes what the other grants.
      - A boolean is understood, too; V(false) is V(none), V(true) is V(principals).
      - Grants of other principals are never touched. What is held beyond the mapping is told in every mode, see RV(role_mappings.surplus).
    type: raw
    default: none
  fail_on_drift:
    description:
      - Whether the task fails, with C(error.kind=drift), when access beyond the mapping stays, as RV(role_mappings.surplus) or RV(role_mappings.unmanaged),
        or when it is not known whether there is any. Everything else is done and told before, in check mode too.
    type: bool
    default: false
  tell_effects:
    description:
      - Whether RV(role_mappings.effects) is returned, what each principal gets, loses and keeps. The playbooks tell with it what that means for people.
    type: bool
    default: false
  create_user_groups:
    description:
      - Whether missing Commvault user groups of Entra groups are created.
    type: bool
    default: true
  link_entra_groups:
    description:
      - Whether Commvault user groups that are linked to no Entra group are linked to theirs.
    type: bool
    default: true
  match_by:
    description:
      - How SAML sign-on finds the Commvault user group, which decides its default name. V(azure_guid) and V(display_name) use the Entra display name,
        V(object_id_name) the object id, V(sam_account_name) the synchronised account name.
    type: str
    choices: [azure_guid, object_id_name, display_name, sam_account_name]
    default: azure_guid
  require_object_id:
    description:
      - Which grants to Entra groups need an object id in the mapping. V(privileged) means grants on the CommCell or a company, and roles that contain user,
        security or administrative management.
    type: str
    choices: [privileged, all, none]
    default: privileged
  max_writes:
    description:
      - The largest number of write requests of this run; the rest is RV(role_mappings.remaining), and the next run goes on with it. When left out, no limit.
      - Those of O(roles) are not counted. Roles are created and changed at once, and deleted by the run that leaves nothing to a later one.
    type: int
  max_removals:
    description:
      - The largest number of grants that this run may remove; a mapping that has lost its contents by mistake must not strip a company.
    type: int
    default: 20
  canary:
    description:
      - Whether only one grant is added, read back, and the run ends; the rest waits for the next run without it. Nothing is removed.
      - Roles of O(roles) are created and changed all the same; none is deleted.
    type: bool
    default: false
  managed_groups:
    description:
      - Name patterns of user groups of the CommCell (or of the company of O(commvault_company)) that the mapping is meant to cover; those that hold grants
        although no entry names them are RV(role_mappings.unmanaged), and lose all with O(exclusive=managed).
      - When left out or empty, such groups are not looked for.
    type: list
    elements: str
    default: []
  break_glass:
    description:
      - Accounts that are kept for emergencies and whose grants are not removed. When left out, none.
      - A role that O(roles) deletes is gone for them, too; neither this nor O(accept_risk) is asked about it.
    type: dict
    suboptions:
      commvault_users:
        description: Names of Commvault users.
        type: list
        elements: str
      entra_users:
        description: User principal names; not looked at here, so that one variable serves all modules.
        type: list
        elements: str
      entra_groups:
        description: Display names or object ids of Entra groups. An object id that no group has is refused.
        type: list
        elements: str
  check_rights:
    description:
      - Whether it is checked before the first write that the signed-in user holds every permission of the roles that it would grant, and may change security
        where it would grant or remove.
      - When the permissions cannot be read, the task stops. Where Commvault does not tell them, a warning and RV(role_mappings.unchecked) name the grants
        that were not checked.
    type: bool
    default: true
  parallel_reads:
    description:
      - How many reads run side by side.
    type: int
    default: 8
  pending_roles:
    description:
      - Roles that earlier tasks of the play will have created, as names or as dictionaries with C(name) and C(company); only for check mode on an empty site.
        Other unknown roles stay an error.
    type: list
    elements: raw
    default: []
  pending_entra_groups:
    description:
      - Display names of Entra groups that earlier tasks of the play will have created; only for check mode on an empty site.
    type: list
    elements: str
    default: []
  known_entra_groups:
    description:
      - Object ids by display name, as earlier tasks of the play found them. Entries without C(object_id) take theirs from here, which counts as given and
        verified.
      - When left out, such entries are looked up by name.
    type: dict
    default: {}
  accept_risk:
    description:
      - V(last_admin) allows removing the last grant through which an administrator can sign in without Entra ID.
      - V(own_rights) allows removing grants of the signed-in user and of its groups.
      - V(break_glass) allows removing grants of accounts in O(break_glass).
      - V(first_managed_run) allows O(exclusive=managed) to take everything from groups that have no entry. The refusal names each of them.
    choices: [last_admin, own_rights, break_glass, first_managed_run]
"""

EXAMPLES = r"""
- name: Operators of one region may restore, and see all servers
  cvops.identity.commvault_role_mappings:
    commvault_url: https://cs01.corp.example/commandcenter/api
    commvault_username: svc-cvops
    commvault_password: "{{ vault_commvault_password }}"
    mappings:
      - principal:
          entra_group:
            name: GG-Commvault-emea-vm-Operator
            object_id: e0b1b6c9-71c2-4d0b-a9e9-2c1f3a5d7780
        grants:
          - role: Restore Operator
            entities:
              server_groups: [emea-vm]
              plans: [gold]
          - role: View
            entities:
              servers: all
        approval:
          ticket: CHG0042317

- name: A role and who gets it, planned together and under one log-in
  cvops.identity.commvault_role_mappings:
    roles:
      - name: Restore Operator
        permissions: [View, Browse, In Place Recover]
    mappings:
      - principal: {user_group: Operators}
        grants:
          - role: Restore Operator
            entities: commcell

- name: Exactly this mapping for its principals, at most 100 requests in this run
  cvops.identity.commvault_role_mappings:
    mappings: "{{ cvops_role_mappings }}"
    exclusive: principals
    max_writes: 100
  register: result

- name: Fail when somebody holds more than the mapping says, without changing that
  cvops.identity.commvault_role_mappings:
    mappings: "{{ cvops_role_mappings }}"
    managed_groups: [GG-Commvault-*]
    fail_on_drift: true

- name: Say what is left
  ansible.builtin.debug:
    msg: "{{ result.role_mappings.remaining }} requests remain"
"""

RETURN = r"""
role_mappings:
  description: What the mapping came to.
  returned: success
  type: dict
  contains:
    roles:
      description: The roles of O(roles) as they are now, in its order, each as M(cvops.identity.commvault_roles) returns it.
      returned: when O(roles) is given
      type: list
      elements: dict
    grants:
      description: All grants of the mapping on this CommCell, sorted.
      type: list
      elements: dict
      contains:
        principal:
          description: Name of the Commvault group or user.
          type: str
        principal_kind:
          description: V(user_group), V(external_group) or V(user).
          type: str
        role:
          description: Name of the role.
          type: str
        entity_type:
          description: Kind of the entity.
          type: str
        entity:
          description: Name of the entity; V(all) for all of the kind.
          type: str
        grant_kind:
          description: V(creator) or V(owner) for a grant that the principal holds because it created or owns the entity, and that is not written therefore.
          returned: for grants that are held in this way
          type: str
    added:
      description: Grants that were added, or would be in check mode; same form as RV(role_mappings.grants).
      type: list
      elements: dict
    removed:
      description: Grants that were removed, or would be in check mode; same form as RV(role_mappings.grants).
      type: list
      elements: dict
    user_groups_created:
      description: Names of the user groups that were created, or would be.
      type: list
      elements: str
    user_group_references:
      description: The same user groups as O(cvops.identity.commvault_saml_app#module:pending_user_groups) and
        O(cvops.identity.commvault_credential#module:pending_user_groups) take them.
      type: list
      elements: dict
      contains:
        name:
          description: Name.
          type: str
        company:
          description: Id of its company, V(Commcell) for the CommCell.
          type: raw
    user_groups_linked:
      description: Names of the user groups that were linked to their Entra groups, or would be.
      type: list
      elements: str
    remaining:
      description: Write requests that O(max_writes) or O(canary) left for the next run, with the deletions of roles that wait for them.
      type: int
    foreign:
      description: How many rows were seen that belong to others or are of a kind that is never managed (creator, owner, inherited, single permissions).
      type: int
    surplus:
      description: Explicit grants that the mapping's principals hold beyond it when the run begins, in every mode; same form as RV(role_mappings.grants),
        and C(removed), whether this run removes the grant. The text V(unknown) where this release of Commvault, or this account,
        does not list all grants of a user or group.
      type: raw
    unmanaged:
      description: User groups that match O(managed_groups), hold grants and are in no entry, each as C(user_group), the number of its C(grants), these in words
        as C(held), and C(removed), whether this run removes all of them. The text V(unknown) where this release of Commvault, or this account, does not show
        all that a group holds, or of which company it is.
      type: raw
    other:
      description: Rights of the mapping's principals, and of user groups that match O(managed_groups) and are in no entry, that no mapping can remove,
        because they created or own the entity, hold single permissions in place of a role, or because it is not known how they came to them. Inherited ones
        are left out.
      type: list
      elements: dict
      contains:
        principal:
          description: Name of the Commvault group or user.
          type: str
        principal_kind:
          description: V(user_group), V(external_group) or V(user).
          type: str
        role:
          description: Name of the role; V(null) without one.
          type: str
        entity_type:
          description: Kind of the entity.
          type: str
        entity:
          description: Name of the entity.
          type: str
        grant_kind:
          description: V(creator), V(owner), V(permissions) or V(unknown).
          type: str
    unverified:
      description: Object ids of the entries and of O(break_glass) that could not be verified, because Microsoft Graph could not be asked; empty when all were.
      type: list
      elements: dict
      contains:
        name:
          description: The name that the entry gives; V(null) when it gives none.
          type: str
        object_id:
          description: The object id.
          type: str
    unchecked:
      description: Those of RV(role_mappings.added) and RV(role_mappings.removed) of which it is not known whether the signed-in user may do them, because
        Commvault does not tell, or O(check_rights=false); same form as RV(role_mappings.grants).
      type: list
      elements: dict
    effects:
      description: What the mapping's principals hold, and what this task makes of it; requests that are left for the next run count as not done. Principals
        that hold nothing are left out.
      returned: when O(tell_effects=true)
      type: list
      elements: dict
      contains:
        principal:
          description: Name of the Commvault group or user, with its company.
          type: str
        principal_kind:
          description: V(user_group), V(external_group) or V(user).
          type: str
        entra_group:
          description: The C(object_id) and the C(name) of the Entra group whose members these rights are for, each V(null) while it is not known; V(null)
            for other principals.
          type: dict
        added:
          description: Rights that it gets, each as C(id), which is that of role and entity on this CommCell, and C(text).
          type: list
          elements: dict
        removed:
          description: Rights that it loses, in the same form.
          type: list
          elements: dict
        kept:
          description: Rights that it holds before and after, in the same form.
          type: list
          elements: dict
        complete:
          description: Whether all that it holds is known.
          type: bool
    not_confirmed:
      description: Grants that the service accepted and does not show; they may await approval. Removed ones that it still shows fail the task.
      type: list
      elements: dict
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
      description: What is given, removed or changed, such as V(grant).
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

from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.options import build_role_spec
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.break_glass import (
    build_break_glass_spec,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.approval import build_approval_spec
from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.resource_list import build_list_spec
from ansible_collections.cvops.identity.plugins.module_utils._core.risks import build_removals_spec, build_risk_spec
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.options import mappings_option
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.roles_and_mapping import (
    RolesAndMappingResource,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec

SPEC = commvault_spec().merge(
    build_approval_spec(),
    build_risk_spec("last_admin", "own_rights", "break_glass", "first_managed_run"),
    build_removals_spec(),
    build_break_glass_spec(),
    ArgumentSpec(
        {
            "mappings": mappings_option(),
            **build_list_spec("roles", build_role_spec(), required=False).options,
            "document": {"type": "str"},
            "commcell": {"type": "str"},
            "exclusive": {"type": "raw", "default": "none"},
            "fail_on_drift": {"type": "bool", "default": False},
            "tell_effects": {"type": "bool", "default": False},
            "create_user_groups": {"type": "bool", "default": True},
            "link_entra_groups": {"type": "bool", "default": True},
            "match_by": {
                "type": "str",
                "choices": ["azure_guid", "object_id_name", "display_name", "sam_account_name"],
                "default": "azure_guid",
            },
            "require_object_id": {"type": "str", "choices": ["privileged", "all", "none"], "default": "privileged"},
            "max_writes": {"type": "int"},
            "canary": {"type": "bool", "default": False},
            "managed_groups": {"type": "list", "elements": "str", "default": []},
            "check_rights": {"type": "bool", "default": True},
            "parallel_reads": {"type": "int", "default": 8},
            "pending_roles": {"type": "list", "elements": "raw", "default": []},
            "pending_entra_groups": {"type": "list", "elements": "str", "default": []},
            "known_entra_groups": {"type": "dict", "default": {}},
        }
    ),
)


#: Entra groups without an object id are looked up in Microsoft Graph.
USES_GRAPH = True

RESOURCE = RolesAndMappingResource


def main() -> None:
    """Run the module in this process."""
    run_as_module(SPEC, RESOURCE)


if __name__ == "__main__":
    main()
