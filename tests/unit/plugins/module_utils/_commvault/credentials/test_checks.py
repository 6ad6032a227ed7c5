# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks before a credential is changed: its kind, its owner, and what the service shows of it."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from credential_examples import OLDER, TENANT, WIRE

from ansible_collections.cvops.identity.plugins.module_utils._commvault.credentials.canonical import (
    Holder,
    parse_credential,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.credentials.checks import (
    check_is_shown,
    check_kind,
    find_owner_fault,
    list_unshown_fields,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.credentials.desired import (
    DesiredCredential,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import Principal
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError

OURS = parse_credential(WIRE)
OLD = parse_credential(OLDER)
GROUP = dataclasses.replace(OURS, owner=Holder(Principal("user_group", 3), "master"))


def test_another_kind_is_refused() -> None:
    check_kind(OURS)
    with pytest.raises(ConfigError, match="of another kind"):
        check_kind(parse_credential({**WIRE, "authType": "MICROSOFT_AZURE"}))


@pytest.mark.parametrize(
    ("credential", "caller", "groups", "owner"),
    [
        (OURS, (44, "svc"), None, None),
        (OURS, (1, "admin"), None, "user svc"),
        (OURS, (0, "SVC"), None, None),
        (OURS, (0, "admin"), None, "user svc"),
        (OURS, (0, ""), None, None),
        (GROUP, (44, "svc"), {3}, None),
        (GROUP, (44, "svc"), {4}, "user group master"),
        (GROUP, (44, "svc"), None, None),
        (OLD, (1, "admin"), None, None),
    ],
)
def test_only_the_owner_may_change_and_what_is_not_known_is_no_fault(
    credential: t.Any, caller: tuple[int, str], groups: set[int] | None, owner: str | None
) -> None:
    fault = find_owner_fault(credential, caller, groups)
    assert (fault is None) is (owner is None)
    assert owner is None or f"belongs to {owner}" in str(fault)


def test_what_is_not_shown_is_not_written() -> None:
    holder = Holder(Principal("user", 1))
    check_is_shown(OURS, DesiredCredential("x", owner=holder, shared_with=frozenset()))
    check_is_shown(OLD, DesiredCredential("x"))
    with pytest.raises(ConfigError, match="does not show owner"):
        check_is_shown(OLD, DesiredCredential("x", owner=holder))
    with pytest.raises(ConfigError, match="does not show shared_with"):
        check_is_shown(OLD, DesiredCredential("x", shared_with=frozenset()))


def test_fields_that_cannot_be_compared_are_named() -> None:
    wanted = DesiredCredential("x", azure_tenant_id=TENANT, environment="usgov", endpoints={"storage": "x"})
    assert list_unshown_fields(OURS, wanted) == []
    assert list_unshown_fields(OLD, wanted) == ["azure_tenant_id", "environment", "endpoints"]
    assert list_unshown_fields(OLD, DesiredCredential("x")) == []
