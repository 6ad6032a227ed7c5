# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The rules of findings as data: what each one says, how grave it is, and what to do. Segregation of duties has rules of its own."""

from __future__ import annotations

from ..tables import Rule
from .model import FindingRule

#: A drill of a break-glass account is due after so many days, and a credential is told so many days before it ends.
DRILL_DAYS, CREDENTIAL_DAYS = 90, 30
#: The fewest administrators who can sign in while Entra ID cannot be reached.
FEWEST_ADMINISTRATORS = 2
#: Decisions about privileged rows with one reason on one day by one reviewer from which they count as made in bulk.
BULK_DECISIONS = 100

_ALL = (
    # who administers
    FindingRule(
        "last_administrators",
        "high",
        "Too few administrators can sign in without Entra ID",
        "Keep two or more enabled local administrators outside SSO, keep their passwords in a safe, and test them regularly.",
    ),
    FindingRule(
        "privileged_not_approved",
        "medium",
        "Privileged access without owner or approval",
        "Add owner and approval to the mapping's entry, or remove the access.",
    ),
    FindingRule(
        "approval_not_evaluable",
        "medium",
        "Owners and approvals are not known",
        "Give the document of variables with cvops_role_mappings to the bundle.",
    ),
    FindingRule(
        "empty_privileged_group",
        "medium",
        "A group without members holds privileged access",
        "Remove the grants, or add the people who need them to the group: whoever can change the group can get all that it holds.",
    ),
    FindingRule(
        "automation_account_in_group",
        "medium",
        "An automation account is in a group of people",
        "Give the account its own group with what it needs, so that neither it nor the people get rights they do not need.",
    ),
    FindingRule(
        "segregation_not_evaluable",
        "medium",
        "Segregation of duties could not be judged",
        "Let the collecting identity read the roles with their permissions.",
    ),
    # groups
    FindingRule(
        "recreated_group",
        "high",
        "The Entra group was re-created with the same name",
        "Find out who created it and why, then link the Commvault group to it (relink: true), or remove its grants.",
    ),
    FindingRule(
        "linked_group_gone",
        "medium",
        "The linked Entra group is gone",
        "Link the Commvault group to the right Entra group, or remove its grants.",
    ),
    FindingRule(
        "renamed_group",
        "low",
        "The Entra group has another name than the Commvault group",
        "Rename one of them, so that people find the group they mean.",
    ),
    FindingRule(
        "nested_group",
        "low",
        "Access comes through nested groups",
        "Check who may change the nested groups. Assigned groups (ApplicationGroup) and app roles do not follow nesting.",
    ),
    FindingRule(
        "linked_by_name_only",
        "low",
        "An Entra group has the Commvault group's name and is not linked to it",
        "Link the groups by object id, so that a rename or another group with this name changes nothing.",
    ),
    FindingRule(
        "ambiguous_group_name",
        "medium",
        "Several Entra groups have the Commvault group's name",
        "Link the Commvault group to the object id of the right one.",
    ),
    FindingRule(
        "privileged_group_owned",
        "low",
        "Owners of a group can give privileged access to anybody",
        "Remove the owners from the group, or make them the approvers of its access: no mapping document shows what they change.",
    ),
    FindingRule(
        "too_many_groups",
        "high",
        "Somebody is in too many groups for a token",
        "Put only the groups that are assigned to the application into the token, or remove the person from groups.",
    ),
    FindingRule(
        "group_members_not_evaluable",
        "medium",
        "Not all members of a group are visible",
        "Let the collecting identity read the members, and what they are.",
    ),
    # grants
    FindingRule(
        "orphaned_grant",
        "medium",
        "A grant names something that does not exist",
        "Remove the grant: an id may be used again, and then somebody else would have the grant.",
    ),
    FindingRule(
        "grant_surplus",
        "medium",
        "A grant beyond the mapping",
        "Add it to the mapping with its approval, or remove it; the mapping removes it with exclusive: principals.",
    ),
    FindingRule(
        "grant_unmanaged",
        "medium",
        "Grants of somebody without an entry in the mapping",
        "Add an entry with owner and approval to the mapping, or remove the grants; the mapping removes them with exclusive: managed.",
    ),
    FindingRule(
        "single_permissions",
        "low",
        "Single permissions were granted without a role",
        "Grant a role instead, so that the mapping covers it.",
    ),
    FindingRule(
        "mapping_not_applied",
        "medium",
        "A declared grant is not on the server",
        "Run the mapping, or remove the line from it.",
    ),
    FindingRule(
        "mapping_not_resolved",
        "medium",
        "A line of the mapping has no effect on this CommCell",
        "Correct the line: until then neither it nor what it replaces is judged.",
    ),
    FindingRule(
        "grant_expired",
        "high",
        "A grant is still there after its end",
        "Run the mapping, which removes it, or set a new valid_until with a new approval.",
    ),
    FindingRule(
        "review_overdue",
        "medium",
        "A review is overdue",
        "Review the access, and set review_by to the next date.",
    ),
    # people
    FindingRule(
        "leaver_holds_access",
        "high",
        "Somebody who left still holds something",
        "Disable the account in Commvault and revoke its access tokens; leavers.csv says what to do in each case. "
        "Find out why it was not removed.",
    ),
    FindingRule(
        "leavers_not_evaluable",
        "medium",
        "It is not known whether people have left",
        "Let the collecting identity read the users, and give accounts the user principal name of the person.",
    ),
    FindingRule(
        "local_password_beside_sso",
        "medium",
        "A local password in addition to SSO",
        "Let the account sign in only with the identity provider, or name it in cvops_break_glass if it is a break-glass account.",
    ),
    FindingRule(
        "token_without_end",
        "medium",
        "An access token that never expires",
        "Create a token with an expiry date instead, and revoke this one.",
    ),
    FindingRule(
        "token_of_leaver",
        "high",
        "An access token of somebody who left",
        "Revoke the token, and disable the account.",
    ),
    # break-glass
    FindingRule(
        "break_glass_missing",
        "high",
        "A break-glass account does not exist",
        "Create the account, or correct its name in cvops_break_glass.",
    ),
    FindingRule(
        "break_glass_disabled",
        "critical",
        "A break-glass account is disabled",
        "Enable it and test it.",
    ),
    FindingRule(
        "break_glass_without_password",
        "high",
        "A break-glass account has no local password",
        "Give it a Commvault password and keep that in a safe.",
    ),
    FindingRule(
        "break_glass_drill_due",
        "medium",
        "A break-glass account was not tested recently",
        "Run the playbook break_glass_drill.",
    ),
    FindingRule(
        "break_glass_drill_failed",
        "high",
        "The last drill of a break-glass account failed",
        "Find out why, and run the playbook break_glass_drill again.",
    ),
    FindingRule(
        "break_glass_drill_not_proven",
        "medium",
        "A break-glass account signed in, but its administrator rights are not proven",
        "Let the account see its own rights, or test its rights in a session, and run the playbook break_glass_drill again.",
    ),
    FindingRule(
        "break_glass_not_evaluable",
        "medium",
        "A break-glass account could not be judged",
        "Let the collecting identity read the users.",
    ),
    # programs
    FindingRule(
        "tier_0_not_listed",
        "high",
        "An application can take over the tenant, and no CommCell uses it",
        "Find out who needs it and for what; remove the permissions, or name it in "
        "cvops_evidence.tier_0_applications if it is known and wanted.",
    ),
    FindingRule(
        "credential_ended",
        "low",
        "A credential has ended",
        "Rotate it where it is used, and remove it.",
    ),
    FindingRule(
        "credential_ends_soon",
        "medium",
        "A credential ends soon",
        "Rotate it.",
    ),
    FindingRule(
        "conditional_access",
        "medium",
        "A finding about conditional access",
        "See the description.",
    ),
    FindingRule(
        "conditional_access_not_evaluable",
        "medium",
        "Conditional access could not be judged in full",
        "Grant the collecting identity the permissions that the description names.",
    ),
    # the bundle
    FindingRule(
        "commcell_left_out",
        "low",
        "A CommCell is no longer in the bundle",
        "Read it again, or note in the ticket of the review why it is not part of it.",
    ),
    FindingRule(
        "pseudonyms_not_comparable",
        "medium",
        "People could not be compared: the snapshot has pseudonyms",
        "Name the key of the snapshot's pseudonyms (pseudonym_key_file), and make the bundle again.",
    ),
    FindingRule(
        "not_visible",
        "medium",
        "Not everything was visible",
        "Give the collecting identity the rights that the description names, and collect again.",
    ),
    # reviews
    FindingRule(
        "reviewed_own_access",
        "high",
        "Somebody reviewed their own access",
        "Have somebody else decide.",
    ),
    FindingRule(
        "decision_blank",
        "medium",
        "A row was not decided",
        "Decide every row; an empty decision is none.",
    ),
    FindingRule(
        "decision_without_reviewer",
        "medium",
        "A decision without a reviewer",
        "Write who decided.",
    ),
    FindingRule(
        "revoked_access_remains",
        "high",
        "Access that a review revoked is still there",
        "Run the playbook review and apply its change of the mapping.",
    ),
    FindingRule(
        "bulk_approval",
        "medium",
        "Privileged access was approved in bulk",
        "Review the rows one by one, each with its own reason.",
    ),
    FindingRule(
        "acceptance_not_valid",
        "low",
        "A finding was accepted without a reason, or with a date in the past",
        "Give reason and a date in the future, or fix the finding.",
    ),
)
RULES: dict[str, FindingRule] = {rule.id: rule for rule in _ALL}

_ADMINISTERS = [
    "Master",
    "Administrative Management",
    "Change security settings",
    "add / delete / modify a user*",
    "Client Admins",
    "*Administrator",
    "Tenant Admin",
]
#: Segregation of duties where the user gives no rules: what the sides do is told by roles of the product and by permissions.
DEFAULT_RULES: tuple[Rule, ...] = (
    {
        "id": "backup_admin_and_restore_approver",
        "title": "Administers backups and approves restores",
        "severity": "high",
        "first": ["Master", "Client Admins", "Backup Admin*", "Agent Management", "Administrative Management"],
        "second": ["*Restore*Approver*", "Approve Restore*"],
        "remedy": "Let somebody else approve restores than the people who administer the backups.",
    },
    {
        "id": "audit_and_admin",
        "title": "Audits and administers",
        "severity": "high",
        # Neither the built-in role Compliance nor its permission Audit: who searches data for legal reasons watches no administrator.
        "first": ["*Auditor*"],
        "second": _ADMINISTERS,
        "remedy": "Let somebody else audit than the people who administer.",
    },
)
