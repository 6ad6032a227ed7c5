# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module entra_admin_consent: reads what an application requests and holds, and grants what the caller may grant."""

from __future__ import annotations

import functools
import typing as t
from urllib.parse import quote

from ..._core.addresses import quote_segment
from ..._core.context import Context
from ..._core.errors import ApiError, ConfigError, Forbidden, Problems
from ..._core.plan import Plan, Step, add_ids
from ..._core.polling import Backoff
from ..._core.resource import Action, Finding
from ..._core.retry import Repeat
from ..._core.values import get_objects
from ..._signin.clouds import get_authority_url
from ..app_role_assignments.writer import DEFAULT_ACCESS, EXISTS, assign_app_role, unassign_app_role
from ..applications.reference import (
    READ_NEEDS,
    ApplicationReference,
    explain_application_id,
    find_application,
    resolve_application,
)
from ..client import GraphClient, format_alternate_key
from ..confirm import wait_until_shown
from ..errors import is_already_done
from ..id_holders import refuse_other_kind
from ..permission_presets.tier_0 import build_tier_0_warning
from ..permissions import KINDS, ApiResolver, RequestedPermissions
from .plan import (
    GRANTING,
    GrantedNames,
    HeldPermissions,
    apply_grants,
    build_consent_plan,
    list_granted_names,
    list_tier_0_grants,
    list_tier_0_missing,
    may_grant,
    plan_grants,
    report_consent,
)

_READ_ASSIGNMENTS = ("Application.Read.All",)
_READ_GRANTS = ("DelegatedPermissionGrant.Read.All", "Directory.Read.All")
#: For how long a grant is looked for that exists and is not listed.
_GRANT_LIMIT_S = 60.0


