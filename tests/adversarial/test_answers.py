# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every attack at every place: module bodies, in processes with limits, against one answer that is hostile."""

from __future__ import annotations

import concurrent.futures
import os
import re

import pytest
from hostile import oracles
from hostile.table import PLACES, Attack, Place, combinations
from hostile.world import Case, World

pytestmark = pytest.mark.any_core

WHOLE = os.environ.get("CVOPS_ADVERSARIAL") == "whole"
ONLY = os.environ.get("CVOPS_ADVERSARIAL_ONLY", "")
#: A file to which each place's findings are added as soon as they are known.
REPORT = os.environ.get("CVOPS_ADVERSARIAL_REPORT", "")
_AT_ONCE = 4
_KINDS = ("text", "number", "null", "list", "object", "missing")
TABLE = combinations(WHOLE)
_BY_ID = {place.id: place for place in PLACES}


def _try(world: World, place: Place, attacks: list[Attack]) -> None:
    """Run all combinations, several at once; each that fails is one line."""
    cases = [Case(place, attack) for attack in attacks]
    cases = [case for case in cases if re.search(ONLY, case.id)]
    with concurrent.futures.ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(world.run, cases))
    lines = [
        f"{case.id}: {oracles.shortened(findings)}" for case, findings in zip(cases, found, strict=True) if findings
    ]
    if REPORT:
        with open(REPORT, "a", encoding="utf-8") as stream:
            stream.writelines(
                f"{line}\n" for line in [f"# {place.id}: {len(cases)} combinations, {len(lines)} failed", *lines]
            )
    print(f"{place.id}: {len(cases)} combinations, {len(lines)} failed")
    if lines:
        pytest.fail(f"{len(lines)} of {len(cases)} combinations\n" + "\n".join(lines), pytrace=False)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("place", TABLE)
def test_nothing_is_evaluated_printed_kept_followed_or_outlived(world: World, place: str) -> None:
    _try(world, _BY_ID[place], TABLE[place])


@pytest.mark.whole
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("place", TABLE)
def test_a_value_of_another_type_under_any_key_is_no_crash(world: World, place: str) -> None:
    _try(world, _BY_ID[place], world.key_attacks(_BY_ID[place], _KINDS))
