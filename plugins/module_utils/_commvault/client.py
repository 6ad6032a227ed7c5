# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Client of Commvault's REST API for one task: addresses, company scope, checked answers, feature release, signed-in user."""

from __future__ import annotations

import datetime
import functools
import threading
import typing as t
from urllib.parse import quote, urlencode

from .._core.context import Context, CountAs
from .._core.errors import ApiError, AuthError, add_token_source
from .._core.retry import Repeat
from .._core.visible import escape_invisible
from .._signin.commvault.sign_in import open_commvault_transport
from . import envelope, listings
from .catalogue import Catalogue, OwnLevel
from .references import parse_id

_COMMAND_PATH = "Qcommand/qoperation%20execute"
_COMPANY_HEADER = "operatorCompanyId"
_SERVICE = "Commvault"
#: The local CommCell has this id on every CommServe.
_LOCAL_COMMCELL = 2


class CommvaultClient:
    """A signed-in client of one CommServe. All methods raise ApiError and its subclasses, and Unreachable."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self._transport, self._base = open_commvault_transport(ctx)
        self._lock = threading.RLock()
        self._company: tuple[int, str] | None = None
        self._commserv: dict[str, t.Any] | None = None
        self._caller: tuple[int, str] | None = None

    @t.overload
    def get(
        self,
        path: str,
        *,
        intent: str,
        params: t.Mapping[str, t.Any] | None = ...,
        missing_ok: t.Literal[False] = ...,
        unknown_ok: t.Literal[False] = ...,
        headers: t.Mapping[str, str] | None = ...,
        repeat: Repeat = ...,
    ) -> dict[str, t.Any]:
        raise NotImplementedError

    @t.overload
    def get(
        self, path: str, *, intent: str, params: t.Mapping[str, t.Any] | None = ..., missing_ok: bool
    ) -> dict[str, t.Any] | None:
        raise NotImplementedError

    @t.overload
    def get(
        self, path: str, *, intent: str, params: t.Mapping[str, t.Any] | None = ..., unknown_ok: bool
    ) -> dict[str, t.Any] | None:
        raise NotImplementedError

    def get(
        self,
        path: str,
        *,
        intent: str,
        params: t.Mapping[str, t.Any] | None = None,
        missing_ok: bool = False,
        unknown_ok: bool = False,
        headers: t.Mapping[str, str] | None = None,
        repeat: Repeat = Repeat.BY_METHOD,
    ) -> dict[str, t.Any] | None:
        """GET *path*, which is relative to the API, and return the answered object.

        None with ``missing_ok`` when the application says that there is no such object (HTTP 404), and with ``unknown_ok`` at any
        HTTP 404, since releases differ in the paths that they know. *intent* completes "Cannot …" in errors.
        """
        return self._send(
            "GET",
            path,
            intent=intent,
            params=params,
            missing_ok=missing_ok,
            unknown_ok=unknown_ok,
            headers={**self._build_scope_headers(), **(headers or {})},
            repeat=repeat,
        )

    def write(
        self,
        method: str,
        path: str,
        body: t.Any = None,
        *,
        intent: str,
        params: t.Mapping[str, t.Any] | None = None,
        repeat: Repeat = Repeat.BY_METHOD,
        missing_ok: bool = False,
        headers: t.Mapping[str, str] | None = None,
        is_undone: t.Callable[[], bool] = lambda: True,
    ) -> dict[str, t.Any]:
        """Send a POST, PUT or DELETE and return the answered object. Warnings of the service become warnings of the task.

        With ``missing_ok``, and for a DELETE whose first answer was lost, the application's HTTP 404 is success and the answer is
        empty. ``headers`` override those of the company scope. ``is_undone``: see Transport.request.
        """
        answer = self._send(
            method,
            path,
            body=body,
            intent=intent,
            params=params,
            repeat=repeat,
            missing_ok=missing_ok,
            headers={**self._build_scope_headers(), **(headers or {})},
            is_undone=is_undone,
        )
        for text in envelope.collect_warnings(answer):
            self.ctx.warn(f"Commvault, when asked to {intent}: {text}")
        return answer or {}

    def write_by_command(
        self, name: str, request: t.Mapping[str, t.Any], *, intent: str, repeat: Repeat, is_undone: t.Callable[[], bool]
    ) -> dict[str, t.Any]:
        """Send a command that writes, in JSON, as the official client does where a release has no call for it; as write."""
        body = {name: request}
        return self.write("POST", _COMMAND_PATH, body, intent=intent, repeat=repeat, is_undone=is_undone)

    def read_by_command(self, command: str, *, intent: str) -> dict[str, t.Any]:
        """Send an XML command that only reads, and return the answered object; some facts are in no call of their own."""
        return (
            self._send(
                "POST",
                _COMMAND_PATH,
                data=command.encode(),
                intent=intent,
                repeat=Repeat.ALWAYS,
                count_as=CountAs.READ,
                headers={**self._build_scope_headers(), "Content-Type": "application/xml"},
            )
            or {}
        )

    @property
    def base_url(self) -> str:
        """The address of the API, as found or given."""
        return self._base

    @property
    def company_id(self) -> int:
        """The id of the company that option commvault_company names; 0 for the CommCell. Raises NotFound, AmbiguousMatch."""
        return self._get_scoped_company()[0]

    @property
    def company_name(self) -> str | None:
        """The company's name as the service writes it; None at CommCell level, the id as text when only that was given."""
        return self._get_scoped_company()[1] or None

    @property
    def own_level(self) -> OwnLevel:
        """The level at which a name without a company is looked up."""
        return OwnLevel(self.company_id, self.company_name)

    @property
    def release(self) -> int:
        """Feature release, for example 42 for 11.42; 0 when this account may not see it."""
        return parse_id(self._read_commserv().get("currentSPVersion")) or 0

    @property
    def commcell_id(self) -> int:
        """The id of the CommCell as an entity; 2, that of every local CommCell, when this account may not see it."""
        return parse_id(self._read_commcell().get("commCellId")) or _LOCAL_COMMCELL

    @property
    def time_zone(self) -> str:
        """The name of the CommServe's time zone as the service writes it; empty when this account may not see it."""
        zone = self._read_commserv().get("csTimeZone")
        return str(zone.get("TimeZoneName") or "") if isinstance(zone, dict) else ""

    def get_service_time(self) -> datetime.datetime:
        """Return the time by the CommServe's clock, as far as its last answer told."""
        ahead_s = self.ctx.service_timings.get_clock_difference_s(_SERVICE) or 0
        return self.ctx.clock.now() + datetime.timedelta(seconds=ahead_s)

    @property
    def commcell_name(self) -> str:
        """The name of the CommCell; empty when this account may not see it."""
        return str(self._read_commcell().get("commCellName") or "")

    @property
    def caller(self) -> tuple[int, str]:
        """Id and name of the signed-in user; 0 and an empty name where the service does not tell."""
        with self._lock:
            if self._caller is None:
                found = self.get("V2/WhoAmI", intent="read who is signed in", unknown_ok=True) or {}
                inner = found.get("user") if isinstance(found.get("user"), dict) else found
                who = inner if isinstance(inner, dict) else {}
                number = parse_id(who.get("id") or who.get("userId")) or 0
                self._caller = number, str(who.get("name") or who.get("userName") or "")
                self.ctx.identity["commvault_user"] = escape_invisible(self._caller[1]) or None
            return self._caller

    def build_company_headers(self, company_id: int) -> dict[str, str]:
        """Return headers that make one request act in this company, whatever the scope of the task."""
        return {_COMPANY_HEADER: str(company_id)}

    def _read_commcell(self) -> dict[str, t.Any]:
        inner = self._read_commserv().get("commcell")
        return inner if isinstance(inner, dict) else {}

    def _read_commserv(self) -> dict[str, t.Any]:
        with self._lock:
            if self._commserv is None:
                try:
                    self._commserv = self.get("CommServ", intent="read the release of the CommServe")
                except ApiError as exc:
                    # Users of a company may not see the CommServe; then its release and name are unknown.
                    if not envelope.is_declined(exc):
                        raise
                    self.ctx.debug(1, f"Release of the CommServe unknown: {exc}")
                    self._commserv = {}
            return self._commserv

    def _build_scope_headers(self) -> dict[str, str]:
        company_id = self.company_id
        return {_COMPANY_HEADER: str(company_id)} if company_id else {}

    def _get_scoped_company(self) -> tuple[int, str]:
        wanted = str(self.ctx.options.get("commvault_company") or "")
        with self._lock:
            if self._company is None:
                self._company = self._resolve_company(wanted) if wanted else (0, "")
            return self._company

    def _resolve_company(self, wanted: str) -> tuple[int, str]:
        if wanted.isascii() and wanted.isdigit():
            return int(wanted), wanted if int(wanted) else ""

        def load(hard_refresh: bool) -> list[t.Any]:
            return listings.list_objects("companies", self._read_unscoped, hard_refresh=hard_refresh)

        found = Catalogue("company", load(False), functools.partial(load, True), own_level=None).find(wanted)
        return found.id, found.name

    def _read_unscoped(self, path: str, params: t.Mapping[str, t.Any]) -> dict[str, t.Any] | None:
        return self._send("GET", path, intent="list companies", params=params, unknown_ok=True)

    def _send(
        self,
        method: str,
        path: str,
        *,
        intent: str,
        body: t.Any = None,
        params: t.Mapping[str, t.Any] | None = None,
        repeat: Repeat = Repeat.BY_METHOD,
        missing_ok: bool = False,
        unknown_ok: bool = False,
        headers: t.Mapping[str, str] | None = None,
        is_undone: t.Callable[[], bool] = lambda: True,
        data: bytes | None = None,
        count_as: CountAs = CountAs.METHOD,
    ) -> dict[str, t.Any] | None:
        # The service reads "+" in a query literally: a blank must be %20.
        query = f"?{urlencode(dict(params), quote_via=quote)}" if params else ""
        reply = self._transport.request(
            method,
            f"{self._base}/{path}{query}",
            json_body=body,
            data=data,
            headers=headers,
            repeat=repeat,
            count_as=count_as,
            is_undone=is_undone,
        )
        if reply.status == 404 and unknown_ok:
            return None
        if (missing_ok or (method == "DELETE" and reply.tries > 1)) and envelope.is_absence(reply):
            return None
        try:
            answer = envelope.check_answer(reply, intent)
        except AuthError as exc:
            if exc.status != 401 or self.ctx.options["commvault_auth_method"] != "access_token":
                raise
            raise add_token_source(exc, self.ctx.describe_source("commvault_access_token")) from exc
        if not isinstance(answer, dict):
            raise reply.build_bad_answer("JSON, but not an object")
        return answer
