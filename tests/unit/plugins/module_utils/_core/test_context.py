# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run knows about itself."""

from __future__ import annotations

import datetime
import threading
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Clock, CountAs, Stats
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Cancelled, WaitTimeout
from ansible_collections.cvops.identity.plugins.module_utils._core.option_sources import OptionSources


def test_counters_count_in_threads() -> None:
    stats = Stats()
    threads = [threading.Thread(target=lambda: [stats.add("reads") for dummy in range(500)]) for dummy in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stats.add("waited_s", 1.26)
    assert stats.as_result() == {"reads": 2000, "writes": 0, "retries": 0, "sign_ins": 0, "waited_s": 1.3}
    with pytest.raises(KeyError):
        stats.add("rights")


def test_warnings_are_told_once_and_hide_secrets(make_ctx: t.Any) -> None:
    ctx = make_ctx(secrets={"hush-hush"})
    ctx.warn("it is hush-hush")
    ctx.warn("it is hush-hush")
    assert ctx.warnings == ["it is ********"]


def test_words_hide_secrets_and_keep_their_level(make_ctx: t.Any) -> None:
    ctx = make_ctx(secrets={"hush-hush"}, verbosity=2)
    ctx.debug(2, "seen hush-hush")
    ctx.debug(3, "not seen")
    ctx.progress("at hush-hush")
    assert ctx.reporter.lines == ["seen ********"]
    assert ctx.reporter.news == ["at ********"]


def test_progress_is_told_every_two_seconds_and_a_long_wait_always(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    for passed, message, lasts_s in (
        (0.0, "first", 0.0),
        (1.9, "too soon", 0.0),
        (0.0, "a short wait", 1.9),
        (0.0, "a long wait", 2.0),
        (1.9, "too soon after it", 0.0),
        (0.1, "in time", 0.0),
    ):
        ctx.clock.passed += passed
        ctx.progress(message, lasts_s)
    assert ctx.reporter.news == ["first", "a long wait", "in time"]


def test_closing_goes_backwards_and_goes_on_after_a_failure(make_ctx: t.Any) -> None:
    ctx, done = make_ctx(), []

    def failing() -> None:
        done.append("second")
        raise OSError("broken")

    ctx.on_close(lambda: done.append("first"))
    ctx.on_close(failing)
    ctx.on_close(lambda: done.append("third"))
    ctx.close()
    assert ctx.warnings == ["Something could not be closed at the end of the task: OSError: broken"]
    assert done == ["third", "second", "first"]


def test_a_wait_ends_with_the_deadline(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    assert ctx.remaining_s() == float("inf")
    ctx.deadline_at = ctx.clock.monotonic() + 3
    ctx.sleep(2)
    assert ctx.remaining_s() == 1
    ctx.sleep(5)
    assert ctx.remaining_s() == 0


def test_the_real_clock() -> None:
    clock = Clock()
    assert clock.monotonic() <= clock.monotonic()
    assert clock.now().tzinfo is datetime.timezone.utc
    assert 0 <= clock.random() < 1


def test_the_source_of_an_option_is_told_in_words(make_ctx: t.Any) -> None:
    ctx = make_ctx({"a": "x", "b": None}, sources=OptionSources(environ={}, found={"c": "variable cvops_c"}))
    assert [ctx.describe_source(name) for name in "abc"] == ["option a", "default", "variable cvops_c"]


@pytest.mark.parametrize(
    ("count_as", "method", "counter"),
    [
        (CountAs.METHOD, "GET", "reads"),
        (CountAs.METHOD, "HEAD", "reads"),
        (CountAs.METHOD, "POST", "writes"),
        (CountAs.METHOD, "DELETE", "writes"),
        (CountAs.READ, "POST", "reads"),
        (CountAs.WRITE, "GET", "writes"),
        (CountAs.NOTHING, "POST", None),
    ],
)
def test_a_request_counts_under_one_counter_that_there_is(count_as: CountAs, method: str, counter: str | None) -> None:
    assert count_as.find_counter(method) == counter
    if counter is not None:
        Stats().add(counter)


def test_a_deadline_that_has_passed_is_told_with_what_was_not_done(make_ctx: t.Any) -> None:
    ctx = make_ctx({"deadline": 30})
    ctx.check_deadline("anything")
    ctx.deadline_at = ctx.clock.monotonic() + 1
    ctx.check_deadline("GET /x was sent")
    ctx.clock.passed += 1
    with pytest.raises(WaitTimeout, match=r"time limit of 30 s .* was over before GET /x was sent") as late:
        ctx.check_deadline("GET /x was sent")
    assert late.value.facts == {"code": "deadline"}


def test_no_wait_begins_after_the_deadline(make_ctx: t.Any) -> None:
    ctx = make_ctx({"deadline": 30})
    ctx.deadline_at = ctx.clock.monotonic()
    with pytest.raises(WaitTimeout):
        ctx.sleep(1)
    assert ctx.cancellation.waits == []


def test_a_wait_that_is_stopped_is_counted_as_far_as_it_went(make_ctx: t.Any) -> None:
    ctx = make_ctx()

    def stop(seconds: float) -> None:
        ctx.clock.passed += 2
        raise Cancelled("stopped")

    ctx.cancellation.wait = stop
    with pytest.raises(Cancelled):
        ctx.sleep(10)
    assert ctx.stats.as_result()["waited_s"] == 2.0


@pytest.mark.parametrize("text", ["\x1b[31mred\nline", "a\u202eb"])
def test_no_text_steers_a_terminal(make_ctx: t.Any, text: str) -> None:
    ctx = make_ctx()
    ctx.warn(text)
    ctx.progress(text)
    ctx.prompt(text)
    ctx.debug(1, text)
    shown = [*ctx.warnings, *ctx.reporter.news, *ctx.reporter.lines]
    assert len(shown) == 4
    assert all("\x1b" not in line and "\u202e" not in line for line in shown)
    assert "\n" not in ctx.warnings[0] and "\n" not in ctx.reporter.news[0]


def test_a_signal_while_closing_stops_nothing_of_it(make_ctx: t.Any) -> None:
    ctx, shielded = make_ctx(), []
    ctx.on_close(lambda: shielded.append(ctx.cancellation.is_shielded))
    ctx.close()
    ctx.close()
    assert shielded == [True], "and what was closed is not closed again"
