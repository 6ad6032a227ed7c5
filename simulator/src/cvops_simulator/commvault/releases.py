# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a CommCell has from which feature release on: the one table that routes and handlers ask.

A feature release is its number after the dot, 44 for 11.44; any may be set, also innovation releases such as 34 and 40.
What is not in the table is there in every release from 32 on, as far as anybody knows.
"""

from __future__ import annotations

from typing import NamedTuple

#: No release of this product generation has a number outside; "1144" and "2024" are mistakes.
_OLDEST, _NEWEST = 10, 99


class Feature(NamedTuple):
    """`since`: the first release that is known to have it. `source`: where that is written, or why it is assumed."""

    since: int
    source: str


FEATURES: dict[str, Feature] = {
    "credentials_v4": Feature(32, "the specification of 11.32 has the calls; when they came is not known"),
    "group_guid_after_creation": Feature(36, "examples of the API documentation before and after"),
    "access_tokens": Feature(38, "documentation of 11.38: tokens that are renewed, and the calls that manage them"),
    "saml_type_and_users": Feature(38, "documentation of 11.38: in answers; the specification of 11.32 has neither"),
    "service_accounts": Feature(42, "documentation of 11.42; official client"),
    "tokens_of_others": Feature(42, "documentation of 11.42; official client: userId of a service account"),
    "token_addresses": Feature(42, "documentation of 11.42; official client: allowedIPs"),
    "hyperscale_tokens": Feature(42, "documentation of 11.42; official client: tokenType 5"),
    "endless_tokens": Feature(42, "documentation: before, a token is renewed for 365 days at most"),
    "external_tokens": Feature(42, "the vendor's MCP server: 11.42 CU27"),
    "oidc_through_apps": Feature(42, "assumed: before, the official client creates these apps with a command"),
    "local_identity_app": Feature(42, "official client"),
    "principal_security": Feature(42, "assumed: the official client reads it from then on"),
    "pin_for_changes": Feature(42, "official client: header otp"),
    "long_access_tokens": Feature(44, "documentation of 11.44: they live for two hours, before for 30 minutes"),
}


def has_feature(release: int, name: str) -> bool:
    """Tell whether a release has a feature of the table. Raises KeyError for others."""
    return release >= FEATURES[name].since


def check_release(release: int) -> int:
    """Return a feature release. Raises ValueError for what is none."""
    if not _OLDEST <= release <= _NEWEST:
        raise ValueError(f"{release} is no feature release: 44 stands for 11.44")
    return release
