# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing the whole collection: whatever happens to answers and on replicas, no key of somebody else is ever lost."""

from __future__ import annotations

import contextlib
import datetime
import itertools
import typing as t

import pytest
from certificate_examples import make_entry, make_public
from fake_graph import guid, refusal
from hypothesis import given
from hypothesis import strategies as st
from reporters import RecordingReporter

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Clock, Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    BadAnswer,
    Cancelled,
    Forbidden,
    NotFound,
    Throttled,
    Unreachable,
    WaitTimeout,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.retry import Repeat, RetryPolicy
from ansible_collections.cvops.identity.plugins.module_utils._entra.certificates import writer as subject
from ansible_collections.cvops.identity.plugins.module_utils._signin.repeat_rules import GRAPH_RULES

START = datetime.datetime(2026, 3, 2, tzinfo=datetime.timezone.utc)
NEW, OTHER = make_public("new"), make_public("other")
FOREIGN = (
    make_entry(1, "first"),
    make_entry(2, "signing", usage="Sign"),
    make_entry(3, None, type="Symmetric", key=None),
)
FOREIGN_IDS = {entry["keyId"] for entry in FOREIGN}
Collection = list[dict[str, t.Any]]


class FakeClock(Clock):
    """Time that only sleeping moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def monotonic(self) -> float:
        return self.at

    def now(self) -> datetime.datetime:
        return START + datetime.timedelta(seconds=self.at)

    def random(self) -> float:
        return 0.5


class FakeContext(Context):
    clock: FakeClock

    def sleep(self, seconds: float) -> None:
        self.clock.at += seconds


class Service:
    """A registration on three replicas, which is written whole, as Graph does it; replica n shows a write *lag_s* times n seconds late.

    ``before_request``: what happens before a request with that number, counted from one.
    """

    def __init__(self, lag_s: float = 0.0) -> None:
        self.clock, self.lag_s = FakeClock(), lag_s
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


class Graph:
    """A client of the service whose writes end as *outcomes* say, in turn; after them all is well.

    ok; lost (done, no answer); late (the same, after 429 tries); never (not done, no answer); unsent (nobody was reached); odd (done,
    answered with nonsense); 500, 503 (done or not); busy (429); conflict (409 that passes); gone (404); forbidden; policy.
    """

    def __init__(self, service: Service, outcomes: t.Sequence[str] = ()) -> None:
        self.service, self.outcomes = service, list(outcomes)
        self.ctx = FakeContext(options={}, reporter=RecordingReporter(), clock=service.clock)
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
            "never": Unreachable("Cannot: no answer in time", may_have_acted=True),
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

    def writer(self) -> subject.CertificateWriter:
        return subject.CertificateWriter(
            self.ctx, t.cast("t.Any", self), "object", new_id=lambda: guid(next(self.service.key_ids))
        )


#: The number of the first write of a run: three looks that agree, and one directly before it.
_WRITE_OF_A_RUN = 5
POLICY = {
    "isEnabled": True,
    "applicationRestrictions": {
        "keyCredentials": [{"restrictionType": "asymmetricKeyLifetime", "state": "enabled", "maxLifetime": "P30D"}]
    },
}
PASSING = ["ok", "lost", "never", "unsent", "odd", "500", "503 done", "busy", "conflict", "gone"]


def add(graph: Graph, certificate: t.Any = NEW, name: str = "new") -> str:
    """Add a certificate as a whole run does."""
    writer = graph.writer()
    writer.settle()
    key_id = writer.add(certificate, name)
    assert writer.confirm(name) == []
    return key_id


@given(
    st.lists(st.sampled_from([*PASSING, "forbidden"]), max_size=6),
    st.sampled_from([0.0, 0.3, 2.0]),
    st.booleans(),
)
def test_whatever_happens_no_foreign_key_is_lost_and_ours_is_there_once(
    outcomes: list[str], lag_s: float, removes: bool
) -> None:
    service = Service(lag_s)
    graph = Graph(service, outcomes)
    is_done = True
    try:
        if removes:
            writer = graph.writer()
            writer.settle()
            writer.remove([guid(1).upper()])
            writer.confirm("x")
        else:
            add(graph)
    except ApiError as exc:
        is_done = False
        assert len(str(exc)) > 5
    kept = FOREIGN_IDS - {guid(1)} if removes else FOREIGN_IDS
    assert kept <= service.ids()
    own = [entry for entry in service.stored if entry["displayName"] == "new"]
    assert len(own) <= 1, "a request that is repeated makes no second entry"
    if is_done:
        assert (guid(1) not in service.ids()) if removes else own
    for sent in graph.sent:
        assert all(entry["key"] is None for entry in sent if entry["keyId"] in FOREIGN_IDS), (
            "they are sent back without their keys"
        )


@pytest.mark.parametrize("outcome", ["lost", "odd", "503 done"])
def test_a_request_that_has_acted_is_not_sent_again(outcome: str) -> None:
    graph = Graph(Service(), [outcome])
    add(graph)
    assert len(graph.sent) == 1


@pytest.mark.parametrize("outcome", ["never", "unsent", "500", "busy", "conflict", "gone"])
def test_a_request_that_has_not_acted_is_sent_again_after_a_look(outcome: str) -> None:
    service = Service()
    graph = Graph(service, [outcome])
    key_id = add(graph)
    assert len(graph.sent) == 2 and key_id in service.ids()
    assert {entry["keyId"] for sent in graph.sent for entry in sent} == {*FOREIGN_IDS, key_id}, "under the same key id"


def test_a_pause_is_as_long_as_the_service_says() -> None:
    graph = Graph(Service(), ["busy", "busy"])
    add(graph)
    assert graph.ctx.clock.at >= 14 and graph.ctx.stats.as_result()["retries"] == 2


def test_what_is_refused_for_good_is_sent_once() -> None:
    graph = Graph(Service(), ["forbidden"])
    with pytest.raises(Forbidden):
        add(graph)
    assert len(graph.sent) == 1


def test_an_outcome_that_nobody_can_see_is_called_unknown() -> None:
    graph = Graph(Service(), ["lost"])
    writer = graph.writer()
    writer.settle()
    graph.read_failures = [None, *[ApiError("Cannot list: HTTP 500", status=500)] * 99]
    with pytest.raises(Unreachable) as caught:
        writer.add(NEW, "new")
    assert caught.value.facts["outcome"] == "unknown" and caught.value.facts["key_id"] == guid(100)
    assert len(graph.sent) == 1


def test_a_stop_in_the_middle_tells_the_key_id(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Graph(Service())
    writer = graph.writer()
    writer.settle()
    monkeypatch.setattr(graph, "write", lambda *_words, **_more: (_ for _ in ()).throw(Cancelled("Stopped by SIGTERM")))
    with pytest.raises(Cancelled) as caught:
        writer.add(NEW, "new")
    assert caught.value.facts == {"key_id": guid(100), "outcome": "unknown"}


def test_a_policy_is_explained() -> None:
    graph = Graph(Service(), ["policy"])
    with pytest.raises(ApiError, match="The cap is 30 days") as caught:
        add(graph)
    assert caught.value.facts["cap_days"] == 30 and len(graph.sent) == 1


# -- somebody else


def test_a_key_that_came_between_reading_and_writing_stops_the_write() -> None:
    service = Service()
    graph = Graph(service)
    writer = graph.writer()
    writer.settle()
    service.add(make_entry(9, "foreign"))
    with pytest.raises(ApiError) as caught:
        writer.add(NEW, "new")
    assert caught.value.is_outdated and caught.value.code == "certificates_changed"
    assert graph.sent == [] and guid(9) in service.ids()


@pytest.mark.parametrize(
    ("outcome", "later"),
    [
        *((outcome, 1) for outcome in ("unsent", "busy", "conflict", "gone")),
        *((outcome, later) for outcome in ("never", "500") for later in (1, 2, 3, 4)),
    ],
)
def test_a_key_that_comes_after_a_failed_try_is_not_written_over(outcome: str, later: int) -> None:
    """*later*: the look after the failed try before which it comes."""
    service = Service()
    graph = Graph(service, [outcome])
    writer = graph.writer()
    writer.settle()
    service.before_request[_WRITE_OF_A_RUN + later] = lambda: service.add(make_entry(9, "foreign"))
    with pytest.raises(ApiError):
        writer.add(NEW, "new")
    assert service.ids() == {guid(9), *FOREIGN_IDS} and len(graph.sent) == 1


def test_a_key_that_one_replica_does_not_show_yet_is_waited_for() -> None:
    """Written from that replica's answer, the collection would lose it."""
    service = Service(lag_s=2.0)
    service.add(make_entry(9, "foreign"))
    graph = Graph(service)
    add(graph)
    assert guid(9) in service.ids()


