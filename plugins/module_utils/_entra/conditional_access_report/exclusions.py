# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a policy excludes, and which other policies in force protect it in the same way. Pure.

Another policy covers what is excluded where it holds in all that the first one holds in, takes in what is excluded, and demands no
less. What cannot be told by ids alone, such as whether somebody in a group is also in another one, is "may".
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.names import fold_case
from ..conditional_access.canonical import Form, Policy
from ..conditional_access.evaluation import Applies, is_for_programs
from ..conditional_access.fields import BY_OPTION, Refers
from ..conditional_access.guard import is_in_force
from .unknown import has_unknown_conditions, is_surely_in_force, list_unknown_parts

Status: t.TypeAlias = t.Literal["covered", "may_be_covered", "gap", "break_glass", "by_design"]
#: One demand, met by one of its controls; a policy makes several.
Demand: t.TypeAlias = frozenset[str]
#: Any demand on the sign-in at all; a control of the session is none.
_ANYTHING: Demand = frozenset({"anything"})
_SESSION = "session."
#: What stands for controls that this version does not know.
_UNKNOWN, _UNKNOWN_SESSION = "unknown", f"{_SESSION}unknown"
_STRENGTH = "authentication_strength "
_EVERYBODY = "users.include.users"
#: So many of the policies that cover an entry are named.
MOST_NAMED = 10
#: Conditions: the options of each. What is excluded in one of them is looked for in the same condition of other policies.
_CONDITIONS: dict[str, tuple[str, ...]] = {
    "users": ("users.", "client_applications."),
    "applications": ("applications.",),
    "locations": ("locations.",),
    "platforms": ("platforms.",),
    "client_app_types": ("client_app_types",),
    "device_filter": ("device_filter.",),
    "authentication_flows": ("authentication_flows",),
    "risk": ("user_risk", "sign_in_risk", "service_principal_risk", "insider_risk"),
}
#: Options that exclude, with the option that includes the like of them.
EXCLUDING = {
    "users.exclude.users": "users.include.users",
    "users.exclude.groups": "users.include.groups",
    "users.exclude.roles": "users.include.roles",
    "users.exclude.guests.types": "users.include.guests.types",
    "client_applications.exclude": "client_applications.include",
    "applications.exclude": "applications.include",
    "locations.exclude": "locations.include",
    "platforms.exclude": "platforms.include",
}
_SUITES = frozenset({"office365", "microsoft_admin_portals"})
#: What stands for everybody in an option that includes.
_EVERYTHING = {"users": "all", "applications": "all", "locations": "all", "platforms": "all"}


@dataclass(frozen=True)
class Exclusion:
    """One entry that a policy excludes, and what covers it."""

    policy: Policy
    option: str
    entry: str
    status: Status
    covered_by: tuple[Policy, ...] = ()
    may_be_covered_by: tuple[Policy, ...] = ()

    @property
    def refers(self) -> Refers | None:
        """What the entry is of."""
        return BY_OPTION[self.option].refers


@dataclass(frozen=True)
class _Candidate:
    """A policy in force, the conditions in which it is narrower than another one, and what it demands."""

    policy: Policy
    narrower: frozenset[str]
    demands: t.Sequence[Demand]

    def judge_demands(self, demands: t.Iterable[Demand]) -> dict[Demand, Applies]:
        """Return those of *demands* that whoever gets past this policy has met, or may have."""
        judged = {demand: max(_judge_demand(own, demand) for own in self.demands) for demand in demands}
        return {demand: found for demand, found in judged.items() if found is not Applies.NO}


