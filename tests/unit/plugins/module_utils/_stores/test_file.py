# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token store in a file: for its owner alone, locked, replaced as a whole, and suspicious of everything else."""

from __future__ import annotations

import errno
import json
import os
import pathlib
import re
import stat
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import AuthError, ConfigError, WaitTimeout
from ansible_collections.cvops.identity.plugins.module_utils._stores import lockable_file
from ansible_collections.cvops.identity.plugins.module_utils._stores.file import FileStore
from ansible_collections.cvops.identity.plugins.module_utils._stores.token_pair import (
    RenewalNote,
    TokenPair,
    encode_pair,
)

FIRST, SENT = (
    TokenPair("a1", "r1", generation=1),
    TokenPair("a1", "r1", generation=1, renewal=RenewalNote("sent", 5.0, "p")),
)
SECOND = TokenPair("a2", "r2", generation=2)


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "kept" / "pair.json"


@pytest.fixture
def store(make_ctx: t.Any, path: pathlib.Path) -> FileStore:
    return FileStore(make_ctx(), str(path))


def keep(store: FileStore, pair: TokenPair = FIRST) -> None:
    with store.lock(create=True) as locked:
        locked.write_pair(pair)


def test_made_for_its_owner_alone(store: FileStore, path: pathlib.Path) -> None:
    assert store.read_pair() is None
    previous = os.umask(0)
    try:
        keep(store)
    finally:
        os.umask(previous)
    assert store.read_pair() == FIRST
    modes = {item.name: stat.S_IMODE(item.stat().st_mode) for item in [path.parent, *path.parent.iterdir()]}
    assert modes == {"kept": 0o700, "pair.json": 0o600, "pair.json.lock": 0o600}
    with store.lock() as locked:
        locked.remove_pair()
    assert store.read_pair() is None


def test_nothing_is_made_where_it_is_only_used(store: FileStore, path: pathlib.Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"), store.lock():
        pass
    assert not path.parent.exists()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.chmod(0o640), "can be read by others"),
        (lambda path: path.parent.chmod(0o750), "which others can enter"),
        (lambda path: (path.rename(f"{path}.real"), path.symlink_to(f"{path}.real")), "symbolic link"),
        (lambda path: (path.unlink(), os.mkfifo(path, 0o600)), "not an ordinary file"),
        (lambda path: (path.unlink(), path.mkdir()), "not an ordinary file"),
        (lambda path: path.write_text("{"), "not JSON"),
        (
            lambda path: (path.parent.rename(f"{path.parent}2"), path.parent.symlink_to(f"{path.parent}2")),
            "not a real folder",
        ),
    ],
    ids=["mode", "folder's mode", "link", "pipe", "folder", "content", "link to folder"],
)
def test_what_others_could_have_touched_is_not_used(
    store: FileStore, path: pathlib.Path, spoil: t.Callable[[pathlib.Path], t.Any], said: str
) -> None:
    keep(store)
    spoil(path)
    with pytest.raises(ConfigError, match=said):
        store.read_pair()


