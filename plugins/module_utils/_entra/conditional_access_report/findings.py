# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Findings about policies and what they name: dead references, gaps of exclusions, groups that others may change, states. Pure."""

from __future__ import annotations

import datetime
import typing as t

from ..._core.values import format_time, get_time, is_guid
from ..conditional_access.canonical import Policy
from ..conditional_access.evaluation import Applies, is_for_people
from ..conditional_access.fields import BY_OPTION, FIELDS, Refers
from ..conditional_access.guard import is_in_force
from .details import UsedGroup
from .exclusions import Exclusion
from .near_misses import NearMiss
from .reach import Application, judge_reach
from .references import References
from .rows import Row, build_finding, build_subject, describe_policies
from .unknown import has_unknown_conditions, is_surely_in_force

APPLIES = {Applies.NO: "no", Applies.MAYBE: "may", Applies.YES: "yes"}
_GROUP_OPTIONS = ("users.include.groups", "users.exclude.groups")


def find_dead_references(policies: t.Sequence[Policy], references: References) -> t.Iterator[Row]:
    """Yield a finding for each object that policies name and that does not exist, or is of another kind."""
    for (refers, object_id), users in _list_users(policies).items():
        subject = build_subject(refers, object_id, references.names)
        options = sorted({option for option, _policy in users})
        named = [policy for _option, policy in users]
        if (refers, object_id) in references.missing:
            what = "no application with this id has a service principal in the tenant"
            told = what if refers is Refers.APPLICATION else f"there is no {refers.value} with this id"
        elif (refers, object_id) in references.wrong:
            told = f"it is a {references.wrong[refers, object_id]} and not a {refers.value}"
        else:
            continue
        # Whom a policy in force is for is graver than what any policy leaves out.
        is_grave = any(is_in_force(policy.state) and ".exclude" not in option for option, policy in users)
        yield build_finding(
            "dead_reference",
            "error" if is_grave else "warning",
            f"{describe_policies(named)} names the {refers.value} {object_id} in {', '.join(options)}: {told}.",
            "Remove it from the policy, or replace it with the right one: entra_conditional_access_policy with exclusive: true.",
            named,
            subject,
            options=options,
        )
    for context in sorted(references.contexts):
        named = [
            policy for policy in policies if context in (policy.form.get("applications.authentication_contexts") or ())
        ]
        if named:
            yield build_finding(
                "dead_reference",
                "warning",
                f"{describe_policies(named)} names the authentication context {context}, which does not exist.",
                "Create the authentication context, or remove it from the policy.",
                named,
                {"type": "authentication context", "id": context, "name": None},
                options=["applications.authentication_contexts"],
            )


def _list_users(policies: t.Iterable[Policy]) -> dict[tuple[Refers, str], list[tuple[str, Policy]]]:
    """Return what names each object, as pairs of option and policy, by kind and id."""
    found: dict[tuple[Refers, str], list[tuple[str, Policy]]] = {}
    for policy in policies:
        for item in FIELDS:
            value = policy.form.get(item.option)
            if item.refers is None or not value:
                continue
            for text in value if item.is_set else [value]:
                if is_guid(text):
                    found.setdefault((item.refers, text), []).append((item.option, policy))
    return found


def find_gaps(exclusions: t.Iterable[Exclusion], references: References) -> t.Iterator[Row]:
    """Yield a finding for each exclusion that no other policy in force covers for certain."""
    for one in exclusions:
        if one.status not in ("gap", "may_be_covered"):
            continue
        refers = one.refers
        label = references.label(refers, one.entry) if refers else one.entry
        is_gap = one.status == "gap"
        demand = "requires enough there" if refers is Refers.LOCATION else "requires as much of it"
        told = (
            f"no other policy in force {demand}"
            if is_gap
            else f"it is not certain whether another policy in force {demand}:"
            f" {describe_policies([*one.covered_by, *one.may_be_covered_by])}"
        )
        severity: t.Literal["warning", "info"] = "warning" if is_gap and is_in_force(one.policy.state) else "info"
        yield build_finding(
            "exclusion_gap",
            severity,
            f"{one.policy.display_name} excludes {label} ({one.option}), and {told}.",
            "Create a policy for it, or name it in break_glass if it is for emergencies.",
            [one.policy],
            build_subject(refers, one.entry, references.names)
            if refers
            else {"type": one.option, "id": one.entry, "name": None},
            option=one.option,
            covered_by=_name_policies(one.covered_by),
            may_be_covered_by=_name_policies(one.may_be_covered_by),
        )


