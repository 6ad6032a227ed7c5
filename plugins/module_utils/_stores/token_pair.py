# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The token pair of Commvault (access token and refresh token) as it is stored between runs, and the interface of a token store.

A renewal replaces both tokens. A second renewal with an old pair revokes all tokens that came of it, so a pair has one custodian,
lies in one place, is renewed under a lock, and a note is stored there before the renewal is sent.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import typing as t

from .._core.addresses import check_addresses
from .._core.errors import ConfigError
from .._core.values import LATEST_TIME, format_time, parse_time

#: A pair is renewed when its access token has this many seconds left, or half of its life if that is less.
RENEWAL_MARGIN_S = 300.0
#: Integers in a store are counters and ids, so they are below this.
_NUMBER_LIMIT = 2**63
_TEXT_FIELDS = ("access_token", "refresh_token", "token_id", "user_id", "name", "commvault_url")
_TIME_FIELDS = ("expires", "refresh_expires", "renewable_until", "issued")


@dataclasses.dataclass(frozen=True)
class PairCustodian:
    """The one who may renew a pair: a user on a host, or for a store that hosts share, the store itself."""

    host: str
    user: str

    def __str__(self) -> str:
        return f"{self.user} on {self.host}"


@dataclasses.dataclass(frozen=True)
class RenewalNote:
    """The stored note of a renewal that is under way or failed.

    ``state``: ``sent`` (the answer is not known) or ``refused`` (the pair is void); ``at``: epoch seconds; ``by``: the process that
    began it; ``said``: the reason of a refusal.
    """

    state: str
    at: float
    by: str
    said: str = ""


@dataclasses.dataclass(frozen=True)
class TokenPair:
    """What a token store holds. Times are epoch seconds, None where unknown; ``generation`` counts the renewals."""

    access_token: str
    refresh_token: str | None = None
    expires: float | None = None
    refresh_expires: float | None = None
    renewable_until: float | None = None
    issued: float | None = None
    generation: int = 0
    custodian: PairCustodian | None = None
    custodian_since: float | None = None
    renewal: RenewalNote | None = None
    token_id: str | None = None
    user_id: str | None = None
    name: str | None = None
    commvault_url: str | None = None

    @property
    def label(self) -> str:
        """How messages name the token."""
        return f"access token {self.name}" if self.name else "the access token"

    def list_secrets(self) -> set[str]:
        """Return the values that must never be shown."""
        return {value for value in (self.access_token, self.refresh_token) if value}

    def is_expired(self, now: float) -> bool:
        """Return True when the access token has certainly expired."""
        return self.expires is not None and now >= self.expires

    def is_renewal_due(self, now: float) -> bool:
        """Return True when the access token ends within the margin; False where its end is unknown."""
        if self.expires is None:
            return False
        life = RENEWAL_MARGIN_S * 2 if self.issued is None else max(0.0, self.expires - self.issued)
        return now >= self.expires - min(RENEWAL_MARGIN_S, life / 2)

    def renewal_blocker(self, now: float) -> str | None:
        """Return why the pair can not be renewed any more, as a sentence; None when it can."""
        if not self.refresh_token:
            return "It has no refresh token: tokens for SCIM and 1-Touch, and those of old releases, are never renewed."
        if self.renewable_until is not None and now >= self.renewable_until:
            return f"It was renewable until {format_epoch(self.renewable_until)}."
        if self.refresh_expires is not None and now >= self.refresh_expires:
            return f"Its refresh token was valid until {format_epoch(self.refresh_expires)}."
        return None

    def is_unusable(self, now: float) -> bool:
        """Return True when, as far as the store knows, the pair can neither be used nor renewed."""
        if self.renewal is not None and (self.renewal.state == "refused" or self.is_expired(now)):
            return True
        return self.is_expired(now) and self.renewal_blocker(now) is not None


class LockedStore(t.Protocol):
    """A token store while no other process may change it.

    ``pair``: the stored pair; ``leftover``: a sentence on what an interrupted holder left behind, else empty.
    """

    pair: TokenPair | None
    leftover: str

    def write_pair(self, pair: TokenPair) -> None:
        """Replace the pair; it is durable when this returns. Raises ConfigError, StoreConflict, ApiError."""

    def remove_pair(self) -> None:
        """Remove the pair. Raises ConfigError, ApiError."""


class TokenStore(t.Protocol):
    """A place that holds one pair.

    ``location``: how messages name it; ``custodian``: the one who this process is when it renews the pair there.
    """

    location: str
    custodian: PairCustodian

    def read_pair(self) -> TokenPair | None:
        """Return the stored pair, None when there is none. Raises ConfigError for one that cannot be read or trusted."""

    def was_interrupted(self) -> bool:
        """Return True when an earlier holder of the lock was interrupted."""

    def lock(self, create: bool = False) -> contextlib.AbstractContextManager[LockedStore]:
        """Hold the lock; with *create* the store may be new. Raises WaitTimeout, which names the holder, and ConfigError."""


