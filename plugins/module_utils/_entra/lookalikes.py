# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Objects that Graph gives for a name although their own only looks equal: Graph's comparison is looser than ours."""

from __future__ import annotations

import typing as t

from .._core.context import Context
from .._core.names import describe_difference, describe_lookalike, is_lookalike


def describe_lookalikes(found: t.Iterable[t.Mapping[str, t.Any]], member: str, name: str) -> str:
    """Return text to add to a message about *name* that was not found: the objects whose name only looks equal.

    Empty when there are none.
    """
    alike = {str(wire.get("id")): str(wire.get(member) or "") for wire in found if wire.get(member)}
    return "".join(
        f"; similar: {other!r} ({object_id}) looks the same but is a different name: it {describe_difference(name, other)}"
        for object_id, other in sorted(alike.items())
        if is_lookalike(name, other)
    )


def warn_of_lookalikes(ctx: Context, noun: str, found: t.Iterable[t.Mapping[str, t.Any]], name: str) -> None:
    """Warn of objects that Graph gave for a display name although their names only look equal."""
    for wire in found:
        other = str(wire.get("displayName") or "")
        if is_lookalike(name, other):
            ctx.warn(describe_lookalike(noun.capitalize(), name, other, f"{noun} {other!r} ({wire.get('id')})"))
