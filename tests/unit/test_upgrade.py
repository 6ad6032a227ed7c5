# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An upgrade takes nothing away: what the newest release promised is there, and its examples are accepted."""

from __future__ import annotations

import json
import pathlib
import typing as t

import keep_release
import pytest
import yaml
from collection_tree import ROOT
from documented import faults_of_block
from keep_release import (
    EXCEPTIONS,
    FOLDER,
    fold_surface,
    format_lines,
    kept_versions,
    leave_out_current,
    read_examples,
    read_surface,
    unfold_surface,
)
from public_surface import describe_option, describe_rules, gather_surface
from shown_code import CodeBlock, all_blocks
from surface_changes import find_breaks, judge_breaks

VERSION = yaml.safe_load((ROOT / "galaxy.yml").read_text("utf-8"))["version"]
EXAMPLE = "- name: x\n  cvops.identity.entra_group_info:\n    {}: x\n"
OLD: dict[str, dict[str, t.Any]] = {
    "module grant": {"rules": [["mutually_exclusive", ["name", "id"]], ["required_one_of", ["name", "id"]]]},
    "module grant option name": {"type": "str", "aliases": ["title"]},
    "module grant option id": {"type": "int"},
    "module grant option state": {"type": "str", "choices": ["absent", "present"], "default": "present"},
    "module grant option scope": {"type": "dict"},
    "module grant option scope.plans": {"type": "list", "elements": "str"},
    "module grant result grant": {"type": "dict"},
    "module grant result grant.id": {"type": "int"},
    "lookup token": {},
    "filter lines": {"positional": "wide"},
    "role mappings entry main": {},
    "role mappings entry main option grants": {"type": "list", "required": True},
    "playbook site": {},
    "variable cvops_only": {"type": "str"},
    "environment variable CVOPS_TICKET": {},
    "error kind throttled": {},
    "error code bad_answer": {},
    "action group all member grant": {},
    "ansible-core": {"requires": ">=2.16.0"},
}


def change(name: str, **facts: t.Any) -> dict[str, dict[str, t.Any]]:
    """The old surface with other facts of one name; None takes a fact out."""
    changed = {**OLD.get(name, {}), **facts}
    return {**OLD, name: {fact: value for fact, value in changed.items() if value is not None}}


@pytest.mark.parametrize("name", sorted(OLD))
def test_what_is_gone_is_a_break_told_once_with_its_parts(name: str) -> None:
    parts = {one for one in OLD if one == name or one.startswith((f"{name} ", f"{name}."))}
    left = {one: facts for one, facts in OLD.items() if one not in parts}
    assert find_breaks(OLD, left) == {name: f"{name} is gone"}


@pytest.mark.parametrize(
    ("name", "facts", "told"),
    [
        ("module grant option id", {"type": "str"}, 'type was "int" and is "str"'),
        ("module grant option scope.plans", {"elements": "dict"}, 'elements was "str" and is "dict"'),
        ("module grant option state", {"default": "absent"}, 'default was "present" and is "absent"'),
        ("module grant option state", {"default": None}, 'default was "present" and is null'),
        ("module grant option id", {"default": 1}, "default was null and is 1"),
        ("module grant option state", {"choices": ["present"]}, "no longer accepts absent"),
        ("module grant option name", {"choices": ["a"]}, "has choices now"),
        ("module grant option name", {"aliases": None}, "lost the alias title"),
        ("module grant option id", {"required": True}, "is required now"),
        ("module grant option scope.users", {"type": "list", "required": True}, "is new and required"),
        ("module grant option reason", {"type": "str", "required": True}, "is new and required"),
        (
            "module grant",
            {"rules": [*OLD["module grant"]["rules"], ["required_if", ["state", "absent", ["id"]]]]},
            "has a new rule: required_if",
        ),
        (
            "module grant",
            {"rules": [["mutually_exclusive", ["name", "id", "state"]]]},
            "has a new rule: mutually_exclusive",
        ),
        (
            "module grant option scope",
            {"rules": [["required_by", ["plans", ["plans"]]]]},
            "has a new rule: required_by",
        ),
        ("module grant result grant.id", {"type": "str"}, 'type was "int" and is "str"'),
        ("filter lines", {"positional": ""}, 'positional was "wide" and is ""'),
        ("ansible-core", {"requires": ">=2.18.0"}, 'requires was ">=2.16.0" and is ">=2.18.0"'),
    ],
)
def test_what_is_narrower_or_another_is_a_break(name: str, facts: dict[str, t.Any], told: str) -> None:
    (sentence,) = find_breaks(OLD, change(name, **facts)).values()
    assert sentence.startswith(name) and told in sentence


