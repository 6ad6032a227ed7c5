# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a credential gives to a job."""

from __future__ import annotations

from typing import Any

from cvops_simulator.controller.injection import hide_secrets, inject


def make_type(fields: list[dict[str, Any]], **injectors: Any) -> dict[str, Any]:
    """Return a type of credentials."""
    return {"name": "t", "inputs": {"fields": fields}, "injectors": injectors}


A = {"id": "a", "label": "A", "type": "string"}


def test_inputs_go_where_the_type_says() -> None:
    kind = make_type([A], env={"X": "<{{ a }}>"}, extra_vars={"v": "{{ a }}", "l": ["{{ a }}"], "d": {"k{{ a }}": "z"}})
    found = inject(kind, {"a": "1"}, "/runner/env")
    assert found.env == {"X": "<1>"}
    assert found.extra_vars == {"v": "1", "l": ["1"], "d": {"k1": "z"}}
    assert found.files == {}


def test_a_missing_input_is_empty_text_though_the_type_asks_for_it() -> None:
    kind = make_type([A], env={"X": "{{ a }}"})
    kind["inputs"]["required"] = ["a"]
    assert inject(kind, {}, "/e").env == {"X": ""}


def test_an_empty_input_is_a_missing_one() -> None:
    kind = make_type([A], env={"X": "{{ a | default('none') }}"})
    assert inject(kind, {"a": ""}, "/e").env == {"X": "none"}


def test_a_boolean_is_text_and_false_whatever_its_default() -> None:
    kind = make_type([{"id": "b", "label": "B", "type": "boolean", "default": True}], env={"X": "{{ b }}"})
    assert inject(kind, {}, "/e").env == {"X": "False"}
    assert inject(kind, {"b": True}, "/e").env == {"X": "True"}


def test_one_file_has_one_name() -> None:
    kind = make_type([A], file={"template": "{{ a }}"}, env={"P": "{{ tower.filename }}"})
    found = inject(kind, {"a": "content"}, "/runner/env")
    (path,) = found.files
    assert path.startswith("/runner/env/tmp")
    assert found.env == {"P": path}
    assert found.files[path] == "content"


def test_one_of_several_files_may_name_an_earlier_one() -> None:
    kind = make_type(
        [A], file={"template.b": "{{ a }}", "template.c": "{{ tower.filename.b }}"}, env={"P": "{{ tower.filename.c }}"}
    )
    found = inject(kind, {"a": "x"}, "/e")
    first, second = found.files
    assert found.files[second] == first
    assert found.env == {"P": second}


def test_a_key_ends_with_a_line_end() -> None:
    kind = make_type([{**A, "format": "ssh_private_key"}], file={"template": "{{ a }}"})
    assert list(inject(kind, {"a": "-----END"}, "/e").files.values()) == ["-----END\n"]
    assert list(inject(kind, {"a": "-----END\n"}, "/e").files.values()) == ["-----END\n"]
    assert list(inject(kind, {}, "/e").files.values()) == [""]


def test_the_same_input_gives_the_same_names() -> None:
    kind = make_type([A], file={"template.b": "{{ a }}"})
    assert inject(kind, {"a": "1"}, "/e").files == inject(kind, {"a": "1"}, "/e").files


def test_values_are_not_rendered() -> None:
    kind = make_type([A], env={"X": "{{ a }}"})
    assert inject(kind, {"a": "{{ 1 + 1 }}"}, "/e").env == {"X": "{{ 1 + 1 }}"}


def test_secrets_are_hidden_where_they_are_set() -> None:
    fields = [{**A, "secret": True}, {"id": "b", "label": "B", "secret": True}, {"id": "c", "label": "C"}]
    assert hide_secrets(make_type(fields), {"a": "s", "b": "", "c": "open"}, "*") == {"a": "*", "b": "", "c": "open"}
