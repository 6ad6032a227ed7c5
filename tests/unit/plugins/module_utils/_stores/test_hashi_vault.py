# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Vault that answers anything: the real client library, and what comes of it is a pair or one clear error."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    BadAnswer,
    Cancelled,
    CvopsError,
    WaitTimeout,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.option_sources import OptionSources
from ansible_collections.cvops.identity.plugins.module_utils._stores import hashi_vault
from ansible_collections.cvops.identity.plugins.module_utils._stores.conflicts import StoreConflict
from ansible_collections.cvops.identity.plugins.module_utils._stores.hashi_vault import VaultStore
from ansible_collections.cvops.identity.plugins.module_utils._stores.token_pair import (
    RenewalNote,
    TokenPair,
)

TOKEN, SECRET = "hvs.Planted4711", "secret-of-role-4711"
PAIR = TokenPair("the-access-token", "the-refresh-token")
DOCUMENT = {"access_token": "the-access-token", "refresh_token": "the-refresh-token", "generation": 0}


@pytest.fixture
def make_store(make_ctx: t.Any, server: t.Any) -> t.Callable[..., VaultStore]:
    def make(url: str | None = server.url, environ: dict[str, str] | None = None, **options: t.Any) -> VaultStore:
        ctx = make_ctx({"retries": 0}, sources=OptionSources(environ=environ or {}))
        signing_in = {} if "role_id" in options or environ else {"token": TOKEN}
        return VaultStore(ctx, {"path": "commvault/cs01", "url": url, **signing_in, **options})

    return make


def secret(document: t.Any = None, version: t.Any = 1, **more: t.Any) -> dict[str, t.Any]:
    return {"data": {"data": DOCUMENT if document is None else document, "metadata": {"version": version}}, **more}


def test_what_is_there_is_read(make_store: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(body=secret(version=7)))
    store = make_store(namespace="team")
    assert store.read_pair_and_version() == (PAIR, 7)
    sent = server.received[0]
    assert (sent.path, sent.headers["X-Vault-Token"]) == ("/v1/secret/data/commvault/cs01", TOKEN)
    assert sent.headers["X-Vault-Namespace"] == "team"
    assert not any(TOKEN in line for line in store._ctx.reporter.lines)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("sign_in", ["token", "role"])
@pytest.mark.parametrize("do", ["read", "write", "remove"])
def test_no_redirect_is_followed(
    make_store: t.Any, server: t.Any, secured: t.Any, answer: t.Any, status: int, sign_in: str, do: str
) -> None:
    """Neither to another host nor to another path of this one; what is named in the message is the host alone."""
    options = {"role_id": "role", "secret_id": SECRET} if sign_in == "role" else {}
    for target in (
        f"{secured.server.url}/v1/x",
        "https://svc:Planted4711@localhost:1/",
        "/v1/elsewhere",
        "http://[::1",
        "",
    ):
        server.says(answer(status, headers={"Location": target}))
        store = make_store(**options)
        with pytest.raises(BadAnswer, match=r"not followed.*set url \(or VAULT_ADDR\) to the active node") as refused:
            {
                "read": store.read_pair_and_version,
                "write": lambda s=store: s.write_pair(PAIR, 0),
                "remove": lambda s=store: s.destroy_version(1),
            }[do]()
        assert len(server.received) == 1
        assert secured.server.received == []
        assert not refused.value.may_have_acted
        for hidden in ("Planted4711", SECRET, TOKEN):
            assert hidden not in str(refused.value)


def deep(levels: int) -> bytes:
    return b'{"data":' * levels + b"1" + b"}" * levels


