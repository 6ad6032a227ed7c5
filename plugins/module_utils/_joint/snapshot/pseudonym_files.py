# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A copy of a snapshot with pseudonyms in place of people, and the table that takes them back with the key. Reads and writes files only."""

from __future__ import annotations

import json
import os
import typing as t

from ..._commvault.overview.document import CommCellDocument
from ..._core.context import Context
from ..._core.errors import ConfigError
from ..._core.plan import Change, Plan, Step
from ..._core.private_files import Durability, NotPrivate, create_folder, read_file, replace_shared_file
from ..._core.resource import Action
from .files import (
    LARGEST_DOCUMENT,
    TABLE_FILE,
    Document,
    Snapshot,
    build_file_error,
    check_destination,
    dump_document,
    is_same_but_for_provenance,
    list_documents,
    read_commcell_documents,
    read_entra_document,
    read_snapshot,
    write_document,
)
from .pseudonym_key import read_key
from .pseudonyms import TABLE_FORMAT, Table, parse_table, reveal
from .replacement import find_mark, pseudonymise
from .resource import digest_content


class SnapshotPseudonyms:
    """The copy of a snapshot without people; see the options of snapshot_pseudonyms."""

    noun = "pseudonyms"

    def __init__(self, ctx: Context) -> None:
        self._ctx, options = ctx, ctx.options
        self._source, self._folder = options.get("src"), str(options["dest"])
        self._key = b""
        self._snapshot = Snapshot()
        self._table: Table = {"format": TABLE_FORMAT, "entries": {}}
        self._revealed: dict[str, str] = {}

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """The method that carries out a step, by its action."""
        return {"write": self._write}

    def plan(self) -> Plan:
        """Make the copy and compare it with what is there. Raises ConfigError for folders, documents, tables and keys that cannot be used."""
        self._key = read_key(self._ctx, str(self._ctx.options["key_file"]), "key_file")
        check_destination(self._folder, is_pseudonymised=True)
        self._table = self._read_table()
        names = self._ctx.options.get("reveal") or []
        self._revealed = {name: reveal(self._table, self._key, name) for name in names}
        if not self._source:
            return Plan({}, {})
        self._check_folders(str(self._source))
        source = read_snapshot(str(self._source), "src")
        if find_mark(source) is not None or os.path.lexists(os.path.join(str(self._source), TABLE_FILE)):
            raise ConfigError(
                f"src: {self._source} contains pseudonyms already, and these would be replaced again: use a snapshot with names",
                source="option src",
            )
        self._snapshot, made = pseudonymise(source, self._key)
        earlier = self._read_earlier()
        merged = {**self._table["entries"], **made["entries"]}
        is_table_new, self._table = merged != self._table["entries"], {"format": TABLE_FORMAT, "entries": merged}
        new = [one for one in self._list_new() if not _is_there(one, earlier)]
        before = {_name_document(one): digest_content(one) for one in list_documents(earlier)}
        after = {**before, **{_name_document(one): digest_content(one) for one in self._list_new()}}
        if not new and not is_table_new:
            return Plan(before, after)
        changes = [
            Change(
                "~" if _name_document(one) in before else "+",
                "document",
                _name_document(one),
                "write a copy without names of people",
            )
            for one in new
        ]
        if is_table_new:
            changes.append(Change("~", "table", "table of pseudonyms", "add those that are new"))
            after["table of pseudonyms"] = str(len(merged))
        return Plan(before, after, (Step("write", "snapshot without names of people", {}, tuple(changes)),))

    def refresh(self) -> None:
        """Write the documents again, with the times at which they were read."""
        if self._source:
            self._write_all()

    def result(self) -> dict[str, t.Any]:
        """Return what the copy holds, and the texts of the pseudonyms that were asked for."""
        return {
            "path": self._folder,
            "table": os.path.join(self._folder, TABLE_FILE),
            "commcells": [cell["name"] for cell in self._snapshot.commcells],
            "entra": self._snapshot.entra is not None,
            "count": len(self._table["entries"]),
            "revealed": self._revealed,
        }

    def _check_folders(self, source: str) -> None:
        """Raise ConfigError where both folders are the same."""
        if os.path.realpath(source) == os.path.realpath(self._folder):
            raise ConfigError("dest: it is the folder of src; name another one", source="option dest")

    def _read_table(self) -> Table:
        """Return the table that is there, an empty one for none. Raises ConfigError for anything else, and for one of another key."""
        table = read_table(self._folder, "dest") or {"format": TABLE_FORMAT, "entries": {}}
        entries = table["entries"]
        if entries:
            try:
                reveal(table, self._key, min(entries))
            except ConfigError as exc:
                raise ConfigError(
                    f"key_file: {exc} With two keys in one folder, the same person would look like two people: name another folder.",
                    source="option key_file",
                ) from exc
        return table

    def _read_earlier(self) -> Snapshot:
        """Return the documents that are there; none where a run was killed before the first of them. Raises ConfigError."""
        return Snapshot(read_commcell_documents(self._folder, "dest"), read_entra_document(self._folder, "dest"))

    def _list_new(self) -> list[Document]:
        return list_documents(self._snapshot)

    def _write(self, step: Step) -> None:
        self._write_all()

    def _write_all(self) -> None:
        """Write the table first: a document without it could not be taken back."""
        path = os.path.join(self._folder, TABLE_FILE)
        for number, document in enumerate(self._list_new()):
            if number == 0:
                self._write_table(path)
            write_document(self._folder, document, is_pseudonymised=True)

    def _write_table(self, path: str) -> None:
        text = dump_document(self._table)
        if len(text) > LARGEST_DOCUMENT:
            raise ConfigError(
                "dest: the table of pseudonyms would be larger than can be read again "
                f"({LARGEST_DOCUMENT // 1024 // 1024} MiB), so nothing is written: use another folder, with a new table",
                source="option dest",
            )
        try:
            create_folder(self._folder)
            replace_shared_file(path, text, Durability.BEST_EFFORT)
        except (OSError, NotPrivate) as exc:
            raise build_file_error("dest", exc, path) from exc


def read_table(folder: str, option: str) -> Table | None:
    """Return the table of pseudonyms in *folder*, None for none. Raises ConfigError for anything else, and for one that others can use."""
    path = os.path.join(folder, TABLE_FILE)
    if not os.path.lexists(path):
        return None
    try:
        found = json.loads(read_file(path, LARGEST_DOCUMENT))
    except (OSError, NotPrivate) as exc:
        raise build_file_error(option, exc, path) from exc
    except (ValueError, RecursionError):
        found = None
    table = parse_table(found)
    if table is None:
        raise ConfigError(
            f"{option}: {path} is not a table of pseudonyms; remove it, or name another folder",
            source=f"option {option}",
        )
    return table


def _name_document(document: Document) -> str:
    return f"CommCell {t.cast(CommCellDocument, document)['name']}" if "commcell" in document else "Entra ID"


def _is_there(document: Document, earlier: Snapshot) -> bool:
    return any(
        _name_document(one) == _name_document(document) and is_same_but_for_provenance(one, document)
        for one in list_documents(earlier)
    )
