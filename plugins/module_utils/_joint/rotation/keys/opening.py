# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The choice of the kind of keys that a rotation is about."""

from __future__ import annotations

from ...._core.context import Context
from ...._entra.client import GraphClient
from .base import KeyKind
from .certificate_keys import CertificateKeys
from .secret_keys import SecretKeys

KINDS: dict[str, type[SecretKeys] | type[CertificateKeys]] = {"secret": SecretKeys, "certificate": CertificateKeys}


def open_keys(ctx: Context, graph: GraphClient) -> KeyKind:
    """Return the keys of the kind that option ``kind`` names; nothing is read yet."""
    return KINDS[ctx.options["kind"]](ctx, graph)
