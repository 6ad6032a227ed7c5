# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The HTTP transport, the only HTTP code of the collection: one session per service, retries, and nothing secret in its messages."""

from __future__ import annotations

import contextlib
import copy
import functools
import http.cookiejar
import ssl
import traceback
import typing as t
import uuid

from . import libraries
from .addresses import describe_host, describe_proxy_address, extract_origin, extract_path, mask_url, split_any_address
from .answers import AnswerRefused, BoundedResponse, read_body
from .context import PROGRESS_EVERY_S, Context, CountAs
from .errors import BadAnswer, ConfigError, Unreachable
from .http_failures import classify_failure
from .http_settings import HttpSettings
from .redact import redact_body, redact_headers
from .reply import Reply
from .request_time_limit import RequestTimeLimit
from .retry import Attempt, Repeat
from .tls_contexts import load_tls_context

try:
    import requests  # noqa: TID251
    import requests.adapters  # noqa: TID251
    import requests.exceptions  # noqa: TID251
    import requests.utils  # noqa: TID251
    import urllib3  # noqa: TID251
    import urllib3.util.ssl_  # noqa: TID251
except ImportError:
    HAS_REQUESTS = False
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    HAS_REQUESTS = True
    REQUESTS_IMPORT_ERROR = None

_LONGEST_CONNECT_S = 10.0
_CHUNK_BYTES = 64 * 1024
#: Failures that the next try would meet again.
_LASTING_FAILURES = ("certificate", "invalid_request")


class Credentials(t.Protocol):
    """The source of the headers with which a service knows the caller."""

    def build_headers(self) -> dict[str, str]:
        """Return the headers that carry the token; signs in when there is none yet."""

    def renew(self) -> bool:
        """Get another token after the service refused this one. Returns False when that cannot help."""


