# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What expires as metrics of Prometheus, in the text format that node_exporter reads from a file."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.libraries import build_missing_error
from ansible_collections.cvops.identity.plugins.module_utils._core.values import parse_time
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.rows import FINDINGS, STATES, SUPERSEDED

from .expiry_reports import list_rows, require_expiring
from .filter_values import make_visible

_LABELS = ("consumer", "application", "kind", "key_id", "commcell")


def build_expiry_metrics(expiring: t.Any) -> str:
    """Return the metrics of the noun of expiry_info; times are seconds since 1970.

    A row without an end has no time, and a superseded one would alarm for ever: both only count in ``cvops_credentials``, by their state.
    ``cvops_collect_success`` is 0 where a source could not be read: rows may be missing then, and an alarm on it is the only one that can
    say so. Raises MissingLibrary.
    """
    try:
        import prometheus_client as prometheus
    except ImportError as exc:
        raise build_missing_error("prometheus-client", "Writing metrics", exc) from exc
    found = require_expiring(expiring)
    registry = prometheus.CollectorRegistry()
    ends = prometheus.Gauge("cvops_credential_expiry_timestamp_seconds", "When a key ends.", _LABELS, registry=registry)
    soonest: dict[tuple[str, ...], float] = {}
    for row in list_rows(expiring):
        if row.get("expires") and row.get("state") != SUPERSEDED:
            # Labels need not tell keys apart: names are free, and who adds a certificate chooses its key id.
            values, end = tuple(str(row.get(name) or "") for name in _LABELS), parse_time(row["expires"]).timestamp()
            soonest[values] = min(end, soonest.get(values, end))
    for values, end in soonest.items():
        ends.labels(*values).set(end)
    states = prometheus.Gauge("cvops_credentials", "How many rows have each state.", ("state",), registry=registry)
    for state in STATES:
        states.labels(state=state).set(sum(row.get("state") == state for row in found["rows"]))
    told = prometheus.Gauge(
        "cvops_credential_findings", "How many rows have each finding.", ("finding",), registry=registry
    )
    for finding in FINDINGS:
        told.labels(finding=finding).set(sum(finding in (row.get("findings") or ()) for row in found["rows"]))
    sources = prometheus.Gauge(
        "cvops_collect_source_success",
        "Whether a source could be read.",
        ("service", "source", "commcell"),
        registry=registry,
    )
    for source in sorted(make_visible(found["sources"]), key=lambda item: item.get("status") == "failed"):
        values = tuple(str(source.get(name) or "") for name in ("service", "what", "commcell"))
        sources.labels(*values).set(source.get("status") != "failed")  # of one that is there twice, the failure stays
    success = prometheus.Gauge("cvops_collect_success", "Whether all sources could be read.", registry=registry)
    success.set(not found.get("partial"))
    last = prometheus.Gauge(
        "cvops_last_collect_timestamp_seconds",
        "When the sources were read; an old one means stale data.",
        registry=registry,
    )
    last.set(parse_time(found["checked_at"]).timestamp())
    return str(prometheus.generate_latest(registry).decode())
