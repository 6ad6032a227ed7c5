# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A key in a file: whole at every moment, for its owner alone, one process at a time, and suspicious of everything else."""

from __future__ import annotations

import errno
import json
import os
import pathlib
import stat
import subprocess
import sys
import typing as t

import pytest
from collection_tree import collections_path

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, WaitTimeout
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions.base import PlacedKeys, StoredKey
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions.file import open_key_file

OLD, NEW = StoredKey("Planted-old", "1", "r1", "app", "2027-01-01T00:00:00Z"), StoredKey("Planted-new", "2")


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "kept" / "key.json"


@pytest.fixture
def store(make_ctx: t.Any, path: pathlib.Path) -> PlacedKeys:
    return open_key_file(make_ctx(), str(path))


def rotate(store: PlacedKeys, key: StoredKey) -> None:
    store.write_pending(key)
    store.promote(key.key_id)


def test_consumers_find_value_and_facts_as_documented(store: PlacedKeys, path: pathlib.Path) -> None:
    previous = os.umask(0)
    try:
        rotate(store, OLD)
        rotate(store, NEW)
        store.write_pending(StoredKey("Planted-third", "3"))
    finally:
        os.umask(previous)
    assert json.loads(path.read_text()) == {
        "current": {"value": "Planted-new", "key_id": "2"},
        "previous": {
            "value": "Planted-old",
            "key_id": "1",
            "rotation_id": "r1",
            "application": "app",
            "expires": "2027-01-01T00:00:00Z",
        },
    }
    modes = {item.name: stat.S_IMODE(item.stat().st_mode) for item in [path.parent, *path.parent.iterdir()]}
    assert modes == {"kept": 0o700, "key.json": 0o600, "key.json.lock": 0o600, "key.json.pending": 0o600}


def test_other_members_of_the_document_stay(store: PlacedKeys, path: pathlib.Path) -> None:
    rotate(store, OLD)
    path.write_text(json.dumps({**json.loads(path.read_text()), "note": "ours"}))
    rotate(store, NEW)
    assert json.loads(path.read_text())["note"] == "ours"


@pytest.mark.parametrize("what", ["key.json", "key.json.pending"])
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.chmod(0o640), "can be read by others"),
        (lambda path: (path.rename(f"{path}.real"), path.symlink_to(f"{path}.real")), "symbolic link"),
        (lambda path: (path.unlink(), os.mkfifo(path, 0o600)), "not an ordinary file"),
        (lambda path: path.write_text("{"), "no JSON"),
        (lambda path: path.write_text(""), "no JSON"),
        (lambda path: path.write_text("[1]"), "a JSON document without"),
        (lambda path: path.write_text('{"Planted": 1}'), "a JSON document without"),
        (lambda path: path.write_text('{"current": {}, "pending": {}}'), "a key without a value"),
        (lambda path: path.write_text('{"current": {"value": 1}, "pending": {"value": ""}}'), "a key without a value"),
        (
            lambda path: path.write_text(
                '{"current": {"value": "Planted", "key_id": 1}, "pending": {"value": "Planted", "key_id": []}}'
            ),
            "values",
        ),
        (lambda path: path.parent.chmod(0o750), "which others can enter"),
    ],
    ids=["mode", "link", "pipe", "cut", "empty", "list", "foreign", "no key", "no text", "no facts", "folder's mode"],
)
def test_what_others_could_have_touched_is_not_used(
    store: PlacedKeys, path: pathlib.Path, what: str, spoil: t.Callable[[pathlib.Path], t.Any], said: str
) -> None:
    rotate(store, OLD)
    store.write_pending(NEW)
    spoil(path.parent / what)
    for act in (
        store.check,
        lambda: store.promote(NEW.key_id),
        lambda: store.write_pending(NEW),
        lambda: (store.read_current(), store.read_pending()),
    ):
        with pytest.raises(ConfigError, match=said) as refused:
            act()
        assert "Planted" not in str(refused.value)
    assert said in ("symbolic link", "not an ordinary file") or (path.parent / what).lstat().st_size < 500


