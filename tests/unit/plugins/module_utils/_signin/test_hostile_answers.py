# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token service that answers what it likes, to every way to sign in: a token, or one clear error; never a traceback or a long wait."""

from __future__ import annotations

import json
import logging
import pathlib
import typing as t

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import AuthError, ConfigError, CvopsError
from ansible_collections.cvops.identity.plugins.module_utils._core.http import Transport
from ansible_collections.cvops.identity.plugins.module_utils._core.reply import Reply
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra import interactive
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.methods import METHODS
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.msal_library import load_msal

SCOPE = "https://graph.microsoft.com/.default"
TENANT = "11111111-2222-3333-4444-555555555555"
AUTHORITY = f"https://login.microsoftonline.com/{TENANT}"
DISCOVERY = {
    "issuer": f"{AUTHORITY}/v2.0",
    "token_endpoint": f"{AUTHORITY}/oauth2/v2.0/token",
    "authorization_endpoint": f"{AUTHORITY}/oauth2/v2.0/authorize",
    "device_authorization_endpoint": f"{AUTHORITY}/oauth2/v2.0/devicecode",
}
FLOW = {
    "device_code": "device-code-1",
    "user_code": "ABCD1234",
    "verification_uri": "https://microsoft.com/devicelogin",
    "expires_in": 900,
    "interval": 5,
    "message": "PLAY RECAP: ok=1",
}
DEEP = "[" * 100_000
#: Bodies of the token endpoint, as the bytes that come.
BODIES: dict[str, str] = {
    "a list": "[]",
    "a number": "7",
    "text": '"token"',
    "null": "null",
    "empty": "",
    "no JSON": "<html>",
    "an empty object": "{}",
    "nested deep": DEEP,
    "a token that is a list": json.dumps({"access_token": ["a"], "expires_in": 3600}),
    "a token that is an object": json.dumps({"access_token": {"a": 1}, "expires_in": 3600}),
    "a token that is a number": json.dumps({"access_token": 7, "expires_in": 3600}),
    "a token of two lines": json.dumps({"access_token": "a\r\nX-Evil: 1", "expires_in": 3600}),
    "a token with half a character": '{"access_token": "a\\ud800", "expires_in": 3600}',
    "a life that is text": json.dumps({"access_token": "abc", "expires_in": "abc"}),
    "a life that is a list": json.dumps({"access_token": "abc", "expires_in": []}),
    "a life that is an object": json.dumps({"access_token": "abc", "expires_in": {"a": 1}}),
    "a life without end": '{"access_token": "abc", "expires_in": Infinity}',
    "a life that is no number": '{"access_token": "abc", "expires_in": NaN}',
    "a life of many digits": '{"access_token": "abc", "expires_in": ' + "9" * 400 + "}",
    "a negative life": json.dumps({"access_token": "abc", "expires_in": -5}),
    "codes that are a number": json.dumps({"error": "x", "error_codes": 7}),
    "codes that are text": json.dumps({"error": "x", "error_codes": "7000215"}),
    "codes that are objects": json.dumps({"error": "x", "error_codes": [{}, [], None, "\u00b2", "9" * 5000]}),
    "an error that is a list": json.dumps({"error": ["x"], "error_description": {"a": 1}, "correlation_id": []}),
    "an id token that is none": json.dumps({"access_token": "abc", "expires_in": 3600, "id_token": 7}),
    "an id token of garbage": json.dumps({"access_token": "abc", "expires_in": 3600, "id_token": "a.b.c"}),
    "client info that is none": json.dumps({"access_token": "abc", "expires_in": 3600, "client_info": "%%%"}),
    "a scope that is a number": json.dumps({"access_token": "abc", "expires_in": 3600, "scope": 7}),
    "a refresh token that is an object": json.dumps({"access_token": "abc", "expires_in": 3600, "refresh_token": {}}),
}


class Silent:
    """A reporter that keeps what it hears."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def debug(self, level: int, message: str) -> None:
        """Dropped."""

    def progress(self, message: str) -> None:
        """Dropped."""

    def prompt(self, message: str) -> None:
        self.lines.append(message)


class Service:
    """Stands in for the transport: ``bodies`` by the end of the path; the rest is discovery."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **bodies: str) -> None:
        self.bodies = {"token": "{}", "devicecode": json.dumps(FLOW), "discovery": json.dumps(DISCOVERY), **bodies}
        self.status, self.asked = 200, []  # type: ignore[var-annotated]
        monkeypatch.setattr(Transport, "request", lambda _self, method, url, **_more: self.answer(method, url))

    def answer(self, method: str, url: str) -> Reply:
        path = url.split("?")[0]
        self.asked.append(path)
        name = path.rsplit("/", maxsplit=1)[-1]
        body = self.bodies[name if name in ("token", "devicecode") else "discovery"]
        status = self.status if name == "token" else 200
        return Reply(method, url, status, {}, body.encode(), "id", "Entra sign-in")


