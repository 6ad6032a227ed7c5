# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A key in Azure Key Vault: consumers read the newest version of secret *name*, what is pending lies in secret *name*``-pending``.

What is known of the key lies in tags of the same version; other tags and the content type go from each version to the next. Key Vault
knows no check-and-set: after a write the newest version is read, and another one than that of this run is a conflict. A pending version
is disabled once it is promoted: no single version can be removed, and deleting the secret would hold its name.
"""

from __future__ import annotations

import datetime
import itertools
import re
import typing as t

from ..._core.context import Context, CountAs
from ..._core.errors import ApiError, BadAnswer, ConfigError, CvopsError, Forbidden, NotFound
from ..._core.values import format_time, parse_time
from ..azure_key_vault_access import SERVICE, KeyVaultAccess
from ..azure_key_vault_client import DisabledSecret, KeyVaultClient
from ..conflicts import StoreConflict
from .base import KEY_FACTS, Held, PlacedKeys, StoredKey, encode_facts, split_facts

KIND = "azure_key_vault"
_PENDING = "-pending"
#: Limits of the service (Microsoft Learn: about Key Vault secrets; Azure Key Vault keys, secrets and certificates overview).
_LONGEST_NAME, _MOST_TAGS, _LONGEST_TAG, _LARGEST_VALUE = 127, 15, 256, 25_000
_MOST_VERSIONS = 5000
_NO_VERSION = "0" * 32
_USUAL_CONTENT_TYPE = "text/plain"
_READ = "the role Key Vault Secrets User (or the access policy's permission get)"
_LIST = "the role Key Vault Secrets Officer (or the access policy's permission list)"
_WRITE = "the role Key Vault Secrets Officer on it (or the access policy's permissions get and set)"


def open_key_vault_keys(
    ctx: Context, options: t.Mapping[str, t.Any], connect: t.Callable[[str], KeyVaultAccess]
) -> PlacedKeys:
    """Return the store in the secret that *options* name; nothing is read or written yet.

    *connect*: returns the way into the vault at an address. Raises ConfigError for an unusable address or name.
    """
    name = str(options["name"])
    if not re.fullmatch(r"[0-9A-Za-z-]+", name) or len(name) + len(_PENDING) > _LONGEST_NAME:
        raise ConfigError(
            f"option name of azure_key_vault: {name!r} is not the name of a secret: letters, digits and dashes, at most"
            f" {_LONGEST_NAME - len(_PENDING)} of them, since {_PENDING} is appended for the pending value."
        )
    access = connect(str(options["vault_url"]))
    client = KeyVaultClient(ctx, access)
    host = access.url.partition("://")[2]
    current = KeyVaultPlace(ctx, client, name, host, is_read=True)
    pending = KeyVaultPlace(ctx, client, f"{name}{_PENDING}", host, is_read=False)

    def check_rights(*held: Held) -> None:
        for place, found in zip((current, pending), held, strict=True):
            place.check_rights(found)

    return PlacedKeys(ctx, KIND, current, pending, check_rights=check_rights)


class KeyVaultPlace:
    """A secret of a vault. *is_read*: consumers read its newest version, so that a disabled one is an outage."""

    def __init__(self, ctx: Context, client: KeyVaultClient, name: str, host: str, is_read: bool) -> None:
        self._ctx, self._client, self._name, self._is_read = ctx, client, name, is_read
        self.label = f"secret {name} in {SERVICE} {host}"

    def read(self) -> Held:
        """Return the newest version; a disabled one of the pending secret holds nothing.

        Raises ConfigError for a disabled version that consumers read, ApiError.
        """
        try:
            found = self._client.call(f"read {self.label}", lambda client: client.get_secret(self._name), needs=_READ)
        except NotFound:
            return Held()
        except DisabledSecret:
            if not self._is_read:
                return Held()
            raise ConfigError(
                f"The newest version of {self.label} is disabled: whoever reads it gets an error now. Enable it, or "
                "write the version that should be read by hand; the rotation does not guess which one.",
                source=self.label,
            ) from None
        return self._decode(found)

    def read_before(self, held: Held) -> StoredKey | None:
        """Return the key of the newest enabled version with another key than *held*, None for none. Raises ApiError."""
        if held.version is None:
            return None
        listed = self._client.call(
            f"list the versions of {self.label}",
            lambda client: list(
                itertools.islice(client.list_properties_of_secret_versions(self._name), _MOST_VERSIONS)
            ),
            needs=_LIST,
        )
        own = held.key.key_id if held.key is not None else ""
        usable = [
            found
            for found in listed
            if found.enabled is True
            and isinstance(found.created_on, datetime.datetime)
            and _is_version(found.version)
            and found.version != held.version
            and not (own and (found.tags or {}).get(KEY_FACTS["key_id"]) == own)
        ]
        if not usable:
            return None
        version = max(usable, key=lambda found: (found.created_on, found.version)).version
        found = self._client.call(
            f"read a former version of {self.label}",
            lambda client: client.get_secret(self._name, version),
            needs=_READ,
        )
        return self._decode(found).key

    def write(self, key: StoredKey, held: Held) -> None:
        """Write a version, and read that it is the newest one. Raises StoreConflict where it is not, ConfigError, ApiError."""
        tags = {**held.others.get("tags", {}), **encode_facts(key)}
        self._check_limits(key, tags)
        written = self._client.call(
            f"write {self.label}",
            lambda client: client.set_secret(
                self._name,
                key.value,
                tags=tags,
                content_type=held.others.get("content_type") or _USUAL_CONTENT_TYPE,
                enabled=True,
                not_before=self._get_service_time(),
                expires_on=parse_time(key.expires) if key.expires else None,
            ),
            needs=_WRITE,
        )
        version = self._get_version(written.properties, may_have_acted=True)
        try:
            newest = self.read().version
        except ApiError as exc:  # the write was done
            exc.may_have_acted = True
            raise
        if newest != version:
            raise StoreConflict(
                f"{self.label} was written by another process at the same time: its newest version is not that of this run.",
                source=self.label,
            )

    def clear(self, held: Held) -> None:
        """Disable the version *held*. Raises ApiError."""
        try:
            self._client.call(
                f"disable a version of {self.label}",
                lambda client: client.update_secret_properties(self._name, held.version, enabled=False),
                needs=_WRITE,
            )
        except NotFound:
            return

    def check_rights(self, held: Held) -> None:
        """Raise CvopsError where the secret cannot be written: no permission, or its name is held by a deleted secret.

        Asked with a change to a version that there never is, so that nothing is written.
        """
        try:
            self._client.call(
                f"write {self.label}",
                lambda client: client.update_secret_properties(self._name, _NO_VERSION, enabled=False),
                needs=_WRITE,
                count_as=CountAs.READ,
            )
        except Forbidden:
            raise
        except CvopsError as exc:
            if not (isinstance(exc, NotFound) or exc.facts.get("status") in (400, 409)):
                raise
        if held.version is None:
            self._check_deleted()

    def _check_deleted(self) -> None:
        try:
            self._client.call(
                f"look up deleted {self.label}", lambda client: client.get_deleted_secret(self._name), needs=_READ
            )
        except (NotFound, Forbidden):  # not deleted; or who may not look sees it when it writes
            return
        raise ConfigError(
            f"{self.label} was deleted, and its name is held until it is purged: recover it (az keyvault secret recover), or purge it.",
            source=self.label,
        )

    def _decode(self, found: t.Any) -> Held:
        properties, value = found.properties, found.value
        version = self._get_version(properties)
        facts, kept = split_facts(properties.tags or {})
        if not value:
            raise self._build_misread_error("a secret without a value")
        if not facts["expires"] and properties.expires_on is not None:
            facts["expires"] = format_time(properties.expires_on)
        return Held(StoredKey(value, **facts), version, {"tags": kept, "content_type": properties.content_type})

    def _get_version(self, properties: t.Any, may_have_acted: bool = False) -> str:
        if not _is_version(properties.version):
            raise self._build_misread_error("an unusable version", may_have_acted)
        return str(properties.version)

    def _build_misread_error(self, found: str, may_have_acted: bool = False) -> BadAnswer:
        return BadAnswer(
            f"{self.label}: {SERVICE} gave {found}.",
            service=SERVICE,
            source=self.label,
            may_have_acted=may_have_acted,
        )

    def _check_limits(self, key: StoredKey, tags: t.Mapping[str, str]) -> None:
        """Raise ConfigError for what the service would refuse, before it is sent."""
        what = None
        if len(key.value.encode()) > _LARGEST_VALUE:
            what = f"the value has more than {_LARGEST_VALUE} bytes"
        elif len(tags) > _MOST_TAGS:
            what = f"with the tags of the rotation it would have {len(tags)} tags, but {_MOST_TAGS} are possible: remove some"
        elif any(len(text) > _LONGEST_TAG for tag in tags.items() for text in tag):
            what = f"a tag has more than {_LONGEST_TAG} characters"
        if what:
            raise ConfigError(f"{self.label} cannot be written: {what}.", source=self.label)

    def _get_service_time(self) -> datetime.datetime:
        """Return the time by the service's clock, as far as it is known: readers judge a version's start by theirs."""
        ahead_s = self._ctx.service_timings.get_clock_difference_s(SERVICE) or 0
        return self._ctx.clock.now() + datetime.timedelta(seconds=ahead_s)


def _is_version(version: t.Any) -> bool:
    return isinstance(version, str) and re.fullmatch(r"[0-9A-Fa-f]{1,64}", version) is not None
