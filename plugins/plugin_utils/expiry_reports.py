# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What expiry_info has found on several hosts, joined, and as lines for people. Names are made visible here."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.values import parse_time
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.facts import (
    COMMVAULT,
    ENTRA,
    FAILED,
    READ,
    ExpiryFacts,
    make_facts,
    make_source,
    merge_facts,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.info import list_expiry_faults
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.rows import (
    FINDINGS,
    STATES,
    WHO,
    Thresholds,
    build_expiry_report,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.words import (
    FINDING_WORDS,
    describe_end,
    describe_key,
    describe_source,
    describe_unknown,
)

from .filter_values import FilterInputError, make_visible, require_list, require_mapping, require_mappings, to_text
from .report_lines import format_table

Mapping = t.Mapping[str, t.Any]

_PARTS = ("applications", "key_list", "consumers", "sources")
_LONGEST_REASON = 500
#: So many keys of a finding are named in a report; the data has all.
_TOLD = 10
_HEAD = ("State", "When", "Who uses it", "CommCell", "What ends")
#: States of rows that a report shows only when all are asked for.
_QUIET = ("ok", "no_end", "superseded")


def join_expiring(results: t.Any, warn_below_days: t.Any = None, fail_below_days: t.Any = None) -> dict[str, t.Any]:
    """Return the noun of expiry_info out of those of several tasks, joined anew: who holds a key is known on one host, the key on another.

    *results*: registered results by CommCell, ``localhost`` for Entra ID. One without the noun is a source that could not be read, whatever
    came of its task. Raises FilterInputError for what is no such result, and where there is none.
    """
    given = require_mapping(results, "the results")
    if not given:
        raise FilterInputError("there is no result of expiry_info: nothing was read")
    parts, moments, thresholds = [], [], []
    for name, value in given.items():
        result = require_mapping(value, "a result")
        found = result.get("expiring", result)
        if not isinstance(found, t.Mapping) or "rows" not in found:
            parts.append(_make_failed_part(to_text(name), result))
            continue
        parts.append(_read_facts(found))
        moments.append(_parse_moment(found.get("checked_at")))
        thresholds.append((found.get("warn_below_days"), found.get("fail_below_days")))
    warn = _require_days(warn_below_days, [warn for warn, dummy in thresholds])
    fail = _require_days(fail_below_days, [fail for dummy, fail in thresholds])
    now = max(moments, default=datetime.datetime.now(datetime.timezone.utc))
    return build_expiry_report(merge_facts(parts), now, Thresholds(30 if warn is None else warn, fail))


def find_expiry_faults(expiring: t.Any) -> list[str]:
    """Return a sentence for each row that is missing, expired or critical, and for each source that could not be read."""
    return t.cast("list[str]", make_visible(list_expiry_faults(require_expiring(expiring))))


def format_expiry(expiring: t.Any, everything: bool = False) -> list[str]:
    """Return the noun of expiry_info as lines: counts, what could not be read, a table of the rows, gravest first, and what else to know.

    *everything*: also of rows that are well, which are counted only otherwise.
    """
    found = make_visible(require_expiring(expiring))
    counts = require_mapping(found.get("counts"), "counts")
    told = [f"{counts[state]} {state.replace('_', ' ')}" for state in reversed(STATES) if counts.get(state)]
    lines = [f"{found.get('state')}: {', '.join(told) or 'nothing that expires'}"]
    lines += [describe_source(source) for source in found["sources"] if source.get("status") == FAILED]
    rows = [row for row in found["rows"] if everything or row["state"] not in _QUIET]
    cells = [
        (
            row["state"],
            _format_when(row),
            row["consumer"] or _describe_users(row),
            row["commcell"] or "",
            f"{describe_key({**row, 'commcell': None})}{_format_reason(row)}",
        )
        for row in rows
    ]
    others = [describe_source(source) for source in found["sources"] if source.get("status") not in (READ, FAILED)]
    return [*lines, *(format_table([_HEAD, *cells]) if cells else []), *_format_findings(found["rows"]), *others]


def _format_findings(rows: t.Sequence[Mapping]) -> list[str]:
    """Return a line for each finding, with the keys that it is about; those that are many, counted."""
    lines = []
    for finding in FINDINGS:
        keys = list(
            dict.fromkeys(describe_key(row) for row in rows if finding in require_list(row.get("findings"), "findings"))
        )
        if keys:
            one, many, told = FINDING_WORDS[finding]
            subject = f"1 key {one}" if len(keys) == 1 else f"{len(keys)} keys {many}"
            more = f", and {len(keys) - _TOLD} more" if len(keys) > _TOLD else ""
            lines.append(f"{subject} {told}: {', '.join(keys[:_TOLD])}{more}")
    return lines


def require_expiring(value: t.Any) -> Mapping:
    """Return the noun of expiry_info. Raises FilterInputError for anything else, such as what a query has made of it."""
    found = require_mapping(value, "expiring")
    if "rows" not in found or "sources" not in found or not isinstance(found.get("checked_at"), str):
        raise FilterInputError("expiring must be what expiry_info or join_expiring returns, without a query")
    _parse_moment(found["checked_at"])
    require_mappings(found["rows"], "rows")
    require_mappings(found["sources"], "sources")
    return found


def _format_when(row: Mapping) -> str:
    """Return how many days are left, and the day: what somebody looks for first."""
    told = describe_end(row)
    left, dummy, moment = told.partition(", ")
    return f"{left} ({moment.removeprefix('until ')[:10]})" if moment else told


def _format_reason(row: Mapping) -> str:
    """Return why a key is not known or not there."""
    return describe_unknown(row) if row["consumer"] or row["state"] in ("unknown", "missing") else ""


def _describe_users(row: Mapping) -> str:
    """Return who may use a key that no consumer says it holds."""
    unknown = str(row.get("unknown") or "")
    return unknown[len(WHO) :].lstrip(", ") or "not known" if unknown.startswith(WHO) else ""


def _read_facts(found: Mapping) -> ExpiryFacts:
    parts = {name: [dict(item) for item in require_mappings(found.get(name), name)] for name in _PARTS}
    return t.cast("ExpiryFacts", parts)


def _make_failed_part(name: str, result: Mapping) -> ExpiryFacts:
    """Return the facts of a host whose task has not returned the noun: nothing, and that it could not be read."""
    reason = to_text(result.get("msg"))[:_LONGEST_REASON] or "its task did not run, or did not end"
    part = make_facts()
    is_entra = name == "localhost"
    place = None if is_entra else name
    part["sources"].append(
        make_source(ENTRA if is_entra else COMMVAULT, "everything", place, status=FAILED, reason=reason)
    )
    return part


def _parse_moment(value: t.Any) -> datetime.datetime:
    try:
        return parse_time(value)
    except ValueError:
        raise FilterInputError("checked_at must be a date, as expiry_info returns it") from None


def _require_days(given: t.Any, told: t.Iterable[t.Any]) -> int | None:
    """Return the number of days that was *given*, else the largest that a task was *told*; None where there is none."""
    wanted = [item for item in ([given] if given not in (None, "") else told) if item is not None]
    try:
        return max((int(item) for item in wanted), default=None)
    except (TypeError, ValueError):
        raise FilterInputError("a number of days must be a whole number") from None


def list_rows(expiring: t.Any) -> list[Mapping]:
    """Return the rows of the noun, made visible. Raises FilterInputError."""
    return [
        require_mapping(row, "a row") for row in require_list(make_visible(require_expiring(expiring))["rows"], "rows")
    ]