def certificate() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return _pem(key)


def _pem(key: t.Any) -> str:
    import datetime

    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return str((private + built.public_bytes(serialization.Encoding.PEM)).decode())


CERTIFICATE = certificate()
GIVEN: dict[str, dict[str, t.Any]] = {
    "client_secret": {"client_secret": "s3cr3t-value"},
    "client_certificate": {"client_certificate": CERTIFICATE},
    "federated": {"federated_token": "a.b.c"},
    "managed_identity": {},
    "device_code": {},
    "interactive": {},
}


def context(method: str, **options: t.Any) -> Context:
    given = {
        "auth_method": method,
        "tenant_id": TENANT,
        "client_id": "66666666-7777-8888-9999-000000000000",
        "cloud": "public",
        "instance_discovery": False,
        "token_cache": "none",
        "retries": 0,
        **GIVEN[method],
        **options,
    }
    ctx = Context(options=given, reporter=Silent(), attended=True)
    ctx.deadline_at = ctx.clock.monotonic() + 60
    return ctx


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Context, "sleep", lambda _self, seconds: None)


def browse(service: Service) -> t.Callable[..., t.Any]:
    """A browser that comes back with a code at once, as the person's would."""

    def back(_self: t.Any, auth_uri: str | None = None, state: str | None = None, **_more: t.Any) -> dict[str, t.Any]:
        return {"code": "code-1", "state": state}

    return back


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    made = Service(monkeypatch)
    from msal.oauth2cli.authcode import AuthCodeReceiver

    monkeypatch.setattr(AuthCodeReceiver, "get_auth_response", browse(made))
    return made


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
@pytest.mark.parametrize("method", GIVEN)
def test_every_method_meets_every_answer(service: Service, method: str, body: str, status: int) -> None:
    service.bodies["token"], service.status = body, status
    ctx = context(method)
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
def test_every_method_meets_every_discovery_document(service: Service, method: str, body: str) -> None:
    service.bodies["discovery"] = body
    with pytest.raises(AuthError):
        METHODS[method](context(method)).acquire_token(SCOPE)


HOSTILE_FLOWS: dict[str, dict[str, t.Any]] = {
    "no code": {"user_code": None},
    "a code with a forged line": {"user_code": "ABCD1234\nPLAY RECAP"},
    "a code with an escape": {"user_code": "\x1b[2JABCD"},
    "a code that is a sentence": {"user_code": "ABCD then call 555-0100"},
    "a code that is a list": {"user_code": ["ABCD1234"]},
    "an address without TLS": {"verification_uri": "http://microsoft.com/devicelogin"},
    "an address that is a script": {"verification_uri": "javascript:alert(1)"},
    "an address with credentials": {"verification_uri": "https://microsoft.com@evil.example/devicelogin"},
    "an address that looks like another": {"verification_uri": "https://micr\u043esoft.com/devicelogin"},
    "an address with a line": {"verification_uri": "https://evil.example/\nok"},
    "an address that is none": {"verification_uri": "https://[::1"},
    "an address that is a number": {"verification_uri": 7},
    "no address": {"verification_uri": None},
    "a wait of years": {"interval": 10**9},
    "a negative wait": {"interval": -1},
    "a wait that is text": {"interval": "soon"},
    "a wait that is a list": {"interval": []},
    "a life that is text": {"expires_in": "abc"},
    "a life of nothing": {"expires_in": 0},
    "a negative life": {"expires_in": -5},
    "a device code that is an object": {"device_code": {}},
    "no device code": {"device_code": None},
}


@pytest.mark.parametrize("change", HOSTILE_FLOWS.values(), ids=HOSTILE_FLOWS.keys())
def test_a_flow_that_cannot_be_shown_is_not_shown(service: Service, change: dict[str, t.Any]) -> None:
    service.bodies["devicecode"] = json.dumps({**FLOW, **change})
    ctx = context("device_code")
    with pytest.raises(AuthError):
        interactive.sign_in_with_device_code(ctx, SCOPE)
    assert t.cast("Silent", ctx.reporter).lines == []


@pytest.mark.parametrize("body", ["[]", "7", "null", "", "<html>", DEEP])
def test_a_flow_that_is_none(service: Service, body: str) -> None:
    service.bodies["devicecode"] = body
    with pytest.raises(AuthError):
        interactive.sign_in_with_device_code(context("device_code"), SCOPE)


