# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which refusals may come from a replica that lags: those about objects of this run, of known kinds, and none while suspended."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, Forbidden, NotFound
from ansible_collections.cvops.identity.plugins.module_utils._core.recent_objects import RecentObjects
from ansible_collections.cvops.identity.plugins.module_utils._entra.replication import ReplicationRules

OURS, FOREIGN = "5b1c2f0e-0000-4000-8000-1a2b3c4d5e6f", "5b1c2f0e-0000-4000-8000-1a2b3c4d5e60"
URL = "https://graph.example/v1.0/groups/{}"
NO_RIGHTS = Forbidden("no", status=403, said="Insufficient privileges to complete the operation.")


@pytest.fixture
def rules(make_ctx: t.Any) -> ReplicationRules:
    recent = RecentObjects(make_ctx())
    recent.add(OURS)
    return ReplicationRules(recent)


@pytest.mark.parametrize(
    ("error", "method", "object_id", "limit_s"),
    [
        (NotFound("gone", status=404), "GET", OURS, 120.0),
        (NotFound("gone", status=404), "GET", FOREIGN, 0.0),
        (ApiError("no", status=400, said="Not a valid reference update."), "PATCH", OURS, 120.0),
        (ApiError("no", status=400, said="Invalid value."), "PATCH", OURS, 0.0),
        (ApiError("no", status=400, code="Error_MsaAppDoesNotExist"), "POST", OURS, 120.0),
        (NO_RIGHTS, "PATCH", OURS, 20.0),
        (NO_RIGHTS, "GET", OURS, 0.0),
    ],
)
def test_a_refusal_is_repeated_for_as_long_as_its_kind_may_pass(
    rules: ReplicationRules, error: ApiError, method: str, object_id: str, limit_s: float
) -> None:
    assert rules.get_retry_limit_s(error, method, URL.format(object_id), None) == limit_s
    with rules.suspend():
        assert rules.get_retry_limit_s(error, method, URL.format(object_id), None) == 0.0
    assert rules.get_retry_limit_s(error, method, URL.format(object_id), None) == limit_s


SHOWN = "5b1c2f0e-0000-4000-8000-1a2b3c4d5eAA"
MISSING = NotFound("gone", status=404)


def ask(rules: ReplicationRules, method: str, path: str, error: ApiError = MISSING) -> float:
    return rules.get_retry_limit_s(error, method, f"https://graph.example/v1.0{path}?$top=999", None)


@pytest.mark.parametrize(
    "shown_at", ["/groups", f"/groups/{SHOWN}", "/groups(uniqueName='ops')", "/applications", "/servicePrincipals"]
)
@pytest.mark.parametrize("below", ["", "/members", "/federatedIdentityCredentials", "/appRoleAssignments"])
def test_what_one_replica_has_shown_is_waited_for_where_another_one_is_asked(
    rules: ReplicationRules, shown_at: str, below: str
) -> None:
    path = f"/things/{SHOWN.lower()}{below}"
    assert ask(rules, "GET", path) == 0.0
    rules.note_shown(shown_at, [{"id": SHOWN}])
    assert ask(rules, "GET", path) == 30.0
    assert ask(rules, "GET", path, Forbidden("no", status=403)) == 0.0
    for method in ("PATCH", "POST", "DELETE"):
        assert ask(rules, method, path) == 0.0, "the first write that finds nothing lets everything be read anew"
    with rules.suspend():
        assert ask(rules, "GET", path) == 0.0


@pytest.mark.parametrize("path", ["/servicePrincipals(appId='{}')", "/groups/{}/members/{}", "/groups/{}x/members"])
def test_an_object_of_another_kind_or_place_is_not_waited_for(rules: ReplicationRules, path: str) -> None:
    rules.note_shown("/applications", [{"id": SHOWN, "appId": FOREIGN}, {"id": FOREIGN}])
    assert ask(rules, "GET", path.format(FOREIGN if "appId" in path else OURS[:-1] + "9", SHOWN)) == 0.0


@pytest.mark.parametrize(
    "shown_at", [f"/groups/{FOREIGN}/members", "/directory/deletedItems/microsoft.graph.application", "/directoryRoles"]
)
def test_members_and_deleted_items_are_not_there_for_sure(rules: ReplicationRules, shown_at: str) -> None:
    rules.note_shown(shown_at, [{"id": SHOWN}])
    assert ask(rules, "GET", f"/users/{SHOWN}") == 0.0


def test_what_this_run_has_deleted_after_it_was_shown_is_gone(make_ctx: t.Any) -> None:
    recent = RecentObjects(make_ctx())
    rules = ReplicationRules(recent)
    rules.note_shown("/groups", [{"id": SHOWN}])
    recent.discard(SHOWN)
    assert ask(rules, "GET", f"/groups/{SHOWN}") == 0.0


def test_a_write_to_what_was_shown_is_repeated_once_planning_anew_is_not_possible(rules: ReplicationRules) -> None:
    rules.note_shown("/groups", [{"id": SHOWN}])
    path = f"/groups/{SHOWN}/owners/$ref"
    for counter in ("reads", None):
        rules.note_done(counter)
        assert ask(rules, "POST", path) == 0.0
    rules.note_done("writes")
    assert ask(rules, "POST", path) == 30.0
    assert ask(rules, "POST", f"/groups/{FOREIGN}/owners/$ref") == 0.0
