# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which signing certificate is next, and what a roll-over says of itself."""

from __future__ import annotations

import typing as t

import pytest
from signing_rows import principal, row

from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError
from ansible_collections.cvops.identity.plugins.plugin_utils.roll_over import (
    describe_roll_over_failure,
    find_former_certificates,
    format_removal,
    format_roll_over,
    plan_roll_over,
)


def test_the_next_certificate_ends_last() -> None:
    rows = [row(2031), row(2029, True), row(2030)]
    plan = plan_roll_over(principal(*rows), "next")
    assert (plan["next"]["thumbprint"], plan["former"]["thumbprint"]) == ("T2031", "T2029")
    assert plan["activates"] and not plan["problem"]


def test_a_roll_over_that_was_interrupted_goes_on() -> None:
    """Entra ID signs with the next one already: the apps still get it, and nothing is taken back."""
    plan = plan_roll_over(principal(row(2029), row(2031, True)), "next")
    assert (plan["next"]["thumbprint"], plan["activates"]) == ("T2031", False)


def test_the_way_back() -> None:
    plan = plan_roll_over(principal(row(2029), row(2031, True)), "former")
    assert (plan["next"]["thumbprint"], plan["former"]["thumbprint"], plan["activates"]) == ("T2029", "T2031", True)
    for rows in ([row(2031, True)], [row(2029), row(2030), row(2031, True)]):
        assert "be exactly one other" in plan_roll_over(principal(*rows), "former")["problem"]


def test_a_certificate_that_entra_does_not_show_is_not_passed_over() -> None:
    for hidden in (0, 1):
        rows = [row(2029, True), row(2031)]
        rows[hidden]["certificate"] = None
        assert "does not show" in plan_roll_over(principal(*rows), "next")["problem"]


def test_what_cannot_be_rolled_over() -> None:
    assert "active" in plan_roll_over(principal(row(2031)), "next")["problem"]
    assert plan_roll_over(principal(), "next")["problem"]
    assert not plan_roll_over(principal(row(2031, True)), "next")["activates"]
    with pytest.raises(FilterInputError):
        plan_roll_over(principal(), "other")


def test_a_roll_over_in_words() -> None:
    plan = plan_roll_over(principal(row(2029, True), row(2031)), "next")
    lines = format_roll_over(
        plan, {"SAML app a on cs01": {"changed": False, "steps": [{}]}, "SAML app b on cs01": {"steps": []}}
    )
    assert (
        lines[0].startswith("~ Entra ID: sign with T2031")
        and lines[1] == "~ SAML app a on cs01: trust that certificate"
    )
    assert len(lines) == 3 and "1.5 s" in format_roll_over(plan, {}, 1.5)[1]
    done = plan_roll_over(principal(row(2031, True)), "next")
    assert format_roll_over(done, {"x": {"steps": []}}) == [
        "Entra ID and all 1 SAML apps use the certificate T2031 (until 2031-01-01T00:00:00Z) already"
    ]


def test_a_failure_says_what_signs_and_who_does_not_believe_it() -> None:
    plan = plan_roll_over(principal(row(2029, True), row(2031)), "next")
    done: dict[str, t.Any] = {"changed": True, "stats": {}}
    apps = {"results": [{"item": {"name": "SAML app a on cs01"}, "error": {}}, {"item": {"name": "b"}, "stats": {}}]}
    told = describe_roll_over_failure(plan, done, done, apps)
    assert "former certificate T2029" in told and "may not trust it: SAML app a on cs01." in told
    for crashed in ({"error": {}}, {"failed": True, "msg": "MODULE FAILURE"}):
        assert "may sign with T2031" in describe_roll_over_failure(plan, done, crashed, {"skipped": True})
    lost = {"error": {"outcome": "unknown"}}
    assert "not known" in describe_roll_over_failure(plan, lost, {"changed": False, "stats": {}}, {"results": []})
    going_on = plan_roll_over(principal(row(2029), row(2031, True)), "next")
    assert "nothing was undone" in describe_roll_over_failure(going_on, done, {}, {})


BELIEVES: dict[str, t.Any] = {"steps": [], "stats": {}}


def test_what_may_be_the_next_certificate_is_not_a_former_one() -> None:
    """One that ends with the active one, and one whose end is not told."""
    active = {**row(2030, True), "thumbprint": "B"}
    others = [{**row(2030), "thumbprint": "A"}, {**row(2030), "thumbprint": "C"}, {**row(2028), "expires": None}]
    assert find_former_certificates(principal(active, *others))["former"] == []


def test_former_certificates_are_those_that_ended_their_time() -> None:
    """Not the active one, and none that ends later: that is the next one, or one that was taken back."""
    found = find_former_certificates(principal(row(2031), row(2029), row(2030, True), row(2028)))
    assert [item["thumbprint"] for item in found["former"]] == ["T2028", "T2029"]
    assert found["active"]["thumbprint"] == "T2030" and not found["problem"]
    for rows in ([row(2030, True)], [row(2030, True), row(2031)]):
        assert find_former_certificates(principal(*rows), {}, ["a"]) == {
            "former": [],
            "active": rows[0],
            "problem": "",
        }
    for rows in ([], [row(2030)]):
        found = find_former_certificates(principal(*rows))
        assert found["former"] == [] and "is active" in found["problem"]
    hidden = {**row(2030, True), "certificate": None}
    assert "does not show" in find_former_certificates(principal(row(2029), hidden))["problem"]


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (BELIEVES, ""),
        ({"steps": [{"action": "update"}], "stats": {}}, "b is not known to trust it"),
        ({"error": {}, "stats": {}, "msg": "App b does not exist"}, "b could not be read (App b does not exist)"),
        ({"failed": True, "msg": "crashed"}, "b could not be read (crashed)"),
        ({}, "b could not be read (no result)"),
        (None, "b could not be read (no result)"),
    ],
)
def test_an_app_that_is_not_known_to_believe_keeps_all_of_them(result: t.Any, said: str) -> None:
    apps = {"a": BELIEVES, **({} if result is None else {"b": result})}
    found = find_former_certificates(principal(row(2029), row(2030, True)), apps, ["a", "b"])
    assert bool(found["problem"]) == bool(said) and said in found["problem"]
    assert "a is" not in found["problem"] and "a could" not in found["problem"]


def test_a_removal_in_words() -> None:
    found = find_former_certificates(principal(row(2028), row(2029), row(2030, True)))
    lines = format_removal(found, {"a": BELIEVES, "b": BELIEVES})
    assert [line.startswith("- Entra ID: remove T20") for line in lines] == [True, True, False, False]
    assert "all 2 SAML apps" in lines[2] and "T2030" in lines[2]
    assert [line.split()[-3] for line in format_removal(found, {}, True)] == ["T2028", "T2029"]
    assert "nothing to remove" in format_removal(find_former_certificates(principal(row(2030, True))), {})[0]
