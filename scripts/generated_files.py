# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that scripts make of other files of the collection: whether they are as they should be, and how they become so."""

from __future__ import annotations

import argparse
import pathlib
import sys
import typing as t

from collection_tree import ROOT

#: The text that each file should have; None for one that should not be there.
Files = t.Mapping[pathlib.Path, str | None]


def find_outdated(files: Files) -> list[pathlib.Path]:
    """Return the files that are not as they should be."""
    return [path for path, text in files.items() if (path.read_text("utf-8") if path.is_file() else None) != text]


def check_or_write(files: Files, description: str | None) -> int:
    """Do what the command line asks, ``--check`` or ``--write``; return the exit code. *description*: of the script."""
    parser = argparse.ArgumentParser(description=description)
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--check", action="store_true")
    mode.add_argument("--write", action="store_true")
    write = parser.parse_args().write
    outdated = find_outdated(files)
    for path in outdated:
        text = files[path]
        if not write:
            print(f"{path.relative_to(ROOT)} is out of date: run make generate", file=sys.stderr)
        elif text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return 1 if outdated and not write else 0
