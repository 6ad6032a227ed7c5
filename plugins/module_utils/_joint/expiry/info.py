# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module expiry_info: what will break on a date, of Entra ID and of one CommCell, joined by consumer. Nothing is written."""

from __future__ import annotations

import typing as t

from ..._commvault.client import CommvaultClient
from ..._core.context import Context
from ..._core.errors import ConfigError, CvopsError
from ..._entra.client import GraphClient
from .facts import COMMVAULT, ENTRA, READ, ExpiryFacts, make_facts, merge_facts
from .read import CommvaultExpiryReader, EntraExpiryReader
from .rows import FAULTS, Thresholds, build_expiry_report
from .words import describe_row, describe_source

_SHOWN = 10


class ExpiryFault(CvopsError):
    """Something has ended, will soon, or could not be looked at, and the caller asked for a failure then."""

    kind = "expiry"


def collect_expiring(ctx: Context) -> dict[str, t.Any]:
    """Return the noun of the module. Raises the first error where nothing at all could be read, ConfigError, and Cancelled."""
    services = ctx.options["services"]
    if not services:
        raise ConfigError(
            "services: names neither entra nor commvault, so nothing would be read", source="option services"
        )
    parts: list[ExpiryFacts] = [make_facts()]
    errors: list[CvopsError] = []
    now = ctx.clock.now()
    if COMMVAULT in services:
        cell = CommvaultExpiryReader(ctx, CommvaultClient(ctx), ctx.options.get("commcell"))
        cell.read(ctx.options["leave_out"])
        parts.append(cell.facts)
        errors += cell.errors
    if ENTRA in services:
        graph = GraphClient(ctx)
        reader = EntraExpiryReader(ctx, graph)
        reader.read(ctx.options["applications"] or ())
        parts.append(reader.facts)
        errors += reader.errors
        now = graph.get_service_time()
    facts = merge_facts(parts)
    if errors and not any(source["status"] == READ for source in facts["sources"]):
        raise errors[0]
    for source in facts["sources"]:
        if source["reason"]:
            ctx.warn(describe_source(source))
    thresholds = Thresholds(ctx.options["warn_below_days"], ctx.options.get("fail_below_days"))
    return build_expiry_report(facts, now, thresholds)


def find_expiry_fault(report: t.Mapping[str, t.Any]) -> CvopsError | None:
    """Return why a task with ``fail_below_days`` fails: rows that are broken or nearly, and sources that could not be read."""
    lines = list_expiry_faults(report)
    if report["fail_below_days"] is None or not lines:
        return None
    shown = "; ".join(lines[:_SHOWN])
    more = f"; and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return ExpiryFault(f"{len(lines)} reasons to act: {shown}{more}", faults=len(lines))


def list_expiry_faults(report: t.Mapping[str, t.Any]) -> list[str]:
    """Return a sentence for each row that is broken or nearly, and for each source that could not be read."""
    rows = [describe_row(row) for row in report["rows"] if row["state"] in FAULTS]
    return [*rows, *(describe_source(source) for source in report["sources"] if source["status"] == "failed")]
