# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever the service answers, each entry of a log is read or lies in a gap that is told."""

from __future__ import annotations

import datetime
import json
import typing as t
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from example_counts import try_examples
from hypothesis import given
from hypothesis import strategies as st
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
from ansible_collections.cvops.identity.plugins.module_utils._core.reply import Reply
from ansible_collections.cvops.identity.plugins.module_utils._core.retry import Repeat
from ansible_collections.cvops.identity.plugins.module_utils._entra.audit_logs.periods import (
    Window,
    find_complete_until,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.audit_logs.queries import LogQuery
from ansible_collections.cvops.identity.plugins.module_utils._entra.audit_logs.reader import LogReader, NoLicence

NOON = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.timezone.utc)
PERIOD = Window(NOON, NOON + datetime.timedelta(hours=24))
QUERY = LogQuery("sign_ins", "beta", ("appId eq 'x'",), "application x", "service_principal")
ROOT = "https://graph.example"


class Log:
    """A log that answers as Graph does, or worse: ``fail`` is asked about each window and page, ``order`` sorts what it gives."""

    def __init__(self, minutes: t.Sequence[int], page_size: int = 3, **habits: t.Any) -> None:
        self.rows = [
            {"id": f"r{number}", "createdDateTime": (NOON + datetime.timedelta(minutes=at)).isoformat()}
            for number, at in enumerate(minutes)
        ]
        self.page_size, self.asked = page_size, list[tuple[str, Repeat]]()
        self.fail = habits.get("fail", lambda start, end, count, offset: None)
        self.order = habits.get("order", 1)
        self.repeats = habits.get("repeats", False)
        self.link: t.Any = habits.get("link")

    def read_page(self, path: str, *, intent: str, needs: t.Any, params: t.Any = None, repeat: t.Any = None) -> Reply:
        query = dict(parse_qsl(urlsplit(path).query)) if params is None else dict(params)
        self.asked.append((path if params is None else f"{path}?{urlencode(params)}", repeat))
        words = query["$filter"].split(" ")
        start, end = (datetime.datetime.fromisoformat(words[at].replace("Z", "+00:00")) for at in (2, 6))
        found = [row for row in self.rows if start <= datetime.datetime.fromisoformat(row["createdDateTime"]) <= end]
        found = sorted(found, key=lambda row: row["createdDateTime"])[:: self.order]
        offset = int(query.get("offset", 0))
        failure = self.fail(start, end, len(found), offset)
        if failure is not None:
            raise failure
        page: dict[str, t.Any] = {"value": found[offset : offset + self.page_size]}
        if self.repeats and offset:
            page["value"] = [*found[offset - self.page_size : offset], *page["value"]]
        if offset + self.page_size < len(found):
            following = {**query, "offset": offset + self.page_size}
            page["@odata.nextLink"] = self.link or f"{ROOT}/beta/auditLogs/signIns?{urlencode(following)}"
        return Reply("GET", f"{ROOT}/beta", 200, {}, json.dumps(page).encode(), "c", "Microsoft Graph")

    def read_object(self, reply: Reply) -> t.Any:
        return reply.json()

    def read_token_claims(self) -> dict[str, t.Any]:
        return {"roles": ["AuditLog.Read.All"]}


def make_reader(log: Log, **fields: t.Any) -> LogReader:
    ctx = SleepingContext(
        options={"graph_url": ROOT, "cloud": "public"}, reporter=RecordingReporter(), clock=SleepingClock(), **fields
    )
    return LogReader(ctx, t.cast(t.Any, log))


def read(log: Log) -> tuple[list[str], LogReader]:
    reader = make_reader(log)
    return [str(wire["id"]) for wire in reader.read(QUERY, PERIOD)], reader


def assert_nothing_is_silent(log: Log, found: t.Sequence[str], reader: LogReader) -> None:
    """Each entry is there once, or lies in a gap; and what the next run reads from on has all that is missing."""
    assert len(found) == len(set(found))
    missing = [row for row in log.rows if row["id"] not in found]
    from_here = find_complete_until(reader.gaps, PERIOD.end)
    for row in missing:
        moment = datetime.datetime.fromisoformat(row["createdDateTime"])
        assert any(gap.window.start <= moment <= gap.window.end for gap in reader.gaps), row
        assert moment >= from_here


