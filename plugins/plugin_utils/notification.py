# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a run tells a webhook: status, counts, and a line for each host; no names of people, no texts of services, no secrets."""

from __future__ import annotations

import typing as t

from .filter_values import FilterInputError, make_visible, require_list, require_mapping, require_mappings, to_text
from .passes import ENTRA

Mapping = t.Mapping[str, t.Any]

#: Statuses of hosts, the one first that the run has where its hosts differ; all up to drift make the run fail.
_STATUSES = ("failed", "plan_changed", "not_applied", "problems", "refused", "drift", "postponed", "applied", "planned")
_PROBLEMS = frozenset(_STATUSES[: _STATUSES.index("postponed")])
#: Of a report: nobody has to act today.
WARNING = "warning"
WHEN = ("always", "changes", "problems")
_UNKNOWN = "unknown"


def build_notification(
    conclusion: t.Any,
    decision: t.Any = None,
    role_mappings: t.Any = None,
    playbook: t.Any = "",
    check_mode: bool = False,
    drift: t.Any = None,
    consent: t.Any = None,
) -> dict[str, t.Any]:
    """Return the message about a run, as JSON has it: ``text``, which chats show, and the same as data.

    *conclusion*: what came of each host; *decision*: with the digest of the plan; *role_mappings*: what the role would return; *drift*: lines on
    access beyond the mapping where that makes the run fail; *consent*: the noun of entra_admin_consent.
    """
    decided = require_mapping(decision, "the decision")
    hosts = [_describe_host(host, found) for host, found in require_mapping(conclusion, "the conclusion").items()]
    statuses = {host["status"] for host in hosts} | ({"drift"} if drift else set())
    status = next((name for name in _STATUSES if name in statuses), "unchanged")
    mappings = _list_mappings(role_mappings)
    counts = {
        "hosts": len(hosts),
        **{name: sum(host[name] for host in hosts) for name in ("planned", "written", "left", "problems")},
        **{name: _count_staying(mappings, name) for name in ("surplus", "unmanaged")},
        "pending_consent": _count_pending_consent(consent),
    }
    told = _describe_counts(status, counts)
    for name in ("surplus", "unmanaged") if mappings else ():
        if counts[name] != 0:
            told += f", {name} {_UNKNOWN if counts[name] is None else counts[name]}"
    if pending := counts["pending_consent"]:
        told += f", consent to {pending} {'permission is' if pending == 1 else 'permissions are'} pending"
    digest = to_text(decided.get("digest")) if decided.get("steps") else ""
    return build_message(playbook, status, told, counts, check_mode=check_mode, digest=digest, hosts=hosts)


def build_message(
    playbook: t.Any,
    status: str,
    told: str,
    counts: Mapping,
    *,
    check_mode: bool = False,
    digest: str = "",
    hosts: t.Sequence[Mapping] = (),
) -> dict[str, t.Any]:
    """Return the message about a run of *playbook*: ``text``, whose first line is *told*, with a line of each host, and all of it as data."""
    name = to_text(make_visible(playbook))
    head = f"{name}{' (check mode)' if check_mode else ''}: {told}"
    return {
        "text": _escape_markup("\n".join([head, *(host["line"] for host in hosts)])),
        "source": "cvops.identity",
        "playbook": name,
        "check_mode": check_mode,
        "status": status,
        "digest": digest,
        "counts": dict(counts),
        "hosts": list(hosts),
    }


def is_notification_wanted(notification: t.Any, when: t.Any = "always") -> bool:
    """Return whether a run of this outcome is told: ``always``, with ``changes`` or problems, or with ``problems`` only."""
    told = require_mapping(notification, "the notification")
    wanted = to_text(when or "always").strip().lower()
    if wanted not in WHEN:
        raise FilterInputError(f"cvops_notify_when must be one of {', '.join(WHEN)}")
    counts, status = require_mapping(told.get("counts"), "counts"), told.get("status")
    is_news = bool(counts.get("planned") or counts.get("written") or status == WARNING)
    return wanted == "always" or status in _PROBLEMS or (wanted == "changes" and is_news)


def _describe_host(host: t.Any, value: t.Any) -> dict[str, t.Any]:
    found = require_mapping(value, "what came of a host")
    name = "Entra ID" if host == ENTRA else to_text(make_visible(host))
    counts = {
        "planned": int(found.get("planned") or 0),
        "written": int(found.get("written") or 0),
        "left": len(require_list(found.get("left"), "left")),
        "problems": len(require_list(found.get("problems"), "problems")),
    }
    status = to_text(make_visible(found.get("status")))
    told = {"host": name, "status": status, **counts, "line": f"{name}: {_describe_counts(status, counts)}"}
    outcome = to_text(make_visible(found.get("outcome")))  # of a rotation: by this word the runbook is found
    return {**told, "outcome": outcome, "line": f"{told['line']} - {outcome}"} if outcome else told


def _describe_counts(status: str, counts: Mapping) -> str:
    words = {
        "planned": ("change planned", "changes planned"),
        "written": ("write request", "write requests"),
        "left": ("change left", "changes left"),
        "problems": ("problem", "problems"),
    }
    told = [f"{counts[key]} {one if counts[key] == 1 else many}" for key, (one, many) in words.items() if counts[key]]
    return ", ".join([status.replace("_", " "), *told])


def _list_mappings(role_mappings: t.Any) -> list[Mapping]:
    """Return what each CommCell's mapping came to, empty where it did not run to its end; nothing where no CommCell was mapped."""
    mapped = require_mapping(role_mappings, "the result of role_mappings")
    found = [
        require_mapping(require_mapping(done, "the result of a CommCell").get("mappings"), "mappings")
        for done in require_mapping(mapped.get("commcells"), "commcells").values()
    ]
    return found if any(found) else []


def _count_staying(mappings: t.Sequence[Mapping], key: str) -> int | None:
    """Return how many rows of access beyond the mapping stay on all CommCells, None where one of them cannot tell or none was mapped."""
    if not mappings or any(found.get(key, _UNKNOWN) == _UNKNOWN for found in mappings):
        return None
    return sum(not row.get("removed") for found in mappings for row in require_mappings(found[key], key))


def _count_pending_consent(consent: t.Any) -> int:
    """Return how many permissions wait for an administrator."""
    found = require_mapping(consent, "the consent")
    if found.get("status") != "pending_consent":
        return 0
    missing = require_mappings(found.get("missing"), "missing")
    return sum(len(require_list(api.get(kind), kind)) for api in missing for kind in ("application", "delegated"))


def _escape_markup(text: str) -> str:
    """Return *text* so that chats, which read &, < and > as markup, call nobody and link nothing."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
