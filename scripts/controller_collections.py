# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection ``awx.awx``, with the official modules of AWX's API, for tests.

It is taken out of the wheel of the community package ``ansible``, since a package index is all that the tests need to reach.
"""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

from environments import BUILD

#: The release of the package that brings awx.awx 24.6.1, the last one of that collection.
PACKAGE = "ansible==12.3.0"
FOLDER = BUILD / "controller-collections"
_PREFIX = "ansible_collections/awx/awx/"


def fetch_controller_collections(folder: pathlib.Path = FOLDER) -> pathlib.Path:
    """Return a folder for ``ANSIBLE_COLLECTIONS_PATH`` with awx.awx in it; downloaded once.

    Raises CalledProcessError where the package cannot be had, and SystemExit where the collection is not in it.
    """
    complete = folder / f".complete-{PACKAGE}"
    if complete.is_file():
        return folder
    with tempfile.TemporaryDirectory(prefix="cvops-awx-") as place:
        words = ["download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", place, PACKAGE]
        subprocess.run([sys.executable, "-m", "pip", *words], check=True, stdin=subprocess.DEVNULL)
        (wheel,) = pathlib.Path(place).glob("*.whl")
        made = pathlib.Path(place) / "made"
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.startswith(_PREFIX)]
            if not names:
                raise SystemExit(f"{PACKAGE} carries no {_PREFIX}")
            archive.extractall(made, names)
        if not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(made, folder)
    complete.touch()
    return folder
