# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a release: what must be true before it, its checksums, its bill of materials."""

from __future__ import annotations

import importlib.metadata
import pathlib
import subprocess
import typing as t

import pytest
import yaml
from bill_of_materials import declared, declared_licences, needed, write_bill
from collection_tree import ROOT
from release_files import bill_of, importer_complaints, release_faults, write_checksums

GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text("utf-8"))
SECONDS = 1_790_000_000


def checkout(
    folder: pathlib.Path,
    version: str,
    *released: str,
    fragments: tuple[str, ...] = (),
    kept: str = "1.0.0",
    simulator: str = "1.0.0",
) -> pathlib.Path:
    (folder / "changelogs" / "fragments").mkdir(parents=True)
    (folder / "tests" / "upgrade" / kept).mkdir(parents=True)
    (folder / "simulator").mkdir()
    (folder / "simulator" / "pyproject.toml").write_text(f'[project]\nversion = "{simulator}"\n')
    (folder / "galaxy.yml").write_text(f"---\nname: identity\nversion: {version}\n")
    releases = {number: {"changes": {}} for number in released}
    (folder / "changelogs" / "changelog.yaml").write_text(yaml.safe_dump({"ancestor": None, "releases": releases}))
    for name in fragments:
        (folder / "changelogs" / "fragments" / name).write_text("---\n")
    return folder


@pytest.mark.parametrize("tag", [None, "", "1.0.0", "v1.0.0"])
def test_a_released_version_may_be_published(tmp_path: pathlib.Path, tag: str | None) -> None:
    assert release_faults(tag, checkout(tmp_path, "1.0.0", "0.9.0", "1.0.0")) == []


@pytest.mark.parametrize(
    ("version", "released", "fragments", "tag", "told"),
    [
        ("1.0.0", ["1.0.0"], (), "v1.0.1", "the tag 'v1.0.1' is not that of version 1.0.0 in galaxy.yml"),
        ("1.0.0", ["1.0.0-rc.1", "11.0.0"], (), "v1.0.0", "changelogs/changelog.yaml has no release 1.0.0"),
        (
            "1.0.0",
            ["1.0.0"],
            ("b.yml", "a.yml"),
            None,
            "changelog fragments that are in no release: 2, a.yml the first",
        ),
        ("1.0.0-dev", ["1.0.0-dev"], (), None, "galaxy.yml has no version of three numbers: '1.0.0-dev'"),
    ],
)
def test_what_speaks_against_a_release_is_told(
    tmp_path: pathlib.Path, version: str, released: list[str], fragments: tuple[str, ...], tag: str | None, told: str
) -> None:
    (fault,) = release_faults(tag, checkout(tmp_path, version, *released, fragments=fragments))
    assert fault.startswith(told)


def test_a_release_whose_promises_are_not_kept_is_none(tmp_path: pathlib.Path) -> None:
    (fault,) = release_faults("v1.0.0", checkout(tmp_path, "1.0.0", "1.0.0", kept="0.9.0"))
    assert fault.startswith("tests/upgrade has no release 1.0.0: run `python scripts/keep_release.py 1.0.0 --write`")


def test_the_simulator_has_the_version_of_the_release(tmp_path: pathlib.Path) -> None:
    (fault,) = release_faults("v1.0.0", checkout(tmp_path, "1.0.0", "1.0.0", simulator="1.0.1"))
    assert fault == "simulator/pyproject.toml has another version than 1.0.0"


ENDED = "Importer processing completed successfully\n"


@pytest.mark.parametrize(
    ("output", "complaints"),
    [
        (f"Importing with galaxy-importer 0.4.44\nLoading action warning\n{ENDED}", []),
        (f"WARNING: No changelog found. Add one\n{ENDED}", ["WARNING: No changelog found. Add one"]),
        (f"Linting\nERROR: Timeout on call to ansible-lint\n{ENDED}", ["ERROR: Timeout on call to ansible-lint"]),
        (f"WARNING: ERROR    Failed to find cvops.identity.site playbook.\n{ENDED}", []),
        (
            f"WARNING: ERROR    Failed to find other.one.site playbook.\n{ENDED}",
            ["WARNING: ERROR    Failed to find other.one.site playbook."],
        ),
        ("Importing\n", ["galaxy-importer did not come to its end"]),
    ],
)
def test_what_an_import_complains_of_is_found(output: str, complaints: list[str]) -> None:
    assert importer_complaints(output) == complaints


