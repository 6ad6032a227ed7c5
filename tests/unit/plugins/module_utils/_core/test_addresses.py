# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses: what is taken, what is refused, and that no refusal or mask shows what may be a credential."""

from __future__ import annotations

import importlib
import json
import re
import typing as t

import pytest
from collection_tree import ROOT
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.addresses import (
    PROXY_OPTIONS,
    PROXY_SCHEMES,
    PUBLISHED_OPTIONS,
    SERVICE_OPTIONS,
    canonicalize_address,
    check_addresses,
    describe_host,
    describe_proxy_address,
    extract_origin,
    extract_path,
    mask_addresses,
    mask_url,
    quote_segment,
    split_address,
    split_any_address,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Problems
from ansible_collections.cvops.identity.plugins.module_utils._core.redact import redact_text
from ansible_collections.cvops.identity.plugins.module_utils._core.visible import to_one_line

PASSWORD = "Planted4711"


def split(url: str) -> t.Any:
    return split_address("commvault_url", "option commvault_url", url)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://cs01.corp.example", "https://cs01.corp.example"),
        ("cs01.corp.example", "https://cs01.corp.example"),
        ("cs01:8443/commandcenter/api/", "https://cs01:8443/commandcenter/api"),
        ("HTTPS://CS01/", "https://CS01"),
        ("https://10.0.0.7:443/a/b", "https://10.0.0.7:443/a/b"),
        ("https://[2001:db8::7]:8443/", "https://[2001:db8::7]:8443"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("https://cs_01.corp.example.:1", "https://cs_01.corp.example.:1"),
    ],
)
def test_a_usable_address_is_taken_apart_and_joined_again(url: str, text: str) -> None:
    assert split(url).text == text


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "empty"),
        (" https://h", "blank"),
        ("https://h\n", "control"),
        ("https://h\x00", "control"),
        ("https://h\u202e", "control"),
        ("https://h\\evil.example", "backslash"),
        ("http://h/p", "http://h is not an https address"),
        ("ftp://h", "not an https address"),
        ("//h", "not an https address"),
        ("file:///etc/passwd", "not an https address"),
        ("javascript:alert(1)", "no usable host"),
        ("https:h", "no usable host"),
        ("https:/h", "no usable host"),
        ("https:///h", "no usable host"),
        ("https://", "no usable host"),
        ("https://:443", "no usable host"),
        ("https://a..b", "no usable host"),
        ("https://h:", "no usable host"),
        ("https://h:x", "no usable host"),
        ("https://h:-1", "no usable host"),
        ("https://h:0", "between 1 and 65535"),
        ("https://h:65536", "between 1 and 65535"),
        ("https://h:99999999999", "no usable host"),
        ("https://h:٣", "outside ASCII"),
        ("https://[::1", "cannot be read"),
        ("https://[1.2.3]", "cannot be read|no usable host"),
        ("https://[fe80::1%25eth0]", "no usable host|cannot be read"),
        ("https://%68ost", "no usable host"),
        ("https://bücher.example", "outside ASCII"),
        ("https://сs01.corp.example", "outside ASCII"),
        ("https://h\u3002example", "outside ASCII"),
        ("https://h?x=1", "query"),
        ("https://h/#x", "fragment"),
    ],
)
def test_an_unusable_address_is_refused_with_its_reason(url: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        split(url)
    assert "commvault_url" in str(refused.value)
    assert refused.value.facts == {"source": "option commvault_url"}


#: Ways to write user and password into an address; ``…`` stands for the password.
WITH_USER = [
    "https://svc:…@h",
    "https://svc:…@h:1/x?y#z",
    "HTTPS://svc:…@h",
    "https://…@h",
    "https://:…@h",
    "https://svc:…@@h",
    "https://svc:…@x@h",
    "https://svc%3A…%40h",
    "https://svc:…%40h",
    "https://svc:…\uff20h",
    "https://svc:…\ufe6bh",
    "https:/svc:…@h",
    "https:svc:…@h",
    "https:///svc:…@h",
    "//svc:…@h",
    "svc:…@h/path",
    "https://svc:…\\@h",
    "https://h\\@svc:…@h",
    " https://svc:…@h",
    "https://svc:…\n@h",
    "ht\ntps://svc:…@h",
    "https://svc:a/…@h",
    "https://svc:a?…@h",
    "https://svc:a#…@h",
    "http://svc:…@[::1]:8",
    "ftp://svc:…@h",
]
IN_PROXIES = [url for url in WITH_USER if "://" in url]


@pytest.mark.parametrize("form", WITH_USER)
def test_user_information_is_refused_and_not_shown(form: str) -> None:
    url = form.replace("…", PASSWORD)
    with pytest.raises(ConfigError, match="user information") as refused:
        split(url)
    told = json.dumps(refused.value.as_result())
    assert PASSWORD not in told
    assert "svc" not in told
    for name in sorted(SERVICE_OPTIONS):
        with pytest.raises(ConfigError, match="user information") as found:
            check_addresses({"outer": {name: url}}, lambda option: f"source of {option}")
        assert found.value.facts["source"] == "source of outer"
        assert PASSWORD not in str(found.value)
        assert PASSWORD not in json.dumps(mask_addresses({"outer": [{name: url}]}))


@pytest.mark.parametrize(
    "form", [form for form in WITH_USER if "a/" not in form and "a?" not in form and "a#" not in form]
)
def test_published_addresses_are_refused_with_user_information_before_the_host(form: str) -> None:
    url = form.replace("…", PASSWORD)
    for name in sorted(PUBLISHED_OPTIONS):
        with pytest.raises(ConfigError, match="user information") as found:
            check_addresses({name: [url]}, str)
        assert f"{name}[0]" in str(found.value)
        assert PASSWORD not in json.dumps(mask_addresses({name: [url]}))


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example/@team",
        "https://app.example/a?mail=a@b",
        "api://d4c3a1be",
        "urn:ietf:wg:oauth:2.0:oob",
        "msauth.app://auth",
    ],
)
def test_an_at_behind_the_host_is_no_user(url: str) -> None:
    check_addresses({"redirect_uris": [url], "issuer": url}, str)
    assert mask_addresses({"redirect_uris": [url]}) == {"redirect_uris": [url]}


