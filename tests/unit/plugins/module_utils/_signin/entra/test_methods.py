# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every way to sign in to Entra ID, to a token service that answers anything: a token, or one clear error."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reporters import RecordingReporter
from token_service import (
    BODIES,
    CERTIFICATE,
    DEEP,
    GIVEN,
    SCOPE,
    TokenService,
    build_jwt,
    make_sign_in_context,
)

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import AuthError, CvopsError
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.methods import (
    AUTO_ORDER,
    METHODS,
    AccessTokenMethod,
    ClientSecretMethod,
    IncompleteSignIn,
    choose_method,
)

pytestmark = pytest.mark.usefixtures("no_waiting")


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
@pytest.mark.parametrize("method", GIVEN)
def test_every_method_meets_every_answer(service: TokenService, method: str, body: str, status: int) -> None:
    service.bodies["token"], service.status = body, status
    ctx = make_sign_in_context(method)
    try:
        token = METHODS[method](ctx).acquire_token(SCOPE)
    except CvopsError as exc:
        assert isinstance(exc, AuthError), exc
        result = json.dumps(exc.as_result())
        assert len(result) < 3000
        assert "s3cr3t" not in result
    else:
        assert token.value == "abc"
        assert -60 <= token.expires_at - ctx.clock.now().timestamp() <= 3601
    assert service.asked


@pytest.mark.parametrize("body", ["[]", "7", "null", "{}", '{"token_endpoint": 7}', '{"token_endpoint": []}', DEEP, ""])
@pytest.mark.parametrize("method", [name for name in GIVEN if name != "managed_identity"])
def test_every_method_meets_every_discovery_document(service: TokenService, method: str, body: str) -> None:
    service.bodies["discovery"] = body
    with pytest.raises(AuthError):
        METHODS[method](make_sign_in_context(method)).acquire_token(SCOPE)


@pytest.mark.parametrize("method", ["device_code", "interactive"])
def test_the_person_is_told_who_signed_in(service: TokenService, method: str) -> None:
    claims = {"idtyp": "user", "upn": "ada@x.example", "name": "Ada \u202eecalevoL\n PLAY RECAP"}
    service.bodies["token"] = json.dumps({"access_token": build_jwt(**claims), "expires_in": 3600})
    ctx = make_sign_in_context(method)
    METHODS[method](ctx).acquire_token(SCOPE)
    said = t.cast("RecordingReporter", ctx.reporter).news[-1]
    assert said == "Signed in as ada@x.example (Ada \\u202eecalevoL PLAY RECAP), as the token says."


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(
            ["access_token", "expires_in", "error", "error_codes", "error_description", "scope", "id_token"]
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
            max_leaves=5,
        ),
    )
)
def test_any_members_of_any_type(service: TokenService, members: dict[str, t.Any]) -> None:
    service.bodies["token"] = json.dumps(members)
    for method in ("client_secret", "device_code", "managed_identity"):
        try:
            METHODS[method](make_sign_in_context(method)).acquire_token(SCOPE)
        except AuthError:
            continue


SECRET = "Planted4711-secret"
TOKEN = {"access_token": "a-token", "expires_in": 3600, "token_type": "Bearer"}


@pytest.fixture
def make_method(make_ctx: t.Any, secured: t.Any) -> t.Callable[[], ClientSecretMethod]:
    def make() -> ClientSecretMethod:
        options = {
            "client_id": "d4c3a1be-90f5-4a1f-8d7b-0f2b6f1ce7aa",
            "tenant_id": "3b7e0c54-6a1d-4f0e-9d52-8c41aa0f7e16",
            "client_secret": SECRET,
            "authority_url": secured.server.url,
            "cloud": "public",
            "instance_discovery": False,
            "ca_path": secured.ca_path,
            "retries": 0,
        }
        return ClientSecretMethod(make_ctx(options, secrets={SECRET}))

    return make


def discovery(secured: t.Any, **changes: t.Any) -> dict[str, t.Any]:
    base = secured.server.url
    return {
        "issuer": f"{base}/tenant/v2.0",
        "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{base}/token",
        **changes,
    }


ODD: list[t.Any] = [None, [], {}, "x", 7, True, [{"a": 1}], {"a": [1]}, 10**400, -1, 1e300, "9" * 400]


def accepted(method: ClientSecretMethod) -> bool:
    """Whether there was a token; any error is one of ours, and shows no secret."""
    try:
        token = method.acquire_token(SCOPE)
    except CvopsError as exc:
        assert SECRET not in json.dumps(exc.as_result(), default=str)
        return False
    assert isinstance(token.value, str)
    return True


