# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The role mappings that a CommCell holds: the reads of module commvault_role_mappings_info."""

from __future__ import annotations

import typing as t

from ..._commvault.catalogue import Catalogue, Entry
from ..._commvault.client import CommvaultClient
from ..._commvault.directory import Directory
from ..._commvault.security.calls import SecurityAssociations
from ..._commvault.security.grants import Association, Principal
from ..._core.context import Context
from ..._core.errors import ConfigError
from ..._core.names import matches_any_pattern
from ..._core.parallel import map_in_parallel
from ..._entra.client import GraphClient
from ..._entra.groups.verification import GroupIdCheck, check_group_ids
from .export import ExportLookups, export_mappings


def read_role_mappings(ctx: Context) -> dict[str, t.Any]:
    """Return what one CommCell holds, as the module's result has it. Raises ConfigError for a release that does not list it all."""
    client = CommvaultClient(ctx)
    directory = Directory(client)
    security = SecurityAssociations(client)
    fault = security.describe_missing_lists("Without them, an export would leave grants out.")
    if fault is not None:
        raise ConfigError(f"Role mappings cannot be exported: {fault}")
    security.warn_of_unknown_release()
    on_commcell = security.list_on_entity(security.commcell)
    groups = _select_entries(directory.read_catalogue("user_groups"), ctx.options["principals"])
    directory_groups = _select_entries(directory.read_catalogue("external_groups"), ctx.options["principals"])
    users = _select_users(ctx, directory.read_catalogue("users"), on_commcell)
    named = [
        *((Principal("user_group", entry.id), entry.name) for entry in groups),
        *((Principal("external_group", entry.id), entry.name) for entry in directory_groups),
        *((Principal("user", entry.id), entry.name) for entry in users),
    ]
    for principal, name in named:
        security.remember_name(principal, name)
    principals = [principal for principal, dummy in named]
    read = _read_each(ctx, security.list_of_principal, principals, "principals read with their grants")
    rows = [row for part in read for row in part]
    shown = {_make_row_key(row) for row in rows}
    # Rows that only the CommCell shows: owners, and principals that are in no list.
    listed = frozenset(principals)
    outside = [row for row in on_commcell if _make_row_key(row) not in shown and _is_asked_for(ctx, row, listed)]
    holding = {row.principal for row in rows}
    linked = [entry for entry in groups if Principal("user_group", entry.id) in holding]
    object_ids = _read_object_ids(ctx, directory, linked)
    checked = _check_object_ids(ctx, object_ids, directory.read_catalogue("user_groups"))
    entra_names = {object_id: str(wire.get("displayName") or "") for object_id, wire in checked.found.items()}
    kept = {number: object_id for number, object_id in object_ids.items() if object_id not in checked.missing}
    site = ExportLookups(directory.read_catalogue, client.commcell_id, kept, entra_names)
    exported = export_mappings([*rows, *outside], site)
    without = [entry.name for entry in groups if Principal("user_group", entry.id) not in holding]
    return {"mappings": exported.mappings, "other": exported.other, "user_groups_without_grants": without}


def _make_row_key(row: Association) -> tuple[t.Any, ...]:
    return (row.principal, row.role_id, row.entity, row.grant_kind, row.permission_ids)


def _select_entries(catalogue: Catalogue, patterns: t.Sequence[str] | None) -> list[Entry]:
    return [entry for entry in catalogue if patterns is None or matches_any_pattern(entry.name, patterns)]


def _select_users(ctx: Context, catalogue: Catalogue, on_commcell: t.Sequence[Association]) -> list[Entry]:
    """Return the users that are asked for, and those that hold something on the CommCell itself: thousands can not be read one by one."""
    patterns = ctx.options["users"]
    holders = {row.principal.id for row in on_commcell if row.principal.kind == "user"}
    names = ctx.options["principals"]
    return [
        entry
        for entry in catalogue
        if matches_any_pattern(entry.name, patterns)
        or (entry.id in holders and (names is None or matches_any_pattern(entry.name, names)))
    ]


def _is_asked_for(ctx: Context, row: Association, listed: t.Collection[Principal]) -> bool:
    if row.principal in listed:
        return row.grant_kind != "explicit"
    patterns = ctx.options["principals"]
    return patterns is None or matches_any_pattern(row.principal_name, patterns)


def _read_object_ids(ctx: Context, directory: Directory, groups: t.Sequence[Entry]) -> dict[int, str]:
    """Return the object ids of the Entra groups that user groups are linked to, by the id of the user group."""
    known = {entry.id: entry.azure_guid for entry in groups if "azureGUID" in entry.raw}
    unknown = [entry.id for entry in groups if entry.id not in known]
    details = _read_each(ctx, directory.read_user_group, unknown, "user groups read")
    for number, found in zip(unknown, details, strict=True):
        if found and found.get("azureGUID"):
            known[number] = str(found["azureGUID"]).lower()
    return {number: object_id for number, object_id in known.items() if object_id}


def _check_object_ids(ctx: Context, object_ids: t.Mapping[int, str], user_groups: Catalogue) -> GroupIdCheck:
    """Return what Graph says of the Entra groups that user groups are linked to; warn of those that are gone, and where it cannot be asked."""
    checked = check_group_ids(lambda: GraphClient(ctx), object_ids.values(), "id,displayName")
    for number, object_id in sorted(object_ids.items()):
        entry = user_groups.get_by_id(number)
        if object_id in checked.missing and entry is not None:
            ctx.warn(
                f"Commvault group {entry.label} is linked to Entra object {object_id}, which is not a known Entra "
                "group; it is exported without the link"
            )
    if checked.failure is not None:
        ctx.warn(
            f"The names of the linked Entra groups are not exported, because they could not be read. {checked.failure}"
        )
    return checked


def _read_each(ctx: Context, work: t.Callable[[t.Any], t.Any], keys: t.Sequence[t.Any], what: str) -> list[t.Any]:
    return map_in_parallel(work, keys, max(1, ctx.options["parallel_reads"]), ctx, what)
