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
from ..conditional_access.evaluation import Applies
from ..conditional_access.fields import BY_OPTION, Refers
from ..conditional_access.guard import is_in_force

Status: t.TypeAlias = t.Literal["covered", "may_be_covered", "gap", "break_glass"]
#: One demand, met by one of its controls; a policy makes several.
Demand: t.TypeAlias = frozenset[str]
#: Any demand at all.
_ANYTHING: Demand = frozenset({"anything"})
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

    def list_met(self, demands: t.Sequence[Demand]) -> list[Demand]:
        """Return those of *demands* that whoever gets past this policy has met."""
        return [demand for demand in demands if any(_meets(own, demand) for own in self.demands)]


class Coverage:
    """All policies of a tenant as far as they cover what others exclude; made once, since each is compared with each.

    *glass*: ids of users and groups for emergencies.
    """

    def __init__(self, policies: t.Iterable[Policy], glass: t.Collection[str]) -> None:
        self._glass = frozenset(glass)
        in_force = [policy for policy in policies if is_in_force(policy.state)]
        order = sorted(in_force, key=lambda one: (fold_case(one.display_name), one.object_id))
        self._others = [(other, list_demands(other.form), _split(other.form)) for other in order]
        self._ways: dict[tuple[str, str], _Way] = {}

    def list_exclusions(self, policy: Policy) -> list[Exclusion]:
        """Return all that *policy* excludes, in the order of the options; of the policies that cover it the first ones are named."""
        excluded = [(option, entry) for option in EXCLUDING for entry in sorted(policy.form.get(option) or ())]
        if not excluded:
            return []
        demands, scope = list_demands(policy.form), _split(policy.form)
        candidates = [
            _Candidate(other, narrower, own)
            for other, own, theirs in self._others
            if other.object_id != policy.object_id and own
            for narrower in [_list_narrower(scope, theirs, self._glass)]
            if len(narrower) < 2  # it may be narrower in what is excluded, and nowhere else
        ]
        met = [candidate.list_met(demands) for candidate in candidates]
        found = []
        for option, entry in excluded:
            if entry in self._glass and option.startswith("users."):
                found.append(Exclusion(policy, option, entry, "break_glass"))
            elif option == "locations.exclude" and demands == [frozenset({"block"})]:
                # Who blocks all other places means to let this one in; what matters is that something is demanded there.
                told = [(candidate, [_ANYTHING]) for candidate in candidates]
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
        candidates: t.Iterable[tuple[_Candidate, t.Sequence[Demand]]],
    ) -> Exclusion:
        """Return what becomes of one entry. *candidates*: each with those of the *demands* that it makes, too."""
        condition, wanted = _find_condition(option), frozenset(demands)
        certain, maybe, met, may_be_met = list[Policy](), list[Policy](), set[Demand](), set[Demand]()
        for candidate, told in candidates:
            if not told or not candidate.narrower <= {condition}:
                continue
            applies = self._get_way(candidate.policy, option).judge(entry)
            if applies is Applies.NO:
                continue
            may_be_met.update(told)
            if applies is Applies.YES:
                met.update(told)
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


def list_demands(form: Form) -> list[Demand]:
    """Return what a policy demands: each has to be met, by one of its controls. Of a policy without grant the session controls."""
    controls = set(form.get("grant.controls") or ())
    for name in ("terms_of_use", "custom_factors"):
        controls |= {f"{name} {text}" for text in form.get(f"grant.{name}") or ()}
    if "grant.authentication_strength" in form:
        controls.add(f"{_STRENGTH}{form['grant.authentication_strength']}")
    if not controls:
        session = {option: value for option, value in form.items() if option.startswith("session.")}
        return [frozenset({f"{option} {value}"}) for option, value in sorted(session.items())]
    if form.get("grant.operator") == "or":
        return [frozenset(controls)]
    return [frozenset({control}) for control in sorted(controls)]


def _meets(own: Demand, demand: Demand) -> bool:
    """Return whether who meets *own* has met *demand*, too; who is blocked does nothing that has to be protected."""
    if own == frozenset({"block"}) or demand == _ANYTHING:
        return True
    return all(control in demand or (control.startswith(_STRENGTH) and "mfa" in demand) for control in own)


def judge_coverage(form: Form, other: Form, option: str, entry: str, glass: t.Collection[str]) -> Applies:
    """Return whether *other* holds for *entry*, which *form* excludes by *option*, in all that *form* holds in otherwise."""
    narrower = _list_narrower(_split(form), _split(other), frozenset(glass))
    if not narrower <= {_find_condition(option)}:
        return Applies.NO
    return _build_way(other, option, frozenset(glass)).judge(entry)


def _find_condition(option: str) -> str:
    return next(name for name, prefixes in _CONDITIONS.items() if option.startswith(prefixes))


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

    def judge(self, entry: str) -> Applies:
        """Return whether the policy holds for *entry*."""
        if entry in self.excluded:
            return Applies.NO
        found = self.of_named if entry in self.named else self.rest
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
        is_for_programs = option.startswith("client_applications.")
        if is_for_programs != any(name.startswith("client_applications.") for name in fields):
            return nothing
        everything = "all_in_tenant" if is_for_programs else "all"
        everybody = everything in (other.get("client_applications.include" if is_for_programs else _EVERYBODY) or ())
    else:
        everybody = not fields or everything in (other.get(including) or ())
    is_filtered = _has_filter(fields)
    left_out = {text for name in EXCLUDING if name in fields for text in other[name] if text not in glass}
    overlaps = bool(left_out) and condition != "applications"
    of_named = Applies.MAYBE if is_filtered or overlaps else Applies.YES
    # Members of one group may be members of another one that is named, places may lie in each other, and so on.
    may_be = is_filtered or any(".include" in name for name in fields)
    return _Way(
        other.get(including) or frozenset(),
        other.get(option) or frozenset(),
        of_named if everybody else Applies.MAYBE if may_be else Applies.NO,
        of_named,
        condition == "applications" and bool(left_out & _SUITES),
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
    programs = [any(name.startswith("client_applications.") for name in fields) for fields in (mine, theirs)]
    if programs[0] != programs[1]:
        return False
    ways = [value for name, value in theirs.items() if name not in EXCLUDING and isinstance(value, frozenset)]
    if any(_EVERYTHING[condition] in value for value in ways):
        return not (set(mine) & _ACTIONS) - set(theirs)
    wanted = {name: value for name, value in mine.items() if name not in EXCLUDING}
    return bool(wanted) and all(
        isinstance(value, frozenset) and value <= (theirs.get(name) or frozenset()) for name, value in wanted.items()
    )


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
