# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign-in to a CommServe: its address, the credentials of each method, a session that is opened once and ended."""

from __future__ import annotations

import base64
import json
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    AuthError,
    ConfigError,
    CvopsError,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.http import Transport
from ansible_collections.cvops.identity.plugins.module_utils._signin.commvault.sign_in import (
    API_PATHS,
    AccessTokenCredentials,
    PasswordCredentials,
    _find_api_address,
    obtain_auth_headers,
    open_commvault_transport,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec
from ansible_collections.cvops.identity.plugins.module_utils._signin.transport_settings import build_commvault_settings


@pytest.fixture
def ctx(secured: t.Any, make_ctx: t.Any) -> t.Any:
    defaults = {name: option.get("default") for name, option in commvault_spec().options.items()}
    return make_ctx(
        {**defaults, "commvault_url": secured.server.url, "commvault_ca_path": secured.ca_path, "retries": 0}
    )


def open_transport(ctx: t.Any) -> Transport:
    return Transport(ctx, build_commvault_settings(ctx.options))


def base(ctx: t.Any) -> str:
    return _find_api_address(ctx, open_transport(ctx), ctx.options["commvault_url"])


def test_the_first_that_is_there(ctx: t.Any, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(404, b""), answer(200, {}))
    assert base(ctx).endswith("/webconsole/api")


def test_none_is_there(ctx: t.Any, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(404, b""))
    with pytest.raises(ConfigError, match="No Commvault API found"):
        base(ctx)


@pytest.mark.parametrize("status", [401, 403, 407, 500])
@pytest.mark.parametrize("place", [0, 2])
def test_a_refusal_does_not_say_that_it_is_not_there(
    ctx: t.Any, secured: t.Any, answer: t.Any, status: int, place: int
) -> None:
    answers = [answer(404, b"") for dummy in range(3)]
    answers[place] = answer(status, b"")
    secured.server.says(*answers)
    with pytest.raises(ApiError, match=f"HTTP {status}") as caught:
        base(ctx)
    assert caught.value.status == status


def test_a_session_that_cannot_be_ended_is_told(ctx: t.Any, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(drop=True))
    PasswordCredentials(ctx, f"{secured.server.url}/commandcenter/api", None, open_transport(ctx))._end_session(
        "a-login-token"
    )
    assert any("could not be ended" in line for line in ctx.reporter.lines)


def test_every_place_is_asked_in_order_and_without_credentials(ctx: t.Any, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(404, b""), answer(404, b""), answer(200, {}))
    assert base(ctx) == secured.server.url + API_PATHS[2]
    assert [entry.path for entry in secured.server.received] == [f"{path}/" for path in API_PATHS]
    assert not any({"Authtoken", "Authorization"} & set(entry.headers) for entry in secured.server.received)


@pytest.mark.parametrize(
    ("path", "api"),
    [
        ("/commandcenter", "/commandcenter/api"),
        ("/WebConsole/", "/WebConsole/api"),
        ("/webconsole/api", "/webconsole/api"),
        ("/behind/a/gateway/api", "/behind/a/gateway/api"),
    ],
)
def test_an_address_with_a_path_is_taken_without_asking(ctx: t.Any, secured: t.Any, path: str, api: str) -> None:
    ctx.options["commvault_url"] += path
    assert base(ctx) == secured.server.url + api
    assert secured.server.received == []


USER = {"commvault_username": "ada", "commvault_password": "pw-4711"}


@pytest.fixture
def signing_in(ctx: t.Any) -> t.Any:
    """The context of a user whose CommServe's API is named."""
    ctx.options |= {**USER, "commvault_url": ctx.options["commvault_url"] + "/webconsole/api"}
    return ctx


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "commvault_auth_method password needs commvault_username, commvault_password"),
        ({"commvault_username": "ada"}, "needs commvault_password"),
        ({"commvault_url": None, **USER}, "needs commvault_url"),
        ({"commvault_access_token": "x"}, "to use it, set commvault_auth_method to access_token"),
        ({"commvault_token_store": {"file": "/x"}}, "to use it, set commvault_auth_method to token_store"),
        ({"commvault_auth_method": "access_token"}, "access_token needs commvault_access_token"),
        ({"commvault_auth_method": "token_store"}, "token_store needs commvault_token_store"),
        ({"commvault_auth_method": "entra"}, "entra needs commvault_entra_scope"),
        (
            {**USER, "commvault_proxy_scope": "api://gateway/.default", "commvault_token_header": "Authorization"},
            "cannot be combined",
        ),
        (
            {
                "commvault_auth_method": "entra",
                "commvault_entra_scope": "api://cv/.default",
                "commvault_proxy_scope": "api://gateway/.default",
            },
            "cannot be combined",
        ),
    ],
)
def test_options_that_do_not_make_a_sign_in_send_nothing(
    ctx: t.Any, secured: t.Any, given: dict[str, t.Any], said: str
) -> None:
    ctx.options |= given
    with pytest.raises(ConfigError, match=said) as refused:
        open_commvault_transport(ctx)
    assert "pw-4711" not in str(refused.value)
    assert secured.server.received == []


