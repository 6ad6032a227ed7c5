# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What of a tenant bears on access to Commvault, read into one document."""

from __future__ import annotations

import typing as t

from ..._core.context import Context
from ..._core.provenance import COLLECTION_VERSION, Collector, Provenance
from ..._core.values import format_time
from ..._signin.tokens import describe_identity
from ..prefetching import PrefetchingGraph
from ..whoami import list_token_permissions
from .directory import (
    People,
    find_groups_named,
    find_namesakes,
    read_deleted_groups,
    read_deleted_users,
    read_groups,
    read_users,
)
from .document import FORMAT, EntraDocument, Row
from .group_counts import add_group_counts
from .programs import Programs
from .reading import Reading
from .settings import read_directory_roles, read_policies, read_tenant
from .wanted import Wanted


def read_tenant_document(ctx: Context, wanted: Wanted) -> EntraDocument:
    """Return what of the tenant *wanted* and its options ask for.

    What may not be read is empty, and a source says so. Raises ApiError for everything else that fails.
    """
    started = ctx.clock.now()
    graph = PrefetchingGraph(ctx)
    reading, people = Reading(ctx, graph), People()
    tenant = read_tenant(reading)
    programs = Programs(reading, people)
    programs.read_chosen(wanted)
    roles = read_directory_roles(reading, people)
    programs.read_powerful(holder for role in roles for holder in _list_holders(role))
    group_ids = {*wanted.group_ids, *find_groups_named(reading, wanted.groups), *programs.list_assigned_groups()}
    # A program may hold a role through a group, which is an unknown object until it is read.
    groups = read_groups(reading, group_ids | set(people.list_ids("")), people)
    groups = _add_namesakes(reading, groups, wanted, people)
    programs.read_by_id(people.list_ids("servicePrincipal"))
    users = read_users(reading, people, wanted.user_names)
    add_group_counts(reading, users, programs.applications.values())
    principals = programs.finish()
    locations, policies, report = read_policies(reading, programs.list_chosen())
    known = {row["id"] for row in (*users, *groups, *principals)}
    document = EntraDocument(
        format=FORMAT,
        provenance=_describe_provenance(ctx, graph, started_at=format_time(started)),
        tenant=tenant,
        users=users,
        groups=groups,
        applications=[programs.applications[key] for key in sorted(programs.applications)],
        service_principals=principals,
        directory_roles=roles,
        named_locations=locations,
        conditional_access_policies=policies,
        policy_report=report,
        deleted_users=read_deleted_users(reading, wanted.user_names, set(people.kinds)),
        deleted_groups=read_deleted_groups(reading, group_ids),
        others=people.list_others(known),
    )
    provenance = document["provenance"]
    provenance["ended"], provenance["sources"] = format_time(ctx.clock.now()), reading.list_sources()
    provenance["requests"] = int(ctx.stats.as_result()["reads"])
    return document


def _add_namesakes(reading: Reading, groups: list[Row], wanted: Wanted, people: People) -> list[Row]:
    """Return *groups* with those that have the name of a Commvault group which is linked to none of them, such as one that was created anew."""
    known = {row["id"] for row in groups}
    names = {name for name, object_id in wanted.named_groups if object_id not in known}
    found = find_namesakes(reading, names) - known
    return sorted([*groups, *read_groups(reading, found, people, known)], key=lambda row: str(row["id"]))


def _list_holders(role: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    yield from role["members"]
    yield from (one["id"] for one in role["scopedMembers"])


def _describe_provenance(ctx: Context, graph: PrefetchingGraph, *, started_at: str) -> Provenance:
    claims = graph.read_token_claims()
    identity = describe_identity(claims, graph.sign_in.method)
    is_person = identity["kind"] == "user"
    collector = Collector(
        kind="person" if is_person else "application",
        id=str((identity["object_id"] if is_person else identity["app_id"]) or ""),
        name=str(identity["user_name"] or identity["display_name"] or ""),
        rights=list_token_permissions(claims),
    )
    return Provenance(
        collection_version=COLLECTION_VERSION, started=started_at, ended="", requests=0, collector=collector, sources=[]
    )
