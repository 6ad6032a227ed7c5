# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The collection's transport as an HTTP client for MSAL, so that its requests follow the same rules as all others."""

from __future__ import annotations

import json
import typing as t

from ..._core.addresses import describe_host, split_address
from ..._core.context import CountAs
from ..._core.errors import ApiError, BadAnswer, ConfigError
from ..._core.http import Transport
from ..._core.reply import Reply
from ..._core.retry import Repeat


class MsalHttpClient:
    """The ``http_client`` of MSAL (get, post, close) over a Transport.

    *repeat*: when a POST is repeated; *on_post*: called before each POST; *plain_http*: addresses, most of which come from
    documents of the service, need not be https.
    """

    def __init__(
        self, transport: Transport, repeat: Repeat, on_post: t.Callable[[], None], plain_http: bool = False
    ) -> None:
        self._transport, self._repeat, self._on_post = transport, repeat, on_post
        self._schemes = ("https", "http") if plain_http else ("https",)
        self._last: Reply | None = None

    def get(self, url: str, params: t.Any = None, headers: t.Any = None, **_unused: t.Any) -> MsalHttpResponse:
        """Send a GET, for example for a discovery document. Raises BadAnswer, ApiError, Unreachable."""
        self._check_address(url)
        return self._accept_reply(
            self._transport.request("GET", url, params=params, headers=headers, count_as=CountAs.NOTHING)
        )

    def post(
        self, url: str, params: t.Any = None, data: t.Any = None, headers: t.Any = None, **_unused: t.Any
    ) -> MsalHttpResponse:
        """Send a POST, which is a token request. Raises BadAnswer, ApiError, Unreachable."""
        self._check_address(url)
        self._on_post()
        return self._accept_reply(
            self._transport.request(
                "POST", url, params=params, data=data, headers=headers, repeat=self._repeat, count_as=CountAs.NOTHING
            )
        )

    def get_last_error(self) -> dict[str, t.Any]:
        """Return the JSON body of the last answer when it was an error, as MSAL does not pass all of it on; else empty."""
        if self._last is None or self._last.status < 400:
            return {}
        try:
            answer = self._last.json()
        except BadAnswer:
            return {}
        return answer if isinstance(answer, dict) else {}

    def _accept_reply(self, reply: Reply) -> MsalHttpResponse:
        """Return the answer for MSAL. Raises ApiError for a 5xx, whose text MSAL drops, and BadAnswer for one that is no JSON object."""
        self._last = reply
        if reply.status >= 500:
            said = self.get_last_error().get("error_description") or reply.describe_body()
            raise ApiError(f"{reply.service} failed with HTTP {reply.status}: {said}", **reply.get_error_facts())
        if (reply.method == "POST" or reply.status < 400) and not isinstance(reply.json(), dict):
            raise reply.build_bad_answer("JSON, but not an object")
        return MsalHttpResponse(reply)

    def _check_address(self, url: str) -> None:
        """Raise BadAnswer for an address that must not get a credential."""
        try:
            split_address("address", "", url.partition("?")[0], self._schemes)
        except ConfigError as exc:
            service = self._transport.settings.service
            raise BadAnswer(
                f"{service} gives an address that is not used ({describe_host(url)}): {exc}", service=service
            ) from None

    def close(self) -> None:
        """Do nothing: the transport is closed with the run."""


class MsalHttpResponse:
    """The part of a response that MSAL reads; ``text`` is the parsed JSON written again, because MSAL parses it once more."""

    def __init__(self, reply: Reply) -> None:
        self.status_code, self.headers, self._reply = reply.status, reply.headers, reply
        try:
            self.text = json.dumps(reply.json())
        except BadAnswer:
            self.text = reply.describe_body()

    def raise_for_status(self) -> None:
        """Raise BadAnswer for an error status; MSAL calls this for answers that it cannot use."""
        if self.status_code >= 400:
            raise self._reply.build_bad_answer(self._reply.describe_body())
