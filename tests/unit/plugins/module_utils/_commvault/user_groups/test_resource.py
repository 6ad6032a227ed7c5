# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One user group from options to requests, and the risks that are refused before anything is sent."""

from __future__ import annotations

import typing as t

import pytest
from fake_commvault import FakeCommvault, make_resource
from fake_graph import carry_out

from ansible_collections.cvops.identity.plugins.module_utils._commvault.user_groups.resource import UserGroupResource
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ConfigError,
    GuardRefused,
    NotFound,
    Problems,
    WaitTimeout,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import list_planned_changes

GUID = "5b1c2f0e-0000-4000-8000-1a2b3c4d5e6f"
COMMCELL = {"id": 0, "name": "Commcell"}
USERS = {
    "users": [
        {"id": n, "name": name, "company": COMMCELL} for n, name in ((4, "anna"), (5, "ben"), (6, "cleo"), (44, "svc"))
    ]
}
GROUP = {"id": 21, "name": "ops", "enabled": True, "users": [{"id": 4, "name": "anna"}]}
OPTIONS = {
    "name": "ops",
    "state": "present",
    "company": None,
    "members": None,
    "exclusive": False,
    "max_removals": 20,
    "transfer_to_user": None,
    "transfer_to_group": None,
    "accept_risk": [],
}


def site(
    make_ctx: t.Any,
    group: dict[str, t.Any] | None = GROUP,
    answers: t.Any = None,
    fields: t.Any = None,
    **options: t.Any,
) -> tuple[UserGroupResource, FakeCommvault]:
    listed = [{"id": 30, "name": "heirs", "company": COMMCELL}]
    listed += [{"id": group["id"], "name": group["name"], "company": COMMCELL}] if group else []
    known = {
        "V4/UserGroup": {"userGroups": listed},
        "POST V4/UserGroup": {"id": "25"},
        "v4/user": USERS,
        "V4/company": {"companies": [{"id": 7, "name": "corp"}]},
        **({f"GET V4/UserGroup/{group['id']}": group} if group else {}),
        **(answers or {}),
    }
    client = FakeCommvault(make_ctx({**OPTIONS, **options}), known, **(fields or {}))
    return make_resource(UserGroupResource, client), client


def test_a_group_that_is_as_asked_for_is_left(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, members=["ANNA"], enabled=True)
    assert not resource.plan().changed
    assert client.writes == []
    assert resource.result() == {
        "name": "ops",
        "description": "",
        "enabled": True,
        "entra_group_id": "",
        "restricted_consoles": [],
        "two_factor": False,
        "members": ["anna"],
        "id": "21",
        "company": None,
        "unverified": [],
    }


def test_a_new_group_is_created_then_completed(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, None, description="d", two_factor=True, members=["ben"])
    carry_out(resource, resource.plan())
    assert [(one.method, one.path, one.body) for one in client.writes] == [
        ("POST", "V4/UserGroup", {"name": "ops", "enforceFSQuota": False, "description": "d"}),
        ("PUT", "V4/UserGroup/25", {"enableTwoFactorAuthentication": "ON"}),
        ("PUT", "V4/UserGroup/25", {"users": [{"id": 5}], "userOperationType": "ADD"}),
    ]
    assert resource.result()["id"] == "25"


def test_a_company_is_named_in_the_creation(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, None, company="corp")
    carry_out(resource, resource.plan())
    assert client.writes[0].headers == {"operatorCompanyId": "7"}
    assert resource.result()["company"] == "corp"


@pytest.mark.parametrize("options", [{"members": []}, {"members": ["cleo"], "exclusive": True}])
def test_more_members_than_the_limit_are_not_removed(make_ctx: t.Any, options: dict[str, t.Any]) -> None:
    group = {**GROUP, "users": [{"id": 4, "name": "anna"}, {"id": 5, "name": "ben"}]}
    resource, client = site(make_ctx, group, **options, max_removals=1)
    with pytest.raises(GuardRefused, match="2 members would be removed, more than max_removals 1: anna; ben"):
        resource.plan()
    assert client.writes == []
    assert site(make_ctx, group, **options, max_removals=2)[0].plan().changed