class Coverage:
    """All policies of a tenant as far as they cover what others exclude; made once, since each is compared with each.

    *glass*: ids of users and groups for emergencies.
    """

    def __init__(self, policies: t.Iterable[Policy], glass: t.Collection[str]) -> None:
        self._glass = frozenset(glass)
        in_force = [policy for policy in policies if is_in_force(policy.state)]
        order = sorted(in_force, key=lambda one: (fold_case(one.display_name), one.object_id))
        self._others = [(other, _list_demands_of(other), _split(other.form)) for other in order]
        self._unsure = {
            other.object_id for other in order if not is_surely_in_force(other) or has_unknown_conditions(other)
        }
        self._ways: dict[tuple[str, str], _Way] = {}

    def list_exclusions(self, policy: Policy) -> list[Exclusion]:
        """Return all that *policy* excludes, in the order of the options; of the policies that cover it the first ones are named."""
        excluded = [(option, entry) for option in EXCLUDING for entry in sorted(policy.form.get(option) or ())]
        if not excluded:
            return []
        # What a policy demands of which nothing is known may be demanded by any other one.
        demands, scope = _list_demands_of(policy) or [frozenset({_UNKNOWN})], _split(policy.form)
        candidates = [
            _Candidate(other, narrower, own)
            for other, own, theirs in self._others
            if other.object_id != policy.object_id and own
            for narrower in [_list_narrower(scope, theirs, self._glass)]
            if len(narrower) < 2  # it may be narrower in what is excluded, and nowhere else
        ]
        met = [candidate.judge_demands(demands) for candidate in candidates]
        are_programs = is_for_programs(policy.form)
        found = []
        for option, entry in excluded:
            if entry in self._glass and option.startswith("users."):
                found.append(Exclusion(policy, option, entry, "break_glass"))
            elif option == "locations.exclude" and are_programs:
                # A program can be blocked, and nothing else can be demanded of it at the places that are let in.
                found.append(Exclusion(policy, option, entry, "by_design"))
            elif option == "locations.exclude" and demands == [frozenset({"block"})]:
                # Who blocks all other places means to let this one in; what matters is that something is demanded there.
                told = [(candidate, candidate.judge_demands([_ANYTHING])) for candidate in candidates]
                found.append(self._judge(policy, option, entry, [_ANYTHING], told))
            else:
                found.append(self._judge(policy, option, entry, demands, zip(candidates, met, strict=True)))
        return found

    def _judge(
        self,
        policy: Policy,
        option: str,
        entry: str,
        demands: t.Sequence[Demand],
        candidates: t.Iterable[tuple[_Candidate, t.Mapping[Demand, Applies]]],
    ) -> Exclusion:
        """Return what becomes of one entry. *candidates*: each with those of the *demands* that it makes, or may make, too."""
        condition, wanted = _find_condition(option), frozenset(demands)
        certain, maybe, met, may_be_met = list[Policy](), list[Policy](), set[Demand](), set[Demand]()
        for candidate, told in candidates:
            if not told or not candidate.narrower <= {condition}:
                continue
            applies = self._get_way(candidate.policy, option).judge(entry, _get_tenants(policy.form, option))
            if applies is Applies.NO:
                continue
            may_be_met.update(told)
            is_sure = applies is Applies.YES and candidate.policy.object_id not in self._unsure
            sure = {demand for demand, found in told.items() if found is Applies.YES} if is_sure else set()
            if sure:
                met.update(sure)
                certain.append(candidate.policy)
                if len(certain) == MOST_NAMED and met >= wanted:
                    break
            elif len(maybe) < MOST_NAMED:
                maybe.append(candidate.policy)
        status: Status = "may_be_covered" if may_be_met >= wanted else "gap"
        if met >= wanted:
            status = "covered"
        return Exclusion(policy, option, entry, status, tuple(certain[:MOST_NAMED]), tuple(maybe))

    def _get_way(self, other: Policy, option: str) -> _Way:
        key = (other.object_id, option)
        if key not in self._ways:
            self._ways[key] = _build_way(other.form, option, self._glass)
        return self._ways[key]


def _list_demands_of(policy: Policy) -> list[Demand]:
    return list_demands(policy.form, list_unknown_parts(policy))


def list_demands(form: Form, unknown: t.Collection[str] = ()) -> list[Demand]:
    """Return what a policy demands: each has to be met, by one of its controls. A control of the session is a demand of its own.

    *unknown*: the parts of the policy in which it has what this version does not know.
    """
    controls = set(form.get("grant.controls") or ())
    for name in ("terms_of_use", "custom_factors"):
        controls |= {f"{name} {text}" for text in form.get(f"grant.{name}") or ()}
    if "grant.authentication_strength" in form:
        controls.add(f"{_STRENGTH}{form['grant.authentication_strength']}")
    if "grantControls" in unknown:
        controls.add(_UNKNOWN)
    demands = [frozenset({control}) for control in sorted(controls)]
    operator = form.get("grant.operator")
    if len(controls) > 1 and operator != "and":
        # By a word that is new controls are joined in a way that is not known.
        demands = [frozenset(controls if operator in ("or", None) else {_UNKNOWN})]
    return demands + [frozenset({control}) for control in _list_session(form, unknown)]


