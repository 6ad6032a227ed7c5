# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads of Graph that fail or are refused, where work goes on without them: it is told, or it stops."""

from __future__ import annotations

import sys
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    AuthError,
    BadAnswer,
    Forbidden,
    NotFound,
    Throttled,
    Unreachable,
    WaitTimeout,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Step
from ansible_collections.cvops.identity.plugins.module_utils._entra import whoami
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.lookup import find_deleted_application
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.resource import ApplicationResource
from ansible_collections.cvops.identity.plugins.module_utils._entra.consent.resource import ConsentResource
from ansible_collections.cvops.identity.plugins.module_utils._entra.service_principals.resource import (
    ServicePrincipalResource,
)

Made = t.TypeVar("Made")
FAILURES = [
    Unreachable("no answer"),
    Throttled("slow down", status=429),
    AuthError("refused", status=401),
    BadAnswer("a page", status=200),
    ApiError("HTTP 500", status=500),
]


class Graph:
    """Answers every read with *said*; an exception is raised. ``written``: what was sent, ``refusal`` of writes."""

    def __init__(self, ctx: t.Any, said: t.Any, refusal: ApiError | None = None) -> None:
        self.ctx, self.said, self.refusal, self.written = ctx, said, refusal, list[str]()

    def get(self, path: str, **_more: t.Any) -> t.Any:
        if isinstance(self.said, Exception):
            raise self.said
        return self.said

    list = get

    def read_token_claims(self) -> dict[str, t.Any]:
        return {}

    def write(self, method: str, path: str, *_more: t.Any, **_named: t.Any) -> None:
        self.written.append(f"{method} {path}")
        if self.refusal:
            raise self.refusal

    upsert = write


def made(resource: t.Callable[[t.Any], Made], ctx: t.Any, graph: t.Any) -> Made:
    """The resource, on *graph* in place of a client of its own."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys.modules[resource.__module__], "GraphClient", lambda ctx: graph)
        return resource(ctx)


def graph_of(ctx: t.Any, said: t.Any, refusal: ApiError | None = None) -> t.Any:
    return Graph(ctx, said, refusal)


def test_deleted_items_that_may_not_be_listed_are_told(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    forbidden = Forbidden("Cannot list deleted applications", status=403)
    assert find_deleted_application(graph_of(ctx, forbidden), {"unique_name": "ops"}) is None
    assert len(ctx.warnings) == 1 and "deleted" in ctx.warnings[0] and str(forbidden) in ctx.warnings[0]
    with pytest.raises(Forbidden):
        find_deleted_application(graph_of(ctx, forbidden), {"unique_name": "ops", "restore_deleted": True})


@pytest.mark.parametrize("failure", [*FAILURES, NotFound("gone", status=404)])
def test_deleted_items_that_cannot_be_listed_are_an_error(make_ctx: t.Any, failure: ApiError) -> None:
    with pytest.raises(type(failure)):
        find_deleted_application(graph_of(make_ctx(), failure), {"unique_name": "ops"})


@pytest.mark.parametrize(
    "withheld",
    [Forbidden("no", status=403), NotFound("no", status=404), ApiError("no", status=400, code="Request_BadRequest")],
)
def test_what_an_identity_may_not_ask_is_not_known(withheld: ApiError) -> None:
    def ask() -> t.Any:
        raise withheld

    assert whoami._ask_if_allowed(ask) is None


@pytest.mark.parametrize("failure", [*FAILURES, ApiError("a page", status=400)])
def test_what_cannot_be_asked_is_an_error(failure: ApiError) -> None:
    def ask() -> t.Any:
        raise failure

    with pytest.raises(type(failure)):
        whoami._ask_if_allowed(ask)


CONSENT = Step("consent", "delegated permissions", {"kind": "delegated", "resource": "r", "scopes": ["User.Read"]})


@pytest.mark.parametrize("shown", [[], [{"resourceId": "other", "consentType": "AllPrincipals", "scope": "User.Read"}]])
def test_a_grant_that_exists_and_is_not_shown_is_not_given(make_ctx: t.Any, shown: t.Any) -> None:
    conflict = ApiError("Cannot: it exists", status=409)
    consents = made(ConsentResource, make_ctx(), graph_of(make_ctx(), shown, conflict))
    with pytest.raises(ApiError, match="does not show it"):
        consents._consent(CONSENT)


def test_a_grant_that_exists_and_is_shown_is_given(make_ctx: t.Any) -> None:
    shown = [{"id": "g", "resourceId": "r", "consentType": "AllPrincipals", "scope": "User.Read openid"}]
    graph = graph_of(make_ctx(), shown, ApiError("Cannot: it exists", status=409))
    made(ConsentResource, make_ctx(), graph)._consent(CONSENT)
    assert graph.written == ["POST /oauth2PermissionGrants"]


ROLE = {"id": "5b1c2f0e-0000-4000-8000-1a2b3c4d5e6f", "isEnabled": False, "value": "x"}


@pytest.mark.parametrize("said", [None, {"appRoles": [{**ROLE, "isEnabled": True}]}])
def test_roles_that_were_not_seen_disabled_are_waited_for(make_ctx: t.Any, said: t.Any) -> None:
    applications = made(ApplicationResource, make_ctx(), graph_of(make_ctx(), said))
    applications.object_id = "a"
    with pytest.raises(WaitTimeout):
        applications._await_disabled({"appRoles": [ROLE]})


def test_a_conflict_is_told_where_deleted_items_cannot_be_listed(make_ctx: t.Any) -> None:
    conflict = ApiError("Cannot create it: it exists", status=409)
    ctx = make_ctx({"app_id": ROLE["id"]})
    resource = made(
        ServicePrincipalResource, ctx, graph_of(ctx, Forbidden("Cannot list deleted", status=403), conflict)
    )
    resource._app_id = ROLE["id"]
    with pytest.raises(ApiError, match="it exists"):
        resource._create(Step("create", "create it", {"body": {}}))
