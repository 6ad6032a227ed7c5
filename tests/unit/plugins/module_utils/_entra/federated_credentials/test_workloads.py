# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which federated credentials the jobs of a controller need, by identity."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest
from collection_tree import ROOT

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Problems
from ansible_collections.cvops.identity.plugins.module_utils._entra.federated_credentials.plan import (
    LIMIT,
    desired_federated_credential,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.federated_credentials.presets import PRESETS
from ansible_collections.cvops.identity.plugins.module_utils._entra.federated_credentials.workloads import (
    IDENTITIES,
    JOB_PRESETS,
    PLAYBOOK_IDENTITIES,
    workload_subjects,
)

AAP = {"issuer": "https://aap.example/o", "organization": "Platform"}
CLUSTER = {"issuer": "https://k8s.example", "namespace": "awx"}


def test_a_credential_per_job_template_in_the_order_of_the_identities() -> None:
    rows = workload_subjects(
        "awx",
        [
            {"identity": "evidence", **AAP, "job_template": "Évidence / monthly"},
            {"identity": "converge", **AAP, "job_template": "Converge access"},
            {"identity": "evidence", **AAP, "job_template": "Évidence / monthly"},
        ],
        "usgov",
    )
    assert [row["identity"] for row in rows] == ["converge", "evidence"], "and no credential twice"
    converge, evidence = rows
    assert converge["subject"] == (
        "workload_type:aap_controller_automation_job:organization:Platform:job_template:Converge access"
    )
    assert (converge["issuer"], converge["audience"]) == ("https://aap.example/o", "api://AzureADTokenExchangeUSGov")
    assert re.fullmatch(r"awx-converge-access-[0-9a-f]{8}", converge["name"])
    assert re.fullmatch(r"awx-vidence-monthly-[0-9a-f]{8}", evidence["name"])
    assert converge["trust"] == {"awx": {**AAP, "job_template": "Converge access"}}
    told = " ".join(converge["warnings"])
    assert "depends on the version" in told and "consists of names" in told


def test_a_service_account_per_identity() -> None:
    rows = workload_subjects(
        "kubernetes", [{"identity": name, **CLUSTER, "service_account": f"cvops-{name}"} for name in IDENTITIES]
    )
    assert [row["subject"] for row in rows] == [f"system:serviceaccount:awx:cvops-{name}" for name in IDENTITIES]
    assert {row["audience"] for row in rows} == {"api://AzureADTokenExchange"}
    assert not any(row["warnings"] for row in rows), (
        "its names are the cluster's, and nothing else depends on a version"
    )


def test_one_token_for_two_identities_is_told_on_both() -> None:
    rows = workload_subjects(
        "kubernetes", [{"identity": name, **CLUSTER, "service_account": "cvops"} for name in ("rotate", "converge")]
    )
    assert [row["identity"] for row in rows] == ["converge", "rotate"]
    assert "also sign in as rotate" in rows[0]["warnings"][0] and "sign in as converge" in rows[1]["warnings"][0]


def test_names_are_ones_that_entra_takes_and_differ_where_subjects_do() -> None:
    workloads = [
        {"identity": "converge", **AAP, "job_template": name}
        for name in ("x" * 300, "x" * 299 + "y", "a b", "a-b", "A b", "日本", "-", "😀" * 40)
    ]
    rows = workload_subjects("awx", workloads)
    assert len({row["name"].lower() for row in rows}) == len(workloads)
    for row in rows:
        options = {"name": row["name"], "cloud": "public", "audiences": [row["audience"]]}
        assert desired_federated_credential(options, row["issuer"], row["subject"])["name"] == row["name"]
    assert rows == workload_subjects("awx", workloads)


@pytest.mark.parametrize(
    ("preset", "workload", "where"),
    [
        ("awx", {"identity": "bootstrap", **AAP, "job_template": "x"}, "workloads[0].identity"),
        ("awx", {"identity": "rotate", **AAP}, "workloads[0].job_template"),
        ("awx", {"identity": "rotate", **AAP, "job_template": " "}, "workloads[0].job_template"),
        ("awx", {"identity": "rotate", **AAP, "job_template": 7}, "workloads[0].job_template"),
        ("awx", {"identity": "rotate", **AAP, "job_template": "a:job_template:b"}, "workloads[0].job_template"),
        (
            "awx",
            {"identity": "rotate", **AAP, "issuer": "http://aap.example/o", "job_template": "x"},
            "workloads[0].issuer",
        ),
        ("awx", {"identity": "rotate", **AAP, "job_template": "x", "team": "x"}, "workloads[0].team"),
        (
            "kubernetes",
            {"identity": "rotate", **CLUSTER, "service_account": "Cvops"},
            "workloads[0].service_account",
        ),
        (
            "kubernetes",
            {"identity": "rotate", **CLUSTER, "namespace": "a.b", "service_account": "c"},
            "workloads[0].namespace",
        ),
    ],
)
def test_what_no_credential_can_be_made_of(preset: str, workload: dict[str, t.Any], where: str) -> None:
    with pytest.raises(Problems) as refused:
        workload_subjects(preset, [workload])
    assert [problem["where"] for problem in refused.value.facts["problems"]] == [where]


def test_an_application_has_no_room_for_more() -> None:
    workloads = [{"identity": "evidence", **AAP, "job_template": f"t{number}"} for number in range(LIMIT + 1)]
    assert len(workload_subjects("awx", workloads[1:])) == LIMIT
    with pytest.raises(Problems, match="1 workloads") as refused:
        workload_subjects("awx", workloads)
    assert f"would need {LIMIT + 1}" in refused.value.facts["problems"][0]["message"]


def test_only_controllers_have_such_jobs() -> None:
    assert set(JOB_PRESETS) <= set(PRESETS)
    with pytest.raises(ConfigError, match="'github' is not one of awx, kubernetes"):
        workload_subjects("github", [])


def test_identities_are_named_for_playbooks_that_there_are() -> None:
    playbooks = {path.stem for path in pathlib.Path(ROOT, "playbooks").glob("*.yml")}
    assert set(PLAYBOOK_IDENTITIES) <= playbooks - {"bootstrap"}, "which is for a person"
    assert set(PLAYBOOK_IDENTITIES.values()) == set(IDENTITIES)
