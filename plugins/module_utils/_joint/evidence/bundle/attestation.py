# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""attestation.json: an in-toto Statement (v1) over the files of a bundle, which other programs can sign and verify. Pure."""

from __future__ import annotations

import typing as t

from ..manifest import FileEntry, Provenances, dump_json

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://github.com/cvops/identity/access-evidence/v1"


def build_attestation(entries: t.Iterable[FileEntry], provenance: Provenances, about: t.Mapping[str, t.Any]) -> bytes:
    """Return the statement. *entries*: the files that it is about; *about*: ``bundle_id``, ``as_of``, ``created``, ``previous``, ..."""
    keys = ("bundle_id", "as_of", "created", "collection_version", "partial", "pseudonymised", "pseudonyms", "previous")
    return dump_json(
        {
            "_type": STATEMENT,
            "subject": [{"name": entry["path"], "digest": {"sha256": entry["sha256"]}} for entry in entries],
            "predicateType": PREDICATE,
            "predicate": {**{key: about[key] for key in keys}, "provenance": provenance},
        }
    )
