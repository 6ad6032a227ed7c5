# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Break-glass drills: with which options an account logs in, what is noted, and the file that keeps it."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.plugin_utils.break_glass_drill import (
    add_drills,
    build_drill,
    build_drill_options,
    format_drills,
    read_drills,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError

DAY = "2026-11-27"
OK = {"status": "ok", "error": None, "identity": {"user_name": "break-glass"}, "rights": [{"id": "1", "name": "x"}]}


def note(side: t.Any, **more: t.Any) -> dict[str, t.Any]:
    return build_drill({"connection": {"commvault": side}, **more}, "cs01", "given", DAY)


def test_nothing_but_the_way_is_taken_from_the_connection() -> None:
    options = {
        "client_secret": "x",
        "commvault_url": "https://cs01.example",
        "commvault_ca_path": "/ca.pem",
        "commvault_username": "automation",
        "commvault_password": "x",
        "commvault_pin": "123456",
        "commvault_token_store": {},
        "commvault_proxy_scope": "api://x",
        "commvault_company": "corp",
    }
    assert build_drill_options(options, {"username": "break-glass", "password": "p"}) == {
        "commvault_url": "https://cs01.example",
        "commvault_ca_path": "/ca.pem",
        "commvault_auth_method": "password",
        "commvault_username": "break-glass",
        "commvault_password": "p",
        "commvault_pin": "",
        "retries": 0,
    }


def test_who_got_in() -> None:
    row = {"commcell": "cs01", "user": "break-glass", "outcome": "worked", "date": DAY, "why": ""}
    assert note(OK) == row
    hidden = note({**OK, "rights": None})
    assert hidden["outcome"] == "not_proven" and "does not show" in hidden["why"]
    assert format_drills([hidden])[0].startswith(
        "cs01: break-glass signed in; its administrator rights are not proven: "
    )
    little = note({**OK, "rights": [{"id": "31"}]})
    assert little["outcome"] == "failed" and "could not repair" in little["why"]


@pytest.mark.parametrize(
    ("side", "more", "why"),
    [
        ({"status": "failed", "error": {"msg": "wrong \u202e password"}}, {}, "wrong \\u202e password"),
        ({}, {"failed": True, "msg": "no such file"}, "no such file"),
        ({}, {}, "nothing was tried"),
        ({"status": "not_configured"}, {}, "nothing was tried"),
    ],
)
def test_whatever_is_not_a_log_in_has_failed(side: t.Any, more: dict[str, t.Any], why: str) -> None:
    row = note(side, **more)
    assert (row["outcome"], row["user"], row["why"]) == ("failed", "given", why)


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "commcell": st.sampled_from(["cs01", "cs02"]),
            "user": st.sampled_from(["a", "b"]),
            "outcome": st.sampled_from(["worked", "not_proven", "failed"]),
            "date": st.sampled_from([DAY, "2026-05-01"]),
        }
    ),
    max_size=5,
)


@given(ROWS, ROWS)
def test_drills_are_kept_once_and_in_order(earlier: t.Any, drills: t.Any) -> None:
    found = add_drills(drills, earlier)
    assert all(row in found for row in [*earlier, *drills]) and len(found) == len({json.dumps(row) for row in found})
    assert [row["date"] for row in found] == sorted(row["date"] for row in found)
    assert add_drills(drills, found) == found


def test_lines_show_what_is_hidden() -> None:
    rows = [note(OK), note({"status": "failed", "error": {"msg": "locked"}})]
    rows[1]["commcell"] = "cs\u202e02"
    assert format_drills(rows) == [
        "cs01: break-glass logged in with its own password, and has administrator rights on the CommCell",
        "cs\\u202e02: given failed the drill: locked",
    ]


def test_files(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "drills.json"
    assert read_drills(str(path)) == ([], [])
    path.write_text(json.dumps([note(OK), {**note(OK), "why": {"__ansible_unsafe": "{{ x }}"}}]))
    drills, problems = read_drills(str(path))
    assert (drills[1]["why"], problems) == ("{{ x }}", [])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "is not JSON"),
        ("{}", "not a list of drills"),
        ('[{"commcell": "a"}]', "has no commcell, user, outcome"),
        (json.dumps([{**note(OK), "outcome": "perhaps"}]), "has no commcell, user, outcome"),
        (json.dumps([{**note(OK), "date": "soon"}]), "is not a date"),
    ],
)
def test_files_that_are_something_else(tmp_path: pathlib.Path, content: str, told: str) -> None:
    path = tmp_path / "drills.json"
    path.write_text(content)
    drills, (problem,) = read_drills(str(path))
    assert drills == [] and told in problem


def test_what_is_no_drill_is_refused() -> None:
    with pytest.raises(FilterInputError):
        add_drills([{"commcell": "cs01"}])
