# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Reports of the playbooks as lines of text, from the results of their tasks. Invisible characters in names are escaped here."""

from __future__ import annotations

import typing as t

from .conditional_access_lines import format_policies
from .counts import count_named, count_words
from .filter_values import (
    FilterInputError,
    make_visible,
    require_list,
    require_mapping,
    require_mappings,
    show_members,
    to_text,
)
from .passes import ENTRA
from .task_results import sum_results

Mapping = t.Mapping[str, t.Any]

_CHECK_MODE = "Check mode: nothing was written"
#: Statuses of hosts whose plan was not carried out.
_UNWRITTEN = frozenset({"planned", "problems", "refused", "not_applied", "postponed"})
#: Verdicts of a preflight in the order in which they are counted; the second is told only when there is one.
_VERDICTS = ("ok", "unknown", "warning", "broken")
_LONGEST_VERDICT = max(map(len, _VERDICTS))
#: In place of rows that a release does not tell; and so many rows of access beyond the mapping are lines of a report, all in the summary.
_UNKNOWN = "unknown"
_TOLD = 20


def build_run_summary(
    registration: t.Any,
    role_mappings: t.Any = None,
    check_mode: bool = False,
    decision: t.Any = None,
    hosts: t.Any = None,
    requests: t.Any = None,
    sign_on: t.Any = None,
    credentials: t.Any = None,
    conditional_access: t.Any = None,
) -> dict[str, t.Any]:
    """Return the outcome of a run, for programs: the results of the roles app_registration and role_mappings (empty: not run), and the grants.

    *sign_on*, *credentials*: the SAML apps, and the credentials, by CommCell, and whether they were changed; empty: not run.
    *conditional_access*: the named locations and policies; empty: not run.

    *decision*, *hosts* (what came of each) and *requests*: of the playbooks that plan everything first.
    """
    registered = require_mapping(registration, "the result of app_registration")
    mapped = require_mapping(role_mappings, "the result of role_mappings")
    decided = require_mapping(decision, "the decision")
    signed = require_mapping(sign_on, "the result of single sign-on")
    held = require_mapping(credentials, "the result of credentials")
    access = require_mapping(conditional_access, "the result of conditional access")
    return {
        "check_mode": check_mode,
        "changed": any(found.get("changed") for found in (registered, mapped, signed, held, access)),
        **(
            {"status": decided.get("status"), "digest": decided.get("digest"), "problems": decided.get("problems")}
            if decided
            else {}
        ),
        **({"hosts": require_mapping(hosts, "the hosts")} if hosts else {}),
        **({"requests": require_mapping(requests, "the requests")} if requests else {}),
        "registration": registered,
        "role_mappings": mapped,
        **({"sign_on": signed} if signed else {}),
        **({"credentials": held} if held else {}),
        **({"conditional_access": access} if access else {}),
        "grants": {name: require_list(found.get("grants"), "grants") for name, found in _list_commcells(mapped)},
        **{
            key: {name: found.get(key, []) for name, found in _list_commcells(mapped)}
            for key in ("surplus", "unmanaged")
        },
    }


def format_run(
    registration: t.Any,
    role_mappings: t.Any = None,
    name: t.Any = "",
    check_mode: bool = False,
    requests: t.Any = None,
    hosts: t.Any = None,
    sign_on: t.Any = None,
    credentials: t.Any = None,
    conditional_access: t.Any = None,
) -> list[str]:
    """Return the outcome of a run as lines. Arguments as those of :func:`build_run_summary`; *name*: of the application."""
    registered = require_mapping(registration, "the result of app_registration")
    mapped = require_mapping(role_mappings, "the result of role_mappings")
    unwritten = _list_unwritten_hosts(hosts)
    lines = []
    if registered and (check_mode or ENTRA not in unwritten):  # else it is not known here whether the plan changes it
        changed = "to be changed" if check_mode else "changed"
        lines.append(
            f"Registration {make_visible(name)}: {changed if registered.get('changed') else 'as it should be'}"
        )
        if require_mapping(registered.get("consent"), "consent").get("status") == "pending_consent":
            lines.append("Admin consent is pending, see above")
    if mapped:
        if mapped.get("entra_groups"):
            lines.append(f"Entra groups: {len(mapped['entra_groups'])}")
        for commcell, found in ((name, value) for name, value in _list_commcells(mapped) if value):
            counts = _format_mapping_counts(found, check_mode or commcell in unwritten)
            lines.append(f"{make_visible(commcell)}: {counts}")
            lines += [f"  {line}" for line in _format_drift(found, _TOLD)]
        lines += _format_what_was_not_looked_for(mapped)
    signed = require_mapping(sign_on, "the result of single sign-on")
    held = require_mapping(credentials, "the result of credentials")
    for what, found in (("SAML apps", signed), ("credentials", held)):
        for commcell, listed in require_mapping(found.get("commcells"), "commcells").items():
            names = [make_visible(item["name"]) for item in require_mappings(listed, what) if item.get("name")]
            lines.append(f"{make_visible(commcell)}: {what}: {', '.join(names) or 'none'}")
    access = require_mapping(conditional_access, "the result of conditional access")
    lines += format_policies(access)
    sums = requests or sum_results([result for result in (registered, mapped, signed, held, access) if result])
    lines.append(", ".join(count_named(sums[kind], kind.replace("_", "-")) for kind in ("reads", "writes", "sign_ins")))
    return [*lines, *([_CHECK_MODE] if check_mode else [])]


