# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The targets that the options of a rotation name, and how flaws of the options are raised."""

from __future__ import annotations

import typing as t

import pytest
from rotation_fakes import FILE, complete_options

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Problems
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.options import (
    _TargetBuilder,
    build_proof_rules,
    build_targets,
    check_rotation_options,
    check_target_names,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.external import ExternalTarget
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.returned import ReturnTarget

APP = "66666666-7777-4888-8999-000000000000"


def build(make_ctx: t.Any, asked: dict[str, t.Any]) -> t.Any:
    ctx = make_ctx()
    ctx.options.update(asked)
    return build_targets(ctx, APP, lambda url: t.cast("t.Any", None))


def test_targets_are_what_they_name_in_their_order(make_ctx: t.Any) -> None:
    external = {"external": {"where": "prx07", "acknowledged_key_id": APP.upper()}, "name": "proxy"}
    found = build(make_ctx, complete_options(external, {"return": True}, FILE))
    assert [(type(target), target.name) for target in found[:2]] == [
        (ExternalTarget, "proxy"),
        (ReturnTarget, "the result"),
    ]
    assert found[0].read().key_id == APP
    assert "/nowhere/secret.json" in found[2].name


def test_targets_of_one_name_are_refused() -> None:
    check_target_names([ReturnTarget("a"), ReturnTarget("b")])
    with pytest.raises(Problems, match="a is there twice"):
        check_target_names([ReturnTarget("a"), ReturnTarget("b"), ReturnTarget("a")])


def test_flaws_are_raised_together() -> None:
    check_rotation_options(complete_options())
    with pytest.raises(Problems) as caught:
        check_rotation_options(complete_options(rotation_name="a/b", max_keys=1))
    assert [problem["where"] for problem in caught.value.facts["problems"]] == ["rotation_name", "max_keys"]


def test_what_a_commcell_leaves_out_is_that_of_the_task_but_never_its_address(make_ctx: t.Any) -> None:
    """As with the connection of a document: the password of all may come from the environment."""
    ctx = make_ctx()
    of_task = {
        "username": "svc",
        "password": "of the task",
        "auth_method": "entra",
        "url": "https://main",
        "timeout": 7,
    }
    ctx.options.update({f"commvault_{name}": value for name, value in of_task.items()})
    cells = [{"commcell": "cs01", "url": "https://cs01"}, {"commcell": "cs02", "password": "own"}]
    ctx.options.update(complete_options(commcells=cells))
    builder = _TargetBuilder(ctx, APP, lambda url: None)

    def get(cell: str | None) -> dict[str, t.Any]:
        options = builder._choose_commcell(cell).options
        return {name: options.get(f"commvault_{name}") for name in of_task}

    assert get(None) == of_task
    assert get("cs01") == {**of_task, "url": "https://cs01"}
    assert get("cs02") == {**of_task, "url": None, "password": "own", "auth_method": "password"}


def test_a_proof_asks_for_a_token_of_graph_unless_told_otherwise() -> None:
    assert build_proof_rules(complete_options(), "graph/.default").scope == "graph/.default"
    found = build_proof_rules(complete_options(prove={"scope": "arm/.default", "successes": 2}), "graph/.default")
    assert (found.scope, found.successes, found.over_s) == ("arm/.default", 2, 120.0)
