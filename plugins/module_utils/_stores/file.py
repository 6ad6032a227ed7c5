# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A token pair in a file that only its owner can read: locked, replaced as a whole, on the disk before it is used."""

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
from .token_pair import Custodian, Pair, parse, to_document, words

#: Longer than a renewal can take.
LOCK_WAIT_S = 120.0
_LOCK_POLL_S = 0.05
_LARGEST = 1 << 20


class FileStore:
    """``PATH`` holds the pair; ``PATH.lock`` is locked by the process that it names; ``PATH.new`` is a write that is not finished."""

    def __init__(self, ctx: Context, path: str) -> None:
        self._ctx = ctx
        self.path = os.path.abspath(os.path.expanduser(path))
        self.where = f"file {self.path}"
        self.here = Custodian(os.uname().nodename, _user())

    def find(self) -> Pair | None:
        """The pair as it is now."""
        if not self._check_folder(create=False):
            return None
        text = self._content(self.path)
        return None if text is None else parse(text, self.where)

    def disturbed(self) -> bool:
        """True when the lock file names a holder who is gone."""
        try:
            descriptor = open_file(f"{self.path}.lock", os.O_RDWR)
        except OSError:  # none yet; or whoever needs the lock will be told what is wrong with it
            return False
        try:
            return take_lock(descriptor) and bool(_said(descriptor))
        except OSError:
            return False
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def locked(self, create: bool = False) -> t.Iterator[HeldFile]:
        """Hold the lock. The kernel releases that of a process that dies; the file's content then tells who it was."""
        if not self._check_folder(create):
            raise ConfigError(f"The token store {self.where} does not exist.", source=self.where)
        try:
            descriptor = open_file(f"{self.path}.lock", os.O_RDWR | os.O_CREAT)
        except OSError as exc:
            raise self.failed("locked", exc) from exc
        try:
            self._wait_for(descriptor)
            held = HeldFile(self, _said(descriptor))
            self._sign(descriptor, held.pair)
            try:
                yield held
            finally:
                os.ftruncate(descriptor, 0)
        finally:
            os.close(descriptor)

    def replace(self, pair: Pair) -> None:
        """Write, fsync, rename, fsync: at every moment the old or the new pair is there as a whole."""
        unfinished = f"{self.path}.new"
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(unfinished)
            text = json.dumps(to_document(pair), indent=2) + "\n"
            replace_file(self.path, text, unfinished, Durability.DISK, keep_unfinished=True)
        except OSError as exc:
            raise self.failed("written", exc) from exc

    def remove(self) -> None:
        """Delete the pair; the lock file stays, others may be waiting for it."""
        try:
            remove_file(self.path)
        except OSError as exc:
            raise self.failed("removed", exc) from exc

    def finish(self, pair: Pair | None) -> Pair | None:
        """What a write that was cut off has left: the pair that follows the stored one, if it is complete; else it is removed.

        Raises ConfigError for one that cannot be read: it may be the only copy of the pair.
        """
        unfinished = f"{self.path}.new"
        text = self._content(unfinished)
        if text is None:
            return None
        try:
            found = parse(text, self.where)
        except ConfigError:  # a part of a pair
            found = None
        follows = found is not None and pair is not None and found.generation == pair.generation + 1
        try:
            if not follows or pair is None or pair.renewal is None:
                os.unlink(unfinished)
                return None
            finish_replacing(self.path, unfinished)
        except OSError as exc:
            raise self.failed("written", exc) from exc
        return found

    def failed(self, what: str, exc: OSError, path: str | None = None) -> ConfigError:
        """The error of the operating system, for people; *path*: of the file that it is about, the store itself by default."""
        if exc.errno == errno.ELOOP:
            return self._unsafe("is a symbolic link", "put the file itself there", path)
        name, remedy = self._named(path)
        return ConfigError(f"{name} cannot be {what}: {exc.strerror}.{remedy}", source=self.where)

    def _named(self, path: str | None) -> tuple[str, str]:
        """The file in words, and what to do about one that a write has left beside the store."""
        if path is None or path == self.path:
            return f"The token store {self.where}", ""
        return (
            f"{path}, which a write to the token store {self.where} has left,",
            " It may be the only copy of the newest pair: make it readable for this user, or remove it if it holds none.",
        )

    def _check_folder(self, create: bool) -> bool:
        folder = os.path.dirname(self.path)
        try:
            if create:
                create_folder(folder)
            check_folder(folder)
        except FileNotFoundError:
            return False
        except OSError as exc:
            raise self.failed("reached", exc) from exc
        except NotPrivate as exc:
            what, remedy = {
                PrivacyFault.KIND: ("is no folder of its own", "name the real folder, not a link"),
                PrivacyFault.OWNER: ("belongs to another user", f"run as that user, or chown {folder}"),
                PrivacyFault.MODE: (f"others can enter (mode {exc.mode:04o})", f"chmod 0700 {folder}"),
            }[exc.fault]
            raise self._unsafe(f"lies in {folder}, which {what}", remedy) from None
        return True

    def _content(self, path: str) -> str | None:
        try:
            return read_file(path, _LARGEST)
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise self.failed("read", exc, path) from exc
        except NotPrivate as exc:
            what, remedy = {
                PrivacyFault.KIND: ("is no ordinary file", "put the pair there as JSON"),
                PrivacyFault.OWNER: ("belongs to another user", "run as that user, or create a token of your own"),
                PrivacyFault.MODE: (
                    f"can be read by others (mode {exc.mode:04o})",
                    f"chmod 0600 {path}; if anyone may have read it, revoke the token",
                ),
            }[exc.fault]
            raise self._unsafe(what, remedy, path) from None

    def _unsafe(self, what: str, remedy: str, path: str | None = None) -> ConfigError:
        name, of_leftover = self._named(path)
        return ConfigError(
            f"{name} {what}, so it is not used{of_leftover and '.'}{of_leftover or f': {remedy}.'}", source=self.where
        )

    def _wait_for(self, descriptor: int) -> None:
        pauses = Backoff(self._ctx, first_s=_LOCK_POLL_S, longest_s=_LOCK_POLL_S, spread=True)
        told = False
        limit = min(LOCK_WAIT_S, self._ctx.remaining_s())
        while True:
            try:
                if take_lock(descriptor):
                    return
            except OSError as exc:
                raise self.failed("locked", exc) from exc
            holder = self._holder(_said(descriptor))
            if pauses.spent_s() >= limit:
                raise WaitTimeout(
                    f"The token store {self.where} is held by {holder}; it was not released in {limit:.0f} s."
                    " If that process hangs, end it; the lock ends with it.",
                    source=self.where,
                )
            if not told:
                self._ctx.progress(f"waiting for the token store {self.where}, held by {holder}")
                told = True
            pauses.take()

    def _sign(self, descriptor: int, pair: Pair | None) -> None:
        """Say who holds it; whether a dead holder got anywhere is seen from the generation."""
        own = {
            "pid": os.getpid(),
            "host": self.here.host,
            "user": self.here.user,
            "since": words(self._ctx.clock.now().timestamp()),
            "generation": pair.generation if pair is not None else None,
        }
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(own).encode(), 0)

    def _holder(self, said: t.Mapping[str, t.Any]) -> str:
        if not said:
            return "another process"
        return f"process {said.get('pid')} of {said.get('user')} on {said.get('host')} since {said.get('since')}"

    def left_by(self, said: t.Mapping[str, t.Any], pair: Pair | None, finished: bool) -> str:
        """What became of a holder who is gone, in words; empty when the last one ended well."""
        if not said:
            return ""
        holder = f"{self._holder(said)} was ended while it held the token store {self.where}."
        if finished:
            return f"{holder} It had the new pair, which was found complete and is used."
        if pair is None:
            return f"{holder} There is no pair in it."
        if pair.renewal is not None and pair.renewal.state == "sent":
            return f"{holder} It had begun a renewal."
        if isinstance(said.get("generation"), int) and pair.generation > said["generation"]:
            return f"{holder} It had stored the new pair, which is used."
        return f"{holder} It had sent nothing: the pair of before is intact."


class HeldFile:
    """The file while its lock is held."""

    def __init__(self, store: FileStore, said: t.Mapping[str, t.Any]) -> None:
        self._store = store
        self.pair = store.find()
        finished = store.finish(self.pair)
        self.pair = finished or self.pair
        self.note = store.left_by(said, self.pair, finished is not None)

    def write(self, pair: Pair) -> None:
        """Replace the pair."""
        self._store.replace(pair)
        self.pair = pair

    def clear(self) -> None:
        """Remove the pair."""
        self._store.remove()
        self.pair = None


def _said(descriptor: int) -> dict[str, t.Any]:
    try:
        found = json.loads(os.pread(descriptor, 4096, 0) or b"{}")
    except ValueError:
        return {"pid": "unknown"}
    return found if isinstance(found, dict) else {}


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"
