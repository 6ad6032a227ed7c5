# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private files: who may use them, what is left of a write that fails or is killed, and who holds a lock."""

from __future__ import annotations

import errno
import os
import pathlib
import stat
import subprocess
import sys
import threading
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.private_files import (
    Durability,
    NotPrivate,
    PrivacyFault,
    append_line,
    check_folder,
    create_folder,
    finish_replacing,
    hold_folder,
    is_own_folder,
    open_file,
    read_file,
    read_ordinary_file,
    remove_file,
    rename_folder,
    replace_file,
    replace_shared_file,
    take_lock,
    write_new_file,
)


def mode_of(path: pathlib.Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> t.Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_what_is_made_is_private_under_every_umask(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "a" / "b"
    create_folder(str(folder))
    assert mode_of(folder) == 0o700
    check_folder(str(folder))
    path = folder / "x"
    replace_file(str(path), "text", f"{path}.new", Durability.DISK)
    assert (mode_of(path), path.read_text()) == (0o600, "text")
    assert read_file(str(path), 100) == "text"


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: pathlib.Path) -> None:
    tmp_path.chmod(0o755)
    create_folder(str(tmp_path))
    assert mode_of(tmp_path) == 0o755


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_file_is_read(tmp_path: pathlib.Path, mode: int) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"caf\xc3\xa9 \xff")
    path.chmod(mode)
    assert read_file(str(path), 100) == "café \ufffd"


@pytest.mark.parametrize("mode", [0o601, 0o602, 0o604, 0o610, 0o620, 0o640])
def test_what_others_may_use_is_told_with_its_mode(tmp_path: pathlib.Path, mode: int) -> None:
    path = tmp_path / "x"
    path.write_text("text")
    path.chmod(mode)
    with pytest.raises(NotPrivate, match=f"{mode:04o}") as told:
        read_file(str(path), 100)
    assert (told.value.fault, told.value.mode) == (PrivacyFault.MODE, mode)
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(mode | 0o100)
    with pytest.raises(NotPrivate) as told:
        check_folder(str(folder))
    assert (told.value.fault, told.value.mode) == (PrivacyFault.MODE, mode | 0o100)
    assert is_own_folder(str(folder))


def test_what_belongs_to_another_user_is_told(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    path.write_text("text")
    path.chmod(0o600)
    tmp_path.chmod(0o700)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(NotPrivate) as told:
        read_file(str(path), 100)
    assert told.value.fault is PrivacyFault.OWNER
    with pytest.raises(NotPrivate) as told:
        check_folder(str(tmp_path))
    assert told.value.fault is PrivacyFault.OWNER
    assert not is_own_folder(str(tmp_path))


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "large"])
def test_only_an_ordinary_file_of_ordinary_size_is_read(tmp_path: pathlib.Path, kind: str) -> None:
    """A pipe without a writer would hang the run."""
    path = tmp_path / "x"
    if kind == "folder":
        path.mkdir(mode=0o700)
    elif kind == "pipe":
        os.mkfifo(path, 0o600)
    elif kind == "device":
        path = pathlib.Path("/dev/null")
    else:
        path.touch(0o600)
        path.write_text("x" * 101)
    with pytest.raises(NotPrivate) as told:
        read_file(str(path), 100)
    assert told.value.fault is PrivacyFault.KIND


