# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rotations a run is about, with which options, and what came of each."""

from __future__ import annotations

import typing as t

import pytest
from pass_fakes import STATS, WROTE, failure, step

from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError
from ansible_collections.cvops.identity.plugins.plugin_utils.rotation_runs import (
    build_label,
    build_rotation_options,
    choose_rotations,
    collect_rotation,
    conclude_rotations,
    decide_rotations,
    find_rotations_failure,
)

FAIL_ON = ["slots_full", "switch_partial"]
CELL = {"url": "https://cs01.example", "username": "rotate", "password": "p"}


def rotation(name: str = "backup", *targets: t.Any, **more: t.Any) -> dict[str, t.Any]:
    return {"rotation_name": name, "application": {"unique_name": "job"}, "targets": list(targets), **more}


def credential(commcell: str | None = None) -> dict[str, t.Any]:
    return {"commvault_credential": {"name": "azure", **({"commcell": commcell} if commcell else {})}}


def chosen(found: t.Mapping[str, t.Any]) -> list[str]:
    return [item["label"].partition(" of ")[0] for item in found["rotations"]]


@pytest.mark.parametrize(
    ("only", "run_tags", "skip_tags", "names"),
    [
        (None, ["all"], [], ["backup", "backup-2", "nightly"]),
        ("backup*", ["all"], [], ["backup", "backup-2"]),
        (["nightly", "backup"], ["all"], [], ["backup", "nightly"]),
        (None, ["nightly"], [], ["nightly"]),
        (None, ["weekly"], [], ["backup-2", "nightly"]),
        (None, ["all"], ["weekly"], ["backup"]),
        (None, ["always"], [], ["backup", "backup-2", "nightly"]),
    ],
)
def test_rotations_are_chosen_by_name_and_by_tags(only: t.Any, run_tags: t.Any, skip_tags: t.Any, names: t.Any) -> None:
    given = [rotation("backup"), rotation("backup-2", tags=["weekly"]), rotation("nightly", tags="weekly")]
    found = choose_rotations(given, only, run_tags, skip_tags)
    assert (chosen(found), found["problems"]) == (names, [])
    assert len(found["rotations"]) + len(found["left_out"]) == 3


def test_a_choice_that_leaves_nothing_is_a_problem() -> None:
    assert "there are: backup of job" in choose_rotations([rotation()], "bakup")["problems"][0]
    assert "key tags: backup, weekly" in choose_rotations([rotation(tags=["weekly"])], None, ["x"])["problems"][0]


def test_names_are_visible() -> None:
    assert "\u202e" not in build_label(rotation("a\u202eb"))


def test_a_target_on_the_only_commcell_need_not_name_it() -> None:
    connection = {"entra": {"tenant_id": "t"}, "commcells": {"cs01": CELL}}
    options = build_rotation_options(rotation("backup", credential(), {"file": {"path": "f"}}, tags=["x"]), connection)
    assert {name: options[f"commvault_{name}"] for name in CELL} == CELL
    assert options["targets"][0] == {"name": "credential azure on cs01", **credential()}
    assert options["targets"][1] == {"file": {"path": "f"}}
    assert options["tenant_id"] == "t"
    assert "tags" not in options


def test_only_commcells_that_targets_name_are_handed_on() -> None:
    connection = {"commcells": {"cs01": CELL, "cs02": CELL, "cs03": CELL}}
    options = build_rotation_options(
        rotation("b", credential("cs03"), credential("cs01"), credential("cs03")), connection
    )
    assert [cell["commcell"] for cell in options["commcells"]] == ["cs03", "cs01"]
    assert "commcells" not in build_rotation_options(rotation("b", {"file": {"path": "f"}}), connection)
    with pytest.raises(FilterInputError, match="no CommCell 'cs04'"):
        build_rotation_options(rotation("b", credential("cs04")), connection)


def test_a_token_store_serves_one_commcell() -> None:
    stored = {"url": "https://cs01.example", "token_store": {"file": "pair"}}
    alone = build_rotation_options(rotation("b", credential()), {"commcells": {"cs01": stored}})
    assert alone["commvault_token_store"] == {"file": "pair"}
    assert alone["targets"] == [{"name": "credential azure on cs01", **credential()}]
    assert "commcells" not in alone
    with pytest.raises(FilterInputError, match="token_store"):
        build_rotation_options(
            rotation("b", credential("cs01"), credential("cs02")), {"commcells": {"cs01": stored, "cs02": CELL}}
        )


def result(outcome: str, *steps: str, failed: bool = False, writes: bool = False) -> dict[str, t.Any]:
    """Return what the module returns."""
    found: dict[str, t.Any] = {
        "stats": WROTE if writes else STATS,
        "changed": bool(steps),
        "rotation": {"outcome": outcome, "reason": f"since {outcome}", "value": "S3CRET"},
        "steps": [step(name, kind="secret") for name in steps],
        "target": "tenant",
    }
    if failed:
        found |= {"failed": True, "msg": f"Rotation: {outcome}.", "error": {"kind": "rotation", "outcome": outcome}}
    return found


def test_an_outcome_fails_the_run_where_it_is_listed_and_an_error_always() -> None:
    assert collect_rotation(result("overlap", "a"), FAIL_ON)["fails"] is False
    blocked = collect_rotation(result("slots_full", failed=True), FAIL_ON)
    assert (blocked["fails"], blocked["problems"], blocked["message"]) == (True, [], "Rotation: slots_full.")
    assert collect_rotation(result("slots_full", failed=True), [])["fails"] is False
    assert collect_rotation(result("waiting_for_consumers"), ["waiting_for_consumers"])["fails"] is True
    broken = collect_rotation(failure(), [])
    assert (broken["fails"], broken["problems"], broken["outcome"]) == (True, ["no answer"], "")
    assert collect_rotation({}, [], ["unexpected"])["problems"] == ["unexpected"]
    assert collect_rotation({}, [])["fails"] is True


