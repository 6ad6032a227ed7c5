# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Windows and gaps."""

from __future__ import annotations

import datetime

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._entra.audit_logs.periods import (
    Gap,
    Window,
    find_complete_until,
    join_gaps,
)

NOW = datetime.datetime(2026, 3, 2, 9, 41, tzinfo=datetime.timezone.utc)
HOUR = datetime.timedelta(hours=1)


@given(st.integers(0, 30 * 86400))
def test_halves_are_the_whole(seconds: int) -> None:
    window = Window(NOW, NOW + datetime.timedelta(seconds=seconds))
    older, newer = window.split()
    assert (older.start, older.end, newer.end) == (window.start, newer.start, window.end)
    if not window.is_smallest:
        assert older.end > older.start and newer.end > newer.start


def test_gaps_that_touch_are_one_and_only_passing_ones_are_read_again() -> None:
    def gap(start: int, end: int, reason: str, kind: str | None = None) -> Gap:
        return Gap("sign_ins", Window(NOW + start * HOUR, NOW + end * HOUR), reason, reason, kind)  # type: ignore[arg-type]

    joined = join_gaps(
        [gap(2, 3, "unanswered"), gap(1, 2, "unanswered"), gap(5, 6, "unanswered"), gap(0, 1, "licence")]
    )
    assert [(item.reason, item.window.start - NOW, item.window.end - NOW) for item in joined] == [
        ("licence", 0 * HOUR, HOUR),
        ("unanswered", HOUR, 3 * HOUR),
        ("unanswered", 5 * HOUR, 6 * HOUR),
    ]
    assert len(join_gaps([gap(0, 1, "late", "a"), gap(0, 1, "late", "b")])) == 2
    assert find_complete_until(joined, NOW + 9 * HOUR) == NOW + HOUR
    assert find_complete_until([gap(0, 9, "retention")], NOW + 9 * HOUR) == NOW + 9 * HOUR
