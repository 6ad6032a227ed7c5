# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep, or check, what a release promises: its public surface and the examples of its documentation, in tests/upgrade/VERSION.

``--check`` fails where files are missing, or are not what this checkout has: the last step before a release writes them.
Runs in an environment that has ansible-core. Usage: keep_release.py VERSION --check | --write
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
import typing as t

from collection_facts import load_collections
from collection_tree import ROOT
from generated_files import find_outdated
from public_surface import Surface, gather_surface
from shown_code import CodeBlock, all_blocks
from surface_changes import parse_version

FOLDER = ROOT / "tests" / "upgrade"
EXCEPTIONS = FOLDER / "exceptions.json"
SURFACE, EXAMPLES = "surface.json", "examples.json"
LANGUAGES = ("yaml", "yml")
#: What so many modules have alike is told once.
FEWEST = 4

Examples = dict[str, list[str]]


def gather_examples() -> Examples:
    """Return the YAML that documentation shows, by the file that it stands in."""
    found: Examples = {}
    for block in all_blocks():
        if block.language in LANGUAGES:
            found.setdefault(block.where.partition(":")[0], []).append(block.text)
    return dict(sorted(found.items()))


def format_lines(values: t.Mapping[str, t.Any]) -> str:
    """Return a mapping as JSON with one line for each name, so that a difference shows what it is about."""
    lines = (f"{json.dumps(name)}: {json.dumps(value, sort_keys=True)}" for name, value in values.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def fold_surface(surface: Surface) -> Surface:
    """Return the surface with what many modules have alike told once: ``modules 3 option timeout``, where ``modules 3`` names the modules."""
    owners: dict[tuple[str, str], list[str]] = {}
    for name, facts in surface.items():
        kind, dummy, rest = name.partition(" ")
        module, dummy, part = rest.partition(" ")
        if kind == "module" and part:
            owners.setdefault((part, json.dumps(facts, sort_keys=True)), []).append(module)
    alike = {key: tuple(modules) for key, modules in owners.items() if len(modules) >= FEWEST}
    sets = {modules: f"modules {number}" for number, modules in enumerate(sorted(set(alike.values())), 1)}
    told = {f"module {module} {part}" for (part, dummy), modules in alike.items() for module in modules}
    folded: Surface = {name: {"names": list(modules)} for modules, name in sets.items()}
    folded |= {f"{sets[modules]} {part}": json.loads(facts) for (part, facts), modules in sorted(alike.items())}
    return folded | {name: facts for name, facts in surface.items() if name not in told}


def unfold_surface(folded: Surface) -> Surface:
    """Return the surface that fold_surface has folded."""
    found: Surface = {}
    for name, facts in folded.items():
        kind, number, part = (*name.split(" ", 2), "", "")[:3]
        if kind != "modules":
            found[name] = facts
        elif part:
            found |= {f"module {module} {part}": facts for module in folded[f"modules {number}"]["names"]}
    return dict(sorted(found.items()))


def expected(version: str) -> dict[pathlib.Path, str]:
    """Return the texts of the files of a release that is made of this checkout."""
    return {
        FOLDER / version / SURFACE: format_lines(fold_surface(gather_surface())),
        FOLDER / version / EXAMPLES: format_lines(gather_examples()),
    }


def kept_versions(up_to: str, folder: pathlib.Path = FOLDER) -> list[str]:
    """Return the releases that are kept, the newest last, none newer than *up_to*: what is kept for a release to come promises nothing yet."""
    found = [path.name for path in folder.iterdir() if path.is_dir()]
    return sorted((one for one in found if parse_version(one) <= parse_version(up_to)), key=parse_version)


def read_surface(version: str, folder: pathlib.Path = FOLDER) -> Surface:
    """Return the surface of a kept release."""
    return unfold_surface(json.loads((folder / version / SURFACE).read_text(encoding="utf-8")))


def read_examples(version: str, folder: pathlib.Path = FOLDER) -> list[CodeBlock]:
    """Return the examples of a kept release."""
    kept = json.loads((folder / version / EXAMPLES).read_text(encoding="utf-8"))
    return [
        CodeBlock(f"{version} {where} {number}", "yaml", text)
        for where, texts in kept.items()
        for number, text in enumerate(texts)
    ]


def leave_out_current(kept: t.Iterable[CodeBlock]) -> list[CodeBlock]:
    """Return the examples that documentation does not show any more, byte for byte: those that it shows are tested there."""
    shown = {text for texts in gather_examples().values() for text in texts}
    return [block for block in kept if block.text not in shown]


def main() -> int:
    """Do what the command line asks; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version")
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--check", action="store_true")
    mode.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    parse_version(arguments.version)
    load_collections()
    files = expected(arguments.version)
    outdated = find_outdated(files)
    for path in outdated:
        if arguments.write:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
        else:
            print(
                f"tests/upgrade/{arguments.version}/{path.name} is missing or stale: run scripts/keep_release.py {arguments.version} --write",
                file=sys.stderr,
            )
    return 1 if outdated and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