def test_members_beside_the_given_ones_stay_unless_exclusive(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, members=["ben"])
    carry_out(resource, resource.plan())
    assert [one.body["userOperationType"] for one in client.writes] == ["ADD"]
    exclusive, client = site(make_ctx, members=["ben"], exclusive=True)
    carry_out(exclusive, exclusive.plan())
    assert [(one.body["userOperationType"], one.body["users"]) for one in client.writes] == [
        ("ADD", [{"id": 5}]),
        ("DELETE", [{"id": 4}]),
    ]


def test_all_members_that_cannot_be_found_are_told_together(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, members=["anna", "nobody", "", {"id": 5, "name": "cleo"}])
    with pytest.raises(Problems) as caught:
        resource.plan()
    assert [(item["where"], item["kind"]) for item in caught.value.facts["problems"]] == [
        ("members[1]", "not_found"),
        ("members[2]", "config"),
        ("members[3]", "not_found"),
    ]
    assert client.writes == []


def test_namesakes_among_members_are_kept_apart_by_id(make_ctx: t.Any) -> None:
    users = {"users": [*USERS["users"], {"id": 9, "name": "anna", "company": {"id": 7, "name": "corp"}}]}
    resource, client = site(make_ctx, None, {"v4/user": users}, members=["anna", {"name": "anna", "company": "corp"}])
    carry_out(resource, resource.plan())
    assert client.writes[-1].body["users"] == [{"id": 4}, {"id": 9}]
    assert resource.result()["members"] == ["anna", "anna (id 9)"]


@pytest.mark.parametrize("name", ["", " ops", "CORP\\ops", "x" * 256])
def test_names_that_are_none_of_a_local_group_are_refused(make_ctx: t.Any, name: str) -> None:
    resource, client = site(make_ctx, name=name)
    with pytest.raises(ConfigError) as caught:
        resource.plan()
    assert caught.value.facts["source"] == "option name" and client.sent == []


@pytest.mark.parametrize(
    "options", [{"members": ["ben"]}, {"state": "absent", "transfer_to_user": "ben"}], ids=["member", "heir"]
)
def test_what_takes_the_place_of_a_member_or_an_heir_has_other_steps(
    make_ctx: t.Any, options: dict[str, t.Any]
) -> None:
    def list_ids(ben: int) -> set[str]:
        users = {"users": [{"id": ben, "name": "ben", "company": COMMCELL}]}
        planned = site(make_ctx, GROUP, {"v4/user": users}, **options)[0].plan()
        return {change["id"] for change in list_planned_changes("user_group", planned)}

    assert list_ids(7) == list_ids(7) != list_ids(8)


def test_two_factor_that_the_company_forbids_is_refused(make_ctx: t.Any) -> None:
    forbidden = {**GROUP, "enableTwoFactorAuthentication": "DISABLED_AT_COMPANY"}
    with pytest.raises(ConfigError, match="disabled at the company"):
        site(make_ctx, forbidden, two_factor=True)[0].plan()
    assert not site(make_ctx, forbidden)[0].plan().changed, "what is not managed is not asked for"


@pytest.mark.parametrize(
    "options", [{"members": ["anna", "ben"]}, {"state": "absent", "transfer_to_user": "ben"}], ids=["members", "absent"]
)
def test_a_group_that_takes_the_place_of_another_one_has_other_steps(
    make_ctx: t.Any, options: dict[str, t.Any]
) -> None:
    """What was approved for the one that is gone allows nothing for it."""

    def list_ids(number: int) -> set[str]:
        planned = site(make_ctx, {**GROUP, "id": number}, **options)[0].plan()
        return {change["id"] for change in list_planned_changes("user_group", planned)}

    assert list_ids(21) == list_ids(21) and list_ids(21).isdisjoint(list_ids(22))