def test_a_collection_that_never_settles_is_not_written() -> None:
    service = Service()
    numbers = itertools.count(500)
    graph = Graph(service)

    def churn() -> None:
        service.add(make_entry(next(numbers), "churn"))
        service.before_request[service.requests + 1] = churn

    service.before_request[1] = churn
    with pytest.raises(WaitTimeout, match="to be the same"):
        add(graph)
    assert graph.sent == []


def test_a_refusal_because_of_a_change_makes_the_plan_anew() -> None:
    """The key was removed on the way: what is sent back without its key is unknown then."""
    service = Service()
    graph = Graph(service)
    writer = graph.writer()
    writer.settle()
    service.before_request[service.requests + 2] = lambda: service.drop(guid(1))
    with pytest.raises(ApiError) as caught:
        writer.add(NEW, "new")
    assert caught.value.is_outdated


def test_two_writers_at_once_leave_both_certificates() -> None:
    """The second begins and ends between any two requests of the first one, but for the moment between its last look and its write."""
    total = _count_requests()
    for number in range(1, total + 1):
        service = Service()
        one, other = Graph(service), Graph(service)
        results: list[str] = []
        service.before_request[number] = lambda other=other, results=results: results.append(add(other, OTHER, "other"))  # type: ignore[misc]
        is_write = number == _WRITE_OF_A_RUN
        try:
            results.append(add(one))
        except ApiError as exc:
            assert exc.is_outdated
            results.append(add(one))  # as the runner does
        assert service.ids() >= FOREIGN_IDS
        assert set(results) <= service.ids() or is_write, f"before request {number}"
        assert results[-1] in service.ids()


