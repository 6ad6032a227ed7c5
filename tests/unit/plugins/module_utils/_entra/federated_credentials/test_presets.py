# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Presets: issuer and subject as the systems write them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._entra.federated_credentials.presets import (
    GITHUB,
    GITLAB,
    ONE_OF,
    PRESETS,
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


def test_the_tenant_is_asked_for_its_issuer_only_where_that_is_needed() -> None:
    asked: list[bool] = []

    def issuer() -> str:
        asked.append(True)
        return TENANT_ISSUER

    for options, _expected in PRESET_CASES:
        asked.clear()
        resolve_trust(options, issuer)
        assert bool(asked) is ("managed_identity" in options)


def test_a_preset_that_cannot_be_right_names_its_option() -> None:
    with pytest.raises(ConfigError, match="gitlab.project: '/infra/' lacks its owner") as caught:
        resolve_trust({"gitlab": {"project": "/infra/", "tag": "v1", "issuer": GITLAB}}, lambda: TENANT_ISSUER)
    assert caught.value.facts["source"] == "option gitlab"


def test_every_preset_is_an_option_with_rules_on_its_alternatives() -> None:
    options = preset_options()
    assert options.keys() == PRESETS.keys()
    for name, option in options.items():
        alternatives = list(ONE_OF.get(name, ()))
        assert (option["type"], option["options"]) == ("dict", PRESETS[name])
        assert option.get("required_one_of") == option.get("mutually_exclusive")
        assert option.get("required_one_of", [[]])[0] == alternatives
        assert set(alternatives) <= PRESETS[name].keys()
