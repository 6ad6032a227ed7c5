# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Whether an object id is that of a managed identity whose tokens a federated credential may trust. Reads only."""

from __future__ import annotations

import typing as t

from ..._core.addresses import quote_segment
from ..._core.errors import ConfigError, Forbidden
from ..._core.polling import Backoff
from ..client import GraphClient
from ..id_holders import explain_id

_READ_NEEDS = ("Application.Read.All",)
_SELECT = {"$select": "id,appId,displayName,servicePrincipalType,alternativeNames"}
#: What Graph lists in ``alternativeNames`` of a managed identity that belongs to one machine.
_SYSTEM_ASSIGNED = "isExplicit=False"

Wire: t.TypeAlias = t.Mapping[str, t.Any]


def verify_managed_identity(graph: GraphClient, object_id: str, option: str) -> None:
    """Check that *object_id*, which *option* gives, is of a user-assigned managed identity of this tenant.

    Entra ID stores any other one and refuses its tokens (Microsoft Learn: an application that trusts a managed identity). Warns where
    the caller may not look. Raises ConfigError, which names what has the id in its place.
    """
    try:
        found = _find_principal(graph, object_id)
        wrong = _explain_missing(graph, object_id) if found is None else explain_principal(found)
    except Forbidden:
        graph.ctx.warn(
            f"{option}: that {object_id} is the object id of a user-assigned managed identity could not be checked, "
            "because the caller is not allowed to read service principals (Application.Read.All). Entra ID does not "
            "check it either: test the sign-in."
        )
        return
    if wrong:
        raise ConfigError(f"{option}: {wrong}", source=f"option {option}")


def _find_principal(graph: GraphClient, object_id: str) -> Wire | None:
    """Return the service principal, None where it is not found twice: a replica may not know one yet that was just made."""
    path = f"/servicePrincipals/{quote_segment(object_id)}"
    backoff = Backoff(graph.ctx)
    for is_last in (False, True):
        found = graph.get(path, intent=f"read service principal {object_id}", needs=_READ_NEEDS, params=_SELECT)
        if found is not None or is_last:
            return found
        backoff.pause(about=f"searching again for service principal {object_id}")
    return None


def explain_principal(wire: Wire) -> str | None:
    """Return why tokens of this service principal cannot stand for an application, None where they can. Pure."""
    name = f"{wire.get('id')} ({wire.get('displayName')})"
    if wire.get("servicePrincipalType") != "ManagedIdentity":
        return f"{name} is the service principal of an application, and Entra ID accepts its own tokens only from managed identities"
    told = wire.get("alternativeNames")
    if isinstance(told, list) and _SYSTEM_ASSIGNED in told:
        return (
            f"{name} is the system-assigned identity of a machine, and only user-assigned ones can sign in as an "
            "application: create one, and assign it to the machine"
        )
    return None


def _explain_missing(graph: GraphClient, object_id: str) -> str:
    """Return what an id that is of no service principal is instead."""
    told = explain_id(graph, object_id, "servicePrincipal")
    if told:
        return f"no managed identity has the object id {object_id}{told}"
    return (
        f"no service principal of this tenant has the object id {object_id}. A managed identity of another tenant "
        "cannot sign in as the application. A new one is visible after some minutes: run again"
    )