#: Bodies with which nothing can be done, whatever the status.
BODIES: dict[str, t.Any] = {
    "nothing": b"",
    "blank": b" \n",
    "html": b"<html><title>Sign in</title>",
    "text": b"ok",
    "null": b"null",
    "list": b"[]",
    "list of objects": b'[{"data": {}}]',
    "number": b"1",
    "text in quotes": b'"data"',
    "empty object": b"{}",
    "data null": {"data": None},
    "data list": {"data": [1]},
    "data text": {"data": "x"},
    "no metadata": {"data": {"data": DOCUMENT}},
    "metadata null": {"data": {"data": DOCUMENT, "metadata": None}},
    "metadata list": {"data": {"data": DOCUMENT, "metadata": [1]}},
    "version text": secret(version="1"),
    "version null": secret(version=None),
    "version bool": secret(version=True),
    "version negative": secret(version=-1),
    "version zero": secret(version=0),
    "version huge": secret(version=10**40),
    "version fraction": secret(version=1.5),
    "version object": secret(version={"a": 1}),
    "document list": secret([DOCUMENT]),
    "document text": secret("text"),
    "document number": secret(7),
    "document true": secret(True),
    "token a list": secret({"access_token": ["x"]}),
    "token null": secret({"access_token": None}),
    "generation text": secret({**DOCUMENT, "generation": "many"}),
    "generation huge": secret({**DOCUMENT, "generation": 10**400}),
    "expires huge": secret({**DOCUMENT, "expires": 10**400}),
    "expires large": secret({**DOCUMENT, "expires": 1e18}),
    "expires list": secret({**DOCUMENT, "expires": [1]}),
    "expires in year 0": secret({**DOCUMENT, "expires": "0000-01-01T00:00:00Z"}),
    "name an object": secret({**DOCUMENT, "name": {"a": 1}}),
    "user id huge": secret({**DOCUMENT, "user_id": 10**4000}),
    "renewal text": secret({**DOCUMENT, "renewal": "sent"}),
    "renewal at huge": secret({**DOCUMENT, "renewal": {"state": "sent", "at": 1e300}}),
    "custodian list": secret({**DOCUMENT, "custodian": [1]}),
    "custodian since": secret(
        {**DOCUMENT, "custodian": {"host": "h", "user": "u", "since": "9999-99-99"}, "expires": -1}
    ),
    "url with user": secret({**DOCUMENT, "commvault_url": "https://svc:Planted4711@h"}),
    "deep": deep(200_000),
    "rather deep": deep(900),
    "not a number": b'{"data": {"data": {"access_token": "x", "expires": NaN}, "metadata": {"version": 1}}}',
    "infinity": b'{"data": {"data": {"access_token": "x", "expires": Infinity}, "metadata": {"version": 1}}}',
    "many digits": b'{"data": {"data": {"access_token": "x"}, "metadata": {"version": 1' + b"0" * 9000 + b"}}}",
    "errors null": {"errors": None},
    "errors text": {"errors": "no"},
    "errors object": {"errors": {"a": 1}},
    "errors mixed": {"errors": [1, None, {"a": [2]}, ["x"]]},
    "errors huge": {"errors": ["x" * 100_000] * 50},
    "errors with escapes": {"errors": ["\x1b[2Jgone\u202e"]},
    "warnings text": {"warnings": "x"},
}


@pytest.mark.parametrize("status", [200, 204, 400, 404, 500])
@pytest.mark.parametrize("name", BODIES)
def test_useless_answers_are_one_clear_error(
    make_store: t.Any, server: t.Any, answer: t.Any, name: str, status: int
) -> None:
    """For each kind of request; a read may also find nothing."""
    server.says(answer(status, BODIES[name]))
    requests: dict[str, t.Callable[[], t.Any]] = {
        "read": lambda: make_store().read_pair_and_version(),
        "write": lambda: make_store().write_pair(PAIR, 0),
        "remove": lambda: make_store().destroy_version(1),
        "sign in": lambda: make_store(role_id="role", secret_id=SECRET).read_pair_and_version(),
    }
    for kind, request in requests.items():
        try:
            found = request()
        except CvopsError as exc:
            said = str(exc)
            assert "HashiCorp Vault" in said, kind
            assert len(said) < 3000
            assert "\x1b" not in said
            assert "\u202e" not in said
            for hidden in ("Planted4711", SECRET, TOKEN, "the-access-token"):
                assert hidden not in said
        else:
            assert status < 500
            assert kind == "remove" or (kind == "read" and found in ((None, 0), (None, 1)))


def test_the_token_of_a_login_is_checked(make_store: t.Any, server: t.Any, answer: t.Any) -> None:
    for auth in (
        None,
        [],
        "x",
        {},
        {"client_token": None},
        {"client_token": ["x"]},
        {"client_token": "a\nb"},
        {"client_token": ""},
    ):
        server.says(answer(body={"auth": auth}))
        with pytest.raises(BadAnswer, match="sign in to"):
            make_store(role_id="role", secret_id=SECRET).read_pair_and_version()
        assert len(server.received) == 1


