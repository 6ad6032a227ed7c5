# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Pseudonyms of ids, of the same form as the ids: a GUID for a GUID, a number for a number. Pure.

Numbers are permuted, so that no two have one pseudonym, whichever there are; nobody without the key can tell which is which.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid

_ROUNDS = 10
_LONGEST_NUMBER = 18
#: Ranges of ids that are permuted within themselves, each with half the bits that hold it: ids of the product have at most 31 bits, and no id has
#: more digits than are read as one. Those below the first are nobody's in particular: none, and ``admin``, which each CommCell is installed with.
_RANGES = ((2, 1 << 31, 16), (1 << 31, 10**_LONGEST_NUMBER, 30))


class IdPseudonyms:
    """Makes pseudonyms of ids with one key."""

    def __init__(self, key: bytes) -> None:
        self._guids = hmac.digest(key, b"cvops.identity pseudonym of a GUID", "sha256")
        self._numbers = hmac.digest(key, b"cvops.identity pseudonym of a number", "sha256")
        self._others = hmac.digest(key, b"cvops.identity pseudonym of an opaque id", "sha256")

    def make_guid(self, guid: uuid.UUID) -> uuid.UUID:
        """Return the pseudonym of an object id: a random-looking GUID of version 4."""
        return uuid.UUID(bytes=hmac.digest(self._guids, guid.bytes, "sha256")[:16], version=4)

    def make_number(self, number: int) -> int:
        """Return the pseudonym of a number of at most 18 digits; 0, 1 and negative numbers stay."""
        for low, high, half in _RANGES:
            if low <= number < high:
                made = self._permute(number, half)
                while not low <= made < high:
                    made = self._permute(made, half)
                return made
        return number

    def make_opaque(self, text: str) -> str:
        """Return the pseudonym of an id that says nothing by its form, such as that of an assignment, whose characters hold the id of its holder."""
        digest = hmac.new(self._others, text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")

    def _permute(self, number: int, half: int) -> int:
        """Return where a number of twice *half* bits comes to in a Feistel network."""
        mask = (1 << half) - 1
        left, right = number >> half, number & mask
        for turn in range(_ROUNDS):
            digest = hmac.digest(self._numbers, f"{half} {turn} {right}".encode("ascii"), "sha256")
            left, right = right, left ^ (int.from_bytes(digest, "big") & mask)
        return left << half | right


def parse_number(text: str) -> int | None:
    """Return the number that an id is, written as the product writes it; None for anything else, such as -1."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER and (text == "0" or text[0] != "0")
    return int(text) if is_number else None


def parse_guid(text: str) -> uuid.UUID | None:
    """Return the GUID that a text is as a whole, with hyphens; None for anything else."""
    try:
        found = uuid.UUID(text)
    except ValueError:
        return None
    return found if str(found) == text.lower() else None
