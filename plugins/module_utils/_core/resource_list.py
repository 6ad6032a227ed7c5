# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Many objects of one kind as one resource: one plan, all problems together, and the code of the module for one object."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from .argument_specs import ArgumentSpec
from .context import Context
from .errors import ConfigError, CvopsError, NotFound, Problems
from .plan import Plan, Step
from .resource import Action, Finding, Resource, UndoableResource, VerifyingResource
from .second_look import is_to_be_looked_for_again

Problem: t.TypeAlias = dict[str, t.Any]
Options: t.TypeAlias = t.Mapping[str, t.Any]
AnyResource = t.TypeVar("AnyResource", bound=Resource)

_DELETE = "delete"


@dataclass(frozen=True)
class Item(t.Generic[AnyResource]):
    """One object of the list that was planned. ``where``: its option path; ``label``: its name for people."""

    number: int
    where: str
    label: str
    options: Options
    resource: AnyResource
    plan: Plan


def build_list_spec(name: str, single: ArgumentSpec, *, required: bool = True) -> ArgumentSpec:
    """Return the option *name*: a list of the options of the module for one object, without those of the connection."""
    rules = {key: value for key, value in single.to_rule_kwargs().items() if value}
    must_be_given = {"required": True} if required else {}
    return ArgumentSpec(
        {name: {"type": "list", "elements": "dict", **must_be_given, "options": dict(single.options), **rules}}
    )


class ResourceList(t.Generic[AnyResource]):
    """The objects that option *noun* lists, each a resource that *create* makes of a context with its own options.

    An option that an object leaves out is that of the task, where the task has one of the name. *describe*: the name of an object
    for people, from its options.
    """

    def __init__(
        self,
        ctx: Context,
        noun: str,
        create: t.Callable[[Context], AnyResource],
        describe: t.Callable[[Options], str],
    ) -> None:
        self._ctx, self.noun, self._create, self._describe = ctx, noun, create, describe
        self._items: list[Item[AnyResource]] = []
        self._findings: dict[str, list[Finding]] = {}

    def list_options(self) -> list[dict[str, t.Any]]:
        """Return the options of each object as its resource gets them."""
        common = self._ctx.options
        return [
            {**common, **{name: value for name, value in own.items() if value is not None or name not in common}}
            for own in common[self.noun]
        ]

    @property
    def items(self) -> t.Sequence[Item[AnyResource]]:
        """The objects that could be planned, in the order of the option."""
        return self._items

    def read_ahead(self, items: t.Sequence[Options]) -> None:
        """Read what planning objects of these options takes, anew; nothing unless a subclass knows how to read it together."""

    def find_conflicts(self, items: t.Sequence[Item[AnyResource]]) -> list[Problem]:
        """Return what is wrong with the objects together; nothing unless a subclass knows better."""
        return []

    def plan(self) -> Plan:
        """Return the steps of all objects, deletions last. Raises Problems with what is wrong with any of them.

        So is what the options of an object name and is not there, such as a company. What is to be absent and was not found is looked
        for once more, all of it together.
        """
        problems: list[Problem] = []
        listed = self.list_options()
        self.read_ahead(listed)
        for number, options in enumerate(listed):
            where, label = f"{self.noun}[{number}]", self._describe(options)
            resource = self._create(dataclasses.replace(self._ctx, options=options))
            try:
                plan = resource.plan()
            except (ConfigError, NotFound) as exc:
                problems += _list_problems(exc, where, label)
                continue
            self._items.append(Item(number, where, label, options, resource, plan))
        problems += self._look_again()
        problems += self.find_conflicts(self._items)
        if problems:
            many = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
            raise Problems(f"{many} in {self.noun}; nothing was written:", problems)
        return self._merge_plans()

    def _look_again(self) -> list[Problem]:
        """Plan once more what is to be absent and was not found; return what is wrong with it now."""
        problems: list[Problem] = []
        missed = {item.number for item in self._items if is_to_be_looked_for_again(item.options, item.plan)}
        if missed:
            self.read_ahead([item.options for item in self._items if item.number in missed])
        for index, item in enumerate(self._items):
            if item.number in missed:
                try:
                    self._items[index] = dataclasses.replace(item, plan=item.resource.plan())
                except (ConfigError, NotFound) as exc:
                    problems += _list_problems(exc, item.where, item.label)
        return problems

    def _merge_plans(self) -> Plan:
        changed = [(number, item) for number, item in enumerate(self._items) if item.plan.changed]
        before = {_build_key(item, self._items): item.plan.before for dummy, item in changed}
        after = {_build_key(item, self._items): item.plan.after for dummy, item in changed}
        steps = [_wrap_step(number, item.label, step) for number, item in changed for step in item.plan.steps]
        # What is taken away goes last: until then nothing that is needed is missing.
        steps.sort(key=lambda step: step.action == _DELETE)
        return Plan(before, after, tuple(steps))

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """The method that carries out a step by its object's resource, for each action that one of them has."""
        return {action: self._do_step for item in self._items for action in item.resource.actions}

    def describe_undo(self, step: Step) -> t.Mapping[str, t.Any] | None:
        """Return what undoing *step* takes, as its object's resource tells it; None where that knows nothing of it."""
        resource = self._items[step.data["item"]].resource
        return resource.describe_undo(step.data["step"]) if isinstance(resource, UndoableResource) else None

    def _do_step(self, step: Step) -> None:
        item = self._items[step.data["item"]]
        item.resource.actions[step.action](step.data["step"])

    def result(self) -> list[dict[str, t.Any]]:
        """Return each object as its module returns it, in the order of the option, with ``changed``."""
        return [self._build_result(item) for item in self._items]

    def _build_result(self, item: Item[AnyResource]) -> dict[str, t.Any]:
        value = item.resource.result()
        found = {**value, "changed": item.plan.changed} if isinstance(value, dict) else {"changed": item.plan.changed}
        if value and isinstance(item.resource, VerifyingResource):
            found["not_confirmed"] = self._findings.get(item.where, [])
        return found


