# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Groups: plans converge, strangers stay, order does not matter; finding is exact or an error."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    AmbiguousMatch,
    ApiError,
    ConfigError,
    GuardRefused,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan, Step
from ansible_collections.cvops.identity.plugins.module_utils._entra.groups import resource as under_test
from ansible_collections.cvops.identity.plugins.module_utils._entra.groups.info import (
    build_group_filter,
    describe_group,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.groups.resource import (
    GroupResource,
    canonical_group,
    derive_mail_nickname,
    desired_group,
    plan_group,
    plan_group_removal,
)

IDS = [f"00000000-0000-4000-8000-{number:012d}" for number in range(6)]
names = st.text(min_size=1, max_size=20)
id_lists = st.lists(st.sampled_from(IDS), max_size=8)
managed = st.none() | id_lists

wanted_groups = st.fixed_dictionaries(
    {
        "display_name": names,
        "unique_name": st.none() | names,
        "mail_nickname": st.none() | names,
        "description": st.none() | st.just("") | names,
    }
)
current_groups = st.none() | st.fixed_dictionaries(
    {
        "display_name": names,
        "unique_name": st.none() | names,
        "mail_nickname": names,
        "description": st.none() | names,
        "object_id": st.just(IDS[0]),
        "members": id_lists.map(lambda ids: sorted(set(ids))),
        "owners": id_lists.map(lambda ids: sorted(set(ids))),
    }
)


def applied(current: dict[str, t.Any] | None, planned: Plan) -> dict[str, t.Any]:
    """The directory after the steps: a model of what Graph keeps."""
    group: dict[str, t.Any] = dict(current or {"members": [], "owners": [], "object_id": IDS[0], "description": None})
    for step in planned.steps:
        if step.action in ("create", "update"):
            group.update({name: value or None for name, value in step.data["fields"].items()})
        elif step.action == "add":
            assert not set(step.data["ids"]) & set(group[step.data["relation"]]), "added what is there"
            group[step.data["relation"]] = sorted({*group[step.data["relation"]], *step.data["ids"]})
        else:
            assert set(step.data["ids"]) <= set(group[step.data["relation"]]), "removed what is not there"
            group[step.data["relation"]] = sorted(set(group[step.data["relation"]]) - set(step.data["ids"]))
    return group


@given(wanted_groups, current_groups, managed, managed, st.booleans())
def test_a_plan_that_is_applied_leaves_nothing_to_do(
    wanted: dict[str, t.Any],
    current: dict[str, t.Any] | None,
    members: list[str] | None,
    owners: list[str] | None,
    exclusive: bool,
) -> None:
    unmanaged = [relation for relation, ids in (("members", members), ("owners", owners)) if ids is None]
    read = None if current is None else {name: item for name, item in current.items() if name not in unmanaged}
    first = plan_group(wanted, read, members, owners, exclusive)
    group = applied(current, first)
    assert plan_group(wanted, group, members, owners, exclusive).steps == ()
    assert first.changed == (first.before != first.after)


@given(wanted_groups, current_groups, id_lists, st.booleans(), st.randoms())
def test_order_and_repetition_do_not_matter(
    wanted: dict[str, t.Any], current: dict[str, t.Any] | None, members: list[str], exclusive: bool, random: t.Any
) -> None:
    shuffled = [*members, *members]
    random.shuffle(shuffled)
    assert plan_group(wanted, current, members, None, exclusive) == plan_group(
        wanted, current, shuffled, None, exclusive
    )


@given(wanted_groups, current_groups, managed, managed)
def test_strangers_stay_unless_exclusive_or_emptied(
    wanted: dict[str, t.Any], current: dict[str, t.Any] | None, members: list[str] | None, owners: list[str] | None
) -> None:
    group = applied(current, plan_group(wanted, current, members, owners, False))
    for relation, listed in (("members", members), ("owners", owners)):
        had = set((current or {}).get(relation, []))
        assert set(group[relation]) == (set() if listed == [] else had | set(listed or []))


@given(wanted_groups, current_groups, id_lists)
def test_exclusive_means_exactly(
    wanted: dict[str, t.Any], current: dict[str, t.Any] | None, members: list[str]
) -> None:
    assert applied(current, plan_group(wanted, current, members, None, True))["members"] == sorted(set(members))


def test_absent_deletes_what_is_there_and_nothing_else() -> None:
    current = {"display_name": "GG", "object_id": IDS[0]}
    assert [step.action for step in plan_group_removal(current).steps] == ["delete"]
    assert plan_group_removal(None) == Plan({}, {})
    assert "object_id" not in plan_group_removal(current).before


def test_canonical_and_desired_speak_of_the_same_fields() -> None:
    wire = {"id": IDS[0], "displayName": "GG", "uniqueName": None, "mailNickname": "gg", "description": None, "x": 1}
    assert canonical_group(wire) == {
        "object_id": IDS[0],
        "display_name": "GG",
        "unique_name": None,
        "mail_nickname": "gg",
        "description": None,
    }
    assert canonical_group(wire).keys() - {"object_id"} == desired_group({}).keys()
    assert describe_group({**wire, "securityEnabled": True})["security_enabled"] is True


@pytest.mark.parametrize(
    ("display_name", "nickname"),
    [
        ("GG-Commvault Operator", "GG-Commvault-Operator"),
        ("Ünïcödé (EMEA)", "ncd-EMEA"),
        ("😀", "group"),
        ("...", "group"),
        ("a" * 80, "a" * 64),
        ("a@b\\c\"d'e", "a-b-c-d-e"),
    ],
)
def test_a_new_group_gets_a_nickname_that_graph_accepts(display_name: str, nickname: str) -> None:
    assert derive_mail_nickname(display_name) == nickname


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, None),
        ({"display_name": "O'Brien"}, "displayName eq 'O''Brien'"),
        ({"prefix": "GG-"}, "startswith(displayName,'GG-')"),
        ({"filter": "securityEnabled eq true"}, "securityEnabled eq true"),
    ],
)
def test_what_selects_groups(options: dict[str, str], expected: str | None) -> None:
    assert build_group_filter(options) == expected


