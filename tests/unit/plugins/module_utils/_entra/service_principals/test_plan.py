# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning a service principal."""

from __future__ import annotations

import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._entra.service_principals import plan as planning

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
        "sign_on_mode": st.sampled_from([None, "none", "saml", "oidc"]),
        "assignment_required": flags,
        "enabled": flags,
        "reply_urls": maybe,
        "notification_emails": maybe,
        "tags": maybe,
    }
)


def planned(wire: Wire, options: Wire, inherited: dict[str, list[str]], exclusive: bool) -> t.Any:
    """The plan for *options* on *wire*, owners not managed."""
    wanted = planning.desired_service_principal(
        options, planning.canonical_service_principal(wire), inherited, exclusive
    )
    return planning.plan_service_principal(wire, wanted, [], None, exclusive)


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
def test_strangers_stay_unless_exclusive(wire: Wire, options: Wire) -> None:
    """Sets only grow, except that an empty list empties."""
    after = planning.desired_service_principal(options, planning.canonical_service_principal(wire), {}, False)
    for name, field in planning.SETS.items():
        if options[name] != []:
            assert set(wire[field]) <= set(after[name])


def test_none_clears_the_sign_on_mode() -> None:
    """Graph's word for no mode is null."""
    plan = planned({**WIRE, "preferredSingleSignOnMode": "saml"}, {"sign_on_mode": "none"}, {}, False)
    assert plan.steps[0].data["body"] == {"preferredSingleSignOnMode": None}


def test_owners() -> None:
    """By difference; of a new service principal, exclusive owners are settled when it is there."""
    wanted = planning.desired_service_principal({}, planning.canonical_service_principal(WIRE), {}, False)
    plan = planning.plan_service_principal(WIRE, wanted, ["a"], ["b"], True)
    assert plan.steps[0].data == {"add": ["b"], "remove": ["a"], "only_these": False}
    assert (plan.before["owners"], plan.after["owners"]) == (["a"], ["b"])
    created = planning.plan_service_principal(
        {}, planning.desired_service_principal({}, planning.canonical_service_principal({}), {}, True), [], [], True
    )
    assert created.steps[-1].data == {"add": [], "remove": [], "only_these": True}


def test_absent() -> None:
    """What is not there is not deleted."""
    assert planning.plan_service_principal_removal({}).steps == ()
    assert [step.action for step in planning.plan_service_principal_removal(WIRE).steps] == ["delete"]
