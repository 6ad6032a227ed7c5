# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One sign-in per identity and resource in a run, however many tasks it has and however they run."""

from __future__ import annotations

import pathlib

from cvops_simulator import Simulator
from helpers.playing import Player

GROUP = {"name": "read a group", "cvops.identity.entra_group_info": {"display_name": "GG-Commvault-hq-vm-Admin"}}


def sign_ins(site: Simulator) -> int:
    return len([entry for entry in site.journal.entries(service="login") if entry.method == "POST"])


def test_a_play_signs_in_once(site: Simulator, play: Player, in_process: bool, tmp_path: pathlib.Path) -> None:
    play([GROUP] * 5, in_process=in_process).ok()
    assert sign_ins(site) == 1
    assert [path for path in tmp_path.rglob("cvops_tokens")] == []


def test_both_ways_and_lookups_share_the_token(site: Simulator, play: Player) -> None:
    as_module = {**GROUP, "vars": {"cvops_in_process": False}}
    lookup = {
        "name": "look up",
        "ansible.builtin.set_fact": {"there": "{{ lookup('cvops.identity.entra_token') | length > 0 }}"},
    }
    play([GROUP, as_module, lookup]).ok()
    assert sign_ins(site) == 1


def test_none_signs_in_each_time(site: Simulator, play: Player) -> None:
    play([GROUP] * 2, env={"CVOPS_TOKEN_CACHE": "none"}).ok()
    assert sign_ins(site) == 2


def test_file_outlives_the_run_and_another_secret_does_not_meet_it(
    site: Simulator, play: Player, tmp_path: pathlib.Path
) -> None:
    env = {"CVOPS_TOKEN_CACHE": "file", "XDG_RUNTIME_DIR": str(tmp_path / "runtime")}
    (tmp_path / "runtime").mkdir(mode=0o700)
    play([GROUP], env=env).ok()
    play([GROUP], env=env).ok()
    assert sign_ins(site) == 1
    kept = [path for path in (tmp_path / "runtime").rglob("*") if path.is_file() and not path.name.endswith(".lock")]
    assert kept and all(path.stat().st_mode & 0o777 == 0o600 for path in kept)
    refused = play([GROUP], env={**env, "CVOPS_CLIENT_SECRET": "another"})
    assert refused.rc != 0 and "AADSTS7000215" in refused.text
