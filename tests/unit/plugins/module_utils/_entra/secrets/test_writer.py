# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Adding and removing secrets when answers get lost, come late, or tell to wait: never two secrets, never a foreign one gone."""

from __future__ import annotations

import datetime
import itertools
import typing as t

import pytest
from fake_graph import refusal
from hypothesis import given
from hypothesis import strategies as st
from reporters import RecordingReporter
from sleeping_clock import SleepingClock, SleepingContext

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    Cancelled,
    NotFound,
    Throttled,
    Unreachable,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.secrets.writer import SEARCH_LIMIT_S, SecretWriter

FOREIGN = {"keyId": "foreign", "displayName": "cvops/aaaaaaaaaaaa"}


class Graph:
    """A registration whose requests end as *outcomes* say, in turn; after them all is well.

    ok; lost (made, the answer not seen); late (the same, and lists show it after 20 s only); never (not made, no answer);
    mute (made, answered without its value); busy (429, not made); forbidden.
    """

    def __init__(self, outcomes: t.Sequence[str]) -> None:
        self.ctx = SleepingContext(options={}, reporter=RecordingReporter(), clock=SleepingClock())
        self.outcomes = list(outcomes)
        self.keys: list[dict[str, t.Any]] = [dict(FOREIGN)]
        self.visible_at: dict[str, float] = {}
        self.added: list[dict[str, t.Any]] = []
        self.stale_removals = 0
        self.unreadable: ApiError | None = None
        self._numbers = itertools.count(1)

    def get_service_time(self) -> datetime.datetime:
        return self.ctx.clock.now() + datetime.timedelta(hours=5)

    def get(self, path: str, **_more: t.Any) -> dict[str, t.Any]:
        now = self.ctx.clock.at
        if self.unreadable:
            raise self.unreadable
        return {"passwordCredentials": [key for key in self.keys if self.visible_at.get(key["keyId"], 0) <= now]}

    def list(self, path: str, **_more: t.Any) -> list[t.Any]:
        return []

    def write(self, method: str, path: str, body: t.Any, **_more: t.Any) -> dict[str, t.Any] | None:
        return self._remove(body["keyId"]) if path.endswith("/removePassword") else self._add(body)

    def _remove(self, key_id: str) -> None:
        known = [key for key in self.keys if key["keyId"] == key_id]
        if not known or self.stale_removals:
            self.stale_removals = max(0, self.stale_removals - 1)
            raise refusal(f"No password credential found with keyId {key_id}.")
        self.keys.remove(known[0])

    def _add(self, body: dict[str, t.Any]) -> dict[str, t.Any] | None:
        self.added.append(body["passwordCredential"])
        outcome = self.outcomes.pop(0) if self.outcomes else "ok"
        if outcome == "forbidden":
            raise ApiError("Cannot: Authorization_RequestDenied", status=403)
        if outcome == "busy":
            raise Throttled("Cannot: wait", retry_after_s=7.0, status=429)
        if outcome == "never":
            raise Unreachable("Cannot: no answer came in time", may_have_acted=True)
        key_id = f"key-{next(self._numbers)}"
        self.keys.append({"keyId": key_id, **body["passwordCredential"]})
        if outcome == "mute":
            return None
        if outcome in ("lost", "late"):
            self.visible_at[key_id] = self.ctx.clock.at + (20 if outcome == "late" else 0)
            raise Unreachable("Cannot: the connection broke", may_have_acted=True)
        return {**self.keys[-1], "secretText": f"value of {key_id}"}

    def writer(self) -> SecretWriter:
        numbers = itertools.count(1)
        return SecretWriter(self.ctx, t.cast("t.Any", self), "object", new_id=lambda: f"{next(numbers):012x}")

    def own(self) -> list[str]:
        return [key["keyId"] for key in self.keys if key["keyId"] != "foreign"]


@given(st.lists(st.sampled_from(["ok", "lost", "late", "never", "mute", "busy", "forbidden"]), max_size=6))
def test_whatever_happens_at_most_one_secret_is_left_and_foreign_ones_stay(outcomes: list[str]) -> None:
    graph = Graph(outcomes)
    markers: set[str]
    try:
        added = graph.writer().add("cvops", 30)
    except ApiError as exc:
        assert graph.own() == [], "a secret without a value must not be left behind where it could be seen"
        if exc.facts.get("outcome") == "unknown":
            assert exc.facts["marker"] == graph.added[-1]["displayName"]
            assert exc.facts["marker"] in str(exc)
    else:
        assert graph.own() == [added["keyId"]]
        assert added["secretText"] in graph.ctx.secrets
    markers = {body["displayName"] for body in graph.added}
    assert len(markers) == len(graph.added) <= 3, "each request has a marker of its own"
    assert graph.keys[0] == FOREIGN


