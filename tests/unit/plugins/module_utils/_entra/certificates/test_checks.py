# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told before anything is sent: options, certificates that cannot be used, removals that nobody should do unasked."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

import pytest
from certificate_examples import make_public
from fake_graph import NOW, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._entra.certificates.canonical import Certificate
from ansible_collections.cvops.identity.plugins.module_utils._entra.certificates.checks import (
    check_certificate_options,
    check_new_certificate,
    leaves_none_working,
    may_be_own_certificate,
    read_asked_thumbprint,
)

OWN, OTHER = make_public("own"), make_public("other")


@pytest.mark.parametrize(
    ("options", "source"),
    [
        ({"key_id": guid(1)}, "key_id"),
        ({"state": "absent", "key_id": "seven"}, "key_id"),
        ({"state": "absent", "exclusive": True}, "exclusive"),
        ({"name": ""}, "name"),
        ({"name": " x"}, "name"),
        ({"name": "x\ny"}, "name"),
        ({"name": "x" * 91}, "name"),
    ],
)
def test_options_that_cannot_be_right_are_refused(options: dict[str, t.Any], source: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_certificate_options({"state": "present", **options})
    assert caught.value.facts["source"] == f"option {source}"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"name": "x"},
        {"name": "x" * 90},
        {"exclusive": True},
        {"state": "absent", "key_id": guid(1), "exclusive": False},
    ],
)
def test_options_that_can_be_right_are_taken(options: dict[str, t.Any]) -> None:
    check_certificate_options({"state": "present", **options})


def test_a_thumbprint_is_that_of_the_certificate_beside_it() -> None:
    for text in (None, OWN.thumbprint.lower(), max(OWN.thumbprints, key=len)):
        assert read_asked_thumbprint(text, OWN) == OWN.thumbprints
    assert read_asked_thumbprint(OWN.thumbprint, None) == {OWN.thumbprint}
    assert read_asked_thumbprint(None, None) == frozenset()
    with pytest.raises(ConfigError, match=f"{OTHER.thumbprint} does not match .*{OWN.thumbprint}"):
        read_asked_thumbprint(OTHER.thumbprint, OWN)
    with pytest.raises(ConfigError, match="SHA-256"):
        read_asked_thumbprint("abc", None)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"starts": -9, "ends": 0}, "has expired: it ended at 2026-03-02T09:41:00Z"),
        ({"kind": "ec"}, "only RSA"),
        ({"kind": "1024"}, "1024 bits"),
    ],
)
def test_a_certificate_that_nobody_could_use_is_refused(made: dict[str, t.Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        check_new_certificate(make_public(**made), NOW)
    assert caught.value.facts["source"] == "option certificate"


def test_what_works_later_or_is_weak_is_a_warning() -> None:
    assert check_new_certificate(OWN, NOW) == []
    (later,) = check_new_certificate(make_public("Later", starts=2), NOW)
    assert "not valid before 2026-03-04T09:41:00Z" in later and "CN=Later" in later
    (weak,) = check_new_certificate(dataclasses.replace(OWN, digest="sha1"), NOW)
    assert "sha1" in weak
    assert check_new_certificate(dataclasses.replace(OWN, digest=None), NOW) == []


def held(thumbprints: t.Iterable[str]) -> Certificate:
    return Certificate(guid(1), "job", frozenset(thumbprints))


@pytest.mark.parametrize(
    ("method", "own", "claims", "thumbprints", "may_be"),
    [
        ("client_certificate", OWN.thumbprints, {}, OWN.thumbprints, True),
        ("client_certificate", OWN.thumbprints, {}, [OWN.thumbprint], True),
        ("client_certificate", OWN.thumbprints, {}, OTHER.thumbprints, False),
        ("client_certificate", OWN.thumbprints, {}, [], True),
        ("client_certificate", None, {}, OTHER.thumbprints, True),
        ("token", None, {"appid": guid(2), "appidacr": "2"}, OTHER.thumbprints, True),
        ("token", None, {"azp": guid(2), "azpacr": "2"}, OTHER.thumbprints, True),
        ("token", None, {"appid": guid(2), "appidacr": "1"}, OTHER.thumbprints, False),
        ("token", None, {"appid": guid(3), "appidacr": "2"}, OTHER.thumbprints, False),
        ("token", None, {}, OTHER.thumbprints, True),
        ("client_secret", None, {}, OWN.thumbprints, False),
        ("managed_identity", None, {"appidacr": "2"}, OWN.thumbprints, False),
    ],
)
def test_whether_the_caller_may_sign_in_with_it(
    method: str, own: frozenset[str] | None, claims: dict[str, str], thumbprints: t.Iterable[str], may_be: bool
) -> None:
    options = {"client_id": guid(2).upper()}
    assert may_be_own_certificate(held(thumbprints), guid(2), method, options, claims, own) is may_be


def test_the_certificate_of_another_application_is_not_the_callers() -> None:
    assert not may_be_own_certificate(
        held(OWN.thumbprints), guid(2), "client_certificate", {"client_id": guid(3)}, {}, None
    )


@pytest.mark.parametrize(
    ("working", "removed", "adds", "leaves_none"),
    [
        ({"a"}, ["a"], False, True),
        ({"a"}, ["a"], True, False),
        ({"a", "b"}, ["a"], False, False),
        ({"a", "b"}, ["a", "b", "c"], False, True),
        ({"a"}, ["b"], False, False),
        (set(), ["b"], False, False),
    ],
)
def test_whether_a_credential_that_works_is_left(
    working: set[str], removed: list[str], adds: bool, leaves_none: bool
) -> None:
    assert leaves_none_working(working, removed, OWN if adds else None, NOW) is leaves_none


def test_a_new_certificate_that_does_not_work_yet_is_no_substitute() -> None:
    later = make_public("Later", starts=2)
    assert leaves_none_working({"a"}, ["a"], later, NOW)
    assert not leaves_none_working({"a"}, ["a"], later, NOW + datetime.timedelta(days=3))
    assert leaves_none_working({"a"}, ["a"], later, later.expires)
