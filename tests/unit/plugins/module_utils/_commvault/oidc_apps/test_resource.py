# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One OpenID Connect app from options to requests, and what is read back."""

from __future__ import annotations

import typing as t

import pytest
from fake_commvault import FakeCommvault, make_resource
from fake_graph import carry_out
from oidc_examples import APPLICATION, CONSOLE, DISCOVERY, KEY, SECRET, TENANT, TREE, get_properties, make_row

from ansible_collections.cvops.identity.plugins.module_utils._commvault.oidc_apps.resource import OidcAppResource
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ConfigError,
    Forbidden,
    GuardRefused,
    Problems,
    WaitTimeout,
)

PATH, COMMAND = "ThirdParty/App", "COMMAND App_GetClientThirdPartyAppPropReq"
COMMCELL = {"id": 0, "name": "Commcell"}
OPTIONS = {
    "name": "entra",
    "state": "present",
    "exclusive": False,
    "max_removals": 20,
    "secret_policy": "on_create",
    "cloud": "public",
}
NEW = {"application_id": APPLICATION, "secret": SECRET, "tenant_id": TENANT}
OTHER_KEY = {"secret": SECRET, "secret_policy": "fingerprint", "secret_fingerprint": "key-2"}


def site(
    make_ctx: t.Any, row: t.Any = None, answers: t.Any = None, fields: t.Any = None, **options: t.Any
) -> tuple[OidcAppResource, FakeCommvault]:
    """Return the resource for a CommServe with the app of *row*, by default an ordinary one; False: with none."""
    shown = {"clientThirdPartyApps": [] if row is False else [row or make_row()]}
    known = {
        f"GET {PATH}": shown,
        COMMAND: shown,
        f"PUT {PATH}": {"errorCode": 0},
        f"POST {PATH}": {"error": {"errorCode": 0}},
        "v4/user": {"users": [{"id": n, "name": name, "company": COMMCELL} for n, name in ((4, "anna"), (5, "ben"))]},
        "V4/UserGroup": {"userGroups": []},
        "V4/company": {"companies": [{"id": 30, "name": "Corp Ltd", "alias": "corp"}]},
        **(answers or {}),
    }
    client = FakeCommvault(make_ctx({**OPTIONS, **options}), known, **(fields or {}))
    return make_resource(OidcAppResource, client), client


def get_row(client: FakeCommvault) -> dict[str, t.Any]:
    """The row of the only write."""
    (sent,) = client.writes
    (row,) = sent.body["clientThirdPartyApps"]
    return t.cast("dict[str, t.Any]", row)


def test_an_app_that_is_as_asked_for_is_left(make_ctx: t.Any) -> None:
    told = {"description": "People", "enabled": True, "associations": {"users": ["anna"]}, "secret": SECRET}
    resource, client = site(make_ctx, **told, web_console_urls=[CONSOLE])
    assert not resource.plan().changed and resource.verify() == []
    assert client.writes == []
    assert resource.result() == {
        "name": "entra",
        "company": None,
        "app_key": KEY,
        "enabled": True,
        "description": "People",
        "application_id": APPLICATION,
        "discovery_url": DISCOVERY,
        "web_console_urls": [CONSOLE],
        "reply_url": f"{CONSOLE}/openIdConnectCallback.do",
        "reply_urls": [f"{CONSOLE}/openIdConnectCallback.do"],
        "secret_fingerprint": "key-1",
        "associations": {
            "users": ["anna"],
            "user_groups": [],
            "companies": [],
            "domains": [],
            "others": ["all users"],
        },
    }


