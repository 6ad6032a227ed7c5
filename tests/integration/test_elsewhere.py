# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks that run on another host: what is sent there is a short-lived token, not the credential behind it."""

from __future__ import annotations

import pathlib

import pytest
from cvops_simulator import Simulator
from helpers.playing import Player

CONNECTIONS = pathlib.Path(__file__).parent / "plugins" / "connection"
GROUP = "GG-Commvault-hq-vm-Admin"
ELSEWHERE = {"ansible_connection": "elsewhere"}


def task(**options: object) -> dict[str, object]:
    return {
        "name": "read",
        "cvops.identity.entra_group_info": {"display_name": GROUP, **options},
    }


@pytest.fixture
def env(tmp_path: pathlib.Path) -> dict[str, str]:
    """The other host's temporary folder is kept to look at."""
    return {
        "ANSIBLE_CONNECTION_PLUGINS": str(CONNECTIONS),
        "ANSIBLE_KEEP_REMOTE_FILES": "1",
        "ANSIBLE_PIPELINING": "0",
        "ANSIBLE_REMOTE_TEMP": str(tmp_path / "there"),
    }


def travelled(tmp_path: pathlib.Path) -> str:
    """All that lies on the other host after the task."""
    files = [path for path in (tmp_path / "there").rglob("*") if path.is_file()]
    assert files, "nothing was kept to look at"
    return "".join(path.read_bytes().decode("utf-8", "replace") for path in files)


@pytest.mark.whole
@pytest.mark.any_core
def test_only_a_token_travels(site: Simulator, play: Player, env: dict[str, str], tmp_path: pathlib.Path) -> None:
    site.journal.clear()
    run = play([task(), {**task(), "name": "read again"}], env=env, extra_vars=ELSEWHERE).ok()
    assert len(run.result["groups"]) == 1
    text = travelled(tmp_path)
    assert site.automation.client_secret not in text
    assert "access_token" in text and "cvops_tokens" not in text
    assert run.result["stats"]["sign_ins"] == 0
    posts = [entry for entry in site.journal.entries(service="login") if entry.method == "POST"]
    assert len(posts) == 1, "the controller signs in once for the run"


def test_the_target_signs_in_itself(site: Simulator, play: Player, env: dict[str, str]) -> None:
    run = play([task(sign_in_on="target")], env=env, extra_vars=ELSEWHERE).ok()
    assert run.result["stats"]["sign_ins"] == 1


@pytest.mark.whole
@pytest.mark.any_core
def test_commvault_modules_travel_without_the_entra_credential(
    site: Simulator, play: Player, env: dict[str, str], tmp_path: pathlib.Path
) -> None:
    entry = {"principal": {"entra_group": GROUP}, "grants": []}
    mapping = {
        "name": "map",
        "cvops.identity.commvault_role_mappings": {"mappings": [entry]},
    }
    run = play([mapping], env=env, extra_vars=ELSEWHERE).ok()
    assert run.result["changed"] is False
    assert site.automation.client_secret not in travelled(tmp_path)


def test_a_wrong_secret_fails_before_anything_travels(
    site: Simulator, play: Player, env: dict[str, str], tmp_path: pathlib.Path
) -> None:
    run = play([task()], env={**env, "CVOPS_CLIENT_SECRET": "not-the-secret"}, extra_vars=ELSEWHERE)
    assert run.result["error"]["code"] == "AADSTS7000215"
    assert "not-the-secret" not in run.text
    assert not (tmp_path / "there").exists()


@pytest.mark.whole
@pytest.mark.any_core
def test_the_environment_of_a_task_stays_here(
    site: Simulator, play: Player, env: dict[str, str], tmp_path: pathlib.Path
) -> None:
    """What gave an option, and with what the controller signed in; what the module reads itself travels out of sight."""
    own = {"CVOPS_CLIENT_SECRET": "{{ own }}", "ARM_OIDC_TOKEN": "Planted~4711", "IDENTITY_HEADER": "Planted~4712"}
    given = {**task(auth_method="client_secret"), "environment": {**own, "VAULT_TOKEN": "Planted~4713"}}
    run = play(
        [given],
        env={**env, "CVOPS_CLIENT_SECRET": ""},
        extra_vars={**ELSEWHERE, "own": site.automation.client_secret},
        verbosity=4,
    ).ok()
    assert len(run.result["groups"]) == 1
    text = travelled(tmp_path)
    assert site.automation.client_secret not in text
    assert "Planted~4711" not in text and "Planted~4712" not in text and "Planted~4713" in text
    assert site.automation.client_secret not in run.text and "Planted" not in run.text
