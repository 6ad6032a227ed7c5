# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access tokens as the service lists them and as requests write them."""

from __future__ import annotations

import typing as t

import pytest
from commvault_examples import CANONICAL_TOKEN, TOKEN_ROW, make_desired_token

from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens.canonical import (
    canonical_access_token,
    find_narrowed_fields,
    is_field_proven,
    list_unshown_fields,
    serialize_access_token,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens.plan import (
    plan_access_token,
)


def test_canonical() -> None:
    assert canonical_access_token(TOKEN_ROW) == CANONICAL_TOKEN
    assert canonical_access_token({"id": 1, "name": "n"}) == {"name": "n"}, "what is not shown is not made up"
    fixed = canonical_access_token({**TOKEN_ROW, "tokenType": 1})
    assert (fixed["token_type"], fixed["expires"], "renewable_until" in fixed) == (
        "scim",
        "2027-01-15T08:00:00Z",
        False,
    )
    assert [canonical_access_token({**TOKEN_ROW, "tokenType": number})["token_type"] for number in (0, 2)] == [
        "all",
        "all",
    ]


def test_requests() -> None:
    assert serialize_access_token(plan_access_token("n", make_desired_token(), None).steps[0].data["settings"]) == {
        "tokenName": "n",
        "tokenType": 2,
        "allowedIPs": [],
    }
    assert serialize_access_token(CANONICAL_TOKEN) == {
        "tokenName": "Nightly",
        "tokenType": 3,
        "apiEndpoints": ["/Security", "/V4/Role"],
        "allowedIPs": ["10.0.0.1-10.0.0.9", "10.1.0.1", "10.20.0.0/24"],
        "renewableUntilTimestamp": 1806624000,
    }


def test_fields_that_are_not_shown_are_named_and_left() -> None:
    shown = {"name": "n", "token_type": "all"}
    managed = make_desired_token(allowed_ips=["10.0.0.1"], token_type="all")
    assert list_unshown_fields(managed, shown) == ["allowed_ips"]
    assert plan_access_token("n", managed, shown).after["allowed_ips"] == ["10.0.0.1"], "a limit is written unseen"
    assert not plan_access_token("n", make_desired_token(allowed_ips=[], token_type="all"), shown).changed


@pytest.mark.parametrize(
    ("before", "after", "narrowed"),
    [
        ({"allowed_ips": ["10.0.0.1", "10.0.0.2"]}, {"allowed_ips": ["10.0.0.1"]}, {"allowed_ips"}),
        ({}, {"allowed_ips": ["10.0.0.1"]}, {"allowed_ips"}),
        ({"allowed_ips": ["10.0.0.1"]}, {"allowed_ips": []}, set()),
        ({"token_type": "all"}, {"token_type": "custom", "api_endpoints": ["/a"]}, {"token_type", "api_endpoints"}),
        ({"token_type": "custom"}, {"token_type": "all", "api_endpoints": []}, set()),
        ({"renewable_until": "2027-04-02T00:00:00Z"}, {"renewable_until": "2027-04-01T00:00:00Z"}, {"renewable_until"}),
        ({"renewable_until": "2027-04-02T00:00:00Z"}, {"renewable_until": "2027-04-03T00:00:00Z"}, set()),
        ({}, {"expires": "2027-04-03T00:00:00Z"}, {"expires"}),
        ({"name": "n"}, {"name": "N", "stored_in": "file x"}, set()),
    ],
)
def test_a_field_is_narrowed_where_it_limits_more_than_is_known(before: t.Any, after: t.Any, narrowed: t.Any) -> None:
    assert find_narrowed_fields(before, after) == narrowed


@pytest.mark.parametrize(
    ("name", "wanted", "shown", "proven"),
    [
        ("allowed_ips", ["10.0.0.1"], {"allowed_ips": ["10.0.0.1"]}, True),
        ("allowed_ips", ["10.0.0.1"], {"allowed_ips": ["10.0.0.1", "10.0.0.2"]}, False),
        ("allowed_ips", ["10.0.0.1"], {}, False),
        ("expires", "2027-04-03T00:00:00Z", {"expires": "2027-04-02T00:00:00Z"}, True),
        ("expires", "2027-04-03T00:00:00Z", {"expires": "2027-04-04T00:00:00Z"}, False),
        ("expires", "2027-04-03T00:00:00Z", {}, False),
    ],
)
def test_a_field_is_proven_where_it_is_shown_as_wanted_or_ends_earlier(
    name: str, wanted: t.Any, shown: t.Any, proven: bool
) -> None:
    assert is_field_proven(name, wanted, shown) is proven
