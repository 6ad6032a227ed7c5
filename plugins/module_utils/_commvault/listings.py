# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The calls that list a CommServe's objects, and the shapes of their answers, which differ by release."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from .._core.errors import NotFound
from .._core.values import get_objects
from .catalogue import Entry, is_commcell_level, pluralize
from .references import parse_id

Body = t.Mapping[str, t.Any]
#: Reads a path with query parameters; None when this release does not know the path.
PathReader = t.Callable[[str, t.Mapping[str, t.Any]], "Body | None"]


@dataclass(frozen=True)
class Listing:
    """How one kind of object is listed. ``calls``: paths with their parameters, newest first; an unknown one is skipped.

    ``wrappers``: names of the list in the answer. ``ids`` to ``aliases``: dotted paths into a row, of which the first that holds a
    value counts. ``keep``: which rows are of this kind.
    """

    noun: str
    calls: tuple[tuple[str, t.Mapping[str, str]], ...]
    wrappers: tuple[str, ...]
    ids: tuple[str, ...]
    names: tuple[str, ...]
    companies: tuple[str, ...] = ("company.name",)
    company_ids: tuple[str, ...] = ("company.id",)
    aliases: tuple[str, ...] = ()
    keep: t.Callable[[Body], bool] = lambda row: True


#: Under which the number of all rows stands in answers that tell it.
_TOTALS = ("numberOfUsers", "totalRecords", "totalRecordCount", "total", "totalCount", "filterQueryCount")
_USER_GROUP_PARAMS = {"includeSystemCreated": "true", "level": "10"}
_LOCAL_SERVICES = ("COMMSERVE", "ORGANIZATIONS", "UNKNOWN", "0", "1", "5")


def is_local_service(service: t.Any) -> bool:
    """Return whether the ``serviceType`` of a user or group, a word or its number, is that of Commvault itself and no directory's."""
    return str(service).upper() in _LOCAL_SERVICES


def is_directory_group(row: Body) -> bool:
    """Return whether a row of the user group list is a group of a directory such as Active Directory."""
    service = row.get("serviceType")
    if service not in (None, ""):
        return not is_local_service(service)
    return "\\" in str(_get_first(row, ("name", "userGroupEntity.userGroupName")) or "")


def _build_user_group_listing(noun: str, keep: t.Callable[[Body], bool]) -> Listing:
    return Listing(
        noun,
        (("V4/UserGroup", _USER_GROUP_PARAMS), ("UserGroup", _USER_GROUP_PARAMS)),
        ("userGroups",),
        ("id", "userGroupEntity.userGroupId"),
        ("name", "userGroupEntity.userGroupName"),
        (
            "company.name",
            "userGroupEntity.entityInfo.companyName",
            "groupSecurity.tagWithCompany.providerDomainName",
            "companyName",
        ),
        ("company.id", "userGroupEntity.entityInfo.companyId", "groupSecurity.tagWithCompany.providerId"),
        keep=keep,
    )


LISTINGS: dict[str, Listing] = {
    "users": Listing(
        "user",
        (("v4/user", {}), ("User", {})),
        ("users",),
        ("id", "userEntity.userId"),
        ("name", "userEntity.userName"),
        ("company.name", "userEntity.entityInfo.companyName", "companyName"),
        ("company.id", "userEntity.entityInfo.companyId"),
    ),
    "user_groups": _build_user_group_listing("user group", lambda row: not is_directory_group(row)),
    "external_groups": _build_user_group_listing("directory group", is_directory_group),
    "roles": Listing(
        "role",
        (("V4/Role", {}), ("Security/Roles", {})),
        ("roles", "roleProperties"),
        ("id", "role.roleId"),
        ("name", "role.roleName"),
        ("company.name", "role.entityInfo.companyName"),
        ("company.id", "role.entityInfo.companyId"),
    ),
    "permissions": Listing("permission", (("V4/Permissions", {}),), ("permissions",), ("id",), ("name",), (), ()),
    "companies": Listing(
        "company",
        (("V4/company", {}), ("Organization", {})),
        ("companies", "providers"),
        ("id", "shortName.id"),
        ("name", "connectName"),
        (),
        (),
        ("alias", "shortName.domainName"),
    ),
    "servers": Listing(
        "server",
        (("Client", {}),),
        ("clientProperties",),
        ("client.clientEntity.clientId",),
        ("client.clientEntity.clientName",),
        ("client.clientEntity.entityInfo.companyName", "clientProps.company.shortName.domainName"),
        ("client.clientEntity.entityInfo.companyId", "clientProps.company.shortName.id"),
        ("client.clientEntity.displayName",),
        keep=lambda row: not _get_at(row, "clientProps.IsDeletedClient"),
    ),
    "server_groups": Listing(
        "server group",
        (("ClientGroup", {}), ("V4/ServerGroup", {})),
        ("groups", "serverGroups"),
        ("id", "Id", "clientGroup.clientGroupId"),
        ("name", "clientGroup.clientGroupName"),
        ("company.name", "clientGroup.entityInfo.companyName"),
        ("company.id", "clientGroup.entityInfo.companyId"),
    ),
    "plans": Listing(
        "plan",
        (("V2/Plan", {}), ("Plan", {})),
        ("plans",),
        ("id", "plan.planId"),
        ("name", "plan.planName"),
        ("company.name", "plan.entityInfo.companyName"),
        ("company.id", "plan.entityInfo.companyId"),
    ),
    "storage_pools": Listing(
        "storage pool",
        (("StoragePool", {}),),
        ("storagePoolList", "storagePools"),
        ("storagePoolEntity.storagePoolId", "id"),
        ("storagePoolEntity.storagePoolName", "name"),
        ("company.name", "storagePoolEntity.entityInfo.companyName"),
        ("company.id", "storagePoolEntity.entityInfo.companyId"),
    ),
    "workflows": Listing(
        "workflow",
        (("Workflow", {}),),
        ("container", "workflows"),
        ("entity.workflowId", "id"),
        ("entity.workflowName", "name"),
        ("entity.entityInfo.companyName", "company.name", "company.companyName"),
        ("entity.entityInfo.companyId", "company.id", "company.companyId"),
    ),
    "credentials": Listing(
        "credential",
        (("V4/Credential", {}), ("CommCell/Credentials", {"propertyLevel": "10"})),
        ("credentialManager", "credentialRecordInfo"),
        ("id", "credentialRecord.credentialId"),
        ("name", "credentialRecord.credentialName"),
    ),
}
OBJECT_KINDS = tuple(LISTINGS)


