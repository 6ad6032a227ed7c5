# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Graph on days when replicas disagree and answers show little: objects of this run are waited for, none is made twice."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, Forbidden, NotFound
from ansible_collections.cvops.identity.plugins.module_utils._core.spec import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._entra.client import GraphClient, with_unique_name
from ansible_collections.cvops.identity.plugins.module_utils._entra.create import create_once
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec

GROUP = {"id": "5b1c2f0e-0000-4000-8000-1a2b3c4d5e6f", "displayName": "Operators", "uniqueName": "OPS"}
PATH = f"/groups/{GROUP['id']}"
DENIED = {
    "error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges to complete the operation."}
}
MISSING = {"error": {"code": "Request_ResourceNotFound", "message": "Resource 'x' does not exist."}}


@pytest.fixture
def graph(secured: t.Any, make_ctx: t.Any) -> GraphClient:
    defaults = {name: option.get("default") for name, option in ArgumentSpec(entra_spec().options).options.items()}
    signed_in = {"auth_method": "token", "access_token": "opaque", "token_cache": "none"}
    return GraphClient(make_ctx({**defaults, **signed_in, "graph_url": secured.server.url, "ca_path": secured.ca_path}))


def methods(secured: t.Any) -> list[str]:
    return [one.method for one in secured.server.received]


def test_an_upsert_that_shows_the_object(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(201, GROUP))
    assert graph.upsert("groups", "uniqueName", "ops", {}, intent="create it")["id"] == GROUP["id"]
    assert methods(secured) == ["PATCH"]


@pytest.mark.parametrize("status", [204, 201])
def test_an_upsert_that_shows_nothing_is_read_until_all_replicas_know(
    graph: GraphClient, secured: t.Any, answer: t.Any, status: int
) -> None:
    """A repeated upsert meets its own object, and some replicas do not know it yet; nor do they in the steps that follow."""
    lagging = answer(404, MISSING)
    secured.server.says(answer(status, b""), lagging, lagging, answer(200, GROUP), lagging, answer(204, b""))
    assert graph.upsert("groups", "uniqueName", "ops", {}, intent="create it") == GROUP
    graph.write("PATCH", PATH, {"description": "x"}, intent="change it")
    assert methods(secured) == ["PATCH", "GET", "GET", "GET", "PATCH", "PATCH"]


def test_an_upsert_that_never_shows(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(204, b""), answer(404, MISSING))
    with pytest.raises(ApiError, match="accepted it and does not show it") as caught:
        graph.upsert("groups", "uniqueName", "ops", {}, intent="create it")
    assert caught.value.may_have_acted


def test_ownership_that_is_not_known_everywhere_yet(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    graph.remember(GROUP)
    secured.server.says(answer(403, DENIED), answer(403, DENIED), answer(204, b""))
    graph.write("PATCH", PATH, {"description": "x"}, intent="change it")
    assert len(secured.server.received) == 3


def test_missing_rights_are_told_soon(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(403, DENIED))
    with pytest.raises(Forbidden):
        graph.write("PATCH", PATH, {"description": "x"}, intent="change it")
    assert len(secured.server.received) == 1
    graph.remember(GROUP)
    with pytest.raises(Forbidden):
        graph.write("PATCH", PATH, {"description": "x"}, intent="change it")
    assert graph.ctx.clock.monotonic() <= 1000.0 + 20.0


def test_reading_without_rights_is_never_waited_for(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    graph.remember(GROUP)
    secured.server.says(answer(403, DENIED))
    with pytest.raises(Forbidden):
        graph.get(PATH, intent="read it")
    assert len(secured.server.received) == 1


def test_a_replica_that_denies_the_key_may_still_list_the_object() -> None:
    other = {**GROUP, "uniqueName": None}
    assert with_unique_name([other, GROUP], "ops") is GROUP
    assert with_unique_name([other], "ops") is None
    assert with_unique_name([other, {**GROUP, "uniqueName": ""}], None) is None


class Listed:
    """What a list shows, look by look; the last look for ever."""

    def __init__(self, *looks: list[dict[str, t.Any]]) -> None:
        self.looks = list(looks)

    def __call__(self) -> list[dict[str, t.Any]]:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]


def created(graph: GraphClient, *looks: list[dict[str, t.Any]]) -> dict[str, t.Any]:
    return create_once(graph, "/groups", {}, find=Listed(*looks), intent="create it")


def test_what_a_replica_did_not_show_at_first_is_not_made_again(graph: GraphClient, secured: t.Any) -> None:
    with pytest.raises(ApiError, match="exists after all") as caught:
        created(graph, [], [GROUP])
    assert methods(secured) == []
    assert caught.value.facts["service"] == "Microsoft Graph"


def test_a_creation_that_shows_nothing_is_looked_for(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(201, b"", {"Location": "https://graph.microsoft.com/v2/x/directoryObjects/y"}))
    assert created(graph, [], [], [], [GROUP]) == GROUP
    assert methods(secured) == ["POST"]
    with pytest.raises(ApiError, match="without showing it") as caught:
        created(graph, [])
    assert caught.value.facts["outcome"] == "unknown"


def test_a_refused_creation_is_not_looked_for(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(404, MISSING))
    with pytest.raises(NotFound):
        created(graph, [])
    assert graph.ctx.clock.monotonic() == 1000.0
