# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls on grants, names and the CommServe itself, made straight from Python against the simulator."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import Company, Credential, UserGroup
from cvops_simulator.core.faults import Fault

from ansible_collections.cvops.identity.plugins.module_utils._commvault.client import CommvaultClient
from ansible_collections.cvops.identity.plugins.module_utils._commvault.directory import Directory
from ansible_collections.cvops.identity.plugins.module_utils._commvault.listings import OBJECT_KINDS
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.calls import SecurityAssociations
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    ALL_OF_KIND,
    Entity,
    Grant,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    ConfigError,
    Forbidden,
    NotFound,
)

pytestmark = pytest.mark.any_core

NUMBERS = {"user": 13, "user_group": 15, "external_group": 62}


class Quiet:
    """Says nothing."""

    def debug(self, level: int, message: str) -> None:
        """Drop it."""

    def progress(self, message: str) -> None:
        """Drop it."""


@pytest.fixture
def site(empty_site: Simulator) -> Simulator:
    """A CommCell with a company, a credential and a directory group of known ids."""
    state = empty_site.commcells["cs01"].state
    state.companies.add(Company(9100, "Corp Ltd", "corp"))
    state.credentials.add(Credential(5100, "azure-prod", "CLOUD_ACCOUNT"))
    state.groups.add(UserGroup(57, "CORP\\cv-ops", provider="CORP"))
    state.groups.add(UserGroup(58, "operators"))
    state.groups.add(UserGroup(59, "operators", company_id=9100))
    return empty_site


@pytest.fixture
def connect(site: Simulator) -> Iterator[t.Callable[..., CommvaultClient]]:
    """A signed-in client; options may be added."""
    contexts: list[Context] = []

    def make(**options: t.Any) -> CommvaultClient:
        cell = site.commcells["cs01"]
        username, password = cell.admin
        settings = {
            "commvault_url": cell.url,
            "commvault_auth_method": "password",
            "commvault_username": username,
            "commvault_password": password,
            "commvault_token_header": "Authtoken",
            "commvault_ca_path": site.ca_path,
            "validate_certs": True,
            "retries": 2,
            **options,
        }
        contexts.append(Context(settings, Quiet(), secrets={password}))
        return CommvaultClient(contexts[-1])

    yield make
    for ctx in contexts:
        ctx.close()


def entities(directory: Directory) -> list[Entity]:
    """One entity of each kind, and all of those kinds that allow it."""
    kinds = ("servers", "server_groups", "plans", "storage_pools", "workflows")
    found = [Entity(kind, next(iter(directory.read_catalogue(kind))).id) for kind in (*kinds, "credentials")]
    company = Entity("company", directory.read_catalogue("companies").find("CORP").id)
    return [*found, company, Entity("commcell", 2), *[Entity(kind, ALL_OF_KIND) for kind in kinds]]


def test_products_are_written_and_read_back(site: Simulator, connect: t.Callable[..., CommvaultClient]) -> None:
    """Every kind of entity and principal: exactly the product appears, everything else stays, and all of it goes again."""
    client = connect()
    directory, security = Directory(client), SecurityAssociations(client)
    wanted = entities(directory)
    principals = [Principal("user_group", 58), Principal("external_group", 57), Principal("user", 1)]
    pairs = [(principal, 2) for principal in principals]
    grants = site.commcells["cs01"].state.grants
    before = grants.triples()
    site.journal.clear()
    security.add(wanted, pairs)
    assert len(site.journal.writes("cs01")) == 1
    assert len(grants.triples() - before) == len(wanted) * len(pairs)
    for principal in principals[:2]:
        assert {row.grant for row in security.list_of_principal(principal)} == {
            Grant(principal, 2, entity) for entity in wanted
        }
    for entity in wanted:
        if not security.can_list_entity(entity):
            assert entity.id == ALL_OF_KIND or entity.kind == "credentials"
            continue
        held = {row.grant for row in security.list_on_entity(entity)}
        assert held >= {Grant(principal, 2, entity) for principal in principals}
    security.remove(wanted, pairs)
    assert grants.triples() == before
    security.add([], pairs)
    assert len(site.journal.writes("cs01")) == 2


