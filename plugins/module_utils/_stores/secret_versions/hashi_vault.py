# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A key in HashiCorp Vault, KV version 2: consumers read the secret *path*, what is pending lies in *path*``-pending``.

The value lies in one field of the secret, what is known of the key beside it in the same version; other fields of the secret stay as
they are. Each write names the version that it follows, so of several runs one wins. A pending value is destroyed once it is promoted.
"""

from __future__ import annotations

import typing as t

from ..._core.context import Context
from ..._core.errors import ConfigError, CvopsError
from ..conflicts import StoreConflict
from ..hashi_vault_kv import KvSecret, SecretVersion, VaultConnection
from .base import KEY_FACTS, Held, PlacedKeys, StoredKey, encode_facts, split_facts

KIND = "hashi_vault"


def open_vault_keys(ctx: Context, options: t.Mapping[str, t.Any]) -> PlacedKeys:
    """Return the store in the secret that *options* name; nothing is read or written yet. Raises ConfigError for an unusable address."""
    connection = VaultConnection(ctx, options)
    mount, path = str(options.get("mount") or "secret"), str(options["path"]).strip("/")
    field = str(options.get("field") or "value")
    if not path or field in KEY_FACTS.values():
        raise ConfigError(
            f"option hashi_vault: {f'field {field!r} is reserved for data about the key' if path else 'path is empty'}."
        )
    current = VaultPlace(KvSecret(connection, mount, path, "secret store", "key"), field)
    pending = VaultPlace(KvSecret(connection, mount, f"{path}-pending", "secret store", "key"), field)
    return PlacedKeys(ctx, KIND, current, pending, check_rights=lambda *held: _check_rights(current, pending))


class VaultPlace:
    """A secret of a KV version 2 mount, whose field *field* holds the value."""

    def __init__(self, secret: KvSecret, field: str) -> None:
        self.secret, self._field = secret, field
        self.label = secret.location

    def read(self) -> Held:
        """Return the newest version; one that was deleted or destroyed holds nothing. Raises ConfigError, ApiError."""
        found = self.secret.read()
        if found.number == 0:
            self._check_mount()
        return self._decode(found)

    def read_before(self, held: Held) -> StoredKey | None:
        """Return the key of the version before *held*, None where it was deleted or destroyed. Raises ConfigError, ApiError."""
        number = (held.version or 0) - 1
        return self._decode(self.secret.read_version(number)).key if number > 0 else None

    def write(self, key: StoredKey, held: Held) -> None:
        """Write the version after *held*. Raises StoreConflict where it is not the newest any more, ConfigError, ApiError."""
        self.secret.write({**held.others, self._field: key.value, **encode_facts(key)}, held.version or 0)

    def clear(self, held: Held) -> None:
        """Destroy the content of *held*; a version after it stays. Raises ConfigError, ApiError."""
        self.secret.destroy_version(held.version)

    def _decode(self, found: SecretVersion) -> Held:
        """Return the key in a version of the secret. Raises ConfigError for a field that is no text."""
        facts, others = split_facts(found.document or {})
        value = others.pop(self._field, None)
        if value is None or value == "":
            return Held(None, found.number, others)
        if not isinstance(value, str) or not all(isinstance(fact, str) for fact in facts.values()):
            raise ConfigError(
                f"{self.label}: field {self._field}, or the data that a rotation keeps with it, is not a text; name the field of the secret"
                " that consumers read (option field of hashi_vault).",
                source=self.label,
            )
        return Held(StoredKey(value, **facts), found.number, others)

    def _check_mount(self) -> None:
        """Raise ConfigError for a mount of KV version 1, where the paths of version 2 look as if nothing were there.

        Where the Vault does not say what the mount is, the next request tells.
        """
        mount = self.secret.mount
        try:
            answer = self.secret.call("look up", lambda client: client.read(f"sys/internal/ui/mounts/{mount}"))
        except CvopsError:
            return
        found = answer.get("data") if isinstance(answer, t.Mapping) else None
        kind = found.get("type") if isinstance(found, t.Mapping) else None
        options = found.get("options") if isinstance(found, t.Mapping) else None
        version = options.get("version") if isinstance(options, t.Mapping) else None
        if kind in ("kv", "generic") and str(version or 1) != "2":
            raise ConfigError(
                f"{self.label}: the mount {mount} is KV version 1, which has no versions and no check-and-set. Name "
                f"a mount of version 2, or convert it: vault kv enable-versioning {mount}",
                source=self.label,
            )


def _check_rights(current: VaultPlace, pending: VaultPlace) -> None:
    """Raise ConfigError where the token may read and not write; a Vault that does not tell is believed."""
    needed: dict[str, tuple[str, ...]] = {}
    for place in (current, pending):
        secret = place.secret
        needed[f"{secret.mount}/data/{secret.path}"] = ("create", "update")
    needed[f"{pending.secret.mount}/destroy/{pending.secret.path}"] = ("update",)
    try:
        answer = current.secret.call("look up", lambda client: client.sys.get_capabilities(paths=list(needed)))
    except (CvopsError, StoreConflict):
        return
    told = answer.get("data") if isinstance(answer, t.Mapping) else None
    if not isinstance(told, t.Mapping):
        return
    lacking = []
    for path, wanted in needed.items():
        held = told.get(path)
        if isinstance(held, list) and "root" not in held:
            missing = [name for name in wanted if name not in held]
            lacking += [f"{' and '.join(missing)} on {path}"] if missing else []
    if lacking:
        raise ConfigError(
            f"The token may not write the secret store {current.label}: its policy lacks {', '.join(lacking)}.",
            source=current.label,
        )
