# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing the whole collection: whatever happens to answers and on replicas, no key of somebody else is ever lost."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from certificate_examples import make_entry, make_public
from fake_graph import guid
from fake_key_collection import FOREIGN_IDS, KeyGraph, KeyService
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    Cancelled,
    Forbidden,
    Unreachable,
    WaitTimeout,
)

NEW, OTHER = make_public("new"), make_public("other")
#: The number of the first write of a run: three looks that agree, and one directly before it.
_WRITE_OF_A_RUN = 5
PASSING = ["ok", "lost", "never", "unsent", "odd", "500", "503 done", "busy", "conflict", "gone"]


def add(graph: KeyGraph, certificate: t.Any = NEW, name: str = "new") -> str:
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
    service = KeyService(lag_s)
    graph = KeyGraph(service, outcomes)
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
    graph = KeyGraph(KeyService(), [outcome])
    add(graph)
    assert len(graph.sent) == 1


@pytest.mark.parametrize("outcome", ["never", "unsent", "500", "busy", "conflict", "gone"])
def test_a_request_that_has_not_acted_is_sent_again_after_a_look(outcome: str) -> None:
    service = KeyService()
    graph = KeyGraph(service, [outcome])
    key_id = add(graph)
    assert len(graph.sent) == 2 and key_id in service.ids()
    assert {entry["keyId"] for sent in graph.sent for entry in sent} == {*FOREIGN_IDS, key_id}, "under the same key id"


def test_a_pause_is_as_long_as_the_service_says() -> None:
    graph = KeyGraph(KeyService(), ["busy", "busy"])
    add(graph)
    assert graph.ctx.clock.at >= 14 and graph.ctx.stats.as_result()["retries"] == 2


def test_what_is_refused_for_good_is_sent_once() -> None:
    graph = KeyGraph(KeyService(), ["forbidden"])
    with pytest.raises(Forbidden):
        add(graph)
    assert len(graph.sent) == 1


def test_an_outcome_that_nobody_can_see_is_called_unknown() -> None:
    graph = KeyGraph(KeyService(), ["lost"])
    writer = graph.writer()
    writer.settle()
    graph.read_failures = [None, *[ApiError("Cannot list: HTTP 500", status=500)] * 99]
    with pytest.raises(Unreachable) as caught:
        writer.add(NEW, "new")
    assert caught.value.facts["outcome"] == "unknown" and caught.value.facts["key_id"] == guid(100)
    assert len(graph.sent) == 1


def test_a_stop_in_the_middle_tells_the_key_id(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = KeyGraph(KeyService())
    writer = graph.writer()
    writer.settle()
    monkeypatch.setattr(graph, "write", lambda *_words, **_more: (_ for _ in ()).throw(Cancelled("Stopped by SIGTERM")))
    with pytest.raises(Cancelled) as caught:
        writer.add(NEW, "new")
    assert caught.value.facts == {"key_id": guid(100), "outcome": "unknown"}


def test_a_policy_is_explained() -> None:
    graph = KeyGraph(KeyService(), ["policy"])
    with pytest.raises(ApiError, match="The limit is 30 days") as caught:
        add(graph)
    assert caught.value.facts["cap_days"] == 30 and len(graph.sent) == 1


# -- somebody else


def test_a_key_that_came_between_reading_and_writing_stops_the_write() -> None:
    service = KeyService()
    graph = KeyGraph(service)
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
    service = KeyService()
    graph = KeyGraph(service, [outcome])
    writer = graph.writer()
    writer.settle()
    service.before_request[_WRITE_OF_A_RUN + later] = lambda: service.add(make_entry(9, "foreign"))
    with pytest.raises(ApiError):
        writer.add(NEW, "new")
    assert service.ids() == {guid(9), *FOREIGN_IDS} and len(graph.sent) == 1


def test_a_key_that_one_replica_does_not_show_yet_is_waited_for() -> None:
    """Written from that replica's answer, the collection would lose it."""
    service = KeyService(lag_s=2.0)
    service.add(make_entry(9, "foreign"))
    graph = KeyGraph(service)
    add(graph)
    assert guid(9) in service.ids()


def test_a_collection_that_never_settles_is_not_written() -> None:
    service = KeyService()
    numbers = itertools.count(500)
    graph = KeyGraph(service)

    def churn() -> None:
        service.add(make_entry(next(numbers), "churn"))
        service.before_request[service.requests + 1] = churn

    service.before_request[1] = churn
    with pytest.raises(WaitTimeout, match="to be the same"):
        add(graph)
    assert graph.sent == []


def test_a_refusal_because_of_a_change_makes_the_plan_anew() -> None:
    """The key was removed on the way: what is sent back without its key is unknown then."""
    service = KeyService()
    graph = KeyGraph(service)
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
        service = KeyService()
        one, other = KeyGraph(service), KeyGraph(service)
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
    service = KeyService()
    add(KeyGraph(service))
    return service.requests


def test_a_certificate_that_another_write_has_dropped_is_added_again() -> None:
    service = KeyService()
    graph = KeyGraph(service)
    writer = graph.writer()
    writer.settle()
    key_id = writer.add(NEW, "new")
    service.drop(key_id)
    service.add(make_entry(9, "foreign"))
    assert writer.confirm("new") == []
    assert {key_id, guid(9), *FOREIGN_IDS} == service.ids()


def test_foreign_keys_that_are_gone_afterwards_are_told_and_not_brought_back() -> None:
    """They may have been removed on purpose, because they leaked."""
    service = KeyService()
    graph = KeyGraph(service)
    writer = graph.writer()
    writer.settle()
    writer.add(NEW, "new")
    service.drop(guid(1), guid(2))
    with pytest.raises(ApiError, match="has lost certificates while") as caught:
        writer.confirm("new")
    assert [row["key_id"] for row in caught.value.facts["lost"]] == [guid(1), guid(2)]
    assert caught.value.code == "certificates_lost" and guid(1) not in service.ids()


def test_a_new_certificate_that_does_not_show_is_told() -> None:
    service = KeyService()
    graph = KeyGraph(service)
    writer = graph.writer()
    writer.settle()
    writer.add(NEW, "new")
    service.show = lambda: service.history[0][1]  # type: ignore[method-assign]
    assert writer.confirm("new") == [{"field": "certificates"}]
    assert len(graph.ctx.warnings) == 1


def test_a_removed_certificate_that_still_shows_is_an_error() -> None:
    service = KeyService()
    graph = KeyGraph(service)
    writer = graph.writer()
    writer.settle()
    writer.remove([guid(1)])
    service.show = lambda: service.history[0][1]  # type: ignore[method-assign]
    with pytest.raises(WaitTimeout, match="does not show it: state"):
        writer.confirm("x")


def test_a_second_write_waits_for_the_first_to_show() -> None:
    service = KeyService(lag_s=2.0)
    graph = KeyGraph(service)
    writer = graph.writer()
    writer.settle()
    key_id = writer.add(NEW, "new")
    writer.await_expected()
    writer.remove([guid(1)])
    assert writer.confirm("both") == []
    assert service.ids() == {key_id, guid(2), guid(3)}


def test_a_second_write_is_not_made_where_the_first_does_not_show() -> None:
    service = KeyService()
    graph = KeyGraph(service)
    writer = graph.writer()
    writer.settle()
    key_id = writer.add(NEW, "new")
    service.drop(key_id)
    with pytest.raises(ApiError) as caught:
        writer.await_expected()
    assert caught.value.is_outdated and len(graph.sent) == 1


def test_dates_are_the_certificates_own_in_utc() -> None:
    graph = KeyGraph(KeyService())
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
