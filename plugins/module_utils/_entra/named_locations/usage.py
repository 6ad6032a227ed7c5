# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Which conditional access policies use a named location, and which of them reach further when it changes. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.names import fold_case
from ..._core.plan import Plan
from ..._core.values import get_object, get_texts

Wire: t.TypeAlias = t.Mapping[str, t.Any]
#: States in which a policy refuses nobody; any other one, also one that is new, may.
_IDLE = frozenset({"disabled", fold_case("enabledForReportingButNotEnforced")})
_ALL_TRUSTED = fold_case("AllTrusted")
#: Fields that say which places a location covers, beside ``trusted``.
_PLACES = ("ip_ranges", "countries")


@dataclass(frozen=True)
class CoverageChange:
    """How the places change that a location stands for, by its own id and among the trusted ones: it gains or loses some."""

    gains: bool
    loses: bool
    gains_trust: bool
    loses_trust: bool

    @property
    def changes_nothing(self) -> bool:
        """True where every sign-in is within, or outside of, the location as before."""
        return not (self.gains or self.loses or self.gains_trust or self.loses_trust)


def find_coverage_change(plan: Plan) -> CoverageChange:
    """Return what *plan* does to the places of a location: a new one gains all of them, one that is deleted loses them."""
    before, after = plan.before, plan.after
    had, has = _list_places(before), _list_places(after)
    is_found_otherwise = bool(before and after) and before.get("country_lookup") != after.get("country_lookup")
    was_trusted, is_trusted = bool(before.get("trusted")), bool(after.get("trusted"))
    trusted_had, trusted_has = (had if was_trusted else set()), (has if is_trusted else set())
    return CoverageChange(
        bool(has - had) or is_found_otherwise,
        bool(had - has) or is_found_otherwise,
        bool(trusted_has - trusted_had),
        bool(trusted_had - trusted_has),
    )


def _list_places(form: t.Mapping[str, t.Any]) -> set[str]:
    found = {str(item) for name in _PLACES for item in form.get(name) or ()}
    return found | ({"unknown countries"} if form.get("include_unknown_countries") else set())


def list_policies_with(policies: t.Iterable[Wire], object_id: str) -> list[str]:
    """Return the policies, as ``name (state)`` and sorted, that name the location *object_id*, whatever their state."""
    wanted = fold_case(object_id)
    return sorted(
        f"{policy.get('displayName')} ({policy.get('state')})"
        for policy in policies
        if wanted in _read_locations(policy, "includeLocations") | _read_locations(policy, "excludeLocations")
    )


def leave_out_released(policies: t.Iterable[Wire], object_id: str, released: t.Collection[str]) -> list[Wire]:
    """Return the policies without those, by their names in *released*, that name the location *object_id* and are about to do so no more."""
    wanted, names = fold_case(object_id), {fold_case(name) for name in released}
    return [
        policy
        for policy in policies
        if fold_case(str(policy.get("displayName"))) not in names
        or wanted not in _read_locations(policy, "includeLocations") | _read_locations(policy, "excludeLocations")
    ]


def list_widened_policies(policies: t.Iterable[Wire], object_id: str, change: CoverageChange) -> list[str]:
    """Return the names, sorted, of the policies in force that reach more sign-ins by *change* of the location *object_id*.

    A policy reaches more when a location that it includes gains places, and when one that it excludes loses some.
    """
    own = fold_case(object_id)
    found = []
    for policy in policies:
        if fold_case(str(policy.get("state"))) in _IDLE:
            continue
        included, excluded = (_read_locations(policy, name) for name in ("includeLocations", "excludeLocations"))
        if (
            (change.gains and own in included)
            or (change.loses and own in excluded)
            or (change.gains_trust and _ALL_TRUSTED in included)
            or (change.loses_trust and _ALL_TRUSTED in excluded)
        ):
            found.append(str(policy.get("displayName")))
    return sorted(found)


def _read_locations(policy: Wire, name: str) -> set[str]:
    """Return the locations that *policy* includes or excludes. Raises BadAnswer for what is no policy."""
    return {fold_case(text) for text in get_texts(get_object(get_object(policy, "conditions"), "locations"), name)}
