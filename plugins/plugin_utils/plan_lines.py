# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The plan of a playbook for people, and its digest, from the steps in the results of its tasks. Invisible characters in names are escaped here."""

from __future__ import annotations

import hashlib
import json
import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import describe_place
from ansible_collections.cvops.identity.plugins.module_utils._core.names import fold_case

from .conditional_access_lines import describe_coverage, describe_held_back
from .counts import count_words, make_plural
from .declared_access import is_held_back
from .filter_values import (
    FilterInputError,
    make_visible,
    require_list,
    require_mapping,
    require_mappings,
    show_members,
    to_text,
)

Mapping = t.Mapping[t.Any, t.Any]

#: Kinds that exist by themselves; all others are parts of something, which are added and removed.
_OBJECTS = frozenset(
    (
        "access token",
        "application",
        "conditional access policy",
        "credential",
        "federated credential",
        "group",
        "named location",
        "role",
        "SAML app",
        "secret",
        "service principal",
        "user group",
    )
)
_OBJECT_VERBS = {"+": "created", "-": "deleted", "~": "changed"}
_PART_VERBS = {"+": "added", "-": "removed", "~": "changed"}
#: Changes that are counted in words of their own, one and several; what is left out where not all steps are shown is never one of them first.
_PHRASES = {
    "active signing certificate": ("signing certificate put to use", "signing certificates put to use"),
    "enforcement": ("policy put in force", "policies put in force"),
    "end of enforcement": ("policy taken out of force", "policies taken out of force"),
}
#: Kinds of which each count has its noun: what is added in one service and what is changed in the other are not the same.
_ALWAYS_NAMED = ("signing certificate",)
#: What is left out first where not all steps are shown: nobody overlooks a removal behind a thousand additions.
_IMPORTANCE = {"-": 0, "~": 1, "+": 2}
_NOTHING = "nothing to do"
#: Members of a mapping's result that a plan shows beside its steps, and their titles; and those that say what is left to a later run.
_NOTED = {
    "surplus": "Surplus: access that is not in the document, and stays",
    "unmanaged": "Unmanaged: groups with access and without an entry",
    "unchecked": "Not checked: whether the signed-in identity may do this",
    "unverified": "Not verified: what these object ids identify",
}
_WAITING = ("remaining", "not_confirmed")
#: A sentence of more characters that names settings has them on lines of their own.
_LONGEST_SENTENCE = 100
_SETTING = re.compile(r'[A-Za-z][\w .:/()-]* (?:"[^"]*"|true|false|-?[0-9]+)')
_WITH_SETTINGS = re.compile(rf'(?P<what>[^",]+? with) (?P<settings>{_SETTING.pattern}(?:, {_SETTING.pattern})+)')


@dataclass
class HostPlan:
    """What the results of one host say: its steps, what they are about, and lines under titles beside them."""

    steps: list[Mapping] = field(default_factory=list)
    targets: set[str] = field(default_factory=set)
    notes: dict[str, list[str]] = field(default_factory=dict)

    def add_notes(self, title: str, lines: t.Iterable[str]) -> None:
        """Take up *lines* under *title*, each once."""
        known = self.notes.setdefault(title, [])
        known += [line for line in dict.fromkeys(lines) if line not in known]


def format_plan(
    plans: t.Any, limit: t.Any = 0, markdown: bool = False, entra_host: t.Any = "localhost", rest: t.Any = ""
) -> list[str]:
    """Return the plan of each host as lines: totals, the steps of each principal, and what else an approver has to know.

    *plans*: by host, results of tasks (loops too), or steps themselves. *limit*: so many steps, and so many lines of each other part, are
    shown of a host, 0 for all; *rest*: where the others are, for the end of the line that counts them. *markdown*: for a file. *entra_host*:
    the host whose plan is that of Entra ID; the others are CommCells.
    """
    _check_limit(limit)
    found = {to_text(host): _read_host(results) for host, results in require_mapping(plans, "the plans").items()}
    ordered = sorted(found.items(), key=lambda item: (item[0] != entra_host, fold_case(item[0]), item[0]))
    total = _format_totals([step for dummy, plan in ordered for step in plan.steps])
    lines = [f"# Plan: {escape_markdown(total)}" if markdown else f"Plan: {total}"]
    for host, plan in ordered:
        name = "Entra ID" if host == entra_host else f"CommCell {make_visible(host)}"
        kind = "tenant " if host == entra_host else ""
        where = f" ({kind}{', '.join(sorted(plan.targets))})" if plan.targets else ""
        totals = _format_totals(plan.steps)
        told = "" if totals == total else f": {totals}"  # the first line says it already
        lines += format_block(f"{name}{where}{told}", plan.steps, plan.notes, limit, rest, markdown)
    return lines


