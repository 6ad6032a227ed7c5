# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a record keeps of a mapping's requests has the form that is read back, with ids as soon as they are known."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import Entity, Principal
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.batches import Batch
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.canonical import (
    MappedPrincipal,
    Pending,
    Resolved,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.plan import (
    ChangeGrants,
    CreateGroup,
    LinkGroup,
    Request,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.undo import describe_request_undo
from ansible_collections.cvops.identity.plugins.plugin_utils.undo_records import FORMS

OPS, NEW, NIGHT = Principal("user_group", 2), Pending("user_group", "GG-New", 1, 7), Pending("role", "Night", 1)
OLD_ID, NEW_ID = "abcdef11-2222-4333-8444-555555555555", "66666666-2222-4333-8444-555555555555"


def describe(request: Request, created: t.Mapping[t.Any, int]) -> dict[str, t.Any]:
    resolved = Resolved()
    resolved.add_principal(MappedPrincipal(OPS, "Ops", "mappings[0]"))
    resolved.add_principal(MappedPrincipal(NEW, "GG-New", "mappings[1]", company="corp"))
    resolved.names.roles = {3: "View", NIGHT: "Night"}

    def find(reference: t.Any) -> int | None:
        number = created.get(reference) if isinstance(reference, Pending) else getattr(reference, "id", reference)
        return t.cast("int | None", number)

    found = describe_request_undo(request, resolved, {"Ops": {"entra_group_id": OLD_ID}}, find, find)
    form = FORMS[found["kind"]]
    assert found.keys() == {*form, "kind"}
    assert all(form[name](value) for name, value in found.items() if name != "kind")
    return found


def test_grants_are_kept_with_the_ids_of_what_was_created_by_then() -> None:
    batch = Batch((Entity("plans", 9),), ((NEW, NIGHT), (OPS, 3)))
    for created, ids in (({}, {(None, None), (2, 3)}), ({NEW: 40, NIGHT: 50}, {(40, 50), (2, 3)})):
        found = describe(ChangeGrants("add", batch), created)
        assert {(grant["principal"]["id"], grant["role"]["id"]) for grant in found["added"]} == ids
        assert found["removed"] == []
    assert len(describe(ChangeGrants("remove", batch), {})["removed"]) == 2


def test_a_link_is_kept_with_what_was_linked_before_and_a_new_group_with_its_company() -> None:
    linked = describe(LinkGroup(OPS, NEW_ID), {})
    assert (linked["before"], linked["after"]) == ({"entra_group_id": OLD_ID}, {"entra_group_id": NEW_ID})
    assert (linked["id"], linked["company"]) == (2, "Commcell")
    assert describe(LinkGroup(NEW, NEW_ID), {NEW: 40})["before"] == {"entra_group_id": None}
    created = describe(CreateGroup(NEW), {NEW: 40})
    assert (created["id"], created["company"], created["before"]) == (40, "corp", None)
