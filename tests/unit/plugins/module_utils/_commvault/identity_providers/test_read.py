# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists of identity providers of several releases, one SAML app, and how one is found by its name."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.identity_providers.read import (
    IdentityProviders,
    IdentityServer,
    merge_identity_servers,
    parse_saml_app,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, Forbidden, NotFound

APPS = {
    "clientThirdPartyApps": [
        {"appName": "Corp", "appType": 2, "isEnabled": False},
        {"appName": "entra-oidc", "appType": "5", "isEnabled": True},
        {"appName": "local", "appType": 4},
    ]
}


def test_both_lists_make_one() -> None:
    listed = {
        "identityServers": [
            {"name": "corp", "type": "SAML", "samlType": "AZURE", "company": {"id": 0, "name": "Commcell"}},
            {"name": "tenant", "type": "SAML", "samlType": 1, "company": {"id": 30, "name": "tenant"}},
            {"name": "ldap", "type": "ACTIVE_DIRECTORY"},
        ]
    }
    assert merge_identity_servers(listed, APPS) == [
        IdentityServer("entra-oidc", "oidc", enabled=True),
        IdentityServer("corp", "saml", "AZURE", None, False),
        IdentityServer("tenant", "saml", "AZURE", "tenant", None),
    ]


def test_one_list_is_enough() -> None:
    assert [(item.kind, item.name) for item in merge_identity_servers(None, APPS)] == [
        ("oidc", "entra-oidc"),
        ("saml", "Corp"),
    ]
    assert merge_identity_servers({"identityServers": None}, None) == []


def test_a_saml_app() -> None:
    found = parse_saml_app(
        {
            "name": "corp",
            "enabled": True,
            "createdForCompany": {"id": 30, "name": "corp"},
            "nameIDAttribute": "Email",
            "attributeMappings": [{"customAttribute": "user_groups", "SAMLAttribute": "groups"}],
            "identityProviderMetaData": {"entityId": "https://sts.windows.net/1/"},
            "associations": {"emailSuffixes": ["b", "a"], "users": [{"id": 1}]},
        }
    )
    assert (found.company, found.groups_claim, found.email_suffixes, found.associated) == (
        "corp",
        "groups",
        ("a", "b"),
        True,
    )
    bare = parse_saml_app({"name": "corp"})
    assert (bare.enabled, bare.company, bare.groups_claim, bare.associated) == (None, None, None, None)


class Answers:
    """Stands for the client: answers by path."""

    release = 44

    def __init__(self, answers: dict[str, t.Any]) -> None:
        self.answers, self.asked = answers, []

    def get(self, path: str, **_options: t.Any) -> t.Any:
        self.asked.append(path)
        answer = self.answers.get(path)
        if isinstance(answer, Exception):
            raise answer
        return answer


def read(name: str, answers: dict[str, t.Any]) -> tuple[t.Any, list[str]]:
    client = Answers(answers)
    return IdentityProviders(t.cast(t.Any, client)).read_saml_app(name), client.asked


def test_a_name_is_escaped_and_spelled_as_the_service_knows_it() -> None:
    found, asked = read("A/b c", {"v4/SAML/A%2Fb%20c": {"name": "A/b c"}})
    assert (found.name, asked) == ("A/b c", ["v4/SAML/A%2Fb%20c"])
    found, asked = read("Corp", {"v4/SAML/corp": {"name": "corp"}})
    assert (found.name, asked) == ("corp", ["v4/SAML/Corp", "v4/SAML/corp"])
    found, asked = read("Corp", {"v4/SAML/Corp": ApiError("no such app"), "v4/SAML/corp": {"name": "corp"}})
    assert found.name == "corp"
    assert read("corp", {"v4/SAML/corp": {"enabled": True}}) == (None, ["v4/SAML/corp"])


@pytest.mark.parametrize(
    ("release", "associations", "associated"),
    [
        (36, {}, None),
        (0, {}, None),
        (38, {}, False),
        (0, {"users": []}, False),
        (36, {"companies": [{"id": 30}]}, True),
        (44, {"users": [{"id": 1}]}, True),
    ],
)
def test_users_that_a_release_does_not_show_are_not_taken_for_none(
    monkeypatch: pytest.MonkeyPatch, release: int, associations: t.Any, associated: bool | None
) -> None:
    monkeypatch.setattr(Answers, "release", release)
    found, dummy = read("corp", {"v4/SAML/corp": {"name": "corp", "associations": associations}})
    assert found.associated is associated


def test_errors_stay_errors() -> None:
    with pytest.raises(Forbidden):
        read("Corp", {"v4/SAML/Corp": Forbidden("no right")})
    with pytest.raises(ApiError, match="first"):
        read("Corp", {"v4/SAML/Corp": ApiError("first"), "v4/SAML/corp": ApiError("second")})


def listed(answers: dict[str, t.Any]) -> list[IdentityServer]:
    return IdentityProviders(t.cast(t.Any, Answers(answers))).list_providers()


def test_one_of_two_lists_is_enough() -> None:
    assert [item.name for item in listed({"ThirdParty/App": APPS})] == ["entra-oidc", "Corp"]
    assert listed({"V4/IdentityServers": {"identityServers": []}}) == []


def test_no_list_at_all_is_not_an_empty_one() -> None:
    with pytest.raises(NotFound, match="not give this account a list of identity providers"):
        listed({})