def test_a_file_of_another_owner_is_not_used(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(store)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(ConfigError, match="belongs to another user"):
        store.read_pair()


def test_a_link_in_place_of_the_lock(store: FileStore, path: pathlib.Path) -> None:
    keep(store)
    lock = pathlib.Path(f"{path}.lock")
    lock.unlink()
    lock.symlink_to(path)
    with pytest.raises(ConfigError, match="symbolic link"), store.lock():
        pass
    assert store.read_pair() == FIRST


def test_who_waits_is_told_for_whom(store: FileStore, make_ctx: t.Any, path: pathlib.Path) -> None:
    keep(store)
    ctx = make_ctx()
    with (
        store.lock(),
        pytest.raises(WaitTimeout, match=rf"held by process {os.getpid()} of \S+ on .* since 2026-03-01T12:00:00Z"),
        FileStore(ctx, str(path)).lock(),
    ):
        pass
    assert sum(ctx.cancellation.waits) == pytest.approx(lockable_file.LOCK_WAIT_S, abs=1)
    assert all(
        re.fullmatch(rf"waiting for the token store .*, held by process {os.getpid()} of .*, at most \d+ s", line)
        for line in ctx.reporter.news
    )
    assert 1 <= len(ctx.reporter.news) <= lockable_file.LOCK_WAIT_S / 2


def leave(path: pathlib.Path, generation: int | None = 1) -> None:
    """A lock file as a killed process leaves it."""
    said = {"pid": 4711, "host": "h", "user": "u", "since": "2026-01-01T00:00:00Z", "generation": generation}
    pathlib.Path(f"{path}.lock").write_text(json.dumps(said))


@pytest.mark.parametrize(
    ("stored", "unfinished", "found", "said"),
    [
        (FIRST, None, FIRST, "It had sent nothing"),
        (FIRST, SENT, FIRST, "It had sent nothing"),
        (FIRST, SECOND, FIRST, "It had sent nothing"),
        (SENT, None, SENT, "It had begun a renewal"),
        (SENT, "{half", SENT, "It had begun a renewal"),
        (SENT, FIRST, SENT, "It had begun a renewal"),
        (SENT, SECOND, SECOND, "found complete and is used"),
        (SECOND, None, SECOND, "It had stored the new pair"),
    ],
)
def test_what_a_killed_process_left(
    store: FileStore,
    path: pathlib.Path,
    stored: TokenPair,
    unfinished: TokenPair | str | None,
    found: TokenPair,
    said: str,
) -> None:
    keep(store, stored)
    leave(path)
    left = pathlib.Path(f"{path}.new")
    if unfinished is not None:
        left.write_text(unfinished if isinstance(unfinished, str) else json.dumps(encode_pair(unfinished)))
        left.chmod(0o600)
    assert store.was_interrupted()
    with store.lock() as locked:
        assert not store.was_interrupted(), "a living holder is no disturbance"
        assert locked.pair == found
        assert said in locked.leftover
        assert "process 4711 of u on h since 2026-01-01T00:00:00Z" in locked.leftover
    assert store.read_pair() == found
    assert not left.exists()
    assert not store.was_interrupted()
    with store.lock() as locked:
        assert locked.leftover == ""


def test_a_lock_file_of_nonsense(store: FileStore, path: pathlib.Path) -> None:
    keep(store)
    pathlib.Path(f"{path}.lock").write_text("\x00garbage")
    with store.lock() as locked:
        assert locked.leftover


@pytest.mark.parametrize("name", ["fsync", "replace"])
def test_a_write_that_fails_keeps_what_was_there(store: FileStore, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def full(*_words: t.Any) -> None:
        raise OSError(28, "No space left on device")

    keep(store)
    with monkeypatch.context() as patched:
        patched.setattr(os, name, full)
        with pytest.raises(ConfigError, match="No space left"):
            keep(store, SECOND)
    assert store.read_pair() == FIRST


def test_a_new_pair_that_could_not_be_renamed_is_kept_for_the_next_run(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is complete on the disk, and the pair of before is void: the next process finishes the write."""

    def refused(*_words: t.Any) -> None:
        raise OSError(errno.EIO, "Input/output error")

    keep(store, SENT)
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", refused)
        with pytest.raises(ConfigError, match="cannot be written: Input/output error"):
            keep(store, SECOND)
    assert store.read_pair() == SENT
    with store.lock() as locked:
        assert locked.pair == SECOND
    assert store.read_pair() == SECOND


def test_a_user_without_a_name(make_ctx: t.Any, path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 987654)
    assert FileStore(make_ctx(), str(path)).custodian.user == "uid 987654"


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO])
def test_an_unfinished_write_that_cannot_be_read_is_not_thrown_away(
    store: FileStore, path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """It may hold the only copy of the new pair."""
    keep(store, SENT)
    leave(path)
    left = pathlib.Path(f"{path}.new")
    left.write_text(json.dumps(encode_pair(SECOND)))
    left.chmod(0o600)
    real = os.open

    def refused(name: t.Any, *arguments: t.Any, **named: t.Any) -> int:
        if str(name).endswith(".new"):
            raise OSError(number, os.strerror(number))
        return real(name, *arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refused)
        with pytest.raises(ConfigError, match=os.strerror(number)), store.lock():
            pass
    assert left.exists()
    with store.lock() as locked:
        assert locked.pair == SECOND


@pytest.mark.parametrize("make", [os.mkfifo, lambda name: os.symlink("pair.json", name)], ids=["pipe", "link"])
def test_what_lies_beside_the_store_is_named_itself(
    store: FileStore, path: pathlib.Path, make: t.Callable[[str], None]
) -> None:
    """The pair is healthy: whoever was told to replace it would lose it."""
    keep(store, SENT)
    leave(path)
    left = pathlib.Path(f"{path}.new")
    left.unlink(missing_ok=True)
    make(str(left))
    with pytest.raises(ConfigError) as caught, store.lock():
        pass
    assert str(caught.value).startswith(f"{left}, which a write to the token store")
    assert "remove it if it contains no pair" in str(caught.value)


def test_a_read_that_breaks_off_is_one_clear_error(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(store)

    def broken(*_words: t.Any) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "read", broken)
    with pytest.raises(ConfigError, match=os.strerror(errno.EIO)):
        store.read_pair()


def break_calls(monkeypatch: pytest.MonkeyPatch, name: str, number: int) -> None:
    """Let the system call *name* fail with *number*; a descriptor is closed all the same, as by the system."""
    real = getattr(os, name)

    def call(*words: t.Any) -> None:
        if name == "close":
            real(*words)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, name, call)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("name", ["pread", "pwrite", "ftruncate"])
def test_a_lock_file_that_cannot_be_used_is_one_clear_error(
    store: FileStore, monkeypatch: pytest.MonkeyPatch, name: str, number: int
) -> None:
    keep(store)
    with monkeypatch.context() as patched:
        break_calls(patched, name, number)
        with pytest.raises(ConfigError, match=f"cannot be locked: {os.strerror(number)}"), store.lock():
            pytest.fail("went on without a note of who holds the lock")
    with store.lock() as locked:
        assert locked.pair == FIRST


def test_who_waits_for_a_lock_file_that_cannot_be_read_gets_one_clear_error(
    store: FileStore, make_ctx: t.Any, path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store)
    with store.lock():
        break_calls(monkeypatch, "pread", errno.EIO)
        with pytest.raises(ConfigError, match=f"cannot be locked: {os.strerror(errno.EIO)}"):
            FileStore(make_ctx(), str(path)).lock().__enter__()


@pytest.mark.parametrize("name", ["ftruncate", "close"])
def test_a_lock_that_cannot_be_given_back_hides_no_error(
    store: FileStore, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The user has to learn that the pair is lost, not that a file could not be emptied."""
    keep(store)
    with monkeypatch.context() as patched, pytest.raises(AuthError, match="It is lost"), store.lock():
        break_calls(patched, name, errno.EIO)
        raise AuthError("It is lost.")


@pytest.mark.parametrize("name", ["ftruncate", "close"])
def test_a_lock_that_cannot_be_given_back_is_a_warning_after_work_that_is_done(
    make_ctx: t.Any, path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    ctx = make_ctx()
    store = FileStore(ctx, str(path))
    keep(store)
    with monkeypatch.context() as patched, store.lock() as locked:
        locked.write_pair(SECOND)
        break_calls(patched, name, errno.EIO)
    assert store.read_pair() == SECOND
    assert len(ctx.warnings) == 1
    assert f"{path}.lock" in ctx.warnings[0] and os.strerror(errno.EIO) in ctx.warnings[0]
