# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The texts that users meet keep to a few rules of plain English, and the list of them is complete."""

from __future__ import annotations

import functools
import re
import typing as t

import pytest
from collection_facts import load_collections, load_module, module_names, walk_options
from message_list import GAP, Message, list_messages

LONGEST = 400
#: What a text must not hold, by the reason.
RULES = {
    "a blank too many": r"(?<=[^\s…}])  +(?=[^\s{])|(?<=\w) [,;.](?=\s|$)",
    "a word twice": r"(?<![\w'.-])([A-Za-z]+) \1(?![\w'-])",
    "two full stops": r"(?<![./])\.\.(?![./])",
    "write: is not a": r"(?<!there )(?<!There )\b(?:is|are) no (?!longer\b)[a-z]",
    "write: again": r"\banew\b",
    "write: is not valid, is not one of": r"\bthat (?:is|are) none\b|\b(?:is|are) none of\b",
    "write: remove": r"\btak(?:e|es|en|ing) (?:it |them |this )?(?:away|out)\b(?! of force)",
    "write: is treated as": r"\btaken? for\b",
    "write: is already used by": r"\bis also that of\b",
    "write: check whether, checking": r"\blook(?:ing)? (?:whether|what|once more)\b",
    "a figure of speech": r"\b(?:lets? go|is dead|cut short|for ever|namesake|amiss|at hand|stands? in the way)\b",
    "the name of another collection": r"\b(?:community|awx)\.\w+\.?\w*\b|\bansible\.controller\b",
    "a name of Python": r"\b(?:NoneType|TypeError|KeyError|ValueError|AttributeError)\b|<class ",
}
#: Texts to which a rule does not apply, each with the reason.
EXCEPTIONS = {
    "or name the one that is installed, awx.awx or ansible.controller": "it is about these collections",
}


@functools.lru_cache
def messages() -> tuple[Message, ...]:
    return tuple(list_messages())


@functools.lru_cache
def options() -> frozenset[str]:
    """The options of all modules, inner ones by their own names."""
    load_collections()
    specs = (load_module(name).SPEC.options for name in module_names())
    return frozenset(name.rpartition(".")[2] for spec in specs for name, dummy in walk_options(spec))


@pytest.mark.parametrize("rule", RULES)
def test_texts_are_plain(rule: str) -> None:
    found = [one for one in messages() if re.search(RULES[rule], one.text)]
    assert [one for one in found if not any(words in one.text for words in EXCEPTIONS)] == []


def test_texts_are_short() -> None:
    assert [one for one in messages() if len(one.text.replace(GAP, "")) > LONGEST] == []


def test_options_that_texts_name_exist() -> None:
    named = r"\(option (\w+)\)|\boption (\w+)(?=:)|\boptions? ([a-z]+_\w+)"
    found = [(one, name) for one in messages() for groups in re.findall(named, one.text) for name in groups if name]
    assert found
    assert [(one, name) for one, name in found if name not in options()] == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("give  a name", "a blank too many"),
        ("give the the name", "a word twice"),
        ("it is gone..", "two full stops"),
        ("it is no date", "write: is not a"),
        ("use community.general.x", "the name of another collection"),
    ],
)
def test_rules_bite(text: str, rule: str) -> None:
    assert re.search(RULES[rule], text)


def test_texts_of_every_kind_are_listed(tmp_path: t.Any) -> None:
    files = {
        "plugins/modules/one.py": '"""No text for users."""\nDOCUMENTATION = "none of these"\nfail(f"option {x}: give a name")\n',
        "roles/one/tasks/main.yml": "- ansible.builtin.fail:\n    msg: >-\n      give a name for {{ host }}\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert list_messages(tmp_path) == [
        Message("plugins/modules/one.py", 3, f"option {GAP}: give a name"),
        Message("roles/one/tasks/main.yml", 2, f"give a name for {GAP}"),
    ]
