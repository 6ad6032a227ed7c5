# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes with a snapshot gets the pseudonyms of the snapshot: people of logs, documents and sheets meet those of it."""

from __future__ import annotations

import json

from bundle_examples import make_commcell, make_entra

from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.bundle.pseudonymous import replace_people
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.files import Snapshot

KEY = b"k" * 16 + b"0123456789abcdef"


def test_people_of_everything_else_meet_those_of_the_snapshot() -> None:
    before = Snapshot([make_commcell()], make_entra())
    assert before.entra is not None
    person, user = before.entra["users"][0], before.commcells[0]["users"][1]
    object_id = person["id"]
    event = {
        "actor": {"kind": "user", "name": "jana@corp.example", "entra_id": object_id.upper(), "commvault_id": "2"},
        "object": {"kind": "user", "id": object_id, "name": "Stranger Nobody"},
        "person": "jana@corp.example",
    }
    by_program = {
        "actor": {"kind": "application", "name": "Backup App", "entra_id": object_id[::-1]},
        "person": "Backup App",
    }
    document = {
        "principals": [{"user": 2}, {"user": "2"}, {"user": {"id": "2", "name": "tom", "company": "Corp"}}],
        "cvops_break_glass": {"commvault_users": ["TOM"], "entra_users": [object_id, "Jana@corp.example"]},
    }
    sheet = {"reviewer": "boss", "person": "person-0123456789abcdef", "last_decision": "keep (2026-01-01, boss)"}
    after, others, table = replace_people(before, KEY, [[event, by_program], document, sheet])
    assert after.entra is not None
    shown, tom = after.entra["users"][0], next(row for row in after.commcells[0]["users"] if row["id"] != "1")
    (told, other), declared, filled = others
    assert told["actor"]["entra_id"] == told["object"]["id"] == shown["id"] != object_id
    assert told["actor"]["name"] == told["person"] == shown["userPrincipalName"]
    assert (told["actor"]["commvault_id"], tom["id"] == user["id"]) == (tom["id"], False)
    assert other == by_program, "a program is no person"
    first, second, third = (one["user"] for one in declared["principals"])
    assert (first, second, third) == (
        int(tom["id"]),
        tom["id"],
        {"id": tom["id"], "name": tom["name"], "company": "Corp"},
    )
    kept = declared["cvops_break_glass"]
    assert kept == {"commvault_users": [tom["name"]], "entra_users": [shown["id"], shown["userPrincipalName"]]}
    assert filled["person"] == sheet["person"] and filled["last_decision"] == f"keep (2026-01-01, {filled['reviewer']})"
    assert "boss" not in json.dumps(others) and "Stranger" not in json.dumps(others)
    again, same, _table = replace_people(after, KEY, [[event, by_program], document, sheet], table)
    assert again is after and same == others


def test_where_somebody_signed_in_from_is_hidden_as_well() -> None:
    before = Snapshot([make_commcell()], make_entra())
    handshake = {"log_in": "1", "sign_in": "request-77", "address": "198.51.100.7", "actions": ["2"], "certain": True}
    entry = {"record_id": "2", "address": "198.51.100.7"}
    place = {"address": "198.51.100.0/24"}
    _after, ((hidden,), (shown,), (kept,)), _table = replace_people(before, KEY, [[handshake], [entry], [place]])
    assert hidden["address"] == shown["address"] != "198.51.100.7"
    assert hidden["sign_in"] != "request-77" and (hidden["log_in"], hidden["actions"]) == ("1", ["2"])
    assert kept == place, "what is no log has addresses of networks"