def test_sign_ins_are_not_sent_where_only_the_service_says(make_ctx: t.Any) -> None:
    """What Commvault shows is kept as it is, and registered nowhere unless the task names its host."""
    evil, api = "https://evil.example:443/webconsole", "https://cs.example:443/webconsole"
    named = [f"{CONSOLE}/openIdConnectCallback.do"]
    for shown, options, expected in (
        ([evil], {}, None),
        ([evil], {"web_console_urls": [CONSOLE]}, named),
        ([evil, CONSOLE], {"web_console_urls": [CONSOLE]}, named),
        ([evil, CONSOLE], {}, None),
        ([api, evil], {}, [f"{api}/openIdConnectCallback.do"]),
        ([], {}, []),
        ([api], {"web_console_urls": [], "exclusive": True}, []),
    ):
        row = make_row()
        (urls,) = (item for item in row["props"]["nameValues"] if item["name"] == "webConsoleUrls")
        urls["values"] = shown
        resource, client = site(make_ctx, row, **options)
        resource.plan()
        found = resource.result()
        assert found["reply_urls"] == expected and found["reply_url"] == (expected or [None])[0], (shown, options)
        told = " ".join(client.ctx.warnings)
        assert ("evil.example" in told and "give it in web_console_urls" in told) is (evil in shown), (shown, options)
        if not options:
            assert found["web_console_urls"] == sorted(shown)


def test_a_new_app_is_of_the_tenant_of_the_task_and_of_the_host_of_the_api(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, False, **NEW, associations={"companies": ["Corp Ltd"], "domains": ["ad.example"]})
    planned = resource.plan()
    assert resource.result()["app_key"] is None
    carry_out(resource, planned)
    assert resource.result()["app_key"] is None
    row = get_row(client)
    assert get_properties(row) == {
        "clientId": APPLICATION,
        "clientSecret": SECRET,
        "endPointUrl": DISCOVERY,
        "webConsoleUrls": ["https://cs.example:443/webconsole"],
    }
    assert row["assocTree"] == [
        {"_type_": 61, "providerId": 30, "providerDomainName": "corp"},
        {"_type_": 61, "providerDomainName": "ad.example"},
    ]
    shown = {"clientThirdPartyApps": [make_row()]}
    client.answers.update({f"GET {PATH}": shown, COMMAND: shown})
    resource.verify()
    assert resource.result()["app_key"] == KEY


def test_a_secret_goes_along_with_another_change_where_the_mark_says_that_it_is_the_same(make_ctx: t.Any) -> None:
    moved = {"discovery_url": DISCOVERY.replace("/v2.0", "")}
    for options, secret in (({}, None), ({"secret": SECRET, "secret_fingerprint": "key-1"}, SECRET)):
        resource, client = site(make_ctx, **moved, **options)
        carry_out(resource, resource.plan())
        assert get_properties(get_row(client)).get("clientSecret") == secret


def test_a_secret_that_is_due_is_written_with_its_mark(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, **OTHER_KEY)
    carry_out(resource, resource.plan())
    row = get_row(client)
    assert get_properties(row)["clientSecret"] == SECRET
    assert (row["appDescription"], row["assocTree"]) == ("People\n[cvops secret: key-2]", TREE)


def test_associations_that_are_not_shown_are_left_alone(make_ctx: t.Any) -> None:
    row = make_row(assocTree=None)
    resource, client = site(make_ctx, row, enabled=False, associations={"users": ["ben"]}, exclusive=True)
    carry_out(resource, resource.plan())
    assert "assocTree" not in get_row(client) and resource.result()["associations"] is None
    assert "the associations are not changed" in client.ctx.warnings[0]


def test_a_provider_is_a_domain_where_companies_cannot_be_read(make_ctx: t.Any) -> None:
    row = make_row(assocTree=[{"_type_": 61, "providerId": 30, "providerDomainName": "corp"}, *TREE])
    resource, _client = site(make_ctx, row)
    assert not resource.plan().changed and resource.result()["associations"]["companies"] == ["corp"]
    resource, _client = site(make_ctx, row, {"V4/company": Forbidden("no", status=403)})
    assert not resource.plan().changed and resource.result()["associations"]["domains"] == ["corp"]


