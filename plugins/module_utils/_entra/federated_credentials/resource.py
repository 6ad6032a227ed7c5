# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Federated credentials: which foreign tokens sign in as an application."""

from __future__ import annotations

import re
import typing as t

from ..._core.context import Context
from ..._core.errors import ApiError, ConfigError, Problems
from ..._core.plan import Plan, Step, find_changed_fields
from ..._core.resource import Action
from ..._core.values import is_guid
from ..._signin.entra.clouds import authority_url
from ..applications.reference import READ_NEEDS, ApplicationReference, find_application, resolve_application
from ..client import GraphClient, quote_segment
from .presets import AUDIENCES, resolve_trust

CanonicalFederatedCredential = dict[str, t.Any]
LIMIT = 20
FIELDS = ("issuer", "subject", "audiences", "description")
_LONGEST = 600
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,119}")
_WRITE = ("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All")


def canonical_federated_credential(wire: t.Mapping[str, t.Any]) -> CanonicalFederatedCredential:
    """A credential of Graph under the names of our options; no description is empty text."""
    return {
        "name": str(wire["name"]),
        "issuer": wire.get("issuer"),
        "subject": wire.get("subject"),
        "audiences": sorted(wire.get("audiences") or []),
        "description": wire.get("description") or "",
    }


def desired_federated_credential(
    options: t.Mapping[str, t.Any], issuer: str, subject: str
) -> CanonicalFederatedCredential:
    """What the options ask for. Raises Problems for what Entra ID would refuse."""
    found: CanonicalFederatedCredential = {
        "name": options["name"],
        "issuer": issuer,
        "subject": subject,
        "audiences": sorted(options.get("audiences") or [AUDIENCES[options["cloud"]]]),
        "description": options.get("description"),
    }
    problems = []
    if not _NAME.fullmatch(found["name"]):
        problems.append(("name", "3 to 120 letters, digits, - and _, the first a letter or digit"))
    if not issuer.startswith("https://"):
        problems.append(("issuer", f"{issuer!r} is not an https address"))
    if len(found["audiences"]) != 1:
        problems.append(("audiences", "Entra ID takes exactly one audience"))
    problems += [
        (name, f"empty or longer than {_LONGEST} characters")
        for name, text in (("issuer", issuer), ("subject", subject))
        if not 0 < len(text) <= _LONGEST
    ]
    if len(found["description"] or "") > _LONGEST:
        problems.append(("description", f"longer than {_LONGEST} characters"))
    if problems:
        listed = [{"kind": "config", "where": where, "message": message} for where, message in problems]
        raise Problems(f"{len(problems)} options of the federated credential cannot be used", listed)
    return found


def plan_federated_credential(wanted: CanonicalFederatedCredential, wires: t.Sequence[t.Mapping[str, t.Any]]) -> Plan:
    """Create or change the credential of this name among *wires*. Raises ConfigError when Entra ID has no room for it."""
    current = _find_by_name(wires, wanted["name"])
    twin = next(
        (
            str(wire["name"])
            for wire in wires
            if wire is not current
            and (wire.get("issuer"), wire.get("subject")) == (wanted["issuer"], wanted["subject"])
        ),
        None,
    )
    if twin is not None:
        raise ConfigError(
            f"The federated credential {twin} of this application trusts the same issuer and subject; Entra ID allows"
            f" one: name that one, or remove it first",
            source="option name",
        )
    if current is None:
        if len(wires) >= LIMIT:
            names = ", ".join(sorted(str(wire["name"]) for wire in wires))
            raise ConfigError(f"The application has all {LIMIT} federated credentials that Entra ID allows ({names})")
        after = {**wanted, "description": wanted["description"] or ""}
        body = {name: value for name, value in after.items() if name != "name" and value != ""}
        return Plan({}, after, (Step("create", f"federated credential {wanted['name']}", {"body": body}),))
    before = canonical_federated_credential(current)
    changes = find_changed_fields({name: wanted[name] for name in FIELDS}, before)
    subject = f"federated credential {wanted['name']}: {', '.join(sorted(changes))}"
    steps = (Step("update", subject, {"id": current["id"], "body": changes}),) if changes else ()
    return Plan(before, {**before, **changes}, steps)


