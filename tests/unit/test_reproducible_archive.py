# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same files make the same artifact, whenever, wherever and by whom it was built; `make build` builds twice, from two folders."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import pathlib
import tarfile

import pytest
from reproducible_archive import FALLBACK, make_reproducible, source_time

CONTENTS = {"README.md": b"read me", "plugins": None, "plugins/a.py": b"a = 1\n", "run": b"#!/bin/sh\n"}
SECONDS = 1_790_000_000


def build(
    path: pathlib.Path, names: list[str], seconds: int, owner: str, contents: dict[str, bytes | None]
) -> pathlib.Path:
    """Write an artifact as ansible-galaxy does: the files in this order."""
    listed = [
        {"name": name, "ftype": "dir" if contents[name] is None else "file", "chksum_sha256": checksum(contents[name])}
        for name in names
    ]
    files = json.dumps({"files": listed, "format": 1}, indent=1, sort_keys=True).encode()
    manifest = json.dumps({"file_manifest_file": {"name": "FILES.json", "chksum_sha256": checksum(files)}}).encode()
    with tarfile.open(path, "w:gz") as archive:
        for name in ["MANIFEST.json", "FILES.json", *names]:
            data = {"MANIFEST.json": manifest, "FILES.json": files, **contents}[name]
            entry = tarfile.TarInfo(name)
            entry.type = tarfile.DIRTYPE if data is None else tarfile.REGTYPE
            entry.mode = 0o755 if data is None or name == "run" else 0o664
            entry.mtime, entry.uname, entry.size = seconds, owner, len(data or b"")
            archive.addfile(entry, io.BytesIO(data or b""))
    return path


def checksum(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()


def test_order_times_and_owners_of_a_build_do_not_matter(tmp_path: pathlib.Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    names = list(CONTENTS)
    one = build(tmp_path / "one.tar.gz", names, 1_000_000_000, "anna", CONTENTS)
    two = build(tmp_path / "elsewhere" / "two.tar.gz", names[::-1], 1_700_000_000, "ben", CONTENTS)
    assert one.read_bytes() != two.read_bytes()
    assert make_reproducible(one, SECONDS) == make_reproducible(two, SECONDS) == checksum(one.read_bytes())
    assert one.read_bytes() == two.read_bytes()
    assert make_reproducible(two, SECONDS) == checksum(one.read_bytes()), "written again, it is the same"
    assert make_reproducible(two, SECONDS + 1) != checksum(one.read_bytes())


def test_another_content_is_another_artifact(tmp_path: pathlib.Path) -> None:
    one = build(tmp_path / "one.tar.gz", list(CONTENTS), SECONDS, "anna", CONTENTS)
    two = build(tmp_path / "two.tar.gz", list(CONTENTS), SECONDS, "anna", {**CONTENTS, "README.md": b"read it"})
    assert make_reproducible(one, SECONDS) != make_reproducible(two, SECONDS)


def test_what_was_built_is_what_is_in_it(tmp_path: pathlib.Path) -> None:
    """Manifests first, as installers read them; they hold the checksums that hubs compare."""
    artifact = build(tmp_path / "one.tar.gz", list(CONTENTS)[::-1], 1_000_000_000, "anna", CONTENTS)
    make_reproducible(artifact, SECONDS)
    with tarfile.open(artifact) as archive:
        members = {member.name: member for member in archive.getmembers()}
        data = {name: archive.extractfile(name) for name, member in members.items() if member.isreg()}
        read = {name: stream.read() for name, stream in data.items() if stream}
    assert list(members) == ["MANIFEST.json", "FILES.json", "README.md", "plugins", "plugins/a.py", "run"]
    assert {name: read[name] for name, content in CONTENTS.items() if content} == {
        name: content for name, content in CONTENTS.items() if content
    }
    assert members["plugins"].isdir()
    assert {name: oct(member.mode) for name, member in members.items() if member.mode != 0o644} == {
        "plugins": "0o755",
        "run": "0o755",
    }
    assert {(member.mtime, member.uid, member.uname) for member in members.values()} == {(SECONDS, 0, "")}
    manifest, files = json.loads(read["MANIFEST.json"]), json.loads(read["FILES.json"])
    assert manifest["file_manifest_file"]["chksum_sha256"] == checksum(read["FILES.json"])
    assert {file["name"]: file["chksum_sha256"] for file in files["files"]} == {
        name: checksum(content) for name, content in CONTENTS.items()
    }
    with gzip.open(artifact) as stream:
        stream.peek(1)
        assert stream.mtime == SECONDS


def test_a_device_is_no_file(tmp_path: pathlib.Path) -> None:
    artifact = tmp_path / "odd.tar.gz"
    with tarfile.open(artifact, "w:gz") as archive:
        entry = tarfile.TarInfo("pipe")
        entry.type = tarfile.FIFOTYPE
        archive.addfile(entry)
    with pytest.raises(ValueError, match="neither a file, a folder nor a link: pipe"):
        make_reproducible(artifact, SECONDS)


def test_the_time_is_that_of_the_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1234567890")
    assert source_time() == 1234567890
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert source_time() >= FALLBACK
    monkeypatch.setenv("PATH", "/nonexistent")
    assert source_time() == FALLBACK
