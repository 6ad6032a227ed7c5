# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The data of the presets: nothing is invented, nothing comes without its source, and tier 0 is known."""

from __future__ import annotations

import re

import pytest
from cvops_simulator.entra.wellknown import list_resources

from ansible_collections.cvops.identity.plugins.module_utils._entra.permission_presets.presets import (
    APIS,
    GRAPH,
    PRESETS,
    SOURCES,
    Preset,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.permission_presets.tier_0 import (
    TIER_0,
    explain_tier_0,
)

KINDS = {"application": "appRoles", "delegated": "oauth2PermissionScopes"}
every_preset = pytest.mark.parametrize("preset", [pytest.param(preset, id=name) for name, preset in PRESETS.items()])


def list_tier_0(preset: Preset) -> set[str]:
    """The application permissions of tier 0 that a preset gives."""
    return {name for name in preset.select_names(GRAPH, "application") if explain_tier_0(GRAPH, "application", name)}


@every_preset
def test_every_permission_is_one_that_microsoft_publishes(preset: Preset) -> None:
    """The simulator's lists are the published ones, with their ids."""
    offered = {
        (resource["appId"], kind): {item["value"] for item in resource[members]}
        for resource in list_resources()
        for kind, members in KINDS.items()
    }
    assert preset.permissions
    for part in preset.permissions:
        assert part.names and set(part.names) <= offered[part.api, part.kind]


@every_preset
def test_every_permission_has_one_source(preset: Preset) -> None:
    told = [(part.api, part.kind, name) for part in preset.permissions for name in part.names]
    assert len(set(told)) == len(told)
    for part in preset.permissions:
        assert part.source in SOURCES and part.api in APIS and part.kind in KINDS
        assert SOURCES[part.source].url.startswith("https://")


def test_every_source_is_used() -> None:
    used = {part.source for preset in PRESETS.values() for part in preset.permissions}
    assert used | {preset.needs_source for preset in PRESETS.values() if preset.needs_source} == SOURCES.keys()


@every_preset
def test_sentences_are_sentences(preset: Preset) -> None:
    for text in (preset.purpose, *preset.left_out, *preset.needs):
        assert text.endswith(".") and not text.endswith("..")


def test_sets_for_backup_write_nothing_in_graph_and_are_part_of_what_restores() -> None:
    """Whoever takes the set for backup in place of the other one loses nothing that a backup needs."""
    for name in [name for name in PRESETS if name.endswith("_backup")]:
        wide = PRESETS[f"{name}_restore"].select_names(GRAPH, "application")
        for right in PRESETS[name].select_names(GRAPH, "application"):
            assert re.search(r"\.Read(Basic)?(ForTeam)?\.", right), right
            assert wide & {right, right.replace(".Read", ".ReadWrite")}, (name, right)
        assert not list_tier_0(PRESETS[name])
        assert not PRESETS[name].select_names(GRAPH, "delegated")


def test_what_is_of_tier_0_is_known() -> None:
    """An addition to a preset that can take over the tenant is seen here."""
    assert {name: list_tier_0(preset) for name, preset in PRESETS.items() if list_tier_0(preset)} == {
        "entra_backup_restore": {
            "AdministrativeUnit.ReadWrite.All",
            "AppRoleAssignment.ReadWrite.All",
            "Application.ReadWrite.All",
            "DelegatedPermissionGrant.ReadWrite.All",
            "Directory.ReadWrite.All",
            "Domain.ReadWrite.All",
            "Group.ReadWrite.All",
            "RoleManagement.ReadWrite.Directory",
        },
        "onedrive_backup_restore": {"Application.ReadWrite.All"},
        "sharepoint_backup_restore": {"Application.ReadWrite.All", "Group.ReadWrite.All"},
        "teams_backup_restore": {"Application.ReadWrite.All", "Group.ReadWrite.All"},
    }


@pytest.mark.parametrize(
    ("api", "kind", "name", "start"),
    [
        (GRAPH, "application", "RoleManagement.ReadWrite.Directory", "tier 0: whoever has it can give itself"),
        (GRAPH.upper(), "application", "AppRoleAssignment.ReadWrite.All", "tier 0: whoever has it can grant itself"),
        (GRAPH, "delegated", "Group.ReadWrite.All", "tier 0 when an administrator signs in: it can then add anybody"),
        (GRAPH, "delegated", "Directory.AccessAsUser.All", "tier 0 when an administrator signs in: it can then do"),
        (GRAPH, "application", "Directory.AccessAsUser.All", None),
        (GRAPH, "application", "Application.ReadWrite.OwnedBy", None),
        (GRAPH, "application", "Group.Read.All", None),
        ("00000003-0000-0ff1-ce00-000000000000", "application", "Group.ReadWrite.All", None),
    ],
)
def test_the_reason_is_in_words(api: str, kind: str, name: str, start: str | None) -> None:
    reason = explain_tier_0(api, kind, name)
    assert reason is None if start is None else str(reason).startswith(start)


def test_the_right_to_read_is_never_of_tier_0() -> None:
    assert all("Write" in name or "Update" in name for name in TIER_0)
