# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What people have to know of conditional access policies beside their changes, from the results of their tasks. Names are visible already."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.words import name_state

from .filter_values import make_visible, require_mapping, require_mappings, to_text

Mapping = t.Mapping[t.Any, t.Any]

#: So many of the sign-ins that keep a policy in report-only are lines of a report; all are in the summary.
_TOLD = 20
_COVERAGE = (
    "only applications of this tenant, with the licence Workload Identities Premium. Managed identities and "
    "applications of other tenants, such as"
    " those of Commvault's express configuration, are not covered"
)


def describe_held_back(result: t.Any) -> list[str]:
    """Return a line for each sign-in, or part of the log, that keeps the policy of a task in report-only, out of its registered result."""
    policy = _get_policy(require_mapping(result, "the result"))
    # By name, since results of other tasks, such as a mapping, hold many values.
    rows = make_visible(require_mappings(policy.get("held_back"), "held_back"))
    name = make_visible(to_text(policy.get("display_name")))
    return [f"{name}: {_describe_sign_in(row)}" for row in rows]


def _describe_sign_in(row: Mapping) -> str:
    why = to_text(row.get("why"))
    if not row.get("who"):
        return why
    address = f" from {to_text(row['address'])}" if row.get("address") else " from an unknown address"
    country = f" ({to_text(row['country'])})" if row.get("country") else ""
    count = row.get("count") or 1
    times = f"{to_text(count)} time{'' if count == 1 else 's'}, last at {to_text(row.get('last_seen'))}"
    return f"{to_text(row['who'])}{address}{country}, {times}: {why}"


def describe_coverage(result: t.Any) -> list[str]:
    """Return in a line what a policy for programs does not cover, out of the registered result of its task; none for another one."""
    policy = _get_policy(require_mapping(result, "the result"))
    programs = require_mapping(policy.get("client_applications"), "client_applications")
    return [f"{make_visible(to_text(policy.get('display_name')))}: {_COVERAGE}"] if programs.get("include") else []


def format_policies(access: t.Any) -> list[str]:
    """Return each policy with its state, what keeps it in report-only and what it does not cover; out of a run's result of conditional access."""
    told = require_mapping(access, "the result of conditional access")
    lines = []
    for policy in require_mappings(told.get("policies"), "policies"):
        name, state = make_visible(to_text(policy.get("display_name"))), name_state(to_text(policy.get("policy_state")))
        would_be = "would be " if policy.get("planned") else ""
        lines.append(f"Conditional access: {name}: {would_be}{make_visible(state)}")
        held = [line.partition(": ")[2] for line in describe_held_back({"policy": {**policy, "display_name": ""}})]
        lines += [f"  {_name_hold(policy)}: {line}" for line in held[:_TOLD]]
        lines += [f"  {_name_hold(policy)}: and {len(held) - _TOLD} more"] if len(held) > _TOLD else []
        lines += [
            f"  covers {line.partition(': ')[2]}"
            for line in describe_coverage({"policy": {**policy, "display_name": ""}})
        ]
    return lines


def _name_hold(policy: Mapping) -> str:
    """Return what sign-ins mean that speak against a policy: one that is in force already stays so."""
    is_planned = bool(policy.get("planned"))
    if policy.get("policy_state") == "report_only":
        return "would stay in report-only" if is_planned else "stays in report-only"
    return "would refuse" if is_planned else "shuts out"


def _get_policy(result: Mapping) -> Mapping:
    return require_mapping(result.get("policy"), "policy")
