# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client of Graph that talks to the local server, for the tests of this folder."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._entra.client import GraphClient
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec


@pytest.fixture
def graph(secured: t.Any, make_ctx: t.Any) -> GraphClient:
    """Return a client that is signed in and reaches the local server."""
    defaults = {name: option.get("default") for name, option in ArgumentSpec(entra_spec().options).options.items()}
    signed_in = {"auth_method": "token", "access_token": "opaque", "token_cache": "none"}
    return GraphClient(make_ctx({**defaults, **signed_in, "graph_url": secured.server.url, "ca_path": secured.ca_path}))


@pytest.fixture
def take_two_seconds(monkeypatch: pytest.MonkeyPatch) -> t.Callable[[t.Any], None]:
    """``take_two_seconds(graph)``: from now on each of its answers takes as long."""

    def slow_down(graph: t.Any) -> None:
        read = graph.read_object

        def read_later(reply: t.Any) -> t.Any:
            graph.ctx.clock.passed += 2.0
            return read(reply)

        monkeypatch.setattr(graph, "read_object", read_later)

    return slow_down
