# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Where the data of a snapshot comes from: who read it, when, how much, and what could not be seen. Shapes only."""

from __future__ import annotations

import typing as t

#: Of galaxy.yml, which is no part of what a managed host gets.
COLLECTION_VERSION = "1.0.0"


class Source(t.TypedDict):
    """One list that was read. ``complete`` None: the service does not let this account know whether it saw all."""

    name: str
    count: int
    complete: bool | None
    why: str
    """What is missing and why, for people; of a complete list, which of the names that were asked for nothing has. Else empty."""
    read_at: str
    """When its last answer came, RFC 3339 in UTC."""


class Collector(t.TypedDict):
    """The identity that read. ``rights`` None: not readable; else names of permissions or app roles, sorted."""

    kind: str
    """``commvault_user``, ``application`` or ``person``."""
    id: str
    name: str
    rights: list[str] | None


class PseudonymMark(t.TypedDict, total=False):
    """What only a document has in which people have pseudonyms."""

    pseudonym_key: str
    """Tells which key has made them, and nothing of the key."""


class Provenance(PseudonymMark):
    """Of one document. It is all that differs between two snapshots of an unchanged site."""

    collection_version: str
    started: str
    ended: str
    requests: int
    collector: Collector
    sources: list[Source]
