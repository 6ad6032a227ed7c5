# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access tokens: what is compared, what is planned, what cannot be; a plan that was carried out leaves nothing to plan."""

from __future__ import annotations

import typing as t

from commvault_examples import CANONICAL_TOKEN, make_desired_token
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens.canonical import (
    canonical_access_token,
    serialize_access_token,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens.plan import (
    plan_access_token,
    plan_access_token_removal,
)


def actions(plan: t.Any) -> list[str]:
    return [step.action for step in plan.steps]


def test_plans() -> None:
    assert actions(plan_access_token("nightly", make_desired_token(), None)) == ["create"]
    assert actions(plan_access_token("nightly", make_desired_token(), CANONICAL_TOKEN)) == []
    edit = plan_access_token("nightly", make_desired_token(allowed_ips=[]), CANONICAL_TOKEN)
    assert (actions(edit), edit.after) == (["edit"], {**CANONICAL_TOKEN, "allowed_ips": []})
    assert actions(plan_access_token("nightly", make_desired_token(), CANONICAL_TOKEN, "file x", held=True)) == []
    replaced = plan_access_token("nightly", make_desired_token(), CANONICAL_TOKEN, "file x", held=False)
    assert actions(replaced) == ["revoke", "create"]
    assert (replaced.before["stored_in"], replaced.after["stored_in"]) == (None, "file x")
    assert replaced.after["api_endpoints"] == CANONICAL_TOKEN["api_endpoints"], "a replaced token may do what it could"
    assert "renewable_until" not in replaced.after, "it begins a time of its own"
    assert actions(plan_access_token_removal(CANONICAL_TOKEN)) == ["revoke"]
    assert actions(plan_access_token_removal(CANONICAL_TOKEN, "file x")) == ["revoke", "forget"]
    assert actions(plan_access_token_removal(None, "file x")) == ["forget"]
    assert actions(plan_access_token_removal(None)) == []


addresses = st.lists(st.sampled_from(["10.0.0.1", "10.0.0.9/24", "fe80::1", "10.0.0.1-10.0.0.3"]), max_size=4)
dates = st.sampled_from(["2027-01-01", "2027-04-02T00:00:00Z", "2027-04-02T02:00:00+02:00"])
options = st.fixed_dictionaries(
    {"token_type": st.sampled_from([None, "all", "custom"])},
    optional={"allowed_ips": addresses, "renewable_until": dates},
).map(lambda found: {**found, **({"api_endpoints": ["/b", "a/"]} if found["token_type"] == "custom" else {})})


def carried_out(plan: t.Any, row: dict[str, t.Any] | None) -> dict[str, t.Any] | None:
    """A model of the service."""
    for step in plan.steps:
        if step.action == "revoke":
            row = None
        else:
            body = serialize_access_token(step.data["settings"])
            row = {
                "accessTokenId": 1,
                "renewableUntilTimestamp": 1,
                "allowedIPs": [],
                "apiEndpoints": [],
                **(row or {}),
                **body,
            }
            if row["tokenType"] != 3:
                row["apiEndpoints"] = []
    return row


@given(options, options, st.booleans())
def test_a_plan_that_was_carried_out_leaves_nothing(first: t.Any, second: t.Any, held: bool) -> None:
    row = carried_out(plan_access_token("n", make_desired_token(**first), None), None)
    for given_options in (second, second):
        current = canonical_access_token(t.cast("dict[str, t.Any]", row))
        plan = plan_access_token("n", make_desired_token(**given_options), current, "file x", held)
        assert plan.changed is (plan.before != plan.after)
        row, held = carried_out(plan, row), True
    assert not plan_access_token(
        "n", make_desired_token(**second), canonical_access_token(t.cast("dict[str, t.Any]", row))
    ).changed
    shuffled = {**second, "allowed_ips": list(reversed(second["allowed_ips"]))} if "allowed_ips" in second else second
    assert not plan_access_token(
        "n", make_desired_token(**shuffled), canonical_access_token(t.cast("dict[str, t.Any]", row))
    ).changed


def test_what_becomes_of_a_token_is_told() -> None:
    def told(plan: t.Any) -> list[str]:
        return [f"{change.sign} {change.sentence}" for step in plan.steps for change in step.changes]

    replaced = plan_access_token("nightly", make_desired_token(), CANONICAL_TOKEN, "the file pair.json", held=False)
    assert told(replaced)[0] == "- revoke the access token"
    assert told(replaced)[1].startswith("+ create the access token with ")
    assert told(plan_access_token_removal(CANONICAL_TOKEN, "the file pair.json")) == [
        "- revoke the access token",
        "- remove the pair from the file pair.json",
    ]
    edited = plan_access_token("nightly", make_desired_token(allowed_ips=["10.0.0.9"]), CANONICAL_TOKEN)
    assert "+ add allowed address 10.0.0.9" in told(edited)
