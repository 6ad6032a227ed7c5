# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks of single sign-on hand to one another."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signing_rows import principal, row

from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError
from ansible_collections.cvops.identity.plugins.plugin_utils.sign_on import (
    build_saml_app_options,
    describe_provider,
    find_reply_url_problems,
    get_break_glass,
    is_redirected,
    list_coming_groups,
    list_present_apps,
    list_reply_urls,
    list_saml_apps,
    list_saml_results,
    list_unregistered,
    name_results_by_item,
    note_nobody_assigned,
    split_saml_steps,
)

PROVIDER = {"application": "66666666-7777-4888-8999-000000000000", "fingerprint": "AB", "pending": False}
THERE = {"application": {"app_id": PROVIDER["application"], "web": {"redirect_uris": ["https://cv/known"]}}}


@pytest.mark.parametrize(
    ("application", "result", "pending"),
    [
        (THERE, principal(row(2030, True)), False),
        ({"application": {"app_id": None}}, {}, True),
        (THERE, principal(row(2030), steps=[{"action": "activate_signing_certificate"}]), True),
        (THERE, principal(row(2030, True), steps=[{"action": "add_signing_certificate"}]), False),
        (THERE, principal(steps=[{"action": "create"}]), True),
        ({"failed": True, "error": {}}, {}, True),
        (THERE, {"error": {"kind": "api"}}, True),
    ],
)
def test_what_the_run_itself_prepares_is_pending(application: t.Any, result: t.Any, pending: bool) -> None:
    assert describe_provider(application, result)["pending"] is pending
    assert describe_provider(application, result, False)["pending"] is False


def test_the_certificate_that_signs_is_told() -> None:
    found = describe_provider(THERE, principal(row(2030), row(2031, True)))
    assert found == {"application": PROVIDER["application"], "fingerprint": "F2031", "pending": False}
    assert describe_provider(THERE, principal())["fingerprint"] is None


def test_apps_by_commcell() -> None:
    apps = [{"name": "a", "commcells": ["emea-*"]}, {"name": "b", "company": "corp", "enabled": None}]
    assert [app["task"] for app in list_saml_apps({"saml_apps": apps}, "emea-1")] == [
        "SAML app a",
        "SAML app b of company corp",
    ]
    (found,) = list_saml_apps({"saml_apps": apps}, "us")
    assert found == {"name": "b", "company": "corp", "task": "SAML app b of company corp"}
    assert list_saml_apps(None, "us") == list_saml_apps({"saml_apps": None}, "us") == []
    with pytest.raises(FilterInputError):
        list_saml_apps({"saml_apps": "x"}, "us")


def test_people_are_sent_on_only_in_the_last_pass() -> None:
    app = {"name": "a", "task": "SAML app a", "auto_redirect": True, "service_provider_endpoint": "https://cv"}
    account = {"username": "x", "password": "y"}
    first = build_saml_app_options(app, PROVIDER, account, "apply")
    assert "auto_redirect" not in first and first["metadata"] == {"application": PROVIDER["application"]}
    assert first["certificate_fingerprint"] == "AB" and first["pending_metadata"] is False and "task" not in first
    last = build_saml_app_options(app, PROVIDER, account, "redirect")
    assert last["auto_redirect"] is True and last["break_glass"] == account and "metadata" not in last
    for stage in ("", "plan"):
        assert build_saml_app_options(app, PROVIDER, {}, stage)["auto_redirect"] is True
    off = build_saml_app_options({**app, "auto_redirect": "no"}, PROVIDER, {}, "apply")
    assert off["auto_redirect"] == "no"
    with pytest.raises(FilterInputError):
        build_saml_app_options(app, PROVIDER, {}, "other")


