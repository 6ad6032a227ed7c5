# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The token of another issuer in workload identity federation: given as text, read from a file, or of a managed identity."""

from __future__ import annotations

import hashlib
import os

from ..._core.context import Context
from ..._core.errors import ConfigError
from . import managed_identity

#: The audience of a federated token, by cloud (Microsoft Learn: federated identity credentials).
AUDIENCES = {
    "public": "api://AzureADTokenExchange",
    "usgov": "api://AzureADTokenExchangeUSGov",
    "usgovdod": "api://AzureADTokenExchangeUSGov",
    "china": "api://AzureADTokenExchangeChina",
}
SYSTEM_ASSIGNED = "system"
SOURCE_OPTIONS = ("federated_token", "federated_token_file", "federated_managed_identity")


def read_assertion(ctx: Context) -> str:
    """Return the token to present; a file is read at each use, because its owner replaces it during a run.

    Raises ConfigError for a file that cannot be read, AuthError when the managed identity gets no token.
    """
    options = ctx.options
    if options.get("federated_token"):
        return str(options["federated_token"]).strip()
    if options.get("federated_token_file"):
        return _read_token_file(ctx, os.path.expanduser(options["federated_token_file"]))
    wanted = str(options["federated_managed_identity"])
    token = managed_identity.acquire_token(
        ctx, None if wanted == SYSTEM_ASSIGNED else wanted, AUDIENCES[options["cloud"]] + "/.default"
    )
    return token.value


def get_source_option(ctx: Context) -> str:
    """Return the name of the option that the token comes from: the first of SOURCE_OPTIONS that is given."""
    return next(name for name in SOURCE_OPTIONS if ctx.options.get(name))


def compute_fingerprint(ctx: Context) -> str:
    """Return a digest of the option that the token comes from, because the token itself changes while its source stays."""
    named = get_source_option(ctx)
    return hashlib.sha256(f"{named}:{ctx.options[named]}".encode()).hexdigest()


def _read_token_file(ctx: Context, path: str) -> str:
    """Return the content of the token file, masked from now on. Raises ConfigError."""
    source = ctx.describe_source("federated_token_file")
    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read(1 << 20).strip()
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not text"
        raise ConfigError(f"federated_token_file: {path} cannot be read: {reason}", source=source) from exc
    if not text:
        raise ConfigError(f"federated_token_file: {path} is empty", source=source)
    ctx.secrets.add(text)
    return text
