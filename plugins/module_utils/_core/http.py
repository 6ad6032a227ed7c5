# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only HTTP code of the collection: one session per service, honest retries, and nothing secret in what it says."""

from __future__ import annotations

import contextlib
import functools
import http.cookiejar
import json
import os
import re
import time
import traceback
import typing as t
import uuid
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from . import libraries, redact
from .addresses import proxy_in_words, shown, split_address
from .answers import AnswerRefused, BoundedResponse, parse_json, read_body
from .cancel import GRACE_S
from .context import Context
from .errors import ApiError, BadAnswer, ConfigError, Throttled, Unreachable
from .retry import Attempt, Policy, Repeat, retry_after_s
from .values import as_number
from .visible import one_line

try:
    import requests
    import requests.adapters
    import requests.exceptions
    import requests.utils
    import urllib3
except ImportError:
    HAS_REQUESTS = False
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    HAS_REQUESTS = True
    REQUESTS_IMPORT_ERROR = None

_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")
_LONGEST_CONNECT_S = 10.0
_LONGEST_ID = 128
_CHUNK = 64 * 1024
_TITLE = re.compile(r"<title>(.{0,2000}?)</title>", re.IGNORECASE | re.DOTALL)
#: Failures that the next try would meet again.
_LASTING = ("certificate", "invalid_request")


class Credentials(t.Protocol):
    """What a service wants to see with each request."""

    def headers(self) -> dict[str, str]:
        """Headers that carry the token; signs in when there is none yet."""

    def renew(self) -> bool:
        """The service refused the token: get another. False when that cannot help."""


@dataclass(frozen=True)
class Settings:
    """How to reach one service. Seconds throughout; ``environment_proxies``: honour HTTPS_PROXY and NO_PROXY; ``ca_option``: the option behind ``ca_path``.

    ``origins``: scheme and host (with port) of all addresses that may be asked, lower case; empty for any. What a service says, such as
    a next link or a discovery document, cannot lead a credential anywhere else. ``largest``: bytes of an answer, None for the usual limit.
    """

    service: str
    ca_path: str | None = None
    ca_option: str = "ca_path"
    validate_certs: bool = True
    proxy: str | None = None
    environment_proxies: bool = True
    timeout_s: float = 30.0
    policy: Policy = Policy()
    origins: frozenset[str] = frozenset()
    correlation_header: str = "client-request-id"
    connections: int = 8
    largest: int | None = None
    environ: t.Mapping[str, str] = field(default_factory=lambda: os.environ)

    def verify(self) -> bool | str:
        """What TLS verification uses: an option beats the environment, the environment beats the library's bundle."""
        if not self.validate_certs:
            return False
        if self.ca_path:
            return self.ca_path
        return next((self.environ[name] for name in _CA_VARIABLES if self.environ.get(name)), True)

    def ca_in_words(self) -> str:
        """The CA bundle in force, for messages about TLS."""
        if not self.validate_certs:
            return "certificate validation is off"
        if self.ca_path:
            return f"CA bundle {self.ca_path}"
        name = next((name for name in _CA_VARIABLES if self.environ.get(name)), None)
        return f"CA bundle {self.environ[name]} from {name}" if name else "the CA bundle of Python's certifi"

    def proxies(self, url: str) -> dict[str, str]:
        """Proxies for *url*."""
        if self.proxy:
            return {"http": self.proxy, "https": self.proxy}
        if not self.environment_proxies:
            return {}
        return dict(requests.utils.get_environ_proxies(url))

    def proxy_in_words(self, url: str) -> str:
        """The proxy in force, without user and password."""
        proxy = self.proxies(url).get(urlsplit(url).scheme)
        if not proxy:
            return "no proxy"
        return proxy_in_words(proxy)