def _name_policies(policies: t.Iterable[Policy]) -> list[Row]:
    return [{"object_id": policy.object_id, "display_name": policy.display_name} for policy in policies]


def list_used_groups(policies: t.Iterable[Policy], references: References) -> dict[str, list[Policy]]:
    """Return the groups that policies name which are not disabled, with these policies; groups that do not exist are left out."""
    found: dict[str, list[Policy]] = {}
    for policy in policies:
        named = {text for option in _GROUP_OPTIONS for text in policy.form.get(option) or () if is_guid(text)}
        for text in named if policy.state != "disabled" else ():
            key = (Refers.GROUP, text)
            if key not in references.missing and key not in references.wrong:
                found.setdefault(text, []).append(policy)
    return found


def find_unprotected_groups(
    groups: t.Mapping[str, UsedGroup], used: t.Mapping[str, t.Sequence[Policy]], names: t.Mapping[str, str]
) -> t.Iterator[Row]:
    """Yield a finding for each group in policies that others than the administrators of policies may change. *names*: of owners by id."""
    for object_id, group in sorted(groups.items()):
        # What is not shown is told as not evaluable, and is no finding.
        if group.is_role_assignable is None or group.is_restricted is not False:
            continue
        if group.is_role_assignable and not group.owners:
            continue
        owners = None if group.owners is None else [{"object_id": key, "name": names.get(key)} for key in group.owners]
        told = "" if owners is None else f"; it has {len(owners)} owners"
        if group.is_dynamic:
            told += "; its members come from a rule, so whoever can change attributes of users or devices can change its members"
        if group.is_synced:
            told += "; its members come from an Active Directory, whose administrators can change them"
        why = "is role-assignable, but its owners can change its members, too"
        if not group.is_role_assignable:
            why = "is neither role-assignable nor in a restricted management administrative unit"
        excluding = [
            policy for policy in used[object_id] if object_id in (policy.form.get("users.exclude.groups") or ())
        ]
        yield build_finding(
            "unprotected_group",
            "warning" if excluding else "info",
            f"Group {group.name} decides whom {describe_policies(used[object_id])} "
            f"{'leaves out' if excluding else 'is for'}, and {why}{told}.",
            "Move it to a restricted management administrative unit, or use a role-assignable group without owners.",
            used[object_id],
            {"type": Refers.GROUP.value, "id": object_id, "name": group.name},
            owners=owners,
            owner_count=None if owners is None else len(owners),
            dynamic=group.is_dynamic,
            synchronized=group.is_synced,
            report_only=all(not is_in_force(policy.state) for policy in used[object_id]),
        )


def find_long_reports(policies: t.Iterable[Policy], now: datetime.datetime, days: int) -> t.Iterator[Row]:
    """Yield a finding for each policy that is only reported and has not been changed for more than *days*."""
    for policy in policies:
        since = get_time(policy.wire, "modifiedDateTime") or get_time(policy.wire, "createdDateTime")
        if policy.state != "report_only" or since is None or (now - since).days <= days:
            continue
        yield build_finding(
            "report_only_too_long",
            "info",
            f"{policy.display_name} is in report-only, and was last changed on {format_time(since)}.",
            "Check the sign-in logs and put it in force, or delete it.",
            [policy],
            since=format_time(since),
            days=(now - since).days,
        )


