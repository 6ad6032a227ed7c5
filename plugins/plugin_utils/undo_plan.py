# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""From the records of a run and what is there now to the options of the modules that undo it. Pure.

First :func:`plan_reads` says of which hosts the records are, and what to read there; then :func:`plan_undo` says what to write, and in words
what is left alone. What is there and is neither as before the run nor as after it was changed since by somebody else, and stays.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.addresses import canonicalize_address
from ansible_collections.cvops.identity.plugins.module_utils._core.visible import to_one_line

from .filter_values import make_visible, require_list, require_mapping, require_mappings, to_text
from .passes import ENTRA
from .undo_changes import Mapping, PlaceChanges, collect_changes
from .undo_hosts import CommcellUndo, EntraUndo, HostUndo

_ENTRA_MODULES = "entra_"
#: Where the planning tasks find that a grant, or a member or owner, names what is not there.
_PLACE = re.compile(r"mappings\[\d+\]\.grants\[\d+\]|groups\[\d+\]\.(?:members|owners)\[\d+\]")
#: Risks by the task whose module knows them.
_RISKS = {
    "groups": ("rename",),
    "mappings": ("break_glass", "last_admin", "own_rights"),
    "user_groups": ("last_admin", "own_rights"),
}


def plan_reads(records: t.Any, commcells: t.Any) -> dict[str, t.Any]:
    """Return what to read: ``hosts`` by name, each with ``object_ids``, ``subset`` and ``principals``, and ``problems``.

    *commcells*: those of the connection by name, each with ``url`` and ``company``. A record of another CommCell is a problem: where
    secrets are sent is never read from a record.
    """
    places, problems = _assign_records(records, commcells)
    hosts = {host: _plan_reads_of(collect_changes(listed)) for host, listed in places.items()}
    return {"hosts": hosts, "problems": problems}


def plan_undo(
    records: t.Any, commcells: t.Any, host: t.Any, found: t.Any, overwrite: t.Any = False, linked: t.Any = ()
) -> HostUndo:
    """Return what undoes those of the *records* that are of *host*.

    *found*: what is there: of Entra ID ``tenant`` and ``groups``, of a CommCell what commvault_security_info returns. *overwrite*: what was
    changed since the run is undone, too. *linked*: of Entra ID, ``linked`` of the plans of the CommCells.
    """
    places, dummy = _assign_records(records, commcells)
    listed, there = places.get(to_text(host), []), require_mapping(found, "what is there")
    changes = collect_changes(listed)
    if host != ENTRA:
        return CommcellUndo(changes, there, bool(overwrite)).plan()
    planned = EntraUndo(changes, there, bool(overwrite), require_list(linked, "the linked groups")).plan()
    return {**planned, "problems": _find_other_tenants(listed, there.get("tenant"))}


def select_risks(accepted: t.Any, task: t.Any) -> list[str]:
    """Return those of the *accepted* risks that the module of *task* knows."""
    return [risk for risk in map(to_text, require_list(accepted, "the risks")) if risk in _RISKS.get(to_text(task), ())]


def select_addresses(commcells: t.Any) -> dict[str, dict[str, str]]:
    """Return ``url`` and ``company`` of each CommCell of the connection, and nothing else of it."""
    given = require_mapping(commcells, "the CommCells").items()
    return {
        to_text(name): {key: to_text(require_mapping(cell, "a CommCell").get(key)) for key in ("url", "company")}
        for name, cell in given
    }


def format_told(planned: t.Any, short: t.Any = False) -> list[str]:
    """Return as lines what is not undone, and why. *planned*: pairs of a host and its :class:`HostUndo`.

    *short*: what is to be undone by hand is counted, since the plan has told it.
    """
    lines = []
    for host, undo in require_list(planned, "the plans"):
        name = "Entra ID" if host == ENTRA else f"CommCell {make_visible(host)}"
        parts = require_mapping(undo, "a plan")
        by_hand = require_list(parts.get("by_hand"), "by_hand")
        if short and by_hand:
            noun = "1 object is" if len(by_hand) == 1 else f"{len(by_hand)} objects are"
            by_hand = [f"{noun} to be undone by hand, see the plan"]
        lines += [
            f"{name}: {to_text(make_visible(line))}" for line in [*by_hand, *require_list(parts.get("told"), "told")]
        ]
    return lines


