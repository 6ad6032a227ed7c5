# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the options of an access token ask for."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.access_tokens.desired import (
    desired_access_token,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Problems


def wanted(**options: t.Any) -> dict[str, t.Any]:
    return desired_access_token({"name": "nightly", **options})


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"allowed_ips": ["10.0.0.0/33"]}, ["allowed_ips"]),
        (
            {"allowed_ips": ["a-b"], "renewable_until": "x", "expires": "y"},
            ["allowed_ips", "renewable_until", "expires"],
        ),
        ({"api_endpoints": [""]}, ["api_endpoints"]),
        ({"api_endpoints": ["https://cs.example/api/Plan"]}, ["api_endpoints"]),
        ({"api_endpoints": ["/a b"]}, ["api_endpoints"]),
        ({"api_endpoints": ["/Plan?x=1"]}, ["api_endpoints"]),
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
