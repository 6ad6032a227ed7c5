# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module entra_application_certificate: reads the certificates of a registration, plans, and carries the plan out."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ..._core.context import Context
from ..._core.plan import Plan, Step, add_ids
from ..._core.public_certificates import PublicCertificate, load_public_certificate
from ..._core.resource import Action, Finding
from ..._core.risks import check_removals, require_accepted_risk
from ..._core.values import format_time
from ..applications.credential_ids import refuse_other_credential
from ..applications.reference import ApplicationReference, find_remaining_application, resolve_application
from ..client import GraphClient
from ..secrets.plan import list_working_key_ids
from .canonical import Certificate, get_key_credentials, list_certificates
from .checks import (
    check_certificate_options,
    check_new_certificate,
    leaves_none_working,
    may_be_own_certificate,
    read_asked_thumbprint,
)
from .own import read_own_thumbprints
from .plan import Selection, is_adding, list_removed, plan_certificate, plan_certificate_removal
from .writer import CertificateWriter

_SELECT = ("keyCredentials", "passwordCredentials")


class CertificateResource:
    """The certificates of one task."""

    noun = "certificates"

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._graph, self._options = ctx, GraphClient(ctx), ctx.options
        self._application = ApplicationReference(pending=True)
        self._given: PublicCertificate | None = None
        self._thumbprints: frozenset[str] = frozenset()
        self._planned = Plan({}, {})
        self._writer: CertificateWriter | None = None
        self._added_id: str | None = None
        self._findings: list[Finding] = []

    def plan(self) -> Plan:
        """Return the steps to what the options ask for. Raises ConfigError, GuardRefused, MissingLibrary, BadAnswer."""
        check_certificate_options(self._options)
        if self._options.get("certificate"):
            self._given = load_public_certificate(self._ctx)
        self._thumbprints = read_asked_thumbprint(self._options.get("thumbprint"), self._given)
        self._application = self._find_application()
        entries: t.Sequence[t.Any] = get_key_credentials(self._application.wire) if self._application.object_id else []
        planned = self._plan_for(list_certificates(entries))
        if planned.changed and self._application.object_id:
            # What one replica does not show yet would be lost with the whole collection: several have to agree.
            self._writer = CertificateWriter(self._ctx, self._graph, self._application.object_id)
            entries = self._writer.settle(entries)
            planned = self._plan_for(list_certificates(entries))
        if not planned.changed:
            refuse_other_credential(self._application.wire, "keyCredentials", self._options.get("key_id"))
        self._check(planned, list_certificates(entries), entries)
        self._planned = replace(planned, steps=add_ids(planned.steps, principal=self._application.app_id))
        return self._planned

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """Map each action to the method that carries it out."""
        return {"add": self._add, "remove": self._remove}

    def wait_before(self, step: Step) -> None:
        """Wait until the step before shows, since the next one sends the whole collection again."""
        if step is not self._planned.steps[0]:
            self._get_writer().await_expected()

    def verify(self) -> list[Finding]:
        """Wait until everything shows as written and nothing else has gone; see CertificateWriter.confirm."""
        if self._planned.steps:
            subject = ", ".join(step.subject for step in self._planned.steps)
            self._findings = self._get_writer().confirm(subject)
        return self._findings

    def result(self) -> list[dict[str, t.Any]]:
        """Return all certificates for signing in after the plan, the one that ends first first."""
        rows = self._planned.after.get("certificates") or []
        return [
            {**row, "key_id": row["key_id"] or self._added_id, "not_confirmed": self._find_findings(row)}
            for row in rows
        ]

    def _find_findings(self, row: t.Mapping[str, t.Any]) -> list[Finding]:
        return list(self._findings) if row["key_id"] is None else []

    def _add(self, step: Step) -> None:
        given = t.cast("PublicCertificate", self._given)
        self._added_id = self._get_writer().add(given, step.data["name"])

    def _remove(self, step: Step) -> None:
        self._get_writer().remove(step.data["key_ids"])

    def _get_writer(self) -> CertificateWriter:
        return t.cast("CertificateWriter", self._writer)

    def _find_application(self) -> ApplicationReference:
        if self._options["state"] == "present":
            return resolve_application(self._ctx, self._graph, self._options, select=_SELECT)
        # A registration that is gone has taken its certificates with it.
        asked = self._options["application"]
        return find_remaining_application(self._graph, asked, select=_SELECT) or ApplicationReference()

    def _plan_for(self, certificates: t.Sequence[Certificate]) -> Plan:
        options, label = self._options, self._application.label
        if options["state"] == "present":
            return plan_certificate(
                t.cast("PublicCertificate", self._given),
                options.get("name"),
                certificates,
                self._graph.get_service_time(),
                exclusive=bool(options.get("exclusive")),
                application=label,
            )
        meant = Selection(options.get("key_id"), self._thumbprints, options.get("name"))
        return plan_certificate_removal(meant, certificates, label)

    def _check(self, planned: Plan, certificates: t.Sequence[Certificate], entries: t.Sequence[t.Any]) -> None:
        """Raise for what Entra ID would refuse and for what needs an accepted risk; warn of what will not work."""
        now = self._graph.get_service_time()
        adding = is_adding(planned)
        if self._given is not None and adding:
            for warning in check_new_certificate(self._given, now):
                self._ctx.warn(warning)
        elif self._given is not None and self._options["state"] == "present" and self._given.expires <= now:
            self._ctx.warn(
                f"The certificate {self._given.subject} expired at {format_time(self._given.expires)}: it is on the "
                "application, but nobody can sign in with it."
            )
        removed = list_removed(planned)
        if not removed:
            return
        gone = [item for item in certificates if item.key_id in removed]
        check_removals(
            [item.describe() for item in gone],
            self._options["max_removals"],
            "certificates",
            "what the options ask for",
        )
        self._check_own(gone, [item for item in certificates if item.key_id not in removed], adding)
        held = {"keyCredentials": entries, "passwordCredentials": self._application.wire.get("passwordCredentials")}
        if leaves_none_working(list_working_key_ids(held, now), removed, self._given if adding else None, now):
            told = f"Without {', '.join(item.describe() for item in gone)}, application {self._application.app_id} has no credential that works."
            require_accepted_risk(self._ctx, "last_key", told)

    def _check_own(self, gone: t.Sequence[Certificate], kept: t.Sequence[Certificate], adding: bool) -> None:
        """Raise GuardRefused for a certificate that the caller may sign in with, unless another entry with it stays."""
        method, now = self._graph.sign_in.method, self._graph.get_service_time()
        claims = self._graph.read_token_claims()
        own = read_own_thumbprints(self._ctx) if method == "client_certificate" else None
        stays = [item for item in kept if item.is_unexpired(now)]
        for item in gone:
            has_twin = any(not item.thumbprints.isdisjoint(other.thumbprints) for other in stays)
            if not has_twin and may_be_own_certificate(
                item, self._application.app_id, method, self._options, claims, own
            ):
                danger = f"Certificate {item.describe()} may be the one that this task signs in with."
                require_accepted_risk(self._ctx, "own_key", danger)