@pytest.mark.parametrize(
    ("status", "member"),
    [(200, name) for name in ("access_token", "expires_in", "refresh_in", "token_type", "id_token", "client_info")]
    + [(400, name) for name in ("error", "error_codes", "error_description", "correlation_id", "suberror")],
)
def test_odd_members_of_a_token_answer(
    make_method: t.Any, secured: t.Any, answer: t.Any, status: int, member: str
) -> None:
    usual = TOKEN if status == 200 else {"error": "invalid_client", "error_description": "AADSTS7000215: wrong"}
    for odd in ODD:
        secured.server.says(answer(body=discovery(secured)), answer(status, {**usual, member: odd}))
        assert not (accepted(make_method()) and status == 400)
        assert len(secured.server.received) <= 2


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'"x"', b"7", b"<html>", b'{"a":' * 200_000, b"[" * 5000 + b"]" * 5000]
)
def test_useless_bodies(make_method: t.Any, secured: t.Any, answer: t.Any, body: bytes) -> None:
    for answers in ([answer(body=body)], [answer(body=discovery(secured)), answer(body=body)]):
        secured.server.says(*answers)
        assert not accepted(make_method())


def test_a_document_does_not_lead_a_secret_away(
    make_method: t.Any, secured: t.Any, server: t.Any, answer: t.Any
) -> None:
    """Not to plain HTTP, and not with user information; nor does a redirect of the token request."""
    with_user = secured.server.url.replace("https://", "https://svc:Planted4711@")
    for endpoint in (
        f"{server.url}/token",
        f"{with_user}/token",
        "ftp://h/token",
        "//h",
        "",
        None,
        7,
        ["x"],
        "https://[::1",
    ):
        secured.server.says(answer(body=discovery(secured, token_endpoint=endpoint)), answer(body=TOKEN))
        assert not accepted(make_method())
        assert server.received == []
        assert len(secured.server.received) == 1
    secured.server.says(answer(body=discovery(secured)), answer(307, headers={"Location": f"{server.url}/token"}))
    assert not accepted(make_method())
    assert server.received == []


def test_a_ready_token_with_an_odd_expiry(make_ctx: t.Any) -> None:
    """Such as one that a person typed, or another tool made."""
    for claims in ("eyJleHAiOlsxXX0", "eyJleHAiOiJ4In0", "eyJleHAiOjFlMzAwfQ", "W10"):
        ctx = make_ctx({"access_token": f"eyJhbGciOiJub25lIn0.{claims}.x"})
        assert AccessTokenMethod(ctx).acquire_token(SCOPE).expires_at == 0.0


SETS: dict[str, dict[str, t.Any]] = {
    "token": {"access_token": "e30.e30.x"},
    "federated": {"tenant_id": "t", "client_id": "c", "federated_token": "a.b.c"},
    "client_certificate": {"tenant_id": "t", "client_id": "c", "client_certificate": CERTIFICATE},
    "client_secret": {"tenant_id": "t", "client_id": "c", "client_secret": "s3cr3t"},
}


def test_auto_takes_the_first_method_whose_inputs_are_complete(make_ctx: t.Any) -> None:
    assert tuple(SETS) == AUTO_ORDER
    given: dict[str, t.Any] = {"auth_method": "auto"}
    for name in reversed(AUTO_ORDER):
        given |= SETS[name]
        ctx = make_ctx(given)
        assert choose_method(ctx).name == name
        assert any(f"auth_method auto: {name} (" in line for line in ctx.reporter.lines)


@pytest.mark.parametrize("name", AUTO_ORDER)
def test_one_input_less_and_auto_does_not_take_it(make_ctx: t.Any, name: str) -> None:
    for left_out in SETS[name]:
        given = {option: value for option, value in SETS[name].items() if option != left_out}
        with pytest.raises(IncompleteSignIn, match="No complete sign-in to Entra ID"):
            choose_method(make_ctx({"auth_method": "auto", **given}))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "client_secret, lacks tenant_id, client_id, client_secret"),
        ({"client_secret": "s"}, "client_secret, lacks tenant_id, client_id: set them as options"),
        ({"client_certificate": "x", "client_id": "c"}, "client_certificate, lacks tenant_id: "),
        (
            {"tenant_id": "t", "federated_token": "x"},
            "federated, lacks client_id: set them as options, as variables (cvops_client_id …) or in the environment"
            " (CVOPS_CLIENT_ID …)",
        ),
        ({"tenant_id": "t", "client_id": "c"}, "client_secret, lacks client_secret"),
    ],
)
def test_the_nearest_method_is_named_with_what_it_lacks(make_ctx: t.Any, given: dict[str, t.Any], said: str) -> None:
    with pytest.raises(IncompleteSignIn) as refused:
        choose_method(make_ctx({"auth_method": "auto", **given}))
    assert said in str(refused.value)


