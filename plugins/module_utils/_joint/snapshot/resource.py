# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A document of a snapshot as a file: written where it shows something else than the file, the same for both services.

When it was read is brought up to date in any case, which is no change of what the snapshot shows.
"""

from __future__ import annotations

import hashlib
import typing as t

from ..._core.context import Context
from ..._core.errors import ConfigError
from ..._core.plan import Change, Plan, Step
from ..._core.resource import Action
from .files import (
    Document,
    build_path,
    check_destination,
    dump_document,
    is_same_but_for_provenance,
    write_document,
)

Form = dict[str, t.Any]
#: What documents have beside lists.
_NO_LISTS = ("format", "provenance", "name", "commcell", "two_factor", "entities", "tenant", "policy_report")


class DocumentResource:
    """One document; a subclass says how it is read from the service, and from the folder."""

    noun = "snapshot"
    #: What the document is of, for people.
    subject = ""

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._folder = ctx, str(ctx.options["dest"])
        self._document: Document | None = None

    def collect(self) -> Document:
        """Return what the account sees. Raises ApiError for failed reads."""
        raise NotImplementedError

    def read_earlier(self, document: Document) -> Document | None:
        """Return what the folder holds in the place of *document*, None for nothing. Raises ConfigError for what cannot be used."""
        raise NotImplementedError

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """The method that carries out a step, by its action."""
        return {"write": self._write}

    def plan(self) -> Plan:
        """Read the service and compare it with the file. Raises ConfigError for a folder that is not private, ApiError for failed reads."""
        if not self._folder.strip():
            raise ConfigError("dest: name the folder of the snapshot", source="option dest")
        check_destination(self._folder)
        self._document = document = self.collect()
        before = self._find_earlier(document)
        if before is not None and is_same_but_for_provenance(before, document):
            return Plan(describe_content(before), describe_content(document))
        sign: t.Literal["+", "~"] = "~" if before else "+"
        verb = "update" if before else "write"
        change = Change(sign, "document", self.get_name(document), f"{verb} the snapshot of what this account sees")
        step = Step("write", f"snapshot of {self.subject} {self.get_name(document)}", {}, (change,))
        return Plan(describe_content(before) if before else {}, describe_content(document), (step,))

    def refresh(self) -> None:
        """Write the document again that shows nothing new, with the time at which it was read."""
        write_document(self._folder, self.get_document())

    def result(self) -> Form:
        """Return where the document is, how much it holds, and what could not be seen."""
        document = self.get_document()
        sources = document["provenance"]["sources"]
        return {
            "path": build_path(self._folder, document),
            "counts": count_rows(document),
            "sources": [dict(source) for source in sources],
            "not_visible": [dict(source) for source in sources if source["complete"] is not True],
        }

    def get_name(self, document: Document) -> str:
        """Return what the document is of by its name."""
        raise NotImplementedError

    def get_document(self) -> Document:
        """Return what :meth:`plan` has read."""
        return t.cast("Document", self._document)

    def _find_earlier(self, document: Document) -> Document | None:
        """Return the document that is there; None for none, and for one that nobody could use any more, which is told."""
        try:
            return self.read_earlier(document)
        except ConfigError as exc:
            self._ctx.warn(f"{exc} It is replaced.")
            return None

    def _write(self, step: Step) -> None:
        write_document(self._folder, self.get_document())


def count_rows(document: t.Mapping[str, t.Any]) -> dict[str, int]:
    """Return how many rows each list of a document has, those of entities by kind."""
    counts = {name: len(rows) for name, rows in document.items() if name not in _NO_LISTS}
    return {**counts, **{f"entities.{kind}": len(rows) for kind, rows in document.get("entities", {}).items()}}


def describe_content(document: t.Mapping[str, t.Any]) -> Form:
    """Return what diffs show of a document: the rows of each list, and a digest of all but its provenance."""
    return {"counts": count_rows(document), "sha256": digest_content(document)}


def digest_content(document: t.Mapping[str, t.Any]) -> str:
    """Return the SHA-256 of all of a document but its provenance, in hexadecimal."""
    shown = dump_document({name: value for name, value in document.items() if name != "provenance"})
    return hashlib.sha256(shown.encode("ascii")).hexdigest()
