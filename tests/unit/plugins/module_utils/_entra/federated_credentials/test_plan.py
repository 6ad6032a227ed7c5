# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning a federated credential: what Entra ID would refuse, and plans that converge."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    AmbiguousMatch,
    BadAnswer,
    ConfigError,
    Problems,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan, add_ids, list_planned_changes
from ansible_collections.cvops.identity.plugins.module_utils._entra.federated_credentials.plan import (
    LIMIT,
    canonical_federated_credential,
    desired_federated_credential,
    find_credential_named,
    plan_federated_credential,
    plan_federated_credential_removal,
)


def options_of(**more: t.Any) -> dict[str, t.Any]:
    return {"name": "ci-main", "cloud": "public", "audiences": None, "description": None, **more}


@pytest.mark.parametrize(
    ("cloud", "audience"),
    [
        ("public", "api://AzureADTokenExchange"),
        ("usgov", "api://AzureADTokenExchangeUSGov"),
        ("china", "api://AzureADTokenExchangeChina"),
    ],
)
def test_the_audience_is_that_of_the_cloud(cloud: str, audience: str) -> None:
    assert desired_federated_credential(options_of(cloud=cloud), "https://x", "s")["audiences"] == [audience]


@pytest.mark.parametrize("audiences", [7, "api://x", [7, "api://x"], {"api://x": 1}])
def test_audiences_that_are_no_texts_are_no_answer(audiences: object) -> None:
    with pytest.raises(BadAnswer, match="audiences"):
        canonical_federated_credential({"name": "x", "audiences": audiences})


def test_all_that_entra_would_refuse_is_told_together() -> None:
    with pytest.raises(Problems) as caught:
        desired_federated_credential(
            options_of(name="-x", audiences=["a", "b"], description="d" * 601), "http://x", "s" * 601
        )
    told = {problem["where"] for problem in caught.value.facts["problems"]}
    assert told == {"name", "issuer", "audiences", "subject", "description"}


NAMES = ("ci-a", "ci-b", "ci-c")
TRUSTS = st.tuples(st.sampled_from(["https://i1", "https://i2"]), st.sampled_from(["s1", "s2", "s3"]))
ROWS = st.dictionaries(st.sampled_from(NAMES), st.tuples(TRUSTS, st.sampled_from(["", "text"])), max_size=3).filter(
    lambda rows: len({row[0] for row in rows.values()}) == len(rows)
)
DESIRED = st.builds(
    lambda name, pair, description: desired_federated_credential(options_of(name=name, description=description), *pair),
    st.sampled_from(NAMES),
    TRUSTS,
    st.none() | st.sampled_from(["", "new"]),
)


def wires_of(rows: dict[str, tuple[tuple[str, str], str]]) -> list[dict[str, t.Any]]:
    return [
        {
            "id": f"id-{name}",
            "name": name,
            "issuer": issuer,
            "subject": subject,
            "audiences": ["api://AzureADTokenExchange"],
            "description": description or None,
        }
        for name, ((issuer, subject), description) in rows.items()
    ]


def applied(wires: list[dict[str, t.Any]], planned: Plan, name: str) -> list[dict[str, t.Any]]:
    """The service after the plan."""
    after = [dict(wire) for wire in wires]
    for step in planned.steps:
        if step.action == "create":
            after.append({"id": "new", "name": name, "description": None, **step.data["body"]})
        elif step.action == "update":
            after = [{**wire, **step.data["body"]} if wire["id"] == step.data["id"] else wire for wire in after]
        else:
            after = [wire for wire in after if wire["id"] != step.data["id"]]
    return after


@given(ROWS, DESIRED)
def test_a_plan_converges_and_spares_the_others(rows: t.Any, desired: dict[str, t.Any]) -> None:
    wires = wires_of(rows)
    taken = {(wire["issuer"], wire["subject"]): wire["name"] for wire in wires if wire["name"] != desired["name"]}
    if (desired["issuer"], desired["subject"]) in taken:
        with pytest.raises(ConfigError, match=taken[desired["issuer"], desired["subject"]]):
            plan_federated_credential(desired, wires, "app")
        return
    first = plan_federated_credential(desired, wires, "app")
    after = applied(wires, first, desired["name"])
    again = plan_federated_credential(desired, after, "app")
    assert not again.changed
    assert again.before == first.after
    assert [wire for wire in after if wire["name"] != desired["name"]] == [
        wire for wire in wires if wire["name"] != desired["name"]
    ]
    gone = applied(after, plan_federated_credential_removal(desired["name"], after, "app"), desired["name"])
    assert desired["name"] not in {wire["name"] for wire in gone}
    assert not plan_federated_credential_removal(desired["name"], gone, "app").changed


def test_the_limit_is_checked_before_anything_is_written() -> None:
    wires = [
        {"id": str(number), "name": f"ci-{number}", "issuer": "https://x", "subject": str(number), "audiences": ["a"]}
        for number in range(LIMIT)
    ]
    with pytest.raises(ConfigError, match="all 20"):
        plan_federated_credential(
            desired_federated_credential(options_of(name="ci-new"), "https://x", "new"), wires, "app"
        )
    kept = plan_federated_credential(
        desired_federated_credential(options_of(name="ci-3", audiences=["a"]), "https://x", "3"), wires, "app"
    )
    assert not kept.changed


