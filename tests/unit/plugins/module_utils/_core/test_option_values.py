# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cleaning and checking of option values: what is understood, what is refused by name, and what stays as it is."""

from __future__ import annotations

import os
import pathlib
import types
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core import option_values as subject
from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Problems
from ansible_collections.cvops.identity.plugins.module_utils._core.option_sources import OptionSources, build_fallback
from ansible_collections.cvops.identity.plugins.modules import (
    commvault_access_token,
    commvault_role,
    commvault_role_mappings,
    commvault_user,
    commvault_user_group,
    entra_admin_consent,
    entra_application,
    entra_application_info,
    entra_application_secret,
    entra_federated_credential,
    entra_group,
    entra_group_info,
    entra_service_principal,
    sso_preflight_info,
)

GUID = "0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b70"
CONNECTION = commvault_role.SPEC.options


def make_context(
    options: t.Mapping[str, t.Any],
    spec: t.Any = CONNECTION,
    folder: str | None = "/play",
    secrets: t.Iterable[str] = (),
    found: t.Mapping[str, str] | None = None,
) -> Context:
    """Return a context whose options are taken as they are."""
    reporter = types.SimpleNamespace()
    sources = OptionSources(found=dict(found or {}))
    return Context(
        dict(options),
        t.cast("t.Any", reporter),
        spec=spec,
        base_directory=folder,
        secrets=set(secrets),
        sources=sources,
    )


