# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Rules of Entra ID on groups, checked before anything is written. Pure."""

from __future__ import annotations

import re
import typing as t

from ..._core.errors import Problems
from ..._core.plan import Plan
from ..option_checks import Problem, describe_problem, find_excess_owners, find_long_texts

_LONGEST = {"display_name": 256, "description": 1024}
#: Microsoft Learn (group, mailNickname): printable ASCII without blanks and ``@ ( ) \ [ ] " ; : < > ,``.
_NICKNAME = re.compile(r"""[!#$%&'*+\-./0-9=?A-Z^_`a-z{|}~]{1,64}""")


def check_group_plan(plan: Plan, options: t.Mapping[str, t.Any], wire: t.Mapping[str, t.Any]) -> None:
    """Raise Problems with everything that Entra ID would refuse of *plan*; *wire* is the group, empty for a new one."""
    if not plan.changed:
        return
    problems = [*_find_option_problems(options), *_find_group_problems(plan, options, wire)]
    if problems:
        raise Problems(
            f"Entra ID would refuse this of group {options.get('display_name') or wire.get('displayName')}", problems
        )


def _find_option_problems(options: t.Mapping[str, t.Any]) -> list[Problem]:
    if options["state"] == "absent":
        return []
    problems = find_long_texts(options, _LONGEST)
    nickname = options.get("mail_nickname")
    if nickname is not None and not _NICKNAME.fullmatch(nickname):
        message = '1 to 64 ASCII characters without blanks and without @ ( ) \\ [ ] " ; : < > ,'
        problems.append(describe_problem("mail_nickname", message))
    return problems + find_excess_owners(options.get("owners"), "a group")


def _find_group_problems(plan: Plan, options: t.Mapping[str, t.Any], wire: t.Mapping[str, t.Any]) -> list[Problem]:
    problems = []
    name = wire.get("displayName")
    if wire.get("onPremisesSyncEnabled"):
        message = f"group {name} is synchronised from on premises: it is changed and deleted there, not in Entra ID"
        problems.append(describe_problem("group", message))
    if any(step.data.get("relation") == "members" for step in plan.steps) and "DynamicMembership" in (
        wire.get("groupTypes") or ()
    ):
        message = f"group {name} has a membership rule, and only this rule decides on its members"
        problems.append(describe_problem("members", message))
    has, asked = wire.get("uniqueName"), options.get("unique_name")
    if has and asked and any("unique_name" in (step.data.get("fields") or ()) for step in plan.steps):
        message = f"group {name} has the unique name {has}, which cannot be changed"
        problems.append(describe_problem("unique_name", message))
    return problems
