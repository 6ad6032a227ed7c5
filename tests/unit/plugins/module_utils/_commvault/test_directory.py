# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each list is read once per task; a name or an id is looked up in what was read, and what is withheld is not an error."""

from __future__ import annotations

import typing as t

import pytest
from fake_commvault import FakeCommvault

from ansible_collections.cvops.identity.plugins.module_utils._commvault.directory import Directory
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    AmbiguousMatch,
    ApiError,
    Forbidden,
    NotFound,
    Throttled,
    Unreachable,
)

COMPANIES = {"companies": [{"id": 30, "name": "Corp Ltd", "alias": "corp"}, {"id": 31, "name": "30", "alias": "x"}]}
GROUPS = {
    "userGroups": [
        {"id": 21, "name": "ops", "serviceType": "COMMSERVE", "company": {"id": 0}},
        {"id": 22, "name": "ops", "serviceType": "COMMSERVE", "company": {"id": 30, "name": "Corp Ltd"}},
        {"id": 57, "name": "CORP\\ops", "serviceType": "ACTIVE_DIRECTORY", "company": {"id": 0}},
    ]
}


def directory(make_ctx: t.Any, answers: dict[str, t.Any], **fields: t.Any) -> tuple[Directory, FakeCommvault]:
    client = FakeCommvault(make_ctx(), {"V4/company": COMPANIES, "V4/UserGroup": GROUPS, **answers}, **fields)
    return Directory(t.cast(t.Any, client)), client


def test_local_and_directory_groups_come_of_one_request(make_ctx: t.Any) -> None:
    made, client = directory(make_ctx, {})
    assert [entry.id for entry in made.read_catalogue("user_groups")] == [21, 22]
    assert [entry.id for entry in made.read_catalogue("external_groups")] == [57]
    assert made.read_catalogue("user_groups") is made.read_catalogue("user_groups")
    assert client.paths == ["GET V4/UserGroup"]


def test_a_name_that_is_missed_is_looked_for_once_more_past_the_cache(make_ctx: t.Any) -> None:
    made, client = directory(
        make_ctx, {"V4/Role": [{"roles": []}, {"roles": [{"id": 9, "name": "New", "company": {"id": 0}}]}]}
    )
    roles = made.read_catalogue("roles")
    assert roles.find("new").id == 9
    assert roles.get("other") is None
    assert [one.params for one in client.sent if one.path == "V4/Role"] == [{}, {"hardRefresh": "true"}]


def test_a_second_read_replaces_all_lists(make_ctx: t.Any) -> None:
    made, client = directory(make_ctx, {})
    assert made.read_catalogue("user_groups").get("new") is None, "this has read the list past the cache already"
    client.answers["V4/UserGroup"] = {"userGroups": [{"id": 23, "name": "new", "company": {"id": 0}}]}
    assert made.reread_catalogue("user_groups").find("new").id == 23
    assert made.read_catalogue("user_groups").get_by_id(21) is None


@pytest.mark.parametrize(
    ("given", "found"),
    [("Corp Ltd", 30), ("CORP", 30), (30, 30), ("x", 31), (31, 31), ("31", 31), ("none", None), (7, None)],
)
def test_a_company_is_found_by_name_alias_or_id(make_ctx: t.Any, given: str | int, found: int | None) -> None:
    made, _client = directory(make_ctx, {})
    entry = made.find_company(given)
    assert (entry.id if entry else None) == found


def test_digits_that_name_one_company_and_number_another_are_ambiguous(make_ctx: t.Any) -> None:
    made, _client = directory(make_ctx, {})
    with pytest.raises(AmbiguousMatch) as caught:
        made.find_company("30")
    assert caught.value.facts["candidates"] == ["31", "30"]
    assert "Corp Ltd (id 30)" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "found"), [(None, None), ("", None), ("Commcell", 0), (0, 0), ("0", 0), ("corp", 30), (31, 31)]
)
def test_no_company_is_where_the_task_acts_and_zero_the_commcell(
    make_ctx: t.Any, given: t.Any, found: int | None
) -> None:
    made, _client = directory(make_ctx, {})
    assert made.find_company_id(given) == found


def test_a_company_that_is_not_there_is_an_error(make_ctx: t.Any) -> None:
    made, _client = directory(make_ctx, {})
    with pytest.raises(NotFound, match="No company is named 'Corp Lt'") as caught:
        made.find_company_id("Corp Lt")
    assert caught.value.facts["near"] == ["Corp Ltd"]


def test_a_bare_name_is_one_of_the_scope(make_ctx: t.Any) -> None:
    made, _client = directory(make_ctx, {}, company_id=30, company_name="corp")
    assert made.read_catalogue("user_groups").find("ops").id == 22
    assert made.read_catalogue("user_groups").find("ops", "Commcell").id == 21
    assert made.read_catalogue("companies").find("30").id == 31, "companies are of no company"


@pytest.mark.parametrize("error", [Forbidden("no"), NotFound("no such call"), ApiError("no", status=501)])
def test_an_account_that_may_not_list_companies_still_finds_by_what_is_given(make_ctx: t.Any, error: Exception) -> None:
    made, _client = directory(make_ctx, {"V4/company": error, "Organization": error})
    groups = made.read_catalogue("user_groups")
    assert groups.find("ops", "Corp Ltd").id == 22
    assert groups.find("ops", 30).id == 22
    assert groups.get("ops", "corp") is None, "the alias is not known without the list"


