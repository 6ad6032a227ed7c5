# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Verifying of bundles: every file's hash, what lies beside them, the links of the chain, the lines of the sinks, and signatures."""

from __future__ import annotations

import collections
import os
import typing as t

from ...._core.errors import ConfigError
from ..manifest import LARGEST_MANIFEST, MANIFEST, SIGNATURE, Manifest
from ..reading import find_fault, find_unknown_paths, read_bundle, read_content, read_manifest
from .folder import SinkLine, list_bundle_names, read_sink
from .signing import find_signature_fault


class Fault(t.TypedDict):
    """What is wrong with a bundle. ``bundle``: its name, empty for what no bundle is named; ``path``: of a file in it, else empty."""

    bundle: str
    path: str
    kind: str
    message: str


class Checked(t.NamedTuple):
    """A bundle whose manifest could be read."""

    name: str
    manifest: Manifest
    sha256: str


class Verdict(t.NamedTuple):
    """What came of verifying: bundles, oldest first, and faults."""

    bundles: list[Checked]
    faults: list[Fault]


def verify_bundles(dest: str, name: str | None, sinks: t.Sequence[str], signers: str | None) -> Verdict:
    """Return what came of verifying all bundles in *dest*, or *name* and those before it. Raises ConfigError for input that cannot be used.

    *sinks*: files that keep hashes; *signers*: the file of allowed signers, None where signatures are not looked at.
    """
    checked, faults = [], []
    wanted = _follow_links(dest, name) if name is not None else list_bundle_names(dest)
    if not wanted:
        faults.append(_tell("", "", "missing", f"there is no bundle in {dest}"))
    for each in wanted:
        folder = os.path.join(dest, each)
        try:
            manifest, digest = read_manifest(folder)
        except ConfigError as exc:
            faults.append(_tell(each, MANIFEST, "unreadable", str(exc)))
            continue
        checked.append(Checked(each, manifest, digest))
        faults += check_files(folder, each, manifest)
        if signers is not None:
            faults += _check_signature(folder, each, signers)
    faults += check_chain(checked, is_whole=name is None)
    for sink in sinks:
        faults += check_sink(checked, read_sink(sink), sink, is_whole=name is None)
    return Verdict(sorted(checked, key=lambda it: (it.manifest["as_of"], it.name)), faults)


def check_files(folder: str, name: str, manifest: Manifest, *, parses_tables: bool = True) -> list[Fault]:
    """Return the faults of the files in *folder*: changed, missing, unknown, and, with *parses_tables*, tables that are none."""
    faults = []
    for entry in manifest["files"]:
        path = entry["path"]
        if not os.path.lexists(os.path.join(folder, path)):
            faults.append(_tell(name, path, "missing", "is missing"))
            continue
        try:
            if fault := find_fault(entry, read_content(folder, path)):
                faults.append(_tell(name, path, "changed", fault))
        except ConfigError as exc:
            faults.append(_tell(name, path, "unreadable", str(exc)))
    try:
        unknown = find_unknown_paths(folder, manifest)
        faults += [_tell(name, path, "unknown", "does not belong to the bundle") for path in unknown]
        if parses_tables and not faults:
            read_bundle(folder)
    except ConfigError as exc:
        faults.append(_tell(name, "", "unreadable", str(exc)))
    if name != manifest["name"]:
        faults.append(_tell(name, MANIFEST, "renamed", f"was sealed as {manifest['name']}"))
    return faults


def check_chain(bundles: t.Sequence[Checked], *, is_whole: bool) -> list[Fault]:
    """Return the faults of the links between *bundles*; *is_whole*: they are all that there is, so that there is one beginning and no fork."""
    by_name = {bundle.name: bundle for bundle in bundles}
    faults = []
    for bundle in bundles:
        link = bundle.manifest["previous"]
        if link is None:
            continue
        before = by_name.get(link["name"])
        if before is None:
            faults.append(_tell(bundle.name, MANIFEST, "previous", f"the bundle before it, {link['name']}, is missing"))
            continue
        if link["manifest_sha256"] != before.sha256:
            faults.append(
                _tell(
                    bundle.name,
                    MANIFEST,
                    "previous",
                    f"{before.name} is not what it was when this was sealed (SHA-256)",
                )
            )
        elif any(link[key] != before.manifest[key] for key in ("bundle_id", "as_of")):
            faults.append(_tell(bundle.name, MANIFEST, "previous", f"names another id or time of {before.name}"))
        if before.manifest["as_of"] >= bundle.manifest["as_of"]:
            faults.append(_tell(bundle.name, MANIFEST, "order", f"is not later than {before.name}, which it follows"))
    if is_whole:
        first = sorted(
            (bundle for bundle in bundles if bundle.manifest["previous"] is None),
            key=lambda it: (it.manifest["as_of"], it.name),
        )
        faults += [
            _tell(bundle.name, MANIFEST, "previous", f"begins a second chain next to {first[0].name}")
            for bundle in first[1:]
        ]
        followers = collections.defaultdict(list)
        for bundle in bundles:
            if link := bundle.manifest["previous"]:
                followers[link["name"]].append(bundle.name)
        faults += [
            _tell(name, MANIFEST, "fork", f"is followed by several bundles: {', '.join(sorted(names))}")
            for name, names in sorted(followers.items())
            if len(names) > 1
        ]
    return faults


def check_sink(bundles: t.Sequence[Checked], lines: t.Sequence[SinkLine], sink: str, *, is_whole: bool) -> list[Fault]:
    """Return the faults of *bundles* by the *lines* of *sink*; *is_whole*: the sink knows of no other bundle."""
    kept: dict[str, set[str]] = collections.defaultdict(set)
    for line in lines:
        kept[line.bundle_id].add(line.sha256)
    faults = []
    for bundle in bundles:
        known = kept.pop(bundle.manifest["bundle_id"], set())
        if not known:
            faults.append(_tell(bundle.name, MANIFEST, "sink", f"{sink} has no line for it"))
        elif known != {bundle.sha256}:
            faults.append(_tell(bundle.name, MANIFEST, "sink", f"{sink} has another hash of it"))
    if is_whole:
        faults += [
            _tell("", "", "sink", f"{sink} names the bundle {line.bundle_id} of {line.time}, which is missing")
            for line in lines
            if line.bundle_id in kept
        ]
    return faults


def _check_signature(folder: str, name: str, signers: str) -> list[Fault]:
    path = os.path.join(folder, SIGNATURE)
    if not os.path.lexists(path):
        return [_tell(name, SIGNATURE, "signature", "is missing")]
    try:
        read_content(folder, SIGNATURE, LARGEST_MANIFEST)  # that it is an ordinary file
        fault = find_signature_fault(read_content(folder, MANIFEST, LARGEST_MANIFEST), path, signers)
    except ConfigError as exc:
        fault = str(exc)
    return [_tell(name, SIGNATURE, "signature", fault)] if fault else []


def _follow_links(dest: str, name: str) -> list[str]:
    """Return *name* and the names of the bundles before it, as far as their manifests can be read and they are there."""
    found = [name]
    while True:
        try:
            manifest, _digest = read_manifest(os.path.join(dest, found[-1]))
        except ConfigError:
            return found
        link = manifest["previous"]
        if link is None or link["name"] in found or not os.path.lexists(os.path.join(dest, link["name"])):
            return found
        found.append(link["name"])


def _tell(bundle: str, path: str, kind: str, message: str) -> Fault:
    return Fault(bundle=bundle, path=path, kind=kind, message=message)
