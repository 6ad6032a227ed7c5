# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small snapshot that is the same in every run."""

from __future__ import annotations

import json
import pathlib
import tempfile
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._commvault.overview.document import FORMAT

_TIME = "2026-03-01T10:00:00Z"
_LISTS = (
    *("companies", "permissions", "roles", "users", "user_groups", "external_groups", "associations", "owners"),
    *("access_tokens", "credentials", "identity_providers"),
)


def write_snapshot(folder: pathlib.Path) -> str:
    """Write the document of a CommCell with one grant into *folder*, and return its path."""
    document: dict[str, t.Any] = {
        "format": FORMAT,
        "provenance": {
            "collection_version": "0.1.0",
            "started": _TIME,
            "ended": _TIME,
            "requests": 1,
            "collector": {"kind": "commvault_user", "id": "7", "name": "reader", "rights": ["View"]},
            "sources": [{"name": name, "count": 0, "complete": True, "why": "", "read_at": _TIME} for name in _LISTS],
        },
        "name": "cs01",
        "commcell": {"id": "2", "name": "cs01", "release": "11.42", "company": None},
        "two_factor": {"mode": "off", "user_groups": []},
        "entities": {},
        **{name: [] for name in _LISTS},
        "associations": [
            {
                "principal": {"kind": "user", "id": "8", "name": "jana"},
                "role": {"id": "2", "name": "View"},
                "permissions": [],
                "entity": {"kind": "commcell", "id": "2", "name": "cs01"},
                "grant_kind": "explicit",
            }
        ],
    }
    place = folder / "commcells" / "cs01.json"
    for path in (folder, place.parent):
        path.mkdir(mode=0o700, exist_ok=True)
    place.write_text(json.dumps(document), encoding="utf-8")
    place.chmod(0o600)
    return str(folder)


def make_evidence_options(holder: str, **more: t.Any) -> dict[str, t.Any]:
    """Return options of access_evidence for a snapshot in a new folder in *holder*."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=holder))
    snapshot = write_snapshot(folder / "snapshot")
    # without the report, which is made in process alone
    formats = ["csv", "vanta", "ciso_assistant", "oscal", "attestation", "junit"]
    return {"snapshot": snapshot, "dest": str(folder / "evidence"), "name": "bundle", "formats": formats, **more}
