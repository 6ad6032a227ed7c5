# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which errors of the services pass by themselves."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._signin.repeat_rules import (
    COMMVAULT_RULES,
    GRAPH_RULES,
    MANAGED_IDENTITY_RULES,
    TOKEN_SERVICE_RULES,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.transport_settings import (
    build_commvault_settings,
    build_graph_settings,
    build_token_service_settings,
)

BUSY = "Directory_ConcurrencyViolation"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error": {"code": BUSY, "message": "wait"}}, True),
        ({"error": {"code": "Conflict", "innerError": {"code": BUSY}}}, True),
        ({"error": {"code": "Conflict", "innererror": {"code": "x", "innererror": {"code": BUSY}}}}, True),
        ({"error": {"code": "Request_MultipleObjectsWithSameKeyValue", "message": BUSY}}, False),
        ({"error": {"code": [BUSY]}}, False),
        ({"error": BUSY}, False),
        ({"code": BUSY}, False),
        ([BUSY], False),
        (None, False),
    ],
)
def test_two_writes_that_meet_in_a_tenant_are_known_by_code(body: t.Any, expected: bool) -> None:
    assert GRAPH_RULES.is_refusal(body) is expected


@pytest.mark.parametrize("code", [90006, 90024, 90033, 90055, "90033"])
def test_passing_errors_of_a_sign_in_are_known_by_number(code: t.Any) -> None:
    assert TOKEN_SERVICE_RULES.is_refusal({"error": "invalid_request", "error_codes": [code]})


@pytest.mark.parametrize(
    "body", [{"error_codes": [50196]}, {"error_codes": 90033}, {"error_codes": [[90033]]}, {"error": "90033"}, [90033]]
)
def test_other_errors_of_a_sign_in_do_not_pass(body: t.Any) -> None:
    assert not TOKEN_SERVICE_RULES.is_refusal(body)


def test_which_statuses_pass() -> None:
    """HTTP 500 of Commvault may be a decision, such as "exists already", which a write must not ask for twice."""
    rules = (GRAPH_RULES, TOKEN_SERVICE_RULES, MANAGED_IDENTITY_RULES, COMMVAULT_RULES)
    assert [each.is_passing("GET", 500) for each in rules] == [True, True, True, True]
    assert [each.is_passing("PATCH", 500) for each in rules] == [True, True, True, False]
    assert [each.is_passing("GET", 410) for each in rules] == [False, False, True, False]
    assert not any(each.is_passing("GET", status) for each in rules for status in (400, 401, 403, 409, 501))


def test_each_transport_has_the_rules_of_its_service() -> None:
    options = {
        "graph_url": "https://graph.example",
        "authority_url": "https://login.example",
        "commvault_url": "https://cs01.example",
    }
    made = [build(options).policy.rules for build in (build_graph_settings, build_token_service_settings)]
    assert [*made, build_commvault_settings(options).policy.rules] == [
        GRAPH_RULES,
        TOKEN_SERVICE_RULES,
        COMMVAULT_RULES,
    ]
