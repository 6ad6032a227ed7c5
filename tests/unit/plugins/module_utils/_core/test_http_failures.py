# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What failed below HTTP, by the types of errors as requests and urllib3 nest them."""

from __future__ import annotations

import socket
import ssl
import typing as t

import pytest
import requests.exceptions as errors
import urllib3.exceptions as inner

from ansible_collections.cvops.identity.plugins.module_utils._core.http_failures import classify_failure, list_causes
from ansible_collections.cvops.identity.plugins.module_utils._core.http_settings import HttpSettings

MISLEADING = "certificate verify failed: Connection refused by getaddrinfo NewConnectionError proxy"


def nest(outer: type[Exception], reason: Exception, cause: BaseException | None = None) -> Exception:
    """Return an error of requests around one of urllib3 around one of Python."""
    reason.__cause__ = cause
    return outer(inner.MaxRetryError(t.cast("t.Any", None), "/x", reason))


def refuse_certificate(words: str) -> ssl.SSLCertVerificationError:
    found = ssl.SSLCertVerificationError(1, f"[SSL: CERTIFICATE_VERIFY_FAILED] {words}")
    found.verify_message = words
    return found


def connect(cause: BaseException) -> Exception:
    return nest(errors.ConnectionError, inner.NewConnectionError(t.cast("t.Any", None), MISLEADING), cause)


@pytest.mark.parametrize(
    ("exc", "code", "words", "acted"),
    [
        (
            connect(socket.gaierror(-2, "x")),
            "name_resolution",
            "its name cannot be resolved; check option url and DNS",
            False,
        ),
        (
            connect(ConnectionRefusedError(111, "x")),
            "refused",
            "the connection was refused; check host and port in option url, and that the service runs",
            False,
        ),
        (
            connect(OSError(113, "No route to host")),
            "refused",
            "no connection could be made (No route to host); check option url, routes and firewalls",
            False,
        ),
        (
            nest(errors.SSLError, inner.SSLError(refuse_certificate("self-signed certificate"))),
            "certificate",
            "its TLS certificate is not trusted (self-signed certificate); set ca_path to the CA that signed it",
            False,
        ),
        (nest(errors.SSLError, inner.SSLError(ssl.SSLError(1, MISLEADING))), "tls", "the TLS handshake failed", False),
        (
            nest(errors.ProxyError, inner.ProxyError("x", socket.gaierror(-2, "x"))),
            "proxy",
            "the name of the proxy cannot be resolved (option proxy)",
            False,
        ),
        (
            nest(errors.ProxyError, inner.ProxyError("x", OSError("Tunnel connection failed: 407"))),
            "proxy",
            "the proxy refused or failed (option proxy)",
            False,
        ),
        (errors.ConnectTimeout(MISLEADING), "connect_timeout", "the connection was not accepted in time", False),
        (errors.ReadTimeout(MISLEADING), "read_timeout", "no answer came in time", True),
        (errors.ConnectionError(MISLEADING), "connection_lost", "the connection was lost before the answer came", True),
        (errors.InvalidHeader(MISLEADING), "invalid_request", "the address or a header cannot be used as given", False),
        (inner.IncompleteRead(1, 2), "connection_lost", "the answer could not be read to its end", True),
    ],
)
def test_types_decide_and_never_texts(exc: BaseException, code: str, words: str, acted: bool) -> None:
    found = classify_failure(exc, errors, HttpSettings("Service", address_source="option url"), "option proxy")
    assert (found.code, found.words, found.may_have_acted) == (code, words, acted)


def test_causes_are_found_once_each_also_in_a_circle() -> None:
    first, second = ValueError("a"), OSError("b")
    first.__cause__, second.__context__ = second, first
    assert list_causes(first) == [first, second]


def test_the_search_for_causes_ends() -> None:
    outer: BaseException = ValueError("innermost")
    for number in range(1000):
        outer = ValueError(number, outer)
    assert len(list_causes(outer)) == 30
