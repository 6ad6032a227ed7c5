# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Reading of a bundle of access evidence, whoever made it: sizes, shapes and hashes are checked, nothing in it is followed."""

from __future__ import annotations

import os
import stat
import typing as t

from ..._core.errors import ConfigError
from ..._core.private_files import NotPrivate, read_ordinary_file
from . import manifest as manifests
from .manifest import LARGEST_FILE, LARGEST_MANIFEST, MANIFEST, MOST_FILES, SIGNATURE, Manifest
from .table_text import parse_table
from .tables import TABLES, Row

#: Folders in folders of a bundle: snapshot/commcells.
_DEEPEST = 3


class Bundle(t.NamedTuple):
    """Rows by the name of the table, all of TABLES, and the manifest with its SHA-256."""

    rows: dict[str, list[Row]]
    manifest: Manifest
    manifest_sha256: str


def read_bundle(folder: str, *, check_hashes: bool = True) -> Bundle:
    """Return the bundle in *folder*. Raises ConfigError with what is wrong with it, for all files together.

    *check_hashes* False: files that were changed after the bundle was sealed are taken as they are. The folder's own name is free.
    """
    found, digest = read_manifest(folder)
    entries = {entry["path"]: entry for entry in found["files"]}
    rows, problems = {}, []
    for table in TABLES:
        path = f"{table.name}.json"
        if path not in entries:
            problems.append(f"{path} is not in the manifest")
            continue
        try:
            content = read_content(folder, path)
            if check_hashes and (fault := find_fault(entries[path], content)):
                raise ConfigError(f"{path}: {fault}")
            rows[table.name] = parse_table(table, content)
        except ConfigError as exc:
            problems.append(str(exc))
    if problems:
        raise ConfigError(f"{folder}: {'; '.join(problems)}")
    return Bundle(rows, found, digest)


def read_manifest(folder: str) -> tuple[Manifest, str]:
    """Return the manifest of the bundle in *folder* and its SHA-256. Raises ConfigError."""
    try:
        content = read_content(folder, MANIFEST, LARGEST_MANIFEST)
        return manifests.parse_manifest(content), manifests.compute_sha256(content)
    except ConfigError as exc:
        raise ConfigError(f"{folder}: {exc}") from exc


def read_content(folder: str, path: str, largest: int = LARGEST_FILE) -> bytes:
    """Return the content of the file *path* of the bundle. Raises ConfigError; a link, also of a folder, is not followed."""
    *holders, _last = path.split("/")
    try:
        for depth in range(len(holders)):
            if not stat.S_ISDIR(os.lstat(os.path.join(folder, *holders[: depth + 1])).st_mode):
                raise ConfigError(f"{path}: its folder is not a folder")
        return read_ordinary_file(os.path.join(folder, path), largest)
    except NotPrivate as exc:
        raise ConfigError(f"{path}: is not an ordinary file of at most {largest // 1024 // 1024} MiB") from exc
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read: {exc.strerror}") from exc


def find_fault(entry: manifests.FileEntry, content: bytes) -> str:
    """Return how *content* differs from what was sealed, empty where it does not."""
    if len(content) != entry["size"]:
        return f"has {len(content)} bytes, but {entry['size']} bytes were sealed"
    return "" if manifests.compute_sha256(content) == entry["sha256"] else "was changed after it was sealed (SHA-256)"


def list_paths(folder: str) -> list[str]:
    """Return the paths of all that lies in a bundle's folder but folders, sorted, with links and other things. Raises ConfigError."""
    found: list[str] = []
    try:
        _collect_paths(folder, "", found, 0)
    except OSError as exc:
        raise ConfigError(f"{folder}: cannot be listed: {exc.strerror}") from exc
    return sorted(found)


def _collect_paths(folder: str, below: str, found: list[str], depth: int) -> None:
    """Add to *found* what lies in *folder*; what is deeper than a bundle is told as one. Raises ConfigError beyond the number of files, OSError."""
    with os.scandir(folder) as entries:
        for entry in entries:
            path = f"{below}{entry.name}"
            if entry.is_dir(follow_symlinks=False) and depth < _DEEPEST:
                _collect_paths(entry.path, f"{path}/", found, depth + 1)
            else:
                found.append(path)
            if len(found) > MOST_FILES + 2:
                raise ConfigError(f"there are more than {MOST_FILES} files")


def find_unknown_paths(folder: str, found: Manifest) -> list[str]:
    """Return what lies in the folder and is no part of the bundle. Raises ConfigError."""
    known = {entry["path"] for entry in found["files"]} | {MANIFEST, SIGNATURE}
    return [path for path in list_paths(folder) if path not in known]
