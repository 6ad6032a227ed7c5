# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Tables as CSV for people: cells that a spreadsheet would take for a formula are texts. Pure."""

from __future__ import annotations

import csv
import io
import typing as t

#: What a spreadsheet takes for the beginning of a formula, also in the wide forms of East Asian keyboards (OWASP, CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def build_csv(head: t.Sequence[str], rows: t.Iterable[t.Sequence[t.Any]]) -> str:
    """Return *head* and *rows* as CSV (RFC 4180). Nulls are empty; texts that begin like a formula get an apostrophe before them.

    Every cell is quoted, so that a spreadsheet which separates by something else splits none.
    """
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(head)
    writer.writerows([neutralise_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def neutralise_cell(value: t.Any) -> str:
    """Return *value* as the text of a cell that no spreadsheet computes."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text


def restore_cell(text: str) -> str:
    """Return the text that :func:`neutralise_cell` was given, of a cell that is read back; an apostrophe before a formula was never its own."""
    return text[1:] if text.startswith("'") and text[1:].lstrip(" ").startswith(_FORMULA_STARTS) else text