@pytest.mark.parametrize(
    "current",
    [
        OLD,
        change("module new"),
        {**change("module new"), "module new option name": {"required": True}},
        {**change("module grant option more", type="dict"), "module grant option more.kind": {"required": True}},
        change("module grant option state", choices=["absent", "ignored", "present"]),
        change("module grant option state", choices=None),
        change("module grant option name", aliases=["label", "title"]),
        change("role mappings entry main option grants", required=None),
        change("module grant", rules=None),
        change(
            "module grant",
            rules=[["mutually_exclusive", ["name", "id", "new"]], ["required_one_of", ["name", "id", "new"]]],
        ),
        change("module grant", rules=[["required_if", ["state", "ignored", ["id"]]], ["required_by", ["new", ["id"]]]]),
        change("module grant result grant.name", type="str"),
    ],
)
def test_more_may_come_and_more_may_be_accepted(current: dict[str, dict[str, t.Any]]) -> None:
    assert find_breaks(OLD, current) == {}


def test_only_a_major_version_takes_away_and_says_why() -> None:
    breaks = {"lookup token": "lookup token is gone"}
    (told,) = judge_breaks(breaks, {}, "1.4.0", "1.5.0")
    assert (
        told.startswith("lookup token is gone, since 1.4.0.")
        and "deprecate" in told
        and told.endswith('for "lookup token"')
    )
    assert len(judge_breaks(breaks, {}, "1.4.0", "2.0.0")) == 1
    assert judge_breaks(breaks, {"lookup token": ""}, "1.4.0", "2.0.0") != []
    assert judge_breaks(breaks, {"lookup token": "nobody used it"}, "1.4.0", "2.0.0") == []
    minor = judge_breaks(breaks, {"lookup token": "nobody used it"}, "1.4.0", "1.5.0")
    assert len(minor) == 2 and "for a major version" in minor[0]
    (unused,) = judge_breaks({}, {"lookup token": "nobody used it"}, "1.4.0", "2.0.0")
    assert "nothing that went away" in unused


def test_nothing_that_the_newest_release_promised_went_away() -> None:
    exceptions = json.loads(EXCEPTIONS.read_text("utf-8"))
    for kept in kept_versions(VERSION)[-1:]:
        faults = judge_breaks(find_breaks(read_surface(kept), gather_surface()), exceptions, kept, VERSION)
        assert faults == []


def test_the_examples_of_all_releases_of_this_major_version_are_accepted() -> None:
    releases = [one for one in kept_versions(VERSION) if one.split(".")[0] == VERSION.split(".")[0]]
    blocks = leave_out_current(block for kept in releases for block in read_examples(kept))
    assert {block.where: faults for block in blocks if (faults := faults_of_block(block))} == {}


def test_an_example_that_is_not_accepted_any_more_is_seen() -> None:
    good, bad = (CodeBlock(name, "yaml", EXAMPLE.format(name)) for name in ("display_name", "display_nam"))
    assert faults_of_block(good) == [] and "display_nam. Supported" in str(faults_of_block(bad))
    shown = next(block for block in all_blocks() if block.language == "yaml")
    assert leave_out_current([shown, good]) == [good]