@pytest.mark.parametrize("outcome", ["lost", "late", "mute"])
def test_an_orphan_is_removed_and_another_secret_added(outcome: str) -> None:
    graph = Graph([outcome])
    assert graph.writer().add("cvops", 30)["keyId"] == "key-2"
    assert graph.own() == ["key-2"]


def test_a_request_that_left_no_trace_is_not_sent_again() -> None:
    graph = Graph(["never"])
    with pytest.raises(Unreachable) as caught:
        graph.writer().add("cvops", 30)
    assert len(graph.added) == 1
    assert caught.value.may_have_acted
    assert caught.value.facts["marker"] == "cvops/000000000001"
    assert SEARCH_LIMIT_S * 0.5 < graph.ctx.clock.at <= SEARCH_LIMIT_S


def test_waiting_as_told_then_adding() -> None:
    graph = Graph(["busy", "busy"])
    assert graph.writer().add("cvops", 30)["keyId"] == "key-1"
    assert 14 <= graph.ctx.clock.at < 20
    assert graph.ctx.stats.as_result()["retries"] == 2


def test_no_longer_than_the_deadline() -> None:
    graph = Graph(["busy"])
    graph.ctx.deadline_at = 5.0
    with pytest.raises(Throttled):
        graph.writer().add("cvops", 30)
    assert graph.ctx.clock.at == 0


def test_the_end_is_counted_by_the_services_clock() -> None:
    graph = Graph([])
    graph.writer().add("cvops", 30)
    assert graph.added[0]["endDateTime"] == "2026-04-01T05:00:00Z"


def test_a_stop_in_the_middle_tells_the_marker(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Graph([])
    monkeypatch.setattr(graph, "_add", lambda body: (_ for _ in ()).throw(Cancelled("Stopped by SIGTERM")))
    with pytest.raises(Cancelled) as caught:
        graph.writer().add("cvops", 30)
    assert caught.value.facts == {"marker": "cvops/000000000001", "outcome": "unknown"}


def test_removing_waits_for_a_replica_that_does_not_know_the_key_yet() -> None:
    graph = Graph([])
    graph.stale_removals = 3
    graph.writer().remove("foreign")
    assert graph.keys == []


def test_a_new_one_is_removed_although_no_read_shows_it_yet() -> None:
    graph = Graph([])
    graph.stale_removals, graph.visible_at = 6, {"foreign": 50.0 + graph.ctx.clock.at}
    graph.writer().remove("foreign", is_new=True)
    assert graph.keys == []


def test_removing_what_is_gone_is_no_error() -> None:
    graph = Graph([])
    began = graph.ctx.clock.at
    graph.writer().remove("never-was")
    assert graph.ctx.clock.at - began < 5
    graph.writer().remove("never-was", is_new=True)
    assert 30 < graph.ctx.clock.at - began < 90


def test_other_refusals_of_a_removal_are_errors() -> None:
    graph = Graph([])

    def refuse(key_id: str) -> None:
        raise NotFound("Cannot: no such application", status=404)

    graph._remove = refuse  # type: ignore[method-assign]
    with pytest.raises(NotFound):
        graph.writer().remove("foreign")


def test_looks_that_fail_are_no_looks_that_found_nothing() -> None:
    graph = Graph(["lost"])
    graph.unreadable = ApiError("Cannot list: HTTP 500", status=500)
    with pytest.raises(Unreachable, match="could not be read .*HTTP 500") as caught:
        graph.writer().add("cvops", 30)
    assert "none with the display name" not in str(caught.value)
    assert caught.value.facts["outcome"] == "unknown" and len(graph.added) == 1


def test_no_second_secret_where_the_first_could_not_be_looked_for() -> None:
    graph = Graph(["busy"])
    graph.unreadable = ApiError("Cannot list: HTTP 500", status=500)
    with pytest.raises(ApiError, match="HTTP 500") as caught:
        graph.writer().add("cvops", 30)
    assert len(graph.added) == 1
    assert caught.value.facts["marker"] == "cvops/000000000001"


@pytest.mark.parametrize("listed", ["text", 5, ["text"], {"keyId": "x"}, [{"displayName": "x"}]])
def test_a_list_that_is_none_costs_no_secret_that_was_added(listed: t.Any) -> None:
    """A crash after the addition would take the secret with it."""
    graph = Graph([])
    writer = SecretWriter(graph.ctx, t.cast("t.Any", graph), "object")
    added = writer.add("ci", 30)
    graph.get = lambda path, **options: {"passwordCredentials": listed}  # type: ignore[method-assign]
    assert writer.await_listed(str(added["keyId"])) is False
    assert "its value is in the result" in graph.ctx.warnings[-1]
