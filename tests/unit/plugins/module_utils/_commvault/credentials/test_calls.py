# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls for credentials: which generation of the API is used, what counts as an approval, and what a lost answer becomes."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from credential_examples import APPLICATION, OLDER, SECRET, TENANT, WIRE
from fake_commvault import FakeCommvault, Sent

from ansible_collections.cvops.identity.plugins.module_utils._commvault.credentials.calls import Credentials
from ansible_collections.cvops.identity.plugins.module_utils._commvault.credentials.canonical import (
    Credential,
    parse_credential,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    ConfigError,
    Forbidden,
    NotFound,
)

LIST, ONE = "V4/Credential", "V5/Credential/61"
OLDER_LIST = "CommCell/Credentials"
ROW = {name: WIRE[name] for name in ("id", "name", "accountType", "authType", "description", "company")}
WINDOWS = {"id": 7, "name": "win", "accountType": "WINDOWSACCOUNT"}
OURS = parse_credential(WIRE)
OTHERS = {**WIRE, "security": {**WIRE["security"], "owner": {"user": {"id": 1, "name": "admin"}}}}
NEW = Credential(
    "azure-new",
    secret_fingerprint="key-1",
    azure_tenant_id=TENANT,
    azure_application_id=APPLICATION,
    environment="public",
    shared_with=frozenset(),
)


def site(
    make_ctx: t.Any, answers: dict[str, t.Any] | None = None, **fields: t.Any
) -> tuple[Credentials, FakeCommvault]:
    known = {LIST: {"credentialManager": [ROW, WINDOWS]}, ONE: WIRE, "V4/company": {"companies": []}}
    client = FakeCommvault(make_ctx({}), {**known, **(answers or {})}, **fields)
    return Credentials(t.cast("t.Any", client)), client


def refusal(text: str, code: str = "9", status: int = 400, **facts: t.Any) -> ApiError:
    return ApiError(f"Cannot do it: Commvault error {code}: {text}", code=code, status=status, **facts)


def test_a_credential_is_found_by_name_and_read_by_id(make_ctx: t.Any) -> None:
    credentials, client = site(make_ctx)
    assert credentials.find("AZURE-prod") == OURS
    assert credentials.find("azure") is None
    assert client.paths[:2] == ["GET V4/Credential", "GET V5/Credential/61"]


def test_all_are_listed_and_those_of_applications_are_read(make_ctx: t.Any) -> None:
    credentials, client = site(make_ctx)
    assert [(one.name, one.azure_application_id, one.secret_fingerprint) for one in credentials.list_all()] == [
        ("azure-prod", APPLICATION, "key-1"),
        ("win", None, None),
    ]
    assert client.paths == ["GET V4/Credential", "GET V5/Credential/61"]
    gone, dummy = site(make_ctx, {ONE: None})
    assert [one.name for one in gone.list_all()] == ["win"]


@pytest.mark.parametrize(
    ("rows", "release", "older"),
    [
        ({LIST: {"credentialManager": [ROW]}}, 0, False),
        ({LIST: None, OLDER_LIST: {"credentialRecordInfo": [OLDER]}}, 28, True),
        ({LIST: None, OLDER_LIST: {"credentialRecordInfo": [OLDER]}}, 0, True),
        ({LIST: None, OLDER_LIST: {"credentialRecordInfo": [OLDER]}}, 42, False),
        ({LIST: None, OLDER_LIST: {"credentialRecordInfo": []}}, 28, True),
        ({LIST: None, OLDER_LIST: {"credentialRecordInfo": []}}, 42, False),
        ({LIST: None, OLDER_LIST: {"credentialRecordInfo": []}}, 0, False),
    ],
)
def test_a_list_that_is_not_there_says_nothing_of_the_release(
    make_ctx: t.Any, rows: dict[str, t.Any], release: int, older: bool
) -> None:
    """The newer list is said to answer "not found" where there are no credentials."""
    credentials, dummy = site(make_ctx, rows, release=release)
    assert credentials.uses_older_calls is older


