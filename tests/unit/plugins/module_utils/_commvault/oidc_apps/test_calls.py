# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls for OpenID Connect apps: what is found, what is sent, what a lost answer means."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from fake_commvault import FakeCommvault
from oidc_examples import APPLICATION, CONSOLE, DISCOVERY, KEY, SECRET, TREE, get_properties, make_row

from ansible_collections.cvops.identity.plugins.module_utils._commvault.oidc_apps.calls import OidcApps
from ansible_collections.cvops.identity.plugins.module_utils._commvault.oidc_apps.canonical import OidcApp, OidcSettings
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    AmbiguousMatch,
    ApiError,
    ConfigError,
    Forbidden,
    PlanChanged,
    Unreachable,
)

PATH, COMMAND = "ThirdParty/App", "App_GetClientThirdPartyAppPropReq"
SAML = {"appName": "saml", "appKey": "5AML", "appType": 2}


def listed(*rows: t.Any) -> dict[str, t.Any]:
    return {"clientThirdPartyApps": list(rows)}


def make_apps(make_ctx: t.Any, answers: t.Any = None) -> tuple[OidcApps, FakeCommvault]:
    shown = {
        f"GET {PATH}": listed(make_row(props=None, assocTree=None), SAML),
        f"COMMAND {COMMAND}": listed(make_row()),
    }
    client = FakeCommvault(make_ctx({}), {**shown, f"POST {PATH}": {"error": {"errorCode": 0}}, **(answers or {})})
    return OidcApps(t.cast(t.Any, client)), client


def test_an_app_is_found_in_the_list_and_read_by_its_key(make_ctx: t.Any) -> None:
    apps, client = make_apps(make_ctx)
    found = apps.find("ENTRA")
    assert found is not None and (found.key, found.settings.secret_fingerprint) == (KEY, "key-1")
    assert client.paths == [f"GET {PATH}", f"COMMAND {COMMAND}"]
    assert f'val="{KEY}"' in client.sent[-1].body


def test_a_key_cannot_leave_its_place_in_the_command(make_ctx: t.Any) -> None:
    apps, client = make_apps(make_ctx)
    assert apps.read({"appKey": "\"'/><x y='"}) is None
    assert client.sent[-1].body.count("<") == 3 and "&lt;x y=" in client.sent[-1].body


def test_an_app_that_is_not_listed_is_looked_for_past_the_cache(make_ctx: t.Any) -> None:
    apps, client = make_apps(make_ctx, {f"GET {PATH}": [listed(), listed(), listed(make_row())]})
    assert apps.find("entra") is not None
    assert [one.params for one in client.sent if one.method == "GET"] == [None, {"hardRefresh": "true"}, None]
    apps, client = make_apps(make_ctx, {f"GET {PATH}": listed(SAML)})
    assert apps.find("entra") is None and apps.rows.names == ["saml"]


def test_an_app_that_is_listed_and_not_there_is_gone(make_ctx: t.Any) -> None:
    apps, _client = make_apps(make_ctx, {f"COMMAND {COMMAND}": listed(make_row(appKey="OTHER"))})
    assert apps.find("entra") is None and apps.read_again(KEY) is None


def test_another_kind_of_app_is_refused_and_two_are_ambiguous(make_ctx: t.Any) -> None:
    apps, _client = make_apps(make_ctx)
    with pytest.raises(ConfigError, match=r"another kind \(SAML\)"):
        apps.find("Saml")
    rows = [make_row(), make_row(appName="ENTRA", appKey="TWIN")]
    apps, _client = make_apps(make_ctx, {f"GET {PATH}": listed(*rows)})
    with pytest.raises(AmbiguousMatch) as caught:
        apps.find("Entra")
    assert caught.value.facts["candidates"] == [KEY, "TWIN"]
    exact = apps.find("entra")
    assert exact is not None and exact.key == KEY


def test_a_secret_that_a_release_shows_is_kept_out_of_output(make_ctx: t.Any) -> None:
    shown = make_row()
    shown["props"]["nameValues"][1]["value"] = SECRET
    apps, client = make_apps(make_ctx, {f"COMMAND {COMMAND}": listed(shown)})
    assert apps.find("entra") is not None and client.ctx.secrets == {SECRET}
    apps, client = make_apps(make_ctx)
    assert apps.find("entra") is not None and client.ctx.secrets == set()


OURS = OidcSettings(True, "People", APPLICATION, DISCOVERY, (CONSOLE,), "key-1")
LOST = Unreachable("no answer", may_have_acted=True)


def create(apps: OidcApps, settings: OidcSettings = OURS) -> str | None:
    return apps.create("entra", settings, SECRET, TREE)


def test_an_app_whose_creation_was_answered_is_created_and_read_afterwards(make_ctx: t.Any) -> None:
    """No answer names it, and a list that cannot be read takes nothing back."""
    apps, client = make_apps(make_ctx)
    assert create(apps) is None
    assert client.paths == [f"POST {PATH}"]
    shown = apps.read_created("entra")
    assert shown is not None and shown.key == KEY
    (sent,) = client.writes
    (row,) = sent.body["clientThirdPartyApps"]
    assert (sent.method, sent.path, sent.body["opType"]) == ("POST", PATH, 1)
    assert (row["appName"], row["appType"], row["assocTree"]) == ("entra", 5, TREE)
    assert get_properties(row)["clientSecret"] == SECRET and row["appDescription"].endswith("[cvops secret: key-1]")


