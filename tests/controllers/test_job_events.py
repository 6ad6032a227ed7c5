# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a controller keeps of a job: its events are small, and few for each CommCell."""

from __future__ import annotations

import collections
import typing as t
from collections.abc import Iterator

import pytest
from cvops_simulator import Simulator
from cvops_simulator.testing import running_simulator
from runner_jobs import Job, start_job

#: Of a run without changes on set M: 60 groups, three CommCells.
MOST_BYTES = 187_000
#: Of the result of one task of a CommCell. Its mapping alone, whole, takes 25 kB.
MOST_OF_COMMCELL = 6_000
#: Requests to one CommCell in such a run, its log-in and log-out included.
MOST_REQUESTS = 43
#: Of all events of a CommCell.
MOST_FOR_COMMCELL = 9_000
#: Tasks of one CommCell in such a run, and those that are run once, on the first of them.
TASKS_OF_COMMCELL, TASKS_RUN_ONCE = 2, 2


@pytest.fixture(scope="module")
def medium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with running_simulator(set="M", directory=tmp_path_factory.mktemp("medium")) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def jobs(medium: Simulator, tmp_path_factory: pytest.TempPathFactory) -> tuple[Job, Job]:
    """A run without changes, and the same with ``-v``."""
    folder = tmp_path_factory.mktemp("jobs")
    start_job(folder / "first", medium.variables(), None).ok()
    medium.journal.clear()
    again = start_job(folder / "again", medium.variables(), None).ok()
    requests = {name: len(medium.journal.entries(name)) for name in medium.commcells}
    assert medium.journal.writes() == [] and max(requests.values()) <= MOST_REQUESTS, requests
    return again, start_job(folder / "told", medium.variables(), None, "-v").ok()


def results(job: Job, task: str) -> list[dict[str, t.Any]]:
    """The results of a task of this name on all hosts."""
    found = [event["event_data"] for dummy, event in job.events() if event["event"] == "runner_on_ok"]
    return [data["res"] for data in found if data["task"] == task]


@pytest.mark.whole
def test_a_run_without_changes_is_a_small_job(jobs: tuple[Job, Job], medium: Simulator) -> None:
    events = jobs[0].events()
    sizes = collections.Counter[str]()
    for size, event in events:
        sizes[f"{event['event']} {event.get('event_data', {}).get('task')}"] += size
    assert sum(sizes.values()) < MOST_BYTES, sizes.most_common(10)
    of_cells = [(size, event) for size, event in events if event.get("event_data", {}).get("host") in medium.commcells]
    assert max(size for size, dummy in of_cells) < MOST_OF_COMMCELL
    assert sum(size for size, dummy in of_cells) < MOST_FOR_COMMCELL * len(medium.commcells)
    started = collections.Counter(
        event["event_data"]["host"] for dummy, event in of_cells if event["event"] == "runner_on_start"
    )
    assert sum(started.values()) <= TASKS_OF_COMMCELL * len(started) + TASKS_RUN_ONCE, started


@pytest.mark.whole
def test_results_are_whole_with_v_and_counted_without(jobs: tuple[Job, Job]) -> None:
    brief, whole = (results(job, "Role mappings") for job in jobs)
    assert len(brief) == len(whole) == 3
    told = [result["role_mappings"]["grants"] for result in whole]
    assert all(rows and rows[0]["principal"] for rows in told)
    assert sorted(result["role_mappings"]["grants"] for result in brief) == sorted(len(rows) for rows in told)
    assert not any("invocation" in result for result in brief)
    (groups,), (all_of_them,) = (results(job, "Entra groups") for job in jobs)
    assert [group["object_id"] for group in groups["groups"]] == [group["object_id"] for group in all_of_them["groups"]]
    assert "members" in all_of_them["groups"][0] and "members" not in groups["groups"][0]
    assert results(jobs[0], "Summary")[0]["msg"] == results(jobs[1], "Summary")[0]["msg"]
