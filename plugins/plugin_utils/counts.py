# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Numbers with their nouns. Pure."""

from __future__ import annotations

import typing as t


def count_words(number: t.Any, noun: str, nouns: str = "") -> str:
    """Return a number with its noun, such as ``1 grant`` or ``3 policies``. *nouns*: of several, where it is not made by rule."""
    return f"{number} {noun if number == 1 else nouns or make_plural(noun)}"


def count_named(number: t.Any, nouns: str) -> str:
    """Return a number with what is named in the plural, such as ``1 user group`` for *nouns* ``user_groups``."""
    words = nouns.replace("_", " ")
    return f"{number} {make_singular(words) if number == 1 else words}"


def make_plural(noun: str) -> str:
    """Return the plural of a noun: users, policies, accesses."""
    if noun.endswith("y") and not noun.endswith(("ay", "ey", "oy")):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith("s") else f"{noun}s"


def make_singular(nouns: str) -> str:
    """Return the singular of a noun in the plural: user, policy; access, which is none, stays."""
    if nouns.endswith("ies"):
        return f"{nouns[:-3]}y"
    return nouns if nouns.endswith("ss") or not nouns.endswith("s") else nouns[:-1]
