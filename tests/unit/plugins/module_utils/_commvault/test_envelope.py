# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an error may hide in an answer of Commvault, and where a success only looks like one."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.envelope import (
    check_answer,
    collect_warnings,
    is_absence,
    is_answer_pending,
    is_approval_pending,
    is_decided,
    is_declined,
    is_in_use,
    is_name_taken,
    is_withheld,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    AuthError,
    BadAnswer,
    Forbidden,
    NotFound,
    Throttled,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.reply import Reply


def reply(body: t.Any, status: int = 200, method: str = "POST") -> Reply:
    """An answer; text and bytes go as they are, everything else as JSON."""
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Reply(method, "https://cs/commandcenter/api/Security", status, {}, content, "id-1", "Commvault")


@pytest.mark.parametrize(
    "body",
    [
        {"response": [{"errorCode": 0, "errorString": "", "warningCode": 0, "warningMessage": ""}]},
        {"errorCode": 0, "errorMessage": None},
        {"errorCode": 0, "errorMessage": "Successful!"},
        {"error": {"errorCode": 0, "errorMessage": "Successful!"}, "tokenInfo": {}},
        {"response": {"errorCode": 0}},
        {"id": 21, "GUID": "x", "name": "n"},
        {"processinginstructioninfo": {"attributes": [{"name": "exitval", "value": "0"}]}, "users": []},
        {"errorCode": "0"},
        {"response": []},
        {"errList": []},
        {"error": None, "response": None},
    ],
)
def test_successes(body: dict[str, t.Any]) -> None:
    assert check_answer(reply(body), "do it") == body


@pytest.mark.parametrize(
    ("body", "status", "kind", "said"),
    [
        (
            {"response": [{"errorCode": 0}, {"errorCode": 7, "errorString": "second failed"}]},
            200,
            ApiError,
            "second failed",
        ),
        ({"errorCode": 9, "errorMessage": "Role [x] already exists"}, 200, ApiError, "already exists"),
        ({"errorCode": 9, "errorMessage": "Role [x] already exists"}, 500, ApiError, "already exists"),
        ({"error": {"errorCode": 3, "errorString": "in the string"}}, 200, ApiError, "in the string"),
        ({"error": {"errorCode": 3, "errLogMessage": "in the log"}}, 200, ApiError, "in the log"),
        ({"error": {"errorCode": 3, "warningMessage": "in the warning"}}, 200, ApiError, "in the warning"),
        ({"response": {"errorCode": 4}}, 200, ApiError, "no reason given"),
        ({"errList": [{"errorCode": 5009, "errLogMessage": "no"}]}, 200, ApiError, "5009"),
        ({"errorCode": "2", "errorMessage": "text code"}, 200, ApiError, "error 2"),
        ({"users": [], "errorCode": 1, "errorMessage": "cache is down"}, 200, ApiError, "cache is down"),
        ({"errorMessage": "Access denied", "errorCode": 5}, 401, AuthError, "Access denied"),
        ({"errorMessage": "Access denied", "errorCode": 5}, 200, AuthError, "Access denied"),
        ({"errorCode": 8, "errorMessage": "User does not have the permission [View]"}, 200, Forbidden, "[View]"),
        ({"errorCode": 8, "errorMessage": "You don't have permission on plan 'x'"}, 200, Forbidden, "plan"),
        ({"errorCode": 8, "errorMessage": "User [a] needs the capabilities of [b]"}, 200, Forbidden, "needs"),
        ({"errorCode": 8, "errorMessage": "User does not have sufficient rights"}, 200, Forbidden, "rights"),
        ({"errorCode": 8, "errorMessage": "MSG_NO_PERMISSION"}, 200, Forbidden, "MSG"),
        ({"errorCode": 8, "errorMessage": "no"}, 403, Forbidden, "no"),
        ({"errorCode": 8, "errorMessage": "Group does not exist"}, 404, NotFound, "does not exist"),
        ({"errorMessage": "only a text"}, 400, ApiError, "only a text"),
        ({}, 400, ApiError, "no reason given"),
        ({"errorCode": 8, "errorMessage": "slow down"}, 429, Throttled, "slow down"),
        ("<html><title>Service Unavailable</title></html>", 503, ApiError, "Service Unavailable"),
        ("", 500, ApiError, "an empty body"),
    ],
)
def test_failures(body: t.Any, status: int, kind: type[ApiError], said: str) -> None:
    with pytest.raises(ApiError) as caught:
        check_answer(reply(body, status), "grant a role")
    assert type(caught.value) is kind
    assert said in str(caught.value)
    assert str(caught.value).startswith("Cannot grant a role: ")
    assert caught.value.status == status


