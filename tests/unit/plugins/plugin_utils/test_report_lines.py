# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What playbooks print at their end: whole reports, and names that cannot make lines of their own."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError
from ansible_collections.cvops.identity.plugins.plugin_utils.report_lines import (
    build_run_summary,
    find_doctor_faults,
    format_access,
    format_doctor_report,
    format_drift,
    format_export,
    format_pending_consent,
    format_preflight,
    format_run,
    format_table,
)

HOSTILE = "a\x1b[2K\nok: [localhost] \u202e{{ 1 }}"
SHOWN = "a\\x1b[2K ok: [localhost] \\u202e{{ 1 }}"
REGISTERED = {"changed": True, "reads": 1, "writes": 2, "sign_ins": 1, "consent": {"status": "pending_consent"}}
MAPPED = {
    "changed": False,
    "reads": 5,
    "writes": 0,
    "sign_ins": 1,
    "entra_groups": {"a": "1", "b": None},
    "commcells": {
        "cs01": {"mappings": {"grants": [1, 2], "added": [1], "removed": [], "remaining": 3, "not_confirmed": [1]}},
        HOSTILE: {"mappings": {"grants": []}},
    },
}


def test_a_run_as_lines() -> None:
    assert format_run(REGISTERED, MAPPED, HOSTILE) == [
        f"Registration {SHOWN}: changed",
        "Admin consent is pending, see above",
        "Entra groups: 2",
        "cs01: 2 grants, 1 added, 0 removed, 3 requests left for the next run, 1 not confirmed",
        f"{SHOWN}: 0 grants, 0 added, 0 removed",
        "6 reads, 2 writes, 2 sign-ins",
    ]
    unchanged = {**REGISTERED, "changed": False, "consent": {}}
    assert format_run(unchanged, None, "x") == ["Registration x: as it should be", "1 read, 2 writes, 1 sign-in"]
    assert format_run(None) == ["0 reads, 0 writes, 0 sign-ins"]


def test_what_was_not_written_is_told_as_still_to_be_done() -> None:
    predicted = format_run(REGISTERED, MAPPED, "x", True)
    assert predicted[0] == "Registration x: to be changed"
    assert predicted[3].startswith("cs01: 2 grants, 1 to add, 0 to remove, 3 requests left")
    assert predicted[-1] == "Check mode: nothing was written"


@pytest.mark.parametrize("status", ["refused", "not_applied", "problems", "planned", "postponed"])
def test_a_plan_that_was_not_carried_out_is_told_as_such(status: str) -> None:
    hosts = {"localhost": {"status": status}, "cs01": {"status": status}, HOSTILE: {"status": "applied"}}
    told = format_run({**REGISTERED, "changed": False}, MAPPED, "x", hosts=hosts)
    assert not [line for line in told if line.startswith("Registration")]
    assert "cs01: 2 grants, 1 to add, 0 to remove, 3 requests left for the next run, 1 not confirmed" in told
    assert f"{SHOWN}: 0 grants, 0 added, 0 removed" in told
    done = format_run(REGISTERED, MAPPED, "x", hosts={"localhost": {"status": "applied"}, "cs01": {"status": "failed"}})
    assert "Registration x: changed" in done and any("1 added" in line for line in done)


def test_a_run_as_data() -> None:
    assert build_run_summary(REGISTERED, MAPPED, True) == {
        "check_mode": True,
        "changed": True,
        "registration": REGISTERED,
        "role_mappings": MAPPED,
        "grants": {"cs01": [1, 2], HOSTILE: []},
        "surplus": {"cs01": [], HOSTILE: []},
        "unmanaged": {"cs01": [], HOSTILE: []},
    }
    empty: dict[str, t.Any] = dict.fromkeys(("registration", "role_mappings", "grants", "surplus", "unmanaged"), {})
    assert build_run_summary(None) == {"check_mode": False, "changed": False, **empty}


