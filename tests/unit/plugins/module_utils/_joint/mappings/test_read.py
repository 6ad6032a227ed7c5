# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading grants where the usual way is closed, and telling what a role holds where only its categories are shown."""

from __future__ import annotations

import types
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import Catalogue, Entry
from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.contents import RolePermissions
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    ALL_OF_KIND,
    Association,
    Entity,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    AuthError,
    BadAnswer,
    Forbidden,
    NotFound,
    Unreachable,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.caller import (
    find_own_principals,
    is_privileged_role,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.canonical import (
    MappedPrincipal,
    Pending,
    PlannedGrant,
    Resolved,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.read import Reader

GROUP, USER = Principal("user_group", 21), Principal("user", 8)
GOLD, EVERY = Entity("plans", 12), Entity("plans", ALL_OF_KIND)
ROLE = 35


def association(principal: Principal, entity: Entity) -> Association:
    return Association(principal, "p", ROLE, "role", entity, "e", "explicit")


class FakeSecurity:
    """Shows one grant of GROUP on GOLD. refusal is what the list of a principal is answered with."""

    def __init__(self, refusal: ApiError | None = None, can_list_principal: bool = True) -> None:
        self.refusal, self.can_list_principal = refusal, can_list_principal
        self.asked: list[t.Any] = []

    def can_list_entity(self, entity: Entity) -> bool:
        return entity.id != ALL_OF_KIND

    def warn_of_unknown_release(self) -> None:
        self.asked.append("release")

    def list_of_principal(self, principal: Principal) -> list[Association]:
        self.asked.append(principal)
        if self.refusal:
            raise self.refusal
        return [association(GROUP, GOLD)] if principal == GROUP else []

    def list_on_entity(self, entity: Entity) -> list[Association]:
        self.asked.append(entity)
        return [association(GROUP, GOLD), association(Principal("user_group", 99), entity)]


def resolved(*grants: PlannedGrant) -> Resolved:
    principals = {grant.principal: MappedPrincipal(grant.principal, "name", "mappings[0]") for grant in grants}
    return Resolved(present={grant: "mappings[0]" for grant in grants}, principals=principals)


def reader(make_ctx: t.Any, security: FakeSecurity) -> Reader:
    directory = types.SimpleNamespace(get_cached_user_group=lambda number: None)
    return Reader(make_ctx(), t.cast(t.Any, directory), t.cast(t.Any, security), 2)


@pytest.mark.parametrize("refusal", [NotFound("no such call"), Forbidden("not for you"), ApiError("error 587")])
def test_entities_are_asked_where_principals_may_not_be(make_ctx: t.Any, refusal: ApiError) -> None:
    security = FakeSecurity(refusal)
    current = reader(make_ctx, security).read_current(resolved(PlannedGrant(GROUP, ROLE, GOLD)), exclusive=False)
    assert security.asked == [GROUP, GOLD]
    assert current.grants == {PlannedGrant(GROUP, ROLE, GOLD)}
    assert current.foreign == 1


@pytest.mark.parametrize("exclusive", [True, False])
def test_what_only_principals_show_stays_an_error(make_ctx: t.Any, exclusive: bool) -> None:
    """All grants of a principal, and grants on all of a kind, cannot be had from entities."""
    wanted = resolved(PlannedGrant(GROUP, ROLE, GOLD if exclusive else EVERY))
    with pytest.raises(Forbidden):
        reader(make_ctx, FakeSecurity(Forbidden("not for you"))).read_current(wanted, exclusive)


def test_an_unknown_release_is_told_where_all_grants_matter(make_ctx: t.Any) -> None:
    for exclusive in (True, False):
        security = FakeSecurity()
        reader(make_ctx, security).read_current(resolved(PlannedGrant(GROUP, ROLE, GOLD)), exclusive)
        assert ("release" in security.asked) is exclusive


def test_a_refused_token_is_no_reason_to_go_on(make_ctx: t.Any) -> None:
    security = FakeSecurity(AuthError("who are you"))
    with pytest.raises(AuthError):
        reader(make_ctx, security).read_current(resolved(PlannedGrant(GROUP, ROLE, GOLD)), exclusive=False)
    assert security.asked == [GROUP]


@pytest.mark.parametrize("exclusive", [True, False])
def test_what_could_not_be_seen_afterwards_is_refused_before_the_first_write(make_ctx: t.Any, exclusive: bool) -> None:
    """Also for a group that does not exist yet, of which nothing has to be read now."""
    security = FakeSecurity(can_list_principal=False)
    with pytest.raises(ApiError, match="grants on all of a kind"):
        reader(make_ctx, security).read_current(
            resolved(PlannedGrant(Pending("user_group", "new", 1, 0), ROLE, EVERY)), exclusive
        )
    assert security.asked == []


class FakeClient:
    """Roles by id, as the service writes their permissions."""

    caller = (8, "svc")

    def __init__(self, roles: dict[int, t.Any]) -> None:
        self.roles = roles

    def get(self, path: str, **_more: t.Any) -> dict[str, t.Any] | None:
        found = self.roles.get(int(path.rpartition("/")[2]))
        return None if found is None else {"permissions": found}


class FakeDirectory:
    """A catalogue in which category 100 holds user management (101), one level down."""

    def __init__(self, *users: Entry) -> None:
        self.users, self.reads = users, 0

    def read_permission_categories(self) -> list[dict[str, t.Any]]:
        self.reads += 1
        inner = {"category": {"id": 101}, "permissions": [{"id": "101", "name": "users"}]}
        return [{"category": {"id": 100}, "permissions": [], "categoryList": [inner]}, {"category": {"id": 117}}]

    def read_catalogue(self, kind: str) -> Catalogue:
        return Catalogue("user", self.users) if kind == "users" else Catalogue("permission", [Entry(101, "users")])


def single(number: t.Any) -> dict[str, t.Any]:
    return {"permission": {"id": number}, "category": {"id": 100}, "type": "PERMISSION_ENTITY"}


def whole(number: t.Any, **more: t.Any) -> dict[str, t.Any]:
    return {"category": {"id": number}, "type": "CATEGORY_ENTITY", **more}


@pytest.mark.parametrize(
    ("permissions", "privileged"),
    [
        ([single(31)], False),
        ([single("101")], True),
        ([whole(100)], True),
        ([whole("100", permission={"id": 0, "name": ""})], True),
        ([single(31), whole(117)], False),
        ([whole(999)], True),
        (None, True),
        ([], True),
    ],
    ids=[
        "harmless",
        "single",
        "category",
        "text and empty permission",
        "other category",
        "unknown",
        "no role",
        "none shown",
    ],
)
def test_a_role_that_may_hold_everything_weighs_much(permissions: t.Any, privileged: bool) -> None:
    roles = {} if permissions is None else {ROLE: permissions}
    contents = RolePermissions(t.cast(t.Any, FakeClient(roles)), t.cast(t.Any, FakeDirectory()))
    assert is_privileged_role(contents, ROLE) is privileged


def test_the_catalogue_is_read_for_categories_alone_and_once() -> None:
    directory = FakeDirectory()
    contents = RolePermissions(
        t.cast(t.Any, FakeClient({1: [single(31)], 2: [whole(100)], 3: [whole(117), single(2)]})),
        t.cast(t.Any, directory),
    )
    assert contents.read_permission_ids(1) == {31}
    assert directory.reads == 0
    assert (contents.read_permission_ids(2), contents.read_permission_ids(3), contents.read_permission_ids(4)) == (
        {101},
        {2},
        None,
    )
    assert directory.reads == 1


@pytest.mark.parametrize("wrong", ["all", {"permission": {"id": 31}}, ["x"]])
def test_permissions_that_cannot_be_read_are_not_none(wrong: t.Any) -> None:
    contents = RolePermissions(t.cast(t.Any, FakeClient({ROLE: wrong})), t.cast(t.Any, FakeDirectory()))
    with pytest.raises(BadAnswer):
        contents.read_permission_ids(ROLE)


class People:
    """A client that knows one user."""

    caller = (8, "svc")

    def __init__(self, details: t.Any) -> None:
        self.details = details

    def get(self, path: str, **_more: t.Any) -> t.Any:
        if isinstance(self.details, Exception):
            raise self.details
        return self.details


def own(ctx: t.Any, details: t.Any) -> set[Principal]:
    directory = FakeDirectory(Entry(8, "svc"))
    return find_own_principals(ctx, t.cast(t.Any, People(details)), t.cast(t.Any, directory))


LOGIN = {"commvault_username": "svc", "commvault_auth_method": "password"}


def test_groups_of_the_caller_that_are_not_told_are_told(make_ctx: t.Any) -> None:
    ctx = make_ctx(LOGIN)
    assert own(ctx, {"id": 8, "associatedUserGroups": [{"id": 1}]}) == {USER, Principal("user_group", 1)}
    assert own(ctx, {"id": 8}) == {USER}
    assert ctx.warnings == []
    assert own(ctx, None) == {USER}
    assert len(ctx.warnings) == 1 and "groups of the signed-in user" in ctx.warnings[0]


@pytest.mark.parametrize("failure", [Unreachable("no answer"), ApiError("HTTP 500", status=500), BadAnswer("a page")])
def test_groups_of_the_caller_that_cannot_be_read_are_an_error(make_ctx: t.Any, failure: ApiError) -> None:
    with pytest.raises(type(failure)):
        own(make_ctx(LOGIN), failure)


def test_a_group_that_is_listed_and_gone_is_not_one_without_a_link(make_ctx: t.Any) -> None:
    """Its link would be written, and its members' rights, before Commvault says that there is no such group."""
    entry = Entry(21, "ops")
    directory = types.SimpleNamespace(
        read_catalogue=lambda kind: Catalogue("user group", [entry]), read_user_group=lambda number: None
    )
    with pytest.raises(NotFound, match="ops"):
        Reader(make_ctx(), t.cast(t.Any, directory), t.cast(t.Any, FakeSecurity()), 2).read_details([21])


@pytest.mark.parametrize(("caller", "expected"), [((8, "svc"), {USER}), ((0, ""), {USER})])
def test_the_caller_among_namesakes(make_ctx: t.Any, caller: tuple[int, str], expected: set[Principal]) -> None:
    """Companies may have users of one name; a name to log in with means the user of the CommCell."""
    client = People({"id": 8})
    client.caller = caller
    directory = FakeDirectory(Entry(7, "svc", "corp"), Entry(8, "svc"))
    ctx = make_ctx({"commvault_username": "svc", "commvault_auth_method": "password"})
    assert find_own_principals(ctx, t.cast(t.Any, client), t.cast(t.Any, directory)) == expected
    assert bool(ctx.warnings) is not bool(expected)