def _list_session(form: Form, unknown: t.Collection[str]) -> list[str]:
    """Return the controls of the session, each with all that it is set to."""
    found: dict[str, list[str]] = {}
    for option, value in sorted(form.items()):
        if option.startswith(_SESSION):
            found.setdefault(".".join(option.split(".")[:2]), []).append(str(value))
    told = [f"{name} {' '.join(values)}" for name, values in found.items()]
    return [*told, _UNKNOWN_SESSION] if "sessionControls" in unknown else told


def _judge_demand(own: Demand, demand: Demand) -> Applies:
    """Return whether who meets *own* has met *demand*, too; who is blocked does nothing that has to be protected."""
    if own == frozenset({"block"}):
        return Applies.YES
    is_session = all(control.startswith(_SESSION) for control in own)
    if demand == _ANYTHING:
        return Applies.NO if is_session else Applies.MAYBE if _UNKNOWN in own else Applies.YES
    if is_session != all(control.startswith(_SESSION) for control in demand):
        return Applies.NO
    if is_session:
        return _compare_sessions(*own, *demand)
    unmet = {
        control
        for control in own
        if control == _UNKNOWN or not (control in demand or (control.startswith(_STRENGTH) and "mfa" in demand))
    }
    if not unmet:
        return Applies.YES
    return Applies.MAYBE if _UNKNOWN in demand or unmet == {_UNKNOWN} else Applies.NO


def _compare_sessions(own: str, wanted: str) -> Applies:
    """Return whether one control of the session does what another one does; which of two settings is stricter is not judged."""
    if _UNKNOWN_SESSION in (own, wanted):
        return Applies.MAYBE
    if own == wanted:
        return Applies.YES
    return Applies.MAYBE if own.partition(" ")[0] == wanted.partition(" ")[0] else Applies.NO


def judge_coverage(form: Form, other: Form, option: str, entry: str, glass: t.Collection[str]) -> Applies:
    """Return whether *other* holds for *entry*, which *form* excludes by *option*, in all that *form* holds in otherwise."""
    narrower = _list_narrower(_split(form), _split(other), frozenset(glass))
    if not narrower <= {_find_condition(option)}:
        return Applies.NO
    return _build_way(other, option, frozenset(glass)).judge(entry, _get_tenants(form, option))


def _find_condition(option: str) -> str:
    return next(name for name, prefixes in _CONDITIONS.items() if option.startswith(prefixes))


def _get_tenants(form: Form, option: str) -> frozenset[str]:
    """Return of which tenants the guests are that an *option* names; none for all tenants, and for what is no guest."""
    return (
        form.get(option.replace(".types", ".tenants")) or frozenset()
        if option.endswith(".guests.types")
        else frozenset()
    )


def _are_tenants_among(inner: frozenset[str], outer: frozenset[str]) -> bool:
    """Return whether one set of tenants is within another one; an empty one stands for all tenants."""
    return not outer or (bool(inner) and inner <= outer)


def _split(form: Form) -> dict[str, Form]:
    """Return the fields of a policy by condition."""
    return {name: _select(form, name) for name in _CONDITIONS}


def _list_narrower(mine: t.Mapping[str, Form], theirs: t.Mapping[str, Form], glass: frozenset[str]) -> frozenset[str]:
    """Return the conditions in which the other policy is not known to hold in all that the first one holds in."""
    return frozenset(name for name in _CONDITIONS if not _is_wider(mine[name], theirs[name], name, glass))


@dataclass(frozen=True)
class _Way:
    """How a policy takes in the entries of one kind, as far as one condition goes; ``rest``: those that it does not name."""

    named: frozenset[str]
    excluded: frozenset[str]
    rest: Applies
    of_named: Applies
    is_suite_excluded: bool = False
    #: Of guests, the tenants that they are of; none for all.
    named_tenants: frozenset[str] = frozenset()
    excluded_tenants: frozenset[str] = frozenset()

    def judge(self, entry: str, tenants: frozenset[str]) -> Applies:
        """Return whether the policy holds for *entry*, guests of all *tenants* or of these."""
        if entry in self.excluded:
            return Applies.NO if _are_tenants_among(tenants, self.excluded_tenants) else Applies.MAYBE
        found = self.rest
        if entry in self.named:
            are_all = _are_tenants_among(tenants, self.named_tenants)
            found = self.of_named if are_all else max(self.rest, Applies(min(self.of_named, Applies.MAYBE)))
        # Of applications only those of Microsoft overlap, which one word stands for.
        is_open = self.is_suite_excluded or (entry in _SUITES and self.excluded)
        return Applies(min(found, Applies.MAYBE)) if is_open else found


