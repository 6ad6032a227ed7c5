# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module entra_federated_credential: reads the federated credentials of an application, plans, and carries the plan out."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ..._core.addresses import quote_segment
from ..._core.context import Context
from ..._core.errors import ConfigError, Problems
from ..._core.plan import Plan, Step, add_ids
from ..._core.resource import Action, Finding
from ..._core.values import is_guid
from ..._signin.clouds import get_authority_url
from ..applications.reference import READ_NEEDS, ApplicationReference, find_remaining_application, resolve_application
from ..client import GraphClient, format_alternate_key
from ..confirm import wait_until_shown
from .checks import find_useless_trust, is_issued_by_entra
from .managed_identity import verify_managed_identity
from .plan import (
    FIELDS,
    LIMIT,
    CanonicalFederatedCredential,
    canonical_federated_credential,
    desired_federated_credential,
    find_credential_named,
    plan_federated_credential,
    plan_federated_credential_removal,
)
from .presets import PRESETS, list_preset_warnings, names_repository_only, resolve_trust

_WRITE = ("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All")


class FederatedCredentialResource:
    """The federated credential of one task."""

    noun = "federated_credential"

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._graph, self._options = ctx, GraphClient(ctx), ctx.options
        self._application = ApplicationReference()
        self._wires: list[dict[str, t.Any]] = []
        self._plan = Plan({}, {})
        self._id: str | None = None

    def plan(self) -> Plan:
        """Return the steps to what the options ask for. Raises ConfigError, Problems."""
        name, is_present = self._options["name"], self._options["state"] == "present"
        desired = self._resolve_desired() if is_present else None
        self._application = self._find_application(is_present) or ApplicationReference()
        self._wires = self._list_credentials() if self._application.object_id else []
        planned = (
            plan_federated_credential_removal(name, self._wires, self._application.label)
            if desired is None
            else plan_federated_credential(desired, self._wires, self._application.label)
        )
        self._plan = replace(planned, steps=add_ids(planned.steps, principal=self._application.app_id))
        current = find_credential_named(self._wires, name)
        self._id = str(current["id"]) if current else None
        if desired is not None and any(_changes_trust(step) for step in self._plan.steps):
            self._check_subject(desired)
        if any(step.action == "create" for step in self._plan.steps) and len(self._wires) == LIMIT - 1:
            self._ctx.warn(f"This is the last of {LIMIT} federated credentials that Entra ID allows for an application")
        return self._plan

    def _resolve_desired(self) -> CanonicalFederatedCredential:
        """Return the credential as the options ask for it. Raises ConfigError, and Problems with what can never match a token."""
        issuer, subject = resolve_trust(self._options, self._read_tenant_issuer)
        desired = desired_federated_credential(self._options, issuer, subject)
        is_own = is_issued_by_entra(issuer, self._options)
        problems = find_useless_trust(desired, self._options, self._read_tenant_issuer() if is_own else None)
        if problems:
            raise Problems(f"{len(problems)} values of the federated credential cannot match any token", problems)
        return desired

    def _check_subject(self, desired: CanonicalFederatedCredential) -> None:
        """Check or tell what is known of a subject that is about to be written. Raises ConfigError."""
        if is_issued_by_entra(desired["issuer"], self._options):
            is_preset = self._options.get("managed_identity")
            verify_managed_identity(
                self._graph, desired["subject"], "managed_identity.object_id" if is_preset else "subject"
            )
        for name in PRESETS:
            if self._options.get(name) is not None:
                for text in list_preset_warnings(name):
                    self._ctx.warn(f"{name}: {text}")
        if names_repository_only(self._options):
            self._ctx.warn(
                f"The subject {desired['subject']} names the repository without GitHub's ids. Repositories that were "
                "created, renamed or transferred since July 2026 present a subject with ids, which this credential "
                "does not match. And anybody who gets the name of a deleted repository gets its rights. Give "
                "github.owner_id and github.repository_id, or the subject with ids."
            )

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """Map each action to the method that carries it out."""
        return {"create": self._create, "update": self._update, "delete": self._delete}

    def verify(self) -> list[Finding]:
        """Wait until the credential shows as written, and return what does not.

        Raises WaitTimeout for a deletion and for a changed trust: tokens of the former one may still be taken.
        """
        if not self._plan.steps:
            return []
        must_show = ["state", "issuer", "subject", "audiences"] if self._plan.before else []
        subject = f"federated credential {self._options['name']}"
        return list(wait_until_shown(self._graph, self._find_unshown, subject, must_show))

    def _find_unshown(self) -> list[str]:
        """Return the fields that are not shown as written; "list" for a new credential that is not found, "state" for a deleted one that is."""
        wire, after = find_credential_named(self._list_credentials(), self._options["name"]), self._plan.after
        if not after:
            return ["state"] if wire else []
        if not wire:
            return ["list"]
        shown = canonical_federated_credential(wire)
        return [name for name in FIELDS if shown[name] != after[name]]

    def result(self) -> dict[str, t.Any]:
        """Return the credential as it is after the plan; empty when it is absent."""
        return {"id": self._id, **self._plan.after} if self._plan.after else {}

    def _update(self, step: Step) -> None:
        self._graph.write(
            "PATCH", self._credential_path(step), step.data["body"], intent=f"change {step.subject}", needs=_WRITE
        )

    def _delete(self, step: Step) -> None:
        self._graph.write(
            "DELETE", self._credential_path(step), intent=f"delete {step.subject}", needs=_WRITE, missing_ok=True
        )
        key = format_alternate_key("name", self._options["name"])
        self._graph.forget(str(step.data["id"]), f"{self._collection_path()}{key}")

    def _create(self, step: Step) -> None:
        created = self._graph.upsert(
            self._collection_path().lstrip("/"),
            "name",
            self._options["name"],
            step.data["body"],
            intent=f"create {step.subject}",
            needs=_WRITE,
            read_needs=READ_NEEDS,
        )
        self._id = str(created["id"])

    def _find_application(self, is_present: bool) -> ApplicationReference | None:
        if is_present:
            return resolve_application(self._ctx, self._graph, {"application": self._options["application"]})
        return find_remaining_application(self._graph, self._options["application"])

    def _list_credentials(self) -> list[dict[str, t.Any]]:
        return self._graph.list(self._collection_path(), intent="list federated credentials", needs=READ_NEEDS)

    def _collection_path(self) -> str:
        return f"/applications/{quote_segment(str(self._application.object_id))}/federatedIdentityCredentials"

    def _credential_path(self, step: Step) -> str:
        return f"{self._collection_path()}/{quote_segment(str(step.data['id']))}"

    def _read_tenant_issuer(self) -> str:
        """Return the issuer of this tenant's own tokens, which managed identities get. Raises ConfigError."""
        tenant = self._options.get("tenant_id")
        if not is_guid(tenant):
            tenant = self._graph.read_token_claims().get("tid")
        if not tenant:
            raise ConfigError("managed_identity: the tenant's id is not known; give tenant_id as a GUID")
        return f"{get_authority_url(self._options)}/{str(tenant).lower()}/v2.0"


def _changes_trust(step: Step) -> bool:
    """Return True for a step that lets another token sign in than before."""
    return step.action in ("create", "update") and bool({"issuer", "subject", "audiences"} & set(step.data["body"]))
