# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a request to its answer: address, body, sign-in, method; then the handlers."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote

from cvops_simulator.controller import recurrence
from cvops_simulator.controller.actions import ACTIONS, Actions
from cvops_simulator.controller.addresses import API
from cvops_simulator.controller.answers import Answer, Call
from cvops_simulator.controller.engine import Engine
from cvops_simulator.controller.errors import ApiError, no_route, refuse
from cvops_simulator.controller.facts import CONTRACT, ENDPOINTS
from cvops_simulator.controller.handlers import ASSOCIATIONS, REVERSED, Handlers
from cvops_simulator.controller.lookups import make_page
from cvops_simulator.controller.metadata import describe, describe_action
from cvops_simulator.controller.sign_in import (
    CSRF_COOKIE,
    SESSION_COOKIE,
    Caller,
    check_password,
    find_caller,
    open_session,
    read_cookies,
)
from cvops_simulator.controller.state import LINKED, State

PRODUCT, VERSION = "AWX", "24.6.1"
_NOT_FOUND = (
    '\n<!doctype html>\n<html lang="en">\n<head>\n  <title>Not Found</title>\n</head>\n<body></body>\n</html>\n'
)
_NOBODY = "Authentication credentials were not provided. To establish a login session, visit /api/login/."
_WRONG_TYPE = (
    "You did not use correct Content-Type in your HTTP request. If you are using our REST API, the Content-Type must "
    "be application/json"
)
_OPEN = ("", "v2", "v2/ping", "login", "logout")
_READING = ("GET", "HEAD", "OPTIONS")
_LIST_ONLY = ("unified_job_templates", "unified_jobs")


