# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page "Troubleshooting by error text" has every kind of error and every code that the code knows, with texts that the code says."""

from __future__ import annotations

import ast
import functools
import importlib
import re
import typing as t

import pytest
from collection_facts import PACKAGE, PLUGINS
from collection_tree import ROOT
from cvops_simulator.entra.login import errors as simulated

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import CvopsError
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation import proof
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra import error_codes, federated

PAGE = (ROOT / "docs" / "docsite" / "rst" / "guide_troubleshooting.rst").read_text(encoding="utf-8")
#: Of errors that are raised as one of the kinds below them only.
ABSTRACT = {"error"}
GAP = "…"
SHORTEST_PARAGRAPH = 20
#: Functions of the mapping that note a finding.
TELLERS = ("make_problem", "_make_problem", "_note")


@functools.lru_cache
def nodes() -> tuple[ast.AST, ...]:
    """What the texts of all plugins stand in: calls, mappings, texts, functions, and the statements that documentation is."""
    kept = (ast.Call, ast.Dict, ast.Constant, ast.JoinedStr, ast.Expr, ast.FunctionDef)
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PLUGINS.rglob("*.py")))
    return tuple(node for tree in trees for node in ast.walk(tree) if isinstance(node, kept))


def calls() -> t.Iterator[tuple[str, ast.Call]]:
    """Every call with the name of what is called."""
    for node in nodes():
        if isinstance(node, ast.Call):
            yield getattr(node.func, "id", getattr(node.func, "attr", "")), node


