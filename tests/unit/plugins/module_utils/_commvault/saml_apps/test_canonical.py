# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The canonical form of a SAML app, and the bodies that are written."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saml_examples import CONSOLE, ENTITY, FINGERPRINT, GROUPS, KEY, SIGN_ON, make_body, make_row

from ansible_collections.cvops.identity.plugins.module_utils._commvault.app_associations import Association
from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.canonical import (
    ATTRIBUTES,
    NAME_IDS,
    SamlSettings,
    build_create_body,
    build_update_body,
    make_association,
    make_created_settings,
    parse_name_id,
    parse_saml_state,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.certificates import CertificateMark
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer

SHOWN = parse_saml_state(make_body(), make_row())
text = st.text("ab", min_size=1, max_size=3)
some_settings = st.builds(
    SamlSettings,
    enabled=st.booleans(),
    description=text,
    entity_id=text,
    sign_on_url=text,
    sign_out_url=text,
    certificate=st.sampled_from([None, CertificateMark(FINGERPRINT, "2028-05-01T00:00:00Z")]),
    service_provider_endpoint=st.sampled_from([CONSOLE, "https://cv2.corp.example:443/x"]),
    service_provider_aliases=st.sampled_from([(), (CONSOLE,)]),
    name_id=st.sampled_from(sorted(NAME_IDS)),
    attribute_mappings=st.dictionaries(st.sampled_from(sorted(ATTRIBUTES)), text).map(
        lambda d: tuple(sorted(d.items()))
    ),
    auto_create_users=st.booleans(),
    auto_redirect=st.just(False),
)
some_associations = st.lists(
    st.sampled_from(
        [
            make_association("email_suffixes", "corp.example", None),
            make_association("companies", "corp", 30),
            make_association("user_groups", "ops", 21),
            make_association("domains", "ad.example", None),
            make_association("default_user_groups", "ops", 21),
        ]
    ),
    unique_by=lambda item: (item.kind, item.name),
)


def serve(shown: dict[str, t.Any], body: dict[str, t.Any]) -> dict[str, t.Any]:
    """What a service shows after a write: blocks take the place of old ones, write-only members go, the endpoint has another name."""
    after = {**shown, **body}
    if "identityProviderMetaData" in body:
        hidden = ("certificateData", "SAMLProtocolVersion")
        after["identityProviderMetaData"] = {
            k: v for k, v in body["identityProviderMetaData"].items() if k not in hidden
        }
    service = dict(after.get("serviceProviderMetaData") or {})
    if "serviceProviderEndpoint" in service:
        service["entityId"] = service.pop("serviceProviderEndpoint")
    return {**after, "serviceProviderMetaData": service}


def test_an_app_is_read() -> None:
    assert SHOWN.settings == SamlSettings(
        True, "People", ENTITY, SIGN_ON, SIGN_ON, CertificateMark(FINGERPRINT, "2028-05-01T00:00:00Z"), CONSOLE, (), "email",
        (("user_groups", GROUPS),), False, False,
    )  # fmt: skip
    assert (SHOWN.key, SHOWN.flags, SHOWN.sign_out_reply_url) == (KEY, 4, None)
    assert SHOWN.reply_url == f"{CONSOLE}/samlAcsIdpInitCallback.do?samlAppKey={KEY}"
    assert [(item.kind, item.name, item.id) for item in SHOWN.associations] == [
        ("email_suffixes", "corp.example", None),
        ("companies", "corp", 30),
        ("users", "anna", 4),
        ("default_user_groups", "ops", 21),
    ]


def test_what_a_release_does_not_show_is_not_known() -> None:
    """Not false, and not the default."""
    bare = parse_saml_state({"name": "people"}, make_row(flags=None)).settings
    assert (bare.enabled, bare.auto_create_users, bare.auto_redirect, bare.name_id, bare.certificate) == (None,) * 5
    assert parse_saml_state(make_body(), None).settings.auto_redirect is None
    with pytest.raises(BadAnswer, match="without its key"):
        parse_saml_state({"name": "people"}, None)


@pytest.mark.parametrize(
    ("shown", "found"),
    [("Email", "email"), ("USER_PRINCIPAL_NAME", "user_principal_name"), ("User Principal Name", "user_principal_name")]
    + [("sAMAccountName", "sAMAccountName"), ("", None), (None, None)],
)
def test_a_name_id_is_read_however_it_is_spelled(shown: t.Any, found: str | None) -> None:
    assert parse_name_id(shown) == found


@given(some_settings, some_associations)
def test_a_created_and_completed_app_reads_as_what_was_asked_for(
    after: SamlSettings, associations: list[Association]
) -> None:
    first = [item for item in associations if item.kind != "default_user_groups"]
    created = make_created_settings(after)
    shown = serve(
        {"appKey": KEY, "enabled": True, "autoCreateUser": False}, build_create_body("people", after, "MII", first)
    )
    assert parse_saml_state(shown, make_row(flags=0)).settings == created
    shown = serve(shown, build_update_body(created, after, None, first, associations))
    found = parse_saml_state(shown, make_row(flags=0))
    assert found.settings == after
    assert {(item.kind, item.name) for item in found.associations} == {(item.kind, item.name) for item in associations}


@given(some_settings, some_settings, some_associations, some_associations)
def test_a_change_reads_as_what_was_asked_for_and_the_rest_stays(
    before: SamlSettings, after: SamlSettings, had: list[Association], has: list[Association]
) -> None:
    after = dataclasses.replace(after, certificate=after.certificate or before.certificate)
    first = [item for item in had if item.kind != "default_user_groups"]
    shown = serve(
        {"appKey": KEY, "enabled": True, "autoCreateUser": False}, build_create_body("people", before, "MII", first)
    )
    shown = serve(shown, build_update_body(make_created_settings(before), before, None, first, had))
    body = build_update_body(before, after, "MII", had, has)
    assert parse_saml_state(serve(shown, body), make_row(flags=0)).settings == after
    assert build_update_body(after, after, None, has, has) == {}
    assert ("attributeMappings" in body) is (before.attribute_mappings != after.attribute_mappings)


def test_foreign_entries_go_back_as_they_were_shown() -> None:
    odd = {"id": 9, "name": "x", "extra": {"deep": 1}}
    body = make_body(
        associations={"users": [odd], "domains": ["ad.example"]},
        attributeMappings=[{"customAttribute": "FULL_NAME", "SAMLAttribute": "n"}],
    )
    found = parse_saml_state(body, make_row())
    suffix = make_association("email_suffixes", "new.example", None)
    after = dataclasses.replace(found.settings, attribute_mappings=(("FULL_NAME", "n"), ("sid", "s")))
    sent = build_update_body(found.settings, after, None, found.associations, [*found.associations, suffix])
    assert sent["associations"] == {
        "emailSuffixes": ["new.example"],
        "companies": [],
        "userGroups": [],
        "domains": ["ad.example"],
        "users": [odd],
    }
    assert sent["attributeMappings"] == [
        {"customAttribute": "FULL_NAME", "SAMLAttribute": "n"},
        {"customAttribute": "SID", "SAMLAttribute": "s"},
    ]
    assert set(sent) == {"type", "associations", "attributeMappings"}


def test_the_block_of_the_provider_has_all_that_is_required() -> None:
    """Commvault takes it only whole (OAS)."""
    block = build_update_body(SHOWN.settings, SHOWN.settings, "MII", (), ())["identityProviderMetaData"]
    assert set(block) == {"entityId", "redirectUrl", "logoutUrl", "certificateData", "SAMLProtocolVersion"}
