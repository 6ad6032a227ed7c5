# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The user that the options of commvault_user describe. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._core.argument_specs import ArgumentSpec
from .canonical import FIELDS, KINDS, Kind

#: When the password is written: never over one that is there, or in every run.
PASSWORD_POLICIES = ("on_create", "always")
_OWNER = {
    "type": "dict",
    "options": {"user": {"type": "raw"}, "user_group": {"type": "raw"}},
    "mutually_exclusive": [["user", "user_group"]],
    "required_one_of": [["user", "user_group"]],
}


def build_user_spec() -> ArgumentSpec:
    """Return the options that describe a user, and what becomes of what a deleted one owns."""
    return ArgumentSpec(
        {
            "name": {"type": "str", "required": True},
            "company": {"type": "str"},
            "kind": {"type": "str", "choices": list(KINDS)},
            "full_name": {"type": "str"},
            "email": {"type": "str"},
            "user_principal_name": {"type": "str"},
            "description": {"type": "str"},
            "enabled": {"type": "bool"},
            "password": {"type": "str", "no_log": True},
            "password_policy": {
                "type": "str",
                "choices": list(PASSWORD_POLICIES),
                "default": "on_create",
                "no_log": False,
            },
            "validation_password": {"type": "str", "no_log": True},
            "user_groups": {"type": "list", "elements": "raw"},
            "exclusive": {"type": "bool", "default": False},
            "new_owner": _OWNER,
            "skip_ownership_transfer": {"type": "bool", "default": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[["state", "present", ["kind"]]],
    )


@dataclass(frozen=True)
class DesiredUser:
    """What the options say of a user. ``fields``: the managed ones of canonical.FIELDS. The password itself is not part of it.

    ``groups``: ids of user groups by name, None where they are not managed.
    """

    name: str
    kind: Kind
    fields: t.Mapping[str, t.Any] = field(default_factory=dict)
    has_password: bool = False
    writes_password: bool = False
    groups: t.Mapping[str, int] | None = None
    exclusive: bool = False


def desired_user(options: t.Mapping[str, t.Any], groups: t.Mapping[str, int] | None = None) -> DesiredUser:
    """Return what the options, which check_options has passed, say of a user. *groups*: those of the options, by name."""
    fields = {name: options[name] for name in FIELDS if options.get(name) is not None}
    has_password = options.get("password") is not None
    return DesiredUser(
        name=options["name"],
        kind=options["kind"],
        fields={name: value.rstrip("\r\n") if isinstance(value, str) else value for name, value in fields.items()},
        has_password=has_password,
        writes_password=has_password and options["password_policy"] == "always",
        groups=groups,
        exclusive=options["exclusive"],
    )
