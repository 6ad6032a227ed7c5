# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Targets become entities; what is not there, or is of another CommCell or company, is told and gets no grant."""

from __future__ import annotations

import typing as t

import pytest
from mapping_fakes import COMMCELL_ID, FakeCommCell

from ansible_collections.cvops.identity.plugins.module_utils._commvault.references import ObjectReference
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import ALL_OF_KIND, Entity
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.canonical import Resolved
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.parse import Target
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.targets import TargetResolver

NAMES: dict[str, list[tuple[str, str | None]]] = {
    "companies": [("corp", None)],
    "plans": [("gold", None), ("silver", None), ("Gold-2", None), ("gold", "corp"), ("tin", "corp"), ("tin", "acme")],
    "servers": [("web01", None)],
}


def resolve(ctx: t.Any, target: Target, commcell: FakeCommCell | None = None) -> tuple[list[Entity], Resolved]:
    resolved, fake = Resolved(), t.cast(t.Any, commcell or FakeCommCell(NAMES))
    return TargetResolver(ctx, fake, fake, resolved).resolve_target(target), resolved


def named(kind: str, name: str | None, **more: t.Any) -> Target:
    return Target(kind, ObjectReference(name, **more), where="here")


@pytest.mark.parametrize(
    ("target", "entity", "name"),
    [
        (Target("commcell"), Entity("commcell", COMMCELL_ID), "cs01"),
        (named("commcell", None, id=COMMCELL_ID), Entity("commcell", COMMCELL_ID), "cs01"),
        (named("company", "CORP"), Entity("company", 1), "corp"),
        (named("plans", "GOLD"), Entity("plans", 1), "gold"),
        (named("plans", "gold", company="corp"), Entity("plans", 4), "gold"),
        (named("plans", None, id=2), Entity("plans", 2), "silver"),
        (Target("servers", every=True), Entity("servers", ALL_OF_KIND), "all"),
        (named("type:64", None, id=3), Entity("type:64", 3), "3"),
    ],
)
def test_a_target_is_an_entity_with_its_name(make_ctx: t.Any, target: Target, entity: Entity, name: str) -> None:
    ctx = make_ctx()
    found, resolved = resolve(ctx, target)
    assert (found, resolved.names.entities, resolved.problems, ctx.warnings) == ([entity], {entity: name}, [], [])


def test_a_commcell_without_a_name_is_called_one(make_ctx: t.Any) -> None:
    commcell = FakeCommCell(NAMES)
    commcell.commcell_name = ""
    assert list(resolve(make_ctx(), Target("commcell"), commcell)[1].names.entities.values()) == ["commcell"]


@pytest.mark.parametrize(
    ("target", "kind", "message"),
    [
        (named("plans", "copper"), "not_found", "No plan is named 'copper'"),
        (named("plans", "tin"), "not_found", "of another company"),
        (named("plans", None, id=99), "not_found", "No plan has the id 99"),
        (named("commcell", None, id=99), "config", "the id 99 is not that of this CommCell, which is 2"),
        (Target("company", where="here"), "config", "commvault_company, which is not set"),
    ],
)
def test_what_is_not_there_is_told_with_its_place(make_ctx: t.Any, target: Target, kind: str, message: str) -> None:
    found, resolved = resolve(make_ctx(), target)
    assert (found, resolved.names.entities) == ([], {})
    assert [(problem["where"], problem["kind"]) for problem in resolved.problems] == [("here", kind)]
    assert message in resolved.problems[0]["message"]


def test_namesakes_are_told(make_ctx: t.Any) -> None:
    commcell = FakeCommCell({"plans": [("gold", None), ("gold", None)]})
    found, resolved = resolve(make_ctx(), named("plans", "gold"), commcell)
    assert found == []
    assert resolved.problems[0]["kind"] == "ambiguous"


def test_all_companies_are_not_the_one_that_the_task_acts_in(make_ctx: t.Any) -> None:
    commcell = FakeCommCell(NAMES)
    commcell.company_id, commcell.company_name = 30, "corp"
    found, dummy = resolve(make_ctx(), Target("company", every=True), commcell)
    assert found == [Entity("company", ALL_OF_KIND)]


def test_company_alone_means_the_one_that_the_task_acts_in(make_ctx: t.Any) -> None:
    commcell = FakeCommCell(NAMES)
    commcell.company_id, commcell.company_name = 30, "corp"
    found, resolved = resolve(make_ctx(), Target("company"), commcell)
    assert (found, resolved.names.entities) == ([Entity("company", 30)], {Entity("company", 30): "corp"})


@pytest.mark.parametrize(("company", "ids"), [(None, [1, 3]), ("corp", [4])])
def test_a_pattern_is_for_one_level(make_ctx: t.Any, company: str | None, ids: list[int]) -> None:
    target = Target("plans", pattern="gold*", at_most=2, company=company, where="here")
    found, resolved = resolve(make_ctx(), target)
    assert [entity.id for entity in found] == ids
    assert resolved.problems == []


def test_a_pattern_that_matches_more_than_it_may_gives_nothing(make_ctx: t.Any) -> None:
    found, resolved = resolve(make_ctx(), Target("plans", pattern="gold*", at_most=1, where="here"))
    assert found == []
    assert "matches 2 plans, more than at_most 1" in resolved.problems[0]["message"]


def test_a_pattern_that_matches_nothing_is_a_warning(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    found, resolved = resolve(ctx, Target("plans", pattern="x*", at_most=1, where="here"))
    assert (found, resolved.problems) == ([], [])
    assert ctx.warnings == ["here: the pattern 'x*' matches no plans"]


def test_a_pattern_that_matches_in_other_companies_alone_may_be_meant_for_them(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    found, resolved = resolve(ctx, Target("plans", pattern="tin*", at_most=1, where="here"))
    assert (found, ctx.warnings) == ([], [])
    (problem,) = resolved.problems
    assert problem["kind"] == "not_found"
    assert "and others" in problem["message"] and "if you mean acme or corp" in problem["message"]
