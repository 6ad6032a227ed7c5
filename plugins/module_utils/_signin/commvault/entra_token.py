# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Credentials of commvault_auth_method ``entra``: a token of Entra ID in one of the two headers that Commvault's own clients use for it.

The MCP server sends ``Authorization: Bearer``, the Python SDK ``Authtoken: Bearer``. Which releases take which is not documented.
"""

from __future__ import annotations

import threading

from ..._core.context import Context, CountAs
from ..._core.errors import AuthError
from ..._core.http import Transport
from ..._core.reply import Reply
from ..entra.sign_in import EntraSignIn
from ..options import TRY_BOTH
from .token_pair_service import parse_error

#: The headers that are tried, in this order.
HEADERS = ("Authorization", "Authtoken")
#: The key of Context.identity that has the header that was taken.
TAKEN = "commvault_entra_header"
_PROBE = "V2/WhoAmI"
#: Commvault's code for a token that is missing, wrong or expired, which may come with HTTP 200.
_ACCESS_DENIED = "5"


class EntraTokenCredentials:
    """The token in the header that commvault_entra_header names; with ``try_both``, in the first that the CommServe does not refuse.

    ``base``: of the API, the only place that gets the token; ``transport``: one without credentials.
    """

    def __init__(self, ctx: Context, sign_in: EntraSignIn, base: str, transport: Transport) -> None:
        self._ctx, self._sign_in, self._base, self._transport = ctx, sign_in, base, transport
        self._scope: str = ctx.options["commvault_entra_scope"]
        chosen = ctx.options["commvault_entra_header"]
        self._header: str | None = None if chosen == TRY_BOTH else chosen
        self._lock = threading.Lock()

    def build_headers(self) -> dict[str, str]:
        """Return the header with a valid token. Raises AuthError where no header is taken, and what a request and get_token raise."""
        token = f"Bearer {self._sign_in.get_token(self._scope).value}"
        with self._lock:  # of threads that need a header at once, one tries
            if self._header is None:
                self._header = self._find_header(token)
            self._ctx.identity[TAKEN] = self._header
            return {self._header: token}

    def renew(self) -> bool:
        """Forget a token that was refused; return True when the next request can get another. The header stays."""
        return self._sign_in.forget_token(self._scope)

    def _find_header(self, token: str) -> str:
        """Return the first header that is not refused when the CommServe is asked who is signed in."""
        refusals = []
        for header in HEADERS:
            reply = self._transport.request(
                "GET",
                f"{self._base}/{_PROBE}",
                headers={header: token},
                authenticated=False,
                count_as=CountAs.NOTHING,
            )
            if reply.status >= 500:
                raise AuthError(
                    f"It is not known whether Commvault at {self._base} accepts a token of Entra ID: it failed with HTTP {reply.status}",
                    **reply.get_error_facts(),
                )
            if not _is_refused(reply):  # missing rights are no refusal of the token
                self._ctx.debug(1, f"Commvault accepts the token of Entra ID in the header {header}")
                return header
            refusals.append((header, reply))
        told = ", ".join(f"{header} (HTTP {reply.status})" for header, reply in refusals)
        raise AuthError(
            f"Commvault at {self._base} refuses the token of Entra ID in each header: {told}. It needs release 11.42 "
            "CU27 or later with OAuth"
            " configured, and a user whom the token names.",
            **refusals[-1][1].get_error_facts(),
        )


def _is_refused(reply: Reply) -> bool:
    """Return whether an answer says that the token is not accepted: HTTP 401, or Commvault's code for it in a success."""
    if reply.status != 200:
        return reply.status == 401
    is_own, code, _text = parse_error(reply)
    return is_own and code == _ACCESS_DENIED