def test_the_last_line_of_a_job_says_why_and_is_short() -> None:
    told = {"fails": True, "status": "failed", "outcome": "slots_full", "message": "x" * 1000}
    assert len(find_rotations_failure({"backup of job": told})) < 500


def test_an_outcome_is_told_once() -> None:
    found = {
        **result("slots_full", failed=True),
        "msg": "Rotation backup: slots_full. There are two. azure: not the owner",
    }
    found["rotation"]["rotation_name"] = "backup"
    assert collect_rotation(found, FAIL_ON)["message"] == "There are two. azure: not the owner"


def test_one_rotation_under_two_names_of_its_application_is_a_problem() -> None:
    """Each would take the other's secrets for left behind, and remove them."""
    found = result("overlap", "a")
    found["rotation"].update(app_id="1", rotation_name="backup")
    planned = {"backup of job": collect_rotation(found)}
    (problem,) = collect_rotation(found, planned=planned)["problems"]
    assert "as backup of job" in problem
    other = {**found, "rotation": {**found["rotation"], "app_id": "2"}}
    assert collect_rotation(other, planned=planned)["problems"] == []
    unknown = {**found, "rotation": {**found["rotation"], "app_id": None}}
    assert collect_rotation(unknown, planned={"x": collect_rotation(unknown)})["problems"] == []


def test_no_value_of_a_secret_goes_on() -> None:
    salvaged = {**failure(), "salvaged": {"rotation": {"outcome": "added_unproven", "value": "S3CRET"}}}
    for found in (result("overlap", "a"), result("slots_full", failed=True), salvaged):
        assert "S3CRET" not in repr(collect_rotation(found, FAIL_ON))
    assert collect_rotation(salvaged, [])["rotation"]["outcome"] == "added_unproven"


def plans(**results: t.Any) -> dict[str, t.Any]:
    return {name: collect_rotation(found, FAIL_ON) for name, found in results.items()}


def test_one_that_cannot_be_planned_keeps_all_from_being_written() -> None:
    planned = plans(a=result("overlap", "x"), b=failure(), c=result("not_due"))
    decision = decide_rotations(planned)
    assert (decision["write"], decision["problems"]) == (False, ["b: no answer"])
    found = conclude_rotations(decision, planned)
    assert [told["status"] for told in found.values()] == ["not_applied", "problems", "unchanged"]
    assert find_rotations_failure(found, decision).startswith("b: problems (no answer); not begun: a.")


def test_the_first_that_fails_ends_the_writing() -> None:
    planned = plans(a=result("overlap", "x"), b=result("overlap", "x"), c=result("overlap", "x"), d=result("not_due"))
    decision = decide_rotations(planned)
    assert (decision["write"], decision["steps"]) == (True, 3)
    done = plans(a=result("overlap", "x", writes=True), b=result("switch_partial", "x", failed=True, writes=True))
    found = conclude_rotations(decision, planned, done)
    assert [told["status"] for told in found.values()] == ["applied", "failed", "not_applied", "unchanged"]
    assert (found["c"]["outcome"], found["c"]["message"]) == ("", "b failed before")
    assert [told["written"] for told in found.values()] == [2, 2, 0, 0]
    assert find_rotations_failure(found, decision).startswith(
        "b: switch_partial (Rotation: switch_partial); not begun: c."
    )


def test_a_run_that_fails_in_between_tells_what_is_left() -> None:
    planned = plans(a=result("overlap", "x", "y"))
    broken = failure(steps_done=["x"], step_failed="y", steps_left=["z"])
    found = conclude_rotations(decide_rotations(planned), planned, plans(a=broken))["a"]
    assert (found["status"], found["left"], found["message"]) == ("failed", ["y", "z"], "no answer")
    changed = conclude_rotations(decide_rotations(planned), planned, plans(a=failure("plan_changed")))["a"]
    assert (changed["status"], changed["fails"]) == ("plan_changed", True)


def test_check_mode_predicts() -> None:
    planned = plans(a=result("overlap", "x"), b=result("slots_full", failed=True), c=result("not_due"))
    decision = decide_rotations(planned, check_mode=True)
    found = conclude_rotations(decision, planned)
    assert [told["status"] for told in found.values()] == ["planned", "failed", "unchanged"]
    assert find_rotations_failure(found, decision).startswith("b: slots_full (Rotation: slots_full).")


def test_only_the_approved_plan_is_written() -> None:
    planned = plans(a=result("overlap", "x"))
    digest = decide_rotations(planned)["digest"]
    assert decide_rotations(planned, digest)["write"] is True
    refused = decide_rotations(planned, "0" * 64)
    found = conclude_rotations(refused, planned)
    assert (refused["write"], found["a"]["status"]) == (False, "refused")
    assert digest in find_rotations_failure(found, refused)
    assert decide_rotations(plans(a=result("overlap", "x", "y")))["digest"] != digest


def test_nothing_to_do_is_no_failure() -> None:
    planned = plans(a=result("not_due"), b=result("unfinished_run"))
    decision = decide_rotations(planned)
    assert decision["status"] == "unchanged"
    assert find_rotations_failure(conclude_rotations(decision, planned), decision) == ""
