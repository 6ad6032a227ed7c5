# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module entra_service_principal: reads a service principal, plans, and carries the plan out."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ..._core.addresses import quote_segment
from ..._core.context import Context
from ..._core.errors import ApiError, ConfigError, Forbidden
from ..._core.plan import Plan, Step, add_ids
from ..._core.resource import Action, Finding
from ..._core.values import get_texts, is_guid
from ..applications.reference import (
    READ_NEEDS,
    ApplicationReference,
    find_application,
    find_remaining_application,
    format_application_path,
    resolve_application,
)
from ..client import GraphClient, format_alternate_key
from ..confirm import list_narrowed_fields, wait_until_shown
from ..deleted_items import list_deleted_items
from ..id_holders import explain_id, refuse_other_kind
from ..owners import change_owners, check_owner_removals, find_unshown_owners, list_owners
from ..principals import resolve_object_ids, verify_object_ids
from ..signing_certificates.canonical import read_preferred
from ..signing_certificates.options import OPTION
from ..signing_certificates.task import PlannedPart, SigningCertificateTask
from .checks import check_service_principal_options, check_service_principal_plan
from .plan import (
    SELECT,
    SETS,
    CanonicalServicePrincipal,
    canonical_service_principal,
    desired_service_principal,
    plan_service_principal,
    plan_service_principal_removal,
)

Wire = dict[str, t.Any]
_WRITE = ("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All")


