# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials and SAML apps as consumers of keys."""

from __future__ import annotations

import typing as t

import pytest
from expiry_examples import TENANT, guid

from ansible_collections.cvops.identity.plugins.module_utils._commvault.credentials.canonical import Credential
from ansible_collections.cvops.identity.plugins.module_utils._commvault.identity_providers.read import (
    IdentityServer,
    SamlApp,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.key_holders.canonical import KeyHolder
from ansible_collections.cvops.identity.plugins.module_utils._commvault.oidc_apps.canonical import OidcApp, OidcSettings
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.consumers import (
    parse_credential_consumer,
    parse_holder_consumer,
    parse_oidc_consumer,
    parse_saml_consumer,
)

SERVER = IdentityServer("corp", "saml", "AZURE", company="Corp Ltd")


@pytest.mark.parametrize(
    ("app", "company", "identifiers"),
    [
        (None, "Corp Ltd", []),
        (SamlApp("corp"), "Corp Ltd", []),
        (SamlApp("corp", company="Corp", service_id="https://cv"), "Corp", ["https://cv"]),
    ],
)
def test_a_saml_app(app: SamlApp | None, company: str, identifiers: list[str]) -> None:
    found = parse_saml_consumer(SERVER, app, "cs01")
    assert (found["kind"], found["name"], found["commcell"]) == ("saml_app", "corp", "cs01")
    assert (found["company"], found["identifiers"]) == (company, identifiers)


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        (f"People\n[cvops certificate: {'0F' * 32} until 2029-11-27T00:00:00Z]", ("0F" * 32, "2029-11-27T00:00:00Z")),
        (f"[cvops certificate: {'0F' * 32} until 2029-99-99T00:00:00Z]", (None, None)),
        (f"[cvops secret: {'0F' * 32} until 2029-11-27T00:00:00Z]", (None, None)),
        (f"[cvops certificate: {'0F' * 32} until 2029-11-27T00:00:00Z]\nmore", (None, None)),
        ("", (None, None)),
    ],
)
def test_a_saml_app_tells_its_certificate_by_its_mark(description: str, expected: tuple[t.Any, t.Any]) -> None:
    found = parse_saml_consumer(SERVER, SamlApp("corp", description=description), "cs01")
    assert (found["fingerprint"], found["expires"]) == expected


@pytest.mark.parametrize(
    ("mark", "expected"),
    [(None, None), (guid(7).upper(), guid(7)), ("sha256:1f2e", None), ("", None), (f"{guid(7)} ", None)],
)
def test_a_credential_tells_its_key_where_its_mark_is_a_key_id(mark: str | None, expected: str | None) -> None:
    credential = Credential(
        "azure-prod", azure_application_id=guid(1), azure_tenant_id=TENANT, secret_fingerprint=mark, company="Corp"
    )
    found = parse_credential_consumer(credential, "cs01")
    assert (found["kind"], found["name"], found["commcell"], found["company"]) == (
        "credential",
        "azure-prod",
        "cs01",
        "Corp",
    )
    assert (found["app_id"], found["tenant_id"], found["key_id"]) == (guid(1), TENANT, expected)


def oidc(application_id: str, discovery_url: str = "", mark: str | None = None) -> OidcApp:
    settings = OidcSettings(application_id=application_id, discovery_url=discovery_url, secret_fingerprint=mark)
    return OidcApp("k", "console", settings, None, {})


@pytest.mark.parametrize(
    ("url", "tenant"),
    [
        (f"https://login.microsoftonline.com/{TENANT}/v2.0/.well-known/openid-configuration", TENANT),
        (f"https://login.microsoftonline.us/{TENANT}", TENANT),
        ("https://login.microsoftonline.com/common/v2.0", None),
        (f"https://login.microsoftonline.com/{'-' * 36}/v2.0", None),
        (f"https://evil.example/x/{TENANT}/", None),
        ("", None),
    ],
)
def test_an_openid_connect_app_tells_application_tenant_and_key(url: str, tenant: str | None) -> None:
    found = parse_oidc_consumer(oidc(guid(1).upper(), url, guid(7)), "cs01")
    assert found is not None
    assert (found["kind"], found["name"], found["app_id"], found["key_id"]) == ("oidc_app", "console", guid(1), guid(7))
    assert found["tenant_id"] == tenant


@pytest.mark.parametrize("application_id", ["", "0oa1b2c3d4", "my-client"])
def test_an_openid_connect_app_of_another_provider_is_none(application_id: str) -> None:
    assert parse_oidc_consumer(oidc(application_id), "cs01") is None


def test_what_keeps_a_key_itself_has_no_mark() -> None:
    found = parse_holder_consumer(KeyHolder("office365_client", "corp", guid(1), TENANT, "azure-prod"), "cs01")
    assert (found["kind"], found["app_id"], found["tenant_id"]) == ("office365_client", guid(1), TENANT)
    assert (found["key_id"], found["credential"]) == (None, "azure-prod")
