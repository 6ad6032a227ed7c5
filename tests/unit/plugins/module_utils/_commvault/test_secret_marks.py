# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Key marks: what is written is read back as it was, and what is no mark says nothing of a secret."""

from __future__ import annotations

import base64
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.secret_marks import (
    check_secret_options,
    find_fingerprint_fault,
    is_secret_due,
    join_mark,
    split_mark,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError

KEY = "9d3c1b5e-0000-4000-8000-1a2b3c4d5e6f"
SECRET = "abc8Q~not-a-real-secret_1234567890"
FINGERPRINTS = st.text(min_size=1, max_size=60).filter(lambda text: find_fingerprint_fault(text) is None)
# A carriage return at the end would make one line end with the line feed before the mark.
TEXTS = st.text(max_size=60).filter(lambda text: split_mark(text).fingerprint is None and not text.endswith("\r"))


@given(TEXTS, FINGERPRINTS)
def test_what_is_joined_is_split_again(text: str, fingerprint: str) -> None:
    shown = text.replace("\r\n", "\n").replace("\r", "\n")
    assert split_mark(join_mark(text, fingerprint)) == (shown, fingerprint)
    assert split_mark(join_mark(text, None)) == (shown, None)


@given(TEXTS, FINGERPRINTS, FINGERPRINTS)
def test_a_new_mark_takes_the_place_of_the_old_one(text: str, old: str, new: str) -> None:
    before = split_mark(join_mark(text, old))
    assert split_mark(join_mark(before.text, new)) == (before.text, new)


@pytest.mark.parametrize(
    "shown",
    [f"Backup\r\n[cvops secret: {KEY}]\r\n", f"Backup\n[cvops secret: {KEY}]  \n", f"Backup\r[cvops secret: {KEY}]"],
)
def test_line_ends_of_the_service_do_not_matter(shown: str) -> None:
    assert split_mark(shown) == ("Backup", KEY)


@pytest.mark.parametrize(
    "shown",
    [
        None,
        "",
        "Backup",
        f"Backup [cvops secret: {KEY}]",
        f"[cvops secret: {KEY}]\nBackup",
        f"[CVOPS SECRET: {KEY}]",
        "[cvops secret: ]",
        "[cvops secret:  padded ]",
        f"[cvops secret: {'x' * 101}]",
        "[cvops secret: zero\u200bwidth]",
    ],
)
def test_anything_else_is_no_mark(shown: str | None) -> None:
    assert split_mark(shown) == (shown or "", None)


@pytest.mark.parametrize(
    ("policy", "wanted", "shown", "due"),
    [
        ("on_create", KEY, None, False),
        ("on_create", KEY, "other", False),
        ("always", KEY, KEY, True),
        ("always", None, None, True),
        ("fingerprint", KEY, KEY, False),
        ("fingerprint", KEY, KEY.upper(), True),
        ("fingerprint", KEY, None, True),
        ("rotated", None, None, False),
        ("rotated", None, KEY, False),
    ],
)
def test_when_a_secret_is_written_again(policy: str, wanted: str | None, shown: str | None, due: bool) -> None:
    assert is_secret_due(policy, wanted, shown) is due


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"secret_policy": "always"}, "secret_policy is always"),
        ({"secret_policy": "fingerprint", "secret": SECRET}, "secret_fingerprint is needed"),
        ({"secret_policy": "rotated", "secret": SECRET}, "leave out secret$"),
        (
            {"secret_policy": "rotated", "secret": SECRET, "secret_fingerprint": KEY},
            "leave out secret and secret_fingerprint$",
        ),
        ({"secret": SECRET, "secret_fingerprint": "a]b"}, "square brackets"),
        ({"secret": SECRET, "secret_fingerprint": " a"}, "blank"),
        ({"secret": SECRET, "secret_fingerprint": ""}, "empty"),
        ({"secret": SECRET, "secret_fingerprint": f"x{SECRET}"}, "secret_fingerprint contains the secret"),
        (
            {"secret": SECRET, "description": base64.b64encode(SECRET.encode()).decode()},
            "description contains the secret",
        ),
        ({"secret": SECRET, "description": f"a\n[cvops secret: {KEY}]"}, "mark of a secret"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: dict[str, t.Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        check_secret_options(options, "secret")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"secret": SECRET},
        {"secret": SECRET, "secret_policy": "always"},
        {"secret_policy": "rotated"},
        {"secret": SECRET, "secret_policy": "fingerprint", "secret_fingerprint": KEY, "description": "Backup"},
    ],
)
def test_options_that_go_together_pass(options: dict[str, t.Any]) -> None:
    check_secret_options(options, "secret")