def prepare(options: t.Mapping[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    """Return the options as they are used."""
    ctx = make_context(options, **more)
    subject.prepare_options(ctx)
    return ctx.options


def check(options: t.Mapping[str, t.Any], **more: t.Any) -> None:
    """Do what is done before a task starts."""
    ctx = make_context(options, **more)
    subject.prepare_options(ctx)
    subject.check_option_texts(ctx)


def refuse(options: t.Mapping[str, t.Any], **more: t.Any) -> str:
    """Return the message of the refusal."""
    with pytest.raises(ConfigError) as refused:
        check(options, **more)
    return str(refused.value)


@pytest.mark.parametrize(
    ("module", "options", "where"),
    [
        (entra_admin_consent, {"app_id": ""}, "app_id"),
        (entra_admin_consent, {"application": {"object_id": " "}}, "application.object_id"),
        (entra_admin_consent, {"api_permissions": [{"api": "", "application": ["x"]}]}, "api_permissions[0].api"),
        (
            entra_admin_consent,
            {"api_permissions": [{"api": "x", "delegated": [""]}]},
            "api_permissions[0].delegated[0]",
        ),
        (entra_service_principal, {"object_id": ""}, "object_id"),
        (entra_service_principal, {"reply_urls": [""]}, "reply_urls[0]"),
        (entra_application_secret, {"application": {"unique_name": ""}}, "application.unique_name"),
        (entra_application_secret, {"name": "\n"}, "name"),
        (entra_application_secret, {"key_id": ""}, "key_id"),
        (entra_federated_credential, {"application": {"app_id": ""}}, "application.app_id"),
        (entra_federated_credential, {"subject": ""}, "subject"),
        (entra_federated_credential, {"github": {"repository": "a/b", "branch": ""}}, "github.branch"),
        (entra_application, {"display_name": ""}, "display_name"),
        (entra_application, {"web": {"redirect_uris": [""]}}, "web.redirect_uris[0]"),
        (entra_application, {"identifier_uris": [""]}, "identifier_uris[0]"),
        (entra_application, {"tags": ["a", ""]}, "tags[1]"),
        (entra_application, {"app_roles": [{"value": ""}]}, "app_roles[0].value"),
        (entra_application_info, {"filter": ""}, "filter"),
        (entra_group, {"object_id": ""}, "object_id"),
        (entra_group, {"unique_name": ""}, "unique_name"),
        (entra_group, {"members": [""]}, "members[0]"),
        (entra_group_info, {"display_name": ""}, "display_name"),
        (entra_group_info, {"query": ""}, "query"),
        (sso_preflight_info, {"saml_app": ""}, "saml_app"),
        (commvault_access_token, {"id": ""}, "id"),
        (commvault_access_token, {"user": ""}, "user"),
        (commvault_access_token, {"allowed_ips": [""]}, "allowed_ips[0]"),
        (commvault_access_token, {"store": {"hashi_vault": {"path": ""}}}, "store.hashi_vault.path"),
        (commvault_role, {"name": ""}, "name"),
        (commvault_role, {"company": ""}, "company"),
        (commvault_role, {"permissions": [""]}, "permissions[0]"),
        (commvault_user, {"user_groups": [""]}, "user_groups[0]"),
        (commvault_user, {"break_glass": {"commvault_users": [""]}}, "break_glass.commvault_users[0]"),
        (commvault_user_group, {"members": [""]}, "members[0]"),
        (commvault_user_group, {"transfer_to_user": ""}, "transfer_to_user"),
        (commvault_role_mappings, {"commcell": ""}, "commcell"),
        (commvault_role_mappings, {"mappings": [{"commcells": [""]}]}, "mappings[0].commcells[0]"),
        (commvault_role_mappings, {"break_glass": {"entra_groups": [""]}}, "break_glass.entra_groups[0]"),
        (commvault_role_mappings, {"commvault_company": ""}, "commvault_company"),
        (entra_group, {"managed_identity_client_id": ""}, "managed_identity_client_id"),
        (entra_group, {"federated_managed_identity": " "}, "federated_managed_identity"),
    ],
)
def test_an_empty_text_that_would_name_something_is_refused_by_name(module: t.Any, options: t.Any, where: str) -> None:
    spec = module.SPEC.options
    with pytest.raises(ConfigError) as refused:
        check(options, spec=spec)
    assert str(refused.value) == f"option {where}: the text is empty. Leave the option out, or give it a value"
    assert refused.value.facts == {"source": f"option {where}"}


@pytest.mark.parametrize(
    ("module", "options"),
    [
        (entra_application, {"description": "", "notes": "", "web": {"logout_url": "", "home_page_url": ""}}),
        (entra_application, {"api_scopes": [{"value": "x", "user_consent_description": ""}]}),
        (commvault_user, {"description": "", "full_name": "", "email": "", "user_principal_name": ""}),
        (commvault_user_group, {"description": "", "entra_group_id": ""}),
        (entra_group, {"client_secret": "", "tenant_id": "", "proxy": "", "ca_path": "", "object_id": None}),
        (entra_group, {"members": [], "owners": None}),
        (commvault_role_mappings, {"mappings": [{"business_owner": "", "principal": {"user": ""}}]}),
    ],
)
def test_an_empty_text_that_clears_or_says_nothing_is_taken(module: t.Any, options: t.Any) -> None:
    check(options, spec=module.SPEC.options)


def test_several_faults_are_told_together_without_values() -> None:
    with pytest.raises(Problems) as refused:
        check({"name": "", "client_secret": GUID}, found={"client_secret": "environment variable ARM_CLIENT_SECRET"})
    assert [problem["where"] for problem in refused.value.facts["problems"]] == ["name", "client_secret"]
    assert "environment variable ARM_CLIENT_SECRET" in str(refused.value)
    assert GUID not in str(refused.value)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("client_secret", GUID, "it is the id of the secret"),
        ("client_secret", GUID.upper(), "it is the id of the secret"),
        ("client_secret", "abc\ndef", "line break"),
        ("client_secret", "ab\x00cd", "control character"),
        ("client_secret", "-----BEGIN PRIVATE KEY-----\nx", "PEM form"),
        ("access_token", "Bearer abc.def.ghi", "begins like a header"),
        ("access_token", "bearer\tabc.def.ghi", "begins like a header"),
        ("access_token", "Authorization: Bearer abc", "begins like a header"),
        ("access_token", "abc.d ef.ghi", "contains a blank"),
        ("access_token", "abc\u2026def", "contains a blank or a character"),
        ("access_token", "abc.de\nf.ghi", "line break"),
        ("commvault_access_token", "Authtoken: QSDK 123", "begins like a header"),
        ("commvault_access_token", "QSDK 3aba", "contains a blank"),
        ("federated_token", "Bearer a.b.c", "begins like a header"),
    ],
)
def test_a_secret_that_cannot_be_right_is_refused_by_name_and_never_shown(option: str, value: str, words: str) -> None:
    said = refuse({option: value})
    assert said.startswith(f"option {option}: ")
    assert words in said
    assert value not in said and value.split()[-1] not in said


