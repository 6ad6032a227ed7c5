# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Stable pseudonyms for people, which only who has the key can take back, and the table that does. Pure.

A pseudonym is an HMAC of the text without regard to letter case: equal texts have equal pseudonyms, in both services and in every snapshot
with the same key. Ids have pseudonyms of their own form. That of an account that programs sign in with, by its name, tells that it is one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import typing as t
import uuid

from ..._core.errors import ConfigError
from ..._core.libraries import build_missing_error, check_releases
from ..._core.names import fold_case
from .people import is_automation_name
from .pseudonym_ids import IdPseudonyms, parse_guid, parse_number
from .texts import format_like

TABLE_FORMAT = "cvops.identity/pseudonyms/1"
#: A domain that can never be anybody's (RFC 2606).
_DOMAIN = "pseudonym.invalid"
_DIGITS = 16
_PERSON, _PROGRAM = "person", "svc"
_PSEUDONYM = re.compile(
    rf"(?:.*\\)?(?:{_PERSON}|{_PROGRAM})-[0-9a-f]{{{_DIGITS}}}(?:@{re.escape(_DOMAIN)})?", re.DOTALL
)
_PART = re.compile(rf"(?:{_PERSON}|{_PROGRAM})-[0-9a-f]{{{_DIGITS}}}")
_LABELLED = re.compile(r"(.*) \(id (\d+)\)", re.DOTALL)


#: Texts are encrypted in multiples of so many bytes: their lengths would tell whose name is whose to who knows all names.
_BLOCK = 64
_END = b"\x80"


class Table(t.TypedDict):
    """Pseudonyms with the texts that they stand for, padded and encrypted (AES-SIV, RFC 5297), in base64."""

    format: str
    entries: dict[str, str]


def reveal(table: t.Mapping[str, t.Any], key: bytes, pseudonym: str) -> str:
    """Return the text that *pseudonym* stands for. Raises ConfigError where the table does not have it, or with another key."""
    entries = table.get("entries")
    if table.get("format") != TABLE_FORMAT or not isinstance(entries, dict):
        raise ConfigError(f"This is not a table of pseudonyms of the format {TABLE_FORMAT!r}.")
    pseudonym = pseudonym if pseudonym in entries else pseudonym.lower()
    token = entries.get(pseudonym)
    if not isinstance(token, str):
        raise ConfigError(f"The table of pseudonyms does not have {pseudonym!r}.")
    return Pseudonyms(key).decrypt(pseudonym, token)


def parse_table(found: t.Any) -> Table | None:
    """Return the table that a value is, None where it is none."""
    entries = found.get("entries") if isinstance(found, dict) and found.get("format") == TABLE_FORMAT else None
    if not isinstance(entries, dict) or not all(isinstance(value, str) for value in entries.values()):
        return None
    return {"format": TABLE_FORMAT, "entries": entries}


def is_pseudonym(text: str) -> bool:
    """Return whether a name has the form of a pseudonym; whose, and of which key, nobody can tell by it."""
    return _PSEUDONYM.fullmatch(text) is not None


def holds_pseudonym(text: str) -> bool:
    """Return whether something in a text has the form of the pseudonym of a name."""
    return _PART.search(text) is not None


