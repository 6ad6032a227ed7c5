# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The logs of both services as one: every entry once, in order of time, with who did it on both sides. Pure."""

from __future__ import annotations

import datetime
import typing as t

from ..._core.errors import BadAnswer
from ..._core.log_events import sort_rows
from ..._core.values import format_time, get_time, parse_time, shift_time
from .coverage import merge_gaps, overlaps
from .handshakes import Handshake, follow_handshakes
from .people import NOBODY, DeclaredLink, KnownAccount, People
from .reading import ENTRA, ENTRA_HOST, NOUNS, ReadingError, Row, check_row, get_commcell, take_rows

#: What came of a source. KEPT: an earlier run has read it, this one was not to.
READ, FAILED, KEPT = "read", "failed", "kept"
#: Why an entry may be missing that is still on its way.
LATE = "late"
#: Entries arrive minutes to hours late, so that a next run reads so much again of what an earlier one has read.
OVERLAP = datetime.timedelta(hours=24)
#: Members of a joined entry that say what it is joined with, and that are found anew whenever it is joined.
_JOINED = ("person", "handshake", "entra_id", "of_scope")


def join_logs(
    results: t.Mapping[str, Row],
    known: t.Iterable[KnownAccount] = (),
    links: t.Iterable[DeclaredLink] = (),
    previous: Row | None = None,
    scope: str = "",
    consoles: t.Iterable[str] = (),
) -> dict[str, t.Any]:
    """Return the joined log of *results* by host, ``localhost`` for Entra ID: events, people, handshakes, sources, gaps and counts.

    A result without entries and gaps is of a task that failed: its source is not read, and what it would tell is a gap, never nothing.
    *previous*: the joined log of an earlier run, whose entries stay. *scope*: what was asked for, in a form in which the same is equal.
    *consoles*: names and ids of the applications through which people sign on to CommCells. Raises ReadingError for what no module and no
    earlier run returned.
    """
    rows: dict[tuple[str, str, str], dict[str, t.Any]] = {}
    sources, gaps = [], []
    earlier = _take_previous(previous)
    for row in earlier["events"]:
        rows[_get_key(row)] = row
    for host, result in sorted(results.items()):
        source = _describe_source(host, result, scope)
        before = _find_source(earlier["sources"], host, scope)
        sources.append(_continue_source(source, before))
        for row in take_rows(result, None if host == ENTRA_HOST else host):
            rows[_get_key(row)] = row
        own = [gap for gap in earlier["gaps"] if gap["host"] == host]
        alike = [gap for gap in own if (gap.get("scope") or "") == scope]
        new = [{**gap, "host": host, "scope": scope} for gap in _take_gaps(result)]
        gaps += merge_gaps(alike, new, _get_known_span(before), _get_read_span(source, result))
        # What was missing when something else was asked for, this run has not read; what was late then is told of the latest run alone.
        gaps += [gap for gap in own if gap not in alike and gap.get("reason") != LATE]
    gone = [one for one in earlier["sources"] if one["host"] not in results]
    sources += [{**one, "status": KEPT, "reason": None} for one in gone]
    gaps += [gap for gap in earlier["gaps"] if gap["host"] not in results]
    gaps = [{**gap, "of_scope": gap["host"] in results and (gap.get("scope") or "") == scope} for gap in gaps]
    ordered = sort_rows(rows.values())
    people = People(ordered, known, links)
    handshakes = follow_handshakes(ordered, people, _make_gap_finder(sources, gaps), consoles)
    return {
        "events": [_join_row(row, people) for row in _number(ordered, handshakes)],
        "people": [person.as_row() for person in people.list_people()],
        "handshakes": [one.as_row() for one in handshakes],
        "sources": sources,
        "gaps": sorted(gaps, key=lambda gap: (str(gap.get("from") or ""), gap["host"], str(gap.get("log")))),
        "counts": _count(ordered, people, handshakes),
    }


def find_start(previous: Row | None, host: str, scope: str = "") -> str | None:
    """Return since when the log of *host* is to be read so that nothing is missed that arrived late; None where no earlier run has read it.

    It is read a day again, and no more than half of what was read last, so that a log with more entries than one run reads is got
    through. What was read with another *scope* says nothing.
    """
    source = _find_source(_take_previous(previous)["sources"], host, scope)
    if source is None or not source.get("complete_until"):
        return None
    end = parse_time(source["complete_until"])
    begun = parse_time(source["read_since"]) if source.get("read_since") else end - OVERLAP * 2
    return format_time(shift_time(end, -min(OVERLAP, max(end - begun, datetime.timedelta()) / 2)))


def _find_source(sources: t.Iterable[Row], host: str, scope: str) -> Row | None:
    return next((one for one in sources if one["host"] == host and (one.get("scope") or "") == scope), None)


def _describe_source(host: str, result: Row, scope: str) -> dict[str, t.Any]:
    """Return what came of the task of *host*."""
    is_read = not result.get("failed") and any(noun in result for noun in NOUNS)
    return {
        "host": host,
        "service": ENTRA if host == ENTRA_HOST else "commvault",
        "scope": scope,
        "status": READ if is_read else FAILED,
        "reason": None if is_read else str(result.get("msg") or "its task did not run, or did not end"),
        "logs": [noun for noun in NOUNS if noun in result],
        "since": result.get("since") if is_read else None,
        "read_since": result.get("since") if is_read else None,
        "complete_until": result.get("complete_until") if is_read else None,
        "retention_days": result.get("retention_days"),
    }


