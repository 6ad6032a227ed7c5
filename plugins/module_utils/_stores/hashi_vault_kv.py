# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""One secret in a KV version 2 mount of HashiCorp Vault: read with its version, written with check-and-set, errors in words.

Both kinds of stores are made of it: that of a token pair is one secret, that of an application's keys is two.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.context import Context
from .._core.errors import ApiError, BadAnswer, ConfigError, CvopsError, Unreachable
from .conflicts import StoreConflict
from .hashi_vault_client import MISREAD_ERRORS, SERVICE, VaultSession, load_hvac, parse_vault_address

#: Vault numbers the versions of a secret from 1; anything beyond this is a broken answer.
_HIGHEST_VERSION = 2**53


@dataclass(frozen=True)
class SecretVersion:
    """A version of a secret. ``document``: None where the secret is missing, or the version deleted or destroyed; ``number``: 0 for none."""

    document: t.Mapping[str, t.Any] | None = None
    number: int = 0

    def __repr__(self) -> str:
        return f"SecretVersion(number={self.number})"


class VaultConnection:
    """The way into one Vault: address, namespace, and a client that is signed in at the first call.

    What the options leave open comes from the environment variables of Vault's own tools.
    """

    def __init__(self, ctx: Context, options: t.Mapping[str, t.Any]) -> None:
        self.ctx, self._options = ctx, options
        self.address = parse_vault_address(
            self._get_setting("url", "VAULT_ADDR"),
            "option url" if options.get("url") else "environment variable VAULT_ADDR",
        )
        self._namespace = self._get_setting("namespace", "VAULT_NAMESPACE")
        self.space = f"{self._namespace.strip('/')}/" if self._namespace else ""
        self._client: t.Any = None
        self._session: VaultSession | None = None

    def open(self, guard: t.Callable[[str, t.Callable[[], t.Any]], t.Any]) -> tuple[t.Any, VaultSession]:
        """Return the hvac client and its session. Raises ConfigError, MissingLibrary, ApiError.

        *guard*: calls the library and turns its errors into ours, those of signing in and out too.
        """
        if self._client is None:
            self._client = self._sign_in(guard)
        return self._client, t.cast(VaultSession, self._session)

    def _sign_in(self, guard: t.Callable[[str, t.Callable[[], t.Any]], t.Any]) -> t.Any:
        token, role = self._get_setting("token", "VAULT_TOKEN"), self._get_setting("role_id", "VAULT_ROLE_ID")
        secret = self._get_setting("secret_id", "VAULT_SECRET_ID")
        self.ctx.secrets.update(value for value in (token, secret) if value)
        if not token and not (role and secret):
            raise ConfigError(
                "The store hashi_vault needs a token (option token or VAULT_TOKEN), or an AppRole"
                " (options role_id and secret_id, or VAULT_ROLE_ID and VAULT_SECRET_ID)",
                source="VAULT_TOKEN",
            )
        hvac = load_hvac()
        self._session = VaultSession(self.ctx, self.address, self._get_setting("ca_path", "VAULT_CACERT"))
        client = hvac.Client(
            url=self.address.text,
            token=token or "",  # empty and not None, with which hvac looks for one in the user's home
            namespace=self._namespace,
            session=self._session,
            allow_redirects=False,
        )
        if not token:
            self._log_in(client, role, secret, guard)
        return client

    def _log_in(
        self,
        client: t.Any,
        role: str | None,
        secret: str | None,
        guard: t.Callable[[str, t.Callable[[], t.Any]], t.Any],
    ) -> None:
        """Log *client* in with an AppRole; its token is revoked when the run closes."""
        mount = str(self._options.get("approle_mount") or "approle").strip("/")
        guard("sign in to", lambda: client.auth.approle.login(role_id=role, secret_id=secret, mount_point=mount))
        token = client.token
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
            raise BadAnswer(
                f"Cannot sign in to HashiCorp Vault at {self.address.host_and_port}: it returned an unusable token.",
                service=SERVICE,
                source=self.address.text,
            )
        self.ctx.secrets.add(token)
        session = t.cast(VaultSession, self._session)

        def revoke() -> None:
            session.closing = True
            try:
                guard("sign out of", client.auth.token.revoke_self)
            except CvopsError as exc:  # the token expires by itself
                self.ctx.debug(1, str(exc))

        self.ctx.on_close(revoke)

    def _get_setting(self, option: str, variable: str) -> str | None:
        """Return an option of the store, or else the environment variable of Vault's own tools; None when both are empty."""
        found = self._options.get(option) or self.ctx.sources.environ.get(variable)
        return str(found) if found else None


