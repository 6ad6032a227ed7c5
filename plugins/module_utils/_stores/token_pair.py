# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A Commvault access token with its refresh token, as it is kept between runs, and what a place that keeps one can do.

A pair is renewed by trading it for a new one. Whoever trades in a pair that was traded in before destroys the whole chain,
so a pair has one custodian, lies in one place, is renewed under a lock, and what happens to it is noted there first.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import typing as t

from .._core.addresses import check_addresses
from .._core.errors import ConfigError, CvopsError
from .._core.values import format_time, parse_time

#: A pair is renewed when its access token has so many seconds left, or half of its life if that is less.
MARGIN_S = 300.0
#: The last second that has a date: 9999-12-31T23:59:59Z.
LATEST = 253402300799.0
#: Numbers in a store count something, so they are below this.
_MANY = 2**63
_TEXTS = ("access_token", "refresh_token", "token_id", "user_id", "name", "commvault_url")
_TIMES = ("expires", "refresh_expires", "renewable_until", "issued")


class Overtaken(CvopsError):
    """Somebody else has changed the stored pair since it was read: look again."""

    kind = "overtaken"


@dataclasses.dataclass(frozen=True)
class Custodian:
    """Who may renew a pair: *user* on *host*, or for a store that all hosts share, the store itself."""

    host: str
    user: str

    def __str__(self) -> str:
        return f"{self.user} on {self.host}"


@dataclasses.dataclass(frozen=True)
class Renewal:
    """A renewal that did not end well. ``state``: ``sent`` (no answer is known) or ``refused``; ``by``: who began it; ``at``: epoch."""

    state: str
    at: float
    by: str
    said: str = ""


@dataclasses.dataclass(frozen=True)
class Pair:
    """What a store keeps. Times are epoch seconds, None where unknown; ``generation`` counts the renewals."""

    access_token: str
    refresh_token: str | None = None
    expires: float | None = None
    refresh_expires: float | None = None
    renewable_until: float | None = None
    issued: float | None = None
    generation: int = 0
    custodian: Custodian | None = None
    custodian_since: float | None = None
    renewal: Renewal | None = None
    token_id: str | None = None
    user_id: str | None = None
    name: str | None = None
    commvault_url: str | None = None

    @property
    def label(self) -> str:
        """The token in messages."""
        return f"access token {self.name}" if self.name else "the access token"

    def secrets(self) -> set[str]:
        """The values that must never be shown."""
        return {value for value in (self.access_token, self.refresh_token) if value}

    def expired(self, now: float) -> bool:
        """True when the access token is certainly over."""
        return self.expires is not None and now >= self.expires

    def due(self, now: float) -> bool:
        """True when it is time to renew."""
        if self.expires is None:
            return False
        life = MARGIN_S * 2 if self.issued is None else max(0.0, self.expires - self.issued)
        return now >= self.expires - min(MARGIN_S, life / 2)

    def lasting(self, now: float) -> str | None:
        """Why the pair can never be renewed, as a sentence; None when it can."""
        if not self.refresh_token:
            return "It has no refresh token: tokens for SCIM and 1-Touch, and those of old releases, are never renewed."
        if self.renewable_until is not None and now >= self.renewable_until:
            return f"It was renewable until {words(self.renewable_until)}."
        if self.refresh_expires is not None and now >= self.refresh_expires:
            return f"Its refresh token was valid until {words(self.refresh_expires)}."
        return None

    def dead(self, now: float) -> bool:
        """True when nothing can be done with the pair any more, as far as the store knows."""
        if self.renewal is not None and (self.renewal.state == "refused" or self.expired(now)):
            return True
        return self.expired(now) and self.lasting(now) is not None


class Held(t.Protocol):
    """A store while nobody else may change it. ``note``: in words, what an earlier holder left behind, else empty."""

    pair: Pair | None
    note: str

    def write(self, pair: Pair) -> None:
        """Replace the pair; it is durable when this returns. Raises ConfigError, Overtaken."""

    def clear(self) -> None:
        """Remove the pair."""