def test_the_older_calls_read_write_and_delete(make_ctx: t.Any) -> None:
    answers = {
        LIST: None,
        OLDER_LIST: {"credentialRecordInfo": [OLDER]},
        "POST Commcell/Credentials/action/delete": {"error": {}},
    }
    credentials, client = site(make_ctx, answers, release=28)
    found = credentials.find("azure-prod")
    assert found is not None and found.id == 61
    assert credentials.list_all() == [dataclasses.replace(found, company=None)]
    assert credentials.write_secret(found, SECRET, "key-2") is False
    assert credentials.delete(found) is False
    assert credentials.read(62) is None
    assert [f"{one.method} {one.path}" for one in client.writes] == [
        "PUT Commcell/Credentials",
        "POST Commcell/Credentials/action/delete",
    ]
    assert {"propertyLevel": "30", "hardRefresh": "true"} in [one.params for one in client.sent]


def test_a_secret_is_written_with_its_mark_by_the_owner_alone(make_ctx: t.Any) -> None:
    credentials, client = site(make_ctx, {f"PUT {ONE}": {"errorCode": 0, "errorMessage": "Successful!"}})
    assert credentials.write_secret(OURS, SECRET, "key-2") is False
    (sent,) = client.writes
    assert sent.body["description"].endswith("[cvops secret: key-2]")
    with pytest.raises(Forbidden, match="belongs to user admin"):
        credentials.write_secret(parse_credential(OTHERS), SECRET, "key-2")
    assert len(client.writes) == 1


@pytest.mark.parametrize(
    "answer",
    [
        refusal("The request has been submitted for approval."),
        {"errorCode": 0, "errorMessage": "Request sent for approval to the backup administrators"},
        {"error": {"errorCode": 0, "warningMessage": "This action requires approval"}},
    ],
)
def test_a_write_may_wait_for_an_approval(make_ctx: t.Any, answer: t.Any) -> None:
    answers = {f"PUT {ONE}": answer, f"DELETE {ONE}": answer, f"POST {LIST}": answer}
    credentials, dummy = site(make_ctx, answers)
    assert credentials.write_secret(OURS, SECRET, "key-2") is True
    assert credentials.delete(OURS) is True
    assert credentials.create(NEW, SECRET, None) is None


def test_other_refusals_are_errors(make_ctx: t.Any) -> None:
    answers = {f"PUT {ONE}": refusal("The [approval] of dates is odd"), f"DELETE {ONE}": refusal("No.")}
    credentials, dummy = site(make_ctx, answers)
    with pytest.raises(ApiError, match="odd"):
        credentials.write_secret(OURS, SECRET, "key-2")
    with pytest.raises(ApiError, match=r"No\."):
        credentials.delete(OURS)


def test_one_that_is_in_use_is_explained(make_ctx: t.Any) -> None:
    said = refusal("Credential [active] is in use by [azure-hypervisor]")
    credentials, dummy = site(make_ctx, {f"DELETE {ONE}": said})
    with pytest.raises(ConfigError, match="Associations"):
        credentials.delete(OURS)
    named = dataclasses.replace(OURS, name="active")
    other, dummy = site(make_ctx, {f"DELETE {ONE}": refusal("Credential active is locked")})
    with pytest.raises(ApiError) as caught:
        other.delete(named)
    assert not isinstance(caught.value, ConfigError)


def test_the_mark_of_a_secret_is_read_back(make_ctx: t.Any) -> None:
    shown = {**WIRE, "description": "[cvops secret: key-2]"}
    credentials, client = site(make_ctx, {ONE: [WIRE, shown, None]})
    assert [credentials.is_secret_shown(61, "key-2") for dummy in range(3)] == [False, True, False]


@pytest.mark.parametrize(
    "answer",
    [{"id": 62, "type": "AZUREACCOUNT"}, {"credential": {"id": 62}, "errorMessage": "Successful!", "errorCode": 0}],
)
def test_the_id_is_found_in_every_form_of_the_answer(make_ctx: t.Any, answer: dict[str, t.Any]) -> None:
    credentials, client = site(make_ctx, {f"POST {LIST}": answer})
    assert credentials.create(NEW, SECRET, None) == 62
    assert client.writes[0].body["name"] == "azure-new"
    older = {
        LIST: None,
        OLDER_LIST: {"credentialRecordInfo": []},
        "POST Commcell/Credentials": {"records": [{"credentialRecord": {"credentialId": 5}}]},
    }
    old, client = site(make_ctx, older, release=28)
    assert old.create(NEW, SECRET, None) == 5
    assert client.writes[0].body["credentialRecordInfo"][0]["credentialRecord"] == {"credentialName": "azure-new"}


