# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reads of an export: who is asked for, what only the CommCell shows, and links that the list does not show."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph
from mapping_fakes import COMMCELL_ID, FakeCommCell

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    Association,
    Entity,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Forbidden, Unreachable
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings import info

CELL, GOLD = Entity("commcell", COMMCELL_ID), Entity("plans", 1)
OPS, NIGHT, JVEGA, SVC, OUTER = (
    Principal("user_group", 1),
    Principal("user_group", 2),
    Principal("user", 1),
    Principal("user", 2),
    Principal("external_group", 1),
)
OPS_ID = "abcdef11-2222-4333-8444-555555555555"


class FakeService(FakeCommCell):
    """Client, directory and security in one; ``failure`` is raised by reads of principals."""

    missing_lists: str | None = None
    commcell = CELL

    def describe_missing_lists(self, instead: str) -> str | None:
        return self.missing_lists

    def __init__(self, *rows: Association, links: t.Mapping[int, str] | None = None) -> None:
        names: dict[str, list[tuple[str, str | None]]] = {
            "user_groups": [("ops", None), ("night", None)],
            "external_groups": [("CORP\\ops", None)],
            "users": [("jvega", None), ("svc", None)],
            "roles": [("View", None)],
            "plans": [("gold", None)],
        }
        super().__init__(names, links)
        self.rows = rows
        self.failure: Exception | None = None
        self.asked: list[Principal] = []
        self.warned, self.remembered = 0, dict[t.Any, str]()
        self.entra_groups: t.Any = [{"id": OPS_ID.upper(), "displayName": "ops"}]

    def warn_of_unknown_release(self) -> None:
        self.warned += 1

    def remember_name(self, key: t.Any, name: str) -> None:
        self.remembered[key] = name

    def list_on_entity(self, entity: Entity) -> list[Association]:
        return [row for row in self.rows if row.entity == entity]

    def list_of_principal(self, principal: Principal) -> list[Association]:
        if self.failure:
            raise self.failure
        self.asked.append(principal)
        return [row for row in self.rows if row.principal == principal]


def row(
    principal: Principal, entity: Entity = GOLD, grant_kind: str = "explicit", name: str = "somebody"
) -> Association:
    return Association(principal, name, 1, "View", entity, "where", grant_kind)


def read(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, service: FakeService, **options: t.Any) -> dict[str, t.Any]:
    for name in ("CommvaultClient", "Directory", "SecurityAssociations"):
        monkeypatch.setattr(info, name, lambda *_arguments: service)
    ctx = make_ctx({"principals": None, "users": [], "parallel_reads": 1, **options})
    monkeypatch.setattr(info, "GraphClient", lambda ctx: FakeGraph(ctx, {"/groups": service.entra_groups}))
    return {**info.read_role_mappings(ctx), "warnings": ctx.warnings}


def list_principals(result: dict[str, t.Any]) -> list[t.Any]:
    return [entry["principal"] for entry in result["mappings"]]


def test_groups_and_users_with_grants_on_the_commcell_are_exported(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = FakeService(row(OPS), row(OUTER), row(JVEGA), row(SVC, CELL), row(SVC))
    result = read(make_ctx, monkeypatch, service)
    assert service.asked == [NIGHT, OPS, OUTER, SVC]
    assert list_principals(result) == [{"directory_group": "CORP\\ops"}, {"user_group": "ops"}, {"user": "svc"}]
    assert result["user_groups_without_grants"] == ["night"] and result["other"] == []
    assert (service.warned, service.remembered[OPS]) == (1, "ops")


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({"users": ["J*"]}, [NIGHT, OPS, OUTER, JVEGA, SVC]),
        ({"principals": ["ops"]}, [OPS]),
        ({"principals": ["ops"], "users": ["jvega"]}, [OPS, JVEGA]),
        ({"principals": ["svc"]}, [SVC]),
        ({"principals": []}, []),
    ],
)
def test_patterns_choose_who_is_read(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, options: t.Any, asked: list[Principal]
) -> None:
    service = FakeService(row(SVC, CELL))
    read(make_ctx, monkeypatch, service, **options)
    assert service.asked == asked


