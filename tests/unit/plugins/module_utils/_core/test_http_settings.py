# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of a way to a service: which certificates are trusted, and how they are named in errors."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Unreachable
from ansible_collections.cvops.identity.plugins.module_utils._core.http import Transport
from ansible_collections.cvops.identity.plugins.module_utils._core.http_settings import HttpSettings
from ansible_collections.cvops.identity.plugins.module_utils._core.retry import RetryPolicy

ONCE = RetryPolicy(tries=2)


def transport(ctx: t.Any, **settings: t.Any) -> Transport:
    return Transport(ctx, HttpSettings(**{"service": "Service", "policy": ONCE, "environ": {}, **settings}))


def test_the_ca_of_the_option(make_ctx: t.Any, secured: t.Any) -> None:
    assert transport(make_ctx(), ca_path=secured.ca_path).request("GET", secured.server.url).status == 200


def test_a_ca_of_the_environment(make_ctx: t.Any, secured: t.Any) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        settings = {"environ": {name: secured.ca_path}}
        assert transport(make_ctx(), **settings).request("GET", secured.server.url).status == 200


def test_the_option_beats_the_environment(
    make_ctx: t.Any, secured: t.Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some libraries let REQUESTS_CA_BUNDLE win over an explicit CA; here it must not."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "nothing"))
    service = Transport(make_ctx(), HttpSettings("Service", ca_path=secured.ca_path, policy=ONCE))
    assert service.request("GET", secured.server.url).status == 200


def test_an_untrusted_certificate_names_the_ca_and_is_not_tried_again(make_ctx: t.Any, secured: t.Any) -> None:
    ctx = make_ctx()
    with pytest.raises(Unreachable) as untrusted:
        transport(ctx).request("GET", f"{secured.server.url}/x")
    assert untrusted.value.code == "certificate"
    assert not untrusted.value.may_have_acted
    said = str(untrusted.value)
    assert "not trusted" in said
    assert "set ca_path" in said
    assert "the CA bundle of Python's certifi" in said
    assert ctx.stats.as_result()["retries"] == 0
    assert secured.server.received == []


def test_validation_can_be_switched_off(make_ctx: t.Any, secured: t.Any, recwarn: pytest.WarningsRecorder) -> None:
    assert transport(make_ctx(), validate_certs=False).request("GET", secured.server.url).status == 200


def test_a_missing_ca_file_is_told_before_anything_is_sent(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    with pytest.raises(ConfigError, match="CA bundle .*nothing.pem for Service does not exist"):
        transport(make_ctx(), ca_path=str(tmp_path / "nothing.pem"))
    with pytest.raises(ConfigError, match="nothing.pem from SSL_CERT_FILE"):
        transport(make_ctx(), environ={"SSL_CERT_FILE": str(tmp_path / "nothing.pem")})


def test_a_ca_file_that_holds_no_certificate(make_ctx: t.Any, secured: t.Any, tmp_path: pathlib.Path) -> None:
    rubbish = tmp_path / "ca.pem"
    rubbish.write_text("no certificate")
    with pytest.raises((Unreachable, ConfigError)) as bad:
        transport(make_ctx(), ca_path=str(rubbish)).request("GET", secured.server.url)
    assert str(rubbish) in str(bad.value)


@pytest.mark.parametrize(
    ("settings", "verify", "words"),
    [
        ({"validate_certs": False, "ca_path": "/x"}, False, "certificate validation is off"),
        ({"ca_path": "/x", "environ": {"SSL_CERT_FILE": "/y"}}, "/x", "CA bundle /x"),
        (
            {"environ": {"SSL_CERT_FILE": "/y", "REQUESTS_CA_BUNDLE": "/z"}},
            "/z",
            "CA bundle /z from REQUESTS_CA_BUNDLE",
        ),
        ({"environ": {"SSL_CERT_FILE": "/y"}}, "/y", "CA bundle /y from SSL_CERT_FILE"),
        ({}, True, "the CA bundle of Python's certifi"),
    ],
)
def test_option_beats_environment_beats_bundle(settings: dict[str, t.Any], verify: t.Any, words: str) -> None:
    way = HttpSettings(**{"service": "Service", "environ": {}, **settings})
    assert (way.choose_ca(), way.describe_ca()) == (verify, words)


def test_settings_follow_the_environment_that_they_were_given() -> None:
    environ = {"SSL_CERT_FILE": "/first"}
    settings = HttpSettings("Service", environ=environ)
    environ["SSL_CERT_FILE"] = "/second"
    assert settings.choose_ca() == "/second"


def test_an_empty_variable_names_no_ca() -> None:
    settings = HttpSettings("Service", environ={"REQUESTS_CA_BUNDLE": "", "SSL_CERT_FILE": "/y"})
    assert (settings.choose_ca(), settings.describe_ca()) == ("/y", "CA bundle /y from SSL_CERT_FILE")


def test_the_environment_of_the_process_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CURL_CA_BUNDLE", "/of/curl")
    assert HttpSettings("Service").describe_ca() == "CA bundle /of/curl from CURL_CA_BUNDLE"
