# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Files that Ansible may read again as variables: whoever named what is in them, reading them evaluates nothing."""

from __future__ import annotations

import functools
import hashlib
import json
import math
import re
import typing as t
import unicodedata

from .values import plain
from .visible import whole_text

#: Makes Ansible evaluate a text: Jinja's marks (their second halves to be safe), and the header that declares other marks.
_EVALUATED = re.compile(r"\{[{%#]|[}%#]\}|#jinja2:")
#: Keys by which Ansible's JSON loader takes a mapping for something else, or refuses the whole file and reads it as YAML.
_LOADERS_OWN = "__ansible_"
_UNSAFE = "__ansible_unsafe"
#: General categories without a visible form of their own: controls, formats (bidirectional, zero-width), surrogates, private use,
#: not assigned, line and paragraph separators; and blanks other than the ordinary one.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
#: Letters and marks that are drawn as nothing (Default_Ignorable_Code_Point beyond those categories), as ranges.
_IGNORABLE = ((0x34F, 0x34F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x3164, 0x3164), (0xFE00, 0xFE0F))
_IGNORABLE_TOO = ((0xFFA0, 0xFFA0), (0xE0000, 0xE0FFF))
_UNUSUAL = re.compile(r"[^\x20-\x7e]")
_UNUSUAL_IN_LINES = re.compile(r"[^\x20-\x7e\n]")
#: Bytes of a file's name without its suffix; file systems take 255.
_LONGEST_NAME = 200


def is_evaluated(text: str) -> bool:
    """Whether Ansible would take *text* for a template when it reads it as the value of a variable."""
    return _EVALUATED.search(text) is not None


def whole_data(value: t.Any) -> t.Any:
    """*value* in plain builtins, every text and key in it made whole. Raises RecursionError when it is nested without end."""
    return _mapped(plain(value))


def escape_hidden(text: str, *, pairs: bool = False, keep_lines: bool = False) -> str:
    r"""*text* with ``\u`` escapes in place of characters that cannot be seen, valid within double quotes of JSON and YAML.

    *pairs*: those beyond U+FFFF as JSON writes them, as two escapes; *keep_lines*: line feeds stay.
    """
    escape = _pair_escaped if pairs else _escaped
    return (_UNUSUAL_IN_LINES if keep_lines else _UNUSUAL).sub(lambda found: escape(found[0]), text)


def json_text(value: t.Any) -> str:
    """*value* as JSON that Ansible reads back equal (``include_vars``, ``vars_files``, ``-e @FILE``) and without evaluation.

    A text with a template mark becomes ``{"__ansible_unsafe": text}``, which every ansible-core since 2.16 reads as that text;
    a mapping with a key that holds a mark, or that the loader would stumble over, becomes a list of ``key`` and ``value``.
    """
    text = json.dumps(_for_loader(whole_data(value)), indent=4, sort_keys=True, ensure_ascii=False)
    return escape_hidden(text, pairs=True, keep_lines=True)


def file_name(name: str) -> str:
    """*name* as the name of one file in one folder; different names give different ones.

    Letters, digits, ``_``, blanks, and inside also ``.`` and ``-`` stay; the rest is percent-encoded. What is too long for a
    file system ends in a hash of all of it.
    """
    cleaned = whole_text(name)
    kept = "".join(_named(character, place == 0) for place, character in enumerate(cleaned)) or "%"
    if len(kept.encode()) <= _LONGEST_NAME:
        return kept
    digest = hashlib.sha256(cleaned.encode()).hexdigest()[:32]
    return f"{kept.encode()[: _LONGEST_NAME - 33].decode('utf-8', 'ignore')}%{digest}"


def _mapped(value: t.Any) -> t.Any:
    if isinstance(value, str):
        return whole_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # no number in JSON, and read as text by half of the YAML loaders
    if isinstance(value, dict):
        return {whole_text(key): _mapped(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_mapped(item) for item in value]
    return value


def _for_loader(value: t.Any) -> t.Any:
    if isinstance(value, str):
        return {_UNSAFE: value} if is_evaluated(value) else value
    if isinstance(value, list):
        return [_for_loader(item) for item in value]
    if isinstance(value, dict):
        if any(is_evaluated(key) or key.startswith(_LOADERS_OWN) for key in value):
            return [{"key": _for_loader(key), "value": _for_loader(item)} for key, item in sorted(value.items())]
        return {key: _for_loader(item) for key, item in value.items()}
    return value


def _named(character: str, first: bool) -> str:
    kept = character.isalnum() or character in "_ " or (character in ".-" and not first)
    if kept and not _is_hidden(character):
        return character
    return "".join(f"%{byte:02X}" for byte in character.encode())


@functools.lru_cache(maxsize=1024)
def _is_hidden(character: str) -> bool:
    if unicodedata.category(character) in _HIDDEN_CATEGORIES:
        return character != " "
    return any(low <= ord(character) <= high for low, high in _IGNORABLE + _IGNORABLE_TOO)


def _escaped(character: str) -> str:
    if not _is_hidden(character):
        return character
    return f"\\u{ord(character):04x}" if ord(character) <= 0xFFFF else f"\\U{ord(character):08x}"


def _pair_escaped(character: str) -> str:
    return json.dumps(character)[1:-1] if _is_hidden(character) else character
