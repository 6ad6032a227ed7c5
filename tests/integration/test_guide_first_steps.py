# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page "First steps with a real tenant": pasted into a shell as it stands, on an empty simulated tenant, to a mapping that is converged."""

from __future__ import annotations

import pathlib
import re
import stat
import subprocess
import sys
import textwrap
import typing as t
from collections.abc import Callable

import pytest
from collection_tree import ROOT, collections_path
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import CLIENT_GROUP, USER_GROUP, Entity
from cvops_simulator.entra.wellknown import GRAPH_APP_ID
from helpers.people import SCOPES, persons_token
from helpers.playing import connection_of
from loopback_guard import child_variables

pytestmark = pytest.mark.any_core

GUIDE = (ROOT / "docs" / "docsite" / "rst" / "guide_first_steps.rst").read_text()
TENANT, CLIENT = "3b7e0c54-6a1d-4f0e-9d52-8c41aa0f7e16", "d4c3a1be-90f5-4a1f-8d7b-0f2b6f1ce7aa"
GROUP = "GG-Commvault-emea-vm-Operator"
#: Where the simulator is; a real tenant needs nothing of it.
ADDRESSES = ("AUTHORITY_URL", "GRAPH_URL", "CA_PATH", "INSTANCE_DISCOVERY")


def blocks(language: str) -> list[str]:
    """The code blocks of the page in this language."""
    found = re.findall(rf"^\.\. code-block:: {language}\n\n((?:   .*\n|\n)+)", GUIDE, re.MULTILINE)
    return [textwrap.dedent(text).strip("\n") + "\n" for text in found]


class Shell:
    """One folder and one environment, into which the page is pasted."""

    def __init__(self, folder: pathlib.Path, site: Simulator, token: str) -> None:
        self.folder = folder
        programs = folder.parent / "programs"
        for path in (folder, programs):
            path.mkdir()
        az = programs / "az"
        az.write_text(f"#!/bin/sh\n[ \"$1 $2\" = 'account get-access-token' ] && echo {token}\n")
        az.chmod(0o755)
        given = {name: value for name, value in connection_of(site).items() if name.endswith(ADDRESSES)}
        self._environment = {
            **child_variables(),
            **given,
            "PATH": f"{programs}:{pathlib.Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(folder.parent),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(collections_path()),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
        }

    def paste(self, commands: t.Sequence[str], typed: str = "") -> str:
        """Run the commands in one shell that stops at the first failure; return what they print."""
        outcome = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", "\n".join(commands)],
            env=self._environment,
            input=typed,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        return outcome.stdout


def held_by(site: Simulator, principal_id: str) -> list[str]:
    """Graph permissions that a service principal holds."""
    graph = site.tenant.service_principal_of(GRAPH_APP_ID)
    assert graph is not None
    names = {role["id"]: role["value"] for role in graph["appRoles"]}
    rows = site.tenant.app_role_assignments.values()
    return sorted(names[row["appRoleId"]] for row in rows if row["principalId"] == principal_id)


def test_the_installation_is_that_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    venv, pip, galaxy = blocks("shell")[0].splitlines()
    assert venv.startswith("python3 -m venv ") and galaxy in readme
    assert pip.replace("'ansible-core>=2.16' ", "") in readme


@pytest.mark.whole
def test_the_page_pasted_into_a_shell_leads_to_a_converged_mapping(
    make_site: Callable[..., Simulator], tmp_path: pathlib.Path
) -> None:
    site = make_site(set="S", empty=True)
    (cell,) = site.commcells.values()
    cell.state.entities[CLIENT_GROUP].add(Entity(CLIENT_GROUP, 9001, "emea-vm"))
    _person, token = persons_token(site, *SCOPES)
    shell = Shell(tmp_path / "work", site, token)
    document, bootstrap = blocks("yaml")
    for shown, real in {TENANT: site.tenant_id, "svc-cvops": cell.admin[0]}.items():
        document = document.replace(shown, real)
    document = re.sub(r"https://cs01\S+", cell.url, document)
    (shell.folder / "access.yml").write_text(document)
    (shell.folder / "bootstrap.yml").write_text(bootstrap)

    _install, validate, make, sign_in, export, plan, write = blocks("shell")
    predicted = make.replace("ansible-playbook cvops.identity.bootstrap -e @access.yml -e @bootstrap.yml\n", "")
    assert predicted != make
    shell.paste([validate, predicted])
    assert site.journal.writes() == []
    made = shell.paste([make])
    (application,) = [row for row in site.tenant.applications.values() if row["uniqueName"] == "cvops-automation"]
    principal = site.tenant.service_principal_of(application["appId"])
    assert principal is not None and application["appId"] in made
    consent = re.search(r"\.\. consent: .*\n\n((?:- ``.*\n)+)", GUIDE)
    assert consent
    assert held_by(site, principal["id"]) == sorted(re.findall(r"``(.+)``", consent[1]))
    assert stat.S_IMODE((shell.folder / "client-secret").stat().st_mode) == 0o600

    site.journal.clear()
    secret = (shell.folder / "client-secret").read_text()
    password = f"{cell.admin[1]}\n"
    sign_in = sign_in.replace(CLIENT, application["appId"])
    told = shell.paste([sign_in, export, plan], password)
    assert any(line.strip(' ",').split() == ["site", "can", "run"] for line in told.splitlines()), told
    assert site.journal.writes() == [] and (shell.folder / "before").is_dir()
    assert f"{GROUP}" in told and "Check mode: nothing was written" in told
    told += shell.paste([*sign_in.splitlines()[:3], write], password)
    (linked,) = [one for one in cell.state.groups if one.name == GROUP]
    assert [grant.entity_id for grant in cell.state.grants.of_principal(USER_GROUP, linked.id)] == [9001]
    assert re.search(r"changed=0\b", told.rpartition("PLAY RECAP")[2]), told
    assert secret not in told and cell.admin[1] not in told and token not in told
    assert list((shell.folder / "records").iterdir())