def test_what_only_the_commcell_shows_is_listed_apart(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = Principal("user_group", 99)
    owner = row(JVEGA, CELL, "owner", "jvega")
    rows = [row(OPS, CELL), owner, row(lost, CELL, name="lost")]
    result = read(make_ctx, monkeypatch, FakeService(*rows))
    assert [(item["principal"], item["why"]) for item in result["other"]] == [
        ("jvega", "owner"),
        ("lost", "principal is not listed"),
    ]
    result = read(make_ctx, monkeypatch, FakeService(*rows), principals=["lo*"])
    assert [item["principal"] for item in result["other"]] == ["lost"]


def test_a_row_that_both_show_is_one(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    result = read(make_ctx, monkeypatch, FakeService(row(OPS, CELL), row(OPS, CELL, "inherited")))
    assert [entry["grants"] for entry in result["mappings"]] == [[{"role": "View", "entities": "commcell"}]]
    assert [item["why"] for item in result["other"]] == ["inherited"]


def test_links_are_read_only_of_groups_with_grants(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user with the id of a group is not that group."""
    service = FakeService(row(OPS), row(SVC, CELL), links={1: OPS_ID.upper()})
    result = read(make_ctx, monkeypatch, service)
    assert service.read_groups == [1]
    assert list_principals(result)[0] == {"entra_group": {"name": "ops", "object_id": OPS_ID}}


def test_links_that_the_list_shows_are_not_read(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    service = FakeService(row(OPS), row(NIGHT))
    service.show_links_in_list({1: OPS_ID.upper()})
    result = read(make_ctx, monkeypatch, service)
    assert service.read_groups == []
    assert list_principals(result) == [{"user_group": "night"}, {"entra_group": {"name": "ops", "object_id": OPS_ID}}]


def test_an_entra_group_of_another_name_is_exported_with_both_names(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = FakeService(row(OPS), links={1: OPS_ID})
    service.entra_groups = [{"id": OPS_ID, "displayName": "GG-Ops"}]
    (exported,) = read(make_ctx, monkeypatch, service)["mappings"]
    assert exported["principal"] == {"entra_group": {"name": "GG-Ops", "object_id": OPS_ID}}
    assert exported["user_group"] == "ops"


def test_a_link_to_a_group_that_is_gone_is_not_exported(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    service = FakeService(row(OPS), links={1: OPS_ID})
    service.entra_groups = []
    result = read(make_ctx, monkeypatch, service)
    assert list_principals(result) == [{"user_group": "ops"}]
    assert [f"linked to Entra object {OPS_ID}, which is not a" in one for one in result["warnings"]] == [True]


def test_a_name_that_graph_does_not_tell_is_not_made_up(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    service = FakeService(row(OPS), links={1: OPS_ID})
    service.entra_groups = Forbidden("no rights")
    result = read(make_ctx, monkeypatch, service)
    (exported,) = result["mappings"]
    assert (exported["principal"], exported["user_group"]) == ({"entra_group": {"object_id": OPS_ID}}, "ops")
    assert len(result["warnings"]) == 1 and "no rights" in result["warnings"][0]


def test_a_release_that_does_not_list_all_is_refused(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    service = FakeService()
    service.missing_lists = "they need release 11.42; this CommServe is 11.36."
    with pytest.raises(ConfigError, match=r"cannot be exported: they need release 11\.42; this CommServe is 11\.36"):
        read(make_ctx, monkeypatch, service)


def test_a_read_that_fails_is_no_export(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    service = FakeService(row(OPS))
    service.failure = Unreachable("no answer")
    with pytest.raises(Unreachable):
        read(make_ctx, monkeypatch, service)
