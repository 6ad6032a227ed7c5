# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The logs of both services as one, for playbooks: joined, as lines for people and as a table. Names are made visible here."""

from __future__ import annotations

import json
import os
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.data_text import unmark_unsafe_texts
from ansible_collections.cvops.identity.plugins.module_utils._core.values import convert_to_builtins, parse_time
from ansible_collections.cvops.identity.plugins.module_utils._joint.access_log import join
from ansible_collections.cvops.identity.plugins.module_utils._joint.access_log.handshakes import NOBODY_IN_ENTRA
from ansible_collections.cvops.identity.plugins.module_utils._joint.access_log.people import DeclaredLink, KnownAccount
from ansible_collections.cvops.identity.plugins.module_utils._joint.access_log.reading import ENTRA_HOST, ReadingError

from .csv_text import build_csv
from .data_reading import DataFileError, Limits, abbreviate_text, read_data_file
from .declared_access import VARIABLE, list_policies
from .filter_values import FilterInputError, make_visible, require_list, require_mapping, require_mappings, to_text
from .report_lines import format_table

Mapping = t.Mapping[str, t.Any]

#: An event has up to 4 kB and 220 values, keys counted, with the policies of its sign-in; so 50,000 of the largest fit.
LOG_LIMITS = Limits(size=256 * 1024 * 1024, values=12_000_000)
#: So many lines of a kind are told; the data has all.
_TOLD = 50
_LONGEST_REASON = 500
_LONGEST_CELL = 200
_KEYS = ("app_id", "object_id", "display_name", "unique_name")
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
_COLUMNS = (
    "time",
    "service",
    "commcell",
    "log",
    "handshake",
    "person",
    "entra_id",
    "app_id",
    "commvault_id",
    "operation",
    "activity",
    "outcome",
    "reason",
    "address",
    "object_kind",
    "object",
    "object_id",
    "before",
    "after",
    "correlation_id",
    "record_id",
)


def join_logs(
    results: t.Any,
    users: t.Any = None,
    links: t.Any = None,
    previous: t.Any = None,
    scope: t.Any = None,
    consoles: t.Any = None,
) -> dict[str, t.Any]:
    """Return the joined log of *results*, registered results by CommCell, ``localhost`` for Entra ID.

    *users*: results of commvault_security_info with user_details, by CommCell. *links*: accounts that are declared to be an identity's.
    *previous*: what this has returned before. *scope*: what was asked for. *consoles*: names and ids of the applications through which
    people sign on. Raises FilterInputError, also for more than the next run would read again.
    """
    given = {
        to_text(name): convert_to_builtins(require_mapping(value, "a result"))
        for name, value in require_mapping(results, "the results").items()
    }
    if not given:
        raise FilterInputError("there is no result: nothing was read")
    for found in given.values():
        if found.get("msg") is not None:
            found["msg"] = to_text(found["msg"])[:_LONGEST_REASON]
    known = [
        account
        for commcell, result in require_mapping(users, "users").items()
        for account in _list_accounts(to_text(commcell), require_mapping(result, "a result"))
    ]
    declared = [_read_link(link) for link in require_mappings(links, "links")]
    before = convert_to_builtins(require_mapping(previous, "previous"))
    names = [to_text(name) for name in require_list(consoles, "consoles")]
    try:
        joined = join.join_logs(given, known, declared, before, _write_scope(scope), names)
    except ReadingError as exc:
        raise FilterInputError(str(exc)) from None
    if _count_values(joined) > LOG_LIMITS.values:
        raise FilterInputError(
            f"there are {len(joined['events'])} events, more than a next run reads again: begin a new file, or read a shorter period"
        )
    return joined


def _write_scope(scope: t.Any) -> str:
    """Return what was asked for as a text in which the same is equal, whatever the order of names."""
    given = convert_to_builtins(require_mapping(scope, "scope"))
    listed = {
        name: sorted(map(to_text, value)) if isinstance(value, list) else value
        for name, value in given.items()
        if value
    }
    return json.dumps(listed, sort_keys=True) if listed else ""


def _count_values(value: t.Any) -> int:
    """Return how many values, keys counted, a structure holds."""
    if isinstance(value, dict):
        return 1 + len(value) + sum(map(_count_values, value.values()))
    return 1 + (sum(map(_count_values, value)) if isinstance(value, list) else 0)


def list_logged_subjects(variables: t.Any) -> dict[str, list[str]]:
    """Return whose entries of Entra ID's logs belong to a variables document: ``applications`` and other ``objects``, by id or name, each once.

    ``consoles``: those of the applications through which people sign on.

    *variables*: the evaluated variables by name.
    """
    given = require_mapping(variables, "the variables")
    parts = {name: require_mapping(given.get(name), name) for name in ("cvops_application", "cvops_sso", VARIABLE)}
    applications = [_get_key(parts["cvops_application"])]
    applications.append(_get_key(parts["cvops_sso"].get("application")))
    for app in require_mappings(parts["cvops_sso"].get("saml_apps"), "saml_apps"):
        applications.append(to_text(require_mapping(app.get("metadata"), "metadata").get("application")))
    consoles = list(applications)
    for rotation in require_mappings(given.get("cvops_rotations"), "cvops_rotations"):
        applications.append(_get_key(rotation.get("application")))
    objects = [_get_key(group) for group in require_mappings(given.get("cvops_entra_groups"), "cvops_entra_groups")]
    declared = parts[VARIABLE]
    objects += [_get_key(location) for location in require_mappings(declared.get("named_locations"), "named_locations")]
    objects += [_get_key(policy) for dummy, policy in list_policies(declared)]
    return {
        "consoles": [name for name in dict.fromkeys(consoles) if name],
        "applications": [name for name in dict.fromkeys(applications) if name],
        "objects": [name for name in dict.fromkeys(objects) if name],
    }


