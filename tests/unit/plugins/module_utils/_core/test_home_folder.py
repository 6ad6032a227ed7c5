# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A user without home, as in a container: what is written there is refused, and no folder named ~ is made."""

from __future__ import annotations

import os
import pathlib
import pwd
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.home_folder import expand_home, lacks_home
from ansible_collections.cvops.identity.plugins.module_utils._core.option_sources import OptionSources
from ansible_collections.cvops.identity.plugins.module_utils._core.option_values import prepare_options
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.token_cache import open_token_cache
from ansible_collections.cvops.identity.plugins.plugin_utils.output_files import find_unwritable_files


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> pathlib.Path:
    """This process has neither ``HOME`` nor an entry in the list of users; its folder is empty."""

    def find_nobody(number: int) -> t.NoReturn:
        raise KeyError(number)

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", find_nobody)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_path_below_a_home_that_there_is_not(homeless: pathlib.Path) -> None:
    for path in ("~", "~/records"):
        with pytest.raises(ConfigError, match="variable x: ~ means a home folder.*Give an absolute path") as refused:
            expand_home(path, "variable x")
        assert refused.value.facts["source"] == "variable x"
    assert expand_home("/a/~/b", "x") == "/a/~/b" and expand_home("~unknown", "x") == "~unknown"
    assert not lacks_home("/root")


def test_a_path_below_a_home_that_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/runner")
    assert expand_home("~/records", "x") == "/home/runner/records"


@pytest.mark.parametrize("folder", [None, "/project"])
def test_an_option_that_is_a_path(make_ctx: t.Any, homeless: pathlib.Path, folder: str | None) -> None:
    ctx = make_ctx(spec={"ca_path": {"type": "path"}}, base_directory=folder)
    ctx.options = {"ca_path": "~/ca.pem"}
    with pytest.raises(ConfigError, match="option ca_path: ~ means"):
        prepare_options(ctx)


def test_a_token_cache_that_would_outlive_the_run(make_ctx: t.Any, homeless: pathlib.Path) -> None:
    ctx = make_ctx(sources=OptionSources(environ={}), run_directory=str(homeless / "run"))
    ctx.options = {"token_cache": "file"}
    (homeless / "run").mkdir()
    assert open_token_cache(ctx) is not None
    assert os.listdir(homeless) == ["run"] and os.listdir(homeless / "run") == ["cvops_tokens"]
    assert "has no home folder" in ctx.warnings[0] and "XDG_CACHE_HOME" in ctx.warnings[0]
    ctx.sources = OptionSources(environ={"XDG_CACHE_HOME": str(homeless / "caches")})
    ctx.warnings.clear()
    assert open_token_cache(ctx) is not None and (homeless / "caches/cvops/identity").is_dir() and not ctx.warnings


def test_a_file_that_a_playbook_writes(homeless: pathlib.Path) -> None:
    (problem,) = find_unwritable_files({"expiry_file": "~/expiry.json"}, "expiry", None)
    assert "~ means a home folder" in str(problem)
