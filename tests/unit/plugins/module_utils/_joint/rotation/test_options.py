# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a rotation that cannot be right, and the targets that they name."""

from __future__ import annotations

import typing as t

import pytest
from rotation_fakes import FILE, complete_options

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Problems
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.options import (
    build_proof_rules,
    build_targets,
    check_rotation_options,
    compute_overlap_hours,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.external import ExternalTarget
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.returned import ReturnTarget

APP = "66666666-7777-4888-8999-000000000000"


def build(make_ctx: t.Any, asked: dict[str, t.Any]) -> t.Any:
    ctx = make_ctx()
    ctx.options.update(asked)
    return build_targets(ctx, APP, lambda url: t.cast("t.Any", None))


def faults(make_ctx: t.Any, *targets: dict[str, t.Any], **more: t.Any) -> list[str]:
    """Where the problems are."""
    accepted = more.pop("accept_risk", None)
    asked = {**complete_options(*targets, **more), "accept_risk": accepted}
    try:
        check_rotation_options(asked, build(make_ctx, asked))
    except Problems as exc:
        return [problem["where"] for problem in exc.facts["problems"]]
    return []


def test_the_defaults_are_right(make_ctx: t.Any) -> None:
    assert faults(make_ctx) == []


@pytest.mark.parametrize(
    ("where", "more"),
    [
        ("rotation_name", {"rotation_name": "a/b"}),
        ("rotation_name", {"rotation_name": "a b"}),
        ("rotation_name", {"rotation_name": "a\n"}),
        ("rotation_name", {"rotation_name": "x" * 61}),
        ("lifetime_days", {"lifetime_days": 184}),
        ("rotate_before_days", {"lifetime_days": 10, "rotate_before_days": 10}),
        ("rotate_before_days", {"rotate_before_days": 0}),
        ("rotate_before_days", {"overlap_hours": 93 * 24}),
        ("overlap_hours", {"overlap_hours": 23}),
        ("max_keys", {"max_keys": 1}),
        ("adopt_key_ids[0]", {"adopt_key_ids": ["x"]}),
        ("prove", {"prove": {"successes": 0}}),
        ("prove", {"prove": {"over_seconds": 700}}),
    ],
)
def test_what_cannot_be_right_is_told_where_it_is(make_ctx: t.Any, where: str, more: dict[str, t.Any]) -> None:
    assert where in faults(make_ctx, **more)


def test_a_short_life_is_a_risk_that_can_be_accepted(make_ctx: t.Any) -> None:
    short = {"lifetime_days": 90, "rotate_before_days": 30}
    assert faults(make_ctx, **short) == ["lifetime_days"]
    assert faults(make_ctx, accept_risk=["short_lifetime"], **short) == []
    assert faults(make_ctx, lifetime_days=90, rotate_before_days=47) == []


def test_somebody_must_get_the_value(make_ctx: t.Any) -> None:
    external = {"external": {"where": "prx07"}}
    assert faults(make_ctx, external) == ["targets", "targets"]
    assert faults(make_ctx, external, FILE) == []
    assert faults(make_ctx, {"return": True}) == []
    assert faults(make_ctx, FILE, FILE) == ["targets"], "two of one name"
    assert faults(make_ctx, {**FILE, "name": "a"}, {**FILE, "name": "b"}) == []


def test_targets_are_what_they_name_in_their_order(make_ctx: t.Any) -> None:
    external = {"external": {"where": "prx07", "acknowledged_key_id": APP.upper()}, "name": "proxy"}
    found = build(make_ctx, complete_options(external, {"return": True}, FILE))
    assert [(type(target), target.name) for target in found[:2]] == [
        (ExternalTarget, "proxy"),
        (ReturnTarget, "the result"),
    ]
    assert found[0].read().key_id == APP
    assert "/nowhere/secret.json" in found[2].name


@pytest.mark.parametrize(
    "target",
    [
        {"return": False},
        {"external": {"where": "x", "acknowledged_key_id": "the new one"}},
        {"commvault_credential": {"name": "azure", "commcell": "nowhere"}},
        {"commvault_oidc_app": {"name": "entra", "commcell": "nowhere"}},
    ],
)
def test_a_target_that_names_nothing_usable_is_refused(make_ctx: t.Any, target: dict[str, t.Any]) -> None:
    with pytest.raises(ConfigError, match=r"targets\[1\]"):
        build(make_ctx, complete_options(FILE, target))


def test_the_overlap_is_at_least_what_the_targets_need() -> None:
    slow, quick = ReturnTarget("a"), ReturnTarget("b")
    slow.least_overlap_hours = 25  # type: ignore[misc]
    assert [compute_overlap_hours(None, [quick]), compute_overlap_hours(None, [quick, slow])] == [24, 25]
    assert compute_overlap_hours(100, [slow]) == 100


def test_a_proof_asks_for_a_token_of_graph_unless_told_otherwise() -> None:
    assert build_proof_rules(complete_options(), "graph/.default").scope == "graph/.default"
    found = build_proof_rules(complete_options(prove={"scope": "arm/.default", "successes": 2}), "graph/.default")
    assert (found.scope, found.successes, found.over_s) == ("arm/.default", 2, 120.0)
