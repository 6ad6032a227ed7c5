# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a document declares: which items are meant where, and which rights it takes."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._joint.connection.needs import FEATURES
from ansible_collections.cvops.identity.plugins.plugin_utils.declared import (
    find_document_permissions,
    find_document_uses,
    find_lacking_permissions,
    is_commcell_covered,
    is_owner_removed,
    list_graph_permissions,
    select_items_in_state,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError

ACCESS = [
    *("Policy.Read.All", "Policy.ReadWrite.ConditionalAccess", "Application.Read.All", "GroupMember.Read.All"),
    *("User.Read.All", "RoleManagement.Read.Directory", "AuditLog.Read.All"),
]
ALL = ["GroupMember.Read.All", "User.Read.All", "Group.Create", "Application.ReadWrite.OwnedBy"]


def test_items_are_present_unless_they_say_absent() -> None:
    items = [{"n": 1}, {"n": 2, "state": "absent"}, {"n": 3, "state": "present"}, {"n": 4, "state": None}, {"n": 1}]
    assert [item["n"] for item in select_items_in_state(items, "present")] == [1, 3, 4]
    assert [item["n"] for item in select_items_in_state(items, "absent")] == [2]
    with pytest.raises(FilterInputError, match="one of present, absent"):
        select_items_in_state(items, "gone")


def test_items_are_looked_at_once_however_many_there_are() -> None:
    """Each look at an item of a variable would evaluate the templates in it."""
    looks = 0

    class Item(dict[str, t.Any]):
        """Counts how often all of it is looked at."""

        def items(self) -> t.Any:
            nonlocal looks
            looks += 1
            return super().items()

        def __eq__(self, other: object) -> bool:
            nonlocal looks
            looks += 1
            return super().__eq__(other)

        __hash__ = None  # type: ignore[assignment]

    items = [Item(n=number, members=["a"]) for number in range(50)]
    assert select_items_in_state([*items, Item(members=["a"], n=7)], "present") == [dict(item) for item in items]
    assert looks <= 51 + 50


@pytest.mark.parametrize(
    ("patterns", "covered"),
    [
        ([], True),
        (None, True),
        (["EMEA-*"], True),
        (["emea-cs0?"], True),
        (["apac-*", "emea-cs01"], True),
        (["emea"], False),
        (["emea-cs01.corp"], False),
        (["emea.cs01"], False),
        ("emea-*, apac-*", True),
        (["emea-c\u017f01"], False),  # a long s is no s
    ],
)
def test_patterns_cover_a_commcell_case_apart(patterns: t.Any, covered: bool) -> None:
    assert is_commcell_covered(patterns, "emea-cs01") is covered


def test_a_commcell_is_covered_by_its_own_name_whatever_is_in_it() -> None:
    assert is_commcell_covered(["Prod[1]"], "Prod[1]")
    assert is_commcell_covered(["Prod[1]"], "Prod1")


GROUP = {"display_name": "G"}
MAPPED = [{"principal": {"entra_group": "G"}}]
USES: list[tuple[dict[str, t.Any], list[str]]] = [
    ({}, []),
    ({"cvops_application": None, "cvops_role_mappings": None}, []),
    ({"cvops_application": {}}, ["application"]),
    ({"cvops_application": {"grant_admin_consent": "yes"}}, ["application", "consent"]),
    ({"cvops_application": {"grant_admin_consent": "no"}}, ["application"]),
    ({"cvops_application": {"app_role_assignments": {"assignments": []}}}, ["application", "app_role_assignments"]),
    (
        {"cvops_application": {"app_role_assignments": {"assignments": [{"user": "a@b"}, {"group": "G"}, "x"]}}},
        ["application", "app_role_assignments", "user_names", "group_names"],
    ),
    (
        {
            "cvops_application": {
                "app_role_assignments": {
                    "assignments": [{"group": "G"}, {"group": "6f0f6f0a-2d6e-4c55-8e07-55f1c2b0a911"}]
                }
            },
            "cvops_entra_groups": [GROUP],
        },
        ["application", "app_role_assignments", "entra_groups"],
    ),
    ({"cvops_application": {"app_role_assignments": "x"}}, ["application", "app_role_assignments"]),
    ({"cvops_application": {"owners": ["a@b"]}}, ["application", "user_names"]),
    ({"cvops_application": {"owners": "a@b"}}, ["application", "user_names"]),
    ({"cvops_application": {"owners": ["1234"]}}, ["application"]),
    ({"cvops_entra_groups": [GROUP]}, ["entra_groups"]),
    ({"cvops_entra_groups": [{**GROUP, "members": ["1", "a@b"]}]}, ["entra_groups", "user_names"]),
    ({"cvops_entra_groups": [{**GROUP, "owners": ["a@b"], "members": None}]}, ["entra_groups"]),
    ({"cvops_commvault_roles": [{"name": "r"}]}, ["commvault_roles"]),
    ({"cvops_role_mappings": []}, ["role_mappings"]),
    ({"cvops_conditional_access": {}}, ["conditional_access"]),
    ({"cvops_role_mappings": MAPPED}, ["group_names", "role_mappings"]),
    ({"cvops_role_mappings": MAPPED, "cvops_entra_groups": [GROUP]}, ["entra_groups", "role_mappings"]),
    ({"cvops_role_mappings": [{"principal": {"entra_group": {"name": "x", "object_id": "1"}}}]}, ["role_mappings"]),
    ({"cvops_role_mappings": [{"principal": {"entra_group": {"name": "x"}}}]}, ["group_names", "role_mappings"]),
    ({"cvops_role_mappings": [{"principal": {"user": "x"}}]}, ["role_mappings"]),
    # What has another form is for the module that takes it to refuse; the connection is examined all the same.
    ({"cvops_role_mappings": [{"principal": "x"}, "y"], "cvops_entra_groups": ["A"]}, ["role_mappings"]),
    ({"cvops_application": "x", "cvops_entra_groups": "A"}, ["application"]),
]


@pytest.mark.parametrize(("document", "uses"), USES)
def test_uses_of_a_document(document: dict[str, t.Any], uses: list[str]) -> None:
    assert find_document_uses(document) == uses


def test_every_feature_is_used_by_some_document() -> None:
    assert {use for dummy, uses in USES for use in uses} == set(FEATURES)


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        ({}, ALL),
        ({"cvops_application": {}}, ALL),
        ({"cvops_application": {"unique_name": "u"}}, ALL[3:]),
        ({"cvops_application": {"owners": ["a@b"]}}, [ALL[1], ALL[3]]),
        ({"cvops_entra_groups": [GROUP]}, [ALL[0], ALL[2]]),
        ({"cvops_entra_groups": [{**GROUP, "owners": ["a@b"]}]}, ALL[:3]),
        ({"cvops_entra_groups": [{**GROUP, "state": "absent", "owners": ["a@b"]}]}, ALL),
        ({"cvops_role_mappings": MAPPED}, ALL[:1]),
        ({"cvops_conditional_access": {}}, ACCESS),
        ({"cvops_conditional_access": {}, "cvops_application": {"unique_name": "u"}}, [ALL[3], *ACCESS]),
    ],
)
def test_permissions_of_a_document(document: dict[str, t.Any], wanted: list[str]) -> None:
    assert find_document_permissions(document) == [{"api": "Microsoft Graph", "application": wanted}]


