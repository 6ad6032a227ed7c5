# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user that the options describe: what is left out is not managed, and the password is no part of it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.users.desired import (
    build_user_spec,
    desired_user,
)

OPTIONS: dict[str, t.Any] = {"name": "a", "kind": "local", "exclusive": False, "password_policy": "on_create"}


def test_unset_is_not_managed_and_empty_is() -> None:
    wanted = desired_user({**OPTIONS, "full_name": "", "email": None, "enabled": False, "description": "a\nb\n"})
    assert wanted.fields == {"full_name": "", "enabled": False, "description": "a\nb"}
    assert wanted.groups is None and not wanted.has_password
    assert desired_user(OPTIONS, {}).groups == {}


@pytest.mark.parametrize(
    ("password", "policy", "has", "writes"),
    [(None, "on_create", False, False), ("x", "on_create", True, False), ("x", "always", True, True)],
)
def test_the_policy_of_a_password(password: str | None, policy: str, has: bool, writes: bool) -> None:
    wanted = desired_user({**OPTIONS, "password": password, "password_policy": policy})
    assert (wanted.has_password, wanted.writes_password) == (has, writes)


def test_passwords_are_masked() -> None:
    options = build_user_spec().options
    assert {name for name, option in options.items() if option.get("no_log")} == {"password", "validation_password"}
