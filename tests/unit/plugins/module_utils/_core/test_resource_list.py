# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many objects as one resource: all problems together, steps in order, results in the order of the option."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    AmbiguousMatch,
    ApiError,
    ConfigError,
    NotFound,
    Problems,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Change, Plan, Step
from ansible_collections.cvops.identity.plugins.module_utils._core.resource_list import (
    ResourceList,
    VerifyingResourceList,
    build_list_spec,
    find_duplicates,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.runner import run_task

WRITTEN: list[str] = []


def tell(action: str, subject: str) -> Step:
    return Step(action, subject, changes=(Change("~", "thing", subject, f"{action} it"),))


class Thing:
    """An object that is created, deleted, left, or cannot be planned."""

    noun = "thing"

    def __init__(self, ctx: t.Any) -> None:
        self.options = ctx.options
        self.name, self.what = ctx.options["name"], ctx.options["what"]
        self.actions = {what: self.write for what in ("create", "delete")}

    def plan(self) -> Plan:
        if isinstance(self.what, Exception):
            raise self.what
        if self.what == "create":
            return Plan({}, {"name": self.name}, (tell("create", f"thing {self.name}"), tell("create", "its rest")))
        return Plan({"name": self.name}, {}, (tell("delete", f"thing {self.name}"),)) if self.what else Plan({}, {})

    def write(self, step: Step) -> None:
        WRITTEN.append(step.subject)
        if self.options.get("fails") == step.subject:
            raise ApiError("Cannot", status=500)

    def verify(self) -> list[t.Any]:
        return [{"field": self.name}]

    def result(self) -> dict[str, t.Any]:
        return {"name": self.name, "limit": self.options["limit"]} if self.what != "delete" else {}


def make(make_ctx: t.Any, *items: dict[str, t.Any], kind: t.Any = ResourceList, **more: t.Any) -> t.Any:
    WRITTEN.clear()
    ctx = make_ctx({"things": list(items), "limit": 20, **more.pop("options", {})}, **more)
    return kind(ctx, "things", Thing, lambda options: str(options["name"])), ctx


def thing(name: str, what: t.Any = None, **more: t.Any) -> dict[str, t.Any]:
    return {"name": name, "what": what, "limit": None, **more}


def test_steps_follow_the_option_and_deletions_come_last(make_ctx: t.Any) -> None:
    resource, ctx = make(make_ctx, thing("a", "delete"), thing("b", "create"), thing("c"), thing("d", "create"))
    result = run_task(ctx, lambda dummy: resource)
    assert WRITTEN == ["thing b", "its rest", "thing d", "its rest", "thing a"]
    assert result["msg"] == "Changed: thing b, b: its rest, thing d, d: its rest, thing a"
    assert [item["changed"] for item in result["things"]] == [True, True, False, True]


def test_only_what_changes_is_in_the_diff(make_ctx: t.Any) -> None:
    resource, dummy = make(make_ctx, thing("a", "create"), thing("b"), thing("a", "delete"))
    planned = resource.plan()
    assert planned.before == {"a (things[0])": {}, "a (things[2])": {"name": "a"}}
    assert planned.after == {"a (things[0])": {"name": "a"}, "a (things[2])": {}}


def test_an_option_that_an_object_leaves_out_is_that_of_the_task(make_ctx: t.Any) -> None:
    resource, dummy = make(make_ctx, thing("a"), thing("b", limit=3))
    resource.plan()
    assert [item["limit"] for item in resource.result()] == [20, 3]


def test_all_problems_are_told_together_with_their_places(make_ctx: t.Any) -> None:
    listed = Problems("x", [{"kind": "not_found", "where": "members[1]", "message": "nobody"}])
    resource, ctx = make(
        make_ctx,
        thing("a", ConfigError("wrong", source="option name")),
        thing("b", "create"),
        thing("c", listed),
        thing("d", AmbiguousMatch("two", candidates=["1", "2"])),
        thing("e", NotFound("no such company", near=["corp"])),
    )
    result = run_task(ctx, lambda dummy: resource)
    assert result["error"]["problems"] == [
        {"kind": "config", "where": "things[0].name", "message": "a: wrong"},
        {"kind": "not_found", "where": "things[2].members[1]", "message": "c: nobody"},
        {"kind": "ambiguous", "where": "things[3]", "message": "d: two", "candidates": ["1", "2"]},
        {"kind": "not_found", "where": "things[4]", "message": "e: no such company", "near": ["corp"]},
    ]
    assert result["msg"].startswith("4 problems in things; nothing was written:")
    assert WRITTEN == []


def test_what_is_wrong_with_the_objects_together_is_told_too(make_ctx: t.Any) -> None:
    class Guarded(ResourceList[t.Any]):
        def find_conflicts(self, items: t.Any) -> t.Any:
            return [{"kind": "config", "where": items[0].where, "message": f"{len(items)} are too many"}]

    resource, dummy = make(make_ctx, thing("a", "create"), thing("b"), kind=Guarded)
    with pytest.raises(Problems, match=r"1 problem in things; .*\n- things\[0\]: 2 are too many"):
        resource.plan()


def test_an_object_that_is_listed_twice_is_told_with_the_first_place_of_one_of_its_keys(make_ctx: t.Any) -> None:
    class Unique(ResourceList[t.Any]):
        def find_conflicts(self, items: t.Any) -> t.Any:
            return find_duplicates(items, lambda item: item.label.split("/"), "thing")

    resource, dummy = make(make_ctx, *(thing(name) for name in ("a", "b/x", "c", "y/x", "x/y")), kind=Unique)
    with pytest.raises(Problems) as told:
        resource.plan()
    assert told.value.facts["problems"] == [
        {"kind": "config", "where": "things[3]", "message": "y/x: things[1] (b/x) names the same thing"},
        {"kind": "config", "where": "things[4]", "message": "x/y: things[1] (b/x) names the same thing"},
    ]


def test_a_service_that_fails_ends_the_planning_at_once(make_ctx: t.Any) -> None:
    resource, dummy = make(make_ctx, thing("a", ConfigError("wrong")), thing("b", ApiError("down")))
    with pytest.raises(ApiError, match="down"):
        resource.plan()


class LateThing(Thing):
    """An object that the first look does not find."""

    looks = 0

    def plan(self) -> Plan:
        self.looks += 1
        if self.options.get("breaks") and self.looks == 2:
            raise ConfigError("odd after all", source="option name")
        return super().plan() if self.looks > 1 else Plan({}, {})


def look_twice(make_ctx: t.Any, *items: dict[str, t.Any]) -> t.Any:
    read: list[list[str]] = []

    class Reading(ResourceList[t.Any]):
        def read_ahead(self, items: t.Any) -> None:
            read.append([item["name"] for item in items])

    ctx = make_ctx({"things": list(items), "limit": 20})
    return Reading(ctx, "things", LateThing, lambda options: str(options["name"])), read


def test_all_that_is_to_be_absent_and_was_not_found_is_looked_for_again_together(make_ctx: t.Any) -> None:
    resource, read = look_twice(
        make_ctx,
        thing("a", "delete", state="absent"),
        thing("b", "create", state="present"),
        thing("c", state="absent"),
        thing("d", "delete", state="absent"),
    )
    planned = resource.plan()
    assert read == [["a", "b", "c", "d"], ["a", "c", "d"]]
    assert [step.subject for step in planned.steps] == ["thing a", "thing d"]
    assert [item.resource.looks for item in resource.items] == [2, 1, 2, 2]


def test_nothing_is_read_again_where_nothing_is_to_be_absent(make_ctx: t.Any) -> None:
    resource, read = look_twice(make_ctx, thing("a", state="present"), thing("b", state="present"))
    resource.plan()
    assert read == [["a", "b"]]


def test_what_the_second_look_shows_to_be_wrong_is_told_beside_the_rest(make_ctx: t.Any) -> None:
    items = [thing("a", ConfigError("wrong"), state="absent"), thing("b", "delete", state="absent", breaks=True)]
    resource, dummy = look_twice(make_ctx, *items, thing("c", "delete", state="absent"))
    with pytest.raises(Problems) as told:
        resource.plan()
    assert [(item["where"], item["message"]) for item in told.value.facts["problems"]] == [
        ("things[0]", "a: wrong"),
        ("things[1].name", "b: odd after all"),
    ]


def test_half_done_work_is_told(make_ctx: t.Any) -> None:
    resource, ctx = make(make_ctx, thing("a", "create", fails="its rest"), thing("b", "create"))
    result = run_task(ctx, lambda dummy: resource)
    assert result["changed"]
    assert (result["steps_done"], result["step_failed"]) == (["thing a"], "a: its rest")
    assert result["steps_left"] == ["thing b", "b: its rest"]


def test_each_object_that_changed_is_read_back_and_has_its_own_findings(make_ctx: t.Any) -> None:
    resource, ctx = make(make_ctx, thing("a", "create"), thing("b"), thing("c", "delete"), kind=VerifyingResourceList)
    result = run_task(ctx, lambda dummy: resource)
    assert [item.get("not_confirmed") for item in result["things"]] == [[{"field": "a"}], [], None]


def test_what_stays_can_be_read_back_before_what_goes_is_deleted(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource, ctx = make(make_ctx, thing("a", "create"), thing("b"), thing("c", "delete"), kind=VerifyingResourceList)
    read_back: list[str] = []
    monkeypatch.setattr(Thing, "verify", lambda self: read_back.append(self.name) or [])
    resource.plan()
    resource.verify_kept()
    assert read_back == ["a"]
    resource.verify()
    assert read_back == ["a", "c"]


def test_the_option_takes_what_the_module_for_one_object_takes() -> None:
    single = ArgumentSpec({"name": {"type": "str"}, "id": {"type": "int"}}, required_one_of=[["name", "id"]])
    assert build_list_spec("things", single).options == {
        "things": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": single.options,
            "required_one_of": [["name", "id"]],
        }
    }