def test_lacking_are_those_of_graph_that_are_not_held() -> None:
    wanted = [
        {"api": "Microsoft Graph", "application": ["B", "A", "B", "C"], "delegated": ["D"]},
        {"api": "Other", "application": ["E"]},
        {"api": "Microsoft Graph"},
    ]
    assert list_graph_permissions(wanted) == ["B", "A", "C"]
    assert find_lacking_permissions(wanted, ["A", "X"]) == ["B", "C"]
    assert find_lacking_permissions(wanted, None) == ["B", "A", "C"]


@pytest.mark.parametrize(
    ("item", "removes"),
    [
        ({"exclusive": True, "owners": ["other"]}, True),
        ({"exclusive": True, "owners": []}, True),
        ({"exclusive": True, "owners": ["other", "me"]}, False),
        ({"exclusive": True}, False),
        ({"exclusive": False, "owners": ["other"]}, False),
        ({"owners": ["other"]}, False),
    ],
)
def test_exclusive_owners_without_somebody_remove_them(item: dict[str, t.Any], removes: bool) -> None:
    assert is_owner_removed([{}, item], "me") is removes


def test_a_preset_stands_for_the_permissions_of_graph_that_it_gives() -> None:
    wanted = [{"preset": "exchange_backup_restore"}, {"api": "Microsoft Graph", "application": ["User.Read.All", "A"]}]
    listed = list_graph_permissions(wanted)
    assert listed[-1] == "A" and listed.count("User.Read.All") == 1
    assert "MailboxItem.ImportExport.All" in listed and "full_access_as_app" not in listed
    assert find_lacking_permissions(wanted, listed[1:]) == listed[:1]
    with pytest.raises(FilterInputError, match="the preset must be one of entra_backup, "):
        list_graph_permissions([{"preset": "nope"}])
