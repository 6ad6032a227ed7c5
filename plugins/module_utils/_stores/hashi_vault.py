# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A token pair in HashiCorp Vault, KV version 2: check-and-set is the lock, so hosts that come and go may share it.

The note that a renewal has begun is written with check-and-set, so of several processes one wins and the others wait
for the pair that it stores. Nobody asks who is alive: a note that stays unchanged for longer than a renewal can take was left behind.
"""

from __future__ import annotations

import contextlib
import typing as t

from .._core.context import Context
from .._core.errors import ApiError, BadAnswer, ConfigError, CvopsError, Unreachable, WaitTimeout
from .._core.polling import Backoff
from .hashi_vault_client import MISREAD, SERVICE, VaultSession, load_hvac, vault_address
from .token_pair import Custodian, Overtaken, Pair, from_document, to_document, words

#: A renewal note as old as this by the clock, or watched unchanged for the shorter time, belongs to nobody any more.
_ABANDONED_S = 900.0
WATCH_S = 120.0
_POLL_S = 0.5
#: A store that always says that somebody was faster is not asked for ever.
_WRITES = 10
#: A version is a number that counts writes.
_HIGHEST_VERSION = 2**53


class VaultStore:
    """One secret of a KV version 2 mount. The Vault itself is the custodian: whoever reads the pair there may renew it there."""

    def __init__(self, ctx: Context, options: t.Mapping[str, t.Any]) -> None:
        self._ctx, self._options = ctx, options
        self._mount, self._path = str(options.get("mount") or "secret").strip("/"), str(options["path"]).strip("/")
        self._address = vault_address(
            self._setting("url", "VAULT_ADDR"),
            "option url" if options.get("url") else "environment variable VAULT_ADDR",
        )
        self._namespace = self._setting("namespace", "VAULT_NAMESPACE")
        self._client: t.Any = None
        self._session: VaultSession | None = None
        space = f"{self._namespace.strip('/')}/" if self._namespace else ""
        self.where = f"{space}{self._mount}/{self._path} in HashiCorp Vault at {self._address.site}"
        self.here = Custodian("HashiCorp Vault", f"{space}{self._mount}/{self._path}")

    def find(self) -> Pair | None:
        """The pair as it is now."""
        return self.read()[0]

    def disturbed(self) -> bool:
        """There is no lock beside the secret."""
        return False

    @contextlib.contextmanager
    def locked(self, create: bool = False) -> t.Iterator[HeldSecret]:
        """The secret and its version, once no renewal of another is under way; the first write that meets this version wins."""
        pair, version = self._settled()
        if pair is None and not create:
            raise ConfigError(f"The token store {self.where} does not exist.", source=self.where)
        note = ""
        if pair is not None and pair.renewal is not None and pair.renewal.state == "sent":
            note = f"{pair.renewal.by} began to renew the pair in {self.where} at {words(pair.renewal.at)} and did not end it."
        yield HeldSecret(self, pair, version, note)

    def read(self, must_arrive: bool = False) -> tuple[Pair | None, int]:
        """The pair and its version; version 0 is none. ``must_arrive``: also when the run was told to stop."""
        answer = self._ask(
            "read",
            lambda kv: kv.read_secret_version(path=self._path, mount_point=self._mount, raise_on_deleted_version=False),
            must_arrive,
        )
        if answer is None:
            return None, 0
        found = self._object("read", answer, "data")
        document = found.get("data")
        if document is not None and not isinstance(document, t.Mapping):
            raise self._misread("read", "data that is no object")
        version = self._version_in("read", self._object("read", found, "metadata"))
        return (from_document(document, self.where) if document else None), version

    def write(self, pair: Pair, version: int, must_arrive: bool = False) -> int:
        """Write if the secret still has *version*; the new version. Raises Overtaken."""
        answer = self._ask(
            "write",
            lambda kv: kv.create_or_update_secret(
                path=self._path, secret=to_document(pair), cas=version, mount_point=self._mount
            ),
            must_arrive,
        )
        return self._version_in("write", self._object("write", answer, "data"))

    def remove(self, version: int) -> None:
        """Delete and destroy the version that holds the pair, as far as the policy allows."""
        self._ask(
            "remove",
            lambda kv: kv.destroy_secret_versions(path=self._path, versions=[version], mount_point=self._mount),
        )

    def _settled(self) -> tuple[Pair | None, int]:
        pauses, seen = self._pauses(), -1
        while True:
            pair, version = self.read()
            renewal = pair.renewal if pair is not None else None
            if renewal is None or renewal.state != "sent":
                return pair, version
            if version != seen:
                pauses, seen = self._pauses(), version
                self._ctx.progress(f"waiting for {renewal.by}, which is renewing the pair in {self.where}")
            age_s = self._ctx.clock.now().timestamp() - renewal.at
            if pauses.spent_s() >= WATCH_S or age_s >= _ABANDONED_S:
                return pair, version
            if self._ctx.remaining_s() < _POLL_S * 2:
                raise WaitTimeout(
                    f"The pair in {self.where} is being renewed by {renewal.by} since {words(renewal.at)}; that did not end in time.",
                    source=self.where,
                )
            pauses.take()

    def _pauses(self) -> Backoff:
        return Backoff(self._ctx, first_s=_POLL_S, longest_s=_POLL_S, spread=True)

    def _ask(self, what: str, call: t.Callable[[t.Any], t.Any], must_arrive: bool = False) -> t.Any:
        """One call through hvac; None for a secret that is not there. Everything that can go wrong is a CvopsError."""
        client = self._signed_in()
        session = t.cast(VaultSession, self._session)
        session.must_arrive = must_arrive
        try:
            return self._called(what, lambda: call(client.secrets.kv.v2))
        finally:
            session.must_arrive = False

    def _called(self, what: str, call: t.Callable[[], t.Any]) -> t.Any:
        exceptions = load_hvac().exceptions
        try:
            return call()
        except exceptions.InvalidPath as exc:
            said = ", ".join(exc.errors or [])
            if what == "read" and not said:  # a mount or a namespace that is missing has its words
                return _emptied(exc.json)
            raise ConfigError(
                f"HashiCorp Vault has no KV version 2 mount for {self.where}{f': {said}' if said else ''}.",
                source=self.where,
            ) from None
        except exceptions.VaultError as exc:
            if isinstance(exc, exceptions.InvalidRequest) and "check-and-set parameter did not match" in str(exc):
                raise Overtaken(f"The pair in {self.where} was changed meanwhile.", source=self.where) from None
            raise self._refused(what, exc, exceptions) from None
        except OSError as exc:
            raise Unreachable(
                f"Cannot {what} the token store {self.where}: no answer ({type(exc).__name__}).",
                service=SERVICE,
                may_have_acted=what in ("write", "remove"),
            ) from None
        except MISREAD as exc:
            raise self._misread(what, f"an answer that its client library cannot read ({type(exc).__name__})") from None

    def _signed_in(self) -> t.Any:
        if self._client is not None:
            return self._client
        token, role = self._setting("token", "VAULT_TOKEN"), self._setting("role_id", "VAULT_ROLE_ID")
        secret = self._setting("secret_id", "VAULT_SECRET_ID")
        self._ctx.secrets.update(value for value in (token, secret) if value)
        if not token and not (role and secret):
            raise ConfigError(
                "The token store hashi_vault needs a token (option token or VAULT_TOKEN), or an AppRole"
                " (options role_id and secret_id, or VAULT_ROLE_ID and VAULT_SECRET_ID)",
                source="VAULT_TOKEN",
            )
        hvac = load_hvac()
        self._session = VaultSession(self._ctx, self._address, self._setting("ca_path", "VAULT_CACERT"))
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
        mount = str(self._options.get("approle_mount") or "approle").strip("/")
        self._called(
            "sign in to",
            lambda: client.auth.approle.login(role_id=role, secret_id=secret, mount_point=mount),
        )
        token = client.token
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
            raise self._misread("sign in to", "a token that is none")
        self._ctx.secrets.add(token)
        session = t.cast(VaultSession, self._session)

        def revoke() -> None:
            session.closing = True
            try:
                self._called("sign out of", client.auth.token.revoke_self)
            except CvopsError as exc:  # it runs out by itself
                self._ctx.debug(1, str(exc))

        self._ctx.on_close(revoke)

    def _refused(self, what: str, exc: t.Any, exceptions: t.Any) -> CvopsError:
        said = (", ".join(exc.errors or []) or type(exc).__name__).rstrip(".")
        told = f"Cannot {what} the token store {self.where}: {said}."
        if isinstance(exc, (exceptions.InvalidRequest, exceptions.Unauthorized, exceptions.Forbidden)):
            return ConfigError(
                f"{told} The policy needs create, read and update on {self._mount}/data/{self._path}.",
                source=self.where,
            )
        sealed = isinstance(exc, exceptions.VaultDown)
        return ApiError(
            told, service=SERVICE, source=self.where, may_have_acted=what in ("write", "remove") and not sealed
        )

    def _misread(self, what: str, found: str) -> BadAnswer:
        return BadAnswer(
            f"Cannot {what} the token store {self.where}: HashiCorp Vault gave {found}.",
            service=SERVICE,
            source=self.where,
            may_have_acted=what in ("write", "remove"),
        )

    def _object(self, what: str, answer: t.Any, member: str) -> t.Mapping[str, t.Any]:
        found = answer.get(member) if isinstance(answer, t.Mapping) else None
        if not isinstance(found, t.Mapping):
            raise self._misread(what, f"an answer without {member}")
        return found

    def _version_in(self, what: str, metadata: t.Mapping[str, t.Any]) -> int:
        version = metadata.get("version")
        if not isinstance(version, int) or isinstance(version, bool) or not 0 < version < _HIGHEST_VERSION:
            raise self._misread(what, "a version that is none")
        return version

    def _setting(self, option: str, variable: str) -> str | None:
        found = self._options.get(option) or self._ctx.sources.environ.get(variable)
        return str(found) if found else None


class HeldSecret:
    """The secret at one version."""

    def __init__(self, store: VaultStore, pair: Pair | None, version: int, note: str) -> None:
        self._store, self.pair, self._version, self.note = store, pair, version, note

    def write(self, pair: Pair) -> None:
        """Replace the pair. A new pair is also written over a note that somebody changed meanwhile, never over another pair.

        All but the note of a renewal that is yet to be sent is the only copy of something: it is written although the run was told
        to stop. A write whose answer is missing or useless is looked after.
        """
        must_arrive = pair.renewal is None or pair.renewal.state != "sent"
        for number in range(_WRITES):
            try:
                self._version = self._store.write(pair, self._version, must_arrive)
            except (Overtaken, ApiError) as exc:
                if isinstance(exc, ApiError) and not exc.may_have_acted:
                    raise
                stored, version = self._store.read(must_arrive)
                if stored is None or to_document(stored) != to_document(pair):  # else only the answer was lost
                    if isinstance(exc, ApiError) or not self._replaces(pair, stored) or number == _WRITES - 1:
                        raise
                    self._version = version
                    continue
                self._version = version
            self.pair = pair
            return

    def clear(self) -> None:
        """Remove the pair."""
        self._store.remove(self._version)
        self.pair = None

    def _replaces(self, pair: Pair, stored: Pair | None) -> bool:
        """True for the outcome of a renewal whose old pair is still the one that is stored."""
        return (
            stored is not None
            and self.pair is not None
            and stored.secrets() == self.pair.secrets()
            and pair.generation == stored.generation + 1
        )


def _emptied(answer: t.Any) -> dict[str, t.Any] | None:
    """A secret whose newest version was deleted or destroyed: without content, but the next write has to name its version."""
    left = answer.get("data") if isinstance(answer, t.Mapping) else None
    return {"data": {**left, "data": None}} if isinstance(left, t.Mapping) else None