def test_no_description_and_an_empty_one_are_the_same() -> None:
    wire = {"id": "1", "name": "ci-a", "issuer": "https://x", "subject": "s", "audiences": ["a"], "description": None}
    assert canonical_federated_credential(wire)["description"] == ""
    assert not plan_federated_credential(
        desired_federated_credential(options_of(name="ci-a", audiences=["a"], description=""), "https://x", "s"),
        [wire],
        "app",
    ).changed


@given(ROWS, DESIRED, st.randoms(use_true_random=False))
def test_the_order_of_the_list_does_not_matter(rows: t.Any, desired: dict[str, t.Any], random: t.Any) -> None:
    wires = wires_of(rows)
    shuffled = random.sample(wires, len(wires))

    def outcome(listed: list[dict[str, t.Any]]) -> t.Any:
        try:
            return plan_federated_credential(desired, listed, "app")
        except ConfigError as exc:
            return str(exc)

    assert outcome(shuffled) == outcome(wires)


@given(ROWS, DESIRED)
def test_a_description_that_is_not_set_is_not_managed(rows: t.Any, desired: dict[str, t.Any]) -> None:
    wires = [wire for wire in wires_of(rows) if wire["name"] == desired["name"]]
    planned = plan_federated_credential({**desired, "description": None}, wires, "app")
    assert all("description" not in step.data["body"] for step in planned.steps)
    assert planned.after["description"] == (wires[0]["description"] or "" if wires else "")


def test_letter_case_makes_no_other_name() -> None:
    wires = wires_of({"ci-a": (("https://i1", "s1"), "")})
    assert find_credential_named(wires, "ci-a") is find_credential_named(wires, "CI-A") is wires[0]
    assert find_credential_named(wires, "ci-b") is None
    desired = desired_federated_credential(options_of(name="CI-A"), "https://i1", "s1")
    planned = plan_federated_credential(desired, wires, "app")
    assert (planned.steps, planned.after["name"]) == ((), "ci-a")


def test_the_steps_of_two_credentials_of_one_application_are_told_apart() -> None:
    """What was approved for one allows nothing for the other; the application may be renamed meanwhile."""

    def identify(name: str, wires: t.Any, application: str, **options: t.Any) -> set[str]:
        desired = desired_federated_credential(options_of(name=name, **options), "https://i3", "s3")
        plans = [
            plan_federated_credential(desired, wires, application),
            plan_federated_credential_removal(name, wires, application),
        ]
        return {
            change["id"]
            for planned in plans
            for change in list_planned_changes(
                "x", replace(planned, steps=add_ids(planned.steps, principal="a1b1c2f0-0000-4000-8000-1a2b3c4d5e6f"))
            )
        }

    wires = wires_of({"ci-a": (("https://i1", "s1"), ""), "ci-b": (("https://i2", "s2"), "")})
    for listed in ([], wires):
        one, other = (identify(name, listed, "app") for name in ("ci-a", "ci-b"))
        assert one and one.isdisjoint(other)
        assert identify("CI-A", listed, "renamed") == one


def test_names_that_differ_in_letter_case_only_are_ambiguous() -> None:
    wires = wires_of({"ci-a": (("https://i1", "s1"), ""), "CI-a": (("https://i2", "s1"), "")})
    with pytest.raises(AmbiguousMatch, match="the name ci-a .*: CI-a .*, ci-a"):
        find_credential_named(wires, "ci-a")


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"name": "ab"}, "name"),
        ({"name": "a" * 121}, "name"),
        ({"name": "a.b"}, "name"),
        ({"audiences": []}, None),
        ({"audiences": ["a", "b"]}, "audiences"),
        ({"audiences": ["a" * 600]}, None),
        ({"audiences": ["a" * 601]}, "audiences"),
        ({"audiences": [""]}, "audiences"),
    ],
)
def test_what_the_options_alone_show_to_be_refused(more: dict[str, t.Any], where: str | None) -> None:
    if where is None:
        assert desired_federated_credential(options_of(**more), "https://x", "s")["audiences"]
        return
    with pytest.raises(Problems) as caught:
        desired_federated_credential(options_of(**more), "https://x", "s")
    assert [problem["where"] for problem in caught.value.facts["problems"]] == [where]


@pytest.mark.parametrize(("issuer", "subject", "where"), [("https://x", "", "subject"), ("", "s", "issuer")])
def test_issuer_and_subject_are_not_empty(issuer: str, subject: str, where: str) -> None:
    with pytest.raises(Problems) as caught:
        desired_federated_credential(options_of(), issuer, subject)
    assert {problem["where"] for problem in caught.value.facts["problems"]} == {where}


def test_a_step_names_what_it_changes() -> None:
    wires = wires_of({"ci-a": (("https://i1", "s1"), "")})
    desired = desired_federated_credential(options_of(name="ci-a", audiences=["x"]), "https://i2", "s2")
    (step,) = plan_federated_credential(desired, wires, "app").steps
    assert step.subject == "federated credential ci-a: audiences, issuer, subject"
    (removal,) = plan_federated_credential_removal("ci-a", wires, "app").steps
    assert (removal.subject, removal.data) == ("federated credential ci-a", {"id": "id-ci-a"})
