# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing: ids of what was created, one call per step, what is told when a quota ends it, and the look at what it came to."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import Catalogue, Entry
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import Entity, Grant, Principal
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, InternalFault, Throttled
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Step
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.apply import RequestWriter
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.batches import Batch
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.canonical import (
    Pending,
    PlannedGrant,
    RoleReference,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.plan import (
    ChangeGrants,
    CreateGroup,
    LinkGroup,
    Request,
)

NEW, NEWER = Pending("user_group", "new", 1, 30), Pending("user_group", "newer", 2, 0)
PENDING_ROLE = Pending("role", "Restore", 1)
GROUP, GOLD, SILVER = Principal("user_group", 5), Entity("plans", 12), Entity("plans", 13)
VIEW, OBJECT_ID = 7, "11111111-2222-4333-8444-555555555555"


class FakeDirectory:
    """Lists of user groups: one set of ids, and of links by id, at each look, the last one for ever."""

    def __init__(self) -> None:
        self.looks: list[tuple[set[int], dict[int, str]]] = [(set(), {})]
        self.forgotten: list[int] = []

    def reread_catalogue(self, kind: str) -> Catalogue:
        if self.forgotten and len(self.looks) > 1:
            del self.looks[0]
        return Catalogue("user group", [Entry(number, f"group {number}") for number in self.looks[0][0]])

    def forget_user_group(self, group_id: int) -> None:
        self.forgotten.append(group_id)

    def read_linked_object_id(self, group_id: int) -> str | None:
        return self.looks[0][1].get(group_id)


class FakeService:
    """Both the calls of security and those of user groups; remembers what it was asked to write. ``failure`` is raised by a write."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.directory = FakeDirectory()
        self.calls: list[tuple[t.Any, ...]] = []
        self.names: dict[t.Any, str] = {}

    def _record(self, *call: t.Any) -> None:
        if self.failure:
            raise self.failure
        self.calls.append(call)

    def create(self, name: str, description: str | None, company_id: int | None) -> int:
        self._record("create", name, description, company_id)
        return 100 + len(self.calls)

    def link(self, group_id: int, object_id: str) -> None:
        self._record("link", group_id, object_id)

    def add(self, entities: t.Any, pairs: t.Any) -> None:
        self._record("add", entities, pairs)

    def remove(self, entities: t.Any, pairs: t.Any) -> None:
        self._record("remove", entities, pairs)

    def remember_name(self, key: t.Any, name: str) -> None:
        self.names[key] = name


def make_writer(service: FakeService, created_roles: t.Mapping[Pending, int] | None = None) -> RequestWriter:
    def get_role_id(role: RoleReference) -> int:
        if not isinstance(role, Pending):
            return role
        if role not in (created_roles or {}):
            raise InternalFault(f"Role {role.name} is needed before it was created.")
        return (created_roles or {})[role]

    return RequestWriter(t.cast(t.Any, service), t.cast(t.Any, service), get_role_id)


def send(writer: RequestWriter, *requests: Request, total: int | None = None) -> None:
    for position, request in enumerate(requests):
        data = {"request": request, "position": position, "total": total or len(requests)}
        writer.actions[request.operation](Step(request.operation, "a step", data))


def change(operation: t.Literal["add", "remove"], *pairs: t.Any) -> ChangeGrants:
    return ChangeGrants(operation, Batch((GOLD, SILVER), pairs))


def test_grants_of_a_created_group_are_written_with_its_id() -> None:
    service = FakeService()
    send(
        make_writer(service),
        CreateGroup(NEWER),
        CreateGroup(NEW),
        LinkGroup(NEW, OBJECT_ID),
        LinkGroup(GROUP, OBJECT_ID),
        change("add", (NEWER, VIEW), (NEW, VIEW), (GROUP, VIEW)),
        change("remove", (GROUP, VIEW)),
    )
    newer, new = Principal("user_group", 101), Principal("user_group", 102)
    assert service.calls == [
        ("create", "newer", None, 0),
        ("create", "new", None, 30),
        ("link", 102, OBJECT_ID),
        ("link", 5, OBJECT_ID),
        ("add", (GOLD, SILVER), [(newer, VIEW), (new, VIEW), (GROUP, VIEW)]),
        ("remove", (GOLD, SILVER), [(GROUP, VIEW)]),
    ]
    assert service.names == {newer: "newer", new: "new"}


def test_grants_of_a_created_role_are_written_with_its_id_and_name() -> None:
    service = FakeService()
    send(make_writer(service, {PENDING_ROLE: 9}), change("add", (GROUP, PENDING_ROLE), (GROUP, VIEW)))
    assert service.calls == [("add", (GOLD, SILVER), [(GROUP, 9), (GROUP, VIEW)])]
    assert service.names == {9: "Restore"}


@pytest.mark.parametrize(
    "request_",
    [
        LinkGroup(NEW, OBJECT_ID),
        LinkGroup(GROUP, None),
        change("add", (NEW, VIEW)),
        change("remove", (NEW, VIEW)),
        change("add", (GROUP, PENDING_ROLE)),
        change("remove", (GROUP, PENDING_ROLE)),
    ],
)
def test_what_does_not_exist_is_never_sent(request_: Request) -> None:
    service = FakeService()
    with pytest.raises(InternalFault):
        send(make_writer(service), request_)
    assert service.calls == []


def test_a_group_whose_creation_failed_is_not_known() -> None:
    service = FakeService(ApiError("no"))
    writer = make_writer(service)
    with pytest.raises(ApiError, match="^no$"):
        send(writer, CreateGroup(NEW))
    service.failure = None
    with pytest.raises(InternalFault, match="new is needed before it was created"):
        send(writer, change("add", (NEW, VIEW)))


@pytest.mark.parametrize(
    ("quota", "told"),
    [
        (2, "4 of 5 write requests are left, about 2 more runs with this quota: run"),
        (None, "4 of 5 write requests are left: run"),
    ],
)
def test_an_exhausted_quota_says_what_is_left(quota: int | None, told: str) -> None:
    service = FakeService()
    writer = make_writer(service)
    failure = Throttled("Slow down.", status=429, **({"quota": quota} if quota else {}))
    data = {"request": LinkGroup(GROUP, OBJECT_ID), "position": 1, "total": 5}
    service.failure = failure
    with pytest.raises(Throttled, match=f"^Slow down. {told}") as caught:
        writer.actions["link_group"](Step("link_group", "a step", data))
    assert caught.value.facts == {**failure.facts, "remaining": 4}
    assert caught.value.__cause__ is failure


class FakeReader:
    """Shows one set of grants at each look, the last one for ever."""

    def __init__(self, *looks: set[Grant]) -> None:
        self.looks = list(looks)
        self.asked: list[set[Grant]] = []

    def read_each(self, read: t.Any, keys: t.Any, what: str) -> list[t.Any]:
        return [read(key) for key in keys]

    def list_shown(self, written: t.Collection[Grant]) -> set[Grant]:
        self.asked.append(set(written))
        shown = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return shown & set(written)


def find_unconfirmed(ctx: t.Any, reader: FakeReader, added: t.Any, removed: t.Any) -> list[PlannedGrant]:
    service = FakeService()
    writer = make_writer(service)
    send(writer, CreateGroup(NEW))
    return writer.find_unconfirmed(ctx, t.cast(t.Any, reader), added, removed)


ADDED, REMOVED = PlannedGrant(NEW, VIEW, GOLD), PlannedGrant(GROUP, VIEW, GOLD)
SHOWN_ADDED, SHOWN_REMOVED = Grant(Principal("user_group", 101), VIEW, GOLD), Grant(GROUP, VIEW, GOLD)


@pytest.mark.parametrize(
    ("looks", "unconfirmed", "asked"),
    [
        ([{SHOWN_ADDED}], [], [{SHOWN_ADDED, SHOWN_REMOVED}]),
        ([set(), {SHOWN_ADDED}], [], [{SHOWN_ADDED, SHOWN_REMOVED}, {SHOWN_ADDED}]),
        ([{SHOWN_ADDED, SHOWN_REMOVED}], [REMOVED], [{SHOWN_ADDED, SHOWN_REMOVED}, {SHOWN_REMOVED}, {SHOWN_REMOVED}]),
        ([{SHOWN_REMOVED}], [ADDED, REMOVED], [{SHOWN_ADDED, SHOWN_REMOVED}] * 3),
    ],
    ids=["as asked", "shown late", "still held", "nothing changed"],
)
def test_what_is_not_shown_as_asked_is_looked_for_three_times(
    make_ctx: t.Any, looks: t.Any, unconfirmed: t.Any, asked: t.Any
) -> None:
    ctx, reader = make_ctx(), FakeReader(*looks)
    assert find_unconfirmed(ctx, reader, [ADDED], [REMOVED]) == unconfirmed
    assert reader.asked == asked
    assert (ctx.stats.as_result()["waited_s"] > 0) is (len(asked) > 1)


def test_nothing_written_is_nothing_read(make_ctx: t.Any) -> None:
    reader = FakeReader(set())
    assert find_unconfirmed(make_ctx(), reader, [], []) == []
    assert reader.asked == []


UNSHOWN, LISTED = (set[int](), dict[int, str]()), ({101}, dict[int, str]())
LINKED, OTHER = ({101}, {101: OBJECT_ID, 5: OBJECT_ID}), ({101}, {101: OBJECT_ID, 5: "another"})


@pytest.mark.parametrize(
    ("looks", "unshown"),
    [
        ([LINKED], []),
        ([UNSHOWN, LISTED, OTHER, LINKED], []),
        ([UNSHOWN], ["ops", "new"]),
        ([LISTED], ["ops", "new"]),
        ([(set(), LINKED[1])], ["new"]),
        ([OTHER], ["ops"]),
    ],
    ids=["at once", "late", "never", "without links", "not listed", "linked to another one"],
)
def test_user_groups_are_waited_for_until_the_next_run_would_leave_them(
    make_ctx: t.Any, looks: t.Any, unshown: list[str]
) -> None:
    ctx, service = make_ctx(), FakeService()
    service.directory.looks = list(looks)
    writer = make_writer(service)
    send(writer, CreateGroup(NEW), LinkGroup(NEW, OBJECT_ID), LinkGroup(GROUP, OBJECT_ID))
    writer.wait_until_groups_show(ctx, t.cast(t.Any, FakeReader(set())), {NEW: "new", GROUP: "ops"}.__getitem__)
    assert (ctx.stats.as_result()["waited_s"] > 0) is (len(looks) > 1 or bool(unshown))
    told = [warning for warning in ctx.warnings if "does not show it yet" in warning]
    assert len(told) == bool(unshown) and all(name in told[0] for name in unshown)
    assert set(service.directory.forgotten) == {101, 5}


def test_where_no_group_was_written_none_is_looked_for(make_ctx: t.Any) -> None:
    service = FakeService()
    writer = make_writer(service)
    send(writer, change("add", (GROUP, VIEW)))
    writer.wait_until_groups_show(make_ctx(), t.cast(t.Any, FakeReader(set())), str)
    assert service.directory.forgotten == []
