# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What covers an exclusion: nothing that is not known does for certain, nor guests of other tenants, nor weaker demands."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import guid

from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.canonical import (
    Policy,
    read_policy,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access_report.exclusions import (
    Coverage,
)

APP, PLACE, TENANT, OTHER = guid(1), guid(2), guid(3), guid(4)
EVERYBODY = {"includeUsers": ["All"]}
BUT_APP = {"includeApplications": ["All"], "excludeApplications": [APP]}
MFA = {"operator": "OR", "builtInControls": ["mfa"]}
BLOCK = {"operator": "OR", "builtInControls": ["block"]}
EACH_TIME = {"signInFrequency": {"isEnabled": True, "frequencyInterval": "everyTime"}}
FOUR_HOURS = {
    "signInFrequency": {"isEnabled": True, "frequencyInterval": "timeBased", "value": 4, "type": "hours"},
}
NEW_SESSION = {"globalSecureAccessFilteringProfile": {"isEnabled": True, "profileId": guid(9)}}
STAY = {"persistentBrowser": {"isEnabled": True, "mode": "always"}}


def make(
    number: int,
    users: t.Any = None,
    applications: t.Any = None,
    grant: t.Any = None,
    state: t.Any = "enabled",
    session: t.Any = None,
    **conditions: t.Any,
) -> Policy:
    return read_policy(
        {
            "id": guid(100 + number),
            "displayName": f"CA{number}",
            "state": state,
            "conditions": {
                "users": users or EVERYBODY,
                "applications": applications or {"includeApplications": ["All"]},
                **conditions,
            },
            "grantControls": MFA if grant is None else grant or None,
            "sessionControls": session,
        }
    )


def judge(first: Policy, *others: Policy) -> str:
    """Return what becomes of the one entry that the first policy excludes."""
    (found,) = Coverage([first, *others], ()).list_exclusions(first)
    return found.status


def guests(*tenants: str, types: str = "b2bCollaborationGuest") -> dict[str, t.Any]:
    kind = {"membershipKind": "enumerated", "members": list(tenants)} if tenants else {"membershipKind": "all"}
    return {"guestOrExternalUserTypes": types, "externalTenants": kind}


def test_a_policy_of_which_no_demand_is_known_is_not_covered() -> None:
    first = make(1, applications=BUT_APP, grant={}, session=NEW_SESSION)
    assert judge(first) == "gap", "nothing else is about it"
    assert judge(first, make(2, grant={}, session=NEW_SESSION)) == "may_be_covered"
    assert judge(first, make(2)) == "gap", "a control of the sign-in is none of the session"
    bare = make(1, applications=BUT_APP, grant={})
    assert judge(bare) == "gap" and judge(bare, make(2)) == "may_be_covered"


@pytest.mark.parametrize(
    ("excluded", "included", "expected"),
    [
        (guests(), guests(), "covered"),
        (guests(), guests(TENANT), "may_be_covered"),
        (guests(TENANT), guests(), "covered"),
        (guests(TENANT), guests(TENANT, OTHER), "covered"),
        (guests(TENANT, OTHER), guests(TENANT), "may_be_covered"),
    ],
)
def test_guests_are_those_of_their_tenants(excluded: t.Any, included: t.Any, expected: str) -> None:
    first = make(1, users={**EVERYBODY, "excludeGuestsOrExternalUsers": excluded})
    assert judge(first, make(2, users={"includeGuestsOrExternalUsers": included})) == expected
    # A policy for guests that excludes something else is covered by one for all of these guests.
    about = make(1, users={"includeGuestsOrExternalUsers": excluded}, applications=BUT_APP)
    status = judge(about, make(2, users={"includeGuestsOrExternalUsers": included}))
    assert (status == "covered") == (expected == "covered")


def test_guests_that_the_other_policy_leaves_out() -> None:
    def leave_out(number: int, *tenants: str, **more: t.Any) -> Policy:
        return make(number, users={**EVERYBODY, "excludeGuestsOrExternalUsers": guests(*tenants)}, **more)

    assert judge(leave_out(1, TENANT), leave_out(2)) == "gap"
    assert judge(leave_out(1, TENANT), leave_out(2, OTHER)) == "may_be_covered"
    both = Coverage([leave_out(2)], ()).list_exclusions(leave_out(1, TENANT, applications=BUT_APP))
    assert {row.option: row.status for row in both} == {
        "users.exclude.guests.types": "gap",
        "applications.exclude": "gap",
    }, "guests of other tenants are left out of the application, too"
    both = Coverage([leave_out(2, TENANT)], ()).list_exclusions(leave_out(1, applications=BUT_APP))
    assert {row.option: row.status for row in both}["applications.exclude"] == "covered"


@pytest.mark.parametrize(
    "other",
    [
        make(2, state="enabledForPilot"),
        make(2, state=None),
        make(2, agentIdRiskLevels="high"),
        make(2, users={**EVERYBODY, "excludeAgents": ["x"]}),
        make(2, grant={**MFA, "verifiedIdProfile": "x"}),
        make(2, grant={"operator": "XOR", "builtInControls": ["mfa", "compliantDevice"]}),
    ],
)
def test_what_is_not_known_covers_nothing_for_certain(other: Policy) -> None:
    first = make(1, applications=BUT_APP)
    assert judge(first, other) == "may_be_covered"
    assert judge(first, make(2, session=NEW_SESSION)) == "covered", "what is added to a demand takes nothing from it"
    unknown = {"operator": "AND", "builtInControls": ["mfa"], "verifiedIdProfile": "x"}
    assert judge(first, make(2, grant=unknown)) == "covered"
    assert judge(make(1, applications=BUT_APP, grant=unknown), make(2)) == "may_be_covered"


@pytest.mark.parametrize(
    ("session", "expected"),
    [(None, "gap"), (STAY, "gap"), (FOUR_HOURS, "may_be_covered"), (EACH_TIME, "covered")],
)
def test_the_session_counts_beside_a_grant(session: t.Any, expected: str) -> None:
    first = make(1, applications=BUT_APP, session=EACH_TIME)
    assert judge(first, make(2, session=session)) == expected
    assert judge(first, make(2, grant=BLOCK)) == "covered"
    assert judge(first, make(2), make(3, grant={}, session=EACH_TIME)) == "covered", "by two together"


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (make(2), "covered"),
        (make(2, grant={}, session=STAY), "gap"),
        (make(2, grant={}, session=NEW_SESSION), "gap"),
        (make(2, grant={"operator": "OR", "verifiedIdProfile": "x"}), "may_be_covered"),
    ],
)
def test_at_a_place_that_is_let_in_the_sign_in_has_to_meet_something(other: Policy, expected: str) -> None:
    places = {"includeLocations": ["All"], "excludeLocations": [PLACE]}
    assert judge(make(1, grant=BLOCK, locations=places), other) == expected


def test_a_program_is_let_in_from_its_places_by_design() -> None:
    places = {"includeLocations": ["All"], "excludeLocations": [PLACE]}
    clients = {"includeServicePrincipals": [guid(5)]}
    program = make(1, users={"includeUsers": ["None"]}, grant=BLOCK, locations=places, clientApplications=clients)
    assert judge(program) == "by_design" == judge(program, make(2))


def test_a_policy_for_nobody_covers_nothing() -> None:
    first = make(1, users={**EVERYBODY, "excludeGroups": [guid(6)]})
    assert judge(first, make(2, users={"includeUsers": ["None"]})) == "gap"
