# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of an app: one step, which says all that changes."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st
from oidc_examples import APPLICATION, CONSOLE, DISCOVERY

from ansible_collections.cvops.identity.plugins.module_utils._commvault.app_associations import (
    Association,
    AssociationChanges,
    plan_associations,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.oidc_apps.associations import (
    make_association,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.oidc_apps.canonical import OidcSettings
from ansible_collections.cvops.identity.plugins.module_utils._commvault.oidc_apps.plan import (
    find_narrowed_fields,
    format_oidc_app,
    plan_oidc_app,
    plan_oidc_app_removal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan

CURRENT = OidcSettings(True, "People", APPLICATION, DISCOVERY, (CONSOLE,), "key-1")
ANNA, OPS = make_association("users", "anna", 4), make_association("user_groups", "ops", 7)


def planned(after: OidcSettings, changes: AssociationChanges | None = None, writes_secret: bool = False) -> Plan:
    kept = AssociationChanges([], [], [ANNA])
    return plan_oidc_app("entra", CURRENT, after, changes or kept, [ANNA], writes_secret=writes_secret, key="M0")


def told(plan: Plan) -> list[str]:
    return [f"{change.sign} {change.sentence}" for step in plan.steps for change in step.changes]


def test_a_new_app_is_told_with_all_of_it() -> None:
    plan = plan_oidc_app("entra", None, CURRENT, AssociationChanges([OPS], [], [OPS]), [], writes_secret=True)
    assert told(plan) == [
        f'+ create the OpenID Connect app with application id "{APPLICATION}", description "People", discovery URL "{DISCOVERY}", enabled true',
        f"+ add web console URL {CONSOLE}",
        "~ write the client secret, known as key-1",
        "+ add user group ops",
    ]
    assert plan.before == {} and plan.after["associations"]["user_groups"] == ["ops"]


def test_a_change_is_one_step_that_tells_all_of_it() -> None:
    after = dataclasses.replace(CURRENT, enabled=False, secret_fingerprint=None)
    plan = planned(after, plan_associations({"users": [], "user_groups": [OPS]}, [ANNA], False), writes_secret=True)
    assert [step.action for step in plan.steps] == ["update"]
    assert told(plan) == [
        "~ set enabled to false",
        "~ write the client secret, without a mark",
        "+ add user group ops",
        "- remove user anna",
    ]


def test_a_secret_that_is_written_again_shows_in_the_diff() -> None:
    plan = planned(CURRENT, writes_secret=True)
    assert (plan.before["secret_written"], plan.after["secret_written"]) == (False, True)
    assert planned(CURRENT).steps == ()


def test_associations_that_are_not_shown_are_not_told() -> None:
    plan = plan_oidc_app("entra", CURRENT, CURRENT, AssociationChanges([], [], []), None, writes_secret=False)
    assert plan == Plan(plan.before, plan.before) and plan.before["associations"] is None


@given(st.booleans(), st.sampled_from(["key-1", "key-2", None]), st.lists(st.sampled_from([ANNA, OPS])), st.booleans())
def test_a_plan_changes_something_exactly_where_the_forms_differ(
    enabled: bool, fingerprint: str | None, listed: list[Association], exclusive: bool
) -> None:
    after = dataclasses.replace(CURRENT, enabled=enabled, secret_fingerprint=fingerprint)
    wanted = {kind: [item for item in listed if item.kind == kind] for kind in ("users", "user_groups")}
    plan = planned(after, plan_associations(wanted, [ANNA], exclusive), writes_secret=fingerprint != "key-1")
    assert plan.changed == (plan.before != plan.after)


def test_a_deletion_says_that_nobody_signs_in() -> None:
    plan = plan_oidc_app_removal("entra", CURRENT, [ANNA], "M0", "entra")
    assert told(plan) == ["- delete the OpenID Connect app: nobody signs in through it any more"]
    assert plan.before == format_oidc_app("entra", CURRENT, [ANNA])
    assert plan_oidc_app_removal("entra", None, [], None, "entra") == Plan({}, {})


def test_what_keeps_somebody_out_has_to_be_seen() -> None:
    after = OidcSettings(False, "Other", "other", "https://other.example/", (), "key-2")
    plan = planned(after, plan_associations({"users": []}, [ANNA], False))
    assert find_narrowed_fields(plan) == {
        "enabled",
        "application_id",
        "discovery_url",
        "web_console_urls",
        "associations",
    }
    wider = dataclasses.replace(CURRENT, description="Other", web_console_urls=(CONSOLE, "https://b.example:443"))
    assert find_narrowed_fields(planned(wider, plan_associations({"users": [OPS]}, [ANNA], False))) == set()
    assert find_narrowed_fields(plan_oidc_app_removal("entra", CURRENT, [], "M0", "entra")) == {"state"}
    new = plan_oidc_app("entra", None, CURRENT, AssociationChanges([], [], []), [], writes_secret=True)
    assert find_narrowed_fields(new) == set()
