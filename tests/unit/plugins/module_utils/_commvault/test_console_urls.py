# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses of web consoles have one form, however they are written."""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oidc_examples import CONSOLE

from ansible_collections.cvops.identity.plugins.module_utils._commvault.console_urls import (
    build_console_url,
    canonicalize_console_url,
    clean_console_urls,
    is_on_named_host,
    take_named_urls,
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


@pytest.mark.parametrize(
    ("url", "is_named"),
    [
        (f"{CONSOLE}/samlAcsIdpInitCallback.do?samlAppKey=K", True),
        ("https://CV.corp.example/commandcenter/acs", True),
        ("HTTPS://cv.corp.example/webconsole", True),
        ("cv.corp.example/webconsole", False),
        ("//cv.corp.example/webconsole", False),
        ("https://cv.corp.example.evil.example/webconsole", False),
        ("https://evil.example/cv.corp.example", False),
        ("https://evil.example\\cv.corp.example/", False),
        ("https://cv.corp.example#.evil.example/", False),
        ("https://cv.corp.example:8443/webconsole", False),
        ("http://cv.corp.example:443/webconsole", False),
        ("https://a@cv.corp.example/webconsole", False),
        ("https://cv.corp.example@evil.example/webconsole", False),
        ("https://cv.corp.examp\u0142e/webconsole", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_sign_ins_are_sent_to_a_host_that_is_named(url: str, is_named: bool) -> None:
    assert is_on_named_host(url, ["https://other.example", CONSOLE]) is is_named
    assert not is_on_named_host(url, ["", "ftp://x"])


HOSTS = st.sampled_from(
    ["cv.corp.example", "CV.corp.example", "evil.example", "cv.corp.example.evil.example", "10.0.0.1"]
)
URLS = (
    st.text()
    | st.builds(
        "https://{}{}{}".format, HOSTS, st.sampled_from(["", ":443", ":8443", "@evil.example"]), st.text(max_size=9)
    )
    | st.builds("{}{}".format, st.sampled_from(["https:/", "http://", "//", "https:\\\\", "https://a@"]), HOSTS)
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(URLS), st.lists(HOSTS.map("https://{}/webconsole".format)))
def test_nothing_is_returned_on_a_host_that_nobody_named(make_ctx: t.Any, urls: list[str], named: list[str]) -> None:
    """As another parser reads the address; what is left out is told."""
    ctx = make_ctx({})
    taken = take_named_urls(ctx, urls, named, subject="app", field="reply_url", option="named", hint="named")
    hosts = {(str(urlsplit(name).hostname), 443) for name in named}
    for url in taken:
        parts = urlsplit(url)
        assert parts.scheme == "https" and (str(parts.hostname), parts.port or 443) in hosts and parts.username is None
    assert [url for url in urls if url in taken] == taken
    assert bool(ctx.warnings) is (len(taken) < len(urls))


def test_what_is_left_out_is_told_where_the_task_names_an_option(make_ctx: t.Any) -> None:
    ctx = make_ctx({})
    told = {"subject": "app", "field": "reply_url", "hint": "aliases"}
    evil = "https://user:geheim@evil.example:444/x"
    assert take_named_urls(ctx, [evil], [CONSOLE], option="", **told) == []
    assert not ctx.warnings
    assert take_named_urls(ctx, [CONSOLE, evil], [CONSOLE], option="endpoint", **told) == [CONSOLE]
    (text,) = ctx.warnings
    assert "another host than endpoint, https://evil.example:444" in text and "give it in aliases" in text
    assert "geheim" not in text
