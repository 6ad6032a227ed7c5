# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning a service principal."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Step
from ansible_collections.cvops.identity.plugins.module_utils._entra.service_principals import plan as planning
from ansible_collections.cvops.identity.plugins.module_utils._entra.signing_certificates.task import PlannedPart

Wire = dict[str, t.Any]
WIRE: Wire = {"id": "a", "appId": "b", "displayName": "x"}

some = st.lists(st.sampled_from(["p", "q", "r", "s"]), unique=True)
maybe = st.none() | some
texts = st.none() | st.sampled_from(["", "one", "two"])
flags = st.none() | st.booleans()
wires = st.fixed_dictionaries(
    {
        **{name: st.just(value) for name, value in WIRE.items()},
        "description": st.sampled_from([None, "one"]),
        "notes": st.none(),
        "loginUrl": st.sampled_from([None, "one"]),
        "samlSingleSignOnSettings": st.sampled_from([None, {"relayState": None}, {"relayState": "one"}]),
        "preferredSingleSignOnMode": st.sampled_from([None, "saml"]),
        "appRoleAssignmentRequired": st.booleans(),
        "accountEnabled": st.booleans(),
        "replyUrls": some,
        "notificationEmailAddresses": some,
        "tags": some,
    }
)
options_strategy = st.fixed_dictionaries(
    {
        "description": texts,
        "notes": texts,
        "login_url": texts,
        "relay_state": texts,
        "sign_on_mode": st.sampled_from([None, "none", "saml", "oidc"]),
        "assignment_required": flags,
        "enabled": flags,
        "reply_urls": maybe,
        "notification_emails": maybe,
        "tags": maybe,
    }
)


def planned(wire: Wire, options: Wire, inherited: dict[str, list[str]], exclusive: bool) -> t.Any:
    """Return the plan for *options* on *wire*, owners not managed."""
    desired = planning.desired_service_principal(
        options, planning.canonical_service_principal(wire), inherited, exclusive
    )
    return planning.plan_service_principal(wire, desired, [], None, exclusive, "app")


@given(wires, options_strategy, some, st.booleans())
def test_applying_a_plan_leaves_nothing_to_do(wire: Wire, options: Wire, tags: list[str], exclusive: bool) -> None:
    """Graph shows the application's tags here too, whatever is written; the plan does not fight with that."""
    wire = {**wire, "tags": sorted({*wire["tags"], *tags})}
    inherited = {"tags": tags}
    first = planned(wire, options, inherited, exclusive)
    for step in first.steps:
        wire = {**wire, **step.data["body"]}
        wire["tags"] = sorted({*wire["tags"], *tags})
    second = planned(wire, options, inherited, exclusive)
    assert second.steps == ()
    assert first.after == second.before == second.after
    assert (first.before != first.after) == first.changed


@given(options_strategy, st.booleans())
def test_creating_leaves_nothing_to_do(options: Wire, exclusive: bool) -> None:
    """The same from nothing; a new one is enabled and open unless the options say otherwise."""
    first = planned({}, options, {}, exclusive)
    assert [step.action for step in first.steps] == ["create"]
    body = first.steps[0].data["body"]
    assert planned({**WIRE, **body}, options, {}, exclusive).steps == ()
    assert body.get("accountEnabled", True) is (options["enabled"] is not False)


@given(wires, options_strategy)
def test_foreign_values_stay_unless_exclusive_or_emptied(wire: Wire, options: Wire) -> None:
    """Sets only grow, except that an empty list empties."""
    after = planning.desired_service_principal(options, planning.canonical_service_principal(wire), {}, False)
    for name, field in planning.SETS.items():
        if options[name] != []:
            assert set(wire[field]) <= set(after[name])


def test_none_clears_the_sign_on_mode() -> None:
    """Graph's word for no mode is null."""
    plan = planned({**WIRE, "preferredSingleSignOnMode": "saml"}, {"sign_on_mode": "none"}, {}, False)
    assert plan.steps[0].data["body"] == {"preferredSingleSignOnMode": None}


