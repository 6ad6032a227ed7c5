# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two-factor authentication is told as the service shows it, in as few calls as that takes, and is never guessed."""

from __future__ import annotations

import typing as t

import pytest
from fake_commvault import FakeCommvault

from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import Entry
from ansible_collections.cvops.identity.plugins.module_utils._commvault.users.details import SignIn
from ansible_collections.cvops.identity.plugins.module_utils._commvault.users.two_factor import TwoFactor
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    BadAnswer,
    Forbidden,
    Throttled,
    Unreachable,
)

SETTING, STATUS = "Commcell/Properties/TwoFactorAuth", "Security/TwoFactorAuth/Status"
ANNA, BEN = Entry(4, "anna"), Entry(5, "corp\\ben", "corp", company_id=30)
PASSWORD: SignIn = "commvault_password"


def setting(mode: t.Any, *groups: str) -> dict[str, t.Any]:
    return {"twoFactorAuthenticationInfo": {"mode": mode, "userGroups": [{"userGroupName": name} for name in groups]}}


def two_factor(
    make_ctx: t.Any, answers: t.Any, *users: Entry, everybody: t.Any = None
) -> tuple[TwoFactor, FakeCommvault]:
    client = FakeCommvault(make_ctx(), answers)
    made = TwoFactor(t.cast(t.Any, client))
    made.read_settings(users, everybody or users)
    return made, client


@pytest.mark.parametrize(
    ("mode", "state"), [(0, False), ("0", False), (1, True), (3, None), (None, None), ("on", None)]
)
def test_a_setting_for_all_needs_no_call_per_user(make_ctx: t.Any, mode: t.Any, state: bool | None) -> None:
    made, client = two_factor(make_ctx, {SETTING: setting(mode)}, ANNA)
    assert made.find_state(ANNA, PASSWORD) is state
    assert made.find_state(ANNA, "directory_password") is state
    assert client.paths == [f"GET {SETTING}"]


@pytest.mark.parametrize("mode", [0, 1, 2])
@pytest.mark.parametrize("sign_in", ["identity_provider", "access_token"])
def test_who_types_no_password_is_asked_for_no_pin(make_ctx: t.Any, mode: int, sign_in: SignIn) -> None:
    made, _client = two_factor(make_ctx, {SETTING: setting(mode)}, ANNA)
    assert made.find_state(ANNA, sign_in) is None


def test_who_signs_in_in_an_unknown_way_is_known_only_where_nobody_is_asked(make_ctx: t.Any) -> None:
    assert [two_factor(make_ctx, {SETTING: setting(mode)}, ANNA)[0].find_state(ANNA, None) for mode in (0, 1, 2)] == [
        False,
        None,
        None,
    ]


def test_a_setting_for_groups_is_asked_about_each_user(make_ctx: t.Any) -> None:
    answers = {
        SETTING: setting(2, "zeta", "Ops"),
        STATUS: lambda sent: {"twoFactorInfo": {"isTwoFactorAuthenticationEnabled": sent.params["username"] == "anna"}},
    }
    made, client = two_factor(make_ctx, answers, ANNA, BEN)
    assert (made.mode, made.user_group_names) == ("user_groups", ["Ops", "zeta"])
    assert [made.find_state(one, PASSWORD) for one in (ANNA, BEN)] == [True, False]
    assert [one.params for one in client.sent] == [None, {"username": "anna"}, {"username": "corp\\ben"}]


@pytest.mark.parametrize(
    "answer", [{}, {"twoFactorInfo": {}}, {"twoFactorInfo": {"isTwoFactorAuthenticationEnabled": None}}]
)
def test_a_status_that_says_nothing_is_unknown(make_ctx: t.Any, answer: t.Any) -> None:
    made, _client = two_factor(make_ctx, {SETTING: setting(2), STATUS: answer}, ANNA)
    assert made.find_state(ANNA, PASSWORD) is None


def test_the_name_of_two_users_says_nothing_of_either(make_ctx: t.Any) -> None:
    """The call takes a name: it would answer for one of the two."""
    twin = Entry(9, "ANNA", "corp", company_id=30)
    made, client = two_factor(make_ctx, {SETTING: setting(2)}, ANNA, everybody=[ANNA, twin])
    assert made.find_state(ANNA, PASSWORD) is None
    assert client.paths == [f"GET {SETTING}"]


def test_a_company_may_ask_where_the_commcell_does_not(make_ctx: t.Any) -> None:
    answers = {
        SETTING: setting(0),
        "Organization/30/TwoFactorAuth": setting(1),
        "Organization/31/TwoFactorAuth": Forbidden("no"),
    }
    other = Entry(6, "x\\eva", "x", company_id=31)
    made, client = two_factor(make_ctx, answers, ANNA, BEN, other, Entry(7, "corp\\kim", "corp", company_id=30))
    assert [made.find_state(one, PASSWORD) for one in (ANNA, BEN, other)] == [False, True, None]
    assert sorted(client.paths)[1:] == ["GET Organization/30/TwoFactorAuth", "GET Organization/31/TwoFactorAuth"]
    assert len(client.ctx.warnings) == 1


def test_a_user_of_whom_the_company_is_not_shown_may_be_of_one_that_asks(make_ctx: t.Any) -> None:
    hidden = Entry(4, "anna", company_shown=False)
    made, _client = two_factor(make_ctx, {SETTING: setting(0)}, hidden)
    assert made.find_state(hidden, PASSWORD) is None


@pytest.mark.parametrize("refusal", [Forbidden("no"), None, ApiError("no", code="7", status=200)])
def test_a_setting_that_is_not_shown_is_unknown_and_said(make_ctx: t.Any, refusal: t.Any) -> None:
    made, client = two_factor(make_ctx, {SETTING: refusal} if refusal else {}, ANNA)
    assert made.find_state(ANNA, PASSWORD) is None
    assert len(client.ctx.warnings) == 1


@pytest.mark.parametrize("error", [Throttled("later"), Unreachable("gone"), ApiError("broken", status=500)])
@pytest.mark.parametrize("path", [SETTING, STATUS])
def test_a_read_that_fails_is_an_error(make_ctx: t.Any, path: str, error: ApiError) -> None:
    with pytest.raises(type(error)):
        made, _client = two_factor(make_ctx, {SETTING: setting(2), path: error}, ANNA)
        made.find_state(ANNA, PASSWORD)


@pytest.mark.parametrize(
    "answer", [{"twoFactorAuthenticationInfo": "on"}, {"twoFactorAuthenticationInfo": {"mode": 2, "userGroups": ["a"]}}]
)
def test_a_setting_of_another_shape_is_refused(make_ctx: t.Any, answer: t.Any) -> None:
    with pytest.raises(BadAnswer):
        two_factor(make_ctx, {SETTING: answer}, ANNA)
