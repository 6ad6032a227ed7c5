# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The folder of bundles: writing a bundle so that half of one is never seen, finding bundles, and the files that keep hashes elsewhere."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import typing as t

from ...._core.errors import ConfigError
from ...._core.private_files import (
    Durability,
    NotPrivate,
    append_line,
    create_folder,
    hold_folder,
    is_own_folder,
    read_ordinary_file,
    rename_folder,
    write_new_file,
)
from ..manifest import MANIFEST, Manifest, is_bundle_name
from ..reading import read_manifest

_LARGEST_SINK = 16 * 1024 * 1024
_UNFINISHED = re.compile(r"[0-9T:Z-]{1,20}(?: [0-9a-f-]{0,36}(?: [0-9a-f]{0,63})?)?")
_UNFINISHED_FOLDER = re.compile(r"\.[0-9A-Za-z][0-9A-Za-z._-]{0,99}\.unfinished")
#: By which a folder is known as a bundle, or as what is left of one.
_OF_BUNDLES = (MANIFEST, "attestation.json", "population.json")


class Found(t.NamedTuple):
    """A bundle in a folder of bundles."""

    name: str
    manifest: Manifest
    sha256: str


class SinkLine(t.NamedTuple):
    """A line that keeps the hash of a manifest."""

    time: str
    bundle_id: str
    sha256: str


def write_bundle(dest: str, name: str, files: t.Mapping[str, bytes], seal: t.Callable[[str], None]) -> None:
    """Write *files*, contents by path, as the bundle *name* in *dest*; *seal* is given the folder before it gets its name.

    It is written under a hidden name and renamed when it is complete; what runs that were killed have left there, of this bundle or another
    one, is removed. Raises ConfigError where another run writes it, and OSError; then there is no bundle of that name.
    """
    create_folder(dest)
    unfinished = os.path.join(dest, f".{name}.unfinished")
    create_folder(unfinished)
    with hold_folder(unfinished) as is_ours:
        if not is_ours:
            raise ConfigError(f"Another run writes the bundle {name}: wait until it ends.", source="option dest")
        if not is_own_folder(unfinished):
            raise ConfigError(f"option dest: {unfinished} belongs to another user: remove it", source="option dest")
        _remove_left_folders(dest, unfinished)
        try:
            os.chmod(unfinished, 0o700)  # before it is emptied: nobody else puts anything there any more
            _empty_folder(unfinished)
            for path, content in files.items():
                file = os.path.join(unfinished, path)
                create_private_folders(unfinished, os.path.dirname(path))
                write_new_file(file, content, Durability.BEST_EFFORT)
            seal(unfinished)
            rename_folder(unfinished, os.path.join(dest, name))
        except BaseException:
            with contextlib.suppress(OSError):
                shutil.rmtree(unfinished)
            raise


def create_private_folders(folder: str, below: str) -> None:
    """Create the folders of the path *below* in *folder*, each of which only this user can enter. Raises OSError."""
    for part in below.split("/") if below else []:
        folder = os.path.join(folder, part)
        create_folder(folder)


def _remove_left_folders(dest: str, ours: str) -> None:
    """Remove the folders of bundles that runs which were killed have left in *dest*, but for *ours* and what cannot be removed. Raises OSError."""
    with os.scandir(dest) as entries:
        paths = [entry.path for entry in entries if _UNFINISHED_FOLDER.fullmatch(entry.name)]
    for path in paths:
        with contextlib.suppress(OSError):
            if path == ours or not is_own_folder(path):
                continue
            with hold_folder(path) as is_left:
                if is_left:
                    shutil.rmtree(path)


def _empty_folder(folder: str) -> None:
    """Remove what is in *folder*. Raises OSError."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)


def list_bundle_names(dest: str) -> list[str]:
    """Return the names of the folders in *dest* that are bundles, or what is left of one, sorted. Raises ConfigError."""
    try:
        with os.scandir(dest) as entries:
            names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []
    except OSError as exc:
        raise ConfigError(f"option dest: {dest} cannot be listed: {exc.strerror}", source="option dest") from exc
    return sorted(
        name
        for name in names
        if is_bundle_name(name) and any(os.path.lexists(os.path.join(dest, name, file)) for file in _OF_BUNDLES)
    )


def find_newest_bundle(dest: str, before: str) -> Found | None:
    """Return the newest bundle in *dest* that is of an earlier time than *before*, None where there is none. Raises ConfigError.

    One that cannot be read raises, too: it could be the newest.
    """
    found = []
    for name in list_bundle_names(dest):
        manifest, digest = read_manifest(os.path.join(dest, name))
        if manifest["as_of"] < before:
            found.append(Found(name, manifest, digest))
    return max(found, key=lambda it: (it.manifest["as_of"], it.manifest["created"], it.name), default=None)


def format_sink_line(manifest: Manifest, sha256: str) -> str:
    """Return the line that keeps the hash of a manifest: time of the snapshot, bundle id, SHA-256."""
    return f"{manifest['as_of']} {manifest['bundle_id']} {sha256}"


def read_sink(path: str) -> list[SinkLine]:
    """Return the lines of a file that keeps hashes, none where there is not a file; others than those of bundles raise ConfigError.

    The beginning of a line, which a run that was killed or a full disk has left, proves nothing and is left out.
    """
    try:
        content = read_ordinary_file(path, _LARGEST_SINK)
    except FileNotFoundError:
        return []
    except NotPrivate as exc:
        raise ConfigError(f"{path}: is not an ordinary file of at most 16 MiB", source="option manifest_sink") from exc
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read: {exc.strerror}", source="option manifest_sink") from exc
    found = []
    for number, line in enumerate(content.decode("utf-8-sig", "replace").splitlines(), 1):
        words = line.split()
        if not words or line.startswith("#") or _UNFINISHED.fullmatch(line):
            continue
        if len(words) != len(SinkLine._fields):
            raise ConfigError(
                f"{path}, line {number}: does not consist of time, bundle id and SHA-256: name a file that contains only such lines",
                source="option manifest_sink",
            )
        found.append(SinkLine(*words))
    return found


def find_sink_obstacle(path: str) -> str:
    """Return why no line can be added to *path*, empty where it can. Reads folders only."""
    holder = os.path.dirname(path) or "."
    if os.path.isdir(path):
        return "is a folder: name a file in it"
    if not os.path.isdir(holder):
        return "its folder does not exist"
    if not os.access(path if os.path.exists(path) else holder, os.W_OK):
        return "may not be written to by the user that runs this"
    return ""


def add_sink_line(path: str, line: str) -> None:
    """Add *line* to the file *path*, and read it back. Raises ConfigError."""
    why = "only part of the line was written"  # such as on a disk that is full
    try:
        append_line(path, line)
        if SinkLine(*line.split()) in read_sink(path):
            return
    except OSError as exc:
        why = str(exc.strerror)
    raise ConfigError(
        f"The bundle is written, but its hash could not be added to {path}: {why}. Correct that and run the task "
        "again: it adds the line then.",
        source="option manifest_sink",
    )
