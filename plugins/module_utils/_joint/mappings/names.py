# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The shortest reference that is read back as the same object."""

from __future__ import annotations

import typing as t

from ..._commvault.catalogue import COMMCELL_LEVEL, Catalogue, Entry
from ..._commvault.references import ObjectReference
from ..._core.errors import AmbiguousMatch, NotFound


def list_of(kind: str) -> str:
    """The catalogue of an entity kind."""
    return {"company": "companies"}.get(kind, kind)


def written(entry: Entry, catalogue: Catalogue) -> str | dict[str, t.Any]:
    """The name, else name and company, else the id: whichever first is read back as *entry*."""
    for form in (ObjectReference(entry.name), ObjectReference(entry.name, entry.company or COMMCELL_LEVEL)):
        try:
            if catalogue.find_reference(form).id == entry.id:
                return entry.name if form.company is None else {"name": entry.name, "company": form.company}
        except (NotFound, AmbiguousMatch):
            continue
    return {"id": entry.id, "name": entry.name}
