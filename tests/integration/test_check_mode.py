# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Over all modules: check mode writes nothing, and says exactly what the real run then does."""

from __future__ import annotations

import pytest
from cvops_simulator import Simulator
from helpers.cases import CASES, Case, discovered, inventory
from helpers.checks import assert_no_writes, writes
from helpers.direct import run_body
from helpers.virtual_time import share_clock

pytestmark = pytest.mark.any_core


def test_every_module_has_a_case() -> None:
    """A module without an entry in the table would escape the promise of check mode."""
    assert {case.module for case in CASES} == discovered()


def test_every_module_that_writes_has_a_case_that_does() -> None:
    writers = {name for name in discovered() if not name.endswith("_info")}
    assert {case.module for case in CASES if case.changes} == writers


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_check_mode_predicts(site: Simulator, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    share_clock(monkeypatch, site)
    module, options = case.load(), case.options(site)
    before = inventory(site)
    site.journal.clear()
    predicted = run_body(module, site, options, check=True)
    assert not predicted.get("failed"), predicted["msg"]
    assert predicted["changed"] is case.changes
    assert_no_writes(site)
    assert predicted["stats"]["writes"] == 0
    assert inventory(site) == before

    real = run_body(module, site, options)
    assert not real.get("failed"), real["msg"]
    assert (real["changed"], real.get("diff")) == (predicted["changed"], predicted.get("diff"))
    assert set(real) == set(predicted), "the same keys, whatever their values"
    assert bool(writes(site)) is (case.changes and not case.is_local)
    assert real["stats"]["writes"] == len(writes(site))
    if case.changes:
        assert real["diff"]["before"] != real["diff"]["after"]

    site.journal.clear()
    again = run_body(module, site, options)
    assert not again.get("failed"), again["msg"]
    assert again["changed"] is False, "a second run finds nothing to do"
    assert_no_writes(site)
