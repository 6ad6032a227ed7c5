# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Issues tokens: finds the resource, checks assignment and consent, signs."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import jwt

from cvops_simulator.entra.login.claims import Issue, is_assigned, make_access_claims, make_id_claims
from cvops_simulator.entra.login.errors import TokenError
from cvops_simulator.entra.login.signing import SigningKey
from cvops_simulator.entra.wellknown import GRAPH_APP_ID

if TYPE_CHECKING:
    from cvops_simulator.entra.login.clients import Client
    from cvops_simulator.entra.store import Row, View
    from cvops_simulator.entra.tenant import Tenant

OPENID_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})
_DEFAULT = "/.default"


class Issuer:
    """Signs tokens for one tenant. `expires_in`: seconds; `expires_in_cae`: for clients that announce `cp1`."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.key = SigningKey()
        self.origin = ""
        self.graph_names: frozenset[str] = frozenset()
        self.expires_in = 3599
        self.expires_in_cae = 86399

    def verify(self, token: str) -> dict[str, Any]:
        """Return claims of a token of this tenant that is valid now, for any audience; ValueError otherwise."""
        try:
            claims = self.key.read(token)
        except jwt.InvalidTokenError as error:
            raise ValueError("the token is not one of this tenant") from error
        if not claims["nbf"] <= self.tenant.clock.now() < claims["exp"]:
            raise ValueError("the token is not valid now")
        return claims

    def resource(self, view: View, name: str) -> Row:
        """Return the service principal that a resource name (URI or appId) stands for."""
        bare = name.rstrip("/")
        if bare in self.graph_names:
            bare = GRAPH_APP_ID
        for row in view.rows("servicePrincipals").values():
            if bare == row["appId"] or bare in (item.rstrip("/") for item in row["servicePrincipalNames"]):
                if not row["accountEnabled"]:
                    raise TokenError(500014, tenant=self.tenant.id, value=name)
                return row
        raise TokenError(500011, tenant=self.tenant.id, value=name)

    def for_client(self, view: View, client: Client, scope: str, claims: str = "") -> dict[str, Any]:
        """Return the answer to client credentials."""
        audience = _read_audience(scope)
        return self.app_token(view, client, audience, self.expires_in_cae if "cp1" in claims else self.expires_in)

    def target_of_client(self, view: View, scope: str) -> Row:
        """Return the resource that a client asks for by itself."""
        return self.resource(view, _read_audience(scope))

    def targets_of_user(self, view: View, client: Row, scope: str) -> list[Row]:
        """Return service principals that a user signs in to: the resource, and the client that learns who it is."""
        asked = scope.split()
        resource, _, _ = self._split(view, [item for item in asked if item not in OPENID_SCOPES])
        return [resource, client] if "openid" in asked else [resource]

    def app_token(self, view: View, client: Client, audience: str, lifetime: int) -> dict[str, Any]:
        """Return an access token without a user for a resource."""
        resource = self.resource(view, audience)
        if resource["appRoleAssignmentRequired"] and not is_assigned(view, client.principal["id"], resource):
            raise TokenError(501051, client_id=client.app_id, value=resource["displayName"])
        issue = Issue(client, resource, audience, lifetime)
        token = self.key.sign(make_access_claims(self.tenant, view, issue, self.origin))
        return {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token}

    def for_user(
        self, view: View, client: Client, user: Row, scope: str, nonce: str | None = None
    ) -> tuple[dict[str, Any], bool]:
        """Return the answer to a user's grant, and whether a refresh token belongs to it."""
        asked = scope.split()
        resource, audience, wanted = self._split(view, [item for item in asked if item not in OPENID_SCOPES])
        scopes = self._consented(view, client, resource, user, wanted)
        lifetime = self.expires_in
        issue = Issue(client, resource, audience, lifetime, user, tuple(scopes))
        named = [item if audience == "" else f"{audience}/{item}" for item in scopes]
        answer: dict[str, Any] = {
            "token_type": "Bearer",
            "scope": " ".join([*named, *(item for item in asked if item in OPENID_SCOPES - {"offline_access"})]),
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
            "access_token": self.key.sign(make_access_claims(self.tenant, view, issue, self.origin)),
            "client_info": _make_client_info(user["id"], self.tenant.id),
        }
        if "openid" in asked:
            claims = make_id_claims(self.tenant, client.app_id, user, self.origin, nonce, lifetime)
            answer["id_token"] = self.key.sign(claims)
        return answer, "offline_access" in asked

    def _split(self, view: View, scopes: list[str]) -> tuple[Row, str, list[str]]:
        """Return resource, its name as asked, and the scope values of a user's scope list (one resource only)."""
        if not scopes:
            return self.resource(view, GRAPH_APP_ID), "https://graph.microsoft.com", ["User.Read"]
        names = {item.rpartition("/")[0] if "/" in item else "https://graph.microsoft.com" for item in scopes}
        if len(names) > 1:
            raise TokenError(70011)
        audience = names.pop()
        return self.resource(view, audience), audience, [item.rpartition("/")[2] for item in scopes]

    def _consented(self, view: View, client: Client, resource: Row, user: Row, wanted: Iterable[str]) -> list[str]:
        granted: set[str] = set()
        for row in view.rows("oauth2PermissionGrants").values():
            if row["clientId"] == client.principal["id"] and row["resourceId"] == resource["id"]:
                granted |= set(row["scope"].split()) if row["principalId"] in (None, user["id"]) else set()
        asked = sorted(granted) if ".default" in wanted else list(wanted)
        if not asked or not set(asked) <= granted:
            raise TokenError(65001, client_id=client.app_id)
        return asked


def _read_audience(scope: str) -> str:
    audience = scope[: -len(_DEFAULT)] if scope.endswith(_DEFAULT) and " " not in scope else ""
    if not audience:
        raise TokenError(1002012, value=scope)
    return audience


def _make_client_info(user_id: str, tenant_id: str) -> str:
    text = json.dumps({"uid": user_id, "utid": tenant_id})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
