# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A folder tree in which Ansible finds this collection, wherever the checkout lies."""

from __future__ import annotations

import contextlib
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLACE = ("ansible_collections", "cvops", "identity")


def collections_path() -> pathlib.Path:
    """Return the folder to name in ANSIBLE_COLLECTIONS_PATH.

    It lies in ``.build`` and holds one link to the checkout: a dot folder, so that no tool walks into the loop.
    Several processes may ask for it at once.
    """
    if ROOT.parts[-3:] == PLACE:
        return ROOT.parents[2]
    tree = ROOT / ".build" / "tree"
    link = tree.joinpath(*PLACE)
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_symlink() and link.resolve() != ROOT:  # the checkout was moved or copied
        link.unlink(missing_ok=True)
    with contextlib.suppress(FileExistsError):
        link.symlink_to(ROOT, target_is_directory=True)
    return tree