def test_the_source_of_a_refused_secret_is_named() -> None:
    with pytest.raises(ConfigError) as refused:
        check({"client_secret": GUID}, found={"client_secret": "environment variable AZURE_SECRET"})
    assert str(refused.value).startswith("option client_secret (from environment variable AZURE_SECRET): ")
    assert refused.value.facts["source"] == "environment variable AZURE_SECRET"


@pytest.mark.parametrize(
    ("option", "given", "used"),
    [
        ("client_secret", "\ufeff abc~D \r\n", "abc~D"),
        ("access_token", "abc.def.ghi\n", "abc.def.ghi"),
        ("commvault_access_token", " QSDK3aba\n", "QSDK3aba"),
        ("commvault_pin", "123456\n", "123456"),
        ("commvault_password", " with blanks \r\n", " with blanks "),
        ("client_certificate_password", "pass \n", "pass "),
        ("tenant_id", f"{GUID}\n", GUID),
        ("commvault_url", " https://cs.example\n", "https://cs.example"),
        ("ca_path", "/ca.pem\n", "/ca.pem"),
        ("name", " kept ", " kept "),
        ("description", "kept\n", "kept\n"),
    ],
)
def test_blanks_around_connection_options_are_no_part_of_them(option: str, given: str, used: str) -> None:
    assert prepare({option: given})[option] == used
    check({option: given})


def test_secrets_of_a_store_are_cleaned_and_checked_too() -> None:
    store = {"hashi_vault": {"path": "p", "token": "hvs.abc\n", "secret_id": GUID, "ca_path": "vault.pem"}}
    found = prepare({"commvault_token_store": store})["commvault_token_store"]["hashi_vault"]
    assert found == {"path": "p", "token": "hvs.abc", "secret_id": GUID, "ca_path": "/play/vault.pem"}
    check({"commvault_token_store": store})
    store["hashi_vault"]["token"] = "Bearer hvs.abc"
    said = refuse({"commvault_token_store": store})
    assert said.startswith("option commvault_token_store.hashi_vault.token: it begins like a header")


def test_tokens_of_the_controller_are_taken_as_they_are() -> None:
    check({"access_token": '{"https://graph.example/.default": "a.b.c", "other": "d.e.f"}'})


def test_a_cleaned_secret_is_known_as_a_secret() -> None:
    ctx = make_context({"client_secret": "hushed-4711\n"}, secrets=["hushed-4711\n"])
    subject.prepare_options(ctx)
    assert ctx.secrets == {"hushed-4711\n", "hushed-4711"}


@pytest.mark.parametrize(
    "options",
    [
        {"ca_path": "ca.pem"},
        {"commvault_ca_path": "ca.pem"},
        {"federated_token_file": "ca.pem"},
        {"commvault_token_store": {"file": "ca.pem"}},
        {"commvault_token_store": {"hashi_vault": {"ca_path": "ca.pem"}}},
    ],
)
def test_a_relative_path_begins_in_the_folder_of_the_playbook(options: t.Any) -> None:
    def find_leaf(value: t.Any) -> t.Any:
        return find_leaf(next(iter(value.values()))) if isinstance(value, dict) else value

    assert find_leaf(prepare(options)) == "/play/ca.pem"
    assert find_leaf(prepare(options, folder=None)) == "ca.pem"
    assert find_leaf(prepare(options, folder="/other")) == "/other/ca.pem"


