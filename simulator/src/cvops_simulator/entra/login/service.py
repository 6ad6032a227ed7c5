# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token service as a listener."""

from __future__ import annotations

import html
import time
import urllib.parse
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from cvops_simulator.core.names import fold_case
from cvops_simulator.core.service import Service
from cvops_simulator.entra.login.attempts import Attempt, Event, start_attempt
from cvops_simulator.entra.login.clients import Client, ClientCheck, merge_basic_credentials, require_field
from cvops_simulator.entra.login.documents import make_instance_metadata, make_openid_configuration
from cvops_simulator.entra.login.errors import TokenError, make_error_body
from cvops_simulator.entra.login.flows import Code, Flows, Refresh
from cvops_simulator.entra.login.guard import get_client_app, guard_client, guard_user
from cvops_simulator.entra.login.issuing import Issuer
from cvops_simulator.entra.login.saml import find_by_identifier, issue_saml_response, make_form, seen_principal
from cvops_simulator.entra.login.saml_keys import list_saml_keys
from cvops_simulator.entra.login.saml_metadata import make_metadata
from cvops_simulator.entra.login.saml_request import parse_authn_request

if TYPE_CHECKING:
    from starlette.requests import Request

    from cvops_simulator.core.context import Context
    from cvops_simulator.entra.store import Row, View
    from cvops_simulator.entra.tenant import Tenant

Handler = Callable[["Request"], Awaitable[Response]]
_MULTI_TENANT = frozenset({"common", "organizations", "consumers"})
_NO_CACHE = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache", "Expires": "-1"}
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
#: Grant -> kind of sign-in, and protocol, as the log names them.
_EVENTS: dict[str, tuple[Event, str]] = {
    "client_credentials": ("servicePrincipal", "oAuth2"),
    _DEVICE_GRANT: ("interactiveUser", "deviceCode"),
    "device_code": ("interactiveUser", "deviceCode"),
    "authorization_code": ("interactiveUser", "oAuth2"),
    "refresh_token": ("nonInteractiveUser", "oAuth2"),
}


