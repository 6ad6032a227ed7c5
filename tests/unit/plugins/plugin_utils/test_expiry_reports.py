# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The join of what several hosts have read, and the report for people."""

from __future__ import annotations

import typing as t

import pytest
from expiry_examples import LIMITS, NOW, REPORT, SITE, all_facts, consumer, guid, key, make_facts
from hypothesis import given

from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.facts import ExpiryFacts, make_source
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.rows import (
    Thresholds,
    build_expiry_report,
    build_rows,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.expiry_reports import (
    find_expiry_faults,
    format_expiry,
    join_expiring,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError


def report(facts: t.Any, limits: Thresholds = LIMITS) -> dict[str, t.Any]:
    return build_expiry_report(t.cast("ExpiryFacts", facts), NOW, limits)


def split(facts: ExpiryFacts) -> dict[str, t.Any]:
    """Results of two tasks, one of which has read Entra ID and the other one the CommCell."""
    own = [item for item in facts["key_list"] if item["commcell"]]
    entra = {**facts, "consumers": [], "key_list": [item for item in facts["key_list"] if not item["commcell"]]}
    cell = {**facts, "applications": [], "key_list": own}
    parts = {"localhost": (entra, "entra"), "cs01": (cell, "commvault")}
    return {
        name: {"expiring": report({**part, "sources": [s for s in facts["sources"] if s["service"] == service]})}
        for name, (part, service) in parts.items()
    }


@given(all_facts())
def test_two_tasks_that_are_joined_say_what_one_would(facts: ExpiryFacts) -> None:
    found = join_expiring(split(facts))
    assert found["rows"] == build_rows(facts, NOW, LIMITS)
    assert found["state"] == report(facts)["state"]


def test_a_report_is_joined_with_nothing_to_itself() -> None:
    assert join_expiring({"cs01": {"expiring": REPORT}}) == REPORT
    assert join_expiring({"cs01": REPORT}) == REPORT


@pytest.mark.parametrize(
    "failed", [{"failed": True, "msg": "refused"}, {}, None, {"expiring": None}, {"skipped": True}]
)
@pytest.mark.parametrize("host", ["localhost", "cs02"])
def test_a_host_without_a_result_could_not_be_read(failed: t.Any, host: str) -> None:
    found = join_expiring({"cs01": {"expiring": report(make_facts())}, host: failed})
    assert (found["partial"], found["state"]) == (True, "unknown")
    source = found["sources"][-1]
    assert (source["service"], source["commcell"]) == (
        ("entra", None) if host == "localhost" else ("commvault", "cs02")
    )
    assert source["reason"]


def test_where_no_host_has_a_result_nothing_was_read() -> None:
    found = join_expiring({"localhost": {"failed": True, "msg": "no"}})
    assert (found["rows"], found["partial"], found["warn_below_days"]) == ([], True, 30)


@pytest.mark.parametrize("odd", [{}, None, [], "x", {"cs01": [1]}, {"cs01": {"expiring": {"rows": []}}}])
def test_what_is_no_result_cannot_be_joined(odd: t.Any) -> None:
    with pytest.raises(FilterInputError):
        join_expiring(odd)


@pytest.mark.parametrize(("given", "state"), [((None, None), "warning"), ((5, None), "ok"), ((30, 13), "critical")])
def test_thresholds_are_those_given_else_those_of_the_tasks(given: tuple[t.Any, t.Any], state: str) -> None:
    facts = make_facts([], [key(1, 12.5)])
    found = join_expiring({"localhost": {"expiring": report(facts, Thresholds(20))}}, *given)
    assert found["state"] == state


def test_a_number_of_days_is_one() -> None:
    with pytest.raises(FilterInputError):
        join_expiring({"localhost": {"expiring": REPORT}}, "soon")


def test_the_report_shows_what_needs_somebody_and_counts_the_rest() -> None:
    lines = format_expiry(REPORT)
    assert lines[0] == "missing: 2 missing, 1 critical, 2 warning, 2 unknown, 2 ok, 1 superseded, 2 no end"
    assert [line.split()[0] for line in lines[1:9]] == [
        "State",
        *["missing"] * 2,
        "critical",
        *["warning"] * 2,
        *["unknown"] * 2,
    ]
    assert "credential azure-prod" in lines[5]
    assert "12 days left" in lines[5]
    assert [line for line in lines if "service principal, where" in line] == [
        "1 key belongs to a service principal, where no rotation of the application replaces it: secret of the service principal"
        f" key-5 (key id {guid(1005)}) of app-1"
    ]
    assert len(format_expiry(REPORT, True)) == len(REPORT["rows"]) + 5


def test_keys_of_a_finding_are_named_up_to_a_point() -> None:
    (line,) = (
        line
        for line in format_expiry(report(make_facts([], [key(n, None) for n in range(12)])))
        if "no expiry date:" in line
    )
    assert line.startswith("12 keys have no expiry date")
    assert line.endswith(", and 2 more")
    assert line.count("(key id") == 10


def test_who_may_use_a_key_stands_where_users_do() -> None:
    facts = make_facts([SITE["applications"][0]], [key(1, 3)], [consumer("corp", None, kind="office365_client")])
    (row,) = (line for line in format_expiry(report(facts)) if line.startswith("critical "))
    assert "perhaps Microsoft 365 client corp on cs01" in row
    assert "who uses it" not in row


def test_what_was_left_out_is_told_last() -> None:
    facts = make_facts()
    facts["sources"].append(make_source("commvault", "credentials", "cs01", status="left_out"))
    assert format_expiry(report(facts))[-1] == "credentials of Commvault (cs01): left out, as the options say"


def test_what_could_not_be_read_is_told_first() -> None:
    lines = format_expiry(report(make_facts(failed=["access_tokens"])))
    assert lines == ["unknown: nothing that expires", "access tokens of Commvault (cs01) could not be read: HTTP 500"]


def test_names_are_made_visible() -> None:
    facts = make_facts([], [key(1, 3, name="a\x1b[2J\nb\u202e")], [consumer("c\x9b\n", None)])
    told = [*format_expiry(report(facts), True), *find_expiry_faults(report(facts))]
    assert not any(character in line for line in told for character in "\x1b\x9b\n\u202e")
    assert "\\x1b" in str(told).replace("\\\\", "\\")


def test_faults_are_sentences() -> None:
    faults = find_expiry_faults(report({**SITE, "sources": make_facts(failed=["saml_apps"])["sources"]}))
    assert len(faults) == 4
    assert "could not be read" in faults[-1]


@pytest.mark.parametrize(
    "odd", [None, [], "x", {}, {"rows": []}, {**REPORT, "checked_at": "soon"}, {**REPORT, "rows": [1]}]
)
def test_what_a_query_has_made_of_it_is_refused(odd: t.Any) -> None:
    with pytest.raises(FilterInputError):
        format_expiry(odd)
