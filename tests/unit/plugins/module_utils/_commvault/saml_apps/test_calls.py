# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls for SAML apps: what is found, what is sent, what counts as absence."""

from __future__ import annotations

import typing as t

import pytest
from fake_commvault import FakeCommvault
from saml_examples import KEY, make_body, make_row

from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.calls import SamlApps
from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.canonical import (
    make_association,
    parse_saml_state,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    BadAnswer,
    ConfigError,
    Forbidden,
    PlanChanged,
    Unreachable,
)

LIST, ONE = "GET ThirdParty/App", "GET v4/SAML/people"


def listed(*rows: t.Any) -> dict[str, t.Any]:
    return {"clientThirdPartyApps": list(rows)}


def make_apps(make_ctx: t.Any, answers: t.Any = None) -> tuple[SamlApps, FakeCommvault]:
    client = FakeCommvault(make_ctx({}), {LIST: listed(make_row()), ONE: make_body(), **(answers or {})})
    return SamlApps(t.cast(t.Any, client)), client


def test_an_app_is_read_under_the_name_of_its_row(make_ctx: t.Any) -> None:
    apps, client = make_apps(make_ctx)
    found = apps.find("PEOPLE")
    assert found is not None and (found.key, found.flags) == (KEY, 4)
    assert client.paths == [LIST, ONE]


def test_a_name_is_one_segment_of_a_path(make_ctx: t.Any) -> None:
    apps, client = make_apps(make_ctx, {LIST: listed()})
    assert apps.find("../User/1?x#") is None
    assert "GET v4/SAML/..%2FUser%2F1%3Fx%23" in client.paths
    apps.update("a/b", {"enabled": False}, "SAML app a/b")
    assert client.paths[-1] == "PUT v4/SAML/a%2Fb"


def test_an_app_that_is_not_listed_is_looked_for_past_the_cache(make_ctx: t.Any) -> None:
    apps, client = make_apps(make_ctx, {LIST: [listed(), listed(), listed(make_row())], ONE: [None, make_body()]})
    assert apps.find("people") is not None
    assert [one.params for one in client.sent if "ThirdParty" in one.path] == [None, {"hardRefresh": "true"}, None]


def test_an_app_that_is_listed_and_not_there_is_looked_for_again(make_ctx: t.Any) -> None:
    apps, _client = make_apps(make_ctx, {ONE: [None, None, None, make_body()]})
    assert apps.find("people") is not None
    apps, _client = make_apps(make_ctx, {ONE: None})
    assert apps.find("people") is None and apps.read_again("people") is None


@pytest.mark.parametrize("status", [200, 400])
def test_a_refusal_is_absence_only_beside_a_list_that_has_no_such_app(make_ctx: t.Any, status: int) -> None:
    refused = ApiError("Cannot read", code="5", status=status, service="Commvault")
    apps, _client = make_apps(make_ctx, {ONE: refused, LIST: listed()})
    with pytest.raises(ApiError):  # the list may be of a cache
        apps._look("people", is_fresh=False)
    assert apps._look("people", is_fresh=True) == (None, None)
    apps, _client = make_apps(make_ctx, {ONE: refused})
    with pytest.raises(ApiError):
        apps.find("people")


@pytest.mark.parametrize(
    "failure",
    [
        ApiError("gateway", code="9", status=502),
        ApiError("no code", status=400),
        Forbidden("no", code="5", status=403),
        Unreachable("gone"),
        BadAnswer("html", status=200),
    ],
)
def test_a_read_that_fails_is_no_absence(make_ctx: t.Any, failure: ApiError) -> None:
    apps, _client = make_apps(make_ctx, {ONE: failure, LIST: listed()})
    with pytest.raises(type(failure)):
        apps.find("people")
    apps, _client = make_apps(make_ctx, {LIST: failure})
    with pytest.raises(type(failure)):
        apps.find("people")


def test_another_kind_of_app_is_refused(make_ctx: t.Any) -> None:
    apps, _client = make_apps(make_ctx, {LIST: listed(make_row(appType=5))})
    with pytest.raises(ConfigError, match=r"another kind \(OpenID Connect\)"):
        apps.find("People")


@pytest.mark.parametrize(("is_on", "flags"), [(True, 5), (False, 4)])
def test_other_flags_stay_when_redirect_is_switched(make_ctx: t.Any, is_on: bool, flags: int) -> None:
    apps, client = make_apps(make_ctx)
    found = apps.find("people")
    assert found is not None
    apps.set_redirect(found, is_on, "auto-redirect")
    (sent,) = client.writes
    assert (sent.method, sent.path) == ("PUT", "ThirdParty/App")
    assert sent.body == {"opType": 3, "clientThirdPartyApps": [{"flags": flags, "appType": 2, "appKey": KEY}]}


def test_a_creation_that_was_not_answered_is_looked_for(make_ctx: t.Any) -> None:
    found = make_apps(make_ctx)[0].find("people")
    assert found is not None
    lost = Unreachable("no answer", may_have_acted=True)
    apps, client = make_apps(make_ctx, {"POST v4/SAML": lost})
    suffix = make_association("email_suffixes", "corp.example", None)
    assert apps.create("people", found.settings, "MII", [suffix]) == KEY
    assert len(client.writes) == 1 and client.writes[0].body["associations"]["emailSuffixes"] == ["corp.example"]
    apps, client = make_apps(make_ctx, {"POST v4/SAML": lost, ONE: make_body(description="of somebody else")})
    with pytest.raises(ApiError, match="somebody else has created"):
        apps.create("people", found.settings, "MII", [suffix])
    apps, _client = make_apps(make_ctx)
    assert apps.create("people", found.settings, "MII", [suffix]) is None


