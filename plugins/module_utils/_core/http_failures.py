# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What became of a request that got no answer, judged by the types of the errors below it, never by their texts."""

from __future__ import annotations

import socket
import ssl
import typing as t
from dataclasses import dataclass

from .http_settings import HttpSettings

_MOST_CAUSES = 30


@dataclass(frozen=True)
class Failure:
    """``code`` and ``words`` of a failure below HTTP; ``may_have_acted``: the service may have received the request."""

    code: str
    words: str
    may_have_acted: bool = False


def classify_failure(exc: BaseException, errors: t.Any, settings: HttpSettings, proxy: str) -> Failure:
    """Return what failed, and what to check. *errors*: the module ``requests.exceptions``; *proxy*: where the proxy in force comes from, in words."""
    address = settings.address_source
    causes = list_causes(exc)
    unresolved = any(isinstance(cause, (socket.gaierror, UnicodeError)) for cause in causes)
    if isinstance(exc, errors.ProxyError):
        if unresolved:
            return Failure("proxy", f"the name of the proxy cannot be resolved ({proxy})")
        return Failure("proxy", f"the proxy refused or failed ({proxy})")
    if isinstance(exc, errors.SSLError):
        refused = next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
        if refused is not None:
            why = refused.verify_message.rstrip(".")
            words = f"its TLS certificate is not trusted ({why}); set {settings.ca_option} to the CA that signed it"
            return Failure("certificate", words)
        return Failure("tls", "the TLS handshake failed")
    if isinstance(exc, errors.ConnectTimeout):
        return Failure("connect_timeout", "the connection was not accepted in time")
    if isinstance(exc, errors.ReadTimeout):
        return Failure("read_timeout", "no answer came in time", True)
    if isinstance(exc, errors.ConnectionError):
        if unresolved:
            return Failure("name_resolution", f"its name cannot be resolved; check {address} and DNS")
        if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
            return Failure(
                "refused", f"the connection was refused; check host and port in {address}, and that the service runs"
            )
        if any(type(cause).__name__ == "NewConnectionError" for cause in causes):
            told = next((cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), None)
            why = f" ({told})" if told else ""
            return Failure("refused", f"no connection could be made{why}; check {address}, routes and firewalls")
        return Failure("connection_lost", "the connection was lost before the answer came", True)
    if isinstance(exc, ValueError):  # also invalid addresses and headers of either library
        return Failure("invalid_request", "the address or a header cannot be used as given")
    return Failure("connection_lost", "the answer could not be read to its end", True)


def list_causes(exc: BaseException) -> list[BaseException]:
    """Return *exc* and the errors behind it, nearest first: causes, contexts, and what requests and urllib3 keep as an argument or a reason."""
    found: list[BaseException] = []
    waiting: list[t.Any] = [exc]
    while waiting and len(found) < _MOST_CAUSES:
        cause = waiting.pop(0)
        if not isinstance(cause, BaseException) or any(cause is known for known in found):
            continue
        found.append(cause)
        kept = (getattr(cause, "reason", None), getattr(cause, "original_error", None))
        waiting += [*cause.args, *kept, cause.__cause__, cause.__context__]
    return found
