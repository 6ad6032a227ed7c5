# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a tenant matters to CommCells."""

from __future__ import annotations

import typing as t

from fake_graph import guid

from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.relevant import find_relevant

EMPTY: dict[str, t.Any] = {
    "users": [],
    "user_groups": [],
    "external_groups": [],
    "credentials": [],
    "identity_providers": [],
}


def find(**parts: t.Any) -> t.Any:
    return find_relevant([t.cast("t.Any", {**EMPTY, **parts})])


def test_groups_that_are_linked_or_named_after() -> None:
    linked = [
        {"name": "A", "entra_group_id": guid(1).upper()},
        {"name": guid(2)},
        {"name": "B", "entra_group_id": None},
    ]
    found = find(user_groups=linked, external_groups=[{"name": f"CORP\\{guid(3)}"}, {"name": "CORP\\Staff"}])
    assert found.group_ids == {guid(1), guid(2), guid(3)}


def test_names_by_which_entra_id_may_know_a_user() -> None:
    users = [
        {"name": "CORP\\u1@corp.example", "user_principal_name": None, "email": " m1@corp.example "},
        {"name": "admin", "user_principal_name": "u2@corp.example", "email": ""},
    ]
    assert find(users=users).user_names == {"u1@corp.example", "m1@corp.example", "u2@corp.example"}


def test_a_name_that_nothing_can_have_is_not_asked_for() -> None:
    """One of them would make a service refuse all that are asked for together."""
    odd = ["x" * 300 + "@corp.example", "a b@corp.example", "a\n@corp.example", "@" * 257]
    assert find(users=[{"name": name, "email": None} for name in odd]).user_names == frozenset()


def test_applications_of_credentials_and_providers() -> None:
    providers = [
        {"kind": "oidc", "application_id": guid(5).upper()},
        {
            "kind": "saml",
            "service_provider_endpoint": "https://cs01/x",
            "service_provider_aliases": ["https://alias", 7],
        },
        {"kind": "saml", "service_provider_endpoint": None},
    ]
    found = find(
        credentials=[{"azure_application_id": guid(4)}, {"azure_application_id": None}], identity_providers=providers
    )
    assert found.application_ids == {guid(4), guid(5)}
    assert found.identifiers == {"https://cs01/x", "https://alias"}


def test_several_commcells_and_what_people_name() -> None:
    one = {**EMPTY, "user_groups": [{"name": "A", "entra_group_id": guid(1)}]}
    two = {**EMPTY, "user_groups": [{"name": "A", "entra_group_id": guid(2)}]}
    found = find_relevant([t.cast("t.Any", one), t.cast("t.Any", two)], ["App"], ["GG"])
    assert (found.group_ids, found.applications, found.groups) == ({guid(1), guid(2)}, ("App",), ("GG",))
    assert find_relevant([t.cast("t.Any", two), t.cast("t.Any", one)], ["App"], ["GG"]) == found
