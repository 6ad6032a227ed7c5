# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The TLS contexts of this process, one for each CA bundle: to load the usual bundle takes longer than a request does.

Processes that are forked inherit what their parent has loaded.
"""

from __future__ import annotations

import os
import re
import ssl
import stat
import threading
import typing as t

from .errors import ConfigError
from .http_settings import HttpSettings

CreateContext: t.TypeAlias = t.Callable[[bool], ssl.SSLContext]

_PEM_CERTIFICATE = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----")
#: The names that OpenSSL looks for in a folder of CAs.
_HASHED_NAME = re.compile(r"[0-9a-f]{8}\.\d+")
_CUT_OFF = "contains a certificate that cannot be read; it may be incomplete"

#: By path, None for connections without verification: what the file was when it was loaded, and the context.
_contexts: dict[str | None, tuple[tuple[int, ...], ssl.SSLContext]] = {}
_lock = threading.Lock()


def load_tls_context(settings: HttpSettings, usual_bundle: str, create: CreateContext) -> ssl.SSLContext:
    """Return the context that trusts the CA of *settings*: that of an earlier call where the file or folder is as it was then.

    What changes inside of the files of a folder is not seen, because OpenSSL keeps what it has read of them. *usual_bundle*: the
    path of the bundle where *settings* name none; *create* returns a context that verifies certificates and host names, or neither.
    Raises ConfigError when the CA does not exist, cannot be read, or holds no certificate.
    """
    chosen = settings.choose_ca()
    path = usual_bundle if chosen is True else chosen
    if path is False:
        with _lock:
            return _contexts.setdefault(None, ((), create(False)))[1]
    try:
        with _lock:
            return _load_once(path, create)
    except ConfigError as exc:
        option = f"option {settings.ca_option.rstrip(',')}: " if settings.ca_path else ""
        raise ConfigError(
            f"{option}The {settings.describe_ca()} for {settings.service} {exc}", source=settings.describe_ca()
        ) from None


def _load_once(path: str, create: CreateContext) -> ssl.SSLContext:
    """Return the context of the CA at *path*. Raises ConfigError that says what is wrong with it."""
    try:
        state = os.stat(path)
        # Taken before the file is read: what is written meanwhile is noticed by the next call.
        signature = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
        known = _contexts.get(path)
        if known is not None and known[0] == signature:
            return known[1]
        if not (stat.S_ISREG(state.st_mode) or stat.S_ISDIR(state.st_mode)):  # a pipe or device may never end
            raise ConfigError("is neither a file nor a folder")
        context = _load(path, create)
    except FileNotFoundError:
        raise ConfigError("does not exist") from None
    except ssl.SSLError:
        raise ConfigError(_CUT_OFF) from None
    except (OSError, ValueError) as exc:
        raise ConfigError(f"cannot be read: {getattr(exc, 'strerror', None) or 'its path cannot be used'}") from None
    _contexts[path] = (signature, context)
    return context


def _load(path: str, create: CreateContext) -> ssl.SSLContext:
    if os.path.isdir(path):
        if not any(_HASHED_NAME.fullmatch(name) for name in os.listdir(path)):
            raise ConfigError("is a folder without hashed names of certificates; run openssl rehash on it")
        context = create(True)
        context.load_verify_locations(capath=path)
        return context
    with open(path, "rb") as stream:
        content = stream.read()
    if not _PEM_CERTIFICATE.search(content):
        form = "; it is not in PEM form (-----BEGIN CERTIFICATE-----)" if content.strip() else "; the file is empty"
        raise ConfigError(f"holds no certificate{form}")
    context = create(True)
    context.load_verify_locations(cafile=path)
    return context
