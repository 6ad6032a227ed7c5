# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans of users converge, order never matters, and groups of others stay."""

from __future__ import annotations

import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.users.canonical import (
    FIELDS,
    User,
    is_same_value,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.users.desired import desired_user
from ansible_collections.cvops.identity.plugins.module_utils._commvault.users.plan import (
    Heir,
    plan_user,
    plan_user_removal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan

GROUPS = {"ops": 21, "couriers": 22, "fed": 23, "night": 24}
KINDS = ("external", "local", "service_account")


class Service:
    """A model of the service: some fields are taken by an update only; groups are joined and left."""

    def __init__(self, user: User | None, groups: t.Collection[str]) -> None:
        self.user, self.groups = user, set(groups) if user else set()
        self.password_writes = 0

    def plan(self, options: dict[str, t.Any]) -> Plan:
        names = options["user_groups"]
        wanted = desired_user(options, None if names is None else {name: GROUPS[name] for name in names})
        have = {name: GROUPS[name] for name in self.groups} if names is not None else {}
        kept = [name for name in have if name == "fed" and name not in (names or ())]
        return plan_user(wanted, self.user, have, None, kept)

    def apply(self, options: dict[str, t.Any], planned: Plan) -> None:
        labels = {number: name for name, number in GROUPS.items()}
        for step in planned.steps:
            if step.action == "create":
                taken = {"full_name", "email", "user_principal_name"}
                taken = {"full_name", "description"} if options["kind"] == "service_account" else taken
                assert set(step.data["fields"]) <= taken
                self.user = User(options["name"], options["kind"], **step.data["fields"])
                self.groups = {labels[number] for number in step.data["ids"]}
            elif step.action == "update":
                values = {name: getattr(self.user, name) for name in FIELDS} | step.data["changes"]
                self.user = User(t.cast(User, self.user).name, t.cast(User, self.user).kind, **values)
            elif step.action == "set_password":
                self.password_writes += 1
            elif step.action == "join":
                assert not self.groups & {labels[number] for number in step.data["ids"]}
                self.groups |= {labels[number] for number in step.data["ids"]}
            else:
                assert step.action == "leave" and "fed" not in {labels[number] for number in step.data["ids"]}
                self.groups -= {labels[number] for number in step.data["ids"]}


TEXTS = st.sampled_from(["", "a", "A", "b@corp.example"])
USERS = st.none() | st.builds(User, st.just("JVega"), st.sampled_from(KINDS), TEXTS, TEXTS, st.booleans(), TEXTS, TEXTS)
NAMES = st.lists(st.sampled_from(sorted(GROUPS)), unique=True)


@st.composite
def option_sets(draw: t.Any) -> dict[str, t.Any]:
    kind = draw(st.sampled_from(KINDS))
    without = {"external": {"user_groups"}, "local": set(), "service_account": {"email", "user_principal_name"}}[kind]
    options: dict[str, t.Any] = {"name": "jvega", "kind": kind, "exclusive": draw(st.booleans())}
    for name in FIELDS:
        values = st.booleans() if name == "enabled" else TEXTS
        options[name] = None if name in without else draw(st.none() | values)
    options["user_groups"] = None if "user_groups" in without else draw(st.none() | NAMES)
    options["password"] = draw(st.none() | st.just("p")) if kind == "local" else None
    options["password_policy"] = "on_create"
    return options


@given(USERS, NAMES, option_sets())
def test_plans_converge(user: User | None, groups: list[str], options: dict[str, t.Any]) -> None:
    service = Service(user, groups)
    before = set(service.groups)
    planned = service.plan(options)
    assert planned.changed == (planned.before != planned.after)
    assert all(step.changes for step in planned.steps)
    service.apply(options, planned)
    assert service.user is not None
    if user is not None:
        assert service.user.name == user.name, "never renamed, if only in letter case"
    for name in FIELDS:
        wanted = options[name]
        expected = getattr(user or User("x", None), name) if wanted is None else wanted
        assert is_same_value(name, getattr(service.user, name), expected)
    assert not service.plan(options).changed
    names = options["user_groups"]
    if names is None or (names and not options["exclusive"]):
        assert before <= service.groups
    if names is not None:
        assert service.groups >= set(names)
        assert planned.after["user_groups"] == sorted(service.groups)
        if options["exclusive"] or not names:
            assert service.groups == set(names) | (before & {"fed"})


@given(USERS, NAMES, option_sets())
def test_order_and_repetition_never_matter(user: User | None, groups: list[str], options: dict[str, t.Any]) -> None:
    names = options["user_groups"]
    twisted = {**options, "user_groups": None if names is None else [*reversed(names), *names]}
    assert Service(user, groups).plan(options) == Service(user, list(reversed(groups))).plan(twisted)


@given(USERS, option_sets())
def test_a_password_is_written_as_its_policy_says_and_is_in_no_plan(
    user: User | None, options: dict[str, t.Any]
) -> None:
    options |= {"kind": "local", "password": "not-in-the-plan", "password_policy": "always"}
    service = Service(user, [])
    for expected in (0 if user is None else 1, 1 if user is None else 2):
        planned = service.plan(options)
        assert "not-in-the-plan" not in repr(planned) and planned.after["password_written"] is True
        service.apply(options, planned)
        assert service.password_writes == expected


def test_a_removal_says_who_inherits() -> None:
    assert not plan_user_removal(None, Heir()).changed
    (step,) = plan_user_removal(User("a", "local"), Heir(0, 21, "user group ops"), "corp").steps
    (change,) = step.changes
    assert (change.principal, change.sentence) == (
        "a (company corp)",
        "delete the user; user group ops gets what it owns",
    )
    assert change.ids == {"heir_user_id": None, "heir_group_id": 21}
    (step,) = plan_user_removal(User("a", "local"), Heir()).steps
    assert step.changes[0].sentence.endswith("nobody gets what it owns")


def test_what_is_created_is_told_with_names() -> None:
    options = {
        "name": "a",
        "kind": "local",
        "email": "a@x",
        "enabled": False,
        "exclusive": False,
        "password_policy": "on_create",
    }
    create, update = plan_user(desired_user(options, {"ops": 21}), None, {}, "corp").steps
    assert [change.sentence for change in create.changes] == [
        'create the local user with e-mail address "a@x"; with a generated password, for which a reset link is mailed',
        "add to user group ops",
    ]
    assert create.changes[1].ids == {"user_group": 21}
    assert [change.sentence for change in update.changes] == ["set enabled to false"]
