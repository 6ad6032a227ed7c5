# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Admin consent as sets of permission names: what is requested, what is granted, and the steps between. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._core.plan import Change, Plan, Step
from ..._core.set_changes import find_set_changes
from ..permissions import KINDS, RequestedPermissions, ResourceApi, list_tier_0

#: Graph permissions that granting takes. Each suffices in an application token; delegated tokens may carry the last one instead.
GRANTING = {"application": "AppRoleAssignment.ReadWrite.All", "delegated": "DelegatedPermissionGrant.ReadWrite.All"}
_AS_USER = "Directory.AccessAsUser.All"
_PERHAPS = "Directory.ReadWrite.All"

#: Names of the granted permissions, by application id of the API and kind.
GrantedNames = dict[tuple[str, str], tuple[str, ...]]


@dataclass(frozen=True)
class HeldPermissions:
    """The permissions that the client holds of one API.

    ``assignments``: ids of app role assignments by app role id. ``grant_id`` and ``scopes``: of the grant for everybody.
    """

    assignments: t.Mapping[str, str] = field(default_factory=dict)
    grant_id: str | None = None
    scopes: tuple[str, ...] = ()

    def list_names(self, api: ResourceApi, kind: str) -> tuple[str, ...]:
        """Return the names of *kind*, sorted; a role that the API does not offer any more goes by its id."""
        if kind == "delegated":
            return tuple(sorted(self.scopes))
        known = api.get_names()
        return tuple(sorted(known.get(role_id, role_id) for role_id in self.assignments))


def list_requested_names(request: RequestedPermissions, kind: str) -> tuple[str, ...] | None:
    """Return the names that are requested, sorted; None where the kind is not managed."""
    ids = request.get_ids(kind)
    known = request.api.get_names()
    return None if ids is None else tuple(sorted(known.get(item, item) for item in ids))


def may_grant(claims: t.Mapping[str, t.Any], kind: str) -> bool | None:
    """Return whether a token with these claims allows granting; None where only a request can tell."""
    if not claims:
        return None
    scopes = set(str(claims.get("scp") or "").split())
    held = scopes | set(claims.get("roles") or ())
    if GRANTING[kind] in held or _AS_USER in scopes:
        return True
    return None if kind == "delegated" and _PERHAPS in held else False


def list_granted_names(
    requests: t.Sequence[RequestedPermissions], held: t.Mapping[str, HeldPermissions]
) -> GrantedNames:
    """Return the names that are granted now, of the kinds that are managed."""
    return {
        (request.api.app_id, kind): held.get(request.api.app_id, HeldPermissions()).list_names(request.api, kind)
        for request in requests
        for kind in KINDS
        if request.get_ids(kind) is not None
    }


def plan_grants(
    requests: t.Sequence[RequestedPermissions],
    held: t.Mapping[str, HeldPermissions],
    exclusive: bool,
    allowed: t.Collection[str],
    client: str = "",
) -> tuple[Step, ...]:
    """Return the steps: grant what is missing, then, with *exclusive*, revoke the rest; only of the *allowed* kinds. *client*: the name
    of the application that gets them.

    Each step's data: ``app_id`` and ``resource`` of the API, ``kind``, the names to ``add`` and ``remove``, and what the write
    needs: ``role_id``, ``assignment_id``, or ``grant_id`` with all ``scopes`` that shall be.
    """
    grants: list[Step] = []
    revocations: list[Step] = []
    for request in sorted(requests, key=lambda item: (item.api.display_name, item.api.app_id)):
        have = held.get(request.api.app_id, HeldPermissions())
        for kind in KINDS:
            names = list_requested_names(request, kind)
            if names is None or kind not in allowed:
                continue
            change = find_set_changes(names, have.list_names(request.api, kind), exclusive)
            if kind == "delegated":
                (grants if change.add else revocations).extend(_plan_delegated_grant(request.api, have, change, client))
                continue
            grants += [_plan_assignment(request.api, name, client) for name in change.add]
            revocations += [_plan_unassignment(request.api, have, name, client) for name in change.remove]
    return (*grants, *revocations)


def _build_step_data(
    api: ResourceApi, kind: str, add: t.Sequence[str], remove: t.Sequence[str], **more: t.Any
) -> dict[str, t.Any]:
    found: dict[str, t.Any] = {"app_id": api.app_id, "resource": api.object_id, "kind": kind}
    return {**found, "add": list(add), "remove": list(remove), **more}


def _plan_assignment(api: ResourceApi, name: str, client: str) -> Step:
    data = _build_step_data(api, "application", [name], [], role_id=api.application.get(name, name))
    return Step("assign", f"application permission {name} of {api.display_name}", data, _describe(client, api, data))


