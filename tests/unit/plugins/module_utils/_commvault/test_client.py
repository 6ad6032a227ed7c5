# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a CommServe does not tell, and what it fails to tell: only the first is taken for an answer."""

from __future__ import annotations

import typing as t

import pytest
from commvault_examples import NO_OBJECT, NO_RIGHTS, NOT_FOUND_PAGE

from ansible_collections.cvops.identity.plugins.module_utils._commvault import whoami
from ansible_collections.cvops.identity.plugins.module_utils._commvault.client import CommvaultClient
from ansible_collections.cvops.identity.plugins.module_utils._commvault.directory import Directory
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    AuthError,
    BadAnswer,
    NotFound,
    Throttled,
    Unreachable,
)

#: Answers that say: not for this account, or not in this release.
WITHHELD = [
    (200, NO_RIGHTS),
    (403, NO_RIGHTS),
    (404, NO_OBJECT),
    (404, NOT_FOUND_PAGE),
    (404, b""),
    (405, b""),
    (501, NOT_FOUND_PAGE),
]
#: Reads that fail.
FAILED = [
    (500, NOT_FOUND_PAGE, ApiError),
    (401, {"errorCode": 5, "errorMessage": "Access denied"}, AuthError),
    (429, b"", Throttled),
    (200, "<html><head><title>Log in</title></head></html>", BadAnswer),
    (200, b"", BadAnswer),
    (302, b"", BadAnswer),
]


def asked(client: CommvaultClient) -> list[t.Callable[[], t.Any]]:
    """Reads that get along without an answer that is withheld."""
    return [
        lambda: client.release,
        lambda: Directory(client)._has_companies(),
        lambda: Directory(client)._find_company_keys("corp"),
        lambda: whoami._read_rights(client),
        lambda: whoami._read_user_group_names(client, 44),
    ]


@pytest.mark.parametrize(("status", "body"), WITHHELD)
def test_what_is_withheld_is_not_known(
    client: CommvaultClient, secured: t.Any, answer: t.Any, status: int, body: t.Any
) -> None:
    secured.server.says(answer(status, body))
    release, has_companies, keys, rights, groups = (ask() for ask in asked(client))
    assert (release, has_companies, rights, groups) == (0, True, None, None)
    assert keys.names == {"corp"} and not keys.ids


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"errorCode": 587, "errorMessage": "Zugriff verweigert"}),
        (400, {"errorCode": 7, "errorMessage": "User doesn't have rights for this operation"}),
        (403, {"errorCode": 7, "errorMessage": "No"}),
    ],
)
def test_what_commvault_declines_in_other_words(
    client: CommvaultClient, secured: t.Any, answer: t.Any, status: int, body: t.Any
) -> None:
    """The release and the rights are facts that a task can do without; companies decide what a name means."""
    secured.server.says(answer(status, body))
    release, has_companies, keys, rights, groups = asked(client)
    assert (release(), rights(), groups()) == (0, None, None)
    for ask in (has_companies, keys) if status != 403 else ():
        with pytest.raises(ApiError):
            ask()


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize(("status", "body", "kind"), FAILED)
def test_a_read_that_fails_is_an_error(
    client: CommvaultClient, secured: t.Any, answer: t.Any, status: int, body: t.Any, kind: type[ApiError], number: int
) -> None:
    secured.server.says(answer(status, body))
    with pytest.raises(kind) as caught:
        asked(client)[number]()
    assert type(caught.value) is kind


@pytest.mark.parametrize("number", range(5))
def test_no_answer_is_an_error(client: CommvaultClient, secured: t.Any, answer: t.Any, number: int) -> None:
    secured.server.says(answer(drop=True))
    with pytest.raises(Unreachable):
        asked(client)[number]()


@pytest.mark.parametrize("body", [NO_OBJECT, {"errorMessage": "No such object"}, {"error": NO_OBJECT}, {}, b""])
def test_an_object_that_is_gone(client: CommvaultClient, secured: t.Any, answer: t.Any, body: t.Any) -> None:
    secured.server.says(answer(404, body))
    assert client.get("V4/UserGroup/21", intent="read user group 21", missing_ok=True) is None
    assert client.write("DELETE", "V4/AccessToken/9", intent="revoke access token 9", missing_ok=True) == {}


@pytest.mark.parametrize(
    "body",
    [
        NOT_FOUND_PAGE,
        "not found",
        [1],
        {"message": "no Route matched with those values"},
        {"statusCode": 404, "message": "x"},
    ],
)
def test_a_page_of_a_server_in_between_tells_of_no_object(
    client: CommvaultClient, secured: t.Any, answer: t.Any, body: t.Any
) -> None:
    """Else a token would count as revoked, and a group as one that can be created, because a proxy knows no such path."""
    secured.server.says(answer(404, body))
    with pytest.raises(NotFound):
        client.get("V4/UserGroup/21", intent="read user group 21", missing_ok=True)
    with pytest.raises(NotFound):
        client.write("DELETE", "V4/AccessToken/9", intent="revoke access token 9", missing_ok=True)
    assert client.get("V4/Role", intent="list roles", unknown_ok=True) is None, "a release may not know a path"