class Transport:
    """A sender of requests to one service. It does not judge answers, except that throttling beyond patience is an error."""

    def __init__(self, ctx: Context, settings: HttpSettings, credentials: Credentials | None = None) -> None:
        if not HAS_REQUESTS:
            raise libraries.build_missing_error("requests", "This module", REQUESTS_IMPORT_ERROR)
        libraries.check_releases("requests", "urllib3")
        context = load_tls_context(settings, _find_usual_bundle(), _create_tls_context)
        self._ctx, self.settings, self._credentials = ctx, settings, credentials
        self._watch = RequestTimeLimit(ctx)
        self._session = _create_session(settings.connections, self._watch, context)
        ctx.on_close(self._session.close)

    def share_connections(
        self, credentials: Credentials | None = None, settings: HttpSettings | None = None
    ) -> Transport:
        """Return a transport over the connections of this one. *settings*: others for the same service, its CA and proxy alike."""
        found = copy.copy(self)
        found.settings, found._credentials = settings or self.settings, credentials
        return found

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
        count_as: CountAs = CountAs.METHOD,
        authenticated: bool = True,
        closing: bool = False,
        is_undone: t.Callable[[], bool] = lambda: True,
    ) -> Reply:
        """Send, repeat where that is safe and useful, and return the last answer.

        ``is_undone`` looks whether a request that was received has had no effect. It is called before such a request is sent again,
        after the pause; where it returns False, the answer at hand is the last one.
        ``closing``: part of tidying up, allowed after a cancellation and after the deadline, tried once and briefly. Raises
        Unreachable, Throttled, BadAnswer, Cancelled, and WaitTimeout when the task's deadline has passed: then nothing is sent.
        """
        self._check_origin(method, url)
        correlation_id = str(uuid.uuid4())
        counter = count_as.find_counter(method)
        renewed = False
        number = 0
        while True:
            number += 1
            if not closing:
                self.settings.wait_for_turn(url)
                self._ctx.cancellation.check()
                self._ctx.check_deadline(f"{method} {extract_path(url)} was sent to {self.settings.service}")
            sent_headers = {
                "Accept": "application/json",
                self.settings.correlation_header: self.settings.format_correlation_id(correlation_id),
            }
            sent_headers.update(headers or {})
            if authenticated and self._credentials is not None:
                sent_headers.update(self._credentials.build_headers())
            if counter is not None:
                self._ctx.stats.add(counter)
                counter = None
            with self._watch.allow_closing() if closing else contextlib.nullcontext():
                reply, attempt, failure = self._send_until_stopped(
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
                if self._credentials.renew() and is_undone():
                    number -= 1
                    continue
            pause = None if closing else self._compute_pause_s(number, attempt, repeat, failure)
            if pause is None:
                return self._return_last(reply, failure, attempt)
            why = f"HTTP {attempt.status}" if attempt.status else "no answer"
            told = f"{self.settings.service}: {why} to {method} {extract_path(url)}, trying again in {pause:.1f} s"
            self._ctx.debug(2, told)
            if pause >= PROGRESS_EVERY_S and self._ctx.verbosity < 2:
                self._ctx.progress(told, pause)
            self._ctx.sleep(pause, is_throttled=attempt.status == 429)
            if attempt.received and not is_undone():
                return self._return_last(reply, failure, attempt)
            self._ctx.stats.add("retries")

    def _send_until_stopped(self, method: str, *arguments: t.Any) -> tuple[Reply | None, Attempt, Unreachable | None]:
        """Send once. Told to stop, a run waits the grace period for the answer to a write, and not for that to a read."""
        cancellation, needed = self._ctx.cancellation, method not in ("GET", "HEAD")
        if not needed and not cancellation.is_shielded:
            return self._send_once(method, *arguments)
        return cancellation.finish_call(lambda: self._send_once(method, *arguments), needed=needed)

    def _send_once(
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
        """Return the answer, how the attempt ended, and the error for no answer. Raises BadAnswer for one beyond the limits or a redirect."""
        started, timeouts = self._ctx.clock.monotonic(), self._compute_timeouts()
        told: dict[str, t.Any] = {"service": self.settings.service, "request_id": correlation_id, "method": method}
        if self._ctx.verbosity >= 4:
            self._ctx.debug(
                4, f"{method} {mask_url(url)} headers {redact_headers(headers)} body {redact_body(json_body)}"
            )
        try:
            response = self._session.request(
                method,
                url,
                params=params,
                json=json_body,
                data=data,
                headers=headers,
                timeout=timeouts,
                verify=self.settings.validate_certs,
                proxies=find_proxies(self.settings, url),
                allow_redirects=False,
                stream=True,
            )
            content = _receive_body(response, self.settings.largest)
        except AnswerRefused as exc:
            raise BadAnswer(
                f"{self.settings.service} answered {method} {extract_path(url)} with {exc}; it is not read to its end.",
                **told,
                path=extract_path(url),
                may_have_acted=method != "GET",
            ) from exc
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, ValueError) as exc:
            failure = self._build_unreachable(exc, method, url, correlation_id, timeouts[1])
            self._ctx.debug(3, f"{method} {mask_url(url)} -> {failure} (id {correlation_id})")
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
        self._ctx.service_timings.record_answer(
            reply.service, response.headers.get("date"), self._ctx.clock.now(), took_s
        )
        self._ctx.debug(
            3,
            f"{method} {mask_url(response.url)} -> {reply.status} in {took_s * 1000:.0f} ms (id {correlation_id}, "
            f"service id {reply.request_id})",
        )
        if 300 <= reply.status < 400:
            raise reply.build_bad_answer(
                f"a redirect to {describe_host(reply.headers.get('location'))}, which is not followed"
            )
        return reply, reply.build_attempt(self.settings.policy.rules, self._ctx.clock.now().timestamp()), None

    def _compute_timeouts(self) -> tuple[float, float]:
        """Return the seconds in which to connect and to answer, bounded by the task's deadline."""
        budget = max(0.05, min(self.settings.timeout_s, self._watch.remaining_s()))
        return min(budget, _LONGEST_CONNECT_S), budget

    def _check_origin(self, method: str, url: str) -> None:
        """Raise BadAnswer for an address outside of the settings' origins: it comes from a service, not from the options."""
        if self.settings.origins and extract_origin(url) not in self.settings.origins:
            raise BadAnswer(
                f"{self.settings.service} returned an address on another server ({describe_host(url)}) for the next "
                f"request ({method}), so nothing is sent there.",
                service=self.settings.service,
                method=method,
            )

    def _compute_pause_s(
        self, number: int, attempt: Attempt, repeat: Repeat, failure: Unreachable | None
    ) -> float | None:
        """Return the seconds to wait before another try, None when there is none to make."""
        if failure is not None and failure.code in _LASTING_FAILURES:
            return None
        pause = self.settings.policy.compute_pause_s(number, attempt, repeat, self._ctx.clock.random())
        return pause if pause is not None and pause <= self._ctx.remaining_s() else None

    def _return_last(self, reply: Reply | None, failure: Unreachable | None, attempt: Attempt) -> Reply:
        """Return the answer of the last try. Raises Unreachable when there is none, and Throttled for HTTP 429."""
        if reply is None:
            raise failure or AssertionError("neither an answer nor an error")
        if reply.status != 429:
            return reply
        raise reply.build_throttled(attempt.retry_after_s)

    def _build_unreachable(
        self, exc: t.Any, method: str, url: str, correlation_id: str, budget_s: float
    ) -> Unreachable:
        """Return the error for a try without an answer, with the CA, proxy and timeout in force."""
        host, limit = split_any_address(url).netloc, f"timeout {self.settings.timeout_s:.0f} s"
        if budget_s < self.settings.timeout_s:
            limit += f", of which only {budget_s:.1f} s were left before the task's deadline"
        proxy = describe_proxy_source(self.settings, url)
        failure = classify_failure(exc, requests.exceptions, self.settings, proxy)
        code, what, received = failure.code, failure.words, failure.may_have_acted
        if code == "read_timeout" and self._watch.remaining_s() <= 0:
            what = "the answer was not complete when the task's deadline passed"
        message = (
            f"{self.settings.service} at {host} gave no answer to {method} {extract_path(url)}: {what}."
            f" Settings: {self.settings.describe_ca()}, {describe_proxy(self.settings, url)}, {limit}."
        )
        return Unreachable(
            message,
            may_have_acted=received,
            service=self.settings.service,
            code=code,
            request_id=correlation_id,
            method=method,
            path=extract_path(url),
        )


def find_proxies(settings: HttpSettings, url: str) -> dict[str, str]:
    """Return the proxies for *url*, by scheme."""
    if settings.proxy:
        return {"http": settings.proxy, "https": settings.proxy}
    if not settings.environment_proxies or not split_any_address(url).netloc or not HAS_REQUESTS:
        return {}
    return dict(requests.utils.get_environ_proxies(url))


def describe_proxy(settings: HttpSettings, url: str) -> str:
    """Return the proxy in force for *url*, in words, without user and password."""
    proxy = find_proxies(settings, url).get(split_any_address(url).scheme)
    return describe_proxy_address(proxy) if proxy else "no proxy"


def describe_proxy_source(settings: HttpSettings, url: str) -> str:
    """Return where the proxy in force for *url* comes from, in words."""
    if settings.proxy:
        return f"option {settings.proxy_option}"
    return "an environment variable of proxies" if find_proxies(settings, url) else "no option names one"


def _receive_body(response: t.Any, largest: int | None) -> bytes:
    """Return the body of *response*, whose connection ends unless it was read whole. Raises AnswerRefused and requests' errors."""
    try:
        if 300 <= response.status_code < 400:
            response.close()
            return b""
        chunks = response.raw.stream(_CHUNK_BYTES, decode_content=False)
        return read_body(chunks, str(response.headers.get("content-encoding") or ""), largest)
    except urllib3.exceptions.ReadTimeoutError as exc:
        response.close()
        raise requests.exceptions.ReadTimeout("the body of the answer did not arrive in time") from exc
    except BaseException:
        response.close()
        raise


def preload_tls_contexts(paths: t.Iterable[str | None]) -> None:
    """Load the CA bundles at *paths*, None for the one that is used where no option names one; what cannot be loaded is not told."""
    for path in paths:
        if HAS_REQUESTS:
            with contextlib.suppress(ConfigError):
                load_tls_context(HttpSettings("", ca_path=path), _find_usual_bundle(), _create_tls_context)


def _find_usual_bundle() -> str:
    """Return the path of the bundle that requests uses by itself."""
    utils: t.Any = requests.utils
    return str(utils.extract_zipped_paths(utils.DEFAULT_CA_BUNDLE_PATH))


def _create_tls_context(verifies: bool) -> ssl.SSLContext:
    """Return a context with urllib3's settings and without CAs. *verifies*: certificates and host names are checked."""
    required = ssl.CERT_REQUIRED if verifies else ssl.CERT_NONE
    return urllib3.util.ssl_.create_urllib3_context(cert_reqs=required)


def _create_adapter(connections: int, watch: RequestTimeLimit, context: ssl.SSLContext) -> t.Any:
    """Return an adapter whose connections read answers within limits, also those of a proxy to CONNECT.

    All of them, that to a proxy included, verify with *context*, into which nothing is loaded any more.
    """
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
            super().init_poolmanager(*arguments, ssl_context=context, **keywords)
            self.poolmanager.pool_classes_by_scheme = pools

        def proxy_manager_for(self, *arguments: t.Any, **keywords: t.Any) -> t.Any:
            keywords.update(ssl_context=context, proxy_ssl_context=context)
            manager = super().proxy_manager_for(*arguments, **keywords)
            manager.pool_classes_by_scheme = pools
            return manager

        def cert_verify(self, conn: t.Any, url: str, verify: t.Any, cert: t.Any) -> None:
            """Name no CA: requests would have the bundle loaded again, for every connection."""
            conn.cert_reqs = context.verify_mode
            conn.ca_certs = conn.ca_cert_dir = None

    return BoundedAdapter(pool_connections=2, pool_maxsize=connections, max_retries=0, pool_block=False)


def _create_session(connections: int, watch: RequestTimeLimit, context: ssl.SSLContext) -> t.Any:
    """Return a session that follows no redirect and takes nothing from the environment."""

    class PlainSession(requests.Session):
        def get_redirect_target(self, resp: t.Any) -> None:
            """Return None: requests would read a redirect's body without limits and parse its target although nothing is followed."""

    session = PlainSession()
    # Proxies, CA and credentials come from Settings alone: a netrc file would replace our token.
    session.trust_env = False
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    adapter = _create_adapter(connections, watch, context)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers["User-Agent"] = "cvops.identity"
    session.headers["Accept-Encoding"] = "gzip, deflate"
    return session