@pytest.mark.parametrize(
    ("address", "warned"),
    [
        ("https://microsoft.com/devicelogin", False),
        ("https://login.microsoftonline.us/device", False),
        ("https://login.microsoftonline.com/device", False),
        ("https://microsoft.com.evil.example/devicelogin", True),
        ("https://notmicrosoft.com/devicelogin", True),
    ],
)
def test_the_prompt_is_ours_and_shows_where_it_leads(service: Service, address: str, warned: bool) -> None:
    service.bodies["devicecode"] = json.dumps({**FLOW, "verification_uri": address})
    service.bodies["token"] = json.dumps({"access_token": "abc", "expires_in": 60})
    ctx = context("device_code")
    interactive.sign_in_with_device_code(ctx, SCOPE)
    (line,) = t.cast("Silent", ctx.reporter).lines
    assert f"open {address} in" in line and "ABCD1234" in line and "RECAP" not in line
    assert ("Attention" in line) is warned


class Time:
    """A clock that moves when somebody sleeps."""

    def __init__(self, ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
        self.slept: list[float] = []
        self.now = 1000.0
        monkeypatch.setattr(ctx.clock, "monotonic", lambda: self.now)
        monkeypatch.setattr(Context, "sleep", lambda _self, seconds: self.sleep(seconds))

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.mark.parametrize(("deadline_s", "valid_s"), [(30, 900), (900, 40)])
def test_a_code_that_nobody_types_ends_with_the_deadline_or_its_own_life(
    service: Service, monkeypatch: pytest.MonkeyPatch, deadline_s: float, valid_s: float
) -> None:
    """Not with what the library would wait, which asks only its own clock."""
    monkeypatch.setattr("time.sleep", lambda seconds: pytest.fail("somebody sleeps on his own account"))
    service.bodies["devicecode"] = json.dumps({**FLOW, "expires_in": valid_s})
    service.bodies["token"], service.status = json.dumps({"error": "authorization_pending"}), 400
    ctx = context("device_code")
    moving = Time(ctx, monkeypatch)
    ctx.deadline_at = moving.now + deadline_s
    with pytest.raises(AuthError, match="in time") as found:
        interactive.sign_in_with_device_code(ctx, SCOPE)
    assert found.value.code == "timeout"
    assert sum(moving.slept) == pytest.approx(min(deadline_s, valid_s))
    assert max(moving.slept) <= 5


def test_slow_down_is_obeyed_within_reason(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    service.bodies["token"], service.status = json.dumps({"error": "slow_down"}), 400
    ctx = context("device_code")
    moving = Time(ctx, monkeypatch)
    ctx.deadline_at = moving.now + 800
    with pytest.raises(AuthError, match="in time"):
        interactive.sign_in_with_device_code(ctx, SCOPE)
    assert moving.slept[:3] == [5, 10, 15]
    assert max(moving.slept) == 60


def test_nobody_in_the_browser(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    from msal.oauth2cli.authcode import AuthCodeReceiver

    def nobody(_self: t.Any, timeout: int | None = None, **_more: t.Any) -> None:
        assert timeout is not None and timeout <= 60

    monkeypatch.setattr(AuthCodeReceiver, "get_auth_response", nobody)
    with pytest.raises(AuthError, match="Nobody signed in within"):
        interactive.sign_in_with_browser(context("interactive"), SCOPE)


class Browser:
    """The receiver's own parts that open a browser and wait for its answer, so that nothing of ours is left out."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, works: bool) -> None:
        from msal.oauth2cli import authcode

        self.opened: list[str] = []
        monkeypatch.setattr(authcode, "_browse", lambda address, **_more: self.opened.append(address) or works)
        monkeypatch.setattr(authcode._AuthCodeHttpServer, "handle_request", self._answer)

    @staticmethod
    def _answer(server: t.Any) -> None:
        server.auth_response = {"error": "access_denied", "state": server.auth_state}


@pytest.fixture
def real_receiver(monkeypatch: pytest.MonkeyPatch) -> Service:
    return Service(monkeypatch)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/authorize",
        "https://login.microsoftonline.com.evil.example/a",
        "https://login.microsoftonline.com@evil.example/a",
        "https://u:p@login.microsoftonline.com/a",
        "https://login.microsoftonline.com:8443/a",
        "https://login.microsoftonline.com\\@evil.example/a",
        "http://login.microsoftonline.com/a",
        "//evil.example/a",
        "//login.microsoftonline.com/a",
        "login.microsoftonline.com/a",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "--help",
        "",
        "https://login.microsoftonline.com/a\r\nPLAY RECAP",
        "https://login.microsoftonline.com/\x1b]8;;x",
        "https://login.microsoftonline.com/\u202ea",
        "https://login.microsoftonline.com/a?redirect_uri=https://evil.example",
        7,
        [],
        None,
    ],
)
def test_the_browser_goes_nowhere_but_to_the_sign_in(
    real_receiver: Service, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], address: t.Any
) -> None:
    browser = Browser(monkeypatch, works=False)
    real_receiver.bodies["discovery"] = json.dumps({**DISCOVERY, "authorization_endpoint": address})
    ctx = context("interactive")
    with pytest.raises(AuthError) as caught:
        interactive.sign_in_with_browser(ctx, SCOPE)
    assert browser.opened == []
    assert t.cast("Silent", ctx.reporter).lines == []
    assert str(caught.value).isprintable()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("root", ["https://login.microsoftonline.com", "https://LOGIN.microsoftonline.com"])
@pytest.mark.parametrize("works", [True, False])
def test_without_a_browser_the_address_is_shown_once_on_one_line(
    real_receiver: Service,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    works: bool,
    root: str,
) -> None:
    browser = Browser(monkeypatch, works)
    real_receiver.bodies["discovery"] = json.dumps({**DISCOVERY, "authorization_endpoint": f"{root}/t/authorize"})
    ctx = context("interactive")
    assert interactive.sign_in_with_browser(ctx, SCOPE)["error"] == "access_denied"
    assert len(browser.opened) == 1
    lines = t.cast("Silent", ctx.reporter).lines
    assert len(lines) == (0 if works else 1)
    assert all(browser.opened[0] in line and line.isprintable() for line in lines)
    assert capfd.readouterr().err == ""


def test_the_library_writes_nothing_to_standard_error(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its warnings reach no handler of others; and as there is one, Python does not write them itself."""
    top = logging.getLogger("msal")
    monkeypatch.setattr(top, "handlers", [])  # as in a new process; pytest has handlers of its own
    monkeypatch.setattr(top, "propagate", True)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    load_msal("a test")
    load_msal("a test")
    logging.getLogger("msal.authority").warning("\x1b[2J")
    logging.getLogger().addHandler(logging.StreamHandler())
    logging.getLogger("msal.authority").warning("\x1b[2J")
    assert capfd.readouterr().err == ""
    assert len(top.handlers) == 1


@pytest.mark.parametrize("error", [OSError("no browser"), RuntimeError("x"), PermissionError(13, "port")])
def test_a_browser_that_fails(service: Service, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    from msal.oauth2cli.authcode import AuthCodeReceiver

    def broken(_self: t.Any, **_more: t.Any) -> None:
        raise error

    monkeypatch.setattr(AuthCodeReceiver, "get_auth_response", broken)
    with pytest.raises(AuthError):
        interactive.sign_in_with_browser(context("interactive"), SCOPE)


def jwt(**claims: t.Any) -> str:
    import base64

    def part(value: t.Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part(claims)}.x"


@pytest.mark.parametrize("method", ["device_code", "interactive"])
def test_the_person_is_told_who_signed_in(service: Service, method: str) -> None:
    claims = {"idtyp": "user", "upn": "ada@x.example", "name": "Ada \u202eecalevoL\n PLAY RECAP"}
    service.bodies["token"] = json.dumps({"access_token": jwt(**claims), "expires_in": 3600})
    ctx = context(method)
    METHODS[method](ctx).acquire_token(SCOPE)
    said = t.cast("Silent", ctx.reporter).lines[-1]
    assert said == "Signed in as ada@x.example (Ada \\u202eecalevoL PLAY RECAP), as the token says."


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
def test_any_members_of_any_type(service: Service, members: dict[str, t.Any]) -> None:
    service.bodies["token"] = json.dumps(members)
    for method in ("client_secret", "device_code", "managed_identity"):
        try:
            METHODS[method](context(method)).acquire_token(SCOPE)
        except AuthError:
            continue


def test_keys_that_entra_does_not_take(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "client.pem"
    path.write_text(_pem(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(ConfigError, match="not an RSA key"):
        METHODS["client_certificate"](context("client_certificate", client_certificate=str(path)))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_a_certificate_or_one_clear_error(junk: bytes, framed: bool) -> None:
    text = CERTIFICATE.encode()
    middle = len(text) // 2
    data = text[:middle] + junk + text[middle:] if framed else b"-----BEGIN CERTIFICATE-----\n" + junk
    try:
        METHODS["client_certificate"](context("client_certificate", client_certificate=data.decode("latin-1")))
    except ConfigError as exc:
        assert "BEGIN" not in str(exc)
    else:
        assert framed  # what was put in did no harm