@pytest.mark.parametrize(
    "body", ["", "   ", "<html><title>Login</title></html>", "<Resp errorCode='0'/>", "{broken", {}]
)
def test_answers_that_prove_nothing(body: t.Any) -> None:
    """A write so answered may have been done."""
    with pytest.raises(BadAnswer) as caught:
        check_answer(reply(body), "create a role")
    assert caught.value.may_have_acted


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize(
    "text",
    [
        "Role [permission admins] already exists",
        "User group 'insufficient rights' does not exist",
        'Plan "access denied" does not exist',
        "SAML app privileged-sso does not exist",
        "User group no-permission-x is being deleted",
        "The group's company 'not authorized' doesn't exist",
    ],
)
def test_a_name_never_says_that_rights_are_missing(text: str, status: int) -> None:
    """Such an error would be taken for a read that this account may not make."""
    with pytest.raises(ApiError) as caught:
        check_answer(reply({"errorCode": 9, "errorMessage": text}, status), "read it")
    assert type(caught.value) is ApiError and not is_withheld(caught.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("Successful!", False), ("success", False), ("Successfully.", False), ("Success Team has no plan", True)],
)
def test_only_a_text_that_says_nothing_but_success_is_no_warning(text: str, shown: bool) -> None:
    assert collect_warnings({"errorCode": 0, "warningMessage": text}) == ([text] if shown else [])


def test_an_empty_object_is_an_empty_list() -> None:
    assert check_answer(reply({}, method="GET"), "list roles") == {}


@pytest.mark.parametrize(
    ("status", "body", "method", "lost"),
    [
        (500, {"errorCode": 9, "errorMessage": "exists"}, "POST", False),
        (502, "<html></html>", "POST", True),
        (502, "<html></html>", "GET", False),
        (400, "", "POST", False),
        (500, {"errorCode": 500, "errorMessage": "failed"}, "POST", True),
        (503, {"errorCode": "503", "errorMessage": "failed"}, "PUT", True),
        (500, {"errorCode": 503, "errorMessage": "failed"}, "POST", False),
        (500, {"errorCode": 500, "errorMessage": "Role [x] already exists"}, "POST", False),
        (500, {"errorCode": 500, "errorMessage": "Role [already exists] failed"}, "POST", True),
        (500, {"errorCode": 500, "errorMessage": "User does not have the permission [View]"}, "POST", False),
        (500, {"errorCode": 500, "errorMessage": "failed"}, "GET", False),
    ],
)
def test_whether_it_may_have_acted(status: int, body: t.Any, method: str, lost: bool) -> None:
    with pytest.raises(ApiError) as caught:
        check_answer(reply(body, status, method), "create a role")
    assert caught.value.may_have_acted is lost


def test_warnings_come_beside_success() -> None:
    body = {
        "response": [
            {"errorCode": 0, "warningCode": 4, "warningMessage": "User  has no\nplan"},
            {"errorCode": 0, "warningMessage": "User has no plan"},
        ],
        "error": {"errorCode": 0, "warningMessage": "Successful"},
    }
    assert collect_warnings(check_answer(reply(body), "create a user")) == ["User has no plan"]
    assert collect_warnings([]) == []


@pytest.mark.parametrize(
    ("error", "withheld", "declined"),
    [
        (Forbidden("no", status=403), True, True),
        (NotFound("no such call", status=404), True, True),
        (ApiError("method", status=405), True, True),
        (ApiError("not implemented", status=501), True, True),
        (ApiError("code", status=200, code="587"), False, True),
        (ApiError("code", status=400, code="7"), False, True),
        (ApiError("code", status=500, code="7"), False, False),
        (ApiError("page", status=502), False, False),
        (AuthError("code", status=200, code="5"), False, False),
        (Throttled("code", status=429, code="9"), False, False),
        (BadAnswer("html", status=200, code="1"), False, False),
        (ApiError("no status", code="1"), False, False),
    ],
)
def test_what_is_withheld_or_declined_and_what_has_failed(error: ApiError, withheld: bool, declined: bool) -> None:
    assert (is_withheld(error), is_declined(error)) == (withheld, declined)


