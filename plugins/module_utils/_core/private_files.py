# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Files that only their owner can use: opened without following links, checked, locked, and replaced as a whole.

Functions raise OSError as the operating system does; what that means to the user, the caller knows.
"""

from __future__ import annotations

import contextlib
import enum
import errno
import fcntl
import os
import stat
import typing as t

#: What others may do with a file or a folder: nothing.
_ACCESS_OF_OTHERS = 0o077
#: What file systems answer that cannot make a file, or a folder, durable.
_CANNOT_SYNC_ERRORS = (errno.EINVAL, errno.ENOTSUP)
#: Bytes that are read at a time, whatever size a file may have.
_PART = 1024 * 1024


class PrivacyFault(enum.Enum):
    """Reasons why a file or folder is not private."""

    KIND = "not an ordinary file, or not a folder"
    OWNER = "belongs to another user"
    MODE = "other users have access to it"


class NotPrivate(Exception):
    """A file or folder that is not used. ``fault``: why; ``mode``: its permission bits."""

    def __init__(self, path: str, fault: PrivacyFault, mode: int) -> None:
        super().__init__(f"{path}: {fault.value} (mode {mode:04o})")
        self.fault, self.mode = fault, mode


class Durability(enum.Enum):
    """What a replaced file has to outlive beyond the end of the process.

    ``PROCESS``: nothing more. ``BEST_EFFORT``: a power failure, where the file system can do that. ``DISK``: a power failure,
    else it is not replaced.
    """

    PROCESS = "process"
    BEST_EFFORT = "best effort"
    DISK = "disk"


def create_folder(folder: str) -> None:
    """Create *folder*, which only this user can enter, and those above it as the umask says; one that is there stays. Raises OSError."""
    os.makedirs(folder, mode=0o700, exist_ok=True)


def check_folder(folder: str) -> None:
    """Raise NotPrivate for anything but a folder of this user that nobody else can enter; a link is no folder. Raises OSError."""
    found = os.lstat(folder)
    _check_private(found, folder, stat.S_ISDIR(found.st_mode))


def is_own_folder(folder: str) -> bool:
    """Return True for a folder of this user, whoever can enter it; a link is no folder. Raises OSError."""
    found = os.lstat(folder)
    return found.st_uid == os.geteuid() and stat.S_ISDIR(found.st_mode)


def open_file(path: str, flags: int) -> int:
    """Return a descriptor of *path*, of mode 0600 where *flags* create it; a link is not followed (ELOOP). Raises OSError."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def read_file(path: str, largest: int, *, is_strict: bool = False) -> str:
    """Return the text of *path*, at most *largest* bytes; what is no UTF-8 is replaced. Never waits for a pipe's writer.

    Raises OSError, NotPrivate for anything but an ordinary file of this user that nobody else can use, and, where it *is_strict*,
    UnicodeDecodeError for what is no UTF-8.
    """
    descriptor = open_file(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        found = os.fstat(descriptor)
        _check_private(found, path, stat.S_ISREG(found.st_mode) and found.st_size <= largest)
        return _read_content(descriptor, largest).decode("utf-8", "strict" if is_strict else "replace")
    finally:
        os.close(descriptor)


def read_ordinary_file(path: str, largest: int) -> bytes:
    """Return what *path* holds, whoever owns it and may use it; a link is not followed, and no pipe's writer is waited for.

    Raises OSError, and NotPrivate for anything but an ordinary file of at most *largest* bytes.
    """
    descriptor = open_file(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > largest:
            raise NotPrivate(path, PrivacyFault.KIND, stat.S_IMODE(found.st_mode) & 0o777)
        return _read_content(descriptor, largest)
    finally:
        os.close(descriptor)


def _read_content(descriptor: int, largest: int) -> bytes:
    """Return what a file holds, at most *largest* bytes, however few of them one read gives. Raises OSError."""
    parts = []
    while largest > 0 and (part := os.read(descriptor, min(largest, _PART))):
        parts.append(part)
        largest -= len(part)
    return b"".join(parts)


def write_new_file(path: str, content: bytes, durability: Durability) -> None:
    """Write *content* to *path*, a new file of mode 0600. Raises OSError, FileExistsError where it is there already."""
    descriptor = open_file(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        _sync_descriptor(stream.fileno(), durability)


def append_line(path: str, line: str) -> None:
    """Write *line* and a line feed at the end of *path*, a new file of mode 0600 where there is none, also on the disk.

    A last line without an end, such as of a run that was killed, is ended first. Raises OSError.
    """
    descriptor = open_file(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not an ordinary file")
        size = os.fstat(descriptor).st_size
        is_ended = size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
        added = f"{'' if is_ended else chr(10)}{line}\n".encode()
        if os.write(descriptor, added) < len(added):
            raise OSError(errno.ENOSPC, "only part of the line could be written")
        _sync_descriptor(descriptor, Durability.BEST_EFFORT)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def hold_folder(folder: str) -> t.Iterator[bool]:
    """Yield whether this process has *folder*, a folder that exists, to itself while the body runs. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield take_lock(descriptor)
    finally:
        os.close(descriptor)


def rename_folder(unfinished: str, folder: str) -> None:
    """Give a folder that is complete its name, also on the disk. Raises OSError, also where something that is not empty has that name."""
    os.rename(unfinished, folder)
    _sync_parent_folder(folder, Durability.DISK)


def replace_file(
    path: str, text: str, unfinished: str, durability: Durability, *, keep_unfinished: bool = False
) -> None:
    """Write *text* to *unfinished*, a new file of mode 0600, and rename it: *path* is the old or the new file, as a whole.

    A write that fails, also because *unfinished* is there already, leaves no *unfinished*, unless it is to be kept
    (*keep_unfinished*) as it may be the only copy of what it holds. Raises OSError.
    """
    try:
        descriptor = open_file(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            _sync_descriptor(stream.fileno(), durability)
        os.replace(unfinished, path)
    except BaseException:
        if not keep_unfinished:
            with contextlib.suppress(OSError):
                os.unlink(unfinished)
        raise
    _sync_parent_folder(path, durability)


def replace_shared_file(path: str, text: str, durability: Durability) -> None:
    """Write *text* as :func:`replace_file` does, where several processes may write *path*, under its name with ``.new`` behind it.

    What a process that was killed has left there is replaced. Raises BlockingIOError while another process writes it, and OSError.
    """
    unfinished = f"{path}.new"
    descriptor = open_file(unfinished, os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "not an ordinary file", unfinished)
        # The other one may have given the file its name since it was opened here.
        if not take_lock(descriptor) or not _is_same_file(unfinished, found):
            raise BlockingIOError(
                errno.EAGAIN, "another process is writing it: run the task again when that process has ended", path
            )
        try:
            os.fchmod(descriptor, 0o600)  # before anything is in it: it may have been there already
            os.ftruncate(descriptor, 0)
            stream.write(text)
            stream.flush()
            _sync_descriptor(descriptor, durability)
            os.replace(unfinished, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(unfinished)
            raise
    _sync_parent_folder(path, durability)


def _is_same_file(path: str, known: os.stat_result) -> bool:
    """Return whether *path* is still the file that was opened."""
    try:
        return os.path.samestat(os.lstat(path), known)
    except FileNotFoundError:
        return False


def finish_replacing(path: str, unfinished: str) -> None:
    """Rename *unfinished*, which a run that was killed has left complete, once it is on the disk. Raises OSError."""
    descriptor = open_file(unfinished, os.O_RDWR)
    try:
        _sync_descriptor(descriptor, Durability.DISK)
    finally:
        os.close(descriptor)
    os.replace(unfinished, path)
    _sync_parent_folder(path, Durability.DISK)


def remove_file(path: str) -> None:
    """Delete *path*, if it is there, also on the disk. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    _sync_parent_folder(path, Durability.DISK)


def take_lock(descriptor: int) -> bool:
    """Lock the file and return True; False when somebody else holds it. The kernel releases it with the descriptor. Raises OSError."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _check_private(found: os.stat_result, path: str, is_kind: bool) -> None:
    """Raise NotPrivate for what is of another kind or owner, or can be used by others."""
    mode = stat.S_IMODE(found.st_mode) & 0o777
    if not is_kind:
        raise NotPrivate(path, PrivacyFault.KIND, mode)
    if found.st_uid != os.geteuid():
        raise NotPrivate(path, PrivacyFault.OWNER, mode)
    if mode & _ACCESS_OF_OTHERS:
        raise NotPrivate(path, PrivacyFault.MODE, mode)


def _sync_descriptor(descriptor: int, durability: Durability) -> None:
    """Write the file to the disk as far as *durability* asks for it. Raises OSError."""
    if durability is Durability.PROCESS:
        return
    try:
        os.fsync(descriptor)
    except OSError as exc:
        if durability is Durability.DISK or exc.errno not in _CANNOT_SYNC_ERRORS:
            raise


def _sync_parent_folder(path: str, durability: Durability) -> None:
    """Make a rename or a removal durable where *durability* asks for it; not every file system can do that for a folder."""
    if durability is not Durability.DISK:
        return
    descriptor = os.open(os.path.dirname(os.path.abspath(path)), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _sync_descriptor(descriptor, Durability.BEST_EFFORT)
    finally:
        os.close(descriptor)
