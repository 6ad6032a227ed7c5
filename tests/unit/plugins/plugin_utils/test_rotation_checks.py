# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rotations of a document that cannot be carried out, by themselves or beside each other."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.plugin_utils.rotation_checks import find_rotation_problems
from ansible_collections.cvops.identity.plugins.plugin_utils.variables_schema import SCHEMA

FILE = {"file": {"path": "/a/b.json"}}
RULES = SCHEMA["cvops_rotations"]["options"]
TWO = {"commcells": {"cs01": {}, "cs02": {}}}


def rotation(name: str = "backup", *targets: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    return {
        "rotation_name": name,
        "application": {"unique_name": "job"},
        "targets": list(targets) or [{"file": {"path": f"/a/{name}.json"}}],
        **more,
    }


def credential(**more: t.Any) -> dict[str, t.Any]:
    return {"commvault_credential": {"name": "azure", **more}}


def told(*rotations: dict[str, t.Any], connection: t.Any = None) -> list[str]:
    return [str(problem) for problem in find_rotation_problems(rotations, connection, RULES)]


def places(*rotations: dict[str, t.Any], connection: t.Any = None) -> list[str]:
    return [line.partition(":")[0] for line in told(*rotations, connection=connection)]


def test_what_is_right_is_not_told() -> None:
    assert told(rotation(), rotation("nightly", credential(commcell="cs01")), connection=TWO) == []
    assert told(rotation("backup", credential()), connection={"commcells": {"cs01": {}}}) == []
    assert told(rotation("backup", credential())) == [], "the address comes from the environment"


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"rotation_name": "a b"}, "rotation_name"),
        ({"application": {"app_id": "a name"}}, "application.app_id"),
        ({"lifetime_days": "90", "rotate_before_days": "30"}, "lifetime_days"),
        ({"adopt_key_ids": "one, two"}, "adopt_key_ids[0]"),
        ({"prove": {"successes": 0}}, "prove"),
        ({"kind": "certificate", "targets": [FILE, credential()]}, "targets[1].commvault_credential"),
        ({"kind": "certificate", "certificate": {"common_name": "a\nb"}}, "certificate.common_name"),
        ({"certificate": {"key_size": 2048}}, "certificate"),
        ({"targets": []}, "targets"),
        ({"targets": [{"external": {"where": "prx07"}}]}, "targets"),
        ({"targets": [FILE, FILE]}, "targets[1]"),
    ],
)
def test_what_one_rotation_has_wrong_is_told_with_its_place(more: dict[str, t.Any], where: str) -> None:
    assert [place.partition(" ")[0] for place in places(rotation(**more))][0] == f"cvops_rotations[0].{where}"


def test_a_risk_may_be_accepted_as_text() -> None:
    assert told(rotation(lifetime_days=90, rotate_before_days=30, accept_risk="short_lifetime")) == []


def test_the_same_rotation_twice_is_told() -> None:
    twice = places(rotation("backup", FILE), rotation("Backup", credential()), connection={"commcells": {"cs01": {}}})
    assert twice == ["cvops_rotations[1].rotation_name (Backup of job)"]


def test_two_rotations_never_write_one_place() -> None:
    """Each would take the other's secret for a foreign one, and replace it, every day."""
    other = {**rotation("nightly", {"file": {"path": "/a/./b.json"}, "name": "other"})}
    (line,) = told(rotation("backup", FILE), other)
    assert line.startswith(
        "cvops_rotations[1].targets[0] (nightly of job): is also the place of cvops_rotations[0].targets[0]"
    )
    one = rotation("backup", credential())
    same = rotation("nightly", credential(commcell="cs01"))
    assert places(one, same, connection={"commcells": {"cs01": {}}}) == [
        "cvops_rotations[1].targets[0] (nightly of job)"
    ]


def test_a_target_is_on_a_commcell_of_the_connection() -> None:
    path = "cvops_rotations[0].targets[0].commvault_credential.commcell (backup of job)"
    assert told(rotation("backup", credential(commcell="cs03")), connection=TWO) == [
        f"{path}: cvops_connection.commcells has no such CommCell; it has cs01, cs02"
    ]
    assert told(rotation("backup", credential()), connection=TWO) == [
        f"{path}: is missing, and cvops_connection has several CommCells: cs01, cs02"
    ]


def test_a_name_may_be_a_number() -> None:
    assert told(rotation(rotation_name=5)) == []


def test_all_is_told_together() -> None:
    assert len(places(rotation("a b", FILE, FILE), rotation("nightly", max_keys=1))) == 3
