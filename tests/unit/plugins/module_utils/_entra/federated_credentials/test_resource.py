# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Federated credentials: presets, what Entra ID would refuse, and plans that converge."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Problems
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan
from ansible_collections.cvops.identity.plugins.module_utils._entra.federated_credentials.presets import (
    GITHUB,
    GITLAB,
    resolve_trust,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.federated_credentials.resource import (
    LIMIT,
    canonical_federated_credential,
    desired_federated_credential,
    plan_federated_credential,
    plan_federated_credential_removal,
)

TENANT_ISSUER = "https://login.example/tid/v2.0"
OBJECT_ID = "A91F2C70-3B52-4A0C-B6C1-7D8F4E3B2C15"

PRESET_CASES: list[tuple[dict[str, t.Any], tuple[str, str]]] = [
    (
        {"awx": {"issuer": "https://aap.example/o", "organization": "Platform", "job_template": "Converge access"}},
        (
            "https://aap.example/o",
            "workload_type:aap_controller_automation_job:organization:Platform:job_template:Converge access",
        ),
    ),
    (
        {"github": {"repository": "corp/infra", "branch": "main", "issuer": GITHUB}},
        (GITHUB, "repo:corp/infra:ref:refs/heads/main"),
    ),
    (
        {"github": {"repository": "corp/infra", "tag": "v1", "issuer": GITHUB}},
        (GITHUB, "repo:corp/infra:ref:refs/tags/v1"),
    ),
    (
        {"github": {"repository": "corp/infra", "environment": "prod", "issuer": GITHUB}},
        (GITHUB, "repo:corp/infra:environment:prod"),
    ),
    (
        {"github": {"repository": "corp/infra", "pull_request": True, "issuer": GITHUB}},
        (GITHUB, "repo:corp/infra:pull_request"),
    ),
    (
        {"gitlab": {"project": "corp/infra", "branch": "main", "issuer": GITLAB}},
        (GITLAB, "project_path:corp/infra:ref_type:branch:ref:main"),
    ),
    (
        {"gitlab": {"project": "a/b/c", "tag": "v1", "issuer": "https://git.example"}},
        ("https://git.example", "project_path:a/b/c:ref_type:tag:ref:v1"),
    ),
    (
        {"kubernetes": {"issuer": "https://k8s.example", "namespace": "ops", "service_account": "cvops"}},
        ("https://k8s.example", "system:serviceaccount:ops:cvops"),
    ),
    ({"managed_identity": {"object_id": OBJECT_ID}}, (TENANT_ISSUER, OBJECT_ID.lower())),
    ({"issuer": "https://x.example", "subject": "job/1"}, ("https://x.example", "job/1")),
]


@pytest.mark.parametrize(("options", "expected"), PRESET_CASES, ids=[next(iter(case[0])) for case in PRESET_CASES])
def test_presets_write_as_the_systems_do(options: dict[str, t.Any], expected: tuple[str, str]) -> None:
    assert resolve_trust(options, lambda: TENANT_ISSUER) == expected


@pytest.mark.parametrize(
    "options",
    [
        {"managed_identity": {"object_id": "worker"}},
        {"github": {"repository": "infra", "branch": "main", "issuer": GITHUB}},
        {"github": {"repository": "corp/infra", "pull_request": False, "issuer": GITHUB}},
        {"gitlab": {"project": "infra", "branch": "main", "issuer": GITLAB}},
    ],
)
def test_presets_refuse_what_cannot_be_right(options: dict[str, t.Any]) -> None:
    with pytest.raises(ConfigError):
        resolve_trust(options, lambda: TENANT_ISSUER)


def options_of(**more: t.Any) -> dict[str, t.Any]:
    return {"name": "ci-main", "cloud": "public", "audiences": None, "description": None, **more}


@pytest.mark.parametrize(
    ("cloud", "audience"),
    [
        ("public", "api://AzureADTokenExchange"),
        ("usgov", "api://AzureADTokenExchangeUSGov"),
        ("china", "api://AzureADTokenExchangeChina"),
    ],
)
def test_the_audience_is_that_of_the_cloud(cloud: str, audience: str) -> None:
    assert desired_federated_credential(options_of(cloud=cloud), "https://x", "s")["audiences"] == [audience]


def test_all_that_entra_would_refuse_is_told_together() -> None:
    with pytest.raises(Problems) as caught:
        desired_federated_credential(
            options_of(name="-x", audiences=["a", "b"], description="d" * 601), "http://x", "s" * 601
        )
    told = {problem["where"] for problem in caught.value.facts["problems"]}
    assert told == {"name", "issuer", "audiences", "subject", "description"}


NAMES = ("ci-a", "ci-b", "ci-c")
TRUSTS = st.tuples(st.sampled_from(["https://i1", "https://i2"]), st.sampled_from(["s1", "s2", "s3"]))
ROWS = st.dictionaries(st.sampled_from(NAMES), st.tuples(TRUSTS, st.sampled_from(["", "text"])), max_size=3).filter(
    lambda rows: len({row[0] for row in rows.values()}) == len(rows)
)
WISHES = st.builds(
    lambda name, pair, description: desired_federated_credential(options_of(name=name, description=description), *pair),
    st.sampled_from(NAMES),
    TRUSTS,
    st.none() | st.sampled_from(["", "new"]),
)


def wires_of(rows: dict[str, tuple[tuple[str, str], str]]) -> list[dict[str, t.Any]]:
    return [
        {
            "id": f"id-{name}",
            "name": name,
            "issuer": issuer,
            "subject": subject,
            "audiences": ["api://AzureADTokenExchange"],
            "description": description or None,
        }
        for name, ((issuer, subject), description) in rows.items()
    ]


def applied(wires: list[dict[str, t.Any]], planned: Plan, name: str) -> list[dict[str, t.Any]]:
    """The service after the plan."""
    after = [dict(wire) for wire in wires]
    for step in planned.steps:
        if step.action == "create":
            after.append({"id": "new", "name": name, "description": None, **step.data["body"]})
        elif step.action == "update":
            after = [{**wire, **step.data["body"]} if wire["id"] == step.data["id"] else wire for wire in after]
        else:
            after = [wire for wire in after if wire["id"] != step.data["id"]]
    return after


@given(ROWS, WISHES)
def test_a_plan_converges_and_spares_the_others(rows: t.Any, wanted: dict[str, t.Any]) -> None:
    wires = wires_of(rows)
    taken = {(wire["issuer"], wire["subject"]): wire["name"] for wire in wires if wire["name"] != wanted["name"]}
    if (wanted["issuer"], wanted["subject"]) in taken:
        with pytest.raises(ConfigError, match=taken[wanted["issuer"], wanted["subject"]]):
            plan_federated_credential(wanted, wires)
        return
    first = plan_federated_credential(wanted, wires)
    after = applied(wires, first, wanted["name"])
    again = plan_federated_credential(wanted, after)
    assert not again.changed
    assert again.before == first.after
    assert [wire for wire in after if wire["name"] != wanted["name"]] == [
        wire for wire in wires if wire["name"] != wanted["name"]
    ]
    gone = applied(after, plan_federated_credential_removal(wanted["name"], after), wanted["name"])
    assert wanted["name"] not in {wire["name"] for wire in gone}
    assert not plan_federated_credential_removal(wanted["name"], gone).changed


def test_the_limit_is_checked_before_anything_is_written() -> None:
    wires = [
        {"id": str(number), "name": f"ci-{number}", "issuer": "https://x", "subject": str(number), "audiences": ["a"]}
        for number in range(LIMIT)
    ]
    with pytest.raises(ConfigError, match="all 20"):
        plan_federated_credential(desired_federated_credential(options_of(name="ci-new"), "https://x", "new"), wires)
    kept = plan_federated_credential(
        desired_federated_credential(options_of(name="ci-3", audiences=["a"]), "https://x", "3"), wires
    )
    assert not kept.changed


def test_no_description_and_an_empty_one_are_the_same() -> None:
    wire = {"id": "1", "name": "ci-a", "issuer": "https://x", "subject": "s", "audiences": ["a"], "description": None}
    assert canonical_federated_credential(wire)["description"] == ""
    assert not plan_federated_credential(
        desired_federated_credential(options_of(name="ci-a", audiences=["a"], description=""), "https://x", "s"), [wire]
    ).changed