def test_the_surface_has_every_kind_of_name_with_its_facts() -> None:
    surface = gather_surface()
    assert surface["module entra_group option members"] == {"type": "list", "elements": "str"}
    assert surface["module entra_group option state"]["choices"] == ["absent", "present"]
    assert surface["module commvault_role_mappings option mappings"]["required"] is True
    assert surface["module entra_group result group.object_id"]["type"] == "str"
    assert surface["variable cvops_connection.commcells.*.url"]["type"] == "str"
    for name in (
        "lookup access",
        "lookup access option bundle",
        "filter plan_lines",
        "role role_mappings entry main option cvops_role_mappings",
        "playbook site",
        "environment variable CVOPS_CLIENT_SECRET",
        "error kind throttled",
        "finding kind no_decision",
        "error code bad_answer",
        "pattern drift_report",
        "rulebook rotate_expiring",
        "event source state_changes option checks.playbook",
        "action group entra member entra_group",
        "ansible-core",
    ):
        assert name in surface, name
    assert not [name for name in surface if "``" in name]


def test_facts_are_those_that_others_depend_on() -> None:
    assert describe_option({"type": "bool", "default": False, "required": False, "no_log": True, "aliases": []}) == {
        "type": "bool",
        "default": False,
    }
    assert describe_option({"choices": ("b", "a"), "aliases": ["z", "y"]}) == {
        "choices": ["a", "b"],
        "aliases": ["y", "z"],
    }
    assert describe_rules({"required_by": {"a": ("b",)}, "mutually_exclusive": [("b", "a")]}) == [
        ["mutually_exclusive", ["b", "a"]],
        ["required_by", ["a", ["b"]]],
    ]


def test_what_is_kept_for_a_release_to_come_promises_nothing_yet(tmp_path: pathlib.Path) -> None:
    for version in ("1.0.0", "1.10.0", "1.9.1", "2.0.0"):
        (tmp_path / version).mkdir()
    assert kept_versions("1.10.0", tmp_path) == ["1.0.0", "1.9.1", "1.10.0"]
    assert kept_versions("0.1.0", tmp_path) == []


def test_missing_and_stale_files_are_told(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    surface = {"module b": {}, "module a": {"z": 1, "a": [2]}}
    monkeypatch.setattr(keep_release, "FOLDER", tmp_path)
    monkeypatch.setattr(keep_release, "gather_surface", lambda: surface)
    folder = tmp_path / "3.1.4"

    def run(mode: str) -> int:
        monkeypatch.setattr("sys.argv", ["keep_release.py", "3.1.4", mode])
        return keep_release.main()

    assert run("--check") == 1 and "keep_release.py 3.1.4 --write" in capsys.readouterr().err
    assert run("--write") == 0 and run("--check") == 0
    assert (folder / "surface.json").read_text() == '{\n"module b": {},\n"module a": {"a": [2], "z": 1}\n}\n'
    surface["module c"] = {}
    assert run("--check") == 1 and capsys.readouterr().err.count("surface.json is missing or stale") == 1


def test_what_many_modules_have_alike_is_told_once_and_read_back() -> None:
    surface = gather_surface()
    folded = fold_surface(surface)
    assert unfold_surface(folded) == surface and len(folded) < len(surface) * 3 / 4
    alike = {f"module {name} option x": {"type": "str"} for name in "abcd"}
    rest = {"module e option x": {"type": "int"}, "module a": {}, "lookup modules": {}}
    assert fold_surface({**alike, **rest}) == {
        "modules 1": {"names": ["a", "b", "c", "d"]},
        "modules 1 option x": {"type": "str"},
        **rest,
    }
    assert unfold_surface(fold_surface({**alike, **rest})) == {**alike, **rest}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*/*.json")), ids=lambda path: "-".join(path.parts[-2:]))
def test_kept_files_are_as_the_script_writes_them(path: pathlib.Path) -> None:
    assert format_lines(json.loads(path.read_text("utf-8"))) == path.read_text("utf-8")
