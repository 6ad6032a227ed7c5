# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the filters write is data: this core's own loader reads it back equal, and its templating leaves it alone."""

from __future__ import annotations

import inspect
import json
import os
import pathlib
import re
import tempfile
import typing as t
import unicodedata

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from hostile import FRAGMENTS, commands, names, structures
from hypothesis import example, given

from ansible_collections.cvops.identity.plugins.module_utils._core.data_text import dump_for_ansible
from ansible_collections.cvops.identity.plugins.module_utils._core.values import convert_to_builtins
from ansible_collections.cvops.identity.plugins.module_utils._core.visible import repair_surrogates
from ansible_collections.cvops.identity.plugins.plugin_utils.data_yaml import dump_data_yaml

WRITERS: dict[str, t.Callable[[t.Any], str]] = {"yaml": dump_data_yaml, "json": dump_for_ansible}
HOSTILE_KEY = {"{{ 1 + 1 }}": "x"}


def read_back(text: str) -> t.Any:
    """What Ansible makes of such a file of variables; trusted as those are."""
    trusted = "trusted_as_template" in inspect.signature(DataLoader.load_from_file).parameters
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "variables")
        pathlib.Path(path).write_bytes(text.encode("utf-8"))
        return DataLoader().load_from_file(path, **({"trusted_as_template": True} if trusted else {}))


def templated(value: t.Any) -> t.Any:
    """The value after this core's templating, as the arguments of a task have it."""
    return Templar(loader=DataLoader(), variables={}).template(value)


def unpaired(value: t.Any) -> t.Any:
    """Lists of key and value as the mappings that they stand for."""
    if (
        isinstance(value, list)
        and value
        and all(isinstance(item, dict) and item.keys() == {"key", "value"} for item in value)
    ):
        return {item["key"]: unpaired(item["value"]) for item in value}
    if isinstance(value, list):
        return [unpaired(item) for item in value]
    if isinstance(value, dict):
        return {key: unpaired(item) for key, item in value.items()}
    return value


@pytest.mark.parametrize("kind", WRITERS)
@given(value=structures)
@example(value=list(FRAGMENTS))
@example(value=dict.fromkeys(FRAGMENTS, "x"))
@example(value={"{{ 1 + 1 }}": {"__ansible_type": "{{ 1 + 1 }}"}})
def test_what_is_written_is_read_back_equal_and_not_evaluated(kind: str, value: t.Any) -> None:
    document = {"value": value}
    loaded = read_back(WRITERS[kind](document))
    wanted = document if kind == "yaml" else unpaired(document)
    found = convert_to_builtins(loaded) if kind == "yaml" else unpaired(convert_to_builtins(loaded))
    assert found == wanted
    kept = convert_to_builtins(templated(loaded))
    assert (kept if kind == "yaml" else unpaired(kept)) == wanted


@pytest.mark.parametrize("kind", WRITERS)
@given(value=structures)
@example(value=list(FRAGMENTS))
def test_nothing_that_cannot_be_seen_is_written_as_it_is(kind: str, value: t.Any) -> None:
    text = WRITERS[kind]({"value": value})
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert [char for char in text if char != "\n" and unicodedata.category(char) in hidden] == []


@given(value=structures)
def test_programs_read_json(value: t.Any) -> None:
    """The texts as they are, but for those with a mark."""
    loaded = json.loads(dump_for_ansible([value]))
    if "{{" not in repr(value) and "{%" not in repr(value) and "__ansible" not in repr(value):
        marked = re.search(r"\{#|[}%#]\}|#jinja2:", repr(value))
        assert marked or loaded == [value]


@pytest.mark.parametrize("kind", WRITERS)
def test_commands_are_not_run(kind: str, tmp_path: pathlib.Path) -> None:
    planted = commands(tmp_path / "ran")
    document: dict[str, t.Any] = {"texts": planted, "nested": {"list": [{"name": text} for text in planted]}}
    loaded = read_back(WRITERS[kind](document))
    assert convert_to_builtins(templated(loaded)) == convert_to_builtins(loaded) == document
    assert list((tmp_path / "ran").iterdir()) == []


def test_the_commands_would_run_from_other_files(tmp_path: pathlib.Path) -> None:
    """Else the test above could not fail."""
    planted = commands(tmp_path / "ran")[:3]
    assert convert_to_builtins(templated(read_back(json.dumps({"texts": planted})))) != {"texts": planted}
    assert len(list((tmp_path / "ran").iterdir())) == 3


@pytest.mark.parametrize("text", [name for name in FRAGMENTS if name.isascii()])
def test_no_yaml_loader_takes_a_text_for_something_else(text: str) -> None:
    """Whatever is not plainly a word is quoted, for loaders of YAML 1.2 read other words as numbers and truth values."""
    line = dump_data_yaml([text]).splitlines()[1]
    assert line.startswith(('  - "', '  - !unsafe "', '- "', '- !unsafe "'))


def test_plain_names_stay_plain() -> None:
    value = {
        "cvops_role_mappings": [
            {"principal": {"user_group": "Ops Team"}, "grants": [{"role": "View", "entities": "commcell"}]}
        ]
    }
    assert dump_data_yaml(value, "What cs01 held") == (
        "---\n# What cs01 held\ncvops_role_mappings:\n  - principal:\n      user_group: Ops Team\n"
        "    grants:\n      - role: View\n        entities: commcell\n"
    )
    assert json.loads(dump_for_ansible(value)) == value


@given(comment=names)
def test_a_comment_stays_one(comment: str) -> None:
    text = dump_data_yaml({"a": 1}, comment)
    assert len(text.splitlines()) == 3
    assert yaml.safe_load(text) == {"a": 1} == convert_to_builtins(read_back(text))


@pytest.mark.parametrize("kind", WRITERS)
def test_halves_of_characters_are_made_whole(kind: str) -> None:
    """Joined where both halves are there, for that is what was meant."""
    assert convert_to_builtins(read_back(WRITERS[kind]({"a": "x\ud800y", "\udfff": "\ud83d\ude00"}))) == {
        "a": "x\ufffdy",
        "\ufffd": "😀",
    }
    assert repair_surrogates("Köln 😀") == "Köln 😀"


@pytest.mark.parametrize("kind", WRITERS)
def test_numbers_that_json_has_not_are_texts(kind: str) -> None:
    assert convert_to_builtins(read_back(WRITERS[kind]([float("nan"), float("-inf")]))) == ["nan", "-inf"]