@dataclass
class Reply:
    """An answer, not yet judged: each service's client knows what success looks like there."""

    method: str
    url: str
    status: int
    headers: t.Mapping[str, str]
    content: bytes
    correlation_id: str
    service: str
    tries: int = 1

    @property
    def path(self) -> str:
        """The path without host and query, for results."""
        return urlsplit(self.url).path

    @property
    def request_id(self) -> str:
        """The service's own id of the request, or ours where it gives none."""
        told = self.headers.get("request-id") or self.headers.get("x-ms-request-id")
        return one_line(str(told), _LONGEST_ID) if told else self.correlation_id

    @property
    def text(self) -> str:
        """The body as text; bytes that are no UTF-8 are replaced."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> t.Any:
        """The parsed body; raises BadAnswer for HTML, an empty body, JSON beyond all measure, or anything else that is no JSON."""
        if not self.content.strip():
            raise self.bad("an empty body")
        try:
            return parse_json(self.content)
        except AnswerRefused as exc:
            raise self.bad(str(exc)) from exc
        except ValueError as exc:
            raise self.bad(self.what_it_is()) from exc

    def what_it_is(self) -> str:
        """A body that is no JSON, in words: its HTML title, or its type; never its content."""
        start = self.content[:20000].decode("utf-8", "replace")
        titled = _TITLE.search(start)
        if titled:
            return f"an HTML page titled {one_line(titled.group(1), 120)!r}"
        kind = one_line(str(self.headers.get("content-type") or "unnamed type"), 80)
        return f"{len(self.content)} bytes of {kind} that are not JSON"

    def bad(self, what: str) -> BadAnswer:
        """The error for an answer that is not what this service sends."""
        hint = "A proxy, a gateway or a wrong base URL often answers so."
        return BadAnswer(
            f"{self.service} answered {self.method} {self.path} (HTTP {self.status}) with {what}. {hint}",
            **self.facts(),
            may_have_acted=self.method != "GET",
        )

    def facts(self) -> dict[str, t.Any]:
        """What a failed task tells about the request."""
        return {
            "service": self.service,
            "status": self.status,
            "request_id": self.request_id,
            "method": self.method,
            "path": self.path,
        }


class Transport:
    """Sends requests to one service. Does not judge answers, except that throttling beyond patience is an error."""

    def __init__(self, ctx: Context, settings: Settings, credentials: Credentials | None = None) -> None:
        if not HAS_REQUESTS:
            raise libraries.missing("requests", "This module", REQUESTS_IMPORT_ERROR)
        libraries.check("requests", "urllib3")
        verify = settings.verify()
        if isinstance(verify, str) and not os.path.exists(verify):
            raise ConfigError(
                f"The {settings.ca_in_words()} for {settings.service} does not exist", source=settings.ca_in_words()
            )
        self._ctx, self.settings, self._credentials = ctx, settings, credentials
        self._watch = _RequestWatch(ctx)
        self._session = _new_session(settings.connections, self._watch)
        ctx.on_close(self._session.close)

    def request(
        self,
        method: str,
        url: str,
        *,
        params: t.Mapping[str, t.Any] | None = None,
        json_body: t.Any = None,
        data: t.Any = None,
        headers: t.Mapping[str, str] | None = None,
        repeat: Repeat = Repeat.BY_METHOD,
        counts: str | None = "",
        authenticated: bool = True,
        closing: bool = False,
    ) -> Reply:
        """Send, repeat where that is safe and useful, and return the last answer.

        ``counts``: the counter to use, None for none; by default reads for GET and HEAD, writes for the rest. ``closing``: part of tidying up,
        allowed after a cancellation and after the deadline, tried once and briefly. Raises Unreachable, Throttled, BadAnswer, Cancelled,
        and WaitTimeout when the task's deadline has passed: then nothing is sent.
        """
        self._check_origin(method, url)
        correlation_id = str(uuid.uuid4())
        counter = ("reads" if method in ("GET", "HEAD") else "writes") if counts == "" else counts
        renewed = False
        number = 0
        while True:
            number += 1
            if not closing:
                self._ctx.cancellation.check()
                self._ctx.check_deadline(f"{method} {_path_of(url)} was sent to {self.settings.service}")
            sent_headers = {
                "Accept": "application/json",
                self.settings.correlation_header: _correlation(self.settings.correlation_header, correlation_id),
            }
            sent_headers.update(headers or {})
            if authenticated and self._credentials is not None:
                sent_headers.update(self._credentials.headers())
            if counter is not None:
                self._ctx.stats.add(counter)
                counter = None
            with self._watch.closing() if closing else contextlib.nullcontext():
                reply, attempt, failure = self._tried(
                    method, url, params, json_body, data, sent_headers, correlation_id, number
                )
            if (
                reply is not None
                and reply.status == 401
                and authenticated
                and self._credentials is not None
                and not renewed
                and not closing
            ):
                renewed = True
                if self._credentials.renew():
                    number -= 1
                    continue
            pause = None if closing else self._pause(number, attempt, repeat, failure)
            if pause is None:
                return self._last(reply, failure, attempt)
            why = f"HTTP {attempt.status}" if attempt.status else "no answer"
            self._ctx.debug(
                2, f"{self.settings.service}: {why} to {method} {urlsplit(url).path}, trying again in {pause:.1f} s"
            )
            self._ctx.stats.add("retries")
            self._ctx.sleep(pause)

    def _tried(self, method: str, *arguments: t.Any) -> tuple[Reply | None, Attempt, Unreachable | None]:
        """One try. The answer to a write is awaited for the grace period when the run is told to stop, that to a read is not."""
        cancellation, needed = self._ctx.cancellation, method not in ("GET", "HEAD")
        if not needed and not cancellation.shielded:
            return self._once(method, *arguments)
        return cancellation.finish_call(lambda: self._once(method, *arguments), needed=needed)

    def _once(
        self,
        method: str,
        url: str,
        params: t.Any,
        json_body: t.Any,
        data: t.Any,
        headers: dict[str, str],
        correlation_id: str,
        number: int,
    ) -> tuple[Reply | None, Attempt, Unreachable | None]:
        started, timeouts = self._ctx.clock.monotonic(), self._timeouts()
        told: dict[str, t.Any] = {"service": self.settings.service, "request_id": correlation_id, "method": method}
        if self._ctx.verbosity >= 4:
            self._ctx.debug(4, f"{method} {shown(url)} headers {redact.headers(headers)} body {redact.body(json_body)}")
        try:
            response = self._session.request(
                method,
                url,
                params=params,
                json=json_body,
                data=data,
                headers=headers,
                timeout=timeouts,
                verify=self.settings.verify(),
                proxies=self.settings.proxies(url),
                allow_redirects=False,
                stream=True,
            )
            content = _received(response, self.settings.largest)
        except AnswerRefused as exc:
            raise BadAnswer(
                f"{self.settings.service} answered {method} {_path_of(url)} with {exc}; it is not read to its end.",
                **told,
                path=_path_of(url),
                may_have_acted=method != "GET",
            ) from exc
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, ValueError) as exc:
            failure = self._unreachable(exc, method, url, correlation_id, timeouts[1])
            self._ctx.debug(3, f"{method} {shown(url)} -> {failure} (id {correlation_id})")
            return None, Attempt(method, None, received=failure.may_have_acted), failure
        reply = Reply(
            method,
            url,
            response.status_code,
            response.headers,
            content,
            correlation_id,
            self.settings.service,
            number,
        )
        took_s = self._ctx.clock.monotonic() - started
        self._ctx.observations.note(reply.service, response.headers.get("date"), self._ctx.clock.now(), took_s)
        self._ctx.debug(
            3,
            f"{method} {shown(response.url)} -> {reply.status} in {took_s * 1000:.0f} ms (id {correlation_id}, service id {reply.request_id})",
        )
        if 300 <= reply.status < 400:
            raise reply.bad(f"a redirect to {host_in_words(reply.headers.get('location'))}, which is not followed")
        wait_s = retry_after_s(reply.headers.get("retry-after"), self._ctx.clock.now().timestamp())
        return reply, Attempt(method, reply.status, True, wait_s), None

    def _timeouts(self) -> tuple[float, float]:
        budget = max(0.05, min(self.settings.timeout_s, self._watch.left_s()))
        return min(budget, _LONGEST_CONNECT_S), budget

    def _check_origin(self, method: str, url: str) -> None:
        """Raise BadAnswer for an address outside of the settings' origins: it comes from a service, not from the options."""
        if self.settings.origins and _origin_of(url) not in self.settings.origins:
            raise BadAnswer(
                f"{self.settings.service} names an address at {host_in_words(url)} to ask next ({method}); that is not where it was"
                " reached, so nothing is sent there.",
                service=self.settings.service,
                method=method,
            )

    def _pause(self, number: int, attempt: Attempt, repeat: Repeat, failure: Unreachable | None) -> float | None:
        if failure is not None and failure.code in _LASTING:
            return None
        pause = self.settings.policy.pause_s(number, attempt, repeat, self._ctx.clock.random())
        return pause if pause is not None and pause <= self._ctx.remaining_s() else None

    def _last(self, reply: Reply | None, failure: Unreachable | None, attempt: Attempt) -> Reply:
        if reply is None:
            raise failure or AssertionError("neither answer nor failure")
        if reply.status != 429:
            return reply
        told = attempt.retry_after_s
        when = f"It asks to wait {told:.0f} s." if told is not None else "It does not say how long to wait."
        limit = as_number(reply.headers.get("x-ratelimit-limit"))
        period = one_line(str(reply.headers.get("x-ratelimit-period") or "period"), 20)
        quota = f" Its quota is {limit} per {period}." if limit else ""
        raise Throttled(
            f"{reply.service} is throttling {reply.method} {reply.path}. {when}{quota}",
            retry_after_s=told,
            quota=limit,
            code="429",
            **reply.facts(),
        )

    def _unreachable(self, exc: t.Any, method: str, url: str, correlation_id: str, budget_s: float) -> Unreachable:
        host, limit = urlsplit(url).netloc, f"timeout {self.settings.timeout_s:.0f} s"
        if budget_s < self.settings.timeout_s:
            limit += f", of which the task's deadline left {budget_s:.1f} s"
        code, what, received = _classify(exc)
        if code == "read_timeout" and self._watch.left_s() <= 0:
            what = "the answer was not complete when the task's deadline passed"
        if code == "certificate":
            what += f"; set {self.settings.ca_option} to the CA that signed it"
        message = (
            f"{self.settings.service} at {host} gave no answer to {method} {urlsplit(url).path}: {what}."
            f" In force: {self.settings.ca_in_words()}, {self.settings.proxy_in_words(url)}, {limit}."
        )
        return Unreachable(
            message,
            may_have_acted=received,
            service=self.settings.service,
            code=code,
            request_id=correlation_id,
            method=method,
            path=urlsplit(url).path,
        )


