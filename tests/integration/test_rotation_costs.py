# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run of secret_rotation costs on a day on which there is nothing to do: requests, of which none writes."""

from __future__ import annotations

import collections
import pathlib
from collections.abc import Iterator

import pytest
from cvops_simulator import Simulator
from helpers.rotating import DAY
from helpers.rotation_stage import NEW, Scene, Stage

pytestmark = pytest.mark.any_core

#: Requests to Graph for one application, and to each target.
MOST_OF_APPLICATION, MOST_OF_TARGET = 2, 1
#: What signing in and out of a CommCell takes.
SIGN_IN = ("Login", "Logout")


@pytest.fixture
def stage(
    site: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, request: pytest.FixtureRequest
) -> Iterator[Stage]:
    made = Stage(site, tmp_path / "stores", monkeypatch, lambda: request.getfixturevalue("bao"))
    yield made
    made.close()


@pytest.mark.parametrize(
    "places",
    [
        ("file",),
        ("vault",),
        ("key vault",),
        ("credential",),
        ("credential", "second credential"),
        ("oidc",),
        ("vault", "key vault", "file", "credential", "second credential", "oidc", "external"),
        ("return",),
    ],
    ids=" ".join,
)
def test_a_run_in_the_final_state(stage: Stage, places: tuple[str, ...]) -> None:
    scene = Scene("the final state", places, keys=(NEW,), current=0)
    rotating, _watch = stage.set(scene)
    stage.site.clock.advance(DAY)
    stage.site.journal.clear()
    stage.wire.begin()
    found = stage.run(rotating, scene)
    assert (found["changed"], found["stats"]["writes"], found["rotation"]["outcome"]) == (False, 0, "not_due"), found
    counts = count_requests(stage)
    print(places, dict(counts), [f"{method} {url}" for method, url in stage.wire.sent])
    assert counts.pop("application") <= MOST_OF_APPLICATION
    assert counts.pop("sign-in") >= 1
    assert sum(counts.values()) <= MOST_OF_TARGET * len(places), [*counts, stage.wire.sent]


def count_requests(stage: Stage) -> collections.Counter[str]:
    """Count the requests by what they are for."""
    site = stage.site
    prefixes = {site.login_url: "sign-in", site.graph_url: "application", site.keyvault_url: "key vault"}
    counts: collections.Counter[str] = collections.Counter()
    for _method, url in stage.wire.sent:
        is_sign_in = url.rpartition("/")[2].partition("?")[0] in SIGN_IN
        told = next((what for prefix, what in prefixes.items() if url.startswith(prefix)), "others")
        counts["sign-in" if is_sign_in else told] += 1
    return counts