def test_several_addresses_are_reported_together() -> None:
    given_ = {"commvault_url": "https://a:b@c", "graph_url": "https://a:b@c", "proxy": "http://a:b@c", "name": "a@b"}
    with pytest.raises(Problems, match="2 addresses") as found:
        check_addresses(given_, lambda option: f"variable cvops_{option}")
    assert [problem["where"] for problem in found.value.facts["problems"]] == ["commvault_url", "graph_url"]
    assert "variable cvops_graph_url" in str(found.value)


@pytest.mark.parametrize("form", IN_PROXIES)
def test_proxies_are_masked(form: str) -> None:
    proxy = form.replace("…", PASSWORD)
    for name in sorted(PROXY_OPTIONS):
        check_addresses({name: proxy}, str)
        masked = mask_addresses({name: proxy})
        assert PASSWORD not in json.dumps(masked)
        assert masked == mask_addresses(masked)
    assert PASSWORD not in describe_proxy_address(proxy)
    try:
        split_address("proxy", "option proxy", proxy, PROXY_SCHEMES, user=True)
    except ConfigError as exc:
        assert PASSWORD not in str(exc)


def test_a_proxy_is_described_without_its_password() -> None:
    assert (
        describe_proxy_address(f"http://svc:{PASSWORD}@proxy.corp.example:8080")
        == "proxy http://proxy.corp.example:8080"
    )
    assert describe_proxy_address("proxy.corp.example:8080") == "proxy http://proxy.corp.example:8080"
    assert describe_proxy_address("http://h:99999") == "a proxy whose address cannot be read"


@given(
    st.text("abc/:@?#\\%\n [].\uff20", max_size=12),
    st.text("abc/:@?#\\%\n [].\uff20", max_size=12),
    st.sampled_from(sorted(SERVICE_OPTIONS | PROXY_OPTIONS)),
)
def test_nothing_before_an_at_is_ever_shown(before: str, after: str, name: str) -> None:
    url = f"https://{before}{PASSWORD}@{after}"
    assert PASSWORD not in json.dumps(mask_addresses({name: url}))
    for user in (False, True):
        try:
            found = split_address(name, name, url, user=user)
        except ConfigError as exc:
            assert PASSWORD not in str(exc)
        else:
            assert user
            assert PASSWORD not in found.text


def test_texts_lose_the_user_information_of_addresses() -> None:
    text = f"tried https://svc:{PASSWORD}@h/x, then http:\\/\\/svc:{PASSWORD}@h and mail to a@b"
    assert redact_text(text) == "tried https://********@h/x, then http:\\/\\/********@h and mail to a@b"


@pytest.mark.parametrize(
    "name", ["access_token", "client_secret", "code", "sig", "api_key", "client_assertion", "password"]
)
def test_secret_parameters_are_not_shown(name: str) -> None:
    assert mask_url(f"https://h/p?a=1&{name}={PASSWORD}&b=2") == f"https://h/p?a=1&{name}=********&b=2"