def plan_federated_credential_removal(name: str, wires: t.Sequence[t.Mapping[str, t.Any]]) -> Plan:
    """Delete the credential of this name, if it is there."""
    current = _find_by_name(wires, name)
    if current is None:
        return Plan({}, {})
    return Plan(
        canonical_federated_credential(current),
        {},
        (Step("delete", f"federated credential {name}", {"id": current["id"]}),),
    )


def _find_by_name(wires: t.Sequence[t.Mapping[str, t.Any]], name: str) -> t.Mapping[str, t.Any] | None:
    return next((wire for wire in wires if wire["name"] == name), None)


class FederatedCredentialResource:
    """One federated credential of the module entra_federated_credential."""

    noun = "federated_credential"

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._graph, self._options = ctx, GraphClient(ctx), ctx.options
        self._application = ApplicationReference()
        self._wires: list[dict[str, t.Any]] = []
        self._plan = Plan({}, {})
        self._id: str | None = None

    def plan(self) -> Plan:
        """What the options ask for, compared with what is there. Raises ConfigError, Problems."""
        name, is_present = self._options["name"], self._options["state"] == "present"
        wanted = (
            desired_federated_credential(self._options, *resolve_trust(self._options, self._tenant_issuer))
            if is_present
            else None
        )
        self._application = self._found(is_present) or ApplicationReference()
        self._wires = self._read() if self._application.object_id else []
        self._plan = (
            plan_federated_credential_removal(name, self._wires)
            if wanted is None
            else plan_federated_credential(wanted, self._wires)
        )
        current = _find_by_name(self._wires, name)
        self._id = str(current["id"]) if current else None
        if any(step.action == "create" for step in self._plan.steps) and len(self._wires) == LIMIT - 1:
            self._ctx.warn(f"This is the last of {LIMIT} federated credentials that Entra ID allows for an application")
        return self._plan

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """What carries out a step, by its action."""
        return {"create": self._create, "update": self._update, "delete": self._delete}

    def result(self) -> dict[str, t.Any]:
        """The credential as it is after the plan; empty when it goes."""
        return {"id": self._id, **self._plan.after} if self._plan.after else {}

    def _update(self, step: Step) -> None:
        self._graph.write("PATCH", self._path(step), step.data["body"], intent=f"change {step.subject}", needs=_WRITE)

    def _delete(self, step: Step) -> None:
        self._graph.write("DELETE", self._path(step), intent=f"delete {step.subject}", needs=_WRITE, missing_ok=True)

    def _create(self, step: Step) -> None:
        created = self._graph.upsert(
            self._collection().lstrip("/"),
            "name",
            self._options["name"],
            step.data["body"],
            intent=f"create {step.subject}",
            needs=_WRITE,
        )
        # A repeated request meets what the first, unanswered one has created, and is answered without it.
        found = created or _find_by_name(self._read(), self._options["name"]) or {}
        if not found.get("id"):
            raise ApiError(f"Cannot create {step.subject}: the service does not show it", service="Microsoft Graph")
        self._id = str(found["id"])

    def _found(self, is_present: bool) -> ApplicationReference | None:
        if is_present:
            return resolve_application(self._ctx, self._graph, {"application": self._options["application"]})
        return find_application(self._graph, self._options["application"])

    def _read(self) -> list[dict[str, t.Any]]:
        return self._graph.list(self._collection(), intent="list federated credentials", needs=READ_NEEDS)

    def _collection(self) -> str:
        return f"/applications/{quote_segment(str(self._application.object_id))}/federatedIdentityCredentials"

    def _path(self, step: Step) -> str:
        return f"{self._collection()}/{quote_segment(str(step.data['id']))}"

    def _tenant_issuer(self) -> str:
        """The issuer of this tenant's own tokens for managed identities."""
        tenant = self._options.get("tenant_id")
        if not is_guid(tenant):
            tenant = self._graph.read_token_claims().get("tid")
        if not tenant:
            raise ConfigError("managed_identity: the tenant's id is not known; give tenant_id as a GUID")
        return f"{authority_url(self._options)}/{str(tenant).lower()}/v2.0"
