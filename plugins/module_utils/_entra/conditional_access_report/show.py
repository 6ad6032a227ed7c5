# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A policy as the result has it: in the shape of the module that writes policies, in words, and as that module takes it. Pure."""

from __future__ import annotations

import typing as t

from ..._core.visible import to_one_line
from ..conditional_access.canonical import Policy, show_form
from ..conditional_access.fields import STATES
from .exclusions import Exclusion
from .references import References
from .rows import Row
from .unknown import list_unknown_fields, list_unknown_words
from .words import build_options, describe_policy


def show_policy(
    policy: Policy,
    dates: t.Mapping[str, t.Any],
    reach: t.Sequence[Row],
    exclusions: t.Iterable[Exclusion],
    references: References,
) -> Row:
    """Return a policy of the result."""
    unknown = list_unknown_fields(policy.wire, policy.state, policy.form)
    state = {"policy_state": policy.state} if policy.state in STATES else {}
    template = policy.wire.get("templateId")
    return {
        "object_id": policy.object_id,
        "display_name": policy.display_name,
        "policy_state": policy.state,
        **dates,
        "template_id": to_one_line(str(template), 100) if template else None,
        "summary": describe_policy(policy.state, policy.form, unknown, references.label),
        "reach": list(reach),
        **show_form(policy.form, references.names),
        "exclusions": [_show_exclusion(one, references) for one in exclusions],
        "unknown_fields": unknown,
        "options": {
            "object_id": policy.object_id,
            **({"display_name": policy.display_name} if policy.display_name else {}),
            **state,
            **build_options(policy.form, list_unknown_words(policy.form)),
        },
    }


def _show_exclusion(one: Exclusion, references: References) -> Row:
    return {
        "option": one.option,
        "id": one.entry,
        "name": references.names.get((one.refers, one.entry)) if one.refers else None,
        "status": one.status,
        "covered_by": [policy.display_name for policy in one.covered_by],
        "may_be_covered_by": [policy.display_name for policy in one.may_be_covered_by],
    }
