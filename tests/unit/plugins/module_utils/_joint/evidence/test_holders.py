# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who holds what a group is granted: now by Commvault's own state, and at the next sign-in by Entra ID's."""

from __future__ import annotations

import typing as t

import pytest
from evidence_examples import (
    VIEW,
    build,
    find_rows,
    make_commcell,
    make_counts,
    make_entity,
    make_entra,
    make_entra_group,
    make_entra_user,
    make_grant,
    make_group,
    make_id,
    make_user,
)

NAME = "ann@corp.example"
GRANT = make_grant(("user_group", 5), VIEW)
Answer = tuple[t.Any, t.Any]


def ask(
    user: t.Any = None,
    entra_user: t.Any = None,
    *,
    is_member: bool = True,
    is_in_entra: bool = True,
    link: int | None = 1,
    entra: t.Any = "made",
    group: t.Any = None,
) -> list[t.Any]:
    """Return the rows of one grant to a group with one person."""
    users = [user] if user else []
    cell = make_commcell(
        users=users,
        user_groups=[make_group(5, "ops", [1] if is_member else [], make_id(link, 2) if link else "", **(group or {}))],
        associations=[GRANT],
    )
    people = [entra_user] if entra_user else []
    if entra == "made":
        entra = make_entra(users=people, groups=[make_entra_group(1, "ops", [make_id(1)] if is_in_entra else [])])
    return build(cell, entra=entra).rows["access"]


def answer(*args: t.Any, **more: t.Any) -> Answer:
    (row,) = ask(*args, **more)
    return row["effective_now"], row["expected_at_next_login"]


PERSON, DISABLED = make_entra_user(1, NAME), make_entra_user(1, NAME, accountEnabled=False)
SSO, LOCAL = make_user(1, NAME), make_user(1, "ann", local=True, email=NAME)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"user": SSO, "entra_user": PERSON}, ("yes", "yes")),
        ({"user": SSO, "entra_user": PERSON, "is_in_entra": False}, ("yes", "no")),
        ({"user": LOCAL, "entra_user": PERSON, "is_in_entra": False}, ("yes", "yes")),
        ({"user": None, "entra_user": PERSON, "is_member": False}, ("no", "yes")),
        ({"user": SSO, "entra_user": PERSON, "is_member": False}, ("no", "yes")),
        # nobody knows what a sign-in with Entra ID makes of an account that has a password
        ({"user": LOCAL, "entra_user": PERSON, "is_member": False}, ("no", "unknown")),
        ({"user": SSO, "entra_user": DISABLED}, ("yes", "no")),
        ({"user": None, "entra_user": DISABLED, "is_member": False}, ("no", "no")),
        ({"user": {**SSO, "enabled": False}, "entra_user": PERSON}, ("no", "no")),
        ({"user": {**SSO, "enabled": None}, "entra_user": PERSON}, ("unknown", "unknown")),
        ({"user": {**SSO, "signs_in_with": None}, "entra_user": PERSON}, ("yes", "yes")),
        ({"user": {**SSO, "signs_in_with": None}, "entra_user": PERSON, "is_in_entra": False}, ("yes", "unknown")),
        ({"user": SSO, "entra_user": PERSON, "group": {"enabled": False}}, ("no", "no")),
        ({"user": SSO, "entra": None}, ("yes", "unknown")),
        # the group of the link is gone, and no other has the name
        ({"user": SSO, "entra": make_entra(users=[PERSON])}, ("yes", "no")),
        ({"user": SSO, "entra": make_entra({"groups": "no right"}, users=[PERSON])}, ("yes", "unknown")),
        # the group was created anew: whether its name leads to the Commvault group depends on the token
        ({"user": SSO, "entra_user": PERSON, "link": 9}, ("yes", "unknown")),
        ({"user": SSO, "entra_user": PERSON, "link": None}, ("yes", "yes")),
        ({"user": SSO, "entra_user": PERSON, "link": None, "is_in_entra": False}, ("yes", "unknown")),
        # not linked, and no group of Entra ID has the name: a sign-in changes nothing
        ({"user": SSO, "entra": make_entra(users=[PERSON]), "link": None}, ("yes", "yes")),
        ({"user": SSO, "entra": make_entra(), "link": None}, ("yes", "no")),
        ({"user": SSO, "entra": make_entra({"users": "no right"}), "link": None}, ("yes", "unknown")),
    ],
)
def test_now_and_at_the_next_sign_in(given: t.Any, wanted: Answer) -> None:
    assert answer(**given) == wanted


