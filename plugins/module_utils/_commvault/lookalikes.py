# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Warnings about names that look equal to other names."""

from __future__ import annotations

import typing as t

from .._core.context import Context
from .._core.names import describe_lookalike, describe_suspicious_name, is_lookalike
from .catalogue import Catalogue

#: The most lookalikes of one name that are warned about.
_TOLD = 3


def warn_of_lookalikes(ctx: Context, catalogue: Catalogue, *names: str) -> None:
    """Warn of characters in *names* that make them look like other names, and of objects of *catalogue* that look like them."""
    for name in dict.fromkeys(names):
        doubt = describe_suspicious_name(catalogue.noun, name)
        if doubt:
            ctx.warn(doubt)
        for other in catalogue.find_lookalikes(name)[:_TOLD]:
            ctx.warn(describe_lookalike(catalogue.noun.capitalize(), name, other.name, repr(other.label)))


def warn_of_lookalike_names(ctx: Context, kind: str, noun: str, name: str, others: t.Iterable[str]) -> None:
    """Warn as warn_of_lookalikes does, of objects that are in no catalogue. *kind*: of the object; *noun*: what the *others* are."""
    doubt = describe_suspicious_name(kind, name)
    if doubt:
        ctx.warn(doubt)
    for other in [other for other in others if is_lookalike(name, other)][:_TOLD]:
        ctx.warn(describe_lookalike(noun, name, other, repr(other)))
