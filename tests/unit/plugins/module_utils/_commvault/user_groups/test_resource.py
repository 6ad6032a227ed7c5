# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guard of one's own groups where the service does not tell who is signed in."""

from __future__ import annotations

import types
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.user_groups import resource as subject
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import GuardRefused
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan, Step


def guarded(ctx: t.Any, caller: tuple[int, str]) -> None:
    client = types.SimpleNamespace(ctx=ctx, caller=caller)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(subject, "CommvaultClient", lambda ctx: client)
        resource = subject.UserGroupResource(ctx)
    resource.group_id, resource._members = 21, {"anna": 4}
    resource._check_risks(Plan({"name": "ops"}, {}, (Step("delete", "user group ops"),)), "ops")


def test_a_caller_who_is_not_told_is_told(make_ctx: t.Any) -> None:
    ctx = make_ctx({"accept_risk": []})
    guarded(ctx, (0, ""))
    assert len(ctx.warnings) == 1 and "who is signed in" in ctx.warnings[0]


@pytest.mark.parametrize("caller", [(4, ""), (0, "anna"), (4, "anna")])
def test_a_caller_who_is_a_member_is_guarded(make_ctx: t.Any, caller: tuple[int, str]) -> None:
    ctx = make_ctx({"accept_risk": []})
    with pytest.raises(GuardRefused):
        guarded(ctx, caller)
    assert ctx.warnings == []
    guarded(ctx, (5, "ben"))
    assert ctx.warnings == []