def test_a_session_is_opened_once_used_and_ended(signing_in: t.Any, secured: t.Any, answer: t.Any) -> None:
    signing_in.options["commvault_pin"] = "123456"
    transport, api = open_commvault_transport(signing_in)
    assert secured.server.received == [], "signed in when first used"
    secured.server.says(answer(body={"token": "QSDK-login-token"}), answer(body={}))
    for dummy in range(2):
        transport.request("GET", f"{api}/CommServ")
    signing_in.close()
    login, first, second, logout = secured.server.received
    assert (login.path, logout.path) == ("/webconsole/api/Login", "/webconsole/api/Logout")
    sent = json.loads(login.body)
    assert (sent["username"], base64.b64decode(sent["password"])) == ("ada", b"pw-4711123456")
    assert {entry.headers["Authtoken"] for entry in (first, second, logout)} == {"QSDK-login-token"}
    assert {"QSDK-login-token", "pw-4711123456"} <= set(signing_in.secrets)
    assert signing_in.stats.as_result()["sign_ins"] == 1


def test_a_refused_session_is_opened_once_more(signing_in: t.Any, secured: t.Any, answer: t.Any) -> None:
    transport, api = open_commvault_transport(signing_in)
    secured.server.says(
        answer(body={"token": "first"}),
        answer(401, {"errorCode": 5}),
        answer(body={"token": "second"}),
        answer(body={"there": 1}),
    )
    assert transport.request("GET", f"{api}/CommServ").json() == {"there": 1}
    assert secured.server.received[-1].headers["Authtoken"] == "second"


def test_after_the_end_no_session_is_opened(signing_in: t.Any, secured: t.Any, answer: t.Any) -> None:
    """A thread that is still reading must not leave one behind."""
    transport, api = open_commvault_transport(signing_in)
    secured.server.says(answer(body={"token": "first"}), answer(body={}))
    transport.request("GET", f"{api}/CommServ")
    signing_in.close()
    secured.server.says(answer(body={"token": "late"}))
    with pytest.raises(AuthError, match="has ended"):
        transport.request("GET", f"{api}/CommServ")
    assert secured.server.received == []


@pytest.mark.parametrize(
    ("status", "body", "said", "code"),
    [
        (200, {"errList": [{"errLogMessage": "Invalid user", "errorCode": 1127}]}, "Invalid user. Check user", "1127"),
        (401, {"errorMessage": "Try again.", "errorCode": 5}, r": Try again\. Check user and password", "5"),
        (401, {"errorMessage": "no", "errorCode": 5}, ": no. Check user and password", "5"),
        (200, {"errorMessage": "no", "errorCode": 0}, ": no. Check user and password", "0"),
        (200, {}, "no reason given", None),
        (200, [], "no reason given", None),
        (200, {"token": "t", "forcePasswordChange": True}, "the password must be changed first. Change it", None),
        (200, {"isAccountLocked": True, "remainingLockTime": 90}, "locked for another 90 s", None),
        (200, {"isAccountLocked": True}, r"locked for another \? s", None),
        (500, {"errorMessage": "down"}, "failed with HTTP 500: down", None),
        (200, "<title>Portal</title>", "Cannot log in to Commvault: .*Portal", None),
        (200, {"errList": "x"}, "no reason given", None),
        (200, {"errList": [7, {"errorCode": 3}]}, "no reason given", "3"),
        (200, {"token": ""}, "no reason given", None),
        (404, "", r"no API at https://.*/api \(HTTP 404 for .*/api/Login\). Check commvault_url \(from ", None),
        (404, {"errorMessage": "no such call"}, "the address of the API ends with /commandcenter/api, or", None),
        (404, {"errList": [{"errLogMessage": "Invalid user", "errorCode": 1127}]}, "Invalid user. Check user", "1127"),
    ],
)
def test_a_login_that_gives_no_token_is_tried_once_and_explained(
    signing_in: t.Any, secured: t.Any, answer: t.Any, status: int, body: t.Any, said: str, code: str | None
) -> None:
    """A second try with a wrong password would bring the account nearer to its lock."""
    signing_in.options["retries"] = 3
    secured.server.says(answer(status, body))
    credentials = PasswordCredentials(signing_in, signing_in.options["commvault_url"], None, open_transport(signing_in))
    with pytest.raises(AuthError, match=said) as refused:
        credentials.build_headers()
    assert refused.value.code == code
    assert len(secured.server.received) == 1
    assert "pw-4711" not in json.dumps(refused.value.as_result())


