# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signing certificates as registered results of entra_service_principal have them."""

from __future__ import annotations

import typing as t


def row(end: int, active: bool = False) -> dict[str, t.Any]:
    """A signing certificate that ends in this year."""
    return {
        "thumbprint": f"T{end}",
        "certificate": "MII",
        "fingerprint_sha256": f"F{end}",
        "expires": f"{end}-01-01T00:00:00Z",
        "active": active,
    }


def principal(*rows: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    return {"service_principal": {"signing_certificates": list(rows)}, "steps": [], **more}