FAILURES = st.sampled_from(
    [
        ApiError("gone", service="Microsoft Graph", status=504, code="UnknownError"),
        ApiError("gone", service="Microsoft Graph", status=500),
        Unreachable("slow", code="read_timeout"),
    ]
)


@try_examples(150)
@given(
    st.lists(st.integers(0, 24 * 60), max_size=40),
    st.integers(1, 7),
    st.integers(1, 24 * 60),
    st.integers(1, 50),
    st.sampled_from([1, -1]),
    st.booleans(),
    st.integers(0, 10),
    FAILURES,
)
def test_each_entry_is_read_or_told(
    minutes: list[int],
    page_size: int,
    longest: int,
    most: int,
    order: int,
    repeats: bool,
    late_page: int,
    failure: Exception,
) -> None:
    """Windows that are too long, find too much, or fail in the middle; any order, and pages that overlap."""

    def fail(start: datetime.datetime, end: datetime.datetime, count: int, offset: int) -> Exception | None:
        wide = end - start > datetime.timedelta(minutes=longest)
        return failure if wide or count > most or (offset > late_page * page_size) else None

    log = Log(minutes, page_size, fail=fail, order=order, repeats=repeats)
    found, reader = read(log)
    assert_nothing_is_silent(log, found, reader)
    if longest > 24 * 60 or (longest >= 5 and most >= len(minutes) and late_page * page_size > len(minutes)):
        assert len(found) == len(minutes) and reader.gaps == [], "all that the service can answer is read"


def test_a_log_that_answers_is_read_in_one_window_and_pages() -> None:
    log = Log(range(0, 70, 10), page_size=3)
    found, reader = read(log)
    assert found == [f"r{number}" for number in range(7)] and reader.gaps == [] and reader.repeats == 0
    assert len(log.asked) == 3 and reader.pages["beta", "service_principal"] == 3
    assert "%24orderby=createdDateTime+asc" in log.asked[0][0] and "%24top=1000" in log.asked[0][0]


def test_pages_that_are_given_twice_are_counted() -> None:
    log = Log(range(0, 70, 10), page_size=3, repeats=True)
    found, reader = read(log)
    assert len(found) == 7 and reader.repeats == 6


def test_only_the_smallest_windows_are_asked_for_again() -> None:
    """What can be split is not repeated, but where the service says that it did nothing."""
    fails = ApiError("gone", service="Microsoft Graph", status=504)
    log = Log([], fail=lambda start, end, count, offset: fails)
    found, reader = read(log)
    assert found == [] and [gap.reason for gap in reader.gaps] == ["unanswered"] * 3
    assert reader.gaps[-1].window.end == PERIOD.end and reader.gaps[0].window.start == PERIOD.start
    assert {repeat for _, repeat in log.asked} == {Repeat.IF_UNDONE, Repeat.BY_METHOD}
    assert [repeat for _, repeat in log.asked].count(Repeat.BY_METHOD) == 3 and len(log.asked) < 20


def test_a_page_that_leads_to_itself_is_a_gap_and_no_loop() -> None:
    log = Log([1, 1, 1, 1], page_size=2, link=f"{ROOT}/beta/auditLogs/signIns?x")

    def answer(path: str, **more: t.Any) -> Reply:
        return Log.read_page(log, path, **more) if more.get("params") else Log.read_page(log, log.asked[0][0], **more)

    log.read_page = answer  # type: ignore[method-assign]
    found, reader = read(log)
    assert found == ["r0", "r1"] and reader.gaps and "read already" in reader.gaps[0].message
    assert_nothing_is_silent(log, found, reader)


@pytest.mark.parametrize(
    "link",
    [
        "https://collector.example/beta/x",
        f"{ROOT}/v1.0/auditLogs/signIns",
        f"{ROOT}/beta/../v1.0/x",
        7,
        ["x"],
        {"a": 1},
    ],
)
def test_a_link_to_anywhere_else_is_an_error(link: t.Any) -> None:
    with pytest.raises(BadAnswer, match="cannot be read to its end"):
        read(Log(range(9), link=link))


@pytest.mark.parametrize(
    ("failure", "raised"),
    [
        (Throttled("slow down", status=429), Throttled),
        (Unreachable("no such host", code="name"), Unreachable),
        (Forbidden("no", status=403, code="Authorization_RequestDenied"), Forbidden),
        (Forbidden("none", status=403, code="Authentication_RequestFromNonPremiumTenantOrB2CTenant"), NoLicence),
        (BadAnswer("html", status=400), BadAnswer),
    ],
)
def test_what_does_not_pass_is_an_error(failure: Exception, raised: type[Exception]) -> None:
    with pytest.raises(raised):
        read(Log([1], fail=lambda *told: failure))


