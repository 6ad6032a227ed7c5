# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The token store in HashiCorp Vault, KV version 2: check-and-set takes the place of a lock, so that short-lived hosts may share it.

The note that a renewal has begun is written with check-and-set, so of several processes one wins and the others wait
for the pair that it stores. Whether that process still lives is not known: a note that stays unchanged for longer than a
renewal can take counts as left behind.
"""

from __future__ import annotations

import contextlib
import typing as t

from .._core.context import Context
from .._core.errors import ApiError, ConfigError, WaitTimeout
from .._core.polling import Backoff
from .conflicts import StoreConflict
from .hashi_vault_kv import KvSecret, VaultConnection
from .token_pair import PairCustodian, TokenPair, decode_pair, encode_pair, format_epoch

#: A renewal note counts as left behind when it is this old by the clock, or was watched unchanged for the shorter time.
_ABANDONED_S = 900.0
WATCH_S = 120.0
_POLL_S = 0.5
#: Renewals of other processes, one after the other, are waited for so long in all.
_LONGEST_WATCH_S = 600.0
#: How often a write that meets a conflict is sent.
_MOST_WRITES = 10


class VaultStore:
    """Token store in one secret of a KV version 2 mount.

    The secret itself is the custodian: every process that can write it may renew the pair there.
    """

    def __init__(self, ctx: Context, options: t.Mapping[str, t.Any]) -> None:
        self._ctx = ctx
        mount = str(options.get("mount") or "secret")
        self._secret = KvSecret(VaultConnection(ctx, options), mount, str(options["path"]), "token store", "pair")
        self.location = self._secret.location
        self.custodian = PairCustodian("HashiCorp Vault", self._secret.full_path)

    def read_pair(self) -> TokenPair | None:
        """Return the stored pair, None when there is none. Raises ConfigError, ApiError."""
        return self.read_pair_and_version()[0]

    def was_interrupted(self) -> bool:
        """Return False: there is no lock beside the secret that could be left behind."""
        return False

    @contextlib.contextmanager
    def lock(self, create: bool = False) -> t.Iterator[LockedSecret]:
        """Wait until no other process is renewing the pair; of all that write to the version found then, the first wins.

        With *create* the secret may be missing. Raises ConfigError, WaitTimeout, ApiError.
        """
        pair, version = self._wait_for_renewal()
        if pair is None and not create:
            raise ConfigError(f"The token store {self.location} does not exist.", source=self.location)
        leftover = ""
        if pair is not None and pair.renewal is not None and pair.renewal.state == "sent":
            leftover = f"{pair.renewal.by} began to renew the pair in {self.location} at {format_epoch(pair.renewal.at)} and did not finish."
        yield LockedSecret(self, pair, version, leftover)

    def read_pair_and_version(self, must_arrive: bool = False) -> tuple[TokenPair | None, int]:
        """Return the pair (None: none) and the version of the secret (0: there is no secret).

        *must_arrive*: read also after the run was told to stop. Raises ConfigError, ApiError.
        """
        found = self._secret.read(must_arrive)
        return (decode_pair(found.document, self.location) if found.document else None), found.number

    def write_pair(self, pair: TokenPair, version: int, must_arrive: bool = False) -> int:
        """Write if the secret still has *version*, and return the new one. Raises StoreConflict, ConfigError, ApiError."""
        return self._secret.write(encode_pair(pair), version, must_arrive)

    def destroy_version(self, version: int) -> None:
        """Destroy the content of *version*. Raises ConfigError, ApiError."""
        self._secret.destroy_version(version)

    def _wait_for_renewal(self) -> tuple[TokenPair | None, int]:
        """Return pair and version once no other process is renewing the pair, or its note counts as left behind."""
        backoff, whole, seen = self._build_backoff(), self._build_backoff(), -1
        while True:
            pair, version = self.read_pair_and_version()
            renewal = pair.renewal if pair is not None else None
            if renewal is None or renewal.state != "sent":
                return pair, version
            if version != seen:
                backoff, seen = self._build_backoff(), version
            age_s = self._ctx.clock.now().timestamp() - renewal.at
            if backoff.elapsed_s() >= WATCH_S or age_s >= _ABANDONED_S:
                return pair, version
            if self._ctx.remaining_s() < _POLL_S * 2 or whole.elapsed_s() >= _LONGEST_WATCH_S:
                raise WaitTimeout(
                    f"The pair in {self.location} is being renewed by {renewal.by} since {format_epoch(renewal.at)}; "
                    "that did not end in time.",
                    source=self.location,
                )
            told = f"waiting for {renewal.by}, which is renewing the pair in {self.location}"
            backoff.pause(about=told, limit_s=WATCH_S)

    def _build_backoff(self) -> Backoff:
        return Backoff(self._ctx, first_s=_POLL_S, longest_s=_POLL_S, spread=True)


class LockedSecret:
    """The secret at the version that was read; a write that meets another version is a conflict."""

    def __init__(self, store: VaultStore, pair: TokenPair | None, version: int, leftover: str) -> None:
        self._store, self.pair, self._version, self.leftover = store, pair, version, leftover

    def write_pair(self, pair: TokenPair) -> None:
        """Replace the pair; it is stored when this returns. Raises StoreConflict, ConfigError, ApiError.

        A renewed pair is also written over a renewal note that changed meanwhile, never over another pair. The note of a renewal
        that is yet to be sent is not written after the run was told to stop; everything else is, as it may be the only copy.
        After a write with a lost or unusable answer the secret is read, to see whether it was written.
        """
        must_arrive = pair.renewal is None or pair.renewal.state != "sent"
        for number in range(_MOST_WRITES):
            try:
                self._version = self._store.write_pair(pair, self._version, must_arrive)
            except (StoreConflict, ApiError) as exc:
                if isinstance(exc, ApiError) and not exc.may_have_acted:
                    raise
                stored, version = self._store.read_pair_and_version(must_arrive)
                if stored is None or encode_pair(stored) != encode_pair(pair):  # equal: only the answer was lost
                    if isinstance(exc, ApiError) or not self._is_renewal_of(pair, stored) or number == _MOST_WRITES - 1:
                        raise
                    self._version = version
                    continue
                self._version = version
            self.pair = pair
            return

    def remove_pair(self) -> None:
        """Remove the pair. Raises ConfigError, ApiError."""
        self._store.destroy_version(self._version)
        self.pair = None

    def _is_renewal_of(self, pair: TokenPair, stored: TokenPair | None) -> bool:
        """Return True when *pair* is the renewal of the pair that is still *stored*."""
        return (
            stored is not None
            and self.pair is not None
            and stored.list_secrets() == self.pair.list_secrets()
            and pair.generation == stored.generation + 1
        )
