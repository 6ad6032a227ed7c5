# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seeded sites of different sizes: S (one team), M (an enterprise), L (an enterprise with regions), XL (a provider)."""

from __future__ import annotations

from cvops_simulator.seeds.site import build_site

__all__ = ["build_site"]
