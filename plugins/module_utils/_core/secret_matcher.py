# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A finder of secrets in texts and structures, in whatever form they come back.

A secret is looked for as it is, and through what services, gateways and languages do to text: JSON, Python, percent and
HTML escapes, also nested and mixed, control characters in between, base64 (with or without padding, both alphabets, alone
or as a part of something longer such as ``user:password``), hexadecimal digits, single lines of a longer text, and the
beginning or end of a long one that was cut. Short secrets (:func:`.secret_encodings.is_short_secret`) occur by chance in dates,
ids and counters: they are hidden where they stand, by the name of the member or option, never wherever their characters occur.
"""

from __future__ import annotations

import base64
import functools
import re
import typing as t
from urllib.parse import unquote

from .escapes import ANY_ESCAPE, LAYER_PATTERNS, EscapeLayer, Span, unescape_match
from .secret_encodings import (
    END_LENGTH,
    TO_STANDARD_ALPHABET,
    SecretForm,
    encode_base64,
    generate_forms,
    is_short_secret,
    is_token_like,
)

HIDDEN = "********"

#: Members of bodies and forms that hold secrets on either service, folded and without separators.
_SECRET_NAMES = frozenset(
    [
        "accesstoken",
        "refreshtoken",
        "idtoken",
        "token",
        "authtoken",
        "assertion",
        "clientassertion",
        "clientsecret",
        "secrettext",
        "password",
        "newpassword",
        "oldpassword",
        "validationpassword",
        "passphrase",
        "pin",
        "otp",
        "code",
        "devicecode",
        "codeverifier",
        "applicationsecret",
        "newapplicationsecret",
        "accesskeyid",
        "secretaccesskey",
        "sharedsecret",
        "newsharedsecret",
        "newaccesskeyid",
        "newsecretaccesskey",
        "apikey",
        "newapikey",
        "keystorepassword",
        "privatekeypassword",
        "jksprivatekey",
        "certificatep12",
        "certpassword",
        "privatekey",
        "encryptedmessage",
        "newpasskey",
        "confirmpasskey",
        "proof",
        "sessionid",
        "key",
        "customkeyidentifier",
        "samltoken",
        "bpassword",
        "secret",
        "hint",
    ]
)
#: What is a credential by its form alone: a JWT, or the beginning of one that was cut; a client secret of Entra ID; a token of HashiCorp Vault.
_TOKEN = re.compile(
    r"\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}"
    r"|(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~-])"
    r"|\bhv[bsr]\.[A-Za-z0-9_-]{24,}"
)
#: A scheme and what is not a word of a sentence.
_PREFIXED_TOKEN = re.compile(
    r"\b((?i:Bearer)|QSDK)(\s+)(?=[^\s\"',;]*(?:[\d+/=~_]|[a-z][A-Z]))[^\s\"',;]{8,}|\b(SAML|Basic)(\s+)[A-Za-z0-9+/_]{20,}={0,2}(?![\w-])"
)
#: The value of a header that holds a credential, whatever its scheme.
_SECRET_HEADER = re.compile(
    r"(?<![\w-])((?i:(?:proxy-)?authorization|authtoken|x-api-key)\s{0,9}[:=]\s{0,9}(?:(?i:bearer|basic|qsdk|saml|negotiate)\s{1,9})?)"
    r"((?=[^\s\"',;]*(?:[\d+/=~]|[a-z][A-Z]))[^\s\"',;]{8,})"
)
#: What stands between the first and the last line of a private key in PEM form; a certificate is public.
_PRIVATE_KEY = re.compile(r"(-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----)([^-]+)")
#: User information of an address, also where the slashes are escaped, and where its password holds what would end it: what stands
#: behind the colon is no port then.
_USER_INFORMATION = re.compile(
    r"\b([a-z][a-z0-9+.-]{0,20}:[\\/]{2,4})"
    r"([^\s/\\?#\"'<>]{1,500}|[^\s/\\?#\"'<>@:\[]{0,200}:(?![0-9]{0,5}[/\\?#])[^\s\"'<>]{1,500})@",
    re.IGNORECASE,
)
#: Secrets that a text shows by their names: quoted members, form fields and attributes, elements.
_SECRET_NAME = (
    r"(?:pass(?:word|wd|phrase)|secret(?:[_-]?(?:text|id))?|(?:(?<![a-z])|(?<=new)|(?<=old))(?:pwd|pin|otp)|assertion|(?<!skip)(?<!delta)token"
    r"|code[_-]?verifier|device[_-]?code|(?:private|api|access|account)[_-]?key|(?<![a-z])sig(?:nature)?)"
)
_NAMED_SECRET = re.compile(
    rf"""{_SECRET_NAME}(?:(?P<quote>\\*["'])\s*(?:[:=]\s*(?P=quote)(?P<quoted>(?:(?!(?<!\\)(?P=quote)).)+)|:\s*(?P<number>\d+))"""
    rf"""|=\\*["']?(?P<field>[^&\s"'<>;,\\]+))|<[\w:.-]{{0,40}}?{_SECRET_NAME}>(?P<element>[^<]+)""",
    re.DOTALL,
)
#: What a text has to hold, in small letters, for one of the patterns above to match; looked for first because it takes less time.
_TOKEN_HINTS = re.compile("eyj|q~|hv[bsr]\\.|bearer|qsdk|saml|basic|authorization|authtoken|x-api-key|-----begin")
_NAME_SEPARATORS = re.compile("[\"'=>]")
#: What a text has to hold for any credential that the patterns above find.
_CREDENTIAL_HINTS = re.compile(
    "[@=\"'>]|eyJ|Q~|hv[bsr]\\.|(?i:bearer)|QSDK|SAML|Basic|(?i:authorization|authtoken|x-api-key)|-----BEGIN"
)
_NAME_PARTS = ("pass", "secret", "pwd", "pin", "otp", "assertion", "token", "verifier", "device", "key", "sig")

_LONG_SECRET = 16
_SEED_LENGTH = 16
#: A span that is longer is passed over as a whole, else a secret that is repeated without end costs time with the square of it.
_LONGEST_RESCAN = 256
_BASE64_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=")


def mask_user_information(value: str) -> str:
    """Return *value* with the user information (``user:password@``) of every address in it replaced."""
    return _USER_INFORMATION.sub(rf"\1{HIDDEN}@", value) if "@" in value else value


def list_credentials(text: str) -> set[str]:
    """Return the credentials that stand inside *text*: passwords in addresses, tokens behind their scheme, values that it names as secrets."""
    if not _CREDENTIAL_HINTS.search(text):
        return set()
    found = {match[0] for match in _TOKEN.finditer(text)}
    for match in _USER_INFORMATION.finditer(text):
        found |= split_user_information(match[2])
    found.update(match[2].strip() for pattern in (_SECRET_HEADER, _PRIVATE_KEY) for match in pattern.finditer(text))
    for match in _PREFIXED_TOKEN.finditer(text):
        found.add(match[0][match.end(2 if match[2] else 4) - match.start() :])
    found |= {password for secret in found for password in _decode_basic(secret)}
    if _NAME_SEPARATORS.search(text):
        found.update(text[start:stop] for start, stop in _find_named_secrets(text, text.lower()))
    return {secret for secret in found if not is_short_secret(secret)}


def split_user_information(user_information: str) -> set[str]:
    """Return what is secret in ``user:password``, encoded and decoded; a user alone is none, unless it can only be a token."""
    user, colon, password = user_information.partition(":")
    secret = password if colon else user if len(user) >= _LONG_SECRET and is_token_like(user) else ""
    return {form for form in (secret, unquote(secret)) if form}


def _decode_basic(secret: str) -> set[str]:
    """Return the password of ``user:password`` in base64, as the scheme Basic has it; none for anything else."""
    try:
        decoded = base64.b64decode(secret, validate=True).decode()
    except ValueError:
        return set()
    return split_user_information(decoded) if decoded.isprintable() and ":" in decoded else set()


@functools.lru_cache(maxsize=1024)
def is_secret_name(name: t.Any) -> bool:
    """Return True for the name of a member that holds a secret on either service."""
    return isinstance(name, str) and re.sub(r"[^a-z0-9]", "", name.lower()) in _SECRET_NAMES


class SecretMatcher:
    """A finder of one set of secrets; made once per set, because making it costs more than using it."""

    def __init__(self, secrets: frozenset[str]) -> None:
        known = {str(secret) for secret in secrets if secret}
        self._short = sorted((secret for secret in known if is_short_secret(secret)), key=len, reverse=True)
        self._numbers = {secret for secret in known if secret.isdigit()}
        forms = {form for secret in known if not is_short_secret(secret) for form in generate_forms(secret)}
        seeds: set[str] = set()
        self._heads: dict[str, list[str]] = {}
        self._tails: dict[str, list[str]] = {}
        self._by_first: dict[str, list[SecretForm]] = {}
        for form in sorted(forms, key=lambda form: len(form.text), reverse=True):
            seeds.add(form.text[:_SEED_LENGTH])
            self._by_first.setdefault(form.text[0], []).append(form)
            for end, ends in ((form.text[:END_LENGTH], self._heads), (form.text[-END_LENGTH:], self._tails)):
                if len(form.text) >= _LONG_SECRET and (form.encoded or is_token_like(end)):
                    seeds.add(end)
                    ends.setdefault(end, []).append(form.text)
        alternatives = "|".join(re.escape(seed) for seed in sorted(seeds, key=len, reverse=True))
        self._pattern = re.compile(alternatives) if seeds else None

    def redact_text(self, value: str, prose: bool = True) -> str:
        """Return *value* redacted; see :func:`redact_structure` about *prose*."""
        if self._may_hold_secret(value):
            value = self._hide_spans(value, self._find_spans(value))
        folded = value.lower()
        if _TOKEN_HINTS.search(folded):
            value = _TOKEN.sub(HIDDEN, value)
            if prose:
                value = _PREFIXED_TOKEN.sub(_hide_prefixed_token, value)
                value = _SECRET_HEADER.sub(rf"\1{HIDDEN}", value)
                value = _PRIVATE_KEY.sub(rf"\1{HIDDEN}", value)
            folded = value.lower()
        if "@" in value:
            value = mask_user_information(value)
            folded = value.lower()
        if prose and _NAME_SEPARATORS.search(folded) and any(part in folded for part in _NAME_PARTS):
            return _hide_named_secrets(value, folded)
        return value

    def redact_structure(self, value: t.Any, prose: bool) -> t.Any:
        """Return *value* redacted at any depth; see the function of this name."""
        return self._redact_value(value, False, prose, {})

    def _redact_value(self, value: t.Any, placed: bool, prose: bool, keys: dict[str, str]) -> t.Any:
        """Return a part of a structure redacted; *placed*: it stands below the name of a secret, *keys*: those redacted already."""
        if isinstance(value, str):
            return HIDDEN if placed and self._holds_secret(value) else self.redact_text(value, prose)
        if isinstance(value, dict):
            named = value.get("name")
            pair = isinstance(named, str) and is_secret_name(named)
            shown: dict[t.Any, t.Any] = {}
            for key, item in value.items():
                name = self._redact_key(key, shown, prose, keys)
                below = placed or is_secret_name(key) or (pair and key == "value")
                shown[name] = self._redact_value(item, below, prose, keys)
            return shown
        if isinstance(value, (list, tuple)):
            return [self._redact_value(item, placed, prose, keys) for item in value]
        if isinstance(value, int) and not isinstance(value, bool) and self._numbers:
            digits = str(value)
            return HIDDEN if digits in self._numbers and (placed or not is_short_secret(digits)) else value
        return value

    def _redact_key(self, key: t.Any, taken: t.Mapping[t.Any, t.Any], prose: bool, keys: dict[str, str]) -> t.Any:
        """Return a key redacted; two that look the same then stay two."""
        if not isinstance(key, str):
            return key
        shown = keys.get(key)
        if shown is None:
            shown = keys[key] = self.redact_text(key, prose)
        name, number = shown, 1
        while name in taken:
            number += 1
            name = f"{shown} ({number})"
        return name

    def _holds_secret(self, value: str) -> bool:
        """Return True for a text that holds a short secret, encoded or not, or anything that is redacted."""
        encoded = value.rstrip("=").translate(TO_STANDARD_ALPHABET)
        return (
            any(secret in value or encode_base64(secret) == encoded for secret in self._short)
            or self.redact_text(value) != value
        )

    def _may_hold_secret(self, value: str) -> bool:
        """Return True when a secret may be there; nearly always there is none, and then no place has to be remembered."""
        if self._pattern is None:
            return False
        for pattern in (None, *LAYER_PATTERNS):
            if pattern is not None:
                if not ANY_ESCAPE.search(value):
                    return False
                value = pattern.sub(unescape_match, value)
            if self._pattern.search(value):
                return True
        return False

    def _find_spans(self, value: str) -> list[Span]:
        """Return where secrets stand, seen through layers of escapes."""
        found: list[Span] = []
        layers: list[EscapeLayer] = []
        current = value
        for pattern in (None, *LAYER_PATTERNS):
            if pattern is not None:
                if not ANY_ESCAPE.search(current):
                    break
                layers.append(EscapeLayer(current, pattern))
                current = layers[-1].text
            for span in self._find_plain_spans(current):
                for layer in reversed(layers):
                    span = layer.find_origin(span)
                found.append(span)
        return found

    def _find_plain_spans(self, value: str) -> t.Iterator[Span]:
        """Yield where secrets stand without looking through escapes."""
        if self._pattern is None:
            return
        match = self._pattern.search(value)
        reached = 0
        while match:
            span = self._match_at(value, match.start(), reached)
            following = match.start() + 1
            if span:
                yield span
                reached = max(reached, span[1])
                if span[1] - match.start() > _LONGEST_RESCAN:  # nothing in a long span needs to be found again
                    following = span[1]
            match = self._pattern.search(value, following)

    def _match_at(self, value: str, start: int, reached: int) -> Span | None:
        """Return the span of the secret at *start*, whole or cut; what is before *reached* has been hidden already."""
        for form in self._by_first.get(value[start], ()):
            if value.startswith(form.text, start):
                end = start + len(form.text)
                if form.encoded:
                    while start > reached and value[start - 1] in _BASE64_CHARACTERS:
                        start -= 1
                    while end < len(value) and value[end] in _BASE64_CHARACTERS:
                        end += 1
                return start, end
        known = value[start : start + END_LENGTH]
        end = start + END_LENGTH
        best: Span | None = None
        for whole in self._heads.get(known, ()):
            length = END_LENGTH
            while length < len(whole) and value[start + length : start + length + 1] == whole[length]:
                length += 1
            best = (start, max(start + length, best[1] if best else 0))
        for whole in self._tails.get(known, ()):
            length = END_LENGTH
            while (
                length < len(whole)
                and start + END_LENGTH - length > reached
                and value[end - length - 1] == whole[-length - 1]
            ):
                length += 1
            best = (min(end - length, best[0] if best else end), max(end, best[1] if best else 0))
        return best

    def _hide_spans(self, value: str, spans: list[Span]) -> str:
        """Return the text with the spans hidden, and with them a short secret that follows at once, as a PIN does a password."""
        pieces: list[str] = []
        end = 0
        for start, stop in sorted(spans):
            if stop <= end:
                continue
            if start > end or not pieces:
                pieces += [value[end:start], HIDDEN]
            end = stop
            end += max((len(secret) for secret in self._short if value.startswith(secret, end)), default=0)
        return "".join([*pieces, value[end:]])


def _hide_prefixed_token(match: re.Match[str]) -> str:
    """Return the scheme of a token with the token hidden."""
    return f"{match[1] or match[3]}{match[2] or match[4]}{HIDDEN}"


def _hide_named_secrets(value: str, folded: str) -> str:
    """Return *value* with secrets hidden that it shows by their names; *folded*: the same in small letters."""
    pieces: list[str] = []
    end = 0
    for start, stop in _find_named_secrets(value, folded):
        pieces += [value[end:start], HIDDEN]
        end = stop
    return "".join([*pieces, value[end:]])


def _find_named_secrets(value: str, folded: str) -> t.Iterator[Span]:
    """Yield where secrets stand that *value* shows by their names; *folded*: the same in small letters."""
    if len(folded) != len(value):  # a letter whose small form is two
        folded = "".join(character if len(character.lower()) > 1 else character.lower() for character in value)
    for match in _NAMED_SECRET.finditer(folded):
        yield from [match.span(name) for name in ("quoted", "number", "field", "element") if match[name]][:1]


@functools.lru_cache(maxsize=16)
def get_matcher(secrets: frozenset[str]) -> SecretMatcher:
    """Return the matcher of *secrets*, made once."""
    return SecretMatcher(secrets)
