# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Text from outside, made safe to show: what steers a terminal, reorders or hides text is written as an escape."""

from __future__ import annotations

import json
import re
import typing as t

#: Ranges of what cannot be seen, by Unicode's categories Cc (without tab and newline), Cf, Cs, Zl, Zp and its
#: property Default_Ignorable_Code_Point. Ranges and not ``unicodedata``, whose tables differ between releases of Python.
INVISIBLE_RANGES = (
    (0x00, 0x08),
    (0x0B, 0x1F),
    (0x7F, 0x9F),  # DEL and C1: a lone U+009B begins a control sequence on some terminals
    (0xAD, 0xAD),
    (0x034F, 0x034F),
    (0x0600, 0x0605),
    (0x061C, 0x061C),
    (0x06DD, 0x06DD),
    (0x070F, 0x070F),
    (0x0890, 0x0891),
    (0x08E2, 0x08E2),
    (0x115F, 0x1160),  # fillers of Hangul: letters by category, but blank
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x2028, 0x202E),  # line and paragraph separator, embeddings and overrides of the writing direction
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xD800, 0xDFFF),  # half a character, which UTF-8 cannot hold
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFB),
    (0xFFFE, 0xFFFF),
    (0x110BD, 0x110BD),
    (0x110CD, 0x110CD),
    (0x13430, 0x1343F),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),  # tags: text that nobody sees
)
_INVISIBLE = re.compile(
    "[" + "".join(f"{re.escape(chr(low))}-{re.escape(chr(high))}" for low, high in INVISIBLE_RANGES) + "]"
)


def is_invisible(character: str) -> bool:
    """Return True for a character that steers a terminal, reorders or hides text, or is half a character; not for newline and tab."""
    return _INVISIBLE.match(character) is not None


def escape_invisible(text: str) -> str:
    r"""Return *text* with control, formatting and invisible characters as ``\x1b``, ``\u202e`` or ``\U000e0041``; newline and tab stay."""
    return _INVISIBLE.sub(lambda match: _escape_code_point(ord(match.group())), text)


def to_one_line(text: str, longest: int = 2000) -> str:
    """Return *text* as :func:`escape_invisible` does, on one line and cut at *longest* characters: for texts of a service in a message."""
    joined = " ".join(text[: longest * 4].split())
    shown = escape_invisible(joined[:longest])
    return shown if len(joined) <= longest and len(text) <= longest * 4 else f"{shown}…"


def escape_structure(value: t.Any, longest: int = 8000) -> t.Any:
    """Return a JSON structure with all its strings, keys too, as :func:`to_one_line` returns them, cut at *longest* characters."""
    if isinstance(value, str):
        return to_one_line(value, longest)
    if isinstance(value, dict):
        return {escape_structure(key, longest): escape_structure(item, longest) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [escape_structure(item, longest) for item in value]
    return value


def repair_strings(value: t.Any) -> t.Any:
    """Return *value* with all strings in it, keys too, as :func:`repair_surrogates` returns them."""
    if isinstance(value, str):
        return repair_surrogates(value)
    if isinstance(value, dict):
        return {
            repair_strings(key): repair_strings(item) for key, item in value.items()
        }  # a plain one, whatever it was
    if isinstance(value, (list, tuple)):
        return [repair_strings(item) for item in value]
    return value


def repair_surrogates(text: str) -> str:
    """Return *text* with halves of characters joined where both are there, and replaced by U+FFFD where not: no encoding holds them."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def format_json(value: t.Any) -> str:
    """Return *value* as JSON for people and programs: sorted, indented, invisible characters as JSON's own escapes; read back equal."""
    return escape_in_json(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, default=str))


def escape_in_json(text: str) -> str:
    """Return a JSON *text* with invisible characters as JSON's own escapes; read back equal."""
    return _INVISIBLE.sub(lambda match: json.dumps(match.group())[1:-1], text)


def _escape_code_point(code: int) -> str:
    r"""Return the shortest of the escapes ``\x``, ``\u`` and ``\U`` for *code*."""
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