@pytest.mark.parametrize("error", [Unreachable("no answer"), Throttled("slow down"), ApiError("HTTP 500", status=500)])
def test_a_list_of_companies_that_fails_decides_nothing(make_ctx: t.Any, error: Exception) -> None:
    made, _client = directory(make_ctx, {"V4/company": error})
    groups = made.read_catalogue("user_groups")
    with pytest.raises(type(error)):
        groups.find("ops", "Corp Ltd")


@pytest.mark.parametrize(("companies", "found"), [({"companies": []}, 35), (COMPANIES, None), (Forbidden("no"), None)])
def test_a_name_of_an_unshown_company_counts_only_where_there_are_none(
    make_ctx: t.Any, companies: t.Any, found: int | None
) -> None:
    made, _client = directory(make_ctx, {"V4/company": companies, "V4/Role": {"roles": [{"id": 35, "name": "R"}]}})
    entry = made.read_catalogue("roles").get("R")
    assert (entry.id if entry else None) == found


def test_a_user_group_is_read_once_until_it_is_forgotten(make_ctx: t.Any) -> None:
    details = [{"name": "ops", "azureGUID": "a"}, {"name": "ops", "azureGUID": "b"}]
    made, client = directory(make_ctx, {"V4/UserGroup/21": list(details)})
    assert made.get_cached_user_group(21) is None
    assert client.sent == [], "what was not read is not read for this"
    assert made.read_user_group(21) == made.read_user_group(21) == made.get_cached_user_group(21) == details[0]
    assert client.paths == ["GET V4/UserGroup/21"]
    made.forget_user_group(21)
    made.forget_user_group(22)
    assert made.get_cached_user_group(21) is None
    assert made.read_user_group(21) == details[1]


@pytest.mark.parametrize(
    ("listed", "details", "linked", "reads"),
    [
        ({"azureGUID": "ABC-1"}, {}, "abc-1", 1),
        ({"azureGUID": ""}, {"azureGUID": "ABC-2"}, None, 1),
        ({}, {"azureGUID": "ABC-2"}, "abc-2", 2),
        ({}, {"azureGUID": ""}, None, 2),
        ({}, None, None, 5),
    ],
)
def test_a_link_is_read_from_the_list_where_that_shows_it(
    make_ctx: t.Any, listed: dict[str, str], details: t.Any, linked: str | None, reads: int
) -> None:
    groups = {"userGroups": [{"id": 21, "name": "ops", "company": {"id": 0}, **listed}]}
    made, client = directory(make_ctx, {"V4/UserGroup": groups, "V4/UserGroup/21": details})
    assert made.read_linked_object_id(21) == linked
    assert len(client.paths) == reads


@pytest.mark.parametrize("late", [0, 2])
def test_a_user_group_whose_details_lag_behind_the_list_is_waited_for(make_ctx: t.Any, late: int) -> None:
    made, client = directory(make_ctx, {"V4/UserGroup/21": [*[None] * late, {"azureGUID": "a"}]})
    made.read_catalogue("user_groups")
    assert made.read_user_group(21) == {"azureGUID": "a"}
    assert client.paths.count("GET V4/UserGroup/21") == late + 1


def test_a_user_group_that_was_deleted_and_is_listed_is_looked_for_a_few_times(make_ctx: t.Any) -> None:
    made, client = directory(make_ctx, {})
    made.read_catalogue("user_groups")
    before = client.ctx.clock.monotonic()
    assert made.read_user_group(21) is None and made.read_user_group(21) is None
    assert client.paths.count("GET V4/UserGroup/21") == 4
    assert client.ctx.clock.monotonic() - before < 5
    assert made.reread_user_group(21) is None
    assert client.paths.count("GET V4/UserGroup/21") == 5, "as it is now: the list is not asked"


def test_a_user_group_that_is_gone_is_none_and_asked_for_once(make_ctx: t.Any) -> None:
    made, client = directory(make_ctx, {})
    assert made.read_user_group(7) is None
    assert made.read_user_group(7) is None
    assert client.paths == ["GET V4/UserGroup/7"]


def test_categories_of_permissions_come_with_their_sub_categories(make_ctx: t.Any) -> None:
    inner = {"category": {"id": 210}, "permissions": [{"id": 900, "name": "Deep"}]}
    node = {"category": {"id": 117}, "permissions": [], "categoryList": [inner]}
    made, client = directory(make_ctx, {"V4/Permissions": {"permissions": [node]}})
    assert [item["category"]["id"] for item in made.read_permission_categories()] == [117, 210]
    assert made.read_permission_categories() == made.read_permission_categories()
    assert client.paths == ["GET V4/Permissions"]
    newer = {"permissions": [{"category": {"id": 1}, "permissions": [{"id": 1, "name": "New"}]}]}
    client.answers["V4/Permissions"] = newer
    assert made.read_catalogue("permissions").find("new").id == 1
    assert [item["category"]["id"] for item in made.read_permission_categories()] == [1], "the newer answer counts"