class TokenStore(t.Protocol):
    """A place that keeps one pair."""

    where: str
    here: Custodian

    def find(self) -> Pair | None:
        """The pair as it is now, None when there is none. Raises ConfigError for one that cannot be read or trusted."""

    def disturbed(self) -> bool:
        """True when an earlier holder did not get to the end."""

    def locked(self, create: bool = False) -> contextlib.AbstractContextManager[Held]:
        """Hold the store; with *create* it may be new. Raises WaitTimeout, which names the holder, and ConfigError."""


def words(epoch: float | None) -> str:
    """A moment for messages and files."""
    return (
        format_time(datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc)) if epoch is not None else "unknown"
    )


def to_document(pair: Pair) -> dict[str, t.Any]:
    """The JSON form: dates in RFC 3339, what is unknown left out."""
    found: dict[str, t.Any] = {name: getattr(pair, name) for name in _TEXTS if getattr(pair, name) is not None}
    found.update({name: words(getattr(pair, name)) for name in _TIMES if getattr(pair, name) is not None})
    found["generation"] = pair.generation
    if pair.custodian is not None:
        found["custodian"] = {
            "host": pair.custodian.host,
            "user": pair.custodian.user,
            "since": words(pair.custodian_since),
        }
    if pair.renewal is not None:
        found["renewal"] = {**dataclasses.asdict(pair.renewal), "at": words(pair.renewal.at)}
    return found


def from_document(document: t.Any, where: str) -> Pair:
    """Read the JSON form; one that was written by hand needs no more than the tokens. Raises ConfigError without any content."""
    if not isinstance(document, t.Mapping) or not isinstance(document.get("access_token"), str):
        raise _unreadable(where, "it holds no JSON object with access_token")
    texts = {name: _text(document.get(name), name, where) for name in _TEXTS}
    times = {name: _moment(document.get(name), name, where) for name in _TIMES}
    custodian, since = _custodian(document.get("custodian"), where)
    generation = document.get("generation", 0)
    if not isinstance(generation, int) or not 0 <= generation < _MANY:
        raise _unreadable(where, "generation is not a number")
    try:
        check_addresses({"commvault_url": texts["commvault_url"]}, lambda dummy: where)
    except ConfigError:
        raise _unreadable(where, "commvault_url has user information") from None
    return Pair(
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
        renewal=_renewal(document.get("renewal"), where),
    )


def parse(text: str, where: str) -> Pair:
    """As from_document, from text."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise _unreadable(where, "it is not JSON") from None
    return from_document(document, where)


def _text(value: t.Any, name: str, where: str) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, str) or (isinstance(value, int) and abs(value) < _MANY):
        return str(value)
    raise _unreadable(where, f"{name} is not text")


def _moment(value: t.Any, name: str, where: str) -> float | None:
    if value is None or value == "":
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= LATEST:
        return float(value)
    if isinstance(value, str):
        with contextlib.suppress(ValueError, OverflowError):
            return parse_time(value).timestamp()
    raise _unreadable(where, f"{name} is neither a date nor epoch seconds")


def _custodian(value: t.Any, where: str) -> tuple[Custodian | None, float | None]:
    if value is None:
        return None, None
    if not isinstance(value, t.Mapping) or not value.get("host") or not value.get("user"):
        raise _unreadable(where, "custodian has no host and user")
    return Custodian(str(value["host"]), str(value["user"])), _since(value.get("since"))


def _since(value: t.Any) -> float | None:
    """For people alone, so that nothing depends on it."""
    try:
        return parse_time(str(value)).timestamp()
    except (ValueError, OverflowError):
        return None


def _renewal(value: t.Any, where: str) -> Renewal | None:
    if value is None:
        return None
    if not isinstance(value, t.Mapping) or value.get("state") not in ("sent", "refused"):
        raise _unreadable(where, "renewal cannot be understood")
    at = _moment(value.get("at"), "renewal.at", where)
    return Renewal(str(value["state"]), at or 0.0, str(value.get("by") or "unknown"), str(value.get("said") or ""))


def _unreadable(where: str, what: str) -> ConfigError:
    return ConfigError(
        f"The token store {where} cannot be read: {what}. Restore it, or create a new token with the module"
        " commvault_access_token and its option store.",
        source=where,
    )
