# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said to be verified has its proof, every module has a row, and the pages are as the data says."""

from __future__ import annotations

import copy
import datetime
import typing as t

import pytest
import verification
from collection_facts import module_names
from collection_tree import ROOT
from generated_files import find_outdated

TODAY = datetime.date(2026, 3, 2)
SIGHT = {"release": "11.44", "date": datetime.date(2026, 3, 1), "where": "https://github.com/cvops/identity/issues/1"}
TEST = "simulator/tests/commvault/test_client_cvpysdk.py::test_roles"


@pytest.fixture
def data() -> dict[str, t.Any]:
    return copy.deepcopy(verification.read_data())


def find_faults(data: dict[str, t.Any]) -> list[str]:
    return verification.find_faults(data, ROOT, TODAY)


def test_the_data_has_no_fault_and_the_pages_are_made_of_it() -> None:
    assert find_outdated(verification.expected()) == []


def test_every_module_has_a_row_and_every_release_a_claim(data: dict[str, t.Any]) -> None:
    claims = [claim for claim in verification.list_claims(data) if claim.kind == "module"]
    alone = {name for name, services in data["parts"]["module"].items() if not services}
    assert {claim.name for claim in claims} | alone == set(module_names())
    releases = {claim.release for claim in claims if claim.service == "commvault" and claim.name == "commvault_role"}
    assert releases == set(data["services"]["commvault"]["releases"])
    del data["parts"]["module"]["entra_group"]
    assert find_faults(data) == ["module entra_group has no row"]


def test_every_module_of_a_service_says_so(data: dict[str, t.Any]) -> None:
    for prefix, service in (("commvault_", "commvault"), ("entra_", "graph")):
        parts = data["parts"]["module"]
        assert [name for name, told in parts.items() if name.startswith(prefix) and service not in told] == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, ""),
        ({"date": None}, "None is no date until today"),
        ({"date": "soon"}, "'soon' is no date until today"),
        ({"date": datetime.date(2026, 3, 3)}, "datetime.date(2026, 3, 3) is no date until today"),
        ({"release": "11.45"}, "'11.45' is no release of the service"),
        ({"release": None}, "None is no release of the service"),
        ({"where": " "}, "where that is written down is not said"),
        ({"by": "me"}, "what was seen needs release, date and where"),
    ],
)
def test_nobody_has_seen_it_without_date_release_and_place(
    data: dict[str, t.Any], change: dict[str, t.Any], why: str
) -> None:
    data["parts"]["module"]["commvault_role"]["commvault"]["seen"] = [SIGHT | change]
    assert find_faults(data) == ([f"module commvault_role, commvault: {why}"] if why else [])


@pytest.mark.parametrize("missing", sorted(SIGHT))
def test_nothing_of_it_may_be_left_out(data: dict[str, t.Any], missing: str) -> None:
    sight = {name: value for name, value in SIGHT.items() if name != missing}
    data["parts"]["module"]["commvault_role"]["commvault"]["seen"] = [sight]
    assert find_faults(data) == ["module commvault_role, commvault: what was seen needs release, date and where"]


def test_what_was_seen_stands_first(data: dict[str, t.Any]) -> None:
    assert "Nothing of this collection was run against a real Entra ID" in verification.describe_status(data)
    data["parts"]["module"]["commvault_role"]["commvault"]["seen"] = [SIGHT]
    told = verification.describe_status(data)
    assert "**1 of " in told and "Nothing of this collection" not in told
    assert "| Commvault 11.44 | 1 |" in told and "| Commvault 11.32, 11.36, 11.38, 11.42 | none |" in told
    page = "\n".join(verification.describe_parts(data))
    assert "     - seen on a real service\n     - 2026-03-01, https://github.com/cvops/identity/issues/1" in page


@pytest.mark.parametrize(
    ("tests", "why"),
    [
        ([], "there is no test ''"),
        (["tests/unit/test_scripts.py::nothing"], "there is no test 'tests/unit/test_scripts.py::nothing'"),
        ([TEST.replace("roles", "rules")], f"there is no test '{TEST.replace('roles', 'rules')}'"),
        (["tests/unit/test_layers.py"], "there is no test 'tests/unit/test_layers.py'"),
        (
            ["simulator/tests/test_client_msal.py::test_secret_and_cache"],
            "simulator/tests/test_client_msal.py has no official client of commvault",
        ),
        (
            ["tests/integration/test_commvault_user_sdk.py::test_the_sdk_reads_what_the_module_writes"],
            "tests/integration/test_commvault_user_sdk.py does not use commvault_role",
        ),
    ],
)
def test_a_test_with_the_official_client_is_proof_and_nothing_else(
    data: dict[str, t.Any], tests: list[str], why: str
) -> None:
    data["parts"]["module"]["commvault_role"]["commvault"]["held"] = {"11.44": tests}
    (fault,) = find_faults(data)
    assert fault.startswith("module commvault_role, commvault: ")
    assert fault.endswith(why)


def test_the_page_refers_to_the_guides(data: dict[str, t.Any]) -> None:
    told = "\n".join(verification.describe_questions(data))
    assert told.count(":ref:`ansible_collections.") == len(data["questions"]) and ":ref:``" not in told


def test_a_question_says_what_how_and_where(data: dict[str, t.Any]) -> None:
    data["questions"]["commvault-saml-lists"]["find_out"] = ""
    del data["questions"]["graph-token-claims"]["wrong"]
    faults = find_faults(data)
    assert [fault.partition(":")[0] for fault in faults] == [
        "question graph-token-claims",
        "question commvault-saml-lists",
    ]
    guides = {question["guide"] for question in data["questions"].values()}
    assert all((ROOT / "docs" / "docsite" / "rst" / f"{guide}.rst").is_file() for guide in guides)
