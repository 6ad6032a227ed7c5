# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A link to an Entra group: the object id is one of a group, or that is not known, and never silently wrong."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Unreachable
from ansible_collections.cvops.identity.plugins.module_utils._joint import entra_group_links
from ansible_collections.cvops.identity.plugins.module_utils._joint.entra_group_links import verify_group_link


def verify(monkeypatch: pytest.MonkeyPatch, ctx: t.Any, groups: t.Any) -> str | None:
    monkeypatch.setattr(entra_group_links, "GraphClient", lambda made: FakeGraph(made, {"/groups": groups}))
    return verify_group_link(ctx, guid(1))


def test_the_id_of_a_group_is_verified(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = make_ctx()
    assert verify(monkeypatch, ctx, [{"id": guid(1).upper(), "displayName": "GG-Operators"}]) == "GG-Operators"
    assert verify(monkeypatch, ctx, [{"id": guid(1)}]) == guid(1) and ctx.warnings == []


def test_the_id_of_nothing_is_refused_and_its_option_named(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=f"no Entra group has the object id {guid(1)}") as caught:
        verify(monkeypatch, make_ctx(), [])
    assert caught.value.facts["source"] == "option entra_group_id"


def test_what_cannot_be_asked_is_not_verified_and_said(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = make_ctx()
    assert verify(monkeypatch, ctx, Unreachable("no answer")) is None
    assert len(ctx.warnings) == 1 and "not verified" in ctx.warnings[0] and "no answer" in ctx.warnings[0]