def test_an_app_role_is_signed_out_though_the_run_was_told_to_stop(
    make_store: t.Any, server: t.Any, answer: t.Any
) -> None:
    server.says(answer(body={"auth": {"client_token": "hvs.of-role"}}), answer(body=secret()), answer(204, b""))
    store = make_store(role_id="role", secret_id=SECRET)
    store.read_pair_and_version()
    store._ctx.cancellation.request_stop("SIGTERM")
    store._ctx.close()
    assert [entry.path for entry in server.received][-1] == "/v1/auth/token/revoke-self"
    assert server.received[-1].headers["X-Vault-Token"] == "hvs.of-role"


def test_what_opens_the_vault_is_masked(make_store: t.Any, server: t.Any, answer: t.Any) -> None:
    """Secrets from environment variables are no options, so nothing else masks them."""
    server.says(answer(body=secret()))
    store = make_store(environ={"VAULT_TOKEN": TOKEN})
    store.read_pair_and_version()
    assert TOKEN in store._ctx.secrets
    server.says(answer(body={"auth": {"client_token": "hvs.of-role"}}), answer(body=secret()))
    store = make_store(environ={"VAULT_ROLE_ID": "role", "VAULT_SECRET_ID": SECRET})
    store.read_pair_and_version()
    assert {SECRET, "hvs.of-role"} <= store._ctx.secrets


