# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials of a document: which a CommCell has, of which application each is, and what is wrong with them beside other variables."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.plugin_utils.credential_checks import find_credential_problems
from ansible_collections.cvops.identity.plugins.plugin_utils.declared_credentials import (
    build_credential_options,
    describe_registered,
    find_unregistered_problem,
    list_credential_results,
    list_credentials,
    select_approved,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError

TENANT = "11111111-2222-4333-8444-555555555555"
APPLICATION = "66666666-7777-4888-8999-00000000000a"
SECRET = "abc8Q~first-not-a-real-secret_12345"
DECLARED: list[dict[str, t.Any]] = [
    {"name": "gone", "state": "absent", "secret": SECRET, "max_removals": 3, "company": "corp"},
    {"name": "own", "azure_application_id": APPLICATION, "secret": SECRET, "description": None},
    {"name": "prod", "secret_policy": "rotated", "commcells": ["emea-*"], "state": "present"},
]
REGISTERED = {"id": APPLICATION, "name": "Backup", "tenant_id": TENANT, "failed": False, "why": ""}


def test_each_commcell_has_its_own_and_those_that_go_come_last() -> None:
    """Nothing of what they hold is a part of it."""
    assert list_credentials(DECLARED, "emea-1") == [
        {"task": "credential own", "is_registered": False},
        {"task": "credential prod", "is_registered": True},
        {"task": "credential gone of company corp", "is_registered": False},
    ]
    assert [row["task"] for row in list_credentials(DECLARED, "us")] == [
        "credential own",
        "credential gone of company corp",
    ]
    assert list_credentials(None, "us") == []


@pytest.mark.parametrize(
    ("result", "declared", "found"),
    [
        ({}, None, {}),
        ({"application": {}, "stats": {}}, {"unique_name": "x", "state": "absent"}, {}),
        (
            {"application": {"app_id": APPLICATION, "display_name": "Backup"}, "target": TENANT},
            {"unique_name": "x"},
            REGISTERED,
        ),
        (
            {"application": {"app_id": None, "display_name": "Backup"}, "target": "corp.example"},
            {"unique_name": "x"},
            {**REGISTERED, "id": None, "tenant_id": None},
        ),
        (
            {"error": {"kind": "api"}, "failed": True},
            {"unique_name": "x"},
            {"id": None, "name": "x", "tenant_id": None, "failed": True, "why": ""},
        ),
        (
            {"error": {"kind": "forbidden"}, "msg": "Cannot read: Authorization_RequestDenied"},
            {"unique_name": "x"},
            {
                "id": None,
                "name": "x",
                "tenant_id": None,
                "failed": True,
                "why": "Cannot read: Authorization_RequestDenied",
            },
        ),
    ],
)
def test_what_is_known_of_the_registered_application(result: t.Any, declared: t.Any, found: dict[str, t.Any]) -> None:
    assert describe_registered(result, declared) == found


def test_where_nothing_is_said_it_is_the_registered_application() -> None:
    groups = [{"name": "GG-Ops", "company": "Commcell"}]
    found = build_credential_options(DECLARED, "emea-1", "credential prod", REGISTERED, groups)
    assert found == {
        "name": "prod",
        "secret_policy": "rotated",
        "state": "present",
        "azure_application_id": APPLICATION,
        "azure_application_name": "Backup",
        "azure_tenant_id": TENANT,
        "pending_user_groups": groups,
    }
    coming = build_credential_options(DECLARED, "emea-1", "credential prod", {**REGISTERED, "id": None})
    assert (coming["pending_application"], coming["azure_application_name"]) == (True, "Backup")
    assert "azure_application_id" not in coming and "pending_user_groups" not in coming
    own = {"name": "prod", "azure_application_name": "Mine", "azure_tenant_id": "t", "secret_policy": "rotated"}
    named = build_credential_options([own], "us", "credential prod", REGISTERED)
    assert (named["azure_application_name"], named["azure_tenant_id"]) == ("Mine", "t")
    assert build_credential_options([own], "us", "credential prod", {}) == own


@pytest.mark.parametrize("policy", [None, "on_create", "always"])
def test_the_application_of_others_is_managed_only_where_it_is_named(policy: str | None) -> None:
    """Neither it nor its tenant: whatever it is of, it would be broken by another one."""
    item = {"name": "prod", "description": "new", **({"secret_policy": policy} if policy else {})}
    assert build_credential_options([item], "us", "credential prod", REGISTERED) == item
    foreign = {**item, "secret_policy": "rotated", "azure_application_id": "f"}
    assert build_credential_options([foreign], "us", "credential prod", REGISTERED) == foreign


def test_what_is_said_stays() -> None:
    found = build_credential_options(DECLARED, "us", "credential own", REGISTERED)
    assert found == {
        "name": "own",
        "azure_application_id": APPLICATION,
        "secret": SECRET,
    }
    gone = build_credential_options(DECLARED, "us", "credential gone of company corp", REGISTERED)
    assert gone == {"name": "gone", "state": "absent", "company": "corp"}
    with pytest.raises(FilterInputError, match="no such credential"):
        build_credential_options(DECLARED, "us", "credential prod", REGISTERED)


def test_only_those_with_a_step_are_approved() -> None:
    plan = {"steps": {"credential own": [{"id": "1"}, {"id": "2"}], "credential prod": [], "roles": [{"id": "3"}]}}
    assert select_approved(plan, list_credentials(DECLARED, "emea-1")) == {"credential own": ["1", "2"]}


def test_an_application_that_is_not_there_is_a_problem_of_a_run_without_entra_only() -> None:
    rows = list_credentials(DECLARED, "emea-1")
    (told,) = find_unregistered_problem(rows, {**REGISTERED, "id": None})
    assert (
        told
        == "credential prod needs an application in Entra ID that does not exist; this run does not include Entra ID"
    )
    (told,) = find_unregistered_problem(rows, {**REGISTERED, "id": None, "failed": True, "why": "403: no"})
    assert "cannot be read (403: no)" in told
    assert find_unregistered_problem(rows, {**REGISTERED, "id": None}, True) == []
    assert find_unregistered_problem(rows, REGISTERED) == []
    assert find_unregistered_problem(rows, {}) == []
    assert find_unregistered_problem(list_credentials(DECLARED, "us"), {**REGISTERED, "id": None}) == []


def test_what_there_is_afterwards() -> None:
    results = {
        "cs01": {"a": {"credential": {"name": "own"}}, "b": {"credential": {}}, "c": {"failed": True}},
        "cs02": {},
    }
    assert list_credential_results(results) == {"cs01": [{"name": "own"}], "cs02": []}


CONNECTION = {"commcells": {"cs01": {}, "cs02": {}}}
TARGET = {"name": "t", "commvault_credential": {"name": "PROD", "commcell": "cs01"}}


def rotation(**target: t.Any) -> list[dict[str, t.Any]]:
    """One rotation with that target after another one."""
    return [{"targets": [{"name": "f", "file": {"path": "/x"}}, {"name": "t", "commvault_credential": target}]}]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"cvops_commvault_credentials": [{"name": "a"}, {"name": "A"}]}, ["[1].name (A): is already used by"]),
        (
            {
                "cvops_commvault_credentials": [
                    {"name": "a", "commcells": ["cs01"]},
                    {"name": "a", "commcells": ["cs02"]},
                ]
            },
            [],
        ),
        (
            {
                "cvops_commvault_credentials": [
                    {"name": "a", "commcells": ["cs0*"]},
                    {"name": "a", "commcells": ["cs02"]},
                ]
            },
            ["[1].name (a): is already used by cvops_commvault_credentials[0] for CommCell cs02"],
        ),
        ({"cvops_commvault_credentials": [{"name": "a"}, {"name": "a", "company": "corp"}]}, []),
        (
            {"cvops_commvault_credentials": [{"name": "a", "secret_policy": "always"}]},
            ["secret_policy (a): secret_policy is"],
        ),
        (
            {"cvops_commvault_credentials": [{"name": "a", "secret_policy": "rotated", "secret": SECRET}]},
            ["secret_policy (a): secret_policy is rotated"],
        ),
        (
            {
                "cvops_commvault_credentials": [{"name": "prod"}],
                "cvops_rotations": rotation(name="Prod", commcell="cs01"),
            },
            ["[0].secret_policy (prod): must be rotated, because cvops_rotations[0].targets[1] writes its secret"],
        ),
        (
            {
                "cvops_commvault_credentials": [{"name": "prod", "state": "absent"}],
                "cvops_rotations": rotation(name="prod"),
            },
            ["[0].state (prod): is absent, but cvops_rotations[0].targets[1]"],
        ),
        (
            {
                "cvops_commvault_credentials": [{"name": "prod", "commcells": ["cs02"]}],
                "cvops_rotations": rotation(name="prod", commcell="cs01"),
            },
            [],
        ),
        (
            {
                "cvops_commvault_credentials": [{"name": "prod"}],
                "cvops_rotations": rotation(name="prod", company="corp", commcell="cs01"),
            },
            [],
        ),
        (
            {
                "cvops_commvault_credentials": [{"name": "prod", "secret_policy": "rotated"}],
                "cvops_rotations": rotation(name="prod", commcell="cs01"),
            },
            [],
        ),
        (
            {
                "cvops_commvault_credentials": [
                    {"name": "a", "secret_policy": "rotated"},
                    {"name": "b", "azure_application_id": APPLICATION},
                    {"name": "c"},
                ],
                "cvops_application": {"unique_name": "x", "state": "absent"},
            },
            ["[0].azure_application_id (a): is missing"],
        ),
        (
            {"cvops_commvault_credentials": [{"name": "a of company b"}, {"name": "a", "company": "b"}]},
            ["[1].name (a): is already used by"],
        ),
        (
            {
                "cvops_commvault_credentials": [
                    {"name": "prod", "company": 30, "secret_policy": "always", "secret": SECRET}
                ],
                "cvops_rotations": rotation(name="prod", company="corp"),
            },
            ["[0].secret_policy (prod): must be rotated"],
        ),
        ({"cvops_commvault_credentials": None, "cvops_rotations": rotation(name="prod")}, []),
        ({"cvops_commvault_credentials": [{"name": "a"}], "cvops_rotations": "x", "cvops_connection": None}, []),
    ],
)
def test_problems_of_a_document(values: dict[str, t.Any], told: list[str]) -> None:
    found = [str(problem) for problem in find_credential_problems({"cvops_connection": CONNECTION, **values})]
    assert len(found) == len(told), found
    assert all(words in line for words, line in zip(told, found, strict=True)), found
    assert not any(SECRET in line for line in found)
