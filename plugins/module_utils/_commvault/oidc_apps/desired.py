# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The settings of an OpenID Connect app as the options ask for them, laid over its present ones. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._core.errors import ConfigError
from ..._core.names import keep_spelling
from ..._core.set_changes import find_set_changes
from ..identity_providers.app_rows import clean_description
from ..secret_marks import is_secret_due
from .canonical import OidcSettings

#: What a new app cannot do without.
_NEEDED = ("application_id", "secret", "discovery_url")


def is_secret_written(options: t.Mapping[str, t.Any], current: OidcSettings | None) -> bool:
    """Return whether the client secret is written: to a new app, else as the policy says."""
    if current is None:
        return True
    policy, fingerprint = options["secret_policy"], options.get("secret_fingerprint")
    return bool(options.get("secret")) and is_secret_due(policy, fingerprint, current.secret_fingerprint)


def desired_oidc_app(
    name: str, options: t.Mapping[str, t.Any], current: OidcSettings | None, exclusive: bool
) -> OidcSettings:
    """Return the settings that are asked for; what the options do not name stays as it is. Raises ConfigError for a new app without the needed ones."""
    have = current or OidcSettings()
    missing = [option for option in _NEEDED if not options.get(option)]
    if current is None and missing:
        raise ConfigError(
            f"OpenID Connect app {name} does not exist; to create it, {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} needed",
            source=f"option {missing[0]}",
        )
    found = {field: options[field] for field in ("enabled", "discovery_url") if options.get(field) is not None}
    if options.get("application_id") is not None:
        found["application_id"] = keep_spelling(options["application_id"], have.application_id)
    if options.get("description") is not None:
        found["description"] = clean_description(options["description"])
    urls = find_set_changes(options.get("web_console_urls"), have.web_console_urls, exclusive).after
    found["web_console_urls"] = tuple(urls)
    if is_secret_written(options, current):
        found["secret_fingerprint"] = options.get("secret_fingerprint")
    return dataclasses.replace(have, **found)
