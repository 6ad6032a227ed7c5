# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles: categories are expanded before comparing, plans converge, and the full set is always sent."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import Catalogue, Entry, OwnLevel
from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles import resource as role_resource
from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.resource import RoleResource
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer


class Answering:
    """A client and a directory in one, with a role as it is answered."""

    own_level, company_id, company_name = OwnLevel(), 0, None

    def __init__(self, ctx: t.Any, wire: dict[str, t.Any]) -> None:
        self.ctx, self.wire = ctx, wire

    def get(self, path: str, **_more: t.Any) -> t.Any:
        return self.wire

    def read_catalogue(self, kind: str) -> t.Any:
        return Catalogue("role", [Entry(35, "R")]) if kind == "roles" else Catalogue("permission", [Entry(31, "View")])

    def read_permission_categories(self) -> list[t.Any]:
        return []


@pytest.mark.parametrize("shown", [{}, {"permissions": None}, {"permissions": []}, {"permissions": "all"}])
@pytest.mark.parametrize("exclusive", [True, False])
def test_permissions_that_are_not_shown_are_not_overwritten(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, shown: t.Any, exclusive: bool
) -> None:
    """Every role holds some, and what is added to those is written as a whole; with exclusive nothing of before matters."""
    ctx = make_ctx({"name": "R", "state": "present", "permissions": ["View"], "exclusive": exclusive})
    there = Answering(ctx, {"name": "R", **shown})
    for name in ("CommvaultClient", "Directory"):
        monkeypatch.setattr(role_resource, name, lambda _given: there)
    if exclusive and shown.get("permissions") != "all":
        assert RoleResource(ctx).plan().changed
        return
    with pytest.raises(BadAnswer, match="permissions"):
        RoleResource(ctx).plan()
