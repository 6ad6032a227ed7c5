# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Which part of a log is known, after one reading or several: spans that were read, and gaps in them. Pure.

Moments are texts of one form (RFC 3339, UTC, seconds), which sort as they follow each other.
"""

from __future__ import annotations

import typing as t

Gap = dict[str, t.Any]
Span: t.TypeAlias = "tuple[str, str]"

#: Members of a gap by which it is of one kind: two gaps of a kind are about the same entries.
_KIND = ("host", "log", "sign_in_type", "severity")
_LATEST = "~"


def merge_gaps(earlier: t.Iterable[Gap], new: t.Sequence[Gap], known: Span | None, read: Span | None) -> list[Gap]:
    """Return what is missing of the log of one host after another reading.

    *earlier*: gaps of readings before; *new*: those of this one; *known*: from when to when the readings before have read it for good but
    for their gaps; *read*: what this reading has read but for its gaps, None where it has failed.
    """
    before = list(earlier)
    found: list[Gap] = []
    for gap in before:
        found += _cut(gap, _subtract(_get_span(gap), [read] if read else []))
    for gap in new:
        span = _get_span(gap)
        found += _cut(gap, _subtract(span, [known] if known else []))
        # within what was known it is missing only where it was missing before
        found += _cut(
            gap, [part for other in before if _is_alike(gap, other) for part in _intersect(span, _get_span(other))]
        )
    return _join(found)


def overlaps(gap: Gap, start: str, end: str) -> bool:
    """Return whether a part of a gap lies between two moments."""
    first, last = _get_span(gap)
    return first <= end and start <= last


def _get_span(gap: Gap) -> Span:
    return str(gap.get("from") or ""), str(gap.get("to") or _LATEST)


def _is_alike(one: Gap, other: Gap) -> bool:
    """Return whether two gaps may be about the same entries; one that does not say of which is about all."""
    pairs = [(one.get(name), other.get(name)) for name in _KIND]
    return all(mine is None or theirs is None or mine == theirs for mine, theirs in pairs)


def _subtract(span: Span, others: t.Iterable[Span]) -> list[Span]:
    left = [span]
    for start, end in others:
        left = [
            part
            for first, last in left
            for part in ((first, min(last, start)), (max(first, end), last))
            if part[0] < part[1]
        ]
    return left


def _intersect(one: Span, other: Span) -> list[Span]:
    start, end = max(one[0], other[0]), min(one[1], other[1])
    return [(start, end)] if start < end else []


def _cut(gap: Gap, spans: t.Iterable[Span]) -> list[Gap]:
    return [{**gap, "from": start or None, "to": None if end == _LATEST else end} for start, end in spans]


def _join(gaps: t.Iterable[Gap]) -> list[Gap]:
    """Return gaps sorted, and those of one kind and reason that touch or overlap as one, with the words of the later one."""
    found: list[Gap] = []
    keys = (*_KIND, "reason")
    for gap in sorted(gaps, key=lambda gap: (*(str(gap.get(name) or "") for name in keys), *_get_span(gap))):
        last = found[-1] if found else None
        if (
            last is not None
            and all(last.get(name) == gap.get(name) for name in keys)
            and _get_span(gap)[0] <= _get_span(last)[1]
        ):
            end = max(_get_span(last)[1], _get_span(gap)[1])
            found[-1] = {**gap, "from": last.get("from"), "to": None if end == _LATEST else end}
        else:
            found.append(gap)
    return found
