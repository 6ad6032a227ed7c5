# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pseudonyms: equal stays equal, different stays different, nobody is named any more, and only the key takes them back."""

from __future__ import annotations

import base64
import json
import re
import struct
import time
import typing as t
import uuid

import pytest
from example_counts import try_examples
from hypothesis import given
from hypothesis import strategies as st
from snapshot_examples import make_commcell, make_entra, make_grant, make_user

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.names import fold_case
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.files import Snapshot
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.people import is_automation_name
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.pseudonyms import Pseudonyms, reveal
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.replacement import find_mark, pseudonymise

KEY, OTHER_KEY = b"k" * 16 + b"0123456789abcdef", b"another key, also of 32 bytes....."
PSEUDONYM = re.compile(r"person-[0-9a-f]{16}(@pseudonym\.invalid)?")
GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
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


def make_object_id(number: int) -> str:
    """An object id of a person, which no other object has."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"person {number}"))


def encode_assignment(object_id: str) -> str:
    """The id of an assignment as Graph makes it: that of its holder stands in it."""
    return base64.urlsafe_b64encode(uuid.UUID(object_id).bytes_le + b"0123456789abcdef").decode().rstrip("=")


def make_security_identifier(object_id: str) -> str:
    """The security identifier of a user of Entra ID."""
    return "S-1-12-1-" + "-".join(map(str, struct.unpack("<4I", uuid.UUID(object_id).bytes_le)))


def describe(one: dict[str, t.Any]) -> Person:
    login = f"{one['first']}.{one['last']}{one['n']}".replace(" ", "").replace("'", "")
    return {
        "login": login,
        "full": f"{one['first']} {one['last']} {one['n']}",
        "upn": f"{login}@Contoso.example",
        "mail": f"{one['n']}.{login}@mail.example",
    }


#: Objects that are no people, numbers of people whom nothing but an id shows, and how ids of users of Commvault begin.
OPERATORS, PROGRAM, APP, DEVICE = (
    str(uuid.uuid5(uuid.NAMESPACE_OID, name)) for name in ("group", "program", "app", "device")
)
STRANGER, GONE, CONTACT, FIRST = 7001, 7003, 7004, 48151


def users_of(cell: t.Any) -> list[t.Any]:
    """The users of a CommCell."""
    return list(cell["users"])


def make_snapshot(persons: t.Sequence[Person]) -> Snapshot:
    """A snapshot that names each person in every place where people are named."""
    users, grants, owners, tokens, entra = [], [], [], [], []
    for number, one in enumerate(persons, start=FIRST):
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
        tokens.append({"id": str(number - FIRST), "name": f"of {one['login']}", "owner": principal})
        entra.append(
            {
                "id": make_object_id(number),
                "displayName": one["full"],
                "userPrincipalName": one["upn"].lower(),
                "mail": one["mail"],
            }
        )
    ids = [row["id"] for row in entra]
    words = " and ".join(f"({one['full']}), <{one['upn']}>" for one in persons)
    words += f", {ids[0].upper()}, {make_security_identifier(ids[0])}"
    credential = {"id": "1", "name": "azure", "owner": {"kind": "user", "id": str(FIRST), "name": persons[0]["login"]}}
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
    members = sorted([*ids, OPERATORS, make_object_id(STRANGER)])
    group = {
        "id": OPERATORS,
        "displayName": "Operators",
        "description": f"Ask {words}",
        "members": members,
        "owners": ids[:1],
    }
    gone = make_object_id(GONE)
    name = {"userPrincipalName": gone.replace("-", "") + persons[0]["upn"], "displayName": persons[0]["full"]}
    deleted = [{**entra[0], **name, "id": gone, "deletedDateTime": "2026-01-02T03:04:05Z"}]
    held = [
        {"id": encode_assignment(one), "principalId": one, "principalType": "User", "appRoleId": OPERATORS}
        for one in ids
    ]
    program = {
        "id": PROGRAM,
        "appId": APP,
        "displayName": "api",
        "owners": [*ids, PROGRAM],
        "appRoleAssignedTo": held,
        "oauth2PermissionGrants": [{**held[0], "consentType": "Principal"}],
        "notificationEmailAddresses": [persons[0]["mail"]],
    }
    role = {
        "roleTemplateId": APP,
        "displayName": "Admin",
        "members": ids,
        "scopedMembers": [{"id": ids[0], "directoryScopeId": "/"}],
    }
    users = {"includeUsers": [*ids, "All"], "excludeUsers": [make_object_id(STRANGER + 1)]}
    tenant = make_entra(users=entra, deleted_users=deleted, groups=[group], policy_report=report)
    tenant.update(service_principals=[program], directory_roles=[role])
    tenant["conditional_access_policies"] = [{"id": APP, "displayName": "p", "conditions": {"users": users}}]
    contact = {"id": make_object_id(CONTACT), "kind": "contact", "displayName": persons[0]["full"]}
    tenant["others"] = [contact, {"id": DEVICE, "kind": "device", "displayName": "laptop"}]
    cell["user_groups"][0]["members"] = [row["id"] for row in users_of(cell)]
    source = {"count": 0, "complete": False, "read_at": "2026-03-01T10:00:00Z"}
    cell["provenance"]["sources"] = [
        {
            **source,
            "name": "user_details",
            "why": "in the list, but gone when they were read, by id: 987654321 and 3 more",
        },
        {
            **source,
            "name": "access_tokens",
            "why": "those of 2 user(s) not visible to this account, such as user 987654322",
        },
        {
            **source,
            "name": "associations",
            "why": "not shown to this account, refused, by id: 21, 987654323; those of servers 7",
        },
    ]
    return Snapshot([cell], tenant)


def dump(snapshot: Snapshot) -> str:
    return json.dumps([snapshot.commcells, snapshot.entra], ensure_ascii=False, sort_keys=True)


def list_shape(value: t.Any) -> t.Any:
    """The structure without texts."""
    if isinstance(value, dict):
        return sorted(map(str, (list_shape(item) for item in value.values())))
    return [list_shape(item) for item in value] if isinstance(value, list) else type(value).__name__


@try_examples(60)
@given(people)
def test_nobody_is_named_and_the_structure_stays(drawn: list[dict[str, t.Any]]) -> None:
    persons = [describe(one) for one in drawn]
    before = make_snapshot(persons)
    text = dump(before)
    after, table = pseudonymise(before, KEY)
    shown = fold_case(dump(after)) + fold_case(json.dumps(table))
    numbers = [*range(len(persons)), STRANGER - FIRST, STRANGER + 1 - FIRST, GONE - FIRST, CONTACT - FIRST]
    ids = [make_object_id(FIRST + number) for number in numbers]
    encoded = {
        one: (one, one.replace("-", ""), make_security_identifier(one), encode_assignment(one)[:20]) for one in ids
    }
    originals = {original for one in persons for original in one.values()}
    originals |= {form for forms in encoded.values() for form in forms}
    originals |= {f"{FIRST + number}" for number in range(len(persons))} | {"98765432"}
    for original in sorted(originals):
        assert fold_case(original) not in shown, original
    for kept in (OPERATORS, PROGRAM, APP, DEVICE, "by id: 21, ", "servers 7"):
        assert kept in shown, kept
    assert after.entra is not None
    for document in (*after.commcells, after.entra):
        del document["provenance"]["pseudonym_key"]
    assert list_shape([after.commcells, after.entra]) == list_shape([before.commcells, before.entra])
    assert dump(before) == text, "what was given is not changed"
    assert [row["name"] for row in after.commcells[0]["user_groups"]] == ["Operators"]
    assert [row["name"] for row in after.commcells[0]["roles"]] == ["View"]
    assert after.entra is not None and after.entra["groups"][0]["displayName"] == "Operators"


@try_examples(60)
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
        by_id = {reveal(table, KEY, row["id"]): row for row in replaced}
        assert len(by_id) == len(rows), "no two have one id"
        for row in rows:
            other = by_id[row["id"]]
            assert (GUID if "-" in row["id"] else re.compile("[1-9][0-9]*")).fullmatch(other["id"])
            for field in fields:
                assert pairs.setdefault(fold_case(row[field]), other[field]) == other[field], "also on the other side"
                assert PSEUDONYM.fullmatch(other[field]) and ("@" in row[field]) == ("@" in other[field])
    assert len(set(pairs.values())) == len(pairs)
    for folded, pseudonym in pairs.items():
        assert fold_case(reveal(table, KEY, pseudonym)) == folded
    cell, entra = after.commcells[0], after.entra
    assert entra is not None
    names = {row["id"]: row["name"] for row in cell["users"]}
    for kind in ("associations", "owners"):
        assert [names[row["principal"]["id"]] for row in cell[kind]] == [row["principal"]["name"] for row in cell[kind]]
        order = [int(row["principal"]["id"]) for row in cell[kind]]
        assert order == sorted(order), "the order of ids would tell them"
    assert cell["user_groups"][0]["members"] == list(names) == sorted(names, key=int)
    ids = {row["id"] for row in entra["users"]}
    group, program, role = entra["groups"][0], entra["service_principals"][0], entra["directory_roles"][0]
    (gone,) = entra["deleted_users"]
    assert ids < set(group["members"]) and group["members"] == sorted(group["members"])
    assert ids == set(role["members"]) == {one["principalId"] for one in program["appRoleAssignedTo"]}
    assert {*ids, PROGRAM} == set(program["owners"]) and role["scopedMembers"][0]["id"] in ids
    users = entra["conditional_access_policies"][0]["conditions"]["users"]
    assert set(users["includeUsers"]) == {*ids, "All"} and GUID.fullmatch(users["excludeUsers"][0])
    assert gone["userPrincipalName"] == gone["id"].replace("-", "") + pairs[fold_case(persons[0]["upn"])]
    assert gone["deletedDateTime"] == "2026-01-02T00:00:00Z"
    again, same_table = pseudonymise(before, KEY)
    assert (again, same_table) == (after, table), "the same key, the same pseudonyms"
    others, dummy = pseudonymise(before, OTHER_KEY)
    assert not {row["name"] for row in others.commcells[0]["users"]} & set(pairs.values())
    assert not {row["id"] for row in others.commcells[0]["users"]} & set(names)
    assert others.entra is not None and not {row["id"] for row in others.entra["users"]} & ids
    assert find_mark(before) is None and find_mark(after) == find_mark(again) != find_mark(others)
    with pytest.raises(ConfigError, match="already"):
        pseudonymise(after, KEY)
    with pytest.raises(ConfigError, match="others have names"):
        find_mark(Snapshot(after.commcells, before.entra))


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
    users = [make_user(1, "jvega"), make_user(2, "jvega2"), make_user(3, "CORP\\dora"), make_user(4, "dora")]
    entities = {
        "servers": [
            {"id": str(n), "name": name, "company": None} for n, name in enumerate(("jvega-nb", "jvegas", "nb JVEGA2"))
        ]
    }
    after, table = pseudonymise(Snapshot([make_commcell(users=users, entities=entities)]), KEY)
    by_text = {fold_case(reveal(table, KEY, row["name"])): row["name"] for row in after.commcells[0]["users"]}
    names = [by_text[name] for name in ("jvega", "jvega2", "corp\\dora", "dora")]
    assert [row["name"] for row in after.commcells[0]["entities"]["servers"]] == [
        f"{names[0]}-nb",
        "jvegas",
        f"nb {names[1]}",
    ]
    assert names[2] == f"CORP\\{names[3]}" and reveal(table, KEY, names[2]) == "CORP\\dora", "the same login name"


def test_names_that_objects_have_as_well_are_found() -> None:
    upn = "jvega@corp.example"
    user = {"id": make_object_id(1), "displayName": "Juan Vega", "userPrincipalName": upn, "mail": None}
    named = {"id": OPERATORS, "displayName": "Juan Vega", "description": f"of Juan Vega, {upn}", "members": []}
    program = {"id": PROGRAM, "appId": APP, "displayName": upn, "owners": []}
    servers = [
        {"id": str(n), "name": name, "company": None} for n, name in enumerate(("JVEGA", "NB_JVEGA", "jvega_nb"))
    ]
    cell = make_commcell(users=[make_user(2, "CORP\\jvega")], entities={"servers": servers})
    tenant = make_entra(users=[user], groups=[named], applications=[program], service_principals=[program])
    shown = fold_case(dump(pseudonymise(Snapshot([cell], tenant), KEY)[0]))
    assert "juan" not in shown and "vega" not in shown


@pytest.mark.parametrize(
    "name",
    ["principal", "entity", "sources", "permissions", "displayName", "plans", "user_group", "SecurityGroup", "Member"],
)
def test_somebody_who_is_called_like_a_word_of_the_documents_changes_nothing_else(name: str) -> None:
    def make(login: str) -> Snapshot:
        cell = make_commcell(name="plans", users=[make_user(4, login)])
        cell["associations"][0]["principal"]["name"] = login
        cell["provenance"]["sources"] += [{**cell["provenance"]["sources"][0], "name": "plans", "why": ""}]
        user = {"id": make_object_id(1), "displayName": login, "userPrincipalName": None, "userType": "Member"}
        app = {"id": PROGRAM, "appId": APP, "displayName": "api", "groupMembershipClaims": "SecurityGroup"}
        return Snapshot([cell], make_entra(users=[user], applications=[app]))

    after, table = pseudonymise(make(name), KEY)
    other, dummy = pseudonymise(make("leila.mensah"), KEY)
    (row,) = after.commcells[0]["users"]
    assert reveal(table, KEY, row["name"]) == name
    assert dump(after).replace(row["name"], other.commcells[0]["users"][0]["name"]) == dump(other)


def test_accounts_of_programs_are_known_as_such() -> None:
    users = [
        make_user(n, name) for n, name in enumerate(("svc-backup", "CORP\\SVC_sql@corp.example", "sally-x"), start=5)
    ]
    after, table = pseudonymise(Snapshot([make_commcell(users=users)]), KEY)
    for row in after.commcells[0]["users"]:
        original = reveal(table, KEY, row["name"])
        assert is_automation_name(row["name"]) is is_automation_name(original) is (original != "sally-x")
        assert original.rpartition("\\")[2] not in row["name"]


def test_members_by_name_and_numbers_of_nobody() -> None:
    group = {
        "id": "21",
        "name": "Operators",
        "company": None,
        "members": ["0", "1", "-4", "dora", "dora (id 77)", "77"],
    }
    cell = make_commcell(users=[make_user(77, "dora")], user_groups=[group])
    after, table = pseudonymise(Snapshot([cell]), KEY)
    (user,) = after.commcells[0]["users"]
    assert set(after.commcells[0]["user_groups"][0]["members"]) == {
        *("0", "1", "-4", user["name"], f"{user['name']} (id {user['id']})", user["id"])
    }
    assert reveal(table, KEY, user["id"]) == "77" != user["id"]


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
    with pytest.raises(ConfigError, match="not a table"):
        reveal({"format": "x", "entries": {}}, KEY, one)


def test_the_table_does_not_tell_how_long_names_are() -> None:
    names = [f"{'x' * length}.mensah" for length in range(1, 50)]
    users = [make_user(number, name) for number, name in enumerate(names, start=9)]
    after, table = pseudonymise(Snapshot([make_commcell(users=users)]), KEY)
    assert len({len(sealed) for sealed in table["entries"].values()}) == 1
    assert {reveal(table, KEY, row["name"]) for row in after.commcells[0]["users"]} == set(names)
    for text in ("a\0\x80\0", "\0", "é" * 200):
        pseudonyms = Pseudonyms(KEY)
        made = pseudonyms.make(text)
        assert reveal(pseudonyms.build_table(), KEY, made) == text


@pytest.mark.parametrize("domain", ["", "CORP\\"])
def test_a_large_snapshot_takes_little_time(domain: str) -> None:
    persons = [describe({"first": f"First{n % 40}", "last": f"Last{n % 900}", "n": n}) for n in range(3000)]
    persons = [{**one, "login": domain + one["login"]} for one in persons]
    before = make_snapshot(persons)
    started = time.process_time()
    pseudonymise(before, KEY)
    assert time.process_time() - started < 10
