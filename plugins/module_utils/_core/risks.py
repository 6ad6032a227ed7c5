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


def build_risk_spec(*risks: str) -> ArgumentSpec:
    """Return the options ``accept_risk`` (of *risks*) and ``accept_reason``, which goes with it."""
    return ArgumentSpec(
        {
            "accept_risk": {"type": "list", "elements": "str", "choices": list(risks)},
            "accept_reason": {"type": "str"},
        },
        required_by={"accept_risk": ["accept_reason"]},
    )


def require_accepted_risk(ctx: Context, risk: str, danger: str, condition: str = "that is intended") -> None:
    """Raise GuardRefused unless the caller accepted *risk*, which is then a warning.

    *danger* says in one sentence what would happen; *condition*: what has to be so for the risk to be accepted.
    """
    if risk in (ctx.options.get("accept_risk") or []):
        ctx.warn(f"Accepted risk {risk} ({ctx.options.get('accept_reason')}): {danger}")
        return
    raise GuardRefused(
        f"{danger} If {condition}, add {risk} to accept_risk and give the reason in accept_reason.", risk=risk
    )


def build_removals_spec() -> ArgumentSpec:
    """Return the option ``max_removals``."""
    return ArgumentSpec({"max_removals": {"type": "int", "default": MAX_REMOVALS}})


def check_removals(removed: t.Sequence[str], limit: int, noun: str, source: str) -> None:
    """Raise GuardRefused for more than *limit* removals: options that lost their contents by mistake must not take everything away.

    *removed*: what goes, in words; *noun*: what these are, in the plural; *source*: what may be wrong, such as "the mapping".
    """
    if len(removed) > limit:
        more = " …" if len(removed) > _TOLD else ""
        raise GuardRefused(
            f"{len(removed)} {noun} would be removed, more than max_removals {limit}: {'; '.join(removed[:_TOLD])}{more}."
            f" If {source} is right, raise max_removals.",
            removals=len(removed),
        )
