# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Access evidence for playbooks: what of a variables document it is about, what was not read, and what a bundle holds, as lines."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.values import convert_to_builtins
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tables import SEVERITIES

from .counts import count_words
from .filter_values import FilterInputError, make_visible, require_mapping, require_mappings, to_text

Mapping = t.Mapping[str, t.Any]

_ENTRA = "localhost"
_LONGEST_REASON = 500
#: What of a document a bundle is compared with. None of it holds a secret: a bundle is shown to others.
_COMPARED = ("cvops_application", "cvops_break_glass", "cvops_evidence", "cvops_role_mappings")
_OPTIONS_OF_MAPPINGS = "role_mappings_"
#: So many problems, and reasons why a bundle is not complete, are told; the result and the bundle have all.
_TOLD = 20


def select_evidence_document(variables: t.Any) -> dict[str, t.Any]:
    """Return those variables of a document that evidence is compared with; empty where it declares nobody's access."""
    given = require_mapping(variables, "the variables")
    return {
        name: convert_to_builtins(value)
        for name, value in given.items()
        if name in _COMPARED or name.startswith(_OPTIONS_OF_MAPPINGS)
    }


def list_unread_sources(results: t.Any) -> dict[str, str]:
    """Return why hosts were not read, by host. *results*: registered results of snapshots by CommCell, ``localhost`` for Entra ID."""
    found = {}
    for host, result in require_mapping(results, "the results").items():
        given = require_mapping(result, "a result")
        if not isinstance(given.get("snapshot"), t.Mapping):
            told = to_text(given.get("msg")).strip() or "it was not read, and the reason is not known"
            found[to_text(host)] = to_text(make_visible(told[:_LONGEST_REASON]))
    return found


def format_evidence(result: t.Any, unread: t.Any = None) -> list[str]:
    """Return a result of access_evidence as lines. *unread*: see :func:`list_unread_sources`; alone, with an empty result, it is told, too."""
    given = require_mapping(result, "the result")
    found = make_visible(require_mapping(given.get("evidence"), "evidence"))
    lines = [
        f"{'Entra ID' if host == _ENTRA else f'CommCell {host}'} was not read: {why}"
        for host, why in make_visible(require_mapping(unread, "what was not read")).items()
    ]
    if not found:
        return lines or [to_text(make_visible(given.get("msg"))) or "there is no evidence"]
    return lines + (_format_verdict(found) if "verified" in found else _format_bundle(found, bool(given.get("steps"))))


def find_grave_findings(evidence: t.Any, severity: t.Any) -> list[str]:
    """Return the numbers of open findings of *severity* and above, such as ``2 critical``. Raises FilterInputError for another word."""
    counts = require_mapping(require_mapping(evidence, "evidence").get("findings"), "findings")
    word = to_text(severity)
    if word not in SEVERITIES:
        raise FilterInputError(f"the severity must be one of {', '.join(SEVERITIES)}")
    grave = SEVERITIES[: SEVERITIES.index(word) + 1]
    return [f"{counts[name]} {name}" for name in grave if counts.get(name)]


def _format_bundle(found: Mapping, is_new: bool) -> list[str]:
    counts, findings = found["counts"], found["findings"]
    told = ", ".join(f"{findings[name]} {name}" for name in SEVERITIES if findings.get(name))
    previous = found["previous"]
    lines = [
        f"{found['name']}: {count_words(counts['access'], 'row')} about access, {counts['leavers']} about leavers, "
        f"{counts['identities']} about identities;"
        f" as of {found['as_of']}",
        f"Open findings: {told or 'none'}",
        f"Changes since {previous['name']}: {found['changes']}" if previous else "The first bundle of its chain",
    ]
    if found["partial"]:
        lines.append(f"Not complete, {len(found['partial'])} reasons:")
        lines += [f"  {why}" for why in found["partial"][:_TOLD]]
        if len(found["partial"]) > _TOLD:
            lines.append(f"  and {len(found['partial']) - _TOLD} more, see population.csv")
    if unconfirmed := require_mappings(found.get("not_confirmed"), "not_confirmed"):
        lines.append(f"Changed after they were written, {len(unconfirmed)} files:")
        lines += [f"  {fault.get('path')}: {fault.get('message')}" for fault in unconfirmed[:_TOLD]]
        if len(unconfirmed) > _TOLD:
            lines.append(f"  and {len(unconfirmed) - _TOLD} more, see evidence.not_confirmed of the result")
    if found["pseudonymised"]:
        named = f", and their names in what comes from: {', '.join(found['named_in'])}" if found["named_in"] else ""
        lines.append(f"People have pseudonyms{named}")
    lines.append(f"{'Report' if found['report'] else 'Bundle'}: {found['report'] or found['path']}")
    if found["manifest_sha256"]:
        lines.append(f"SHA-256 of the manifest: {found['manifest_sha256']}")
    if not is_new:
        lines.append("The bundle existed already")
    return lines


def _format_verdict(found: Mapping) -> list[str]:
    names = found["verified"]
    lines = [f"Bundles: {len(names)}" + (f", {names[0]} to {names[-1]}" if names else "")]
    if found["manifest_sha256"]:
        lines.append(f"SHA-256 of the newest manifest: {found['manifest_sha256']}")
    if not found["problem_count"]:
        return [
            *lines,
            "Nothing was changed after it was sealed; the chain proves nothing against its own producer unless its head is kept elsewhere",
        ]
    lines.append(f"CHANGED after it was sealed, {found['problem_count']} problems:")
    lines += [
        f"  {problem['bundle'] or found['path']}: {problem['path']} {problem['message']}"
        for problem in found["problems"][:_TOLD]
    ]
    if found["problem_count"] > _TOLD:
        lines.append(f"  and {found['problem_count'] - _TOLD} more, see evidence.problems of the result")
    return lines
