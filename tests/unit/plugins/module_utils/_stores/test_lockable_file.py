# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private file with a lock: what messages say of it, and what the lock file tells of those who hold it."""

from __future__ import annotations

import json
import os
import pathlib
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._stores.lockable_file import (
    FileWords,
    LockableFile,
    describe_holder,
)

WORDS = FileWords("box", "the things", "take another box", "change the things", "Open it.")


@pytest.fixture
def file(make_ctx: t.Any, tmp_path: pathlib.Path) -> LockableFile:
    return LockableFile(make_ctx(), str(tmp_path / "kept" / "box.json"), WORDS)


def test_messages_are_in_the_words_of_the_file(file: LockableFile) -> None:
    with pytest.raises(ConfigError, match="^The box file .* does not exist"), file.hold_lock(create=False):
        pass
    with file.hold_lock(create=True):
        pathlib.Path(file.path).write_text("x")
        beside = pathlib.Path(f"{file.path}.new")
        beside.write_text("x")
    pathlib.Path(file.path).chmod(0o644)
    beside.chmod(0o644)
    with pytest.raises(ConfigError, match="The box .*read by others .*if anyone may have read it, change the things"):
        file.read_text()
    with pytest.raises(ConfigError, match="which a write to the box .* has left, .* Open it"):
        file.read_text(str(beside))


def test_the_lock_file_names_its_holder_while_it_is_held_and_one_that_died_with_it(file: LockableFile) -> None:
    lock_path = pathlib.Path(f"{file.path}.lock")
    with file.hold_lock(create=True) as lock:
        assert lock.left_by == {}
        lock.note_holder(7)
        noted = json.loads(lock_path.read_text())
        assert (noted["pid"], noted["generation"]) == (os.getpid(), 7)
    assert lock_path.read_text() == ""
    lock_path.write_text(json.dumps(noted))
    with file.hold_lock(create=False) as lock:
        assert lock.left_by == noted
    assert json.loads(lock_path.read_text()) == noted  # nothing was done about it
    assert describe_holder(noted).startswith(f"process {os.getpid()} of ")
    assert describe_holder({}) == "another process"
