# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Key marks: which secret an object of Commvault holds, in readable words at the end of its description. Pure.

Commvault never returns a secret. The last line of the description of an object that we have written one to is therefore
``[cvops secret: <fingerprint>]``, with a text that the caller chose, such as the key id that Entra ID gave the secret. It is never made
from the secret. Anything else in that place is no mark: which secret the object holds is unknown then.

The certificate of an identity provider is not secret, and not shown either: its mark has the word "certificate" in place of "secret".
That of a secret which a rotation has written to a credential of a controller, and which no job has used yet, has "unproven secret".
"""

from __future__ import annotations

import base64
import re
import typing as t

from .._core.errors import ConfigError
from .._core.visible import is_invisible

#: When a secret is written: never over one that is there, in every run, or where the mark differs from ``secret_fingerprint``.
SECRET_POLICIES = ("on_create", "always", "fingerprint")
#: The policy of an object whose secret is written by a rotation only.
ROTATED = "rotated"
_LONGEST_FINGERPRINT = 100
#: What a mark is of.
SECRET, CERTIFICATE, UNPROVEN = "secret", "certificate", "unproven secret"
_MARKS = {word: re.compile(rf"\[cvops {word}: ([^\[\]\n]+)\]") for word in (SECRET, CERTIFICATE, UNPROVEN)}
_LINE_ENDS = re.compile("\r\n|\r")


class MarkedText(t.NamedTuple):
    """A description without its mark, lines ended by a line feed, and the fingerprint of the mark; None where there is no mark."""

    text: str
    fingerprint: str | None


def split_mark(description: t.Any, word: str = SECRET) -> MarkedText:
    """Return the text of a description as the service shows it (None: it shows none), and the fingerprint in its last line.

    *word*: what the mark is of.
    """
    text = _LINE_ENDS.sub("\n", "" if description is None else str(description))
    before, separator, last = text.rstrip().rpartition("\n")
    found = _MARKS[word].fullmatch(last)
    if found is None or find_fingerprint_fault(found.group(1)) is not None:
        return MarkedText(text, None)
    return MarkedText(before if separator else "", found.group(1))


def join_mark(text: str, fingerprint: str | None, word: str = SECRET) -> str:
    """Return the description to write: *text*, and the mark of *word* in a line of its own; without a fingerprint, *text* alone."""
    mark = f"[cvops {word}: {fingerprint}]"
    return text if fingerprint is None else f"{text}\n{mark}" if text else mark


def find_fingerprint_fault(fingerprint: str) -> str | None:
    """Return what is wrong with a fingerprint; None for one that can be read back as it was written."""
    if not fingerprint.strip() or fingerprint != fingerprint.strip():
        return "it is empty, or begins or ends with a blank"
    if len(fingerprint) > _LONGEST_FINGERPRINT:
        return f"it has more than {_LONGEST_FINGERPRINT} characters"
    if any(sign in "[]" or not sign.isprintable() or is_invisible(sign) for sign in fingerprint):
        return "it contains square brackets, line breaks or invisible characters"
    return None


def is_secret_due(policy: str, wanted: str | None, shown: str | None) -> bool:
    """Return whether a secret is written over one that is there; a mark that is missing (*shown* None) is never the one *wanted*."""
    return policy == "always" or (policy == "fingerprint" and wanted != shown)


def check_secret_options(options: t.Mapping[str, t.Any], secret_option: str, text_option: str = "description") -> None:
    """Raise ConfigError for a secret, its policy and its fingerprint that do not go together.

    *secret_option*: the name of the option with the secret; *text_option*: of the one whose text the mark is put to.
    """
    secret, policy = options.get(secret_option), options.get("secret_policy") or "on_create"
    fingerprint, text = options.get("secret_fingerprint"), options.get(text_option)
    if policy == ROTATED:
        _check_rotated(options, secret_option)
    elif policy != "on_create" and not secret:
        raise ConfigError(
            f"secret_policy is {policy}, which may write the secret: {secret_option} is needed",
            source="option secret_policy",
        )
    if policy == "fingerprint" and fingerprint is None:
        raise ConfigError(
            "secret_policy is fingerprint: secret_fingerprint is needed: a text that identifies this secret, such as its key id",
            source="option secret_fingerprint",
        )
    if fingerprint is not None:
        fault = find_fingerprint_fault(fingerprint)
        if fault is not None:
            raise ConfigError(f"secret_fingerprint: {fault}", source="option secret_fingerprint")
    for option, value in (("secret_fingerprint", fingerprint), (text_option, text)):
        if secret and value and _holds_secret(value, secret):
            raise ConfigError(
                f"{option} contains the secret, and everybody can read it: choose a text that says nothing about the "
                "secret, such as its key id",
                source=f"option {option}",
            )
    if text is not None and split_mark(text).fingerprint is not None:
        raise ConfigError(
            f"{text_option}: its last line is the mark of a secret, which secret_fingerprint writes; leave that line out",
            source=f"option {text_option}",
        )


def _check_rotated(options: t.Mapping[str, t.Any], secret_option: str) -> None:
    """Raise ConfigError for a secret, or the mark of one, beside the policy that leaves both to a rotation."""
    given = [name for name in (secret_option, "secret_fingerprint") if options.get(name) is not None]
    if given:
        raise ConfigError(
            f"secret_policy is {ROTATED}, so a rotation writes the secret and its mark: leave out {' and '.join(given)}",
            source="option secret_policy",
        )


def _holds_secret(text: str, secret: str) -> bool:
    encoded = base64.b64encode(secret.encode("utf-8", "surrogatepass")).decode()
    return secret in text or encoded.rstrip("=") in text
