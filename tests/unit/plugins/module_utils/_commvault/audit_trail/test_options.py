# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of the options of commvault_audit_info."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.audit_trail.options import (
    AUDIT_SEVERITIES,
    EVENT_SEVERITIES,
    Wanted,
    build_log_spec,
    find_zone,
    parse_options,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Problems


def parse(make_ctx: t.Any, **options: t.Any) -> Wanted:
    defaults = {name: option.get("default") for name, option in build_log_spec().options.items()}
    return parse_options(make_ctx({**defaults, **options}))


def test_defaults(make_ctx: t.Any) -> None:
    wanted = parse(make_ctx)
    assert wanted.logs == ("audit_trail",) and wanted.all_severities and wanted.period.open_ended
    assert wanted.period.until - wanted.period.since == datetime.timedelta(days=1)
    assert wanted.severities == {"audit_trail": AUDIT_SEVERITIES, "events": EVENT_SEVERITIES}


def test_lists_each_once_in_one_order(make_ctx: t.Any) -> None:
    wanted = parse(
        make_ctx, logs=["events", "audit_trail", "events"], operations=["add", "add"], severities=["critical"]
    )
    assert wanted.logs == ("audit_trail", "events") and wanted.operations == ("add",)
    assert set(wanted.severities.values()) == {("critical",)} and not wanted.all_severities


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"since": "soon"}, "option since: 'soon' is not a time"),
        ({"late_by": "soon"}, "option late_by: 'soon' is not a length"),
        ({"time_zone": "../../etc/passwd"}, "option time_zone: '../../etc/passwd' is not a time zone"),
        ({"time_zone": "/etc/localtime"}, "is not a time zone"),
        ({"time_zone": "W. Europe Standard Time"}, "is not a time zone"),
        ({"max_rows": 0}, "option max_rows: 0 is not a number of rows"),
        ({"logs": []}, "option logs: an empty list selects nothing"),
        ({"users": []}, "option users: an empty list selects nothing"),
        ({"severities": ["low"], "logs": ["events"]}, "none of low is in events, which has critical, major"),
        ({"users": ["x"], "logs": ["audit_trail", "events"]}, "does not contain who did something"),
    ],
)
def test_options_that_cannot_be_used(make_ctx: t.Any, options: dict[str, t.Any], said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(make_ctx, **options)
    assert said in str(refused.value) and refused.value.facts["source"].startswith("option ")


def test_all_faults_are_told_together(make_ctx: t.Any) -> None:
    with pytest.raises(Problems) as refused:
        parse(make_ctx, since="a", until="b", late_by="c", time_zone="d", max_rows=-1, operations=[])
    places = [problem["where"] for problem in refused.value.facts["problems"]]
    assert places == ["since", "until", "late_by", "time_zone", "operations", "max_rows"]


@pytest.mark.parametrize("name", ["UTC", "utc", " Etc/UTC ", "Coordinated Universal Time"])
def test_utc_needs_no_database(name: str) -> None:
    assert find_zone(name) is datetime.timezone.utc
