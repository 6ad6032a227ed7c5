# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sentences about rows and sources: what stops, when, and what is not known."""

from __future__ import annotations

import typing as t

import pytest
from expiry_examples import LIMITS, NOW, REPORT, guid, in_days, key, make_facts

from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.facts import make_source
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.rows import build_rows
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.words import (
    describe_end,
    describe_row,
    describe_source,
)


def test_every_row_of_a_site_in_a_sentence() -> None:
    assert [describe_row(row) for row in REPORT["rows"]] == [
        f"credential azure-old on CommCell cs01 uses key (key id {guid(1099)}) of app-1: not there"
        " (app-1 has no such key (any more))",
        "application app-3: not there (the tenant has no such application)",
        f"certificate key-4 (key id {guid(1004)}) of app-2: 3 days left, until {in_days(3)}"
        " (not known: who uses it, perhaps credential azure-unmarked on cs01)",
        f"credential azure-prod on CommCell cs01 uses secret key-1 (key id {guid(1001)}) of app-1: 12 days left, until {in_days(12.5)}",
        f"user svc on CommCell cs01 uses access token key-8 (key id 8): 20 days left, until {in_days(20.5)}",
        "SAML app corp on CommCell cs01 uses identity provider certificate: end not known"
        " (which certificate of its identity provider it has: there is no mark)",
        "credential azure-unmarked on CommCell cs01 uses a key of app-2: end not known"
        " (which key of app-2 it holds: it has no mark with a key id)",
        f"SAML app corp on CommCell cs01 uses SAML signing certificate key-7 (key id {guid(1007)}) of app-1:"
        f" 40 days left, until {in_days(40)}",
        f"secret of the service principal key-5 (key id {guid(1005)}) of app-1: 200 days left, until {in_days(200.5)}",
        f"secret key-2 (key id {guid(1002)}) of app-1: expired 3 days ago, {in_days(-3.5)}",
        f"federated credential key-6 (key id {guid(1006)}) of app-1: no end",
        f"secret key-3 (key id {guid(1003)}) of app-2: no end",
    ]


@pytest.mark.parametrize(
    ("days", "expected"),
    [(1.5, "1 day left"), (0.2, "0 days left"), (-0.2, "expired 0 days ago"), (-1.2, "expired 1 day ago")],
)
def test_days_are_whole_ones(days: float, expected: str) -> None:
    (row,) = build_rows(make_facts([], [key(1, days)]), NOW, LIMITS)
    assert describe_end(row).startswith(f"{expected}, ")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "access tokens of Commvault (cs01): 3 read"),
        ({"status": "failed", "reason": "HTTP 500"}, "access tokens of Commvault (cs01) could not be read: HTTP 500"),
        ({"status": "left_out"}, "access tokens of Commvault (cs01): left out, as the options say"),
        ({"status": "not_offered"}, "access tokens of Commvault (cs01): this release has none"),
    ],
)
def test_sources(values: dict[str, t.Any], expected: str) -> None:
    assert describe_source(make_source("commvault", "access_tokens", "cs01", found=3, **values)) == expected


def test_a_source_of_entra_id_has_no_commcell() -> None:
    assert describe_source(make_source("entra", "applications")) == "applications of Entra ID: 0 read"