@pytest.mark.parametrize(
    ("body", "status", "absent"),
    [
        ({"errorCode": 8, "errorMessage": "no such group"}, 404, True),
        ({"error": {"errorCode": 8}}, 404, True),
        ({"errorMessage": "gone"}, 404, True),
        ({}, 404, True),
        ("", 404, True),
        ({"errorCode": 8}, 200, False),
        ("<html></html>", 404, False),
        ([], 404, False),
        ({"message": "no Route matched"}, 404, False),
    ],
)
def test_only_the_application_says_that_an_object_is_not_there(body: t.Any, status: int, absent: bool) -> None:
    assert is_absence(reply(body, status)) is absent


@pytest.mark.parametrize(
    ("error", "taken"),
    [
        (ApiError("Cannot create role R: Commvault error 7: Role [R] already exists.", code="7", status=400), True),
        (ApiError("Cannot create it: Commvault error 9: Token name already present.", code="9", status=200), True),
        (ApiError("Cannot create it: Commvault error 9: Duplicate name.", code="9", status=500), True),
        (ApiError("Cannot create it: HTTP 409: no reason given.", status=409), True),
        (ApiError("Cannot create role Duplicates: Commvault error 7: no reason given.", code="7", status=400), False),
        (ApiError("Cannot create it: Commvault error 7: [already exists] is long.", code="7", status=400), False),
        (ApiError("Cannot create it: Commvault error 7: already exists.", code="7", may_have_acted=True), False),
    ],
)
def test_words_of_the_service_say_that_a_name_is_taken_and_names_do_not(error: ApiError, taken: bool) -> None:
    assert is_name_taken(error) is taken


@pytest.mark.parametrize(
    ("error", "decided"),
    [
        (Forbidden("no"), True),
        (AuthError("no"), True),
        (Forbidden("no", may_have_acted=True), False),
        (ApiError("no"), False),
    ],
)
def test_missing_rights_say_for_certain_that_nothing_was_done(error: ApiError, decided: bool) -> None:
    assert is_decided(error) is decided


@pytest.mark.parametrize(
    ("said", "code", "expected"),
    [
        ("Credential [active-1] is associated with a client.", "5", True),
        ("The credential is in use.", "5", True),
        ("active-1 does not exist", "5", False),
        ("The credential is in use.", None, False),
    ],
)
def test_a_deletion_of_what_is_used_is_told_by_words_outside_its_name(
    said: str, code: str | None, expected: bool
) -> None:
    assert is_in_use(ApiError(said, code=code), "active-1") is expected


def test_the_code_for_a_credential_name_that_is_taken_is_a_decision_in_any_language() -> None:
    with pytest.raises(ApiError) as caught:
        check_answer(reply({"errorMessage": "Das Konto gibt es schon.", "errorCode": 587206339}, 500), "create it")
    assert not caught.value.may_have_acted
    assert is_name_taken(caught.value)


@pytest.mark.parametrize(
    ("text", "pending"),
    [
        ("The request has been submitted for approval.", True),
        ("Request sent to the approvers", True),
        ("Waiting for the approval of the backup administrators", True),
        ("This action requires approval", True),
        ("Approval request was raised", True),
        ("An approval is pending", True),
        ("You do not have the approver role", False),
        ("Credential [pending approval] is not valid", False),
        ("Approved", False),
        ("Successful!", False),
    ],
)
def test_words_say_that_a_write_waits_for_an_approval_and_names_do_not(text: str, pending: bool) -> None:
    with pytest.raises(ApiError) as caught:
        check_answer(reply({"errorCode": 9, "errorMessage": text}), "do it")
    assert is_approval_pending(caught.value) is pending
    assert is_answer_pending({"errorCode": 0, "errorMessage": text}) is pending
    assert is_answer_pending({"error": {"errorCode": 0, "warningMessage": text}}) is pending


def test_an_answer_that_was_lost_waits_for_nothing() -> None:
    with pytest.raises(ApiError) as caught:
        check_answer(reply({"errorCode": 503, "errorMessage": "pending approval"}, 503), "do it")
    assert not is_approval_pending(caught.value)