def _continue_source(source: dict[str, t.Any], before: Row | None) -> dict[str, t.Any]:
    """Return *source* with what an earlier run has read of it: that stays read, and where this run has failed, the next one goes on there."""
    if before is None:
        return source
    since, until = before.get("since"), before.get("complete_until")
    if source["status"] == FAILED:
        return {**source, **{name: before.get(name) for name in ("since", "read_since", "complete_until")}}
    if not (since and until and source["since"] and source["since"] <= until):
        return source  # what lies between the two readings is not known, so that only the later one counts
    return {
        **source,
        "since": min(str(since), str(source["since"])),
        "complete_until": max(str(until), str(source["complete_until"] or "")),
    }


def _get_known_span(before: Row | None) -> tuple[str, str] | None:
    span = (str((before or {}).get("since") or ""), str((before or {}).get("complete_until") or ""))
    return span if all(span) else None


def _get_read_span(source: Row, result: Row) -> tuple[str, str] | None:
    if source["status"] != READ or not result.get("since"):
        return None
    return str(result["since"]), str(result.get("until") or result.get("complete_until") or result["since"])


def _take_gaps(result: Row) -> list[Row]:
    listed = result.get("gaps") or []
    if not isinstance(listed, list) or not all(isinstance(gap, t.Mapping) for gap in listed):
        raise ReadingError("gaps must be a list, as the module returns it")
    return listed


def _take_previous(previous: Row | None) -> dict[str, list[dict[str, t.Any]]]:
    """Return events, sources and gaps of an earlier run. Raises ReadingError for what none has written."""
    found: dict[str, list[dict[str, t.Any]]] = {"events": [], "sources": [], "gaps": []}
    if not previous:
        return found
    for name, rows in found.items():
        listed = previous.get(name)
        if not isinstance(listed, list) or not all(isinstance(row, t.Mapping) for row in listed):
            raise ReadingError(f"the earlier log has no list of {name}: this playbook did not write the file")
        rows += [{key: value for key, value in row.items() if key not in _JOINED} for row in listed]
    for row in found["events"]:
        check_row(row, "the earlier log")
    for named in (*found["sources"], *found["gaps"]):
        if not isinstance(named.get("host"), str):
            raise ReadingError("the earlier log does not say where it comes from: this playbook did not write the file")
    for source in found["sources"]:
        try:
            for name in ("since", "read_since", "complete_until"):
                get_time(source, name)
        except (BadAnswer, ValueError):
            raise ReadingError("the earlier log has a source with values that are not dates") from None
        if not isinstance(source.get("status"), str):
            raise ReadingError("the earlier log has a source without a status: this playbook did not write the file")
    return found


def _make_gap_finder(
    sources: list[dict[str, t.Any]], gaps: list[dict[str, t.Any]]
) -> t.Callable[[str, str, str], bool]:
    """Return whether the log-ins of a CommCell, or with an empty name the sign-ins of Entra ID, are not all known between two moments."""
    by_host = {one["host"]: one for one in sources}
    told: dict[str, list[dict[str, t.Any]]] = {}
    for gap in gaps:
        # an entry of a CommCell that is merely late says nothing against what is found
        is_late = gap.get("reason") == LATE and gap["host"] != ENTRA_HOST
        if gap.get("log") in (None, "sign_ins", "audit_trail") and not is_late:
            told.setdefault(gap["host"], []).append(gap)

    def is_gap(commcell: str, start: str, end: str) -> bool:
        host = commcell or ENTRA_HOST
        source = by_host.get(host)
        if source is None or not source.get("since") or start < str(source["since"]):
            return True
        if source["status"] != READ and end > str(source.get("complete_until") or ""):
            return True
        return any(overlaps(gap, start, end) for gap in told.get(host, ()))

    return is_gap


def _get_key(row: Row) -> tuple[str, str, str]:
    return get_commcell(row), row["log"], row["record_id"]


def _number(rows: list[dict[str, t.Any]], handshakes: t.Sequence[Handshake]) -> t.Iterator[dict[str, t.Any]]:
    """Yield each entry with the number of the handshake that it belongs to, None where it belongs to none."""
    numbers: dict[tuple[str, str, str], int] = {}
    for one in handshakes:
        for row in (one.log_in, one.sign_in, one.log_out, *one.actions):
            if row is not None:
                numbers[_get_key(row)] = one.number
    for row in rows:
        yield {**row, "handshake": numbers.get(_get_key(row))}


def _join_row(row: dict[str, t.Any], people: People) -> dict[str, t.Any]:
    """Return an entry with its actor's name and ids on both sides, as far as they are known."""
    person = people.find(row)
    if person is None:
        return {**row, "person": row["actor"].get("name"), "entra_id": row["actor"].get("entra_id")}
    return {**row, "person": person.name, "entra_id": person.entra_id or row["actor"].get("entra_id")}


def _count(rows: t.Sequence[Row], people: People, handshakes: t.Sequence[Handshake]) -> dict[str, int]:
    """Return the numbers that a reader asks for first."""
    everybody = people.list_people()
    accounts = [account for person in everybody for account in person.accounts]
    return {
        "events": len(rows),
        "entra": sum(row["service"] == ENTRA for row in rows),
        "commvault": sum(row["service"] != ENTRA for row in rows),
        "failures": sum(row["outcome"] == "failure" for row in rows),
        "people": len(everybody),
        "accounts": len(accounts),
        "accounts_linked": sum(account.linked_by not in (NOBODY, "ambiguous") for account in accounts),
        "handshakes": len(handshakes),
        "handshakes_certain": sum(not one.doubts for one in handshakes),
    }
