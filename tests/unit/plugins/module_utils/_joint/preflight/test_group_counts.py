# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users above the limit of groups lose all of them: those whose groups can be counted are, and what was left out is told."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from preflight_examples import ANNA, ASSIGNED, ENTRY, GONE, PAUL, SSO, UNREAD, application

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Forbidden, Throttled
from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.group_claim import (
    ROLES_CLAIM,
    DirectoryGroup,
    GroupClaim,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.read import (
    GroupMember,
    GroupMembers,
    SsoApplication,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.group_counts import (
    GroupCounts,
    count_groups_of_users,
)


class FakeClaims:
    """A tenant in which each user is in as many security groups as its object id says, or in none."""

    def __init__(
        self, users: t.Iterable[GroupMember] = (), error: Exception | None = None, counts: dict[str, int] | None = None
    ) -> None:
        self.users, self.error, self.counts = list(users), error, counts or {}
        self.asked: list[str] = []

    def find_users(self, names: t.Sequence[str]) -> list[GroupMember]:
        if self.error and names:
            raise self.error
        return [user for user in self.users if user.name in names]

    def list_groups_of_users(self, object_ids: t.Sequence[str]) -> dict[str, list[DirectoryGroup]]:
        if self.error and object_ids:
            raise self.error
        self.asked += object_ids
        return {
            user: [DirectoryGroup(f"g{n}", f"g{n}") for n in range(self.counts.get(user, 0))] for user in object_ids
        }


def count(
    make_ctx: t.Any,
    claims: FakeClaims,
    members: GroupMembers | None = None,
    sso: SsoApplication | None = SSO,
    limit: int = 10,
    samples: list[str] | None = None,
) -> GroupCounts:
    ctx = make_ctx({"user_limit": limit, "sample_users": samples})
    return count_groups_of_users(ctx, t.cast(t.Any, claims), sso, [dataclasses.replace(ENTRY, members=members)])


EVERYBODY = GroupMembers(frozenset({ANNA, GONE}), frozenset({PAUL, UNREAD}), ("Inner",))


def test_enabled_members_are_counted_up_to_the_limit(make_ctx: t.Any) -> None:
    claims = FakeClaims(counts={"a": 3, "p": 151})
    found = count(make_ctx, claims, EVERYBODY, limit=2)
    assert [(user.member, user.groups, user.sampled) for user in found.users] == [(UNREAD, 0, False), (ANNA, 3, False)]
    assert (found.unchecked, found.explanation) == (1, ""), (
        "one that may sign in is left out, one that may not does not count"
    )
    whole = count(make_ctx, claims, EVERYBODY)
    assert [user.member.object_id for user in whole.users] == ["u", "a", "p"]
    assert whole.unchecked == 0


def test_a_negative_limit_counts_nobody(make_ctx: t.Any) -> None:
    found = count(make_ctx, FakeClaims(), EVERYBODY, limit=-1)
    assert (found.users, found.unchecked) == ((), 3)


def test_sample_users_come_first_and_are_counted_once(make_ctx: t.Any) -> None:
    claims = FakeClaims([PAUL, ANNA], counts={"a": 3})
    found = count(make_ctx, claims, EVERYBODY, samples=["paul@x", "anna@x", "Zed@x", "Zed@x"])
    assert [(user.member.name, user.groups, user.sampled) for user in found.users] == [
        ("anna@x", 3, True),
        ("paul@x", 0, True),
        (None, 0, False),
        ("Zed@x", None, True),
    ]
    assert sorted(claims.asked) == ["a", "p", "u"]
    assert found.unchecked == 0


def test_app_roles_have_no_limit(make_ctx: t.Any) -> None:
    """Where Commvault reads the claim of roles, which carries app roles, nobody's groups count; the groups are told all the same."""
    ctx = make_ctx({"user_limit": 10, "sample_users": ["anna@x"]})
    claims = FakeClaims([ANNA], counts={"a": 151})
    found = count_groups_of_users(ctx, t.cast(t.Any, claims), SSO, [ENTRY], ROLES_CLAIM)
    assert [(user.groups, len(user.group_ids or ())) for user in found.users] == [(0, 151)]


def test_letter_case_of_a_sample_user_does_not_matter(make_ctx: t.Any) -> None:
    class Loose(FakeClaims):
        def find_users(self, names: t.Sequence[str]) -> list[GroupMember]:
            return [ANNA]

    found = count(make_ctx, Loose(), samples=["ANNA@X"])
    assert [user.groups for user in found.users] == [0], "it is not a name that nobody has"


@pytest.mark.parametrize(
    ("sso", "asked"),
    [
        (SSO, True),
        (None, True),
        (application(GroupClaim())["application"], False),
        (application(ASSIGNED, assigned={"1": ()})["application"], False),
        (application(ASSIGNED, assigned={str(n): () for n in range(150)})["application"], False),
        (application(ASSIGNED, assigned={str(n): () for n in range(151)})["application"], True),
    ],
)
def test_members_are_not_counted_where_no_more_than_150_groups_can_be_emitted(
    make_ctx: t.Any, sso: SsoApplication | None, asked: bool
) -> None:
    claims = FakeClaims([ANNA])
    found = count(make_ctx, claims, EVERYBODY, sso)
    assert bool(claims.asked) is asked
    assert found.unchecked == 0, "what cannot happen was not left out"
    assert count(make_ctx, claims, EVERYBODY, sso, samples=["anna@x"]).users[0].sampled, (
        "who is asked for is told in any case"
    )


@pytest.mark.parametrize("samples", [None, ["anna@x"]])
def test_without_the_right_to_read_users_this_check_is_lost_and_nothing_else(
    make_ctx: t.Any, samples: list[str] | None
) -> None:
    found = count(make_ctx, FakeClaims(error=Forbidden("needs User.Read.All")), EVERYBODY, samples=samples)
    assert found == GroupCounts((), 3, "needs User.Read.All")


def test_what_a_refusal_repeats_of_a_request_is_not_told(make_ctx: t.Any) -> None:
    token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJl"
    found = count(make_ctx, FakeClaims(error=Forbidden(f"no: Bearer {token}")), EVERYBODY)
    assert found.explanation.startswith("no: ")
    assert token not in found.explanation


def test_a_read_that_fails_is_an_error(make_ctx: t.Any) -> None:
    with pytest.raises(Throttled):
        count(make_ctx, FakeClaims(error=Throttled("slow down")), EVERYBODY)


def test_members_that_were_not_read_are_nobody(make_ctx: t.Any) -> None:
    assert count(make_ctx, FakeClaims()) == GroupCounts()


USERS = st.frozensets(
    st.builds(
        GroupMember, st.sampled_from("abcde"), st.sampled_from([None, "x", "X", "y"]), st.sampled_from([True, None])
    ),
    max_size=6,
)


@given(USERS, USERS, st.integers(0, 4))
def test_order_never_matters_and_nobody_is_lost(
    direct: frozenset[GroupMember], inherited: frozenset[GroupMember], limit: int
) -> None:
    @dataclasses.dataclass
    class Ctx:
        options: dict[str, t.Any]

    ctx = t.cast(t.Any, Ctx({"user_limit": limit, "sample_users": None}))
    both = [dataclasses.replace(ENTRY, members=GroupMembers(part)) for part in (direct, inherited)]
    found = count_groups_of_users(ctx, t.cast(t.Any, FakeClaims()), SSO, both)
    assert len(found.users) == min(limit, len({user.object_id for user in direct | inherited}))
    assert len(found.users) + found.unchecked == len({user.object_id for user in direct | inherited})