def grant(who: str, role: str, entity: str, **more: t.Any) -> dict[str, t.Any]:
    return {"principal": who, "role": role, "entity_type": "plans", "entity": entity, **more}


LOST = {"user_group": "GG-Lost", "grants": 1, "held": ["View on plans gold"], "removed": False}


def drifting(**found: t.Any) -> dict[str, t.Any]:
    return {"commcells": {"cs01": {"mappings": found, "managed_groups": ["GG-*"]}}}


def test_access_beyond_the_mapping_is_told_by_name_as_far_as_it_stays() -> None:
    mapped = drifting(
        surplus=[grant(HOSTILE, "View", "gold", removed=False), grant("ops", "Edit", "gold", removed=True)],
        unmanaged=[LOST, {**LOST, "user_group": "GG-Gone", "removed": True}],
    )
    told = [f"surplus: {SHOWN}: View on plans gold", "unmanaged: GG-Lost has no entry and holds View on plans gold"]
    assert format_drift(mapped) == [f"cs01: {line}" for line in told]
    assert format_run(None, mapped)[:-1] == [
        "cs01: 0 grants, 0 added, 0 removed, 1 surplus, 1 group unmanaged",
        *(f"  {line}" for line in told),
    ]
    assert build_run_summary(None, mapped)["unmanaged"] == {
        "cs01": mapped["commcells"]["cs01"]["mappings"]["unmanaged"]
    }


def test_what_is_not_known_and_what_was_not_looked_for_is_said() -> None:
    unknown = drifting(surplus="unknown", unmanaged="unknown")
    assert len(format_drift(unknown)) == 2 and all("unknown" in line for line in format_drift(unknown))
    assert "surplus unknown, groups unmanaged unknown" in format_run(None, unknown)[0]
    unasked = {"commcells": {"cs01": {"mappings": {"grants": []}, "managed_groups": []}}}
    assert "were not looked for" in format_run(None, unasked)[1]
    assert format_drift(unasked) == format_drift({}) == format_drift(None) == []


def test_a_long_report_is_cut_and_a_failure_names_all() -> None:
    mapped = drifting(surplus=[grant("ops", "View", f"p{number:02}", removed=False) for number in range(30)])
    assert format_run(None, mapped)[-2] == "  surplus: and 10 more"
    assert len(format_drift(mapped)) == 30


def test_who_may_do_what_is_one_line_for_entities_of_a_kind() -> None:
    grants = [grant("ops", "View", "silver"), grant("ops", "View", "gold"), grant(HOSTILE, "Edit", "x")]
    grants.append(grant("ops", "View", "own", grant_kind="creator"))
    lines = format_access(grants)
    assert [" ".join(line.split()) for line in lines] == [
        "Principal Role On Entities",
        f"{' '.join(SHOWN.split())} Edit plans x",
        "ops View plans gold, silver",
        "ops View (creator) plans own",
    ]
    assert format_access(grants, 1) == [*format_access(grants[2:3]), "and 2 lines more"]
    assert format_access([]) == ["no grants"]
    by_commcell = format_access({"emea": grants, "amer": []})
    assert by_commcell[:2] == ["amer: 0 grants to 0 principals", "  no grants"]
    assert by_commcell[2] == "emea: 4 grants to 2 principals" and by_commcell[3:] == [f"  {line}" for line in lines]
    for limit in (-1, True, "5"):
        with pytest.raises(FilterInputError):
            format_access(grants, t.cast(int, limit))


def row(verdict: str, name: str, emitted: str | None = None, user_group: str | None = None) -> dict[str, t.Any]:
    cells = {"emitted": emitted, "user_group": user_group, "reason": "why", "remedy": "do this"}
    return {"verdict": verdict, "entra_group": name, **cells}


