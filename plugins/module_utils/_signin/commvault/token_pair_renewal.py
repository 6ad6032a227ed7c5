# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Credentials of commvault_auth_method ``token_store``: a stored pair is used while it is valid and renewed by its custodian only.

Order of a renewal, under the store's lock: write the note that it is sent (durable), send it, store the new pair (durable), use it.
A run that is killed in between leaves the old pair without a note, the old pair with the note, or the new pair. A note means that
the outcome is unknown: the pair is then renewed again only if the service still shows it unchanged, because a second renewal with
an old pair revokes all tokens that came of it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import threading
import typing as t

from ..._core.context import Context
from ..._core.errors import ApiError, AuthError, Cancelled, ConfigError, WaitTimeout
from ..._core.polling import Backoff
from ..._core.visible import escape_invisible
from ..._stores.conflicts import StoreConflict
from ..._stores.token_pair import (
    LockedStore,
    PairCustodian,
    RenewalNote,
    TokenPair,
    TokenStore,
    format_epoch,
)
from .token_pair_service import PairStatus, RenewalOutcome, RenewalService, RenewalState

_SOON_S = 7 * 86400.0
_STORE_TRIES = 3
_STORE_PAUSE_S = 1.0
#: How long a store may refuse each write as overtaken; longer than it takes to wait for another process that renews.
_CONFLICT_LIMIT_S = 300.0
#: A renewal is not sent with less time left than this, because its answer could not be stored.
_ENOUGH_S = 2.0
_CREATE = "Create a new token with the module commvault_access_token and its option store"


class GatewayCredentials(t.Protocol):
    """Credentials of a gateway before the CommServe, sent beside the token."""

    def build_headers(self) -> dict[str, str]:
        """Return the gateway's headers."""


