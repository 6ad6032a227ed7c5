# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Problems of conditional access in a variables document that show beside its other variables only. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.names import fold_case

from .declared_access import (
    FOR_PEOPLE,
    READY,
    VARIABLE,
    is_gone,
    is_of_registration,
    list_mapped_groups,
    list_policies,
)
from .filter_values import to_text
from .variables_checks import Place, Problem

Values = t.Mapping[str, t.Any]

#: Microsoft Learn (sign-in log retention): so many days are kept.
_LONGEST_HISTORY = 30
#: The one audience of an application that policies for programs cover.
_OWN_TENANT = "AzureADMyOrg"
_TOP = Place(VARIABLE)


def find_access_problems(values: Values) -> t.Iterator[Problem]:
    """Yield what is missing for conditional access in a document, or contradicts itself; the values fit the schema."""
    declared = values.get(VARIABLE)
    if not isinstance(declared, t.Mapping):
        return
    ready = {name: declared[name] for name in READY if declared.get(name) is not None}
    present = {name: item for name, item in ready.items() if not is_gone(item)}
    for_people = [name for name in FOR_PEOPLE if name in present]
    glass = declared.get("break_glass") or {}
    if for_people and not (glass.get("users") or glass.get("groups")):
        yield _TOP.enter("break_glass").describe(
            f"is missing, and {' and '.join(for_people)} would also apply to the accounts for emergencies: name "
            "their users or groups, which every policy for people then excludes"
        )
    for name, item in present.items():
        yield from _find_problems_of_ready(name, item, declared, values)
    yield from _find_repeated(declared)


def _find_problems_of_ready(name: str, item: Values, declared: Values, values: Values) -> t.Iterator[Problem]:
    place = _TOP.enter(name)
    if name == "administrators":
        whom = [key for key in ("users", "groups", "roles") if item.get(key)]
        if not whom and not list_mapped_groups(values.get("cvops_role_mappings")):
            yield place.describe(
                "does not say to whom it applies: give groups, users or roles, or Entra groups in "
                "cvops_role_mappings, which are used otherwise"
            )
        if item.get("controls") == [] and not item.get("authentication_strength"):
            yield place.enter("controls").describe(
                "is empty, so nothing would be required; leave it out, or name a control"
            )
    else:
        yield from _find_location_problems(place, item, declared)
    application = values.get("cvops_application")
    if is_of_registration(name, item):
        yield from _find_application_problems(place, name, application)
    days = item.get("sign_in_history_days")
    if days is not None and not 1 <= int(days) <= _LONGEST_HISTORY:
        yield place.enter("sign_in_history_days").describe(
            f"must be 1 to {_LONGEST_HISTORY}, because Entra ID keeps sign-ins no longer"
        )


def _find_location_problems(place: Place, item: Values, declared: Values) -> t.Iterator[Problem]:
    named = item.get("locations")
    if not named:
        yield place.enter("locations").describe(
            "is missing, so all sign-ins would be blocked; name the locations from which sign-ins stay possible"
        )
        return
    gone = {
        fold_case(to_text(row.get("display_name"))) for row in declared.get("named_locations") or () if is_gone(row)
    }
    for number, text in enumerate(named):
        if fold_case(to_text(text)) in gone:
            yield (
                place.enter("locations")
                .enter_item(number, text)
                .describe("is a location that is absent in named_locations; remove it from one of them")
            )


def _find_application_problems(place: Place, name: str, application: t.Any) -> t.Iterator[Problem]:
    key = "service_principals" if name == "egress" else "applications"
    if not isinstance(application, t.Mapping):
        yield place.enter(key).describe(
            "is missing, and cvops_application, which would be used instead, is missing too; name the application"
        )
    elif is_gone(application):
        yield place.enter(key).describe(
            "is missing, and cvops_application, which would be used instead, is absent; name the application, or "
            "give the policy state: absent"
        )
    elif name == "egress" and application.get("sign_in_audience") not in (None, _OWN_TENANT):
        yield place.enter(key).describe(
            "is missing, and cvops_application, which would be used instead, is open to other tenants "
            f"(sign_in_audience), so no policy covers it; it must be {_OWN_TENANT}"
        )


def _find_repeated(declared: Values) -> t.Iterator[Problem]:
    """Yield the locations, and the policies, that have the name of an earlier one."""
    locations = [
        (_TOP.enter("named_locations").enter_item(number, item), item)
        for number, item in _number(declared, "named_locations")
    ]
    declared_policies = list_policies(declared)
    further = [item for name, item in declared_policies if not name]
    policies = [(_TOP.enter(name), item) for name, item in declared_policies if name]
    policies += [(_TOP.enter("policies").enter_item(number, item), item) for number, item in enumerate(further)]
    for listed in (locations, policies):
        seen: dict[tuple[str, str], Place] = {}
        for place, item in listed:
            for key in ("display_name", "object_id"):
                if not item.get(key):
                    continue
                first = seen.setdefault((key, fold_case(to_text(item[key]))), place)
                if first is not place:
                    yield place.enter(key).describe(f"is already used by {first.path}; describe each once")


def _number(declared: Values, key: str) -> t.Iterator[tuple[int, Values]]:
    yield from enumerate(declared.get(key) or ())
