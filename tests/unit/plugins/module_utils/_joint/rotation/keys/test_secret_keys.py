# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Client secrets as keys of a rotation: how many there may be, their marks, and the value that is shown once."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from fake_graph import NOW, FakeGraph
from rotation_fakes import complete_options

from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.keys.secret_keys import SecretKeys

APP = "66666666-7777-4888-8999-000000000000"


@pytest.mark.parametrize(
    ("audience", "most"),
    [("AzureADMyOrg", None), ("AzureADandPersonalMicrosoftAccount", 2), ("PersonalMicrosoftAccount", 2), (None, None)],
)
def test_where_personal_accounts_sign_in_there_are_two(make_ctx: t.Any, audience: str | None, most: int | None) -> None:
    ctx = make_ctx(complete_options())
    assert SecretKeys(ctx, t.cast("t.Any", FakeGraph(ctx))).get_most_keys({"signInAudience": audience}) == most


def test_a_new_secret_has_the_mark_of_its_rotation_and_its_value(make_ctx: t.Any) -> None:
    ctx = make_ctx(complete_options())
    answer = {"keyId": "NEW", "endDateTime": "2026-09-01T00:00:00Z", "secretText": "the value"}
    graph = FakeGraph(ctx)
    graph.write = lambda method, path, body, **_more: {**body["passwordCredential"], **answer}  # type: ignore[method-assign]
    added = SecretKeys(ctx, t.cast("t.Any", graph)).open_writer("object", APP, "abcdef").add(183)
    name = added.key.display_name
    assert name.startswith("cvops/backup/abcdef") and len(name) == len("cvops/backup/abcdef012345")
    assert (added.key.key_id, added.key.starts, added.key.ends) == ("new", NOW, NOW + datetime.timedelta(days=183))
    told = (added.value.key_id, added.value.rotation_id, added.value.application, added.value.value)
    assert told == ("new", name.rpartition("/")[2], APP, "the value")
    assert "the value" in ctx.secrets and "the value" not in repr(added)
