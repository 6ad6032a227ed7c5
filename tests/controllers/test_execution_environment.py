# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What execution environments are built from, with ansible-builder, and runs in none, with ansible-navigator.

No image is built, and nothing is fetched here: `make controllers` installs what the builder finds into a clean virtual environment, and the tests of
minimums prove the oldest declared releases.
"""

from __future__ import annotations

import importlib.metadata
import pathlib
import subprocess
import sys

import pytest
import yaml
from collection_tree import ROOT, collections_path
from cvops_simulator import Simulator
from helpers.playing import connection_of
from loopback_guard import child_variables
from packaging.requirements import Requirement

BASE = "quay.io/centos/centos:stream9"


def run(folder: pathlib.Path, *words: str, **env: str) -> str:
    """Return what a program of this environment prints; it has to end well."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    environment = {
        "PATH": f"{pathlib.Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "TERM": "xterm",
        "LANG": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(collections_path()),
        "ANSIBLE_HOME": str(home / ".ansible"),
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_NOCOLOR": "1",
        **child_variables(),
        **env,
    }
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{words[0]} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def list_requirements(text: str) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return sorted((Requirement(line) for line in lines if line), key=str)


DECLARED = list_requirements((ROOT / "meta" / "ee-requirements.txt").read_text("utf-8"))


def test_the_builder_finds_what_the_installed_collection_needs(tmp_path: pathlib.Path) -> None:
    """As in the build of an image: the collection is installed, and its files of requirements are read where its ``meta`` says."""
    pip, bindep = tmp_path / "pip.txt", tmp_path / "bindep.txt"
    words = ["--write-pip", str(pip), "--write-bindep", str(bindep)]
    run(tmp_path, "ansible-builder", "introspect", str(collections_path()), *words)
    assert list_requirements(pip.read_text("utf-8")) == DECLARED
    system = bindep.read_text("utf-8") if bindep.exists() else ""
    assert not [line for line in system.splitlines() if line.partition("#")[0].strip()], "wheels need no system package"

    (tmp_path / "execution-environment.yml").write_text(
        yaml.safe_dump(
            {
                "version": 3,
                "images": {"base_image": {"name": BASE}},
                "dependencies": {
                    "ansible_core": {"package_pip": "ansible-core"},
                    "ansible_runner": {"package_pip": "ansible-runner"},
                    "galaxy": {"collections": [{"name": "cvops.identity"}]},
                    "python": str(pip),
                },
            }
        )
    )
    run(
        tmp_path,
        "ansible-builder",
        "create",
        "--context",
        str(tmp_path / "context"),
        "--output-filename",
        "Containerfile",
    )
    context = tmp_path / "context"
    assert list_requirements((context / "_build" / "requirements.txt").read_text("utf-8")) == DECLARED
    assert yaml.safe_load((context / "_build" / "requirements.yml").read_text("utf-8")) == {
        "collections": [{"name": "cvops.identity"}]
    }
    assert BASE in (context / "Containerfile").read_text("utf-8")


@pytest.mark.parametrize("requirement", DECLARED, ids=str)
def test_what_is_declared_is_a_lower_bound_that_is_met_here(requirement: Requirement) -> None:
    (bound,) = requirement.specifier
    assert bound.operator == ">=", "an upper bound would meet that of another collection in the same image"
    installed = importlib.metadata.version(requirement.name)
    assert requirement.specifier.contains(installed), f"{requirement.name} {installed}"


def test_the_navigator_runs_a_playbook_and_shows_the_documentation(site: Simulator, tmp_path: pathlib.Path) -> None:
    document = {name: value for name, value in site.variables().items() if name != "cvops_connection"}
    (tmp_path / "access.yml").write_text(yaml.safe_dump(document))
    common = ["--execution-environment", "false", "--mode", "stdout", "--log-file", str(tmp_path / "navigator.log")]
    words = ["cvops.identity.validate", "-i", "localhost,", "-e", "@access.yml", "--playbook-artifact-enable", "false"]
    validated = run(tmp_path, "ansible-navigator", "run", *words, *common, **connection_of(site))
    assert "Nothing is wrong with the variables" in validated
    doctor = run(
        tmp_path,
        "ansible-navigator",
        "run",
        "cvops.identity.doctor",
        *words[1:3],
        *words[5:],
        *common,
        **connection_of(site),
    )
    assert "Microsoft Entra ID: signed in" in doctor and "Commvault: signed in" in doctor
    shown = run(tmp_path, "ansible-navigator", "doc", "cvops.identity.entra_federated_credential", *common)
    assert "Let tokens of another issuer sign in" in shown.replace("\n", " ") or "federated credential" in shown
    assert site.automation.client_secret not in (tmp_path / "navigator.log").read_text("utf-8")