def format_drift(role_mappings: t.Any) -> list[str]:
    """Return by name what stays beyond the mapping, out of the result of role_mappings; empty where nothing does."""
    mapped = require_mapping(role_mappings, "the result of role_mappings")
    return [
        f"{make_visible(commcell)}: {line}"
        for commcell, found in _list_commcells(mapped)
        for line in _format_drift(found, 0)
    ]


def format_access(grants: t.Any, limit: int = 0) -> list[str]:
    """Return a table of who may do what where, entities of one kind in one line, out of the grants of one or of several CommCells.

    *grants*: rows as commvault_role_mappings returns them, or such rows by CommCell, as the summary of a run has them. *limit*: so many lines
    of each CommCell, 0 for all.
    """
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
        raise FilterInputError("limit must be 0 (no limit) or a positive number")
    if not isinstance(grants, t.Mapping):
        return _format_grants(require_mappings(grants, "the grants"), limit)
    lines = []
    for commcell, rows in sorted(grants.items()):
        found = require_mappings(rows, "the grants of a CommCell")
        holders = len({(row.get("principal_kind"), row.get("principal")) for row in found})
        lines.append(
            f"{make_visible(commcell)}: {count_words(len(found), 'grant')} to {count_words(holders, 'principal')}"
        )
        lines += [f"  {line}" for line in _format_grants(found, limit)]
    return lines


def _format_grants(grants: t.Sequence[Mapping], limit: int) -> list[str]:
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for row in make_visible(grants):
        kind = f" ({row['grant_kind']})" if row.get("grant_kind") else ""
        key = (to_text(row.get("principal")), f"{to_text(row.get('role'))}{kind}", to_text(row.get("entity_type")))
        grouped.setdefault(key, []).append(to_text(row.get("entity")))
    if not grouped:
        return ["no grants"]
    keys = sorted(grouped)
    shown = keys[:limit] if limit else keys
    rows = [(*key, ", ".join(sorted(grouped[key]))) for key in shown]
    more = [f"and {len(keys) - len(shown)} lines more"] if len(keys) > len(shown) else []
    return [*format_table([("Principal", "Role", "On", "Entities"), *rows]), *more]


def format_preflight(preflight: t.Any, commcell: t.Any = "") -> list[str]:
    """Return the noun of sso_preflight_info as lines: the verdict with counts, the checks that are not ok, a table of the groups, sample users."""
    found = make_visible(require_mapping(preflight, "the preflight"))
    groups = require_mappings(found.get("groups"), "groups")
    lines = [f"{make_visible(commcell) or 'CommCell'}: {found.get('verdict')}{_format_verdict_counts(groups)}"]
    for check in require_mappings(found.get("checks"), "checks"):
        if check.get("verdict") != "ok":
            told = f"{check.get('check')}: {check.get('reason')} -> {check.get('remedy')}"
            lines.append(f"{_format_cell(check.get('verdict')):<{_LONGEST_VERDICT}}  {told}")
    lines += _format_absent_groups(groups)
    if groups:
        head = ("Verdict", "Entra group", "In the token", "Commvault group", "Remedy")
        lines += format_table([head, *map(_format_preflight_row, groups)], least=_LONGEST_VERDICT)
    users = require_mappings(found.get("users"), "users")
    lines += [_format_sign_on(user) for user in users if user.get("sign_on")]
    if found.get("users_not_checked"):
        lines.append(f"{found['users_not_checked']} members were not checked for too many groups (user_limit)")
    return lines


