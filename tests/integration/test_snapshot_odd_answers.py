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

from ansible_collections.cvops.identity.plugins.module_utils._commvault.client import CommvaultClient
from ansible_collections.cvops.identity.plugins.module_utils._commvault.listings import LISTINGS
from ansible_collections.cvops.identity.plugins.modules import access_evidence, commvault_snapshot

pytestmark = pytest.mark.any_core

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


def alter(monkeypatch: pytest.MonkeyPatch, kind: str, change: Callable[[list[t.Any], Document], None]) -> None:
    """Let *change* have the rows and the body of each answer that lists the kind."""
    get = CommvaultClient.get
    paths = {path for path, _params in LISTINGS[kind].calls}

    def get_altered(self: CommvaultClient, path: str, **more: t.Any) -> t.Any:
        body = get(self, path, **more)
        if path not in paths or body is None:
            return body
        altered = copy.deepcopy(body)
        change(next(altered[name] for name in LISTINGS[kind].wrappers if name in altered), altered)
        return altered

    monkeypatch.setattr(CommvaultClient, "get", get_altered)


def set_at(row: Document, paths: tuple[str, ...], value: t.Any) -> None:
    """Put *value* at each of the dotted paths that the row has."""
    for path in paths:
        *holders, last = path.split(".")
        found: t.Any = row
        for part in holders:
            found = found.get(part) if isinstance(found, dict) else None
        if isinstance(found, dict) and last in found:
            found[last] = value


ALTERED = ("plans", "servers", "user_groups")


@pytest.mark.parametrize("value", [None, "1e3", True, [], 1.5], ids=repr)
@pytest.mark.parametrize("kind", ALTERED)
def test_ids_that_are_none(
    kind: str, value: t.Any, site: Simulator, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alter(monkeypatch, kind, lambda rows, body: set_at(rows[-1], LISTINGS[kind].ids, value))
    told, document = take(site, tmp_path)
    assert document is not None, told
    source = get_source(document, SOURCES[kind])
    assert source["complete"] is False and "without an id or a name, which were left out: 1" in source["why"], source
    assert source["count"] == len(get_rows(document, kind)) > 0


@pytest.mark.parametrize("kind", ALTERED)
def test_rows_that_stand_there_twice(
    kind: str, site: Simulator, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same row is one; another name under the same id is told, and both are kept."""
    whole = take(site, tmp_path)[1]
    assert whole is not None
    with monkeypatch.context() as patched:
        alter(patched, kind, lambda rows, body: rows.append(copy.deepcopy(rows[-1])))
        document = take(site, tmp_path)[1]
    assert document is not None and get_rows(document, kind) == get_rows(whole, kind)
    assert get_source(document, SOURCES[kind])["complete"] is True
    assert get_source(document, SOURCES[kind])["count"] == len(get_rows(document, kind))

    def add_other(rows: list[t.Any], body: Document) -> None:
        rows.append(copy.deepcopy(rows[-1]))
        set_at(rows[-1], LISTINGS[kind].names, "another name")

    alter(monkeypatch, kind, add_other)
    document = take(site, tmp_path)[1]
    assert document is not None
    source = get_source(document, SOURCES[kind])
    assert source["complete"] is False and "several names: 1" in source["why"]
    assert "another name" in {row["name"] for row in get_rows(document, kind)}


@pytest.mark.parametrize("name", ["totalRecords", "filterQueryCount"])
def test_counts_that_do_not_agree_with_the_rows(
    name: str, site: Simulator, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alter(monkeypatch, "plans", lambda rows, body: body.update({name: len(rows) + 2}))
    document = take(site, tmp_path)[1]
    assert document is not None
    source = get_source(document, "entities.plans")
    assert source["complete"] is False and f"reports {source['count'] + 2} and listed" in source["why"]


def test_names_of_any_length_and_kind_are_data(
    site: Simulator, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["x" * 1_000_000, "a\x00\x1b[2K\u202e\u2066", "</script><script>alert(1)</script>", "{{ 7 * 7 }}"]

    def rename(rows: list[t.Any], body: Document) -> None:
        for row, name in zip(rows, names, strict=False):
            set_at(row, LISTINGS["servers"].names, name)

    alter(monkeypatch, "servers", rename)
    folder = tmp_path / "s"
    told = run_body(commvault_snapshot, site, {"dest": str(folder), "commcell": "cs01", **connection(site, "cs01")})
    assert told["changed"] and len(json.dumps(told)) < 100_000
    sealed = run_body(access_evidence, site, {"dest": str(tmp_path / "evidence"), "snapshot": str(folder)})
    assert sealed["changed"] and len(json.dumps(sealed)) < 100_000, sealed
    page = (tmp_path / "evidence" / sealed["evidence"]["name"] / "report.html").read_text()
    assert "<script>alert(1)" not in page and "\x1b" not in page and "\u202e" not in page
