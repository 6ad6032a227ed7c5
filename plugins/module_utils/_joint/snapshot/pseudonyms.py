# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Stable pseudonyms for people in the documents of a snapshot, which only who has the key can take back. Pure.

A pseudonym is an HMAC of the text without regard to letter case: equal texts have equal pseudonyms, in both services and in every snapshot
with the same key. Names of groups, roles and entities stay, but for names of people within them. Ids stay: they are no names.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import typing as t

from ..._commvault.overview.document import CommCellDocument
from ..._core.errors import ConfigError
from ..._core.libraries import build_missing_error, check_releases
from ..._core.names import fold_case
from ..._entra.overview.document import EntraDocument
from .files import Snapshot, list_documents
from .people import collect_people, list_common_words
from .texts import PeopleFinder

TABLE_FORMAT = "cvops.identity/pseudonyms/1"
#: A domain that can never be anybody's (RFC 2606).
_DOMAIN = "pseudonym.invalid"
_DIGITS = 16
#: Fields of the users of each document that are texts about a person.
_COMMVAULT_FIELDS = ("name", "full_name", "email", "user_principal_name", "description")
_ENTRA_FIELDS = ("displayName", "userPrincipalName", "mail")
_COLLECTORS = ("commvault_user", "person")
#: Keys whose values are never names of people.
_KEPT = frozenset(("format", "id", "grant_kind", "read_at", "started", "ended", "rights", "permissions", "categories"))


class Table(t.TypedDict):
    """Pseudonyms with the texts that they stand for, encrypted (AES-SIV, RFC 5297), in base64."""

    format: str
    entries: dict[str, str]


def pseudonymise(snapshot: Snapshot, key: bytes) -> tuple[Snapshot, Table]:
    """Return *snapshot* with pseudonyms in place of people, and the table that takes them back with the same *key*.

    Raises MissingLibrary without the library cryptography.
    """
    names = Pseudonyms(key)
    documents = list_documents(snapshot)
    people = collect_people(documents)
    finder = PeopleFinder(people, list_common_words(documents))
    work = _Replacement(names, finder)
    cells = [
        t.cast(CommCellDocument, work.replace_commcell(t.cast("dict[str, t.Any]", cell))) for cell in snapshot.commcells
    ]
    entra = None
    if snapshot.entra is not None:
        entra = t.cast(EntraDocument, work.replace_entra(t.cast("dict[str, t.Any]", snapshot.entra)))
    return Snapshot(cells, entra), names.build_table()


def reveal(table: t.Mapping[str, t.Any], key: bytes, pseudonym: str) -> str:
    """Return the text that *pseudonym* stands for. Raises ConfigError where the table does not have it, or with another key."""
    entries = table.get("entries")
    if table.get("format") != TABLE_FORMAT or not isinstance(entries, dict):
        raise ConfigError(f"This is no table of pseudonyms of the format {TABLE_FORMAT!r}.")
    token = entries.get(pseudonym)
    if not isinstance(token, str):
        raise ConfigError(f"The table of pseudonyms does not have {pseudonym!r}.")
    return Pseudonyms(key).decrypt(pseudonym, token)


