# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The REST API of a controller, AWX or automation controller: address, sign-in, requests, refusals in words.

Facts: a request without a slash at the end of its path is redirected, whatever its method, and loses its body; a redirect is not followed. 401
comes for a wrong, a missing and a deleted token alike. A list shows only what the account may see; a filter that is not known is refused.
"""

from __future__ import annotations

import base64
import contextlib
import typing as t

from .._core.addresses import Address, split_address
from .._core.answers import MIB
from .._core.context import Context
from .._core.errors import ApiError, AuthError, BadAnswer, ConfigError, CvopsError, Forbidden, NotFound
from .._core.http import Transport
from .._core.http_settings import HttpSettings
from .._core.redact import redact_text
from .._core.reply import Reply
from .._core.retry import RetryPolicy
from .._core.visible import format_json, repair_strings, to_one_line

SERVICE = "the controller"
#: Objects on one page, the most that a controller gives; no look-up by name comes near.
PAGE = 200
_LARGEST = 8 * MIB
_TIMEOUT_S = 30.0
_LONGEST_REFUSAL = 500
#: Where the API is, behind a platform gateway and without one.
_BEHIND_GATEWAY, _DIRECT = "/api/controller/v2", "/api/v2"
Wire: t.TypeAlias = dict[str, t.Any]


class ControllerClient:
    """The API of one controller, signed in with a token, or with a user name and a password that go with each request.

    What the options leave open comes from the environment variables of the controller's own tools. Nothing is sent before the first request.
    Raises ConfigError for an address or a sign-in that cannot be used.
    """

    def __init__(self, ctx: Context, options: t.Mapping[str, t.Any]) -> None:
        self._ctx, self._options = ctx, options
        self.address = _parse_address(
            self._get_setting("url", "CONTROLLER_HOST"),
            "option url" if options.get("url") else "environment variable CONTROLLER_HOST",
        )
        self._headers, self._signed_in_by = self._build_sign_in()
        self._transport: Transport | None = None
        self._base = ""

    def list_named(self, kind: str, name: str, intent: str) -> list[Wire]:
        """Return the objects of a *kind*, such as ``credentials``, with exactly that name, which this account sees. Raises CvopsError."""
        return self.list_objects(kind, {"name": name}, intent)

    def list_objects(self, kind: str, filters: t.Mapping[str, t.Any], intent: str) -> list[Wire]:
        """Return the objects of a *kind* that *filters* choose. Raises BadAnswer where there are more than a page of them."""
        body = self.get(f"/{kind}/", intent, {**filters, "page_size": PAGE})
        found = body.get("results")
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise self._build_odd_error(intent, "a list that is not valid")
        if body.get("next") is not None:
            raise self._build_odd_error(intent, f"more than {PAGE} objects of that name")
        return found

    def get(self, path: str, intent: str, params: t.Mapping[str, t.Any] | None = None) -> Wire:
        """Return the object at *path*. *intent*: what is done, for messages. Raises CvopsError for every failure."""
        return self._ask("GET", path, intent, params=params)

    def patch(self, path: str, body: Wire, intent: str, needs: str) -> Wire:
        """Change fields of the object at *path* and return it; the same change twice is the same as once. *needs*: the right for it."""
        return self._ask("PATCH", path, intent, needs, json_body=body)

    def post(self, path: str, body: Wire, intent: str, needs: str) -> Wire:
        """Send *body* and return the answer."""
        return self._ask("POST", path, intent, needs, json_body=body)

    def _ask(self, method: str, path: str, intent: str, needs: str = "the right to read it", **more: t.Any) -> Wire:
        reply = self._open().request(method, f"{self._find_base()}{path}", headers=self._headers, **more)
        if reply.status >= 300:
            raise self._build_refusal(reply, intent, needs)
        return self._read_object(reply)

    def _open(self) -> Transport:
        if self._transport is None:
            settings = HttpSettings(
                service=SERVICE,
                largest=_LARGEST,
                ca_path=self._options.get("ca_path"),
                ca_option="ca_path of the target",
                environment_proxies=not self.address.is_loopback,
                timeout_s=_TIMEOUT_S,
                policy=RetryPolicy(tries=1 + max(0, self._ctx.options.get("retries", 4))),
                origins=frozenset((self.address.origin.lower(),)),
                correlation_header="x-correlation-id",
            )
            self._transport = Transport(self._ctx, settings)
        return self._transport

    def _find_base(self) -> str:
        """Return the address of the API, which the controller tells without a sign-in. Raises BadAnswer where nothing like it answers."""
        if not self._base:
            reply = self._open().request("GET", f"{self.address.text}/api/")
            if reply.status in (401, 403):  # no sign-in was sent, so it is not at fault
                raise reply.build_bad_answer(
                    "a refusal, which a controller does not return there: there may be a proxy or gateway in front of it"
                )
            if reply.status != 200:
                raise self._build_refusal(reply, f"find the API of the controller at {self.address.text}", "nothing")
            body = self._read_object(reply)
            apis = body.get("apis")
            if isinstance(apis, dict) and "controller" in apis:
                self._base = f"{self.address.text}{_BEHIND_GATEWAY}"
            elif "available_versions" in body or "current_version" in body:
                self._base = f"{self.address.text}{_DIRECT}"
            else:
                raise reply.build_bad_answer("something that is neither AWX nor automation controller")
        return self._base

    def _read_object(self, reply: Reply) -> Wire:
        body = repair_strings(reply.json())
        if not isinstance(body, dict):
            raise reply.build_bad_answer("JSON, but not an object")
        return body

    def _build_odd_error(self, intent: str, what: str) -> BadAnswer:
        return BadAnswer(f"Cannot {intent}: {SERVICE} gave {what}.", service=SERVICE)

    def _build_refusal(self, reply: Reply, intent: str, needs: str) -> CvopsError:
        """Return the error for an answer that is no success."""
        said = redact_text(_read_words(reply), self._ctx.secrets)
        facts = {**reply.get_error_facts(), "said": said}
        told = f"Cannot {intent}: {said or f'HTTP {reply.status}'}".rstrip(".") + "."
        if reply.status == 401:
            return AuthError(f"{told} The controller does not accept {self._signed_in_by}.", **facts)
        if reply.status == 403:
            return Forbidden(f"{told} The account of {self._signed_in_by} needs {needs}.", **facts)
        if reply.status == 404:
            return NotFound(
                f"{told} It is gone, this account does not see it, or there is no controller there.", **facts
            )
        return ApiError(told, may_have_acted=reply.method != "GET" and reply.status >= 500, **facts)

    def _build_sign_in(self) -> tuple[dict[str, str], str]:
        """Return the headers that sign a request in, and in words what they hold. Raises ConfigError."""
        is_named = any(self._options.get(name) for name in ("token", "username", "password"))
        environ: t.Mapping[str, str] = {} if is_named else self._ctx.sources.environ
        token = self._options.get("token") or environ.get("CONTROLLER_OAUTH_TOKEN")
        user = self._options.get("username") or environ.get("CONTROLLER_USERNAME")
        password = self._options.get("password") or environ.get("CONTROLLER_PASSWORD")
        where = "options" if is_named else "environment"
        self._ctx.secrets.update(str(value) for value in (token, password) if value)
        if token:
            if not str(token).isascii() or not str(token).isprintable() or " " in str(token):
                raise ConfigError(
                    "The token of the controller contains characters that no token has.", source="option token"
                )
            return {"Authorization": f"Bearer {token}"}, f"the token ({where})"
        if not user or not password:
            raise ConfigError(
                "The controller needs a token (option token or CONTROLLER_OAUTH_TOKEN), or a user name and a password"
                " (options username and password, or CONTROLLER_USERNAME and CONTROLLER_PASSWORD).",
                source="option token",
            )
        encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._ctx.secrets.add(encoded)
        return {"Authorization": f"Basic {encoded}"}, f"the user name and the password ({where})"

    def _get_setting(self, option: str, variable: str) -> str | None:
        found = self._options.get(option) or self._ctx.sources.environ.get(variable)
        return str(found) if found else None


def _parse_address(url: str | None, source: str) -> Address:
    """Return the address of a controller; plain HTTP is accepted for this machine itself only. Raises ConfigError."""
    if not url:
        raise ConfigError(
            "The controller needs an https address in its option url or in CONTROLLER_HOST", source=source
        )
    address = split_address("url of the controller", source, url.rstrip("/"), ("https", "http"))
    if address.scheme == "http" and not address.is_loopback:
        why = "secrets are sent over https only, or over http to this host itself"
        split_address("url of the controller", source, url, why=why)
    return address


def _read_words(reply: Reply) -> str:
    """Return what the body of a refusal says, in one line; empty where it says nothing."""
    body: t.Any = None
    with contextlib.suppress(BadAnswer):
        body = repair_strings(reply.json())
    if not isinstance(body, dict):
        return ""
    general = body.get("__all__")
    if isinstance(general, list) and general:
        return to_one_line(str(general[0]), _LONGEST_REFUSAL)
    detail = body.get("detail")
    return to_one_line(detail if isinstance(detail, str) else format_json(body), _LONGEST_REFUSAL)