class ConsentResource:
    """The consent to one application."""

    noun = "consent"

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._graph = ctx, GraphClient(ctx)
        self._app_id: str | None = None
        self._client: str | None = None
        self._client_name = ""
        self._requests: list[RequestedPermissions] = []
        self._granted: GrantedNames = {}
        self._planned: tuple[Step, ...] = ()
        self._done: list[Step] = []
        self._refused: set[tuple[str, str]] = set()
        self._claims: dict[str, t.Any] = {}

    def plan(self) -> Plan:
        """Return the steps that the caller may carry out. Raises ConfigError, Problems."""
        options = self._ctx.options
        self._claims = self._graph.read_token_claims()
        application = resolve_application(self._ctx, self._graph, options, select=["requiredResourceAccess"])
        self._app_id = application.app_id
        self._requests = self._read_requested(options, application)
        self._client = self._find_service_principal() if self._app_id else None
        held = self._read_held() if self._client else {}
        self._granted = list_granted_names(self._requests, held)
        self._planned = self._plan_changes(held, application.label)
        self._warn_of_surplus(held, options["exclusive"])
        self._warn_of_tier_0(application.label or self._client_name)
        return build_consent_plan(self._requests, self._granted, self._planned)

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """Map each action to the method that carries it out."""
        writing = {
            "assign": self._assign,
            "unassign": self._unassign,
            "consent": self._consent,
            "rescope": self._rescope,
            "withdraw": self._withdraw,
        }
        return {name: functools.partial(self._carry_out, write) for name, write in writing.items()}

    def _carry_out(self, write: Action, step: Step) -> None:
        """Carry out one step; a refusal is a warning, and no more steps of that API and kind are sent."""
        place = (step.data["app_id"], step.data["kind"])
        if place in self._refused:
            return
        try:
            write(step)
        except Forbidden as exc:
            self._refused.add(place)
            self._ctx.warn(f"Still to be consented: {exc}")
            return
        self._done.append(step)
        self._graph.expire_tokens(str(self._app_id))

    def verify(self) -> list[Finding]:
        """Wait until Entra ID shows what was granted and revoked, and return what it does not show.

        Raises WaitTimeout for what was revoked: it may be held still.
        """
        if not self._done:
            return []
        return list(wait_until_shown(self._graph, self._find_unshown, f"the consent to {self._app_id}", ["revoked"]))

    def _find_unshown(self) -> list[str]:
        shown = list_granted_names(self._requests, self._read_held())
        places = [(step, set(shown[(step.data["app_id"], step.data["kind"])])) for step in self._done]
        is_granted = all(names.issuperset(step.data["add"]) for step, names in places)
        is_revoked = all(names.isdisjoint(step.data["remove"]) for step, names in places)
        return [name for name, is_shown in (("granted", is_granted), ("revoked", is_revoked)) if not is_shown]

    def get_applied_plan(self) -> Plan:
        """Return the plan without the steps that were refused."""
        return build_consent_plan(self._requests, self._granted, self._done)

    def result(self) -> dict[str, t.Any]:
        """Return the noun ``consent``."""
        done = self._planned if self._ctx.check_mode else self._done
        return report_consent(self._requests, apply_grants(self._granted, done), self._build_consent_url())

    def _read_requested(
        self, options: t.Mapping[str, t.Any], application: ApplicationReference
    ) -> list[RequestedPermissions]:
        apis = ApiResolver(self._graph)
        if options.get("api_permissions") is not None:
            return apis.resolve(options["api_permissions"], exclusive=options["exclusive"])
        if application.pending:
            self._ctx.warn(
                "The application does not exist yet, so it is not known which permissions it will request and need"
            )
            return []
        wire = application.wire or self._find_registration(options).wire
        return _read_requested_permissions(apis, wire.get("requiredResourceAccess") or (), options["exclusive"])

    def _find_registration(self, options: t.Mapping[str, t.Any]) -> ApplicationReference:
        """Return the registration of the option ``app_id``. Raises ConfigError where it is in another tenant."""
        found = find_application(self._graph, options, select=["requiredResourceAccess"])
        if found is None:
            told = explain_application_id(self._graph, "app_id", str(options["app_id"]))
            raise ConfigError(
                f"app_id: no application {options['app_id']} is registered in the tenant{told}, so it is not known "
                "what it requests: give api_permissions",
                source="option app_id",
            )
        return found

    def _find_service_principal(self) -> str | None:
        wire = self._graph.get(
            f"/servicePrincipals{format_alternate_key('appId', str(self._app_id))}",
            intent=f"read the service principal of {self._app_id}",
            needs=READ_NEEDS,
            params={"$select": "id,appId,displayName"},
        )
        self._client_name = str((wire or {}).get("displayName") or self._app_id)
        if wire is None and self._ctx.options.get("app_id"):
            refuse_other_kind(self._graph, str(self._app_id), "servicePrincipal", "app_id", "app_id")
        if wire is None and not self._ctx.check_mode:
            raise ConfigError(
                f"Application {self._app_id} has no service principal in the tenant, and consent is given to the "
                "service principal: create it with entra_service_principal"
            )
        return str(wire["id"]) if wire else None

    def _read_held(self) -> dict[str, HeldPermissions]:
        """Return what the client holds, by application id of the API."""
        assignments = self._list_permissions("application", "appRoleAssignments", _READ_ASSIGNMENTS)
        grants = self._list_permissions("delegated", "oauth2PermissionGrants", _READ_GRANTS)
        held = {}
        for request in self._requests:
            resource = request.api.object_id
            roles = {
                str(item["appRoleId"]).lower(): str(item["id"])
                for item in assignments
                if item.get("resourceId") == resource and item.get("appRoleId") != DEFAULT_ACCESS
            }
            grant = next(
                (item for item in grants if item.get("resourceId") == resource and _is_for_everybody(item)), None
            )
            scopes = tuple(sorted(set(str((grant or {}).get("scope") or "").split())))
            held[request.api.app_id] = HeldPermissions(roles, str(grant["id"]) if grant else None, scopes)
        return held

    def _list_permissions(self, kind: str, relation: str, needs: t.Sequence[str]) -> list[dict[str, t.Any]]:
        """Return the permissions of one kind; those that may not be read count as missing and are not granted either."""
        if all(request.get_ids(kind) is None for request in self._requests):
            return []
        path = f"/servicePrincipals/{quote_segment(str(self._client))}/{relation}"
        try:
            return self._graph.list(path, intent=f"list the {kind} permissions of {self._app_id}", needs=needs)
        except Forbidden as exc:
            self._refused.update((request.api.app_id, kind) for request in self._requests)
            self._ctx.warn(f"All {kind} permissions count as missing: {exc}")
            return []

    def _list_allowed_kinds(self) -> set[str]:
        """Return the kinds that the caller may grant, or may be able to."""
        unreadable = {kind for _app_id, kind in self._refused}
        return {kind for kind in KINDS if kind not in unreadable and may_grant(self._claims, kind) is not False}

    def _plan_changes(self, held: t.Mapping[str, HeldPermissions], label: str) -> tuple[Step, ...]:
        """Return the steps; where the client has no *label* and something changes, its registration is asked for one."""
        exclusive, allowed = self._ctx.options["exclusive"], self._list_allowed_kinds()
        planned = plan_grants(self._requests, held, exclusive, allowed, label or self._client_name)
        if planned and not label:
            registration = find_application(self._graph, {"app_id": self._app_id})
            if registration is not None:
                planned = plan_grants(self._requests, held, exclusive, allowed, registration.label)
        return add_ids(planned, principal=self._app_id)

    def _warn_of_surplus(self, held: t.Mapping[str, HeldPermissions], exclusive: bool) -> None:
        steps = plan_grants(self._requests, held, exclusive, KINDS)
        planned = {step.subject for step in self._planned}
        left = [step.subject for step in steps if step.data["remove"] and step.subject not in planned]
        if left:
            self._ctx.warn(f"The signed-in identity is not allowed to revoke, so this was not done: {'; '.join(left)}")

    def _warn_of_tier_0(self, label: str) -> None:
        """Warn of permissions of tier 0 that are granted, and of those that an administrator is asked for."""
        subject = f"application {label or self._app_id}"
        granting = list_tier_0_grants(self._planned)
        waiting = list_tier_0_missing(self._requests, apply_grants(self._granted, self._planned))
        for verb, names in (("is granted", granting), ("asks an administrator for", waiting)):
            if names:
                self._ctx.warn(build_tier_0_warning(subject, verb, names))

    def _build_consent_url(self) -> str | None:
        if not self._app_id:
            return None
        tenant = self._ctx.options.get("tenant_id") or self._claims.get("tid") or "organizations"
        address = f"{get_authority_url(self._ctx.options)}/{quote(str(tenant), safe='')}"
        return f"{address}/adminconsent?client_id={self._app_id}"

    def _assign(self, step: Step) -> None:
        resource_id, role_id = step.data["resource"], step.data["role_id"]
        assign_app_role(self._graph, resource_id, str(self._client), role_id, intent=f"change {step.subject}")

    def _unassign(self, step: Step) -> None:
        listed_at = f"/servicePrincipals/{quote_segment(str(self._client))}/appRoleAssignments"
        unassign_app_role(self._graph, listed_at, step.data["assignment_id"], intent=f"change {step.subject}")

    def _consent(self, step: Step) -> None:
        """Create the grant for everybody; Entra ID refuses a second one for the same API, then the first one is widened."""
        body = {
            "clientId": self._client,
            "consentType": "AllPrincipals",
            "resourceId": step.data["resource"],
            "scope": " ".join(step.data["scopes"]),
        }
        try:
            self._write("POST", "/oauth2PermissionGrants", body, step, Repeat.ALWAYS)
        except ApiError as exc:
            if exc.status != 409 and not is_already_done(exc, *EXISTS):
                raise
            self._widen(step)

    def _widen(self, step: Step) -> None:
        """Add our scopes to the grant that exists: somebody made it meanwhile, or our own request whose answer was lost.

        It is looked for until it shows. Raises ApiError where it does not: its scopes are not known.
        """
        path = f"/servicePrincipals/{quote_segment(str(self._client))}/oauth2PermissionGrants"
        backoff = Backoff(self._ctx)
        while True:
            listed = self._graph.list(path, intent=step.subject, needs=_READ_GRANTS)
            for grant in listed:
                if grant.get("resourceId") == step.data["resource"] and _is_for_everybody(grant):
                    scopes = set(str(grant.get("scope") or "").split())
                    if not scopes.issuperset(step.data["scopes"]):
                        text = " ".join(sorted(scopes.union(step.data["scopes"])))
                        self._write("PATCH", _format_grant_path(str(grant["id"])), {"scope": text}, step)
                    return
            if not backoff.fits_within(_GRANT_LIMIT_S):
                break
            backoff.pause(
                about=f"waiting until Entra ID shows the grant to extend, {step.subject}", limit_s=_GRANT_LIMIT_S
            )
        raise ApiError(
            f"Cannot grant {step.subject}: Entra ID reports an existing grant, but does not show it. Run the task again.",
            service="Microsoft Graph",
        )

    def _rescope(self, step: Step) -> None:
        self._write("PATCH", _format_grant_path(step.data["grant_id"]), {"scope": " ".join(step.data["scopes"])}, step)

    def _withdraw(self, step: Step) -> None:
        self._write("DELETE", _format_grant_path(step.data["grant_id"]), None, step)

    def _write(self, method: str, path: str, body: t.Any, step: Step, repeat: Repeat = Repeat.BY_METHOD) -> None:
        needs = (GRANTING[step.data["kind"]],)
        gone_is_fine = method == "DELETE"
        self._graph.write(
            method, path, body, intent=f"change {step.subject}", needs=needs, repeat=repeat, missing_ok=gone_is_fine
        )


