# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Folders of small documents of a snapshot, and a runner of access_evidence on them."""

from __future__ import annotations

import pathlib
import typing as t

import evidence_examples
from evidence_examples import MASTER, VIEW, make_entity, make_grant, make_user

from ansible_collections.cvops.identity.plugins.module_utils._core.runner import run_task
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.files import write_document
from ansible_collections.cvops.identity.plugins.modules import access_evidence

ENDED = "2026-11-27T20:15:00Z"
LATER = "2026-11-28T20:15:00Z"
NAME, SECOND = "2026-11-27T201500Z", "2026-11-28T201500Z"


def date_document(document: t.Any, ended: str) -> t.Any:
    """Return the document as one that was taken at another time, by another program."""
    sources = [{**source, "read_at": ended} for source in document["provenance"]["sources"]]
    provenance = {**document["provenance"], "started": ended, "ended": ended, "sources": sources, "requests": 17}
    return {**document, "provenance": provenance}


def grant(number: int = 1, name: str = "jana@corp.example", role: str = VIEW) -> t.Any:
    """Return a grant to a user."""
    return make_grant(("user", number), role, ("servers", 3), name=name, entity_name="sql01")


def make_commcell(name: str = "emea", ended: str = ENDED, **more: t.Any) -> t.Any:
    """Return the document of a CommCell with two users and two grants."""
    given = {
        "users": [make_user(1, "jana@corp.example"), make_user(2, "tom", local=True)],
        "entities": {"servers": [make_entity(3, "sql01")]},
        "associations": [grant(), grant(2, "tom", MASTER)],
        **more,
    }
    return date_document(evidence_examples.make_commcell(name, **given), ended)


def make_entra(ended: str = ENDED, **more: t.Any) -> t.Any:
    """Return the document of a tenant with one user."""
    users = [evidence_examples.make_entra_user(1, "jana@corp.example")]
    return date_document(evidence_examples.make_entra(**{"users": users, **more}), ended)


def write_snapshot(folder: pathlib.Path, *documents: t.Any) -> str:
    """Write *documents*, one CommCell and the tenant when there are none, into *folder*, and return its path."""
    for document in documents or (make_commcell(), make_entra()):
        write_document(str(folder), document)
    return str(folder)


class Evidence:
    """Runs access_evidence in one folder."""

    def __init__(self, make_ctx: t.Any, path: pathlib.Path) -> None:
        self._make_ctx, self.path = make_ctx, path
        self.dest = path / "evidence"
        self.snapshot = write_snapshot(path / "snapshot")
        self.warnings: list[str] = []

    def take(self, *documents: t.Any, name: str = "later") -> None:
        """Let the next bundle be made of these documents."""
        self.snapshot = write_snapshot(self.path / name, *documents)

    def run(self, check: bool = False, **options: t.Any) -> t.Any:
        """Return the result of the task."""
        defaults = {name: option.get("default") for name, option in access_evidence.SPEC.options.items()}
        given = {"dest": str(self.dest), "snapshot": self.snapshot, **options}
        ctx = self._make_ctx({**defaults, **given}, spec=access_evidence.SPEC.options, check_mode=check, diff_mode=True)
        result = run_task(ctx, access_evidence.RESOURCE)
        self.warnings = list(ctx.warnings)
        return result

    def verify(self, **options: t.Any) -> t.Any:
        """Return the result of verifying all."""
        return self.run(snapshot=None, verify=True, **options)

    def write_chain(self, count: int = 3, **options: t.Any) -> list[str]:
        """Write *count* bundles a day apart, and return their names."""
        names = []
        for number in range(count):
            ended = ENDED.replace("-27T", f"-{10 + number}T")
            grants = [grant(), grant(2, "tom", MASTER)][: 1 + number % 2]
            self.take(make_commcell(ended=ended, associations=grants), make_entra(ended), name=f"snapshot{number}")
            result = self.run(**options)
            assert result["changed"], result
            names.append(result["evidence"]["name"])
        return names

    def read(self, name: str = NAME) -> dict[str, bytes]:
        """Return the files of a bundle by path."""
        folder = self.dest / name
        return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