def test_a_file_of_another_owner_is_not_used(store: PlacedKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    rotate(store, OLD)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(ConfigError, match="belongs to another user"):
        store.read_current()


@pytest.mark.parametrize("name", ["fsync", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT])
def test_a_write_that_fails_keeps_what_consumers_read(
    store: PlacedKeys, path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, name: str, number: int
) -> None:
    rotate(store, OLD)
    store.write_pending(NEW)

    def fail(*_arguments: t.Any, **_keywords: t.Any) -> t.NoReturn:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, name, fail)
        with pytest.raises(ConfigError, match=os.strerror(number)):
            store.promote(NEW.key_id)
    assert (store.read_current(), store.read_pending()) == (OLD, NEW)
    assert sorted(item.name for item in path.parent.iterdir()) == ["key.json", "key.json.lock", "key.json.pending"]
    store.promote(NEW.key_id)
    assert (store.read_current(), store.read_previous()) == (NEW, OLD)


def test_a_full_disk_is_found_before_anything_is_written(
    store: PlacedKeys, path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = os.statvfs("/")
    full = os.statvfs_result([*found[:3], 0, 0, *found[5:]])
    monkeypatch.setattr(os, "statvfs", lambda _path: full)
    with pytest.raises(ConfigError, match="disk of .* is full"):
        store.check()
    assert not path.parent.exists()


def test_a_folder_that_cannot_be_written_is_found_before_anything_is_written(
    store: PlacedKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    with pytest.raises(ConfigError, match="this user cannot write in"):
        store.check()


def test_what_a_killed_process_has_left_is_removed(store: PlacedKeys, path: pathlib.Path) -> None:
    rotate(store, OLD)
    for name in ("key.json.new", "key.json.pending.new"):
        (path.parent / name).write_text('{"current": {"value": "Planted')
        (path.parent / name).chmod(0o600)
    assert store.read_current() == OLD
    rotate(store, NEW)
    assert sorted(item.name for item in path.parent.iterdir()) == ["key.json", "key.json.lock"]


def test_nothing_is_made_by_reading_and_by_taking_nothing_away(store: PlacedKeys, path: pathlib.Path) -> None:
    store.check()
    store.discard_pending("1")
    assert (store.read_current(), store.read_pending()) == (None, None)
    with pytest.raises(ConfigError, match="does not exist"):
        store.promote("1")
    assert not path.parent.exists()


def test_a_lock_that_another_process_keeps_is_waited_for_and_told(
    store: PlacedKeys, make_ctx: t.Any, path: pathlib.Path
) -> None:
    rotate(store, OLD)
    program = f"import fcntl,sys; f=open({str(path) + '.lock'!r},'r+'); fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdin is not None
        other.stdout.readline()
        with pytest.raises(WaitTimeout, match="secret store .* is held by another process"):
            open_key_file(make_ctx(), str(path)).write_pending(NEW)
        assert store.read_current() == OLD
        other.stdin.close()
    store.write_pending(NEW)


def test_two_processes_rotate_one_after_the_other(path: pathlib.Path, store: PlacedKeys) -> None:
    """Each writes and promotes keys of its own; what the other has pending it leaves alone and tries again."""
    program = """
import sys
from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions.base import StoredKey
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions.file import open_key_file
store, done = open_key_file(Context(options={}, reporter=None), sys.argv[1]), 0
while done < 15:
    key = StoredKey(f"value-{sys.argv[2]}-{done}", f"{sys.argv[2]}-{done}")
    try:
        store.write_pending(key)
        store.promote(key.key_id)
    except ConfigError as exc:
        if "It may be the only copy" not in str(exc):
            raise
        continue
    done += 1
"""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(path), name],
            env={"PYTHONPATH": str(collections_path())},
            stderr=subprocess.PIPE,
        )
        for name in ("a", "b")
    ]
    seen = set()
    while any(process.poll() is None for process in running):
        found = store.read_current()
        if found is not None:
            assert found.value == f"value-{found.key_id}"
            seen.add(found.key_id)
    assert [process.communicate()[1] for process in running] == [b"", b""]
    last = store.read_current()
    assert last is not None and last.key_id in ("a-14", "b-14") and store.read_pending() is None
