# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The key of pseudonyms is read from a private file, checked, and never shown."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.pseudonym_key import read_key

GOOD = "0123456789abcdef0123456789ABCDEF"


def write(path: pathlib.Path, text: str, mode: int = 0o600) -> str:
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_the_text_of_the_file_is_the_key(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    ctx = make_ctx({})
    assert read_key(ctx, write(tmp_path / "key", f"{GOOD}\n"), "key_file") == GOOD.encode()
    assert GOOD in ctx.secrets


@pytest.mark.parametrize(
    ("text", "words"),
    [(GOOD[:31], "holds 31 bytes"), ("", "holds 0 bytes"), ("ab" * 40, "a few"), ("x1" * 3000, "at most 4096")],
)
def test_what_is_no_key(make_ctx: t.Any, tmp_path: pathlib.Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_key(make_ctx({}), write(tmp_path / "key", text), "key_file")
    assert words in str(caught.value) and caught.value.facts["source"] == "option key_file"
    assert not text or text not in str(caught.value)


def test_files_that_others_can_read_and_links(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    path = write(tmp_path / "key", GOOD, 0o640)
    (tmp_path / "link").symlink_to(path)
    for name in ("key", "link", "none"):
        with pytest.raises(ConfigError, match="key_file: "):
            read_key(make_ctx({}), str(tmp_path / name), "key_file")