def test_auto_never_takes_a_person_or_a_machine(make_ctx: t.Any) -> None:
    assert not {"interactive", "device_code", "managed_identity"} & set(AUTO_ORDER)


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("client_secret", "auth_method client_secret needs tenant_id, client_id, client_secret: "),
        (
            "federated",
            "needs tenant_id, client_id, federated_token or federated_token_file or federated_managed_identity: ",
        ),
        ("token", "auth_method token needs access_token: "),
    ],
)
def test_a_method_that_was_asked_for_and_is_incomplete(make_ctx: t.Any, method: str, said: str) -> None:
    """Another that is complete is not taken in its place."""
    other = SETS["client_certificate"] if method == "token" else SETS["token"]
    with pytest.raises(IncompleteSignIn) as refused:
        choose_method(
            make_ctx(
                {"auth_method": method, **other} if method == "token" else {"auth_method": method, "access_token": "x"}
            )
        )
    assert said in str(refused.value)


def test_a_managed_identity_needs_no_option(make_ctx: t.Any) -> None:
    assert choose_method(make_ctx({"auth_method": "managed_identity"})).name == "managed_identity"


@pytest.mark.parametrize("method", [*GIVEN, "token"])
def test_fingerprints_are_those_of_credentials_and_show_none(method: str) -> None:
    def compute(**options: t.Any) -> str:
        given = {**GIVEN.get(method, {"access_token": "token-4711"}), **options}
        ctx = make_sign_in_context(method if method in GIVEN else "client_secret", auth_method=method, **given)
        return str(METHODS[method](ctx).compute_fingerprint())

    first = compute()
    assert first == compute() and "4711" not in first and "s3cr3t" not in first
    changes = {
        "client_secret": {"client_secret": "another"},
        "federated": {"federated_token": "d.e.f"},
        "managed_identity": {"managed_identity_client_id": "another"},
        "token": {"access_token": "another"},
    }
    if method in changes:
        assert compute(**changes[method]) != first


@pytest.mark.parametrize("method", METHODS)
def test_what_a_method_is(method: str) -> None:
    """The token cache and another host depend on these."""
    found = METHODS[method]
    assert found.name == method
    assert found.is_personal is (method in ("interactive", "device_code"))
    assert found.can_renew is (method != "token")


def test_a_token_that_is_given_is_used_while_it_lives(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    now = int(ctx.clock.now().timestamp())
    for ends, lives in ((now + 1, True), (now, False), (now - 1, False)):
        ctx.options["access_token"] = build_jwt(exp=ends)
        if lives:
            assert AccessTokenMethod(ctx).acquire_token(SCOPE).expires_at == ends
        else:
            with pytest.raises(AuthError, match="has expired") as refused:
                AccessTokenMethod(ctx).acquire_token(SCOPE)
            assert refused.value.code == "token_expired"


def test_of_the_tokens_that_a_controller_sends_the_one_for_the_scope_is_used(make_ctx: t.Any) -> None:
    ctx = make_ctx({"access_token": json.dumps({SCOPE: "for-graph", "api://other/.default": "for-another"})})
    assert AccessTokenMethod(ctx).acquire_token(SCOPE).value == "for-graph"
    assert {"for-graph", "for-another"} <= set(ctx.secrets)
    with pytest.raises(AuthError, match="sent no token for api://third") as refused:
        AccessTokenMethod(ctx).acquire_token("api://third/.default")
    assert refused.value.code == "no_token"


@pytest.mark.parametrize("given", ["{", "{not json", "{" * 5000])
def test_a_token_that_only_begins_like_an_object_is_a_token(make_ctx: t.Any, given: str) -> None:
    assert AccessTokenMethod(make_ctx({"access_token": given})).acquire_token(SCOPE).value == given


@pytest.mark.parametrize("status", [400, 401, 404])
@pytest.mark.parametrize("method", ["client_secret", "device_code", "interactive"])
def test_the_reason_of_a_refused_discovery_is_told(service: TokenService, method: str, status: int) -> None:
    """MSAL raises ValueError for it and drops the body."""
    service.refuse_discovery(status, {"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant not found."})
    with pytest.raises(AuthError) as refused:
        METHODS[method](make_sign_in_context(method)).acquire_token(SCOPE)
    assert refused.value.code == "AADSTS90002"
    assert "The tenant was not found" in str(refused.value)
    service.refuse_discovery(status, {"message": "nothing here"})
    with pytest.raises(AuthError, match="the discovery document is missing or not Entra's") as unknown:
        METHODS[method](make_sign_in_context(method)).acquire_token(SCOPE)
    assert unknown.value.code == "authority"
    assert "set instance_discovery to false" in str(unknown.value)
