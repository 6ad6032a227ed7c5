# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture of the layers, out of the contracts that the linter of imports holds."""

from __future__ import annotations

import pathlib
import typing as t

import tomllib  # type: ignore[import-not-found]  # mypy looks at Python 3.10, scripts run on 3.11 and newer
from collection_tree import ROOT
from drawing import LINE, Drawing, wrap

#: What each layer is, by the contract; every name of the contracts has words, and no other.
WORDS: dict[str, dict[str, str]] = {
    "plugins": {
        "action": "runs a module in Ansible's worker; generated",
        "modules": "documentation, options, main()",
        "lookup": "thin",
        "filter": "thin",
        "plugin_utils": "runs on the controller only: documents, plans in sentences, reports, notifications",
        "module_utils": "runs on every host",
        "doc_fragments": "options that many modules document",
    },
    "module_utils": {
        "_joint": "needs both services: mappings, rotation, evidence, snapshot",
        "_entra": "Microsoft Graph",
        "_commvault": "Commvault REST",
        "_signin": "signs in to both",
        "_stores": "secrets and token pairs",
        "_core": "knows no vendor: HTTP, plans, runner, errors",
    },
    "package": {
        "cli": "serve",
        "testing": "pytest",
        "browser": "signs people on",
        "simulator": "all services together",
        "control": "requests of tests",
        "seeds": "data sets",
        "snapshots": "of real sites",
        "commvault": "REST",
        "controller": "AWX",
        "entra": "Graph, tokens",
        "keyvault": "vault",
        "core": "HTTP server, faults, clock",
    },
}
#: What uses the plugins, highest first.
FOLDERS = {"playbooks": "plan, stop or go on, write, report", "roles": "one part of the document each"}
_LEFT, _WIDTH, _RIGHT, _SIDE = 20, 550, 592, 372
_GAP, _PAD = 22, 12

Layers = list[list[str]]


def read_layers(path: pathlib.Path, contract: str) -> Layers:
    """Return the layers of a contract, highest first, each as the names that do not know one another."""
    contracts = tomllib.loads(path.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    (found,) = (one for one in contracts if one["id"] == contract)
    return [[name.strip() for name in layer.split("|")] for layer in found["layers"]]


def draw_architecture(root: pathlib.Path = ROOT) -> str:
    """Return the picture. Raises ValueError where the contracts have other layers than there are words for."""
    plugins, utils = (read_layers(root / "pyproject.toml", name) for name in ("plugins", "module_utils"))
    simulator = read_layers(root / "simulator" / "pyproject.toml", "package")
    for contract, layers in (("plugins", plugins), ("module_utils", utils), ("package", simulator)):
        if odd := set(WORDS[contract]) ^ {name for layer in layers for name in layer}:
            raise ValueError(f"layers and words of {contract} differ: {', '.join(sorted(odd))}")
    if missing := [name for name in FOLDERS if not (root / name).is_dir()]:
        raise ValueError(f"there is no folder {', '.join(missing)}")
    drawing = Drawing("The layers of the collection and of its simulator: imports point down only", 980)
    drawing.add_text(
        _LEFT, 32, "Layers: imports point down only, and names beside one another do not know each other", "title"
    )
    drawing.add_text(_LEFT, 60, "The collection", "head")
    drawing.add_text(_RIGHT, 60, "The simulator, a package of its own", "head")
    top = 70 - _GAP
    rows = [[(name, words)] for name, words in FOLDERS.items()]
    for number, boxes in enumerate([*rows, *(_describe("plugins", layer) for layer in plugins[:-1])]):
        start = _point(drawing, top, _LEFT + _WIDTH // 2) if number else top + _GAP
        top = _draw_row(drawing, boxes, _LEFT, start, _WIDTH)
    _draw_last(drawing, plugins[-1], utils, _point(drawing, top, _LEFT + _WIDTH // 2))
    top = 70 - _GAP
    for number, layer in enumerate(simulator):
        start = _point(drawing, top, _RIGHT + _SIDE // 2) if number else top + _GAP
        top = _draw_row(drawing, _describe("package", layer), _RIGHT, start, _SIDE)
    drawing.add_lines(
        _RIGHT,
        top + 36,
        wrap(
            "It imports nothing of the collection, and the collection nothing of it: runs talk to it over HTTP.", _SIDE
        ),
    )
    return drawing.format_svg()


def _describe(contract: str, layer: t.Iterable[str]) -> list[tuple[str, str]]:
    return [(name, WORDS[contract][name]) for name in layer]


def _point(drawing: Drawing, bottom: int, x: int) -> int:
    """Draw an arrow down from a row; return where the next one begins."""
    drawing.add_arrow(x, bottom, x, bottom + _GAP)
    return bottom + _GAP


def _draw_row(
    drawing: Drawing, boxes: t.Sequence[tuple[str, str]], x: int, y: int, width: int, kind: str = "box"
) -> int:
    """Draw the boxes of a layer side by side; return their bottom."""
    each = (width - _PAD * (len(boxes) - 1)) // len(boxes)
    texts = [wrap(words, each - 16) for dummy, words in boxes]
    height = 12 + LINE * (1 + max(map(len, texts)))
    for number, ((name, dummy), lines) in enumerate(zip(boxes, texts, strict=True)):
        left = x + number * (each + _PAD)
        drawing.add_box(left, y, each, height, kind)
        drawing.add_text(left + 8, y + 18, name, "head")
        drawing.add_lines(left + 8, y + 18 + LINE, lines)
    return y + height


def _draw_last(drawing: Drawing, layer: t.Sequence[str], utils: Layers, y: int) -> None:
    """Draw module_utils with its layers inside, and what stands beside it."""
    others = [name for name in layer if name != "module_utils"]
    wide = _WIDTH - 150 * len(others)
    inside = Drawing("", 0)  # how high it becomes has to be known before its frame is drawn
    bottom = _draw_utils(inside, utils, y, wide)
    drawing.add_box(_LEFT, y, wide, bottom + _PAD - y)
    drawing.add_text(_LEFT + _PAD, y + 20, f"module_utils: {WORDS['plugins']['module_utils']}", "head")
    _draw_utils(drawing, utils, y, wide)
    for number, name in enumerate(others):
        _draw_row(drawing, _describe("plugins", [name]), _LEFT + wide + _PAD + 150 * number, y, 150 - _PAD)


def _draw_utils(drawing: Drawing, utils: Layers, y: int, wide: int) -> int:
    top = y + 30 - _GAP
    for number, names in enumerate(utils):
        start = _point(drawing, top, _LEFT + wide // 2) if number else top + _GAP
        top = _draw_row(drawing, _describe("module_utils", names), _LEFT + _PAD, start, wide - 2 * _PAD, "inner")
    return top
