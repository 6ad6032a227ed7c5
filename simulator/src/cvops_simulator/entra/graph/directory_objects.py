# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/directoryObjects: objects of any kind by id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cvops_simulator.entra.graph.call import check_guid
from cvops_simulator.entra.graph.errors import bad_request, not_found
from cvops_simulator.entra.graph.messages import GraphResponse, parse_key
from cvops_simulator.entra.graph.routing import Route
from cvops_simulator.entra.tenant import TABLES

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.call import Call

_READ = ("Directory.Read.All",)
_MAX_IDS = 1000


def _get(call: Call) -> GraphResponse:
    object_id = check_guid(parse_key(call.arguments[0])[1])
    kind, row = call.tenant.kind_of(object_id, call.view), call.tenant.find(object_id, call.view)
    if kind is None or row is None:
        raise not_found(object_id)
    context = f"{call.root}/$metadata#directoryObjects/$entity"
    return GraphResponse(200, {"@odata.context": context, **call.typed_object(kind, row)})


def _get_by_ids(call: Call) -> GraphResponse:
    body = call.parameters("ids", "types")
    ids = body.get("ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= _MAX_IDS:
        raise bad_request(f"The number of ids must be between 1 and {_MAX_IDS}.")
    types = {str(item).lower() for item in body.get("types") or TABLES}
    found = []
    for object_id in dict.fromkeys(check_guid(str(item)) for item in ids):
        kind, row = call.tenant.kind_of(object_id, call.view), call.tenant.find(object_id, call.view)
        if kind and row and ({kind.lower(), "directoryobject"} & types):
            found.append(call.typed_object(kind, row))
    return GraphResponse(200, {"@odata.context": f"{call.root}/$metadata#directoryObjects", "value": found})


ROUTES = (
    Route("POST", "/directoryObjects/getByIds", _get_by_ids, _READ),
    Route("GET", "/directoryObjects/{}", _get, _READ),
)