def leave_missing(undo: t.Any, result: t.Any) -> dict[str, t.Any]:
    """Return a :class:`HostUndo` without the grants, members and owners of which *result*, of its planning task, says that something is not there.

    ``has_left``: whether there are any; they are told.
    """
    found = {name: list(value) for name, value in require_mapping(undo, "a plan").items() if isinstance(value, list)}
    error = require_mapping(require_mapping(result, "the result").get("error"), "error")
    missing: dict[str, str] = {}
    for problem in require_mappings(error.get("problems"), "problems"):
        if problem.get("kind") == "not_found":
            places = [problem.get("where"), *require_list(problem.get("also"), "also")]
            missing.update((match[0], to_text(problem.get("message"))) for match in map(_find_place, places) if match)
    for task, parts in (("mappings", ("grants",)), ("groups", ("members", "owners"))):
        found[task] = [
            {
                **item,
                **{part: _without(item[part], f"{task}[{number}].{part}", missing) for part in parts if part in item},
            }
            for number, item in enumerate(found.get(task, []))
        ]
    found["mappings"] = [entry for entry in found["mappings"] if entry["grants"]]
    told = [
        to_text(make_visible(f"cannot be undone, because it no longer exists: {message}"))
        for message in missing.values()
    ]
    return {**found, "told": list(dict.fromkeys([*found.get("told", []), *told])), "has_left": bool(missing)}


def _find_place(where: t.Any) -> re.Match[str] | None:
    return _PLACE.match(to_text(where))


def _without(items: t.Sequence[t.Any], where: str, missing: t.Container[str]) -> list[t.Any]:
    return [item for number, item in enumerate(items) if f"{where}[{number}]" not in missing]


def drop_findings(results: t.Any) -> t.Any:
    """Return the registered *results* of tasks by host, loops too, without what a mapping finds beside its steps: it is no whole one here."""
    if isinstance(results, t.Mapping):
        return {name: drop_findings(value) for name, value in results.items() if name != "role_mappings"}
    return [drop_findings(item) for item in results] if isinstance(results, list) else results


def _assign_records(records: t.Any, commcells: t.Any) -> tuple[dict[str, list[Mapping]], list[str]]:
    """Return the records by host, and a problem for each place that the connection does not name."""
    cells = {
        _describe_place(require_mapping(cell, "a CommCell")): to_text(name)
        for name, cell in require_mapping(commcells, "the CommCells").items()
    }
    assigned: dict[str, list[Mapping]] = {}
    problems = []
    for record in require_mappings(records, "the records"):
        if record["module"].startswith(_ENTRA_MODULES):
            assigned.setdefault(ENTRA, []).append(record)
            continue
        host = cells.get(record["place"]) if record["place"] else None
        if host is None:
            place = make_visible(record["place"]) or "an address that it does not contain"
            problems.append(
                f"a record of {record['module']} is of the CommCell {place}, and cvops_connection has: {', '.join(sorted(cells)) or 'none'}"
            )
        else:
            assigned.setdefault(host, []).append(record)
    return assigned, list(dict.fromkeys(problems))


def _describe_place(cell: Mapping) -> str:
    company = f", company {cell['company']}" if cell.get("company") else ""
    address = canonicalize_address(cell.get("url") or "")
    return to_one_line(f"{address}{company}") if address else ""


def _find_other_tenants(records: t.Sequence[Mapping], tenant: t.Any) -> list[str]:
    signed_in = to_text(tenant).lower()
    others = sorted({record["place"] for record in records} - {signed_in})
    if not others:
        return []
    told = ", ".join(to_text(make_visible(place)) or "one that they do not contain" for place in others)
    return [f"records are of the tenant {told}, and this run signs in to {signed_in or 'an unknown one'}"]


def _plan_reads_of(changes: PlaceChanges) -> dict[str, t.Any]:
    ids = [change.about["object_id"] for change in changes.entra_groups.values()]
    ids += [change.about["object_id"] for change in changes.entra_members.values()]
    subset = ["users", "user_groups", "external_groups", "roles"]
    subset += ["role_permissions"] if changes.roles else []
    subset += ["user_group_details"] if changes.user_groups else []
    created = [change for change in changes.user_groups.values() if change.was_created]
    all_holders = any(change.was_created for change in changes.roles.values())
    subset += ["associations"] if created or all_holders else []
    return {
        "object_ids": sorted({object_id.lower() for object_id in ids if object_id}),
        "subset": subset,
        # Who else holds a role that goes, only the associations of all can tell.
        "principals": [] if all_holders else sorted({_quote_pattern(change.about["name"]) for change in created}),
    }


def _quote_pattern(name: str) -> str:
    return "".join(f"[{char}]" if char in "*?[" else char for char in name)
