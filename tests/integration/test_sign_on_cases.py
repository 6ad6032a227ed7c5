# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What sso_preflight_info predicts is what a sign-on gives: each case of ``sign_on_cases.yml``, through both and compared with the table.

Preflight reads both services; the sign-on is one: Entra ID's part signs an assertion, Commvault's checks it and puts the person into
groups. They share no code, and the table has its values from the vendors' documentation.
"""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from cvops_simulator import Simulator
from helpers.direct import run_body
from helpers.saved_states import SavedStates
from helpers.sign_on_cases import CASES, SOURCES, Stage
from helpers.signing_on import set_up_sign_on
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.modules import sso_preflight_info

pytestmark = [pytest.mark.any_core, pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")]


@pytest.fixture
def site(
    empty_site: Simulator, saved_states: SavedStates, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> Simulator:
    """Single sign-on set up by the modules; once for all cases."""
    share_clock(monkeypatch, empty_site)
    saved_states.reach(empty_site, "sign-on", lambda: _set_up(empty_site), tmp_path)
    return empty_site


def _set_up(site: Simulator) -> None:
    """Single sign-on without the person and the groups that the set-up brings: each case has its own."""
    set_up_sign_on(site)
    state, tables = site.commcells["cs01"].state, site.tenant.store.tables
    (group,) = state.groups.named("operators")
    state.groups.remove(group)
    for table in ("users", "groups"):
        for key, row in list(tables[table].items()):
            if row["displayName"] in ("Sam Signer", "GG Operators"):
                del tables[table][key]


def _play(site: Simulator, case: dict[str, t.Any]) -> tuple[Stage, dict[str, t.Any]]:
    stage = Stage(site, case)
    result = run_body(sso_preflight_info, site, stage.build_options())
    assert not result.get("failed"), result["msg"]
    return stage, t.cast("dict[str, t.Any]", result["preflight"])


@pytest.mark.parametrize("name", CASES)
def test_preflight_says_what_the_sign_on_gives(site: Simulator, name: str) -> None:
    case = CASES[name]
    expected = {
        "finding": None,
        "site": {},
        "sign_on": "ok",
        "refused": None,
        "groups": [],
        "unsure": [],
        **case["expect"],
    }
    stage, told = _play(site, case)
    (row,), (person,) = told["groups"], told["users"]
    certain, unsure = stage.fill(expected["groups"]), stage.fill(expected["unsure"])
    seen = {
        "verdict": row["verdict"],
        "finding": next((item["check"] for item in row["findings"] if item["check"] == expected["finding"]), None),
        "site": {item["check"]: item["verdict"] for item in told["checks"] if item["verdict"] != "ok"},
        "sign_on": "none" if told["identity_provider"] is None else person["sign_on"],
        "groups": person["user_groups"],
        "unsure": person["possible_user_groups"],
    }
    wanted = {key: expected[key] for key in seen}
    assert seen == {**wanted, "groups": certain, "unsure": unsure}, told

    if expected["sign_on"] != "none":
        answer = stage.sign_on()
        if expected["refused"]:
            assert expected["refused"] in answer.get("errorMessage", ""), answer
        else:
            assert "userName" in answer, answer
    mapped = stage.list_mapped_groups()
    after = stage.list_member_groups()
    really = sorted(group for group, company in after if (group, company) in mapped)
    assert set(certain) <= set(really) <= {*certain, *unsure}
    if "others" in expected:
        assert [group for group, company in after if (group, company) not in mapped] == stage.fill(expected["others"])


def test_the_table_says_where_each_case_comes_from() -> None:
    """Sources that exist and are used; a question wherever preflight need not be firm, and a firm answer everywhere else."""
    assert {source for case in CASES.values() for source in case["sources"]} == set(SOURCES)
    for name, case in CASES.items():
        expect = case["expect"]
        assert case["sources"] and case["because"], name
        open_end = bool(expect.get("unsure")) or expect.get("sign_on") == "unknown"
        assert open_end == bool(case.get("undecided")), name
        assert expect["verdict"] != "ok" or "finding" not in expect, name
        assert bool(expect.get("refused")) == (expect.get("sign_on") == "broken") or case.get("undecided"), name
