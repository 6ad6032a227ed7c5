# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The options of assignments of app roles. Pure."""

from __future__ import annotations

import typing as t

from ..._core.argument_specs import ArgumentSpec
from ..._core.risks import build_removals_spec, build_risk_spec
from ..applications.reference import application_option

Kind: t.TypeAlias = t.Literal["group", "user", "service_principal"]
#: Whom a role is assigned to: the suboptions of an assignment, with the words of plans and Graph's word for the type.
KINDS: dict[Kind, tuple[str, str]] = {
    "group": ("group", "Group"),
    "user": ("user", "User"),
    "service_principal": ("service principal", "ServicePrincipal"),
}
RISKS = ("lock_out", "own_rights")
_KEYS = ["app_id", "application"]


def app_role_assignments_spec() -> ArgumentSpec:
    """Return the options of the module entra_app_role_assignment beside sign-in."""
    one = list(KINDS)
    return application_option().merge(
        build_removals_spec(),
        build_risk_spec(*RISKS),
        ArgumentSpec(
            {
                "app_id": {"type": "str"},
                "assignments": {
                    "type": "list",
                    "elements": "dict",
                    "required": True,
                    "options": {"app_role": {"type": "str"}, **{name: {"type": "str"} for name in one}},
                    "required_one_of": [one],
                    "mutually_exclusive": [one],
                },
                "exclusive": {"type": "bool", "default": False},
                "pending_app_roles": {"type": "list", "elements": "str", "default": []},
                "pending_entra_groups": {"type": "list", "elements": "str", "default": []},
                "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            },
            required_one_of=[_KEYS],
            mutually_exclusive=[_KEYS],
        ),
    )
