# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applications as facts."""

from __future__ import annotations

import datetime

from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.info import (
    describe_application,
    describe_applications,
)

NOW = datetime.datetime(2026, 3, 2, 12, 0, tzinfo=datetime.timezone.utc)
WIRE = {
    "id": "one",
    "appId": "two",
    "displayName": "Reporting",
    "createdDateTime": "2026-01-01T00:00:00.1234567Z",
    "passwordCredentials": [
        {"keyId": "late", "displayName": "b", "endDateTime": "2026-04-01T12:00:00Z", "hint": "Abc", "secretText": None},
        {"keyId": "gone", "displayName": "a", "endDateTime": "2026-03-02T11:59:59.9999999Z", "hint": "Xyz"},
        {"keyId": "endless", "displayName": None, "endDateTime": None},
    ],
    "keyCredentials": [
        {
            "keyId": "cert",
            "displayName": "CN=x",
            "customKeyIdentifier": "AQIDBAUGBwgJCgsMDQ4PEBESExQ=",
            "type": "AsymmetricX509Cert",
            "usage": "Verify",
            "key": "MIIC",
            "startDateTime": "2026-03-01T00:00:00Z",
            "endDateTime": "2026-03-03T11:00:00Z",
        }
    ],
}


def test_days_left_and_nothing_secret() -> None:
    """Whole days, negative once over, soonest first; neither hints nor keys."""
    found = describe_application(WIRE, NOW)
    assert [(item["key_id"], item["days_left"]) for item in found["passwords"]] == [
        ("gone", -1),
        ("late", 30),
        ("endless", None),
    ]
    assert found["certificates"] == [
        {
            "key_id": "cert",
            "name": "CN=x",
            "thumbprint": "0102030405060708090A0B0C0D0E0F1011121314",
            "type": "AsymmetricX509Cert",
            "usage": "Verify",
            "starts": "2026-03-01T00:00:00Z",
            "expires": "2026-03-03T11:00:00Z",
            "days_left": 0,
        }
    ]
    assert found["created"] == "2026-01-01T00:00:00Z"
    assert not any(word in repr(found) for word in ("Abc", "Xyz", "MIIC", "secretText", "hint"))


def test_other_identifiers_stay_as_they_are() -> None:
    """A text that is no base64 of 20 bytes is no thumbprint that we could read."""
    for text in ("not base64!", "AQID", None):
        found = describe_application({"keyCredentials": [{"keyId": "k", "customKeyIdentifier": text}]}, NOW)
        assert found["certificates"][0]["thumbprint"] == text


def test_sorted_by_name() -> None:
    """The order of Graph's list means nothing."""
    listed = describe_applications(
        [{"id": "2", "displayName": "b"}, {"id": "1", "displayName": "B"}, {"id": "3", "displayName": "a"}], NOW
    )
    assert [item["object_id"] for item in listed] == ["3", "1", "2"]
