# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who runs the task and who administers the CommCell: where facts are missing, nobody counts on a guess."""

from __future__ import annotations

import types
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import Catalogue, Entry
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.administrators import (
    MASTER_ROLE,
    Administrators,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    Association,
    Entity,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, BadAnswer, Unreachable
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.caller import (
    PRIVILEGED_PERMISSIONS,
    count_administrators_left,
    find_own_principals,
    is_privileged_role,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.canonical import Pending, PlannedGrant

CELL, PLAN = Entity("commcell", 2), Entity("plans", 12)
USER, GROUP = Principal("user", 8), Principal("user_group", 21)
LOGIN = {"commvault_username": "svc", "commvault_auth_method": "password"}
TOKEN = {"commvault_username": "ignored", "commvault_auth_method": "access_token"}
ADMIN = {"name": "admin", "enabled": True}


def count(
    *rows: tuple[Principal, int],
    users: t.Mapping[int, t.Any],
    group: t.Any = None,
    removed: t.Sequence[PlannedGrant] = (),
) -> int:
    client = types.SimpleNamespace(get=lambda path, **_more: users.get(int(path.rpartition("/")[2])))
    listed = [Association(holder, "p", role, "a role", CELL, "cs", "explicit") for holder, role in rows]
    security = types.SimpleNamespace(commcell=CELL, list_on_entity=lambda entity: listed if entity == CELL else [])
    directory = types.SimpleNamespace(read_user_group=lambda number: group)
    administrators = Administrators(t.cast(t.Any, client), t.cast(t.Any, security), t.cast(t.Any, directory))
    return count_administrators_left(administrators, removed)


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        (ADMIN, 1),
        ({"name": "admin", "enabled": False}, 0),
        ({"name": "admin"}, 0),
        ({"name": "admin", "enabled": None}, 0),
        ({"name": "corp\\admin", "enabled": True}, 0),
        ({"name": "robot", "enabled": True, "isServiceAccount": True}, 0),
        ({"name": "admin", "enabled": True, "isServiceAccount": False}, 1),
        ({"enabled": True}, 0),
        ({"name": "admin", "enabled": True, "authenticationMethodServer": {"id": 3}}, 0),
        ({"name": "admin", "enabled": True, "authenticationMethodServer": {"id": 0}}, 1),
        (None, 0),
    ],
)
def test_only_who_surely_can_sign_in_counts(user: t.Any, expected: int) -> None:
    assert count((USER, MASTER_ROLE), users={8: user}) == expected


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ({"enabled": True, "users": [{"id": 8}]}, 1),
        ({"enabled": True, "users": [{"id": 8}, {"id": 9}, {"id": 0}, {}]}, 2),
        ({"enabled": False, "users": [{"id": 8}]}, 0),
        ({"users": [{"id": 8}]}, 0),
        ({"enabled": True, "azureGUID": "x", "users": [{"id": 8}]}, 0),
        ({"enabled": True}, 0),
        (None, 0),
    ],
)
def test_only_groups_that_surely_give_rights_count(group: t.Any, expected: int) -> None:
    assert count((GROUP, MASTER_ROLE), users={8: ADMIN, 9: ADMIN}, group=group) == expected


def test_a_group_whose_members_cannot_be_read_is_an_error() -> None:
    with pytest.raises(BadAnswer):
        count((GROUP, MASTER_ROLE), users={}, group={"enabled": True, "users": ["admin"]})


def test_each_administrator_counts_once_and_those_who_lose_the_role_do_not() -> None:
    rows = [(USER, MASTER_ROLE), (GROUP, MASTER_ROLE), (Principal("user", 9), 7), (Principal("external_group", 5), 1)]
    group = {"enabled": True, "users": [{"id": 8}]}
    assert count(*rows, users={8: ADMIN, 9: ADMIN}, group=group) == 1
    lost = [PlannedGrant(GROUP, MASTER_ROLE, CELL), PlannedGrant(USER, MASTER_ROLE, CELL)]
    assert count(*rows, users={8: ADMIN}, group=group, removed=lost) == 0
    assert count(*rows, users={8: ADMIN}, group=group, removed=lost[:1]) == 1
    elsewhere = [grant._replace(entity=PLAN) for grant in lost]
    assert count(*rows, users={8: ADMIN}, group=group, removed=elsewhere) == 1