def _lose_creation(make_ctx: t.Any, shown: dict[str, t.Any], **more: t.Any) -> tuple[Credentials, FakeCommvault]:
    """Return a service that has created something, and whose answer to that is lost."""
    row = {"id": 62, "name": "azure-new"}
    lists = [{"credentialManager": []}, {"credentialManager": [row]}]
    lost = ApiError("no answer", may_have_acted=True)
    return site(make_ctx, {LIST: lists, f"POST {LIST}": lost, "V5/Credential/62": shown, **more})


@pytest.mark.parametrize("mark", ["key-1", None])
def test_what_an_unanswered_creation_has_made_is_adopted(make_ctx: t.Any, mark: str | None) -> None:
    """Without a mark nothing tells that it holds our secret, so that is written again."""
    description = f"[cvops secret: {mark}]" if mark else ""
    shown = {**WIRE, "id": 62, "name": "azure-new", "description": description}
    credentials, client = _lose_creation(make_ctx, shown)
    wanted = dataclasses.replace(NEW, secret_fingerprint=mark)
    assert credentials.create(wanted, SECRET, None) == 62
    assert [one.method for one in client.writes] == ["POST"] + ([] if mark else ["PUT"])


@pytest.mark.parametrize(
    "different",
    [
        {"description": "[cvops secret: key-2]"},
        {"applicationId": TENANT},
        {"authType": "MICROSOFT_AZURE"},
        {"security": OTHERS["security"]},
    ],
)
def test_what_somebody_else_has_made_is_not_adopted(make_ctx: t.Any, different: dict[str, t.Any]) -> None:
    shown = {**WIRE, "id": 62, "description": "[cvops secret: key-1]", **different}
    credentials, client = _lose_creation(make_ctx, shown)
    with pytest.raises(ApiError, match="at the same time") as caught:
        credentials.create(NEW, SECRET, None)
    assert caught.value.is_outdated
    assert [one.method for one in client.writes] == ["POST"]


def test_a_name_of_somebody_else_is_told(make_ctx: t.Any) -> None:
    taken = refusal("Credential account [azure-new] already exists.", "587206339", 500)
    credentials, dummy = site(make_ctx, {f"POST {LIST}": taken})
    with pytest.raises(ConfigError, match="another user owns it"):
        credentials.create(NEW, SECRET, None)
    other, dummy = site(make_ctx, {f"POST {LIST}": refusal("Wrong tenant.")})
    with pytest.raises(ApiError, match="Wrong tenant"):
        other.create(NEW, SECRET, None)


@pytest.mark.parametrize(
    ("user", "is_refused"),
    [
        ({"associatedUserGroups": [{"id": 3}]}, False),
        ({"associatedUserGroups": [{"id": 4}]}, True),
        ({}, False),
        (None, False),
        (Forbidden("no", status=403), False),
    ],
)
def test_the_owner_may_be_a_group_of_the_caller(make_ctx: t.Any, user: t.Any, is_refused: bool) -> None:
    """Where the groups are not shown, the service decides."""
    wire = {**WIRE, "security": {"owner": {"userGroup": {"id": 3, "name": "master"}}}}
    credentials, client = site(make_ctx, {"v4/user/44": user})
    for _again in range(2):
        fault = credentials.find_owner_fault(parse_credential(wire))
        assert (fault is not None) is is_refused
    assert client.paths == ["GET v4/user/44"]


def test_a_read_that_fails_is_not_taken_for_no_groups(make_ctx: t.Any) -> None:
    wire = {**WIRE, "security": {"owner": {"userGroup": {"id": 3}}}}
    credentials, dummy = site(make_ctx, {"v4/user/44": ApiError("down", status=500)})
    with pytest.raises(ApiError, match="down"):
        credentials.find_owner_fault(parse_credential(wire))


def test_a_write_to_what_is_gone_is_an_error(make_ctx: t.Any) -> None:
    def answer(request: Sent) -> t.Any:
        return NotFound("gone", is_outdated=True)

    credentials, dummy = site(make_ctx, {f"PUT {ONE}": answer})
    with pytest.raises(NotFound):
        credentials.write_secret(OURS, SECRET, None)
