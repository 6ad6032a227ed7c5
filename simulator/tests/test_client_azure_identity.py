# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""azure-identity against the token service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientSecretCredential, ManagedIdentityCredential

from certificates import make_certificate
from cvops_simulator import Simulator
from graph_client import GraphClient

SCOPE = "https://graph.microsoft.com/.default"


def options(sim: Simulator) -> dict[str, Any]:
    return {"authority": sim.login_url, "disable_instance_discovery": True, "connection_verify": sim.ca_path}


def test_client_secret(sim: Simulator) -> None:
    identity = sim.identity("Group.Read.All")
    with ClientSecretCredential(
        sim.tenant_id, identity.client_id, identity.client_secret, **options(sim)
    ) as credential:
        token = credential.get_token(SCOPE)
    claims = jwt.decode(token.token, options={"verify_signature": False})
    assert (claims["appid"], claims["roles"]) == (identity.client_id, ["Group.Read.All"])
    assert token.expires_on > sim.clock.now() + 3000


def test_wrong_secret(sim: Simulator) -> None:
    with (
        ClientSecretCredential(sim.tenant_id, sim.automation.client_id, "wrong", **options(sim)) as credential,
        pytest.raises(ClientAuthenticationError, match="AADSTS7000215"),
    ):
        credential.get_token(SCOPE)


def test_certificate(sim: Simulator, graph: GraphClient, tmp_path: Path) -> None:
    certificate = make_certificate("automation")
    application = graph.application()
    graph.principal(application)
    key = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": certificate.der_base64}
    graph.ok(204, "PATCH", f"/applications/{application['id']}", {"keyCredentials": [key]})
    path = tmp_path / "app.pem"
    path.write_text(certificate.key_pem + certificate.pem, encoding="utf-8")
    with CertificateCredential(sim.tenant_id, application["appId"], str(path), **options(sim)) as credential:
        token = credential.get_token(SCOPE).token
    assert jwt.decode(token, options={"verify_signature": False})["appidacr"] == "2"


def test_managed_identity(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = sim.imds.assign("function", "User.Read.All")
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{sim.imds_url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", sim.imds.identity_header)
    with ManagedIdentityCredential() as credential:
        token = credential.get_token("https://graph.microsoft.com/.default").token
    assert jwt.decode(token, options={"verify_signature": False})["oid"] == identity.object_id
