# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The token signing certificates of the service principal of one task: read, planned, and carried out."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.context import Context
from ..._core.errors import ApiError, Problems
from ..._core.plan import Step
from ..client import GraphClient
from ..option_checks import describe_problem
from .canonical import Entry, SigningCertificate, find_active, list_signing_certificates
from .options import OPTION, Wanted, build_subject, read_wanted
from .plan import (
    Row,
    build_rows,
    build_unmade_row,
    find_problems,
    is_enough,
    plan_signing_certificates,
)
from .writer import SigningCertificateWriter

#: The mode of single sign-on that signs tokens with certificates of the service principal.
_SAML = "saml"


@dataclass(frozen=True)
class PlannedPart:
    """The steps of a plan that are about these certificates, and the certificates before and after them, as plans show them."""

    steps: tuple[Step, ...]
    before: list[Row]
    after: list[Row]


class SigningCertificateTask:
    """What one task does with token signing certificates; nothing where its option is left out."""

    def __init__(self, ctx: Context, graph: GraphClient) -> None:
        self._ctx, self._graph = ctx, graph
        asked = ctx.options.get(OPTION)
        self._wanted: Wanted | None = None if asked is None else read_wanted(asked)
        self._writer: SigningCertificateWriter | None = None
        self._entries: t.Sequence[Entry] = []
        self._preferred: str | None = None
        self._now = graph.get_service_time()
        self._is_warned = False
        self._steps: tuple[Step, ...] = ()

    @property
    def is_managed(self) -> bool:
        """True where the option is given."""
        return self._wanted is not None

    def plan(self, object_id: str | None, sign_on_mode: str, principal: str) -> PlannedPart:
        """Return the steps for the service principal with *object_id*, None for one that is still to be created.

        *sign_on_mode*: what it will be; *principal*: what people call it. Raises Problems.
        """
        if object_id is not None and self._writer is None:
            self._writer = SigningCertificateWriter(self._ctx, self._graph, object_id)
            self._take(self._writer, self._writer.read())
            if self._plan(principal).steps:
                # What one replica does not show yet would be made a second time, or lost with the whole collection.
                self._take(self._writer, self._writer.settle(self._entries))
        self._check(sign_on_mode)
        planned = self._plan(principal)
        self._steps = planned.steps
        return planned

    def make(self, object_id: str, display_name: str) -> None:
        """Add a certificate; *display_name*: of the service principal, for its subject where no name is asked for. Raises ApiError."""
        wanted, is_new = t.cast("Wanted", self._wanted), self._writer is None
        self._get_writer(object_id).make(
            build_subject(wanted.name, display_name),
            wanted.lifetime,
            lambda item: is_enough(item, wanted, self._now) and not item.thumbprints & wanted.remove,
            is_new,
        )

    def find_thumbprint(self, step: Step) -> str:
        """Return the thumbprint of the certificate that *step* activates. Raises ApiError where a new one's is not known."""
        made = self._writer.made if self._writer else None
        found = step.data["thumbprint"] or (made.thumbprint if made else None)
        if not found:
            raise ApiError(
                "The thumbprint of the new token signing certificate is not known: run the task again.",
                service="Microsoft Graph",
            )
        return str(found)

    def remove(self, step: Step) -> None:
        """Remove what *step* names. Raises ApiError."""
        writer = t.cast("SigningCertificateWriter", self._writer)
        subject = step.subject.removeprefix("remove ")
        writer.remove_certificates(step.data["entry_ids"], step.data["thumbprints"], subject)

    def wait_before(self, step: Step) -> None:
        """Wait until a new certificate shows, before what depends on it."""
        if self._writer is not None and step.action in ("activate_signing_certificate", "remove_signing_certificate"):
            self._writer.await_made()

    def list_unshown(self, shown_preferred: str | None, activated: str | None) -> list[str]:
        """Return the option where the certificates do not show as written, or not the one that is *activated*, else nothing."""
        if not self._steps or self._writer is None:
            return []
        unshown = self._writer.list_unshown()
        return unshown or ([OPTION] if activated is not None and shown_preferred != activated else [])

    def check_lost(self) -> None:
        """Raise ApiError where credentials that were there before are not there any more."""
        if self._writer is not None:
            self._writer.check_lost(", ".join(step.subject for step in self._steps))

    def build_rows(self, is_done: bool, activated: str | None) -> list[Row]:
        """Return the certificates as results have them; *is_done*: the steps were carried out, and *activated* is what they activated."""
        wanted = t.cast("Wanted", self._wanted)
        found: list[SigningCertificate] = (
            list_signing_certificates(self._entries, self._preferred)
            if self._writer is None
            else self._writer.list_certificates(self._entries)
        )
        left = [item for item in found if not item.thumbprints & wanted.remove]
        actions = {step.action: step for step in self._steps}
        activation, preferred = actions.get("activate_signing_certificate"), activated or self._preferred
        if is_done or "add_signing_certificate" not in actions:
            if activation is not None and not is_done:
                preferred = activation.data["thumbprint"]
            return build_rows(left, preferred, self._now)
        is_new_active = activation is not None and activation.data["thumbprint"] is None
        if activation is not None:
            preferred = activation.data["thumbprint"]
        return [*build_rows(left, preferred, self._now), build_unmade_row(is_new_active)]

    # -- parts

    def _get_writer(self, object_id: str) -> SigningCertificateWriter:
        if self._writer is None:
            self._writer = SigningCertificateWriter(self._ctx, self._graph, object_id)
        return self._writer

    def _take(self, writer: SigningCertificateWriter, entries: t.Sequence[Entry]) -> None:
        self._entries, self._preferred = entries, writer.preferred
        self._now = self._graph.get_service_time()

    def _list(self) -> list[SigningCertificate]:
        return list_signing_certificates(self._entries, self._preferred)

    def _plan(self, principal: str) -> PlannedPart:
        wanted = t.cast("Wanted", self._wanted)
        steps, before, after = plan_signing_certificates(wanted, self._list(), self._preferred, self._now, principal)
        return PlannedPart(tuple(steps), before, after)

    def _check(self, sign_on_mode: str) -> None:
        """Raise Problems for what cannot be done, and warn of an active certificate that is no good."""
        wanted, listed = t.cast("Wanted", self._wanted), self._list()
        problems = find_problems(wanted, listed, self._preferred, self._entries, self._now)
        if sign_on_mode != _SAML:
            told = f"such certificates are used for SAML only, and sign_on_mode is {sign_on_mode}: set it to {_SAML}"
            problems.append(describe_problem(OPTION, told))
        if problems:
            raise Problems("The token signing certificates cannot be set as the options ask", problems)
        active = find_active(listed, self._preferred)
        why = active.explain_unusable(self._now) if active else None
        if (
            active is not None
            and why
            and not self._is_warned
            and wanted.activated_thumbprint in (None, *active.thumbprints)
        ):
            self._is_warned = True
            self._ctx.warn(
                f"The active token signing certificate {active.describe()} cannot be used: {why}. Activate another "
                "one, and give it to the services that check the signatures."
            )
