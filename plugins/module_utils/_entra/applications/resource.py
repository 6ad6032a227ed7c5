# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module entra_application: reads a registration, plans, and carries the plan out."""

from __future__ import annotations

import contextlib
import typing as t

from ..._core.addresses import quote_segment
from ..._core.context import Context
from ..._core.errors import ApiError, ConfigError, CvopsError, NotFound, WaitTimeout
from ..._core.names import is_same_name
from ..._core.plan import Plan, Step
from ..._core.polling import Backoff, poll_until
from ..._core.resource import Action, Finding
from ..._core.risks import require_accepted_risk
from ..client import GraphClient, format_alternate_key
from ..confirm import list_narrowed_fields, wait_until_shown
from ..create import create_once
from ..deleted_items import list_deleted_items, restore_deleted_item
from ..owners import change_owners, check_owner_removals, find_unshown_owners, list_owners
from ..permissions import ApiResolver, RequestedPermissions
from ..principals import resolve_object_ids, verify_object_ids
from .canonical import SELECT, CanonicalApplication, Wire, canonical_application, name_permissions
from .changes import DEACTIVATION
from .checks import check_application_options, check_desired_application
from .desired import desired_application
from .interrupted_change import describe_interruption, undo_interruption
from .late_ids import complete_ids, fill_in_ids
from .lookup import find_application_in_use, find_deleted_application, list_applications_named
from .pending import PendingUris, assume_pending
from .permission_warnings import find_permission_warnings
from .plan import CurrentApplication, find_removed_roles, is_deactivated, plan_application, plan_application_removal
from .reference import READ_NEEDS, explain_application_id, format_application_path, refuse_other_ids

_WRITE = ("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All")
#: Graph's code for the change of an app role or scope that is enabled.
_STILL_ENABLED = "CannotDeleteOrUpdateEnabledEntitlement"
_DISABLING_LIMIT_S = 60.0