def test_a_file_of_the_greatest_size_is_read_whole(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "x"
    path.touch(0o600)
    path.write_text("x" * 100)
    assert read_file(str(path), 100) == "x" * 100


def test_links_are_not_followed(tmp_path: pathlib.Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.touch(0o600)
    link.symlink_to(target)
    for flags in (os.O_RDONLY, os.O_RDWR | os.O_CREAT, os.O_WRONLY | os.O_APPEND):
        with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
            open_file(str(link), flags)
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        read_file(str(link), 100)
    folder = tmp_path / "folder"
    folder.symlink_to(tmp_path)
    with pytest.raises(NotPrivate) as told:
        check_folder(str(folder))
    assert told.value.fault is PrivacyFault.KIND
    assert not is_own_folder(str(folder))


def test_a_link_in_the_place_of_the_file_is_replaced_not_followed(tmp_path: pathlib.Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("of somebody")
    link.symlink_to(target)
    replace_file(str(link), "text", f"{link}.new", Durability.PROCESS)
    assert (target.read_text(), link.read_text(), link.is_symlink()) == ("of somebody", "text", False)


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("kind", ["file", "link"])
def test_an_unfinished_file_is_never_written_to(tmp_path: pathlib.Path, kind: str, keep: bool) -> None:
    path, unfinished, target = tmp_path / "x", tmp_path / "x.new", tmp_path / "target"
    path.write_text("old")
    target.write_text("of somebody")
    if kind == "file":
        unfinished.write_text("the only copy")
    else:
        unfinished.symlink_to(target)
    with pytest.raises(FileExistsError):
        replace_file(str(path), "new", str(unfinished), Durability.DISK, keep_unfinished=keep)
    assert (path.read_text(), target.read_text(), unfinished.exists()) == ("old", "of somebody", keep)


def failing(number: int) -> t.Callable[..., t.Any]:
    def fail(*_words: t.Any, **_named: t.Any) -> t.Any:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, call: str, keep: bool
) -> None:
    path, unfinished = tmp_path / "x", tmp_path / "x.new"
    path.write_text("old")
    with monkeypatch.context() as patched:
        patched.setattr(os, call, failing(errno.EIO))
        with pytest.raises(OSError, match=os.strerror(errno.EIO)):
            replace_file(str(path), "new", str(unfinished), Durability.DISK, keep_unfinished=keep)
    assert path.read_text() == "old"
    assert unfinished.exists() is keep
    if keep:
        finish_replacing(str(path), str(unfinished))
        assert (path.read_text(), unfinished.exists()) == ("new", False)


@pytest.mark.parametrize(
    ("durability", "number", "written"),
    [
        (Durability.PROCESS, errno.EIO, True),
        (Durability.BEST_EFFORT, errno.EIO, False),
        (Durability.BEST_EFFORT, errno.EINVAL, True),
        (Durability.BEST_EFFORT, errno.ENOTSUP, True),
        (Durability.DISK, errno.EINVAL, False),
        (Durability.DISK, errno.EIO, False),
    ],
)
def test_who_needs_the_disk_learns_that_it_was_not_reached(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, durability: Durability, number: int, written: bool
) -> None:
    path = tmp_path / "x"
    monkeypatch.setattr(os, "fsync", failing(number))
    if written:
        replace_file(str(path), "new", f"{path}.new", durability)
    else:
        with pytest.raises(OSError, match=os.strerror(number)):
            replace_file(str(path), "new", f"{path}.new", durability)
    assert path.exists() is written


def test_the_disk_has_the_content_before_the_name_and_the_name_before_the_end(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, unfinished = tmp_path / "x", tmp_path / "x.new"
    done: list[str] = []
    sync, replace = os.fsync, os.replace

    def noted_sync(descriptor: int) -> None:
        found = os.fstat(descriptor)
        done.append("folder" if stat.S_ISDIR(found.st_mode) else f"{found.st_size} bytes")
        sync(descriptor)

    def noted_replace(*names: str) -> None:
        done.append("rename")
        replace(*names)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(os, "replace", noted_replace)
    replace_file(str(path), "new", str(unfinished), Durability.DISK)
    assert done == ["3 bytes", "rename", "folder"]
    done.clear()
    path.rename(unfinished)
    finish_replacing(str(path), str(unfinished))
    assert done == ["3 bytes", "rename", "folder"]
    done.clear()
    remove_file(str(path))
    remove_file(str(path))
    assert (done, path.exists()) == (["folder", "folder"], False)


@pytest.mark.parametrize(("number", "is_told"), [(errno.EINVAL, False), (errno.ENOTSUP, False), (errno.EIO, True)])
def test_a_file_system_that_cannot_sync_folders_is_no_failure(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, number: int, is_told: bool
) -> None:
    path, sync = tmp_path / "x", os.fsync

    def fail_for_folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fail_for_folders)
    if is_told:
        with pytest.raises(OSError, match=os.strerror(number)):
            replace_file(str(path), "new", f"{path}.new", Durability.DISK)
    else:
        replace_file(str(path), "new", f"{path}.new", Durability.DISK)
    assert path.read_text() == "new"


def test_a_reader_sees_the_old_or_the_new_file_only(tmp_path: pathlib.Path) -> None:
    path = str(tmp_path / "x")
    texts = ["a" * 50_000, "b" * 60_000]
    replace_file(path, texts[0], f"{path}.new", Durability.PROCESS)
    over = threading.Event()

    def write() -> None:
        for number in range(200):
            replace_file(path, texts[number % 2], f"{path}.new", Durability.PROCESS)
        over.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = {read_file(path, 100_000) for dummy in iter(over.is_set, True)}
    writer.join()
    assert seen <= set(texts) and seen


LOCKER = """
import fcntl, sys, time
stream = open(sys.argv[1], "w")
fcntl.flock(stream, fcntl.LOCK_EX)
sys.stdout.write("locked\\n")
sys.stdout.flush()
time.sleep(600)
"""


def test_a_lock_has_one_holder_and_ends_with_its_process(tmp_path: pathlib.Path) -> None:
    path = str(tmp_path / "x.lock")
    with subprocess.Popen([sys.executable, "-c", LOCKER, path], stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None and holder.stdout.readline() == "locked\n"
            descriptor = open_file(path, os.O_RDWR)
            assert not take_lock(descriptor)
        finally:
            holder.kill()
            holder.wait()
    assert take_lock(descriptor)
    second = open_file(path, os.O_RDWR)
    assert not take_lock(second)
    os.close(descriptor)
    assert take_lock(second)
    os.close(second)


def test_a_lock_that_the_system_cannot_give_is_an_error(tmp_path: pathlib.Path) -> None:
    descriptor = open_file(str(tmp_path / "x.lock"), os.O_RDWR | os.O_CREAT)
    os.close(descriptor)
    with pytest.raises(OSError, match=os.strerror(errno.EBADF)):
        take_lock(descriptor)


def test_a_new_file_is_private_and_never_replaces_one(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "new"
    write_new_file(str(path), b"\x00\xff", Durability.DISK)
    assert path.read_bytes() == b"\x00\xff" and mode_of(path) == 0o600
    with pytest.raises(FileExistsError):
        write_new_file(str(path), b"other", Durability.PROCESS)
    assert path.read_bytes() == b"\x00\xff"


def test_lines_are_added_and_a_broken_one_is_ended(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "lines"
    append_line(str(path), "one")
    assert mode_of(path) == 0o600
    path.write_text("one\ntw")
    path.chmod(0o644)
    append_line(str(path), "three")
    assert path.read_text() == "one\ntw\nthree\n" and mode_of(path) == 0o644
    (tmp_path / "link").symlink_to(path)
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "."):
        with pytest.raises(OSError):
            append_line(str(tmp_path / name), "four")
    assert "four" not in path.read_text()


def test_a_line_of_which_only_a_part_was_written_is_told(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, content: write(descriptor, content[:2]))
    with pytest.raises(OSError, match="only part"):
        append_line(str(tmp_path / "lines"), "one")


def test_files_of_others_are_read_when_they_are_ordinary_and_small(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    path.chmod(0o644)
    assert read_ordinary_file(str(path), 5) == b"12345"
    os.mkfifo(tmp_path / "pipe")
    for name, largest in (("file", 4), ("pipe", 5), (".", 5)):
        with pytest.raises(NotPrivate):
            read_ordinary_file(str(tmp_path / name), largest)
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        read_ordinary_file(str(tmp_path / "link"), 5)


def test_a_folder_is_held_by_one_and_gets_a_name_that_is_free(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "unfinished"
    folder.mkdir()
    (folder / "x").write_text("x")
    with hold_folder(str(folder)) as first, hold_folder(str(folder)) as second:
        assert (first, second) == (True, False)
        rename_folder(str(folder), str(tmp_path / "done"))
    folder.mkdir()
    with pytest.raises(OSError):
        rename_folder(str(folder), str(tmp_path / "done"))
    assert (tmp_path / "done" / "x").read_text() == "x"


def test_a_file_that_lay_there_for_all_is_for_its_owner_alone(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "document.json"
    left = tmp_path / "document.json.new"
    left.write_text("what a killed run has left", encoding="utf-8")
    left.chmod(0o666)
    replace_shared_file(str(path), "new", Durability.PROCESS)
    assert (path.read_text(encoding="utf-8"), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o600)
    assert not left.exists()
