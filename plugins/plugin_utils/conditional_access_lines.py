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

#: Keys of a sign-in that keeps a policy in report-only, in the order in which they are told, with the word before each.
_OF_SIGN_IN = (("who", ""), ("address", "from "), ("country", "in "), ("client", "with "), ("time", "at "))
_COVERAGE = (
    "only applications of this tenant, with the licence Workload Identities Premium. Managed identities and applications of other tenants, such as"
    " those of Commvault's express configuration, are not covered"
)


def describe_held_back(result: t.Any) -> list[str]:
    """Return a line for each sign-in that keeps the policy of a task in report-only, out of its registered result."""
    told = require_mapping(result, "the result")
    policy = _get_policy(told)
    # By name, since results of other tasks, such as a mapping, hold many values.
    rows = make_visible(require_mappings(told.get("held_back", policy.get("held_back")), "held_back"))
    name = make_visible(to_text(policy.get("display_name")))
    return [f"{name}: {_describe_sign_in(row)}" for row in rows]


def _describe_sign_in(row: Mapping) -> str:
    known = [key for key, dummy in _OF_SIGN_IN]
    words = [f"{word}{to_text(row[key])}" for key, word in _OF_SIGN_IN if row.get(key)]
    rest = [f"{to_text(key)} {to_text(value)}" for key, value in row.items() if key not in known and value]
    return " ".join(words) + (f" ({', '.join(rest)})" if rest else "")


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
        lines.append(f"Conditional access: {name}: {make_visible(state)}")
        lines += [f"  stays in report-only: {line}" for line in describe_held_back({"policy": policy})]
        lines += [
            f"  covers {line.partition(': ')[2]}"
            for line in describe_coverage({"policy": {**policy, "display_name": ""}})
        ]
    return lines


def _get_policy(result: Mapping) -> Mapping:
    return require_mapping(result.get("policy"), "policy")