@pytest.mark.parametrize(
    "failure", [NotFound("no such log", status=404), ApiError("bad filter", status=400, code="BadRequest")]
)
def test_what_the_service_does_not_offer_is_a_gap_of_its_own(failure: Exception) -> None:
    found, reader = read(Log([1], fail=lambda *told: failure))
    (gap,) = reader.gaps
    assert found == [] and (gap.reason, gap.window) == ("refused", PERIOD), (
        "asked for once more at most, without an order"
    )
    assert find_complete_until(reader.gaps, PERIOD.end) == PERIOD.end, "reading again does not help"


def test_a_log_that_takes_no_order_is_read_without() -> None:
    """The newest come first then, and nothing is concluded from what was read of a window that breaks off."""

    class Unordered(Log):
        def read_page(self, path: str, **more: t.Any) -> Reply:
            if "$orderby" in (more.get("params") or {}):
                self.asked.append(("refused", more["repeat"]))
                raise ApiError("no order", service="Microsoft Graph", status=400, code="BadRequest")
            return super().read_page(path, **more)

    log = Unordered(range(0, 1400, 70), order=-1, fail=lambda start, end, count, offset: FAILED if offset > 6 else None)
    found, reader = read(log)
    assert len(found) == 20 and reader.gaps == []
    assert [path for path, _ in log.asked].count("refused") == 1


FAILED = ApiError("gone", service="Microsoft Graph", status=504)


def test_a_task_whose_time_is_over_keeps_what_it_has() -> None:
    log = Log([1])
    reader = make_reader(log, deadline_at=20.0)
    assert list(reader.read(QUERY, PERIOD)) == [] and log.asked == []
    assert [gap.reason for gap in reader.gaps] == ["deadline"]


def test_time_that_is_over_between_two_pages_ends_reading_there() -> None:
    log = Log(range(0, 70, 10), page_size=3)
    reader = make_reader(log, deadline_at=100.0)
    stream = reader.read(QUERY, PERIOD)
    found = [next(stream)["id"] for _ in range(3)]
    reader._ctx.clock.at = 90.0  # type: ignore[attr-defined]
    assert list(stream) == [] and found == ["r0", "r1", "r2"]
    (gap,) = reader.gaps
    assert (gap.reason, gap.window.end) == ("deadline", PERIOD.end)
    assert gap.window.start == NOON + datetime.timedelta(minutes=20)


def test_pages_without_an_end_that_bring_nothing_new_are_a_gap_at_once() -> None:
    log, pages = Log([]), 0

    def answer(path: str, **_more: t.Any) -> Reply:
        nonlocal pages
        pages += 1
        page = {"value": [], "@odata.nextLink": f"{ROOT}/beta/auditLogs/signIns?page={pages}"}
        return Reply("GET", ROOT, 200, {}, json.dumps(page).encode(), "c", "Microsoft Graph")

    log.read_page = answer  # type: ignore[method-assign]
    found, reader = read(log)
    assert found == [] and [(gap.reason, gap.window) for gap in reader.gaps] == [("unanswered", PERIOD)] and pages == 12


def test_half_a_million_entries_are_not_held() -> None:
    """Pages are read as they are asked for, one after the other."""
    log = Log([1], page_size=1000)
    log.rows = [{"id": str(number), "createdDateTime": NOON.isoformat()} for number in range(500_000)]
    reader = make_reader(log)
    stream = reader.read(QUERY, PERIOD)
    first = [next(stream)["id"] for _ in range(1500)]
    assert len(set(first)) == 1500 and len(log.asked) == 2, "a page is asked for when it is needed"
    stream.close()


@pytest.mark.parametrize("row", [{"id": "1"}, {"id": "1", "createdDateTime": "soon"}, "text"])
def test_entries_that_are_none(row: t.Any) -> None:
    log = Log([])
    log.rows = [row]
    log.read_page = lambda *more, **_more: Reply(  # type: ignore[method-assign]
        "GET", ROOT, 200, {}, json.dumps({"value": [row]}).encode(), "c", "Microsoft Graph"
    )
    with pytest.raises(BadAnswer):
        read(log)