class ServicePrincipalResource:
    """The service principal of one task."""

    noun = "service_principal"

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._graph = ctx, GraphClient(ctx)
        self._options = ctx.options
        self._wire: Wire = {}
        self._app_id: str | None = None
        self._after: dict[str, t.Any] = {}
        self._created = False
        self._unverified: list[str] = []
        self._application = ApplicationReference()
        self._planned = Plan({}, {})
        self._signing: SigningCertificateTask | None = None
        self._activated: str | None = None

    def plan(self) -> Plan:
        """Return the steps to what the options ask for. Raises ConfigError, Problems."""
        present = self._options["state"] == "present"
        if present:
            check_service_principal_options(self._options)
            self._signing = SigningCertificateTask(self._ctx, self._graph)
        self._wire = self._find(present) or {}
        if not present:
            self._planned = plan_service_principal_removal(self._wire)
            check_service_principal_plan(self._planned, self._wire)
            return self._planned
        exclusive = self._options["exclusive"]
        desired = desired_service_principal(
            self._options, canonical_service_principal(self._wire), self._read_inherited(), exclusive
        )
        owners = resolve_object_ids(self._graph, self._options.get("owners"), "owners")
        had: list[str] = []
        if owners is not None and self._wire:
            had = list_owners(self._graph, self._path(), self._name())
        self._unverified = verify_object_ids(self._graph, {"owners": self._options.get("owners")}, {"owners": had})
        planned = self._plan_changes(desired, had, owners)
        if planned.changed and self._app_id and not self._application.display_name:
            # None where the application is of another tenant
            self._application = find_application(self._graph, {"app_id": self._app_id}) or self._application
            if not self._wire and not self._application.display_name:
                refuse_other_kind(self._graph, self._app_id, "servicePrincipal", "app_id", "app_id")
            planned = self._plan_changes(desired, had, owners)
        check_owner_removals(planned, self._options["max_removals"])
        self._after = dict(planned.after)
        self._planned = planned
        return planned

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """Map each action to the method that carries it out."""
        return {
            "create": self._create,
            "update": self._update,
            "add_signing_certificate": self._add_signing_certificate,
            "activate_signing_certificate": self._activate_signing_certificate,
            "remove_signing_certificate": self._remove_signing_certificate,
            "owners": self._change_owners,
            "delete": self._delete,
        }

    def wait_before(self, step: Step) -> None:
        """Wait until what the step depends on shows."""
        if self._signing is not None:
            self._signing.wait_before(step)

    def verify(self) -> list[Finding]:
        """Wait until the service principal shows as written, and return what does not.

        Raises WaitTimeout for what was taken away: a deletion, owners, entries of lists, switches; and ApiError for lost credentials.
        """
        if not self._planned.steps:
            return []
        narrowed = [OPTION if name == "signing_certificates" else name for name in list_narrowed_fields(self._planned)]
        try:
            return list(wait_until_shown(self._graph, self._find_unshown, self._name(), narrowed))
        finally:
            if self._signing is not None:  # that others are lost counts for more than that the change does not show
                self._signing.check_lost()

    def _find_unshown(self) -> list[str]:
        """Return the options that are not shown as written; "list" for a new service principal that is not found, "state" for a deleted one that is."""
        wires = [
            self._read(f"/servicePrincipals{format_alternate_key('appId', str(self._app_id))}"),
            self._read(self._path()),
        ]
        if not self._planned.after:
            return ["state"] if any(wires) else []
        if not all(wires):
            return ["list"]
        found = []
        if any(step.action in ("create", "update") for step in self._planned.steps):
            found = self._compare(canonical_service_principal(wires[1] or {}))
        if self._signing is not None:
            found += self._signing.list_unshown(read_preferred(wires[1] or {}), self._activated)
        return found + find_unshown_owners(self._graph, self._path(), self._name(), self._planned.steps)

    def _compare(self, shown: t.Mapping[str, t.Any]) -> list[str]:
        """Return the options whose value differs; what a new service principal has of its application comes beside the sets."""
        return [
            name
            for name, value in shown.items()
            if not (
                value == self._after[name]
                or (self._created and name in SETS and set(value).issuperset(self._after[name]))
            )
        ]

    def result(self) -> dict[str, t.Any]:
        """Return the service principal as it is after the plan, with what comes from its application; unknown ids are None."""
        if self._options["state"] == "absent":
            return {}
        found = {
            **self._after,
            "object_id": self._wire.get("id"),
            "app_id": self._app_id,
            "display_name": self._wire.get("displayName", self._application.display_name),
            "unverified": self._unverified,
        }
        if self._signing is not None and self._signing.is_managed:
            is_done = not self._ctx.check_mode
            found["signing_certificates"] = self._signing.build_rows(is_done, self._activated)
        if self._created:
            for name, field in SETS.items():
                found[name] = sorted({*self._after[name], *get_texts(self._wire, field)})
        return found

    def _find(self, present: bool) -> Wire | None:
        object_id = self._options.get("object_id")
        if object_id:
            return self._find_by_object_id(str(object_id), present)
        asked = self._options.get("application")
        if not present and asked:
            found = find_remaining_application(self._graph, asked)
            self._app_id = found.app_id if found else None
        else:
            self._application = resolve_application(self._ctx, self._graph, self._options)
            self._app_id = self._application.app_id
        if self._app_id is None:
            return None
        wire = self._read(f"/servicePrincipals{format_alternate_key('appId', self._app_id)}")
        if wire is None and not present and not asked:
            refuse_other_kind(self._graph, self._app_id, "servicePrincipal", "app_id", "app_id")
        return wire

    def _find_by_object_id(self, object_id: str, present: bool) -> Wire | None:
        if not is_guid(object_id):
            raise ConfigError(f"object_id: {object_id!r} is not a GUID", source="option object_id")
        wire = self._read(f"/servicePrincipals/{quote_segment(object_id)}")
        if wire is None:
            if present:
                told = explain_id(self._graph, object_id, "servicePrincipal") or "; give app_id to create one"
                raise ConfigError(
                    f"No service principal has the object id {object_id}{told}", source="option object_id"
                )
            refuse_other_kind(self._graph, object_id, "servicePrincipal", "object_id", "object_id")
            return None
        asked = self._options.get("app_id")
        if asked and asked.lower() != str(wire["appId"]).lower():
            raise ConfigError(
                f"object_id: service principal {wire.get('displayName')} belongs to application {wire['appId']}, not {asked}",
                source="option app_id",
            )
        self._app_id = str(wire["appId"])
        return wire

    def _read(self, path: str) -> Wire | None:
        return self._graph.get(path, intent="read the service principal", needs=READ_NEEDS, params={"$select": SELECT})

    def _read_inherited(self) -> dict[str, list[str]]:
        """Return the tags and reply URLs that come from the application: Graph shows them here too, and they cannot be removed here.

        The application is read only where a value would be removed.
        """
        managed = [name for name in ("tags", "reply_urls") if self._options.get(name) is not None]
        current = canonical_service_principal(self._wire)
        surplus = any(set(current[name]) - set(self._options[name]) for name in managed)
        if not surplus or not (self._options["exclusive"] or any(not self._options[name] for name in managed)):
            return {}
        application = self._graph.get(
            format_application_path("app_id", str(self._app_id)),
            intent="read the tags and redirect URIs of the application",
            needs=READ_NEEDS,
            params={"$select": "id,tags,web,spa,publicClient"},
        )
        if application is None:
            return {}
        platforms = [application.get(name) or {} for name in ("web", "spa", "publicClient")]
        return {
            "tags": list(application.get("tags") or ()),
            "reply_urls": [uri for platform in platforms for uri in get_texts(platform, "redirectUris")],
        }

    def _plan_changes(
        self, desired: CanonicalServicePrincipal, had: t.Sequence[str], owners: t.Sequence[str] | None
    ) -> Plan:
        name = self._application.label or str(self._wire.get("displayName") or self._app_id)
        exclusive, names = self._options["exclusive"], self._graph.known_objects.names
        signing = self._plan_signing(desired, name)
        planned = plan_service_principal(self._wire, desired, had, owners, exclusive, name, names, signing)
        return replace(planned, steps=add_ids(planned.steps, principal=self._app_id))

    def _plan_signing(self, desired: CanonicalServicePrincipal, name: str) -> PlannedPart | None:
        if self._signing is None or not self._signing.is_managed:
            return None
        object_id = str(self._wire["id"]) if self._wire else None
        return self._signing.plan(object_id, desired["sign_on_mode"], name)

    def _add_signing_certificate(self, step: Step) -> None:
        name = self._wire.get("displayName") or self._application.display_name or ""
        t.cast("SigningCertificateTask", self._signing).make(str(self._wire["id"]), str(name))

    def _activate_signing_certificate(self, step: Step) -> None:
        self._activated = t.cast("SigningCertificateTask", self._signing).find_thumbprint(step)
        body = {"preferredTokenSigningKeyThumbprint": self._activated}
        self._graph.write("PATCH", self._path(), body, intent=step.subject, needs=_WRITE)

    def _remove_signing_certificate(self, step: Step) -> None:
        t.cast("SigningCertificateTask", self._signing).remove(step)

    def _update(self, step: Step) -> None:
        self._graph.write("PATCH", self._path(), step.data["body"], intent=f"change {step.subject}", needs=_WRITE)

    def _change_owners(self, step: Step) -> None:
        change_owners(self._graph, self._path(), self._name(), step.data)

    def _delete(self, step: Step) -> None:
        self._graph.write("DELETE", self._path(), intent=step.subject, needs=_WRITE, missing_ok=True)
        self._graph.forget(
            str(self._wire["id"]), f"/servicePrincipals{format_alternate_key('appId', str(self._app_id))}"
        )

    def _path(self) -> str:
        return f"/servicePrincipals/{quote_segment(str(self._wire['id']))}"

    def _name(self) -> str:
        return f"service principal {self._wire.get('displayName')}"

    def _create(self, step: Step) -> None:
        app_id = str(self._app_id)
        try:
            self._wire = self._graph.upsert(
                "servicePrincipals",
                "appId",
                app_id,
                step.data["body"],
                intent=step.subject,
                needs=_WRITE,
                read_needs=READ_NEEDS,
                select=SELECT,
            )
        except ApiError as exc:
            if exc.status == 409:
                self._raise_if_deleted(exc, app_id)
            raise
        self._created = True

    def _raise_if_deleted(self, exc: ApiError, app_id: str) -> None:
        """Raise ConfigError where a deleted service principal of the application is the cause of a conflict."""
        try:
            deleted = list_deleted_items(self._graph, "servicePrincipals", "id,appId")
        except Forbidden:
            return  # the conflict itself is told
        for item in deleted:
            if item.get("appId") == app_id:
                raise ConfigError(
                    f"A deleted service principal of application {app_id} still exists (object id {item['id']}): "
                    "restore it, or purge it from the deleted items.",
                    deleted_object_id=item["id"],
                ) from exc