def test_more_associations_than_the_limit_are_not_removed(make_ctx: t.Any) -> None:
    row = make_row(assocTree=[{"_type_": 13, "userId": n, "userName": f"u{n}"} for n in range(21)])
    resource, _client = site(make_ctx, row, associations={"users": []})
    with pytest.raises(GuardRefused, match="21 associations would be removed"):
        resource.plan()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"name": " entra"}, "begins or ends with a blank"),
        ({"application_id": "entra"}, "application_id"),
        ({"discovery_url": "https://elsewhere.example/x"}, "its host is elsewhere.example"),
        ({"web_console_urls": ["cv\\x"]}, "web_console_urls"),
        ({"secret_policy": "always"}, "secret is needed"),
        ({"secret_fingerprint": "[x]"}, "secret_fingerprint"),
        ({"description": f"a {SECRET}", "secret": SECRET}, "contains the secret"),
    ],
)
def test_what_cannot_be_is_refused(make_ctx: t.Any, options: dict[str, t.Any], said: str) -> None:
    resource, client = site(make_ctx, **options)
    with pytest.raises(ConfigError) as caught:
        resource.plan()
    assert said in str(caught.value) and client.writes == []


def test_an_address_that_nobody_manages_is_not_judged(make_ctx: t.Any) -> None:
    row = make_row()
    row["props"]["nameValues"][2]["value"] = "https://idp.example/.well-known/openid-configuration"
    resource, _client = site(make_ctx, row, enabled=False)
    assert resource.plan().changed


def test_all_associations_that_are_not_there_are_told_together(make_ctx: t.Any) -> None:
    resource, _client = site(make_ctx, associations={"users": ["x", {}], "companies": ["y"], "domains": [" "]})
    with pytest.raises(Problems) as caught:
        resource.plan()
    assert [item["where"] for item in caught.value.facts["problems"]] == [
        "associations.users[0]",
        "associations.users[1]",
        "associations.companies[0]",
        "associations.domains[0]",
    ]


def test_names_that_look_equal_are_told(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, make_row(appName="entr\u0430"), **NEW)
    resource.plan()
    assert "looks like" in client.ctx.warnings[0]


@pytest.mark.parametrize(
    ("shown", "options", "found"),
    [
        (make_row(appDescription="People\n[cvops secret: key-2]"), OTHER_KEY, []),
        (make_row(), OTHER_KEY, ["secret_fingerprint"]),
        (make_row(), {"associations": {"users": ["ben"]}}, ["associations"]),
        (False, OTHER_KEY, ["list"]),
        (False, {"state": "absent"}, []),
    ],
)
def test_what_was_written_is_read_back(
    make_ctx: t.Any, shown: t.Any, options: dict[str, t.Any], found: list[str]
) -> None:
    resource, client = site(make_ctx, **options)
    carry_out(resource, resource.plan())
    answer = {"clientThirdPartyApps": [shown] if shown else []}
    client.answers.update({f"GET {PATH}": answer, COMMAND: answer})
    assert resource.verify() == [{"field": field} for field in found]


@pytest.mark.parametrize(
    ("options", "unproven"),
    [
        ({"enabled": False}, "enabled"),
        ({"associations": {"users": []}}, "associations"),
        ({"state": "absent"}, "state"),
    ],
)
def test_what_keeps_somebody_out_must_show(make_ctx: t.Any, options: dict[str, t.Any], unproven: str) -> None:
    resource, _client = site(make_ctx, **options)
    carry_out(resource, resource.plan())
    with pytest.raises(WaitTimeout) as caught:
        resource.verify()
    assert caught.value.facts["unproven"] == [unproven]


@pytest.mark.parametrize(("company", "acting"), [(None, "own"), ("", "own"), ("Commcell", ""), ("corp", "corp")])
def test_the_company_of_the_app_is_the_one_that_is_acted_for(make_ctx: t.Any, company: t.Any, acting: str) -> None:
    seen: list[str] = []

    def make_client(ctx: t.Any) -> FakeCommvault:
        seen.append(ctx.options["commvault_company"])
        return FakeCommvault(ctx)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            "ansible_collections.cvops.identity.plugins.module_utils._commvault.oidc_apps.resource.CommvaultClient",
            make_client,
        )
        OidcAppResource(make_ctx({**OPTIONS, "company": company, "commvault_company": "own"}))
    assert seen == [acting]
