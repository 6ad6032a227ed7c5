# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Members and owners in words: by name, and by id only where no name is known."""

from __future__ import annotations

from ansible_collections.cvops.identity.plugins.module_utils._entra.relations import (
    KnownObjects,
    describe_relation_changes,
    list_ids,
)


def test_users_go_by_their_principal_name_and_other_objects_by_their_display_name() -> None:
    listed = [
        {"id": "A1", "displayName": "J. Vega", "userPrincipalName": "j.vega@corp.example"},
        {"id": "b2", "displayName": "Automation"},
        {"id": "c3", "displayName": None},
    ]
    known = KnownObjects()
    known.learn(listed)
    assert known.names == {"a1": "j.vega@corp.example", "b2": "Automation"}


def test_who_comes_and_who_goes_is_told_by_name() -> None:
    names = {"a1": "j.vega@corp.example"}
    (added,) = describe_relation_changes("add", "members", "GG-Operators", ["a1"], names)
    assert (added.sign, added.kind, added.principal) == ("+", "member", "GG-Operators")
    assert added.sentence == "add member j.vega@corp.example"
    assert added.facts == {"object_id": "a1"}
    (gone,) = describe_relation_changes("remove", "owners", "GG-Operators", ["b2"], names)
    assert (gone.sign, gone.sentence) == ("-", "remove owner with the object id b2, whose name is not known")


def test_ids_are_listed_in_one_form_and_order() -> None:
    assert list_ids([{"id": "B2"}, {"id": "a1", "displayName": "x"}]) == ["a1", "b2"]
