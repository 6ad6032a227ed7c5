# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The document that holds one CommCell as a read-only account sees it, without secrets. Shapes only.

Names and values are those of the results of commvault_security_info, so ids are text and names stand as the service spells them; lists are
sorted by id (numbers by value), so that two documents differ only where the CommCell does. What could not be read is an empty list with a
Source that says so.
"""

from __future__ import annotations

import typing as t

from ..._core.provenance import Provenance

FORMAT = "cvops.identity/snapshot-commcell/1"

Row = dict[str, t.Any]


class CommCellDocument(t.TypedDict):
    """``commcells/NAME.json`` of a snapshot."""

    format: str
    provenance: Provenance
    name: str
    """The name under which the document of variables has the CommCell (``cvops_connection.commcells``)."""
    commcell: Row
    """``id``, ``name``, ``release``, ``company``, as commvault_security_info returns it."""
    companies: list[Row]
    """``id``, ``name``, and ``alias`` where it is shown."""
    permissions: list[Row]
    """``id``, ``name``; ``category`` where it is shown."""
    roles: list[Row]
    """As subset role_permissions: ``id``, ``name``, ``company``, ``enabled``, ``description``, ``permissions``, ``categories``, ``visible_to_all``."""
    users: list[Row]
    """As subset user_details. ``id``, ``name``, ``company``, ``enabled``, ``kind``, ``email``, ``user_principal_name``, ``signs_in_with``,
    ``identity_provider``, ``local_password``, ``two_factor``, ``locked``, ``last_sign_in``, ``groups``; of the account that reads,
    ``last_sign_in`` is None, since that is its own reading."""
    two_factor: Row
    """``mode``, ``user_groups``."""
    user_groups: list[Row]
    """As subset user_group_details: ``id``, ``name``, ``company``, ``enabled``, ``description``, ``entra_group_id``, ``members`` (ids of users), ..."""
    external_groups: list[Row]
    """``id``, ``name`` (``DOMAIN\\group``), ``company``, ``enabled``."""
    associations: list[Row]
    """As subset associations: ``principal``, ``role``, ``permissions``, ``entity``, ``grant_kind``. The population of grants."""
    owners: list[Row]
    """As subset owners, in the form of associations."""
    access_tokens: list[Row]
    """As subset access_tokens."""
    entities: dict[str, list[Row]]
    """By kind (keys of ENTITY_TYPES but ``commcell`` and ``company``): rows with ``id``, ``name``, ``company``."""
    credentials: list[Row]
    """Credentials of Azure applications in the canonical form of commvault_credential, never a secret."""
    identity_providers: list[Row]
    """SAML and OIDC apps in the canonical forms of commvault_saml_app and commvault_oidc_app, with ``kind`` (``saml``, ``oidc``), never a secret."""
