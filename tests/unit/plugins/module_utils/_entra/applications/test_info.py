# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applications as facts."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from fake_graph import FakeGraph, call_with_graph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer, ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.info import (
    describe_application,
    describe_applications,
    find_applications,
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


def test_applications_are_sorted_by_name_and_id() -> None:
    """The order of Graph's list means nothing."""
    listed = describe_applications(
        [{"id": "2", "displayName": "b"}, {"id": "1", "displayName": "B"}, {"id": "3", "displayName": "a"}], NOW
    )
    assert [item["object_id"] for item in listed] == ["3", "1", "2"]


def find(make_ctx: t.Any, answers: dict[str, t.Any], **options: t.Any) -> tuple[list[dict[str, t.Any]], FakeGraph]:
    graph = FakeGraph(make_ctx(options), answers)
    return call_with_graph(find_applications, graph), graph


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"object_id": guid(1), "app_id": guid(2)}, f"/applications/{guid(1)}"),
        ({"app_id": guid(2)}, f"/applications(appId='{guid(2)}')"),
        ({"unique_name": "ops"}, "/applications(uniqueName='ops')"),
    ],
)
def test_a_key_is_one_read_and_no_application_is_no_error(make_ctx: t.Any, options: dict[str, str], path: str) -> None:
    found, graph = find(make_ctx, {path: WIRE}, **options)
    assert [item["object_id"] for item in found] == ["one"] and graph.reads == [path]
    assert find(make_ctx, {}, **options)[0] == []


@pytest.mark.parametrize(
    ("options", "condition"),
    [
        ({}, None),
        ({"filter": "startswith(displayName,'x')"}, "startswith(displayName,'x')"),
        ({"display_name": "Report'ing", "filter": "x"}, "displayName eq 'Report''ing'"),
    ],
)
def test_without_a_key_it_is_one_list(make_ctx: t.Any, options: dict[str, str], condition: str | None) -> None:
    listed = [{"id": "1", "displayName": "report'ing"}, {"id": "2", "displayName": "Re\u0440ort'ing"}]
    found, graph = find(make_ctx, {"/applications": listed}, **options)
    assert graph.parameters[0].get("$filter") == condition
    assert [item["object_id"] for item in found] == (["1"] if "display_name" in options else ["1", "2"])


def test_an_id_that_is_none_is_refused_before_any_read(make_ctx: t.Any) -> None:
    with pytest.raises(ConfigError, match="app_id: 'x' is not a GUID"):
        find(make_ctx, {}, app_id="x")


@pytest.mark.parametrize("name", ["startDateTime", "endDateTime"])
def test_a_date_that_is_none_is_no_date_that_never_comes(name: str) -> None:
    with pytest.raises(BadAnswer, match=f"no valid date as {name}"):
        describe_application({"passwordCredentials": [{"keyId": "k", name: "soon"}]}, NOW)


def test_credentials_that_end_together_and_applications_of_one_name_have_an_order() -> None:
    keys = [{"keyId": "b"}, {"keyId": None}, {"keyId": "a"}]
    found = describe_application({"passwordCredentials": keys}, NOW)
    assert [item["key_id"] for item in found["passwords"]] == [None, "a", "b"]
    listed = describe_applications([{"id": "x"}, {"id": None}, {"id": "a"}], NOW)
    assert [item["object_id"] for item in listed] == [None, "a", "x"]