def test_absolute_paths_and_paths_of_the_home_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    assert prepare({"ca_path": "/etc/ca.pem"})["ca_path"] == "/etc/ca.pem"
    assert prepare({"ca_path": "~/ca.pem"})["ca_path"] == "/home/someone/ca.pem"


@given(st.text(), st.sampled_from(["client_secret", "commvault_password", "tenant_id", "ca_path"]))
def test_cleaning_twice_is_cleaning_once(text: str, option: str) -> None:
    once = prepare({option: text})
    assert prepare(once) == once


@given(st.dictionaries(st.sampled_from(["unknown", "other"]), st.text() | st.integers() | st.lists(st.text())))
def test_values_that_the_spec_does_not_know_stay(values: t.Any) -> None:
    assert prepare(values) == values
    check(values)


@pytest.mark.parametrize("text", ["missing.pem", "/nowhere/missing.PFX", "./key", "../key", "~/key", "/etc/nothing"])
def test_a_path_is_known_as_one(text: str) -> None:
    assert subject.is_file_name(text)


def test_a_file_that_is_there_is_known_whatever_its_name(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "credential").write_text("x")
    monkeypatch.chdir(tmp_path)
    assert subject.is_file_name("credential")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MII" + "A" * 100,
        "MIIEvQ" + "x" * 70 + ".pem",
        "hushed",
        "a\nb.pem",
        "x" * 2000 + ".pem",
        "/b64+text",
        "Qk9/ab=",
    ],
)
def test_what_may_be_a_key_is_never_taken_for_a_path(text: str) -> None:
    assert not subject.is_file_name(text)


def test_the_path_of_a_certificate_is_no_secret_but_its_text_is() -> None:
    assert subject.list_option_secrets({"client_certificate": "/a/b.pem"}, ["/a/b.pem", "hushed"]) == {"hushed"}
    pem = "-----BEGIN CERTIFICATE-----\nx\n"
    assert subject.list_option_secrets({"client_certificate": pem}, [pem]) == {pem, pem.strip()}
    assert subject.list_option_secrets({}, [4711]) == {"4711"}


def test_credentials_inside_other_values_are_secrets_too() -> None:
    values = {
        "proxy": "svc:planted1@proxy:8080",
        "notes": "svc:no-address@x",
        "mappings": [{"approval": {"ticket": "https://svc:planted2@tickets.example"}}],
        "tags": ["Bearer planted3token"],
        "retries": 3,
    }
    assert subject.list_option_secrets(values, ["hushed"]) == {"hushed", "planted1", "planted2", "planted3token"}


def test_the_options_that_choose_an_identity_exist() -> None:
    assert set(CONNECTION) >= subject._CHOOSING_OPTIONS
    assert all(CONNECTION[name]["fallback"][0] is build_fallback("x")[0] for name in subject._CHOOSING_OPTIONS)


def test_the_folder_is_joined_without_a_look_at_the_disk() -> None:
    ctx = make_context({}, folder="/play")
    assert subject.resolve_path(ctx, "x/y") == os.path.join("/play", "x/y")


def test_what_is_the_value_of_another_option_is_no_credential_inside_a_note() -> None:
    """Else results hide the object's own name, or the id of the tenant."""
    tenant = "11111111-2222-3333-4444-555555555555"
    values = {
        "tenant_id": tenant,
        "group": {"names": ["Operators"]},
        "note": f"https://x.example/?token={tenant} password='Operators' secret=planted1",
        "header": "eyJplanted1planted1",
        "client_secret": "planted2",
        "remark": "secret=planted2",
    }
    assert subject.list_option_secrets(values, ["planted2"]) == {"planted1", "planted2", "eyJplanted1planted1"}
