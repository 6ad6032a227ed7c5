# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Risks: dangerous changes are refused until the caller names the risk and gives a reason; so are more removals than the caller expects."""

from __future__ import annotations

import typing as t

from .argument_specs import ArgumentSpec
from .context import Context
from .errors import GuardRefused

#: So many removals a task may do unless it is told otherwise.
MAX_REMOVALS = 20
#: So many removals are named in a refusal.
_TOLD = 5
#: Where people set options of guards as variables, by what the variables' names begin with.
_USERS = {
    "role_mappings": "the role role_mappings and the playbooks site and converge_role_mappings",
    "revert": "the playbook revert",
}


def build_risk_spec(*risks: str) -> ArgumentSpec:
    """Return the options ``accept_risk`` (of *risks*) and ``accept_reason``, which goes with it."""
    return ArgumentSpec(
        {
            "accept_risk": {"type": "list", "elements": "str", "choices": list(risks)},
            "accept_reason": {"type": "str"},
        },
        required_by={"accept_risk": ["accept_reason"]},
    )


def require_accepted_risk(
    ctx: Context, risk: str, danger: str, condition: str = "that is intended", prefixes: t.Sequence[str] = ()
) -> None:
    """Raise GuardRefused unless the caller accepted *risk*, which is then a warning.

    *danger* says in one sentence what would happen; *condition*: what has to be so for the risk to be accepted; *prefixes*: of the variables
    that set the options, see :func:`_name_variables`.
    """
    if risk in (ctx.options.get("accept_risk") or []):
        ctx.warn(f"Accepted risk {risk} ({ctx.options.get('accept_reason')}): {danger}")
        return
    raise GuardRefused(
        f"{danger} If {condition}, add {risk} to accept_risk and give the reason in accept_reason"
        f"{_name_variables(prefixes, 'accept_risk', 'accept_reason')}.",
        risk=risk,
    )


def build_removals_spec() -> ArgumentSpec:
    """Return the option ``max_removals``."""
    return ArgumentSpec({"max_removals": {"type": "int", "default": MAX_REMOVALS}})


def check_removals(
    removed: t.Sequence[str], limit: int, noun: str, source: str, prefixes: t.Sequence[str] = ()
) -> None:
    """Raise GuardRefused for more than *limit* removals: options that lost their contents by mistake must not take everything away.

    *removed*: what goes, in words; *noun*: what these are, in the plural; *source*: what may be wrong, such as "the list";
    *prefixes*: of the variables that set the option, see :func:`_name_variables`.
    """
    if len(removed) > limit:
        more = " …" if len(removed) > _TOLD else ""
        raise GuardRefused(
            f"{len(removed)} {noun} would be removed, more than max_removals {limit}: {'; '.join(removed[:_TOLD])}{more}."
            f" If {source} is right, raise max_removals{_name_variables(prefixes, 'max_removals')}.",
            removals=len(removed),
        )


def _name_variables(prefixes: t.Sequence[str], *options: str) -> str:
    """Return, to be appended to a sentence, the variables that set *options* where a role or playbook runs the module; empty without *prefixes*."""
    named = [f"{' and '.join(f'{prefix}_{option}' for option in options)} in {_USERS[prefix]}" for prefix in prefixes]
    return f" ({'; '.join(named)})" if named else ""
