# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""IP ranges as people and Entra ID write them, and the countries that there are. Pure."""

from __future__ import annotations

import ipaddress
import typing as t

from ..option_checks import Problem, describe_problem

Network: t.TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"
#: The longest IPv4 range that Entra ID is known to take; not from its reference, so longer ones are only warned of.
_LARGEST_V4 = 8
#: Addresses that no sign-in comes from: Entra ID sees the public address behind which these are.
_NEVER_SEEN = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
        "::/128",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
        "ff00::/8",
    )
)
_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
#: ISO 3166-1, the two-letter codes in force, and XK (Kosovo), which is a user-assigned one in general use.
COUNTRIES = frozenset(_CODES.split())
#: What people write in place of a code.
_MISTAKEN = {"UK": "GB", "EL": "GR", "EN": "GB", "EU": "give each country of the union by its own code"}


def canonical_range(text: str) -> str:
    """Return an IP range of the service in one spelling: the network in CIDR form. What is none is returned as it is.

    The service may keep host bits as they were written (not in its reference), so they do not count.
    """
    try:
        return str(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError:
        return text


def parse_ranges(texts: t.Sequence[str], option: str) -> tuple[list[str], list[Problem]]:
    """Return the ranges that people wrote, in one spelling, each once and sorted, and a problem for each that cannot be meant.

    An address without a length is that one address.
    """
    found: set[str] = set()
    problems: list[Problem] = []
    for index, text in enumerate(texts):
        try:
            found.add(str(_parse_range(text)))
        except ValueError as exc:
            problems.append(describe_problem(f"{option}[{index}]", str(exc)))
    return sorted(found), problems


def _parse_range(text: str) -> Network:
    """Return the network that *text* writes. Raises ValueError, which says what is wrong with it."""
    try:
        network: Network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise ValueError(
            f"{text!r} is not an IP range in CIDR form, such as 203.0.113.16/28 or 2001:db8:40::/48"
        ) from None
    address, length = text.strip().partition("/")[::2]
    if length and ipaddress.ip_address(address) != network.network_address:
        raise ValueError(
            f"{text!r} is an address within a range: write {network} for the range, or {address} for that one address"
        )
    if network.prefixlen == 0:
        raise ValueError(f"{text!r} contains all addresses, but a location is for certain places")
    return network


def list_range_warnings(ranges: t.Iterable[str]) -> list[str]:
    """Return a sentence for the ranges that Entra ID will not see, and one for those that it is not known to take."""
    networks = [(text, ipaddress.ip_network(text)) for text in ranges]
    inner = [text for text, network in networks if _is_never_seen(network)]
    large = [text for text, network in networks if network.version == 4 and network.prefixlen < _LARGEST_V4]
    found = []
    if inner:
        found.append(
            f"No sign-in comes from {', '.join(inner)}: Entra ID sees the public address of a network. Give the "
            "addresses that the network uses on the internet."
        )
    if large:
        found.append(
            f"Entra ID may refuse {', '.join(large)}: it is known to accept IPv4 ranges from /{_LARGEST_V4} to smaller ones."
        )
    return found


def _is_never_seen(network: Network) -> bool:
    """Return True for a network within the addresses that no sign-in comes from."""
    return any(_is_within(network, outer) for outer in _NEVER_SEEN)


def _is_within(network: Network, outer: Network) -> bool:
    if isinstance(network, ipaddress.IPv4Network):
        return isinstance(outer, ipaddress.IPv4Network) and network.subnet_of(outer)
    return isinstance(outer, ipaddress.IPv6Network) and network.subnet_of(outer)


def parse_countries(codes: t.Sequence[str], option: str) -> tuple[list[str], list[Problem]]:
    """Return the country codes in capital letters, each once and sorted, and a problem for each that is none."""
    found: set[str] = set()
    problems: list[Problem] = []
    for index, text in enumerate(codes):
        code = text.strip().upper()
        if code in COUNTRIES:
            found.add(code)
            continue
        meant = f"; for {code} write {_MISTAKEN[code]}" if code in _MISTAKEN else ", such as CH or LI"
        message = f"{text!r} is not a two-letter country code of ISO 3166-1{meant}"
        problems.append(describe_problem(f"{option}[{index}]", message))
    return sorted(found), problems
