# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A file that only its owner can use, with a lock beside it, for what must not be lost; the errors say what to do.

``PATH.lock`` names the process that has locked ``PATH``. The kernel releases the lock of a process that dies; the content of the lock
file then tells which process that was.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import pwd
import typing as t
from dataclasses import dataclass

from .._core.context import Context
from .._core.errors import ConfigError, WaitTimeout
from .._core.home_folder import expand_home
from .._core.polling import Backoff
from .._core.private_files import (
    NotPrivate,
    PrivacyFault,
    check_folder,
    create_folder,
    open_file,
    read_file,
    take_lock,
)
from .._core.values import format_time

#: How long another process may hold the lock; longer than a renewal can take.
LOCK_WAIT_S = 120.0
_LOCK_POLL_S = 0.05
_LARGEST = 1 << 20


@dataclass(frozen=True)
class FileWords:
    """What messages say of a kind of file.

    ``store``: what it is; ``content``: what to put there; ``if_foreign``: what to do where it is another user's; ``if_read``: what to do
    where others may have read it; ``if_left``: what to do with an unreadable file that a write has left beside it.
    """

    store: str
    content: str
    if_foreign: str
    if_read: str
    if_left: str


class LockableFile:
    """A private file at ``path``; ``location`` names it in messages."""

    def __init__(self, ctx: Context, path: str, words: FileWords) -> None:
        self._ctx, self._words = ctx, words
        self.path = os.path.abspath(expand_home(path, "option path of the file"))
        self.location = f"file {self.path}"

    def read_text(self, path: str | None = None) -> str | None:
        """Return the content of the file, or of *path* beside it; None when it is missing. Raises ConfigError."""
        path = path or self.path
        try:
            return read_file(path, _LARGEST)
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise self.build_os_error("read", exc, path) from exc
        except NotPrivate as exc:
            what, remedy = {
                PrivacyFault.KIND: ("is not an ordinary file", f"put {self._words.content} there as JSON"),
                PrivacyFault.OWNER: ("belongs to another user", f"run as that user, or {self._words.if_foreign}"),
                PrivacyFault.MODE: (
                    f"can be read by others (mode {exc.mode:04o})",
                    f"chmod 0600 {path}; if anyone may have read it, {self._words.if_read}",
                ),
            }[exc.fault]
            raise self._build_unsafe_error(what, remedy, path) from None

    def check_folder(self, create: bool) -> bool:
        """Return False when the folder is missing; with *create* it is made. Raises ConfigError when it is not private."""
        folder = os.path.dirname(self.path)
        try:
            if create:
                create_folder(folder)
            check_folder(folder)
        except FileNotFoundError:
            return False
        except OSError as exc:
            raise self.build_os_error("reached", exc) from exc
        except NotPrivate as exc:
            what, remedy = {
                PrivacyFault.KIND: ("is not a real folder", "name the real folder, not a link"),
                PrivacyFault.OWNER: ("belongs to another user", f"run as that user, or chown {folder}"),
                PrivacyFault.MODE: (f"others can enter (mode {exc.mode:04o})", f"chmod 0700 {folder}"),
            }[exc.fault]
            raise self._build_unsafe_error(f"lies in {folder}, which {what}", remedy) from None
        return True

    @contextlib.contextmanager
    def hold_lock(self, create: bool) -> t.Iterator[FileLock]:
        """Hold the lock; with *create* the folder is made if it is missing.

        Raises ConfigError, and WaitTimeout naming the process that holds the lock.
        """
        if not self.check_folder(create):
            raise ConfigError(f"The {self._words.store} {self.location} does not exist.", source=self.location)
        try:
            descriptor = open_file(f"{self.path}.lock", os.O_RDWR | os.O_CREAT)
        except OSError as exc:
            raise self.build_os_error("locked", exc) from exc
        with contextlib.ExitStack() as release:
            release.callback(self._release, lambda: os.close(descriptor))
            try:
                self._wait_for_lock(descriptor)
                lock = FileLock(self, descriptor, read_holder(descriptor))
            except OSError as exc:
                raise self.build_os_error("locked", exc) from exc
            release.callback(self._release, lock.clear_holder)
            yield lock

    def build_os_error(self, what: str, exc: OSError, path: str | None = None) -> ConfigError:
        """Return the ConfigError for a failed system call.

        *what*: the participle of what failed, for example ``written``; *path*: the file concerned, by default the file itself.
        """
        if exc.errno == errno.ELOOP:
            return self._build_unsafe_error("is a symbolic link", "put the file itself there", path)
        name, remedy = self._describe_path(path)
        return ConfigError(f"{name} cannot be {what}: {exc.strerror}.{remedy}", source=self.location)

    def describe_now(self, generation: int | None) -> dict[str, t.Any]:
        """Return what the lock file says of this process; *generation*: of the pair that it found, None for none."""
        return {
            "pid": os.getpid(),
            "host": os.uname().nodename,
            "user": find_user_name(),
            "since": format_time(self._ctx.clock.now()),
            "generation": generation,
        }

    def _describe_path(self, path: str | None) -> tuple[str, str]:
        """Return how messages name the file, and a remedy for one that an interrupted write left beside the store."""
        if path is None or path == self.path:
            return f"The {self._words.store} {self.location}", ""
        return (
            f"{path}, which a write to the {self._words.store} {self.location} has left,",
            f" {self._words.if_left}",
        )

    def _build_unsafe_error(self, what: str, remedy: str, path: str | None = None) -> ConfigError:
        name, of_leftover = self._describe_path(path)
        return ConfigError(
            f"{name} {what}, so it is not used{of_leftover and '.'}{of_leftover or f': {remedy}.'}",
            source=self.location,
        )

    def _release(self, call: t.Callable[[], None]) -> None:
        """Do *call* at the end of a lock; a failure is a warning, as the work is done or its error, which matters more, is on its way."""
        try:
            call()
        except OSError as exc:
            self._ctx.warn(
                f"The lock of the {self._words.store} {self.location} could not be released properly ({self.path}.lock: {exc.strerror});"
                " the next run may take this process for one that was interrupted."
            )

    def _wait_for_lock(self, descriptor: int) -> None:
        """Take the lock, waiting for the process that holds it. Raises WaitTimeout, OSError."""
        backoff = Backoff(self._ctx, first_s=_LOCK_POLL_S, longest_s=_LOCK_POLL_S, spread=True)
        limit = min(LOCK_WAIT_S, self._ctx.remaining_s())
        while True:
            if take_lock(descriptor):
                return
            holder = describe_holder(read_holder(descriptor))
            if backoff.elapsed_s() >= limit:
                raise WaitTimeout(
                    f"The {self._words.store} {self.location} is held by {holder}; it was not released in {limit:.0f} s."
                    " If that process hangs, end it; the lock ends with it.",
                    source=self.location,
                )
            told = f"waiting for the {self._words.store} {self.location}, held by {holder}"
            backoff.pause(about=told, limit_s=limit)


