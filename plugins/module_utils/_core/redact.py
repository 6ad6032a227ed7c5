# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Redaction: secrets in texts, structures, headers, bodies and options are replaced, never shown in part.

How they are found is in :mod:`.secret_matcher`.
"""

from __future__ import annotations

import typing as t

from .secret_encodings import is_short_secret
from .secret_matcher import HIDDEN, SecretMatcher, get_matcher, is_secret_name

#: What Ansible shows in place of an option that is marked no_log.
HIDDEN_OPTION = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"

_SECRET_HEADERS = frozenset(
    (
        "authorization",
        "authtoken",
        "cookie",
        "set-cookie",
        "otp",
        "x-identity-header",
        "secret",
        "proxy-authorization",
        "x-vault-token",
        "proxy-authenticate",
    )
)


def drop_short_secrets(secrets: t.Iterable[t.Any]) -> set[str]:
    """Return the secrets that may be looked for in any text; the others are hidden by place, see :func:`redact_options`."""
    return {str(secret) for secret in secrets if not is_short_secret(str(secret))}


def redact_text(value: str, secrets: t.Iterable[str] = ()) -> str:
    """Return *value* with every known secret in any of its forms, every token of a form of its own, prefixed token and named secret replaced."""
    return get_matcher(frozenset(secrets)).redact_text(value)


def redact_structure(value: t.Any, secrets: t.Iterable[str] = (), *, prose: bool = True) -> t.Any:
    """Return a structure of JSON with every text in it, keys too, redacted; to be done before it becomes one text.

    Tuples become lists. Below the name of a secret, short secrets are hidden too. *prose* False: the texts are names and values
    that a reader compares, such as those of a plan; known secrets and tokens of a form of their own (such as JWTs) are hidden there,
    not what only looks like a credential.
    """
    return get_matcher(frozenset(secrets)).redact_structure(value, prose)


def redact_headers(values: t.Mapping[str, str], secrets: t.Iterable[str] = ()) -> dict[str, str]:
    """Return the headers with the values of credentials hidden, and known secrets in the others."""
    found = get_matcher(frozenset(secrets))
    return {
        name: HIDDEN if name.lower() in _SECRET_HEADERS else found.redact_text(str(value))
        for name, value in values.items()
    }


def redact_body(value: t.Any, secrets: t.Iterable[str] = ()) -> t.Any:
    """Return a JSON structure with the values of secret members hidden, at any depth; name/value pairs included."""
    return _redact_body_value(value, get_matcher(frozenset(secrets)))


def redact_options(values: t.Mapping[str, t.Any], spec: t.Mapping[str, t.Mapping[str, t.Any]]) -> dict[str, t.Any]:
    """Return module options as Ansible shows them: each one that *spec* marks no_log is hidden as a whole, at any depth."""
    return {name: _redact_option(value, spec.get(name) or {}) for name, value in values.items()}


def _redact_option(value: t.Any, option: t.Mapping[str, t.Any]) -> t.Any:
    """Return *value* as Ansible shows it for an *option* of the argument spec."""
    if value in (None, "", [], {}) or isinstance(value, bool):
        return value
    if option.get("no_log"):
        return HIDDEN_OPTION
    inner = option.get("options")
    if inner and isinstance(value, t.Mapping):
        return redact_options(value, inner)
    if inner and isinstance(value, (list, tuple)):
        return [redact_options(item, inner) if isinstance(item, t.Mapping) else item for item in value]
    return value


def _redact_body_value(value: t.Any, found: SecretMatcher) -> t.Any:
    """Return a part of a body with secret members hidden, and known secrets in its texts."""
    if isinstance(value, t.Mapping):
        named = value.get("name")
        if isinstance(named, str) and is_secret_name(named) and "value" in value:
            return {
                found.redact_text(str(key)): HIDDEN if key == "value" else _redact_body_value(item, found)
                for key, item in value.items()
            }
        return {
            found.redact_text(str(key)): HIDDEN
            if is_secret_name(key) and item not in (None, "", 0, [], {})
            else _redact_body_value(item, found)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_redact_body_value(item, found) for item in value]
    return found.redact_text(value) if isinstance(value, str) else value