def test_an_absent_group_goes_to_its_heir(make_ctx: t.Any) -> None:
    to_user, client = site(make_ctx, state="absent", transfer_to_user="ben")
    carry_out(to_user, to_user.plan())
    assert client.writes[0].params == {"newUserId": 5, "newUserGroupId": 0}
    to_group, client = site(make_ctx, state="absent", transfer_to_group={"name": "heirs"})
    carry_out(to_group, to_group.plan())
    assert client.writes[0].params == {"newUserId": 0, "newUserGroupId": 30}
    assert to_group.result() == {}


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"transfer_to_user": "nobody"}, "transfer_to_user"),
        ({"transfer_to_group": "nobody"}, "transfer_to_group"),
        ({"transfer_to_group": "ops"}, "transfer_to_group"),
        ({"transfer_to_user": {"id": "x"}}, "transfer_to_user"),
    ],
)
def test_an_heir_that_cannot_be_is_refused(make_ctx: t.Any, options: dict[str, t.Any], option: str) -> None:
    resource, client = site(make_ctx, state="absent", **options)
    with pytest.raises(ConfigError) as caught:
        resource.plan()
    assert caught.value.facts["source"] == f"option {option}" and client.writes == []


def test_a_group_that_is_not_there_needs_no_heir(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, None, state="absent", transfer_to_user="nobody")
    assert not resource.plan().changed
    assert "GET v4/user" not in client.paths


@pytest.mark.parametrize("number", [1, 3])
def test_built_in_groups_are_not_deleted(make_ctx: t.Any, number: int) -> None:
    with pytest.raises(ConfigError, match="built in"):
        site(make_ctx, {**GROUP, "id": number}, state="absent", transfer_to_user="ben")[0].plan()


def test_a_group_that_is_gone_when_it_is_read_is_created(make_ctx: t.Any) -> None:
    resource, _client = site(make_ctx, answers={"GET V4/UserGroup/21": None})
    assert [step.action for step in resource.plan().steps] == ["create"]


MASTER = {**GROUP, "id": 1, "name": "master"}


@pytest.mark.parametrize("options", [{"enabled": False}, {"members": [], "exclusive": True}])
def test_the_last_administrators_are_not_taken_away_without_a_word(make_ctx: t.Any, options: dict[str, t.Any]) -> None:
    with pytest.raises(GuardRefused, match="administer the CommCell") as caught:
        site(make_ctx, MASTER, name="master", **options)[0].plan()
    assert caught.value.facts["risk"] == "last_admin"
    accepted, _client = site(
        make_ctx, MASTER, name="master", accept_risk=["last_admin"], accept_reason="test", **options
    )
    assert accepted.plan().changed


def test_administrators_may_be_exchanged(make_ctx: t.Any) -> None:
    assert site(make_ctx, MASTER, name="master", members=["ben"], exclusive=True)[0].plan().changed


@pytest.mark.parametrize("caller", [(4, ""), (0, "anna"), (4, "anna")])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"state": "absent", "transfer_to_user": "ben"}, "would be deleted"),
        ({"enabled": False}, "would be disabled"),
        ({"members": ["ben"], "exclusive": True}, "would lose its member"),
    ],
)
def test_ones_own_group_is_not_taken_from_oneself_without_a_word(
    make_ctx: t.Any, caller: tuple[int, str], options: dict[str, t.Any], said: str
) -> None:
    with pytest.raises(GuardRefused, match=said) as caught:
        site(make_ctx, fields={"caller": caller}, **options)[0].plan()
    assert caught.value.facts["risk"] == "own_rights"
    other, client = site(make_ctx, fields={"caller": (5, "ben")}, **options)
    assert other.plan().changed and client.ctx.warnings == []


def test_a_caller_that_stays_a_member_loses_nothing(make_ctx: t.Any) -> None:
    two = {**GROUP, "users": [{"id": 4, "name": "anna"}, {"id": 5, "name": "ben"}]}
    resource, _client = site(make_ctx, two, fields={"caller": (4, "anna")}, members=["anna"], exclusive=True)
    assert resource.plan().changed


def test_a_caller_that_is_not_known_is_warned_about(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, fields={"caller": (0, "")}, enabled=False)
    resource.plan()
    assert len(client.ctx.warnings) == 1 and "who is signed in" in client.ctx.warnings[0]
    for caller, options in (((0, ""), {"members": ["ben"]}), ((0, ""), {}), ((0, "ben"), {"enabled": False})):
        harmless, client = site(make_ctx, fields={"caller": caller}, **t.cast(t.Any, options))
        harmless.plan()
        assert client.ctx.warnings == []


