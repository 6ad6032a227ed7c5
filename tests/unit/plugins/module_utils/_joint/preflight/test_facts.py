# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verdicts have an order, every form of a name has words, and every way to match has forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.group_claim import GroupClaim
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.facts import (
    FORM_WORDS,
    FORMS_BY_MATCH,
    VERDICTS,
    Finding,
    find_worst_verdict,
    make_ok_finding,
)
from ansible_collections.cvops.identity.plugins.modules import sso_preflight_info


def test_what_is_unknown_is_not_ok() -> None:
    """It weighs less than a warning, and the whole is not ok with it."""
    assert find_worst_verdict(["ok", "unknown", "ok"]) == "unknown"
    assert find_worst_verdict(["unknown", "warning"]) == "warning"
    assert find_worst_verdict(["broken", "unknown"]) == "broken"
    assert find_worst_verdict([]) == "ok"


@given(st.lists(st.sampled_from(VERDICTS)), st.lists(st.sampled_from(VERDICTS)))
def test_more_verdicts_never_make_the_whole_better(some: list[str], more: list[str]) -> None:
    whole = find_worst_verdict([*some, *more])
    assert VERDICTS.index(whole) == max(VERDICTS.index(find_worst_verdict(part)) for part in (some, more))
    assert whole == find_worst_verdict([*more, *some])


def test_a_finding_is_returned_with_all_its_parts() -> None:
    finding = Finding("claim", "broken", "no groups", "set group_claims")
    assert finding.as_result() == {
        "check": "claim",
        "verdict": "broken",
        "reason": "no groups",
        "remedy": "set group_claims",
    }
    assert make_ok_finding("claim", "x").as_result() == {"check": "claim", "verdict": "ok", "reason": "x", "remedy": ""}


def test_every_match_by_of_the_module_has_forms_in_words() -> None:
    assert set(FORMS_BY_MATCH) == set(sso_preflight_info.SPEC.options["match_by"]["choices"])
    assert set().union(*FORMS_BY_MATCH.values()) <= set(FORM_WORDS)


@pytest.mark.parametrize(
    "claim",
    [
        GroupClaim(frozenset({"SecurityGroup"})),
        GroupClaim(frozenset({"ApplicationGroup"}), None, True),
        *(
            GroupClaim(frozenset({"SecurityGroup"}), form)
            for form in (
                "sam_account_name",
                "netbios_domain_and_sam_account_name",
                "dns_domain_and_sam_account_name",
            )
        ),
    ],
)
def test_every_form_that_a_claim_emits_has_words(claim: GroupClaim) -> None:
    assert claim.forms <= set(FORM_WORDS)
