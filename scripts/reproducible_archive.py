# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the artifact anew, so that the same sources make the same bytes.

``ansible-galaxy collection build`` lists the files in the order in which the disk names them, and writes times: of the build into the archive and
its compression, of the checkout into each file.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import pathlib
import subprocess
import tarfile

from collection_tree import ROOT

#: Where neither a variable nor git tells a time: 1980-01-02, which every kind of archive can express.
FALLBACK = 315619200
MANIFEST, FILES = "MANIFEST.json", "FILES.json"


def source_time() -> int:
    """Return the time of the sources, in seconds since 1970: SOURCE_DATE_EPOCH, else that of the last commit."""
    named = os.environ.get("SOURCE_DATE_EPOCH")
    if named:
        return int(named)
    words = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=True)
    except (OSError, subprocess.CalledProcessError):
        return FALLBACK
    return int(done.stdout)


def make_reproducible(artifact: pathlib.Path, seconds: int) -> str:
    """Write the archive again: files by name, everything of that time, nobody's; return its SHA-256.

    Contents and the right to run a file stay. Raises ValueError where an entry is neither file, folder nor link.
    """
    with tarfile.open(artifact) as archive:
        entries = {member.name: (member, _contents(archive, member)) for member in archive.getmembers()}
    _sort_manifest(entries)
    raw = io.BytesIO()
    # Beside the time, gzip would write the name of the file
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=9, mtime=seconds) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in [MANIFEST, FILES, *sorted(entries.keys() - {MANIFEST, FILES})]:
            member, contents = entries[name]
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname, entry.mtime = member.type, member.linkname, seconds
            entry.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            entry.size = len(contents)
            archive.addfile(entry, io.BytesIO(contents))
    artifact.write_bytes(raw.getvalue())
    return hashlib.sha256(raw.getvalue()).hexdigest()


def _contents(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    if member.isdir() or member.issym():
        return b""
    stream = archive.extractfile(member) if member.isreg() else None
    if stream is None:
        raise ValueError(f"neither a file, a folder nor a link: {member.name}")
    return stream.read()


def _sort_manifest(entries: dict[str, tuple[tarfile.TarInfo, bytes]]) -> None:
    """Put the list of the files in order, and its checksum where the other manifest has it."""
    files, manifest = (json.loads(entries[name][1]) for name in (FILES, MANIFEST))
    files["files"].sort(key=lambda file: file["name"])
    listed = json.dumps(files, indent=1, sort_keys=True).encode()
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(listed).hexdigest()
    entries[FILES] = (entries[FILES][0], listed)
    entries[MANIFEST] = (entries[MANIFEST][0], json.dumps(manifest, indent=1).encode())