class LoginService(Service):
    """Entra's token service. Open to tests: `issuer.expires_in`, `trusted_issuers`, `approve_device`."""

    def __init__(self, context: Context, tenant: Tenant) -> None:
        super().__init__("login", context)
        self.tenant = tenant
        self.issuer = Issuer(tenant)
        self.flows = Flows(context.clock)
        #: External issuers of federated credentials: issuer URL -> RSA public key.
        self.trusted_issuers: dict[str, Any] = {}
        #: Whether metadata of an application also have its certificates that are not active.
        self.metadata_shows_inactive = False
        self.graph_host = "localhost"
        self.app = Starlette(routes=self._routes())

    def _routes(self) -> list[BaseRoute]:
        safe = self._answer_errors
        return [
            Route("/common/discovery/instance", safe(self._instance)),
            Route("/{tenant}/v2.0/.well-known/openid-configuration", safe(self._configuration)),
            Route("/{tenant}/.well-known/openid-configuration", safe(self._configuration)),
            Route("/{tenant}/discovery/v2.0/keys", safe(self._keys)),
            Route("/{tenant}/discovery/keys", safe(self._keys)),
            Route("/{tenant}/oauth2/v2.0/token", safe(self._token), methods=["POST"]),
            Route("/{tenant}/oauth2/v2.0/devicecode", safe(self._device_code), methods=["POST"]),
            Route("/{tenant}/oauth2/v2.0/authorize", safe(self._authorize)),
            Route("/{tenant}/saml2", safe(self._saml), methods=["GET", "POST"]),
            Route("/{tenant}/federationmetadata/2007-06/federationmetadata.xml", safe(self._metadata)),
        ]

    def reset(self) -> None:
        """Forget flows and settings; the signing key stays."""
        self.flows = Flows(self.context.clock)
        self.trusted_issuers.clear()
        self.issuer.expires_in = 3599
        self.metadata_shows_inactive = False

    def bind_graph(self, names: frozenset[str], host: str) -> None:
        """Tell the service under which addresses Graph is reached, so that scopes built from them are understood."""
        self.issuer.origin = self.origin
        self.issuer.graph_names = names
        self.graph_host = host

    def approve_device(self, user_code: str, user: str) -> bool:
        """Sign in as a user (object id or user principal name) for a device flow; False: unknown code."""
        return self.flows.answer_device(user_code, self._user(user)["id"])

    def is_read(self, method: str, path: str) -> bool:
        """Tell that a request only reads: signing in changes nothing."""
        return True

    def control_routes(self) -> list[BaseRoute]:
        """Return `POST /device {"user_code": ..., "user": ...}`; without a user the flow is declined."""
        return [Route("/device", self._answer_device, methods=["POST"])]

    async def _answer_device(self, request: Request) -> Response:
        data = await request.json()
        user = self._user(data["user"])["id"] if data.get("user") else None
        return Response(status_code=204 if self.flows.answer_device(data["user_code"], user) else 404)

    def error_response(self, status: int, message: str, headers: dict[str, str] | None = None) -> Response:
        """Return an injected status: 400 is the loop detection, 429 too many requests, everything else transient."""
        code = {400: 50196, 401: 7000215, 429: 90055}.get(status, 90033)
        body = make_error_body(TokenError(code), str(uuid.uuid4()), str(uuid.uuid4()), self._timestamp())
        return JSONResponse(body, status, headers)

    def _timestamp(self) -> str:
        return time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(self.context.clock.now()))

    def _answer_errors(self, handler: Handler) -> Handler:
        """Turn a TokenError into the error document, and add the headers of every answer."""

        async def run(request: Request) -> Response:
            trace_id = request.scope["state"]["request_id"]
            correlation_id = request.headers.get("client-request-id") or str(uuid.uuid4())
            request.scope["state"]["correlation_id"] = correlation_id
            try:
                response = await handler(request)
            except TokenError as error:
                body = make_error_body(error, trace_id, correlation_id, self._timestamp())
                response = JSONResponse(body, error.status)
            headers = {"x-ms-request-id": trace_id, "client-request-id": correlation_id}
            response.headers.update({**_NO_CACHE, **headers, "x-ms-ests-server": "2.1.0 - SIM ProdSlices"})
            return response

        return run

    def _check_tenant(self, request: Request, multi: bool = False) -> str:
        name = request.path_params["tenant"].lower()
        if name in (self.tenant.id, self.tenant.domain) or (multi and name in _MULTI_TENANT):
            return str(name)
        raise TokenError(90002, tenant=name)

    def _user(self, name: str) -> Row:
        for row in self.tenant.users.values():
            if fold_case(name) in (row["id"], fold_case(row["userPrincipalName"])):
                return row
        raise TokenError(50034, value=name)

    async def _instance(self, request: Request) -> Response:
        endpoint = urllib.parse.urlsplit(request.query_params.get("authorization_endpoint", ""))
        version = request.query_params.get("api-version", "1.1")
        own = "localhost" if endpoint.netloc == "localhost" else f"localhost:{self.port}"
        return JSONResponse(make_instance_metadata(self.origin, own, endpoint.netloc, version))

    async def _configuration(self, request: Request) -> Response:
        name = self._check_tenant(request, multi=True)
        issuer = "{tenantid}" if name in _MULTI_TENANT else self.tenant.id
        where = name if name in _MULTI_TENANT else self.tenant.id
        return JSONResponse(make_openid_configuration(self.origin, where, issuer, self.graph_host))

    async def _keys(self, request: Request) -> Response:
        self._check_tenant(request, multi=True)
        return JSONResponse({"keys": [self.issuer.key.jwk(f"{self.origin}/{self.tenant.id}/v2.0")]})

    def _clients(self, view: View) -> ClientCheck:
        base = f"{self.origin}/{self.tenant.id}"
        domain = f"{self.origin}/{self.tenant.domain}"
        endpoints = {f"{item}/oauth2/v2.0/token" for item in (base, domain)}
        endpoints |= {f"{base}/v2.0", f"{base}/oauth2/token", f"https://sts.windows.net/{self.tenant.id}/"}
        issuers = {**self.trusted_issuers, f"{base}/v2.0": self.issuer.key.public_key}
        return ClientCheck(self.tenant, view, frozenset(endpoints), issuers)

    async def _form(self, request: Request) -> dict[str, str]:
        pairs = urllib.parse.parse_qsl((await request.body()).decode(), keep_blank_values=True)
        return merge_basic_credentials(dict(pairs), request.headers.get("authorization"))

    async def _token(self, request: Request) -> Response:
        name = self._check_tenant(request, multi=True)
        form = await self._form(request)
        grants = {
            "client_credentials": self._client_credentials,
            _DEVICE_GRANT: self._redeem_device,
            "device_code": self._redeem_device,
            "authorization_code": self._redeem_code,
            "refresh_token": self._refresh,
        }
        grant_type = require_field(form, "grant_type")
        if grant_type not in grants:
            raise TokenError(70003, value=grant_type)
        if name in _MULTI_TENANT and grant_type == "client_credentials":
            raise TokenError(90002, tenant=name)
        with self.tenant.lock:
            view = self.tenant.store.view()
            attempt = start_attempt(request, *_EVENTS[grant_type])
            attempt.principal = self.tenant.service_principal_of(form.get("client_id", ""), view)
            try:
                answer = grants[grant_type](form, view, attempt)
            except TokenError as error:
                attempt.record(self.tenant, error)
                raise
            attempt.record(self.tenant)
            return JSONResponse(answer)

    def _client_credentials(self, form: dict[str, str], view: View, attempt: Attempt) -> dict[str, Any]:
        require_field(form, "client_id")
        scope = require_field(form, "scope")
        attempt.client = client = self._clients(view).confidential(form)
        guard_client(self.tenant, view, attempt, client.principal, self.issuer.target_of_client(view, scope))
        return self.issuer.for_client(view, client, scope, form.get("claims", ""))

    async def _device_code(self, request: Request) -> Response:
        self._check_tenant(request, multi=True)
        form = await self._form(request)
        client_id = require_field(form, "client_id")
        self._clients(self.tenant.store.view()).find(client_id)
        device_code, flow = self.flows.start_device(client_id.lower(), form.get("scope", ""))
        where = "https://microsoft.com/devicelogin"
        message = f"To sign in, use a web browser to open the page {where} and enter the code {flow.user_code}."
        answer = {"user_code": flow.user_code, "device_code": device_code, "verification_uri": where}
        return JSONResponse({**answer, "expires_in": 900, "interval": 5, "message": message})

    def _redeem_device(self, form: dict[str, str], view: View, attempt: Attempt) -> dict[str, Any]:
        attempt.client = client = self._clients(view).any(form)
        device_code = form.get("device_code") or form.get("code") or require_field(form, "device_code")
        approved = self.flows.redeem_device(device_code, client.app_id)
        targets = self.issuer.targets_of_user(view, client.principal, approved.scope)
        user = self._user(approved.user_id)
        guard_user(self.tenant, view, attempt, user, targets, "mobileAppsAndDesktopClients", "deviceCodeFlow")
        return self._user_answer(view, client, approved, None)

    async def _authorize(self, request: Request) -> Response:
        """Sign in at once: as `login_hint`, else as the tenant's first enabled user."""
        self._check_tenant(request, multi=True)
        query = request.query_params
        client_id = query.get("client_id", "")
        view = self.tenant.store.view()
        application, principal = self._clients(view).find(client_id)
        redirect = query.get("redirect_uri", "")
        if not _is_registered(redirect, application):
            return _make_error_page(TokenError(900971))
        hint = query.get("login_hint") or next(x["id"] for x in self.tenant.users.values() if x["accountEnabled"])
        attempt = start_attempt(request, "interactiveUser")
        attempt.principal = principal
        try:
            targets = self.issuer.targets_of_user(view, principal, query.get("scope", ""))
            client_app = get_client_app(application, redirect)
            guard_user(self.tenant, view, attempt, self._user(hint), targets, client_app)
        except TokenError as error:
            attempt.record(self.tenant, error)
            return _make_error_page(error)
        attempt.record(self.tenant)
        code = Code(
            client_id=application["appId"],
            redirect_uri=redirect,
            scope=query.get("scope", ""),
            user_id=self._user(hint)["id"],
            challenge=query.get("code_challenge", ""),
            method=query.get("code_challenge_method", "plain"),
            nonce=query.get("nonce"),
            expires=self.flows.code_expiry(),
        )
        answer = urllib.parse.urlencode({"code": self.flows.add_code(code), "state": query.get("state", "")})
        return RedirectResponse(f"{redirect}{'&' if '?' in redirect else '?'}{answer}", 302)

    async def _saml(self, request: Request) -> Response:
        """Answer an AuthnRequest at once: as `login_hint`, else as the tenant's first enabled user.

        Real browsers have a session; here the query says who it is.
        """
        query = request.query_params
        attempt = start_attempt(request, "interactiveUser", "saml20")
        try:
            self._check_tenant(request)
            form = await self._form(request) if request.method == "POST" else dict(query)
            if not form.get("SAMLRequest"):
                raise TokenError(750054)
            asked = parse_authn_request(form["SAMLRequest"], deflated=request.method == "GET")
            view = self.tenant.store.view()
            principal = find_by_identifier(self.tenant, asked.identifier, view)
            reply_url = asked.reply_url or next(iter(principal["replyUrls"]), "")
            hint = query.get("login_hint") or next(x["id"] for x in self.tenant.users.values() if x["accountEnabled"])
            attempt.principal = principal
            guard_user(self.tenant, view, attempt, self._user(hint), [principal], "browser")
            answer = issue_saml_response(
                self.tenant,
                app_id=principal["appId"],
                user_id_or_upn=hint,
                reply_url=reply_url,
                now=self.context.clock.now(),
                in_response_to=asked.request_id,
                identifier=asked.identifier,
                view=view,
            )
        except TokenError as error:
            attempt.record(self.tenant, error)
            return _make_error_page(error)
        attempt.record(self.tenant)
        return HTMLResponse(make_form(reply_url, answer, form.get("RelayState", "")))

    async def _metadata(self, request: Request) -> Response:
        self._check_tenant(request)
        app_id, view = request.query_params.get("appid"), self.tenant.store.view()
        signer, listed = None, [self.issuer.key.certificate]
        if app_id:
            keys = list_saml_keys(view, seen_principal(self.tenant, app_id, view))
            signer = next(iter(keys), None)
            shown = keys if self.metadata_shows_inactive else keys[:1]
            listed = [key.certificate for key in shown] or listed
        document = make_metadata(self.tenant.id, f"{self.origin}/{self.tenant.id}/saml2", listed, signer)
        return Response(document, media_type="application/xml")

    def _redeem_code(self, form: dict[str, str], view: View, attempt: Attempt) -> dict[str, Any]:
        """Redeem a code; where the person was and what they did counted, and was logged, when they signed in."""
        client = self._clients(view).any(form)
        text, redirect = require_field(form, "code"), form.get("redirect_uri", "")
        code = self.flows.redeem_code(text, client.app_id, redirect, form.get("code_verifier", ""))
        return self._user_answer(view, client, Refresh(code.client_id, code.scope, code.user_id), code.nonce)

    def _refresh(self, form: dict[str, str], view: View, attempt: Attempt) -> dict[str, Any]:
        attempt.client = client = self._clients(view).any(form)
        known = self.flows.refresh.get(require_field(form, "refresh_token"))
        if known is None or known.client_id != client.app_id:
            raise TokenError(70008)
        wanted = Refresh(known.client_id, form.get("scope") or known.scope, known.user_id)
        targets = self.issuer.targets_of_user(view, client.principal, wanted.scope)
        client_app = get_client_app(client.application or self._clients(view).find(client.app_id)[0])
        guard_user(self.tenant, view, attempt, self._user(wanted.user_id), targets, client_app)
        return self._user_answer(view, client, wanted, None)

    def _user_answer(self, view: View, client: Client, refresh: Refresh, nonce: str | None) -> dict[str, Any]:
        user = self._user(refresh.user_id)
        if not user["accountEnabled"]:
            raise TokenError(50057)
        answer, keep = self.issuer.for_user(view, client, user, refresh.scope, nonce)
        return {**answer, "refresh_token": self.flows.add_refresh(refresh)} if keep else answer


def _make_error_page(error: TokenError) -> HTMLResponse:
    """Return the page on which a browser's sign-in ends."""
    text = html.escape(error.text)
    return HTMLResponse(f"<html><title>Sign in</title><body>{text}</body></html>", error.status)


def _is_registered(redirect: str, application: Row) -> bool:
    """Tell whether a redirect address is registered; the port of a registered http://localhost address is free."""
    known = [*application["web"]["redirectUris"], *application["spa"]["redirectUris"]]
    native = application["publicClient"]["redirectUris"]
    bare = urllib.parse.urlsplit(redirect)
    loopback = bare.scheme == "http" and bare.hostname in ("localhost", "127.0.0.1")
    if loopback and any(urllib.parse.urlsplit(item).hostname == bare.hostname for item in native):
        return True
    return redirect in known or redirect in native
