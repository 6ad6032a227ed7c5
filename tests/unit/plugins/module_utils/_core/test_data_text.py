# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text of data files: what is written stands for what was given, is read back equal, and hides nothing.

That ansible-core's own loaders and templating agree is tested in plugin_utils/test_data_yaml.py.
"""

from __future__ import annotations

import datetime
import json
import os
import typing as t
import unicodedata

import pytest
from hostile import FRAGMENTS, names, structures
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.data_text import (
    build_file_name,
    dump_for_ansible,
    escape_quoted_text,
    is_evaluated,
    normalize_data,
    unmark_unsafe_texts,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.visible import is_invisible

UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}


def join_pairs(value: t.Any) -> t.Any:
    """Return *value* with lists of ``key`` and ``value`` as the mappings that they stand for."""
    if isinstance(value, list):
        if value and all(isinstance(item, dict) and item.keys() == {"key", "value"} for item in value):
            return {item["key"]: join_pairs(item["value"]) for item in value}
        return [join_pairs(item) for item in value]
    return {key: join_pairs(item) for key, item in value.items()} if isinstance(value, dict) else value


def find_unmarked_texts(value: t.Any) -> t.Iterator[str]:
    """Yield the texts and keys that the loader would look at for templates."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from find_unmarked_texts(item)
    elif isinstance(value, dict) and value.keys() != {"__ansible_unsafe"}:
        for key, item in value.items():
            yield key
            yield from find_unmarked_texts(item)


@pytest.mark.parametrize("text", ["{{", "{{ x", "{% if", "{#", "x }}", "%}", "#}", "a #jinja2: b"])
def test_a_text_with_a_mark_of_a_template_is_evaluated(text: str) -> None:
    assert is_evaluated(text)


@pytest.mark.parametrize("text", ["", "{", "}", "{ {", "% #", "jinja2:", "100 %", "{x}"])
def test_a_text_without_a_mark_is_not_evaluated(text: str) -> None:
    assert not is_evaluated(text)


@given(structures)
@example({"{{ 1 }}": ["__ansible_unsafe", "{{ 2 }}"]})
@example({"__ansible_unsafe": "x"})
@example({"__ansible_vault": {"{# x #}": "#jinja2: y"}})
def test_what_is_written_is_read_back_equal_and_evaluates_nothing(value: t.Any) -> None:
    loaded = json.loads(dump_for_ansible([value]))
    assert join_pairs(unmark_unsafe_texts(loaded)) == join_pairs([normalize_data(value)])
    assert [text for text in find_unmarked_texts(loaded) if is_evaluated(text)] == []


@given(st.dictionaries(names, structures))
def test_no_mapping_has_a_key_that_the_loader_takes_for_its_own(value: dict[str, t.Any]) -> None:
    def check(item: t.Any) -> None:
        if isinstance(item, list):
            for part in item:
                check(part)
        if isinstance(item, dict) and item.keys() != {"__ansible_unsafe"}:
            assert [key for key in item if key.startswith("__ansible_") or is_evaluated(key)] == []
            for part in item.values():
                check(part)

    check(json.loads(dump_for_ansible(value)))


@given(structures)
@example(list(FRAGMENTS))
def test_every_character_that_is_written_can_be_seen(value: t.Any) -> None:
    unseen = UNSEEN - {"Zs"}
    text = dump_for_ansible(value)
    assert [char for char in text if char not in "\n " and unicodedata.category(char) in unseen] == []


def test_keys_are_sorted_so_that_two_exports_can_be_compared() -> None:
    assert dump_for_ansible({"b": 1, "a": 2}) == dump_for_ansible({"a": 2, "b": 1})
    one, other = {"{{ b": 1, "a": 2}, {"a": 2, "{{ b": 1}
    assert dump_for_ansible(one) == dump_for_ansible(other)