def list_objects(kind: str, get: PathReader, *, hard_refresh: bool = False) -> list[Entry]:
    """List all objects of a kind by the newest call that this release knows. Raises NotFound when it knows none of them.

    ``hard_refresh`` reads past the service's cache. Only the oldest call is documented to rebuild it, so that one is made first.
    """
    listing = LISTINGS[kind]
    refresh = {"hardRefresh": "true"} if hard_refresh else {}
    if hard_refresh and len(listing.calls) > 1:
        path, params = listing.calls[-1]
        get(path, {**params, **refresh})
    for path, params in listing.calls:
        body = get(path, {**params, **refresh})
        if body is not None:
            return parse_entries(kind, body)
    raise NotFound(
        f"This CommServe does not give this account a list of {pluralize(listing.noun)}.", service="Commvault"
    )


def parse_entries(kind: str, body: Body) -> list[Entry]:
    """Parse the objects in an answer of any of the calls; rows without id or name are left out.

    Raises BadAnswer where the list is not a list of objects.
    """
    if kind == "permissions":
        return parse_permissions(body)
    listing = LISTINGS[kind]
    wrapper = next((name for name in listing.wrappers if body.get(name) is not None), listing.wrappers[0])
    rows = get_objects(body, wrapper)
    made = (_parse_entry(listing, row) for row in rows if listing.keep(row))
    found = [entry for entry in made if entry is not None]
    if not listing.companies or any(_shows_company(listing, row) for row in rows):
        # Where some rows name a company, one that names none is of the CommCell.
        return found
    return [dataclasses.replace(entry, company_shown=False) for entry in found]


def describe_gaps(kind: str, body: Body) -> tuple[str, str]:
    """Return in words what an answer lacks of the list of *kind* for certain, and what it may lack; both empty for one that seems whole.

    No words of the service are in them. Permissions, which stand in categories, are not counted.
    """
    listing = LISTINGS[kind]
    named = [name for name in listing.wrappers if body.get(name) is not None]
    if not named:
        return "", "the service answered without a list: the list may be empty, or may not have been made"
    if kind == "permissions":
        return "", ""
    rows = get_objects(body, named[0])
    if rows == [{}]:  # how some releases write an empty list
        return "", ""
    found: dict[int, set[tuple[str, str | None]]] = {}
    unusable = 0
    for row in rows:
        if not listing.keep(row):
            continue
        entry = _parse_entry(listing, row)
        if entry is None:
            unusable += 1
        else:
            found.setdefault(entry.id, set()).add((entry.name, entry.company))
    lacks = [f"rows without an id or a name, which were left out: {unusable}"] if unusable else []
    double = sum(len(forms) > 1 for forms in found.values())
    lacks += [f"ids that the list has with several names: {double}"] if double else []
    told = max(parse_id(body.get(name)) or 0 for name in _TOTALS)
    lacks += [f"the service reports {told} and listed {len(rows)}"] if told > len(rows) else []
    return "; ".join(lacks), ""


def _shows_company(listing: Listing, row: Body) -> bool:
    return _get_first(row, (*listing.companies, *listing.company_ids)) is not None


def parse_permissions(body: Body) -> list[Entry]:
    """Parse the permissions of the permission catalogue, each once, in whatever categories they stand."""
    found: dict[int, Entry] = {}
    for node in flatten_categories(body):
        for row in get_objects(node, "permissions"):
            entry = _parse_entry(LISTINGS["permissions"], row)
            if entry is not None:
                found.setdefault(entry.id, entry)
    return list(found.values())


def flatten_categories(body: Body) -> list[Body]:
    """Return all category nodes of the permission catalogue, sub-categories included; with or without the outer wrapper."""
    top: t.Any = body.get("permissions")
    pending = [body] if "category" in body else list(top) if isinstance(top, list) else []
    found: list[Body] = []
    while pending:
        node = pending.pop(0)
        if isinstance(node, dict):
            found.append(node)
            pending.extend(get_objects(node, "categoryList"))
    return found


def _parse_entry(listing: Listing, row: Body) -> Entry | None:
    number, name = parse_id(_get_first(row, listing.ids)), _get_first(row, listing.names)
    if number is None or name is None:
        return None
    company, company_id = _get_first(row, listing.companies), parse_id(_get_first(row, listing.company_ids))
    # A company may be named as we call the CommCell level: its id tells it apart.
    if company_id == 0 or (not company_id and company is not None and is_commcell_level(str(company))):
        company = company_id = None
    aliases = tuple(dict.fromkeys(str(alias) for alias in (_get_at(row, path) for path in listing.aliases) if alias))
    return Entry(
        number,
        str(name),
        None if company is None and company_id is None else str(company or company_id),
        row,
        company_id,
        aliases,
    )


def _get_first(row: Body, paths: t.Iterable[str]) -> t.Any:
    return next((value for value in (_get_at(row, path) for path in paths) if value is not None), None)


def _get_at(row: Body, path: str) -> t.Any:
    found: t.Any = row
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found
