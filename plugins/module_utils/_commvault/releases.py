# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What Commvault has from which feature release on, and the error for a release that lacks it. Pure.

A feature release is its number after the dot, 42 for 11.42, and 0 where this account may not see it: then nothing is refused here, since the
service knows better.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.context import Context
from .._core.errors import ConfigError


@dataclass(frozen=True)
class Feature:
    """``since``: the first release that is known to have it. ``needed_by``: what needs it, with the verb. ``instead``: what to do without.

    Both texts are empty for what is never an error.
    """

    since: int
    needed_by: str = ""
    instead: str = ""

    def is_missing(self, release: int) -> bool:
        """Return whether it is certain that a release lacks this."""
        return 0 < release < self.since

    def is_certain(self, release: int) -> bool:
        """Return whether it is certain that a release has this."""
        return release >= self.since


# Sources: Commvault documentation of 11.38 and 11.42 (access tokens, service accounts), the official Python client, and for what credentials
# show the specification of 11.32.
ACCESS_TOKENS = Feature(
    38,
    "access tokens that can be listed, changed, renewed and revoked need",
    "Until it is updated, create tokens in the Command Center, or sign in with commvault_auth_method password.",
)
TOKENS_OF_OTHERS = Feature(
    42, "a token for somebody else, who is a service account, needs", "Sign in as that user, or leave user out."
)
TOKEN_ADDRESSES = Feature(
    42,
    "a token that is limited to addresses needs",
    "Leave allowed_ips out, and restrict the addresses in your network instead.",
)
HYPERSCALE_TOKENS = Feature(42, "a token of type hyperscale needs", "Choose another token_type, such as custom.")
ENDLESS_TOKENS = Feature(
    42, "a token that can be renewed for more than 365 days needs", "Choose a time within 365 days."
)
#: Commvault documentation: from this release on, access tokens cannot manage access tokens.
TOKENS_BY_PASSWORD_ONLY = Feature(42)
SERVICE_ACCOUNTS = Feature(
    42, "service accounts need", "Until it is updated, use a local user with few rights (kind local)."
)
#: ``User/…/Security`` and ``UserGroup/…/Security`` list all that the principal holds.
COMPLETE_GRANTS = Feature(42, "complete lists of a user's or user group's rights need")
#: Users among the associations of a SAML app are shown.
SAML_USERS = Feature(38)
CREDENTIAL_HOLDERS = Feature(32, "owner and users of a credential need", "Leave them out.")
#: Before, the official client creates and changes OpenID Connect apps with a command.
OIDC_THROUGH_APPS = Feature(42)


def describe_missing(feature: Feature, release: int, instead: str | None = None) -> str | None:
    """Return why a release cannot do what needs a feature; None where it can, or may be able to.

    *instead*: what to do, as a sentence, where that is not what the feature says.
    """
    if not feature.is_missing(release):
        return None
    said = f"{feature.needed_by} release 11.{feature.since}; this CommServe is 11.{release}."
    return f"{said} {feature.instead if instead is None else instead}".rstrip()


def check_feature(option: str, feature: Feature, release: int) -> None:
    """Raise ConfigError where a release lacks what an option needs."""
    fault = describe_missing(feature, release)
    if fault is not None:
        raise ConfigError(f"{option}: {fault}", source=f"option {option}")


def warn_of_unknown_release(ctx: Context, release: int, consequence: str) -> None:
    """Warn where the release is not known. *consequence*: what comes of it, as a sentence."""
    if release == 0:
        ctx.warn(f"This account is not allowed to read the release of the CommServe. {consequence}")


def list_missing(uses: t.Iterable[tuple[str, Feature, bool]], release: int) -> list[tuple[str, str]]:
    """Return option and fault for all *uses* (option, feature, whether it is used) that a release lacks."""
    found = ((option, describe_missing(feature, release)) for option, feature, is_used in uses if is_used)
    return [(option, fault) for option, fault in found if fault is not None]
