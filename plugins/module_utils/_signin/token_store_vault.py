# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token pair in HashiCorp Vault, KV version 2: check-and-set is the lock, so hosts that come and go may share it.

The note that a renewal has begun is written with check-and-set, so of several processes one wins and the others wait
for the pair that it stores. Nobody asks who is alive: a note that stays unchanged for longer than a renewal can take was left behind.
"""

from __future__ import annotations

import contextlib
import typing as t
from urllib.parse import urlsplit

from .._core.context import Context
from .._core.errors import ConfigError, CvopsError, MissingLibrary, Unreachable, WaitTimeout
from .token_store import Custodian, Overtaken, Pair, from_document, to_document, words

#: A renewal note as old as this by the clock, or watched unchanged for the shorter time, belongs to nobody any more.
_ABANDONED_S = 900.0
WATCH_S = 120.0
_POLL_S = 0.5
_TIMEOUT_S = 30


class VaultStore:
    """One secret of a KV version 2 mount. The Vault itself is the custodian: whoever reads the pair there may renew it there."""

    def __init__(self, ctx: Context, options: t.Mapping[str, t.Any]) -> None:
        self._ctx, self._options = ctx, options
        self._mount, self._path = str(options.get("mount") or "secret").strip("/"), str(options["path"]).strip("/")
        self._url = self._setting("url", "VAULT_ADDR")
        self._namespace = self._setting("namespace", "VAULT_NAMESPACE")
        self._client: t.Any = None
        host = urlsplit(self._url or "").netloc
        space = f"{self._namespace.strip('/')}/" if self._namespace else ""
        self.where = f"{space}{self._mount}/{self._path} in HashiCorp Vault at {host}"
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

    def read(self) -> tuple[Pair | None, int]:
        """The pair and its version; version 0 is none."""
        answer = self._ask(
            "read",
            lambda kv: kv.read_secret_version(path=self._path, mount_point=self._mount, raise_on_deleted_version=False),
        )
        found = (answer or {}).get("data") or {}
        version = int((found.get("metadata") or {}).get("version") or 0)
        document = found.get("data")
        return (from_document(document, self.where) if document else None), version

    def write(self, pair: Pair, version: int) -> int:
        """Write if the secret still has *version*; the new version. Raises Overtaken."""
        answer = self._ask(
            "write",
            lambda kv: kv.create_or_update_secret(
                path=self._path, secret=to_document(pair), cas=version, mount_point=self._mount
            ),
        )
        return int((answer or {}).get("data", {}).get("version") or version + 1)

    def remove(self, version: int) -> None:
        """Delete and destroy the version that holds the pair, as far as the policy allows."""
        self._ask(
            "remove",
            lambda kv: kv.destroy_secret_versions(path=self._path, versions=[version], mount_point=self._mount),
        )

    def _settled(self) -> tuple[Pair | None, int]:
        clock = self._ctx.clock
        began, seen = clock.monotonic(), -1
        while True:
            pair, version = self.read()
            renewal = pair.renewal if pair is not None else None
            if renewal is None or renewal.state != "sent":
                return pair, version
            if version != seen:
                began, seen = clock.monotonic(), version
                self._ctx.progress(f"waiting for {renewal.by}, which is renewing the pair in {self.where}")
            if clock.monotonic() - began >= WATCH_S or clock.now().timestamp() - renewal.at >= _ABANDONED_S:
                return pair, version
            if self._ctx.remaining_s() < _POLL_S * 2:
                raise WaitTimeout(
                    f"The pair in {self.where} is being renewed by {renewal.by} since {words(renewal.at)}; that did not end in time.",
                    source=self.where,
                )
            self._ctx.sleep(_POLL_S * (0.5 + clock.random()))

    def _ask(self, what: str, call: t.Callable[[t.Any], t.Any]) -> t.Any:
        """One call through hvac; None for a secret that is not there."""
        hvac = _library()
        client = self._signed_in(hvac)
        try:
            return call(client.secrets.kv.v2)
        except hvac.exceptions.InvalidPath:
            if what == "read":
                return None
            raise ConfigError(
                f"HashiCorp Vault has no KV version 2 mount for {self.where}.", source=self.where
            ) from None
        except hvac.exceptions.InvalidRequest as exc:
            if "check-and-set" in str(exc):
                raise Overtaken(f"The pair in {self.where} was changed meanwhile.", source=self.where) from None
            raise self._refused(what, exc) from None
        except hvac.exceptions.VaultError as exc:
            raise self._refused(what, exc) from None
        except OSError as exc:  # what the library's transport raises
            raise self._unreachable(what, exc, may_have_acted=what != "read") from None

    def _signed_in(self, hvac: t.Any) -> t.Any:
        if self._client is not None:
            return self._client
        if not (self._url or "").startswith("https://") and not _loopback(self._url):
            raise ConfigError(
                "The token store hashi_vault needs an https address in its option url or in VAULT_ADDR",
                source="VAULT_ADDR",
            )
        token, role = self._setting("token", "VAULT_TOKEN"), self._setting("role_id", "VAULT_ROLE_ID")
        secret = self._setting("secret_id", "VAULT_SECRET_ID")
        self._ctx.secrets.update(value for value in (token, secret) if value)
        if not token and not (role and secret):
            raise ConfigError(
                "The token store hashi_vault needs a token (option token or VAULT_TOKEN), or an AppRole"
                " (options role_id and secret_id, or VAULT_ROLE_ID and VAULT_SECRET_ID)",
                source="VAULT_TOKEN",
            )
        client = hvac.Client(
            url=self._url,
            token=token or "",
            namespace=self._namespace,
            verify=self._setting("ca_path", "VAULT_CACERT") or True,
            timeout=_TIMEOUT_S,
        )
        if not token:
            self._log_in(hvac, client, role, secret)
        self._client = client
        return client

    def _log_in(self, hvac: t.Any, client: t.Any, role: str | None, secret: str | None) -> None:
        mount = str(self._options.get("approle_mount") or "approle").strip("/")
        try:
            client.auth.approle.login(role_id=role, secret_id=secret, mount_point=mount)
        except hvac.exceptions.VaultError as exc:
            raise self._refused("sign in to", exc) from None
        except OSError as exc:
            raise self._unreachable("sign in to", exc, may_have_acted=False) from None
        self._ctx.secrets.add(str(client.token))

        def revoke() -> None:
            with contextlib.suppress(hvac.exceptions.VaultError, OSError):
                client.auth.token.revoke_self()

        self._ctx.on_close(revoke)

    def _refused(self, what: str, exc: t.Any) -> CvopsError:
        said = ", ".join(str(item) for item in exc.errors or []) or type(exc).__name__
        return ConfigError(
            f"Cannot {what} the token store {self.where}: {said}. The policy needs create, read and update on"
            f" {self._mount}/data/{self._path}.",
            source=self.where,
        )

    def _unreachable(self, what: str, exc: OSError, may_have_acted: bool) -> Unreachable:
        return Unreachable(
            f"Cannot {what} the token store {self.where}: no answer ({type(exc).__name__}).",
            service="HashiCorp Vault",
            may_have_acted=may_have_acted,
        )

    def _setting(self, option: str, variable: str) -> str | None:
        found = self._options.get(option) or self._ctx.sources.environ.get(variable)
        return str(found) if found else None


class HeldSecret:
    """The secret at one version."""

    def __init__(self, store: VaultStore, pair: Pair | None, version: int, note: str) -> None:
        self._store, self.pair, self._version, self.note = store, pair, version, note

    def write(self, pair: Pair) -> None:
        """Replace the pair. A new pair is also written over a note that somebody changed meanwhile, never over another pair."""
        while True:
            try:
                self._version = self._store.write(pair, self._version)
            except (Overtaken, Unreachable) as exc:
                stored, version = self._store.read()
                if stored is None or to_document(stored) != to_document(pair):  # else only the answer was lost
                    if isinstance(exc, Unreachable) or not self._replaces(pair, stored):
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


def _loopback(url: str | None) -> bool:
    """An agent on the same host listens without TLS."""
    return urlsplit(url or "").hostname in ("localhost", "127.0.0.1", "::1")


def _library() -> t.Any:
    try:
        import hvac
        import hvac.exceptions
    except ImportError as exc:
        raise MissingLibrary(
            "A token store in HashiCorp Vault needs the Python library hvac where this task runs: pip install hvac",
            library="hvac",
            details=str(exc),
        ) from exc
    return hvac