def test_user_groups_of_the_same_run() -> None:
    """Those that the mapping creates are handed on in every pass but the last; a mapping that has failed lets all its groups count."""
    groups = [{"name": "GG-Ops", "company": "Commcell"}]
    planned = {"role_mappings": {"user_group_references": groups}}
    assert list_coming_groups(planned, [{"user_group": "other"}]) == groups
    assert list_coming_groups({}, None) == list_coming_groups({"role_mappings": {}}) == []
    declared = [
        {"principal": {"entra_group": "GG-Ops"}},
        {
            "principal": {"entra_group": {"name": "GG-Two", "object_id": "x"}},
            "user_group": {"name": "b", "company": "c"},
        },
        {"principal": {"user": "jo"}},
        {"principal": {"entra_group": {"object_id": "x"}}, "user_group": "d"},
    ]
    assert list_coming_groups({"failed": True, "error": {}}, declared) == [
        {"name": "GG-Ops"},
        {"name": "b", "company": "c"},
        {"name": "GG-Two"},
        {"name": "d"},
    ]
    app = {"name": "a", "task": "SAML app a"}
    for stage in ("", "plan", "apply"):
        assert build_saml_app_options(app, PROVIDER, {}, stage, groups)["pending_user_groups"] == groups
        assert "pending_user_groups" not in build_saml_app_options(app, PROVIDER, {}, stage, [])
    assert "pending_user_groups" not in build_saml_app_options(app, PROVIDER, {}, "redirect", groups)


def test_an_app_that_goes_needs_no_provider() -> None:
    app = {"name": "a", "task": "SAML app a", "state": "absent"}
    assert build_saml_app_options(app, {}, {"username": "x"}, "plan") == {"name": "a", "state": "absent"}


@pytest.mark.parametrize(
    ("value", "result"), [(True, True), ("yes", True), (1, True), (False, False), ("no", False), (None, False)]
)
def test_redirected(value: t.Any, result: bool) -> None:
    assert is_redirected({"auto_redirect": value}) is result


@pytest.mark.parametrize(
    ("required", "assigned", "redirected", "action", "noted"),
    [
        (True, None, True, "redirect", True),
        ("yes", {"assignments": []}, "yes", "redirect", True),
        (True, {"assignments": [{"group": "g"}]}, True, "redirect", False),
        (False, None, True, "redirect", False),
        (None, None, True, "redirect", False),
        (True, None, False, "redirect", False),  # it is switched off
        (True, None, True, "update", False),
    ],
)
def test_a_plan_that_redirects_to_where_nobody_is_let_in_has_a_note(
    required: t.Any, assigned: t.Any, redirected: t.Any, action: str, noted: bool
) -> None:
    application = {"service_principal": {"assignment_required": required}, "app_role_assignments": assigned}
    sso = {"saml_apps": [{"name": "a", "auto_redirect": redirected}]}
    plans = {
        "localhost": {"steps": {}},
        "cs01": {"steps": {"SAML app a": [{"id": "1", "action": action}]}},
        "cs02": None,
    }
    notes = note_nobody_assigned(plans, application, sso)
    assert [note.partition(",")[0] for note in notes] == ["auto_redirect is switched on (cs01)"] * noted
    assert note_nobody_assigned(plans, None, None) == []


STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.text("0123456789abcdef", min_size=4, max_size=4),
            "action": st.sampled_from(["create", "update", "redirect"]),
        }
    )
)


@given(st.booleans(), STEPS)
def test_every_step_belongs_to_one_pass(redirected: bool, steps: list[dict[str, str]]) -> None:
    """What is switched off goes with the first pass; what is switched on is all that the last one does."""
    app = {"task": "SAML app a", "auto_redirect": redirected}
    found = split_saml_steps({"steps": {"SAML app a": steps, "mappings": [{"id": "x"}]}}, [app])
    both = found["apply"].get("SAML app a", []) + found["redirect"].get("SAML app a", [])
    assert sorted(both) == sorted(step["id"] for step in steps)
    assert bool(found["redirect"]) == (redirected and any(step["action"] == "redirect" for step in steps))