def test_a_person_without_a_place_in_entra_id_is_not_evaluable_and_never_passes() -> None:
    twins = [make_entra_user(1, NAME), make_entra_user(2, NAME.upper())]
    cell = make_commcell(users=[SSO], user_groups=[make_group(5, "ops", [1, 8], make_id(1, 2))], associations=[GRANT])
    entra = make_entra(users=twins, groups=[make_entra_group(1, "ops", [make_id(77)])])
    rows = build(cell, entra=entra).rows["access"]
    found = {(row["commvault_user_id"], row["entra_user_id"]): row for row in rows}
    assert set(found) == {("1", ""), ("8", ""), ("", make_id(77))}
    assert {row["person_kind"] for row in rows} == {"not_evaluable"}
    assert {row["expected_at_next_login"] for row in rows} == {"unknown"}


def test_equal_names_of_different_people_never_join() -> None:
    """A display name is chosen freely, and a name that only looks equal is another one."""
    other = make_entra_user(1, "аnn@corp.example", displayName="ann")
    rows = ask(make_user(1, NAME, full_name="ann"), other)
    assert [(row["commvault_user_id"], row["entra_user_id"]) for row in rows] == [("1", ""), ("", make_id(1))]


def test_the_first_name_that_anybody_has_decides() -> None:
    user = make_user(1, "bob@corp.example", user_principal_name=NAME, email="eve@corp.example")
    entra = make_entra(
        users=[make_entra_user(number, name) for number, name in ((1, NAME), (2, "bob@corp.example"))], groups=[]
    )
    cell = make_commcell(users=[user], associations=[make_grant(("user", 1))])
    (row,) = build(cell, entra=entra).rows["access"]
    assert row["entra_user_id"] == make_id(1)


def test_the_path_is_a_shortest_one_through_nested_groups_and_loops_end() -> None:
    groups = [
        make_entra_group(1, "ops", [make_id(3, 2), make_id(2, 2)]),
        make_entra_group(2, "b-team", [make_id(1, 2), make_id(4, 2)]),
        make_entra_group(3, "a-team", [make_id(1), make_id(4, 2)]),
        make_entra_group(4, "night", [make_id(2), make_id(1), make_id(3, 2)]),
    ]
    people = [make_entra_user(1, NAME), make_entra_user(2, "bob@corp.example")]
    rows = ask(SSO, entra=make_entra(users=people, groups=groups))
    assert {row["user_principal_name"]: row["path"] for row in rows} == {
        NAME: ["a-team", "ops"],
        "bob@corp.example": ["night", "a-team", "ops"],
    }
    assert {row["entra_group"] for row in rows} == {"ops"}


def test_a_disabled_group_gives_nothing_and_a_disabled_role_may() -> None:
    cell = make_commcell(users=[SSO], associations=[make_grant(("user", 1), VIEW)])
    next(role for role in cell["roles"] if role["id"] == VIEW)["enabled"] = False
    (row,) = build(cell, entra=make_entra(users=[PERSON])).rows["access"]
    assert (row["effective_now"], row["expected_at_next_login"]) == ("unknown", "unknown")


@pytest.mark.parametrize(("count", "expected"), [(150, "yes"), (151, "unknown"), (201, "unknown")])
def test_a_token_without_groups_makes_the_next_sign_in_unknown(count: int, expected: str) -> None:
    groups = [make_entra_group(number, f"g{number}", [make_id(1)]) for number in range(1, count + 1)]
    cell = make_commcell(users=[SSO], user_groups=[make_group(5, "g1", [1], make_id(1, 2))], associations=[GRANT])
    tables = build(cell, entra=make_entra(users=[PERSON], groups=groups))
    assert [row["expected_at_next_login"] for row in tables.rows["access"]] == [expected]
    found = find_rows(tables, "findings", rule="too_many_groups")
    assert bool(found) is (expected == "unknown")
    assert all("JWT" in str(row["description"]) for row in found) is (count > 200 or not found)


