# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Writing one app role assignment, safe to repeat."""

from __future__ import annotations

from ..._core.addresses import quote_segment
from ..._core.errors import ApiError
from ..._core.polling import Backoff
from ..._core.retry import Repeat
from ..client import GraphClient
from ..errors import is_already_done

#: The app role id of an assignment that carries no role.
DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"
#: The Graph permission that assigning takes. Who has it can assign itself anything.
WRITE_NEEDS = ("AppRoleAssignment.ReadWrite.All",)
#: How Graph's text begins for an assignment or a grant that is there already, and for one that is there no more.
EXISTS = (
    "permission being assigned already exists on the object",
    "entitlementgrant entry already exists",
    "permission entry already exists",
)
_MISSING = "entitlementgrant being updated or deleted is not found"
#: How Graph's text begins for a role that the replica does not know (yet).
_UNKNOWN_ROLE = "permission being assigned was not found on application"
#: For how long a role is waited for that Graph has shown, and that the replica of the write does not know.
_ROLE_LIMIT_S = 60.0


def assign_app_role(graph: GraphClient, resource_id: str, principal_id: str, role_id: str, *, intent: str) -> None:
    """Assign the role *role_id* of the service principal *resource_id* to the directory object *principal_id*.

    One that is there already is fine: a second assignment of the same role is refused with a known text. The role was read before, so
    a replica that does not know it is waited for. Raises ApiError.
    """
    body = {"principalId": principal_id, "resourceId": resource_id, "appRoleId": role_id}
    path = f"/servicePrincipals/{quote_segment(resource_id)}/appRoleAssignedTo"
    backoff = Backoff(graph.ctx)
    while True:
        try:
            graph.write("POST", path, body, intent=intent, needs=WRITE_NEEDS, repeat=Repeat.ALWAYS)
            return
        except ApiError as exc:
            if is_already_done(exc, *EXISTS):
                return
            if not is_already_done(exc, _UNKNOWN_ROLE) or not backoff.fits_within(_ROLE_LIMIT_S):
                raise
        backoff.pause(about=f"waiting until all servers of Entra ID know the role (to {intent})", limit_s=_ROLE_LIMIT_S)


def unassign_app_role(graph: GraphClient, listed_at: str, assignment_id: str, *, intent: str) -> None:
    """Delete the assignment *assignment_id* through the path of the list that showed it; one that is gone already is fine.

    Raises ApiError.
    """
    path = f"{listed_at}/{quote_segment(assignment_id)}"
    try:
        graph.write("DELETE", path, intent=intent, needs=WRITE_NEEDS, missing_ok=True)
    except ApiError as exc:
        if not is_already_done(exc, _MISSING):
            raise