def template(node: ast.AST) -> str | None:
    """The text that a node is, with a gap for each part that varies; None for anything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        whole = "".join(str(part.value) if isinstance(part, ast.Constant) else GAP for part in node.values)
        return re.sub(f"{GAP}+", GAP, whole)
    return None


@functools.lru_cache
def said() -> tuple[str, ...]:
    """Every text of the code but documentation, with gaps."""
    documentation = {id(node.value) for node in nodes() if isinstance(node, ast.Expr)}
    return tuple({text for node in nodes() if id(node) not in documentation and (text := template(node))})


@functools.lru_cache
def raised() -> tuple[tuple[str, str], ...]:
    """Kind and text of the errors that the code builds with a text in place."""
    built = ((errors()[name].kind, call.args) for name, call in calls() if name in errors())
    return tuple((kind, text) for kind, words in built if words and (text := template(words[0])))


@functools.lru_cache
def errors() -> dict[str, type[CvopsError]]:
    """Every class of errors, by name."""
    for path in sorted((PLUGINS / "module_utils").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "Error" in text and re.search(r"^class \w+\(", text, re.MULTILINE):
            name = ".".join(path.relative_to(PLUGINS).with_suffix("").parts).removesuffix(".__init__")
            importlib.import_module(f"{PACKAGE}.{name}")
    found, waiting = {}, [CvopsError]
    while waiting:
        error = waiting.pop()
        found[error.__name__] = error
        waiting += error.__subclasses__()
    return found


def part(title: str) -> str:
    """What stands below a heading of the first level, up to the next one."""
    found = re.search(rf"^{re.escape(title)}\n-+\n(.*?)(?=^[^\n]+\n-{{4,}}\n|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def sections() -> dict[str, str]:
    """What stands below each kind of error."""
    found = re.split(r"^``(\w+)``\n\^+\n", part("Kinds of errors"), flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def texts(section: str) -> list[str]:
    """The texts that a section shows."""
    found = re.search(r"code-block:: text\n\n((?:   .+\n)+)", section)
    return [line.strip() for line in found[1].splitlines()] if found else []


def rows(title: str) -> dict[str, str]:
    """The rows of the table of a part: what stands first, and what to do."""
    found = re.findall(r"^   \* - (.+)\n     - (.+)$", part(title), re.MULTILINE)
    return {name.strip("`"): told for name, told in found if not told.startswith("What ")}


def raised_with(text: str) -> set[str]:
    """The kinds of the errors that the code builds with this text."""
    return {kind for kind, known in raised() if text in known}


def test_every_kind_has_a_section_and_no_other_has() -> None:
    assert set(sections()) == {error.kind for error in errors().values()} - ABSTRACT
    assert {errors()[name].kind for name, dummy in calls() if name in errors()} & ABSTRACT == set()


@pytest.mark.parametrize("kind", sections())
def test_a_section_shows_texts_of_the_code_with_meaning_and_remedy(kind: str) -> None:
    section = sections()[kind]
    shown = texts(section)
    assert shown
    for text in (line.removeprefix(f"{GAP} ") for line in shown):
        assert any(text in known for known in said()), text
        assert raised_with(text) <= {kind}, text
    for word in ("Meaning", "What to do"):
        found = re.search(rf"^\*\*{word}:\*\* (.+?)(?:\n\n|\Z)", section, re.MULTILINE | re.DOTALL)
        assert found and len(found[1]) >= SHORTEST_PARAGRAPH, word
    assert f".. _ansible_collections.cvops.identity.docsite.guide_troubleshooting.{kind}:" in PAGE


def test_the_check_sees_a_text_that_nobody_says_and_one_of_another_kind() -> None:
    assert not any("which nobody says at all" in known for known in said())
    assert raised_with("Nobody signed in within … s") == {"auth"}


def members(mapping: ast.Dict) -> dict[t.Any, ast.expr]:
    """The values of a mapping by the texts that are its keys."""
    pairs = zip(mapping.keys, mapping.values, strict=True)
    return {key.value: value for key, value in pairs if isinstance(key, ast.Constant)}


def kinds_of_findings() -> set[str]:
    """The kinds of findings: in mappings with ``kind``, ``where`` and ``message``, and those that functions note."""
    mappings = [members(node) for node in nodes() if isinstance(node, ast.Dict)]
    found = [mapping["kind"] for mapping in mappings if {"kind", "where", "message"} <= mapping.keys()]
    functions = [node for node in nodes() if isinstance(node, ast.FunctionDef) and node.name in TELLERS]
    words = {function.name: [one.arg for one in function.args.args if one.arg != "self"] for function in functions}
    places = {name: given.index("kind") for name, given in words.items() if "kind" in given}
    for name, call in calls():
        if name in places:
            found += call.args[places[name] : places[name] + 1]
            found += [word.value for word in call.keywords if word.arg == "kind"]
    return {kind for node in found if re.fullmatch(r"[a-z_]+", kind := template(node) or "")}


def test_every_kind_of_a_finding_is_explained() -> None:
    assert kinds_of_findings() - sections().keys() == set(rows("Kinds of single findings"))


def own_codes() -> set[str]:
    """The codes of errors that the collection gives itself."""
    found = [word.value for _name, call in calls() for word in call.keywords if word.arg == "code"]
    found += [call.args[0] for name, call in calls() if name == "Failure" and call.args]
    found += [members(node)["code"] for node in nodes() if isinstance(node, ast.Dict) and "code" in members(node)]
    return {code for node in found if re.fullmatch(r"[a-z_]+", code := template(node) or "")}


def test_every_code_of_the_collection_is_explained() -> None:
    assert set(rows("Codes of the collection")) == own_codes()


def sign_in_codes() -> set[int]:
    """Every AADSTS number that the code knows."""
    named = {f"AADSTS{code}" for code in (*error_codes.REMEDIES, *error_codes._SAME, *error_codes._BLOCKS)}
    named |= proof._FINAL.keys() | federated._MISMATCHES
    named |= set(re.findall(r"AADSTS[0-9]+", "\n".join(said())))
    return {int(code.removeprefix("AADSTS")) for code in named}


def test_every_code_of_entra_id_is_there_with_the_remedy_of_the_code() -> None:
    found = {}
    for name, told in rows("Codes of Entra ID").items():
        code, _colon, text = name.partition(": ")
        assert len(text) > 3, name
        found[int(code.removeprefix("AADSTS"))] = told
    assert found == {
        code: error_codes.find_block({"error_codes": [code]}) or error_codes.REMEDIES[code] for code in sign_in_codes()
    }


def test_texts_of_entra_id_are_those_that_the_simulator_sends() -> None:
    compared = 0
    for name in rows("Codes of Entra ID"):
        code, _colon, text = name.partition(": ")
        if (known := simulated._CODES.get(int(code.removeprefix("AADSTS")))) and " " in text:
            assert re.sub(r"\{\w+\}", GAP, known[2]).startswith(text), name
            compared += 1
    assert compared > 20
