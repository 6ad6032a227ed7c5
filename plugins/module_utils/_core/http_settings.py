# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The settings of a service's transport: certificates, proxy, timeouts, and the only addresses that may be asked."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass, field

from .retry import RetryPolicy

_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")


@dataclass(frozen=True)
class HttpSettings:
    """How to reach one service, times in seconds.

    ``environment_proxies``: honour HTTPS_PROXY and NO_PROXY. ``ca_option``, ``proxy_option``: the options behind
    ``ca_path`` and ``proxy``. ``address_source``: where the address comes from, in words. ``origins``: scheme and
    host (with port) of all addresses that may be asked, lower case; empty for any. What a service says, such as a next link or
    a discovery document, cannot lead a credential anywhere else. ``largest``: bytes of an answer, None for the usual limit.
    ``wait_for_turn``: called with the address before each request is sent, also again; sleeps where the service takes few of them.
    """

    service: str
    ca_path: str | None = None
    ca_option: str = "ca_path"
    validate_certs: bool = True
    proxy: str | None = None
    proxy_option: str = "proxy"
    address_source: str = "the address"
    environment_proxies: bool = True
    timeout_s: float = 30.0
    policy: RetryPolicy = RetryPolicy()
    origins: frozenset[str] = frozenset()
    correlation_header: str = "client-request-id"
    connections: int = 8
    largest: int | None = None
    wait_for_turn: t.Callable[[str], None] = lambda url: None
    environ: t.Mapping[str, str] = field(default_factory=lambda: os.environ)

    def choose_ca(self) -> bool | str:
        """Return ``verify`` of requests: False, True, or a path; an option beats the environment, that the library's bundle."""
        if not self.validate_certs:
            return False
        if self.ca_path:
            return self.ca_path
        name = self._find_ca_variable()
        return self.environ[name] if name else True

    def format_correlation_id(self, correlation_id: str) -> str:
        """Return the value of the correlation header: W3C trace context has a form of its own, every other header takes the id as it is."""
        if self.correlation_header.lower() != "traceparent":
            return correlation_id
        digits = correlation_id.replace("-", "")
        return f"00-{digits}-{digits[:16]}-01"

    def describe_ca(self) -> str:
        """Return the CA bundle in force in words, for messages about TLS."""
        if not self.validate_certs:
            return "certificate validation is off"
        if self.ca_path:
            return f"CA bundle {self.ca_path}"
        name = self._find_ca_variable()
        return f"CA bundle {self.environ[name]} from {name}" if name else "the CA bundle of Python's certifi"

    def _find_ca_variable(self) -> str | None:
        """Return the first variable that names a CA; a blank one, as a controller sets for an input that nobody gave, names none."""
        return next((name for name in _CA_VARIABLES if self.environ.get(name, "").strip()), None)
