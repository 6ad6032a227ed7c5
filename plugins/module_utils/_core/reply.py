# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The answer of a service, and the errors for one that is not what the service sends."""

from __future__ import annotations

import contextlib
import re
import typing as t
from dataclasses import dataclass
from urllib.parse import urlsplit

from .answers import AnswerRefused, parse_json
from .errors import BadAnswer, Throttled
from .retry import Attempt, RepeatRules
from .retry_headers import parse_quota, parse_wait_s
from .visible import to_one_line

_LONGEST_ID = 128
_HTML_TITLE = re.compile(r"<title>(.{0,2000}?)</title>", re.IGNORECASE | re.DOTALL)


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
        return to_one_line(str(told), _LONGEST_ID) if told else self.correlation_id

    @property
    def text(self) -> str:
        """The body as text; bytes that are no UTF-8 are replaced."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> t.Any:
        """Return the parsed body. Raises BadAnswer for HTML, an empty body, JSON beyond the limits, or anything else that is no JSON."""
        try:
            return parse_json(self.content)
        except AnswerRefused as exc:
            raise self.build_bad_answer(str(exc)) from exc
        except ValueError as exc:
            raise self.build_bad_answer(self.describe_body()) from exc

    def describe_body(self) -> str:
        """Return what a body that is no JSON is, in words: empty, its HTML title, or its type; never its content."""
        if not self.content.strip():
            return "an empty body"
        start = self.content[:20000].decode("utf-8", "replace")
        titled = _HTML_TITLE.search(start)
        if titled:
            return f"an HTML page titled {to_one_line(titled.group(1), 120)!r}"
        kind = to_one_line(str(self.headers.get("content-type") or "unnamed type"), 80)
        return f"{len(self.content)} bytes of {kind} instead of JSON"

    def build_bad_answer(self, what: str) -> BadAnswer:
        """Return the error for an answer that is not what this service sends; *what* completes "answered with …"."""
        hint = "This is often the answer of a proxy or gateway, or of a wrong base URL."
        return BadAnswer(
            f"{self.service} answered {self.method} {self.path} (HTTP {self.status}) with {what}. {hint}",
            **self.get_error_facts(),
            may_have_acted=self.method != "GET",
        )

    def get_error_facts(self) -> dict[str, t.Any]:
        """Return what a failed task tells about the request, as facts of an error."""
        return {
            "service": self.service,
            "status": self.status,
            "request_id": self.request_id,
            "method": self.method,
            "path": self.path,
        }

    def build_attempt(self, rules: RepeatRules, now_epoch_s: float) -> Attempt:
        """Return how the try ended, by the *rules* for this service's errors."""
        wait_s, refused = parse_wait_s(self.status, self.headers, now_epoch_s), False
        if self.status >= 400 and rules.refusal_codes:
            with contextlib.suppress(BadAnswer):
                refused = rules.is_refusal(self.json())
        return Attempt(self.method, self.status, True, wait_s, refused)

    def build_throttled(self, told_s: float | None) -> Throttled:
        """Return the error for a service that asks to wait, *told_s* seconds if it says how long."""
        when = f"It asks to wait {told_s:.0f} s." if told_s is not None else "It does not say how long to wait."
        limit, period = parse_quota(self.headers)
        quota = f" Its quota is {limit} per {to_one_line(period, 20)}." if limit else ""
        return Throttled(
            f"{self.service} is throttling {self.method} {self.path}. {when}{quota}",
            retry_after_s=told_s,
            quota=limit,
            code="429",
            **self.get_error_facts(),
        )


@dataclass
class PartReply(Reply):
    """The answer to one request of a batch; ``body``: its parsed JSON."""

    body: t.Any = None

    def json(self) -> t.Any:
        """Return the parsed body."""
        return self.body
