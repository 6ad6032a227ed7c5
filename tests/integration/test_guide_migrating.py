# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page "Coming from ...": its commands on a site whose objects others have made, each way to the run that reports no change."""

from __future__ import annotations

import json
import pathlib
import re
import shlex
import textwrap
import typing as t

import pytest
import yaml
from collection_tree import ROOT
from cvops_simulator import Simulator
from helpers.checks import assert_no_writes
from helpers.playing import Player, Run

pytestmark = pytest.mark.any_core

GUIDE = (ROOT / "docs" / "docsite" / "rst" / "guide_migrating.rst").read_text()
APPLICATION, GROUP = "7c1e5a90-2b64-4f0d-9a3e-51d8c0b7e214", "e2b0f6d3-7a15-4c98-8d41-0c9a6f3b5e72"
PERSON = "9f4d1c27-60ab-4e83-b5d2-7e1c3a8f0b69"


def commands(name: str) -> list[list[str]]:
    """The words of each command below the comment that names the example."""
    found = re.search(rf"\.\. example: {name}\n\n\.\. code-block:: shell\n\n((?:   .*\n|\n)+)", GUIDE)
    assert found, name
    lines = textwrap.dedent(found[1]).replace("\\\n", "").split("ansible-playbook ")
    return [shlex.split(line) for line in lines if line.strip()]


class Others:
    """A tenant in which somebody else has made the application and the group of the page, without unique names, as other tools do."""

    def __init__(self, site: Simulator, play: Player, folder: pathlib.Path) -> None:
        self.site, self.folder, self._play = site, folder, play
        tenant, name = site.tenant, "Backup portal"
        web = {"redirectUris": ["https://portal.corp.example/signin"]}
        tenant.add("application", {"appId": APPLICATION, "displayName": name, "web": web}, replicated=True)
        principal = {"appId": APPLICATION, "displayName": name, "appRoleAssignmentRequired": True}
        tenant.add("servicePrincipal", principal, replicated=True)
        person = {"id": PERSON, "displayName": "Jo Vega", "userPrincipalName": "j.vega@corp.example"}
        tenant.add("user", person, replicated=True)
        group = {"id": GROUP, "displayName": "GG-Backup-Portal", "securityEnabled": True, "mailNickname": "portal"}
        tenant.add("group", group, replicated=True)
        tenant.relate("members", GROUP, [PERSON], True)
        (folder / "access.yml").write_text(json.dumps({"cvops_connection": site.variables()["cvops_connection"]}))

    def type(self, words: list[str]) -> Run:
        """Run a command of the page in the folder, which has to succeed."""
        playbook, *more = (re.sub(r"^(@|\w+=)", rf"\1{self.folder}/", word) for word in words)
        return self._play(str(self.folder / playbook) if playbook.endswith(".yml") else playbook, *more).ok()


@pytest.fixture
def others(site: Simulator, play: Player, tmp_path: pathlib.Path) -> Others:
    folder = tmp_path / "work"
    folder.mkdir()
    return Others(site, play, folder)


def assert_unchanged(runs: t.Sequence[Run], site: Simulator) -> None:
    assert [run.stats["changed"] for run in runs] == [0] * len(runs), [run.text for run in runs]
    assert_no_writes(site)


def test_from_azcollection(others: Others) -> None:
    (text,) = re.findall(r"^\.\. code-block:: yaml\n\n((?:   .*\n|\n)+)", GUIDE, re.MULTILINE)
    (others.folder / "taken_over.yml").write_text(textwrap.dedent(text))
    runs = [others.type(words) for words in commands("azcollection")]
    assert len(runs) == 2
    assert_unchanged(runs, others.site)


@pytest.mark.whole
def test_from_commvault_ansible(others: Others) -> None:
    _export, *runs = [others.type(words) for words in commands("commvault")]
    assert len(runs) == 2
    assert_unchanged(runs, others.site)


@pytest.mark.whole
def test_from_terraform(others: Others) -> None:
    _export, check = [others.type(words) for words in commands("terraform")]
    (run,) = [others.type(words) for words in commands("terraform-run")]
    exported = yaml.safe_load((others.folder / "terraform.yml").read_text())
    assert exported["cvops_application"]["app_id"] == APPLICATION
    assert GROUP in [group.get("object_id") for group in exported["cvops_entra_groups"]]
    assert_unchanged([check, run], others.site)


@pytest.mark.whole
def test_from_hand_work(others: Others) -> None:
    *_kept, check, run = [others.type(words) for words in commands("hand")]
    assert_unchanged([check, run], others.site)
    assert (others.folder / "before" / "entra.json").is_file() and (others.folder / "before" / "commcells").is_dir()
    exported = yaml.safe_load((others.folder / "entra.yml").read_text())
    assert exported["cvops_application"]["app_id"] == APPLICATION
    assert GROUP in [group.get("object_id") for group in exported["cvops_entra_groups"]]