class KvSecret:
    """A secret of a KV version 2 mount. *store*: what messages call it, such as ``token store``; *content*: what lies there, such as ``pair``."""

    def __init__(self, connection: VaultConnection, mount: str, path: str, store: str, content: str) -> None:
        self.connection, self.mount, self.path = connection, mount.strip("/"), path.strip("/")
        self._store, self._content = store, content
        host = connection.address.host_and_port
        self.full_path = f"{connection.space}{self.mount}/{self.path}"
        self.location = f"{self.full_path} in HashiCorp Vault at {host}"

    def read(self, must_arrive: bool = False) -> SecretVersion:
        """Return the newest version. *must_arrive*: read also after the run was told to stop. Raises ConfigError, ApiError."""
        return self._read(None, must_arrive)

    def read_version(self, number: int) -> SecretVersion:
        """Return the version with this number. Raises ConfigError, ApiError."""
        return self._read(number, False)

    def write(self, document: t.Mapping[str, t.Any], version: int, must_arrive: bool = False) -> int:
        """Write if the secret still has *version*, and return the new one. Raises StoreConflict, ConfigError, ApiError."""
        answer = self.call(
            "write",
            lambda client: client.secrets.kv.v2.create_or_update_secret(
                path=self.path, secret=dict(document), cas=version, mount_point=self.mount
            ),
            must_arrive,
        )
        return self._get_version("write", self._get_object("write", answer, "data"))

    def destroy_version(self, version: int) -> None:
        """Destroy the content of *version*. Raises ConfigError, ApiError."""
        self.call(
            "remove",
            lambda client: client.secrets.kv.v2.destroy_secret_versions(
                path=self.path, versions=[version], mount_point=self.mount
            ),
        )

    def call(self, what: str, call: t.Callable[[t.Any], t.Any], must_arrive: bool = False) -> t.Any:
        """Return hvac's answer to *call*, which gets the client; None for a secret that does not exist.

        *what*: the verb of the request in messages. Raises CvopsError for every failure.
        """
        client, session = self.connection.open(self._call_library)
        session.must_arrive = must_arrive
        try:
            return self._call_library(what, lambda: call(client))
        finally:
            session.must_arrive = False

    def build_misread_error(self, what: str, found: str) -> BadAnswer:
        """Return the error for an answer that is not Vault's; *found* completes "gave …"."""
        return BadAnswer(
            f"Cannot {what} the {self._store} {self.location}: HashiCorp Vault gave {found}.",
            service=SERVICE,
            source=self.location,
            may_have_acted=what in ("write", "remove"),
        )

    def _read(self, number: int | None, must_arrive: bool) -> SecretVersion:
        answer = self.call(
            "read",
            lambda client: client.secrets.kv.v2.read_secret_version(
                path=self.path, version=number, mount_point=self.mount, raise_on_deleted_version=False
            ),
            must_arrive,
        )
        if answer is None:
            return SecretVersion()
        found = self._get_object("read", answer, "data")
        document = found.get("data")
        if document is not None and not isinstance(document, t.Mapping):
            raise self.build_misread_error("read", "data that is not an object")
        version = self._get_version("read", self._get_object("read", found, "metadata"))
        return SecretVersion(document or None, version)

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
                    f"The {self._content} in {self.location} was changed in the meantime.", source=self.location
                ) from None
            raise self._build_refusal_error(what, exc, exceptions) from None
        except OSError as exc:
            raise Unreachable(
                f"Cannot {what} the {self._store} {self.location}: no answer ({type(exc).__name__}).",
                service=SERVICE,
                may_have_acted=what in ("write", "remove"),
            ) from None
        except MISREAD_ERRORS as exc:
            raise self.build_misread_error(
                what, f"an answer that its client library cannot read ({type(exc).__name__})"
            ) from None

    def _build_refusal_error(self, what: str, exc: t.Any, exceptions: t.Any) -> CvopsError:
        said = (", ".join(exc.errors or []) or type(exc).__name__).rstrip(".")
        told = f"Cannot {what} the {self._store} {self.location}: {said}."
        if isinstance(exc, (exceptions.InvalidRequest, exceptions.Unauthorized, exceptions.Forbidden)):
            needed = f"create, read and update on {self.mount}/data/{self.path}"
            if what == "remove":
                needed += f", and update on {self.mount}/destroy/{self.path}"
            return ConfigError(f"{told} The policy needs {needed}.", source=self.location)
        sealed = isinstance(exc, exceptions.VaultDown)
        return ApiError(
            told, service=SERVICE, source=self.location, may_have_acted=what in ("write", "remove") and not sealed
        )

    def _get_object(self, what: str, answer: t.Any, member: str) -> t.Mapping[str, t.Any]:
        """Return the object in *member* of an answer. Raises BadAnswer when there is none."""
        found = answer.get(member) if isinstance(answer, t.Mapping) else None
        if not isinstance(found, t.Mapping):
            raise self.build_misread_error(what, f"an answer without {member}")
        return found

    def _get_version(self, what: str, metadata: t.Mapping[str, t.Any]) -> int:
        """Return the version number in *metadata*. Raises BadAnswer when there is none."""
        version = metadata.get("version")
        if not isinstance(version, int) or isinstance(version, bool) or not 0 < version < _HIGHEST_VERSION:
            raise self.build_misread_error(what, "an unusable version")
        return version


def _read_removed_secret(answer: t.Any) -> dict[str, t.Any] | None:
    """Return the secret without content when its newest version was deleted or destroyed; None when there never was one.

    The next write has to name that version. *answer*: the body of Vault's 404.
    """
    left = answer.get("data") if isinstance(answer, t.Mapping) else None
    return {"data": {**left, "data": None}} if isinstance(left, t.Mapping) else None
