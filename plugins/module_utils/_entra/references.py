# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Members, owners and other relations of a directory object: listed, and one reference added or removed, safe to repeat."""

from __future__ import annotations

import typing as t

from .._core.addresses import quote_segment
from .._core.errors import ApiError
from .._core.retry import Repeat
from .client import GraphClient
from .errors import is_already_done
from .relations import NAMING_FIELDS

#: How Graph's text begins for a reference that is there already, and for one that is there no more.
EXISTS = "one or more added object references already exist"
_MISSING = "one or more removed object references do not exist"


def build_relation_params() -> dict[str, str]:
    """Return the parameters of a list of members or owners."""
    return {"$select": NAMING_FIELDS, "$top": "999"}


def list_relation(graph: GraphClient, path: str, *, intent: str, needs: t.Sequence[str]) -> list[dict[str, t.Any]]:
    """Return the ids and names of the relation at *path*, such as ``/groups/{id}/members``, and note them as known."""
    listed = graph.list(path, intent=intent, needs=needs, params=build_relation_params())
    graph.known_objects.learn(listed)
    return listed


def add_reference(
    graph: GraphClient, relation_path: str, object_id: str, *, intent: str, needs: t.Sequence[str]
) -> None:
    """Add the directory object *object_id* to the relation at *relation_path*, for example ``/groups/{id}/members``.

    One that is there already is fine, so the request may be repeated. Raises ApiError.
    """
    body = {"@odata.id": graph.format_reference(object_id)}
    try:
        graph.write("POST", f"{relation_path}/$ref", body, intent=intent, needs=needs, repeat=Repeat.ALWAYS)
    except ApiError as exc:
        if not is_already_done(exc, EXISTS):
            raise


def remove_reference(
    graph: GraphClient, relation_path: str, object_id: str, *, intent: str, needs: t.Sequence[str]
) -> None:
    """Remove the directory object *object_id* from the relation at *relation_path*; one that is gone already is fine.

    Raises ApiError.
    """
    path = f"{relation_path}/{quote_segment(object_id)}/$ref"
    try:
        graph.write("DELETE", path, intent=intent, needs=needs, missing_ok=True)
    except ApiError as exc:
        if not is_already_done(exc, _MISSING):
            raise
