# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Findings as JUnit XML, which pipelines show as tests. Pure; the same for the same findings, whenever they were found."""

from __future__ import annotations

import typing as t

from ...._core.junit import JUnitSuite, Outcome
from ...._core.visible import to_one_line
from ..tables import Row

_OUTCOMES: t.Mapping[t.Any, Outcome] = {"open": "failure", "not_evaluable": "skipped", "accepted": "skipped"}


def build_findings_junit(findings: t.Iterable[Row], partial: t.Sequence[str]) -> bytes:
    """Return *findings* as tests: open ones failed, those that are accepted or cannot be told are skipped; *partial*: errors.

    There is one test that passes only where nothing is missing, so a suite without findings is not an empty one.
    """
    suite = JUnitSuite("cvops.identity access evidence")
    suite.add_case(
        "bundle", "everything could be read", "error" if partial else None, to_one_line("; ".join(partial), 8000)
    )
    for row in findings:
        place = to_one_line(str(row["commcell"] or "Entra ID"))
        name = to_one_line(f"{row['rule']}: {row['title']}: {row['subject'] or row['subject_id'] or ''} [{row['id']}]")
        told = to_one_line(f"{row['severity']}, {row['status']}: {row['description']} {row['remedy'] or ''}", 8000)
        suite.add_case(place, name, _OUTCOMES.get(row["status"], "error"), told)
    return suite.to_xml().encode()
