# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Removal of escapes and control characters from a text, layer by layer, with the way back to where each part stood.

Known are those of JSON, Python, JavaScript, addresses and HTML, and terminal sequences, nested and mixed.
"""

from __future__ import annotations

import bisect
import html
import re

from .visible import INVISIBLE_RANGES

_MOST_LAYERS = 5
#: What cannot be seen, tabs and newlines too, but no halves of characters: in secrets they stand for bytes that are no UTF-8.
_CONTROLS = "\t\n" + "".join(
    f"{re.escape(chr(low))}-{re.escape(chr(high))}" for low, high in INVISIBLE_RANGES if low != 0xD800
)
ANY_ESCAPE = re.compile(rf"[\\%&{_CONTROLS}]")
_ESCAPE_SEQUENCE = re.compile(
    r"(?P<units>(?:[\\%]u[0-9a-fA-F]{4})+)"
    r"|(?P<point>\\U[0-9a-fA-F]{8}|\\u\{[0-9a-fA-F]{1,6}\})"
    r"|(?P<octets>(?:\\x[0-9a-fA-F]{2})+|(?:%[0-9a-fA-F]{2})+)"
    r"|\\(?P<letter>[^\r\n])"
    r"|(?P<entity>&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)"
)
CONTROL_CHARACTERS = re.compile(rf"(?P<control>(?:\x1b\[[0-9;?]*[ -/]*[@-~]|[{_CONTROLS}])+)")
#: Control characters first: one that stands within an escape must not become a part of it.
LAYER_PATTERNS = (CONTROL_CHARACTERS, _ESCAPE_SEQUENCE) * _MOST_LAYERS
_LETTER_MEANINGS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}

Span = tuple[int, int]


class EscapeLayer:
    """A text with one layer of escapes or control characters removed, which remembers where each part came from."""

    def __init__(self, value: str, pattern: re.Pattern[str]) -> None:
        pieces: list[str] = []
        self._begins: list[int] = []
        self._tokens: list[tuple[int, int, int]] = []
        length = reached = 0
        for match in pattern.finditer(value):
            literal, meant = value[reached : match.start()], unescape_match(match)
            pieces += [literal, meant]
            length += len(literal)
            self._begins.append(length)
            self._tokens.append((length + len(meant), match.start(), match.end()))
            length += len(meant)
            reached = match.end()
        self.text = "".join([*pieces, value[reached:]])

    def find_origin(self, span: Span) -> Span:
        """Return the span of the escaped text from which a span of the plain text came."""
        return self._find_offset(span[0], False), self._find_offset(span[1] - 1, True)

    def _find_offset(self, at: int, behind: bool) -> int:
        """Return the place in the escaped text of the character *at* of the plain one, or, with *behind*, where it ends."""
        index = bisect.bisect_right(self._begins, at) - 1
        if index < 0:
            return at + behind
        end, origin, origin_end = self._tokens[index]
        if at < end:
            return origin_end if behind else origin
        return origin_end + at - end + behind


def unescape_match(match: re.Match[str]) -> str:
    """Return the text that *match*, of one of LAYER_PATTERNS, stands for; empty for control characters and for what is no character."""
    kind, escape = match.lastgroup, match[0]
    if kind == "units":
        units = "".join(chr(int(unit, 16)) for unit in re.findall("u(.{4})", escape))
        return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    if kind == "point":
        number = int(escape[2:].strip("{}"), 16)
        return chr(number) if number <= 0x10FFFF else ""
    if kind == "octets":
        octets = bytes.fromhex(re.sub(r"[\\x%]", "", escape))
        try:
            return octets.decode()
        except UnicodeDecodeError:
            return octets.decode("latin-1")
    if kind == "letter":
        return _LETTER_MEANINGS.get(match["letter"], match["letter"])
    return html.unescape(escape) if kind == "entity" else ""


def strip_escapes(secret: str) -> str:
    """Return *secret* with all layers of escapes and all control characters removed."""
    for pattern in LAYER_PATTERNS:
        if not ANY_ESCAPE.search(
            secret
        ):  # most secrets are plain: ten searches for nothing are half of what redaction costs
            break
        secret = EscapeLayer(secret, pattern).text
    return secret
