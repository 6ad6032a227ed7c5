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
from .._core.errors import ApiError, BadAnswer, ConfigError, CvopsError, Unreachable, WaitTimeout
from .._core.polling import Backoff
from .hashi_vault_client import MISREAD_ERRORS, SERVICE, VaultSession, load_hvac, parse_vault_address
from .token_pair import PairCustodian, StoreConflict, TokenPair, decode_pair, encode_pair, format_epoch

#: A renewal note counts as left behind when it is this old by the clock, or was watched unchanged for the shorter time.
_ABANDONED_S = 900.0
WATCH_S = 120.0
_POLL_S = 0.5
#: Renewals of other processes, one after the other, are waited for so long in all.
_LONGEST_WATCH_S = 600.0
#: How often a write that meets a conflict is sent.
_MOST_WRITES = 10
#: Vault numbers the versions of a secret from 1; anything beyond this is a broken answer.
_HIGHEST_VERSION = 2**53


class VaultStore:
    """Token store in one secret of a KV version 2 mount.

    The secret itself is the custodian: every process that can write it may renew the pair there.
    """

    def __init__(self, ctx: Context, options: t.Mapping[str, t.Any]) -> None:
        self._ctx, self._options = ctx, options
        self._mount, self._path = str(options.get("mount") or "secret").strip("/"), str(options["path"]).strip("/")
        self._address = parse_vault_address(
            self._get_setting("url", "VAULT_ADDR"),
            "option url" if options.get("url") else "environment variable VAULT_ADDR",
        )
        self._namespace = self._get_setting("namespace", "VAULT_NAMESPACE")
        self._client: t.Any = None
        self._session: VaultSession | None = None
        space = f"{self._namespace.strip('/')}/" if self._namespace else ""
        self.location = f"{space}{self._mount}/{self._path} in HashiCorp Vault at {self._address.host_and_port}"
        self.custodian = PairCustodian("HashiCorp Vault", f"{space}{self._mount}/{self._path}")

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
            leftover = f"{pair.renewal.by} began to renew the pair in {self.location} at {format_epoch(pair.renewal.at)} and did not end it."
        yield LockedSecret(self, pair, version, leftover)

    def read_pair_and_version(self, must_arrive: bool = False) -> tuple[TokenPair | None, int]:
        """Return the pair (None: none) and the version of the secret (0: there is no secret).

        *must_arrive*: read also after the run was told to stop. Raises ConfigError, ApiError.
        """
        answer = self._call_kv(
            "read",
            lambda kv: kv.read_secret_version(path=self._path, mount_point=self._mount, raise_on_deleted_version=False),
            must_arrive,
        )
        if answer is None:
            return None, 0
        found = self._get_object("read", answer, "data")
        document = found.get("data")
        if document is not None and not isinstance(document, t.Mapping):
            raise self._build_misread_error("read", "data that is no object")
        version = self._get_version("read", self._get_object("read", found, "metadata"))
        return (decode_pair(document, self.location) if document else None), version

    def write_pair(self, pair: TokenPair, version: int, must_arrive: bool = False) -> int:
        """Write if the secret still has *version*, and return the new one. Raises StoreConflict, ConfigError, ApiError."""
        answer = self._call_kv(
            "write",
            lambda kv: kv.create_or_update_secret(
                path=self._path, secret=encode_pair(pair), cas=version, mount_point=self._mount
            ),
            must_arrive,
        )
        return self._get_version("write", self._get_object("write", answer, "data"))

    def destroy_version(self, version: int) -> None:
        """Destroy the content of *version*. Raises ConfigError, ApiError."""
        self._call_kv(
            "remove",
            lambda kv: kv.destroy_secret_versions(path=self._path, versions=[version], mount_point=self._mount),
        )

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
                    f"The pair in {self.location} is being renewed by {renewal.by} since {format_epoch(renewal.at)}; that did not end in time.",
                    source=self.location,
                )
            told = f"waiting for {renewal.by}, which is renewing the pair in {self.location}"
            backoff.pause(about=told, limit_s=WATCH_S)

    def _build_backoff(self) -> Backoff:
        return Backoff(self._ctx, first_s=_POLL_S, longest_s=_POLL_S, spread=True)

    def _call_kv(self, what: str, call: t.Callable[[t.Any], t.Any], must_arrive: bool = False) -> t.Any:
        """Return hvac's answer to *call*, which gets the KV version 2 interface; None for a secret that does not exist.

        *what*: the verb of the request in messages. Raises CvopsError for every failure.
        """
        client = self._open_client()
        session = t.cast(VaultSession, self._session)
        session.must_arrive = must_arrive
        try:
            return self._call_library(what, lambda: call(client.secrets.kv.v2))
        finally:
            session.must_arrive = False

    def _call_library(self, what: str, call: t.Callable[[], t.Any]) -> t.Any:
        """Return what *call* returns, with the errors of hvac and of its answers turned into ours."""
        exceptions = load_hvac().exceptions
        try:
            return call()
        except exceptions.InvalidPath as exc:
            said = ", ".join(exc.errors or [])
            if what == "read" and not said:  # for a missing mount or namespace Vault gives an error text
                return _read_removed_secret(exc.json)
            raise ConfigError(
                f"HashiCorp Vault has no KV version 2 mount for {self.location}{f': {said}' if said else ''}.",
                source=self.location,
            ) from None
        except exceptions.VaultError as exc:
            if isinstance(exc, exceptions.InvalidRequest) and "check-and-set parameter did not match" in str(exc):
                raise StoreConflict(
                    f"The pair in {self.location} was changed meanwhile.", source=self.location
                ) from None
            raise self._build_refusal_error(what, exc, exceptions) from None
        except OSError as exc:
            raise Unreachable(
                f"Cannot {what} the token store {self.location}: no answer ({type(exc).__name__}).",
                service=SERVICE,
                may_have_acted=what in ("write", "remove"),
            ) from None
        except MISREAD_ERRORS as exc:
            raise self._build_misread_error(
                what, f"an answer that its client library cannot read ({type(exc).__name__})"
            ) from None

    def _open_client(self) -> t.Any:
        """Return the hvac client, signed in at the first call. Raises ConfigError, MissingLibrary, ApiError."""
        if self._client is not None:
            return self._client
        token, role = self._get_setting("token", "VAULT_TOKEN"), self._get_setting("role_id", "VAULT_ROLE_ID")
        secret = self._get_setting("secret_id", "VAULT_SECRET_ID")
        self._ctx.secrets.update(value for value in (token, secret) if value)
        if not token and not (role and secret):
            raise ConfigError(
                "The token store hashi_vault needs a token (option token or VAULT_TOKEN), or an AppRole"
                " (options role_id and secret_id, or VAULT_ROLE_ID and VAULT_SECRET_ID)",
                source="VAULT_TOKEN",
            )
        hvac = load_hvac()
        self._session = VaultSession(self._ctx, self._address, self._get_setting("ca_path", "VAULT_CACERT"))
        client = hvac.Client(
            url=self._address.text,
            token=token or "",  # empty and not None, with which hvac looks for one in the user's home
            namespace=self._namespace,
            session=self._session,
            allow_redirects=False,
        )
        if not token:
            self._log_in(client, role, secret)
        self._client = client
        return client

    def _log_in(self, client: t.Any, role: str | None, secret: str | None) -> None:
        """Log *client* in with an AppRole; its token is revoked when the run closes."""
        mount = str(self._options.get("approle_mount") or "approle").strip("/")
        self._call_library(
            "sign in to",
            lambda: client.auth.approle.login(role_id=role, secret_id=secret, mount_point=mount),
        )
        token = client.token
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
            raise self._build_misread_error("sign in to", "a token that is none")
        self._ctx.secrets.add(token)
        session = t.cast(VaultSession, self._session)

        def revoke() -> None:
            session.closing = True
            try:
                self._call_library("sign out of", client.auth.token.revoke_self)
            except CvopsError as exc:  # the token expires by itself
                self._ctx.debug(1, str(exc))

        self._ctx.on_close(revoke)

    def _build_refusal_error(self, what: str, exc: t.Any, exceptions: t.Any) -> CvopsError:
        said = (", ".join(exc.errors or []) or type(exc).__name__).rstrip(".")
        told = f"Cannot {what} the token store {self.location}: {said}."
        if isinstance(exc, (exceptions.InvalidRequest, exceptions.Unauthorized, exceptions.Forbidden)):
            return ConfigError(
                f"{told} The policy needs create, read and update on {self._mount}/data/{self._path}.",
                source=self.location,
            )
        sealed = isinstance(exc, exceptions.VaultDown)
        return ApiError(
            told, service=SERVICE, source=self.location, may_have_acted=what in ("write", "remove") and not sealed
        )

    def _build_misread_error(self, what: str, found: str) -> BadAnswer:
        return BadAnswer(
            f"Cannot {what} the token store {self.location}: HashiCorp Vault gave {found}.",
            service=SERVICE,
            source=self.location,
            may_have_acted=what in ("write", "remove"),
        )

    def _get_object(self, what: str, answer: t.Any, member: str) -> t.Mapping[str, t.Any]:
        """Return the object in *member* of an answer. Raises BadAnswer when there is none."""
        found = answer.get(member) if isinstance(answer, t.Mapping) else None
        if not isinstance(found, t.Mapping):
            raise self._build_misread_error(what, f"an answer without {member}")
        return found

    def _get_version(self, what: str, metadata: t.Mapping[str, t.Any]) -> int:
        """Return the version number in *metadata*. Raises BadAnswer when there is none."""
        version = metadata.get("version")
        if not isinstance(version, int) or isinstance(version, bool) or not 0 < version < _HIGHEST_VERSION:
            raise self._build_misread_error(what, "a version that is none")
        return version

    def _get_setting(self, option: str, variable: str) -> str | None:
        """Return an option of the store, or else the environment variable of Vault's own tools; None when both are empty."""
        found = self._options.get(option) or self._ctx.sources.environ.get(variable)
        return str(found) if found else None


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


def _read_removed_secret(answer: t.Any) -> dict[str, t.Any] | None:
    """Return the secret without content when its newest version was deleted or destroyed; None when there never was one.

    The next write has to name that version. *answer*: the body of Vault's 404.
    """
    left = answer.get("data") if isinstance(answer, t.Mapping) else None
    return {"data": {**left, "data": None}} if isinstance(left, t.Mapping) else None
