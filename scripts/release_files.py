# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a release is made of, and what has to be true before one is made.

It reads ``galaxy.yml`` and the changelog as text: nox's own environment has no YAML library for sure.
"""

from __future__ import annotations

import hashlib
import pathlib
import re

from collection_tree import ROOT

CHECKSUMS = "SHA256SUMS"
#: What the importer's ansible-lint says of a playbook that imports one of ours by its full name: it does not look where it has unpacked the
#: collection. The step lint does, and finds them.
_NOT_LOOKED_FOR = re.compile(r"WARNING: ERROR +Failed to find cvops\.identity\.\w+ playbook\.")


def read_version(root: pathlib.Path = ROOT) -> str:
    """Return the version of galaxy.yml, empty where it has none."""
    return "".join(re.findall(r"^version: *(\S+) *$", (root / "galaxy.yml").read_text("utf-8"), re.MULTILINE))


def release_faults(tag: str | None, root: pathlib.Path = ROOT) -> list[str]:
    """Return what speaks against a release of this checkout, one sentence each; *tag*: what it is released as, where that is known."""
    version = read_version(root)
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        return [f"galaxy.yml has no version of three numbers: {version!r}"]
    faults = []
    if tag and tag.removeprefix("v") != version:
        faults.append(f"the tag {tag!r} is not that of version {version} in galaxy.yml")
    changes = (root / "changelogs" / "changelog.yaml").read_text("utf-8")
    if not re.search(rf"^  ['\"]?{re.escape(version)}['\"]?:$", changes, re.MULTILINE):
        faults.append(f"changelogs/changelog.yaml has no release {version}: run `antsibull-changelog release`")
    if left := sorted(path.name for path in (root / "changelogs" / "fragments").glob("*.y*ml")):
        faults.append(f"changelog fragments that are in no release: {len(left)}, {left[0]} the first")
    simulator = (root / "simulator" / "pyproject.toml").read_text("utf-8")
    if not re.search(rf'^version = "{re.escape(version)}"$', simulator, re.MULTILINE):
        faults.append(f"simulator/pyproject.toml has another version than {version}")
    if not (root / "tests" / "upgrade" / version).is_dir():
        faults.append(f"tests/upgrade has no release {version}: run `python scripts/keep_release.py {version} --write`")
    return faults


def importer_complaints(output: str) -> list[str]:
    """Return what galaxy-importer warns of or refuses in its output; that it did not come to its end is a complaint, too."""
    found = re.findall(r"^(?:WARNING|ERROR|CRITICAL): .*", output, re.MULTILINE)
    complaints = [line for line in found if not _NOT_LOOKED_FOR.fullmatch(line.rstrip())]
    if "Importer processing completed successfully" not in output:
        complaints.append("galaxy-importer did not come to its end")
    return complaints


def bill_of(artifact: pathlib.Path) -> pathlib.Path:
    """Return the path of an artifact's bill of materials, beside it."""
    return artifact.with_name(artifact.name.removesuffix(".tar.gz") + ".cdx.json")


def write_checksums(folder: pathlib.Path) -> pathlib.Path:
    """Write the SHA-256 of every file of a folder as ``sha256sum --check`` reads them; return the file."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != CHECKSUMS)
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8")
    return folder / CHECKSUMS