class Pseudonyms:
    """The pseudonyms that one key makes, and the texts that they were made of. ``key_id``: tells keys apart, and nothing else of them."""

    def __init__(self, key: bytes) -> None:
        self._naming = hmac.digest(key, b"cvops.identity pseudonym", "sha256")
        self._sealing = hmac.digest(key, b"cvops.identity table of pseudonyms", "sha512")
        self.key_id = hmac.digest(key, b"cvops.identity which key", "sha256").hex()[:_DIGITS]
        self._ids = IdPseudonyms(key)
        self._texts: dict[str, str] = {}
        self._made: dict[tuple[str, str], str] = {}

    def make(self, text: str) -> str:
        r"""Return the pseudonym of a text about a person; one with an @ gets an address, one of a directory (``DOMAIN\name``) keeps its domain.

        An object id gets one of its form. Empty texts stay.
        """
        return self._remember("name", text, self._make)

    def make_id(self, text: str) -> str:
        """Return the pseudonym of an object id of Entra ID: a GUID for a GUID, in lower case."""
        return self._remember("object id", text, self._make_id)

    def make_part(self, text: str, guid: uuid.UUID) -> str:
        """Return the pseudonym of an object id that stands in a text, in the form in which it does."""
        return format_like(uuid.UUID(self.make_id(str(guid))), text)

    def make_number(self, text: str) -> str:
        """Return the pseudonym of an id of a user of Commvault: a number for a number, a name for what is a name; 0, 1 and what is below stay."""
        return self._remember("number", text, self._make_number)

    def make_opaque(self, text: str) -> str:
        """Return the pseudonym of an id of something that is somebody's alone."""
        return self._remember("opaque", text, self._make_opaque)

    def build_table(self) -> Table:
        """Return the table of all pseudonyms that were made."""
        aead = _make_cipher(self._sealing)
        entries = {}
        for pseudonym, text in sorted(self._texts.items()):
            sealed = aead.encrypt(_pad(text.encode("utf-8", "surrogatepass")), [pseudonym.encode()])
            entries[pseudonym] = base64.b64encode(sealed).decode("ascii")
        return {"format": TABLE_FORMAT, "entries": entries}

    def decrypt(self, pseudonym: str, token: str) -> str:
        """Return the text of an entry of a table. Raises ConfigError for another key, and for what was tampered with."""
        try:
            sealed = base64.b64decode(token, validate=True)
            padded: bytes = _make_cipher(self._sealing).decrypt(sealed, [pseudonym.encode()])
            return padded.rstrip(b"\0").removesuffix(_END).decode("utf-8", "surrogatepass")
        except (ValueError, _get_invalid_tag()) as exc:
            raise ConfigError(
                f"The key does not fit the table of pseudonyms, or the entry of {pseudonym!r} was changed."
            ) from exc

    def _remember(self, kind: str, text: str, make: t.Callable[[str], str]) -> str:
        found = self._made.get((kind, text))
        if found is None:
            found = self._made[kind, text] = make(text)
        return found

    def _make(self, text: str) -> str:
        if not text:
            return text
        if parse_guid(text) is not None:
            return self.make_id(text)
        domain, separator, name = text.rpartition("\\")
        if separator and name:
            # The name alone has the same pseudonym, with which it is looked for elsewhere.
            return self._note(f"{domain}\\{self._make(name)}", text)
        digest = hmac.new(self._naming, fold_case(text).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        made = f"{_PROGRAM if is_automation_name(text) else _PERSON}-{digest[:_DIGITS]}"
        return self._note(f"{made}@{_DOMAIN}" if "@" in text else made, text)

    def _make_id(self, text: str) -> str:
        guid = parse_guid(text)
        return self._note(str(self._ids.make_guid(guid)), str(guid)) if guid is not None else self._make(text)

    def _make_number(self, text: str) -> str:
        number = parse_number(text)
        if number is not None:
            made = str(self._ids.make_number(number))
            return made if made == text else self._note(made, text)
        if text[:1] == "-" and parse_number(text[1:]) is not None:
            return text
        labelled = _LABELLED.fullmatch(text)
        if labelled is not None:
            return f"{self.make(labelled[1])} (id {self.make_number(labelled[2])})"
        return self.make(text)

    def _make_opaque(self, text: str) -> str:
        if not text:
            return text
        return self.make_id(text) if parse_guid(text) is not None else self._note(self._ids.make_opaque(text), text)

    def _note(self, made: str, text: str) -> str:
        """Keep what a pseudonym stands for: of several spellings the same one in every run, whatever comes first."""
        known = self._texts.get(made)
        self._texts[made] = text if known is None else min(known, text)
        return made


def _pad(text: bytes) -> bytes:
    """Return *text* with its end marked, filled with zeros."""
    return text + _END + bytes(-(len(text) + 1) % _BLOCK)


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