def test_checksums_are_those_that_the_usual_program_checks(tmp_path: pathlib.Path) -> None:
    artifact = tmp_path / "cvops-identity-1.0.0.tar.gz"
    artifact.write_bytes(b"artifact")
    assert bill_of(artifact).name == "cvops-identity-1.0.0.cdx.json"
    bill_of(artifact).write_text("{}")
    write_checksums(tmp_path)
    assert len(write_checksums(tmp_path).read_text().splitlines()) == 2
    words = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    assert subprocess.run(words, cwd=tmp_path, check=False, capture_output=True).returncode == 0
    artifact.write_bytes(b"another")
    assert subprocess.run(words, cwd=tmp_path, check=False, capture_output=True).returncode == 1


def distribution(
    folder: pathlib.Path, name: str, version: str, *requires: str, head: str = "License-Expression: MIT"
) -> importlib.metadata.Distribution:
    """Return a distribution that lies there, with this metadata."""
    place = folder / f"{name}-{version}.dist-info"
    place.mkdir(parents=True)
    lines = [f"Name: {name}", f"Version: {version}", head, *(f"Requires-Dist: {line}" for line in requires)]
    (place / "METADATA").write_text("\n".join(line for line in lines if line) + "\n")
    return importlib.metadata.Distribution.at(place)


def environment(folder: pathlib.Path) -> dict[str, importlib.metadata.Distribution]:
    """An environment in which ``asked`` needs two, one of them by its extra, and something is there that nobody needs."""
    return {
        "asked": distribution(folder, "Asked", "2.0", "first>=1", 'other; extra == "more"', 'no; python_version < "3"'),
        "first": distribution(folder, "first", "1.5", "asked"),
        "other": distribution(folder, "other", "3.0", "first", "asked[more]"),
        "unasked": distribution(folder, "unasked", "1.0"),
    }


def test_a_bill_has_what_is_needed_and_nothing_else(tmp_path: pathlib.Path) -> None:
    there = environment(tmp_path)
    assert needed(declared("# why\nAsked>=1 # and why"), there) == {"asked": ["first"], "first": ["asked"]}
    whole = {"asked": ["first", "other"], "first": ["asked"], "other": ["asked", "first"]}
    assert needed(declared("asked[more]"), there) == whole
    assert needed(declared("asked\nasked[more]"), there) == whole
    bill = write_bill(GALAXY, declared("asked"), there, SECONDS)
    assert [component["purl"] for component in bill["components"]] == ["pkg:pypi/asked@2.0", "pkg:pypi/first@1.5"]
    assert bill["dependencies"] == [
        {"ref": f"pkg:generic/cvops.identity@{GALAXY['version']}", "dependsOn": ["pkg:pypi/asked@2.0"]},
        {"ref": "pkg:pypi/asked@2.0", "dependsOn": ["pkg:pypi/first@1.5"]},
        {"ref": "pkg:pypi/first@1.5", "dependsOn": ["pkg:pypi/asked@2.0"]},
    ]
    assert bill["metadata"]["timestamp"] == "2026-09-21T14:13:20+00:00"


@pytest.mark.parametrize("requirement", ["missing", "asked>=3"])
def test_what_is_not_there_makes_no_bill(tmp_path: pathlib.Path, requirement: str) -> None:
    with pytest.raises(SystemExit, match=f"not installed as needed: {requirement}"):
        needed(declared(requirement), environment(tmp_path))


def test_equal_environments_make_equal_bills(tmp_path: pathlib.Path) -> None:
    one, two = (write_bill(GALAXY, declared("asked"), environment(tmp_path / name), SECONDS) for name in ("a", "b"))
    assert one == two
    another = {**environment(tmp_path / "c"), "first": distribution(tmp_path / "c", "first", "1.6")}
    assert write_bill(GALAXY, declared("asked"), another, SECONDS)["serialNumber"] != one["serialNumber"]


@pytest.mark.parametrize(
    ("head", "licences"),
    [
        ("License-Expression: Apache-2.0 OR MIT", [{"expression": "Apache-2.0 OR MIT"}]),
        (
            "License: see the file\nClassifier: License :: OSI Approved :: MIT License",
            [{"license": {"name": "MIT License"}}],
        ),
        ("License: BSD", [{"license": {"name": "BSD"}}]),
        ("License: " + "long" * 30, []),
        ("", []),
    ],
)
def test_licences_are_those_that_are_declared(tmp_path: pathlib.Path, head: str, licences: list[t.Any]) -> None:
    assert declared_licences(distribution(tmp_path, "a", "1", head=head).metadata) == licences
