# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the folder of a snapshot, and checks its documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from cvops_simulator.core.names import fold_case
from cvops_simulator.snapshots.formats import COMMCELL, COMMCELL_FORMAT, ENTITY_ROWS, ENTRA, ENTRA_FORMAT
from cvops_simulator.snapshots.shapes import list_faults

Document = dict[str, Any]

#: Lists with rows that have an id of their own, which no other row may have.
_ENTRA_LISTS = (
    "users",
    "groups",
    "applications",
    "service_principals",
    "named_locations",
    "conditional_access_policies",
)
_COMMCELL_LISTS = ("companies", "permissions", "roles", "users", "user_groups", "external_groups", "access_tokens")
#: Names that the simulator's own listeners have, and signs that would end a name within an address.
_TAKEN = frozenset({"login", "graph", "imds", "keyvault", "control"})
_SIGNS = frozenset("/\\{}?#%")
_MOST_FAULTS = 20


class SnapshotError(ValueError):
    """A folder that is no snapshot, or not one that a copy can be made of; the text says why, a line for each fault."""


class Snapshot(NamedTuple):
    """The documents of a snapshot. `commcells`: by name."""

    entra: Document
    commcells: dict[str, Document]


def make_visible(text: object) -> str:
    """Return a text of a document for a terminal: what cannot be printed is a question mark, what is long is cut."""
    shown = "".join(sign if sign.isprintable() else "?" for sign in str(text))
    return shown if len(shown) <= 200 else shown[:199] + "…"


def read_snapshot(folder: Path) -> Snapshot:
    """Return the documents of a folder. Raises SnapshotError."""
    paths = sorted((folder / "commcells").glob("*.json"))
    missing = [] if (folder / "entra.json").is_file() else [f"{folder / 'entra.json'} is missing"]
    if not paths:
        missing.append(f"{folder / 'commcells'} has no file NAME.json")
    if missing:
        raise SnapshotError("\n".join([f"{folder} is no snapshot:", *missing]))
    faults: list[str] = []
    entra = _read(folder / "entra.json", ENTRA_FORMAT, faults)
    read = [(path, _read(path, COMMCELL_FORMAT, faults)) for path in paths]
    if not faults:
        found = chain(_list_entra_faults(entra), *(_list_commcell_faults(path, document) for path, document in read))
        faults += islice(found, _MOST_FAULTS + 1)
    if not faults:
        faults += _list_name_faults(read)
    if faults:
        more = ["..."] if len(faults) > _MOST_FAULTS else []
        lines = [make_visible(fault) for fault in faults[:_MOST_FAULTS]]
        raise SnapshotError("\n".join([f"{folder} is no snapshot that can be served:", *lines, *more]))
    return Snapshot(entra, {document["name"]: document for _path, document in read})


def _read(path: Path, wanted: str, faults: list[str]) -> Document:
    try:
        document = json.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        faults.append(f"{path}: {error.strerror}")
        return {}
    except (ValueError, RecursionError):
        faults.append(f"{path} is not JSON in UTF-8")
        return {}
    told = document.get("format") if isinstance(document, dict) else None
    if told != wanted:
        faults.append(f"{path} has the format {make_visible(told)}; this version reads {wanted}")
        return {}
    return dict(document)


def _list_entra_faults(document: Document) -> Iterator[str]:
    faults = list(islice(list_faults(document, ENTRA), _MOST_FAULTS + 1))
    yield from (f"entra.json: {fault}" for fault in faults)
    if not faults:
        rows = [row for name in _ENTRA_LISTS for row in document[name]]
        yield from (f"entra.json: id {key} stands there twice" for key in _list_repeated([row["id"] for row in rows]))


def _list_commcell_faults(path: Path, document: Document) -> Iterator[str]:
    faults = list(islice(list_faults(document, COMMCELL), _MOST_FAULTS + 1))
    if not faults:
        for kind, rows in document["entities"].items():
            faults += islice(list_faults(rows, ENTITY_ROWS, f"entities.{kind}"), _MOST_FAULTS + 1)
    if not faults:
        lists = {name: document[name] for name in _COMMCELL_LISTS} | {
            f"entities.{kind}": rows for kind, rows in document["entities"].items()
        }
        for name, rows in lists.items():
            repeated = _list_repeated([str(int(row["id"])) for row in rows])
            faults += [f"{name}: id {key} stands there twice" for key in repeated]
    yield from (f"{path.name}: {fault}" for fault in faults)


def _list_name_faults(read: list[tuple[Path, Document]]) -> Iterator[str]:
    """Yield CommCells whose names the simulator cannot use."""
    seen: dict[str, Path] = {}
    for path, document in read:
        name = str(document["name"])
        if not name.strip() or fold_case(name) in _TAKEN or _SIGNS & set(name) or make_visible(name) != name:
            yield f"{path.name}: a CommCell cannot be served under the name {name!r}"
        if fold_case(name) in seen:
            yield f"{path.name}: {seen[fold_case(name)].name} has the same name, {name}"
        seen[fold_case(name)] = path


def _list_repeated(keys: list[str]) -> list[str]:
    seen: set[str] = set()
    return [key for key in keys if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