class ApplicationResource:
    """The registration of one task."""

    noun = "application"

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._graph = ctx, GraphClient(ctx)
        self._options = ctx.options
        self._after: CanonicalApplication = {}
        self._names: dict[str, str] = {}
        self._owners: list[str] | None = None
        self._unverified: list[str] = []
        self._disabled: Step | None = None
        self._planned = Plan({}, {})
        self.object_id: str | None = None
        self.app_id: str | None = None

    def plan(self) -> Plan:
        """Return the steps to what the options ask for. Raises ConfigError, Problems, AmbiguousMatch."""
        check_application_options(self._options, self._ctx.check_mode)
        if self._options["state"] == "absent":
            current = self._note_current(find_application_in_use(self._graph, self._options))
            if not current.exists:
                refuse_other_ids(self._graph, self._options)
            self._planned = plan_application_removal(current)
            return self._planned
        current = self._read_current()
        requested = self._resolve_api_permissions()
        exclusive, had = self._options["exclusive"], canonical_application(current.wire)
        for text in describe_interruption(had):
            self._ctx.warn(text)
        settled = undo_interruption(had)
        pending = PendingUris(self._options)
        after = pending.add_known(desired_application(self._options, requested, settled, exclusive))
        check_desired_application(self._options, after, settled)
        self._after = after = pending.add_unknown(after)
        for text in find_permission_warnings(self._options, settled, after, self._names):
            self._ctx.warn(text)
        self._check_identifier_uris(current, after)
        owners = resolve_object_ids(self._graph, self._options.get("owners"), "owners")
        given, known = {"owners": self._options.get("owners")}, {"owners": current.owners or ()}
        self._unverified = verify_object_ids(self._graph, given, known)
        planned = plan_application(
            self._read_assigned(current, after), after, owners, exclusive, self._names, self._graph.known_objects.names
        )
        planned = pending.tell_names(planned)
        check_owner_removals(planned, self._options["max_removals"])
        if is_deactivated(planned):
            self._check_deactivation()
        self._owners = planned.after.get("owners")
        self._planned = planned
        return planned

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """Map each action to the method that carries it out."""
        return {
            "create": self._create,
            "restore": self._restore,
            "restore_service_principal": self._restore_service_principal,
            "disable": self._disable,
            "update": self._update,
            "owners": self._change_owners,
            "delete": self._delete,
        }

    def verify(self) -> list[Finding]:
        """Wait until the application shows as written, and return what does not.

        Raises WaitTimeout for what was taken away: a deletion, owners, entries of lists, switches.
        """
        if not self._planned.steps:
            return []
        subject = f"application {(self._planned.after or self._planned.before)['display_name']}"
        return list(wait_until_shown(self._graph, self._find_unshown, subject, list_narrowed_fields(self._planned)))

    def _find_unshown(self) -> list[str]:
        """Return the options that are not shown as written; "list" for a new application that is not found, "state" for a deleted one that is."""
        wire = self._graph.get(
            self._path(), intent="read the application", needs=READ_NEEDS, params={"$select": SELECT}
        )
        keyed = wire
        if self._options.get("unique_name"):
            path = format_application_path("unique_name", self._options["unique_name"])
            keyed = self._graph.get(path, intent="read the application", needs=READ_NEEDS, params={"$select": "id"})
        if not self._planned.after:
            return ["state"] if wire or keyed else []
        if not wire or not keyed:
            return ["list"]
        ids = {"object_id": self.object_id, "app_id": self.app_id}
        shown, wanted = canonical_application(wire), {**self._after, **ids, **self._complete_ids()}
        found = [name for name, value in shown.items() if name in wanted and value != wanted[name]]
        subject = str(self._after["display_name"])
        return found + find_unshown_owners(self._graph, self._path(), subject, self._planned.steps)

    def result(self) -> dict[str, t.Any]:
        """Return the application as it is after the plan; ids that are not known yet are None."""
        if self._options["state"] == "absent":
            return {}
        found = {**self._after, "object_id": self.object_id, "app_id": self.app_id}
        found["api_permissions"] = name_permissions(self._after["api_permissions"], self._names)
        found.update(self._complete_ids())
        if self._owners is not None:
            found["owners"] = self._owners
        found["unverified"] = self._unverified
        return found

    def _complete_ids(self) -> dict[str, t.Any]:
        return complete_ids(self._after, self.app_id) if self.app_id else {}

    def _note_current(self, wire: Wire | None, **more: t.Any) -> CurrentApplication:
        if wire is None:
            return CurrentApplication()
        self.object_id, self.app_id = str(wire["id"]), str(wire["appId"])
        return CurrentApplication(wire, **more)

    def _read_current(self) -> CurrentApplication:
        wire = find_application_in_use(self._graph, self._options)
        if wire is not None:
            owners = None
            if self._options.get("owners") is not None:
                owners = list_owners(
                    self._graph, f"/applications/{quote_segment(str(wire['id']))}", str(wire["displayName"])
                )
            lost = self._find_lost_service_principal(wire)
            return self._note_current(wire, owners=owners, deleted_service_principal=lost)
        if self._options["pending_application"]:
            return CurrentApplication(assume_pending(self._ctx))
        deleted = self._find_deleted()
        if deleted is None:
            self._refuse_unknown_id()
            return self._note_current(None)
        if not self._options["restore_deleted"]:
            raise ConfigError(
                f"Application {deleted.get('displayName')} (object id {deleted['id']}) is among the deleted items "
                "and has the same key or identifier URI."
                " Set restore_deleted to bring it back, or purge it from the deleted items first.",
                source="option restore_deleted",
                deleted_object_id=deleted["id"],
            )
        return self._note_current(
            deleted, deleted=True, deleted_service_principal=self._find_deleted_service_principal(deleted)
        )

    def _find_deleted(self) -> Wire | None:
        named = any(self._options.get(name) for name in ("object_id", "app_id", "unique_name", "identifier_uris"))
        return find_deleted_application(self._graph, self._options) if named else None

    def _find_lost_service_principal(self, application: Wire) -> str | None:
        """Return the object id of a deleted service principal, None where one is in use or no restore is asked for.

        A run that ended between the two restores has left it deleted.
        """
        deleted = self._find_deleted_service_principal(application) if self._options["restore_deleted"] else None
        if deleted is None:
            return None
        path = f"/servicePrincipals{format_alternate_key('appId', str(application['appId']))}"
        used = self._graph.get(
            path, intent="read the service principal", needs=READ_NEEDS, params={"$select": "id,appId"}
        )
        return None if used else deleted

    def _find_deleted_service_principal(self, application: Wire) -> str | None:
        listed = list_deleted_items(self._graph, "servicePrincipals", "id,appId")
        return next((str(item["id"]) for item in listed if item.get("appId") == application["appId"]), None)

    def _refuse_unknown_id(self) -> None:
        name = next((name for name in ("object_id", "app_id") if self._options.get(name)), None)
        if name is not None:
            told = explain_application_id(self._graph, name, self._options[name])
            raise ConfigError(
                f"No application has the {name} {self._options[name]}, in use or deleted{told or f'; leave {name} out to create one'}",
                source=f"option {name}",
            )

    def _check_deactivation(self) -> None:
        """Raise GuardRefused unless the risk kill_switch is accepted."""
        claims = self._graph.read_token_claims()
        client = str(claims.get("appid") or claims.get("azp") or self._options.get("client_id") or "")
        own = " This task itself signs in as this application." if is_same_name(client, str(self.app_id)) else ""
        danger = f"Application {self._after['display_name']} would be deactivated: {DEACTIVATION}.{own}"
        require_accepted_risk(self._ctx, "kill_switch", danger)

    def _resolve_api_permissions(self) -> list[RequestedPermissions] | None:
        entries = self._options.get("api_permissions")
        if entries is None:
            return None
        requested = ApiResolver(self._graph).resolve(entries, exclusive=self._options["exclusive"])
        for request in requested:
            self._names |= {request.api.app_id: request.api.display_name, **request.api.get_names()}
        return requested

    def _check_identifier_uris(self, current: CurrentApplication, after: CanonicalApplication) -> None:
        """Raise ConfigError where a deleted application has one of the added identifier URIs: Entra ID refuses it without a name."""
        added = set(after["identifier_uris"]) - set(canonical_application(current.wire)["identifier_uris"])
        if not added or not current.exists or current.deleted:
            return
        found = find_deleted_application(self._graph, {"identifier_uris": sorted(added)})
        if found is not None:
            raise ConfigError(
                f"identifier_uris: the deleted application {found.get('displayName')} (object id {found['id']}) "
                "still has one of them; purge it first",
                source="option identifier_uris",
                deleted_object_id=found["id"],
            )

    def _read_assigned(self, current: CurrentApplication, after: CanonicalApplication) -> CurrentApplication:
        gone = {role["id"]: role["value"] for role in find_removed_roles(current, after)}
        if not gone or current.deleted:
            return current
        path = f"/servicePrincipals{format_alternate_key('appId', str(self.app_id))}/appRoleAssignedTo"
        try:
            listed = self._graph.list(path, intent="list who holds the app roles to be removed", needs=READ_NEEDS)
        except NotFound:
            return current
        assigned: dict[str, list[str]] = {}
        for item in listed:
            role_id = str(item.get("appRoleId")).lower()
            if role_id in gone:
                assigned.setdefault(role_id, []).append(
                    str(item.get("principalDisplayName") or item.get("principalId"))
                )
        for role_id, holders in sorted(assigned.items()):
            self._ctx.warn(
                f"App role {gone[role_id]} is removed from {len(holders)} principals: {', '.join(sorted(holders))}"
            )
        return CurrentApplication(current.wire, current.owners, assigned=assigned)

    def _restore(self, step: Step) -> None:
        restore_deleted_item(self._graph, "applications", str(self.object_id), intent=step.subject)
        self._graph.recent_objects.add(str(self.app_id))

    def _restore_service_principal(self, step: Step) -> None:
        restore_deleted_item(self._graph, "servicePrincipals", step.data["object_id"], intent=step.subject)

    def _disable(self, step: Step) -> None:
        """Disable what is to change, and wait until that is seen. Where that fails, it is undone, or told."""
        try:
            self._patch(step)
            self._disabled = step
            self._await_disabled(step.data["body"])
        except CvopsError as exc:
            if self._disabled is None and _is_refusal(exc):
                raise
            self._disabled = step
            self._enable_again(exc)
            raise

    def _change_owners(self, step: Step) -> None:
        change_owners(self._graph, self._path(), f"application {self._after['display_name']}", step.data)

    def _delete(self, step: Step) -> None:
        self._graph.write("DELETE", self._path(), intent=f"delete {step.subject}", needs=_WRITE, missing_ok=True)
        self._forget()

    def _path(self) -> str:
        return f"/applications/{quote_segment(str(self.object_id))}"

    def _create(self, step: Step) -> None:
        body: Wire = step.data["body"]
        intent = step.subject
        unique_name = body.get("uniqueName")
        if unique_name:
            content = {name: value for name, value in body.items() if name != "uniqueName"}
            created = self._graph.upsert(
                "applications",
                "uniqueName",
                unique_name,
                content,
                intent=intent,
                needs=_WRITE,
                read_needs=READ_NEEDS,
                select="id,appId",
            )
        else:
            created = create_once(
                self._graph,
                "/applications",
                body,
                find=lambda: list_applications_named(self._graph, body["displayName"]),
                intent=intent,
                needs=_WRITE,
            )
        self.object_id, self.app_id = str(created["id"]), str(created["appId"])

    def _patch(self, step: Step) -> None:
        body = fill_in_ids(step.data["body"], self._after, str(self.app_id))
        self._graph.write("PATCH", self._path(), body, intent=f"change {step.subject}", needs=_WRITE)

    def _update(self, step: Step) -> None:
        """Send a change. Where it fails after a disabling, that is undone, or told."""
        try:
            self._send_update(step)
        except CvopsError as exc:
            self._enable_again(exc)
            raise
        self._disabled = None

    def _enable_again(self, failure: CvopsError) -> None:
        """Undo a disabling whose change has failed, and warn of what stays disabled until the next run.

        Nothing is sent where the change may have been carried out.
        """
        step, self._disabled = self._disabled, None
        if step is None:
            return
        names = ", ".join(step.data["names"])
        if isinstance(failure, WaitTimeout) or _is_refusal(failure):
            with contextlib.suppress(CvopsError):
                body = step.data["undo"]
                self._graph.write("PATCH", self._path(), body, intent=f"enable {names} again", needs=_WRITE)
                self._ctx.warn(
                    f"{names}: it was disabled before the change, and enabled again because the change failed."
                )
                return
        self._ctx.warn(
            f"{names}: it was disabled before the change, and may still be disabled because the change failed. Run "
            "the task again: it enables them, because tags on the application show that they were enabled."
        )

    def _send_update(self, step: Step) -> None:
        """Send a change; repeat it while a replica that does not know of the disabling yet refuses."""
        backoff = Backoff(self._ctx, first_s=1.0)
        while True:
            try:
                return self._patch(step)
            except ApiError as exc:
                if exc.code != _STILL_ENABLED or not backoff.fits_within(_DISABLING_LIMIT_S):
                    raise
            backoff.pause(about="waiting until Entra ID has disabled what will be changed", limit_s=_DISABLING_LIMIT_S)

    def _await_disabled(self, body: Wire) -> None:
        scopes = body.get("api", {}).get("oauth2PermissionScopes", ())
        off = {str(item["id"]).lower() for item in [*body.get("appRoles", ()), *scopes] if not item["isEnabled"]}

        def still_enabled() -> set[str]:
            wire = self._graph.get(
                self._path(), intent="see roles disabled", needs=READ_NEEDS, params={"$select": SELECT}
            )
            seen = canonical_application(wire or {})
            entries = [*seen["app_roles"], *seen["api_scopes"]]
            return off - {entry["id"] for entry in entries if not entry["enabled"]}

        poll_until(self._ctx, still_enabled, lambda left: not left, what="app roles and scopes to be disabled")

    def _forget(self) -> None:
        keys = [str(self.object_id), str(self.app_id)]
        if self._options.get("unique_name"):
            keys.append(format_application_path("unique_name", self._options["unique_name"]))
        self._graph.forget(*keys)


def _is_refusal(error: CvopsError) -> bool:
    """Return True for an answer that says that nothing was done."""
    return isinstance(error, ApiError) and not error.may_have_acted and 400 <= (error.status or 0) < 500
