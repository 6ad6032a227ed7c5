# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases of libraries: what is declared is what is demanded, and less is one clear message."""

from __future__ import annotations

import pathlib
import sys
import types

import pytest
from reporters import RecordingReporter

from ansible_collections.cvops.identity.plugins.module_utils._core import libraries
from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import CvopsError, MissingLibrary
from ansible_collections.cvops.identity.plugins.module_utils._core.http import Transport
from ansible_collections.cvops.identity.plugins.module_utils._core.http_settings import HttpSettings
from ansible_collections.cvops.identity.plugins.module_utils._core.resource import Report
from ansible_collections.cvops.identity.plugins.module_utils._core.runner import run_task
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.methods import METHODS

ROOT = pathlib.Path(__file__).parents[5]


def old(monkeypatch: pytest.MonkeyPatch, name: str, version: str) -> None:
    """As if this release were installed."""
    __import__(name)
    monkeypatch.setattr(sys.modules[name], "__version__", version)


def context(**options: object) -> Context:
    given = {
        "tenant_id": "t",
        "client_id": "c",
        "client_secret": "s",
        "client_certificate": "-----BEGIN CERTIFICATE-----",
        "federated_token": "a.b.c",
        "cloud": "public",
        "instance_discovery": False,
        **options,
    }
    return Context(options=given, reporter=RecordingReporter(), attended=True)


def test_what_is_declared_is_what_is_demanded() -> None:
    lines = (ROOT / "meta" / "ee-requirements.txt").read_text().splitlines()
    declared = dict(line.split(">=") for line in lines if line and not line.startswith("#"))
    demanded = {libraries.PACKAGES.get(name, name): version for name, version in libraries.MINIMUMS.items()}
    assert declared == demanded


def test_each_declared_release_says_why() -> None:
    lines = (ROOT / "meta" / "ee-requirements.txt").read_text().splitlines()
    before = ""
    for line in lines:
        assert line.startswith("#") or before.startswith("#"), line
        before = line


def test_the_readme_names_the_same_releases() -> None:
    text = (ROOT / "README.md").read_text()
    for name, version in libraries.MINIMUMS.items():
        assert f"{libraries.PACKAGES.get(name, name)}>={version}" in text


@pytest.mark.parametrize("name", ["msal", "jwt", "cryptography", "requests", "urllib3"])
@pytest.mark.parametrize("method", ["client_secret", "federated", "managed_identity", "device_code"])
def test_a_sign_in_with_less(monkeypatch: pytest.MonkeyPatch, name: str, method: str) -> None:
    old(monkeypatch, name, "0.9.1")
    package, needed = libraries.PACKAGES.get(name, name), libraries.MINIMUMS[name]
    with pytest.raises(MissingLibrary) as found:
        METHODS[method](context()).acquire_token("https://graph.microsoft.com/.default")
    assert str(found.value) == (
        f"{package} 0.9.1 is installed where this task runs; {needed} or newer is needed: {sys.executable} -m pip install '{package}>={needed}'"
    )
    assert found.value.as_result()["error"] == {
        "kind": "missing_library",
        "library": package,
        "installed": "0.9.1",
        "needed": needed,
    }


def test_a_certificate_is_refused_with_an_old_library(monkeypatch: pytest.MonkeyPatch) -> None:
    old(monkeypatch, "cryptography", "41.0.7")
    with pytest.raises(MissingLibrary, match=r"cryptography 41\.0\.7 is installed"):
        METHODS["client_certificate"](context())


@pytest.mark.parametrize("name", ["requests", "urllib3"])
def test_no_transport_is_made_with_an_old_library(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    old(monkeypatch, name, "1.26.20")
    with pytest.raises(MissingLibrary, match=f"{name} 1.26.20 is installed"):
        Transport(context(), HttpSettings(service="Commvault"))


def test_a_query_fails_with_an_old_library(monkeypatch: pytest.MonkeyPatch) -> None:
    old(monkeypatch, "jmespath", "0.10.0")
    result = run_task(context(query="[0]"), Report("groups", lambda _ctx: [1]))
    assert result["failed"] and result["error"]["kind"] == "missing_library"
    assert "jmespath 0.10.0 is installed" in result["msg"]


@pytest.mark.parametrize(
    ("version", "good"),
    [
        ("1.36.9", False),
        ("1.37", True),
        ("1.37.0", True),
        ("1.37.0rc1", True),
        ("1.100.0", True),
        ("2", True),
        ("1", False),
        ("1.28.0+local.9", False),
        ("", True),
        ("unknown", True),
    ],
)
def test_releases_are_compared_by_their_numbers(monkeypatch: pytest.MonkeyPatch, version: str, good: bool) -> None:
    monkeypatch.setitem(sys.modules, "msal", types.SimpleNamespace(__version__=version))
    try:
        libraries.check_releases("msal")
    except CvopsError:
        assert not good
    else:
        assert good


def test_what_is_missing_and_what_is_too_old_is_one_sentence_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "msal", None)
    monkeypatch.setattr("urllib3.__version__", "1.26.0")
    told = libraries.find_missing_libraries("requests", "msal", "urllib3")
    assert [sentence.split(" where ")[0] for sentence in told] == [
        "This collection needs the Python library msal",
        "urllib3 1.26.0 is installed",
    ]
    assert all(f"pip install '{name}>=" in sentence for name, sentence in zip(("msal", "urllib3"), told, strict=True))