@given(st.text())
@example("\u00a0\u200b\U000e0041\U0001f600\ue000")
def test_escapes_are_read_back_as_the_text(text: str) -> None:
    """By JSON as pairs; by YAML, which knows the long form too."""
    quoted = json.dumps(text, ensure_ascii=False)
    assert json.loads(escape_quoted_text(quoted, pairs=True)) == text
    assert escape_quoted_text(escape_quoted_text(quoted, pairs=True), pairs=True) == escape_quoted_text(
        quoted, pairs=True
    )


@pytest.mark.parametrize(
    ("text", "escaped", "in_pairs"),
    [
        ("K\u00f6ln \U0001f600", "K\u00f6ln \U0001f600", "K\u00f6ln \U0001f600"),
        ("a\u00a0b", "a\\u00a0b", "a\\u00a0b"),
        ("\u3164", "\\u3164", "\\u3164"),
        ("\ufe0f", "\\ufe0f", "\\ufe0f"),
        ("\uffa0", "\\uffa0", "\\uffa0"),
        ("\U000e0100", "\\U000e0100", "\\udb40\\udd00"),
        ("\U000e0041", "\\U000e0041", "\\udb40\\udc41"),
    ],
)
def test_what_cannot_be_seen_is_escaped_and_nothing_else(text: str, escaped: str, in_pairs: str) -> None:
    assert escape_quoted_text(text) == escaped
    assert escape_quoted_text(text, pairs=True) == in_pairs


def test_line_feeds_stay_where_they_are_the_files_own() -> None:
    assert escape_quoted_text("a\nb\tc", keep_lines=True) == "a\nb\\u0009c"
    assert escape_quoted_text("a\nb") == "a\\u000ab"


def test_data_is_what_json_and_yaml_hold() -> None:
    given_data = {1: (float("nan"), float("-inf"), 1.5), None: {"\ud800x"}, "d": datetime.date(2026, 3, 1)}
    assert normalize_data(given_data) == {"1": ["nan", "-inf", 1.5], "null": ["\ufffdx"], "d": "2026-03-01"}


def test_data_without_end_is_refused() -> None:
    endless: list[t.Any] = []
    endless.append(endless)
    with pytest.raises(RecursionError):
        normalize_data(endless)


@given(st.lists(names, min_size=2, max_size=2, unique=True))
def test_file_names_stay_in_their_folder_and_differ(pair: list[str]) -> None:
    first, second = (build_file_name(name) for name in pair)
    assert first != second
    for name in (first, second):
        assert os.path.basename(f"{name}.yml") == f"{name}.yml" and "\x00" not in name and name.isprintable()
        assert not name.startswith((".", "-")) and 0 < len(name.encode()) <= 200


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("emea-cs01.corp", "emea-cs01.corp"),
        ("K\u00f6ln 1", "K\u00f6ln 1"),
        ("..", "%2E."),
        ("../../etc/x", "%2E.%2F..%2Fetc%2Fx"),
        ("a%2Fb", "a%252Fb"),
        ("{{ x }}", "%7B%7B x %7D%7D"),
        ("-rf", "%2Drf"),
        ("a\u00a0b", "a%C2%A0b"),
        ("", "%"),
    ],
)
def test_a_file_name_is_the_name_as_far_as_a_file_system_takes_it(name: str, wanted: str) -> None:
    assert build_file_name(name) == wanted


@pytest.mark.parametrize("letter", ["a", "\u00f6", "\U00020000"])
def test_a_long_name_is_cut_and_still_its_own(letter: str) -> None:
    first, second = build_file_name(letter * 300 + "1"), build_file_name(letter * 300 + "2")
    assert first != second
    assert max(len(first.encode()), len(second.encode())) <= 200
    assert len(build_file_name("\u00f6" * 150).encode()) <= 200, "file systems count bytes"
    assert build_file_name("a" * 200) == "a" * 200 and build_file_name("a" * 201) != "a" * 201


def test_all_that_is_invisible_is_escaped_in_files_too() -> None:
    every = [chr(code) for code in range(0x110000)]
    assert [char for char in every if is_invisible(char) and escape_quoted_text(char) == char] == []
