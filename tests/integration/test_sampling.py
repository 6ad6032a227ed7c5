# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sample of a sweep holds every kind of case, and is the same whoever chooses it."""

from __future__ import annotations

import itertools
import pathlib
import random
import re

import pytest
from helpers.sampling import MANY, MODULE, SWEEPS, Case, Sweep, choose_sample, list_rest_of_sweeps, name_sweep

pytestmark = pytest.mark.any_core

FOLDER = pathlib.Path(__file__).resolve().parent
PAIRS = [
    Case(f"tests/integration/test_a.py::test_b[{playbook}-{fault}]", {0: str(playbook), 1: str(fault)})
    for playbook, fault in itertools.product(range(18), range(12))
]
MODULES = [
    Case(f"test_a.py::test_b[{module}: {title}]", {0: f"{module}: {title}"})
    for module, title in itertools.product(("entra_group", "commvault_user"), "abcdef")
]


@pytest.mark.parametrize("one_in", [1, 3, 12, 1000])
def test_every_value_of_every_parameter_is_in_the_sample(one_in: int) -> None:
    chosen = choose_sample(PAIRS, Sweep(one_in))
    cases = [case for case in PAIRS if case.node_id in chosen]
    assert {case.values[0] for case in cases} == set(map(str, range(18)))
    assert {case.values[1] for case in cases} == set(map(str, range(12)))
    assert len(PAIRS) / one_in <= len(cases) <= max(len(PAIRS) / one_in, 30) + 1


@pytest.mark.parametrize(("one_in", "count"), [(1, 12), (2, 6), (100, 2)])
def test_every_module_is_in_the_sample(one_in: int, count: int) -> None:
    chosen = choose_sample(MODULES, Sweep(one_in, MODULE))
    assert len(chosen) == count
    assert {name.partition("[")[2].partition(":")[0] for name in chosen} == {"entra_group", "commvault_user"}


def test_the_order_in_which_cases_are_found_decides_nothing() -> None:
    mixed = random.Random(1).sample(PAIRS, len(PAIRS))
    assert choose_sample(mixed, Sweep(9)) == choose_sample(PAIRS, Sweep(9))


def test_a_case_without_a_kind_is_an_error() -> None:
    with pytest.raises(ValueError, match="has no kind"):
        choose_sample([Case("test_a.py::test_b[: x]", {0: ": x"})], Sweep(2, MODULE))


def test_what_is_no_sweep_is_no_rest() -> None:
    assert list_rest_of_sweeps(PAIRS) == set()


@pytest.mark.parametrize(("count", "left"), [(MANY - 1, 0), (MANY, MANY - 1), (9, 6)])
def test_of_many_cases_for_any_core_there_is_a_sample(count: int, left: int) -> None:
    cases = [Case(f"test_a.py::test_b[{number}]", {0: str(number)}, any_core=True) for number in range(count)]
    assert len(list_rest_of_sweeps(cases)) == left
    assert list_rest_of_sweeps([case._replace(any_core=False) for case in cases]) == set()


@pytest.mark.parametrize("name", SWEEPS)
def test_a_sweep_of_the_table_is_there(name: str) -> None:
    file, _colons, function = name.partition("::")
    assert re.search(rf"^def {function}\(", (FOLDER / file).read_text(encoding="utf-8"), re.MULTILINE)
    assert name_sweep(f"tests/integration/{name}[x/y::z]") == name


def test_the_rest_of_a_sweep_is_what_is_not_in_its_sample() -> None:
    name = next(name for name, sweep in SWEEPS.items() if sweep.kind is None)
    cases = [Case(f"tests/integration/{name}[{one}-{two}]", {0: one, 1: two}) for one in "ab" for two in "cdef"]
    rest = list_rest_of_sweeps([*cases, *PAIRS])
    assert rest == {case.node_id for case in cases} - choose_sample(cases, SWEEPS[name]) != set()
