# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The token store in a file: readable by its owner only, locked, replaced atomically, synced to disk before the pair is used."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import pwd
import typing as t

from .._core.context import Context
from .._core.errors import ConfigError, WaitTimeout
from .._core.polling import Backoff
from .._core.private_files import (
    Durability,
    NotPrivate,
    PrivacyFault,
    check_folder,
    create_folder,
    finish_replacing,
    open_file,
    read_file,
    remove_file,
    replace_file,
    take_lock,
)
from .token_pair import PairCustodian, TokenPair, encode_pair, format_epoch, parse_pair

#: How long another process may hold the lock; longer than a renewal can take.
LOCK_WAIT_S = 120.0
_LOCK_POLL_S = 0.05
_LARGEST = 1 << 20


class FileStore:
    """Token store in a file.

    ``PATH`` holds the pair, ``PATH.lock`` names the process that has locked it, ``PATH.new`` is an unfinished write.
    """

    def __init__(self, ctx: Context, path: str) -> None:
        self._ctx = ctx
        self.path = os.path.abspath(os.path.expanduser(path))
        self.location = f"file {self.path}"
        self.custodian = PairCustodian(os.uname().nodename, _find_user_name())

    def read_pair(self) -> TokenPair | None:
        """Return the stored pair, None when there is none. Raises ConfigError for one that cannot be read or trusted."""
        if not self._check_folder(create=False):
            return None
        text = self._read_text(self.path)
        return None if text is None else parse_pair(text, self.location)

    def was_interrupted(self) -> bool:
        """Return True when the lock file names a process that no longer holds the lock."""
        try:
            descriptor = open_file(f"{self.path}.lock", os.O_RDWR)
        except OSError:  # there is none yet; any other fault is reported to the process that needs the lock
            return False
        try:
            return take_lock(descriptor) and bool(_read_holder(descriptor))
        except OSError:
            return False
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def lock(self, create: bool = False) -> t.Iterator[LockedFile]:
        """Hold the lock; with *create* the folder is made if it is missing.

        The kernel releases the lock of a process that dies; the content of the lock file then tells which process that was.
        Raises ConfigError, and WaitTimeout naming the process that holds the lock.
        """
        if not self._check_folder(create):
            raise ConfigError(f"The token store {self.location} does not exist.", source=self.location)
        try:
            descriptor = open_file(f"{self.path}.lock", os.O_RDWR | os.O_CREAT)
        except OSError as exc:
            raise self.build_os_error("locked", exc) from exc
        with contextlib.ExitStack() as release:
            release.callback(self._release, lambda: os.close(descriptor))
            try:
                self._wait_for_lock(descriptor)
                locked = LockedFile(self, _read_holder(descriptor))
                self._write_holder(descriptor, locked.pair)
            except OSError as exc:
                raise self.build_os_error("locked", exc) from exc
            release.callback(self._release, lambda: os.ftruncate(descriptor, 0))
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
        text = self._read_text(unfinished)
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

    def build_os_error(self, what: str, exc: OSError, path: str | None = None) -> ConfigError:
        """Return the ConfigError for a failed system call.

        *what*: the participle of what failed, for example ``written``; *path*: the file concerned, by default the store itself.
        """
        if exc.errno == errno.ELOOP:
            return self._build_unsafe_error("is a symbolic link", "put the file itself there", path)
        name, remedy = self._describe_path(path)
        return ConfigError(f"{name} cannot be {what}: {exc.strerror}.{remedy}", source=self.location)

    def _describe_path(self, path: str | None) -> tuple[str, str]:
        """Return how messages name the file, and a remedy for one that an interrupted write left beside the store."""
        if path is None or path == self.path:
            return f"The token store {self.location}", ""
        return (
            f"{path}, which a write to the token store {self.location} has left,",
            " It may be the only copy of the newest pair: make it readable for this user, or remove it if it holds none.",
        )

    def _check_folder(self, create: bool) -> bool:
        """Return False when the folder is missing. Raises ConfigError when it is not private."""
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
                PrivacyFault.KIND: ("is no folder of its own", "name the real folder, not a link"),
                PrivacyFault.OWNER: ("belongs to another user", f"run as that user, or chown {folder}"),
                PrivacyFault.MODE: (f"others can enter (mode {exc.mode:04o})", f"chmod 0700 {folder}"),
            }[exc.fault]
            raise self._build_unsafe_error(f"lies in {folder}, which {what}", remedy) from None
        return True

    def _read_text(self, path: str) -> str | None:
        """Return the content of a private file, None when it is missing. Raises ConfigError."""
        try:
            return read_file(path, _LARGEST)
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise self.build_os_error("read", exc, path) from exc
        except NotPrivate as exc:
            what, remedy = {
                PrivacyFault.KIND: ("is no ordinary file", "put the pair there as JSON"),
                PrivacyFault.OWNER: ("belongs to another user", "run as that user, or create a token of your own"),
                PrivacyFault.MODE: (
                    f"can be read by others (mode {exc.mode:04o})",
                    f"chmod 0600 {path}; if anyone may have read it, revoke the token",
                ),
            }[exc.fault]
            raise self._build_unsafe_error(what, remedy, path) from None

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
                f"The lock of the token store {self.location} could not be given back properly ({self.path}.lock: {exc.strerror});"
                " the next run may take this process for one that was interrupted."
            )

    def _wait_for_lock(self, descriptor: int) -> None:
        """Take the lock, waiting for the process that holds it. Raises WaitTimeout, OSError."""
        backoff = Backoff(self._ctx, first_s=_LOCK_POLL_S, longest_s=_LOCK_POLL_S, spread=True)
        limit = min(LOCK_WAIT_S, self._ctx.remaining_s())
        while True:
            if take_lock(descriptor):
                return
            holder = self._describe_holder(_read_holder(descriptor))
            if backoff.elapsed_s() >= limit:
                raise WaitTimeout(
                    f"The token store {self.location} is held by {holder}; it was not released in {limit:.0f} s."
                    " If that process hangs, end it; the lock ends with it.",
                    source=self.location,
                )
            backoff.pause(about=f"waiting for the token store {self.location}, held by {holder}", limit_s=limit)

    def _write_holder(self, descriptor: int, pair: TokenPair | None) -> None:
        """Write into the lock file which process holds the lock, and the generation of the pair that it found. Raises OSError."""
        holder = {
            "pid": os.getpid(),
            "host": self.custodian.host,
            "user": self.custodian.user,
            "since": format_epoch(self._ctx.clock.now().timestamp()),
            "generation": pair.generation if pair is not None else None,
        }
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)

    def _describe_holder(self, holder: t.Mapping[str, t.Any]) -> str:
        if not holder:
            return "another process"
        return (
            f"process {holder.get('pid')} of {holder.get('user')} on {holder.get('host')} since {holder.get('since')}"
        )

    def describe_leftover(self, holder: t.Mapping[str, t.Any], pair: TokenPair | None, finished: bool) -> str:
        """Return what an interrupted *holder* left behind, as a sentence; empty when the last holder ended well.

        *pair*: the stored pair now; *finished*: it comes from the write that was interrupted.
        """
        if not holder:
            return ""
        subject = f"{self._describe_holder(holder)} was ended while it held the token store {self.location}."
        if finished:
            return f"{subject} It had the new pair, which was found complete and is used."
        if pair is None:
            return f"{subject} There is no pair in it."
        if pair.renewal is not None and pair.renewal.state == "sent":
            return f"{subject} It had begun a renewal."
        if isinstance(holder.get("generation"), int) and pair.generation > holder["generation"]:
            return f"{subject} It had stored the new pair, which is used."
        return f"{subject} It had sent nothing: the pair of before is intact."


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


def _read_holder(descriptor: int) -> dict[str, t.Any]:
    """Return what the lock file says of its holder, also of one that died; empty when the last one gave the lock back.

    Pid ``unknown`` where it is no JSON. Raises OSError.
    """
    try:
        found = json.loads(os.pread(descriptor, 4096, 0) or b"{}")
    except ValueError:
        return {"pid": "unknown"}
    return found if isinstance(found, dict) else {}


def _find_user_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"
