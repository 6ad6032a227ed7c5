# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Options that give a certificate as text or as the path of a file: their content, and how messages name its place."""

from __future__ import annotations

import base64
import binascii
import os

from .context import Context
from .errors import ConfigError
from .option_values import is_file_name, resolve_path

_LARGEST_FILE = 1 << 20


def read_certificate_option(ctx: Context, name: str, forms: str) -> tuple[bytes, str]:
    """Return the content that the option *name* gives, PEM or DER, and the words for its place.

    *forms*: what may be given instead of the path of a file, for the message. Raises ConfigError, which shows nothing of the content.
    """
    value, source = str(ctx.options[name]).strip(), ctx.describe_source(name)
    if "-----BEGIN" in value:
        return value.replace("\\r", "").replace("\\n", "\n").encode("utf-8", "surrogateescape"), f"text from {source}"
    decoded = decode_der_text(value.encode("utf-8", "surrogateescape"))
    if decoded is not None:
        return decoded, f"base64 text from {source}"
    if not is_file_name(value):
        raise ConfigError(f"{name}: it is neither {forms} nor the path of a file", source=source)
    path = resolve_path(ctx, os.path.expanduser(value))
    # Folder and name apart: the option may hold a key, so its whole value is hidden wherever it is shown.
    place = f"file {os.path.basename(path)} in {os.path.dirname(path) or 'the current folder'}"
    try:
        with open(path, "rb") as stream:
            content = stream.read(_LARGEST_FILE)
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or "its path cannot be used"
        raise ConfigError(f"{name}: the {place} cannot be read: {reason}", source=source) from exc
    return decode_der_text(content) or content, place


def decode_der_text(text: bytes) -> bytes | None:
    """Return the DER content that is written as base64, the way key vaults return it; None for anything else."""
    packed = b"".join(text.split())
    if not packed.startswith(b"MI"):  # how base64 of a DER sequence of more than 127 bytes begins
        return None
    try:
        return base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        return None
