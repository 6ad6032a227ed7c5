# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A name that can be taken for another one is warned about, once, with the object that it looks like."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import Catalogue, Entry
from ansible_collections.cvops.identity.plugins.module_utils._commvault.lookalikes import warn_of_lookalikes

LONG_S = "Night\u017fhift"


def test_an_object_that_looks_equal_is_warned_about(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    warn_of_lookalikes(ctx, Catalogue("role", [Entry(1, LONG_S), Entry(2, "View")]), "Nightshift", "View", "Nightshift")
    (warning,) = ctx.warnings
    assert warning.startswith("Role 'Nightshift' looks like ")
    assert "id 1" in warning and "U+017F" in warning


def test_a_name_with_a_strange_letter_is_warned_about_although_nothing_looks_like_it(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    warn_of_lookalikes(ctx, Catalogue("user group", []), "\u0430dmin")
    (warning,) = ctx.warnings
    assert "The name of user group" in warning and "U+0430" in warning


def test_plain_names_are_not_warned_about(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    warn_of_lookalikes(ctx, Catalogue("role", [Entry(1, "View"), Entry(2, "VIEW")]), "view", "Restore")
    assert ctx.warnings == []


def test_no_more_than_three_lookalikes_of_a_name_are_told(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    alike = [Entry(number, LONG_S + "\u200b" * number) for number in range(1, 6)]
    warn_of_lookalikes(ctx, Catalogue("role", alike), "Nightshift")
    assert len(ctx.warnings) == 3
