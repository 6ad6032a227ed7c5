# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of Entra ID a document names: each once, and nothing that it wants to be absent."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError
from ansible_collections.cvops.identity.plugins.plugin_utils.snapshot_subjects import list_snapshot_subjects

ID, OTHER = "0cf5a44e-4d92-4c1a-9d2b-8f38f56c3a11", "1cf5a44e-4d92-4c1a-9d2b-8f38f56c3a11"


def test_all_places() -> None:
    assert list_snapshot_subjects(
        {
            "cvops_application": {"unique_name": "own", "display_name": "Own API"},
            "cvops_sso": {"application": {"object_id": OTHER}, "saml_apps": [{"metadata": {"application": "Console"}}]},
            "cvops_rotations": [{"application": {"unique_name": "rotated"}}, {"application": {"object_id": OTHER}}],
            "cvops_commvault_credentials": [{"azure_application_id": ID}, {"name": "of the registration"}],
            "cvops_entra_groups": [
                {"display_name": "GG-A", "unique_name": "gg-a"},
                {"display_name": "GG-B"},
                {"object_id": ID, "display_name": "GG-C"},
            ],
            "cvops_role_mappings": [
                {"principal": {"entra_group": "GG-B"}},
                {"principal": {"entra_group": {"name": "GG-D"}}},
                {"principal": {"entra_group": {"name": "GG-E", "object_id": OTHER}}},
                {"principal": {"user": "jana"}},
            ],
            "cvops_break_glass": {"entra_groups": ["GG-Glass"], "entra_users": ["x@corp.example"]},
        }
    ) == {
        "applications": ["Own API", OTHER, "Console", "rotated", ID],
        "groups": ["gg-a", "GG-B", ID, "GG-D", OTHER, "GG-Glass"],
    }


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"cvops_application": None, "cvops_entra_groups": None, "cvops_break_glass": {"entra_groups": None}},
        {
            "cvops_application": {"display_name": "Own", "state": "absent"},
            "cvops_entra_groups": [{"display_name": "GG-A", "state": "absent"}],
            "cvops_role_mappings": [{"principal": {"entra_group": "GG-B"}, "state": "absent"}],
            "cvops_commvault_credentials": [{"azure_application_id": ID, "state": "absent"}],
        },
    ],
)
def test_nothing_to_look_for(variables: dict[str, t.Any]) -> None:
    assert list_snapshot_subjects(variables) == {"applications": [], "groups": []}


def test_what_is_no_document() -> None:
    with pytest.raises(FilterInputError, match="cvops_entra_groups"):
        list_snapshot_subjects({"cvops_entra_groups": 3})
