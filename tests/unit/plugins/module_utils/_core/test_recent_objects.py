# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this run has created is known to its later tasks, by a file in the run's folder."""

from __future__ import annotations

import errno
import io
import os
import pathlib
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.recent_objects import RECENT_S, RecentObjects

ONE = "0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b70"


def test_two_tasks_of_one_run(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    first = RecentObjects(make_ctx(run_directory=str(tmp_path)))
    second = RecentObjects(make_ctx(run_directory=str(tmp_path)))
    assert not second.contains_any([ONE])
    first.add(ONE.upper(), "/groups(uniqueName='a b')")
    assert second.contains_any(["other", ONE])
    assert second.contains_any(["/groups(uniqueName='A B')"])
    second.discard(ONE)
    assert not RecentObjects(make_ctx(run_directory=str(tmp_path))).contains_any([ONE])
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_object_is_recent_for_ten_minutes(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    ctx = make_ctx(run_directory=str(tmp_path))
    fresh = RecentObjects(ctx)
    fresh.add(ONE)
    ctx.clock.passed += RECENT_S
    assert fresh.contains_any([ONE])
    ctx.clock.passed += 2
    assert not fresh.contains_any([ONE])


def test_what_was_deleted_is_known_to_later_tasks_until_it_is_there_again(
    make_ctx: t.Any, tmp_path: pathlib.Path
) -> None:
    first, ctx = RecentObjects(make_ctx(run_directory=str(tmp_path))), make_ctx(run_directory=str(tmp_path))
    second = RecentObjects(ctx)
    first.add(ONE)
    assert not second.contains_deleted(ONE)
    first.discard(ONE.upper())
    assert second.contains_deleted(ONE) and not second.contains_any([ONE])
    ctx.clock.passed += RECENT_S + 2
    assert not second.contains_deleted(ONE)
    for noted in (first.add, first.clear):
        first.discard(ONE)
        noted(ONE)
        assert not RecentObjects(make_ctx(run_directory=str(tmp_path))).contains_deleted(ONE)


def test_without_a_folder_a_task_knows_its_own(make_ctx: t.Any) -> None:
    fresh = RecentObjects(make_ctx())
    fresh.add(ONE)
    assert fresh.contains_any([ONE])
    assert not RecentObjects(make_ctx()).contains_any([ONE])


def test_a_link_is_not_followed(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    """Whoever can write into the folder must not make a task write elsewhere."""
    target = tmp_path / "target"
    target.write_text("mine")
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "cvops_recent").symlink_to(target)
    fresh = RecentObjects(make_ctx(run_directory=str(folder)))
    fresh.add(ONE)
    assert target.read_text() == "mine"
    assert fresh.contains_any([ONE]), "the task itself still knows"


def test_a_vanished_folder_and_a_broken_file_cost_nothing_more(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    gone = RecentObjects(make_ctx(run_directory=str(tmp_path / "gone")))
    gone.add(ONE)
    assert gone.contains_any([ONE])
    (tmp_path / "cvops_recent").write_bytes(b"\xff\xfe rubbish\nnonsense\n" + f"99999999999 {ONE}\n".encode())
    assert RecentObjects(make_ctx(run_directory=str(tmp_path))).contains_any([ONE])


def test_keys_with_line_breaks_stay_out_of_the_file(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    RecentObjects(make_ctx(run_directory=str(tmp_path))).add(f"x\n99999999999 {ONE}")
    assert not RecentObjects(make_ctx(run_directory=str(tmp_path))).contains_any([ONE])


def test_a_run_without_the_file_yet(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    ctx = make_ctx(run_directory=str(tmp_path))
    assert not RecentObjects(ctx).contains_any([ONE])
    assert ctx.warnings == []


@pytest.mark.parametrize("do", ["read", "write"])
def test_a_file_that_cannot_be_used_is_told_once(
    make_ctx: t.Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, do: str
) -> None:
    """What is not found would count as missing, although an earlier task has just made it."""

    def refused(*_words: t.Any, **_named: t.Any) -> int:
        raise PermissionError(13, "Permission denied")

    RecentObjects(make_ctx(run_directory=str(tmp_path))).add(ONE)
    ctx = make_ctx(run_directory=str(tmp_path))
    fresh = RecentObjects(ctx)
    monkeypatch.setattr(os, "open", refused)
    for dummy in range(2):
        if do == "write":
            fresh.add(ONE)
            assert fresh.contains_any([ONE])
        else:
            assert not fresh.contains_any([ONE])
    assert len(ctx.warnings) == 1 and "Permission denied" in ctx.warnings[0]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("do", ["read", "write", "close"])
def test_a_file_that_fails_after_it_was_opened_is_told_and_costs_nothing_more(
    make_ctx: t.Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, do: str, number: int
) -> None:
    """Entra ID has just created the object: the task that made it must not fail over a list."""

    class FailingStream(io.StringIO):
        def fail(self, *_words: t.Any) -> t.Any:
            raise OSError(number, os.strerror(number))

        def __exit__(self, *_words: t.Any) -> None:
            self.close()
            if do == "close":
                self.fail()

    def open_stream(descriptor: int, *_words: t.Any, **_named: t.Any) -> io.StringIO:
        os.close(descriptor)
        stream = FailingStream()
        if do != "close":
            setattr(stream, do, stream.fail)
        return stream

    RecentObjects(make_ctx(run_directory=str(tmp_path))).add(ONE)
    ctx = make_ctx(run_directory=str(tmp_path))
    fresh = RecentObjects(ctx)
    monkeypatch.setattr(os, "fdopen", open_stream)
    for dummy in range(2):
        assert do == "write" or not fresh.contains_any([ONE.replace("0", "1")])
        fresh.add(ONE)
        assert fresh.contains_any([ONE]), "the task itself still knows"
    assert len(ctx.warnings) == 1 and os.strerror(number) in ctx.warnings[0]
