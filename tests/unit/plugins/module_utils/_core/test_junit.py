# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JUnit XML."""

from __future__ import annotations

from xml.etree import ElementTree

from ansible_collections.cvops.identity.plugins.module_utils._core.junit import JUnitSuite


def test_outcomes_are_counted_and_texts_escaped() -> None:
    suite = JUnitSuite("names", "2026-11-27T20:15:00")
    suite.add_case("a", "passed", None, "")
    suite.add_case("a", "told", None, "<&")
    for outcome in ("failure", "error", "skipped"):
        suite.add_case("b", outcome, outcome, '"<why>"')  # type: ignore[arg-type]
    (found,) = ElementTree.fromstring(suite.to_xml())
    assert found.attrib == {
        **{"name": "names", "timestamp": "2026-11-27T20:15:00", "tests": "5"},
        **{"failures": "1", "errors": "1", "skipped": "1"},
    }
    assert [[(part.tag, part.text or part.get("message")) for part in case] for case in found] == [
        [],
        [("system-out", "<&")],
        [("failure", '"<why>"')],
        [("error", '"<why>"')],
        [("skipped", '"<why>"')],
    ]


def test_time_can_be_left_out() -> None:
    assert "timestamp" not in JUnitSuite("names").to_xml()
