# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The built artifact, and an unpacked copy of it where ansible-test and ansible-lint want a collection to lie."""

from __future__ import annotations

import ast
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

from collection_tree import PLACE, ROOT
from environments import BUILD, tool_variables

DIST = BUILD / "dist"
STAGE = BUILD / "stage"
COLLECTION = STAGE.joinpath(*PLACE)
MANIFESTS = ("MANIFEST.json", "FILES.json")
TOOL_SETTINGS = ("galaxy.yml", ".ansible-lint", ".yamllint")


def artifact_names(artifact: pathlib.Path) -> set[str]:
    """Return the files that the artifact carries, its own two manifests left out."""
    with tarfile.open(artifact) as archive:
        return {member.name for member in archive.getmembers() if not member.isdir()} - set(MANIFESTS)


# Files without which the artifact is no collection of ours, and folders that must never be in it.
SHIPPED = {
    "README.md",
    "SECURITY.md",
    "COPYING",
    "meta/runtime.yml",
    "meta/execution-environment.yml",
    "meta/ee-requirements.txt",
    "meta/extensions.yml",
    "extensions/audit/event_query.yml",
    "extensions/eda/plugins/event_source/state_changes.py",
    "extensions/patterns/access_review/meta/pattern.json",
    "extensions/patterns/drift_report/meta/pattern.json",
    "extensions/patterns/rotate_secrets/meta/pattern.json",
}
NOT_SHIPPED = (
    "simulator/",
    "scripts/",
    "demo/",
    "extensions/molecule/",
    "tests/unit/",
    "tests/integration/",
    "tests/adversarial/",
    "tests/browser/",
    "tests/controllers/",
    "tests/upgrade/",
    "tests/guard/",
    ".",
)


def artifact_faults(names: set[str]) -> list[str]:
    """Return what is missing in an artifact with these files, and what must not be there, one sentence each."""
    faults = [f"not in the artifact: {name}" for name in sorted(SHIPPED - names)]
    return faults + [f"must not be in the artifact: {name}" for name in sorted(names) if name.startswith(NOT_SHIPPED)]


def copy_sources(folder: pathlib.Path) -> pathlib.Path:
    """Return a copy of what git knows of the checkout, or would take up; its files are new, and came in another order."""
    words = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout
    names = [name for name in listed.split("\0") if name and os.path.lexists(ROOT / name)]
    for name in sorted(set(names), reverse=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name, follow_symlinks=False)
    return folder


def stage(artifact: pathlib.Path, folder: pathlib.Path = STAGE) -> pathlib.Path:
    """Unpack the artifact below *folder*, add the tools' settings, and give it a git of its own; return where it lies.

    Without one, ansible-test takes the git of the checkout, finds the folder ignored there and tests nothing.
    """
    shutil.rmtree(folder, ignore_errors=True)
    collection = folder.joinpath(*PLACE)
    collection.mkdir(parents=True)
    with tarfile.open(artifact) as archive:
        if hasattr(tarfile, "data_filter"):  # since 3.11.4
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(collection)
    for name in MANIFESTS:
        (collection / name).unlink()
    for name in TOOL_SETTINGS:
        shutil.copy2(ROOT / name, collection / name)
    subprocess.run(["git", "init", "-q", collection], check=True, stdin=subprocess.DEVNULL)
    return collection


def add_to_stage(name: str, folder: pathlib.Path = STAGE) -> None:
    """Copy a folder of the checkout, which the artifact does not carry, into the staged collection."""
    shutil.copytree(ROOT / name, folder.joinpath(*PLACE) / name)


def seed_ansible_test(venv: pathlib.Path, home: pathlib.Path) -> None:
    """Give ansible-test what it looks for in ``home``: a pip script, and pip's settings (it passes no PIP_* on)."""
    requirements = next(venv.glob("lib/python3*/site-packages/ansible_test/_internal/python_requirements.py"))
    versions = set(re.findall(r"pip='([0-9.]+)'", requirements.read_text()))
    if not versions:
        raise SystemExit("ansible-test names no pip version: its layout has changed, see scripts/staging.py")
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in versions:
        shutil.copyfile(ROOT / "scripts" / "get_pip.py", cache / f"get_pip_{version.replace('.', '_')}.py")
    replace_addresses(venv)
    settings = home / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.touch(mode=0o600)  # an index URL may hold a password
    settings.write_text(pip_settings())


def replace_addresses(venv: pathlib.Path) -> None:
    """Let ansible-test take libraries from the package index: release candidates name addresses at GitHub for some.

    The files of the environment are replaced, not written: an installer may share them with its cache.
    """
    for path in venv.glob("lib/python3*/site-packages/ansible_test/_data/requirements/*.txt"):
        text = path.read_text()
        named = re.sub(r"^([A-Za-z0-9_.-]+) @ https://\S+$", r"\1", text, flags=re.MULTILINE)
        if named != text:
            path.unlink()
            path.write_text(named)


def pip_settings() -> str:
    """Return what pip would use here, from its files and from PIP_* variables, as one pip.conf."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=True)
    sections: dict[str, dict[str, str]] = {}
    for line in done.stdout.splitlines():
        key, _equals, value = line.partition("=")
        section, _dot, name = key.rpartition(".")
        section = "global" if section == ":env:" else section
        if name not in ("disable-pip-version-check", "no-input"):
            sections.setdefault(section, {})[name] = str(ast.literal_eval(value)).replace("\n", "\n    ")
    lines: list[str] = []
    for section, values in sections.items():
        lines += [f"[{section}]", *(f"{name} = {value}" for name, value in values.items())]
    return "\n".join(lines) + "\n"


def sanity_variables(venv: pathlib.Path, collections: pathlib.Path = STAGE) -> dict[str, str]:
    """ansible-test keeps its environments and its cache below HOME: ours, as the caller may have none."""
    env = tool_variables(venv, collections)
    del env["ANSIBLE_HOME"]
    seed_ansible_test(venv, pathlib.Path(env["HOME"]))
    return env
