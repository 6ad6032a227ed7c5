# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies in words: nothing that a policy says is left out, also what this version does not know."""

from __future__ import annotations

import typing as t

from fake_graph import guid
from hypothesis import given
from hypothesis import strategies as st
from policy_examples import ASKED, PolicyStore

from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.canonical import (
    read_form,
    read_policy,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.fields import (
    BY_OPTION,
    FIELDS,
    Kind,
    Refers,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.options import (
    read_desired_fields,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.plan import (
    merge_form,
    plan_policy,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access_report.references import (
    References,
    find_unclear,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access_report.unknown import (
    list_unknown_fields,
    list_unknown_words,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access_report.words import (
    build_options,
    describe_policy,
    list_said_options,
)


def describe(form: dict[str, t.Any], state: str = "enabled", references: References | None = None) -> str:
    return "\n".join(describe_policy(state, form, [], (references or References()).label))


def make_wire(asked: dict[str, t.Any]) -> dict[str, t.Any]:
    """A policy of Graph with these fields."""
    return PolicyStore().carry_out(plan_policy("CA1", "enabled", asked, None, False, {}).plan.steps)


def test_each_field_has_a_place() -> None:
    assert list_said_options() == set(BY_OPTION)


@given(ASKED)
def test_every_value_is_said(asked: dict[str, t.Any]) -> None:
    form = merge_form({}, asked, False)
    told = describe(form)
    for option, value in form.items():
        item = BY_OPTION[option]
        texts = value if isinstance(value, frozenset) else {value}
        for text in texts:
            if text in (item.special or {}) or item.kind is Kind.SWITCH or option == "grant.operator":
                continue
            if value in (frozenset({"all"}), frozenset({"block"})):
                continue
            word = str(text).replace("_", " ") if text in (item.words or {}) else str(text)
            assert word in told, (option, text, told)


def test_sentences() -> None:
    references = References({(Refers.GROUP, guid(1)): "GG-Ops", (Refers.USER, guid(2)): "one@corp.example"})
    references.missing.add((Refers.GROUP, guid(3)))
    form = {
        "users.include.users": frozenset({"all"}),
        "users.exclude.users": frozenset({guid(2)}),
        "users.exclude.groups": frozenset({guid(1), guid(3)}),
        "applications.include": frozenset({"microsoft_admin_portals", guid(4)}),
        "client_app_types": frozenset({"all"}),
        "grant.controls": frozenset({"mfa", "compliant_device"}),
        "grant.operator": "and",
        "session.sign_in_frequency.interval": "time_based",
        "session.sign_in_frequency.value": 8,
        "session.sign_in_frequency.unit": "hours",
    }
    assert describe(form, "report_only", references).splitlines() == [
        "Report-only: it refuses nobody, and the sign-in logs show what it would do.",
        "For all users.",
        f"Never for one@corp.example; members of GG-Ops, {guid(3)} (does not exist).",
        f"When they sign in to Microsoft's admin portals, {guid(4)} (name not known).",
        "Demands all of: compliant device, mfa.",
        "In the session sign in again: time based; after 8; in hours.",
    ]
    assert describe({"grant.controls": frozenset({"block"})}).splitlines() == ["In force.", "Blocks the sign-in."]
    either = {"grant.controls": frozenset({"mfa"}), "grant.terms_of_use": frozenset({guid(1)}), "grant.operator": "or"}
    assert "Demands one of: mfa, the terms of use" in describe(either)
    assert "In the state sleeping, which" in describe({}, "sleeping")
    nobody = {"users.include.users": frozenset({"none"})}
    assert "For nobody." in describe(nobody)
    program = {**nobody, "client_applications.include": frozenset({guid(5)})}
    assert f"For the service principal {guid(5)} (name not known)." in describe(program)


@given(ASKED)
def test_what_is_known_is_not_unknown_and_the_options_mean_the_policy(asked: dict[str, t.Any]) -> None:
    """Given to the module that writes policies, they ask for what is there."""
    policy = read_policy(make_wire(asked))
    words = list_unknown_words(policy.form)
    assert list_unknown_fields(policy.wire, policy.state, policy.form) == [] and words == {}
    desired = read_desired_fields(build_options(policy.form, words))
    planned = plan_policy("CA1", "enabled", desired, policy, True, {})
    assert not planned.plan.steps, planned.plan.steps


_NAMES = st.text(st.characters(codec="utf-8", exclude_characters="@."), min_size=1, max_size=300).map("new".__add__)
_VALUES = st.text(min_size=1, max_size=2000) | st.booleans() | st.integers() | st.lists(st.integers(), min_size=1)


@given(
    ASKED,
    st.dictionaries(_NAMES, _VALUES, min_size=1, max_size=4),
    st.sampled_from(["", "conditions", "conditions.users"]),
)
def test_what_is_not_known_is_shown_wherever_it_stands(
    asked: dict[str, t.Any], members: dict[str, t.Any], where: str
) -> None:
    wire = make_wire({**asked, "users.include.users": frozenset({"all"})})
    holder: t.Any = wire
    for name in filter(None, where.split(".")):
        holder = holder[name]
    holder.update(members)
    rows = list_unknown_fields(wire, "enabled", read_form(wire))
    assert len(rows) == len(members)
    assert all(row["path"].startswith(where) and len(row["path"]) < 1300 and len(row["value"]) < 3100 for row in rows)
    assert "\u202e" not in str(rows) and "\x1b" not in str(rows)


def test_words_that_are_not_known_and_more_fields_than_are_shown() -> None:
    wire = {
        "id": guid(1),
        "state": "sleeping",
        "conditions": {"clientAppTypes": ["browser", "hologram"], "signInRiskLevels": ["hidden"]},
        "grantControls": {"operator": "XOR", "builtInControls": ["mfa", "unknownFutureValue"]},
        "sessionControls": {
            "persistentBrowser": {"isEnabled": True, "mode": "always", "more": 1},
            "newControl": {"isEnabled": False},
        },
    }
    policy = read_policy(wire)
    rows = {(row["path"], row["value"]) for row in list_unknown_fields(wire, policy.state, policy.form)}
    assert rows == {
        ("state", "sleeping"),
        ("conditions.clientAppTypes", "hologram"),
        ("conditions.signInRiskLevels", "hidden"),
        ("grantControls.operator", "XOR"),
        ("grantControls.builtInControls", "unknownFutureValue"),
        ("sessionControls.persistentBrowser.more", "1"),
        ("sessionControls.newControl", '{"isEnabled": false}'),
    }
    options = build_options(policy.form, list_unknown_words(policy.form))
    assert options == {"session": {"persistent_browser": "always"}}
    many = {**wire, **{f"new{number:04}": 1 for number in range(500)}}
    shown = list_unknown_fields(many, "enabled", {})
    assert len(shown) == 101 and "more fields" in shown[-1]["value"]


def test_names_that_do_not_tell_an_object_apart_have_its_id() -> None:
    names = {
        (Refers.GROUP, guid(1)): "GG-Admins",
        (Refers.GROUP, guid(2)): "GG-\u0410dmins",
        (Refers.GROUP, guid(3)): "GG-Other",
        (Refers.USER, guid(4)): "GG-Other",
    }
    references = References(names, unclear=find_unclear(names))
    assert references.unclear == {(Refers.GROUP, guid(1)), (Refers.GROUP, guid(2))}
    assert references.label(Refers.GROUP, guid(1)) == f"GG-Admins ({guid(1)})"
    assert references.label(Refers.GROUP, guid(3)) == "GG-Other"


def test_all_fields_are_in_the_options() -> None:
    form = {item.option: frozenset({"x"}) if item.is_set else "x" for item in FIELDS}
    assert len(read_desired_fields(build_options(form, ()))) == len(FIELDS)
