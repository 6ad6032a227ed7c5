# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.visible import (
    escape_invisible,
    escape_structure,
    format_json,
    is_invisible,
    to_one_line,
)


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        ("", ""),
        ("plain text\n\twith a second line", "plain text\n\twith a second line"),
        ("Größe, 規則, Δοκιμή, 🙂", "Größe, 規則, Δοκιμή, 🙂"),
        ("\\x1b[31mred", "\x1b[31mred"),
        ("a\\x0d\\x00\\x07\\x08\\x7f", "a\r\x00\x07\x08\x7f"),
        ("\\x9b2J \\x85", "\x9b2J \x85"),
        ("admin\\u202egnp.exe\\u2066\\u2069", "admin\u202egnp.exe\u2066\u2069"),
        ("Ad\\u200bmin\\xad\\ufeff\\u2060", "Ad\u200bmin\xad\ufeff\u2060"),
        ("one\\u2028two\\u2029", "one\u2028two\u2029"),
        ("half \\ud83d and \\udcff", "half \ud83d and \udcff"),
        ("tag \\U000e0041", "tag \U000e0041"),
        ("filler \\u3164\\u115f\\ufe0f", "filler \u3164\u115f\ufe0f"),
    ],
)
def test_what_steers_or_hides_is_shown_as_an_escape(shown: str, text: str) -> None:
    assert escape_invisible(text) == shown


@given(st.text(alphabet=st.characters(), max_size=60))
def test_nothing_that_steers_or_hides_is_left(text: str) -> None:
    shown = escape_invisible(text)
    shown.encode("utf-8")
    for character in shown:
        assert character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp"), hex(
            ord(character)
        )
    assert escape_invisible(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines\r\nand  blanks\t", "two lines and blanks"),
        ("a\u2028b\x85c\x0bd", "a b c d"),
        ("x\x1b[2K\u202e", "x\\x1b[2K\\u202e"),
        ("y" * 30, "y" * 20 + "…"),
        ("", ""),
    ],
)
def test_a_text_becomes_one_line_with_an_end(text: str, shown: str) -> None:
    assert to_one_line(text, 20) == shown


def test_a_text_of_any_length_is_cut_before_it_is_looked_at() -> None:
    assert to_one_line(" " * 10_000_000 + "x", 20) == "…"
    assert escape_structure({"k" * 9000: ["v" * 9000]}, 10) == {"k" * 10 + "…": ["v" * 10 + "…"]}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_visible_json_reads_back_equal(value: t.Any) -> None:
    text = format_json(value)
    assert json.loads(text) == value
    assert escape_invisible(text) == text


def test_what_is_invisible_is_what_is_escaped() -> None:
    every = [chr(code) for code in range(0x110000)]
    assert [char for char in every if is_invisible(char) is not (escape_invisible(char) != char)] == []
    assert not any(is_invisible(char) for char in "\n\t aä漢\U0001f600")


def test_no_release_of_python_knows_more_that_is_invisible() -> None:
    """Categories of this Python's tables; newline and tab are lines and columns, not hidden."""
    every = (chr(code) for code in range(0x110000))
    hidden = [char for char in every if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert [hex(ord(char)) for char in hidden if not is_invisible(char)] == ["0x9", "0xa"]