def test_a_role_signs_in_without_the_token_in_the_home_of_the_user(
    make_store: t.Any, server: t.Any, answer: t.Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """hvac would take it, and it is somebody's own."""
    (tmp_path / ".vault-token").write_text(TOKEN)
    monkeypatch.setenv("HOME", str(tmp_path))
    server.says(answer(body={"auth": {"client_token": "hvs.of-role"}}), answer(body=secret()))
    make_store(role_id="role", secret_id=SECRET).read_pair_and_version()
    assert [entry.headers.get("X-Vault-Token") or None for entry in server.received] == [None, "hvs.of-role"]


def test_a_note_counts_as_left_behind_by_its_age_or_when_it_was_watched_unchanged(
    make_store: t.Any, server: t.Any, answer: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each change of the secret begins the watch anew: somebody is at work there."""

    def noted(age_s: float, version: int = 1) -> t.Any:
        at = store._ctx.clock.now().timestamp() - age_s
        return answer(body=secret({**DOCUMENT, "renewal": {"state": "sent", "at": at, "by": "another"}}, version))

    monkeypatch.setattr(hashi_vault, "WATCH_S", 10.0)
    store = make_store()
    server.says(noted(901))
    with store.lock() as locked:
        assert "another began to renew the pair" in locked.leftover
    assert store._ctx.cancellation.waits == []
    server.says(*[noted(5)] * 10, *[noted(5, version=2)] * 100)
    with store.lock():
        pass
    assert sum(store._ctx.cancellation.waits) > hashi_vault.WATCH_S + 3


def test_a_note_is_not_written_when_told_to_stop(make_store: t.Any, server: t.Any, answer: t.Any) -> None:
    """A renewal that is about to begin does not; the pair that one brought is stored all the same."""
    server.says(answer(body=secret()))
    store = make_store()
    with store.lock() as locked:
        store._ctx.cancellation.request_stop("SIGTERM")
        with pytest.raises(Cancelled):
            locked.write_pair(TokenPair("the-access-token", renewal=RenewalNote("sent", 1.0, "me")))
        server.says(answer(body={"data": {"version": 2}}))
        locked.write_pair(TokenPair("new", generation=1))
    assert json.loads(server.received[-1].body)["data"]["access_token"] == "new"


def test_the_deadline_is_kept(make_store: t.Any, server: t.Any, answer: t.Any) -> None:
    """Nothing is asked after it, and nobody is waited for; only what is got already is still stored."""
    server.says(answer(body=secret()))
    store = make_store()
    with store.lock() as locked:
        store._ctx.deadline_at = store._ctx.clock.monotonic()
        with pytest.raises(WaitTimeout):
            store.read_pair_and_version()
        server.says(answer(body={"data": {"version": 2}}))
        locked.write_pair(TokenPair("new", generation=1))
    waited_for = make_store()
    waited_for._ctx.deadline_at = waited_for._ctx.clock.monotonic() + 30
    at = waited_for._ctx.clock.now().timestamp()
    server.says(answer(body=secret({**DOCUMENT, "renewal": {"state": "sent", "at": at, "by": "another"}})))
    with pytest.raises(WaitTimeout, match="another"), waited_for.lock():
        pass


def test_renewals_one_after_the_other_are_not_waited_for_without_end(
    make_store: t.Any, server: t.Any, answer: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashi_vault, "_LONGEST_WATCH_S", 10.0)
    store = make_store()
    note = {**DOCUMENT, "renewal": {"state": "sent", "at": store._ctx.clock.now().timestamp(), "by": "another"}}
    server.says(*[answer(body=secret(note, version=number)) for number in range(1, 60)])
    with pytest.raises(WaitTimeout, match="being renewed by another"), store.lock():
        pass
    assert 10 <= len(server.received) <= 41, "each pause is between a quarter of a second and three of them"


def test_a_store_that_is_always_overtaken_ends(make_store: t.Any, server: t.Any, answer: t.Any) -> None:
    refusal = answer(400, {"errors": ["check-and-set parameter did not match the current version"]})
    server.says(answer(body=secret()))
    store = make_store()
    with store.lock() as locked:
        server.says(*[refusal, answer(body=secret())] * 50)
        with pytest.raises(StoreConflict):
            locked.write_pair(TokenPair("new", "the-refresh-token", generation=1))
    assert len(server.received) == 2 * hashi_vault._MOST_WRITES


@pytest.mark.parametrize("useless", [b"", b"<html>", b"[]", b'{"data": {"version": "2"}}'])
def test_a_write_with_a_useless_answer_is_looked_after(
    make_store: t.Any, server: t.Any, answer: t.Any, useless: bytes
) -> None:
    written = {**DOCUMENT, "access_token": "new", "generation": 1}
    server.says(answer(body=secret()))
    store = make_store()
    with store.lock() as locked:
        server.says(answer(200, useless), answer(body=secret(written, version=2)))
        locked.write_pair(TokenPair("new", "the-refresh-token", generation=1))
        server.says(answer(500, {"errors": ["internal"]}), answer(body=secret(written, version=2)))
        with pytest.raises(ApiError, match="internal"):
            locked.write_pair(TokenPair("newer", generation=2))


def test_a_sealed_vault(make_store: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(503, {"errors": ["Vault is sealed"]}))
    with pytest.raises(ApiError, match="Cannot write the token store .*: Vault is sealed") as refused:
        make_store().write_pair(PAIR, 0)
    assert not refused.value.may_have_acted


@pytest.mark.parametrize(
    "metadata", [{"destroyed": True, "deletion_time": ""}, {"deletion_time": "2026-01-01T00:00:00Z"}, {}]
)
def test_the_version_of_a_removed_pair_is_known(
    make_store: t.Any, server: t.Any, answer: t.Any, metadata: dict[str, t.Any]
) -> None:
    """The next write has to name it."""
    server.says(answer(404, {"data": {"data": None, "metadata": {"version": 3, **metadata}}}))
    assert make_store().read_pair_and_version() == (None, 3)


def test_a_secret_that_is_not_there(make_store: t.Any, server: t.Any, answer: t.Any) -> None:
    server.says(answer(404, {"errors": []}))
    assert make_store().read_pair() is None


@pytest.mark.parametrize(
    "body",
    [
        {"errors": ['no handler for route "secret/data/commvault/cs01". route entry not found.']},
        {"errors": ["namespace not found"]},
        {"errors": ["1 error occurred:\n\t* unsupported path\n\n"]},
        {"errors": None},
        {"message": "no Route matched with those values"},
        {},
        b"",
        "<html><title>Not Found</title>",
    ],
)
def test_a_place_that_is_not_there_is_no_empty_one(
    make_store: t.Any, server: t.Any, answer: t.Any, body: t.Any
) -> None:
    """Else a token whose pair lies elsewhere would be revoked and made anew."""
    server.says(answer(404, body))
    for ask in (lambda: make_store().read_pair(), lambda: make_store().lock(create=True).__enter__()):
        with pytest.raises(CvopsError, match="HashiCorp Vault"):
            ask()
