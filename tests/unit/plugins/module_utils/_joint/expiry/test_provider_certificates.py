# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificate that a SAML app is marked to hold, against what Entra ID signs with."""

from __future__ import annotations

import typing as t

import pytest
from expiry_examples import LIMITS, NOW, all_facts, application, certificate, consumer, in_days, make_facts, saml_app
from hypothesis import given

from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.facts import (
    PROVIDER_KIND,
    SAML_KIND,
    ExpiryFacts,
    merge_facts,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.rows import build_rows
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.words import describe_row

SITE = [application(1, identifiers=["https://cv.example"])]
BROKEN, NEXT = ["other_certificate_signs"], ["next_certificate_unused"]


def held_of(keys: t.Any, *apps: t.Any, site: t.Any = SITE, **more: t.Any) -> dict[str, t.Any]:
    """The row of the copy that the first app holds."""
    rows = build_rows(make_facts(site, keys, apps, **more), NOW, LIMITS)
    return next(row for row in rows if row["kind"] == PROVIDER_KIND)


@pytest.mark.parametrize(
    ("keys", "days", "state", "findings", "said"),
    [
        ([certificate(1, 40, True)], 40, "ok", [], None),
        ([certificate(1, 20, True)], 20, "warning", [], None),
        ([certificate(1, -2, True)], -2, "expired", [], None),
        ([certificate(1, 20, True), certificate(2, 300, False)], 20, "warning", NEXT, None),
        ([certificate(1, 20, True), certificate(2, 10, False)], 20, "warning", [], None),
        ([certificate(1, -20, True), certificate(2, -10, False)], -20, "expired", [], None),
        ([certificate(1, 40, False), certificate(2, 300, True)], 40, "missing", BROKEN, "has it, but signs with"),
        ([certificate(2, 300, True)], 40, "missing", BROKEN, "Entra ID signs with"),
        ([certificate(1, 40, True, fingerprint=None)], 40, "unknown", [], "could not be read"),
        ([certificate(1, 3, True, fingerprint=None)], 3, "critical", [], "could not be read"),
        (
            [certificate(1, 40, False, is_named=False), certificate(2, 300, True, is_named=False)],
            40,
            "unknown",
            [],
            "none is marked as active",
        ),
        ([], 40, "ok", [], "has no signing certificate"),
        ([certificate(2, 300, True, of=2)], 40, "ok", [], "has no signing certificate"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_marked(keys: t.Any, days: float, state: str, findings: list[str], said: str | None) -> None:
    row = held_of(keys, saml_app(holds=1, days=days))
    assert (row["state"], row["findings"]) == (state, findings)
    assert said is None if row["unknown"] is None else str(said) in row["unknown"]
    assert row["application"] is row["app_id"] is None
    assert (row["expires"], row["consumer"], row["commcell"]) == (in_days(days), "SAML app corp", "cs01")
    assert row["key_id"] == row["thumbprint"] == f"{1:064X}"


def test_the_end_is_told_without_entra_id() -> None:
    row = held_of([], saml_app(holds=1, days=3), site=[], failed=["applications", "service_principals"])
    assert (row["state"], row["days_left"], row["application"]) == ("critical", 3, None)
    assert "no application that was read has its identifier" in row["unknown"]


@pytest.mark.parametrize("keys", [[], [certificate(1, 300, True)]])
def test_without_a_mark_it_is_not_known(keys: t.Any) -> None:
    row = held_of(keys, saml_app())
    assert (row["state"], row["expires"], row["key_id"], row["findings"]) == ("unknown", None, None, [])


def test_what_an_app_is_marked_to_hold_is_not_superseded() -> None:
    """It signs no more, and a sign-on that is broken is repaired with it, or by what signs now: nobody removes it unseen."""
    keys = [certificate(1, 40, False), certificate(2, 300, True)]
    rows = {row["name"]: row for row in build_rows(make_facts(SITE, keys, [saml_app(holds=1)]), NOW, LIMITS)}
    assert (rows["key-1"]["state"], rows["key-1"]["findings"]) == ("ok", [])
    assert "perhaps SAML app corp on cs01" in rows["key-1"]["unknown"]
    assert "marked to hold another one" in rows["key-2"]["unknown"]


def test_words() -> None:
    label = f"SAML app corp on CommCell cs01 uses identity provider certificate (fingerprint {1:064X})"
    same = held_of([certificate(1, 40, True)], saml_app(holds=1))
    assert describe_row(same) == f"{label}: 40 days left, until {in_days(40)}"
    other = held_of([certificate(2, 90, True)], saml_app(holds=1))
    assert describe_row(other) == (
        f"{label}: not the one that signs (Entra ID signs with {2:040X}, until {in_days(90)}, so nobody can sign in if the mark is right)"
    )
    unmarked = held_of([], saml_app())
    assert describe_row(unmarked) == (
        "SAML app corp on CommCell cs01 uses identity provider certificate: end not known"
        " (which certificate of its identity provider it has: there is no mark)"
    )


def test_facts_of_an_older_release_have_no_marks() -> None:
    """Results are joined that were kept in files."""
    app, key = dict(saml_app(holds=1)), dict(certificate(1, 40, True))
    for name in ("fingerprint", "expires"):
        del app[name]
    for name in ("fingerprint", "is_named"):
        del key[name]
    facts = merge_facts([make_facts(SITE, t.cast("t.Any", [key]), t.cast("t.Any", [app, consumer("a", 1)]))])
    assert {row["kind"]: row["state"] for row in build_rows(facts, NOW, LIMITS)}[PROVIDER_KIND] == "unknown"


@given(all_facts())
def test_nothing_is_fine_that_is_not_known(facts: ExpiryFacts) -> None:
    """A copy is well only with a mark, and never beside another certificate that Entra ID is known to sign with."""
    rows = build_rows(facts, NOW, LIMITS)
    known = {item["name"]: item for item in facts["consumers"]}
    for row in (row for row in rows if row["kind"] == PROVIDER_KIND):
        name = row["consumer"].removeprefix("SAML app ").partition(" through ")[0]
        mark = known[name]["fingerprint"]
        assert row["key_id"] == mark
        assert mark is not None or row["state"] == "unknown"
        signing = [one for one in rows if one["kind"] == SAML_KIND and one["consumer"] == row["consumer"]]
        digests = {key["fingerprint"] for key in facts["key_list"] for one in signing if key["key_id"] == one["key_id"]}
        if row["state"] in ("ok", "no_end", "superseded"):
            assert mark is not None and digests <= {mark}
        assert (row["state"] == "missing") is (row["findings"] == BROKEN)
