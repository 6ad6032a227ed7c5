# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of one tenant: directory objects, relations, grants, secrets."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Literal

from cvops_simulator.entra.behaviours import Behaviours
from cvops_simulator.entra.defaults import make_row
from cvops_simulator.entra.store import Row, Store, View

if TYPE_CHECKING:
    from cvops_simulator.core.clock import Clock
    from cvops_simulator.entra.replication import Lag, Replication

Kind = Literal["application", "servicePrincipal", "group", "user"]

#: Table of each kind of directory object, which is also its collection in Graph.
TABLES: dict[Kind, str] = {
    "application": "applications",
    "servicePrincipal": "servicePrincipals",
    "group": "groups",
    "user": "users",
}

_NAMESPACE = uuid.UUID("6b1d1f0e-9d7c-5f4e-8a55-2a8b4f0c7e11")


def format_graph_time(at: float) -> str:
    """Return seconds since the epoch as Graph writes them, with seven fractional digits."""
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


class Tenant:
    """Everything that the token service and Graph know. All tables are plain rows (Graph property names).

    Tests may read `users`, `groups`, `applications`, `service_principals` (by object id), `app_role_assignments`,
    `oauth2_permission_grants`, `deleted`, `named_locations`, `policies` (by id), and `members`, `owners`,
    `federated_credentials` of an object id, `role_members` of a directory role. `behaviours` is open to them, too.
    """

    id: str
    domain: str
    display_name: str
    store: Store

    def __init__(
        self, tenant_id: str, domain: str, display_name: str, clock: Clock, replication: Replication | None = None
    ) -> None:
        self.clock = clock
        self.replication = replication
        #: One writer at a time.
        self.lock = threading.RLock()
        self.clear(tenant_id, domain, display_name)

    def clear(self, tenant_id: str, domain: str, display_name: str) -> None:
        """Forget every object: an empty tenant of this identity, as `seeding` fills it."""
        self.id, self.domain, self.display_name = tenant_id, domain, display_name
        self.store = Store(self.clock, self.replication)
        self.behaviours = Behaviours()
        #: Template id -> name of the directory roles that there are.
        self.directory_roles: dict[str, str] = {}
        #: Rows of the sign-in log and of the directory's audit log, oldest first.
        self.sign_ins: list[Row] = []
        self.directory_audits: list[Row] = []
        self.random = random.Random(f"secrets of {tenant_id}")
        self._created = 0

    def name_id(self, kind: str, name: str) -> str:
        """Return the id that an object of this kind and name has in every run of this tenant."""
        return str(uuid.uuid5(_NAMESPACE, f"{self.id}/{kind}/{name}"))

    def new_id(self) -> str:
        """Return the next id; the same sequence in every run."""
        self._created += 1
        return self.name_id("created", str(self._created))

    def now(self) -> str:
        """Return the time as Graph writes it."""
        return format_graph_time(self.clock.now())

    def add(self, kind: Kind, values: Row, replicated: bool = False) -> Row:
        """Create a directory object from property values; missing ones get the service's defaults."""
        row = make_row(kind, {"id": self.new_id(), **values} if "id" not in values else values)
        self.store.put(TABLES[kind], row["id"], row, "object", replicated)
        return row

    def update(self, kind: Kind, row: Row, lag: Lag = "property", replicated: bool = False) -> None:
        """Replace a directory object's row."""
        self.store.put(TABLES[kind], row["id"], row, lag, replicated)

    def relate(self, relation: str, key: str, ids: list[str], replicated: bool = False) -> None:
        """Set the ids of a relation (`members` or `owners`) of an object."""
        self.store.put(relation, key, {"ids": list(dict.fromkeys(ids))}, "property", replicated)

    def assign_app_management_policy(self, object_id: str, restrictions: Row) -> Row:
        """Give an application or service principal a custom policy (`passwordCredentials`, `keyCredentials`)."""
        values: Row = {"id": self.new_id(), "displayName": "custom", "isEnabled": True, "restrictions": restrictions}
        policy = make_row("appManagementPolicy", values)
        self.store.put("appManagementPolicies", object_id, policy)
        return policy

    def kind_of(self, object_id: str, view: View | None = None) -> Kind | None:
        """Return which kind of directory object an id is, if any."""
        current = view or self.store.primary()
        return next((kind for kind, table in TABLES.items() if current.get(table, object_id)), None)

    def find(self, object_id: str, view: View | None = None) -> Row | None:
        """Return a directory object of any kind."""
        kind = self.kind_of(object_id, view)
        return (view or self.store.primary()).get(TABLES[kind], object_id) if kind else None

    def service_principal_of(self, app_id: str, view: View | None = None) -> Row | None:
        """Return the service principal with this appId."""
        rows = (view or self.store.primary()).rows("servicePrincipals").values()
        return next((row for row in rows if row["appId"] == app_id.lower()), None)

    def application_of(self, app_id: str, view: View | None = None) -> Row | None:
        """Return the application with this appId."""
        rows = (view or self.store.primary()).rows("applications").values()
        return next((row for row in rows if row["appId"] == app_id.lower()), None)

    @property
    def users(self) -> Mapping[str, Row]:
        """Users by object id."""
        return self.store.tables.setdefault("users", {})

    @property
    def groups(self) -> Mapping[str, Row]:
        """Groups by object id."""
        return self.store.tables.setdefault("groups", {})

    @property
    def applications(self) -> Mapping[str, Row]:
        """Applications by object id."""
        return self.store.tables.setdefault("applications", {})

    @property
    def service_principals(self) -> Mapping[str, Row]:
        """Service principals by object id."""
        return self.store.tables.setdefault("servicePrincipals", {})

    @property
    def app_role_assignments(self) -> Mapping[str, Row]:
        """App role assignments by id."""
        return self.store.tables.setdefault("appRoleAssignments", {})

    @property
    def oauth2_permission_grants(self) -> Mapping[str, Row]:
        """Delegated grants by id."""
        return self.store.tables.setdefault("oauth2PermissionGrants", {})

    @property
    def deleted(self) -> Mapping[str, Row]:
        """Soft-deleted objects by id: `kind`, `row`, and what refers to them."""
        return self.store.tables.setdefault("deletedItems", {})

    @property
    def named_locations(self) -> Mapping[str, Row]:
        """Named locations by id."""
        return self.store.tables.setdefault("namedLocations", {})

    @property
    def policies(self) -> Mapping[str, Row]:
        """Conditional access policies by id."""
        return self.store.tables.setdefault("conditionalAccessPolicies", {})

    def role_members(self, template_id: str) -> list[str]:
        """Return object ids of the users who hold a directory role (by the id of its template)."""
        return self.store.primary().ids("roleMembers", template_id)

    def members(self, group_id: str) -> list[str]:
        """Return object ids of a group's direct members."""
        return self.store.primary().ids("members", group_id)

    def owners(self, object_id: str) -> list[str]:
        """Return object ids of the owners of a group, application or service principal."""
        return self.store.primary().ids("owners", object_id)

    def federated_credentials(self, application_id: str) -> list[Row]:
        """Return federated identity credentials of an application (object id)."""
        row = self.store.primary().get("federatedIdentityCredentials", application_id)
        return list(row["items"]) if row else []
