# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which requests find the applications of clients, and what of their answers is kept out of all output."""

from __future__ import annotations

import typing as t

import pytest
from fake_commvault import FakeCommvault

from ansible_collections.cvops.identity.plugins.module_utils._commvault.key_holders.canonical import KeyHolder
from ansible_collections.cvops.identity.plugins.module_utils._commvault.key_holders.read import KeyHolders
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer, Forbidden

APP = "abcdef00-0000-4000-8000-000000000001"
APPS = {"azureAppList": {"azureApps": [{"azureAppId": APP, "azureAppKeyValue": "aHVzaA=="}]}}
HOLDER = KeyHolder("office365_client", "corp", APP)


def instance(agent: int, number: int = 5, **more: t.Any) -> dict[str, t.Any]:
    return {"instance": {"applicationId": agent, "instanceId": number, "clientId": 70}, **more}


class Cell:
    """A CommCell with one client, whose instances are given."""

    def __init__(self, make_ctx: t.Any, *instances: t.Any, **answers: t.Any) -> None:
        self.answers: dict[str, t.Any] = {
            "Office365/entities": [{"o365Client": [{"clientId": 70, "clientName": "corp"}]}, {}],
            "Instance": {"instanceProperties": list(instances)},
            **{path.replace("__", "/"): answer for path, answer in answers.items()},
        }
        self.client = FakeCommvault(make_ctx({}), self.answers)
        self.holders = KeyHolders(t.cast("t.Any", self.client))

    @property
    def paths(self) -> list[str]:
        """What was read of the client."""
        return [sent.path for sent in self.client.sent][2:]


@pytest.mark.parametrize(
    ("found", "answers", "paths"),
    [
        (instance(134, cloud={"oneDriveInstance": APPS}), {}, ["Instance"]),
        (instance(134), {"Instance__5": {"instanceProperties": [APPS]}}, ["Instance", "Instance/5"]),
        (instance(137, 1), {"Agent": {"agentProperties": [APPS]}}, ["Instance", "Agent"]),
        (
            instance(78, 1),
            {
                "Backupset": {"backupsetProperties": [{"backupSetEntity": {"backupsetId": 9}}]},
                "Backupset__9": {"backupsetProperties": [APPS]},
            },
            ["Instance", "Backupset", "Backupset/9"],
        ),
        (instance(78, 1), {"Backupset": {"backupsetProperties": [APPS]}}, ["Instance", "Backupset"]),
    ],
)
def test_each_kind_of_client_takes_as_few_requests_as_it_can(
    make_ctx: t.Any, found: t.Any, answers: dict[str, t.Any], paths: list[str]
) -> None:
    cell = Cell(make_ctx, found, **answers)
    assert cell.holders.list_office_clients() == [HOLDER]
    assert cell.paths == paths
    assert "aHVzaA==" in cell.client.ctx.secrets


@pytest.mark.parametrize("found", [[], [instance(134, 1)], [instance(134)], [instance(0, 0)], [{}]])
def test_a_client_of_which_nothing_shows_an_application_is_there_all_the_same(make_ctx: t.Any, found: t.Any) -> None:
    cell = Cell(make_ctx, *found)
    assert cell.holders.list_office_clients() == [KeyHolder("office365_client", "corp")]


def test_a_client_of_both_lists_is_one(make_ctx: t.Any) -> None:
    cell = Cell(make_ctx, instance(134, app=APPS))
    cell.client.answers["Office365/entities"] = {"o365Client": [{"clientId": "70", "clientName": "corp"}]}
    assert cell.holders.list_office_clients() == [HOLDER]
    assert [sent.params for sent in cell.client.sent][:2] == [None, {"agentType": "5"}]


def test_a_release_without_these_lists(make_ctx: t.Any) -> None:
    cell = Cell(make_ctx)
    del cell.client.answers["Office365/entities"]
    assert (cell.holders.list_office_clients(), cell.holders.list_key_servers()) == (None, None)


@pytest.mark.parametrize("row", [{}, {"clientId": 7}, {"clientName": "x"}, {"clientId": "x", "clientName": "x"}])
def test_a_client_without_id_or_name_is_no_answer(make_ctx: t.Any, row: t.Any) -> None:
    cell = Cell(make_ctx)
    cell.client.answers["Office365/entities"] = {"o365Client": [row]}
    with pytest.raises(BadAnswer):
        cell.holders.list_office_clients()


def test_a_client_that_may_not_be_read_is_not_left_out(make_ctx: t.Any) -> None:
    cell = Cell(make_ctx, instance(134))
    cell.client.answers["Instance/5"] = Forbidden("no", status=403)
    with pytest.raises(Forbidden):
        cell.holders.list_office_clients()


def test_key_management_servers_take_one_request(make_ctx: t.Any) -> None:
    row = {"keyProviderType": 4, "provider": {"keyProviderName": "kms"}, "properties": {"sslPassPhrase": "hush"}}
    cell = Cell(make_ctx, CommCell__KeyManagementServers={"keyProviders": [row]})
    assert cell.holders.list_key_servers() == [KeyHolder("key_management_server", "kms")]
    assert ([sent.path for sent in cell.client.sent], "hush" in cell.client.ctx.secrets) == (
        ["CommCell/KeyManagementServers"],
        True,
    )
