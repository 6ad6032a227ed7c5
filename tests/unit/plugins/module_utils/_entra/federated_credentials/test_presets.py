# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Presets: issuer and subject as the systems write them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Problems
from ansible_collections.cvops.identity.plugins.module_utils._entra.federated_credentials.presets import (
    GITHUB,
    GITLAB,
    ONE_OF,
    PRESETS,
    TOGETHER,
    names_repository_only,
    preset_options,
    resolve_trust,
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
        {"github": {"repository": "corp/infra", "environment": "Production:V1", "issuer": GITHUB}},
        (GITHUB, "repo:corp/infra:environment:Production%3AV1"),
    ),
    (
        {
            "github": {
                "repository": "corp/infra",
                "owner_id": "17",
                "repository_id": "4711",
                "branch": "main",
                "issuer": GITHUB,
            }
        },
        (GITHUB, "repo:corp@17/infra@4711:ref:refs/heads/main"),
    ),
    (
        {"gitlab": {"project_id": "42", "branch": "main", "issuer": GITLAB}},
        (GITLAB, "project_id:42:ref_type:branch:ref:main"),
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


SERVER = "https://git.corp.example/_services/token"


@pytest.mark.parametrize(
    ("options", "where", "said"),
    [
        ({"managed_identity": {"object_id": "worker"}}, ["managed_identity.object_id"], "not a GUID"),
        ({"github": {"repository": "infra", "branch": "main"}}, ["github.repository"], "owner/name"),
        ({"github": {"repository": "a/b/c", "branch": "main"}}, ["github.repository"], "owner/name"),
        ({"github": {"repository": "a@1/b@2", "branch": "main"}}, ["github.repository"], "owner_id and repository_id"),
        ({"github": {"repository": "corp/infra", "pull_request": False}}, ["github.pull_request"], "only true"),
        (
            {"github": {"repository": "x", "owner_id": "corp", "repository_id": "0", "branch": "main"}},
            ["github.repository", "github.owner_id", "github.repository_id"],
            "'corp' is not a number",
        ),
        (
            {
                "github": {
                    "repository": "corp/infra",
                    "owner_id": "1",
                    "repository_id": "2",
                    "branch": "main",
                    "issuer": SERVER,
                }
            },
            ["github.owner_id"],
            "Enterprise Server",
        ),
        (
            {"awx": {"issuer": "https://x", "organization": "a:job_template:b", "job_template": "c"}},
            ["awx.organization"],
            "the same subject",
        ),
        (
            {"kubernetes": {"issuer": "https://x", "namespace": "Ops", "service_account": "a_b"}},
            ["kubernetes.namespace", "kubernetes.service_account"],
            "not the name of a service account",
        ),
        ({"gitlab": {"project": "infra", "branch": "main"}}, ["gitlab.project"], "group/name"),
        ({"gitlab": {"project": "4711", "branch": "main"}}, ["gitlab.project"], "as project_id"),
        ({"gitlab": {"project_id": "a/b", "branch": "main"}}, ["gitlab.project_id"], "not a number"),
    ],
)
def test_presets_refuse_what_cannot_be_right(options: dict[str, t.Any], where: list[str], said: str) -> None:
    (name,) = options
    given = {"issuer": {"github": GITHUB, "gitlab": GITLAB}.get(name), **options[name]}
    with pytest.raises(Problems, match=said) as refused:
        resolve_trust({name: given}, lambda: TENANT_ISSUER)
    assert [problem["where"] for problem in refused.value.facts["problems"]] == where


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"github": {"repository": "corp/infra", "branch": "main", "issuer": GITHUB}}, True),
        ({"github": {"repository": "corp/infra", "owner_id": "1", "repository_id": "2", "issuer": GITHUB}}, False),
        ({"github": {"repository": "corp/infra", "branch": "main", "issuer": SERVER}}, False),
        ({"github": {"repository": "corp/infra", "branch": "main", "issuer": SERVER + "/"}}, False),
        ({"gitlab": {"project": "corp/infra", "branch": "main"}}, False),
        ({"issuer": GITHUB, "subject": "x"}, False),
        ({"issuer": GITHUB, "subject": "repo:corp/infra:ref:refs/heads/main"}, True),
        ({"issuer": f"{GITHUB}/Corp", "subject": "repo:corp/infra:environment:prod"}, True),
        ({"issuer": GITHUB, "subject": "repo:corp@1/infra@2:ref:refs/heads/main"}, False),
        ({"issuer": f"{GITHUB}.evil.example", "subject": "repo:corp/infra:ref:refs/heads/main"}, False),
        ({"issuer": GITLAB, "subject": "repo:corp/infra:ref:refs/heads/main"}, False),
    ],
)
def test_which_trusts_are_in_names_that_others_can_get(options: dict[str, t.Any], expected: bool) -> None:
    assert names_repository_only(options) is expected


def test_the_tenant_is_asked_for_its_issuer_only_where_that_is_needed() -> None:
    asked: list[bool] = []

    def issuer() -> str:
        asked.append(True)
        return TENANT_ISSUER

    for options, _expected in PRESET_CASES:
        asked.clear()
        resolve_trust(options, issuer)
        assert bool(asked) is ("managed_identity" in options)


def test_every_preset_is_an_option_with_rules_on_its_alternatives() -> None:
    options = preset_options()
    assert options.keys() == PRESETS.keys()
    for name, option in options.items():
        alternatives = [list(names) for names in ONE_OF.get(name, ())]
        together = [list(names) for names in TOGETHER.get(name, ())]
        assert (option["type"], option["options"]) == ("dict", PRESETS[name])
        assert option.get("required_one_of") == option.get("mutually_exclusive")
        assert (option.get("required_one_of", []), option.get("required_together", [])) == (alternatives, together)
        assert {key for names in alternatives + together for key in names} <= PRESETS[name].keys()
