# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Which playbooks an identity can run, and what to ask for where it cannot. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .needs import Need, Playbook

SIDE_NAMES = {"entra": "Microsoft Entra ID", "commvault": "Commvault"}


@dataclass(frozen=True)
class Held:
    """What an identity holds on one side.

    ``status``: ``ok``, ``failed`` or ``not_configured``. ``permissions``: Graph's names, or Commvault's permission ids as text;
    None when that cannot be told. ``is_person``: permissions are delegated ones, and ``directory_roles`` count (None: unknown).
    ``partial``: there may be rights that are not seen here, because the identity works inside a company.
    """

    status: str
    permissions: frozenset[str] | None = None
    is_person: bool = False
    directory_roles: frozenset[str] | None = None
    partial: bool = False


@dataclass(frozen=True)
class _Finding:
    """How a need is met: True, False, or None when it cannot be told; and which name to ask for."""

    need: Need
    met: bool | None
    names: tuple[str, ...] = ()


def judge(
    held: t.Mapping[str, Held], playbooks: t.Mapping[str, Playbook], features: t.Collection[str]
) -> dict[str, dict[str, t.Any]]:
    """``{playbook: {"can_run": bool | None, "missing": [...], "optional": [...], "reason": str}}``.

    ``held`` is by side, ``entra`` and ``commvault``. ``can_run`` is None when that cannot be told. ``missing`` are exact names
    to ask for, the least that would do, in the order of the table; ``optional`` those without which the playbook does less.
    """
    return {name: _verdict(held, playbook, features) for name, playbook in playbooks.items()}


def _verdict(held: t.Mapping[str, Held], playbook: Playbook, features: t.Collection[str]) -> dict[str, t.Any]:
    if playbook.any_side:
        can_run = any(side.status == "ok" for side in held.values())
        reason = "" if can_run else "; ".join(_down(name, side) for name, side in held.items())
        return {"can_run": can_run, "missing": [], "optional": [], "reason": reason}
    wanted = [need for need in playbook.needs if not need.features or need.features & set(features)]
    down = sorted({need.side for need in wanted if not need.optional and held[need.side].status != "ok"})
    findings = [_finding(held[need.side], need) for need in wanted if held[need.side].status == "ok"]
    lacking = [finding for finding in findings if finding.met is False and not finding.need.optional]
    unknown = [finding for finding in findings if finding.met is None and not finding.need.optional]
    less = [finding for finding in findings if finding.met is False and finding.need.optional]
    sentences = [_down(side, held[side]) for side in down]
    sentences += [_in_words(finding, "lacks") for finding in lacking]
    sentences += [_in_words(finding, "may lack") for finding in unknown]
    sentences += [_in_words(finding, "does less without") for finding in less]
    return {
        "can_run": False if down or lacking else None if unknown else True,
        "missing": _names([*lacking, *unknown]),
        "optional": _names(less),
        "reason": "; ".join(sentences),
    }


def _finding(held: Held, need: Need) -> _Finding:
    if need.side == "commvault":
        return _commvault(held, need)
    if held.permissions is None:
        return _Finding(need, None, need.any_of[:1])
    alternatives = need.delegated if held.is_person else need.any_of
    wanted = [_split(alternative) for alternative in alternatives]
    names: tuple[str, ...] = ()
    if not any(set(one) <= held.permissions for one in wanted):
        names = tuple(name for name in wanted[0] if name not in held.permissions)
    if held.is_person and need.directory_roles:
        if held.directory_roles is None:
            return _Finding(need, False if names else None, (*names, need.directory_roles[0]))
        if not held.directory_roles & set(need.directory_roles):
            names = (*names, need.directory_roles[0])
    return _Finding(need, not names, names)


def _commvault(held: Held, need: Need) -> _Finding:
    name = (need.rights[0][1],)
    if held.permissions is None:
        return _Finding(need, None, name)
    if any(str(number) in held.permissions for number, _name in need.rights):
        return _Finding(need, True)
    return _Finding(need, None if held.partial or need.elsewhere else False, name)


def _split(alternative: str) -> list[str]:
    return alternative.split(" + ")


def _names(findings: t.Sequence[_Finding]) -> list[str]:
    return list(dict.fromkeys(name for finding in findings for name in finding.names))


def _down(side: str, held: Held) -> str:
    what = "sign-in failed" if held.status == "failed" else "not configured"
    return f"{SIDE_NAMES[side]}: {what}"


def _in_words(finding: _Finding, verb: str) -> str:
    where = " on the CommCell" if finding.need.side == "commvault" else ""
    if verb == "may lack" and finding.need.elsewhere:
        where = ", at least on the entities concerned"
    return f"{SIDE_NAMES[finding.need.side]}: {verb} {', '.join(finding.names)}{where} (for {finding.need.purpose})"
