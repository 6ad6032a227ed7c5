# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access tokens: what is compared, what is planned, what cannot be; a plan that was carried out leaves nothing to plan."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens import resource as token_resource
from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens.canonical import (
    canonical_access_token,
    list_unshown_fields,
    serialize_access_token,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens.checks import (
    check_access_token,
    is_pair_of_token,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens.desired import (
    desired_access_token,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens.plan import (
    plan_access_token,
    plan_access_token_removal,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens.resource import (
    AccessTokenResource,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer, ConfigError, Problems
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Step
from ansible_collections.cvops.identity.plugins.module_utils._signin.commvault.token_pair_wire import listed
from ansible_collections.cvops.identity.plugins.module_utils._stores.token_pair import TokenPair

ROW: dict[str, t.Any] = {
    "accessTokenId": 9,
    "tokenName": "Nightly",
    "tokenType": 3,
    "tokenExpiryTimestamp": 1800000000,
    "renewableUntilTimestamp": 1806624000,
    "apiEndpoints": ["V4/Role", "/Security/"],
    "allowedIPs": ["10.1.0.1", "10.20.0.7/24", "10.0.0.1 - 10.0.0.9"],
}
CURRENT = {
    "name": "Nightly",
    "token_type": "custom",
    "api_endpoints": ["/Security", "/V4/Role"],
    "allowed_ips": ["10.0.0.1-10.0.0.9", "10.1.0.1", "10.20.0.0/24"],
    "renewable_until": "2027-04-02T00:00:00Z",
}


def wanted(**options: t.Any) -> dict[str, t.Any]:
    return desired_access_token({"name": "nightly", **options})


def test_canonical() -> None:
    assert canonical_access_token(ROW) == CURRENT
    assert canonical_access_token({"id": 1, "name": "n"}) == {"name": "n"}, "what is not shown is not made up"
    fixed = canonical_access_token({**ROW, "tokenType": 1})
    assert (fixed["token_type"], fixed["expires"], "renewable_until" in fixed) == (
        "scim",
        "2027-01-15T08:00:00Z",
        False,
    )
    assert [canonical_access_token({**ROW, "tokenType": number})["token_type"] for number in (0, 2)] == [
        "all",
        "all",
    ]


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"allowed_ips": ["10.0.0.0/33"]}, ["allowed_ips"]),
        (
            {"allowed_ips": ["a-b"], "renewable_until": "x", "expires": "y"},
            ["allowed_ips", "renewable_until", "expires"],
        ),
        ({"api_endpoints": [""]}, ["api_endpoints"]),
    ],
)
def test_options_that_cannot_be(options: dict[str, t.Any], where: list[str]) -> None:
    with pytest.raises(Problems) as caught:
        wanted(**options)
    assert [problem["where"] for problem in caught.value.facts["problems"]] == where


@pytest.mark.parametrize("name", ["", " x", "x "])
def test_names(name: str) -> None:
    with pytest.raises(ConfigError):
        desired_access_token({"name": name})


@pytest.mark.parametrize(
    ("options", "current", "release", "where"),
    [
        ({"token_type": "custom"}, None, 44, ["api_endpoints"]),
        ({"token_type": "custom", "api_endpoints": []}, CURRENT, 44, ["api_endpoints"]),
        ({"api_endpoints": []}, CURRENT, 44, ["api_endpoints"]),
        ({"api_endpoints": ["/x"]}, {"name": "n", "token_type": "all"}, 44, ["api_endpoints"]),
        ({"renewable_until": "2027-01-01", "token_type": "one_touch"}, None, 44, ["renewable_until"]),
        ({"expires": "2027-01-01"}, None, 44, ["expires"]),
        ({"allowed_ips": ["10.0.0.1"], "token_type": "hyperscale"}, None, 40, ["allowed_ips", "token_type"]),
        ({"allowed_ips": ["10.0.0.1"], "token_type": "hyperscale"}, None, 0, []),
        ({"api_endpoints": ["/x"]}, CURRENT, 44, []),
        ({}, CURRENT, 44, []),
    ],
)
def test_what_does_not_fit(options: dict[str, t.Any], current: t.Any, release: int, where: list[str]) -> None:
    if not where:
        check_access_token("n", wanted(**options), current, release)
        return
    with pytest.raises(Problems) as caught:
        check_access_token("n", wanted(**options), current, release)
    assert [problem["where"] for problem in caught.value.facts["problems"]] == where


def actions(plan: t.Any) -> list[str]:
    return [step.action for step in plan.steps]


def test_plans() -> None:
    assert actions(plan_access_token("nightly", wanted(), None)) == ["create"]
    assert actions(plan_access_token("nightly", wanted(), CURRENT)) == []
    edit = plan_access_token("nightly", wanted(allowed_ips=[]), CURRENT)
    assert (actions(edit), edit.after) == (["edit"], {**CURRENT, "allowed_ips": []})
    assert actions(plan_access_token("nightly", wanted(), CURRENT, "file x", held=True)) == []
    replaced = plan_access_token("nightly", wanted(), CURRENT, "file x", held=False)
    assert actions(replaced) == ["revoke", "create"]
    assert (replaced.before["stored_in"], replaced.after["stored_in"]) == (None, "file x")
    assert replaced.after["api_endpoints"] == CURRENT["api_endpoints"], "a replaced token may do what it could"
    assert "renewable_until" not in replaced.after, "it begins a time of its own"
    assert actions(plan_access_token_removal(CURRENT)) == ["revoke"]
    assert actions(plan_access_token_removal(CURRENT, "file x")) == ["revoke", "forget"]
    assert actions(plan_access_token_removal(None, "file x")) == ["forget"]
    assert actions(plan_access_token_removal(None)) == []


def test_fields_that_are_not_shown_are_named_and_left() -> None:
    shown = {"name": "n", "token_type": "all"}
    managed = wanted(allowed_ips=["10.0.0.1"], token_type="all")
    assert list_unshown_fields(managed, shown) == ["allowed_ips"]
    assert actions(plan_access_token("n", managed, shown)) == []


def test_requests() -> None:
    assert serialize_access_token(plan_access_token("n", wanted(), None).steps[0].data["settings"]) == {
        "tokenName": "n",
        "tokenType": 2,
        "allowedIPs": [],
    }
    assert serialize_access_token(CURRENT) == {
        "tokenName": "Nightly",
        "tokenType": 3,
        "apiEndpoints": ["/Security", "/V4/Role"],
        "allowedIPs": ["10.0.0.1-10.0.0.9", "10.1.0.1", "10.20.0.0/24"],
        "renewableUntilTimestamp": 1806624000,
    }


@pytest.mark.parametrize(
    ("pair", "row", "own"),
    [
        (TokenPair("a", token_id="9", name="other"), ROW, True),
        (TokenPair("a", token_id="8", name="nightly"), ROW, False),
        (TokenPair("a", name="NIGHTLY"), ROW, True),
        (TokenPair("a", token_id="8", name="nightly"), None, True),
        (TokenPair("a"), None, False),
    ],
)
def test_whose_pair_it_is(pair: TokenPair, row: t.Any, own: bool) -> None:
    assert is_pair_of_token(pair, "nightly", row) is own


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
    row = carried_out(plan_access_token("n", wanted(**first), None), None)
    for given_options in (second, second):
        current = canonical_access_token(t.cast("dict[str, t.Any]", row))
        plan = plan_access_token("n", wanted(**given_options), current, "file x", held)
        assert plan.changed is (plan.before != plan.after)
        row, held = carried_out(plan, row), True
    assert not plan_access_token("n", wanted(**second), canonical_access_token(t.cast("dict[str, t.Any]", row))).changed
    shuffled = {**second, "allowed_ips": list(reversed(second["allowed_ips"]))} if "allowed_ips" in second else second
    assert not plan_access_token(
        "n", wanted(**shuffled), canonical_access_token(t.cast("dict[str, t.Any]", row))
    ).changed


def test_a_value_is_kept_although_the_rest_of_the_answer_makes_no_sense(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is shown once, and by then the token was made; without it nobody could use it or know of it."""

    def refuse(row: t.Any) -> t.NoReturn:
        raise BadAnswer("no date")

    resource = object.__new__(AccessTokenResource)
    resource._store, resource._result, resource._values = None, {}, {}
    assert resource.salvage() == {}
    answer = {**ROW, "accessToken": "shown once", "refreshToken": "renews"}
    monkeypatch.setattr(resource, "_create_token", lambda step: answer, raising=False)
    monkeypatch.setattr(token_resource, "_format_lifetimes", refuse)
    with pytest.raises(BadAnswer):
        resource.actions["create"](Step("create", "access token Nightly"))
    kept = {"id": "9", "value": "shown once", "refresh_token": "renews"}
    assert resource.salvage() == {"salvaged": {"access_token": kept}}


@pytest.mark.parametrize(
    "body",
    [
        {"tokens": [{"key": 9, "label": "Nightly"}]},
        {"accessTokens": {"row": [{"accessTokenId": 9}]}},
        {"tokenInfo": {"accessTokenId": 9, "apiEndpoints": ["/V4/Role"]}},
        {"tokens": ["Nightly"]},
        {"tokens": [ROW, {"tokenName": "Other"}]},
        {"tokenInfo": {"tokens": [{"name": "Nightly"}]}},
    ],
)
def test_a_list_that_cannot_be_understood_is_not_an_empty_one(body: dict[str, t.Any]) -> None:
    """Else a token would count as revoked, or be made a second time."""
    with pytest.raises(BadAnswer, match="access tokens"):
        listed(body)


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({}, 0),
        ({"tokens": []}, 0),
        ({"tokens": None, "error": {"errorCode": 0}}, 0),
        ({"processinginstructioninfo": {"attributes": [{"name": "exitval", "value": "0"}]}}, 0),
        ({"tokens": [ROW]}, 1),
        ({"tokens": [ROW, {"accessTokenId": 10, "tokenName": ""}]}, 1),
        ({"tokenScopes": [1], "tokens": [ROW]}, 1),
        ({"tokenInfo": {"tokens": [ROW, {"id": 1, "name": "n"}]}}, 2),
        ({"tokenCount": 0, "tokenType": "all"}, 0),
        ({"total": 1, "items": [{"id": 1, "name": "n"}]}, 1),
    ],
)
def test_lists_of_tokens(body: dict[str, t.Any], count: int) -> None:
    assert len(listed(body)) == count
