# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Pythons this machine has, and which releases of ansible-core they are to test."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import typing as t

Version = tuple[int, int]

#: Of the newest core a release candidate will do, until there is a release.
NEWEST_CORE: dict[Version, str] = {(3, 11): "2.19", (3, 12): "2.21", (3, 13): "2.22", (3, 14): "2.22"}
PRE_RELEASES = "2.22"
#: The releases that the collection is for, and the Pythons here that each runs on.
PYTHONS_OF: dict[str, tuple[Version, ...]] = {
    "2.16": ((3, 11), (3, 12)),
    "2.17": ((3, 11), (3, 12)),
    "2.18": ((3, 11), (3, 12), (3, 13)),
    "2.19": ((3, 11), (3, 12), (3, 13)),
    "2.20": ((3, 12), (3, 13), (3, 14)),
    "2.21": ((3, 12), (3, 13), (3, 14)),
    "2.22": ((3, 13), (3, 14)),
}
OLDEST = ((3, 11), "2.16")
NEWEST_PYTHONS: tuple[Version, ...] = ((3, 13), (3, 14))

PROBE = "import sys, venv; print(sys.version_info[0], sys.version_info[1], sys.executable)"


class Target(t.NamedTuple):
    """One environment to test on."""

    role: str  # "oldest", "newest", "only" or "named"
    python: pathlib.Path
    version: Version
    core: str

    @property
    def label(self) -> str:
        """Return how people call it."""
        return f"core {self.core} on Python {self.version[0]}.{self.version[1]}"

    @property
    def folder(self) -> str:
        """Return the name of its environment: nox keeps letters, digits and dashes."""
        return f"core-{self.core}-py{self.version[0]}.{self.version[1]}".replace(".", "-")

    @property
    def requirement(self) -> str:
        """Return what an installer is told: a release of this core."""
        major, minor = map(int, self.core.split("."))
        first = f"{self.core}.0.dev0" if self.core == PRE_RELEASES else f"{self.core}.0"
        return f"ansible-core>={first},<{major}.{minor + 1}"


def probe(candidate: pathlib.Path | str) -> tuple[Version, pathlib.Path] | None:
    """Version and real path of an interpreter that runs and can make virtual environments; None for any other."""
    try:
        done = subprocess.run(
            [str(candidate), "-c", PROBE], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    words = done.stdout.split(maxsplit=2)
    if done.returncode != 0 or len(words) != 3:
        return None
    return (int(words[0]), int(words[1])), pathlib.Path(words[2].strip())


def candidates() -> t.Iterator[pathlib.Path | str]:
    """Where Pythons are found, the one that runs us first; without pyenv's shims, which may exist and still fail."""
    yield sys.executable if sys.prefix == sys.base_prefix else getattr(sys, "_base_executable", sys.executable)
    names = [f"python3.{minor}" for minor in range(11, 15)] + ["python3"]
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if folder and pathlib.Path(folder).name != "shims":
            yield from (path for path in (pathlib.Path(folder) / name for name in names) if path.exists())
    with_home = os.environ.get("HOME")
    if with_home:
        yield from sorted(pathlib.Path(with_home).glob(".pyenv/versions/3.1[1-4].*/bin/python3"), reverse=True)


def find_pythons() -> dict[Version, pathlib.Path]:
    """Return the first interpreter that runs, for each version that any release of ansible-core here supports."""
    found: dict[Version, pathlib.Path] = {}
    for candidate in candidates():
        answer = probe(candidate)
        if answer and answer[0] in NEWEST_CORE:
            found.setdefault(*answer)
    return found


def choose_targets(pythons: t.Mapping[Version, pathlib.Path]) -> list[Target]:
    """Oldest and newest supported core when both Pythons are there, else the newest core for the newest Python."""
    newest = next((version for version in NEWEST_PYTHONS if version in pythons), None)
    if newest and OLDEST[0] in pythons:
        version, core = OLDEST
        return [
            Target("oldest", pythons[version], version, core),
            Target("newest", pythons[newest], newest, NEWEST_CORE[newest]),
        ]
    if not pythons:
        raise SystemExit("no Python of 3.11 to 3.14 with the venv module was found")
    version = max(pythons)
    return [Target("only", pythons[version], version, NEWEST_CORE[version])]


def name_target(core: str, pythons: t.Mapping[Version, pathlib.Path]) -> Target:
    """Return this release of ansible-core on the newest Python at hand that it runs on.

    Raises SystemExit where the collection is not for that release, or no such Python is there.
    """
    if core not in PYTHONS_OF:
        raise SystemExit(f"there is no environment of ansible-core {core!r}: there are {', '.join(PYTHONS_OF)}")
    fitting = [version for version in PYTHONS_OF[core] if version in pythons]
    if not fitting:
        named = ", ".join(f"{major}.{minor}" for major, minor in PYTHONS_OF[core])
        raise SystemExit(f"ansible-core {core} runs on none of the Pythons here; it needs one of {named}")
    return Target("named", pythons[max(fitting)], max(fitting), core)
