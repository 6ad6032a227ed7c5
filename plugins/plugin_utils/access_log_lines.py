# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A joined log as lines for people. Names are made visible here."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.values import parse_time
from ansible_collections.cvops.identity.plugins.module_utils._joint.access_log import join
from ansible_collections.cvops.identity.plugins.module_utils._joint.access_log.handshakes import NOBODY_IN_ENTRA
from ansible_collections.cvops.identity.plugins.module_utils._joint.access_log.reading import ENTRA_HOST

from .access_log import require_log
from .filter_values import FilterInputError, make_visible, require_mapping, to_text
from .report_lines import format_table

Mapping = t.Mapping[str, t.Any]

#: So many lines of a kind are told; the data has all.
_TOLD = 50
_LONGEST_CELL = 200
_LOG_WORDS = {
    "sign_ins": "sign-ins",
    "directory_audits": "changes",
    "audit_trail": "audit trail",
    "events": "events",
}
#: A modified property of Entra ID's audit log that only names the others.
_LIST_OF_CHANGES = "Included Updated Properties"
#: What changes nothing: told within a handshake only.
_QUIET = frozenset({"sign_in", "sign_out", "use"})


def format_log(joined: t.Any, limit: int = _TOLD) -> list[str]:
    """Return a joined log as lines: counts, what was not read, handshakes with what was done in them, other changes, refused sign-ins.

    *limit*: so many handshakes, changes and refusals each, the latest; 0 for all.
    """
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
        raise FilterInputError("limit must be 0 (no limit) or a positive number")
    log = make_visible(require_log(joined))
    events, shakes = log["events"], log["handshakes"]
    by_number: dict[t.Any, list[Mapping]] = {}
    for row in events:
        by_number.setdefault(row.get("handshake"), []).append(row)
    lines = [_format_counts(log["counts"])]
    lines += [
        f"{_name_source(one['host'])}: not read: {one.get('reason')}"
        for one in log["sources"]
        if one.get("status") == "failed"
    ]
    lines += _cut([_format_gap(gap) for gap in log["gaps"] if gap.get("reason") != join.LATE], limit, "gaps")
    lines += _format_late_gaps(log["gaps"])
    shown = shakes[-limit:] if limit else shakes
    lines += [f"{len(shakes) - len(shown)} earlier handshakes, see the file"] if len(shown) < len(shakes) else []
    for one in shown:
        lines += _format_handshake(one, by_number.get(one["number"], []), limit)
    others = [row for row in by_number.get(None, []) if row["operation"] not in _QUIET and row["outcome"] != "failure"]
    lines += _format_changes(others, limit)
    lines += _format_refusals([row for row in events if row["outcome"] == "failure"], limit)
    return [*lines, *_format_strangers(log["people"], limit)]


def _format_counts(counts: Mapping) -> str:
    return (
        f"{counts.get('events')} events: {counts.get('entra')} of Entra ID, {counts.get('commvault')} of CommCells;"
        f" {counts.get('failures')} refused or failed; {counts.get('people')} who acted;"
        f" {counts.get('handshakes')} log-ins, {counts.get('handshakes_certain')} of them followed from Entra ID for certain"
    )


def _name_source(host: t.Any) -> str:
    return "Entra ID" if host == ENTRA_HOST else to_text(host)


def _format_gap(gap: Mapping) -> str:
    span = f" from {gap['from']}" if gap.get("from") else ""
    span += f" until {gap['to']}" if gap.get("to") else ""
    log = _LOG_WORDS.get(to_text(gap.get("log")), "log")
    return f"{_name_source(gap['host'])}: {log} not known{span}: {gap.get('message') or gap.get('reason')}"


def _format_late_gaps(gaps: t.Iterable[Mapping]) -> list[str]:
    """Return a line for each source from which entries may still come, and since when."""
    since: dict[str, list[str]] = {}
    for gap in gaps:
        if gap.get("reason") == join.LATE:
            since.setdefault(_name_source(gap["host"]), []).append(to_text(gap.get("from")))
    return [f"{name}: entries since {min(moments)} may still come" for name, moments in since.items()]


