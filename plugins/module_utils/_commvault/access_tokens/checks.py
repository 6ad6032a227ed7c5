# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Checks of an access token before it is planned, and of the pair that a store keeps for it. Pure."""

from __future__ import annotations

import typing as t

from ..._core.errors import Problems
from ..._core.names import is_same_name
from ..._core.values import parse_time
from ..._signin.commvault.token_pair_wire import get_token_id
from ..._stores.token_pair import TokenPair
from ..releases import (
    ENDLESS_TOKENS,
    HYPERSCALE_TOKENS,
    TOKEN_ADDRESSES,
    TOKENS_OF_OTHERS,
    Feature,
    list_missing,
)
from .canonical import NON_RENEWABLE_TYPES, CanonicalAccessToken

#: A day more than the longest that releases without ENDLESS_TOKENS renew a token for, since clocks differ.
_LONGEST_RENEWAL_S = 366 * 86400.0


def check_access_token(
    name: str,
    wanted: CanonicalAccessToken,
    current: CanonicalAccessToken | None,
    release: int,
    *,
    now: float,
    is_foreign: bool,
) -> None:
    """Raise Problems for options that do not fit the type of the token or the feature release (0: unknown).

    *now*: epoch seconds; *is_foreign*: the token is for somebody else than the signed-in user.
    Commvault documentation and SDK: only custom tokens have apiEndpoints; SCIM and one-touch tokens are not renewed.
    """
    before = current or {}
    kind = wanted["token_type"] or before.get("token_type") or "all"
    endpoints = wanted["api_endpoints"] if wanted["api_endpoints"] is not None else before.get("api_endpoints")
    problems = []
    if kind == "custom" and not endpoints and (current is None or wanted["api_endpoints"] is not None):
        problems.append(make_option_problem("api_endpoints", "a custom token needs at least one path"))
    if kind != "custom" and wanted["api_endpoints"]:
        problems.append(
            make_option_problem("api_endpoints", f"only a custom token is limited to paths; token_type is {kind}")
        )
    if kind in NON_RENEWABLE_TYPES and wanted["renewable_until"] is not None:
        problems.append(
            make_option_problem("renewable_until", f"a token of type {kind} cannot be renewed; give expires instead")
        )
    if kind not in NON_RENEWABLE_TYPES and wanted["expires"] is not None:
        problems.append(
            make_option_problem(
                "expires", f"Commvault decides how long a token of type {kind} is valid; give renewable_until instead"
            )
        )
    late = list_late_options(wanted, current, now=now, is_foreign=is_foreign)
    problems += [make_option_problem(option, fault) for option, fault in list_missing(late, release)]
    if problems:
        raise Problems(f"Access token {name} cannot be planned:", problems)


def list_late_options(
    wanted: CanonicalAccessToken, current: CanonicalAccessToken | None, *, now: float, is_foreign: bool
) -> list[tuple[str, Feature, bool]]:
    """Return the options that not every release with access tokens has: what each needs, and whether it is used."""
    until = wanted["renewable_until"]
    is_new = until is not None and until != (current or {}).get("renewable_until")
    is_endless = is_new and parse_time(until).timestamp() > now + _LONGEST_RENEWAL_S
    return [
        ("user", TOKENS_OF_OTHERS, is_foreign and current is None),
        ("allowed_ips", TOKEN_ADDRESSES, bool(wanted["allowed_ips"])),
        ("token_type", HYPERSCALE_TOKENS, wanted["token_type"] == "hyperscale"),
        ("renewable_until", ENDLESS_TOKENS, is_endless),
    ]


def is_pair_of_token(pair: TokenPair, name: str, row: t.Mapping[str, t.Any] | None) -> bool:
    """Return whether a stored pair is that of the token *row*; without a row or an id in the pair, whether the names are the same."""
    if row is not None and pair.token_id is not None:
        return pair.token_id == get_token_id(row)
    return pair.name is not None and is_same_name(pair.name, name)


def make_option_problem(option: str, message: str) -> dict[str, str]:
    """Return a problem for Problems about one option."""
    return {"kind": "config", "where": option, "message": message}
