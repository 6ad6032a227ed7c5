# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning a client secret: what counts as the secret of a name, and what may be removed."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from fake_graph import NOW, guid
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan
from ansible_collections.cvops.identity.plugins.module_utils._core.values import format_time
from ansible_collections.cvops.identity.plugins.module_utils._entra.secrets.plan import (
    canonical_secret,
    filter_secrets_by_name,
    is_last_credential,
    is_unexpired_credential,
    is_valid_credential,
    may_be_own_secret,
    plan_secret,
    plan_secret_removal,
)

ID = "0123456789ab"


def key(number: int, display_name: str | None, days: float | None = 10, starts: float = -1) -> dict[str, t.Any]:
    """A passwordCredential as Graph lists it, ending in *days*."""
    ends = None if days is None else format_time(NOW + datetime.timedelta(days=days))
    return {
        "keyId": guid(number),
        "displayName": display_name,
        "startDateTime": format_time(NOW + datetime.timedelta(days=starts)),
        "endDateTime": ends,
        "hint": f"h{number}~",
    }


def test_canonical_takes_the_services_dates_and_nothing_secret() -> None:
    wire = {**key(1, "job/" + ID), "endDateTime": "2026-05-31T09:41:07.1834412Z", "secretText": "s", "hint": "abc"}
    assert canonical_secret(wire) == {
        "key_id": wire["keyId"],
        "display_name": f"job/{ID}",
        "expires": "2026-05-31T09:41:07Z",
    }
    assert canonical_secret(key(1, None, days=None))["expires"] is None


@pytest.mark.parametrize(
    ("display_name", "counts"),
    [
        ("job", True),
        (f"job/{ID}", True),
        (None, False),
        ("", False),
        ("job 2", False),
        ("Job", True),
        ("job/", False),
        (f"job/{ID}x", False),
        (f"job/{ID.upper()}", False),
        (f"job/nightly/{ID}", False),
        (f"my job/{ID}", False),
    ],
)
def test_which_display_names_are_of_a_name(display_name: str | None, counts: bool) -> None:
    assert bool(filter_secrets_by_name([key(1, display_name)], "job")) is counts


def test_names_are_no_patterns() -> None:
    assert filter_secrets_by_name([key(1, "jobs")], "job.") == []
    assert filter_secrets_by_name([key(1, f"a(b)/{ID}")], "a(b)")


def test_the_secret_that_lives_longest_is_the_one() -> None:
    found = filter_secrets_by_name([key(1, "job", 5), key(2, "job", None), key(3, f"job/{ID}", 50)], "job")
    assert [item["keyId"][-1] for item in found] == ["2", "3", "1"]


secrets = st.lists(
    st.builds(
        key,
        st.integers(0, 9),
        st.sampled_from([None, "job", f"job/{ID}", "other", f"other/{ID}"]),
        st.sampled_from([-20.0, -0.1, 0.1, 300.0, None]),
    ),
    unique_by=lambda item: item["keyId"],
)


@given(secrets, st.sampled_from(["job", "other", "new"]), st.integers(1, 400))
def test_one_addition_is_enough_and_nothing_is_ever_removed(
    listed: list[dict[str, t.Any]], name: str, days: int
) -> None:
    first = plan_secret(name, days, listed, NOW)
    assert [step.action for step in first.steps] in ([], ["add"])
    assert first.changed == (first.before != first.after)
    if first.changed:
        added = {**key(99, f"{name}/{ID}", days)}
        assert not plan_secret(name, days, [*listed, added], NOW).changed
    kept = [secret for secret in first.after["secrets"] if "key_id" in secret]
    assert kept == first.before["secrets"]


@given(secrets, st.integers(0, 9))
def test_removal_names_one_key(listed: list[dict[str, t.Any]], number: int) -> None:
    key_id = key(number, None)["keyId"]
    planned = plan_secret_removal(key_id.upper(), listed)
    there = [item for item in listed if item["keyId"] == key_id]
    assert [step.data["key_id"] for step in planned.steps] == [item["keyId"] for item in there]
    if not there:
        assert planned == Plan({"secrets": []}, {"secrets": []})


@pytest.mark.parametrize(
    ("others", "certificates", "last"),
    [
        ([], [], True),
        ([key(2, "expired", -1)], [], True),
        ([key(2, "to come", 10, starts=5)], [], True),
        ([key(2, "works")], [], False),
        ([], [{**key(3, "CN=x"), "usage": "Verify"}], False),
        ([], [{**key(3, "CN=x"), "usage": "Sign"}], True),
        ([], [{**key(3, "CN=x", -1), "usage": "Verify"}], True),
    ],
)
def test_which_key_is_the_last(others: list[t.Any], certificates: list[t.Any], last: bool) -> None:
    application = {"passwordCredentials": [key(1, "job"), *others], "keyCredentials": certificates}
    assert is_last_credential(key(1, "")["keyId"].upper(), application, NOW) is last