def _format_handshake(shake: Mapping, rows: t.Sequence[Mapping], limit: int) -> list[str]:
    by_id = {row["record_id"]: row for row in rows}
    sign_in = by_id.get(shake.get("sign_in"))
    where = f" from {shake['address']}" if shake.get("address") else ""
    first = sign_in["time"] if sign_in else shake["since"]
    lines = [f"{first}  {shake.get('person') or 'somebody'}{where}"]
    if sign_in:
        lines.append(
            f"  {_get_clock(sign_in)}  Entra ID: signed in{_format_target(sign_in, ' to ')}{_format_policies(sign_in)}"
        )
    lines.append(f"  {to_text(shake.get('since'))[11:19]}  {shake['commcell']}: logged in")
    known = {shake.get(name) for name in ("sign_in", "log_in", "log_out")}
    deeds = [row for row in rows if row["record_id"] not in known]
    told = deeds[:limit] if limit else deeds
    lines += [f"  {_get_clock(row)}  {shake['commcell']}: {_format_deed(row)}" for row in told]
    lines += [f"            {len(deeds) - len(told)} more, see the file"] if len(told) < len(deeds) else []
    ends = {"sign_out": "logged out", "next_sign_in": "logged in again", "open": "no log-out seen"}
    end = ends.get(to_text(shake.get("ends")), "")
    lines.append(f"  {to_text(shake.get('until'))[11:19] or '        '}  {shake['commcell']}: {end}")
    # what holds for every log-in of a local account is told once, below
    doubts = [doubt for doubt in shake.get("doubts") or () if doubt != NOBODY_IN_ENTRA]
    return [*lines, *(f"  not certain: {doubt}" for doubt in doubts)]


def _format_changes(rows: t.Sequence[Mapping], limit: int) -> list[str]:
    if not rows:
        return []
    shown = rows[-limit:] if limit else rows
    head = [] if len(shown) == len(rows) else [f"{len(rows) - len(shown)} earlier changes, see the file"]
    table = [
        (
            row["time"],
            to_text(row.get("person") or "not told"),
            _name_source(row.get("commcell") or ENTRA_HOST),
            _format_deed(row),
        )
        for row in shown
    ]
    return [*head, *format_table([("Changed", "Who", "Where", "What"), *table])]


def _format_refusals(rows: t.Sequence[Mapping], limit: int) -> list[str]:
    """Return a line for each kind of refusal: who, from where, why, how often, and when last."""
    grouped: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        where = _name_source(row.get("commcell") or ENTRA_HOST)
        deed = "sign-in" if row["operation"] == "sign_in" else _format_deed(row)
        why = to_text(row.get("reason"))[:_LONGEST_CELL] + _format_policies(row)
        key = (to_text(row.get("person") or "not told"), where, deed, to_text(row.get("address")), why)
        grouped.setdefault(key, []).append(row["time"])
    lines = [
        f"refused: {who}, {deed} at {where}{f' from {address}' if address else ''}, {len(times)} times, last "
        f"{max(times)}: {why or 'no reason given'}"
        for (who, where, deed, address, why), times in sorted(grouped.items(), key=lambda item: max(item[1]))
    ]
    return _cut(lines, limit, "refusals")


def _format_strangers(people: t.Sequence[Mapping], limit: int) -> list[str]:
    lines = [
        f"{account.get('commcell')}: {account.get('name')} is not named in Entra ID's log"
        + (", since several have that name" if account.get("linked_by") == "ambiguous" else "")
        for person in people
        for account in person.get("accounts") or ()
        if account.get("linked_by") in ("nobody", "ambiguous")
    ]
    return _cut(lines, limit, "accounts")


def _format_deed(row: Mapping) -> str:
    changes = sorted({*row["before"], *row["after"]} - {_LIST_OF_CHANGES})
    told = f" ({', '.join(changes)})" if changes else ""
    return f"{row['activity']}{_format_target(row, ': ')}{told}"[:_LONGEST_CELL]


def _format_target(row: Mapping, before: str) -> str:
    name = row["object"].get("name") or row["object"].get("id")
    return f"{before}{name}" if name else ""


def _format_policies(row: Mapping) -> str:
    """Return what conditional access made of a sign-in: the policies that decided, not those that do not apply."""
    listed = require_mapping(row["details"], "details").get("conditional_access_policies")
    told = [
        f"{policy.get('name')} {policy.get('result')}"
        for policy in (listed if isinstance(listed, list) else [])
        if isinstance(policy, t.Mapping)
        and policy.get("result") not in ("notApplied", "notEnabled", "not_applied", "not_enabled")
    ]
    return f" [{', '.join(told)}]" if told else ""


def _get_clock(row: Mapping) -> str:
    return parse_time(row["time"]).strftime("%H:%M:%S")


def _cut(lines: list[str], limit: int, what: str) -> list[str]:
    shown = lines[-limit:] if limit else lines
    return shown if len(shown) == len(lines) else [f"{len(lines) - len(shown)} more {what}, see the file", *shown]