def test_a_lost_answer_is_asked_for_again(site: Simulator, connect: t.Callable[..., CommvaultClient]) -> None:
    security = SecurityAssociations(connect())
    site.faults.add(Fault(service="cs01", method="POST", path="*/Security", action="drop_after"))
    security.add([Entity("commcell", 2)], [(Principal("user_group", 58), 2)])
    assert [row.grant for row in security.list_of_principal(Principal("user_group", 58))] == [
        Grant(Principal("user_group", 58), 2, Entity("commcell", 2))
    ]
    with pytest.raises(ConfigError, match="no call"):
        security.list_on_entity(Entity("servers", ALL_OF_KIND))
    with pytest.raises(ApiError, match="does not exist"):
        security.list_of_principal(Principal("user_group", 4711))


def test_what_the_service_refuses(site: Simulator, connect: t.Callable[..., CommvaultClient]) -> None:
    """An error inside an answer of 200 names what was tried, and what it needs."""
    body = {"response": [{"errorCode": 77, "errorString": "User has insufficient rights."}]}
    site.faults.add(Fault(service="cs01", method="POST", path="*/Security", status=200, body=body))
    with pytest.raises(Forbidden, match="grant 1 role on 1 entity.*insufficient") as caught:
        SecurityAssociations(connect()).add([Entity("commcell", 2)], [(Principal("user_group", 58), 2)])
    assert "every permission" in caught.value.facts["needs"]


def test_one_call_per_list(site: Simulator, connect: t.Callable[..., CommvaultClient]) -> None:
    """Ten lists and no more, however many names; a miss costs one second look at that kind."""
    client = connect()
    directory = Directory(client)
    site.journal.clear()
    for kind in OBJECT_KINDS:
        catalogue = directory.read_catalogue(kind)
        for entry in list(catalogue)[:5]:
            assert catalogue.find(entry.id) == entry
    assert len(site.journal.reads("cs01")) == len(
        OBJECT_KINDS
    )  # the two kinds of groups share a list; the log-in counts as one
    for name in ("nothing", "nobody"):
        with pytest.raises(NotFound):
            directory.read_catalogue("users").find(name)
    assert [entry.path.rsplit("/", 1)[1] for entry in site.journal.reads("cs01")[len(OBJECT_KINDS) :]] == [
        "User",
        "user",
    ]
    assert directory.read_catalogue("user_groups").find("operators").id == 58, "a bare name is one of the CommCell"
    assert directory.read_catalogue("user_groups").find("operators", "corp").id == 59
    assert directory.read_catalogue("user_groups").find("operators", "Commcell").id == 58
    assert directory.read_catalogue("external_groups").find("corp\\CV-OPS").id == 57


@pytest.mark.parametrize(("company", "name"), [("corp", "Corp Ltd"), ("CORP LTD", "Corp Ltd"), ("9100", "9100")])
def test_company_scope(connect: t.Callable[..., CommvaultClient], company: str, name: str) -> None:
    client = connect(commvault_company=company)
    assert (client.company_id, client.company_name) == (9100, name)
    assert [entry.id for entry in Directory(client).read_catalogue("user_groups")] == [59]


def test_an_unknown_company(connect: t.Callable[..., CommvaultClient]) -> None:
    with pytest.raises(NotFound, match="No company is named 'cor'"):
        connect(commvault_company="cor").get("CommServ", intent="look")
    client = connect(commvault_company="0")
    assert (client.company_id, client.company_name) == (0, None)


def test_the_commserve(site: Simulator, connect: t.Callable[..., CommvaultClient]) -> None:
    client = connect()
    assert (client.release, client.commcell_id, client.commcell_name) == (44, 2, "cs01")
    assert SecurityAssociations(client).can_list_principal
    assert client.caller[1] == client.ctx.options["commvault_username"]
    assert client.get("V4/Role/4711", intent="look", missing_ok=True) is None
    with pytest.raises(NotFound):
        client.get("V4/Role/4711", intent="look")
    assert client.write("DELETE", "V4/Role/4711", intent="delete", missing_ok=True) == {}
    with pytest.raises(ApiError, match="Cannot delete"):
        client.write("DELETE", "V4/Role/4711", intent="delete")


def test_warnings_reach_the_task(site: Simulator, connect: t.Callable[..., CommvaultClient]) -> None:
    body = {"response": [{"errorCode": 0, "warningCode": 1, "warningMessage": "The plan is not shared."}]}
    site.faults.add(Fault(service="cs01", method="POST", path="*/Security", status=200, body=body))
    client = connect()
    SecurityAssociations(client).add([Entity("commcell", 2)], [(Principal("user_group", 58), 2)])
    assert client.ctx.warnings == ["Commvault, when asked to grant 1 role on 1 entity: The plan is not shared."]
