# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Entra ID would refuse of a service principal is refused before anything is written."""

from __future__ import annotations

import typing as t

import pytest
from fake_signing import DEFAULTS

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Problems
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan, Step
from ansible_collections.cvops.identity.plugins.module_utils._entra.service_principals.checks import (
    check_service_principal_options,
    check_service_principal_plan,
)


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"description": "x" * 1025, "notes": "x" * 1025}, ["description", "notes"]),
        ({"tags": ["a", "", "a b", "x" * 257]}, ["tags[1]", "tags[2]", "tags[3]"]),
        ({"reply_urls": ["", "https://a.example", "a.example", "x:a b"]}, ["reply_urls[0]", "reply_urls[2]", "reply_urls[3]"]),
        ({"login_url": "cv.corp.example", "signing_certificate": {**DEFAULTS, "activate": "x"}}, ["login_url", "signing_certificate.activate"]),
        ({"notification_emails": ["", "a@b.example", "nobody", "@"]}, [f"notification_emails[{n}]" for n in (0, 2, 3)]),
    ],
)  # fmt: skip
def test_everything_wrong_is_told_at_once(options: dict[str, t.Any], where: list[str]) -> None:
    with pytest.raises(Problems) as caught:
        check_service_principal_options(options)
    assert [problem["where"] for problem in caught.value.facts["problems"]] == where


def test_what_entra_takes_is_taken() -> None:
    check_service_principal_options({"description": "x" * 1024, "tags": ["x" * 256], "reply_urls": None})


def test_the_principal_of_a_managed_identity_is_deleted_by_azure() -> None:
    delete, update = (Plan({"x": 1}, {}, (Step(action, "x"),)) for action in ("delete", "update"))
    wire = {"displayName": "vm", "servicePrincipalType": "ManagedIdentity"}
    with pytest.raises(Problems, match="managed identity"):
        check_service_principal_plan(delete, wire)
    check_service_principal_plan(update, wire)
    check_service_principal_plan(delete, {**wire, "servicePrincipalType": "Application"})
