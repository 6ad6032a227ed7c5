# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The tenant itself, who holds directory roles, and what decides on sign-ins: the rest of a snapshot."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from functools import partial

from ..._core.errors import AuthError, BadAnswer, Throttled, Unreachable
from ..._core.names import fold_case
from ..._core.values import get_objects
from ..._core.visible import repair_strings
from ..._signin.tokens import get_tenant_id
from ..access_collection import LOCATIONS, POLICIES
from ..access_collection import READ_NEEDS as POLICY_NEEDS
from ..conditional_access_report.info import read_conditional_access
from ..conditional_access_report.rows import Unread
from .directory import People
from .document import Row
from .power import ROLES
from .reading import Reading, describe_needs
from .selection import ID, TEXT, Table, clean_body, select_row, select_rows, sort_rows

_ROLE_NEEDS = ("RoleManagement.Read.Directory",)
_TENANT_NEEDS = ("Organization.Read.All",)
_DEFINITION: Table = {"id": TEXT, "templateId": TEXT, "displayName": TEXT}
_ASSIGNMENT: Table = {"id": TEXT, "principalId": ID, "roleDefinitionId": TEXT, "directoryScopeId": TEXT}
_TENANT: Table = {"id": ID, "displayName": TEXT}
#: Findings that depend on the day are left out of a snapshot: no policy is in report-only for so many days.
_NEVER_DAYS = 1_000_000


def read_tenant(reading: Reading) -> Row:
    """Return the tenant; its id alone where it may not be read."""
    params = {"$select": "id,displayName,verifiedDomains"}
    listed = reading.list_all("tenant", "/organization", params, "read the tenant", _TENANT_NEEDS)
    told = get_tenant_id(reading.graph.read_token_claims())
    for wire in listed[:1]:
        domains = [
            str(one.get("name") or "") for one in get_objects(wire, "verifiedDomains") if one.get("isInitial") is True
        ]
        return {**select_row(_TENANT, wire, "tenant"), "domain": domains[0] if domains else None}
    return {"id": told.lower() if told else None, "displayName": None, "domain": None}


def read_directory_roles(reading: Reading, people: People) -> list[Row]:
    """Return the directory roles that somebody holds now, with who does; what somebody may activate is not read."""
    root = "/roleManagement/directory"
    assigned = reading.attempt(
        "directory_roles",
        _ROLE_NEEDS,
        lambda: reading.graph.list(
            f"{root}/roleAssignments", intent="list who holds directory roles", needs=_ROLE_NEEDS
        ),
    )
    defined = reading.attempt(
        "directory_roles",
        _ROLE_NEEDS,
        lambda: reading.graph.list(f"{root}/roleDefinitions", intent="list directory roles", needs=_ROLE_NEEDS),
    )
    roles = {fold_case(str(one["id"])): one for one in select_rows(_DEFINITION, defined or (), "directory role")}
    found: dict[str, Row] = {}
    for one in select_rows(_ASSIGNMENT, assigned or (), "directory role assignment"):
        key = fold_case(str(one["roleDefinitionId"]))
        role = roles.get(key) or {"templateId": one["roleDefinitionId"], "displayName": None}
        template = fold_case(str(role["templateId"] or one["roleDefinitionId"]))
        name = role["displayName"] or (ROLES[template][0] if template in ROLES else None)
        row = found.setdefault(
            template, {"roleTemplateId": template, "displayName": name, "members": [], "scopedMembers": []}
        )
        if one["principalId"] is None:
            continue
        people.note(one["principalId"])
        if one["directoryScopeId"] in ("/", None):
            row["members"].append(one["principalId"])
        else:
            row["scopedMembers"].append({"id": one["principalId"], "directoryScopeId": one["directoryScopeId"]})
    for row in found.values():
        row["members"], row["scopedMembers"] = sorted(set(row["members"])), sort_rows(row["scopedMembers"])
    reading.note("directory_roles", len(found))
    return [found[key] for key in sorted(found)]


def read_policies(reading: Reading, applications: t.Mapping[str, bool]) -> tuple[list[Row], list[Row], Row]:
    """Return the named locations and the conditional access policies as Graph has them, and the report on them.

    *applications*: ids of those of which the report tells which policies reach them, and whether people sign in to them; they have
    service principals in the tenant.
    """
    bodies: dict[str, list[Row]] = {}
    for source, path in (("named_locations", LOCATIONS), ("conditional_access_policies", POLICIES)):
        wires = reading.list_all(source, path, {}, f"list {source.replace('_', ' ')}", POLICY_NEEDS)
        reading.graph.keep_answer(path, None, wires)
        bodies[source] = sort_rows(clean_body(wire, source) for wire in wires)
    report = _read_report(reading, applications) if reading.is_complete("conditional_access_policies") else {}
    return bodies["named_locations"], bodies["conditional_access_policies"], report


def _read_report(reading: Reading, applications: t.Mapping[str, bool]) -> Row:
    """Return the report on all policies, without what depends on the day.

    Raises ApiError for what failed otherwise than by being refused, which the report itself takes for not evaluable.
    """
    options = {**reading.ctx.options, "report_only_days": _NEVER_DAYS, "policies": None, "unreached": True}
    programs = [app_id for app_id, is_signed_in_to in applications.items() if not is_signed_in_to]
    options |= {"applications": [*applications] or None, "programs": programs, "sign_ins": None, "break_glass": None}
    ctx = replace(reading.ctx, options=options)
    unread = Unread()
    read = partial(read_conditional_access, ctx, reading.graph, unread)
    report = reading.attempt("policy_report", POLICY_NEEDS, read)
    for error in unread.errors:
        if isinstance(error, (AuthError, BadAnswer, Throttled, Unreachable)) or (error.status or 0) >= 500:
            raise error
    if not report:
        return {}
    why = [f"{row['what']}: {describe_needs(row['needs'])}" for row in report["not_evaluable"]]
    reading.note("policy_report", len(report["policies"]), not why, "; ".join(why))
    kept = [{name: row[name] for name in ("what", "needs", "kinds")} for row in report["not_evaluable"]]
    cleaned: Row = repair_strings({**report, "not_evaluable": kept})
    return cleaned