def _addresses_in(options: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    for name, option in options.items():
        yield from _addresses_in(option.get("options") or {})
        if option.get("no_log"):
            continue  # hidden as a whole
        if (
            re.search(r"(^|_)(url|urls|uri|uris|proxy|issuer|endpoint|authority|scope)$", name)
            and option["type"] != "dict"
        ):
            yield name


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_does_not_lead_to_another_path(name: str) -> None:
    """Not even percent-encoded: libraries decode dots, and take the step."""
    with pytest.raises(ConfigError, match="path"):
        quote_segment(name)


@pytest.mark.parametrize(
    ("name", "segment"), [("a/../b", "a%2F..%2Fb"), ("...", "..."), ("ü?#", "%C3%BC%3F%23"), (7, "7")]
)
def test_a_name_is_one_segment(name: str | int, segment: str) -> None:
    assert quote_segment(name) == segment


def test_every_option_that_takes_an_address_is_known() -> None:
    """So that a new one is masked and checked from the first day."""
    names: set[str] = set()
    for path in [*(ROOT / "plugins/modules").glob("*.py"), *(ROOT / "plugins/lookup").glob("*.py")]:
        plugin = importlib.import_module(f"ansible_collections.cvops.identity.plugins.{path.parent.name}.{path.stem}")
        if hasattr(plugin, "SPEC"):  # a lookup that signs in to nothing has none
            names.update(_addresses_in(plugin.SPEC.options))
    assert names - SERVICE_OPTIONS - PROXY_OPTIONS - PUBLISHED_OPTIONS == set()
    assert {"commvault_url", "proxy", "redirect_uris", "url"} <= names


@pytest.mark.parametrize(
    ("address", "host", "origin", "path"),
    [
        ("https://Graph.Example/v1.0/x?y=1", "https://graph.example", "https://graph.example", "/v1.0/x"),
        ("https://h.example:8443/a", "https://h.example:8443", "https://h.example:8443", "/a"),
        (f"https://svc:{PASSWORD}@h.example/a", "https://h.example", f"https://svc:{PASSWORD}@h.example", "/a"),
        ("//h.example/a", "https://h.example", "://h.example", "/a"),
        ("/login", "another path of the same host", "", "/login"),
        ("", "another path of the same host", "", ""),
        ("https://[::1", "an address that cannot be read", "", ""),
        ("https://h:99999/a", "an address that cannot be read", "https://h:99999", "/a"),
        ("https://h/\x1b[31mred", "https://h", "https://h", "/\\x1b[31mred"),
    ],
)
def test_parts_of_an_address_that_a_service_names(address: str, host: str, origin: str, path: str) -> None:
    assert (describe_host(address), extract_origin(address), extract_path(address)) == (host, origin.lower(), path)


@pytest.mark.parametrize("address", [None, 7, [], {}])
def test_an_address_that_is_none(address: object) -> None:
    assert describe_host(address) == "another path of the same host"


@given(st.text(), st.sampled_from(["", "https://", "//", "https://["]))
def test_any_text_has_parts(text: str, start: str) -> None:
    parts = split_any_address(start + text)
    assert extract_path(start + text) == to_one_line(parts.path, 300)
    assert extract_origin(start + text) in ("", f"{parts.scheme}://{parts.netloc}".lower())


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("https://CS01.corp.example:443/commandcenter/api/", "https://cs01.corp.example/commandcenter/api"),
        ("cs01.corp.example", "https://cs01.corp.example"),
        ("https://cs01:8443", "https://cs01:8443"),
        ("https://[FE80::1]:443/a/", "https://[fe80::1]/a"),
        (f"https://svc:{PASSWORD}@cs01/a", "https://cs01/a"),
        ("https://cs01/a b", ""),
        ("", ""),
    ],
)
def test_all_spellings_of_an_address_have_one_form_without_user_information(address: str, canonical: str) -> None:
    assert canonicalize_address(address) == canonical


@given(
    st.from_regex(r"[a-z0-9]{1,8}(\.[a-z0-9]{1,8}){0,2}", fullmatch=True),
    st.sampled_from([None, 443, 8443]),
    st.sampled_from(["", "/api", "/commandcenter/API"]),
    st.data(),
)
def test_how_an_address_is_spelt_makes_no_difference_and_where_it_leads_does(
    host: str, port: int | None, path: str, data: st.DataObject
) -> None:
    spelt = "".join(data.draw(st.sampled_from([letter, letter.upper()])) for letter in host)
    ports = [f":{port}"] if port == 8443 else ["", ":443"]
    canonical = canonicalize_address(f"https://{host}{f':{port}' if port else ''}{path}")
    spelling = f"{data.draw(st.sampled_from(['https://', 'HTTPS://', '']))}{spelt}{data.draw(st.sampled_from(ports))}"
    assert canonicalize_address(f"{spelling}{path}{data.draw(st.sampled_from(['', '/']))}") == canonical
    assert canonicalize_address(canonical) == canonical
    for other in (f"https://{host}x{path}", f"https://{host}:9999{path}", f"https://{host}{path}/x"):
        assert canonicalize_address(other) != canonical