class _RequestWatch:
    """The time that requests of one transport may take: until the task's deadline, after a cancellation the grace period."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._closing_until: float | None = None
        self._cancelled_until: float | None = None

    @contextlib.contextmanager
    def closing(self) -> t.Iterator[None]:
        """Give what is tidied up in the body a short time of its own, whatever the deadline says."""
        self._closing_until = time.monotonic() + GRACE_S
        try:
            yield
        finally:
            self._closing_until = None

    def left_s(self) -> float:
        """Seconds left."""
        now = time.monotonic()
        if self._closing_until is not None:
            return max(0.0, self._closing_until - now)
        if self._ctx.cancellation.requested:
            self._cancelled_until = self._cancelled_until or now + GRACE_S
            return max(0.0, self._cancelled_until - now)
        return self._ctx.remaining_s()


def _received(response: t.Any, largest: int | None) -> bytes:
    """The body of *response*, which ends its connection unless it was read whole. Raises AnswerRefused and requests' errors."""
    try:
        if 300 <= response.status_code < 400:
            response.close()
            return b""
        chunks = response.raw.stream(_CHUNK, decode_content=False)
        return read_body(chunks, str(response.headers.get("content-encoding") or ""), largest)
    except urllib3.exceptions.ReadTimeoutError as exc:
        response.close()
        raise requests.exceptions.ReadTimeout("the body did not come in time") from exc
    except BaseException:
        response.close()
        raise


