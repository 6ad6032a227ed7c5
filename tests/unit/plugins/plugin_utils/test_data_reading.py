# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML and JSON that are not trusted are read as plain values, within limits, or refused in one sentence."""

from __future__ import annotations

import json
import os
import pathlib
import typing as t

import pytest
from hostile import FRAGMENTS, names, structures
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.data_text import dump_for_ansible
from ansible_collections.cvops.identity.plugins.plugin_utils.data_reading import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_VALUES,
    DataFileError,
    parse_data_text,
    read_data_file,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.data_yaml import dump_data_yaml


def refusal(text: str, **how: t.Any) -> str:
    """What is wrong with the text."""
    with pytest.raises(DataFileError) as caught:
        parse_data_text(text, **how)
    return "; ".join(map(str, caught.value.args))


@given(value=structures)
@example(value=list(FRAGMENTS))
def test_what_the_filters_write_is_read_equal(value: t.Any) -> None:
    """An export may come back as data."""
    assert parse_data_text(dump_data_yaml({"a": value})) == {"a": value}
    assert parse_data_text(json.dumps({"a": value})) == {"a": value}


@given(st.one_of(names, structures.map(dump_for_ansible), st.binary().map(lambda found: found.decode("latin-1"))))
@example("!!python/object/apply:os.system [id]")
@example("a: !!timestamp 2026-01-01")
@example("? [a]\n: b")
@example("!!int x")
@example("!!bool x")
@example("!!map x")
@example("<<: x")
@example("=")
@example("\ud800")
@example("1:" * 100000 + "1")
@example("1_" * 5000 + "1")
@example("9" * 5000)
@example("[" * 100000)
@example('{"a":' * 100000)
@example("*a")
@example("a: &a [*a]")
@example("a: &a [&a x, *a]")
@example("--- 1\n--- 2\n")
def test_whatever_the_text_is_it_is_read_or_refused_in_one_sentence(text: str) -> None:
    try:
        value = parse_data_text(text)
    except DataFileError as exc:
        assert all(str(fault).isprintable() and len(str(fault)) < 300 for fault in exc.args) and exc.args
    else:
        json.dumps(value)


def test_values_are_those_that_ansible_reads_but_dates_stay_text() -> None:
    text = "a: yes\nb: 010\nc: 1e3\nd: 2026-11-01\ne: !unsafe 1\nf: ~\ng: 1.5\nh: !unsafe [x]\ni: =\nj: !!str 5\n"
    wanted = {
        "a": True,
        "b": 8,
        "c": "1e3",
        "d": "2026-11-01",
        "e": "1",
        "f": None,
        "g": 1.5,
        "h": ["x"],
        "i": "=",
        "j": "5",
    }
    assert parse_data_text(text) == wanted


def test_anchors_and_merges_are_read() -> None:
    text = "x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: [*x, *x]\n!unsafe k: 1\n"
    assert parse_data_text(text) == {"x": {"a": 1, "b": 2}, "y": {"a": 1, "b": 3}, "z": [{"a": 1, "b": 2}] * 2, "k": 1}


REFUSED = {
    "vault value": (
        "a:\n  b: !vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    00\n",
        "encrypted with Ansible Vault, line 2",
    ),
    "other tag": ("a: !!python/name:os.system x", "YAML tag tag:yaml.org,2002:python/name:os.system, line 1"),
    "binary": ("a: !!binary aGk=", "YAML tag"),
    "own tag": ("!x a: 1", "YAML tag !x"),
    "twice": ("a:\n  - {b: 1, b: 2}\n", "a[0]: the key b is there twice, line 2"),
    "twice at the top": ("a: 1\nb: 2\n'a': 3\n", "the top: the key a is there twice, line 3"),
    "twice in JSON": ('{"a": {"b": 1, "b": 2}}', "the key b is twice"),
    "key of another type": ("a: {yes: 1}", "a: a key is not a text, line 1"),
    "key that is a list": ("? [a]\n: 1", "the top: a key is not a text"),
    "more than one": ("a: 1\n---\nb: 1\n", "more than one YAML document, line 2"),
    "no YAML": ("a: [1\nb: 2\n", "is no YAML: "),
    "control characters": ("a: \x1b[2J", "is no YAML: "),
    "alias to itself": ("a: &a [1, *a]", "an anchor that is not defined"),
    "half a character": ('{"a": ["\\ud800x"]}', "half of a character: \ufffdx"),
    "not finite": ('{"a": NaN}', "not finite"),
    "not finite in YAML": ("a: .inf", "not finite"),
    "too large for a number": ('{"a": 1e999}', "not finite"),
    "long number": ("a: " + "1:" * 50 + "1", "a number is too long"),
    "long number in JSON": ('{"a": ' + "9" * 5000 + "}", "a number that is too long"),
    "deep": ("a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH, "levels"),
    "deep JSON": ('{"a": ' + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "}", "levels"),
    "very deep JSON": ('{"a": ' + "[" * 200000, "levels"),
    "deep by aliases": ("a: &a " + "[" * 30 + "]" * 30 + "\nb: " + "[" * 20 + "*a" + "]" * 20, "levels"),
    "many by aliases": (
        "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 30)),
        "values",
    ),
    "many by merges": (
        "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 30)),
        "values",
    ),
}


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(text: str, words: str) -> None:
    assert words in refusal(text)


def test_the_deepest_that_is_read() -> None:
    inner = MAX_DEPTH - 2
    assert parse_data_text("a: " + "[" * inner + "x" + "]" * inner) == parse_data_text(
        '{"a": ' + "[" * inner + '"x"' + "]" * inner + "}"
    )


def test_many_values_are_refused() -> None:
    assert "values" in refusal("[" + "1," * MAX_VALUES + "1]", only_json=True)
    assert "values" in refusal("a: [" + "x," * MAX_VALUES + "x]")


def test_all_keys_that_stand_twice_are_told() -> None:
    assert refusal("a: {b: 1, b: 2}\nc: [{d: 1, d: 2}]\n").count("is there twice") == 2


FILES: dict[str, tuple[bytes, str]] = {
    "vault.yml": (b"$ANSIBLE_VAULT;1.1;AES256\n00\n", "encrypted with Ansible Vault"),
    "latin.yml": (b"a: \xe4", "not UTF-8"),
    "large.yml": (b" " * (MAX_BYTES + 1), "more than 8 MiB"),
    "no.json": (b"a: 1", "is not JSON"),
}


@pytest.mark.parametrize(("name", "content", "words"), [(name, *rest) for name, rest in FILES.items()], ids=FILES)
def test_files_that_are_refused(name: str, content: bytes, words: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataFileError, match=words):
        read_data_file(str(tmp_path / name))


def test_only_regular_files_are_read(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", ".", "missing", "a\x00b"):
        with pytest.raises(DataFileError, match="not a regular file|cannot be read"):
            read_data_file(str(tmp_path / name))


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: pathlib.Path) -> None:
    for name, text in (("a.yml", "a: 1"), ("a.json", '{"a": 1}')):
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + text.encode())
        assert read_data_file(str(tmp_path / name)) == {"a": 1}