def format_block(
    title: str,
    steps: t.Sequence[Mapping],
    notes: t.Mapping[str, t.Sequence[str]],
    limit: t.Any = 0,
    rest: t.Any = "",
    markdown: bool = False,
) -> list[str]:
    """Return a part of a plan: its title, the steps of each principal, and lines under titles; names are visible already.

    *limit*, *rest* and *markdown*: as for :func:`format_plan`.
    """
    _check_limit(limit)
    more = to_text(make_visible(rest))
    shown = _group_steps(steps, limit)
    left_out = _count_rest(shown.left_out, more)
    kept = {name: _cut(told, limit, more) for name, told in notes.items() if told}
    return (_write_markdown if markdown else _write_text)(title, shown, left_out, kept)


def _check_limit(limit: t.Any) -> None:
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
        raise FilterInputError("limit must be 0 (no limit) or a positive number")


def compute_digest(plans: t.Any) -> str:
    """Return the SHA-256 of the steps of all hosts and of what they are about, in hexadecimal; no order makes a difference.

    *plans*: as for :func:`format_plan`. A host without steps counts as none.
    """
    found = {}
    for host, results in require_mapping(plans, "the plans").items():
        plan = _read_host(results)
        ids = sorted({to_text(step.get("id")) for step in plan.steps})
        if ids:
            found[to_text(host)] = {"targets": sorted(plan.targets), "steps": ids}
    text = json.dumps(found, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _read_host(results: t.Any) -> HostPlan:
    plan = HostPlan()
    for item in require_mappings(results, "the results of a host"):
        _take_result(plan, item)
    return plan


def _take_result(plan: HostPlan, result: Mapping) -> None:
    if "sentence" in result:
        plan.steps.append(make_visible(result))
        return
    if "results" in result:
        for item in require_mappings(result["results"], "results of a loop"):
            _take_result(plan, item)
        return
    plan.steps += make_visible(require_mappings(result.get("steps"), "steps"))
    if result.get("target"):
        plan.targets.add(to_text(make_visible(result["target"])))
    if result.get("failed"):
        plan.add_notes("Problems", _list_problems(make_visible(result)))
    mapped = show_members(require_mapping(result.get("role_mappings"), "role_mappings"), [*_NOTED, *_WAITING])
    consent = make_visible(require_mapping(result.get("consent"), "consent"))
    plan.add_notes("Waiting for somebody", [*_list_missing_consent(consent), *_list_waiting(mapped)])
    plan.add_notes("Sign-ins that the policy would have refused", describe_held_back(result))
    if result.get("steps"):
        plan.add_notes("Not covered", describe_coverage(result))
    for name, title in _NOTED.items():
        plan.add_notes(title, _list_rows(mapped.get(name), name))
    gone = len(require_list(result.get("steps_gone"), "steps_gone"))
    if gone:
        why = (
            "its policy stays in report-only, or somebody else has done it already"
            if is_held_back(result)
            else "somebody else has done it already"
        )
        plan.add_notes("Not needed any more", [f"{gone} approved steps: {why}"])


def _list_problems(result: Mapping) -> list[str]:
    problems = require_mappings(require_mapping(result.get("error"), "error").get("problems"), "problems")
    return [f"{describe_place(problem)}: {problem.get('message')}" for problem in problems] or [
        to_text(result.get("msg"))
    ]


def _list_missing_consent(consent: Mapping) -> t.Iterator[str]:
    where = f", to be granted at {consent['consent_url']}" if consent.get("consent_url") else ""
    for api in require_mappings(consent.get("missing"), "missing"):
        for kind in ("application", "delegated"):
            for name in require_list(api.get(kind), kind):
                yield f"consent to the {kind} permission {name} of {api.get('api')}{where}"


def _list_waiting(mapped: Mapping) -> t.Iterator[str]:
    if mapped.get("remaining"):
        yield f"{count_words(mapped['remaining'], 'write request')}, for the next run (max_writes, canary)"
    unconfirmed = require_list(mapped.get("not_confirmed"), "not_confirmed")
    if unconfirmed:
        yield f"{len(unconfirmed)} grants that were written but are not visible; they may be waiting for an approval"


def _list_rows(rows: t.Any, name: str) -> list[str]:
    """Return rows of a mapping's result in words, but for access that the plan takes away; a text in place of rows, such as "unknown", as it is."""
    if isinstance(rows, str):
        return [rows]
    return [_describe_row(row) for row in require_mappings(rows, name) if row.get("removed") is not True]


def _describe_row(row: Mapping) -> str:
    if "object_id" in row:
        return f"{row.get('name') or 'no name'} ({row['object_id']})"
    who = to_text(row.get("principal") or row.get("user_group"))
    if "role" in row:
        return f"{who}: {row['role']} on {row.get('entity_type')} {row.get('entity')}"
    grants = row.get("held", row.get("grants"))
    if isinstance(grants, list):
        told = [_describe_row(item).removeprefix(": ") if isinstance(item, dict) else to_text(item) for item in grants]
        return f"{who}: {', '.join(told)}"
    return f"{who}: {count_words(grants, 'grant')}" if grants is not None else who


@dataclass(frozen=True)
class _ShownSteps:
    """The steps by principal, sorted by name, and the number of those that are left out."""

    by_principal: t.Mapping[str, t.Sequence[Mapping]]
    left_out: int


def _group_steps(steps: t.Sequence[Mapping], limit: int) -> _ShownSteps:
    ranked = sorted(range(len(steps)), key=lambda index: (_rank_step(steps[index]), index))
    shown = sorted(ranked[:limit] if limit else ranked)
    found: dict[str, list[Mapping]] = {}
    for index in shown:
        found.setdefault(to_text(steps[index].get("principal")), []).append(steps[index])
    names = sorted(found, key=lambda name: (fold_case(name), name))
    return _ShownSteps({name: found[name] for name in names}, len(steps) - len(shown))


def _rank_step(step: Mapping) -> int:
    if to_text(step.get("kind")) in _PHRASES:
        return 0
    return _IMPORTANCE.get(to_text(step.get("sign")), 0)


def _write_text(title: str, shown: _ShownSteps, rest: list[str], notes: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    lines = [title]
    for principal, steps in shown.by_principal.items():
        lines.append(f"  {principal}")
        for step in steps:
            sentence, *settings = _split_sentence(to_text(step.get("sentence")))
            lines += [f"    {step.get('sign')} {sentence}", *(f"        {setting}" for setting in settings)]
    lines += [f"  {line}" for line in rest]
    for name, told in notes.items():
        lines.append(f"  {name}")
        lines += [f"    {line}" for line in told]
    return lines


def _write_markdown(
    title: str, shown: _ShownSteps, rest: list[str], notes: t.Mapping[str, t.Sequence[str]]
) -> list[str]:
    lines = ["", f"## {escape_markdown(title)}"]
    if shown.by_principal:
        block: list[str] = []
        for principal, steps in shown.by_principal.items():
            block.append(f"  {principal}")
            for step in steps:
                sentence, *settings = _split_sentence(to_text(step.get("sentence")))
                block += [f"{step.get('sign')}   {sentence}", *(f"{step.get('sign')}     {told}" for told in settings)]
        block += [f"  {line}" for line in rest]
        # Longer than what any name holds, so that no name ends the block.
        fence = "`" * max(3, 1 + max(len(run) for run in re.findall("`*", "\n".join(block))))
        lines += ["", f"{fence}diff", *block, fence]
    for name, told in notes.items():
        lines += ["", f"### {escape_markdown(name)}", ""]
        lines += [f"- {escape_markdown(line)}" for line in told]
    return lines


def _split_sentence(sentence: str) -> list[str]:
    """Return *sentence* in one part, a long one that names settings as what comes before them and each of them."""
    found = _WITH_SETTINGS.fullmatch(sentence) if len(sentence) > _LONGEST_SENTENCE else None
    return [found["what"], *_SETTING.findall(found["settings"])] if found else [sentence]


def _cut(lines: t.Sequence[str], limit: int, rest: str) -> list[str]:
    shown = list(lines[:limit] if limit else lines)
    return [*shown, *_count_rest(len(lines) - len(shown), rest)]


def _count_rest(left_out: int, rest: str) -> list[str]:
    """Return the line that counts what is not shown and says where it is; none where nothing is left out."""
    return [f"and {left_out} more{', ' if rest else ''}{rest}"] if left_out else []


def escape_markdown(text: str) -> str:
    r"""Return *text* so that Markdown shows it as it is: the marks that mean something get a backslash."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]<>#|~&!$@" else character for character in text)


def _format_totals(steps: t.Sequence[Mapping]) -> str:
    """Return such as "3 grants added, 1 removed, 2 user groups created"; the kinds in the order of the steps."""
    counts: dict[tuple[str, str], int] = {}
    for step in steps:
        kind, sign = to_text(step.get("kind")), to_text(step.get("sign"))
        counts[kind, sign] = counts.get((kind, sign), 0) + 1
    told = []
    for kind in dict.fromkeys(kind for kind, dummy in counts):
        if kind in _PHRASES:
            number = sum(counted for (other, dummy), counted in counts.items() if other == kind)
            told.append(f"{number} {_PHRASES[kind][number != 1]}")
            continue
        noun_is_told = False
        for sign, verb in (_OBJECT_VERBS if kind in _OBJECTS else _PART_VERBS).items():
            count = counts.get((kind, sign))
            if count:
                noun = "" if noun_is_told else f"{kind if count == 1 else make_plural(kind)} "
                told.append(f"{count} {noun}{verb}")
                noun_is_told = kind not in _ALWAYS_NAMED
    return ", ".join(told) or _NOTHING
