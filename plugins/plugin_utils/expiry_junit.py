# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What expires as JUnit XML, which pipelines show as tests: one for each row, and one for each source."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.junit import JUnitSuite, Outcome
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
    suite = JUnitSuite("cvops.identity expiry", str(found["checked_at"]).rstrip("Z"))
    for source in found["sources"]:
        failed, left_out = source["status"] == "failed", source["status"] == "left_out"
        outcome: Outcome | None = "error" if failed else "skipped" if left_out else None
        suite.add_case(
            "sources", describe_source_name(source), outcome, describe_source(source) if failed or left_out else ""
        )
    for row in list_rows(expiring):
        who = f"{row['consumer']}: " if row["consumer"] else ""
        outcome = "failure" if row["state"] in FAULTS else "skipped" if row["state"] == UNKNOWN else None
        told = describe_row(row) if outcome else f"{row['state']}: {describe_end(row)}"
        suite.add_case(str(row["commcell"] or "Entra ID"), f"{who}{describe_key(row)}", outcome, told)
    return suite.to_xml()