def _new_adapter(connections: int, watch: _RequestWatch) -> t.Any:
    """An adapter whose connections read answers within limits, also those of a proxy to CONNECT."""
    bounded = staticmethod(functools.partial(BoundedResponse, watch))
    kinds: dict[str, t.Any] = urllib3.poolmanager.pool_classes_by_scheme
    pools = {
        scheme: type(
            "BoundedPool",
            (pool,),
            {"ConnectionCls": type("Bounded", (pool.ConnectionCls,), {"response_class": bounded})},
        )
        for scheme, pool in kinds.items()
    }

    class BoundedAdapter(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *arguments: t.Any, **keywords: t.Any) -> None:
            super().init_poolmanager(*arguments, **keywords)
            self.poolmanager.pool_classes_by_scheme = pools

        def proxy_manager_for(self, *arguments: t.Any, **keywords: t.Any) -> t.Any:
            manager = super().proxy_manager_for(*arguments, **keywords)
            manager.pool_classes_by_scheme = pools
            return manager

    return BoundedAdapter(pool_connections=2, pool_maxsize=connections, max_retries=0, pool_block=False)


def _new_session(connections: int, watch: _RequestWatch) -> t.Any:
    class PlainSession(requests.Session):
        def get_redirect_target(self, resp: t.Any) -> None:
            """None: requests would read a redirect's body without limits and parse its target although nothing is followed."""

    session = PlainSession()
    # Proxies, CA and credentials come from Settings alone: a netrc file would replace our token.
    session.trust_env = False
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    adapter = _new_adapter(connections, watch)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers["User-Agent"] = "cvops.identity"
    session.headers["Accept-Encoding"] = "gzip, deflate"
    return session


