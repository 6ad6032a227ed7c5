# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A conditional access policy in sentences, made from the table of its fields, so that none is left out. Pure."""

from __future__ import annotations

import typing as t

from ..._core.visible import to_one_line
from ..conditional_access.canonical import Form
from ..conditional_access.evaluation import is_for_programs
from ..conditional_access.fields import BY_OPTION, FIELDS, Field, Kind, Refers

#: What is said of an object: its name, with its id where the name alone might be taken for another one.
Labels: t.TypeAlias = t.Callable[[Refers, str], str]
#: Characters of one sentence.
_LONGEST = 20_000
_STATES = {
    "enabled": "In force.",
    "report_only": "Report-only: it refuses nobody, and the sign-in logs show what it would do.",
    "disabled": "Disabled.",
}
_SPECIAL = {
    "none": "nobody",
    "guests_or_external_users": "guests and external users",
    "office365": "Office 365",
    "microsoft_admin_portals": "Microsoft's admin portals",
    "all_in_tenant": "all service principals of this tenant",
    "all_trusted": "all trusted locations",
    "mfa_trusted_ips": "the addresses trusted for multifactor authentication",
}
_ALL = {Refers.USER: "all users", Refers.APPLICATION: "all applications", Refers.LOCATION: "anywhere"}
#: Sentences by their beginnings; each with its options and the words before their values.
_SENTENCES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "For",
        (
            ("users.include.users", ""),
            ("users.include.groups", "members of"),
            ("users.include.roles", "holders of"),
            ("users.include.guests.types", "external users:"),
            ("users.include.guests.tenants", "of the tenants"),
            ("client_applications.include", "the service principal"),
        ),
    ),
    (
        "Never for",
        (
            ("users.exclude.users", ""),
            ("users.exclude.groups", "members of"),
            ("users.exclude.roles", "holders of"),
            ("users.exclude.guests.types", "external users:"),
            ("users.exclude.guests.tenants", "of the tenants"),
            ("client_applications.exclude", "the service principal"),
        ),
    ),
    (
        "Service principals by a rule",
        (("client_applications.filter.mode", ""), ("client_applications.filter.rule", "")),
    ),
    (
        "When they sign in to",
        (
            ("applications.include", ""),
            ("applications.user_actions", "the action"),
            ("applications.authentication_contexts", "the authentication context"),
        ),
    ),
    ("Not when they sign in to", (("applications.exclude", ""),)),
    ("Applications by a rule", (("applications.filter.mode", ""), ("applications.filter.rule", ""))),
    ("From", (("locations.include", ""),)),
    ("Not from", (("locations.exclude", ""),)),
    ("On the platforms", (("platforms.include", ""),)),
    ("Not on the platforms", (("platforms.exclude", ""),)),
    ("With the clients", (("client_app_types", ""),)),
    ("Devices by a rule", (("device_filter.mode", ""), ("device_filter.rule", ""))),
    ("In the flows", (("authentication_flows", ""),)),
    (
        "At risk",
        (
            ("user_risk", "of the user"),
            ("sign_in_risk", "of the sign-in"),
            ("service_principal_risk", "of the service principal"),
            ("insider_risk", "of insiders"),
        ),
    ),
    (
        "In the session",
        (
            ("session.application_enforced_restrictions", "the application restricts by itself:"),
            ("session.cloud_app_security", "Defender for Cloud Apps:"),
            ("session.persistent_browser", "the browser stays signed in:"),
            ("session.sign_in_frequency.interval", "sign in again:"),
            ("session.sign_in_frequency.value", "after"),
            ("session.sign_in_frequency.unit", "in"),
            ("session.sign_in_frequency.authentication", "with"),
            ("session.disable_resilience_defaults", "no resilience defaults:"),
            ("session.secure_sign_in_session", "token bound to the device:"),
        ),
    ),
)
_GRANTS = (
    ("grant.controls", ""),
    ("grant.authentication_strength", "the authentication strength"),
    ("grant.terms_of_use", "the terms of use"),
    ("grant.custom_factors", "the custom factor"),
)
_NOBODY = frozenset({"none"})
#: Options that say nothing where they have this value.
_PLAIN = {"client_app_types": frozenset({"all"}), "applications.include": frozenset({"none"})}


