# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Applications and service principals: those that are chosen, every one that holds much power, and the resources that this power is over."""

from __future__ import annotations

import typing as t

from ..._core.addresses import quote_segment
from ..._core.names import fold_case, is_same_name
from ..._core.values import get_objects, is_guid
from ..applications.reference import format_application_path
from ..batches import ReadRequest
from ..client import quote_literal
from ..references import build_relation_params
from ..signing_certificates.canonical import find_private_parts
from .directory import People, count_unusable
from .document import Row
from .power import PERMISSIONS, get_permission_power, is_powerful
from .reading import Reading, fill_lists
from .selection import (
    APPLICATION,
    ASSIGNED,
    ASSIGNMENT,
    FEDERATED,
    GRANT,
    GRANTED,
    HELD,
    PRINCIPAL,
    SELECTS,
    keep,
    select_row,
    select_rows,
)
from .wanted import Wanted

NEEDS = ("Application.Read.All",)
GRANT_NEEDS = ("Directory.Read.All",)
_ALL = {"$top": "999"}
#: What a service principal has to which people sign in.
_SIGN_IN = ("replyUrls", "preferredSingleSignOnMode", "loginUrl", "oauth2PermissionScopes")
#: What is read of a service principal beside itself: the key of the row, the path below it, the table, the keys kept, permissions.
_RELATIONS: tuple[tuple[str, str, t.Any, tuple[str, ...], tuple[str, ...]], ...] = (
    ("appRoleAssignments", "appRoleAssignments", ASSIGNMENT, HELD, NEEDS),
    ("oauth2PermissionGrants", "oauth2PermissionGrants", GRANT, GRANTED, GRANT_NEEDS),
)


