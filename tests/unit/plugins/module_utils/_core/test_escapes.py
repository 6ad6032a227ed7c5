# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Escapes come off layer by layer, and each part of the plain text knows where it stood."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.escapes import (
    ANY_ESCAPE,
    CONTROL_CHARACTERS,
    LAYER_PATTERNS,
    EscapeLayer,
    strip_escapes,
    unescape_match,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.visible import is_invisible

ESCAPE = LAYER_PATTERNS[1]
PLAIN = st.text("abcXYZ019-_ äß漢", max_size=20)


@pytest.mark.parametrize(
    ("escaped", "plain"),
    [
        (r"\u0041\u00e4", "Aä"),
        ("%u0041", "A"),
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\U0001f600", "\U0001f600"),
        (r"\u{1f600}", "\U0001f600"),
        (r"\u{ffffff}", ""),
        ("%C3%A4", "ä"),
        ("%E4", "ä"),
        (r"\xc3\xa4", "ä"),
        (r"\n\t\"\/\\", '\n\t"/\\'),
        ("&amp;&#65;&#x41;&auml;", "&AAä"),
        ("&nosuchentity;", "&nosuchentity;"),
        ("100%", "100%"),
        ("plain", "plain"),
    ],
)
def test_one_layer_of_escapes_comes_off(escaped: str, plain: str) -> None:
    assert ESCAPE.sub(unescape_match, escaped) == plain
    assert EscapeLayer(escaped, ESCAPE).text == plain


@pytest.mark.parametrize("control", ["\x00", "\x1b[31m", "\u200b", "\u202e", "\ufeff", "\x85", "\r\n", "\t"])
def test_control_characters_come_off(control: str) -> None:
    assert CONTROL_CHARACTERS.sub(unescape_match, f"pass{control}word") == "password"
    assert strip_escapes(f"pass{control}word") == "password"
    assert ANY_ESCAPE.search(control)


@given(PLAIN, st.integers(0, 2))
def test_nested_escapes_come_off(plain: str, depth: int) -> None:
    escaped = plain
    for dummy in range(depth):
        escaped = quote(json.dumps(escaped)[1:-1], safe="")
    assert strip_escapes(escaped) == plain


@given(st.text("abcXYZ"), PLAIN, st.text("abcXYZ"))
def test_a_part_is_found_where_it_stood(before: str, secret: str, after: str) -> None:
    escaped = quote(secret, safe="")
    layer = EscapeLayer(before + escaped + after, ESCAPE)
    assert layer.text == before + secret + after
    if secret:
        start = len(before)
        assert layer.find_origin((start, start + len(secret))) == (start, start + len(escaped))


def test_a_part_of_one_escape_is_the_whole_of_it() -> None:
    """Nothing is known of less, and what is hidden must not leave a part."""
    layer = EscapeLayer("a%20%20b", ESCAPE)
    assert (layer.text, layer.find_origin((1, 2)), layer.find_origin((2, 4))) == ("a  b", (1, 7), (1, 8))


@pytest.mark.parametrize("filler", ["\u034f", "\u115f", "\u3164", "\ufe0f", "\uffa0", "\U000e0041", "\U000e0100"])
def test_what_cannot_be_seen_comes_off_like_a_control_character(filler: str) -> None:
    assert is_invisible(filler)
    assert strip_escapes(filler.join("password")) == "password"
    assert strip_escapes(json.dumps(filler.join("password"))[1:-1]) == "password"


def test_halves_of_characters_are_joined_and_not_removed() -> None:
    assert strip_escapes(r"\ud83d\ude00") == "\U0001f600"
    assert strip_escapes("pass\udcffword") == "pass\udcffword", "a byte of an environment variable that is no UTF-8"