def _plan_unassignment(api: ResourceApi, have: HeldPermissions, name: str, client: str) -> Step:
    assignment_id = have.assignments[next(role for role in have.assignments if api.get_names().get(role, role) == name)]
    data = _build_step_data(api, "application", [], [name], assignment_id=assignment_id)
    subject = f"revoke application permission {name} of {api.display_name}"
    return Step("unassign", subject, data, _describe(client, api, data))


def _plan_delegated_grant(api: ResourceApi, have: HeldPermissions, change: t.Any, client: str) -> list[Step]:
    if not change.add and not change.remove:
        return []
    data = _build_step_data(api, "delegated", change.add, change.remove, grant_id=have.grant_id, scopes=change.after)
    action = "consent" if have.grant_id is None else "rescope" if change.after else "withdraw"
    words = [*change.add, *(f"not {name}" for name in change.remove)]
    return [
        Step(
            action,
            f"delegated permissions {', '.join(words)} of {api.display_name}",
            data,
            _describe(client, api, data),
        )
    ]


def _describe(client: str, api: ResourceApi, data: t.Mapping[str, t.Any]) -> tuple[Change, ...]:
    """Return one change per permission that the client gets or loses; those of tier 0 that it gets say so."""
    kind = f"{data['kind']} permission"
    facts = {"api": api.app_id}
    dangers = list_tier_0(api.app_id, data["kind"], data["add"])
    notes = {name: f"; {danger}" for name, danger in dangers.items()}
    return (
        *(
            Change("+", kind, client, f"grant {kind} {name} of {api.display_name}{notes.get(name, '')}", facts)
            for name in data["add"]
        ),
        *(Change("-", kind, client, f"revoke {kind} {name} of {api.display_name}", facts) for name in data["remove"]),
    )


def list_tier_0_grants(steps: t.Iterable[Step]) -> list[str]:
    """Return the names of the permissions of tier 0 that the steps grant, sorted."""
    return sorted(
        {name for step in steps for name in list_tier_0(step.data["app_id"], step.data["kind"], step.data["add"])}
    )


def list_tier_0_missing(requests: t.Sequence[RequestedPermissions], granted: GrantedNames) -> list[str]:
    """Return the names of the permissions of tier 0 that are requested and not granted, sorted."""
    found: set[str] = set()
    for request in requests:
        for kind in KINDS:
            missing = set(list_requested_names(request, kind) or ()) - set(granted.get((request.api.app_id, kind), ()))
            found.update(list_tier_0(request.api.app_id, kind, missing))
    return sorted(found)


def apply_grants(granted: GrantedNames, done: t.Iterable[Step]) -> GrantedNames:
    """Return the granted names after the steps in *done*."""
    result = dict(granted)
    for step in done:
        place = (step.data["app_id"], step.data["kind"])
        result[place] = tuple(sorted({*result[place], *step.data["add"]} - set(step.data["remove"])))
    return result


def build_consent_plan(
    requests: t.Sequence[RequestedPermissions], granted: GrantedNames, done: t.Sequence[Step]
) -> Plan:
    """Return the plan with the steps *done*."""
    return Plan(_format_granted(requests, granted), _format_granted(requests, apply_grants(granted, done)), tuple(done))


def _format_granted(requests: t.Sequence[RequestedPermissions], granted: GrantedNames) -> list[dict[str, t.Any]]:
    shown = [
        {
            "api": request.api.display_name,
            "app_id": request.api.app_id,
            **{
                kind: list(granted[(request.api.app_id, kind)])
                for kind in KINDS
                if (request.api.app_id, kind) in granted
            },
        }
        for request in requests
    ]
    return sorted(shown, key=lambda entry: (entry["api"], entry["app_id"]))


def report_consent(
    requests: t.Sequence[RequestedPermissions], granted: GrantedNames, consent_url: str | None
) -> dict[str, t.Any]:
    """Return the noun ``consent``: the requested names, those of them that are granted, and those that are missing."""
    parts: dict[str, list[dict[str, t.Any]]] = {"requested": [], "granted": [], "missing": []}
    for request in sorted(requests, key=lambda item: (item.api.display_name, item.api.app_id)):
        entry: dict[str, dict[str, list[str]]] = {name: {} for name in parts}
        for kind in KINDS:
            names = list_requested_names(request, kind) or ()
            have = granted.get((request.api.app_id, kind), ())
            entry["requested"][kind] = list(names)
            entry["granted"][kind] = [name for name in names if name in have]
            entry["missing"][kind] = [name for name in names if name not in have]
        for name, listed in parts.items():
            if any(entry[name].values()):
                listed.append({"api": request.api.display_name, **entry[name]})
    status = "pending_consent" if parts["missing"] else "granted"
    return {**parts, "consent_url": consent_url, "status": status}