def test_a_preflight_as_lines_and_a_table() -> None:
    checks = [{"verdict": verdict, "check": "c", "reason": HOSTILE, "remedy": "r"} for verdict in ("ok", "broken")]
    groups = [row("ok", "Backup", "guid", "Größe"), row("warning", HOSTILE), row("broken", "x")]
    found = {"verdict": "broken", "checks": checks, "groups": groups, "users_not_checked": 4}
    wide = len(SHOWN)
    assert format_preflight(found, "cs01") == [
        "cs01: broken, 3 groups: 1 ok, 1 warning, 1 broken",
        f"broken   c: {SHOWN} -> r",
        f"Verdict  {'Entra group':<{wide}}  In the token  Commvault group  Remedy",
        f"ok       {'Backup':<{wide}}  guid          Größe            do this",
        f"warning  {SHOWN}                                 do this (why)",
        f"broken   {'x':<{wide}}                                 do this (why)",
        "4 members were not checked for too many groups (user_limit)",
    ]


def test_a_preflight_without_groups_and_one_that_does_not_know() -> None:
    assert format_preflight({"verdict": "ok", "groups": [], "checks": []}) == ["CommCell: ok"]
    lines = format_preflight({"verdict": "unknown", "groups": [row("unknown", "g")]}, 7)
    assert lines[0] == "7: unknown, 1 groups: 0 ok, 1 unknown, 0 warning, 0 broken"


def test_saml_apps_and_credentials_are_told_by_commcell() -> None:
    apps = {"changed": False, "commcells": {"cs01": [{"name": "people"}]}, "reads": 1, "writes": 0, "sign_ins": 1}
    held = {**apps, "changed": True, "commcells": {"cs01": [{"name": "a\u200b"}, {}], "cs02": [{}]}}
    assert format_run({}, sign_on=apps, credentials=held) == [
        "cs01: SAML apps: people",
        "cs01: credentials: a\\u200b",
        "cs02: credentials: none",
        "2 reads, 0 writes, 2 sign-ins",
    ]
    summary = build_run_summary({}, sign_on=apps, credentials=held)
    assert summary["changed"] is True and summary["credentials"] == held
    assert "credentials" not in build_run_summary({}, sign_on=apps)


def test_policies_are_told_with_their_state() -> None:
    sums = {"changed": True, "reads": 1, "writes": 2, "sign_ins": 1}
    access = {**sums, "named_locations": [], "policies": [{"display_name": "CA1", "policy_state": "enabled"}]}
    assert format_run({}, conditional_access=access) == [
        "Conditional access: CA1: in force",
        "1 read, 2 writes, 1 sign-in",
    ]
    summary = build_run_summary({}, conditional_access=access)
    assert summary["changed"] is True and summary["conditional_access"] == access
    assert "conditional_access" not in build_run_summary({})


def test_sign_ons_of_sample_users_are_told() -> None:
    def user(name: str, sign_on: str | None, reason: str = "", sure: t.Any = (), possible: t.Any = ()) -> t.Any:
        groups = {"user_groups": list(sure), "possible_user_groups": list(possible)}
        return {"user": name, "sign_on": sign_on, "sign_on_reason": reason, **groups}

    users = [
        user("a", "ok", "", ["Ops", HOSTILE], ["View"]),
        user("b", "broken", "disabled"),
        user("c", "unknown", "not read", [], ["Ops"]),
        user("d", "ok"),
        user("e", None),
    ]
    assert format_preflight({"verdict": "ok", "users": users})[1:] == [
        f"a signs on; groups: Ops, {SHOWN}, perhaps View",
        "b is refused (disabled)",
        "c sign-on not certain (not read); groups: none, perhaps Ops",
        "d signs on; groups: none",
    ]


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert format_table([("a", "b", "c"), ("long", "", "")], least=5) == ["a      b  c", "long"]
    assert format_table([("a",), ("b",)]) == ["a", "b"]


def connection(**more: t.Any) -> dict[str, t.Any]:
    sides = {"entra": {"status": "ok"}, "commvault": {"status": "ok"}}
    return {**sides, "playbooks": {"site": {"can_run": True}, "doctor": {"can_run": None}}, **more}


