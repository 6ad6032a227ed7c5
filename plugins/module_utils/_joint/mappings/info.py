# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Reads what a CommCell holds and hands it to the export."""

from __future__ import annotations

import typing as t

from ..._commvault.catalogue import Catalogue, Entry
from ..._commvault.client import CommvaultClient
from ..._commvault.directory import Directory
from ..._commvault.listings import parse_id
from ..._commvault.security.calls import SecurityAssociations
from ..._commvault.security.grants import Association, Entity, Principal
from ..._core.context import Context
from ..._core.errors import ConfigError
from ..._core.names import matches_any_pattern
from ..._core.parallel import map_in_parallel
from .export import Site, export


def role_mappings_info(ctx: Context) -> dict[str, t.Any]:
    """The export of one CommCell."""
    client = CommvaultClient(ctx)
    directory = Directory(client)
    security = SecurityAssociations(client)
    if not security.can_list_principal:
        raise ConfigError(
            "This release of Commvault does not list all grants of a user or group; an export needs 11.42 or later."
        )
    security.warn_of_unknown_release()
    commcell = Entity("commcell", client.commcell_id)
    wide = security.list_on_entity(commcell)
    groups = _chosen(ctx, directory.read_catalogue("user_groups"), ctx.options["principals"])
    outer = _chosen(ctx, directory.read_catalogue("external_groups"), ctx.options["principals"])
    users = _users(ctx, directory.read_catalogue("users"), wide)
    named = [
        *((Principal("user_group", entry.id), entry.name) for entry in groups),
        *((Principal("external_group", entry.id), entry.name) for entry in outer),
        *((Principal("user", entry.id), entry.name) for entry in users),
    ]
    for principal, name in named:
        security.remember_name(principal, name)
    principals = [principal for principal, dummy in named]
    rows = [row for part in _side_by_side(ctx, security.list_of_principal, principals) for row in part]
    shown = {_key(row) for row in rows}
    # Rows that only the CommCell shows: owners, and principals that are in no list.
    outside = [row for row in wide if _key(row) not in shown and _wanted(ctx, row, principals)]
    anchors = _anchors(ctx, directory, [entry for entry in groups if any(row.principal.id == entry.id for row in rows)])
    site = Site(directory.read_catalogue, client.commcell_id, client.company_id, anchors)
    exported = export([*rows, *outside], site)
    return {"mappings": exported.mappings, "other": exported.other, "user_groups_without_grants": _idle(groups, rows)}


def _key(row: Association) -> tuple[t.Any, ...]:
    return (row.principal, row.role_id, row.entity, row.grant_kind, row.permission_ids)


def _chosen(ctx: Context, catalogue: Catalogue, patterns: t.Sequence[str] | None) -> list[Entry]:
    return [entry for entry in catalogue if patterns is None or matches_any_pattern(entry.name, patterns)]


def _users(ctx: Context, catalogue: Catalogue, wide: t.Sequence[Association]) -> list[Entry]:
    """Users that are asked for, and those that hold something on the CommCell itself: asking for thousands one by one is not on."""
    patterns = ctx.options["users"]
    holders = {row.principal.id for row in wide if row.principal.kind == "user"}
    names = ctx.options["principals"]
    return [
        entry
        for entry in catalogue
        if matches_any_pattern(entry.name, patterns)
        or (entry.id in holders and (names is None or matches_any_pattern(entry.name, names)))
    ]


def _wanted(ctx: Context, row: Association, principals: t.Sequence[Principal]) -> bool:
    if row.principal in principals:
        return row.grant_kind != "explicit"
    patterns = ctx.options["principals"]
    return patterns is None or matches_any_pattern(row.principal_name, patterns)


def _anchors(ctx: Context, directory: Directory, groups: t.Sequence[Entry]) -> dict[int, str]:
    """Object ids of the Entra groups behind user groups, where there are any."""
    known = {entry.id: entry.azure_guid for entry in groups if "azureGUID" in entry.raw}
    unknown = [entry.id for entry in groups if entry.id not in known]
    details = dict(zip(unknown, _side_by_side(ctx, directory.read_user_group, unknown), strict=True))
    known.update(
        {
            number: str(found["azureGUID"]).lower()
            for number, found in details.items()
            if found and found.get("azureGUID")
        }
    )
    return {number: anchor for number, anchor in known.items() if anchor and parse_id(number)}


def _idle(groups: t.Sequence[Entry], rows: t.Sequence[Association]) -> list[str]:
    busy = {row.principal.id for row in rows if row.principal.kind == "user_group"}
    return [entry.name for entry in groups if entry.id not in busy]


def _side_by_side(ctx: Context, work: t.Callable[[t.Any], t.Any], keys: t.Sequence[t.Any]) -> list[t.Any]:
    return map_in_parallel(work, keys, max(1, ctx.options["parallel_reads"]), ctx.cancellation)
