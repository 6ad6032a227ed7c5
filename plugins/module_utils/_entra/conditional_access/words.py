# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A conditional access policy, and what changes of it, in words for people who decide about it. Pure.

Fields are those of the options with names in place of ids: sets as sorted lists, single values as they are.
"""

from __future__ import annotations

import typing as t

from ..._core.object_changes import describe_object_changes
from ..._core.plan import Change
from .fields import IDLE_STATES

Told: t.TypeAlias = t.Mapping[str, t.Any]
NOUN = "conditional access policy"
#: Kinds of the changes by which a policy begins, and ends, to refuse sign-ins. Plans count them apart.
ENFORCEMENT, END_OF_ENFORCEMENT = "enforcement", "end of enforcement"
_OPERATOR, _STATE = "grant.operator", "policy_state"
_STATES = {"report_only": "report-only", "enabled": "in force", "disabled": "off"}
_WORDS = {
    "users.include.users": "included user",
    "users.include.groups": "included group",
    "users.include.roles": "included role",
    "users.include.guests.types": "included kind of guest",
    "users.include.guests.tenants": "tenant of included guests",
    "users.exclude.users": "excluded user",
    "users.exclude.groups": "excluded group",
    "users.exclude.roles": "excluded role",
    "users.exclude.guests.types": "excluded kind of guest",
    "users.exclude.guests.tenants": "tenant of excluded guests",
    "applications.include": "included application",
    "applications.exclude": "excluded application",
    "applications.user_actions": "user action",
    "applications.authentication_contexts": "authentication context",
    "client_applications.include": "included service principal",
    "client_applications.exclude": "excluded service principal",
    "locations.include": "included location",
    "locations.exclude": "excluded location",
    "platforms.include": "included platform",
    "platforms.exclude": "excluded platform",
    "client_app_types": "client app type",
    "authentication_flows": "authentication flow",
    "user_risk": "level of user risk",
    "sign_in_risk": "level of sign-in risk",
    "service_principal_risk": "level of service principal risk",
    "insider_risk": "level of insider risk",
    "grant.controls": "required control",
    "grant.terms_of_use": "required terms of use",
    "grant.custom_factors": "required custom factor",
    "grant.authentication_strength": "authentication strength",
}
#: Words in place of ids, and controls, as people say them.
_SPECIAL = {
    "users.include.users": {
        "all": "all users",
        "none": "nobody",
        "guests_or_external_users": "guests and external users",
    },
    "users.exclude.users": {"guests_or_external_users": "guests and external users"},
    "applications.include": {
        "all": "all applications",
        "none": "no application",
        "office365": "Office 365",
        "microsoft_admin_portals": "Microsoft's admin portals",
    },
    "client_applications.include": {"all_in_tenant": "all service principals of the tenant"},
    "locations.include": {"all": "everywhere"},
}
_PLACES = {
    "all_trusted": "all trusted locations",
    "mfa_trusted_ips": "addresses trusted for multifactor authentication",
}
_CONTROLS = {
    "mfa": "multifactor authentication",
    "compliant_device": "a compliant device",
    "hybrid_joined_device": "a hybrid joined device",
    "approved_application": "an approved application",
    "protected_application": "an application with a protection policy",
    "password_change": "a change of the password",
    "risk_remediation": "remediation of the risk",
}
#: What a value of a field is called where its name alone would not say it.
_NOUNS = {
    "users.include.groups": "group",
    "users.exclude.groups": "group",
    "users.include.roles": "directory role",
    "users.exclude.roles": "directory role",
    "users.include.guests.types": "guests of kind",
    "users.exclude.guests.types": "guests of kind",
    "client_applications.include": "service principal",
    "client_applications.exclude": "service principal",
    "applications.user_actions": "action",
    "applications.authentication_contexts": "authentication context",
    "grant.authentication_strength": "authentication strength",
    "grant.terms_of_use": "terms of use",
    "grant.custom_factors": "custom factor",
}
_WHO = ("users", "groups", "roles", "guests.types")
#: Conditions that narrow a policy beside who, what and where.
_OTHERS = (
    "platforms",
    "client_app_types",
    "device_filter",
    "authentication_flows",
    "user_risk",
    "sign_in_risk",
    "service_principal_risk",
    "insider_risk",
)


def name_state(state: str) -> str:
    """Return what people call a state; one that is none of ours as it is."""
    return _STATES.get(state, state)


def list_policy_words(told: Told) -> list[tuple[str, str]]:
    """Return a policy in words, as pairs of what is said and how: whom it is for, what is signed in to, from where, and what it requires."""
    who = [f"users.include.{name}" for name in _WHO]
    but = [f"users.exclude.{name}" for name in _WHO]
    programs = ("client_applications.include",)
    whom = _join(told, [*who, *programs], [*but, "client_applications.exclude"])
    whom += _tell_filter(told, "client_applications")
    targets = ("applications.include", "applications.user_actions", "applications.authentication_contexts")
    what = _join(told, targets, ["applications.exclude"]) + _tell_filter(told, "applications")
    where = _join(told, ["locations.include"], ["locations.exclude"]) or "everywhere"
    found = [("for", whom), ("signing in to", what), ("from", where)]
    found += [("only with", text) for text in [_tell_others(told)] if text]
    if told.get("grant.controls") == ["block"]:
        found.append(("effect", "sign-in is blocked"))
    else:
        found += [("requires", text) for text in [_tell_demands(told)] if text]
    session = [
        f"{name.removeprefix('session.').replace('_', ' ').replace('.', ' ')} {_plain(value)}"
        for name, value in sorted(told.items())
        if name.startswith("session.")
    ]
    return found + ([("session", ", ".join(session))] if session else [])


def describe_policy_creation(name: str, state: str, told: Told) -> tuple[Change, ...]:
    """Return the change that creates a policy, in words, and beside it the one that it is in force at once."""
    words = [("state", name_state(state)), *list_policy_words(told)]
    # No name ends its quotes.
    listed = ", ".join(f"{what} {_quote(text)}" for what, text in words)
    fields = {_STATE: state, **told}
    created = Change("+", NOUN, name, f"create the {NOUN} with {listed}", {"fields": fields})
    if state in IDLE_STATES:
        return (created,)
    now = Change("~", ENFORCEMENT, name, f"{name_state(state)} from its creation on", {"field": _STATE, "value": state})
    return (created, now)


def describe_policy_removal(name: str, state: str, object_id: str) -> tuple[Change, ...]:
    """Return the change that deletes a policy, and beside it the one that it refuses nothing any more."""
    gone = Change("-", NOUN, name, f"delete the {NOUN}", {"object_id": object_id})
    if state in IDLE_STATES:
        return (gone,)
    ended = Change(
        "~", END_OF_ENFORCEMENT, name, f"take out of force: {name_state(state)} -> deleted", {"field": _STATE}
    )
    return (gone, ended)


def describe_policy_changes(name: str, before: Told, after: Told) -> tuple[Change, ...]:
    """Return one change per entry that a policy gains and loses and per other field; that of its state first, and in words of its own."""
    found = []
    had, has = str(before.get(_STATE, "")), str(after.get(_STATE, ""))
    if had != has:
        begins, ends = (one in IDLE_STATES and other not in IDLE_STATES for one, other in ((had, has), (has, had)))
        kind = ENFORCEMENT if begins else END_OF_ENFORCEMENT if ends else "setting"
        verb = "put in force" if begins else "take out of force" if ends else "change the state"
        told = f"{verb}: {name_state(had)} -> {name_state(has)}"
        found.append(Change("~", kind, name, told, {"field": _STATE, "value": has}))
    if before.get(_OPERATOR) != after.get(_OPERATOR) and after.get(_OPERATOR):
        told = f"require {'all' if after[_OPERATOR] == 'and' else 'one'} of the controls"
        found.append(Change("~", "setting", name, told, {"field": _OPERATOR, "value": after[_OPERATOR]}))
    own = (_STATE, _OPERATOR)
    rest = [{field: value for field, value in side.items() if field not in own} for side in (before, after)]
    return (*found, *describe_object_changes(name, rest[0], rest[1], _WORDS))


def _quote(text: str) -> str:
    inner = text.replace('"', "'")
    return f'"{inner}"'


def _list_words(told: Told, option: str) -> list[str]:
    """Return the values of a field, words in place of ids as people say them."""
    value = told.get(option)
    values = value if isinstance(value, list) else [value] if value else []
    special = {**(_PLACES if option.startswith("locations.") else {}), **_SPECIAL.get(option, {})}
    return [special.get(text, text) for text in map(str, values)]


def _tell_values(told: Told, option: str) -> list[str]:
    """Return the values of a field as one phrase, such as "groups A, B and C"; none where it has none."""
    words = _list_words(told, option)
    noun = _NOUNS.get(option, "")
    listed = ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1] if words else ""
    # Words in place of ids say what they are.
    own = noun and not set(words) & set(_SPECIAL.get(option, {}).values())
    head = f"{noun}{'s' if len(words) > 1 and not noun.endswith('s') else ''} " if own else ""
    # Tenants narrow the kinds of guests.
    tenants = _list_words(told, f"{option.removesuffix('.types')}.tenants") if option.endswith(".guests.types") else []
    of_tenants = f" of tenant{'s' if len(tenants) > 1 else ''} {', '.join(tenants)}" if tenants else ""
    return [f"{head}{listed}{of_tenants}"] if words else []


def _join(told: Told, included: t.Iterable[str], excluded: t.Iterable[str]) -> str:
    """Return what is included but for what is excluded."""
    listed = [text for option in included for text in _tell_values(told, option)]
    left_out = [text for option in excluded for text in _tell_values(told, option)]
    return " and ".join(listed) + (f", except {' and '.join(left_out)}" if left_out else "")


def _tell_filter(told: Told, option: str) -> str:
    rule = told.get(f"{option}.filter.rule")
    word = "except" if told.get(f"{option}.filter.mode") == "exclude" else "those"
    return f", {word} by the rule {rule}" if rule else ""


def _tell_others(told: Told) -> str:
    found = []
    for name in sorted(told):
        value = told[name]
        if not name.startswith(_OTHERS) or (name in ("client_app_types", "platforms.include") and value == ["all"]):
            continue
        found.append(f"{name.replace('_', ' ').replace('.', ' ')} {_plain(value)}")
    return "; ".join(found)


def _tell_demands(told: Told) -> str:
    controls = [_CONTROLS.get(text, text) for text in _list_words(told, "grant.controls")]
    others = ("grant.authentication_strength", "grant.terms_of_use", "grant.custom_factors")
    listed = [*controls, *(text for option in others for text in _tell_values(told, option))]
    return (" and " if told.get(_OPERATOR) == "and" else " or ").join(listed)


def _plain(value: t.Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