class People:
    """A client that knows one user; *who* is what WhoAmI answers."""

    def __init__(self, details: t.Any, caller: tuple[int, str] = (8, "svc"), who: t.Any = None) -> None:
        self.details, self.caller, self.who = details, caller, who
        self.asked: list[str] = []

    def get(self, path: str, **_more: t.Any) -> t.Any:
        self.asked.append(path)
        if path == "v2/WhoAmI":
            return self.who
        if isinstance(self.details, Exception):
            raise self.details
        return self.details


def find_own(ctx: t.Any, client: People, *users: Entry) -> set[Principal]:
    directory = types.SimpleNamespace(read_catalogue=lambda kind: Catalogue("user", users or (Entry(8, "svc"),)))
    return find_own_principals(ctx, t.cast(t.Any, client), t.cast(t.Any, directory))


def test_groups_of_the_caller_that_are_not_shown_are_told(make_ctx: t.Any) -> None:
    ctx = make_ctx(LOGIN)
    assert find_own(ctx, People({"id": 8, "associatedUserGroups": [{"id": 1}, {"id": 0}]})) == {
        USER,
        Principal("user_group", 1),
    }
    assert find_own(ctx, People({"id": 8})) == {USER}
    assert ctx.warnings == []
    assert find_own(ctx, People(None)) == {USER}
    assert len(ctx.warnings) == 1 and "groups of the signed-in user" in ctx.warnings[0]


@pytest.mark.parametrize("failure", [Unreachable("no answer"), ApiError("HTTP 500", status=500), BadAnswer("a page")])
def test_groups_of_the_caller_that_cannot_be_read_are_an_error(make_ctx: t.Any, failure: ApiError) -> None:
    with pytest.raises(type(failure)):
        find_own(make_ctx(LOGIN), People(failure))


@pytest.mark.parametrize("who", [{"user": {"userName": "svc"}}, {"userName": "svc"}, {"name": "svc"}])
def test_a_token_s_owner_is_asked_for(make_ctx: t.Any, who: t.Any) -> None:
    client = People({"id": 8}, caller=(0, ""), who=who)
    assert find_own(make_ctx(TOKEN), client) == {USER}
    assert client.asked == ["v2/WhoAmI", "v4/user/8"]


@pytest.mark.parametrize("who", [None, {}, {"user": "svc"}, {"userName": "somebody"}])
def test_a_token_s_owner_who_is_not_known_is_told(make_ctx: t.Any, who: t.Any) -> None:
    ctx = make_ctx(TOKEN)
    assert find_own(ctx, People({"id": 8}, caller=(0, ""), who=who)) == set()
    assert len(ctx.warnings) == 1 and "could not be determined" in ctx.warnings[0]


@pytest.mark.parametrize(("caller", "expected"), [((8, "svc"), {USER}), ((0, ""), {USER})])
def test_a_name_to_log_in_with_means_the_user_of_the_commcell(
    make_ctx: t.Any, caller: tuple[int, str], expected: set[Principal]
) -> None:
    ctx = make_ctx(LOGIN)
    users = (Entry(7, "svc", "corp"), Entry(8, "svc"))
    assert find_own(ctx, People({"id": 8}, caller), *users) == expected
    assert ctx.warnings == []


@pytest.mark.parametrize(("caller", "expected"), [((9, "svc"), {Principal("user", 9)}), ((0, ""), set())])
def test_among_namesakes_the_service_decides(
    make_ctx: t.Any, caller: tuple[int, str], expected: set[Principal]
) -> None:
    users = (Entry(8, "svc"), Entry(9, "svc"))
    assert find_own(make_ctx(LOGIN), People({"id": 9}, caller), *users) == expected


@pytest.mark.parametrize(
    ("held", "expected"),
    [(None, True), (frozenset({31}), False), *((frozenset({31, number}), True) for number in PRIVILEGED_PERMISSIONS)],
)
def test_a_role_that_may_give_any_right_is_privileged(held: frozenset[int] | None, expected: bool) -> None:
    roles = types.SimpleNamespace(read_permission_ids=lambda role: held, has_contents=lambda role: True)
    assert is_privileged_role(t.cast(t.Any, roles), 35) is expected


def test_a_role_that_an_earlier_task_creates_is_judged_when_it_is_there() -> None:
    roles = types.SimpleNamespace(has_contents=lambda role: False)
    assert is_privileged_role(t.cast(t.Any, roles), Pending("role", "Restore", 1)) is False