class Programs:
    """The applications and service principals of one snapshot, read one set after the other."""

    def __init__(self, reading: Reading, people: People) -> None:
        self._reading, self._people = reading, people
        self.applications: dict[str, Row] = {}
        self.principals: dict[str, Row] = {}
        self._resources: dict[str, Row] = {}
        self._read: set[str] = set()
        self._chosen: set[str] = set()
        self._unnamed: list[str] = []

    def read_chosen(self, wanted: Wanted) -> None:
        """Read the registrations and service principals that *wanted* names, with who owns them and who is assigned to them."""
        app_ids = {*wanted.application_ids, *self._find_named(wanted.applications)}
        wires = self._read_registrations(app_ids) + self._find_by_identifier(wanted.identifiers)
        rows = {row["id"]: row for row in (select_row(APPLICATION, wire, "application") for wire in wires)}
        app_ids |= {row["appId"] for row in rows.values()}
        order = sorted(rows)
        self._reading.note("applications", len(order))
        self._add_owners("application_owners", "applications", rows)
        paths = [ReadRequest(f"/applications/{quote_segment(key)}/federatedIdentityCredentials") for key in order]
        answers = self._reading.read_each("federated_credentials", paths, "list federated credentials", NEEDS)
        for key, answer, listed in zip(order, answers, fill_lists(answers), strict=True):
            rows[key]["federatedIdentityCredentials"] = select_rows(FEDERATED, listed, "federated credential")
            if answer is False:
                rows[key]["notVisible"].append("federatedIdentityCredentials")
        self._reading.note(
            "federated_credentials", sum(len(row["federatedIdentityCredentials"]) for row in rows.values())
        )
        self.applications = rows
        chosen = self._list_principals("appId", app_ids)
        self._add(chosen)
        self._add_assigned(chosen)
        self._chosen = set(chosen)
        there = {str(row[key]) for row in (*rows.values(), *chosen.values()) for key in ("id", "appId")}
        missing = [*self._unnamed, *sorted({text.lower() for text in wanted.applications if is_guid(text)} - there)]
        if wanted.applications:
            # What could not be looked for is not taken for missing.
            is_clear = self._reading.is_clear("applications") and self._reading.is_clear("service_principals")
            count = len(set(wanted.applications)) - len(missing)
            self._reading.note_named("named_applications", count, missing if is_clear else ())

    def list_chosen(self) -> dict[str, bool]:
        """Return by application id whether people can sign in to a chosen program, of those that have a service principal here."""
        redirects = {
            row["appId"]
            for row in self.applications.values()
            if any(row[kind]["redirectUris"] for kind in ("web", "spa", "publicClient"))
        }
        chosen = sorted((self.principals[key] for key in self._chosen), key=lambda row: str(row["appId"]))
        return {str(row["appId"]): row["appId"] in redirects or any(row[key] for key in _SIGN_IN) for row in chosen}

    def list_assigned_groups(self) -> set[str]:
        """Return the ids of the groups that are assigned to the chosen applications."""
        return {
            one["principalId"]
            for row in self.principals.values()
            for one in row["appRoleAssignedTo"]
            if one["principalType"] == "Group"
        }

    def read_powerful(self, holders: t.Iterable[str]) -> None:
        """Read every program that holds a powerful application permission, and those among *holders*, ids of who holds directory roles."""
        apis = self._list_principals("appId", {api for api, _name in PERMISSIONS})
        self._resources |= apis
        found = set(holders)
        for row in apis.values():
            powerful = {
                role["id"]
                for role in row["appRoles"]
                if is_powerful(get_permission_power(row["appId"], str(role["value"])).tier)
            }
            path = f"/servicePrincipals/{quote_segment(row['id'])}/appRoleAssignedTo"
            intent = f"list who holds permissions of {row['displayName']}"
            wires = self._reading.list_all("powerful_programs", path, _ALL, intent, NEEDS)
            held = select_rows(ASSIGNMENT, wires, "assignment")
            found |= {one["principalId"] for one in held if one["appRoleId"] in powerful}
        self.read_by_id(found)

    def read_by_id(self, ids: t.Iterable[str]) -> None:
        """Read the service principals among *ids* that were not read yet, and those that own them, and so on."""
        waiting = set(ids) - self._read
        while waiting:
            self._read |= waiting
            fresh = {
                key: row for key, row in self._list_principals("id", waiting).items() if key not in self.principals
            }
            self._add(fresh)
            owners = {one for row in fresh.values() for one in row["owners"]}
            waiting = {one for one in owners if self._people.kinds.get(one) == "servicePrincipal"} - self._read

    def finish(self) -> list[Row]:
        """Return all service principals, sorted, with the resources of what they hold and request, which show only what of it is used."""
        used = self._list_used()
        missing = {one for one in used if is_guid(one)} - {*self.principals, *self._resources}
        self._resources |= self._list_principals("id", missing)
        requested = {
            entry["resourceAppId"] for row in self.applications.values() for entry in row["requiredResourceAccess"]
        }
        known = {row["appId"] for row in (*self.principals.values(), *self._resources.values())}
        self._resources |= self._list_principals("appId", requested - known)
        asked = {
            access["id"]
            for row in self.applications.values()
            for entry in row["requiredResourceAccess"]
            for access in entry["resourceAccess"]
        }
        rows = dict(self.principals)
        for key, row in self._resources.items():
            is_used = key in used or row["appId"] in requested
            if is_used and key not in rows:
                rows[key] = {**row, **{name: [] for name in ("owners", "appRoleAssignedTo", "notVisible")}}
                rows[key].update({name: [] for name, *_rest in _RELATIONS})
        for key, row in rows.items():
            if key not in self._chosen:
                ids, values = used.get(key, set()) | asked, used.get(key, set())
                rows[key] = {
                    **row,
                    "appRoles": [role for role in row["appRoles"] if role["id"] in ids],
                    "oauth2PermissionScopes": [
                        scope
                        for scope in row["oauth2PermissionScopes"]
                        if scope["id"] in asked or scope["value"] in values
                    ],
                }
        self._reading.note("service_principals", len(rows))
        return [rows[key] for key in sorted(rows)]

    def _list_used(self) -> dict[str, set[str]]:
        """Return what is held of each resource: ids of app roles, and values of scopes."""
        used: dict[str, set[str]] = {}
        for row in self.principals.values():
            for held in row["appRoleAssignments"]:
                used.setdefault(held["resourceId"], set()).add(held["appRoleId"])
            for grant in row["oauth2PermissionGrants"]:
                used.setdefault(grant["resourceId"], set()).update(str(grant["scope"] or "").split())
        return used

    def _find_named(self, texts: t.Iterable[str]) -> set[str]:
        """Return the application ids that people name by it, object id, unique name or display name; keep the names that nothing has.

        Any id is returned, since it may be that of an application.
        """
        ids, names = (sorted({text for text in texts if is_guid(text) is wanted}) for wanted in (True, False))
        found = {text.lower() for text in ids}
        select = {"$select": "id,appId,displayName"}
        paths = [format_application_path("unique_name", one) for one in names]
        paths += [format_application_path("object_id", one) for one in ids]
        keys = [ReadRequest(path, select, is_list=False) for path in paths]
        answers = self._reading.read_each("applications", keys, "find applications by unique name or id", NEEDS)
        for text, answer in zip((*names, *ids), answers, strict=True):
            own = [answer] if isinstance(answer, dict) else []
            for path in () if own or is_guid(text) else ("/applications", "/servicePrincipals"):
                params = {"$filter": f"displayName eq {quote_literal(text)}", **select}
                listed = self._reading.list_all(
                    "applications", path, params, f"find applications named {text}", NEEDS, counts=False
                )
                own += [wire for wire in listed if is_same_name(str(wire.get("displayName")), text)]
            app_ids = {str(wire["appId"]).lower() for wire in own if is_guid(wire.get("appId"))}
            if not app_ids and not is_guid(text):
                self._unnamed.append(text)
            found |= app_ids
        return found

    def _read_registrations(self, app_ids: t.Iterable[str]) -> list[Row]:
        """Return the registrations with these application ids that are in this tenant."""
        select = {"$select": SELECTS["application"]}
        requests = [
            ReadRequest(format_application_path("app_id", one), select, is_list=False) for one in sorted(app_ids)
        ]
        answers = self._reading.read_each("applications", requests, "read applications", NEEDS)
        return [answer for answer in answers if isinstance(answer, dict)]

    def _find_by_identifier(self, identifiers: t.Iterable[str]) -> list[Row]:
        """Return the registrations that have one of *identifiers*, as a web console has in a SAML app."""
        requests = [
            ReadRequest(
                "/applications",
                {"$filter": f"identifierUris/any(uri:uri eq {quote_literal(one)})", "$select": SELECTS["application"]},
            )
            for one in sorted(identifiers)
        ]
        answers = self._reading.read_each("applications", requests, "find applications by identifier", NEEDS)
        wanted = {fold_case(one) for one in identifiers}
        return [
            wire
            for listed in fill_lists(answers)
            for wire in listed
            if not wanted.isdisjoint(fold_case(str(uri)) for uri in wire.get("identifierUris") or ())
        ]

    def _list_principals(self, member: str, values: t.Collection[str]) -> dict[str, Row]:
        """Return the service principals whose *member* is one of *values*, by id."""
        path, source = "/servicePrincipals", "service_principals"
        wires = self._reading.list_by_values(source, path, member, values, SELECTS["principal"], NEEDS, counts=False)
        for wire in wires:
            self._reading.ctx.secrets.update(find_private_parts(get_objects(wire, "keyCredentials")))
        return {row["id"]: row for row in select_rows(PRINCIPAL, wires, "service principal")}

    def _add(self, rows: dict[str, Row]) -> None:
        """Read owners, held permissions and grants of *rows*, and keep them."""
        for row in rows.values():
            self._people.note(row["id"], "servicePrincipal", row["displayName"])
            row["appRoleAssignedTo"] = []
        self._add_owners("service_principal_owners", "servicePrincipals", rows)
        for name, path, table, kept, needs in _RELATIONS:
            self._add_relation(rows, name, path, table, kept, needs)
        self.principals |= rows
        self._read |= set(rows)

    def _add_assigned(self, rows: t.Mapping[str, Row]) -> None:
        """Read who is assigned to *rows*, and note people among them."""
        for one in self._add_relation(rows, "appRoleAssignedTo", "appRoleAssignedTo", ASSIGNMENT, ASSIGNED, NEEDS):
            kind = {"User": "user", "Group": "group", "ServicePrincipal": "servicePrincipal"}.get(
                str(one["principalType"]), ""
            )
            if one["principalId"]:
                self._people.note(one["principalId"], kind, one["principalDisplayName"])

    def _add_relation(
        self,
        rows: t.Mapping[str, Row],
        name: str,
        path: str,
        table: t.Any,
        kept: t.Sequence[str],
        needs: t.Sequence[str],
    ) -> list[Row]:
        """Add what each row has in a relation; return all of it."""
        order = sorted(rows)
        requests = [ReadRequest(f"/servicePrincipals/{quote_segment(key)}/{path}", _ALL) for key in order]
        answers = self._reading.read_each(name, requests, f"list {path} of {len(order)} service principals", needs)
        found: list[Row] = []
        for key, answer, listed in zip(order, answers, fill_lists(answers), strict=True):
            own = select_rows(table, listed, name)
            rows[key][name] = keep(own, kept)
            if answer is False:
                rows[key]["notVisible"].append(name)
            found += own
        self._reading.note(name, len(found))
        return found

    def _add_owners(self, source: str, collection: str, rows: t.Mapping[str, Row]) -> None:
        order = sorted(rows)
        requests = [ReadRequest(f"/{collection}/{quote_segment(key)}/owners", build_relation_params()) for key in order]
        answers = self._reading.read_each(source, requests, f"list the owners of {len(order)} objects", NEEDS)
        for key, answer, listed in zip(order, answers, fill_lists(answers), strict=True):
            rows[key]["owners"] = self._people.learn(listed)
            self._reading.note_unusable(source, count_unusable(listed))
            rows[key]["notVisible"] = ["owners"] if answer is False else []
        self._reading.note(source, sum(len(rows[key]["owners"]) for key in order))
