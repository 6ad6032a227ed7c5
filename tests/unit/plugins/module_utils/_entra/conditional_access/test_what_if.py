# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service's own evaluation: what is asked, what its answer means, and when it disagrees."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, BadAnswer
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.evaluation import (
    Applies,
    SignIn,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.what_if import (
    ask_what_if,
    disagrees,
)


def ask(make_ctx: t.Any, row: t.Any, sign_in: SignIn | None = None) -> tuple[str, FakeGraph]:
    graph = FakeGraph(make_ctx({}), {}, {"value": [row] if row else []})
    return ask_what_if(t.cast(t.Any, graph), guid(1), sign_in or SignIn("x", guid(2)), guid(4)), graph


@pytest.mark.parametrize(
    ("applies", "reasons", "expected"),
    [
        (True, "notSet", "applies"),
        (False, "users", "does_not_apply"),
        (False, "location,notEnoughInformation", "open"),
        (False, "policyNotEnabled", "open"),
        (None, None, "does_not_apply"),
    ],
)
def test_answers(make_ctx: t.Any, applies: t.Any, reasons: t.Any, expected: str) -> None:
    row = {"id": guid(1).upper(), "policyApplies": applies, "analysisReasons": reasons}
    assert ask(make_ctx, row)[0] == expected


def test_what_is_not_known_is_not_said(make_ctx: t.Any) -> None:
    row = {"id": guid(1), "policyApplies": True}
    body = ask(make_ctx, row)[1].writes[0].body
    assert body["signInConditions"] == {} and body["signInContext"]["includeApplications"] == [guid(4)]
    assert body["signInIdentity"] == {"@odata.type": "#microsoft.graph.userSignIn", "userId": guid(2)}
    job = SignIn("job", guid(3), True, application=guid(5), address="203.0.113.7", country="CH")
    body = ask(make_ctx, row, job)[1].writes[0].body
    assert body["signInConditions"] == {"ipAddress": "203.0.113.7", "country": "CH"}
    assert body["signInContext"]["includeApplications"] == [guid(5)]
    assert body["signInIdentity"]["servicePrincipalId"] == guid(3)


def test_an_answer_without_the_policy_is_no_answer(make_ctx: t.Any) -> None:
    with pytest.raises(ApiError, match="does not contain the policy"):
        ask(make_ctx, None)
    with pytest.raises(BadAnswer):
        ask(make_ctx, "text")


@pytest.mark.parametrize(
    ("own", "told", "expected"),
    [
        (Applies.NO, "applies", True),
        (Applies.YES, "does_not_apply", True),
        (Applies.MAYBE, "applies", False),
        (Applies.MAYBE, "does_not_apply", False),
        (Applies.NO, "open", False),
        (Applies.YES, "applies", False),
    ],
)
def test_disagreement(own: Applies, told: str, expected: bool) -> None:
    assert disagrees(own, told) is expected
