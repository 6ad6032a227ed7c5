# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pictures say what the code says: they are drawn out of it, and somebody who reads the page sees them."""

from __future__ import annotations

import pathlib
import shutil
import typing as t
from xml.etree import ElementTree

import architecture_picture
import pictures
import pytest
import rotation_picture
from architecture_picture import draw_architecture, read_layers
from collection_tree import ROOT
from generated_files import find_outdated
from rotation_picture import build_scenes, describe_run, draw_rotation

from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation import apply, decision, plan

SVG = "{http://www.w3.org/2000/svg}"
DRAWN = ("architecture.svg", "plan.svg", "rotation.svg")
#: The width of a letter that no usual font exceeds on average.
LETTER = 6.2
PROJECT = "pyproject.toml"


def texts(svg: str, kind: str | None = None) -> list[tuple[int, int, str]]:
    """The texts of a picture, or of one kind, with their places."""
    found = [one for one in ElementTree.fromstring(svg).iter(f"{SVG}text") if kind in (None, one.get("class"))]
    return [(int(one.attrib["x"]), int(one.attrib["y"]), one.text or "") for one in found]


def boxes(svg: str, kind: str) -> list[tuple[int, ...]]:
    """The boxes of a kind: left, top, width, height."""
    found = [one for one in ElementTree.fromstring(svg).iter(f"{SVG}rect") if one.attrib["class"] == kind]
    return [tuple(int(one.attrib[name]) for name in ("x", "y", "width", "height")) for one in found]


def test_the_pictures_are_as_the_code_says() -> None:
    assert find_outdated(pictures.expected()) == []
    assert {path.name for path in pictures.expected()} == set(DRAWN)


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_can_be_read_on_a_light_and_a_dark_page_and_its_texts_fit(name: str) -> None:
    svg = (pictures.FOLDER / name).read_text("utf-8")
    assert "prefers-color-scheme:dark" in svg and ".page{fill:#fff}" in svg
    width = int(ElementTree.fromstring(svg).attrib["viewBox"].split()[2])
    assert texts(svg) and max(x + len(text) * LETTER for x, _y, text in texts(svg)) <= width
    for left, top, wide, high in [box for kind in ("box", "inner", "good", "bad") for box in boxes(svg, kind)]:
        inside = [(x, text) for x, y, text in texts(svg) if left < x < left + wide and top < y < top + high]
        assert [text for x, text in inside if x + len(text) * LETTER > left + wide] == []


@pytest.mark.parametrize("name", sorted(path.name for path in pictures.FOLDER.iterdir()))
def test_every_picture_is_shown_somewhere(name: str) -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs" / "docsite" / "rst").glob("*.rst"), ROOT / "tests/benchmark/README.md"]
    assert [page.name for page in pages if f"pictures/{name}" in page.read_text("utf-8")]


def test_layers_are_drawn_in_the_order_of_the_contracts() -> None:
    found = texts(draw_architecture())
    for path, contract in (
        (ROOT / PROJECT, "plugins"),
        (ROOT / PROJECT, "module_utils"),
        (ROOT / "simulator" / PROJECT, "package"),
    ):
        layers = read_layers(path, contract)
        heights = [{y for _x, y, text in found if text.partition(":")[0] == name} for layer in layers for name in layer]
        assert all(heights), layers
        tops = [max(y for _x, y, text in found if text.partition(":")[0] in layer) for layer in layers]
        assert tops == sorted(tops) and len(set(tops)) == len(layers) > 3


def copy_projects(folder: pathlib.Path) -> pathlib.Path:
    (folder / "simulator").mkdir()
    for name in (PROJECT, f"simulator/{PROJECT}"):
        shutil.copy(ROOT / name, folder / name)
    for name in architecture_picture.FOLDERS:
        (folder / name).mkdir()
    return folder


def test_a_layer_without_words_and_a_folder_that_is_gone_are_errors(tmp_path: pathlib.Path) -> None:
    root = copy_projects(tmp_path)
    assert draw_architecture(root) == draw_architecture()
    project = root / PROJECT
    text = project.read_text("utf-8")
    swapped = text.replace('"_signin",\n  "_stores"', '"_stores",\n  "_signin"')
    project.write_text(swapped)
    assert swapped != text and draw_architecture(root) != draw_architecture()
    project.write_text(text.replace('"_stores",', '"_stores | _queues",'))
    with pytest.raises(ValueError, match="module_utils differ: _queues"):
        draw_architecture(root)
    project.write_text(text)
    (root / "roles").rmdir()
    with pytest.raises(ValueError, match="no folder roles"):
        draw_architecture(root)


def test_every_outcome_action_and_gate_of_a_rotation_is_drawn_and_failures_are_marked() -> None:
    svg = draw_rotation()
    lines = [text for _x, _y, text in texts(svg)]
    assert set(t.get_args(decision.Outcome)) <= {text for _x, _y, text in texts(svg, "head")}
    assert all(any(line.startswith(f"{name}: ") for line in lines) for name in t.get_args(decision.Action))
    assert ", ".join(plan.GATES) in " ".join(lines)
    bad = boxes(svg, "bad")
    marked = {
        text
        for x, y, text in texts(svg, "head")
        if any(left < x < left + wide and top < y < top + high for left, top, wide, high in bad)
    }
    assert marked == decision.FAILED_OUTCOMES


def test_what_the_next_run_does_is_what_the_planner_says() -> None:
    told = {outcome: describe_run(scene) for outcome, scene in build_scenes().items()}
    assert told["not_due"] == "add → store → prove → switch: overlap"
    assert told["overlap"] == told["waiting_for_consumers"] == "prove → retire: retired"
    assert told["retired"] == "nothing to do: not_due"
    assert told["added_unproven"] == told["switch_partial"] == "prove → switch: overlap"
    assert told["unfinished_run"].startswith("withdraw → add")


def test_a_code_that_comes_to_something_else_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(decision, "Outcome", t.Literal["not_due", "lost"])
        with pytest.raises(ValueError, match="outcomes and scenes differ: .*lost"):
            draw_rotation()
    with monkeypatch.context() as patch:
        patch.setattr(decision, "Action", t.Literal["add", "pray"])
        with pytest.raises(ValueError, match="actions and words differ: .*pray"):
            draw_rotation()
    with monkeypatch.context() as patch:
        patch.setattr(apply, "_UNPROVEN", {})
        with pytest.raises(ValueError, match="the scene of blocked_by_conditional_access comes to added_unproven"):
            draw_rotation()
    with monkeypatch.context() as patch:
        patch.setattr(decision, "judge_run", lambda found, actions, is_going_back: found)
        with pytest.raises(ValueError, match="comes to"):
            draw_rotation()
    assert rotation_picture.draw_rotation() == (pictures.FOLDER / "rotation.svg").read_text("utf-8")


def test_the_plan_is_what_an_approver_reads() -> None:
    lines = pictures.list_plan_lines()
    assert lines[0].startswith("Plan: ") and {line.strip()[:1] for line in lines} >= {"+", "-"}
    assert [text for _x, _y, text in texts(pictures.draw_plan())][1:] == lines
