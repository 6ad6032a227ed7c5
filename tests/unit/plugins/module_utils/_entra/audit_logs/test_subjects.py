# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applications and users with all ids that logs may name, and the queries that are made of them."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Forbidden, Problems
from ansible_collections.cvops.identity.plugins.module_utils._entra.audit_logs.queries import (
    Subject,
    build_audit_queries,
    build_sign_in_queries,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.audit_logs.sign_ins import SIGN_IN_TYPES
from ansible_collections.cvops.identity.plugins.module_utils._entra.audit_logs.subjects import find_subjects

REGISTRATION = {"id": guid(1), "appId": guid(2), "displayName": "Job"}
PRINCIPAL = {"id": guid(3), "appId": guid(2), "displayName": "Job"}
ANSWERS: dict[str, t.Any] = {
    f"/applications(appId='{guid(2)}')": REGISTRATION,
    f"/servicePrincipals(appId='{guid(2)}')": PRINCIPAL,
    f"/applications/{guid(1)}": REGISTRATION,
    f"/servicePrincipals/{guid(3)}": PRINCIPAL,
    "/applications": [REGISTRATION],
    "/servicePrincipals": [PRINCIPAL, {**PRINCIPAL, "displayName": "Jоb", "appId": guid(9)}],
}
WHOLE = Subject("application", "application Job", guid(2), (guid(1), guid(3)))


def find(make_ctx: t.Any, answers: dict[str, t.Any] | None = None, **options: t.Any) -> tuple[list[Subject], FakeGraph]:
    graph = FakeGraph(make_ctx({}), ANSWERS if answers is None else answers)
    found, unknown = find_subjects(t.cast(t.Any, graph), options)
    assert not unknown or options["unknown_names"] == "tell"
    graph.ctx.warnings.extend(unknown)
    return found, graph


@pytest.mark.parametrize("text", [guid(2), guid(2).upper(), guid(1), guid(3), "Job", "JOB"])
def test_an_application_by_any_key_has_all_its_ids(make_ctx: t.Any, text: str) -> None:
    assert find(make_ctx, applications=[text])[0] == [WHOLE]


def test_an_application_of_another_tenant_has_no_registration(make_ctx: t.Any) -> None:
    answers = {key: value for key, value in ANSWERS.items() if "applications" not in key}
    assert find(make_ctx, answers, applications=[guid(3)])[0] == [
        Subject("application", "application Job", guid(2), (guid(3),))
    ]


def test_an_id_of_nothing_is_looked_for_as_it_is(make_ctx: t.Any) -> None:
    found, graph = find(make_ctx, {}, applications=[guid(7).upper()])
    assert found == [Subject("application", f"application {guid(7).upper()}", guid(7), (guid(7),))]
    assert "may have been deleted" in graph.ctx.warnings[0]


def test_all_names_that_cannot_be_used_are_told_at_once(make_ctx: t.Any) -> None:
    twin = {**REGISTRATION, "appId": guid(8)}
    answers = {**ANSWERS, "/applications": [REGISTRATION, twin], "/users": []}
    with pytest.raises(Problems) as caught:
        find(make_ctx, answers, applications=["Job", "none"], users=["nobody"])
    assert [problem["where"] for problem in caught.value.facts["problems"]] == [
        "applications[0]",
        "applications[1]",
        "users[0]",
    ]
    assert guid(8) in str(caught.value)


def test_names_that_are_told_do_not_end_the_task(make_ctx: t.Any) -> None:
    """Of a name that several have all are looked for by their ids; one of nothing as the audit log has it."""
    twin = {**REGISTRATION, "id": guid(7), "appId": guid(8)}
    answers = {**ANSWERS, "/applications": [REGISTRATION, twin], f"/applications(appId='{guid(8)}')": twin}
    answers["/users"] = [
        {"id": guid(number), "userPrincipalName": f"v{number}", "displayName": "J Vega"} for number in (4, 5)
    ]
    asked = {"applications": ["Job", "none"], "users": ["J Vega", "nobody"]}
    found, graph = find(make_ctx, answers, **asked, unknown_names="tell")
    assert found == [
        WHOLE,
        Subject("application", "application Job", guid(8), (guid(7),)),
        Subject("object", "application none", name="none"),
        *(Subject("user", "user J Vega", ids=(guid(number),)) for number in (4, 5)),
        Subject("object", "user nobody", name="nobody"),
    ]
    for where, told in (
        ("applications[0]", f"{guid(2)}, {guid(8)}"),
        ("applications[1]", "no application 'none'"),
        ("users[0]", f"{guid(4)}, {guid(5)}"),
        ("users[1]", "no user 'nobody'"),
    ):
        assert [text for text in graph.ctx.warnings if text.startswith(f"option {where}: ") and told in text]
    with pytest.raises(Problems, match="4 names"):
        find(make_ctx, answers, **asked, unknown_names="fail")


def test_users(make_ctx: t.Any) -> None:
    users = [{"id": guid(4).upper(), "userPrincipalName": "J.Vega@corp.example", "displayName": "J Vega"}]
    found, graph = find(make_ctx, {"/users": users}, users=["j.vega@corp.example", guid(5), "left@corp.example"])
    assert [(item.ids, item.name) for item in found] == [
        ((guid(4),), "j.vega@corp.example"),
        ((guid(5),), None),
        ((), "left@corp.example"),
    ]
    assert any("left@corp.example" in told for told in graph.ctx.warnings)
    assert find(make_ctx, {"/users": users}, users=["j vega"])[0][0].ids == (guid(4),)


def test_a_refused_look_up_is_no_empty_answer(make_ctx: t.Any) -> None:
    with pytest.raises(Forbidden):
        find(make_ctx, {"/users": Forbidden("no", status=403)}, users=["j vega"])


def test_what_is_asked_of_the_log_of_sign_ins() -> None:
    queries = build_sign_in_queries([WHOLE], list(SIGN_IN_TYPES))
    assert len(queries) == 8
    first, own = queries[0], queries[4]
    assert (first.api, first.path, first.conditions) == (
        "v1.0",
        "/auditLogs/signIns",
        (f"appId eq '{guid(2)}'",),
    )
    assert (own.api, own.path) == ("beta", "/beta/auditLogs/signIns")
    assert own.conditions == ("signInEventTypes/any(t: t eq 'servicePrincipal')", f"appId eq '{guid(2)}'")
    people = build_sign_in_queries([Subject("user", "user x", ids=(guid(4),))], list(SIGN_IN_TYPES))
    assert [query.sign_in_type for query in people] == ["interactive_user", "non_interactive_user"]
    gone = build_sign_in_queries([Subject("user", "user x", name="o'x@corp.example")], ["interactive_user"])
    assert gone[0].conditions == ("userPrincipalName eq 'o''x@corp.example'",)
    assert build_sign_in_queries([Subject("object", "object x", ids=(guid(4),))], list(SIGN_IN_TYPES)) == []
    assert [
        query.conditions for query in build_sign_in_queries([Subject("everything", "e")], ["interactive_user"])
    ] == [()]


def test_what_is_asked_of_the_audit_log() -> None:
    conditions = [query.conditions for query in build_audit_queries([WHOLE])]
    assert conditions == [
        (f"targetResources/any(t: t/id eq '{guid(1)}')",),
        (f"targetResources/any(t: t/id eq '{guid(3)}')",),
        (f"initiatedBy/app/appId eq '{guid(2)}'",),
    ]
    user = [query.conditions[0] for query in build_audit_queries([Subject("user", "user x", ids=(guid(4),))])]
    assert user == [f"targetResources/any(t: t/id eq '{guid(4)}')", f"initiatedBy/user/id eq '{guid(4)}'"]
    named = build_audit_queries([Subject("object", "object x", name="CA 'x'")])
    assert named[0].conditions == ("targetResources/any(t: t/displayName eq 'CA ''x''')",)
    assert {query.api for query in [*build_audit_queries([WHOLE]), *named]} == {"v1.0"}