def ask_counted(counts: t.Any, incomplete: t.Any = None, **more: t.Any) -> tuple[t.Any, list[t.Any], t.Any]:
    """What is expected of somebody in one group of the document, the findings on too many groups, and the tables."""
    person = make_entra_user(1, NAME, groupCounts=counts)
    if counts is ...:
        del person["groupCounts"]
    cell_parts = {key: more.pop(key) for key in ("identity_providers", "users") if key in more}
    cell = make_commcell(
        **{"users": [SSO], **cell_parts}, user_groups=[make_group(5, "g1", [1], make_id(1, 2))], associations=[GRANT]
    )
    entra = make_entra(incomplete, users=[person], groups=[make_entra_group(1, "g1", [make_id(1)])], **more)
    tables = build(cell, entra=entra)
    (row,) = tables.rows["access"]
    return row["expected_at_next_login"], find_rows(tables, "findings", rule="too_many_groups"), tables


ROLE = {"roleTemplateId": "r", "displayName": "Reader", "members": [make_id(1)]}
UNKNOWN_USER = {**SSO, "signs_in_with": None}


@pytest.mark.parametrize(
    ("counts", "more", "expected", "status"),
    [
        (make_counts(150), {}, "yes", None),
        (make_counts(151), {}, "unknown", "open"),
        (make_counts(151), {"users": [UNKNOWN_USER]}, "unknown", "open"),
        # a group that is no security group does not count, a directory role may
        (make_counts(150, 9, 9), {}, "yes", None),
        (make_counts(150), {"directory_roles": [ROLE]}, "unknown", "not_evaluable"),
        (make_counts(149), {"directory_roles": [ROLE]}, "yes", None),
        # nobody knows
        (None, {}, "unknown", None),
        (..., {}, "unknown", None),
        (make_counts(-1), {}, "unknown", None),
        (make_counts(10**30), {}, "unknown", None),
        (make_counts(t.cast("t.Any", "3")), {}, "unknown", None),
        (make_counts(t.cast("t.Any", True)), {}, "unknown", None),
    ],
)
def test_the_groups_that_were_counted_decide(counts: t.Any, more: t.Any, expected: str, status: str | None) -> None:
    answer, found, tables = ask_counted(counts, **more)
    assert (answer, [row["status"] for row in found]) == (expected, [status] if status else [])
    assert all("is in " in str(row["description"]) and "at least" not in str(row["description"]) for row in found)
    assert tables.partial == []


def test_counts_that_were_not_read_are_told_beside_the_rows_that_depend_on_them() -> None:
    answer, _found, tables = ask_counted(None, {"group_counts": "reading it takes User.Read.All"})
    assert answer == "unknown" and any("group counts" in why and "User.Read.All" in why for why in tables.partial)
    (told,) = find_rows(tables, "findings", rule="not_visible")
    assert "group counts" in str(told["subject"])
    # A document that was written before there were counts says nothing of them, which is told as well.
    entra = make_entra(users=[PERSON], groups=[make_entra_group(1, "ops", [make_id(1)])])
    entra["provenance"]["sources"] = [one for one in entra["provenance"]["sources"] if one["name"] != "group_counts"]
    assert [why for why in build(make_commcell(), entra=entra).partial if "in how many groups" in why]
    # Where no group decides, nothing depends on them.
    assert answer_of_direct_grant() == "yes"


def answer_of_direct_grant() -> t.Any:
    cell = make_commcell(users=[SSO], associations=[make_grant(("user", 1))])
    (row,) = build(cell, entra=make_entra(users=[make_entra_user(1, NAME, groupCounts=None)])).rows["access"]
    return row["expected_at_next_login"]


def make_application(number: int, claims: str | None, *uris: str, assigned: int = 0, **more: t.Any) -> t.Any:
    """A registration and its enterprise application, to which so many groups are assigned."""
    row = {"id": make_id(number, 3), "appId": make_id(number, 4), "displayName": f"app {number}"}
    rows = [
        {"id": str(one), "principalId": make_id(one, 2), "principalType": "Group"} for one in range(1, assigned + 1)
    ]
    application = {**row, "groupMembershipClaims": claims, "identifierUris": list(uris), **more}
    return application, {**row, "id": make_id(number, 5), "appRoleAssignedTo": rows, "notVisible": []}


