# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What expires as JUnit XML, which pipelines show as tests: one for each row, and one for each source."""

from __future__ import annotations

import typing as t
from xml.etree import ElementTree

from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.rows import FAULTS, UNKNOWN
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.words import (
    describe_end,
    describe_key,
    describe_row,
    describe_source,
    describe_source_name,
)

from .expiry_reports import list_rows, require_expiring
from .filter_values import make_visible

Row = t.Mapping[str, t.Any]


def build_expiry_junit(expiring: t.Any) -> str:
    """Return JUnit XML of the noun of expiry_info.

    A row that is missing, expired or critical is a failure; a source that could not be read is an error; a row of which it is unknown which
    key it is about is skipped. Invisible characters, which XML cannot hold either, are escaped.
    """
    found = make_visible(require_expiring(expiring))
    suite = ElementTree.Element(
        "testsuite", name="cvops.identity expiry", timestamp=str(found["checked_at"]).rstrip("Z")
    )
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for source in found["sources"]:
        case = _add_case(suite, counts, "sources", describe_source_name(source))
        if source["status"] == "failed":
            _add_outcome(case, counts, "errors", "error", describe_source(source))
        elif source["status"] == "left_out":
            _add_outcome(case, counts, "skipped", "skipped", describe_source(source))
    for row in list_rows(expiring):
        who = f"{row['consumer']}: " if row["consumer"] else ""
        case = _add_case(suite, counts, str(row["commcell"] or "Entra ID"), f"{who}{describe_key(row)}")
        if row["state"] in FAULTS:
            _add_outcome(case, counts, "failures", "failure", describe_row(row))
        elif row["state"] == UNKNOWN:
            _add_outcome(case, counts, "skipped", "skipped", describe_row(row))
        else:
            ElementTree.SubElement(case, "system-out").text = f"{row['state']}: {describe_end(row)}"
    suite.attrib.update({name: str(count) for name, count in counts.items()})
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return f"{ElementTree.tostring(root, encoding='unicode', xml_declaration=False)}\n"


def _add_case(suite: ElementTree.Element, counts: dict[str, int], place: str, name: str) -> ElementTree.Element:
    counts["tests"] += 1
    return ElementTree.SubElement(suite, "testcase", classname=place, name=name, time="0")


def _add_outcome(case: ElementTree.Element, counts: dict[str, int], counter: str, tag: str, message: str) -> None:
    counts[counter] += 1
    ElementTree.SubElement(case, tag, message=message)
