# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists in the shapes of different releases."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault import listings
from ansible_collections.cvops.identity.plugins.module_utils._commvault.references import parse_id
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer, NotFound

INFO = {"companyName": "corp", "companyId": 30}
LEVEL = {"companyName": "Commcell"}


@pytest.mark.parametrize(
    ("kind", "body", "found"),
    [
        (
            "users",
            {"users": [{"id": 1, "name": "admin", "company": {"id": 0, "name": "Commcell"}}]},
            (1, "admin", None),
        ),
        (
            "users",
            {"users": [{"userEntity": {"userId": 4, "userName": "corp\\j", "entityInfo": INFO}}]},
            (4, "corp\\j", "corp"),
        ),
        ("user_groups", {"userGroups": [{"id": "21", "name": "g", "serviceType": "COMMSERVE"}]}, (21, "g", None)),
        (
            "user_groups",
            {"userGroups": [{"userGroupEntity": {"userGroupId": 21, "userGroupName": "g"}}]},
            (21, "g", None),
        ),
        (
            "external_groups",
            {"userGroups": [{"id": 57, "name": "CORP\\x", "serviceType": "ACTIVE_DIRECTORY"}]},
            (57, "CORP\\x", None),
        ),
        (
            "external_groups",
            {"userGroups": [{"userGroupEntity": {"userGroupId": 57, "userGroupName": "CORP\\x"}}]},
            (57, "CORP\\x", None),
        ),
        ("roles", {"roles": [{"id": 35, "name": "r", "company": {"id": 30, "name": "corp"}}]}, (35, "r", "corp")),
        (
            "roles",
            {"roleProperties": [{"role": {"roleId": 35, "roleName": "r", "entityInfo": LEVEL}}]},
            (35, "r", None),
        ),
        ("companies", {"companies": [{"id": 30, "name": "Corp Ltd", "alias": "corp"}]}, (30, "Corp Ltd", None)),
        (
            "companies",
            {"providers": [{"shortName": {"id": 30, "domainName": "corp"}, "connectName": "Corp Ltd"}]},
            (30, "Corp Ltd", None),
        ),
        (
            "servers",
            {
                "clientProperties": [
                    {"client": {"clientEntity": {"clientId": 5, "clientName": "s", "entityInfo": INFO}}}
                ]
            },
            (5, "s", "corp"),
        ),
        (
            "server_groups",
            {"groups": [{"Id": 9, "name": "emea-vm", "clientGroup": {"entityInfo": INFO}}]},
            (9, "emea-vm", "corp"),
        ),
        ("server_groups", {"serverGroups": [{"id": 9, "name": "emea-vm"}]}, (9, "emea-vm", None)),
        ("plans", {"plans": [{"plan": {"planId": 12, "planName": "gold", "entityInfo": INFO}}]}, (12, "gold", "corp")),
        (
            "storage_pools",
            {"storagePoolList": [{"storagePoolEntity": {"storagePoolId": "4", "storagePoolName": "p"}}]},
            (4, "p", None),
        ),
        ("workflows", {"container": [{"entity": {"workflowId": 7, "workflowName": "w"}}]}, (7, "w", None)),
        (
            "credentials",
            {"credentialManager": [{"id": 61, "name": "c", "company": {"id": 30, "name": "corp"}}]},
            (61, "c", "corp"),
        ),
        (
            "credentials",
            {"credentialRecordInfo": [{"credentialRecord": {"credentialId": 61, "credentialName": "c"}}]},
            (61, "c", None),
        ),
    ],
)
def test_shapes(kind: str, body: dict[str, t.Any], found: tuple[int, str, str | None]) -> None:
    (entry,) = listings.parse_entries(kind, body)
    assert (entry.id, entry.name, entry.company) == found


def test_rows_that_are_left_out() -> None:
    """Rows without id or name, directory groups among local ones, deleted servers."""
    groups = [
        {"id": 1, "name": "a"},
        {"id": 2, "name": "CORP\\b"},
        {"id": 3},
        {"name": "c"},
        {"id": "", "name": "d"},
    ]
    assert [entry.name for entry in listings.parse_entries("user_groups", {"userGroups": groups})] == ["a"]
    server = {"client": {"clientEntity": {"clientId": 5, "clientName": "s"}}, "clientProps": {"IsDeletedClient": True}}
    assert listings.parse_entries("servers", {"clientProperties": [server]}) == []
    assert listings.parse_entries("roles", {}) == []


@pytest.mark.parametrize("listed", ["many", 7, True, {}, {"id": 1}, ["x"], [None], [{"id": 1, "name": "a"}, 7]])
@pytest.mark.parametrize("wrapper", ["roles", "roleProperties"])
def test_what_is_no_list_of_objects_is_not_an_empty_one(wrapper: str, listed: t.Any) -> None:
    with pytest.raises(BadAnswer, match=wrapper):
        listings.parse_entries("roles", {wrapper: listed})
    assert listings.parse_entries("roles", {wrapper: None}) == []


