# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a CommServe does not tell about the signed-in user, and what it fails to tell: only the first is taken for an answer."""

from __future__ import annotations

import typing as t

import pytest
from commvault_examples import NO_RIGHTS, NOT_FOUND_PAGE

from ansible_collections.cvops.identity.plugins.module_utils._commvault import whoami
from ansible_collections.cvops.identity.plugins.module_utils._commvault.client import CommvaultClient
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    BadAnswer,
    NotFound,
)


def test_groups_of_the_caller_that_are_no_list(client: CommvaultClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(200, {"id": 44, "associatedUserGroups": "many"}))
    with pytest.raises(BadAnswer, match="associatedUserGroups"):
        whoami._read_user_group_names(client, 44)
    secured.server.says(answer(200, {"id": 44}))
    assert whoami._read_user_group_names(client, 44) == []


@pytest.mark.parametrize(
    ("answers", "fails"),
    [
        ([(404, NOT_FOUND_PAGE)], True),
        ([(404, NOT_FOUND_PAGE), (403, NO_RIGHTS)], True),
        ([(200, {"user": {"userName": "svc"}}), (404, NOT_FOUND_PAGE)], False),
        ([(404, NOT_FOUND_PAGE), (200, {"currentSPVersion": 42}), (404, NOT_FOUND_PAGE)], False),
        ([(404, NOT_FOUND_PAGE), (404, NOT_FOUND_PAGE), (200, {"permissionsList": []})], False),
    ],
)
def test_an_address_that_answers_nothing_is_no_sign_in(
    client: CommvaultClient, secured: t.Any, answer: t.Any, answers: list[t.Any], fails: bool
) -> None:
    """The doctor would call it signed in."""
    secured.server.says(*[answer(*one) for one in answers])
    if fails:
        with pytest.raises(NotFound, match="who is signed in"):
            whoami.read_commvault_identity(client.ctx, client)
    else:
        assert whoami.read_commvault_identity(client.ctx, client)["url"] == client.base_url


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (
            {"permissionsList": [{"permissionId": 31, "permissionName": "View"}, {"permissionId": "1"}, "odd", {}]},
            {31: "View", 1: "1"},
        ),
        ({"permissions": [{"permission": {"id": 31, "name": "View"}}]}, {31: "View"}),
        ({"permissionsList": []}, {}),
        ({}, None),
        (None, None),
    ],
)
def test_rights_in_the_forms_that_are_known(answer: t.Any, found: dict[int, str] | None) -> None:
    assert whoami.parse_rights(answer) == found
