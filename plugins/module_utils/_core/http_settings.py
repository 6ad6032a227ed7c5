# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The settings of a service's transport: certificates, proxy, timeouts, and the only addresses that may be asked."""

from __future__ import annotations

import os
import re
import ssl
import typing as t
from dataclasses import dataclass, field

from .errors import ConfigError
from .retry import RetryPolicy

#: A bundle up to this size is parsed to see whether it can be; larger ones come from programs.
_LARGEST_PARSED = 64 * 1024
_PEM_CERTIFICATE = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----")
#: The names that OpenSSL looks for in a folder of CAs.
_HASHED_NAME = re.compile(r"[0-9a-f]{8}\.\d+")
_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")


@dataclass(frozen=True)
class HttpSettings:
    """How to reach one service, times in seconds.

    ``environment_proxies``: honour HTTPS_PROXY and NO_PROXY. ``ca_option``, ``proxy_option``: the options behind
    ``ca_path`` and ``proxy``. ``origins``: scheme and
    host (with port) of all addresses that may be asked, lower case; empty for any. What a service says, such as a next link or
    a discovery document, cannot lead a credential anywhere else. ``largest``: bytes of an answer, None for the usual limit.
    """

    service: str
    ca_path: str | None = None
    ca_option: str = "ca_path"
    validate_certs: bool = True
    proxy: str | None = None
    proxy_option: str = "proxy"
    environment_proxies: bool = True
    timeout_s: float = 30.0
    policy: RetryPolicy = RetryPolicy()
    origins: frozenset[str] = frozenset()
    correlation_header: str = "client-request-id"
    connections: int = 8
    largest: int | None = None
    environ: t.Mapping[str, str] = field(default_factory=lambda: os.environ)

    def choose_ca(self) -> bool | str:
        """Return ``verify`` of requests: False, True, or a path; an option beats the environment, that the library's bundle."""
        if not self.validate_certs:
            return False
        if self.ca_path:
            return self.ca_path
        return next((self.environ[name] for name in _CA_VARIABLES if self.environ.get(name)), True)

    def describe_ca(self) -> str:
        """Return the CA bundle in force in words, for messages about TLS."""
        if not self.validate_certs:
            return "certificate validation is off"
        if self.ca_path:
            return f"CA bundle {self.ca_path}"
        name = next((name for name in _CA_VARIABLES if self.environ.get(name)), None)
        return f"CA bundle {self.environ[name]} from {name}" if name else "the CA bundle of Python's certifi"


def check_ca(settings: HttpSettings) -> None:
    """Raise ConfigError when the CA bundle that is set does not exist, cannot be read, or holds no certificate."""
    path = settings.choose_ca()
    if not isinstance(path, str):
        return
    wrong = _find_ca_fault(path)
    if wrong:
        option = f"option {settings.ca_option.rstrip(',')}: " if settings.ca_path else ""
        raise ConfigError(
            f"{option}The {settings.describe_ca()} for {settings.service} {wrong}", source=settings.describe_ca()
        )


def _find_ca_fault(path: str) -> str | None:
    """Return what is wrong with a CA bundle, None when it can be used."""
    try:
        if os.path.isdir(path):
            hashed = any(_HASHED_NAME.fullmatch(name) for name in os.listdir(path))
            return None if hashed else "is a folder that holds no certificate under its hash; run openssl rehash on it"
        with open(path, "rb") as stream:
            content = stream.read()
    except FileNotFoundError:
        return "does not exist"
    except (OSError, ValueError) as exc:
        return f"cannot be read: {getattr(exc, 'strerror', None) or 'its path cannot be used'}"
    if not _PEM_CERTIFICATE.search(content):
        form = "; it is not in PEM form (-----BEGIN CERTIFICATE-----)" if content.strip() else "; the file is empty"
        return f"holds no certificate{form}"
    if len(content) > _LARGEST_PARSED:
        return None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except (ssl.SSLError, OSError):
        return "holds a certificate that cannot be read; it may be cut off"
    return None
