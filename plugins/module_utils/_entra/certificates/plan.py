# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The steps from the certificates of a registration to what there shall be. Pure."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass

from ..._core.names import is_same_name
from ..._core.plan import Change, Plan, Step
from ..._core.values import format_time
from ..secrets.markers import is_secret_of_name
from .canonical import Certificate, sort_certificates


class Wanted(t.Protocol):
    """What a plan has to know of the certificate that there shall be."""

    @property
    def thumbprint(self) -> str:
        """Its SHA-1 thumbprint in upper-case hexadecimal."""

    @property
    def thumbprints(self) -> frozenset[str]:
        """All its thumbprints."""

    @property
    def subject(self) -> str:
        """Its subject, the name that Entra ID gives where none is asked for."""

    @property
    def starts(self) -> datetime.datetime:
        """When it begins to be valid."""

    @property
    def expires(self) -> datetime.datetime:
        """When it ends."""


@dataclass(frozen=True)
class Selection:
    """Which certificates are meant: those that fit everything that is given; nothing given means none."""

    key_id: str | None = None
    thumbprints: frozenset[str] = frozenset()
    name: str | None = None

    def filter(self, certificates: t.Iterable[Certificate]) -> list[Certificate]:
        """Return the certificates that are meant; several may have one thumbprint or one name."""
        if self == Selection():
            return []
        return [item for item in certificates if self._fits(item)]

    def _fits(self, item: Certificate) -> bool:
        if self.key_id is not None and not is_same_name(item.key_id, self.key_id):
            return False
        if self.thumbprints and self.thumbprints.isdisjoint(item.thumbprints):
            return False
        return self.name is None or is_secret_of_name(item.name or "", self.name)


def find_certificate(wanted: Wanted, certificates: t.Iterable[Certificate]) -> list[Certificate]:
    """Return the entries that are the certificate *wanted*, known by its thumbprint; the one that ends last is the first."""
    same = [item for item in certificates if not wanted.thumbprints.isdisjoint(item.thumbprints)]
    return sort_certificates(same)[::-1]


def plan_certificate(
    wanted: Wanted,
    name: str | None,
    certificates: t.Sequence[Certificate],
    now: datetime.datetime,
    *,
    exclusive: bool = False,
    application: str = "",
) -> Plan:
    """Return the steps after which *wanted* is among the certificates of *application*, named for people.

    It is there already when an entry with its thumbprint has not ended. With *exclusive* all others go, in one write after that which
    adds it.
    """
    present = find_certificate(wanted, certificates)
    others = [item for item in certificates if item not in present] if exclusive else []
    steps: list[Step] = []
    after = list(certificates)
    if not any(item.is_unexpired(now) for item in present):
        steps.append(_build_addition(wanted, name, application))
        after.append(Certificate("", name or wanted.subject, wanted.thumbprints, wanted.starts, wanted.expires))
    if others:
        steps.append(_build_removal(others, application))
        after = [item for item in after if item not in others]
    return _build_plan(certificates, after, steps)


def plan_certificate_removal(meant: Selection, certificates: t.Sequence[Certificate], application: str = "") -> Plan:
    """Return the step that removes the certificates that are meant from *application*, named for people; none when there are none."""
    found = meant.filter(certificates)
    steps = [_build_removal(found, application)] if found else []
    return _build_plan(certificates, [item for item in certificates if item not in found], steps)


def list_removed(plan: Plan) -> list[str]:
    """Return the key ids that *plan* removes."""
    return [key_id for step in plan.steps if step.action == "remove" for key_id in step.data["key_ids"]]


def is_adding(plan: Plan) -> bool:
    """Return True when *plan* adds a certificate."""
    return any(step.action == "add" for step in plan.steps)


def _build_plan(before: t.Iterable[Certificate], after: t.Iterable[Certificate], steps: t.Iterable[Step]) -> Plan:
    return Plan({"certificates": build_rows(before)}, {"certificates": build_rows(after)}, tuple(steps))


def build_rows(certificates: t.Iterable[Certificate]) -> list[dict[str, t.Any]]:
    """Return *certificates* as results and diffs have them; the key id of one that is still to be added is None."""
    return [{**item.as_row(), "key_id": item.key_id or None} for item in sort_certificates(certificates)]


def _build_addition(wanted: Wanted, name: str | None, application: str) -> Step:
    label = name or wanted.subject
    sentence = (
        f"add the certificate {label} (thumbprint {wanted.thumbprint}), valid until {format_time(wanted.expires)}"
    )
    change = Change("+", "certificate", application, sentence, facts={"thumbprint": wanted.thumbprint})
    return Step("add", f"certificate {label}", {"name": name, "thumbprint": wanted.thumbprint}, (change,))


def _build_removal(removed: t.Sequence[Certificate], application: str) -> Step:
    changes = tuple(
        Change("-", "certificate", application, f"remove the certificate {item.describe()}") for item in removed
    )
    subject = ", ".join(f"certificate {item.key_id}" for item in removed)
    return Step("remove", subject, {"key_ids": [item.key_id for item in removed]}, changes)