def test_members_of_a_linked_group_are_not_managed(make_ctx: t.Any) -> None:
    with pytest.raises(ConfigError, match="identity provider"):
        site(make_ctx, {**GROUP, "azureGUID": GUID}, members=["ben"])[0].plan()


def test_names_that_look_alike_are_warned_about(make_ctx: t.Any) -> None:
    users = {"users": [*USERS["users"], {"id": 9, "name": "ann\u0430", "company": COMMCELL}]}
    resource, client = site(make_ctx, answers={"v4/user": users}, members=["anna"])
    resource.plan()
    assert len(client.ctx.warnings) == 1 and "'anna' looks like" in client.ctx.warnings[0]


def test_a_company_that_is_not_there_is_an_error(make_ctx: t.Any) -> None:
    with pytest.raises(NotFound, match="No company is named"):
        site(make_ctx, None, company="none")[0].plan()


def test_a_group_that_was_deleted_and_is_still_listed_is_created_anew(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, answers={"GET V4/UserGroup/21": None})
    carry_out(resource, resource.plan())
    assert resource.result()["id"] == "25"
    twins = [{"id": number, "name": "ops", "company": COMMCELL} for number in (21, 25)]
    client.answers["V4/UserGroup"] = {"userGroups": twins}
    assert resource.verify() == []
    again, client = site(
        make_ctx, answers={"V4/UserGroup": {"userGroups": twins}, "V4/UserGroup/25": {**GROUP, "id": 25}}
    )
    client.answers["GET V4/UserGroup/21"] = None
    assert not again.plan().changed, "the deleted twin makes no name ambiguous"


def test_members_that_still_show_fail_the_task_and_late_ones_are_waited_for(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, members=["ben"], exclusive=True)
    carry_out(resource, resource.plan())
    with pytest.raises(WaitTimeout, match="members"):
        resource.verify()
    changed = {**GROUP, "users": [{"id": 5, "name": "ben"}]}
    client.answers["GET V4/UserGroup/21"] = [GROUP, changed]
    assert resource.verify() == []
    changed["users"].append({"id": 6, "name": "cleo"})
    client.answers["GET V4/UserGroup/21"] = changed
    assert resource.verify() == [], "whom somebody else has added meanwhile is no sign that a removal failed"


def test_a_member_that_was_added_and_does_not_show_is_told(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, members=["ben"])
    carry_out(resource, resource.plan())
    assert resource.verify() == [{"field": "members"}]
    assert "does not show it yet: members" in client.ctx.warnings[-1]


@pytest.mark.parametrize("left", [True, False])
def test_a_deleted_group_that_is_left_fails_the_task(make_ctx: t.Any, left: bool) -> None:
    resource, client = site(make_ctx, state="absent", transfer_to_user="ben")
    carry_out(resource, resource.plan())
    client.answers["GET V4/UserGroup/21"] = GROUP if left else None
    if left:
        with pytest.raises(WaitTimeout, match="state"):
            resource.verify()
    else:
        assert resource.verify() == [{"field": "list"}]


LINK = "abcdef11-2222-4333-8444-555555555555"


@pytest.mark.parametrize(
    ("options", "linked", "asked"),
    [
        ({"entra_group_id": LINK.upper()}, "", [LINK]),
        ({"entra_group_id": LINK}, LINK.upper(), []),
        ({"entra_group_id": ""}, LINK, []),
        ({}, LINK, []),
    ],
)
@pytest.mark.parametrize("is_verified", [True, False])
def test_a_link_is_verified_when_it_is_to_be_written(
    make_ctx: t.Any, options: dict[str, t.Any], linked: str, asked: list[str], is_verified: bool
) -> None:
    seen: list[str] = []

    def verify(_ctx: t.Any, object_id: str) -> str | None:
        seen.append(object_id)
        return "GG-Operators" if is_verified else None

    resource, dummy = site(make_ctx, {**GROUP, "azureGUID": linked}, **options)
    resource._verify_link = verify
    resource.plan()
    assert seen == asked and resource.result()["unverified"] == ([] if is_verified else asked)
