# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check of the caller's rights: it finds what is lacking, stops when it cannot be made, and says what it left out."""

from __future__ import annotations

import types
import typing as t

import pytest
from failed_reads import FAILED_READS

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    ALL_OF_KIND,
    Entity,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    BadAnswer,
    Forbidden,
    NotFound,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.canonical import (
    Names,
    Pending,
    PlannedGrant,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.rights import RightsCheck

GROUP, ROLE = Principal("user_group", 21), 35
CELL, SERVER, PLAN = Entity("commcell", 2), Entity("servers", 5), Entity("plans", 12)
ON_CELL, ON_SERVER = "Security/COMMCELL_ENTITY/2/Permissions", "Security/CLIENT_ENTITY/5/Permissions"
NAMES = Names(roles={ROLE: "Operator"}, entities={SERVER: "web01", PLAN: "gold", CELL: "cs01"})


class Client:
    """Answers by path; an exception is raised."""

    commcell_id = 2

    def __init__(self, ctx: t.Any, answers: t.Mapping[str, t.Any]) -> None:
        self.ctx, self._answers = ctx, answers

    def get(self, path: str, **_options: t.Any) -> t.Any:
        answer = self._answers[path]
        if isinstance(answer, Exception):
            raise answer
        return answer


def read_each(work: t.Callable[[t.Any], t.Any], keys: t.Iterable[t.Any], _what: str) -> list[t.Any]:
    return [work(key) for key in keys]


def held(*numbers: int) -> dict[str, t.Any]:
    return {"permissionsList": [{"permissionId": number} for number in numbers]}


def make_roles(read_permission_ids: t.Callable[[int], frozenset[int] | None]) -> t.Any:
    """Roles of these contents; of those that an earlier task creates nothing can be asked."""
    return types.SimpleNamespace(
        read_permission_ids=read_permission_ids, has_contents=lambda role: not isinstance(role, Pending)
    )


def missing(
    ctx: t.Any, answers: t.Mapping[str, t.Any], *entities: Entity, contents: frozenset[int] | None = frozenset({31})
) -> list[dict[str, t.Any]]:
    roles = make_roles(lambda role_id: contents)
    client = Client(ctx, answers)
    rights = RightsCheck(t.cast(t.Any, client), t.cast(t.Any, roles), read_each)
    return rights.find_missing([PlannedGrant(GROUP, ROLE, entity) for entity in entities], [], NAMES)


def test_what_is_held_on_the_commcell_is_enough(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    assert missing(ctx, {ON_CELL: held(31, 107)}, SERVER, PLAN) == []
    assert ctx.warnings == []


def test_what_is_lacking_is_found(make_ctx: t.Any) -> None:
    found = missing(make_ctx(), {ON_CELL: held(31), ON_SERVER: held(31)}, SERVER)
    assert [item["kind"] for item in found] == ["forbidden"]
    assert "Operator on servers web01" in found[0]["message"]


@pytest.mark.parametrize("place", [ON_CELL, ON_SERVER])
@pytest.mark.parametrize("failure", [*FAILED_READS, ApiError("error 587", status=200, code="587")])
def test_a_check_that_fails_is_not_passed(make_ctx: t.Any, place: str, failure: ApiError) -> None:
    answers = {ON_CELL: held(), ON_SERVER: held(31, 107), place: failure}
    with pytest.raises(type(failure), match=str(failure)):
        missing(make_ctx(), answers, SERVER)


@pytest.mark.parametrize("failure", [ApiError("error 587", status=200, code="587"), BadAnswer("a login page")])
def test_a_service_that_fails_here_alone_can_be_worked_around(make_ctx: t.Any, failure: ApiError) -> None:
    with pytest.raises(ApiError, match="check_rights") as caught:
        missing(make_ctx(), {ON_CELL: failure}, SERVER)
    assert caught.value.facts == failure.facts


@pytest.mark.parametrize(
    "told",
    [
        None,
        NotFound("no such call", status=404),
        Forbidden("not for you", status=200, code="9"),
        ApiError("method", status=405),
        ApiError("not implemented", status=501),
    ],
)
def test_a_check_that_the_service_does_not_offer_is_told(make_ctx: t.Any, told: t.Any) -> None:
    ctx = make_ctx()
    assert missing(ctx, {ON_CELL: told}, SERVER) == []
    assert len(ctx.warnings) == 1 and "could not be checked" in ctx.warnings[0] and "Operator" in ctx.warnings[0]
    ctx = make_ctx()
    assert missing(ctx, {ON_CELL: held(31), ON_SERVER: told}, SERVER) == []
    assert len(ctx.warnings) == 1 and "Operator on servers web01" in ctx.warnings[0]


@pytest.mark.parametrize("entity", [PLAN, Entity("company", 30), Entity("servers", ALL_OF_KIND)])
def test_kinds_of_which_no_rights_are_told_are_told(make_ctx: t.Any, entity: Entity) -> None:
    ctx = make_ctx()
    assert missing(ctx, {ON_CELL: held()}, entity) == []
    assert len(ctx.warnings) == 1 and f"Operator on {entity.kind}" in ctx.warnings[0]


def test_a_role_whose_content_is_not_told_is_told(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    assert missing(ctx, {ON_CELL: held(107)}, SERVER, contents=None) == []
    assert len(ctx.warnings) == 1 and "Operator" in ctx.warnings[0]


def test_what_can_be_judged_is_judged_beside_what_cannot(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    found = missing(ctx, {ON_CELL: held(31), ON_SERVER: held(31)}, SERVER, PLAN)
    assert ["servers web01" in item["message"] for item in found] == [True]
    assert ["plans gold" in warning for warning in ctx.warnings] == [True]


def find(
    ctx: t.Any,
    answers: t.Mapping[str, t.Any],
    contents: t.Mapping[int, frozenset[int] | None],
    *grants: PlannedGrant,
    names: Names = NAMES,
) -> list[str]:
    """Messages of the problems, for roles of these contents."""
    roles = make_roles(contents.__getitem__)
    client = Client(ctx, answers)
    rights = RightsCheck(t.cast(t.Any, client), t.cast(t.Any, roles), read_each)
    return [problem["message"] for problem in rights.find_missing(grants, [], names)]


def test_a_role_that_does_not_exist_yet_is_not_judged(make_ctx: t.Any) -> None:
    pending = PlannedGrant(GROUP, Pending("role", "Restore", 1), SERVER)
    assert find(make_ctx(), {}, {}, pending) == []
    other = PlannedGrant(Pending("user_group", "new", 1, 0), ROLE, SERVER)
    lacking = find(make_ctx(), {ON_CELL: held(), ON_SERVER: held(107)}, {ROLE: frozenset({31})}, pending, other)
    assert [message.endswith("does not hold there: 31") for message in lacking] == [True]


def test_what_is_lacking_is_told_once_per_role_and_permissions(make_ctx: t.Any) -> None:
    servers = [Entity("servers", number) for number in (5, 6, 7)]
    answers = {
        ON_CELL: held(107),
        **{f"Security/CLIENT_ENTITY/{number}/Permissions": held() for number in (5, 6)},
        "Security/CLIENT_ENTITY/7/Permissions": held(31),
    }
    contents = {ROLE: frozenset({31, 13}), 36: frozenset({31})}
    grants = [PlannedGrant(GROUP, role, server) for role in (ROLE, 36) for server in servers]
    names = Names(roles={ROLE: "Operator", 36: "View"}, entities={SERVER: "web01"}, permissions={31: "Browse"})
    assert find(make_ctx(), answers, contents, *grants, *grants[:2], names=names) == [
        "role Operator on servers 7 needs permissions that the signed-in user does not hold there: 13",
        "role Operator on servers web01 and 1 more needs permissions that the signed-in user does not hold there: 13, Browse",
        "role View on servers web01 and 1 more needs permissions that the signed-in user does not hold there: Browse",
    ]


def test_the_right_to_change_security_is_needed_for_every_role(make_ctx: t.Any) -> None:
    lacking = find(make_ctx(), {ON_CELL: held(31)}, {ROLE: frozenset({31})}, PlannedGrant(GROUP, ROLE, CELL))
    assert [message.endswith("there: 107") for message in lacking] == [True]


def test_entities_are_not_asked_where_the_commcell_is_enough(make_ctx: t.Any) -> None:
    """Any other path would be a KeyError."""
    grants = [PlannedGrant(GROUP, ROLE, Entity("servers", number)) for number in range(1, 50)]
    assert find(make_ctx(), {ON_CELL: held(31, 107)}, {ROLE: frozenset({31})}, *grants) == []


@pytest.mark.parametrize(
    "answer",
    [
        {"permissions": [{"permissionId": 31}, {"permissionId": "107"}]},
        {"a": {"b": [{"permission": {"permissionId": 31}}, [{"permissionId": 107, "inner": [{"permissionId": 0}]}]]}},
    ],
)
def test_permissions_are_found_wherever_the_answer_has_them(make_ctx: t.Any, answer: dict[str, t.Any]) -> None:
    grant = PlannedGrant(GROUP, ROLE, CELL)
    assert find(make_ctx(), {ON_CELL: answer}, {ROLE: frozenset({31})}, grant) == []


@pytest.mark.parametrize("answer", [{}, {"permissions": []}, {"permissions": "all"}, {"permissionId": "x"}])
def test_an_answer_without_permissions_is_none_held(make_ctx: t.Any, answer: dict[str, t.Any]) -> None:
    grant = PlannedGrant(GROUP, ROLE, CELL)
    assert len(find(make_ctx(), {ON_CELL: answer}, {ROLE: frozenset({31})}, grant)) == 1


def test_a_long_list_of_what_could_not_be_checked_is_cut(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    grants = [PlannedGrant(GROUP, ROLE, Entity("plans", number)) for number in range(1, 8)]
    assert find(ctx, {ON_CELL: None}, {}, *grants) == []
    assert "Operator on plans 5 and 2 more." in ctx.warnings[0]


def test_nothing_to_grant_is_nothing_asked(make_ctx: t.Any) -> None:
    assert find(make_ctx(), {}, {}) == []


def judge(
    ctx: t.Any, answers: t.Mapping[str, t.Any], added: list[PlannedGrant], removed: list[PlannedGrant]
) -> tuple[list[str], list[PlannedGrant]]:
    """Messages of the problems, and what could not be checked, for roles that contain permission 31."""
    roles = make_roles(lambda role_id: frozenset({31}))
    client = t.cast("t.Any", Client(ctx, answers))
    rights = RightsCheck(client, t.cast("t.Any", roles), read_each)
    problems = rights.find_missing(added, removed, NAMES)
    return [problem["message"] for problem in problems], rights.list_unchecked(added, removed)


def test_every_line_that_could_not_be_checked_is_listed_and_no_other(make_ctx: t.Any) -> None:
    plans = [PlannedGrant(GROUP, ROLE, Entity("plans", number)) for number in range(12)]
    told = PlannedGrant(GROUP, ROLE, SERVER)
    pending = PlannedGrant(GROUP, Pending("role", "New", 1), SERVER)
    answers = {ON_CELL: held(), ON_SERVER: held(31, 107)}
    assert judge(make_ctx(), answers, [*plans, told, pending], []) == ([], [*plans, pending])
    assert judge(make_ctx(), {ON_CELL: None}, [*plans, told], [])[1] == [*plans, told]
    assert judge(make_ctx(), {ON_CELL: held(31, 107)}, [*plans, told], []) == ([], [])


def test_taking_away_needs_the_right_to_change_security_and_no_other(make_ctx: t.Any) -> None:
    removed = [PlannedGrant(GROUP, ROLE, SERVER), PlannedGrant(GROUP, ROLE, PLAN)]
    assert judge(make_ctx(), {ON_CELL: held(107)}, [], removed) == ([], [])
    messages, unchecked = judge(make_ctx(), {ON_CELL: held(), ON_SERVER: held(31)}, [], removed)
    assert [message.startswith("taking grants away on servers web01 needs") for message in messages] == [True]
    assert unchecked == [removed[1]]
    assert judge(make_ctx(), {ON_CELL: held(), ON_SERVER: held(107)}, [], removed)[0] == []