@dataclass(frozen=True)
class Incoming:
    """A request as it comes in. Names of headers are in small letters."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class Router:
    """Answers requests of the whole API."""

    def __init__(self, state: State, engine: Engine) -> None:
        self.state, self.engine = state, engine
        self.handlers = Handlers(state, engine)
        self.actions = Actions(state, engine, self.handlers.renderer)

    def answer(self, incoming: Incoming) -> Answer:
        """Answer a request."""
        if not incoming.path.endswith("/"):
            more = f"?{incoming.query}" if incoming.query else ""
            headers = {"Location": f"{incoming.path}/{more}", "Content-Type": "text/html; charset=utf-8"}
            return Answer(301, "", headers)
        with self.state.lock:
            self.engine.tick()
            try:
                return self._answer(incoming)
            except ApiError as error:
                return _make_refusal(error)

    def _answer(self, incoming: Incoming) -> Answer:
        if not incoming.path.startswith("/api/"):
            raise no_route()
        place = incoming.path.removeprefix("/api/").rstrip("/")
        if place in ("login", "logout"):
            return self._serve_session(incoming, place)
        allowed = self._list_methods(place)
        headers = {"Allow": ", ".join(allowed)}
        caller: Caller | None = None
        try:
            body = _read_body(incoming)
            caller = find_caller(self.state, incoming.headers)
            if place not in _OPEN:
                self._check_caller(incoming, caller)
            if caller is not None:
                headers["X-API-Product-Version"] = VERSION
            if incoming.method not in allowed:
                raise refuse(405, f'Method "{incoming.method}" not allowed.')
            answer = self._serve(incoming, place, body, caller)
        except ApiError as error:
            answer = _make_refusal(error)
        if place == "" and CSRF_COOKIE not in read_cookies(incoming.headers):
            headers["Set-Cookie"] = _make_cookie(CSRF_COOKIE, secrets.token_hex(16))
        return replace(answer, headers={**headers, **answer.headers})

    def _check_caller(self, incoming: Incoming, caller: Caller | None) -> None:
        if caller is None:
            raise refuse(401, _NOBODY)
        reads = incoming.method in _READING
        if not reads and "authorization" not in incoming.headers:
            token = read_cookies(incoming.headers).get(CSRF_COOKIE)
            if not token or incoming.headers.get("x-csrftoken") != token:
                raise refuse(403, "CSRF Failed: CSRF token missing.")
        if not reads and not caller.may_write:
            raise refuse(403, "You do not have permission to perform this action.")

    def _serve_session(self, incoming: Incoming, place: str) -> Answer:
        cookie = _make_cookie(SESSION_COOKIE, "")
        if place == "logout":
            self.state.sessions.pop(read_cookies(incoming.headers).get(SESSION_COOKIE, ""), None)
            return Answer(302, "", {"Location": "/api/", "Set-Cookie": cookie})
        if incoming.method == "GET":
            return Answer(200, "<html><body>Sign in</body></html>")
        form = parse_qs(incoming.body.decode("utf-8", "replace"))
        user = check_password(self.state, form.get("username", [""])[0], form.get("password", [""])[0])
        if user is None:
            return Answer(401, "<html><body>Sign in</body></html>")
        cookie = _make_cookie(SESSION_COOKIE, open_session(self.state, user))
        after = form.get("next", ["/api/"])[0]
        headers = {"Location": after if after.startswith("/") else "/api/", "Set-Cookie": cookie}
        return Answer(302, "", {**headers, "X-API-Session-Cookie-Name": SESSION_COOKIE})

    # -- addresses

    def _list_methods(self, place: str) -> tuple[str, ...]:
        """Return the methods of an address. Raises ApiError for one that there is not."""
        words = place.split("/")
        if place in ("", "v2"):
            return ("GET", "HEAD", "OPTIONS")
        if words[0] != "v2" or len(words) > 4:
            raise no_route()
        name = words[1]
        if len(words) == 2 and name in ("ping", "config", "me"):
            return ("GET", "HEAD", "OPTIONS")
        if words[1:] == ["schedules", "preview"]:
            return ("POST", "OPTIONS")
        if name not in ENDPOINTS:
            if len(words) == 2 and name in CONTRACT["index"].values():
                return ("GET", "HEAD", "OPTIONS")
            raise no_route()
        endpoint = ENDPOINTS[name]
        if len(words) == 2:
            if not endpoint.methods:
                raise no_route()
            return (*endpoint.methods, "HEAD", "OPTIONS")
        if name in _LIST_ONLY:
            raise no_route()
        if len(words) == 3:
            return self._list_object_methods(name)
        return self._list_lower_methods(name, words[3])

    def _list_object_methods(self, name: str) -> tuple[str, ...]:
        if name == "labels":
            return ("GET", "PUT", "PATCH", "HEAD", "OPTIONS")
        if name in ("jobs", "workflow_jobs", "project_updates", "workflow_approvals"):
            return ("GET", "DELETE", "HEAD", "OPTIONS")
        if name == "workflow_job_nodes":
            return ("GET", "HEAD", "OPTIONS")
        return ("GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")

    def _list_lower_methods(self, name: str, lower: str) -> tuple[str, ...]:
        action = ACTIONS.get(name, {}).get(lower)
        if action:
            return (*action[0], "HEAD", "OPTIONS")
        if lower in ASSOCIATIONS.get(name, ()):
            writes = () if name in ("jobs", "workflow_jobs", "workflow_job_nodes") else ("POST",)
            return ("GET", *writes, "HEAD", "OPTIONS")
        if lower in REVERSED.get(name, {}):
            writes = ("POST",) if "POST" in ENDPOINTS[REVERSED[name][lower][0]].methods else ()
            return ("GET", *writes, "HEAD", "OPTIONS")
        if lower in ENDPOINTS[name].related:
            return ("GET", "HEAD", "OPTIONS")
        raise no_route()

    def _serve(self, incoming: Incoming, place: str, body: Any, caller: Caller | None) -> Answer:
        query = parse_qsl(incoming.query, keep_blank_values=True)
        if place == "":
            return Answer(200, _API_ROOT)
        if place == "v2":
            return Answer(200, {name: f"{API}{path}/" for name, path in CONTRACT["index"].items()})
        words = [unquote(word) for word in place.split("/")][1:]
        if words == ["ping"]:
            return Answer(200, _PING)
        if caller is None:
            raise refuse(401, _NOBODY)
        method = "GET" if incoming.method == "HEAD" else incoming.method
        call = Call(method, incoming.path, query, body, caller.user, caller.may_write)
        plain: Mapping[str, Callable[[Call], Answer]] = {"me": self._serve_me, "config": self._serve_config}
        if len(words) == 1:
            if words[0] in plain:
                return plain[words[0]](call)
            return self.handlers.serve_list(call, words[0]) if words[0] in ENDPOINTS else _serve_nothing(call)
        if words == ["schedules", "preview"]:
            return self._serve_preview(call)
        name, address = words[:2]
        if method == "OPTIONS":
            return self._describe(call, name, *words[2:])
        row = self.handlers.find(call, name, address)
        if len(words) == 2:
            return self.handlers.serve_object(call, row)
        lower = words[2]
        if lower in ACTIONS.get(name, {}):
            return self.actions.serve(call, row, lower)
        if lower in ASSOCIATIONS.get(name, ()) and lower in LINKED:
            return self.handlers.serve_association(call, row, lower)
        if lower in REVERSED.get(name, {}):
            return self.handlers.serve_reversed(call, row, lower)
        return _serve_nothing(call)

    def _describe(self, call: Call, name: str, lower: str = "") -> Answer:
        """Answer OPTIONS of an object, which need not be there, or of what is below it."""
        target = REVERSED.get(name, {}).get(lower, (LINKED.get(lower, ""), ""))[0]
        if lower in ACTIONS.get(name, {}):
            return Answer(200, describe_action(ENDPOINTS[name], lower))
        return Answer(200, describe(ENDPOINTS[target or name], call.is_admin and call.may_write and bool(lower)))

    def _serve_me(self, call: Call) -> Answer:
        return self.handlers.list_rows(call, ENDPOINTS["users"], [call.user])

    def _serve_config(self, call: Call) -> Answer:
        licence = {"license_type": "open", "valid_key": True, "subscription_name": "OPEN", "product_name": PRODUCT}
        body = {"time_zone": "UTC", "license_info": licence, "version": VERSION, "eula": "", "analytics_status": "off"}
        body |= {"analytics_collectors": {}, "become_methods": []}
        if call.is_admin:
            body |= {"project_base_dir": "/var/lib/awx/projects/", "project_local_paths": [], "custom_virtualenvs": []}
        return Answer(200, body)

    def _serve_preview(self, call: Call) -> Answer:
        rule = call.body.get("rrule")
        if not isinstance(rule, str) or not rule:
            raise ApiError(400, {"rrule": ["This field is required."]})
        wrong = recurrence.check_rule(rule)
        if wrong:
            raise ApiError(400, {"rrule": wrong})
        times = recurrence.list_due(rule, self.state.clock.datetime(), 10)
        local = [time.isoformat() for time in times]
        utc = [self.state.clock.iso(time.timestamp()).replace(".000000Z", "Z") for time in times]
        return Answer(200, {"local": local, "utc": utc})


_API_ROOT = {
    "description": "AWX REST API",
    "current_version": API,
    "available_versions": {"v2": API},
    "oauth2": "/api/o/",
    "custom_logo": "",
    "custom_login_info": "",
    "login_redirect_override": "",
}
_PING = {
    "ha": False,
    "version": VERSION,
    "active_node": "simulator",
    "install_uuid": "00000000-0000-0000-0000-000000000000",
    "instances": [],
    "instance_groups": [],
}


def _serve_nothing(call: Call) -> Answer:
    """Answer for a list of which the stand-in keeps nothing."""
    if call.method == "OPTIONS":
        return Answer(200, {"actions": {"GET": {}}})
    frame, _page = make_page(call.path, [], call.query)
    return Answer(200, {**frame, "results": []})


def _read_body(incoming: Incoming) -> dict[str, Any]:
    """Return the body of a request that has one. Raises ApiError."""
    if incoming.method not in ("POST", "PUT", "PATCH") or not incoming.body:
        return {}
    kind = incoming.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/json":
        raise refuse(415, _WRONG_TYPE)
    try:
        data = json.loads(incoming.body)
    except ValueError as error:
        raise refuse(400, f"JSON parse error - {error}\nPossible cause: trailing comma.") from error
    if not isinstance(data, dict):
        raise refuse(400, "JSON parse error - not a JSON object")
    return data


def _make_cookie(name: str, value: str) -> str:
    return f"{name}={value}; Path=/; SameSite=Lax; Secure"


def _make_refusal(error: ApiError) -> Answer:
    if error.body is None:
        return Answer(error.status, _NOT_FOUND)
    headers = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer realm=api authorization_url=/api/o/authorize/"
    return Answer(error.status, error.body, headers)
