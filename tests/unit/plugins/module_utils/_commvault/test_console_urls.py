# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses of web consoles have one form, however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oidc_examples import CONSOLE

from ansible_collections.cvops.identity.plugins.module_utils._commvault.console_urls import (
    build_console_url,
    canonicalize_console_url,
    clean_console_urls,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("https://CV.corp.example/webconsole/", CONSOLE),
        ("HTTPS://cv.corp.example", "https://cv.corp.example:443"),
        ("https://cv.corp.example:8443/CC", "https://cv.corp.example:8443/CC"),
        ("https://[2001:db8::1]/webconsole", "https://[2001:db8::1]:443/webconsole"),
        ("ftp://x", "ftp://x"),
        ("", ""),
    ],
)
def test_an_address_of_a_web_console_has_its_port(given_url: str, expected: str) -> None:
    assert canonicalize_console_url(given_url) == expected


@given(st.text() | st.from_regex(r"https://[a-zA-Z.]{1,9}(:[0-9]{2})?(/[a-z]*)?", fullmatch=True))
def test_the_canonical_form_stays_as_it_is(text: str) -> None:
    assert canonicalize_console_url(canonicalize_console_url(text)) == canonicalize_console_url(text)


def test_web_consoles_have_https_addresses() -> None:
    assert clean_console_urls(["https://CV.corp.example/webconsole/"]) == [CONSOLE]
    assert build_console_url("https://cv.corp.example/commandcenter/api") == CONSOLE
    with pytest.raises(ConfigError, match="web_console_urls"):
        clean_console_urls(["http://cv.corp.example/webconsole"])
