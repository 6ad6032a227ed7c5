# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values that Entra ID stores and no token matches."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import guid

from ansible_collections.cvops.identity.plugins.module_utils._entra.federated_credentials.checks import (
    find_useless_trust,
    is_issued_by_entra,
)

PUBLIC = {"cloud": "public", "authority_url": None}
EXCHANGE = "api://AzureADTokenExchange"
OWN = f"https://login.microsoftonline.com/{guid(7)}/v2.0"
GITHUB = "https://token.actions.githubusercontent.com"


@pytest.mark.parametrize(
    ("issuer", "expected"),
    [
        (OWN, True),
        (f"https://login.microsoftonline.us/{guid(7)}/v2.0", True),
        (f"https://LOGIN.microsoftonline.com/{guid(7)}/v2.0", True),
        (f"https://sts.windows.net/{guid(7)}/", True),
        (GITHUB, False),
        ("https://login.microsoftonline.com.example/x", False),
        ("no address", False),
    ],
)
def test_which_issuers_are_those_of_entra(issuer: str, expected: bool) -> None:
    assert is_issued_by_entra(issuer, PUBLIC) is expected


def test_an_authority_of_ones_own_is_entra_too() -> None:
    options = {"cloud": "public", "authority_url": "https://login.corp.example:8443", "instance_discovery": False}
    assert is_issued_by_entra(f"https://login.corp.example:8443/{guid(7)}/v2.0", options)
    assert not is_issued_by_entra(f"https://login.corp.example/{guid(7)}/v2.0", options)


def find(issuer: str, subject: str, audience: str = EXCHANGE, cloud: str = "public") -> list[tuple[str, str]]:
    """Where the problems are, and what they say."""
    credential = {"issuer": issuer, "subject": subject, "audiences": [audience]}
    options = {"cloud": cloud, "authority_url": None}
    tenant_issuer = OWN if is_issued_by_entra(issuer, options) else None
    return [
        (problem["where"], problem["message"]) for problem in find_useless_trust(credential, options, tenant_issuer)
    ]


@pytest.mark.parametrize(
    ("issuer", "subject", "audience"),
    [
        (GITHUB, "repo:corp/access:pull_request", EXCHANGE),
        (GITHUB, "repo:corp/access:pull_request", "https://corp.example/own-audience"),
        (GITHUB, "repo:corp/access:pull_request", "api://AzureADTokenExchangeUSGov"),  # jobs choose their audience
        ("https://gitlab.com", "project_path:corp/access:ref_type:branch:ref:main", EXCHANGE),
        ("https://eastus.oic.prod-aks.azure.com/a/b/", "system:serviceaccount:awx:cvops", EXCHANGE),
        (OWN, guid(9), EXCHANGE),
    ],
)
def test_what_a_token_may_match_is_let_through(issuer: str, subject: str, audience: str) -> None:
    assert find(issuer, subject, audience) == []


@pytest.mark.parametrize(
    ("given", "where", "said"),
    [
        ((GITHUB, "x", "api://azureadtokenexchange"), "audiences", "upper and lower case"),
        ((OWN, guid(9), "api://AzureADTokenExchangeUSGov"), "audiences", "in cloud public"),
        ((GITHUB, "x", "own "), "audiences", "blank"),
        ((GITHUB + "/", "x"), "issuer", repr(GITHUB)),
        (("https://Token.actions.githubusercontent.com", "x"), "issuer", repr(GITHUB)),
        (("https://gitlab.com/", "x"), "issuer", "'https://gitlab.com'"),
        ((GITHUB, " x"), "subject", "blank"),
        (("https://scheduler.example ", "x"), "issuer", "blank"),
        ((OWN, guid(9), "https://graph.microsoft.com"), "audiences", "managed identity's token"),
        ((OWN, guid(9).upper().replace("0", "A")), "subject", "lower case"),
        ((OWN, "rotator"), "subject", "object id of a managed identity"),
        ((OWN + "/", guid(9)), "issuer", OWN),
        ((OWN.replace(guid(7), guid(8)), guid(9)), "issuer", "tenant"),
        ((f"https://sts.windows.net/{guid(7)}/", guid(9)), "issuer", OWN),
    ],
)
def test_what_no_token_can_match_is_named_with_what_is_right(given: t.Any, where: str, said: str) -> None:
    (problem,) = find(*given)
    assert problem[0] == where and said in problem[1]


def test_all_of_it_is_told_together() -> None:
    found = find(OWN.replace("v2.0", "v1.0"), "Rotator ", "api://other")
    assert sorted({where for where, _said in found}) == ["audiences", "issuer", "subject"]
