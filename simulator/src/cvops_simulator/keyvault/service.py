# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Key Vault as a listener: the secrets of the data plane."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from cvops_simulator.core.service import Service
from cvops_simulator.keyvault.access import Access
from cvops_simulator.keyvault.errors import VaultError, bad_parameter, unauthorized
from cvops_simulator.keyvault.state import Secret, Vault, Version, scheduled_purge

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from cvops_simulator.core.context import Context

RESOURCE = "https://vault.azure.net"
APP_ID = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"
_API_VERSIONS = ("7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01")
_NAME = re.compile(r"[0-9A-Za-z-]{1,127}")
_MOST_TAGS, _LONGEST_TAG, _LARGEST_VALUE, _LARGEST_PAGE = 15, 256, 25600, 25
#: A version that no secret has: a change to it asks only whether it would be allowed.
_NO_VERSION = "0" * 32
_SET_MEMBERS = {"value", "tags", "contentType", "attributes", "outContentType", "previousVersion"}
_UPDATE_MEMBERS = {"tags", "contentType", "attributes"}
_ATTRIBUTES = {"enabled": "enabled", "nbf": "not_before", "exp": "expires"}


class KeyVaultService(Service):
    """One vault. Open to tests: `vault` (state and timeline), `access` (who may do what).

    `verify` returns the claims of a token of the tenant, or raises ValueError; `authority` is the tenant's address at
    the token service, which the challenge names.
    """

    def __init__(self, context: Context, verify: Callable[[str], dict[str, Any]], tenant_id: str) -> None:
        super().__init__("keyvault", context)
        self.vault = Vault(context.clock)
        self.access = Access("cvops-vault")
        self.authority = ""
        self._verify, self._tenant_id = verify, tenant_id
        routes = [
            self._route("/secrets", self._list, "GET"),
            self._route("/secrets/{name}", self._read, "GET"),
            self._route("/secrets/{name}", self._set, "PUT"),
            self._route("/secrets/{name}", self._update, "PATCH"),
            self._route("/secrets/{name}", self._delete, "DELETE"),
            self._route("/secrets/{name}/versions", self._list_versions, "GET"),
            self._route("/secrets/{name}/{version}", self._read, "GET"),
            self._route("/secrets/{name}/{version}", self._update, "PATCH"),
            self._route("/deletedsecrets", self._list_deleted, "GET"),
            self._route("/deletedsecrets/{name}", self._read_deleted, "GET"),
            self._route("/deletedsecrets/{name}", self._purge, "DELETE"),
            self._route("/deletedsecrets/{name}/recover", self._recover, "POST"),
        ]
        self._routed = Starlette(routes=routes)
        self.app = self._serve

    def reset(self) -> None:
        """Empty the vault, and take all permissions back."""
        self.vault.reset()
        self.access.reset()

    def is_read(self, method: str, path: str) -> bool:
        """Tell whether a request only reads: a change to the version that there never is changes nothing."""
        return super().is_read(method, path) or (method == "PATCH" and path.rstrip("/").endswith(f"/{_NO_VERSION}"))

    def error_response(self, status: int, message: str, headers: dict[str, str] | None = None) -> Response:
        """Return an injected status in the service's error shape."""
        codes = {429: "Throttled", 503: "ServiceUnavailable", 403: "Forbidden", 404: "SecretNotFound"}
        error = VaultError(status, codes.get(status, "InternalServerError"), message)
        return JSONResponse(error.make_body(), status, headers)

    def control_routes(self) -> list[BaseRoute]:
        """Return routes that the control listener serves for this service."""

        async def read_timeline(request: Request) -> Response:
            with self.vault.lock:
                rows = [vars(event) for event in self.vault.timeline]
            return JSONResponse({"timeline": rows})

        async def change_access(request: Request) -> Response:
            data = json.loads(await request.body() or b"{}")
            try:
                for object_id, permissions in data.get("granted", {}).items():
                    self.access.grant(object_id, *permissions)
            except ValueError as error:
                return JSONResponse({"error": str(error)}, 400)
            self.access.mode = str(data.get("mode", self.access.mode))
            self.access.blocks_network = bool(data.get("blocks_network", self.access.blocks_network))
            return Response(status_code=204)

        return [Route("/timeline", read_timeline), Route("/access", change_access, methods=["POST"])]

    # -- requests

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; a slash at the end of its path, which clients send for "no version", does not count."""
        await self._routed({**scope, "path": scope["path"].rstrip("/")}, receive, send)

    def _route(self, path: str, answer: Callable[[Request, dict[str, Any]], Response], method: str) -> Route:
        """Return a route whose answer is found while the vault is locked, once the caller and the request are known."""

        async def serve(request: Request) -> Response:
            try:
                claims = self._identify(request)
                if request.query_params.get("api-version") not in _API_VERSIONS:
                    raise bad_parameter("The specified version is not recognized. Consider using the latest version.")
                name = request.path_params.get("name", "")
                if name and not _NAME.fullmatch(name):
                    raise bad_parameter(f"The request URI contains an invalid name: {name}")
                request.scope["state"]["body"] = await _read_body(request)
                with self.vault.lock:
                    response = answer(request, claims)
            except VaultError as error:
                response = JSONResponse(error.make_body(), error.status)
                if error.status == 401:
                    response.headers["WWW-Authenticate"] = (
                        f'Bearer authorization="{self.authority}/{self._tenant_id}", resource="{RESOURCE}"'
                    )
            response.headers["x-ms-keyvault-region"] = "westeurope"
            response.headers["x-ms-request-id"] = request.scope["state"]["request_id"]
            return response

        return Route(path, serve, methods=[method])

    def _identify(self, request: Request) -> dict[str, Any]:
        kind, _space, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise unauthorized("AKV10000: Request is missing a Bearer or PoP token.")
        try:
            claims = self._verify(token)
        except ValueError as error:
            raise unauthorized("[TokenExpired] Error validating token: 'S2S12086'.") from error
        if str(claims["aud"]).rstrip("/") not in (RESOURCE, APP_ID):
            raise unauthorized(f"AKV10022: Invalid audience. Expected {RESOURCE}, found: {claims['aud']}.")
        return claims

    def _list(self, request: Request, claims: dict[str, Any]) -> Response:
        self.access.check(claims, "list", "")
        rows = [self._make_item(secret, secret.newest, versioned=False) for secret in self.vault.secrets.values()]
        return self._page(request, rows)

    def _list_versions(self, request: Request, claims: dict[str, Any]) -> Response:
        name = request.path_params["name"]
        self.access.check(claims, "list", name)
        secret = self.vault.get(name)
        rows = sorted((self._make_item(secret, version) for version in secret.versions), key=lambda row: str(row["id"]))
        return self._page(request, rows)

    def _read(self, request: Request, claims: dict[str, Any]) -> Response:
        name, version_id = request.path_params["name"], request.path_params.get("version", "")
        self.access.check(claims, "get", name)
        version = self.vault.read(name, version_id)
        return JSONResponse({"value": version.value, **self._make_item(self.vault.get(name), version)})

    def _set(self, request: Request, claims: dict[str, Any]) -> Response:
        name, body = request.path_params["name"], request.scope["state"]["body"]
        self.access.check(claims, "set", name)
        if not isinstance(body, dict) or not isinstance(body.get("value"), str):
            raise bad_parameter("The request body is missing or invalid: property value is required.")
        if len(body["value"].encode()) > _LARGEST_VALUE:
            raise bad_parameter("The secret value exceeds the maximum size of 25 KB.")
        version = self.vault.set(name, body["value"], **_parse_properties(body, _SET_MEMBERS))
        return JSONResponse({"value": version.value, **self._make_item(self.vault.get(name), version)})

    def _update(self, request: Request, claims: dict[str, Any]) -> Response:
        name, version_id = request.path_params["name"], request.path_params.get("version", "")
        self.access.check(claims, "update", name)
        properties = _parse_properties(request.scope["state"]["body"] or {}, _UPDATE_MEMBERS)
        version = self.vault.update(name, version_id, **properties)
        return JSONResponse(self._make_item(self.vault.get(name), version))

    def _delete(self, request: Request, claims: dict[str, Any]) -> Response:
        name = request.path_params["name"]
        self.access.check(claims, "delete", name)
        return JSONResponse(self._make_deleted_item(self.vault.delete(name)))

    def _list_deleted(self, request: Request, claims: dict[str, Any]) -> Response:
        self.access.check(claims, "list", "")
        return self._page(request, [self._make_deleted_item(secret) for secret in self.vault.deleted.values()])

    def _read_deleted(self, request: Request, claims: dict[str, Any]) -> Response:
        name = request.path_params["name"]
        self.access.check(claims, "get", name)
        return JSONResponse(self._make_deleted_item(self.vault.get_deleted(name)))

    def _recover(self, request: Request, claims: dict[str, Any]) -> Response:
        name = request.path_params["name"]
        self.access.check(claims, "recover", name)
        secret = self.vault.recover(name)
        return JSONResponse(self._make_item(secret, secret.newest))

    def _purge(self, request: Request, claims: dict[str, Any]) -> Response:
        name = request.path_params["name"]
        self.access.check(claims, "purge", name)
        self.vault.purge(name)
        return Response(status_code=204)

    # -- answers

    def _make_item(self, secret: Secret, version: Version, versioned: bool = True) -> dict[str, Any]:
        attributes: dict[str, Any] = {"enabled": version.enabled}
        if version.not_before is not None:
            attributes["nbf"] = version.not_before
        if version.expires is not None:
            attributes["exp"] = version.expires
        attributes |= {"created": version.created, "updated": version.updated}
        attributes |= {"recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90}
        address = f"{self.origin}/secrets/{secret.name}"
        item: dict[str, Any] = {"id": f"{address}/{version.id}" if versioned else address, "attributes": attributes}
        if version.content_type is not None:
            item["contentType"] = version.content_type
        if version.tags:
            item["tags"] = version.tags
        return item

    def _make_deleted_item(self, secret: Secret) -> dict[str, Any]:
        return {
            "recoveryId": f"{self.origin}/deletedsecrets/{secret.name}",
            "deletedDate": int(secret.deleted_at or 0),
            "scheduledPurgeDate": scheduled_purge(secret),
            **self._make_item(secret, secret.newest),
        }

    def _page(self, request: Request, rows: list[dict[str, Any]]) -> Response:
        query = request.query_params
        try:
            size, start = int(query.get("maxresults", _LARGEST_PAGE)), int(query.get("$skiptoken", 0))
        except ValueError as error:
            raise bad_parameter("maxresults is no number.") from error
        if not 1 <= size <= _LARGEST_PAGE:
            raise bad_parameter(f"maxresults must be between 1 and {_LARGEST_PAGE}.")
        link = None
        if start + size < len(rows):
            version = query["api-version"]
            link = f"{self.origin}{request.url.path}?api-version={version}&$skiptoken={start + size}&maxresults={size}"
        return JSONResponse({"value": rows[start : start + size], "nextLink": link})


def _parse_properties(body: Any, members: set[str]) -> dict[str, Any]:
    """Return what a body says of a version, by the names of `Version`. Raises VaultError."""
    if not isinstance(body, dict) or set(body) - members:
        raise bad_parameter("The request body is missing or invalid.")
    found: dict[str, Any] = {}
    tags = body.get("tags")
    if tags is not None:
        if not isinstance(tags, dict) or not all(isinstance(text, str) for tag in tags.items() for text in tag):
            raise bad_parameter("Property tags is invalid.")
        if len(tags) > _MOST_TAGS:
            raise bad_parameter(f"Property tags has more than {_MOST_TAGS} items.")
        if any(len(text) > _LONGEST_TAG for tag in tags.items() for text in tag):
            raise bad_parameter(f"A tag has more than {_LONGEST_TAG} characters.")
        found["tags"] = tags
    if body.get("contentType") is not None:
        if not isinstance(body["contentType"], str) or len(body["contentType"]) > 255:
            raise bad_parameter("Property contentType is invalid.")
        found["content_type"] = body["contentType"]
    attributes = body.get("attributes") or {}
    if not isinstance(attributes, dict) or set(attributes) - set(_ATTRIBUTES):
        raise bad_parameter("Property attributes is invalid.")
    for key, value in attributes.items():
        wanted = bool if key == "enabled" else int
        if value is not None and (not isinstance(value, wanted) or isinstance(value, bool) != (key == "enabled")):
            raise bad_parameter(f"Property attributes.{key} is invalid.")
        if value is not None:
            found[_ATTRIBUTES[key]] = value
    if found.get("not_before") and found.get("expires") and found["expires"] <= found["not_before"]:
        raise bad_parameter("The expiration time must be later than the not-before time.")
    return found


async def _read_body(request: Request) -> Any:
    """Return the body as JSON, None for an empty one. Raises VaultError."""
    raw = await request.body()
    if not raw:
        return None
    if "json" not in request.headers.get("content-type", ""):
        raise VaultError(415, "UnsupportedMediaType", "The content type of the request must be application/json.")
    try:
        return json.loads(raw)
    except ValueError as error:
        raise bad_parameter("The request body is missing or invalid.") from error
