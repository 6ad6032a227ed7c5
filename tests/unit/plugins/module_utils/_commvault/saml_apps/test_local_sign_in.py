# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nobody is sent to the identity provider before a local administrator is proven to get in without it."""

from __future__ import annotations

import typing as t

import pytest
from fake_commvault import FakeCommvault

from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps import local_sign_in
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    AuthError,
    Forbidden,
    GuardRefused,
    Throttled,
    Unreachable,
)

ACCOUNT = {"username": "firefighter", "password": "Br3ak~glass"}
DETAILS, RIGHTS = "GET v4/user/7", "GET Security/COMMCELL_ENTITY/2/Permissions"
ANSWERS = {
    DETAILS: {"authenticationMethod": "Commcell"},
    RIGHTS: {"permissionsList": [{"permissionId": 1, "permissionName": "Administrative Management"}]},
}


@pytest.fixture
def prove(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., str]:
    """Return the proof against a CommServe of these answers; *caller*: who is signed in, or what signing in raises."""

    def run(caller: t.Any = (7, "firefighter"), pin: str | None = None, **answers: t.Any) -> str:
        account = {**ACCOUNT, "pin": pin}
        signed_in: dict[str, t.Any] = {}

        class Client(FakeCommvault):
            @property
            def caller(self) -> tuple[int, str]:  # type: ignore[override]
                signed_in.update(self.ctx.options)
                self.ctx.identity["commvault_user"] = "firefighter"
                if isinstance(caller, Exception):
                    raise caller
                return t.cast("tuple[int, str]", caller)

            @caller.setter
            def caller(self, value: t.Any) -> None:
                """Ignore the default."""

        monkeypatch.setattr(local_sign_in, "CommvaultClient", lambda ctx: Client(ctx, {**ANSWERS, **answers}))
        options = {"commvault_auth_method": "token_store", "commvault_company": "corp", "commvault_pin": "123456"}
        ctx = make_ctx(options)
        ctx.identity["commvault_user"] = "svc"
        try:
            return local_sign_in.prove_local_sign_in(ctx, account)
        finally:
            assert ctx.identity == {"commvault_user": "svc"}
            assert (signed_in["commvault_auth_method"], signed_in["commvault_username"]) == ("password", "firefighter")
            assert signed_in["commvault_company"] is None and signed_in["commvault_pin"] == account.get("pin")

    return run


def test_a_local_administrator_is_proven(prove: t.Callable[..., str]) -> None:
    assert prove() == "firefighter"
    assert prove(pin="777777") == "firefighter"


@pytest.mark.parametrize(
    ("caller", "answers", "said"),
    [
        (AuthError("wrong password", status=401), {}, "cannot sign in"),
        (Forbidden("locked", status=403), {}, "cannot sign in"),
        (ApiError("refused", status=200, code="1116"), {}, "cannot sign in"),
        ((0, ""), {}, "does not show as"),
        ((7, "x"), {DETAILS: {"authenticationMethod": "corp-entra"}}, "is signed in by corp-entra"),
        ((7, "x"), {DETAILS: {}}, "a method that Commvault does not show"),
        (
            (7, "x"),
            {RIGHTS: {"permissionsList": [{"permissionId": 31, "permissionName": "View"}]}},
            "does not have administrator rights on",
        ),
        ((7, "x"), {RIGHTS: {"permissionsList": None}}, "does not have administrator rights on"),
    ],
)
def test_anybody_else_is_refused(prove: t.Callable[..., str], caller: t.Any, answers: t.Any, said: str) -> None:
    with pytest.raises(GuardRefused, match=said) as caught:
        prove(caller, **answers)
    assert caught.value.facts["risk"] == "lock_out" and ACCOUNT["password"] not in str(caught.value)


@pytest.mark.parametrize("failure", [Unreachable("gone"), ApiError("down", status=503), Throttled("slow", status=429)])
def test_what_could_not_be_checked_is_not_proven(prove: t.Callable[..., str], failure: ApiError) -> None:
    with pytest.raises(type(failure)):
        prove(failure)
    for path in (DETAILS, RIGHTS):
        with pytest.raises(type(failure)):
            prove(**{path: failure})
