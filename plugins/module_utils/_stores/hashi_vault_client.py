# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The client library hvac for HashiCorp Vault, sending its requests through the collection's own transport.

By itself hvac follows redirects to any host, also over plain HTTP, with the Vault token and the body, and does not check what an
answer looks like. Here no redirect is followed, and an answer is checked before hvac sees it.
"""

from __future__ import annotations

import functools
import json as jsonlib
import typing as t

from .._core.addresses import Address, split_address
from .._core.answers import MIB
from .._core.context import Context, CountAs
from .._core.errors import BadAnswer, Cancelled, ConfigError, WaitTimeout
from .._core.http import Transport
from .._core.http_settings import HttpSettings
from .._core.libraries import build_missing_error
from .._core.reply import Reply
from .._core.retry import Repeat, RetryPolicy
from .._core.visible import escape_invisible, repair_strings

SERVICE = "HashiCorp Vault"
#: Vault stores values of up to 1 MiB; a pair is far smaller.
_LARGEST = 4 * MIB
_TIMEOUT_S = 30.0
_LONGEST_ERROR = 200
_MOST_ERRORS = 5
#: What hvac raises for answers of an unexpected shape.
MISREAD_ERRORS: tuple[type[Exception], ...] = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)


def parse_vault_address(url: str | None, source: str) -> Address:
    """Return the address of a Vault; plain HTTP is accepted for loopback only, where an agent listens. Raises ConfigError.

    *source*: where *url* came from, for messages.
    """
    if not url:
        raise ConfigError(
            "The store hashi_vault needs an https address in its option url or in VAULT_ADDR", source="VAULT_ADDR"
        )
    why = "tokens are sent over https only, or over http to an agent on this host itself"
    address = split_address("url of hashi_vault", source, url, ("https", "http"))
    if address.scheme == "http" and not address.is_loopback:
        split_address("url of hashi_vault", source, url, why=why)
    return address


class VaultSession:
    """The ``session`` of an hvac client.

    ``must_arrive``: send also after the run was told to stop; ``closing``: the run is being closed.
    """

    #: hvac reads these; the settings of the transport are in force.
    verify = cert = proxies = None

    def __init__(self, ctx: Context, address: Address, ca_path: str | None) -> None:
        settings = HttpSettings(
            service=SERVICE,
            largest=_LARGEST,
            ca_path=ca_path,
            ca_option="ca_path of hashi_vault, or VAULT_CACERT,",
            environment_proxies=not address.is_loopback,  # the way to this host itself leads through no proxy
            timeout_s=_TIMEOUT_S,
            policy=RetryPolicy(tries=1 + max(0, ctx.options.get("retries", 4))),
            origins=frozenset((address.origin.lower(),)),
            correlation_header="x-correlation-id",
        )
        self._ctx, self._transport = ctx, Transport(ctx, settings)
        self.must_arrive = self.closing = False

    def request(
        self, method: str, url: str, *, headers: t.Any = None, params: t.Any = None, json: t.Any = None, **_set: t.Any
    ) -> VaultResponse:
        """Send a request and check the shape of the answer. Raises Unreachable, Throttled, BadAnswer (also for redirects), Cancelled.

        A write is repeated only when it was not received or was refused unread.
        """
        send = functools.partial(
            self._transport.request,
            method.upper(),
            url,
            params=params or None,
            json_body=json,
            headers=headers,
            repeat=Repeat.IF_REFUSED,
            count_as=CountAs.NOTHING,
        )
        try:
            return VaultResponse(self._send(send), url)
        except BadAnswer as exc:
            if 300 <= (exc.status or 0) < 400:
                raise BadAnswer(
                    f"{exc} This is the answer of a node that is not the active one: set url (or VAULT_ADDR) to the active node, or to a"
                    " load balancer that leads to it.",
                    **exc.facts,
                ) from exc
            raise

    def close(self) -> None:
        """Do nothing: the transport is closed with the run."""

    def _send(self, send: t.Callable[..., Reply]) -> Reply:
        if not self.must_arrive:
            return send(closing=self.closing)
        try:
            return send(closing=self._ctx.cancellation.is_requested)
        except (Cancelled, WaitTimeout):
            return send(closing=True)


class VaultResponse:
    """The part of a response that hvac reads; its body is a JSON object, its errors a list of short printable texts."""

    def __init__(self, reply: Reply, url: str) -> None:
        # Plain objects: those of `reply.json()` raise BadAnswer for a missing member, where hvac expects KeyError.
        body = repair_strings(reply.json()) if reply.content.strip() else {}
        if not isinstance(body, dict):
            raise reply.build_bad_answer("JSON, but not an object")
        if reply.status >= 400:
            said = body.get("errors")
            if reply.status == 404 and "data" not in body and not isinstance(said, list):
                raise reply.build_bad_answer("a refusal that is not HashiCorp Vault's")
            body["errors"] = [
                escape_invisible(str(item))[:_LONGEST_ERROR]
                for item in (said if isinstance(said, list) else [])[:_MOST_ERRORS]
            ]
        self._body = body
        self.status_code, self.url, self.reason = reply.status, url, ""
        self.ok = reply.status < 400
        self.headers = {"Content-Type": "application/json"}
        self.content = reply.content

    @property
    def text(self) -> str:
        """The body as JSON text."""
        return jsonlib.dumps(self._body)

    def json(self) -> dict[str, t.Any]:
        """Return the body."""
        return self._body


def load_hvac() -> t.Any:
    """Return the library hvac, with its exceptions loaded. Raises MissingLibrary."""
    try:
        import hvac  # noqa: TID251
        import hvac.exceptions  # noqa: TID251
    except ImportError as exc:
        raise build_missing_error("hvac", "A store in HashiCorp Vault", exc) from exc
    return hvac
