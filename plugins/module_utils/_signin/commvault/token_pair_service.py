# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The two requests of a stored token pair to the CommServe: renew it, and check whether an unanswered renewal was carried out."""

from __future__ import annotations

import dataclasses
import enum
import typing as t
from dataclasses import dataclass

from ..._core.context import Context, CountAs
from ..._core.errors import ApiError, AuthError, BadAnswer, Throttled, Unreachable
from ..._core.http import Transport
from ..._core.reply import Reply
from ..._core.retry import Repeat, RetryPolicy
from ..._stores.token_pair import TokenPair
from .token_pair_wire import find_token_rows, get_token_id, parse_epoch, parse_renewed_pair

#: A request that was given up may still be served for this long; a check before that proves nothing.
_CONCLUSIVE_AFTER_S = 60.0
_LONGEST_TIMEOUT_S = 60.0
_EXPIRY_TOLERANCE_S = 2.0


class RenewalState(enum.Enum):
    """What became of a renewal."""

    RENEWED = "renewed"
    #: It was not received, or refused before the service looked at the pair: the pair is as before.
    NOT_SENT = "not_sent"
    #: The service refused the pair: it is void.
    REFUSED = "refused"
    #: The answer is missing or cannot be used: the pair may be void.
    UNKNOWN = "unknown"


class PairStatus(enum.Enum):
    """What the service shows of a pair whose renewal was not answered."""

    UNCHANGED = "unchanged"
    REPLACED = "replaced"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class RenewalOutcome:
    """The outcome of a renewal. ``said``: the reason, as a sentence; ``pair``: only of one that is renewed."""

    state: RenewalState
    said: str = ""
    pair: TokenPair | None = None
    error: ApiError | None = None


