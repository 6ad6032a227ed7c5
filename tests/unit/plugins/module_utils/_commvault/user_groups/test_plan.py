# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""User groups: field names differ between create, update and read; members only ever come and go one list at a time."""

from __future__ import annotations

import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.user_groups.canonical import (
    canonical_user_group,
    parse_member_ids,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.user_groups.desired import desired_user_group
from ansible_collections.cvops.identity.plugins.module_utils._commvault.user_groups.plan import (
    plan_user_group,
    plan_user_group_removal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan

GUID = "5b1c2f0e-0000-4000-8000-1a2b3c4d5e6f"
USERS = {"anna": 1, "ben": 2, "cleo": 3, "dora": 4}


class Service:
    """A model of the service: create and update take different names; ADD and DELETE for members."""

    def __init__(self, wire: dict[str, t.Any] | None) -> None:
        self.wire = None if wire is None else {**wire, "users": list(wire["users"])}

    def plan(self, options: dict[str, t.Any]) -> Plan:
        current = None if self.wire is None else canonical_user_group(self.wire)
        members = options["members"]
        wanted = None if members is None else {name: USERS[name] for name in members}
        have = parse_member_ids(self.wire or {})
        return plan_user_group("g", desired_user_group(options), current, wanted, have, options["exclusive"])

    def apply(self, planned: Plan) -> None:
        names = {number: name for name, number in USERS.items()}
        for step in planned.steps:
            if step.action == "create":
                self.wire = {"name": "g", "description": step.data["description"], "enabled": True, "users": []}
                continue
            assert self.wire is not None
            users = {row["id"]: row for row in self.wire["users"]}
            if step.action == "add":
                assert not set(users) & set(step.data["ids"])
                users.update({number: {"id": number, "name": names[number]} for number in step.data["ids"]})
            elif step.action == "remove":
                users = {number: row for number, row in users.items() if number not in step.data["ids"]}
            else:
                self.update(step.data["body"])
            self.wire["users"] = list(users.values())

    def update(self, body: dict[str, t.Any]) -> None:
        assert self.wire is not None
        same = {"newDescription": "description", "enabled": "enabled", "azureGUID": "azureGUID"}
        self.wire.update({same[name]: value for name, value in body.items() if name in same})
        if "enableTwoFactorAuthentication" in body:
            self.wire["enableTwoFactorAuthentication"] = body["enableTwoFactorAuthentication"]
        if "restrictConsoleTypes" in body:
            words = body["restrictConsoleTypes"]["consoleType"]
            self.wire["restrictedConsoleTypes"] = [{"consoleType": word} for word in words]


CONSOLES = st.lists(st.sampled_from(["API", "WEB_CONSOLE", "MOBILE"]), max_size=3)
WIRES = st.none() | st.fixed_dictionaries(
    {
        "name": st.just("g"),
        "description": st.sampled_from(["", "old"]),
        "enabled": st.booleans(),
        "azureGUID": st.sampled_from(["", GUID.upper()]),
        "restrictedConsoleTypes": CONSOLES.map(lambda words: [{"consoleType": word} for word in dict.fromkeys(words)]),
        "users": st.sets(st.sampled_from(sorted(USERS))).map(
            lambda names: [{"id": USERS[name], "name": name} for name in sorted(names)]
        ),
    }
)
OPTIONS = st.fixed_dictionaries(
    {
        "description": st.sampled_from([None, "", "old", "new"]),
        "enabled": st.sampled_from([None, True, False]),
        "entra_group_id": st.sampled_from([None, "", GUID]),
        "restricted_consoles": st.none() | CONSOLES.map(lambda words: [word.lower() for word in words]),
        "two_factor": st.sampled_from([None, True, False]),
        "members": st.none() | st.lists(st.sampled_from(sorted(USERS)), max_size=4),
        "exclusive": st.booleans(),
    }
)


@given(WIRES, OPTIONS)
def test_plans_converge(wire: dict[str, t.Any] | None, options: dict[str, t.Any]) -> None:
    service = Service(wire)
    members_before = set(parse_member_ids(wire or {}))
    planned = service.plan(options)
    assert planned.changed == (planned.before != planned.after)
    assert len(planned.steps) <= 4
    service.apply(planned)
    assert service.wire is not None
    shown = canonical_user_group(service.wire)
    if options["members"] is not None:
        shown["members"] = sorted(parse_member_ids(service.wire))
    assert shown == planned.after
    assert not service.plan(options).changed
    if options["members"] is None or (options["members"] and not options["exclusive"]):
        assert members_before <= set(parse_member_ids(service.wire))


@given(WIRES, OPTIONS)
def test_order_and_repetition_never_matter(wire: dict[str, t.Any] | None, options: dict[str, t.Any]) -> None:
    twisted = {
        **options,
        "members": None if options["members"] is None else [*reversed(options["members"]), *options["members"]],
        "restricted_consoles": None
        if options["restricted_consoles"] is None
        else [*reversed(options["restricted_consoles"])],
    }
    assert Service(wire).plan(options) == Service(wire).plan(twisted)


def test_absent() -> None:
    assert not plan_user_group_removal(None, {}).changed
    (step,) = plan_user_group_removal({"name": "g"}, {"user_id": 1, "group_id": 0}).steps
    assert (step.action, step.data) == ("delete", {"user_id": 1, "group_id": 0})


def test_what_changes_is_told_with_names() -> None:
    wanted = desired_user_group({"entra_group_id": GUID, "description": "d"})
    plan = plan_user_group("g", wanted, None, {"anna": 1}, {}, False, "GG-Operators", "corp")
    assert [
        (change.principal, f"{change.sign} {change.sentence}") for step in plan.steps for change in step.changes
    ] == [
        ("g (company corp)", '+ create the user group with description "d"'),
        ("g (company corp)", "~ link to the Entra group GG-Operators"),
        ("g (company corp)", "+ add member anna"),
    ]
    unknown = plan_user_group("g", desired_user_group({"entra_group_id": GUID}), None, None, {}, False)
    assert (
        unknown.steps[1].changes[0].sentence
        == f"link to the Entra group with the object id {GUID}, whose name is not known"
    )
    linked = {**canonical_user_group({"name": "g", "azureGUID": GUID})}
    (step,) = plan_user_group("g", desired_user_group({"entra_group_id": ""}), linked, None, {}, False).steps
    assert [change.sentence for change in step.changes] == ["remove the link to its Entra group"]
