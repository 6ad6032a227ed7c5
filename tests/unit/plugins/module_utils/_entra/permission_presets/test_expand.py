# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option api_permissions with presets: their union, whatever the order."""

from __future__ import annotations

import typing as t

import pytest
from cvops_simulator.entra.wellknown import list_resources
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Problems
from ansible_collections.cvops.identity.plugins.module_utils._entra.permission_presets.expand import (
    expand_presets,
    list_presets,
    unite_names,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.permission_presets.presets import (
    APIS,
    EXCHANGE,
    GRAPH,
    PRESETS,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.permissions import (
    KINDS,
    ApiResolver,
    RequestedPermissions,
)

Entry = dict[str, t.Any]
RESOURCES = {item["appId"]: {**item, "id": f"object-{item['appId']}"} for item in list_resources()}
presets = st.sampled_from(sorted(PRESETS)).map(lambda name: {"preset": name})
names = st.none() | st.lists(st.sampled_from(["User.Read.All", "Group.Read.All", "RoleManagement.ReadWrite.Directory"]))
by_hand = st.builds(
    lambda api, application: {"api": api, "application": application},
    st.sampled_from(["Microsoft Graph", "microsoft graph", GRAPH]),
    names,
)


class FakeGraph:
    """Microsoft's APIs, without those left out."""

    def __init__(self, *left_out: str) -> None:
        self._left_out = left_out

    def get(self, path: str, **_unused: t.Any) -> Entry | None:
        found = next((item for app_id, item in RESOURCES.items() if app_id in path), None)
        return None if found is None or found["appId"] in self._left_out else found

    def list(self, _path: str, **_unused: t.Any) -> list[Entry]:
        return []


def resolve(entries: list[Entry], exclusive: bool = False, left_out: str = "") -> list[RequestedPermissions]:
    return ApiResolver(t.cast("t.Any", FakeGraph(left_out))).resolve(entries, exclusive=exclusive)


def form(requests: list[RequestedPermissions]) -> dict[str, t.Any]:
    """What is requested, without order."""
    return {request.api.app_id: (request.application, request.delegated) for request in requests}


@given(st.lists(presets, min_size=1, max_size=4), st.none() | by_hand, st.booleans(), st.randoms())
def test_the_order_never_matters_and_what_is_there_twice_counts_once(
    chosen: list[Entry], one: Entry | None, exclusive: bool, random: t.Any
) -> None:
    entries = [*chosen, *([one] if one else [])]
    shuffled = [*entries, *chosen]
    random.shuffle(shuffled)
    assert form(resolve(shuffled, exclusive)) == form(resolve(entries, exclusive))


@given(st.lists(presets, max_size=4), presets, st.booleans())
def test_presets_unite(chosen: list[Entry], more: Entry, exclusive: bool) -> None:
    """Nothing is requested that no preset names, and all that one of them names is."""
    first, second, both = (form(resolve(entries, exclusive)) for entries in (chosen, [more], [*chosen, more]))
    for api in APIS:
        for place in range(2):
            united = unite_names(first.get(api, (None, None))[place], second.get(api, (None, None))[place])
            assert both.get(api, (None, None))[place] == united


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_is_what_its_data_say(name: str) -> None:
    (request, *_more) = [item for item in resolve([{"preset": name}]) if item.api.app_id == GRAPH]
    known = request.api.get_names()
    for kind in KINDS:
        wanted = PRESETS[name].select_names(GRAPH, kind)
        assert {known[item] for item in request.get_ids(kind) or ()} == wanted
        assert (request.get_ids(kind) is None) is (not wanted)


def test_with_exclusive_a_preset_manages_both_kinds_of_its_apis() -> None:
    """Otherwise what it does not name would stay, and an application would hold more than its preset."""
    (entry,) = expand_presets([{"preset": "onedrive_backup"}], exclusive=True)
    assert entry.delegated == ()
    (entry,) = expand_presets([{"preset": "onedrive_backup"}])
    assert entry.delegated is None


def test_an_item_by_hand_joins_a_preset_and_says_what_it_manages() -> None:
    beside = {"api": "Microsoft Graph", "application": ["Reports.Read.All"], "delegated": ["User.Read"]}
    (request,) = resolve([{"preset": "entra_backup"}, beside])
    named = request.api.get_names()
    assert "Reports.Read.All" in {named[item] for item in request.application or ()}
    assert [named[item] for item in request.delegated or ()] == ["User.Read"]


def test_two_items_by_hand_for_one_api_are_refused_with_a_preset_between_them_too() -> None:
    entries = [{"api": "Microsoft Graph"}, {"preset": "sign_on"}, {"api": GRAPH}]
    with pytest.raises(Problems) as caught:
        resolve(entries)
    (problem,) = caught.value.facts["problems"]
    assert problem["where"] == "api_permissions[2].api" and "listed twice" in problem["message"]


def test_an_api_that_the_tenant_lacks_is_told_with_its_preset() -> None:
    with pytest.raises(Problems) as caught:
        resolve([{"preset": "exchange_backup_restore"}], left_out=EXCHANGE)
    (problem,) = caught.value.facts["problems"]
    assert problem["where"] == "api_permissions[0].preset"
    assert problem["message"].startswith(
        f"preset exchange_backup_restore: no service principal of API {APIS[EXCHANGE]}"
    )


def test_a_permission_that_the_tenant_does_not_offer_is_told_with_its_preset(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a national cloud, where not every service is."""
    monkeypatch.setitem(RESOURCES, EXCHANGE, {**RESOURCES[EXCHANGE], "appRoles": []})
    with pytest.raises(Problems) as caught:
        resolve([{"preset": "exchange_backup_restore"}])
    (problem,) = caught.value.facts["problems"]
    assert problem["where"] == "api_permissions[0].preset"
    assert (
        "preset exchange_backup_restore: Office 365 Exchange Online has no application permission" in problem["message"]
    )


def test_presets_are_listed_once() -> None:
    assert list_presets(None) == []
    assert list_presets(
        [{"preset": "sign_on"}, {"api": "x", "preset": None}, {"preset": "mcp_server"}, {"preset": "sign_on"}]
    ) == [
        "mcp_server",
        "sign_on",
    ]