def format_table(rows: t.Sequence[t.Sequence[str]], least: int = 0) -> list[str]:
    """Return the *rows* as lines of columns, each as wide as its widest cell; nothing at the end of a line. *least*: width of the first column."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    widths[:1] = [max(width, least) for width in widths[:1]]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).strip()
        for row in rows
    ]


def format_doctor_report(
    connection: t.Any, commcell: t.Any = "", with_entra: bool = True, told_before: t.Any = None
) -> list[str]:
    """Return the report in the noun of connection_info as lines for one CommCell; the tenant's part only *with_entra*, as it is the same for all.

    *told_before*: the nouns of other CommCells by name; the playbooks are not listed once more where one of them has the same list.
    """
    told = require_mapping(require_mapping(connection, "the connection").get("report"), "report")
    name = make_visible(commcell)
    lines = require_list(told.get("entra"), "entra") if with_entra else []
    lines += [name] if name else []
    lines += require_list(told.get("commvault"), "commvault")
    playbooks = require_list(told.get("playbooks"), "playbooks")
    for other, value in require_mapping(told_before, "told_before").items():
        report = require_mapping(require_mapping(value, "a connection").get("report"), "report")
        if other != commcell and playbooks and report.get("playbooks") == playbooks:
            return [*lines, f"Playbooks on {name}: as on {make_visible(other)}"]
    return [*lines, f"Playbooks on {name}" if name else "Playbooks", *playbooks]


def find_doctor_faults(connections: t.Any, playbooks: t.Any) -> list[str]:
    """Return what is wrong, out of the nouns of connection_info by CommCell: sides that failed, and those *playbooks* that cannot run."""
    faults = []
    for commcell, value in require_mapping(connections, "the connections").items():
        found = make_visible(require_mapping(value, "a connection"))
        prefix = f"{make_visible(commcell)}: " if commcell else ""
        for side in ("entra", "commvault"):
            told = require_mapping(found.get(side), side)
            if told.get("status") == "failed":
                faults.append(f"{prefix}{side}: {require_mapping(told.get('error'), 'error').get('msg')}")
        verdicts = require_mapping(found.get("playbooks"), "playbooks")
        for playbook in require_list(playbooks, "doctor_playbooks"):
            if playbook not in verdicts:
                known = ", ".join(sorted(verdicts))
                raise FilterInputError(
                    f"doctor_playbooks names {make_visible(playbook)!r}, which is not one of the playbooks: {known}"
                )
            verdict = require_mapping(verdicts[playbook], "the verdict on a playbook")
            if verdict.get("can_run") is False:
                faults.append(f"{prefix}{make_visible(playbook)} cannot run: {verdict.get('reason')}")
    return faults


def format_pending_consent(consent: t.Any) -> list[str]:
    """Return what an administrator has to grant and where, out of the noun of entra_admin_consent."""
    found = make_visible(require_mapping(consent, "the consent"))
    lines = ["Consent is pending: this identity is not allowed to grant"]
    for api in require_mappings(found.get("missing"), "missing"):
        names = [*require_list(api.get("application"), "application"), *require_list(api.get("delegated"), "delegated")]
        lines.append(f"{api.get('api')}: {', '.join(map(to_text, names))}")
    where = f" at {found['consent_url']}" if found.get("consent_url") else ""
    return [*lines, f"An administrator grants it{where}"]


def format_export(role_mappings: t.Any, file: t.Any) -> list[str]:
    """Return what was exported into *file*, out of the noun of commvault_role_mappings_info."""
    found = make_visible(require_mapping(role_mappings, "the export"))
    other = require_mappings(found.get("other"), "other")
    reasons = {to_text(row.get("why")).lower(): to_text(row.get("why")) for row in reversed(other)}
    return [
        f"Written: {to_text(file)}",
        f"{len(found.get('mappings') or ())} principals with grants",
        f"{len(found.get('user_groups_without_grants') or ())} user groups without grants",
        f"{len(other)} rows that no mapping manages: {', '.join(reasons[key] for key in sorted(reasons)) or 'none'}",
    ]


def _list_commcells(role_mappings: Mapping) -> t.Iterator[tuple[t.Any, Mapping]]:
    """Yield the name of each CommCell with its result of commvault_role_mappings."""
    for name, done in require_mapping(role_mappings.get("commcells"), "commcells").items():
        yield name, require_mapping(require_mapping(done, "the result of a CommCell").get("mappings"), "mappings")


def _list_unwritten_hosts(hosts: t.Any) -> set[t.Any]:
    """Return the hosts whose plan was not carried out, so that their results are those of the plan."""
    told = require_mapping(hosts, "what came of the hosts")
    return {name for name, found in told.items() if require_mapping(found, "a host").get("status") in _UNWRITTEN}


def _format_mapping_counts(found: Mapping, is_planned: bool) -> str:
    """Return the numbers of grants; *is_planned*: nothing of it was written."""
    added, removed = (len(found.get(name) or ()) for name in ("added", "removed"))
    told = found.get("grants") or 0
    grants = told if isinstance(told, int) else len(told)  # their number alone, in the passes of the playbooks
    told = (
        f"{count_words(grants, 'grant')}, {added} to add, {removed} to remove"
        if is_planned
        else f"{count_words(grants, 'grant')}, {added} added, {removed} removed"
    )
    for key, words in (("surplus", "surplus"), ("unmanaged", "groups unmanaged")):
        staying = found.get(key)
        if staying == _UNKNOWN:
            told += f", {words} unknown"
        elif staying:
            count = len(_list_staying(found, key))
            told += f", {count} {words.replace('groups', 'group') if count == 1 else words}"
    if found.get("remaining"):
        told += f", {count_words(found['remaining'], 'request')} left for the next run"
    if found.get("not_confirmed"):
        told += f", {len(found['not_confirmed'])} not confirmed"
    return told


def _list_staying(found: Mapping, key: str) -> list[Mapping]:
    """Return the rows of access beyond the mapping that the run did not take away."""
    return [row for row in require_mappings(found.get(key), key) if not row.get("removed")]


def _format_drift(found: Mapping, limit: int) -> list[str]:
    """Return what stays beyond the mapping on a CommCell, by name; *limit*: so many lines of each kind, 0 for all."""
    lines: list[str] = []
    staying = show_members(found, ("surplus", "unmanaged"))
    for key, listed in staying.items():
        if listed == _UNKNOWN:
            lines.append(f"{key}: unknown, this release or account does not list all grants of a user or group")
            continue
        rows = [_describe_staying(row) for row in _list_staying(staying, key)]
        shown = rows[:limit] if limit else rows
        lines += [f"{key}: {row}" for row in shown]
        if len(rows) > len(shown):
            lines.append(f"{key}: and {len(rows) - len(shown)} more")
    return lines


def _describe_staying(row: Mapping) -> str:
    if "user_group" in row:
        held = [to_text(item) for item in require_list(row.get("held"), "held")]
        return f"{to_text(row['user_group'])} has no entry and holds {', '.join(held) or to_text(row.get('grants'))}"
    return f"{to_text(row.get('principal'))}: {to_text(row.get('role'))} on {to_text(row.get('entity_type'))} {to_text(row.get('entity'))}"


def _format_what_was_not_looked_for(mapped: Mapping) -> list[str]:
    """Return a line that says so where groups without an entry were not looked for: nobody may take silence for "none"."""
    done = [require_mapping(item, "the result of a CommCell") for item in (mapped.get("commcells") or {}).values()]
    if any(item.get("mappings") and "managed_groups" in item and not item["managed_groups"] for item in done):
        return ["Groups without an entry were not looked for: role_mappings_managed_groups is empty"]
    return []


def _format_verdict_counts(groups: t.Sequence[Mapping]) -> str:
    if not groups:
        return ""
    counts = {verdict: sum(group.get("verdict") == verdict for group in groups) for verdict in _VERDICTS}
    told = [f"{count} {verdict}" for verdict, count in counts.items() if count or verdict != "unknown"]
    return f", {len(groups)} groups: {', '.join(told)}"


def _format_absent_groups(groups: t.Sequence[Mapping]) -> list[str]:
    """Return a line for each service that lacks groups of the mapping: said once, whatever the rows say of each."""
    absent = {
        "Entra ID": sum(
            any(finding.get("check") == "entra_group" for finding in require_list(group.get("findings"), "findings"))
            for group in groups
        ),
        "Commvault": sum(group.get("user_group_exists") is False for group in groups),
    }
    return [
        f"{service}: {count} of {len(groups)} groups do not exist yet; the playbook site creates those of the document"
        for service, count in absent.items()
        if count
    ]


def _format_preflight_row(group: Mapping) -> tuple[str, ...]:
    reason = f" ({group.get('reason')})" if group.get("verdict") != "ok" else ""
    cells = (_format_cell(group.get(name)) for name in ("verdict", "entra_group", "emitted", "user_group"))
    return (*cells, f"{group.get('remedy')}{reason}")


def _format_sign_on(user: Mapping) -> str:
    """Return what becomes of the sign-on of one sample user."""
    said = {"ok": "signs on", "broken": "is refused"}.get(to_text(user.get("sign_on")), "sign-on not certain")
    reason = f" ({user.get('sign_on_reason')})" if user.get("sign_on_reason") else ""
    sure, possible = (
        ", ".join(map(to_text, require_list(user.get(name), name))) for name in ("user_groups", "possible_user_groups")
    )
    groups = f"; groups: {sure or 'none'}{f', perhaps {possible}' if possible else ''}"
    return f"{user.get('user')} {said}{reason}{'' if said == 'is refused' else groups}"


def _format_cell(value: t.Any) -> str:
    return to_text(value or "")
