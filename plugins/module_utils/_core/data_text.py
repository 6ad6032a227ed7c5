# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Text of data files that Ansible may read again as variables: reading them evaluates nothing, whoever named what is in them."""

from __future__ import annotations

import functools
import hashlib
import json
import math
import re
import typing as t
import unicodedata

from .values import convert_to_builtins
from .visible import is_invisible, repair_surrogates

#: Makes Ansible evaluate a text: Jinja's marks (their second halves to be safe), and the header that declares other marks.
_EVALUATED = re.compile(r"\{[{%#]|[}%#]\}|#jinja2:")
#: Keys by which Ansible's JSON loader takes a mapping for something else, or refuses the whole file and reads it as YAML.
_LOADER_KEY_PREFIX = "__ansible_"
_UNSAFE_KEY = "__ansible_unsafe"
#: General categories without a visible form of their own beside what is invisible: controls, private use, not assigned, blanks.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Co", "Cn", "Zs"})
_UNUSUAL = re.compile(r"[^\x20-\x7e]")
_UNUSUAL_IN_LINES = re.compile(r"[^\x20-\x7e\n]")
#: Bytes of a file's name without its suffix; file systems take 255.
_LONGEST_NAME_BYTES = 200


def is_evaluated(text: str) -> bool:
    """Return True when Ansible takes *text* for a template as it reads it as the value of a variable."""
    return _EVALUATED.search(text) is not None


def normalize_data(value: t.Any) -> t.Any:
    """Return *value* in builtin types, every text and key encodable. Raises RecursionError when it is nested without end."""
    return _normalize_value(convert_to_builtins(value))


def escape_quoted_text(text: str, *, pairs: bool = False, keep_lines: bool = False) -> str:
    r"""Return *text* with ``\u`` escapes for characters that cannot be seen, valid within double quotes of JSON and YAML.

    *pairs*: those beyond U+FFFF as JSON writes them, as two escapes; *keep_lines*: line feeds stay.
    """
    escape = _escape_character_in_pairs if pairs else _escape_character
    return (_UNUSUAL_IN_LINES if keep_lines else _UNUSUAL).sub(lambda found: escape(found[0]), text)


def dump_for_ansible(value: t.Any) -> str:
    """Return *value* as JSON that Ansible reads back equal (``include_vars``, ``vars_files``, ``-e @FILE``) and without evaluation.

    A text with a template mark becomes ``{"__ansible_unsafe": text}``, which every ansible-core since 2.16 reads as that text;
    a mapping with a key that holds a mark, or that the loader would stumble over, becomes a list of ``key`` and ``value``.
    """
    text = json.dumps(_mark_unsafe_texts(normalize_data(value)), indent=4, sort_keys=True, ensure_ascii=False)
    return escape_quoted_text(text, pairs=True, keep_lines=True)


def unmark_unsafe_texts(value: t.Any) -> t.Any:
    """Return JSON that :func:`dump_for_ansible` wrote, without the marks of its texts; mappings that became lists stay lists."""
    if isinstance(value, list):
        return [unmark_unsafe_texts(item) for item in value]
    if isinstance(value, dict):
        if value.keys() == {_UNSAFE_KEY} and isinstance(value[_UNSAFE_KEY], str):
            return value[_UNSAFE_KEY]
        return {key: unmark_unsafe_texts(item) for key, item in value.items()}
    return value


def build_file_name(name: str) -> str:
    """Return *name* as the name of one file in one folder; different names give different ones.

    Letters, digits, ``_``, blanks, and inside also ``.`` and ``-`` stay; the rest is percent-encoded. What is too long for a
    file system ends in a hash of all of it.
    """
    cleaned = repair_surrogates(name)
    kept = "".join(_encode_name_character(character, place == 0) for place, character in enumerate(cleaned)) or "%"
    if len(kept.encode()) <= _LONGEST_NAME_BYTES:
        return kept
    digest = hashlib.sha256(cleaned.encode()).hexdigest()[:32]
    return f"{kept.encode()[: _LONGEST_NAME_BYTES - 33].decode('utf-8', 'ignore')}%{digest}"


def _normalize_value(value: t.Any) -> t.Any:
    """Return *value*, of builtin types, with encodable texts and with text in place of numbers that are not finite."""
    if isinstance(value, str):
        return repair_surrogates(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # no number in JSON, and read as text by half of the YAML loaders
    if isinstance(value, dict):
        return {repair_surrogates(key): _normalize_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_normalize_value(item) for item in value]
    return value


def _mark_unsafe_texts(value: t.Any) -> t.Any:
    """Return *value* with what Ansible's loader would evaluate or misread in the forms that :func:`dump_for_ansible` describes."""
    if isinstance(value, str):
        return {_UNSAFE_KEY: value} if is_evaluated(value) else value
    if isinstance(value, list):
        return [_mark_unsafe_texts(item) for item in value]
    if isinstance(value, dict):
        if any(is_evaluated(key) or key.startswith(_LOADER_KEY_PREFIX) for key in value):
            return [
                {"key": _mark_unsafe_texts(key), "value": _mark_unsafe_texts(item)}
                for key, item in sorted(value.items())
            ]
        return {key: _mark_unsafe_texts(item) for key, item in value.items()}
    return value


def _encode_name_character(character: str, first: bool) -> str:
    """Return *character* if file names may hold it, else its bytes percent-encoded; *first*: it is the first of its name."""
    kept = character.isalnum() or character in "_ " or (character in ".-" and not first)
    if kept and not _is_hidden(character):
        return character
    return "".join(f"%{byte:02X}" for byte in character.encode())


@functools.lru_cache(maxsize=1024)
def _is_hidden(character: str) -> bool:
    """Return True for a character without a visible form of its own; the ordinary blank has one."""
    return character != " " and (is_invisible(character) or unicodedata.category(character) in _HIDDEN_CATEGORIES)


def _escape_character(character: str) -> str:
    """Return *character*, or its escape as YAML knows it when it is hidden."""
    if not _is_hidden(character):
        return character
    return f"\\u{ord(character):04x}" if ord(character) <= 0xFFFF else f"\\U{ord(character):08x}"


def _escape_character_in_pairs(character: str) -> str:
    """Return *character*, or its escape as JSON knows it when it is hidden: two surrogates beyond U+FFFF."""
    return json.dumps(character)[1:-1] if _is_hidden(character) else character
