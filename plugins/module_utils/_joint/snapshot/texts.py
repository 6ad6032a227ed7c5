# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Finds names and object ids of people within other texts, such as the words of a policy report, in one pass. Pure.

A name is found where no letter or digit stands before or after it, without regard to letter case. A single word counts only where it is long
enough and no usual word, and no name of a group or of something else that keeps its name: "admin" and "Backup" are also somebody's login names.
"""

from __future__ import annotations

import re
import struct
import typing as t
import uuid

from ..._core.names import fold_case

#: Underscores part words, as in "NB_JVEGA".
_WORD = re.compile(r"[^\W_]+")
_SHORTEST_WORD = 5
#: An object id with hyphens or without, which may stand right before a user principal name, and in a security identifier (S-1-12-1: Entra ID).
_ID = re.compile(
    r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Fa-f])|[0-9A-Fa-f]{32})"
    r"|S-1-12-1(?:-\d{1,10}){4}(?!\d)"
)
_SHORTEST_ID = 16
_USUAL = frozenset(
    {
        "access",
        "admin",
        "administrator",
        "admins",
        "administrators",
        "audit",
        "auditor",
        "backup",
        "commvault",
        "daemon",
        "default",
        "everyone",
        "group",
        "groups",
        "guest",
        "local",
        "master",
        "monitor",
        "monitoring",
        "operator",
        "operators",
        "owner",
        "policy",
        "public",
        "reader",
        "report",
        "reporting",
        "restore",
        "server",
        "service",
        "storage",
        "support",
        "system",
        "tenant",
        "users",
        "vault",
    }
)


class IdFinder:
    """Finds the object *ids* of people, in lower case, in texts."""

    def __init__(self, ids: t.Container[str]) -> None:
        self._ids = ids

    def split(self, text: str) -> list[tuple[str, uuid.UUID | None]]:
        """Return the parts of *text* in order, each with the object id of a person that it is, None for what is none."""
        parts: list[tuple[str, uuid.UUID | None]] = []
        done = 0
        for found in _ID.finditer(text) if len(text) >= _SHORTEST_ID else ():
            guid = _read_id(found[0])
            if guid is not None and str(guid) in self._ids:
                parts += [(text[done : found.start()], None), (found[0], guid)]
                done = found.end()
        return [(part, guid) for part, guid in (*parts, (text[done:], None)) if part]


def format_like(guid: uuid.UUID, text: str) -> str:
    """Return an object id in the form of *text*: with hyphens or without, or as a security identifier."""
    if text.startswith("S-"):
        return "S-1-12-1-" + "-".join(map(str, struct.unpack("<4I", guid.bytes_le)))
    return str(guid) if "-" in text else guid.hex


def _read_id(text: str) -> uuid.UUID | None:
    if not text.startswith("S-"):
        return uuid.UUID(text)
    numbers = [int(part) for part in text.split("-")[4:]]
    return uuid.UUID(bytes_le=struct.pack("<4I", *numbers)) if max(numbers) < 1 << 32 else None


class PeopleFinder:
    """Finds the *people* (folded texts) in texts. *others*: folded words and names that mean something else as well."""

    def __init__(self, people: t.Iterable[str], others: t.Container[str]) -> None:
        self._names: set[str] = set()
        # By the first word: the lengths of names and the places of the word in them, not the names, of which thousands may begin with one domain.
        by_word: dict[str, set[tuple[int, int]]] = {}
        for text in people:
            first = _WORD.search(text)
            if first is None or not _is_distinctive(text, others):
                continue
            self._names.add(text)
            by_word.setdefault(first[0], set()).add((len(text), first.start()))
        # The longest first: a whole address before the name that it begins with.
        self._by_word = {word: sorted(found, reverse=True) for word, found in by_word.items()}

    def replace(self, text: str, make: t.Callable[[str], str]) -> str:
        """Return *text* with what *make* returns in place of each name of a person."""
        if not text:
            return text
        folded = fold_case(text)
        parts, done = [], 0
        for word in _WORD.finditer(folded):
            if word.start() < done:
                continue
            place = self._find(folded, word[0], word.start(), done)
            if place is not None:
                start, end = place
                parts += [text[done:start], make(text[start:end])]
                done = end
        return "".join([*parts, text[done:]]) if parts else text

    def _find(self, folded: str, word: str, place: int, done: int) -> tuple[int, int] | None:
        """Return where the longest name begins and ends whose first word is at *place*; None where there is none."""
        for length, lead in self._by_word.get(word, ()):
            start = place - lead
            end = start + length
            if start >= done and folded[start:end] in self._names and _is_apart(folded, start, end):
                return start, end
        return None


def _is_distinctive(text: str, others: t.Container[str]) -> bool:
    """Return whether a text within another one certainly means the person."""
    if text in others or text in _USUAL:
        return False
    return len(_WORD.findall(text)) > 1 or (len(text) >= _SHORTEST_WORD and not text.isdigit())


def _is_apart(text: str, start: int, end: int) -> bool:
    """Return whether no letter or digit touches the part of *text*, where the part itself begins and ends in one."""
    before = start == 0 or not (text[start - 1].isalnum() and text[start].isalnum())
    return before and (end >= len(text) or not (text[end].isalnum() and text[end - 1].isalnum()))
