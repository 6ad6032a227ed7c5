# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Whether people have pseudonyms in a bundle, and which: those of its snapshot, or those that a key makes for the bundle."""

from __future__ import annotations

import os
import typing as t

from ...._core.context import Context
from ...._core.errors import ConfigError
from ...snapshot.files import TABLE_FILE, Snapshot
from ...snapshot.pseudonym_files import read_table
from ...snapshot.pseudonym_key import read_key
from ...snapshot.pseudonyms import Pseudonyms, Table
from ...snapshot.replacement import find_mark
from ..manifest import PseudonymFacts
from .pseudonymous import replace_people

_OPTION = "pseudonym_key_file"


class Hiding:
    """What the options and the snapshot ask for. Raises ConfigError for what does not go together.

    ``key_id``: tells the key of the pseudonyms, None where people have their names.
    """

    def __init__(self, ctx: Context, snapshot: Snapshot) -> None:
        self._path, given = str(ctx.options["snapshot"]), ctx.options[_OPTION]
        self._snapshot = snapshot
        self._mark = self._find_mark()
        self._key = read_key(ctx, given, _OPTION) if given else None
        self.key_id = self._mark if self._key is None else Pseudonyms(self._key).key_id
        if self._mark is not None and self._mark != self.key_id:
            raise ConfigError(
                f"option {_OPTION}: {self._path} has pseudonyms of another key: give that key, or take a snapshot with names",
                source=f"option {_OPTION}",
            )

    @property
    def are_people_hidden(self) -> bool:
        """Whether the snapshot has pseudonyms, and everything else names."""
        return self._mark is not None and self._key is None

    def replace(self, others: list[t.Any]) -> tuple[Snapshot, list[t.Any], Table | None]:
        """Return the snapshot and *others* without people, and the table that takes them back; as they are where no key is given."""
        if self._key is None:
            return self._snapshot, others, None
        table = None
        if self._mark is not None:
            table = read_table(self._path, "snapshot")
            if table is None:
                raise ConfigError(
                    f"option snapshot: {self._path} has pseudonyms, but their table ({TABLE_FILE}) is missing: "
                    "without it, names of people in other texts cannot be replaced",
                    source="option snapshot",
                )
        return replace_people(self._snapshot, self._key, others, table)

    def describe(self, **given: t.Any) -> PseudonymFacts | None:
        """Return what the bundle says of its pseudonyms. *given*: inputs by name, in which people have their names where no key is given."""
        if self.key_id is None:
            return None
        named_in = [] if self._key is not None else [name for name, value in given.items() if value]
        return PseudonymFacts(
            key=self.key_id, made_by="bundle" if self._mark is None else "snapshot", named_in=named_in
        )

    def _find_mark(self) -> str | None:
        try:
            mark = find_mark(self._snapshot)
        except ConfigError as exc:
            raise ConfigError(f"option snapshot: {self._path}: {exc}", source="option snapshot") from None
        if mark is None and os.path.lexists(os.path.join(self._path, TABLE_FILE)):
            raise ConfigError(
                f"option snapshot: {self._path} contains a table of pseudonyms, but its documents are not marked to "
                "have pseudonyms: take the snapshot again",
                source="option snapshot",
            )
        return mark
