# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What of a tenant matters to the CommCells of a snapshot. Pure."""

from __future__ import annotations

import typing as t

from ..._commvault.overview.document import CommCellDocument, Row
from ..._core.values import is_guid
from ..._entra.overview.wanted import Wanted

#: Characters of a user principal name, an address or an identifier (Microsoft Learn, user: mail; application: identifierUris).
_LONGEST = 256


def find_relevant(
    commcells: t.Iterable[CommCellDocument], applications: t.Iterable[str] = (), groups: t.Iterable[str] = ()
) -> Wanted:
    """Return what *commcells* refer to, with the *applications* and *groups* that people name besides."""
    group_ids: set[t.Any] = set()
    named: set[tuple[str, str]] = set()
    names: set[str] = set()
    app_ids: set[t.Any] = set()
    identifiers: set[str] = set()
    for one in commcells:
        group_ids |= {found for row in one["user_groups"] for found in (row.get("entra_group_id"), row.get("name"))}
        group_ids |= {str(row.get("name") or "").rpartition("\\")[2] for row in one["external_groups"]}
        named |= {
            (str(row.get("name") or ""), str(row.get("entra_group_id") or "").lower()) for row in one["user_groups"]
        }
        names |= {text for row in one["users"] for text in _list_user_names(row)}
        app_ids |= {row.get("azure_application_id") for row in one["credentials"]}
        app_ids |= {row.get("application_id") for row in one["identity_providers"]}
        identifiers |= {text for row in one["identity_providers"] for text in list_identifiers(row)}
    return Wanted(
        group_ids=_keep_ids(group_ids),
        named_groups=frozenset(pair for pair in named if _is_group_name(pair[0])),
        user_names=frozenset(names),
        application_ids=_keep_ids(app_ids),
        identifiers=frozenset(identifiers),
        applications=tuple(applications),
        groups=tuple(groups),
    )


def _keep_ids(found: t.Iterable[t.Any]) -> frozenset[str]:
    return frozenset(str(one).lower() for one in found if is_guid(one))


def _is_group_name(name: str) -> bool:
    """Return whether an Entra group can have this display name; ids are looked for as such."""
    return bool(name.strip()) and len(name) <= _LONGEST and name.isprintable() and not is_guid(name)


def _list_user_names(user: Row) -> t.Iterator[str]:
    """Yield the names by which Entra ID may know a Commvault user: with an @, and without the domain that a login name begins with.

    No name or address of Entra ID is longer or has a blank in it; a service that is asked for one refuses the whole request.
    """
    for key in ("user_principal_name", "email", "name"):
        name = str(user.get(key) or "").rpartition("\\")[2].strip()
        if "@" in name and len(name) <= _LONGEST and name.isprintable() and " " not in name:
            yield name


def list_identifiers(provider: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """Yield the identifiers that the registration of a SAML app may have."""
    if provider.get("kind") == "saml":
        aliases = provider.get("service_provider_aliases")
        for text in (provider.get("service_provider_endpoint"), *(aliases if isinstance(aliases, list) else ())):
            if isinstance(text, str) and 0 < len(text) <= _LONGEST:
                yield text
