# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The options of a conditional access policy, made from the table of fields. Pure."""

from __future__ import annotations

import typing as t

from ..._core.argument_specs import ArgumentSpec
from ..._core.risks import build_removals_spec, build_risk_spec
from .fields import FIELDS, STATES, Field, Kind

RISKS = ("lock_out", "unmanaged_properties")
#: What clears a field of one word; sets are cleared by an empty list, texts by an empty text.
NOTHING = "none"
#: Controls that a sign-in of :data:`_SIGN_IN` may be able to meet, beside those of a policy.
ABILITIES = (
    "mfa",
    "compliant_device",
    "hybrid_joined_device",
    "approved_application",
    "protected_application",
    "password_change",
    "risk_remediation",
    "authentication_strength",
    "terms_of_use",
)
_SIGN_IN: dict[str, t.Any] = {
    "user": {"type": "str"},
    "service_principal": {"type": "str"},
    "application": {"type": "str"},
    "address": {"type": "str"},
    "country": {"type": "str"},
    "can": {"type": "list", "elements": "str", "choices": list(ABILITIES), "default": []},
}
_WHO = ["user", "service_principal"]
#: Sign-ins that are tried.
SIGN_INS: dict[str, t.Any] = {
    "type": "list",
    "elements": "dict",
    "options": _SIGN_IN,
    "required_one_of": [_WHO],
    "mutually_exclusive": [_WHO],
}


def build_policy_spec() -> ArgumentSpec:
    """Return the options of the module entra_conditional_access_policy beside sign-in."""
    return build_risk_spec(*RISKS).merge(
        build_removals_spec(),
        ArgumentSpec(
            {
                "display_name": {"type": "str"},
                "object_id": {"type": "str"},
                "policy_state": {"type": "str", "choices": list(STATES)},
                **_build_fields(),
                "exclusive": {"type": "bool", "default": False},
                "break_glass": {
                    "type": "dict",
                    "options": {name: {"type": "list", "elements": "str"} for name in ("users", "groups")},
                },
                "must_get_in": SIGN_INS,
                "one_must_get_in": SIGN_INS,
                "caller_address": {"type": "str"},
                "sign_in_history": {
                    "type": "dict",
                    "options": {
                        "days": {"type": "int", "required": True},
                        "otherwise": {"type": "str", "choices": ["fail", "report_only"], "default": "fail"},
                    },
                },
                "pending_named_locations": {"type": "list", "elements": "str", "default": []},
                "pending_entra_groups": {"type": "list", "elements": "str", "default": []},
                "pending_applications": {"type": "list", "elements": "str", "default": []},
                "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            },
            required_one_of=[["object_id", "display_name"]],
        ),
    )


def _build_fields() -> dict[str, t.Any]:
    found: dict[str, t.Any] = {}
    for item in FIELDS:
        *way, last = item.option.split(".")
        options = found
        for name in way:
            options = options.setdefault(name, {"type": "dict", "options": {}})["options"]
        options[last] = _build_field(item)
    return found


def _build_field(item: Field) -> dict[str, t.Any]:
    if item.kind is Kind.SWITCH:
        return {"type": "bool"}
    if item.kind is Kind.NUMBER:
        return {"type": "int"}
    choices = {"choices": list(item.words or ())} if item.words else {}
    if item.is_set:
        return {"type": "list", "elements": "str", **choices}
    if item.kind is Kind.WORD and item.option not in _NEVER_NOTHING:
        choices = {"choices": [*(item.words or ()), NOTHING]}
    return {"type": "str", **choices}


#: Words that go with what stands beside them.
_NEVER_NOTHING = (
    "grant.operator",
    "session.sign_in_frequency.unit",
    "session.sign_in_frequency.authentication",
    "applications.filter.mode",
    "client_applications.filter.mode",
    "device_filter.mode",
)


def read_desired_fields(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return what the options ask for, by option; None clears a field. Fields that are not given are left out.

    Sets are frozensets of what people wrote: names, ids and words, which are resolved apart.
    """
    found: dict[str, t.Any] = {}
    for item in FIELDS:
        value: t.Any = options
        for name in item.option.split("."):
            value = value.get(name) if isinstance(value, t.Mapping) else None
        if value is None:
            continue
        if item.is_set:
            found[item.option] = frozenset(value)
        elif item.kind is Kind.TEXT:
            found[item.option] = " ".join(value.split()) or None
        else:
            found[item.option] = None if value == NOTHING or value == "" else value
    _clear_together(found)
    return found


#: Fields that make no sense without another one: where that is cleared, so are they.
_PARTNERS = {
    "applications.filter.rule": ("applications.filter.mode",),
    "client_applications.filter.rule": ("client_applications.filter.mode",),
    "device_filter.rule": ("device_filter.mode",),
    "session.sign_in_frequency.interval": (
        "session.sign_in_frequency.value",
        "session.sign_in_frequency.unit",
        "session.sign_in_frequency.authentication",
    ),
    "users.include.guests.types": ("users.include.guests.tenants",),
    "users.exclude.guests.types": ("users.exclude.guests.tenants",),
}


def _clear_together(found: dict[str, t.Any]) -> None:
    frequency = "session.sign_in_frequency"
    if found.get(f"{frequency}.interval") == "every_time":
        for name in ("value", "unit"):
            found.setdefault(f"{frequency}.{name}", None)
    for leader, followers in _PARTNERS.items():
        if leader in found and not found[leader]:
            found.update({name: None for name in followers})