def _count_requests() -> int:
    service = Service()
    add(Graph(service))
    return service.requests


def test_a_certificate_that_another_write_has_dropped_is_added_again() -> None:
    service = Service()
    graph = Graph(service)
    writer = graph.writer()
    writer.settle()
    key_id = writer.add(NEW, "new")
    service.drop(key_id)
    service.add(make_entry(9, "foreign"))
    assert writer.confirm("new") == []
    assert {key_id, guid(9), *FOREIGN_IDS} == service.ids()


def test_foreign_keys_that_are_gone_afterwards_are_told_and_not_brought_back() -> None:
    """They may have been removed on purpose, because they leaked."""
    service = Service()
    graph = Graph(service)
    writer = graph.writer()
    writer.settle()
    writer.add(NEW, "new")
    service.drop(guid(1), guid(2))
    with pytest.raises(ApiError, match="had certificates before") as caught:
        writer.confirm("new")
    assert [row["key_id"] for row in caught.value.facts["lost"]] == [guid(1), guid(2)]
    assert caught.value.code == "certificates_lost" and guid(1) not in service.ids()


def test_a_new_certificate_that_does_not_show_is_told() -> None:
    service = Service()
    graph = Graph(service)
    writer = graph.writer()
    writer.settle()
    writer.add(NEW, "new")
    service.show = lambda: service.history[0][1]  # type: ignore[method-assign]
    assert writer.confirm("new") == [{"field": "certificates"}]
    assert len(graph.ctx.warnings) == 1


def test_a_removed_certificate_that_still_shows_is_an_error() -> None:
    service = Service()
    graph = Graph(service)
    writer = graph.writer()
    writer.settle()
    writer.remove([guid(1)])
    service.show = lambda: service.history[0][1]  # type: ignore[method-assign]
    with pytest.raises(WaitTimeout, match="does not show it: state"):
        writer.confirm("x")


def test_a_second_write_waits_for_the_first_to_show() -> None:
    service = Service(lag_s=2.0)
    graph = Graph(service)
    writer = graph.writer()
    writer.settle()
    key_id = writer.add(NEW, "new")
    writer.await_expected()
    writer.remove([guid(1)])
    assert writer.confirm("both") == []
    assert service.ids() == {key_id, guid(2), guid(3)}


def test_a_second_write_is_not_made_where_the_first_does_not_show() -> None:
    service = Service()
    graph = Graph(service)
    writer = graph.writer()
    writer.settle()
    key_id = writer.add(NEW, "new")
    service.drop(key_id)
    with pytest.raises(ApiError) as caught:
        writer.await_expected()
    assert caught.value.is_outdated and len(graph.sent) == 1


# -- for a rotation


def test_a_rotation_adds_and_removes_one_certificate() -> None:
    service = Service()
    graph = Graph(service)
    words = (graph.ctx, t.cast("t.Any", graph), "object")
    added = subject.add_certificate(*words, NEW, "cvops/x/1")
    assert (added.name, added.thumbprint, added.expires) == ("cvops/x/1", NEW.thumbprint, NEW.expires)
    assert subject.add_certificate(*words, NEW, "cvops/x/1").key_id == added.key_id, "once"
    assert [item.key_id for item in subject.find_certificates_named(*words, "cvops/x/1")] == [added.key_id]
    assert subject.find_certificates_named(*words, "CVOPS/x/1") == []
    subject.remove_certificate(*words, added.key_id.upper())
    subject.remove_certificate(*words, added.key_id)
    assert service.ids() == FOREIGN_IDS and len(graph.sent) == 2


def test_a_certificate_under_another_name_is_none_of_the_rotation() -> None:
    graph = Graph(Service())
    words = (graph.ctx, t.cast("t.Any", graph), "object")
    one, two = (subject.add_certificate(*words, NEW, name) for name in ("cvops/x/1", "cvops/x/2"))
    assert one.key_id != two.key_id


def test_dates_are_the_certificates_own_in_utc() -> None:
    graph = Graph(Service())
    add(graph)
    (entry,) = [entry for entry in graph.sent[0] if entry["keyId"] not in FOREIGN_IDS]
    assert entry == {
        "keyId": guid(100),
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
        "key": NEW.encode(),
        "displayName": "new",
        "startDateTime": "2026-03-01T09:41:00Z",
        "endDateTime": "2026-05-31T09:41:00Z",
    }
