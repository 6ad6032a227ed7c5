# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How names in a mapping are read, and how the shortest name that is read back as the same object is written."""

from __future__ import annotations

import typing as t

from .._commvault.catalogue import COMMCELL_LEVEL, Catalogue, Entry
from .._core.errors import AmbiguousMatch, NotFound
from .mapping_entries import Named

Look = t.Callable[[Named], Entry]


def list_of(kind: str) -> str:
    """The catalogue of an entity kind."""
    return {"company": "companies"}.get(kind, kind)


def look_up(catalogue: Catalogue, reference: Named) -> Entry:
    """By id, or by name, in a company where one is given. Raises NotFound, AmbiguousMatch."""
    return catalogue.find(reference.id if reference.id is not None else str(reference.name), reference.company)


def look_up_role(catalogue: Catalogue, reference: Named, own_level: str) -> Entry:
    """A bare role name means the role of the caller's own level, where there is one. Raises NotFound, AmbiguousMatch."""
    if reference.id is None and reference.company is None:
        try:
            return catalogue.find(str(reference.name), own_level)
        except NotFound:
            pass
    return look_up(catalogue, reference)


def written(entry: Entry, look: Look) -> str | dict[str, t.Any]:
    """The name, else name and company, else the id: whichever first is read back as *entry*."""
    for form in (Named(entry.name), Named(entry.name, entry.company or COMMCELL_LEVEL)):
        try:
            if look(form).id == entry.id:
                return entry.name if form.company is None else {"name": entry.name, "company": form.company}
        except (NotFound, AmbiguousMatch):
            continue
    return {"id": entry.id, "name": entry.name}
