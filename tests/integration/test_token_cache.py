# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One sign-in per identity and resource in a run, however many tasks it has and however they run."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from cvops_simulator import Simulator
from helpers.playing import Player

from ansible_collections.cvops.identity.plugins.module_utils._signin.tokens import decode_claims

pytestmark = pytest.mark.any_core

GROUP: dict[str, t.Any] = {
    "name": "read a group",
    "cvops.identity.entra_group_info": {"display_name": "GG-Commvault-hq-vm-Admin"},
}


def sign_ins(site: Simulator) -> int:
    return len([entry for entry in site.journal.entries(service="login") if entry.method == "POST"])


def test_a_play_signs_in_once(site: Simulator, play: Player, in_process: bool, tmp_path: pathlib.Path) -> None:
    play([GROUP] * 5, in_process=in_process).ok()
    assert sign_ins(site) == 1
    assert [path for path in tmp_path.rglob("cvops_tokens")] == []


@pytest.mark.every_core
def test_both_ways_and_lookups_share_the_token(site: Simulator, play: Player) -> None:
    as_module = {**GROUP, "vars": {"cvops_in_process": False}}
    lookup = {
        "name": "look up",
        "ansible.builtin.set_fact": {"there": "{{ lookup('cvops.identity.entra_token') | length > 0 }}"},
    }
    play([GROUP, as_module, lookup]).ok()
    assert sign_ins(site) == 1


NEW = ["Application.ReadWrite.OwnedBy", "Group.Read.All"]


def consent_to(app_id: str) -> dict[str, t.Any]:
    wanted = {"api": "Microsoft Graph", "application": NEW, "delegated": ["User.Read"]}
    return {"name": "consent", "cvops.identity.entra_admin_consent": {"app_id": app_id, "api_permissions": [wanted]}}


def test_a_consent_to_another_application_costs_no_sign_in(site: Simulator, play: Player, in_process: bool) -> None:
    tasks = [GROUP, consent_to(site.identity(name="job").client_id), GROUP, GROUP]
    for changed in (True, False):
        before = sign_ins(site)
        run = play(tasks, in_process=in_process).ok()
        assert run.one("consent")["changed"] is changed
        assert sign_ins(site) - before == 1


def test_a_new_right_of_the_caller_shows_in_one_new_token(site: Simulator, play: Player, in_process: bool) -> None:
    """Three permissions are granted, one request each: the tasks after that get one token that has them all."""
    tasks = [GROUP, consent_to(site.automation.client_id), GROUP, GROUP]
    known = len(site.login.issuer.key.issued)
    run = play(tasks, in_process=in_process).ok()
    assert run.one("consent")["changed"]
    first, second = (decode_claims(token)["roles"] for token in site.login.issuer.key.issued[known:])
    assert set(second) - set(first) == set(NEW)
    play(tasks, in_process=in_process).ok()
    assert sign_ins(site) == 3


def test_a_right_that_another_identity_got_shows_in_its_next_task(
    site: Simulator, play: Player, in_process: bool, tmp_path: pathlib.Path
) -> None:
    """It has signed in before, without the right; with the cache that outlives the run, too."""
    job = site.identity(name="job")
    other = {"client_id": job.client_id, "client_secret": "{{ lookup('ansible.builtin.env', 'TEST_JOB') }}"}
    module = "cvops.identity.entra_group_info"
    as_job = {module: {**GROUP[module], **other}}
    wanted = {"api": "Microsoft Graph", "application": ["Group.Read.All"]}
    consent = {"cvops.identity.entra_admin_consent": {"app_id": job.client_id, "api_permissions": [wanted]}}
    env = {"CVOPS_TOKEN_CACHE": "file", "XDG_RUNTIME_DIR": str(tmp_path), "TEST_JOB": job.client_secret}
    run = play([{**as_job, "ignore_errors": True}, consent, as_job], env=env, in_process=in_process).ok()
    assert [result.failed for result in run.results] == [True, False, False]


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
