# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IP ranges and countries: one spelling of each, and what cannot be meant."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._entra.named_locations.places import (
    COUNTRIES,
    canonical_range,
    list_range_warnings,
    parse_countries,
    parse_ranges,
)

ADDRESSES = st.ip_addresses()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("203.0.113.16/28", "203.0.113.16/28"),
        (" 203.0.113.16/28 ", "203.0.113.16/28"),
        ("203.0.113.17", "203.0.113.17/32"),
        ("203.0.113.16/255.255.255.240", "203.0.113.16/28"),
        ("2001:DB8:0040:0:0:0:0:0/48", "2001:db8:40::/48"),
        ("2001:db8::1", "2001:db8::1/128"),
    ],
)
def test_a_range_has_one_spelling(written: str, meant: str) -> None:
    assert parse_ranges([written], "ip_ranges") == ([meant], [])


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("203.0.113.17/28", "write 203.0.113.16/28 for the range, or 203.0.113.17 for that one address"),
        ("2001:db8:40::1/48", "write 2001:db8:40::/48 for the range"),
        ("203.0.113.0/33", "not an IP range in CIDR form"),
        ("203.0.113.0-203.0.113.9", "not an IP range in CIDR form"),
        ("office", "not an IP range in CIDR form"),
        ("", "not an IP range in CIDR form"),
        ("0.0.0.0/0", "all addresses, but"),
        ("::/0", "all addresses, but"),
    ],
)
def test_what_is_no_range_is_told_by_its_place(written: str, told: str) -> None:
    found, (problem,) = parse_ranges(["203.0.113.16/28", written], "ip_ranges")
    assert found == ["203.0.113.16/28"] and problem["where"] == "ip_ranges[1]" and told in problem["message"]


@given(st.lists(st.tuples(ADDRESSES, st.integers(1, 32)), max_size=8))
def test_ranges_are_a_set(chosen: list[tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]]) -> None:
    texts = [str(ipaddress.ip_network(f"{address}/{length}", strict=False)) for address, length in chosen]
    once, problems = parse_ranges(texts, "ip_ranges")
    assert not problems and once == sorted(set(texts))
    assert parse_ranges([*reversed(texts), *texts], "ip_ranges") == (once, [])
    assert [canonical_range(text) for text in once] == once


@pytest.mark.parametrize("shown", ["203.0.113.17/28", "203.0.113.16/28", " 203.0.113.31/28"])
def test_host_bits_of_the_service_do_not_count(shown: str) -> None:
    assert canonical_range(shown) == "203.0.113.16/28"


def test_what_the_service_shows_and_is_no_range_stays_as_it_is() -> None:
    assert canonical_range("some new kind of range") == "some new kind of range"


@pytest.mark.parametrize(
    "inner",
    ["10.1.0.0/16", "192.168.7.0/24", "100.64.0.0/10", "fd00:1::/64", "fe80::/64", "127.0.0.1/32", "240.0.0.0/8"],
)
def test_addresses_behind_a_router_are_told(inner: str) -> None:
    (warning,) = list_range_warnings(["203.0.113.16/28", inner, "2001:db8::/48"])
    assert inner in warning and "203.0.113" not in warning and "public address" in warning


def test_a_range_that_entra_id_may_refuse_is_told() -> None:
    (warning,) = list_range_warnings(["64.0.0.0/7", "65.0.0.0/8", "2000::/3"])
    assert "64.0.0.0/7" in warning and "65.0.0.0/8" not in warning and "2000::/3" not in warning
    assert list_range_warnings([]) == []


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("UK", "for UK write GB"),
        ("el", "write GR"),
        ("Switzerland", "ISO 3166-1"),
        ("ZZ", "ISO 3166-1"),
        ("", "ISO 3166-1"),
    ],
)
def test_what_is_no_country_is_told_by_its_place(written: str, told: str) -> None:
    found, (problem,) = parse_countries(["ch", written], "countries")
    assert found == ["CH"] and problem["where"] == "countries[1]" and told in problem["message"]


@given(st.lists(st.sampled_from(sorted(COUNTRIES)), max_size=8))
def test_countries_are_a_set_without_letter_case(codes: list[str]) -> None:
    assert parse_countries([code.lower() for code in codes], "countries") == (sorted(set(codes)), [])


def test_there_are_as_many_countries_as_iso_3166_1_has() -> None:
    assert len(COUNTRIES) == 249 + 1 and {"CH", "LI", "XK", "TW"} <= COUNTRIES
    assert all(len(code) == 2 and code.isascii() and code.isupper() for code in COUNTRIES)
