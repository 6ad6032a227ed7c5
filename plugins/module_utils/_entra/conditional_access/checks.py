# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a conditional access policy cannot be: combinations of fields that Entra ID refuses or that mean something else. Pure."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ..._core.errors import Problems
from ..access_collection import BASE_LICENCE
from ..option_checks import Problem, describe_problem
from .canonical import Form

#: Microsoft Learn (filter for devices): the longest rule.
_LONGEST_RULE = 3072
_CONTEXT = re.compile(r"c[1-9][0-9]?")
#: What a policy for service principals may look at (Microsoft Learn, conditional access for workload identities).
_OF_PRINCIPALS = (
    "client_applications.",
    "applications.",
    "locations.",
    "service_principal_risk",
    "client_app_types",
    "grant.",
)


def check_history(asked: t.Mapping[str, t.Any] | None) -> None:
    """Raise Problems for days of sign-ins that no tenant keeps (Microsoft Learn, data retention: 30)."""
    if asked is not None and not 1 <= asked["days"] <= 30:
        raise Problems(
            "The history of sign-ins cannot be read",
            [describe_problem("sign_in_history.days", f"{asked['days']} is not within 1 to 30")],
        )


def check_policy(name: str | None, form: Form, had: Form | None) -> None:
    """Raise Problems with everything by which *form*, the policy as it will be, cannot be what is meant.

    *had*: as it is, None for a new one. What is so already, since Entra ID has taken it, is no problem of this change.
    """
    known = list(_find_problems(had)) if had is not None else []
    problems = [problem for problem in _find_problems(form) if problem not in known]
    if had is None and not name:
        problems.insert(0, describe_problem("display_name", "a new policy needs a name"))
    if problems:
        raise Problems(f"{len(problems)} options of the conditional access policy cannot be used", problems)


def list_licences(form: Form) -> tuple[str, ...]:
    """Return the licences that a policy takes (Microsoft Learn: conditional access, licence requirements; workload identities)."""
    found = [BASE_LICENCE]
    if "user_risk" in form or "sign_in_risk" in form:
        found.append("Microsoft Entra ID P2 (user_risk, sign_in_risk)")
    if "insider_risk" in form:
        found.append("Microsoft Purview with Adaptive Protection (insider_risk)")
    if _has(form, "client_applications.") or "service_principal_risk" in form:
        found.append("Microsoft Entra Workload Identities Premium (client_applications)")
    return tuple(found)


def _find_problems(form: Form) -> t.Iterator[Problem]:
    yield from _find_missing(form)
    yield from _find_conflicts(form)
    yield from _find_wrong_values(form)


def _has(form: Form, prefix: str) -> bool:
    return any(option.startswith(prefix) for option in form)


def _find_missing(form: Form) -> t.Iterator[Problem]:
    if not _has(form, "users.include.") and not _has(form, "client_applications."):
        yield describe_problem(
            "users.include", "a policy must say for whom it applies: give users or client_applications"
        )
    targets = (
        "applications.include",
        "applications.user_actions",
        "applications.authentication_contexts",
        "applications.filter.rule",
    )
    if not any(option in form for option in targets):
        yield describe_problem(
            "applications",
            "a policy must say for which applications it applies: give include, such as all, or user_actions",
        )
    if not _has(form, "grant.") and not _has(form, "session."):
        yield describe_problem("grant", "a policy must say what it requires: give grant or session")


def _find_conflicts(form: Form) -> t.Iterator[Problem]:
    if _has(form, "users.") and _has(form, "client_applications."):
        yield describe_problem("client_applications", "a policy applies to users or to service principals, not to both")
    elif _has(form, "client_applications."):
        yield from _find_conflicts_of_principals(form)
    controls = form.get("grant.controls") or frozenset()
    others = controls - {"block"} or [name for name in _OTHER_GRANTS if name in form]
    if "block" in controls and others:
        yield describe_problem("grant.controls", "block cannot be combined with other controls")
    for option in ("users.include.users", "applications.include"):
        special = {"all", "none"} & set(form.get(option) or ())
        if special and len(form[option]) > 1:
            words = " and ".join(sorted(special))
            yield describe_problem(
                option, f"{words} cannot be combined with other entries; exclusive: true removes those that are there"
            )
    platforms = form.get("platforms.include") or frozenset()
    if "all" in platforms and len(platforms) > 1:
        yield describe_problem(
            "platforms.include",
            "all cannot be combined with other entries; exclusive: true removes those that are there",
        )
    for way in ("include", "exclude"):
        if f"users.{way}.guests.tenants" in form and f"users.{way}.guests.types" not in form:
            yield describe_problem(f"users.{way}.guests.tenants", "tenants need the types of guests: give types, too")
    for place in ("locations", "platforms"):
        if f"{place}.exclude" in form and f"{place}.include" not in form:
            yield describe_problem(f"{place}.include", "exclude needs include: give include, such as all")
    yield from _find_session_conflicts(form)


_OTHER_GRANTS = ("grant.authentication_strength", "grant.terms_of_use", "grant.custom_factors")


def _find_conflicts_of_principals(form: Form) -> t.Iterator[Problem]:
    if form.get("grant.controls") != frozenset({"block"}):
        yield describe_problem("grant.controls", "a policy for service principals can only block: set it to [block]")
    for option in sorted(form):
        if not option.startswith(_OF_PRINCIPALS):
            message = "a policy for service principals can have only locations and service_principal_risk_levels as conditions"
            yield describe_problem(option, message)


def _find_session_conflicts(form: Form) -> t.Iterator[Problem]:
    frequency = "session.sign_in_frequency"
    interval = form.get(f"{frequency}.interval")
    has_time = f"{frequency}.value" in form or f"{frequency}.unit" in form
    if interval == "every_time":
        if has_time:
            yield describe_problem(f"{frequency}.value", "every_time takes no value and no unit")
        for other in ("application_enforced_restrictions", "disable_resilience_defaults"):
            if form.get(f"session.{other}"):
                yield describe_problem(
                    f"session.{other}", "it cannot be combined with a sign-in frequency of every_time"
                )
    elif interval == "time_based" and not (f"{frequency}.value" in form and f"{frequency}.unit" in form):
        yield describe_problem(f"{frequency}.value", "time_based needs value and unit")
    elif interval is None and (has_time or f"{frequency}.authentication" in form):
        yield describe_problem(f"{frequency}.interval", "give time_based or every_time")


def _find_wrong_values(form: Form) -> t.Iterator[Problem]:
    for option in ("applications.filter", "client_applications.filter", "device_filter"):
        rule, mode = form.get(f"{option}.rule"), form.get(f"{option}.mode")
        if bool(rule) != bool(mode):
            yield describe_problem(option, "a filter needs mode and rule")
        elif rule and len(rule) > _LONGEST_RULE:
            yield describe_problem(f"{option}.rule", f"longer than {_LONGEST_RULE} characters")
    for context in sorted(form.get("applications.authentication_contexts") or ()):
        if not _CONTEXT.fullmatch(context):
            message = f"{context!r} is not an authentication context, c1 to c99"
            yield describe_problem("applications.authentication_contexts", message)
    value = form.get("session.sign_in_frequency.value")
    if value is not None and value < 1:
        yield describe_problem("session.sign_in_frequency.value", "at least 1")


def parse_address(text: str, option: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the IP address that *option* names. Raises Problems for anything else."""
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError:
        raise Problems(
            "An address cannot be used", [describe_problem(option, f"{text!r} is not an IPv4 or IPv6 address")]
        ) from None