def test_reply_urls_that_entra_lacks() -> None:
    results = {
        "cs01": {
            "SAML app known": {"saml_app": {"app_key": "1", "reply_url": "https://cv/known"}},
            "SAML app new": {"saml_app": {"app_key": None, "reply_url": None}},
            "SAML app gone": {"saml_app": {}},
            "SAML app failed": {"failed": True},
        },
        "cs02": {
            "SAML app other": {"saml_app": {"app_key": "2", "reply_url": "https://cv/other"}},
            "SAML app on a host that nobody named": {"saml_app": {"app_key": "3", "reply_url": None}},
            "SAML app moved": {"saml_app": {"app_key": "4", "reply_url": None, "reply_url_pending": True}},
        },
    }
    assert list_reply_urls(results, THERE) == [
        {"name": "reply URL of SAML app new on cs01", "uri": None},
        {"name": "reply URL of SAML app other on cs02", "uri": "https://cv/other"},
        {"name": "reply URL of SAML app moved on cs02", "uri": None},
    ]
    assert len(list_reply_urls(results, {})) == 4
    assert list_saml_results(results, {"cs02": {"SAML app other": {"saml_app": {"auto_redirect": True}}}})["cs02"][
        0
    ] == {"auto_redirect": True}


def test_nobody_is_sent_where_entra_may_not_send_them_back() -> None:
    results = {
        f"SAML app {name}": {"saml_app": {"app_key": "1", "reply_url": uri}}
        for name, uri in {
            "known": "https://cv/known",
            "done": "https://cv/1",
            "failed": "https://cv/2",
            "hidden": None,
        }.items()
    }
    replies = {
        "results": [
            {"item": {"name": "reply URL of SAML app done on cs01"}, "stats": {}},
            {
                "item": {"name": "reply URL of SAML app hidden on cs01"},
                "stats": {},
                "application": {"not_confirmed": [{"field": "web"}]},
            },
            {"item": {"name": "reply URL of SAML app failed on cs01"}, "error": {}},
        ]
    }
    assert list_unregistered(results, "cs01", THERE, replies) == ["SAML app failed", "SAML app hidden"]
    assert (
        len(list_unregistered(results, "cs02", THERE, replies)) == 3
        and len(list_unregistered(results, "cs01", {})) == 4
    )


def test_results_by_item() -> None:
    result = {"results": [{"item": {"name": "x"}, "changed": True}]}
    assert name_results_by_item(result) == {"x": result["results"][0]}
    assert name_results_by_item({}) == name_results_by_item({"skipped": True}) == {}


def test_apps_that_are_present() -> None:
    sso = {"saml_apps": [{"name": "a"}, {"name": "b", "state": "absent"}]}
    assert [item["name"] for item in list_present_apps(sso, ["cs01", "cs02"])] == [
        "SAML app a on cs01",
        "SAML app a on cs02",
    ]


def test_an_app_without_a_reply_url_that_may_be_used_is_a_problem() -> None:
    results = {
        "cs01": {
            "SAML app a": {"saml_app": {"app_key": "1", "reply_url": None}},
            "SAML app b": {"saml_app": {"app_key": None}},
            "SAML app c": {"saml_app": {"app_key": "2", "reply_url": None, "reply_url_pending": True}},
        }
    }
    (problem,) = find_reply_url_problems(results)
    assert problem.startswith("reply URL of SAML app a on cs01: ") and "service_provider_endpoint" in problem


def test_break_glass_accounts() -> None:
    own = {"username": "x", "password": "y"}
    accounts = {"username": "a", "password": "b", "pin": None, "commcells": {"cs02": own}}
    assert get_break_glass(accounts, "cs01") == {"username": "a", "password": "b"}
    assert get_break_glass(accounts, "cs02") == own
    assert get_break_glass({"commcells": {"cs02": own}}, "cs01") == get_break_glass(None, "cs01") == {}


def test_a_planned_activation_that_is_no_part_of_the_run_says_nothing_of_what_signs() -> None:
    result = principal(row(2030, True), steps=[{"action": "activate_signing_certificate"}])
    assert describe_provider(THERE, result, False)["fingerprint"] is None