def _correlation(header: str, correlation_id: str) -> str:
    """W3C trace context has a form of its own; every other header takes the id as it is."""
    if header.lower() != "traceparent":
        return correlation_id
    digits = correlation_id.replace("-", "")
    return f"00-{digits}-{digits[:16]}-01"


def _path_of(url: str) -> str:
    """The path of an address for messages; empty for one that cannot be parsed."""
    try:
        return one_line(urlsplit(url).path, 300)
    except ValueError:
        return ""


def _origin_of(url: str) -> str:
    """Scheme, host and port of *url* in lower case; empty for one that cannot be parsed."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".lower()


def host_in_words(address: t.Any) -> str:
    """The host of an address that a service names, without user information."""
    try:
        parts = urlsplit(str(address or ""))
        host, port = parts.hostname, parts.port
    except ValueError:
        return "an address that cannot be read"
    if not host:
        return "another path of the same host"
    return f"{one_line(parts.scheme, 20) or 'https'}://{one_line(host, 100)}{f':{port}' if port else ''}"


def _classify(exc: t.Any) -> tuple[str, str, bool]:
    """``(code, words, may the service have received the request)`` of a failure below HTTP."""
    errors = requests.exceptions
    text = str(exc)
    if isinstance(exc, errors.SSLError):
        if "CERTIFICATE_VERIFY_FAILED" in text or "certificate" in text.lower():
            reason = (
                text.rsplit("certificate verify failed:", maxsplit=1)[-1].split("(_ssl")[0].strip(" :'\")")
                if "verify failed" in text
                else "certificate not accepted"
            )
            return (
                "certificate",
                f"its TLS certificate is not trusted ({reason})",
                False,
            )
        return "tls", "the TLS handshake failed", False
    if isinstance(exc, errors.ProxyError):
        return "proxy", "the proxy refused or failed", False
    if isinstance(exc, errors.ConnectTimeout):
        return "connect_timeout", "the connection was not accepted in time", False
    if isinstance(exc, errors.ReadTimeout):
        return "read_timeout", "no answer in time", True
    if isinstance(exc, errors.ConnectionError):
        if any(
            name in text
            for name in ("NameResolutionError", "Name or service not known", "getaddrinfo", "nodename nor servname")
        ):
            return "name_resolution", "its name cannot be resolved", False
        if "NewConnectionError" in text or "Failed to establish a new connection" in text or "refused" in text:
            return "refused", "the connection was refused", False
        return "connection_lost", "the connection broke before the answer came", True
    if isinstance(exc, ValueError):  # also invalid addresses and headers of either library
        return "invalid_request", "the address or a header cannot be used as given", False
    return "connection_lost", "the answer could not be read to its end", True


#: What libraries raise for answers that have not the form which they take for granted.
MISREAD: tuple[type[Exception], ...] = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)


class LibraryClient:
    """The face of a Transport that MSAL wants as its ``http_client``: get, post, close.

    Most addresses are from documents of the service. ``plain_http``: they need not be https.
    """

    def __init__(
        self, transport: Transport, repeat: Repeat, on_post: t.Callable[[], None], plain_http: bool = False
    ) -> None:
        self._transport, self._repeat, self._on_post = transport, repeat, on_post
        self._schemes = ("https", "http") if plain_http else ("https",)
        self._last: Reply | None = None

    def get(self, url: str, params: t.Any = None, headers: t.Any = None, **_unused: t.Any) -> LibraryResponse:
        """Discovery documents and the like."""
        self._check(url)
        return self._kept(self._transport.request("GET", url, params=params, headers=headers, counts=None))

    def post(
        self, url: str, params: t.Any = None, data: t.Any = None, headers: t.Any = None, **_unused: t.Any
    ) -> LibraryResponse:
        """A token request."""
        self._check(url)
        self._on_post()
        return self._kept(
            self._transport.request(
                "POST", url, params=params, data=data, headers=headers, repeat=self._repeat, counts=None
            )
        )

    def last_error(self) -> dict[str, t.Any]:
        """The JSON body of the last answer if it was an error, for reasons that the library does not pass on; else empty."""
        if self._last is None or self._last.status < 400:
            return {}
        try:
            answer = self._last.json()
        except BadAnswer:
            return {}
        return answer if isinstance(answer, dict) else {}

    def _kept(self, reply: Reply) -> LibraryResponse:
        """The answer for the library, unless it could only misread it: MSAL logs what is no JSON, and drops the words of a 5xx."""
        self._last = reply
        if reply.status >= 500:
            said = self.last_error().get("error_description") or reply.what_it_is()
            raise ApiError(f"{reply.service} failed with HTTP {reply.status}: {said}", **reply.facts())
        if (reply.method == "POST" or reply.status < 400) and not isinstance(reply.json(), dict):
            raise reply.bad("JSON that is no object")
        return LibraryResponse(reply)

    def _check(self, url: str) -> None:
        """Raises BadAnswer for an address that must not get a credential."""
        try:
            split_address("address", "", url.partition("?")[0], self._schemes)
        except ConfigError as exc:
            service = self._transport.settings.service
            raise BadAnswer(
                f"{service} names an address that is not called ({host_in_words(url)}): {exc}", service=service
            ) from None

    def close(self) -> None:
        """The transport's owner closes it."""


class LibraryResponse:
    """As much of a response as MSAL looks at; JSON as it was understood, since MSAL parses the text once more."""

    def __init__(self, reply: Reply) -> None:
        self.status_code, self.headers, self._reply = reply.status, reply.headers, reply
        try:
            self.text = json.dumps(reply.json())
        except BadAnswer:
            self.text = reply.what_it_is()

    def raise_for_status(self) -> None:
        """MSAL calls this for answers that it cannot use."""
        if self.status_code >= 400:
            raise self._reply.bad(self._reply.what_it_is())
