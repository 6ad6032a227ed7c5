# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keys of a registration as Graph holds them, on replicas that lag, and a client whose writes go wrong as they are told to."""

from __future__ import annotations

import contextlib
import itertools
import typing as t

from certificate_examples import make_entry
from fake_graph import guid, refusal
from reporters import RecordingReporter
from sleeping_clock import SleepingClock, SleepingContext

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    BadAnswer,
    Forbidden,
    NotFound,
    Throttled,
    Unreachable,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.retry import Repeat, RetryPolicy
from ansible_collections.cvops.identity.plugins.module_utils._entra.certificates.writer import CertificateWriter
from ansible_collections.cvops.identity.plugins.module_utils._signin.repeat_rules import GRAPH_RULES

POLICY = {
    "isEnabled": True,
    "applicationRestrictions": {
        "keyCredentials": [{"restrictionType": "asymmetricKeyLifetime", "state": "enabled", "maxLifetime": "P30D"}]
    },
}
FOREIGN = (
    make_entry(1, "first"),
    make_entry(2, "signing", usage="Sign"),
    make_entry(3, None, type="Symmetric", key=None),
)
FOREIGN_IDS = {entry["keyId"] for entry in FOREIGN}
Collection = list[dict[str, t.Any]]


class KeyService:
    """A registration on three replicas, which is written whole, as Graph does it; replica n shows a write *lag_s* times n seconds late.

    ``before_request``: what happens before a request with that number, counted from one.
    """

    def __init__(self, lag_s: float = 0.0) -> None:
        self.clock, self.lag_s = SleepingClock(), lag_s
        self.history: list[tuple[float, Collection]] = [(-1e9, [dict(entry) for entry in FOREIGN])]
        self.requests = 0
        self.before_request: dict[int, t.Callable[[], None]] = {}
        self.key_ids = itertools.count(100)

    @property
    def stored(self) -> Collection:
        return self.history[-1][1]

    def ids(self) -> set[str]:
        return {entry["keyId"] for entry in self.stored}

    def count(self) -> None:
        self.requests += 1
        self.before_request.pop(self.requests, lambda: None)()

    def show(self) -> Collection:
        """Return what the replica shows that this request meets."""
        late = self.lag_s * (self.requests % 3)
        return next(kept for at, kept in reversed(self.history) if at + late <= self.clock.at)

    def replace(self, sent: Collection) -> None:
        """Replace the whole collection. Raises what Graph refuses: changes of what is there, and entries without a key."""
        known = {entry["keyId"]: entry for entry in self.stored}
        result = []
        for entry in sent:
            current = known.get(entry["keyId"])
            if current is None and not entry.get("key"):
                raise refusal("Invalid value specified for property 'keyCredentials'.")
            if current is not None:
                changed = [name for name in current if name != "key" and name in entry and entry[name] != current[name]]
                if changed or entry.get("key") not in (None, current["key"]):
                    raise refusal(f"Update to existing credential with KeyId '{entry['keyId']}' is not allowed.")
            result.append(current or dict(entry))
        self.history.append((self.clock.at, result))

    def add(self, entry: dict[str, t.Any]) -> None:
        """Let somebody else add an entry beside all others."""
        self.replace([*self.stored, entry])

    def drop(self, *key_ids: str) -> None:
        self.replace([entry for entry in self.stored if entry["keyId"] not in key_ids])


class KeyGraph:
    """A client of the service whose writes end as *outcomes* say, in turn; after them all is well.

    ok; lost (done, no answer); late (the same, after 429 tries); never (not done, no answer); unsent (nobody was reached); odd (done,
    answered with nonsense); 500, 503 (done or not); busy (429); conflict (409 that passes); gone (404); forbidden; policy.
    """

    def __init__(self, service: KeyService, outcomes: t.Sequence[str] = ()) -> None:
        self.service, self.outcomes = service, list(outcomes)
        self.ctx = SleepingContext(options={}, reporter=RecordingReporter(), clock=service.clock)
        self.retry_policy = RetryPolicy(rules=GRAPH_RULES)
        self.sent: list[Collection] = []
        self.read_failures: list[ApiError | None] = []

    def without_waiting(self) -> t.Any:
        return contextlib.nullcontext()

    def get(self, path: str, **more: t.Any) -> dict[str, t.Any] | None:
        if "keyCredentials" not in str(more.get("params")):
            return {"createdDateTime": "2026-01-01T00:00:00Z"} if "/applications/" in path else POLICY
        self.service.count()
        failure = self.read_failures.pop(0) if self.read_failures else None
        if failure is not None:
            raise failure
        return {"id": "object", "keyCredentials": [dict(entry) for entry in self.service.show()]}

    def list(self, path: str, **_more: t.Any) -> list[t.Any]:
        return []

    def write(self, method: str, path: str, body: t.Any, **more: t.Any) -> None:
        assert (method, path, more["repeat"]) == ("PATCH", "/applications/object", Repeat.NEVER)
        assert list(body) == ["keyCredentials"], "nothing else is written along"
        self.service.count()
        self.sent.append(body["keyCredentials"])
        outcome = self.outcomes.pop(0) if self.outcomes else "ok"
        self._fail_before(outcome)
        self.service.replace(body["keyCredentials"])
        if outcome == "lost":
            raise Unreachable("Cannot: the connection broke", may_have_acted=True)
        if outcome == "odd":
            raise BadAnswer("Cannot: HTTP 200 with something else than an object", status=200)
        if outcome == "503 done":
            raise ApiError("Cannot: HTTP 503", status=503, retry_after_s=3.0)

    def _fail_before(self, outcome: str) -> None:
        failures: dict[str, ApiError] = {
            "never": Unreachable("Cannot: no answer came in time", may_have_acted=True),
            "unsent": Unreachable("Cannot: refused", may_have_acted=False),
            "500": ApiError("Cannot: HTTP 500", status=500),
            "busy": Throttled("Cannot: wait", retry_after_s=7.0, status=429),
            "conflict": ApiError("Cannot: conflict", status=409, code="Directory_ConcurrencyViolation"),
            "gone": NotFound("Cannot: no such application", status=404, is_outdated=True),
            "forbidden": Forbidden("Cannot: Authorization_RequestDenied", status=403),
            "policy": refusal("the lifetime", code="CredentialInvalidLifetimeAsPerAppPolicy"),
        }
        if outcome in failures:
            raise failures[outcome]

    def writer(self) -> CertificateWriter:
        return CertificateWriter(
            self.ctx, t.cast("t.Any", self), "object", new_id=lambda: guid(next(self.service.key_ids))
        )
