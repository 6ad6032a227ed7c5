# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The token store in a file: readable by its owner only, locked, replaced atomically, synced to disk before the pair is used."""

from __future__ import annotations

import contextlib
import json
import os
import typing as t

from .._core.context import Context
from .._core.errors import ConfigError
from .._core.private_files import Durability, finish_replacing, open_file, remove_file, replace_file, take_lock
from .lockable_file import FileWords, LockableFile, describe_holder, find_user_name, read_holder
from .token_pair import PairCustodian, TokenPair, encode_pair, parse_pair

_WORDS = FileWords(
    store="token store",
    content="the pair",
    if_foreign="create a token of your own",
    if_read="revoke the token",
    if_left="It may be the only copy of the newest pair: make it readable for this user, or remove it if it contains no pair.",
)


class FileStore(LockableFile):
    """Token store in a file.

    ``PATH`` holds the pair, ``PATH.lock`` names the process that has locked it, ``PATH.new`` is an unfinished write.
    """

    def __init__(self, ctx: Context, path: str) -> None:
        super().__init__(ctx, path, _WORDS)
        self.custodian = PairCustodian(os.uname().nodename, find_user_name())

    def read_pair(self) -> TokenPair | None:
        """Return the stored pair, None when there is none. Raises ConfigError for one that cannot be read or trusted."""
        if not self.check_folder(create=False):
            return None
        text = self.read_text()
        return None if text is None else parse_pair(text, self.location)

    def was_interrupted(self) -> bool:
        """Return True when the lock file names a process that no longer holds the lock."""
        try:
            descriptor = open_file(f"{self.path}.lock", os.O_RDWR)
        except OSError:  # there is none yet; any other fault is reported to the process that needs the lock
            return False
        try:
            return take_lock(descriptor) and bool(read_holder(descriptor))
        except OSError:
            return False
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def lock(self, create: bool = False) -> t.Iterator[LockedFile]:
        """Hold the lock; with *create* the folder is made if it is missing.

        Raises ConfigError, and WaitTimeout naming the process that holds the lock.
        """
        with self.hold_lock(create) as lock:
            locked = LockedFile(self, lock.left_by)
            lock.note_holder(locked.pair.generation if locked.pair is not None else None)
            yield locked

    def replace_pair(self, pair: TokenPair) -> None:
        """Write *pair* with fsync and rename, so that the old or the new pair is complete at every moment. Raises ConfigError."""
        unfinished = f"{self.path}.new"
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(unfinished)
            text = json.dumps(encode_pair(pair), indent=2) + "\n"
            replace_file(self.path, text, unfinished, Durability.DISK, keep_unfinished=True)
        except OSError as exc:
            raise self.build_os_error("written", exc) from exc

    def remove_pair(self) -> None:
        """Delete the pair; the lock file stays, because other processes may be waiting for it. Raises ConfigError."""
        try:
            remove_file(self.path)
        except OSError as exc:
            raise self.build_os_error("removed", exc) from exc

    def finish_write(self, pair: TokenPair | None) -> TokenPair | None:
        """Finish an interrupted write, and return the pair that it stored; None when there was nothing to finish.

        An unfinished file is used if it is complete and follows *pair*, the stored one, else removed. Raises ConfigError for one
        that cannot be read: it may be the only copy of the newest pair.
        """
        unfinished = f"{self.path}.new"
        text = self.read_text(unfinished)
        if text is None:
            return None
        try:
            found = parse_pair(text, self.location)
        except ConfigError:  # the write was cut off in the middle
            found = None
        follows = found is not None and pair is not None and found.generation == pair.generation + 1
        try:
            if not follows or pair is None or pair.renewal is None:
                os.unlink(unfinished)
                return None
            finish_replacing(self.path, unfinished)
        except OSError as exc:
            raise self.build_os_error("written", exc) from exc
        return found

    def describe_leftover(self, holder: t.Mapping[str, t.Any], pair: TokenPair | None, finished: bool) -> str:
        """Return what an interrupted *holder* left behind, as a sentence; empty when the last holder ended well.

        *pair*: the stored pair now; *finished*: it comes from the write that was interrupted.
        """
        if not holder:
            return ""
        subject = f"{describe_holder(holder)} was ended while it held the token store {self.location}."
        if finished:
            return f"{subject} It had the new pair, which was found complete and is used."
        if pair is None:
            return f"{subject} There is no pair in it."
        if pair.renewal is not None and pair.renewal.state == "sent":
            return f"{subject} It had begun a renewal."
        if isinstance(holder.get("generation"), int) and pair.generation > holder["generation"]:
            return f"{subject} It had stored the new pair, which is used."
        return f"{subject} It had sent nothing: the previous pair is intact."


class LockedFile:
    """The token store in a file while its lock is held; interrupted writes were finished."""

    def __init__(self, store: FileStore, holder: t.Mapping[str, t.Any]) -> None:
        self._store = store
        self.pair = store.read_pair()
        finished = store.finish_write(self.pair)
        self.pair = finished or self.pair
        self.leftover = store.describe_leftover(holder, self.pair, finished is not None)

    def write_pair(self, pair: TokenPair) -> None:
        """Replace the pair; it is on the disk when this returns. Raises ConfigError."""
        self._store.replace_pair(pair)
        self.pair = pair

    def remove_pair(self) -> None:
        """Remove the pair. Raises ConfigError."""
        self._store.remove_pair()
        self.pair = None
