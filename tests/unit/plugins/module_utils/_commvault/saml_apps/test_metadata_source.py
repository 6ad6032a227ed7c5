# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where metadata comes from: over TLS that is verified, without a token, from nowhere else, and of the tenant that is meant."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from saml_examples import ENTITY, TENANT, make_metadata

from ansible_collections.cvops.identity.plugins.module_utils._commvault.saml_apps.metadata_source import (
    build_application_address,
    load_metadata,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, ConfigError, Unreachable

APPLICATION = "66666666-7777-4888-8999-00000000AAAA"
PATH = f"/{TENANT}/federationmetadata/2007-06/federationmetadata.xml?appid={APPLICATION.lower()}"


def options(secured: t.Any = None, **more: t.Any) -> dict[str, t.Any]:
    found: dict[str, t.Any] = {"cloud": "public", "tenant_id": TENANT, "retries": 0, **more}
    if secured is not None:
        found |= {"authority_url": secured.server.url, "ca_path": secured.ca_path}
    return found


def test_entra_names_the_certificate_of_an_application(make_ctx: t.Any, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(status=200, body=make_metadata().decode()))
    ctx = make_ctx(options(secured, metadata={"application": APPLICATION}))
    found = load_metadata(ctx)
    assert found is not None and found.entity_id == ENTITY
    (got,) = secured.server.received
    assert (got.method, got.path) == ("GET", PATH) and "xml" in got.headers["Accept"]
    assert "Authorization" not in got.headers and ctx.stats.as_result()["reads"] == 1


def test_a_document_is_read_at_its_address(make_ctx: t.Any, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(status=200, body=make_metadata().decode()))
    given = {"url": f"{secured.server.url}/prepared.xml?version=2"}
    assert load_metadata(make_ctx({**options(secured), "authority_url": None, "metadata": given})) is not None
    assert secured.server.received[0].path == "/prepared.xml?version=2"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"status": 404, "body": "AADSTS700016 secret-word"}, "answered HTTP 404"),
        ({"status": 200, "body": "<!doctype html><p>Sign in</p>"}, "is an HTML page"),
    ],
)
def test_anything_else_is_no_metadata(
    make_ctx: t.Any, secured: t.Any, answer: t.Any, said: t.Any, expected: str
) -> None:
    secured.server.says(answer(**said))
    with pytest.raises(ConfigError, match=expected) as caught:
        load_metadata(make_ctx(options(secured, metadata={"application": APPLICATION})))
    assert "secret-word" not in str(caught.value) and len(secured.server.received) == 1


def test_a_redirect_is_not_followed(make_ctx: t.Any, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(status=302, headers={"Location": f"{secured.server.url}/other.xml"}))
    with pytest.raises(ApiError, match="not followed"):
        load_metadata(make_ctx(options(secured, metadata={"application": APPLICATION})))
    assert len(secured.server.received) == 1


def test_an_unknown_certificate_is_not_believed(make_ctx: t.Any, secured: t.Any) -> None:
    with pytest.raises(Unreachable, match="certificate"):
        load_metadata(make_ctx({**options(secured), "ca_path": None, "metadata": {"application": APPLICATION}}))
    assert secured.server.received == []


def test_a_document_without_end_is_not_read_to_its_end(make_ctx: t.Any, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(status=200, body="<" * (2 << 20)))
    with pytest.raises(ApiError):
        load_metadata(make_ctx(options(secured, metadata={"application": APPLICATION})))


def test_a_file_is_found_beside_the_playbook(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    (tmp_path / "metadata.xml").write_bytes(make_metadata())
    ctx = make_ctx(options(metadata={"file": "metadata.xml"}))
    ctx.base_directory = str(tmp_path)
    assert load_metadata(ctx) is not None
    ctx.options["metadata"] = {"file": "other.xml"}
    with pytest.raises(ConfigError, match="No such file"):
        load_metadata(ctx)
    assert load_metadata(make_ctx(options(metadata=None))) is None


@pytest.mark.parametrize(
    ("tenant", "entity", "expected", "is_taken"),
    [
        (TENANT, ENTITY, None, True),
        (TENANT.upper(), ENTITY, None, True),
        ("corp.example", "https://sts.windows.net/any/", None, True),
        (TENANT, "https://sts.windows.net/99999999-2222-4333-8444-555555555555/", None, False),
        (TENANT, f"https://sts.windows.net/x{TENANT}/", None, False),
        (TENANT, "https://adfs.corp.example/trust", "https://adfs.corp.example/trust", True),
        (TENANT, ENTITY, "https://adfs.corp.example/trust", False),
    ],
)
def test_metadata_is_of_the_tenant_that_is_meant(
    make_ctx: t.Any, tmp_path: pathlib.Path, tenant: str, entity: str, expected: str | None, is_taken: bool
) -> None:
    path = tmp_path / "metadata.xml"
    path.write_bytes(make_metadata(entity=entity))
    ctx = make_ctx({**options(), "tenant_id": tenant, "metadata": {"file": str(path), "entity_id": expected}})
    if is_taken:
        assert load_metadata(ctx) is not None
        return
    with pytest.raises(ConfigError, match="belongs to the identity provider"):
        load_metadata(ctx)


@pytest.mark.parametrize(
    ("more", "said"), [({"tenant_id": None}, "tenant_id is needed"), ({"tenant_id": "Common"}, "tenant_id is needed")]
)
def test_an_application_is_of_one_tenant(more: dict[str, t.Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        build_application_address(options(**more), APPLICATION)
    with pytest.raises(ConfigError, match="application"):
        build_application_address(options(), "sign-on")


def test_an_address_needs_tls(make_ctx: t.Any) -> None:
    with pytest.raises(ConfigError, match="is not an https address"):
        load_metadata(make_ctx(options(metadata={"url": "http://sts.corp.example/m.xml"})))