def list_said_options() -> set[str]:
    """Return the options that have a place in the sentences."""
    return {option for _lead, parts in _SENTENCES for option, _words in parts} | {
        "grant.operator",
        *(option for option, _words in _GRANTS),
    }


def describe_policy(state: str, form: Form, unknown: t.Iterable[t.Mapping[str, str]], label: Labels) -> list[str]:
    """Return the sentences: state, whom, where, under which conditions, what is demanded, and what is not known to this version.

    *unknown*: of :func:`.unknown.list_unknown_fields`; *label*: see :data:`Labels`.
    """
    found = [_STATES.get(state, f"In the state {state}, which this version of the collection does not know.")]
    for lead, parts in _SENTENCES[:-1]:
        found += _build_sentence(lead, parts, form, label)
    found += _describe_grant(form, label)
    found += _build_sentence(*_SENTENCES[-1], form, label)
    unsaid = "; ".join(f"{row['path']} = {row['value']}" for row in unknown)
    found += [f"Not known to this version of the collection: {unsaid}."] if unsaid else []
    return [to_one_line(sentence, _LONGEST) for sentence in found]


def _build_sentence(lead: str, parts: t.Iterable[tuple[str, str]], form: Form, label: Labels) -> list[str]:
    told = []
    for option, words in parts:
        value = form.get(option)
        # Others write that a policy for programs is for no user.
        is_plain = value == _PLAIN.get(option) or (
            option == "users.include.users" and value == _NOBODY and is_for_programs(form)
        )
        if value is not None and not is_plain:
            told.append(f"{words} {_say(option, value, label)}".strip())
    return [f"{lead} {'; '.join(told)}."] if told else []


def _say(option: str, value: t.Any, label: Labels) -> str:
    item = BY_OPTION[option]
    if item.kind is Kind.SWITCH:
        return "yes"
    if item.kind is Kind.NUMBER:
        return str(value)
    texts = sorted(value) if item.is_set else [value]
    return ", ".join(sorted(_say_one(item, text, label) for text in texts))


def _say_one(item: Field, text: str, label: Labels) -> str:
    if text == "all" and item.refers in _ALL:
        return _ALL[item.refers]
    if text in (item.special or {}):
        return _SPECIAL.get(text, text)
    if item.refers is not None:
        return label(item.refers, text)
    return text.replace("_", " ") if text in (item.words or {}) else text


def _describe_grant(form: Form, label: Labels) -> list[str]:
    if form.get("grant.controls") == frozenset({"block"}) and not any(
        option in form for option, _words in _GRANTS if option != "grant.controls"
    ):
        return ["Blocks the sign-in."]
    told = []
    for option, words in _GRANTS:
        value = form.get(option)
        if value is None:
            continue
        texts = sorted(value) if BY_OPTION[option].is_set else [value]
        told += [f"{words} {_say_one(BY_OPTION[option], text, label)}".strip() for text in texts]
    if not told:
        return []
    operator = form.get("grant.operator")
    if len(told) == 1 or operator not in ("and", "or"):
        more = f" (joined by {operator})" if operator not in ("and", "or", None) else ""
        return [f"Demands {', '.join(told)}{more}."]
    return [f"Demands {'all' if operator == 'and' else 'one'} of: {', '.join(told)}."]


def build_options(policy_form: Form, unknown: t.Collection[str]) -> dict[str, t.Any]:
    """Return the fields that are set as the module entra_conditional_access_policy takes them, ids in place of names.

    *unknown*: options with values that the module does not take, which are left out.
    """
    found: dict[str, t.Any] = {}
    for item in FIELDS:
        if item.option not in policy_form or item.option in unknown:
            continue
        *way, last = item.option.split(".")
        holder = found
        for name in way:
            holder = holder.setdefault(name, {})
        value = policy_form[item.option]
        holder[last] = sorted(value) if item.is_set else value
    return found
