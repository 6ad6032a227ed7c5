# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The certificate that the task itself signs in with."""

from __future__ import annotations

from ..._core.context import Context
from ..._core.errors import ConfigError
from ..._core.thumbprints import compute_thumbprints, decode_pem
from ..._signin.entra.certificates import load_client_certificate


def read_own_thumbprints(ctx: Context) -> frozenset[str] | None:
    """Return the thumbprints of the certificate that this task signs in with, None where it cannot be read any more."""
    try:
        der = decode_pem(load_client_certificate(ctx).chain.encode())
    except ConfigError:
        return None
    return compute_thumbprints(der) if der else None