def format_epoch(epoch: float | None) -> str:
    """Return *epoch* (seconds) in RFC 3339, ``unknown`` for None."""
    return (
        format_time(datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc)) if epoch is not None else "unknown"
    )


def encode_pair(pair: TokenPair) -> dict[str, t.Any]:
    """Return the JSON object that a store holds for *pair*: times in RFC 3339, unknown members left out."""
    found: dict[str, t.Any] = {name: getattr(pair, name) for name in _TEXT_FIELDS if getattr(pair, name) is not None}
    found.update({name: format_epoch(getattr(pair, name)) for name in _TIME_FIELDS if getattr(pair, name) is not None})
    found["generation"] = pair.generation
    if pair.custodian is not None:
        found["custodian"] = {
            "host": pair.custodian.host,
            "user": pair.custodian.user,
            "since": format_epoch(pair.custodian_since),
        }
    if pair.renewal is not None:
        found["renewal"] = {**dataclasses.asdict(pair.renewal), "at": format_epoch(pair.renewal.at)}
    return found


def decode_pair(document: t.Any, location: str) -> TokenPair:
    """Return the pair in the JSON object of a store; one that a person wrote needs ``access_token`` only.

    Raises ConfigError, which names *location* and shows nothing of the content.
    """
    if not isinstance(document, t.Mapping) or not isinstance(document.get("access_token"), str):
        raise _build_unreadable_error(location, "it holds no JSON object with access_token")
    texts = {name: _parse_text(document.get(name), name, location) for name in _TEXT_FIELDS}
    times = {name: _parse_time(document.get(name), name, location) for name in _TIME_FIELDS}
    custodian, since = _parse_custodian(document.get("custodian"), location)
    generation = document.get("generation", 0)
    if not isinstance(generation, int) or not 0 <= generation < _NUMBER_LIMIT:
        raise _build_unreadable_error(location, "generation is not a number")
    try:
        check_addresses({"commvault_url": texts["commvault_url"]}, lambda dummy: location)
    except ConfigError:
        raise _build_unreadable_error(location, "commvault_url has user information") from None
    return TokenPair(
        access_token=document["access_token"],
        refresh_token=texts["refresh_token"],
        token_id=texts["token_id"],
        user_id=texts["user_id"],
        name=texts["name"],
        commvault_url=texts["commvault_url"],
        **times,
        generation=generation,
        custodian=custodian,
        custodian_since=since,
        renewal=_parse_renewal(document.get("renewal"), location),
    )


def parse_pair(text: str, location: str) -> TokenPair:
    """Return the pair in the JSON text of a store, as :func:`decode_pair` does. Raises ConfigError."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise _build_unreadable_error(location, "it is not JSON") from None
    return decode_pair(document, location)


def _parse_text(value: t.Any, name: str, location: str) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, str) or (isinstance(value, int) and abs(value) < _NUMBER_LIMIT):
        return str(value)
    raise _build_unreadable_error(location, f"{name} is not text")


def _parse_time(value: t.Any, name: str, location: str) -> float | None:
    if value is None or value == "":
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= LATEST_TIME:
        return float(value)
    if isinstance(value, str):
        with contextlib.suppress(ValueError, OverflowError):
            return parse_time(value).timestamp()
    raise _build_unreadable_error(location, f"{name} is neither a date nor epoch seconds")


def _parse_custodian(value: t.Any, location: str) -> tuple[PairCustodian | None, float | None]:
    if value is None:
        return None, None
    if not isinstance(value, t.Mapping) or not value.get("host") or not value.get("user"):
        raise _build_unreadable_error(location, "custodian has no host and user")
    return PairCustodian(str(value["host"]), str(value["user"])), _parse_since(value.get("since"))


def _parse_since(value: t.Any) -> float | None:
    """Return epoch seconds, None for what is no date: the time is shown to people only, so a bad one is no error."""
    try:
        return parse_time(str(value)).timestamp()
    except (ValueError, OverflowError):
        return None


def _parse_renewal(value: t.Any, location: str) -> RenewalNote | None:
    if value is None:
        return None
    if not isinstance(value, t.Mapping) or value.get("state") not in ("sent", "refused"):
        raise _build_unreadable_error(location, "renewal cannot be understood")
    at = _parse_time(value.get("at"), "renewal.at", location)
    return RenewalNote(str(value["state"]), at or 0.0, str(value.get("by") or "unknown"), str(value.get("said") or ""))


def _build_unreadable_error(location: str, what: str) -> ConfigError:
    return ConfigError(
        f"The token store {location} cannot be read: {what}. Restore it, or create a new token with the module"
        " commvault_access_token and its option store.",
        source=location,
    )