class Pseudonyms:
    """The pseudonyms that one key makes, and the texts that they were made of."""

    def __init__(self, key: bytes) -> None:
        self._naming = hmac.digest(key, b"cvops.identity pseudonym", "sha256")
        self._sealing = hmac.digest(key, b"cvops.identity table of pseudonyms", "sha512")
        self._texts: dict[str, str] = {}
        self._made: dict[str, str] = {}

    def make(self, text: str) -> str:
        r"""Return the pseudonym of a text about a person; one with an @ gets an address, one of a directory (``DOMAIN\name``) keeps its domain.

        Empty texts stay.
        """
        found = self._made.get(text)
        if found is None:
            found = self._made[text] = self._make(text)
        return found

    def build_table(self) -> Table:
        """Return the table of all pseudonyms that were made."""
        aead = _make_cipher(self._sealing)
        entries = {}
        for pseudonym, text in sorted(self._texts.items()):
            entries[pseudonym] = base64.b64encode(aead.encrypt(text.encode(), [pseudonym.encode()])).decode("ascii")
        return {"format": TABLE_FORMAT, "entries": entries}

    def decrypt(self, pseudonym: str, token: str) -> str:
        """Return the text of an entry of a table. Raises ConfigError for another key, and for what was tampered with."""
        try:
            sealed = base64.b64decode(token, validate=True)
            return str(_make_cipher(self._sealing).decrypt(sealed, [pseudonym.encode()]).decode())
        except (ValueError, _get_invalid_tag()) as exc:
            raise ConfigError(
                f"The key does not fit the table of pseudonyms, or the entry of {pseudonym!r} was changed."
            ) from exc

    def _make(self, text: str) -> str:
        if not text:
            return text
        digest = hmac.new(self._naming, fold_case(text).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        made = f"person-{digest[:_DIGITS]}"
        domain, separator, dummy = text.rpartition("\\")
        if "@" in text:
            made = f"{made}@{_DOMAIN}"
        elif separator:
            made = f"{domain}\\{made}"
        # Of several spellings the same one in every run, whatever comes first.
        known = self._texts.get(made)
        self._texts[made] = text if known is None else min(known, text)
        return made


class _Replacement:
    """One pass over the documents of a snapshot."""

    def __init__(self, names: Pseudonyms, finder: PeopleFinder) -> None:
        self._names, self._finder = names, finder

    def replace_commcell(self, document: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Return the document of a CommCell without people; the lists stay in their order, which is that of ids."""
        replaced = self._replace_all(document)
        for before, row in zip(document["users"], replaced["users"], strict=True):
            self._replace_fields(before, row, _COMMVAULT_FIELDS)
        for before, row in zip(document["access_tokens"], replaced["access_tokens"], strict=True):
            self._replace_fields(before["owner"], row["owner"], ("name",))
        for before, row in zip(document["identity_providers"], replaced["identity_providers"], strict=True):
            held = before.get("associations")
            if isinstance(held, dict) and isinstance(held.get("users"), list):
                row["associations"]["users"] = sorted(self._names.make(str(name)) for name in held["users"])
        return replaced

    def replace_entra(self, document: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Return the document of a tenant without people."""
        replaced = self._replace_all(document)
        for kind in ("users", "deleted_users"):
            for before, row in zip(document[kind], replaced[kind], strict=True):
                self._replace_fields(before, row, _ENTRA_FIELDS)
        for before, row in zip(document["others"], replaced["others"], strict=True):
            if before.get("kind") != "device":
                self._replace_fields(before, row, ("displayName",))
        return replaced

    def _replace_all(self, document: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        found = {name: value if name == "format" else self._replace(value, name) for name, value in document.items()}
        collector = document["provenance"]["collector"]
        if collector["kind"] in _COLLECTORS:
            self._replace_fields(collector, found["provenance"]["collector"], ("name",))
        return found

    def _replace(self, value: t.Any, key: str = "") -> t.Any:
        """Return *value* with names of people replaced wherever they stand: as such beside a kind that says so, else within texts."""
        if isinstance(value, str):
            return value if key in _KEPT else self._finder.replace(value, self._names.make)
        if isinstance(value, list):
            return [self._replace(item, key) for item in value]
        if isinstance(value, dict):
            found = {
                self._finder.replace(name, self._names.make): self._replace(item, name) for name, item in value.items()
            }
            if value.get("kind") == "user" and isinstance(value.get("name"), str):
                found["name"] = self._names.make(value["name"])
            return found
        return value

    def _replace_fields(self, before: t.Mapping[str, t.Any], row: dict[str, t.Any], fields: t.Iterable[str]) -> None:
        for name in fields:
            if isinstance(before.get(name), str):
                row[name] = self._names.make(before[name])


def _make_cipher(key: bytes) -> t.Any:
    """Return AES-SIV with *key* of 64 bytes. Raises MissingLibrary."""
    try:
        import cryptography
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV
    except ImportError as exc:
        raise build_missing_error("cryptography", "The table of pseudonyms", exc) from exc
    check_releases(cryptography.__name__)
    return AESSIV(key)


def _get_invalid_tag() -> type[Exception]:
    """Return what the library raises for another key; ValueError without the library, which then says itself that it is missing."""
    try:
        from cryptography.exceptions import InvalidTag
    except ImportError:
        return ValueError
    return InvalidTag