def test_an_app_that_shows_after_a_lost_answer_is_ours_where_it_is_the_same(make_ctx: t.Any) -> None:
    apps, client = make_apps(make_ctx, {f"POST {PATH}": LOST})
    assert create(apps) == KEY and len(client.writes) == 1
    with pytest.raises(ApiError, match="somebody else has created one") as caught:
        create(apps, dataclasses.replace(OURS, secret_fingerprint="key-2"))
    assert caught.value.is_outdated


def test_a_secret_that_no_mark_tells_of_is_written_to_such_an_app_again(make_ctx: t.Any) -> None:
    shown = make_row(appDescription="People")
    apps, client = make_apps(make_ctx, {f"POST {PATH}": LOST, f"COMMAND {COMMAND}": listed(shown), f"PUT {PATH}": {}})
    assert create(apps, dataclasses.replace(OURS, secret_fingerprint=None)) == KEY
    assert [one.method for one in client.writes] == ["POST", "PUT"]
    assert get_properties(client.writes[-1].body["clientThirdPartyApps"][0])["clientSecret"] == SECRET


def get_app(apps: OidcApps) -> OidcApp:
    found = apps.find("entra")
    assert found is not None
    return found


def test_a_new_secret_is_written_with_its_mark_and_nothing_else(make_ctx: t.Any) -> None:
    apps, client = make_apps(make_ctx, {f"PUT {PATH}": {"errorCode": 0}})
    apps.write_secret(get_app(apps), SECRET, "key-2")
    (sent,) = client.writes
    (row,) = sent.body["clientThirdPartyApps"]
    assert (sent.method, sent.body["opType"], row["appDescription"]) == ("PUT", 3, "People\n[cvops secret: key-2]")
    assert get_properties(row) == {**get_properties(make_row()), "clientSecret": SECRET}
    assert (row["assocTree"], row["flags"], row["isEnabled"]) == (TREE, 5, True)


@pytest.mark.parametrize(("release", "by_command"), [(0, False), (32, True), (41, True), (42, False)])
def test_a_release_that_is_known_to_need_it_gets_a_command(make_ctx: t.Any, release: int, by_command: bool) -> None:
    apps, client = make_apps(make_ctx)
    client.release = release
    create(apps)
    apps.write_secret(get_app(apps), SECRET, "key-2")
    if not by_command:
        assert [(one.method, one.path, one.body["opType"]) for one in client.writes] == [
            ("POST", PATH, 1),
            ("PUT", PATH, 3),
        ]
        return
    command = "App_SetClientThirdPartyAppPropReq"
    assert [(one.method, one.path) for one in client.writes] == [("WRITING COMMAND", command)] * 2
    assert [one.body["opType"] for one in client.writes] == [1, 3]
    assert {get_properties(one.body["clientThirdPartyApps"][0])["clientSecret"] for one in client.writes} == {SECRET}


def test_a_deletion_sends_the_row_as_it_is_listed(make_ctx: t.Any) -> None:
    apps, client = make_apps(make_ctx)
    apps.delete(get_app(apps), "app entra")
    (sent,) = client.writes
    assert sent.body["opType"] == 2 and sent.body["clientThirdPartyApps"][0]["appKey"] == KEY
    assert "props" not in sent.body["clientThirdPartyApps"][0]


@pytest.mark.parametrize("error", [ApiError("does not exist", status=200), ApiError("gateway", status=502)])
def test_a_deletion_that_fails_is_done_where_the_app_is_gone(make_ctx: t.Any, error: ApiError) -> None:
    apps, client = make_apps(make_ctx, {f"POST {PATH}": error})
    app = get_app(apps)
    with pytest.raises(ApiError):
        apps.delete(app, "app entra")
    client.answers[f"GET {PATH}"] = [listed(app.row), listed(app.row), listed(SAML)]
    apps.delete(app, "app entra")
    client.answers[f"GET {PATH}"] = listed(SAML)
    before = len(client.writes)
    apps.delete(app, "app entra")
    assert len(client.writes) == before


def test_a_deletion_that_nobody_may_do_is_not_taken_for_done(make_ctx: t.Any) -> None:
    apps, client = make_apps(make_ctx, {f"POST {PATH}": Forbidden("no rights", status=403)})
    app = get_app(apps)
    client.answers[f"GET {PATH}"] = [listed(app.row), listed(app.row), listed()]
    with pytest.raises(Forbidden):
        apps.delete(app, "app entra")


def test_another_app_of_the_name_is_not_touched(make_ctx: t.Any) -> None:
    apps, client = make_apps(make_ctx)
    app = get_app(apps)
    client.answers[f"GET {PATH}"] = listed(make_row(appKey="SOMEBODY-ELSES"))
    with pytest.raises(PlanChanged, match="SOMEBODY-ELSES"):
        apps.delete(app, "app entra")
    assert client.writes == []
    client.answers[f"GET {PATH}"] = listed(make_row(appKey="ANOTHER-KIND", appType=2))
    apps.delete(app, "app entra")
    assert client.writes == []


def test_an_app_is_deleted_by_its_key_whatever_it_is_named_by_now(make_ctx: t.Any) -> None:
    apps, client = make_apps(make_ctx)
    app = get_app(apps)
    renamed = make_row(appName="renamed", flags=7)
    client.answers[f"GET {PATH}"] = listed(make_row(appKey="SOMEBODY-ELSES"), renamed)
    apps.delete(app, "app entra")
    (row,) = client.writes[0].body["clientThirdPartyApps"]
    assert (row["appKey"], row["appName"], row["flags"]) == (KEY, "renamed", 7)
