# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists of a CommCell that say nothing, or something odd, with status 200: told, or a clear failure; never complete, and never without end."""

from __future__ import annotations

import copy
import json
import pathlib
import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.direct import connection, run_body
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.module_utils._commvault.listings import LISTINGS
from ansible_collections.cvops.identity.plugins.modules import commvault_snapshot

Document = dict[str, t.Any]
#: Which source is about the list of a kind.
SOURCES = {kind: f"entities.{kind}" for kind in LISTINGS} | {
    kind: kind for kind in ("users", "user_groups", "external_groups", "roles", "permissions", "companies")
}


@pytest.fixture
def site(make_site: Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch) -> Simulator:
    found = make_site(set="S", anomalies="evidence")
    share_clock(monkeypatch, found)
    return found


def take(site: Simulator, folder: pathlib.Path) -> tuple[Document, Document | None]:
    """The result of the module, and the document where it has written one."""
    told = run_body(commvault_snapshot, site, {"dest": str(folder), "commcell": "cs01", **connection(site, "cs01")})
    path = folder / "commcells" / "cs01.json"
    document = json.loads(path.read_text()) if path.exists() else None
    path.unlink(missing_ok=True)
    return told, document


def get_source(document: Document, name: str) -> Document:
    return t.cast("Document", next(one for one in document["provenance"]["sources"] if one["name"] == name))


def get_rows(document: Document, kind: str) -> list[Document]:
    return t.cast("list[Document]", document[kind] if kind in document else document["entities"][kind])


def answer(site: Simulator, kind: str, body: t.Any) -> None:
    """Let every call that lists the kind answer *body*."""
    for path, _params in LISTINGS[kind].calls:
        site.faults.add(Fault("cs01", "GET", f"*/{path}", "status", status=200, body=body, times=0))


KINDS = sorted(kind for kind in LISTINGS if kind != "credentials")


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_names_no_list_is_not_complete(kind: str, site: Simulator, tmp_path: pathlib.Path) -> None:
    """Some releases leave an empty list out; whether that is meant nobody can tell."""
    whole = take(site, tmp_path)[1]
    assert whole is not None
    bodies: list[t.Any] = [{}, {"errorCode": 0}, *({wrapper: None} for wrapper in LISTINGS[kind].wrappers)]
    for body in bodies:
        site.faults.clear()
        answer(site, kind, body)
        told, document = take(site, tmp_path)
        assert told.get("failed") or document is not None
        if document is None:
            assert told["error"]["kind"] in ("bad_answer", "api", "not_found", "config"), told
            continue
        source = get_source(document, SOURCES[kind])
        assert (source["count"], source["complete"] is True) == (0, False), (body, source)
        assert source["why"]
