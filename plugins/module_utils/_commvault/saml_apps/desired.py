# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The settings of a SAML app as the options ask for them, laid over its present ones. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._core.errors import ConfigError
from ..._core.set_changes import find_set_changes
from ..identity_providers.app_rows import clean_description
from .canonical import ATTRIBUTES, SamlSettings
from .certificates import CertificateMark, is_certificate_due
from .metadata import ProviderMetadata

_SWITCHES = ("enabled", "auto_create_users", "auto_redirect", "name_id", "service_provider_endpoint")


def desired_saml_app(
    options: t.Mapping[str, t.Any],
    current: SamlSettings | None,
    metadata: ProviderMetadata | None,
    mark: CertificateMark | None,
) -> SamlSettings:
    """Return the settings that are asked for; what the options do not name stays as it is.

    *mark*: of the certificate that the app has to hold, None where no option says which. Raises ConfigError for a new app without
    metadata, and where the provider's addresses change without a certificate, without which Commvault takes none of them.
    """
    have = current or SamlSettings(auto_create_users=False, auto_redirect=False)
    if current is None and metadata is None and not options.get("pending_metadata"):
        raise ConfigError(
            f"SAML app {options['name']} does not exist; to create it, metadata is needed", source="option metadata"
        )
    found: dict[str, t.Any] = {name: options[name] for name in _SWITCHES if options.get(name) is not None}
    if options.get("description") is not None:
        found["description"] = clean_description(options["description"])
    if metadata is not None:
        found.update(entity_id=metadata.entity_id, sign_on_url=metadata.sign_on_url, sign_out_url=metadata.sign_out_url)
    aliases = find_set_changes(
        options.get("service_provider_aliases"), have.service_provider_aliases, options["exclusive"]
    )
    found["service_provider_aliases"] = tuple(aliases.after)
    found["attribute_mappings"] = _lay_over_mappings(options, have)
    after = dataclasses.replace(have, **found)
    if mark is not None and is_certificate_written(options, current, after, mark):
        after = dataclasses.replace(after, certificate=mark)
    return after


def is_certificate_written(
    options: t.Mapping[str, t.Any], current: SamlSettings | None, after: SamlSettings, mark: CertificateMark
) -> bool:
    """Return whether the certificate of *mark* is written: to a new app, with new addresses of the provider, else as the policy says."""
    if current is None or get_provider(current) != get_provider(after):
        return True
    return is_certificate_due(options["certificate_policy"], mark, current.certificate)


def get_provider(settings: SamlSettings) -> tuple[str, str, str]:
    """Return what an app knows of its identity provider, apart from the certificate."""
    return settings.entity_id, settings.sign_on_url, settings.sign_out_url


def _lay_over_mappings(options: t.Mapping[str, t.Any], have: SamlSettings) -> tuple[tuple[str, str], ...]:
    """Return the mappings afterwards: an attribute that is named gets its claim or, with an empty text, none; others stay.

    With ``exclusive``, attributes that are not named lose theirs, where the option is given at all.
    """
    given = options.get("attribute_mappings")
    if given is None:
        return have.attribute_mappings
    named = {name: claim for name, claim in given.items() if claim is not None}
    is_whole = options["exclusive"] or not named
    kept = () if is_whole else (pair for pair in have.attribute_mappings if pair[0] not in named)
    return tuple(sorted({*kept, *((name, claim) for name, claim in named.items() if claim and name in ATTRIBUTES)}))
