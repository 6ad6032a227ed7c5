# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs that share the suite leave nothing out between them."""

from __future__ import annotations

import pytest
from helpers.sharing import is_left_to_others, is_shared, parse_share

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
    ("markers", "parameters", "shared"),
    [
        (set(), {}, False),
        (set(), {"in_process": True}, False),
        (set(), {"in_process": False}, True),
        ({"every_core"}, {"in_process": False}, False),
        ({"any_core"}, {}, True),
        ({"any_core"}, {"in_process": True}, True),
    ],
)
def test_what_is_shared(markers: set[str], parameters: dict[str, bool], shared: bool) -> None:
    assert is_shared(markers, parameters) is shared
