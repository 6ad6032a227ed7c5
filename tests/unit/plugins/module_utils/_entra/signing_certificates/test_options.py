# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option signing_certificate: what is refused, and what it asks for."""

from __future__ import annotations

import typing as t

import pytest
from fake_signing import DEFAULTS, get_thumbprint
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._entra.signing_certificates.options import (
    build_subject,
    find_option_problems,
    read_wanted,
)


def find(**asked: t.Any) -> list[str]:
    """Where something is wrong."""
    return [problem["where"] for problem in find_option_problems({**DEFAULTS, **asked})]


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({}, []),
        ({"name": "CN=Commvault"}, []),
        ({"name": "Commvault, Inc"}, ["name"]),
        ({"name": ""}, ["name"]),
        ({"name": " x"}, ["name"]),
        ({"name": "x" * 65}, ["name"]),
        ({"lifetime_days": 0}, ["lifetime_days"]),
        ({"lifetime_days": 1096}, ["lifetime_days"]),
        ({"lifetime_days": 30, "renew_before_days": 30}, ["renew_before_days"]),
        ({"renew_before_days": -1}, ["renew_before_days"]),
        ({"renew_before_days": 0}, []),
        ({"activate": "always"}, ["activate"]),
        ({"activate": "first"}, []),
        ({"activate": get_thumbprint("a")}, []),
        ({"remove": [get_thumbprint("a"), "x"], "activate": ""}, ["activate", "remove[1]"]),
    ],
)
def test_options_that_cannot_be_used_are_told_together(asked: dict[str, t.Any], wrong: list[str]) -> None:
    assert find(**asked) == [f"signing_certificate.{name}" for name in wrong]


def test_thumbprints_are_read_however_they_are_copied() -> None:
    spaced = ":".join(get_thumbprint("a").lower()[n : n + 2] for n in range(0, 40, 2))
    wanted = read_wanted({**DEFAULTS, "activate": spaced, "remove": [spaced], "name": "cn=X"})
    assert (wanted.activated_thumbprint, wanted.remove) == (get_thumbprint("a"), {get_thumbprint("a")})
    assert wanted.name == "X"
    assert read_wanted(DEFAULTS).activated_thumbprint is None


@given(st.text(max_size=90))
def test_any_display_name_makes_a_subject_that_the_option_would_take(name: str) -> None:
    subject = build_subject(None, name)
    assert subject.startswith("CN=") and find(name=subject) == []


def test_the_name_that_is_asked_for_is_the_subject() -> None:
    assert build_subject("Sign-on", "other") == "CN=Sign-on"
    assert build_subject(None, "Commvault, sign-on") == "CN=Commvault sign-on"
    assert build_subject(None, ",") == "CN=Token signing"
