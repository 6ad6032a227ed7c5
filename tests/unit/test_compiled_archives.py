# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Byte code that processes of the tests share is that of the sources that they have."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import zipfile

import pytest
from compiled_archives import FOLDER


@pytest.fixture
def archive(tmp_path: pathlib.Path) -> pathlib.Path:
    """Return the path of an archive; another of the same source goes by another name."""
    (tmp_path / "code").mkdir()
    return write_archive(tmp_path / "first.zip", "def where():\n    return where.__code__.co_filename, 1\n")


def write_archive(path: pathlib.Path, source: str) -> pathlib.Path:
    with zipfile.ZipFile(path, "w") as stream:
        stream.writestr("thing.py", source)
    return path


def where(archive: pathlib.Path) -> str:
    """Return what the module of the archive says in a process of its own."""
    script = f"import sys; sys.path.insert(0, {str(archive)!r}); import thing; print(*thing.where())"
    environment = {**os.environ, FOLDER: str(archive.parent / "code")}
    return subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_a_source_is_compiled_once_and_knows_where_it_lies(archive: pathlib.Path) -> None:
    assert where(archive) == f"{archive / 'thing.py'} 1"
    (kept,) = (archive.parent / "code").iterdir()
    written = kept.stat().st_mtime_ns
    other = archive.rename(archive.with_name("second.zip"))
    assert where(other) == f"{other / 'thing.py'} 1"
    assert [path.stat().st_mtime_ns for path in (archive.parent / "code").iterdir()] == [written]


def test_a_changed_source_is_compiled_anew(archive: pathlib.Path) -> None:
    where(archive)
    write_archive(archive, "def where():\n    return where.__code__.co_filename, 2\n")
    assert where(archive) == f"{archive / 'thing.py'} 2"
    assert len(list((archive.parent / "code").iterdir())) == 2