class RenewalService:
    """Renews token pairs at the API at *base* over *transport*; *gateway* returns the headers for a gateway before it."""

    def __init__(self, ctx: Context, base: str, gateway: t.Callable[[], dict[str, str]], transport: Transport) -> None:
        self._ctx, self._base, self._gateway = ctx, base, gateway
        settings = transport.settings
        # Other processes wait for the lock meanwhile, so this has to end before they give up.
        brief = dataclasses.replace(
            settings, timeout_s=min(settings.timeout_s, _LONGEST_TIMEOUT_S), policy=RetryPolicy(tries=2)
        )
        self._transport = transport.share_connections(settings=brief)

    def build_headers(self, token: str) -> dict[str, str]:
        """Return the header that carries an access token at this installation."""
        return build_token_headers(self._ctx.options, token)

    def renew_pair(self, pair: TokenPair) -> RenewalOutcome:
        """Send the renewal of *pair* and return its outcome; it is sent again only when it certainly was not received."""
        self._ctx.stats.add("sign_ins")
        try:
            reply = self._transport.request(
                "POST",
                f"{self._base}/V4/AccessToken/Renew",
                json_body={"accessToken": pair.access_token, "refreshToken": pair.refresh_token},
                headers=self._build_all_headers(pair),
                repeat=Repeat.BY_METHOD,
                count_as=CountAs.NOTHING,
                authenticated=False,
            )
        except Throttled as exc:
            return RenewalOutcome(RenewalState.NOT_SENT, str(exc), error=exc)
        except (Unreachable, BadAnswer) as exc:
            state = RenewalState.UNKNOWN if exc.may_have_acted else RenewalState.NOT_SENT
            return RenewalOutcome(state, str(exc), error=exc)
        return self._classify_answer(reply, pair)

    def check_pair_status(self, pair: TokenPair, now: float) -> PairStatus:
        """Return whether an unanswered renewal of *pair*, whose access token is still valid by the clock, was carried out.

        A refused access token was replaced by the renewal. If it is accepted and the list of tokens shows it with the stored expiry,
        the pair is unchanged. Any other answer proves nothing. *now*: epoch seconds.
        """
        if pair.renewal is None or now - pair.renewal.at < _CONCLUSIVE_AFTER_S:
            return PairStatus.UNKNOWN
        params = {"userId": pair.user_id} if pair.user_id else None
        try:
            reply = self._transport.request(
                "GET",
                f"{self._base}/V4/AccessToken/",
                params=params,
                headers=self._build_all_headers(pair),
                count_as=CountAs.NOTHING,
                authenticated=False,
            )
            if reply.status == 401:
                # The refusal of a gateway, perhaps of its own credential, says nothing about the pair.
                return PairStatus.UNKNOWN if parse_error(reply)[1] is None else PairStatus.REPLACED
            body = reply.json() if reply.status == 200 else None
        except ApiError as exc:
            self._ctx.debug(1, f"Commvault was asked about the token but gives no clear answer: {exc}")
            return PairStatus.UNKNOWN
        shown = (
            next((row for row in find_token_rows(body) if get_token_id(row) == pair.token_id), None)
            if pair.token_id
            else None
        )
        expires = parse_epoch(shown.get("tokenExpiryTimestamp")) if shown is not None else None
        if expires is None or pair.expires is None or abs(expires - pair.expires) > _EXPIRY_TOLERANCE_S:
            return PairStatus.UNKNOWN
        return PairStatus.UNCHANGED

    def _classify_answer(self, reply: Reply, pair: TokenPair) -> RenewalOutcome:
        """Return the outcome that an answer to a renewal stands for."""
        spoken, code, said = parse_error(reply)
        what = f"Commvault answered the renewal with HTTP {reply.status}{f', error {code}' if code else ''}: {said}"
        facts = {**reply.get_error_facts(), "code": code}
        if reply.status == 200 and code is None:
            found = parse_renewed_pair(pair, reply.text, self._ctx.clock.now().timestamp())
            if found is not None:
                return RenewalOutcome(RenewalState.RENEWED, pair=found)
            error: ApiError = BadAnswer(f"{what} It holds no tokens.", may_have_acted=True, **facts)
            return RenewalOutcome(RenewalState.UNKNOWN, str(error), error=error)
        if reply.status >= 500:
            told = reply.status == 503 and reply.headers.get("retry-after")
            error = ApiError(what, may_have_acted=not told, **facts)
            return RenewalOutcome(RenewalState.NOT_SENT if told else RenewalState.UNKNOWN, what, error=error)
        if reply.status == 403:
            error = ApiError(f"{what} The token's list of allowed addresses may not contain this host.", **facts)
            return RenewalOutcome(RenewalState.NOT_SENT, str(error), error=error)
        if reply.status != 200 and not spoken:
            error = ApiError(f"{what} That is a gateway's answer, or commvault_url is wrong.", **facts)
            return RenewalOutcome(RenewalState.NOT_SENT, str(error), error=error)
        return RenewalOutcome(RenewalState.REFUSED, what, error=AuthError(what, **facts))

    def _build_all_headers(self, pair: TokenPair) -> dict[str, str]:
        return {**self._gateway(), **self.build_headers(pair.access_token)}


def build_token_headers(options: t.Mapping[str, t.Any], token: str) -> dict[str, str]:
    """Return an access token in the header that commvault_token_header names."""
    if options["commvault_token_header"] == "Authorization":
        return {"Authorization": token if token.lower().startswith("bearer ") else f"Bearer {token}"}
    return {"Authtoken": token}


def parse_error(reply: Reply) -> tuple[bool, str | None, str]:
    """Return whether the answer is Commvault's (a JSON object), its error code (None: no error), and its error text."""
    try:
        body = reply.json()
    except BadAnswer:
        return False, None, f"{reply.describe_body()}."
    if not isinstance(body, dict):
        return False, None, "JSON, but not an object."
    parts = [body, *(part for part in (body.get("error"), body.get("response")) if isinstance(part, dict))]
    for part in parts:
        code = str(part.get("errorCode") if part.get("errorCode") is not None else "0").strip()
        if code not in ("", "0"):
            text = part.get("errorMessage") or part.get("errorString") or part.get("errLogMessage")
            return True, code, f"{str(text or 'no reason given').rstrip('.')}."
    return True, None, "no reason given."
