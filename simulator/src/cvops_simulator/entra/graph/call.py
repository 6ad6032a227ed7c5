# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of a Graph route: everything that a handler needs, and how its answers are made."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cvops_simulator.core.names import fold_case
from cvops_simulator.entra.defaults import get_default_select
from cvops_simulator.entra.graph.errors import GraphError, bad_request, denied, not_found
from cvops_simulator.entra.graph.messages import GraphResponse, parse_key
from cvops_simulator.entra.graph.query import Options, make_page, select_rows
from cvops_simulator.entra.schema import BodyError, check_body, get_graph_type
from cvops_simulator.entra.tenant import TABLES

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.messages import GraphRequest
    from cvops_simulator.entra.graph.permissions import Caller
    from cvops_simulator.entra.store import Row, View
    from cvops_simulator.entra.tenant import Kind, Tenant

#: Keys by which each kind may be addressed.
_KEYS: dict[Kind, frozenset[str]] = {
    "application": frozenset({"id", "appId", "uniqueName"}),
    "servicePrincipal": frozenset({"id", "appId"}),
    "group": frozenset({"id", "uniqueName"}),
    "user": frozenset({"id", "userPrincipalName"}),
}


@dataclass
class Call:
    """`arguments`: the path's variable segments. `owned_only`: allowed for objects that the caller owns only."""

    tenant: Tenant
    view: View
    request: GraphRequest
    caller: Caller
    options: Options
    arguments: tuple[str, ...]
    owned_only: bool
    root: str
    page_size: int

    @property
    def is_beta(self) -> bool:
        """Whether the beta version of Graph is asked."""
        return self.request.version == "beta"

    # -- what is asked -------------------------------------------------------------------------------------------

    def body(self, type_name: str, read_only: frozenset[str] = frozenset()) -> dict[str, Any]:
        """Return the body, checked strictly against a type."""
        try:
            return check_body(type_name, self.request.body, read_only)
        except BodyError as error:
            raise bad_request(str(error)) from error

    def parameters(self, *names: str) -> dict[str, Any]:
        """Return the body of an action with these parameters; others are refused."""
        body = {} if self.request.body is None else self.request.body
        if not isinstance(body, dict):
            raise bad_request("Empty Payload. JSON content expected.")
        unknown = [name for name in body if name not in names and "@" not in name]
        if unknown:
            text = f"The parameter '{unknown[0]}' in the request payload is not a valid parameter for the operation."
            raise GraphError(400, "BadRequest", text)
        return body

    def prefers(self, preference: str) -> bool:
        """Tell whether the Prefer header names this preference."""
        return preference in self.request.headers.get("prefer", "").replace(" ", "").lower().split(",")

    # -- objects --------------------------------------------------------------------------------------------------

    def look_up(self, kind: Kind, segment: str) -> Row | None:
        """Return the object that a path segment names, on this call's replica; no ownership check."""
        name, value = parse_key(segment)
        if kind == "user" and name == "id" and "@" in value:
            name = "userPrincipalName"
        if name not in _KEYS[kind]:
            raise bad_request(f"Invalid key '{name}' for the resource.")
        if name == "id":
            return self.view.get(TABLES[kind], check_guid(value))
        rows = self.view.rows(TABLES[kind]).values()
        return next((row for row in rows if fold_case(str(row[name] or "")) == fold_case(value)), None)

    def require(self, kind: Kind, segment: str) -> Row:
        """Return the object that a path segment names; 404 without one, 403 when it must be owned and is not.

        A changing call gets the current row, once this call's replica knows the object at all.
        """
        seen = self.look_up(kind, segment)
        if seen is None:
            raise not_found(parse_key(segment)[1])
        if self.request.method == "GET":
            return seen
        self.check_owner(seen["id"])
        current = self.tenant.store.primary().get(TABLES[kind], seen["id"])
        if current is None:
            raise not_found(parse_key(segment)[1])
        return current

    def check_owner(self, object_id: str) -> None:
        """Refuse with 403 when the permission is good for owned objects only and the caller is not an owner."""
        if self.owned_only and self.caller.object_id not in self.tenant.owners(object_id):
            raise denied()

    def reference(self, url: Any) -> str:
        """Return the object id at the end of a reference such as `.../directoryObjects/{id}`."""
        if not isinstance(url, str) or "/" not in url:
            raise bad_request("Invalid URL format specified in payload.")
        return check_guid(parse_key("(" + url.rpartition("(")[2] if url.endswith(")") else url.rpartition("/")[2])[1])

    def existing(self, object_id: str) -> Kind:
        """Return the kind of an object that the replica knows; 404 otherwise."""
        kind = self.tenant.kind_of(object_id, self.view)
        if kind is None or self.tenant.find(object_id) is None:
            raise not_found(object_id)
        return kind

    # -- answers --------------------------------------------------------------------------------------------------

    def project(self, kind: str, row: Row, select: tuple[str, ...] | None = None) -> Row:
        """Return the properties of a row that go out: $select, else the type's default."""
        known = get_graph_type(kind).properties
        names = select or get_default_select(kind)
        unknown = [name for name in names if name not in known and not name.startswith("extension_")]
        if unknown:
            text = "Parsing OData Select and Expand failed: Could not find a property named"
            raise GraphError(400, "BadRequest", f"{text} '{unknown[0]}' on type 'microsoft.graph.{kind}'.")
        return {name: row.get(name) for name in names}

    def entity(
        self,
        kind: str,
        row: Row,
        collection: str,
        status: int = 200,
        project: Callable[[Row], Row] | None = None,
    ) -> GraphResponse:
        """Return an answer that is one object; `collection` is the context, e.g. `applications`.

        `project` replaces the usual projection.
        """
        select = self.options.select if self.request.method == "GET" else None
        picked = f"({','.join(select)})" if select else ""
        context = f"{self.root}/$metadata#{collection}{picked}/$entity"
        body = {"@odata.context": context, **(project(row) if project else self.project(kind, row, select))}
        headers = {}
        if status == 201:
            headers["Location"] = f"{self.root}/{collection}/{row['id']}"
        return GraphResponse(status, body, headers)

    def collection(
        self, kind: str, rows: Sequence[Row], context: str, project: Callable[[Row], Row] | None = None
    ) -> GraphResponse:
        """Return an answer that is a list: filtered, sorted, paged and projected.

        `project` replaces the usual projection.
        """
        select = self.options.select
        found = select_rows(rows, self.options, kind)
        url = f"{self.root}{self.request.path}"
        page, notes = make_page(found, self.options, self.page_size, url, self.request.query)
        picked = f"({','.join(select)})" if select else ""
        make = project or (lambda row: self.project(kind, row, select))
        head = {"@odata.context": f"{self.root}/$metadata#{context}{picked}"}
        return GraphResponse(200, {**head, **notes, "value": [make(row) for row in page]})

    def directory_objects(self, ids: Sequence[str], only: Kind | None = None) -> GraphResponse:
        """Return a list of directory objects of any kind (or of one), each with its type."""
        rows = [(kind, row) for kind, row in map(self._find_typed, ids) if kind and row and only in (None, kind)]
        kinds: dict[str, Kind] = {row["id"]: kind for kind, row in rows}

        def project(row: Row) -> Row:
            return self.typed_object(kinds[row["id"]], row)

        return self.collection("directoryObject", [row for _, row in rows], "directoryObjects", project)

    def typed_object(self, kind: Kind, row: Row) -> Row:
        """Return a directory object with its `@odata.type`; $select names that its type lacks are left out."""
        known = get_graph_type(kind).properties
        select = tuple(name for name in self.options.select or () if name in known)
        picked = self.project(kind, row, select) if self.options.select and select else self.project(kind, row)
        if self.options.select and not select:
            picked = {"id": row["id"]}
        return {"@odata.type": f"#microsoft.graph.{kind}", "id": row["id"], **picked}

    def _find_typed(self, object_id: str) -> tuple[Kind | None, Row | None]:
        kind = self.tenant.kind_of(object_id, self.view)
        return kind, self.view.get(TABLES[kind], object_id) if kind else None

    def count(self, kind: str, rows: Sequence[Row]) -> GraphResponse:
        """Return the answer of a `$count` segment: plain text."""
        if not self.options.eventual:
            raise bad_request("$count is not currently supported.")
        return GraphResponse(200, str(len(select_rows(rows, self.options, kind))), {"Content-Type": "text/plain"})


def check_guid(text: str) -> str:
    """Return an object id in lower case; 400 when it is none."""
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise bad_request(f"Invalid object identifier '{text}'.") from error
