# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles and mapping as one plan: the order of the writes, the wait between, and all problems together."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Problems, WaitTimeout
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Change, Plan, Step
from ansible_collections.cvops.identity.plugins.module_utils._core.runner import run_task
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings import roles_and_mapping


def make_step(action: str) -> Step:
    return Step(action, f"{action} it", {}, (Change("+", "thing", action, f"{action} it"),))


class Fake:
    """Roles and mapping in one: a log of what is called, and what each of them plans."""

    is_given = True

    def __init__(self, roles: t.Sequence[str] = ("create", "delete"), mapping: t.Sequence[str] = ("add",)) -> None:
        self.log: list[str] = []
        self.role_steps = tuple(make_step(action) for action in roles)
        self.mapping_steps = tuple(make_step(action) for action in mapping)
        self.problems: list[t.Any] = []
        self.fails_to_show = False
        #: Requests of the mapping that are left for a later run, and whether it knows that there are such.
        self.remaining, self.is_partial = 0, False

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(roles_and_mapping, "CommvaultClient", lambda ctx: None)
        monkeypatch.setattr(roles_and_mapping, "RoleDirectory", lambda client: None)
        monkeypatch.setattr(roles_and_mapping, "DeclaredRoles", lambda ctx, directory: Roles(self))
        monkeypatch.setattr(roles_and_mapping, "RoleMappingsResource", lambda ctx, roles: Mapping(self))

    def note(self, step: Step) -> None:
        self.log.append(step.action)


class Roles:
    def __init__(self, fake: Fake) -> None:
        self.fake, self.is_given = fake, fake.is_given
        self.actions = dict.fromkeys(("create", "update", "delete"), fake.note)

    def plan(self) -> tuple[Plan, list[t.Any]]:
        if self.fake.problems:
            return Plan({}, {}), self.fake.problems
        steps = self.fake.role_steps
        return Plan({"Old": {"a": 1}}, {"New": {"a": 1}}, steps) if steps else Plan({}, {}), []

    def put_off_deletions(self) -> Plan:
        steps = tuple(step for step in self.fake.role_steps if step.action != "delete")
        return Plan({"Old": {"a": 1}}, {"New": {"a": 1}}, steps) if steps else Plan({}, {})

    def is_step(self, step: Step) -> bool:
        return step in self.fake.role_steps

    def wait_until_written_show(self) -> None:
        self.fake.log.append("wait")
        if self.fake.fails_to_show:
            raise WaitTimeout("Role New does not show what was taken away.")

    def verify(self) -> None:
        self.fake.log.append("verify roles")

    def result(self) -> list[dict[str, t.Any]]:
        return [{"name": "New"}]


class Mapping:
    def __init__(self, fake: Fake) -> None:
        self.fake, self.is_partial = fake, fake.is_partial
        self.actions = dict.fromkeys(("create_group", "link_group", "add", "remove"), fake.note)

    def plan(self, problems: t.Sequence[t.Any]) -> Plan:
        if problems:
            raise Problems("1 problem in roles and mapping; nothing was written:", problems)
        steps = self.fake.mapping_steps
        return (
            Plan({"grants": {}}, {"grants": {"ops": ["View"]}}, steps)
            if steps
            else Plan({"grants": {}}, {"grants": {}})
        )

    def verify(self) -> list[t.Any]:
        self.fake.log.append("verify mapping")
        return []

    def find_fault(self) -> None:
        return None

    def result(self) -> dict[str, t.Any]:
        return {"grants": [], "remaining": self.fake.remaining}


def run(monkeypatch: pytest.MonkeyPatch, ctx: t.Any, fake: Fake) -> dict[str, t.Any]:
    fake.install(monkeypatch)
    return run_task(ctx, roles_and_mapping.RolesAndMappingResource)


def test_roles_are_written_before_the_mapping_and_deleted_after_it(
    monkeypatch: pytest.MonkeyPatch, make_ctx: t.Any
) -> None:
    fake = Fake(("create", "delete", "update"), ("create_group", "add", "remove"))
    result = run(monkeypatch, make_ctx(), fake)
    written = ["create", "update", "wait", "create_group", "wait", "add", "wait", "remove", "delete"]
    assert fake.log == [*written, "verify roles", "verify mapping"]
    found = result["role_mappings"]
    assert found["roles"] == [{"name": "New"}]
    assert [step["action"] for step in found["steps"]] == [action for action in written if action != "wait"]
    assert result["steps"] == found["steps"]


def test_nothing_is_granted_while_a_role_does_not_show_what_it_lost(
    monkeypatch: pytest.MonkeyPatch, make_ctx: t.Any
) -> None:
    fake = Fake(("update", "delete"), ("add", "remove"))
    fake.fails_to_show = True
    result = run(monkeypatch, make_ctx(), fake)
    assert fake.log == ["update", "wait"]
    assert result["failed"] and result["error"]["kind"] == "timeout"
    assert (result["steps_done"], result["step_failed"]) == (["update it"], "add it")
    assert result["steps_left"] == ["remove it", "delete it"]
    assert "outcome" not in result["error"]


@pytest.mark.parametrize(("remaining", "told"), [(2, 3), (0, 1)], ids=["some", "a canary that has nothing else"])
def test_no_role_is_deleted_while_some_of_the_mapping_is_left(
    monkeypatch: pytest.MonkeyPatch, make_ctx: t.Any, remaining: int, told: int
) -> None:
    fake = Fake(("create", "delete"), ("add",))
    fake.remaining, fake.is_partial = remaining, True
    result = run(monkeypatch, make_ctx(), fake)
    assert fake.log == ["create", "wait", "add", "verify roles", "verify mapping"]
    assert [step["action"] for step in result["steps"]] == ["create", "add"]
    assert result["role_mappings"]["remaining"] == told


def test_problems_of_the_roles_are_told_with_those_of_the_mapping(
    monkeypatch: pytest.MonkeyPatch, make_ctx: t.Any
) -> None:
    fake = Fake()
    fake.problems = [{"kind": "config", "where": "roles[0].name", "message": "X: too long"}]
    result = run(monkeypatch, make_ctx(), fake)
    assert (fake.log, result["error"]["problems"]) == ([], fake.problems)


@pytest.mark.parametrize("steps", [(), ("add",)])
def test_without_roles_the_plan_is_that_of_the_mapping(
    monkeypatch: pytest.MonkeyPatch, make_ctx: t.Any, steps: tuple[str, ...]
) -> None:
    fake = Fake((), steps)
    fake.is_given = False
    ctx = make_ctx()
    ctx.diff_mode = True
    result = run(monkeypatch, ctx, fake)
    assert result["changed"] is bool(steps)
    assert "roles" not in result["role_mappings"] and "New" not in str(result["diff"])


def test_the_diff_has_both(monkeypatch: pytest.MonkeyPatch, make_ctx: t.Any) -> None:
    ctx = make_ctx()
    ctx.diff_mode = True
    shown = str(run(monkeypatch, ctx, Fake())["diff"])
    assert "New" in shown and "ops" in shown