class FileLock:
    """The lock of a file while it is held. ``left_by``: what the lock file said of a process that died with it, else empty."""

    def __init__(self, file: LockableFile, descriptor: int, left_by: t.Mapping[str, t.Any]) -> None:
        self._file, self._descriptor, self.left_by = file, descriptor, left_by
        self._is_noted = False

    def note_holder(self, generation: int | None = None) -> None:
        """Write into the lock file which process holds the lock. Raises ConfigError."""
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, json.dumps(self._file.describe_now(generation)).encode(), 0)
        except OSError as exc:
            raise self._file.build_os_error("locked", exc) from exc
        self._is_noted = True

    def clear_holder(self) -> None:
        """Take this process out of the lock file; one that died, and that nothing was done about, stays named. Raises OSError."""
        if self._is_noted:
            os.ftruncate(self._descriptor, 0)


def read_holder(descriptor: int) -> dict[str, t.Any]:
    """Return what the lock file says of its holder, also of one that died; empty when the last one gave the lock back.

    Pid ``unknown`` where it is no JSON. Raises OSError.
    """
    try:
        found = json.loads(os.pread(descriptor, 4096, 0) or b"{}")
    except ValueError:
        return {"pid": "unknown"}
    return found if isinstance(found, dict) else {}


def describe_holder(holder: t.Mapping[str, t.Any]) -> str:
    """Return a process that holds a lock, in words."""
    if not holder:
        return "another process"
    return f"process {holder.get('pid')} of {holder.get('user')} on {holder.get('host')} since {holder.get('since')}"


def find_user_name() -> str:
    """Return the name of the user of this process."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"
