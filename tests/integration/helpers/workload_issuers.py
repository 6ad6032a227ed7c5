# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Issuers of tokens for workloads: a Kubernetes cluster with projected tokens, and OpenBao as a provider of OpenID Connect."""

from __future__ import annotations

import json
import os
import pathlib
import typing as t

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cvops_simulator import Simulator

from .bao import Bao

AUDIENCE = "api://AzureADTokenExchange"


class Cluster:
    """A cluster whose keys Entra ID knows. ``token``: as the kubelet asks for it, by the clock of *site*."""

    def __init__(self, site: Simulator, issuer: str = "https://oidc.k8s.corp.example/awx") -> None:
        self.site, self.issuer = site, issuer
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        site.login.trusted_issuers[issuer] = self.key.public_key()

    def claims(self, namespace: str = "awx", service_account: str = "cvops", life_s: int = 3600) -> dict[str, t.Any]:
        """Return the claims of a service account's token that is asked for now."""
        now = int(self.site.clock.now())
        return {
            "iss": self.issuer,
            "sub": f"system:serviceaccount:{namespace}:{service_account}",
            "aud": [AUDIENCE],
            "iat": now,
            "nbf": now,
            "exp": now + life_s,
            "kubernetes.io": {"namespace": namespace, "serviceaccount": {"name": service_account}},
        }

    def token(self, **changes: t.Any) -> str:
        """Return a token with these claims in place of the usual ones; None leaves one out."""
        claims = {name: value for name, value in {**self.claims(), **changes}.items() if value is not None}
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "cluster-1"})


class Projection:
    """A projected volume, as the kubelet keeps it: ``path`` is a link to a link to the file, and one rename replaces all."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder, self._count = folder, 0
        folder.mkdir()
        self.path = folder / "azure-identity-token"
        self.path.symlink_to("..data/azure-identity-token")

    def write(self, token: str) -> None:
        """Put *token* in place of what is there."""
        self._count += 1
        new = self._folder / f"..2026_{self._count}"
        new.mkdir()
        (new / "azure-identity-token").write_text(token)
        (self._folder / "..data_tmp").symlink_to(new.name)
        os.replace(self._folder / "..data_tmp", self._folder / "..data")


class BaoIssuer:
    """OpenBao's identity tokens, with issuer, discovery document and keys over TLS; Entra ID reads the keys where a token points to."""

    def __init__(self, bao: Bao, site: Simulator, role: str = "converge") -> None:
        self._bao, self._role = bao, role
        bao.ask("POST", "identity/oidc/config", {"issuer": bao.url})
        self.issuer = f"{bao.url}/v1/identity/oidc"
        bao.ask("POST", f"identity/oidc/key/{role}", {"algorithm": "RS256", "allowed_client_ids": ["*"]})
        bao.ask("POST", f"identity/oidc/role/{role}", {"key": role, "client_id": AUDIENCE, "ttl": "10m"})
        policy = f'path "identity/oidc/token/{role}" {{ capabilities = ["read"] }}'
        found = bao.app_role(f"workload-{role}", policy)
        signed_in = bao.ask("POST", "auth/approle/login", found)["auth"]
        self._client_token, self.subject = signed_in["client_token"], signed_in["entity_id"]
        document = self._read(f"{self.issuer}/.well-known/openid-configuration")
        assert document["issuer"] == self.issuer
        wanted = jwt.get_unverified_header(self.token())["kid"]
        (key,) = [key for key in self._read(document["jwks_uri"])["keys"] if key["kid"] == wanted]
        site.login.trusted_issuers[self.issuer] = jwt.PyJWK(key).key

    def token(self) -> str:
        """Return a new token of the workload."""
        asked = self._bao.ask("GET", f"identity/oidc/token/{self._role}", token=self._client_token)
        return str(asked["data"]["token"])

    def _read(self, url: str) -> t.Any:
        answer = requests.get(url, verify=self._bao.ca_path, timeout=30)
        answer.raise_for_status()
        return json.loads(answer.text)
