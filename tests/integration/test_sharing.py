# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs that share the suite leave nothing out between them."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest
from helpers.sampling import SWEEPS, name_sweep
from helpers.sharing import VARIABLE, is_in_sample, is_left_to_others, is_shared, parse_share

NAMES = [f"tests/integration/test_{file}.py::test_{number}[as-module]" for file in "abcd" for number in range(50)]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_test_is_run_by_exactly_one(count: int) -> None:
    for name in NAMES:
        takers = [number for number in range(count) if not is_left_to_others(name, (number, count))]
        assert len(takers) == 1, name


def test_each_run_has_about_its_part() -> None:
    assert 70 < sum(is_left_to_others(name, (0, 2)) for name in NAMES) < 130


@pytest.mark.parametrize(("text", "share"), [("1/1", (0, 1)), ("1/2", (0, 2)), ("2/2", (1, 2))])
def test_shares(text: str, share: tuple[int, int]) -> None:
    assert parse_share(text) == share


@pytest.mark.parametrize("text", ["", "2", "0/2", "3/2", "1/0", "a/b", "1/2/3", "-1/2"])
def test_what_is_no_share_ends_the_run(text: str) -> None:
    with pytest.raises(pytest.UsageError, match="such as 1/2"):
        parse_share(text)


@pytest.mark.parametrize(
    ("markers", "parameters", "in_sample"),
    [
        ([], {}, True),
        ([], {"in_process": True}, True),
        ([], {"in_process": False}, False),
        (["any_core"], {"in_process": False}, False),
        (["every_core", "any_core"], {"in_process": False}, True),
        (["whole", "any_core"], {}, False),
        (["any_core", "whole"], {"in_process": True}, False),
    ],
)
def test_what_is_in_the_sample(markers: list[str], parameters: dict[str, bool], in_sample: bool) -> None:
    assert is_in_sample(markers, parameters) is in_sample


@pytest.mark.parametrize(
    ("markers", "shared"),
    [
        ([], False),
        (["any_core"], True),
        (["every_core"], False),
        (["parametrize", "every_core", "any_core"], False),
        (["parametrize", "any_core", "every_core"], True),
    ],
)
def test_what_is_shared(markers: list[str], shared: bool) -> None:
    assert is_shared(markers) is shared


def file_of(node_id: str) -> str:
    return node_id.partition("::")[0]


#: A plugin of pytest that writes which tests there are, and which of them each of two runs takes.
COLLECTING = """
import json, os, pathlib, sys
import pytest

@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    from helpers import sharing
    folder = pathlib.Path(os.environ["TEST_FOLDER"])
    taken = {}
    for share in ("1/1", "1/2", "2/2"):
        os.environ[sharing.VARIABLE] = share
        part = list(items)
        sharing.leave_to_others(config, part, folder)
        taken[share] = [item.nodeid for item in part]
    rest = sharing.list_rest_of_sweeps(sharing.list_cases(items))
    for item in items:
        markers = [mark.name for mark in item.iter_markers()]
        call = getattr(item, "callspec", None)
        if not sharing.is_in_sample(markers, call.params if call else {}):
            rest.add(item.nodeid)
    taken["not in the sample"] = sorted(rest)
    pathlib.Path(os.environ["TEST_OUTPUT"]).write_text(json.dumps(taken))
"""


@pytest.mark.any_core
def test_the_two_halves_of_this_suite_are_the_whole_but_for_the_rest_of_sweeps(tmp_path: pathlib.Path) -> None:
    (tmp_path / "collecting.py").write_text(COLLECTING)
    here = pathlib.Path(__file__).resolve().parent
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "collecting",
        "--collect-only",
        "-qq",
        "-o",
        f"cache_dir={tmp_path}",
    ]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", VARIABLE))},
        "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)]),
        "TEST_FOLDER": str(here),
        "TEST_OUTPUT": str(tmp_path / "taken.json"),
    }
    done = subprocess.run(
        [*command, str(here)],
        env=environment,
        cwd=here.parent.parent,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    taken = json.loads((tmp_path / "taken.json").read_text())
    whole, first, second, left = (set(taken[name]) for name in ("1/1", "1/2", "2/2", "not in the sample"))
    assert first | second == whole - left and len(whole) == len(taken["1/1"]) > 500
    assert left < whole and {file_of(name) for name in left} <= {file_of(name) for name in first | second}, (
        "each sweep has a sample"
    )
    for names in (left, first | second):
        assert {name_sweep(name) for name in names} >= SWEEPS.keys()
    assert 100 < len(first & second) < len(first | second) / 2, (
        "what any core may decide runs on both, and it is the smaller part"
    )
