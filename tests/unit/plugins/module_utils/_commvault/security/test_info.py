# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A group that is listed and gone when it is read has no members to show: it is left out, not shown as empty."""

from __future__ import annotations

import types
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import Catalogue, Entry
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.info import SecuritySnapshot


def test_a_group_that_is_gone(make_ctx: t.Any) -> None:
    ctx = make_ctx({"parallel_reads": 2})
    snapshot = SecuritySnapshot(ctx, t.cast(t.Any, types.SimpleNamespace(ctx=ctx)))
    details = {21: {"name": "ops", "users": [{"id": 4, "name": "anna"}]}, 22: None}
    snapshot._directory = t.cast(
        t.Any,
        types.SimpleNamespace(
            read_catalogue=lambda kind: Catalogue("user group", [Entry(21, "ops"), Entry(22, "gone")]),
            read_user_group=details.get,
        ),
    )
    assert [(row["name"], row["members"]) for row in snapshot._read_user_groups()] == [("ops", ["anna"])]