def _build_way(other: Form, option: str, glass: frozenset[str]) -> _Way:
    """Return how the policy *other* takes in what an *option* of others excludes."""
    condition = _find_condition(option)
    fields = _select(other, condition)
    nothing = _Way(frozenset(), frozenset(), Applies.NO, Applies.NO)
    everything, including = _EVERYTHING[condition], EXCLUDING[option]
    if condition == "users":
        are_programs = option.startswith("client_applications.")
        if are_programs != is_for_programs(fields):
            return nothing
        everything = "all_in_tenant" if are_programs else "all"
        everybody = everything in (other.get("client_applications.include" if are_programs else _EVERYBODY) or ())
    else:
        everybody = not fields or everything in (other.get(including) or ())
    is_filtered = _has_filter(fields)
    left_out = {text for name in EXCLUDING if name in fields for text in other[name] if text not in glass}
    overlaps = bool(left_out) and condition != "applications"
    of_named = Applies.MAYBE if is_filtered or overlaps else Applies.YES
    # Members of one group may be members of another one that is named, places may lie in each other, and so on.
    may_be = is_filtered or any(".include" in name and value != frozenset({"none"}) for name, value in fields.items())
    return _Way(
        other.get(including) or frozenset(),
        other.get(option) or frozenset(),
        of_named if everybody else Applies.MAYBE if may_be else Applies.NO,
        of_named,
        condition == "applications" and bool(left_out & _SUITES),
        _get_tenants(other, including),
        _get_tenants(other, option),
    )


def _has_filter(fields: Form) -> bool:
    return any(".filter." in name for name in fields)


def _is_wider(mine: Form, theirs: Form, condition: str, glass: frozenset[str]) -> bool:
    """Return whether a policy with the fields *theirs* holds in all that one with *mine* holds in, as far as one condition goes."""
    if mine == theirs or not theirs:
        return True
    if condition not in _EVERYTHING or _has_filter(theirs):
        return False
    if any(name in EXCLUDING and not set(value) - glass <= set(mine.get(name) or ()) for name, value in theirs.items()):
        return False
    if not _are_guests_among(theirs, mine, "exclude"):
        return False
    if is_for_programs(mine) != is_for_programs(theirs):
        return False
    ways = [value for name, value in theirs.items() if name not in EXCLUDING and isinstance(value, frozenset)]
    if any(_EVERYTHING[condition] in value for value in ways):
        return not (set(mine) & _ACTIONS) - set(theirs)
    if not _are_guests_among(mine, theirs, "include"):
        return False
    others = {*EXCLUDING, *(f"users.{way}.guests.tenants" for way in ("include", "exclude"))}
    wanted = {name: value for name, value in mine.items() if name not in others}
    return bool(wanted) and all(
        isinstance(value, frozenset) and value <= (theirs.get(name) or frozenset()) for name, value in wanted.items()
    )


def _are_guests_among(inner: Form, outer: Form, way: str) -> bool:
    """Return whether the guests that one policy names in this way, by type and tenant, are all among those of another one."""
    option = f"users.{way}.guests.types"
    if not inner.get(option):
        return True
    tenants = _are_tenants_among(_get_tenants(inner, option), _get_tenants(outer, option))
    return tenants and inner[option] <= (outer.get(option) or frozenset())


#: Targets that "all applications" does not take in.
_ACTIONS = frozenset({"applications.user_actions", "applications.authentication_contexts"})


def _select(form: Form, condition: str) -> Form:
    """Return the fields of one condition; none where it takes in everything."""
    prefixes = _CONDITIONS[condition]
    found = {name: value for name, value in form.items() if name.startswith(prefixes)}
    is_plain = {"client_app_types": frozenset({"all"}), "locations.include": frozenset({"all"})}
    is_plain["platforms.include"] = frozenset({"all"})
    if len(found) == 1 and all(is_plain.get(name) == value for name, value in found.items()):
        return {}
    return found
