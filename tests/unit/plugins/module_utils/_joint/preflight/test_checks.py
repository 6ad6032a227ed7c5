# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of the site as a whole, case by case; and what is told about people."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from preflight_examples import SERVICE, certificate, member_of, person
from preflight_examples import SITE as FACTS
from preflight_examples import SITE_PRINCIPAL as PRINCIPAL
from preflight_examples import SITE_SSO as SSO
from preflight_examples import site_app as app
from preflight_examples import site_claim as claim
from preflight_examples import site_principal as principal

from ansible_collections.cvops.identity.plugins.module_utils._commvault.identity_providers.read import (
    IdentityServer,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.group_claim import (
    ROLES_CLAIM,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.checks import check_site

OIDC, ADFS = IdentityServer("o", "oidc"), IdentityServer("a", "saml", "ADFS")


CASES: dict[str, tuple[dict[str, t.Any], dict[str, str], str]] = {
    "all is well": ({}, {}, ""),
    "only OpenID Connect": ({"app": None, "servers": (OIDC,)}, {"identity_provider": "broken"}, "carries no groups"),
    "no provider": ({"app": None}, {"identity_provider": "broken"}, "no identity provider"),
    "not the one": (
        {"app": None, "servers": (ADFS, OIDC), "app_explanation": "none is for Entra ID"},
        {"identity_provider": "broken"},
        "none is for Entra ID",
    ),
    "disabled": (app(enabled=False), {"saml_enabled": "broken"}, "disabled"),
    "another tenant": (app(provider_id="https://sts.windows.net/other/"), {"tenant": "broken"}, "other"),
    "tenant unknown": ({"tenant_id": None}, {"tenant": "unknown"}, "token does not show"),
    "trusted provider not shown": (app(provider_id=""), {"tenant": "unknown"}, "does not show"),
    "not told whether it is enabled": (app(enabled=None), {"saml_enabled": "unknown"}, "does not show"),
    "a company's app under another name": (app(company="acme"), {"identity_provider_name": "broken"}, "company acme"),
    "a company's app": (app(company="Corp.Example"), {}, ""),
    "no attribute": (app(attributes={}), {"attribute_mapping": "broken"}, "USER_GROUPS"),
    "the wrong attribute": (app(attributes={"USER_GROUPS": "groups"}), {"attribute_mapping": "broken"}, "from groups"),
    "roles": (app(attributes={"USER_GROUPS": ROLES_CLAIM}), {}, ""),
    "name id": (app(name_id="Full name"), {"name_id": "warning"}, "Full name"),
    "name id of another spelling": (app(name_id="User Principal Name"), {}, ""),
    "no name id": (app(name_id=None), {"name_id": "unknown"}, "does not show"),
    "auto-create without suffix": (
        app(auto_create=True, email_suffixes=(), associated=True),
        {"associations": "broken"},
        "suffix",
    ),
    "no association": (app(email_suffixes=()), {"associations": "warning"}, "nobody is sent"),
    "associated users not shown": (app(email_suffixes=(), associated=None), {"associations": "unknown"}, "11.38"),
    "members of another suffix, users not shown": (
        {**member_of("new.example"), **app(associated=None)},
        {"associations": "unknown"},
        "11.38",
    ),
    "companies": (app(email_suffixes=(), associated=True), {}, ""),
    "members of another suffix": (member_of("new.example"), {"associations": "warning"}, "new.example"),
    "members of the suffix": (member_of("CORP.example"), {}, ""),
    "members without a readable name": (
        member_of(None),
        {"associations": "unknown"},
        "1 members",
    ),
    "members without a readable name, and companies": ({**member_of(None), **app(associated=True)}, {}, ""),
    "some members of another suffix": (
        member_of("new.example", None),
        {"associations": "warning"},
        "new.example",
    ),
    "no application": (
        {"application": None, "application_explanation": "no application with app_id 1"},
        {"application": "warning"},
        "app_id 1",
    ),
    "no service principal": (
        {"application": dataclasses.replace(SSO, principal=None)},
        {"service_principal": "broken"},
        "nobody can sign in",
    ),
    "switched off": (principal(enabled=False), {"service_principal": "broken"}, "switched off"),
    "sign-on mode": (principal(sign_on_mode=None), {"sign_on_mode": "warning"}, "not set"),
    "identifier": (principal(names=()), {"identifier": "warning"}, SERVICE),
    "identifier not shown": (app(service_id=""), {"identifier": "unknown"}, "does not show"),
    "identifier of the application": (
        {
            "application": dataclasses.replace(
                SSO, identifier_uris=(SERVICE,), principal=dataclasses.replace(PRINCIPAL, names=())
            )
        },
        {},
        "",
    ),
    "no certificate": (principal(certificates=()), {"signing_certificate": "broken"}, "no certificate"),
    "certificate ended": (
        principal(certificates=(certificate(-1), certificate(90, False))),
        {"signing_certificate": "broken"},
        "1 days ago",
    ),
    "certificate ends": (principal(certificates=(certificate(29.5),)), {"signing_certificate": "warning"}, "29 days"),
    "certificate in time": (principal(certificates=(certificate(30),)), {}, ""),
    "no claim": (claim(), {"claim": "broken"}, "no groups"),
    "display names without effect": (
        claim("SecurityGroup", cloud_display_name=True),
        {"claim": "warning"},
        "assigned groups alone",
    ),
    "match_by does not fit": ({"match_by": "display_name"}, {"match_by": "broken"}, "display_name does not fit"),
    "match_by fits one of two": (
        {
            **claim("ApplicationGroup", synced_form="sam_account_name", cloud_display_name=True),
            "match_by": "display_name",
        },
        {},
        "",
    ),
    "too many groups": (
        {"users": (person("a", 150), person("b", 151), person("c", 400)), "unchecked": 7},
        {"group_limit": "broken"},
        "2 of 3 people are in more than 150 groups, their tokens carry none, and they may lose their memberships:"
        " b@corp.example (151), c@corp.example (400); 7 members were not checked",
    ),
    "perhaps too many groups": (
        {"users": (dataclasses.replace(person("a", 151), surely=3), person("b", 2))},
        {"group_limit": "warning"},
        "1 of 2 people are in more than 150 groups with those that are not emitted and directory roles",
    ),
    "nobody in too many": ({"users": (person("a", 150),)}, {}, ""),
    "people may not be read": ({"users_explanation": "no right"}, {"group_limit": "warning"}, "no right"),
    "a name that nobody has": ({"users": (person("zed", None, True),)}, {"sample_users": "warning"}, "zed@corp"),
}


@pytest.mark.parametrize("name", CASES)
def test_checks(name: str) -> None:
    changes, expected, said = CASES[name]
    found = [item for item in check_site(dataclasses.replace(FACTS, **changes)) if item.verdict != "ok"]
    assert {item.check: item.verdict for item in found} == expected
    assert all(item.remedy for item in found)
    assert said in "".join(item.reason for item in found)


def test_every_check_is_told_once() -> None:
    names = [item.check for item in check_site(FACTS)]
    assert len(names) == len(set(names))
    assert set(names) >= {"identity_provider", "claim", "match_by", "signing_certificate", "service_principal"}
