# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The forms that a secret takes on its way through services, gateways and languages, beyond escapes."""

from __future__ import annotations

import base64
import typing as t

from .escapes import CONTROL_CHARACTERS, strip_escapes

_SHORTEST_SEARCHED = 6
_LONGEST_SHORT_NUMBER = 8
#: The first or last characters by which a long secret is known when the rest was cut off.
END_LENGTH = 8
_TO_URL_SAFE_ALPHABET = str.maketrans("+/", "-_")
#: From the alphabet of addresses back to the usual one.
TO_STANDARD_ALPHABET = str.maketrans("-_", "+/")


def is_short_secret(secret: str) -> bool:
    """Return True for what is too short to be looked for in text: under six characters, or up to eight that are digits.

    That is what PINs are; as text, 2026 would hide every date.
    """
    return len(secret) < _SHORTEST_SEARCHED or (len(secret) <= _LONGEST_SHORT_NUMBER and secret.isdigit())


class SecretForm(t.NamedTuple):
    """One form of a secret; ``encoded``: in base64, where neighbouring characters may encode more of what was secret."""

    text: str
    encoded: bool


def generate_forms(secret: str) -> t.Iterator[SecretForm]:
    """Yield the forms that escapes do not explain, each long enough to be no chance."""
    lines = [line.strip() for line in secret.splitlines()]
    parts = (
        [line for line in lines if len(line) >= END_LENGTH and not line.startswith("-----")] if len(lines) > 1 else []
    )
    for part in dict.fromkeys([secret, secret.strip(), *parts]):
        looks = (part, CONTROL_CHARACTERS.sub("", part), strip_escapes(part), part.replace(" ", "+"), ascii(part)[1:-1])
        for look in dict.fromkeys(looks):
            if not is_short_secret(look):
                yield SecretForm(look, False)
        octets = part.encode("utf-8", "surrogatepass")
        for look in (octets.hex(), octets.hex().upper()):
            yield SecretForm(look, False)
        for core in _generate_base64_cores(octets):
            yield SecretForm(core, True)
            yield SecretForm(core.translate(_TO_URL_SAFE_ALPHABET), True)


def _generate_base64_cores(octets: bytes) -> t.Iterator[str]:
    """Yield what is the same in base64 wherever the octets stand in what was encoded: at each offset, without the shared ends."""
    for offset, before in enumerate((0, 2, 3)):
        encoded = base64.b64encode(bytes(offset) + octets).decode()
        after = (0, 3, 2)[(offset + len(octets)) % 3]
        core = encoded[before : len(encoded) - after]
        if len(core) >= _SHORTEST_SEARCHED:
            yield core


def encode_base64(secret: str) -> str:
    """Return *secret* in base64, in the usual alphabet and without padding."""
    return base64.b64encode(secret.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def is_token_like(end: str) -> bool:
    """Return True for eight characters that are a token's rather than a word's or a path's."""
    return (
        not end.startswith(("/", "-----"))
        and any(character.isdigit() for character in end)
        and any(character.isalpha() for character in end)
    )
