# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual environments under .build/venvs: made once, made again when what they should hold has changed."""

from __future__ import annotations

import hashlib
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import typing as t

from collection_tree import ROOT
from processes import BUILD, Words, install_environment, run

VENVS = BUILD / "venvs"
#: What may stand in a script's first line and, unquoted, in Ansible's way to call an interpreter.
_PLAIN = re.compile(r"[A-Za-z0-9_./+-]+")
LOG = BUILD / "logs" / "environments.log"
CONSTRAINTS = ROOT / "constraints-dev.txt"


def ensure(
    folder: str, python: pathlib.Path, requirements: t.Sequence[str], files: t.Sequence[pathlib.Path]
) -> pathlib.Path:
    """The environment ``folder`` with ``requirements`` (pip's words); it is current while ``files`` are the same."""
    venv = _place() / folder
    complete = venv / ".complete"
    digest = _digest(str(python), *requirements, *(path.read_text() for path in (*files, CONSTRAINTS)))
    if complete.is_file() and complete.read_text() == digest:
        return venv
    shutil.rmtree(venv, ignore_errors=True)
    _must([python, "-m", "venv", "--without-pip", venv] if uv() else [python, "-m", "venv", venv])
    _install(venv, ["-c", str(CONSTRAINTS), *requirements])
    complete.write_text(digest)
    return venv


def _place() -> pathlib.Path:
    """The folder of the environments, under a name without blanks and the like: a link, where its own has some."""
    VENVS.mkdir(parents=True, exist_ok=True)
    if _PLAIN.fullmatch(str(VENVS)):
        return VENVS
    link = pathlib.Path(tempfile.gettempdir()) / f"cvops-venvs-{_digest(str(VENVS))[:12]}"
    if not link.is_symlink() or link.resolve() != VENVS.resolve():
        link.unlink(missing_ok=True)
        link.symlink_to(VENVS, target_is_directory=True)
    return link


def uv() -> pathlib.Path | None:
    """uv, ten times as fast as pip, in an environment of its own; None where it cannot be had."""
    home = _place() / "uv"
    program = home / "bin" / "uv"
    if program.is_file():
        return program
    if (home / ".unavailable").is_file():
        return None
    shutil.rmtree(home, ignore_errors=True)
    _must([sys.executable, "-m", "venv", home])
    env = install_environment()
    if (
        run([home / "bin" / "python", "-m", "pip", "install", "-q", "uv"], env=env, log=LOG).code != 0
        or not program.is_file()
    ):
        (home / ".unavailable").touch()
        return None
    return program


def _install(venv: pathlib.Path, arguments: t.Sequence[str]) -> None:
    python = venv / "bin" / "python"
    program = uv()
    if program:
        # compiled once, here: else every short ansible-playbook run would do it again
        _must([program, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, *arguments])
    else:
        _must([python, "-m", "pip", "install", "--quiet", *arguments])


def _must(command: Words) -> None:
    outcome = run(command, env=install_environment(), log=LOG, seconds=900)
    if outcome.code != 0:
        raise SystemExit(f"could not make an environment:\n{outcome.text[-4000:]}")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def installed_version(venv: pathlib.Path, package: str) -> str:
    """The release of a package in an environment."""
    code = f"import importlib.metadata; print(importlib.metadata.version({package!r}))"
    return subprocess.run(
        [venv / "bin" / "python", "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()