DELETE_BY_KEY, DELETE_BY_NAME = "POST ThirdParty/App", "DELETE v4/SAML/people"
OTHER = {"appKey": "SOMEBODY-ELSES"}
APP = parse_saml_state(make_body(), make_row())


def test_a_deletion_sends_the_row_with_the_key(make_ctx: t.Any) -> None:
    """As the list shows it right before, past the cache; the name is not asked for."""
    rows = [make_row(appName="people", **OTHER), make_row(appName="renamed", props={}, assocTree=[])]
    apps, client = make_apps(make_ctx, {LIST: listed(*rows)})
    apps.delete(APP, "SAML app people")
    (sent,) = client.writes
    assert (f"{sent.method} {sent.path}", sent.body["opType"]) == (DELETE_BY_KEY, 2)
    assert sent.body["clientThirdPartyApps"] == [make_row(appName="renamed")]
    assert client.paths == [LIST, LIST, DELETE_BY_KEY] and client.sent[0].params == {"hardRefresh": "true"}


def test_an_app_that_is_not_listed_is_deleted_by_its_name_after_its_key_was_compared(make_ctx: t.Any) -> None:
    apps, client = make_apps(make_ctx, {LIST: listed()})
    apps.delete(APP, "SAML app people")
    assert client.paths == [LIST, LIST, ONE, DELETE_BY_NAME]


@pytest.mark.parametrize("rows", [[], [make_row(**OTHER)]], ids=["not listed", "listed"])
def test_another_app_of_the_name_is_not_touched(make_ctx: t.Any, rows: list[t.Any]) -> None:
    apps, client = make_apps(make_ctx, {LIST: listed(*rows), ONE: make_body(**OTHER)})
    with pytest.raises(PlanChanged, match="SOMEBODY-ELSES"):
        apps.delete(APP, "SAML app people")
    assert client.writes == []


def test_an_app_that_is_gone_needs_no_deletion(make_ctx: t.Any) -> None:
    apps, client = make_apps(make_ctx, {LIST: listed(), ONE: None})
    apps.delete(APP, "SAML app people")
    assert client.writes == []


@pytest.mark.parametrize("failed", [DELETE_BY_KEY, DELETE_BY_NAME])
def test_a_deletion_is_done_when_the_app_is_gone(make_ctx: t.Any, failed: str) -> None:
    """Whatever has its name then; a refusal is never taken for done."""
    lost = ApiError("no answer", may_have_acted=True, status=502)
    before = [listed(make_row())] * 2 if failed == DELETE_BY_KEY else [listed()] * 2
    bodies = [make_body()] if failed == DELETE_BY_NAME else []
    for after, body in ((listed(), None), (listed(make_row(**OTHER)), make_body(**OTHER))):
        apps, _client = make_apps(make_ctx, {failed: lost, LIST: [*before, after], ONE: [*bodies, body]})
        apps.delete(APP, "SAML app people")
    apps, _client = make_apps(make_ctx, {failed: lost, LIST: [*before, before[0]]})
    with pytest.raises(ApiError, match="no answer"):
        apps.delete(APP, "SAML app people")
    apps, _client = make_apps(
        make_ctx, {failed: Forbidden("no", status=403), LIST: [*before, listed()], ONE: [*bodies, None]}
    )
    with pytest.raises(Forbidden):
        apps.delete(APP, "SAML app people")


@pytest.mark.parametrize("failure", [Unreachable("no answer"), Forbidden("no", status=403), ApiError("x", status=500)])
def test_nothing_is_deleted_where_the_app_cannot_be_read_again(make_ctx: t.Any, failure: ApiError) -> None:
    for answers in ({LIST: failure}, {LIST: listed(), ONE: failure}):
        apps, client = make_apps(make_ctx, answers)
        with pytest.raises(type(failure)):
            apps.delete(APP, "SAML app people")
        assert client.writes == []


def test_an_app_is_there_by_its_key(make_ctx: t.Any) -> None:
    for rows, body, is_there in (
        ([make_row()], None, True),
        ([make_row(appName="renamed")], None, True),
        ([], make_body(), True),
        ([make_row(**OTHER)], make_body(**OTHER), False),
        ([], None, False),
    ):
        apps, _client = make_apps(make_ctx, {LIST: listed(*rows), ONE: body})
        assert apps.is_there(APP) is is_there


def test_other_apps_of_the_level_are_read(make_ctx: t.Any) -> None:
    rows = [make_row(), make_row(appName="other", appKey="K2"), make_row(appName="oidc", appType=5)]
    other = make_body(name="other", appKey="K2")
    apps, client = make_apps(make_ctx, {LIST: listed(*rows), "GET v4/SAML/other": other})
    assert [app.key for app in apps.list_others("people")] == ["K2"]
    assert "GET v4/SAML/oidc" not in client.paths
