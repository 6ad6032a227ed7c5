# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OpenID Connect apps as Commvault shows them."""

from __future__ import annotations

import typing as t

APPLICATION = "66666666-7777-4888-8999-00000000aaaa"
TENANT = "11111111-2222-4333-8444-555555555555"
DISCOVERY = f"https://login.microsoftonline.com/{TENANT}/v2.0/.well-known/openid-configuration"
CONSOLE = "https://cv.corp.example:443/webconsole"
SECRET = "Hx8Q~zeroToHero.of_the-day0123456789abcd"
KEY = "M0VGRjUy"
TREE = [{"_type_": 13, "userId": 4, "userName": "anna"}, {"_type_": 12}]


def make_row(**more: t.Any) -> dict[str, t.Any]:
    """The row of an app with its properties; the secret is hidden."""
    properties = [
        {"name": "clientId", "value": APPLICATION},
        {"name": "clientSecret", "value": "******"},
        {"name": "endPointUrl", "value": DISCOVERY},
        {"name": "webConsoleUrls", "values": [CONSOLE]},
        {"name": "scope", "value": "openid email"},
    ]
    return {
        "appName": "entra",
        "appKey": KEY,
        "appType": 5,
        "appDescription": "People\n[cvops secret: key-1]",
        "flags": 5,
        "isEnabled": True,
        "props": {"nameValues": properties},
        "assocTree": [dict(item) for item in TREE],
        **more,
    }


def get_properties(row: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The properties in a row that is written, by name."""
    return {item["name"]: item.get("value", item.get("values")) for item in row["props"]["nameValues"]}
