# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Client secrets: what counts as the secret of a name, what may be removed, and how long a policy lets one live."""

from __future__ import annotations

import datetime
import json
import types
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer, GuardRefused
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan, Step
from ansible_collections.cvops.identity.plugins.module_utils._core.values import format_time
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.reference import ApplicationReference
from ansible_collections.cvops.identity.plugins.module_utils._entra.secrets import resource as subject
from ansible_collections.cvops.identity.plugins.module_utils._entra.secrets.policy import (
    find_lifetime_cap,
    parse_duration_days,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.secrets.resource import (
    canonical_secret,
    filter_secrets_by_name,
    is_last_credential,
    may_be_own_secret,
    plan_secret,
    plan_secret_removal,
)

NOW = datetime.datetime(2026, 3, 2, 9, 41, tzinfo=datetime.timezone.utc)
ID = "0123456789ab"


def key(number: int, display_name: str | None, days: float | None = 10, starts: float = -1) -> dict[str, t.Any]:
    """A passwordCredential as Graph lists it, ending in *days*."""
    ends = None if days is None else format_time(NOW + datetime.timedelta(days=days))
    return {
        "keyId": f"00000000-0000-4000-8000-{number:012d}",
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
        ("Job", False),
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


def test_the_token_of_a_task_that_runs_elsewhere_is_looked_at(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """There the option holds one token per scope; the one that is used tells."""
    ctx = make_ctx({"access_token": json.dumps({"scope": "x"}), "accept_risk": []})
    graph = types.SimpleNamespace(
        ctx=ctx,
        sign_in=types.SimpleNamespace(method="token"),
        read_token_claims=lambda: {"appid": "app", "appidacr": "1"},
    )
    monkeypatch.setattr(subject, "GraphClient", lambda ctx: graph)
    passwords = subject.SecretResource(ctx)
    passwords._application = ApplicationReference(app_id="app", object_id="o")
    with pytest.raises(GuardRefused, match="signs in with"):
        passwords._check_removal(key(1, "job")["keyId"], [key(1, "job")])


def test_without_a_hint_it_may_be_the_callers_own() -> None:
    options = {"client_id": "app", "client_secret": "whatever"}
    assert may_be_own_secret({**key(1, "job"), "hint": None}, "app", "client_secret", options, {})


@pytest.mark.parametrize(
    ("text", "days"),
    [("P90D", 90), ("P1Y", 365), ("P6M", 180), ("P2W", 14), ("PT36H", 1.5), ("P1DT12H", 1.5), ("P", None), ("x", None)],
)
def test_durations(text: str, days: float | None) -> None:
    assert parse_duration_days(text) == days


def test_the_shortest_cap_that_applies_counts() -> None:
    def restriction(kind: str, longest: str, **more: t.Any) -> dict[str, t.Any]:
        return {"restrictionType": kind, "maxLifetime": longest, "state": "enabled", **more}

    restrictions = [
        restriction("passwordLifetime", "P180D"),
        restriction("passwordLifetime", "P90D", restrictForAppsCreatedAfterDateTime="2026-01-01T00:00:00Z"),
        restriction("passwordLifetime", "P10D", state="disabled"),
        restriction("asymmetricKeyLifetime", "P1D"),
    ]
    assert find_lifetime_cap(restrictions, NOW) == 90
    assert find_lifetime_cap(restrictions, NOW - datetime.timedelta(days=365)) == 180
    assert find_lifetime_cap([], NOW) is None


@pytest.mark.parametrize("odd", [7, ["x"], {"a": 1}, "not a date", "9" * 5000])
def test_a_secret_is_not_lost_by_an_answer_that_makes_no_sense(odd: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is shown once, and by then it was made."""
    answer = {**key(1, "job"), "endDateTime": odd, "secretText": "shown once"}
    writer = type("Writer", (), {"__init__": lambda *_words: None, "add": lambda *_words: answer})
    monkeypatch.setattr(subject, "SecretWriter", writer)
    monkeypatch.setattr(subject, "GraphClient", lambda ctx: None)
    secret = subject.SecretResource(t.cast("t.Any", None))
    with pytest.raises(BadAnswer, match="no date as endDateTime"):
        secret.actions["add"](Step("add", "secret job", {"name": "job", "lifetime_days": 1}))
    assert secret.salvage()["salvaged"]["secret"] == {"key_id": answer["keyId"], "value": "shown once"}


@pytest.mark.parametrize("odd", [7, ["x"], {"a": 1}, "not a date"])
def test_nothing_is_judged_by_what_is_no_date(odd: t.Any) -> None:
    for name in ("endDateTime", "startDateTime"):
        with pytest.raises(BadAnswer, match=f"no date as {name}"):
            subject.is_working_credential({**key(1, "job"), name: odd}, NOW)