def test_owners_change_by_difference_and_a_new_one_has_only_these() -> None:
    desired = planning.desired_service_principal({}, planning.canonical_service_principal(WIRE), {}, False)
    plan = planning.plan_service_principal(WIRE, desired, ["a"], ["b"], True, "app")
    assert plan.steps[0].data == {"add": ["b"], "remove": ["a"], "only_these": False}
    assert (plan.before["owners"], plan.after["owners"]) == (["a"], ["b"])
    created = planning.plan_service_principal(
        {},
        planning.desired_service_principal({}, planning.canonical_service_principal({}), {}, True),
        [],
        [],
        True,
        "app",
    )
    assert created.steps[-1].data == {"add": [], "remove": [], "only_these": True}


def test_only_what_is_there_is_deleted() -> None:
    assert planning.plan_service_principal_removal({}).steps == ()
    assert [step.action for step in planning.plan_service_principal_removal(WIRE).steps] == ["delete"]


@given(wires, options_strategy, some, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_lists_does_not_matter(
    wire: Wire, options: Wire, tags: list[str], exclusive: bool, chance: t.Any
) -> None:
    def shuffled(value: Wire) -> Wire:
        return {
            name: chance.sample(item, len(item)) if isinstance(item, list) else item for name, item in value.items()
        }

    expected = planned(wire, options, {"tags": tags}, exclusive)
    assert planned(wire, shuffled(options), shuffled({"tags": tags}), exclusive) == expected
    assert planned(shuffled(wire), options, {"tags": tags}, exclusive).after == expected.after


@given(wires, options_strategy, st.booleans(), st.sampled_from(["notes", "enabled", "tags", "sign_on_mode"]))
def test_what_is_not_set_is_not_managed(wire: Wire, options: Wire, exclusive: bool, name: str) -> None:
    plan = planned(wire, {**options, name: None}, {}, exclusive)
    assert plan.after[name] == plan.before[name]
    assert not planned(wire, {}, {}, exclusive).changed


@given(wires, some.filter(bool), some)
def test_exclusive_means_exactly_beside_what_is_inherited(wire: Wire, tags: list[str], inherited: list[str]) -> None:
    after = planned(wire, {"tags": tags}, {"tags": inherited}, True).after["tags"]
    assert set(after) == {*tags, *(set(inherited) & set(wire["tags"]))}


@pytest.mark.parametrize(
    ("wire", "enabled", "required"),
    [({}, True, False), ({"accountEnabled": False, "appRoleAssignmentRequired": True}, False, True)],
)
def test_what_graph_does_not_say_is_the_default(wire: Wire, enabled: bool, required: bool) -> None:
    form = planning.canonical_service_principal(wire)
    assert (form["enabled"], form["assignment_required"], form["sign_on_mode"]) == (enabled, required, "none")


def test_lists_keep_their_order_in_graph() -> None:
    plan = planned({**WIRE, "replyUrls": ["z", "a", "m"]}, {"reply_urls": ["b", "m", "z"]}, {}, True)
    assert plan.steps[0].data["body"] == {"replyUrls": ["z", "m", "b"]}
    assert plan.steps[0].subject == "service principal x: replyUrls"


def test_certificates_come_between_the_service_principal_and_its_owners() -> None:
    part = PlannedPart(
        (Step("add_signing_certificate", "x"),), [{"active": True}], [{"active": True}, {"active": False}]
    )
    desired = planning.canonical_service_principal({**WIRE, "notes": "n"})
    planned = planning.plan_service_principal(WIRE, desired, [], ["o"], False, "app", None, part)
    assert [step.action for step in planned.steps] == ["update", "add_signing_certificate", "owners"]
    assert (planned.before["signing_certificates"], planned.after["signing_certificates"]) == (part.before, part.after)
    created = planning.plan_service_principal({}, desired, [], None, False, "app", None, part)
    assert "signing_certificates" not in created.before and created.after["signing_certificates"] == part.after


def test_the_relay_state_is_sent_as_graph_has_it() -> None:
    desired = planning.canonical_service_principal({**WIRE, "samlSingleSignOnSettings": {"relayState": "x"}})
    (step,) = planning.plan_service_principal(WIRE, desired, [], None, False, "app").steps
    assert step.data["body"] == {"samlSingleSignOnSettings": {"relayState": "x"}}


@pytest.mark.parametrize(
    "odd", [{"tags": 7}, {"replyUrls": "x"}, {"notificationEmailAddresses": {}}, {"samlSingleSignOnSettings": ["x"]}]
)
def test_an_answer_with_members_of_another_type_is_refused(odd: Wire) -> None:
    with pytest.raises(BadAnswer):
        planning.canonical_service_principal({**WIRE, **odd})
