# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A key in a file: consumers read ``PATH``, what is pending lies in ``PATH.pending``.

``PATH`` is a JSON object with ``current`` and, after the first promotion, ``previous``; each has ``value`` and what is known of the key.
It is the former or the new file as a whole at every moment, also after a power failure or on a full disk.
"""

from __future__ import annotations

import contextlib
import json
import os
import typing as t

from ..._core.answers import AnswerRefused, parse_json
from ..._core.context import Context
from ..._core.errors import ConfigError
from ..._core.private_files import Durability, remove_file, replace_file
from ..lockable_file import FileWords, LockableFile
from .base import KEY_FACTS, Held, PlacedKeys, StoredKey, list_facts

KIND = "file"
_WORDS = FileWords(
    store="secret store",
    content="the keys",
    if_foreign="let the rotation keep the key in a file of its own",
    if_read="rotate the key",
    if_left="It may be the only copy of a key that is pending: make it readable for this user, or remove it and rotate again.",
)
#: What a file system needs to have left: a file, its successor and the lock.
_LEAST_FREE_BYTES = 64 * 1024


def open_key_file(ctx: Context, path: str) -> PlacedKeys:
    """Return the store in the file *path*; nothing is read or written yet."""
    file = LockableFile(ctx, path, _WORDS)

    @contextlib.contextmanager
    def lock(create: bool) -> t.Iterator[None]:
        with file.hold_lock(create) as held:
            held.note_holder()
            _remove_leftovers(file)
            yield

    current = FilePlace(file, file.path, "current", "previous")
    pending = FilePlace(file, f"{file.path}.pending", "pending")
    return PlacedKeys(ctx, KIND, current, pending, lock, lambda current, pending: _check_writable(file))


class FilePlace:
    """The member *member* of the JSON object in *path*; with *former* the key of before stays as this member."""

    def __init__(self, file: LockableFile, path: str, member: str, former: str | None = None) -> None:
        self._file, self._path, self._member, self._former = file, path, member, former
        self.label = f"file {path}"

    def read(self) -> Held:
        """Return what is there. Raises ConfigError for a file that cannot be read or trusted, or that something else has written."""
        if not self._file.check_folder(create=False):
            return Held()
        text = self._file.read_text(self._path)
        if text is None:
            return Held()
        document = self._parse(text)
        if not isinstance(document, dict) or self._member not in document:
            raise self._build_foreign_error(f"a JSON document without {self._member}")
        others = {name: value for name, value in document.items() if name != self._member}
        return Held(self._decode(document[self._member]), others=others)

    def read_before(self, held: Held) -> StoredKey | None:
        """Return the key before the last promotion, None for none. Raises ConfigError."""
        former = held.others.get(self._former) if self._former else None
        return None if former is None else self._decode(former)

    def write(self, key: StoredKey, held: Held) -> None:
        """Replace the file; *key* is on the disk when this returns. Raises ConfigError."""
        document = {**held.others, self._member: _encode(key)}
        if self._former and held.key is not None:
            document[self._former] = _encode(held.key)
        ordered = {
            name: document[name] for name in (self._member, *(name for name in document if name != self._member))
        }
        text = json.dumps(ordered, indent=2, ensure_ascii=True) + "\n"
        try:
            replace_file(self._path, text, f"{self._path}.new", Durability.DISK)
        except OSError as exc:
            raise self._file.build_os_error("written", exc, self._path) from exc

    def clear(self, held: Held) -> None:
        """Delete the file. Raises ConfigError."""
        try:
            remove_file(self._path)
        except OSError as exc:
            raise self._file.build_os_error("removed", exc, self._path) from exc

    def _parse(self, text: str) -> t.Any:
        try:
            return parse_json(text.encode())
        except (AnswerRefused, ValueError):  # the parser's text may quote the file
            raise self._build_foreign_error("no JSON") from None

    def _decode(self, found: t.Any) -> StoredKey:
        if not isinstance(found, dict) or not isinstance(found.get("value"), str) or not found["value"]:
            raise self._build_foreign_error("a key without a value")
        facts = {name: found.get(name, "") for name in KEY_FACTS}
        if not all(isinstance(fact, str) for fact in facts.values()):
            raise self._build_foreign_error("values about a key that are not texts")
        return StoredKey(found["value"], **facts)

    def _build_foreign_error(self, found: str) -> ConfigError:
        return ConfigError(
            f"{self.label} contains {found}, which a rotation never writes, so it is not changed: name another file, or move this one.",
            source=self.label,
        )


def _encode(key: StoredKey) -> dict[str, str]:
    return {"value": key.value, **list_facts(key)}


def _remove_leftovers(file: LockableFile) -> None:
    """Delete what writes have left that were killed: the lock is held, so nobody is writing them. Raises ConfigError."""
    for path in (f"{file.path}.new", f"{file.path}.pending.new"):
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        except OSError as exc:
            raise file.build_os_error("removed", exc, path) from exc


def _check_writable(file: LockableFile) -> None:
    """Raise ConfigError where the files cannot be written: the nearest folder that exists decides."""
    folder = os.path.dirname(file.path)
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    what = None
    if not os.access(folder, os.W_OK | os.X_OK):
        what = f"this user cannot write in {folder}: allow it, or name another file"
    else:
        found = os.statvfs(folder)
        if found.f_bavail * found.f_frsize < _LEAST_FREE_BYTES:
            what = f"the disk of {folder} is full: make room"
    if what:
        raise ConfigError(f"The secret store {file.location} cannot be written: {what}.", source=file.location)
