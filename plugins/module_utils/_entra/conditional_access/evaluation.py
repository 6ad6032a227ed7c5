# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Whether a conditional access policy applies to a sign-in, judged without the service. Pure.

What is not known of a sign-in is never taken for what lets it pass: the answer is then "may apply". Source: Microsoft Learn, conditional
access: conditions are joined by "and", within users by "or", and exclusions win.
"""

from __future__ import annotations

import enum
import ipaddress
import typing as t
from dataclasses import dataclass, field

from .canonical import Form

#: How the placeholder of an object begins that an earlier task of the run would create.
PENDING = "pending "
#: Kinds of external users that no member is.
_GUESTS = frozenset({"internal_guest", "b2b_collaboration_guest"})
#: A control of the session by which clients that cannot meet it are refused.
_BINDING = "session.secure_sign_in_session"
Network: t.TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"


class Applies(enum.IntEnum):
    """Whether something is so; of several that all have to be so, the least one counts, of alternatives the greatest."""

    NO = 0
    MAYBE = 1
    YES = 2


@dataclass(frozen=True)
class SignIn:
    """A sign-in of a user or service principal. None stands for what is not known.

    ``groups``: ids of all groups, also indirect ones; ``roles``: template ids of directory roles; ``application``: the application id of
    what is signed in to; ``abilities``: the controls that it can meet.
    """

    label: str
    object_id: str
    is_service_principal: bool = False
    groups: frozenset[str] | None = None
    roles: frozenset[str] | None = None
    is_guest: bool | None = None
    application: str | None = None
    address: str | None = None
    country: str | None = None
    abilities: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Place:
    """A named location as far as addresses are judged. ``networks``: None for one of countries."""

    networks: tuple[Network, ...] | None = None
    is_trusted: bool = False
    countries: frozenset[str] = frozenset()
    is_by_position: bool = False


@dataclass(frozen=True)
class Verdict:
    """Whether a policy applies to a sign-in, and why it does not or may not: the conditions by name."""

    applies: Applies
    reasons: tuple[str, ...] = field(default=())


def is_for_people(form: Form) -> bool:
    """Return whether a policy is for people at all: neither for nobody, as others write it beside programs, nor for programs."""
    named = {option: value for option, value in form.items() if option.startswith("users.include.")}
    is_for_nobody = named == {"users.include.users": frozenset({"none"})}
    return bool(named) and not is_for_nobody and not is_for_programs(form)


def is_for_programs(form: Form) -> bool:
    """Return whether a policy is for service principals."""
    return any(option.startswith("client_applications.") for option in form)


def judge_conditions(form: Form, sign_in: SignIn, places: t.Mapping[str, Place]) -> dict[str, Applies]:
    """Return for each condition of the policy *form*, by name, whether *sign_in* meets it."""
    return {
        "users": _judge_principal(form, sign_in),
        "applications": _judge_application(form, sign_in),
        "locations": _judge_place(form, sign_in, places),
        **{name: Applies.MAYBE for name in _list_unknown_conditions(form)},
    }


def evaluate_policy(form: Form, sign_in: SignIn, places: t.Mapping[str, Place]) -> Verdict:
    """Return whether the policy *form* applies to *sign_in*; *places*: the named locations by id in small letters."""
    conditions = judge_conditions(form, sign_in, places)
    applies = Applies(min(conditions.values()))
    return Verdict(
        applies, tuple(sorted(name for name, found in conditions.items() if found == applies != Applies.YES))
    )


def lets_in(form: Form, sign_in: SignIn) -> bool:
    """Return whether a sign-in to which the policy applies can meet what it demands."""
    controls = set(form.get("grant.controls") or ())
    if "block" in controls:
        return False
    if form.get(_BINDING):
        return False
    demanded = controls | {
        name for name in ("authentication_strength", "terms_of_use", "custom_factors") if f"grant.{name}" in form
    }
    if not demanded:
        return True  # it demands nothing of the sign-in itself
    if form.get("grant.operator") == "and":
        return demanded <= sign_in.abilities
    return not demanded.isdisjoint(sign_in.abilities)


def _without(included: Applies, excluded: Applies) -> Applies:
    """Return whether something is included and not excluded."""
    return Applies(min(included, Applies.YES - excluded))


def _is_among(wanted: t.Collection[str], held: frozenset[str] | None) -> Applies:
    """Return whether one of *wanted* is *held*; it may be where that is not known."""
    if not wanted:
        return Applies.NO
    if held is None:
        return Applies.MAYBE
    if not held.isdisjoint(wanted):
        return Applies.YES
    # Who is in a group that does not exist yet is not known.
    return Applies.MAYBE if any(text.startswith(PENDING) for text in wanted) else Applies.NO


def _judge_principal(form: Form, sign_in: SignIn) -> Applies:
    if sign_in.is_service_principal:
        return _judge_service_principal(form, sign_in)
    if is_for_programs(form):
        return Applies.NO
    return _without(_judge_users(form, sign_in, "include"), _judge_users(form, sign_in, "exclude"))


def _judge_service_principal(form: Form, sign_in: SignIn) -> Applies:
    """Policies for users never apply to service principals, also not through groups."""
    included = form.get("client_applications.include") or frozenset()
    excluded = form.get("client_applications.exclude") or frozenset()
    found = Applies.NO
    if sign_in.object_id in included:
        found = Applies.YES
    elif "all_in_tenant" in included:
        found = Applies.MAYBE  # those of one tenant that were registered here, and no managed identities
    mode = form.get("client_applications.filter.mode")
    if mode == "include":
        found = max(found, Applies.MAYBE)
    left_out = Applies.YES if sign_in.object_id in excluded else Applies.NO
    if mode == "exclude":
        left_out = max(left_out, Applies.MAYBE)
    return _without(found, left_out)


def _judge_users(form: Form, sign_in: SignIn, way: str) -> Applies:
    """Return whether the user is among those that are included, or excluded."""
    prefix = f"users.{way}"
    named = form.get(f"{prefix}.users") or frozenset()
    found = Applies.YES if "all" in named or sign_in.object_id in named else Applies.NO
    found = max(
        found,
        _is_among(form.get(f"{prefix}.groups") or (), sign_in.groups),
        _is_among(form.get(f"{prefix}.roles") or (), sign_in.roles),
    )
    types = set(form.get(f"{prefix}.guests.types") or ())
    if "guests_or_external_users" in named or types:
        # Which kind of guest somebody is, and of which tenant, is not read: members of other tenants are members here, too.
        is_certain = sign_in.is_guest is False and types <= _GUESTS
        found = max(found, Applies.NO if is_certain else Applies.MAYBE)
    return Applies(found)


def _judge_application(form: Form, sign_in: SignIn) -> Applies:
    included = form.get("applications.include") or frozenset()
    excluded = form.get("applications.exclude") or frozenset()
    return _without(
        _is_application_among(included, sign_in, form, "include"),
        _is_application_among(excluded, sign_in, form, "exclude"),
    )


def _is_application_among(named: frozenset[str], sign_in: SignIn, form: Form, way: str) -> Applies:
    found = Applies.NO
    if "all" in named:
        return Applies.YES
    if named - {"none"}:
        if sign_in.application is None or {"office365", "microsoft_admin_portals"} & named:
            found = Applies.MAYBE
        if sign_in.application in named:
            found = Applies.YES
    is_open = form.get("applications.filter.mode") == way
    if way == "include":
        # Contexts are asked for by the application itself; user actions are no sign-ins to an application.
        is_open = is_open or "applications.authentication_contexts" in form
    return max(found, Applies.MAYBE) if is_open else found


def _judge_place(form: Form, sign_in: SignIn, places: t.Mapping[str, Place]) -> Applies:
    included = form.get("locations.include")
    if included is None:
        return Applies.YES
    excluded = form.get("locations.exclude") or frozenset()
    return _without(_is_place_among(included, sign_in, places), _is_place_among(excluded, sign_in, places))


def _is_place_among(named: frozenset[str], sign_in: SignIn, places: t.Mapping[str, Place]) -> Applies:
    found = Applies.NO
    for name in named:
        if name == "all":
            return Applies.YES
        if name == "mfa_trusted_ips":
            found = max(found, Applies.MAYBE)
        elif name == "all_trusted":
            # The addresses that are trusted for multifactor authentication belong to them, and are not shown.
            trusted = [_is_within(place, sign_in) for place in places.values() if place.is_trusted]
            found = max([found, Applies.MAYBE, *trusted])
        else:
            place = places.get(name)
            found = max(found, Applies.MAYBE if place is None else _is_within(place, sign_in))
    return Applies(found)


def _is_within(place: Place, sign_in: SignIn) -> Applies:
    if place.networks is not None:
        if sign_in.address is None:
            return Applies.MAYBE
        address = ipaddress.ip_address(sign_in.address)
        return Applies.YES if any(address in network for network in place.networks) else Applies.NO
    if place.is_by_position or sign_in.country is None:
        return Applies.MAYBE
    return Applies.YES if sign_in.country in place.countries else Applies.NO


def _list_unknown_conditions(form: Form) -> list[str]:
    """Return the conditions of a policy about what is not known of a sign-in; a policy for all of them has none."""
    found = [name for name in ("user_risk", "sign_in_risk", "service_principal_risk", "insider_risk") if form.get(name)]
    if form.get("client_app_types", frozenset({"all"})) != frozenset({"all"}):
        found.append("client_app_types")
    if form.get("platforms.include", frozenset({"all"})) != frozenset({"all"}) or form.get("platforms.exclude"):
        found.append("platforms")
    if "device_filter.rule" in form:
        found.append("device_filter")
    if form.get("authentication_flows"):
        found.append("authentication_flows")
    return found