class Directory:
    """As much of GraphClient as Groups needs; ``requests`` are the writes in order."""

    def __init__(self, groups: list[dict[str, t.Any]] | None = None) -> None:
        self.groups = groups or []
        self.requests: list[tuple[str, str, t.Any]] = []
        self.refusals: list[ApiError] = []

    def get(self, path: str, **_more: t.Any) -> dict[str, t.Any] | None:
        return next((item for item in self.groups if item["id"] in path or str(item.get("uniqueName")) in path), None)

    def list(self, path: str, *, params: dict[str, str], **_more: t.Any) -> list[dict[str, t.Any]]:
        return [item for item in self.groups if f"'{item['displayName']}'" in params.get("$filter", "")]

    def format_reference(self, object_id: str) -> str:
        return f"ref/{object_id}"

    def write(self, method: str, path: str, body: t.Any = None, **_more: t.Any) -> None:
        self.requests.append((method, path, body))
        if self.refusals:
            raise self.refusals.pop(0)


class Silent:
    def debug(self, level: int, message: str) -> None: ...

    def progress(self, message: str) -> None: ...


def groups_of(directory: Directory, **options: t.Any) -> GroupResource:
    return GroupResource(Context(options=options, reporter=Silent()), t.cast("t.Any", directory))


def wire(number: int, display_name: str, **more: t.Any) -> dict[str, t.Any]:
    return {"id": IDS[number], "displayName": display_name, "securityEnabled": True, **more}


def test_two_groups_of_one_name_are_an_error_that_lists_both() -> None:
    with pytest.raises(AmbiguousMatch) as caught:
        groups_of(Directory([wire(1, "GG"), wire(2, "GG")])).find({"display_name": "GG", "state": "present"})
    assert caught.value.facts["candidates"] == [IDS[1], IDS[2]]


def test_a_unique_name_never_adopts_a_group_by_its_display_name() -> None:
    with pytest.raises(AmbiguousMatch):
        groups_of(Directory([wire(1, "GG")])).find({"display_name": "GG", "unique_name": "gg-one", "state": "present"})


def test_groups_that_are_no_security_groups_are_left_alone() -> None:
    with pytest.raises(ConfigError, match="not a security group"):
        groups_of(Directory([wire(1, "Team", securityEnabled=False)])).find({"display_name": "Team"})


def test_a_wrong_object_id_is_an_error_only_for_present() -> None:
    groups = groups_of(Directory())
    with pytest.raises(ConfigError, match="leave object_id out"):
        groups.find({"object_id": IDS[5], "state": "present"})
    assert groups.find({"object_id": IDS[5], "state": "absent"}) is None


def test_renaming_needs_an_accepted_risk() -> None:
    wanted, current = desired_group({"display_name": "New"}), {"display_name": "Old"}
    with pytest.raises(GuardRefused):
        groups_of(Directory()).check_rename(wanted, current)
    accepted = groups_of(Directory(), accept_risk=["rename"], accept_reason="merger")
    accepted.check_rename(wanted, current)
    groups_of(Directory()).check_rename(desired_group({}), current)


def test_members_are_bound_twenty_at_a_time_and_singly_when_one_is_there_already() -> None:
    directory = Directory()
    groups = groups_of(directory)
    groups.object_id = IDS[0]
    ids = [f"member{number}" for number in range(under_test.BIND_LIMIT + 1)]
    groups.actions["add"](Step("add", "members", {"relation": "members", "ids": ids}))
    assert [len(body["members@odata.bind"]) for _method, _path, body in directory.requests] == [20, 1]
    directory.requests.clear()
    exist = "One or more added object references already exist for the following modified properties: 'members'."
    directory.refusals = [ApiError(exist, status=400), ApiError(exist, status=400)]
    groups.actions["add"](Step("add", "members", {"relation": "members", "ids": ids[:2]}))
    assert [method for method, _path, _body in directory.requests] == ["PATCH", "POST", "POST"]


def test_other_refusals_are_not_swallowed() -> None:
    directory = Directory()
    groups = groups_of(directory)
    groups.object_id = IDS[0]
    for action in ("add", "remove"):
        directory.refusals = [ApiError("Insufficient privileges to complete the operation.", status=403)]
        with pytest.raises(ApiError):
            groups.actions[action](Step(action, "members", {"relation": "members", "ids": ["a"]}))
