# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The manifest of a bundle of access evidence: what is in the bundle, where it comes from, and the link to the one before. Pure."""

from __future__ import annotations

import hashlib
import json
import re
import typing as t

from ..._core.answers import AnswerRefused, parse_json
from ..._core.errors import ConfigError
from ..._core.provenance import Provenance
from ..._core.values import convert_to_builtins, is_guid, parse_time
from ..._core.visible import escape_in_json
from ..access_log.reading import ENTRA_HOST
from .tables import Row

FORMAT = "cvops.identity/access-evidence/1"
MANIFEST = "manifest.json"
#: What ``ssh-keygen -Y sign`` makes beside it; the only file that the manifest does not name.
SIGNATURE = "manifest.json.sig"
#: What a chain of hashes is worth, said where it is found.
WHAT_IT_PROVES = (
    "Each bundle contains the hash of the previous manifest, so files that were changed, added or removed later are "
    "detected. A chain proves nothing against its own producer, who can create all of it again, unless its head "
    "(the SHA-256 of the newest manifest) is kept where the producer cannot change it: see manifest_sink and "
    "sign_with."
)
WHICH_IS_EXACT = (
    "The JSON files are exact. In the CSV files, which are for people, cells that a spreadsheet would treat as a "
    "formula begin with an apostrophe, and invisible characters are written as escapes."
)
#: A name of a bundle: the name of one folder on every file system, and never a hidden one.
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}\Z")
#: A path of a file in a bundle, with slashes; parts as in names of bundles, and the percent signs and letters that build_file_name leaves.
_PATH_PART = re.compile(r"[^/\\\x00-\x1f]{1,255}\Z")
#: Times of bundles: UTC with seconds, so that their order is that of their texts.
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
LARGEST_MANIFEST = 16 * 1024 * 1024
#: A bundle's largest file: access.json of 300,000 rows has about 300 MB.
LARGEST_FILE = 1024 * 1024 * 1024
MOST_FILES = 10_000


class FileEntry(t.TypedDict):
    """One file. ``path`` has slashes; ``size`` in bytes."""

    path: str
    size: int
    sha256: str


class PreviousLink(t.TypedDict):
    """The bundle before: the name of its folder, which stands beside this one."""

    name: str
    bundle_id: str
    as_of: str
    manifest_sha256: str


class PseudonymFacts(t.TypedDict):
    """What a bundle in which people have pseudonyms says of them. ``named_in``: inputs whose people have their names, since no key was given."""

    key: str
    made_by: str
    """``snapshot``: the snapshot had them; ``bundle``: this bundle has made them of one with names."""
    named_in: list[str]


class Manifest(t.TypedDict):
    """``manifest.json``."""

    format: str
    name: str
    bundle_id: str
    as_of: str
    created: str
    collection_version: str
    what_it_proves: str
    which_is_exact: str
    tenant: Row | None
    commcells: list[Row]
    provenance: dict[str, t.Any]
    """``commcells``: by the name of each; ``entra``: None where it was not read."""
    population: list[Row]
    counts: dict[str, int]
    findings: dict[str, int]
    partial: list[str]
    missing: dict[str, str]
    pseudonymised: bool
    pseudonyms: PseudonymFacts | None
    """None where people have their names."""
    previous: PreviousLink | None
    files: list[FileEntry]


class Provenances(t.TypedDict):
    """Who read what when, of each document."""

    commcells: dict[str, Provenance]
    entra: Provenance | None


def find_starts(manifest: Manifest) -> dict[str, str]:
    """Return by CommCell, and by ENTRA_HOST, when its document was begun; what is no provenance is left out."""
    told = manifest["provenance"]
    cells = told["commcells"] if isinstance(told["commcells"], dict) else {}
    found = {**cells, ENTRA_HOST: told["entra"]}
    return {
        host: one["started"] for host, one in found.items() if isinstance(one, dict) and _is_time(one.get("started"))
    }


def is_bundle_name(text: t.Any) -> bool:
    """Return True for what can be the name of a bundle's folder."""
    return isinstance(text, str) and _NAME.match(text) is not None


def is_bundle_path(text: t.Any) -> bool:
    """Return True for what can be the path of a file in a bundle: relative, with slashes, and nowhere out of it."""
    return (
        isinstance(text, str)
        and len(text) <= 1000
        and all(_PATH_PART.match(part) and part not in (".", "..") for part in text.split("/"))
    )