def find_unreached(policies: t.Sequence[Policy], applications: t.Iterable[Application]) -> t.Iterator[Row]:
    """Yield a finding for each application that no policy in force reaches for certain when it is signed in to."""
    for application in applications:
        rows = [
            (policy, row)
            for policy in policies
            for row in judge_reach(policy.form, application)
            if row.role == "resource" and is_for_people(policy.form)
        ]
        if any(
            row.applies is Applies.YES and is_surely_in_force(policy) and not has_unknown_conditions(policy)
            for policy, row in rows
        ):
            continue
        others = [policy for policy, _row in rows if policy.state != "disabled"]
        told = (
            f"; these may be, or are in report-only: {describe_policies(others)}"
            if others
            else "; not even one in report-only"
        )
        yield build_finding(
            "no_policy_reaches_application",
            "warning",
            f"No conditional access policy in force certainly applies to people who sign in to {application.name}{told}.",
            "Create a policy for it, in report-only at first.",
            others,
            _build_application(application),
        )


def find_uncoverable(
    policies: t.Sequence[Policy], applications: t.Iterable[Application], named: t.Mapping[str, Application]
) -> t.Iterator[Row]:
    """Yield a finding for each program that no policy for service principals covers: of *applications*, and of those in policies."""
    asked = {application.object_id: application for application in applications}
    for object_id, application in sorted({**named, **asked}.items()):
        users = [policy for policy in policies if object_id in (policy.form.get("client_applications.include") or ())]
        if application.is_coverable is not False or not (users or object_id in asked):
            continue
        why = "it is a managed identity" if application.kind == "ManagedIdentity" else "it is for several tenants"
        if application.is_own is False and application.kind != "ManagedIdentity":
            why = "it is registered in another tenant"
        told = f", although {describe_policies(users)} names it" if users else ""
        yield build_finding(
            "covers_no_workload_identity",
            "warning" if users else "info",
            f"No policy covers {application.name} when it signs in by itself: {why}{told}.",
            "Limit what it can do by its permissions and roles; policies can cover only applications of this tenant.",
            users,
            _build_application(application),
        )


def _build_application(application: Application) -> Row:
    return {"type": Refers.APPLICATION.value, "id": application.app_id, "name": application.name}


def find_security_defaults(is_on: bool | None) -> t.Iterator[Row]:
    """Yield a finding where security defaults are on."""
    if is_on:
        yield build_finding(
            "security_defaults",
            "warning",
            "Security defaults are on in this tenant, and no policy can be in force while they are.",
            "Turn them off when the policies are ready.",
        )


def find_missing_licence(words: str | None) -> t.Iterator[Row]:
    """Yield a finding where the service has told that the tenant lacks a licence."""
    if words:
        yield build_finding(
            "not_licensed",
            "warning",
            f"Microsoft Graph says that the tenant lacks a licence: {words}",
            "Policies need Entra ID P1, risk conditions P2, and policies for service principals Workload Identities Premium.",
        )


def build_near_miss(miss: NearMiss, who: str, references: References, subject: t.Mapping[str, t.Any]) -> Row:
    """Return the finding of a near miss. *who*: whom or what the policy would be about."""
    condition: Row = {"condition": miss.condition, "how": miss.how, "by": []}
    for option, entry in miss.by:
        refers = BY_OPTION[option].refers
        name = references.names.get((refers, entry)) if refers else None
        condition["by"].append({"option": option, "id": entry, "name": name})
    would = "would apply" if miss.would_apply is Applies.YES else "might apply"
    return build_finding(
        "near_miss",
        "info",
        f"{miss.policy.display_name} {would} to {who} but for {_describe_miss(miss, references)}.",
        "Nothing to do if this is intended.",
        [miss.policy],
        subject,
        but_for=[condition],
        would_apply=APPLIES[miss.would_apply],
    )


def _describe_miss(miss: NearMiss, references: References) -> str:
    if miss.how == "not_in_force":
        return f"its state, {miss.policy.state.replace('_', ' ')}"
    if miss.how == "not_included":
        return f"its {miss.condition}, which do not include it"
    told = []
    for option, entry in miss.by:
        refers = BY_OPTION[option].refers
        told.append(f"{refers.value if refers else option} {references.label(refers, entry) if refers else entry}")
    return f"the exclusion of {', '.join(told)}" if told else f"what its {miss.condition} exclude"