def _get_key(entry: t.Any) -> str:
    """Return by what an object is looked for: its id where it is given, else its name. A text is either already."""
    if not isinstance(entry, t.Mapping):
        return to_text(entry)
    return next((to_text(entry[name]) for name in _KEYS if entry.get(name)), "")


def find_log_start(previous: t.Any, host: t.Any, scope: t.Any = None) -> str:
    """Return since when the log of *host* is to be read after an earlier run, empty where it was not read with the same *scope*.

    Raises FilterInputError.
    """
    try:
        before = convert_to_builtins(require_mapping(previous, "previous"))
        return join.find_start(before, to_text(host), _write_scope(scope)) or ""
    except (ReadingError, ValueError) as exc:
        raise FilterInputError(str(exc)) from None


def read_log_file(path: str) -> tuple[dict[str, t.Any], list[str]]:
    """Return an earlier log from a file, and the problems with it; nothing where there is no file yet."""
    if not os.path.lexists(path):
        return {}, []
    try:
        # texts that look like templates stand in the file with Ansible's own mark
        found = unmark_unsafe_texts(read_data_file(path, LOG_LIMITS, only_json=True))
    except DataFileError as exc:
        return {}, [f"{abbreviate_text(path)}: {problem}" for problem in exc.args]
    if not isinstance(found, dict) or not found:
        return {}, [f"{abbreviate_text(path)}: is no log that the playbook access_log has written"]
    try:
        join.find_start(found, "")
    except (ReadingError, ValueError) as exc:
        return {}, [f"{abbreviate_text(path)}: {exc}"]
    return found, []


def format_log(joined: t.Any, limit: int = _TOLD) -> list[str]:
    """Return a joined log as lines: counts, what was not read, handshakes with what was done in them, other changes, refused sign-ins.

    *limit*: so many handshakes, changes and refusals each, the latest; 0 for all.
    """
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
        raise FilterInputError("limit must be a number from 0, which shows everything")
    log = make_visible(_require_log(joined))
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


def build_log_csv(joined: t.Any) -> str:
    """Return the events of a joined log as CSV, oldest first. Raises FilterInputError."""
    log = make_visible(_require_log(joined))
    return build_csv(_COLUMNS, (_make_cells(row) for row in log["events"]))


def _make_cells(row: Mapping) -> list[t.Any]:
    actor, target = row["actor"], row["object"]
    values = {
        **row,
        "app_id": actor.get("app_id"),
        "commvault_id": actor.get("commvault_id"),
        "object_kind": target.get("kind"),
        "object": target.get("name"),
        "object_id": target.get("id"),
        **{
            name: json.dumps(row[name], ensure_ascii=False, sort_keys=True) if row[name] else ""
            for name in ("before", "after")
        },
    }
    return [values.get(name) for name in _COLUMNS]


def _require_log(value: t.Any) -> Mapping:
    """Return what join_logs returns. Raises FilterInputError for anything else."""
    log = require_mapping(value, "the joined log")
    for name in ("events", "people", "handshakes", "sources", "gaps"):
        if not isinstance(log.get(name), (list, tuple)):
            raise FilterInputError("the joined log must be what join_logs returns")
        require_mappings(log[name], name)
    require_mapping(log.get("counts"), "counts")
    return log


def _list_accounts(commcell: str, result: Mapping) -> list[KnownAccount]:
    security = require_mapping(result.get("security", result), "security")
    return [
        KnownAccount(
            commcell,
            to_text(user.get("id")) or None,
            to_text(user.get("name")),
            to_text(user.get("user_principal_name")),
            to_text(user.get("email")),
        )
        for user in require_mappings(security.get("users"), "users")
    ]


def _read_link(link: Mapping) -> DeclaredLink:
    values = {name: to_text(link.get(name)) for name in ("commvault_user", "identity", "commcell")}
    unknown = sorted(set(map(to_text, link)) - set(values))
    if unknown or not values["commvault_user"] or not values["identity"]:
        raise FilterInputError("a link has commvault_user and identity, and may have commcell, and nothing else")
    return DeclaredLink(values["commvault_user"], values["identity"], values["commcell"] or None)


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
    ends = {"sign_out": "logged out", "next_sign_in": "logged in anew", "open": "no log-out seen"}
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
        f"refused: {who}, {deed} at {where}{f' from {address}' if address else ''}, {len(times)} times, last {max(times)}: {why or 'no reason told'}"
        for (who, where, deed, address, why), times in sorted(grouped.items(), key=lambda item: max(item[1]))
    ]
    return _cut(lines, limit, "refusals")


def _format_strangers(people: t.Sequence[Mapping], limit: int) -> list[str]:
    lines = [
        f"{account.get('commcell')}: {account.get('name')} is nobody that Entra ID's log names"
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