def test_an_expired_key_is_never_the_last() -> None:
    assert not is_last_credential(key(1, "")["keyId"], {"passwordCredentials": [key(1, "job", -1)]}, NOW)


@pytest.mark.parametrize(
    ("method", "options", "own"),
    [
        ("client_secret", {"client_id": "APP", "client_secret": "h1~rest"}, True),
        ("client_secret", {"client_id": "app", "client_secret": "h2~rest"}, False),
        ("client_secret", {"client_id": "other", "client_secret": "h1~rest"}, False),
        ("client_certificate", {"client_id": "app"}, False),
    ],
)
def test_whether_a_key_may_be_the_callers_own(method: str, options: dict[str, str], own: bool) -> None:
    assert may_be_own_secret(key(1, "job"), "app", method, options, {}) is own


@pytest.mark.parametrize(
    ("claims", "own"),
    [
        ({"appid": "app", "appidacr": "1"}, True),
        ({"azp": "APP", "azpacr": 1}, True),
        ({"appid": "app", "appidacr": "2"}, False),
        ({"appid": "other", "appidacr": "1"}, False),
        ({"appid": "app"}, True),
        ({"appidacr": "1"}, True),
        ({}, True),
    ],
)
def test_whether_a_token_may_be_of_the_key(claims: dict[str, t.Any], own: bool) -> None:
    """What the token does not tell, or a token that cannot be read, is no proof that it is not."""
    assert may_be_own_secret(key(1, "job"), "app", "token", {"access_token": "x"}, claims) is own


def test_without_a_hint_it_may_be_the_callers_own() -> None:
    options = {"client_id": "app", "client_secret": "whatever"}
    assert may_be_own_secret({**key(1, "job"), "hint": None}, "app", "client_secret", options, {})


@pytest.mark.parametrize("odd", [7, ["x"], {"a": 1}, "not a date"])
def test_nothing_is_judged_by_what_is_no_date(odd: t.Any) -> None:
    for name in ("endDateTime", "startDateTime"):
        with pytest.raises(BadAnswer, match=f"no valid date as {name}"):
            is_valid_credential({**key(1, "job"), name: odd}, NOW)


@given(secrets, st.sampled_from(["job", "other", "new"]), st.randoms(use_true_random=False))
def test_the_order_of_the_list_does_not_matter(listed: list[dict[str, t.Any]], name: str, random: t.Any) -> None:
    shuffled = random.sample(listed, len(listed))
    assert plan_secret(name, 30, shuffled, NOW) == plan_secret(name, 30, listed, NOW)
    assert plan_secret_removal(key(3, None)["keyId"], shuffled) == plan_secret_removal(key(3, None)["keyId"], listed)


@given(secrets, st.integers(0, 9))
def test_a_removal_that_is_applied_leaves_nothing_to_do_and_the_others(
    listed: list[dict[str, t.Any]], number: int
) -> None:
    gone = {step.data["key_id"] for step in plan_secret_removal(key(number, None)["keyId"], listed).steps}
    left = [item for item in listed if item["keyId"] not in gone]
    assert not plan_secret_removal(key(number, None)["keyId"], left).changed
    assert [item for item in listed if item not in left] == [item for item in listed if item["keyId"] == guid(number)]


@pytest.mark.parametrize(
    ("starts", "ends", "live", "working"),
    [(-1, 1, True, True), (1, 2, True, False), (-2, -1, False, False), (-1, None, True, True), (-1, 0, False, False)],
)
def test_a_credential_is_live_before_its_end_and_works_after_its_start(
    starts: float, ends: float | None, live: bool, working: bool
) -> None:
    credential = key(1, "job", ends, starts)
    assert (is_unexpired_credential(credential, NOW), is_valid_credential(credential, NOW)) == (live, working)


def test_key_ids_are_the_same_in_any_letter_case() -> None:
    listed = {**key(1, "job"), "keyId": guid(1).upper()}
    assert canonical_secret(listed)["key_id"] == guid(1)
    assert is_last_credential(guid(1), {"passwordCredentials": [listed]}, NOW)
    (step,) = plan_secret_removal(guid(1), [listed]).steps
    assert step.data["key_id"] == guid(1)
