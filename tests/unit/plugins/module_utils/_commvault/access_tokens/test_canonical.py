# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access tokens as the service lists them and as requests write them."""

from __future__ import annotations

from commvault_examples import CANONICAL_TOKEN, TOKEN_ROW, make_desired_token

from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens.canonical import (
    canonical_access_token,
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
    assert not plan_access_token("n", managed, shown).changed
