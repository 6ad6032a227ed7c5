# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pseudonyms: equal stays equal, different stays different, nobody is named any more, and only the key takes them back."""

from __future__ import annotations

import json
import re
import time
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshot_examples import make_commcell, make_entra, make_grant, make_user

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.names import fold_case
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.files import Snapshot
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.pseudonyms import pseudonymise, reveal

KEY, OTHER_KEY = b"k" * 16 + b"0123456789abcdef", b"another key, also of 32 bytes....."
PSEUDONYM = re.compile(r"person-[0-9a-f]{16}(@pseudonym\.invalid)?")
NAMES = ("Mensah", "Okafor", "Łukasz", "O'Neill", "D-Arcy", "Öztürk", "Ng", "van der Berg")
Person = dict[str, str]

people = st.lists(
    st.fixed_dictionaries(
        {
            "first": st.sampled_from(("Leila", "Juan", "Zoë", "Al")),
            "last": st.sampled_from(NAMES),
            "n": st.integers(0, 99),
        }
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda one: (one["first"], one["last"], one["n"]),
)


def describe(one: dict[str, t.Any]) -> Person:
    login = f"{one['first']}.{one['last']}{one['n']}".replace(" ", "").replace("'", "")
    return {
        "login": login,
        "full": f"{one['first']} {one['last']} {one['n']}",
        "upn": f"{login}@Contoso.example",
        "mail": f"{one['n']}.{login}@mail.example",
    }


def make_snapshot(persons: t.Sequence[Person]) -> Snapshot:
    """A snapshot that names each person in every place where people are named."""
    users, grants, owners, tokens, entra = [], [], [], [], []
    for number, one in enumerate(persons, start=10):
        principal = {"kind": "user", "id": str(number), "name": one["login"]}
        entity = {"kind": "servers", "id": "7", "name": f"laptop of {one['full']}"}
        users.append(
            make_user(
                number,
                one["login"],
                full_name=one["full"],
                email=one["mail"].upper(),
                user_principal_name=one["upn"],
                description=f"leaves in May, ask {one['full']}",
                groups=[{"kind": "user_group", "id": "21", "name": "Operators"}],
            )
        )
        grants.append(make_grant(principal, entity))
        owners.append(make_grant({**principal, "name": one["login"].upper()}, entity, grant_kind="owner"))
        tokens.append({"id": str(number), "name": f"of {one['login']}", "owner": principal})
        entra.append(
            {
                "id": f"e{number}",
                "displayName": one["full"],
                "userPrincipalName": one["upn"].lower(),
                "mail": one["mail"],
            }
        )
    words = " and ".join(f"({one['full']}), <{one['upn']}>" for one in persons)
    credential = {"id": "1", "name": "azure", "owner": {"kind": "user", "id": "10", "name": persons[0]["login"]}}
    app = {"kind": "oidc", "name": "sso", "associations": {"users": sorted(one["login"] for one in persons)}}
    cell = make_commcell(
        users=users,
        associations=grants,
        owners=owners,
        access_tokens=tokens,
        credentials=[{**credential, "description": f"made by {words}"}],
        identity_providers=[app],
        entities={"servers": [{"id": "7", "name": f"laptop of {persons[0]['full']}", "company": None}]},
    )
    cell["provenance"]["collector"]["name"] = persons[0]["login"]
    report = {"policies": [{"sentence": f"Leaves out {words}.", persons[0]["full"]: 1}]}
    group = {"id": "g", "displayName": "Operators", "description": f"Ask {words}"}
    deleted = [{**row, "deletedDateTime": "x"} for row in entra[:1]]
    tenant = make_entra(users=entra, deleted_users=deleted, groups=[group], policy_report=report)
    tenant["others"] = [{"id": "o", "kind": "contact", "displayName": persons[0]["full"]}]
    return Snapshot([cell], tenant)


def dump(snapshot: Snapshot) -> str:
    return json.dumps([snapshot.commcells, snapshot.entra], ensure_ascii=False, sort_keys=True)


def list_shape(value: t.Any) -> t.Any:
    """The structure without texts."""
    if isinstance(value, dict):
        return sorted(map(str, (list_shape(item) for item in value.values())))
    return [list_shape(item) for item in value] if isinstance(value, list) else type(value).__name__


@settings(max_examples=60, deadline=None)
@given(people)
def test_nobody_is_named_and_the_structure_stays(drawn: list[dict[str, t.Any]]) -> None:
    persons = [describe(one) for one in drawn]
    before = make_snapshot(persons)
    text = dump(before)
    after, table = pseudonymise(before, KEY)
    shown = fold_case(dump(after)) + fold_case(json.dumps(table))
    for one in persons:
        for original in one.values():
            assert fold_case(original) not in shown, original
    assert list_shape([after.commcells, after.entra]) == list_shape([before.commcells, before.entra])
    assert dump(before) == text, "what was given is not changed"
    assert [row["name"] for row in after.commcells[0]["user_groups"]] == ["Operators"]
    assert [row["name"] for row in after.commcells[0]["roles"]] == ["View"]
    assert after.entra is not None and after.entra["groups"][0]["displayName"] == "Operators"


@settings(max_examples=60, deadline=None)
@given(people)
def test_equal_stays_equal_and_different_stays_different(drawn: list[dict[str, t.Any]]) -> None:
    persons = [describe(one) for one in drawn]
    before = make_snapshot(persons)
    after, table = pseudonymise(before, KEY)
    pairs: dict[str, str] = {}
    for rows, replaced, fields in (
        (
            before.commcells[0]["users"],
            after.commcells[0]["users"],
            ("name", "full_name", "email", "user_principal_name"),
        ),
        (before.entra["users"], after.entra["users"], ("displayName", "userPrincipalName", "mail")),  # type: ignore[index]
    ):
        for row, other in zip(rows, replaced, strict=True):
            for field in fields:
                assert pairs.setdefault(fold_case(row[field]), other[field]) == other[field], "also on the other side"
                assert PSEUDONYM.fullmatch(other[field]) and ("@" in row[field]) == ("@" in other[field])
    assert len(set(pairs.values())) == len(pairs)
    for folded, pseudonym in pairs.items():
        assert fold_case(reveal(table, KEY, pseudonym)) == folded
    for number, row in enumerate(after.commcells[0]["associations"]):
        assert row["principal"]["name"] == after.commcells[0]["users"][number]["name"]
    again, same_table = pseudonymise(before, KEY)
    assert (again, same_table) == (after, table), "the same key, the same pseudonyms"
    others, dummy = pseudonymise(before, OTHER_KEY)
    assert not {row["name"] for row in others.commcells[0]["users"]} & set(pairs.values())


def test_words_that_mean_something_else_as_well_stay() -> None:
    users = [
        make_user(1, "admin"),
        make_user(2, "View"),
        make_user(3, "Operators"),
        make_user(4, "Backup"),
        make_user(5, "Al"),
    ]
    roles = [{"id": "2", "name": "View all backup jobs of Al", "company": None, "permissions": ["View"]}]
    after, dummy = pseudonymise(Snapshot([make_commcell(users=users, roles=roles)]), KEY)
    (cell,) = after.commcells
    assert all(PSEUDONYM.fullmatch(row["name"]) for row in cell["users"])
    assert cell["roles"] == roles and cell["user_groups"][0]["name"] == "Operators"


def test_names_are_found_as_a_whole_only() -> None:
    users = [make_user(1, "jvega"), make_user(2, "jvega2"), make_user(3, "CORP\\dora")]
    entities = {
        "servers": [
            {"id": str(n), "name": name, "company": None} for n, name in enumerate(("jvega-nb", "jvegas", "nb JVEGA2"))
        ]
    }
    after, table = pseudonymise(Snapshot([make_commcell(users=users, entities=entities)]), KEY)
    names = [row["name"] for row in after.commcells[0]["users"]]
    assert [row["name"] for row in after.commcells[0]["entities"]["servers"]] == [
        f"{names[0]}-nb",
        "jvegas",
        f"nb {names[1]}",
    ]
    assert names[2].startswith("CORP\\person-") and reveal(table, KEY, names[2]) == "CORP\\dora"


def test_what_is_not_known_and_what_is_empty_stays() -> None:
    users = [make_user(1, "anna.b", full_name=None, email="", user_principal_name=None)]
    (cell,) = pseudonymise(Snapshot([make_commcell(users=users)]), KEY)[0].commcells
    assert [cell["users"][0][name] for name in ("full_name", "email", "user_principal_name")] == [None, "", None]


def test_the_table_is_of_use_to_nobody_else() -> None:
    after, table = pseudonymise(make_snapshot([describe({"first": "Zoë", "last": "Ng", "n": 1})]), KEY)
    one, other = sorted(table["entries"])[:2]
    with pytest.raises(ConfigError, match="does not fit"):
        reveal(table, OTHER_KEY, one)
    moved = {**table, "entries": {**table["entries"], one: table["entries"][other]}}
    with pytest.raises(ConfigError, match="does not fit"):
        reveal(moved, KEY, one)
    for broken in ("?", "QUJD", ""):
        with pytest.raises(ConfigError, match="does not fit"):
            reveal({**table, "entries": {one: broken}}, KEY, one)
    with pytest.raises(ConfigError, match="does not have"):
        reveal(table, KEY, "person-0000000000000000")
    with pytest.raises(ConfigError, match="no table"):
        reveal({"format": "x", "entries": {}}, KEY, one)


def test_a_large_snapshot_takes_little_time() -> None:
    persons = [describe({"first": f"First{n % 40}", "last": f"Last{n % 900}", "n": n}) for n in range(6000)]
    before = make_snapshot(persons)
    started = time.process_time()
    pseudonymise(before, KEY)
    assert time.process_time() - started < 20