def test_a_doctor_tells_the_tenant_once() -> None:
    found = connection(report={"entra": ["e"], "commvault": ["c"], "playbooks": ["p"]})
    assert format_doctor_report(found, "cs01") == ["e", "cs01", "c", "Playbooks on cs01", "p"]
    assert format_doctor_report(found, "cs01", False) == ["cs01", "c", "Playbooks on cs01", "p"]
    assert format_doctor_report(found, "") == ["e", "c", "Playbooks", "p"]


def test_the_same_list_of_playbooks_is_told_once() -> None:
    found = {"report": {"entra": ["e"], "commvault": ["c"], "playbooks": ["p"]}}
    other = {"report": {"entra": ["e"], "commvault": ["c"], "playbooks": ["q"]}}
    told = format_doctor_report(found, "cs03", False, {"cs01": other, "cs02": found, "cs03": found})
    assert told == ["cs03", "c", "Playbooks on cs03: as on cs02"]
    assert format_doctor_report(found, "cs03", False, {"cs01": other, "cs03": found})[-1] == "p"


def test_faults_are_failed_sides_and_playbooks_that_cannot_run() -> None:
    failed = {"status": "failed", "error": {"msg": HOSTILE}}
    cannot = {"site": {"can_run": False, "reason": HOSTILE}, "doctor": {"can_run": False, "reason": "r"}}
    found = {"cs01": connection(entra=failed, playbooks=cannot), "": connection(commvault=failed)}
    assert find_doctor_faults(found, ["site"]) == [
        f"cs01: entra: {SHOWN}",
        f"cs01: site cannot run: {SHOWN}",
        f"commvault: {SHOWN}",
    ]
    assert find_doctor_faults({"cs01": connection()}, ["site", "doctor"]) == []


def test_a_playbook_that_nobody_judges_is_no_playbook_that_can_run() -> None:
    with pytest.raises(
        FilterInputError, match="doctor_playbooks names 'sit', which is not one of the playbooks: doctor, site"
    ):
        find_doctor_faults({"cs01": connection()}, ["sit"])


def test_missing_consent_names_what_and_where() -> None:
    missing = [{"api": HOSTILE, "application": ["A"], "delegated": ["d", HOSTILE]}, {"api": "b"}]
    assert format_pending_consent({"missing": missing, "consent_url": "https://x"}) == [
        "Consent is pending: this identity is not allowed to grant",
        f"{SHOWN}: A, d, {SHOWN}",
        "b: ",
        "An administrator grants it at https://x",
    ]


def test_an_export_counts_what_it_left_out() -> None:
    found = {"mappings": [1, 2], "user_groups_without_grants": [1], "other": [{"why": "b"}, {"why": "A"}, {"why": "b"}]}
    assert format_export(found, "/x.yml") == [
        "Written: /x.yml",
        "2 principals with grants",
        "1 user groups without grants",
        "3 rows that no mapping manages: A, b",
    ]
    assert format_export({}, "/x.yml")[-1] == "0 rows that no mapping manages: none"


def test_groups_that_are_not_there_yet_are_told_once_for_each_service() -> None:
    absent = {
        "entra_group": "x",
        "findings": [{"check": "entra_group"}],
        "user_group_exists": False,
        "verdict": "broken",
    }
    there = {"entra_group": "y", "findings": [{"check": "member"}], "user_group_exists": True, "verdict": "ok"}
    told = format_preflight({"verdict": "broken", "groups": [absent, absent, there], "checks": []})
    assert [line for line in told if "do not exist yet" in line] == [
        "Entra ID: 2 of 3 groups do not exist yet; the playbook site creates those of the document",
        "Commvault: 2 of 3 groups do not exist yet; the playbook site creates those of the document",
    ]
    assert not any(
        "do not exist yet" in line for line in format_preflight({"verdict": "ok", "groups": [there], "checks": []})
    )
