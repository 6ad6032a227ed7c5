# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The log of rotations: a line for each run, in a file of its owner alone, without secrets."""

from __future__ import annotations

import json
import os
import pathlib
import stat
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.private_files import take_lock
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.rotation_log import append_entry


def test_each_entry_is_a_line_and_no_secret_is_in_it(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    ctx, path = make_ctx(), tmp_path / "new" / "rotations.jsonl"
    ctx.secrets.add("s3cr3t-value-of-a-key")
    append_entry(ctx, str(path), {"outcome": "overlap", "reason": "told s3cr3t-value-of-a-key"})
    append_entry(ctx, str(path), {"outcome": "not_due"})
    first, second = (json.loads(line) for line in path.read_text().splitlines())
    assert (first["outcome"], second) == ("overlap", {"outcome": "not_due"})
    assert "s3cr3t" not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_is_not_followed(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "other")
    with pytest.raises(ConfigError, match="rotation log"):
        append_entry(make_ctx(), str(tmp_path / "link"), {})
    assert not (tmp_path / "other").exists()


def test_a_log_that_is_locked_is_not_waited_for_for_ever(
    make_ctx: t.Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx, path = make_ctx(), tmp_path / "log"
    slept: list[float] = []
    monkeypatch.setattr(type(ctx), "sleep", lambda self, seconds: slept.append(seconds))
    monkeypatch.setattr(type(ctx.clock), "monotonic", lambda self: sum(slept))
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        assert take_lock(descriptor)
        with pytest.raises(ConfigError, match="locked"):
            append_entry(ctx, str(path), {})
    finally:
        os.close(descriptor)
    assert path.read_text() == ""


def test_a_disk_that_takes_half_a_line_leaves_none(
    make_ctx: t.Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx, path, write = make_ctx(), tmp_path / "log", os.write
    append_entry(ctx, str(path), {"outcome": "overlap"})
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[: len(data) // 2]))
        with pytest.raises(ConfigError, match="No space left"):
            append_entry(ctx, str(path), {"outcome": "not_due"})
    append_entry(ctx, str(path), {"outcome": "retired"})
    assert [json.loads(line)["outcome"] for line in path.read_text().splitlines()] == ["overlap", "retired"]