def test_older_paths_are_tried() -> None:
    asked: list[tuple[str, t.Mapping[str, t.Any]]] = []

    def get(path: str, params: t.Mapping[str, t.Any]) -> dict[str, t.Any] | None:
        asked.append((path, params))
        return {"roleProperties": [{"role": {"roleId": 1, "roleName": "Master"}}]} if path == "Security/Roles" else None

    assert [entry.name for entry in listings.list_objects("roles", get, hard_refresh=True)] == ["Master"]
    assert [path for path, params in asked] == ["Security/Roles", "V4/Role", "Security/Roles"]
    assert all(params == {"hardRefresh": "true"} for path, params in asked)
    asked.clear()
    listings.list_objects("roles", get)
    assert asked == [("V4/Role", {}), ("Security/Roles", {})]
    with pytest.raises(NotFound, match="not give this account a list of companies"):
        listings.list_objects("companies", lambda path, params: None)


NODE = {
    "category": {"id": 117, "name": "Alert"},
    "permissions": [{"id": 151, "name": "Create Alert"}],
    "categoryList": [
        {"category": {"id": 210, "name": "Sub"}, "permissions": [{"id": 900, "name": "Deep"}, {"id": 151, "name": "x"}]}
    ],
}


@pytest.mark.parametrize("body", [NODE, {"permissions": [NODE]}])
def test_the_catalogue_with_and_without_wrapper(body: dict[str, t.Any]) -> None:
    assert [(entry.id, entry.name) for entry in listings.parse_entries("permissions", body)] == [
        (151, "Create Alert"),
        (900, "Deep"),
    ]
    assert [node["category"]["name"] for node in listings.flatten_categories(body)] == ["Alert", "Sub"]


@pytest.mark.parametrize(
    "number", [-1, "-1", True, 1.0, "1.0", "", None, [], {}, "9" * 19, 10**18, "\u0661", "1_0", " 1"]
)
def test_what_is_no_id_is_none(number: t.Any) -> None:
    """Least of all -1, which stands for all objects of a kind among grants."""
    assert parse_id(number) is None
    assert listings.parse_entries("plans", {"plans": [{"plan": {"planId": number, "planName": "gold"}}]}) == []


def test_every_kind_has_a_noun_and_calls() -> None:
    assert set(listings.OBJECT_KINDS) == set(listings.LISTINGS)
    for listing in listings.LISTINGS.values():
        assert listing.noun and listing.calls and listing.wrappers and listing.ids and listing.names


@pytest.mark.parametrize(
    ("row", "directory"),
    [
        ({"name": "ops", "serviceType": "COMMSERVE"}, False),
        ({"name": "corp\\ops", "serviceType": "ORGANIZATIONS"}, False),
        ({"name": "corp\\ops", "serviceType": 5}, False),
        ({"name": "ops", "serviceType": "ACTIVE_DIRECTORY"}, True),
        ({"name": "ops", "serviceType": 2}, True),
        ({"name": "CORP\\ops"}, True),
        ({"name": "CORP\\ops", "serviceType": None}, True),
        ({"userGroupEntity": {"userGroupName": "CORP\\ops"}}, True),
        ({"name": "ops"}, False),
        ({}, False),
    ],
)
def test_groups_of_a_directory_are_told_by_service_else_by_name(row: dict[str, t.Any], directory: bool) -> None:
    assert listings.is_directory_group(row) is directory


def test_a_company_that_no_row_shows_is_not_taken_for_none() -> None:
    hidden, shown = {"id": 1, "name": "a"}, {"id": 2, "name": "b", "company": {"id": 30, "name": "corp"}}
    (entry,) = listings.parse_entries("roles", {"roles": [hidden]})
    assert not entry.company_shown
    first, second = listings.parse_entries("roles", {"roles": [hidden, shown]})
    assert first.company_shown and (first.company, second.company) == (None, "corp")
    companies = listings.parse_entries("companies", {"companies": [{"id": 30, "name": "corp"}]})
    assert companies[0].company_shown, "companies are of no company"


@pytest.mark.parametrize(
    ("company", "found"),
    [
        ({"id": 30, "name": "corp"}, ("corp", 30)),
        ({"id": 30}, ("30", 30)),
        ({"name": "corp"}, ("corp", None)),
        ({"id": 0, "name": "Commcell"}, (None, None)),
        ({"id": 0, "name": "anything"}, (None, None)),
        ({"name": "Commcell"}, (None, None)),
        ({"id": 30, "name": "Commcell"}, ("Commcell", 30)),
    ],
)
def test_the_company_of_a_row(company: dict[str, t.Any], found: tuple[str | None, int | None]) -> None:
    (entry,) = listings.parse_entries("roles", {"roles": [{"id": 1, "name": "a", "company": company}]})
    assert (entry.company, entry.company_id) == found


def test_a_company_answers_to_its_aliases() -> None:
    (entry,) = listings.parse_entries("companies", {"companies": [{"id": 30, "name": "Corp Ltd", "alias": "corp"}]})
    assert entry.aliases == ("corp",)
    (bare,) = listings.parse_entries("companies", {"companies": [{"id": 30, "name": "Corp Ltd", "alias": ""}]})
    assert bare.aliases == ()
