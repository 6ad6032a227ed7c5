# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the options say wrong is told before any request, several things together."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.users.canonical import User
from ansible_collections.cvops.identity.plugins.module_utils._commvault.users.checks import (
    check_is_complete,
    check_kind,
    check_may_be_deleted,
    check_options,
    check_release,
    check_validation_password,
    find_user_name_fault,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Problems

DEFAULTS: dict[str, t.Any] = {
    "name": "jvega",
    "kind": "local",
    "state": "present",
    "password_policy": "on_create",
    "skip_ownership_transfer": False,
}
ABSENT = {"kind": None, "state": "absent"}


@pytest.mark.parametrize(
    ("options", "source", "said"),
    [
        ({"name": " "}, "name", "cannot be empty"),
        ({"name": "a", "kind": "external"}, "name", "DOMAIN"),
        ({"name": "A\\b", "kind": "local"}, "name", "kind external"),
        ({"email": " "}, "email", "needs an e-mail"),
        ({"password_policy": "always"}, "password_policy", "password is needed"),
        ({"kind": "external", "name": "A\\b", "user_groups": []}, "user_groups", "commvault_user_group"),
        ({"kind": "service_account", "password": "x"}, "password", "access tokens"),
        ({"kind": "service_account", "email": ""}, "email", "access tokens"),
        ({"new_owner": {"user": "a"}}, "new_owner", "state absent"),
        ({"skip_ownership_transfer": True}, "skip_ownership_transfer", "state absent"),
        (ABSENT, "new_owner", "who gets"),
        (
            {**ABSENT, "new_owner": {"user": "a"}, "skip_ownership_transfer": True},
            "skip_ownership_transfer",
            "not both",
        ),
    ],
)
def test_one_fault_names_its_option(options: dict[str, t.Any], source: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        check_options({**DEFAULTS, **options})
    assert refused.value.facts["source"] == f"option {source}"


def test_several_faults_are_told_together() -> None:
    with pytest.raises(Problems) as refused:
        check_options({**DEFAULTS, "kind": "service_account", "name": "A\\b", "email": "x@y", "password": "z"})
    assert [problem["where"] for problem in refused.value.facts["problems"]] == ["name", "email", "password"]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"email": None, "password": "x", "password_policy": "always"},
        {"kind": "external", "name": "CORP\\a", "email": ""},
        {"kind": "service_account", "user_groups": [], "full_name": ""},
        {**ABSENT, "new_owner": {"user_group": "a"}},
        {**ABSENT, "skip_ownership_transfer": True, "name": "CORP\\a"},
    ],
)
def test_what_is_right_passes(options: dict[str, t.Any]) -> None:
    check_options({**DEFAULTS, **options})


@pytest.mark.parametrize("name", ["CORP\\", "\\a", "CORP\\a\\b", " \\a", "a"])
def test_a_directory_user_has_a_domain_and_a_name(name: str) -> None:
    assert find_user_name_fault(name, "external")
    assert find_user_name_fault("CORP\\a b", "external") is None


def test_releases() -> None:
    for release in (0, 42, 44):
        check_release("service_account", release)
    for kind in ("local", "external", None):
        check_release(kind, 28)
    with pytest.raises(ConfigError, match="need release 11.42; this CommServe is 11.40"):
        check_release("service_account", 40)


def test_another_kind_is_refused_and_an_unknown_one_is_not() -> None:
    check_kind(User("a", "local"), "local")
    check_kind(User("a", "external"), None)
    for kind in ("local", "service_account"):
        check_kind(User("a", None), t.cast(t.Any, kind))
    for current, wanted in (
        ("local", "service_account"),
        ("service_account", "local"),
        ("external", "local"),
        (None, "external"),
    ):
        with pytest.raises(ConfigError, match="cannot be changed"):
            check_kind(User("a", t.cast(t.Any, current)), t.cast(t.Any, wanted))


def test_a_new_local_user_needs_an_address() -> None:
    with pytest.raises(ConfigError, match="needs an e-mail address"):
        check_is_complete({**DEFAULTS, "email": None})
    check_is_complete({**DEFAULTS, "email": "x@y"})
    check_is_complete({**DEFAULTS, "kind": "service_account", "email": None})


def test_the_built_in_user_stays() -> None:
    with pytest.raises(ConfigError, match="built in"):
        check_may_be_deleted(1, "admin")
    check_may_be_deleted(2, "admin")


@pytest.mark.parametrize(
    ("options", "fits"),
    [
        ({"commvault_auth_method": "password", "commvault_password": "x"}, True),
        ({"commvault_auth_method": "password", "commvault_password": None}, False),
        ({"commvault_auth_method": "access_token", "commvault_password": "x"}, False),
        ({"commvault_auth_method": "access_token", "validation_password": "x"}, True),
    ],
)
def test_a_password_is_changed_with_another_one_only(options: dict[str, t.Any], fits: bool) -> None:
    if fits:
        check_validation_password(options, "option commvault_auth_method")
        return
    with pytest.raises(ConfigError, match="validation_password"):
        check_validation_password(options, "option commvault_auth_method")