SERVICE = "https://console.corp.example"
SAML = {"kind": "saml", "name": "corp.example", "service_provider_endpoint": SERVICE, "attribute_mappings": {}}
NAMES = {"saml2Token": [{"name": "groups", "additionalProperties": ["sam_account_name"]}]}
OWN, ALL = make_application(1, "ApplicationGroup", SERVICE, assigned=3), make_application(1, "All", SERVICE.upper())
OTHER, LARGE = make_application(2, "SecurityGroup"), make_application(1, "ApplicationGroup", SERVICE, assigned=151)


@pytest.mark.parametrize(
    ("apps", "counts", "provider", "expected", "status"),
    [
        # the application of the CommCell decides, whatever others ask for
        ([OWN, OTHER], make_counts(900), SAML, "yes", None),
        ([OWN, OTHER], None, SAML, "yes", None),
        ([LARGE], make_counts(900), SAML, "yes", None),
        (
            [make_application(1, "SecurityGroup", SERVICE), make_application(2, "ApplicationGroup")],
            make_counts(151),
            SAML,
            "unknown",
            "open",
        ),
        ([ALL], make_counts(100, 0, 51), SAML, "unknown", "open"),
        # whether All means groups of Microsoft 365 is not documented
        ([ALL], make_counts(100, 51), SAML, "unknown", "not_evaluable"),
        ([ALL], make_counts(100, 50), SAML, "yes", None),
        # which of the groups have a name of the directory on-premises is not known
        (
            [make_application(1, "SecurityGroup", SERVICE, optionalClaims=NAMES)],
            make_counts(151),
            SAML,
            "unknown",
            "not_evaluable",
        ),
        # app roles have no limit
        (
            [make_application(1, "SecurityGroup", SERVICE)],
            make_counts(900),
            {
                **SAML,
                "attribute_mappings": {"user_groups": "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"},
            },
            "yes",
            None,
        ),
        # the token of an application without a group claim carries none
        ([make_application(1, None, SERVICE), OTHER], make_counts(3), SAML, "unknown", None),
        # which application it is cannot be told: any of them may be
        (
            [make_application(1, "ApplicationGroup", assigned=3), OTHER],
            make_counts(151),
            SAML,
            "unknown",
            "not_evaluable",
        ),
        ([make_application(1, "ApplicationGroup", assigned=3)], make_counts(900), SAML, "yes", None),
        ([], make_counts(151), SAML, "unknown", "open"),
        ([OWN, OTHER], make_counts(151), {**SAML, "name": "another one"}, "unknown", "not_evaluable"),
        # a document may hold anything
        ([make_application(1, "SecurityGroup", SERVICE, optionalClaims=7)], make_counts(3), SAML, "yes", None),
    ],
)
def test_the_application_of_the_commcell_says_what_counts(
    apps: t.Any, counts: t.Any, provider: t.Any, expected: str, status: str | None
) -> None:
    for user in (SSO, {**SSO, "identity_provider": "CORP.example"}):
        answer, found, _tables = ask_counted(
            counts,
            applications=[one for one, _principal in apps],
            service_principals=[one for _application, one in apps],
            identity_providers=[provider],
            users=[user],
        )
        assert (answer, [row["status"] for row in found]) == (expected, [status] if status else [])


@pytest.mark.parametrize(("assigned", "is_shown", "expected"), [(3, True, "yes"), (3, False, "unknown")])
def test_assigned_groups_that_are_not_shown_are_not_known(assigned: int, is_shown: bool, expected: str) -> None:
    application, principal = make_application(1, "ApplicationGroup", SERVICE, assigned=assigned)
    principal["notVisible"] = [] if is_shown else ["appRoleAssignedTo"]
    answer, _found, _tables = ask_counted(
        make_counts(3), applications=[application], service_principals=[principal], identity_providers=[SAML]
    )
    assert answer == expected