def compute_sha256(content: bytes) -> str:
    """Return the SHA-256 of *content*, 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def list_entries(files: t.Mapping[str, bytes]) -> list[FileEntry]:
    """Return the entries of *files*, contents by path, sorted."""
    return [
        FileEntry(path=path, size=len(content), sha256=compute_sha256(content))
        for path, content in sorted(files.items())
    ]


def dump_manifest(manifest: Manifest) -> bytes:
    """Return the manifest as JSON, its keys in their order."""
    return dump_json(manifest)


def dump_json(value: t.Any) -> bytes:
    """Return *value* as indented JSON with keys in their order, invisible characters as JSON's escapes."""
    return escape_in_json(json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def parse_manifest(content: bytes) -> Manifest:
    """Return the manifest that *content* is. Raises ConfigError with what is wrong with it; it may come from anybody."""
    try:
        found = convert_to_builtins(parse_json(content, has_unique_keys=True))
    except (ValueError, AnswerRefused) as exc:
        raise ConfigError(f"{MANIFEST} cannot be read: {exc}") from exc
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ConfigError(
            f"{MANIFEST} is not of the format {FORMAT}: it is not a bundle, or a bundle of another release"
        )
    if faults := list(_find_faults(found)):
        raise ConfigError(f"{MANIFEST} is not as this collection writes it: {', '.join(faults)}")
    return t.cast("Manifest", found)


def _find_faults(found: dict[str, t.Any]) -> t.Iterator[str]:
    """Yield the keys of a manifest that are missing or of another shape."""
    for key, is_right in _SHAPES.items():
        if key not in found or not is_right(found[key]):
            yield key
    if set(found) - set(_SHAPES):
        yield "unknown keys"


def _is_text(value: t.Any) -> bool:
    return isinstance(value, str)


def _is_time(value: t.Any) -> bool:
    try:
        return _TIME.match(value) is not None and parse_time(value) is not None
    except (TypeError, ValueError):
        return False


def _is_rows(value: t.Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _is_size(value: t.Any) -> bool:
    """In Python, true is a number."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_counts(value: t.Any) -> bool:
    return isinstance(value, dict) and all(_is_size(item) for item in value.values())


def _is_link(value: t.Any) -> bool:
    if value is None:
        return True
    return (
        isinstance(value, dict)
        and set(value) == set(PreviousLink.__annotations__)
        and is_bundle_name(value["name"])
        and is_guid(value["bundle_id"])
        and _is_time(value["as_of"])
        and _is_hash(value["manifest_sha256"])
    )


def _is_hash(value: t.Any) -> bool:
    return isinstance(value, str) and _SHA256.match(value) is not None


def _is_pseudonym_facts(value: t.Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == set(PseudonymFacts.__annotations__)
        and _is_text(value["key"])
        and value["made_by"] in ("snapshot", "bundle")
        and isinstance(value["named_in"], list)
        and all(map(_is_text, value["named_in"]))
    )


def _is_files(value: t.Any) -> bool:
    return (
        _is_rows(value)
        and 0 < len(value) <= MOST_FILES
        and all(
            set(item) == set(FileEntry.__annotations__)
            and is_bundle_path(item["path"])
            and _is_size(item["size"])
            and item["size"] <= LARGEST_FILE
            and _is_hash(item["sha256"])
            for item in value
        )
        and len({item["path"] for item in value}) == len(value)
        and not {MANIFEST, SIGNATURE} & {item["path"] for item in value}
    )


_SHAPES: t.Mapping[str, t.Callable[[t.Any], bool]] = {
    "format": _is_text,
    "name": is_bundle_name,
    "bundle_id": is_guid,
    "as_of": _is_time,
    "created": _is_time,
    "collection_version": _is_text,
    "what_it_proves": _is_text,
    "which_is_exact": _is_text,
    "tenant": lambda value: value is None or isinstance(value, dict),
    "commcells": _is_rows,
    "provenance": lambda value: isinstance(value, dict) and set(value) == set(Provenances.__annotations__),
    "population": _is_rows,
    "counts": _is_counts,
    "findings": _is_counts,
    "partial": lambda value: isinstance(value, list) and all(map(_is_text, value)),
    "missing": lambda value: isinstance(value, dict) and all(map(_is_text, value.values())),
    "pseudonymised": lambda value: isinstance(value, bool),
    "pseudonyms": lambda value: value is None or _is_pseudonym_facts(value),
    "previous": _is_link,
    "files": _is_files,
}
