# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make text and structures fit to be seen: secrets are replaced by what they are, never shown in part."""

from __future__ import annotations

import re
import typing as t

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
_SECRET_HEADERS = frozenset(
    ("authorization", "authtoken", "cookie", "set-cookie", "otp", "x-identity-header", "secret", "proxy-authorization")
)
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*")
_PREFIXED = re.compile(r"\b(Bearer|QSDK|SAML|Basic)\s+[^\s\"',;]{8,}")


def text(value: str, secrets: t.Iterable[str] = ()) -> str:
    """*value* with every known secret, JWT and prefixed token replaced."""
    for secret in sorted((item for item in secrets if item), key=len, reverse=True):
        value = value.replace(secret, HIDDEN)
    return _PREFIXED.sub(lambda match: f"{match.group(1)} {HIDDEN}", _JWT.sub(HIDDEN, value))


def structure(value: t.Any, secrets: t.Collection[str] = ()) -> t.Any:
    """A JSON structure with :func:`text` applied to every string."""
    if isinstance(value, str):
        return text(value, secrets)
    if isinstance(value, dict):
        return {structure(key, secrets): structure(item, secrets) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [structure(item, secrets) for item in value]
    return value


def headers(values: t.Mapping[str, str]) -> dict[str, str]:
    """Headers with the values of credentials hidden."""
    return {name: HIDDEN if name.lower() in _SECRET_HEADERS else str(value) for name, value in values.items()}


def body(value: t.Any) -> t.Any:
    """A JSON structure with the values of secret members hidden, at any depth; name/value pairs included."""
    if isinstance(value, t.Mapping):
        named = value.get("name")
        if isinstance(named, str) and _is_secret(named) and "value" in value:
            return {key: HIDDEN if key == "value" else body(item) for key, item in value.items()}
        return {
            key: HIDDEN if _is_secret(key) and item not in (None, "", 0, [], {}) else body(item)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [body(item) for item in value]
    return text(value) if isinstance(value, str) else value


def _is_secret(name: t.Any) -> bool:
    return isinstance(name, str) and re.sub(r"[^a-z0-9]", "", name.lower()) in _SECRET_NAMES