def test_a_login_whose_answer_is_lost_is_not_repeated(signing_in: t.Any, secured: t.Any, answer: t.Any) -> None:
    signing_in.options["retries"] = 3
    secured.server.says(answer(drop=True))
    with pytest.raises(CvopsError):
        PasswordCredentials(
            signing_in, signing_in.options["commvault_url"], None, open_transport(signing_in)
        ).build_headers()
    assert len(secured.server.received) == 1


class Gateway:
    """Credentials of a gateway."""

    def build_headers(self) -> dict[str, str]:
        return {"Authorization": "Bearer of-the-gateway"}


def test_the_headers_of_a_gateway_go_with_every_request(signing_in: t.Any, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(body={"token": "session"}), answer(body={}))
    credentials = PasswordCredentials(
        signing_in, signing_in.options["commvault_url"], t.cast(t.Any, Gateway()), open_transport(signing_in)
    )
    assert credentials.build_headers() == {"Authtoken": "session", **Gateway().build_headers()}
    signing_in.close()
    assert [entry.headers["Authorization"] for entry in secured.server.received] == ["Bearer of-the-gateway"] * 2


@pytest.mark.parametrize(
    ("header", "token", "headers"),
    [
        ("Authtoken", "abc", {"Authtoken": "abc"}),
        ("Authorization", "abc", {"Authorization": "Bearer abc"}),
        ("Authorization", "bearer abc", {"Authorization": "bearer abc"}),
    ],
)
def test_a_given_token_goes_into_the_header_that_is_read(
    ctx: t.Any, header: str, token: str, headers: dict[str, str]
) -> None:
    ctx.options |= {"commvault_token_header": header, "commvault_access_token": token}
    credentials = AccessTokenCredentials(ctx, None)
    assert credentials.build_headers() == headers
    assert credentials.renew() is False


def test_a_session_whose_headers_are_obtained_is_not_ended(signing_in: t.Any, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(body={"token": "session"}))
    with signing_in.cancellation.shield():
        assert obtain_auth_headers(signing_in) == {"Authtoken": "session"}
        signing_in.close()
    assert [entry.path for entry in secured.server.received] == ["/webconsole/api/Login"]


def test_a_run_that_was_stopped_ends_the_session_that_nobody_gets(
    signing_in: t.Any, secured: t.Any, answer: t.Any
) -> None:
    secured.server.says(answer(body={"token": "session"}), answer(body={}))
    with signing_in.cancellation.shield():
        obtain_auth_headers(signing_in)
        signing_in.cancellation.request_stop("SIGTERM")
        signing_in.close()
    assert [entry.path for entry in secured.server.received][-1] == "/webconsole/api/Logout"


def test_a_run_that_has_ended_gets_no_headers(signing_in: t.Any, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(body={"token": "session"}), answer(body={}))
    signing_in.run_process = 2**22 + 1  # no system has such a process
    with (
        signing_in.cancellation.shield(),
        pytest.raises(CvopsError, match="the run that asked for the token has ended"),
    ):
        obtain_auth_headers(signing_in)
    signing_in.close()
    assert [entry.path for entry in secured.server.received][-1] == "/webconsole/api/Logout"


def test_log_in_and_api_share_one_connection(ctx: t.Any, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(200, {}), answer(200, {"token": "of-the-session"}), answer(200, {}))
    ctx.options.update(commvault_username="somebody", commvault_password="a-password")
    transport, address = open_commvault_transport(ctx)
    transport.request("GET", f"{address}/V4/Role")
    ctx.close()
    paths = [entry.path.removeprefix("/commandcenter/api/") for entry in secured.server.received]
    assert paths == ["", "Login", "V4/Role", "Logout"]
    assert len({entry.peer for entry in secured.server.received}) == 1
    assert [entry.headers.get("Authtoken") for entry in secured.server.received] == [
        None,
        None,
        *["of-the-session"] * 2,
    ]
