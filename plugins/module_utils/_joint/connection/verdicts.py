# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Verdicts on which playbooks an identity can run, and which permissions to ask for where it cannot. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.names import fold_case
from .needs import PermissionNeed, PlaybookNeeds

SIDE_NAMES = {"entra": "Microsoft Entra ID", "commvault": "Commvault"}


@dataclass(frozen=True)
class HeldPermissions:
    """The permissions that an identity holds on one side.

    ``status``: ``ok``, ``failed`` or ``not_configured``. ``permissions``: Graph's names, or Commvault's permission ids as text;
    None when that cannot be determined. ``is_person``: permissions are delegated ones, and ``directory_roles`` count (None: unknown).
    ``partial``: there may be rights that are not seen here, because the identity works inside a company. ``names``: the names of Commvault's
    permissions, in small letters.
    """

    status: str
    permissions: frozenset[str] | None = None
    is_person: bool = False
    directory_roles: frozenset[str] | None = None
    partial: bool = False
    names: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _NeedFinding:
    """Whether a need is met: True, False, or None when it cannot be determined; ``names`` are the permissions to ask for."""

    need: PermissionNeed
    met: bool | None
    names: tuple[str, ...] = ()


def judge_playbooks(
    held: t.Mapping[str, HeldPermissions], playbooks: t.Mapping[str, PlaybookNeeds], features: t.Collection[str]
) -> dict[str, dict[str, t.Any]]:
    """Return for each playbook whether the identity can run it: ``can_run``, ``missing``, ``optional`` and ``reason``.

    ``held`` is by side, ``entra`` and ``commvault``. ``can_run`` is None when that cannot be determined. ``missing`` are exact names
    to ask for, the least that would do, in the order of the table; ``optional`` those without which the playbook does less.
    """
    return {name: _judge_playbook(held, playbook, features) for name, playbook in playbooks.items()}


def _judge_playbook(
    held: t.Mapping[str, HeldPermissions], playbook: PlaybookNeeds, features: t.Collection[str]
) -> dict[str, t.Any]:
    if playbook.any_side:
        can_run = any(side.status == "ok" for side in held.values())
        reason = "" if can_run else "; ".join(_describe_unusable_side(name, side) for name, side in held.items())
        return {"can_run": can_run, "missing": [], "optional": [], "reason": reason}
    wanted = [need for need in playbook.needs if not need.features or need.features & set(features)]
    down = sorted({need.side for need in wanted if not need.optional and held[need.side].status != "ok"})
    findings = [_judge_need(held[need.side], need) for need in wanted if held[need.side].status == "ok"]
    lacking = [finding for finding in findings if finding.met is False and not finding.need.optional]
    unknown = [finding for finding in findings if finding.met is None and not finding.need.optional]
    less = [finding for finding in findings if finding.met is False and finding.need.optional]
    sentences = [_describe_unusable_side(side, held[side]) for side in down]
    sentences += [_describe_finding(finding, "lacks") for finding in lacking]
    sentences += [_describe_finding(finding, "may lack") for finding in unknown]
    sentences += [_describe_finding(finding, "does less without") for finding in less]
    return {
        "can_run": False if down or lacking else None if unknown else True,
        "missing": _collect_names([*lacking, *unknown]),
        "optional": _collect_names(less),
        "reason": "; ".join(sentences),
    }


def _judge_need(held: HeldPermissions, need: PermissionNeed) -> _NeedFinding:
    if need.side == "commvault":
        return _judge_commvault_need(held, need)
    if held.permissions is None:
        return _NeedFinding(need, None, need.any_of[:1])
    alternatives = need.delegated if held.is_person else need.any_of
    wanted = [_split_alternative(alternative) for alternative in alternatives]
    names: tuple[str, ...] = ()
    if not any(set(one) <= held.permissions for one in wanted):
        names = tuple(name for name in wanted[0] if name not in held.permissions)
    if held.is_person and need.directory_roles:
        if held.directory_roles is None:
            return _NeedFinding(need, False if names else None, (*names, need.directory_roles[0]))
        if not held.directory_roles & set(need.directory_roles):
            names = (*names, need.directory_roles[0])
    return _NeedFinding(need, not names, names)


def _judge_commvault_need(held: HeldPermissions, need: PermissionNeed) -> _NeedFinding:
    if held.permissions is None:
        return _NeedFinding(need, None, need.named or (need.rights[0][1],))
    lacking = tuple(name for name in need.named if fold_case(name) not in held.names)
    if any(str(number) in held.permissions for number, _name in need.rights) or (need.named and not lacking):
        return _NeedFinding(need, True)
    return _NeedFinding(need, None if held.partial or need.elsewhere else False, lacking or (need.rights[0][1],))


def _split_alternative(alternative: str) -> list[str]:
    return alternative.split(" + ")


def _collect_names(findings: t.Sequence[_NeedFinding]) -> list[str]:
    return list(dict.fromkeys(name for finding in findings for name in finding.names))


def _describe_unusable_side(side: str, held: HeldPermissions) -> str:
    what = "sign-in failed" if held.status == "failed" else "not configured"
    return f"{SIDE_NAMES[side]}: {what}"


def _describe_finding(finding: _NeedFinding, verb: str) -> str:
    where = " on the CommCell" if finding.need.side == "commvault" else ""
    if verb == "may lack" and finding.need.elsewhere:
        where = ", at least on the entities concerned"
    return f"{SIDE_NAMES[finding.need.side]}: {verb} {', '.join(finding.names)}{where} (for {finding.need.purpose})"
