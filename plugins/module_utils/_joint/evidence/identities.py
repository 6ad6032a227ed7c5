# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The programs with power over the tenant or the backups, their permissions, credentials, and what uses them. Pure."""

from __future__ import annotations

import typing as t

from ..._entra.overview.power import DEFAULT_TIER, Power
from .entra_side import fold_id
from .facts import Facts
from .tables import IDENTITIES, Cell, Row, make_row_id
from .tiers import find_permission_power, find_role_power

Wire = t.Mapping[str, t.Any]


class _Permission(t.NamedTuple):
    words: str
    power: Power


class Programs:
    """The applications and service principals of the Entra document, with what refers to them."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        document = facts.entra.document
        self._principals = {fold_id(one.get("id")): one for one in document.get("service_principals") or ()}
        self._by_app = {fold_id(one.get("appId")): one for one in self._principals.values() if one.get("appId")}
        self._applications = {
            fold_id(one.get("appId") or one.get("id")): one for one in document.get("applications") or ()
        }
        self._used_by = _list_uses(facts, self._by_app, self._applications)
        self._policies = _list_policies(document.get("policy_report") or {})
        self._roles: dict[str, list[_Permission]] = {}
        for role in document.get("directory_roles") or ():
            for member in role.get("members") or ():
                words = str(role.get("displayName") or role.get("roleTemplateId"))
                told = _Permission(words, find_role_power(role.get("roleTemplateId")))
                self._roles.setdefault(fold_id(member), []).append(told)
        self._resources = {
            fold_id(row.get("resourceId"))
            for one in self._principals.values()
            for name in ("appRoleAssignments", "oauth2PermissionGrants")
            for row in one.get(name) or ()
        }

    def list_rows(self) -> list[Row]:
        """Return a row per credential of each program, the most powerful programs first, and of a tier those that a CommCell uses."""
        keys = {*self._applications, *(key for key, one in self._by_app.items() if self._is_program(one))}
        nameless = [one for one in self._principals.values() if not one.get("appId") and self._is_program(one)]
        rows = [row for key in keys for row in self._list_of(key, self._applications.get(key), self._by_app.get(key))]
        rows += [row for one in nameless for row in self._list_of("", None, one)]
        return sorted({str(row["id"]): row for row in rows}.values(), key=_order)

    def _is_program(self, principal: Wire) -> bool:
        """Return whether a service principal is there for itself, and not for the permissions that it offers to others."""
        key = fold_id(principal.get("id"))
        holds = principal.get("appRoleAssignments") or principal.get("oauth2PermissionGrants") or key in self._roles
        is_assigned = principal.get("appRoleAssignedTo") or fold_id(principal.get("appId")) in self._used_by
        is_resource = key in self._resources or principal.get("oauth2PermissionScopes")
        return bool(holds or is_assigned or not is_resource)

    def _list_of(self, app_id: str, application: Wire | None, principal: Wire | None) -> t.Iterator[Row]:
        own = principal or {}
        roles = sorted(self._roles.get(fold_id(own.get("id")), ()))
        granted = sorted(self._list_granted(own))
        tier = min((one.power.tier for one in (*granted, *roles)), default=DEFAULT_TIER)
        because = {f"{one.words} (can {one.power.because})" for one in (*granted, *roles) if one.power.tier == tier}
        either = application or own
        enabled = own.get("accountEnabled")
        shared: dict[str, Cell] = {
            "tier": tier,
            "tier_because": [] if tier == DEFAULT_TIER else sorted(because),
            "app_id": str(either.get("appId") or app_id),
            "object_id": str(own.get("id") or either.get("id") or ""),
            "display_name": str(either.get("displayName") or ""),
            "enabled": enabled if isinstance(enabled, bool) else None,
            "owners": self._name_owners(application, principal),
            "permissions_granted": [one.words for one in granted],
            "permissions_requested": sorted(set(self._list_requested(application or {}))),
            "directory_roles": [one.words for one in roles],
            "used_by": sorted(self._used_by.get(app_id, ())),
            "policies": sorted(self._policies.get(app_id, ())),
        }
        for credential in _list_credentials(application, principal):
            key = (shared["app_id"] or shared["object_id"], credential["credential_kind"], credential["credential_id"])
            merged: dict[str, Cell] = {"id": make_row_id("identity", *key), **shared, **credential}
            yield {name: merged[name] for name in IDENTITIES.columns}

    def _list_granted(self, principal: Wire) -> set[_Permission]:
        found = set()
        for row in principal.get("appRoleAssignments") or ():
            resource = self._principals.get(fold_id(row.get("resourceId"))) or {}
            name = _find_value(resource, "appRoles", row.get("appRoleId"))
            found.add(_describe(resource, row.get("resourceId"), name, "application"))
        for row in principal.get("oauth2PermissionGrants") or ():
            resource = self._principals.get(fold_id(row.get("resourceId"))) or {}
            for name in str(row.get("scope") or "").split():
                found.add(_describe(resource, row.get("resourceId"), name, "delegated"))
        return found

    def _list_requested(self, application: Wire) -> t.Iterator[str]:
        for api in application.get("requiredResourceAccess") or ():
            resource = self._by_app.get(fold_id(api.get("resourceAppId"))) or {}
            for row in api.get("resourceAccess") or ():
                is_role = row.get("type") == "Role"
                name = _find_value(resource, "appRoles" if is_role else "oauth2PermissionScopes", row.get("id"))
                kind = "application" if is_role else "delegated"
                yield _describe(resource, api.get("resourceAppId"), name, kind).words

    def _name_owners(self, *objects: Wire | None) -> list[str]:
        ids = {fold_id(owner) for one in objects for owner in (one or {}).get("owners") or ()}
        return sorted(map(self._facts.entra.name_object, ids))


def _describe(resource: Wire, resource_id: t.Any, name: str, kind: str) -> _Permission:
    api = str(resource.get("displayName") or resource_id or "")
    words = f"{api}: {name}" if kind == "application" else f"{api}: {name} (delegated)"
    return _Permission(words, find_permission_power(str(resource.get("appId") or ""), kind, name))


def _find_value(resource: Wire, offered: str, number: t.Any) -> str:
    """Return the name of a permission; its id where the document does not show what the API offers."""
    for one in resource.get(offered) or ():
        if fold_id(one.get("id")) == fold_id(number):
            return str(one.get("value") or number)
    return str(number or "")


def _list_credentials(application: Wire | None, principal: Wire | None) -> list[dict[str, Cell]]:
    """Return the credentials of a program, sorted; one row without any where there is none."""
    found: list[dict[str, Cell]] = []
    for holder in (application or {}, principal or {}):
        for name, kind in (("passwordCredentials", "secret"), ("keyCredentials", "certificate")):
            for one in holder.get(name) or ():
                found.append(
                    {
                        "credential_kind": kind,
                        "credential_id": str(one.get("keyId") or ""),
                        "credential_name": str(one.get("displayName") or ""),
                        "starts": _text(one.get("startDateTime")),
                        "expires": _text(one.get("endDateTime")),
                        "subject": "",
                    }
                )
        for one in holder.get("federatedIdentityCredentials") or ():
            found.append(
                {
                    "credential_kind": "federated",
                    "credential_id": str(one.get("id") or one.get("name") or ""),
                    "credential_name": str(one.get("name") or ""),
                    "starts": None,
                    "expires": None,
                    "subject": f"{one.get('issuer') or ''} {one.get('subject') or ''}".strip(),
                }
            )
    nothing = dict.fromkeys(("credential_id", "credential_name", "subject"), "")
    none: dict[str, Cell] = {"credential_kind": "none", **nothing, "starts": None, "expires": None}
    return sorted(found, key=lambda one: [str(value) for value in one.values()]) or [none]


def _text(value: t.Any) -> str | None:
    return str(value) if value else None


def _list_uses(
    facts: Facts, principals: t.Mapping[str, Wire], applications: t.Mapping[str, Wire]
) -> dict[str, set[str]]:
    """Return by application id what of the CommCells uses it."""
    by_address: dict[str, str] = {}
    for key, one in (*principals.items(), *applications.items()):
        for address in (*(one.get("servicePrincipalNames") or ()), *(one.get("identifierUris") or ())):
            by_address.setdefault(str(address).rstrip("/").lower(), key)
    found: dict[str, set[str]] = {}
    for cell in facts.cells:
        for credential in cell.side.document.get("credentials") or ():
            key = fold_id(credential.get("azure_application_id"))
            if key:
                found.setdefault(key, set()).add(f"{cell.name}: credential {credential.get('name')}")
        for app in cell.side.document.get("identity_providers") or ():
            endpoint = str(app.get("service_provider_endpoint") or "").rstrip("/").lower()
            key = fold_id(app.get("application_id")) or by_address.get(endpoint, "")
            if key:
                found.setdefault(key, set()).add(f"{cell.name}: identity provider {app.get('name')}")
    return found


def _list_policies(report: Wire) -> dict[str, set[str]]:
    """Return by application id the names of the conditional access policies that reach it."""
    found: dict[str, set[str]] = {}
    for policy in report.get("policies") or ():
        for reach in policy.get("reach") or ():
            if reach.get("reaches") in ("yes", "may"):
                may = " (may)" if reach["reaches"] == "may" else ""
                found.setdefault(fold_id(reach.get("app_id")), set()).add(f"{policy.get('display_name')}{may}")
    return found


def _order(row: Row) -> tuple[t.Any, ...]:
    cells = [str(row[name] or "") for name in ("display_name", "app_id", "object_id", "credential_kind", "expires")]
    return row["tier"], not row["used_by"], *cells, row["id"]