class VerifyingResourceList(ResourceList[AnyResource]):
    """A list of objects whose writes may be accepted without taking effect at once."""

    def verify_kept(self) -> None:
        """Read back what was created or changed, object by object; :meth:`verify` does the same for what is left."""
        self._verify_items(item for item in self._items if item.plan.after)

    def verify(self) -> list[Finding]:
        """Read back what was written, object by object, and return what is not as asked."""
        self._verify_items(self._items)
        return [finding for findings in self._findings.values() for finding in findings]

    def _verify_items(self, items: t.Iterable[Item[AnyResource]]) -> None:
        for item in items:
            is_due = item.plan.changed and item.where not in self._findings
            if is_due and isinstance(item.resource, VerifyingResource):
                self._findings[item.where] = item.resource.verify()


def find_duplicates(
    items: t.Sequence[Item[AnyResource]],
    list_keys: t.Callable[[Item[AnyResource]], t.Sequence[t.Hashable]],
    noun: str,
) -> list[Problem]:
    """Return a problem for each object that an earlier one of the list names already: they share one of the keys that *list_keys* returns."""
    first: dict[t.Hashable, Item[AnyResource]] = {}
    problems: list[Problem] = []
    for item in items:
        keys = list_keys(item)
        other = next((first[key] for key in keys if key in first), None)
        if other is not None:
            message = f"{item.label}: {other.where} ({other.label}) names the same {noun}"
            problems.append({"kind": "config", "where": item.where, "message": message})
        for key in keys:
            first.setdefault(key, item)
    return problems


def _wrap_step(number: int, label: str, step: Step) -> Step:
    subject = step.subject if label in step.subject else f"{label}: {step.subject}"
    return dataclasses.replace(step, subject=subject, data={"item": number, "step": step})


def _build_key(item: Item[t.Any], items: t.Sequence[Item[t.Any]]) -> str:
    """Return the name under which the diff shows an object: with its place where another one is called the same."""
    is_alone = sum(1 for other in items if other.label == item.label) == 1
    return item.label if is_alone else f"{item.label} ({item.where})"


def _list_problems(exc: CvopsError, where: str, label: str) -> list[Problem]:
    """Return what *exc* says of the object at *where*, one problem for each of those that it lists."""
    listed = exc.facts.get("problems")
    if not listed:
        option = str(exc.facts.get("source") or "")
        at = f"{where}.{option.removeprefix('option ')}" if option.startswith("option ") else where
        facts = {name: fact for name, fact in exc.facts.items() if name != "source"}
        return [{"kind": exc.kind, "where": at, "message": f"{label}: {exc}", **facts}]
    return [
        {**problem, "where": f"{where}.{problem['where']}", "message": f"{label}: {problem['message']}"}
        for problem in listed
    ]
