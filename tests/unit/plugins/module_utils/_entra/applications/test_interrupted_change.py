# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Marking what is disabled to be changed, and reading the marks: round trips, foreign tags, several at once."""

from __future__ import annotations

import pytest
from application_model import Wire, role, scope, wires
from fake_graph import guid
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.canonical import canonical_application
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.interrupted_change import (
    ENABLED_TAG,
    TAG,
    disable_entitlements,
    enable_entitlements,
    find_interrupted,
    find_left_enabled,
    undo_interruption,
)

WIRE = {"tags": ["x"], "appRoles": [role(1, "Run"), role(2, "Off", enabled=False)]}


@given(wires(), st.data())
def test_undoing_a_disabling_gives_what_was_there(wire: Wire, data: st.DataObject) -> None:
    before = canonical_application(wire)
    enabled = [entry["id"] for name in ("app_roles", "api_scopes") for entry in before[name] if entry["enabled"]]
    chosen = data.draw(st.sets(st.sampled_from(enabled))) if enabled else set()
    disabled = disable_entitlements(before, chosen)
    assert {entry["id"] for entry in find_interrupted(disabled)} == chosen
    assert undo_interruption(disabled) == before
    assert undo_interruption(before) == before and not find_interrupted(before)


@given(wires(), st.data())
def test_undoing_an_enabling_gives_what_was_there(wire: Wire, data: st.DataObject) -> None:
    before = canonical_application(wire)
    disabled = [entry["id"] for name in ("app_roles", "api_scopes") for entry in before[name] if not entry["enabled"]]
    chosen = data.draw(st.sets(st.sampled_from(disabled))) if disabled else set()
    enabled = enable_entitlements(before, chosen)
    assert {entry["id"] for entry in find_left_enabled(enabled)} == chosen and not find_interrupted(enabled)
    assert undo_interruption(enabled) == before and not find_left_enabled(before)


def test_a_role_and_a_scope_of_one_id_are_disabled_together() -> None:
    before = canonical_application({**WIRE, "api": {"oauth2PermissionScopes": [scope(1, "Run")]}})
    disabled = disable_entitlements(before, {guid(1)})
    assert disabled["tags"] == [f"{TAG}{guid(1)}", "x"]
    assert [entry["enabled"] for entry in (*disabled["app_roles"], *disabled["api_scopes"])] == [False, False, False]
    assert len(find_interrupted(disabled)) == 2


@pytest.mark.parametrize("tag", [TAG, f"{TAG}somebody", f"x{TAG}{guid(2)}", ENABLED_TAG, f"x{ENABLED_TAG}{guid(1)}"])
def test_foreign_tags_mean_nothing(tag: str) -> None:
    before = canonical_application({**WIRE, "tags": [tag]})
    assert find_interrupted(before) == find_left_enabled(before) == [] and undo_interruption(before) == before


def test_a_tag_of_an_enabled_role_or_of_none_is_only_taken_away() -> None:
    before = canonical_application({**WIRE, "tags": [f"{TAG}{guid(1)}", f"{TAG}{guid(9).upper()}", "x"]})
    assert find_interrupted(before) == []
    assert undo_interruption(before) == canonical_application(WIRE)
