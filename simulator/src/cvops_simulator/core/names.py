# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names as both services compare them: ordinally, case pairs apart. A long s is no s, a Kelvin sign is no k."""

from __future__ import annotations

from functools import cache


@cache
def _fold_character(character: str) -> str:
    small = character.lower()
    return small if len(small) == 1 and small.upper() == character else character


def fold_case(name: str) -> str:
    """Return the key of a name: equal for names that a service takes for the same."""
    return name.lower() if name.isascii() else "".join(map(_fold_character, name))
