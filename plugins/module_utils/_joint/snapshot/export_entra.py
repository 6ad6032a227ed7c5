# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A tenant's document in the form of the document of variables. Pure."""

from __future__ import annotations

import typing as t

from ..._core.names import fold_case
from ..._entra.named_locations.options import LOOKUPS
from ..._entra.named_locations.plan import read_location
from ..._entra.overview.document import EntraDocument, Row
from .export_application import Directory, Options, export_application, prune


class Export(t.TypedDict):
    """What :func:`export_entra` returns."""

    variables: list[Options]
    """Documents of variables: each has one application at most, the first also everything else."""
    other: list[Row]
    """What no variable says: ``kind``, ``name``, ``id``, ``why``, and ``options`` of a module that says it, empty where none does."""


def export_entra(document: EntraDocument) -> Export:
    """Return the groups, applications, named locations and policies of *document* as variables, and what they cannot say.

    Run against the same tenant, they change nothing: sets name what is there, and what is left out is not managed.
    """
    directory = Directory(document)
    shared: Options = {
        "cvops_entra_groups": _export_groups(directory),
        "cvops_conditional_access": prune(
            {"named_locations": _export_locations(directory), "policies": _export_policies(directory)}
        ),
    }
    rows = sorted(document["applications"], key=lambda row: (fold_case(str(row["displayName"] or "")), row["id"]))
    applications: list[Options] = [{"cvops_application": export_application(directory, row)} for row in rows] or [{}]
    for role in document["directory_roles"]:
        held = len(role["members"]) + len(role["scopedMembers"])
        why = f"{held} hold it; the variables document has no key for directory roles"
        directory.tell("directory role", role["displayName"], role["roleTemplateId"], why)
    variables = [prune({**applications[0], **shared}), *applications[1:]]
    other = sorted(directory.other, key=lambda row: (row["kind"], fold_case(row["name"]), row["id"], row["why"]))
    return Export(variables=[one for one in variables if one], other=other)


def _export_groups(directory: Directory) -> list[Options]:
    found = []
    for row in sorted(
        directory.document["groups"], key=lambda row: (fold_case(str(row["displayName"] or "")), row["id"])
    ):
        why = _explain_group(row)
        if why:
            directory.tell("group", row["displayName"], row["id"], why)
            continue
        for part in row["notVisible"]:
            directory.tell("group", row["displayName"], row["id"], f"its {part} could not be read")
        key = {"unique_name": row["uniqueName"]} if row["uniqueName"] else {"object_id": row["id"]}
        found.append(
            prune(
                {
                    "display_name": row["displayName"],
                    **key,
                    "mail_nickname": row["mailNickname"] if row["uniqueName"] else None,
                    "description": row["description"],
                    "members": directory.name_people(row["members"]),
                    "owners": directory.name_people(row["owners"]),
                }
            )
        )
    return found


def _explain_group(row: Row) -> str:
    """Return why cvops_entra_groups does not keep a group, empty where it does."""
    if row["securityEnabled"] is not True or row["mailEnabled"] or "Unified" in row["groupTypes"]:
        return "it is not a plain security group"
    if "DynamicMembership" in row["groupTypes"]:
        return "its members come from a rule"
    if row["onPremisesSyncEnabled"]:
        return "it is synchronised from on-premises; change it there"
    if row["isAssignableToRole"]:
        return "it can hold directory roles, which the variables document cannot express"
    return "" if str(row["displayName"] or "").strip() else "its name could not be read"


def _export_locations(directory: Directory) -> list[Options]:
    found = []
    locations = [read_location(row) for row in directory.document["named_locations"]]
    names = [fold_case(one.display_name) for one in locations]
    for one in sorted(locations, key=lambda one: (fold_case(one.display_name), one.object_id)):
        is_known = one.kind != "other" and one.fields.get("country_lookup") in (None, *LOOKUPS)
        if not is_known or not any(one.fields.get(key) for key in ("ip_ranges", "countries")):
            directory.tell(
                "named location", one.display_name, one.object_id, "it is of a kind that the document does not support"
            )
            continue
        key = {"object_id": one.object_id} if names.count(fold_case(one.display_name)) > 1 else {}
        flags = {name: value for name, value in one.fields.items() if value is not False}
        found.append({"display_name": one.display_name, **key, **prune(flags)})
    return found


def _export_policies(directory: Directory) -> list[Options]:
    found = []
    told = directory.document["policy_report"].get("policies") or []
    for policy in told:
        if policy["unknown_fields"]:
            why = f"the document does not know {', '.join(map(str, policy['unknown_fields']))}"
            directory.tell("conditional access policy", policy["display_name"], policy["object_id"], why)
        else:
            found.append(policy["options"])
    known = {policy["object_id"] for policy in told}
    for row in directory.document["conditional_access_policies"]:
        if str(row.get("id") or "").lower() not in known:
            directory.tell(
                "conditional access policy",
                row.get("displayName"),
                row.get("id"),
                "the report on policies could not be read",
            )
    return found
