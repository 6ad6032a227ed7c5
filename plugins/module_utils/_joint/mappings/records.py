# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What records of earlier runs say about groups without an entry: they may be of another document. Pure."""

from __future__ import annotations

import typing as t

from ..._core.names import fold_case

#: Key under the evidence of a record.
KEY = "mapping"
_TARGET = ("commvault_url", "commvault_company")


def describe_mapping(document: str, managed_groups: t.Iterable[str], user_groups: t.Iterable[str]) -> dict[str, t.Any]:
    """Return what a record keeps of a run: the document's name, its patterns, and the groups that it has entries for."""
    return {"document": document, "managed_groups": list(managed_groups), "user_groups": sorted(user_groups)}


def find_other_documents(
    records: t.Iterable[t.Mapping[str, t.Any]],
    target: t.Mapping[str, t.Any],
    document: str,
    groups: t.Iterable[str],
) -> dict[str, str]:
    """Return the documents, other than *document*, that had an entry for *groups* when one had last, by the names of the groups.

    *records*: newest first, of whatever shape; *target*: the options that say which CommCell and company this is.
    """
    last: dict[str, str] = {}
    for record in records:
        if any(_get(record, "target").get(name) != target.get(name) for name in _TARGET):
            continue
        mapping = _get(_get(record, "evidence"), KEY)
        listed, named = mapping.get("user_groups"), mapping.get("document")
        if isinstance(named, str) and named and isinstance(listed, list):
            for name in listed:
                last.setdefault(fold_case(str(name)), named)
    found = {name: last.get(fold_case(name), document) for name in groups}
    return {name: other for name, other in found.items() if other != document}


def _get(holder: t.Any, name: str) -> t.Mapping[str, t.Any]:
    value = holder.get(name) if isinstance(holder, t.Mapping) else None
    return value if isinstance(value, t.Mapping) else {}
