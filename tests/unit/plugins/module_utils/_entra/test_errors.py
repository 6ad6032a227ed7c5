# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Graph's error bodies: what they mean, whom they come from, and what the user can do."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    AuthError,
    BadAnswer,
    Forbidden,
    NotFound,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.client import GraphClient
from ansible_collections.cvops.identity.plugins.module_utils._entra.errors import _HINTS, is_already_done


def said(code: t.Any, message: t.Any, **more: t.Any) -> dict[str, t.Any]:
    return {"error": {"code": code, "message": message, **more}}


@pytest.fixture
def refused(graph: GraphClient, secured: t.Any, answer: t.Any) -> t.Callable[..., ApiError]:
    """Return the error for a request that is answered with a status and a body."""

    def refuse(status: int, body: t.Any, method: str = "PATCH", needs: t.Sequence[str] = ()) -> ApiError:
        secured.server.says(answer(status, body, {"request-id": "r-1"}))
        with pytest.raises(ApiError) as caught:
            graph.write(method, "/groups/x", {}, intent="change it", needs=needs)
        return caught.value

    return refuse


@pytest.mark.parametrize(
    ("status", "kind"), [(400, ApiError), (401, AuthError), (403, Forbidden), (404, NotFound), (409, ApiError)]
)
def test_each_status_is_its_own_kind_of_error(refused: t.Any, status: int, kind: type[ApiError]) -> None:
    error = refused(status, said("Some_Code", "It is so"))
    assert type(error) is kind
    assert str(error).startswith("Cannot change it: Some_Code: It is so.")
    assert (error.status, error.code, error.facts["service"]) == (status, "Some_Code", "Microsoft Graph")


@pytest.mark.parametrize("code", sorted(_HINTS))
def test_a_known_code_says_what_to_do(refused: t.Any, code: str) -> None:
    assert str(refused(400, said(code, "no"))).endswith(_HINTS[code])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (said("ConflictingObjects", "no"), True),
        (said("Request_BadRequest", "no", details=[{"code": "InvalidValue"}, {"code": "ConflictingObjects"}]), True),
        (said("Request_BadRequest", "ConflictingObjects", details=[{"code": "ObjectConflict"}]), False),
        (said("Request_BadRequest", "no", details="ConflictingObjects"), False),
        (said("Request_BadRequest", "no", details=[None, {"code": ["ConflictingObjects"]}]), False),
        (["ConflictingObjects"], False),
    ],
)
def test_an_object_that_exists_already_is_known_by_any_of_the_codes(
    refused: t.Any, body: t.Any, expected: bool
) -> None:
    assert refused(400, body).is_outdated is expected


def test_a_message_never_decides_on_the_advice(refused: t.Any) -> None:
    assert (
        str(refused(400, said("Other", "Directory_QuotaExceeded")))
        == "Cannot change it: Other: Directory_QuotaExceeded."
    )


def test_missing_rights_are_named(refused: t.Any) -> None:
    error = refused(403, said("Authorization_RequestDenied", "no"), needs=("A.Read", "B.Read"))
    assert "needs A.Read or B.Read" in str(error) and error.facts["needs"] == ["A.Read", "B.Read"]
    assert "needs" not in str(refused(403, said("Authorization_RequestDenied", "no")))


@pytest.mark.parametrize("name", ["innerError", "innererror"])
def test_the_reason_that_lies_deeper_is_told(refused: t.Any, name: str) -> None:
    assert "the real one" in str(refused(400, said("x", "general", **{name: {"message": "the real one"}})))
    for odd in ("text", ["x"], {}, {"message": ""}, None):
        assert "general" in str(refused(400, said("x", "general", **{name: odd})))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "an empty body"),
        ("<html><title>Proxy</title></html>", "HTTP 400"),
        ({}, "without a reason"),
        ([], "without a reason"),
        ({"error": "text"}, "without a reason"),
        ({"error": {}}, "no reason given"),
        (said(None, None), "no reason given"),
    ],
)
def test_an_answer_without_a_reason_says_what_it_is(refused: t.Any, body: t.Any, text: str) -> None:
    error = refused(400, body)
    assert text in str(error) and error.code is None


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("code", [7, None])
def test_an_error_without_a_code_of_text_is_none_of_graphs(refused: t.Any, status: int, code: t.Any) -> None:
    error = refused(status, {"error": {"code": code, "message": 7}})
    assert type(error) is (BadAnswer if code is None else (Forbidden if status == 403 else NotFound))


def test_a_text_over_many_lines_and_a_long_code_are_shown_on_one_line(refused: t.Any) -> None:
    error = refused(400, said("x" * 500, "first\n\x1b[31msecond"))
    assert "\n" not in str(error) and "\x1b" not in str(error)
    assert str(error.code) == "x" * 100 + "\u2026"


@pytest.mark.parametrize(
    ("status", "method", "may"), [(500, "POST", True), (500, "PATCH", False), (400, "POST", False)]
)
def test_only_a_post_that_failed_within_the_service_may_have_acted(
    refused: t.Any, status: int, method: str, may: bool
) -> None:
    assert refused(status, said("x", "y"), method).may_have_acted is may


@pytest.mark.parametrize(
    ("status", "text", "done"),
    [
        (400, "It ALREADY exists", True),
        (409, "it already exists", True),
        (409, "It is there", True),
        (403, "it already exists", False),
        (400, "else", False),
        (400, "The name 'it already exists' is not allowed", False),
    ],
)
def test_only_a_refusal_that_begins_with_a_known_text_means_that_nothing_is_to_do(
    refused: t.Any, status: int, text: str, done: bool
) -> None:
    assert is_already_done(refused(status, said("Request_BadRequest", text)), "It already", "it is there") is done


def test_a_reason_that_lies_deeper_is_the_one_that_counts(refused: t.Any) -> None:
    error = refused(400, said("x", "general", innerError={"message": "It already exists"}))
    assert is_already_done(error, "it already exists") and not is_already_done(error, "general")


@pytest.mark.parametrize("name", ["It already exists", "x: It already exists", "x\nIt already exists"])
def test_a_name_never_says_that_nothing_is_to_do(graph: GraphClient, secured: t.Any, answer: t.Any, name: str) -> None:
    """What is intended stands in the message as well, with names that anybody may have chosen."""
    secured.server.says(answer(400, said("Request_BadRequest", f"The limit of {name} is reached")))
    with pytest.raises(ApiError, match="It already exists") as caught:
        graph.write("POST", "/groups/x", {}, intent=f"add an owner to {name}")
    assert not is_already_done(caught.value, "it already exists")