def _format_grant_path(grant_id: str) -> str:
    return f"/oauth2PermissionGrants/{quote_segment(grant_id)}"


def _is_for_everybody(grant: t.Mapping[str, t.Any]) -> bool:
    return grant.get("consentType") == "AllPrincipals"


def _read_requested_permissions(
    apis: ApiResolver, required: t.Iterable[t.Mapping[str, t.Any]], exclusive: bool
) -> list[RequestedPermissions]:
    """Return the permissions that a registration requests; raises Problems for what cannot be granted.

    A kind that it does not request is managed only with *exclusive*.
    """
    requests: list[RequestedPermissions] = []
    problems = []
    for index, entry in enumerate(required):
        app_id, where = str(entry["resourceAppId"]).lower(), f"api_permissions of the application[{index}]"
        api = apis.find_by_app_id(app_id)
        if api is None:
            message = f"API {app_id} has no service principal in the tenant: create it with entra_service_principal"
            problems.append({"kind": "not_found", "where": where, "message": message})
            continue
        chosen: dict[str, tuple[str, ...] | None] = {}
        for kind, wire_kind in KINDS.items():
            ids = sorted(
                str(item["id"]).lower()
                for item in get_objects(entry, "resourceAccess")
                if item.get("type") == wire_kind
            )
            chosen[kind] = tuple(ids) if ids or exclusive else None
            unknown = sorted(set(ids) - set(api.get_ids(kind).values()))
            message = f"{api.display_name} does not offer the {kind} permissions {', '.join(unknown)} (any more)"
            if unknown:
                problems.append({"kind": "not_found", "where": where, "message": message})
        requests.append(RequestedPermissions(api, chosen["application"], chosen["delegated"]))
    if problems:
        raise Problems("The application requests permissions that cannot be granted", problems)
    return requests