class StoredPairCredentials:
    """Credentials of a Transport: the token pair in *store*."""

    def __init__(
        self, ctx: Context, store: TokenStore, service: RenewalService, gateway: GatewayCredentials | None
    ) -> None:
        self._ctx, self._store, self._service, self._gateway = ctx, store, service, gateway
        self._lock = threading.RLock()
        self._handed = threading.local()
        self._pair: TokenPair | None = None
        self._resolved_token: str | None = None

    def build_headers(self) -> dict[str, str]:
        """Return the headers with the access token, which is renewed first when it is due. Raises AuthError, ConfigError, WaitTimeout."""
        with self._lock:
            pair = self._get_usable_pair()
            self._handed.token = pair.access_token
            return {
                **(self._gateway.build_headers() if self._gateway else {}),
                **self._service.build_headers(pair.access_token),
            }

    def renew(self) -> bool:
        """Replace the token that this thread sent and the service refused: by a pair that another process renewed, or by renewing it."""
        with self._lock:
            self._pair = self._obtain_pair_under_lock(getattr(self._handed, "token", None))
            return True

    def _get_usable_pair(self) -> TokenPair:
        """Return the pair in memory or in the store when it needs no decision, else what is decided under the lock."""
        now = self._read_clock()
        pair = self._pair
        if pair is None:
            pair = self._require_pair(self._store.read_pair())
            if pair.renewal is None and not pair.is_renewal_due(now) and not self._store.was_interrupted():
                self._pair = pair
                return pair
        elif not pair.is_renewal_due(now) or (self._resolved_token == pair.access_token and not pair.is_expired(now)):
            return pair  # also one that cannot be renewed: decided once, it is used until it expires
        self._pair = self._obtain_pair_under_lock(None)
        return self._pair

    def _obtain_pair_under_lock(self, refused: str | None) -> TokenPair:
        """Return a pair that may be used now, whatever state the store is in. Raises AuthError when there is none.

        *refused*: the access token that the service refused, None when it was not asked. Raises WaitTimeout where the store shows
        old content for too long, as a replica that lags does.
        """
        backoff: Backoff | None = None
        while True:
            self._ctx.cancellation.check()
            try:
                with self._store.lock() as locked:
                    pair = self._decide_use_or_renewal(locked, refused)
            except StoreConflict as exc:
                backoff = backoff or Backoff(self._ctx, spread=True)
                if not backoff.fits_within(_CONFLICT_LIMIT_S):
                    within = backoff.fits_within(_CONFLICT_LIMIT_S, before_deadline=False)
                    limit = "before the task's deadline" if within else f"in {_CONFLICT_LIMIT_S:.0f} s"
                    raise WaitTimeout(f"{exc} That did not finish {limit}.", source=self._store.location) from None
                backoff.pause(about=f"{exc} Looking again", limit_s=_CONFLICT_LIMIT_S)
                continue
            self._resolved_token = pair.access_token
            return pair

    def _decide_use_or_renewal(self, locked: LockedStore, refused: str | None) -> TokenPair:
        """Return the stored pair, or the renewed one where it is due and this process is the custodian. Raises AuthError."""
        now = self._read_clock()
        pair = self._require_pair(locked.pair)
        if locked.leftover:
            self._ctx.warn(locked.leftover)
        if pair.renewal is None and pair.access_token != refused and not pair.is_renewal_due(now):
            return pair
        usable = pair.access_token != refused and not pair.is_expired(now)
        if pair.renewal is not None and pair.renewal.state == "refused":
            raise self._build_refused_pair_error(pair)
        if pair.custodian is not None and pair.custodian != self._store.custodian:
            if usable:
                return pair
            raise self._build_other_custodian_error(pair, pair.custodian, refused)
        if pair.renewal is not None:
            return self._decide_after_unanswered_renewal(locked, pair, refused)
        blocker = pair.renewal_blocker(now)
        if blocker is None:
            return self._renew_if_time_allows(locked, pair, usable)
        if usable:
            self._ctx.warn(
                f"{self._describe_pair_as_subject(pair)} cannot be renewed and ends at {format_epoch(pair.expires)}. {blocker} {_CREATE}."
            )
            return pair
        raise self._build_not_renewable_error(pair, blocker, refused)

    def _decide_after_unanswered_renewal(self, locked: LockedStore, pair: TokenPair, refused: str | None) -> TokenPair:
        """Return the pair of a renewal whose answer is not known; it is renewed again only if the service shows it unchanged.

        Raises AuthError when the pair is void, or expired or refused while the outcome is unknown.
        """
        renewal = t.cast(RenewalNote, pair.renewal)
        began = f"A renewal of {self._describe_pair(pair)} was started at {format_epoch(renewal.at)} by {renewal.by}, and its answer never came"
        # The refusal of a request may be that of a gateway: only the list of tokens tells what became of the pair.
        status = (
            PairStatus.UNKNOWN
            if pair.is_expired(self._read_clock())
            else self._service.check_pair_status(pair, self._read_clock())
        )
        if status is PairStatus.UNCHANGED:
            self._ctx.warn(f"{began}. It never reached Commvault: the previous pair is intact and is used.")
            untouched = dataclasses.replace(pair, renewal=None)
            locked.write_pair(untouched)
            if not untouched.is_renewal_due(self._read_clock()) or untouched.renewal_blocker(self._read_clock()):
                return untouched
            return self._renew_if_time_allows(locked, untouched, usable=True)
        if status is PairStatus.REPLACED:
            self._mark_pair_refused(locked, pair, f"{began}; Commvault has renewed it, so the stored pair is void")
            raise self._build_refused_pair_error(t.cast(TokenPair, locked.pair))
        if not pair.is_expired(self._read_clock()) and pair.access_token != refused:
            self._ctx.warn(
                f"{began}. It is not known whether Commvault has renewed it. The previous access token is accepted "
                f"until {format_epoch(pair.expires)}; it will not be renewed. {_CREATE}."
            )
            return pair
        raise AuthError(
            f"{began}. It is not known whether Commvault has renewed it, so the pair may be void. It is not tried "
            f"again: using a refresh token twice revokes all tokens that came from it. {_CREATE}. Only if it is "
            "certain that the request was never sent, remove the key renewal from the store.",
            service="Commvault",
            code="renewal_unknown",
            source=self._store.location,
        )

    def _renew_if_time_allows(self, locked: LockedStore, pair: TokenPair, usable: bool) -> TokenPair:
        """Renew the pair unless the run was told to stop or the deadline is near. Raises Cancelled, WaitTimeout, AuthError.

        *usable*: the access token of *pair* is still accepted. The renewal is shielded from signals, because the old pair is void
        before the new one is stored.
        """
        self._ctx.cancellation.check()
        if self._ctx.remaining_s() < _ENOUGH_S:
            if usable:
                return pair
            raise WaitTimeout(
                f"{self._describe_pair_as_subject(pair)} has to be renewed, but the task's deadline leaves no time for that.",
                source=self._store.location,
            )
        with self._ctx.cancellation.shield():
            return self._renew_pair(locked, pair, usable)

    def _renew_pair(self, locked: LockedStore, pair: TokenPair, usable: bool) -> TokenPair:
        """Write the note, send the renewal, and return what its outcome allows: the new pair, or the old one while it is usable."""
        noted = dataclasses.replace(
            pair,
            renewal=RenewalNote("sent", self._read_clock(), describe_process(self._store.custodian)),
            custodian=pair.custodian or self._store.custodian,
            custodian_since=pair.custodian_since if pair.custodian else self._read_clock(),
        )
        locked.write_pair(noted)
        if self._ctx.cancellation.is_requested:  # nothing was sent yet
            locked.write_pair(dataclasses.replace(noted, renewal=None))
            raise self._ctx.cancellation.build_error()
        outcome = self._service.renew_pair(noted)
        if outcome.state is RenewalState.RENEWED:
            return self._store_renewed_pair(locked, t.cast(TokenPair, outcome.pair))
        if outcome.state is RenewalState.NOT_SENT:
            locked.write_pair(dataclasses.replace(noted, renewal=None))
            if usable:
                self._ctx.warn(
                    f"{self._describe_pair_as_subject(pair)} could not be renewed: {outcome.said} It is valid until "
                    f"{format_epoch(pair.expires)}."
                )
                return noted
            raise outcome.error or AssertionError("not sent, without an error")
        if outcome.state is RenewalState.REFUSED:
            self._mark_pair_refused(locked, noted, outcome.said)
            raise self._build_refused_pair_error(t.cast(TokenPair, locked.pair), outcome)
        return self._decide_after_lost_answer(noted, outcome, usable)

    def _store_renewed_pair(self, locked: LockedStore, pair: TokenPair) -> TokenPair:
        """Store the renewed pair and return it. Raises AuthError when it cannot be stored: then it is not used either."""
        self._ctx.secrets.update(pair.list_secrets())
        for number in range(1, _STORE_TRIES + 1):
            try:
                locked.write_pair(pair)
                break
            except (ConfigError, ApiError, StoreConflict, WaitTimeout) as exc:
                if number == _STORE_TRIES:
                    raise AuthError(
                        f"{self._describe_pair_as_subject(pair)} was renewed, but the new pair could not be stored: "
                        f"{exc} It is lost, and the previous one is void. {_CREATE}.",
                        service="Commvault",
                        code="renewal_not_stored",
                        source=self._store.location,
                    ) from exc
                with contextlib.suppress(
                    Cancelled
                ):  # a stopped run skips the pause, but not the next try: the pair is nowhere else
                    self._ctx.sleep(_STORE_PAUSE_S)
        self._ctx.debug(
            1,
            f"renewed {self._describe_pair(pair)}: generation {pair.generation}, valid until {format_epoch(pair.expires)}",
        )
        if pair.renewable_until is not None and pair.renewable_until - self._read_clock() < _SOON_S:
            self._ctx.warn(
                f"{self._describe_pair_as_subject(pair)} is renewable until {format_epoch(pair.renewable_until)} only. {_CREATE} before."
            )
        return pair

    def _decide_after_lost_answer(self, noted: TokenPair, outcome: RenewalOutcome, usable: bool) -> TokenPair:
        """Return the old pair while it is usable; its note stays, so that the next run checks it. Raises AuthError when it is not."""
        self._ctx.debug(1, outcome.said)
        if usable:
            self._ctx.warn(
                f"{self._describe_pair_as_subject(noted)} was sent for renewal and the answer was lost: "
                f"{outcome.said} The pair may be void; the next run checks whether Commvault has renewed it."
            )
            return noted
        raise AuthError(
            f"{self._describe_pair_as_subject(noted)} was sent for renewal and the answer was lost: {outcome.said} "
            "The pair may be void, and it is not tried again: using a refresh token twice revokes all tokens that "
            f"came from it. {_CREATE}.",
            **{
                **(outcome.error.facts if outcome.error else {}),
                "code": "renewal_unknown",
                "source": self._store.location,
            },
        )

    def _mark_pair_refused(self, locked: LockedStore, pair: TokenPair, said: str) -> None:
        """Store with the pair that it is void, and why, so that no run sends it again."""
        by = pair.renewal.by if pair.renewal else describe_process(self._store.custodian)
        locked.write_pair(dataclasses.replace(pair, renewal=RenewalNote("refused", self._read_clock(), by, said)))

    def _build_refused_pair_error(self, pair: TokenPair, outcome: RenewalOutcome | None = None) -> AuthError:
        renewal = t.cast(RenewalNote, pair.renewal)
        young = pair.expires is not None and renewal.at < pair.expires
        why = (
            "As the pair was not expired, either a copy of it was renewed elsewhere (two hosts must never share one "
            "pair: using an old refresh token revokes all tokens that came from it), or the token was revoked."
            if young
            else "Either a copy of it was renewed elsewhere, or the token was revoked, or it was not renewed in time."
        )
        facts = dict(outcome.error.facts) if outcome and outcome.error else {"service": "Commvault"}
        return AuthError(
            f"{self._describe_pair_as_subject(pair)} is void since {format_epoch(renewal.at)}: "
            f"{renewal.said.rstrip('.')}. {why} It is stored by {pair.custodian or 'nobody'}, generation "
            f"{pair.generation}, and is not tried again. {_CREATE}.",
            **{**facts, "code": "renewal_refused", "source": self._store.location},
        )

    def _build_other_custodian_error(self, pair: TokenPair, custodian: PairCustodian, refused: str | None) -> AuthError:
        state = "was refused" if refused else f"ended at {format_epoch(pair.expires)}"
        return AuthError(
            f"{self._describe_pair_as_subject(pair)} {state}, and only its custodian may renew it: {custodian}, since"
            f" {format_epoch(pair.custodian_since)}; this is {self._store.custodian}. If both renew copies of one "
            "pair, both copies become void. Run there, or create a token for this host with the module "
            "commvault_access_token and its option store. If the custodian no longer exists and no other copy is in "
            "use, remove the key custodian from the store.",
            service="Commvault",
            code="other_custodian",
            source=self._store.location,
        )

    def _build_not_renewable_error(self, pair: TokenPair, blocker: str, refused: str | None) -> AuthError:
        state = "was refused" if refused else f"ended at {format_epoch(pair.expires)}"
        return AuthError(
            f"{self._describe_pair_as_subject(pair)} {state} and cannot be renewed. {blocker} {_CREATE}.",
            service="Commvault",
            code="not_renewable",
            source=self._store.location,
        )

    def _require_pair(self, pair: TokenPair | None) -> TokenPair:
        """Return *pair*, with its secrets masked and its name in the run's identity. Raises ConfigError when there is none."""
        if pair is None:
            raise ConfigError(
                f"The token store {self._store.location} does not exist. {_CREATE}.", source=self._store.location
            )
        self._ctx.secrets.update(pair.list_secrets())
        about = {"name": pair.name, "id": pair.token_id, "user_id": pair.user_id, "store": self._store.location}
        self._ctx.identity["commvault_token"] = {key: escape_invisible(value) for key, value in about.items() if value}
        return pair

    def _describe_pair(self, pair: TokenPair) -> str:
        return f"{pair.label} in {self._store.location}"

    def _describe_pair_as_subject(self, pair: TokenPair) -> str:
        named = self._describe_pair(pair)
        return named[:1].upper() + named[1:]

    def _read_clock(self) -> float:
        return self._ctx.clock.now().timestamp()


def describe_process(here: PairCustodian) -> str:
    """Return how a renewal note names this process."""
    return f"process {os.getpid()} on {os.uname().nodename} ({here.user})"
