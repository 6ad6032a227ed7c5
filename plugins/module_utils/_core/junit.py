# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""JUnit XML, which pipelines show as tests. Pure; texts must be free of characters that XML cannot hold, see ``visible.py``."""

from __future__ import annotations

import typing as t
from xml.etree import ElementTree

#: Outcome of a test: the tag that says it, and the counter of the suite.
_COUNTERS = {"failure": "failures", "error": "errors", "skipped": "skipped"}
Outcome: t.TypeAlias = t.Literal["failure", "error", "skipped"]


class JUnitSuite:
    """One suite of tests. *timestamp*: when it was run, without a zone, as the format has it; None leaves it out."""

    def __init__(self, name: str, timestamp: str | None = None) -> None:
        given = {"name": name} if timestamp is None else {"name": name, "timestamp": timestamp}
        self._suite = ElementTree.Element("testsuite", given)
        self._counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}

    def add_case(self, place: str, name: str, outcome: Outcome | None, message: str) -> None:
        """Add a test of the class *place*; without an *outcome* it has passed, and *message* is its output, if there is one."""
        self._counts["tests"] += 1
        case = ElementTree.SubElement(self._suite, "testcase", classname=place, name=name, time="0")
        if outcome is not None:
            self._counts[_COUNTERS[outcome]] += 1
            ElementTree.SubElement(case, outcome, message=message)
        elif message:
            ElementTree.SubElement(case, "system-out").text = message

    def to_xml(self) -> str:
        """Return the suite as a file's text."""
        self._suite.attrib.update({name: str(count) for name, count in self._counts.items()})
        root = ElementTree.Element("testsuites")
        root.append(self._suite)
        ElementTree.indent(root)
        return f"{ElementTree.tostring(root, encoding='unicode', xml_declaration=False)}\n"
