# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The facts about a connection as lines of text. Pure."""

from __future__ import annotations

import typing as t

from ..._core.visible import escape_structure

ConnectionFacts = t.Mapping[str, t.Any]
#: From this difference of clocks on, in seconds, services may refuse a token as not yet or no longer valid.
_CLOCK_LIMIT_S = 60
_MINUTE_S, _HOUR_S = 60, 3600
#: How the source of an option begins that a variables document gives: its place is what stands before the last key.
_DOCUMENT = "cvops_connection."
_ANSWERS = {True: "can run", False: "cannot run", None: "cannot be determined"}


def format_connection_report(found: ConnectionFacts) -> dict[str, list[str]]:
    """Return lines by part: ``entra``, ``commvault``, ``playbooks``. Line breaks in names from the services are escaped."""
    found = escape_structure(found)
    return {
        "entra": _format_side("Microsoft Entra ID", found["entra"], _describe_entra_sign_in),
        "commvault": _format_side("Commvault", found["commvault"], _describe_commvault_sign_in),
        "playbooks": _format_playbooks(found["playbooks"]),
    }


#: What makes a connection, in a variables document and in the environment.
_WHAT_TO_SET = {
    "Microsoft Entra ID": (
        "cvops_connection.entra with tenant_id, client_id and client_secret, in a variables document, or",
        "CVOPS_TENANT_ID, CVOPS_CLIENT_ID and CVOPS_CLIENT_SECRET in the environment;",
        "other ways to sign in: client_certificate in place of the secret, or auth_method",
    ),
    "Commvault": (
        "cvops_connection.commcells.NAME with url, username and password, in a variables document, or",
        "CVOPS_COMMVAULT_URL, CVOPS_COMMVAULT_USERNAME and CVOPS_COMMVAULT_PASSWORD in the environment;",
        "in place of user and password: an access token, or commvault_auth_method",
    ),
}


def _format_side(
    title: str, side: ConnectionFacts, described: t.Callable[[ConnectionFacts], list[tuple[str, str]]]
) -> list[str]:
    if side["status"] == "not_configured":
        return [f"{title}: not configured", *(f"  {'set':<12} {text}" for text in _WHAT_TO_SET[title])]
    lines = [f"{title}: {'signed in' if side['status'] == 'ok' else 'FAILED'}"]
    if side["error"]:
        lines.append(f"  error        {side['error']['msg']}")
    pairs = (described(side) if side["status"] == "ok" else []) + _describe_route(side)
    return lines + [f"  {name:<12} {text}" for name, text in pairs]


def _describe_entra_sign_in(side: ConnectionFacts) -> list[tuple[str, str]]:
    identity, tenant = side["identity"], side["tenant"]
    name = identity["user_name"] or identity["display_name"] or "unnamed"
    lines = [
        (
            "identity",
            f"{str(identity['kind']).replace('_', ' ')} {name} (object id {identity['object_id']}), as the token says",
        ),
        ("method", f"{side['method']}{_format_token_life(side['token_life_s'])}"),
        (
            "tenant",
            f"{tenant['display_name'] or 'name not readable'} ({tenant['id']}){_format_domains(tenant['domains'])}",
        ),
        ("permissions", _format_names(side["permissions"])),
    ]
    if identity["kind"] == "user":
        lines.append(("roles", _format_names(side["directory_roles"])))
    if side["owned_applications"] is not None:
        lines.append(("owns", f"{side['owned_applications']} applications"))
    return lines


def _describe_commvault_sign_in(side: ConnectionFacts) -> list[tuple[str, str]]:
    identity, commcell = side["identity"], side["commcell"]
    rights, header = side["rights"], side["token_header"]
    return [
        ("identity", f"user {identity['user_name'] or 'unnamed'} (groups: {_format_names(identity['groups'])})"),
        *(
            [("token", f"of Entra ID, taken as Bearer in the header {header} (commvault_entra_header)")]
            if header
            else []
        ),
        ("commcell", f"{commcell['name'] or 'name not readable'}, release {side['release'] or 'not readable'}"),
        ("company", side["company"] or identity["company"] or "CommCell level"),
        ("rights", "not readable" if rights is None else f"{len(rights)} on the CommCell"),
    ]


def _describe_route(side: ConnectionFacts) -> list[tuple[str, str]]:
    lines = [
        ("address", str(side.get("graph_url") or side.get("url") or "unknown")),
        (
            "way",
            f"{side.get('ca', 'CA unknown')}; {side.get('proxy', 'proxy unknown')}{_format_latency(side['latency_ms'])}",
        ),
        ("clock", _format_clock_difference(side["clock_difference_s"])),
    ]
    return lines + [("inputs", _format_input_sources(side.get("sources") or {}))]


def _format_input_sources(sources: t.Mapping[str, str]) -> str:
    """Return options by their source; those given with the task count as one source, and so do those of one place of a document."""
    by_source: dict[str, list[str]] = {}
    for name, source in sources.items():
        shared = source.rpartition(".")[0] if source.startswith(_DOCUMENT) else source
        by_source.setdefault("the task" if source == f"option {name}" else shared, []).append(name)
    return "; ".join(f"{', '.join(names)} from {source}" for source, names in by_source.items()) or "none"


def _format_playbooks(verdicts: ConnectionFacts) -> list[str]:
    width = max((len(name) for name in verdicts), default=0)
    lines = []
    for name, verdict in verdicts.items():
        lines.append(f"{name:<{width}}  {_ANSWERS[verdict['can_run']]}")
        if verdict["missing"]:
            lines.append(f"{'':<{width}}  ask for: {', '.join(verdict['missing'])}")
        lines += [f"{'':<{width}}  {sentence}" for sentence in verdict["reason"].split("; ") if sentence]
    return lines


def _format_clock_difference(difference_s: int | None) -> str:
    if difference_s is None:
        return "no answer told the time"
    if difference_s == 0:
        return "agrees with ours"
    words = f"{_format_duration(abs(difference_s))} {'ahead of' if difference_s > 0 else 'behind'} ours"
    return f"{words}: SET THE CLOCK, tokens may be refused" if abs(difference_s) > _CLOCK_LIMIT_S else words


def _format_duration(seconds: int) -> str:
    """Return a time in the largest unit that says it well enough: ``90 s``, ``5 minutes``, ``50 hours``."""
    if seconds < 2 * _MINUTE_S:
        return f"{seconds} s"
    return f"{seconds // _MINUTE_S} minutes" if seconds < 2 * _HOUR_S else f"{seconds // _HOUR_S} hours"


def _format_token_life(life_s: int | None) -> str:
    return "" if life_s is None else f" (token valid for another {life_s // 60} min)"


def _format_latency(latency_ms: int | None) -> str:
    return "" if latency_ms is None else f"; {latency_ms} ms"


def _format_domains(names: t.Sequence[str] | None) -> str:
    return f": {', '.join(names)}" if names else ""


def _format_names(names: t.Sequence[str] | None) -> str:
    return "not readable" if names is None else ", ".join(names) or "none"
