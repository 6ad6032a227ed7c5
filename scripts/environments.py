# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the virtual environments lie, what they hold, and which variables programs get in them."""

from __future__ import annotations

import hashlib
import os
import pathlib
import re
import tempfile

from collection_tree import ROOT, collections_path

BUILD = ROOT / ".build"
SIMULATOR = ROOT / "simulator"
CONSTRAINTS = ROOT / "constraints-dev.txt"
LIBRARIES = ROOT / "meta" / "ee-requirements.txt"
#: The files that requirements come from: an environment is current while they are the same.
REQUIREMENT_FILES = (CONSTRAINTS, LIBRARIES, *sorted(ROOT.glob("requirements-*.txt")), SIMULATOR / "pyproject.toml")
#: What may stand in a script's first line and, unquoted, in Ansible's way to call an interpreter; nox wants a short path, too.
_PLAIN = re.compile(r"[A-Za-z0-9_./+-]{1,60}")
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
# A CA bundle named here wins over the one that a client asks for, and a foreign PYTHONPATH over the code under test.
MISLEADING = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "PYTHONPATH", "PYTHONHOME")
KEPT_FOR_TESTS = ("CI", "LOGNAME", "TERM", "TMPDIR", "USER")


def environments_folder() -> pathlib.Path:
    """Return the folder of the environments under a short name without blanks and the like: a link, where its own is none."""
    folder = BUILD / "venvs"
    folder.mkdir(parents=True, exist_ok=True)
    if _PLAIN.fullmatch(str(folder)):
        return folder
    link = pathlib.Path(tempfile.gettempdir()) / f"cvops-venvs-{digest(str(folder))[:12]}"
    if not link.is_symlink() or link.resolve() != folder.resolve():
        link.unlink(missing_ok=True)
        link.symlink_to(folder, target_is_directory=True)
    return link


def digest(*parts: str) -> str:
    """Return a number that stands for these texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def minimum_pins(requirements: str) -> list[str]:
    """Return exactly the oldest releases that a requirements file allows, ``name==1.2`` for ``name>=1.2``.

    Raises ValueError for lines that name none.
    """
    lines = [line.strip() for line in requirements.splitlines()]
    named = [line for line in lines if line and not line.startswith("#")]
    unbounded = [line for line in named if not re.fullmatch(r"[A-Za-z0-9_.-]+>=[0-9][0-9A-Za-z.]*", line)]
    if unbounded:
        raise ValueError(f"no oldest release is named: {', '.join(unbounded)}")
    return [line.replace(">=", "==") for line in named]


def minimum_core(runtime: str) -> str:
    """Return exactly the oldest ansible-core that ``meta/runtime.yml`` declares, ``ansible-core==2.16.0``. Raises ValueError when it names none."""
    found = re.search(r"""^requires_ansible: ['"]?>=([0-9.]+)""", runtime, re.MULTILINE)
    if not found:
        raise ValueError("meta/runtime.yml: requires_ansible does not begin with the oldest release")
    return f"ansible-core=={found[1]}"


def tool_variables(venv: pathlib.Path, collections: pathlib.Path | None = None) -> dict[str, str]:
    """Return those for tools that may reach a package index: the caller's, without what misleads them."""
    kept = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    return kept | _common_variables(venv, collections)


def testing_variables(venv: pathlib.Path) -> dict[str, str]:
    """Return those for tests: a short list, so that no proxy and no AZURE_* of the caller reaches them."""
    kept = {name: os.environ[name] for name in KEPT_FOR_TESTS if name in os.environ}
    return kept | _common_variables(venv, None)


def _common_variables(venv: pathlib.Path, collections: pathlib.Path | None) -> dict[str, str]:
    home = BUILD / "home"
    home.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": f"{venv / 'bin'}:{SYSTEM_PATH}",  # without pyenv's shims
        "VIRTUAL_ENV": str(venv),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_HOME": str(BUILD / "ansible-home"),
        "ANSIBLE_COLLECTIONS_PATH": str(collections or collections_path()),
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
        "ANSIBLE_NOCOLOR": "1",
        # Ansible ends workers that linger after their result; they may be writing what coverage measured.
        "ANSIBLE_WORKER_SHUTDOWN_POLL_COUNT": "60",
        "ANSIBLE_WORKER_SHUTDOWN_POLL_DELAY": "0.05",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(BUILD / "hypothesis"),
    }