def test_where_the_token_has_assigned_groups_alone_only_those_count() -> None:
    groups = [make_entra_group(number, f"g{number}", [make_id(1)]) for number in range(1, 200)]
    app = {
        "id": make_id(1, 3),
        "appId": make_id(1, 4),
        "displayName": "sso",
        "groupMembershipClaims": "ApplicationGroup",
    }
    principal = {
        "id": make_id(1, 5),
        "appId": make_id(1, 4),
        "displayName": "sso",
        "appRoleAssignedTo": [{"id": "x", "principalId": make_id(1, 2), "principalType": "Group"}],
    }
    cell = make_commcell(users=[SSO], user_groups=[make_group(5, "g1", [1], make_id(1, 2))], associations=[GRANT])
    entra = make_entra(users=[PERSON], groups=groups, applications=[app], service_principals=[principal])
    assert [row["expected_at_next_login"] for row in build(cell, entra=entra).rows["access"]] == ["yes"]


def test_openid_connect_carries_no_groups() -> None:
    user = {**SSO, "identity_provider": "Entra OIDC"}
    cell = make_commcell(
        users=[user],
        user_groups=[make_group(5, "ops", [1], make_id(1, 2))],
        associations=[GRANT],
        identity_providers=[{"kind": "oidc", "name": "Entra OIDC"}],
    )
    entra = make_entra(users=[PERSON], groups=[make_entra_group(1, "ops")])
    assert [row["expected_at_next_login"] for row in build(cell, entra=entra).rows["access"]] == ["yes"]


def test_a_directory_group_stands_for_members_that_are_not_visible_beside_those_that_are() -> None:
    user = {**SSO, "groups": [{"kind": "external_group", "id": "7", "name": "CORP\\ops"}]}
    cell = make_commcell(
        users=[user],
        external_groups=[make_entity(7, "CORP\\ops") | {"enabled": True}],
        associations=[make_grant(("external_group", 7))],
    )
    rows = build(cell, entra=make_entra(users=[PERSON])).rows["access"]
    assert [(row["person_kind"], row["person"]) for row in rows] == [
        ("directory_group", "CORP\\ops"),
        ("entra_member", "ann"),
    ]


def test_nobody_is_said_only_of_groups_that_were_seen_in_full() -> None:
    def kind(incomplete: t.Any = None, entra: t.Any = None) -> t.Any:
        cell = make_commcell(incomplete=incomplete, user_groups=[make_group(5, "ops")], associations=[GRANT])
        (row,) = build(cell, entra=entra or make_entra()).rows["access"]
        return row["person_kind"]

    assert kind() == "nobody"
    assert kind({"user_groups": "no right"}) == "not_evaluable"


def test_kinds_of_people() -> None:
    users = [
        make_user(1, NAME),
        make_user(2, "guest@corp.example"),
        make_user(3, "admin", local=True),
        make_user(4, "svc", local=True, kind="service_account", signs_in_with="access_token"),
    ]
    people = [PERSON, make_entra_user(2, "guest@corp.example", userType="Guest")]
    cell = make_commcell(users=users, associations=[make_grant(("user", number)) for number in range(1, 5)])
    rows = build(cell, entra=make_entra(users=people)).rows["access"]
    assert {row["commvault_user"]: row["person_kind"] for row in rows} == {
        NAME: "entra_member",
        "guest@corp.example": "entra_guest",
        "admin": "commvault_user",
        "svc": "service_account",
    }


def test_a_deleted_user_is_known_by_the_name_that_it_had() -> None:
    gone = make_entra_user(1, f"{make_id(1).replace('-', '')}{NAME}", deletedDateTime="2026-11-01T00:00:00Z")
    cell = make_commcell(users=[SSO], associations=[make_grant(("user", 1))])
    (row,) = build(cell, entra=make_entra(deleted_users=[gone])).rows["access"]
    assert (row["user_principal_name"], row["expected_at_next_login"]) == (NAME, "no")


def test_members_by_name_are_users_and_a_number_is_never_a_name() -> None:
    users = [make_user(1, NAME), make_user(2, "77"), make_user(3, "twin"), make_user(4, "twin")]
    members = [NAME, "77", "twin", "twin (id 4)"]
    cell = make_commcell(users=users, user_groups=[make_group(5, "ops", members)], associations=[GRANT])
    rows = build(cell, entra=make_entra()).rows["access"]
    assert {row["commvault_user_id"] for row in rows} == {"1", "77", "twin", "4"}
