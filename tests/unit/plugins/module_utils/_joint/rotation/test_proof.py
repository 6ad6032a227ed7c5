# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof of a key: how many sign-ins it takes, what ends it at once, and that no try meets the memory of another."""

from __future__ import annotations

import datetime
import json
import random
import typing as t

import pytest
from certificate_examples import make_key_pem, make_pem
from reporters import RecordingReporter
from token_service import TokenService, make_sign_in_context

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Clock, Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    AuthError,
    BlockedByConditionalAccess,
    ConfigError,
    Throttled,
    Unreachable,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.proof import (
    Proof,
    ProofRules,
    build_certificate_sign_in,
    build_secret_sign_in,
    prove_key,
)

RULES = ProofRules("https://graph.microsoft.com/.default", successes=4, over_s=30, within_s=600)


class FakeClock(Clock):
    """Time that only sleeping moves."""

    at = 0.0

    def monotonic(self) -> float:
        return self.at

    def now(self) -> datetime.datetime:
        return datetime.datetime(2026, 3, 2, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=self.at)


class FakeContext(Context):
    clock: FakeClock

    def sleep(self, seconds: float, is_throttled: bool = False) -> None:
        self.clock.at += seconds


def make_context() -> FakeContext:
    return FakeContext(options={}, reporter=RecordingReporter(), clock=FakeClock())


def refusal(code: int) -> AuthError:
    return AuthError("no", code=f"AADSTS{code}", remedy="a remedy")


def run(*outcomes: t.Any, rules: ProofRules = RULES, ctx: FakeContext | None = None) -> tuple[Proof, FakeContext]:
    """The proof where sign-ins end as *outcomes* say, in turn: None for success; the last one for ever."""
    context, left = ctx or make_context(), list(outcomes)

    def sign_in() -> None:
        outcome = left.pop(0) if len(left) > 1 else left[0]
        if outcome is not None:
            raise outcome

    return prove_key(context, sign_in, rules, "k"), context


def test_a_key_is_proven_by_successes_in_a_row_over_time() -> None:
    found, ctx = run(None)
    assert found == Proof("", 4)
    assert ctx.clock.at == 30


def test_a_refusal_before_the_first_success_is_the_usual_delay() -> None:
    found, dummy = run(refusal(7000215), refusal(7000222), refusal(700016), None)
    assert found == Proof("", 3 + 4)


def test_after_works_fails_works_three_times_as_many_are_asked_for() -> None:
    found, dummy = run(None, None, refusal(7000215), None)
    assert found == Proof("", 3 + 12)


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (50196, "loop"),
        (7000112, "deactivated"),
        (500011, "resource"),
    ],
)
def test_some_refusals_end_it_at_once(code: int, cause: str) -> None:
    found, ctx = run(None, refusal(code), None)
    assert (found.cause, found.tries, ctx.clock.at) == (cause, 2, 10)
    assert f"AADSTS{code}" in found.told


def test_a_sign_in_that_conditional_access_blocks_is_not_tried_again() -> None:
    blocked = BlockedByConditionalAccess("no", code="AADSTS53003", remedy="a remedy", request_id="0a-1b")
    found, ctx = run(None, blocked, None)
    assert (found.cause, found.tries, ctx.clock.at) == ("conditional_access", 2, 10)
    assert found.told == "AADSTS53003 (correlation id 0a-1b): a remedy"


def test_a_key_that_is_refused_for_ever_is_not_tried_for_ever() -> None:
    found, ctx = run(refusal(7000215))
    assert found.cause == "refused"
    assert found.tries < 100
    assert ctx.clock.at <= 600


def test_the_time_of_the_task_bounds_it() -> None:
    ctx = make_context()
    ctx.deadline_at = 100.0
    found, ctx = run(refusal(7000215), ctx=ctx)
    assert found.cause == "refused"
    assert ctx.clock.at <= 40, "what comes after the proof needs time, too"


def test_what_is_not_reached_says_nothing_of_the_key() -> None:
    found, dummy = run(None, None, None, Unreachable("lost"), None)
    assert found == Proof("", 5)
    found, ctx = run(None, None, None, Throttled("wait", retry_after_s=77.0), None)
    assert (found, ctx.clock.at) == (Proof("", 5), 30 + 77)
    assert run(Unreachable("lost"))[0].cause == "unreachable"


def test_a_known_key_takes_less() -> None:
    found, ctx = run(None, rules=RULES.for_known_key())
    assert (found.tries, ctx.clock.at) == (3, 0)


@pytest.mark.parametrize("longest_lag_s", [20.0, 80.0, 300.0])
def test_a_proven_key_is_known_to_every_replica(longest_lag_s: float) -> None:
    """Three replicas that learn late, each request served by one of them at random."""
    wrong = 0
    for seed in range(400):
        draw, ctx = random.Random(seed), make_context()
        known_at = [draw.uniform(0, longest_lag_s) for dummy in range(3)]

        def sign_in(ctx: FakeContext = ctx, draw: random.Random = draw, known_at: list[float] = known_at) -> None:
            if ctx.clock.at < draw.choice(known_at):
                raise refusal(7000215)

        found = prove_key(ctx, sign_in, ProofRules("s"), "k")
        wrong += found.cause == "" and ctx.clock.at < max(known_at)
        assert found.cause == ""
    assert wrong == 0


KEY = make_key_pem()
KINDS: dict[str, tuple[t.Any, str, str]] = {
    "client_secret": (build_secret_sign_in, "the new value", "the new value"),
    "client_certificate": (build_certificate_sign_in, KEY + make_pem("job"), KEY.splitlines()[5]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_try_asks_anew_and_shows_no_value(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """MSAL answers a second sign-in of one application from memory: HTTP 400 for a minute, a token for an hour."""
    build, value, secret = KINDS[kind]
    refused = json.dumps(
        {"error": "unauthorized_client", "error_description": "AADSTS700016: unknown", "error_codes": [700016]}
    )
    service = TokenService(monkeypatch, token=refused)
    service.status = 400
    own = {"client_secret": "the callers own", "client_certificate": None, "client_certificate_password": "the callers"}
    ctx = make_sign_in_context("client_secret", **own)
    before = dict(ctx.options)
    sign_in = build(ctx, "tenant", "66666666-7777-8888-9999-000000000001", value, "s/.default")
    for dummy in range(3):
        with pytest.raises(AuthError) as caught:
            sign_in()
        assert secret not in str(caught.value) + str(caught.value.facts)
    service.status, service.bodies["token"] = 200, json.dumps({"access_token": "a.b.c", "expires_in": 3600})
    sign_in()
    sign_in()
    assert [path.rsplit("/", maxsplit=1)[-1] for path in service.asked].count("token") == 5
    assert ctx.options == before


@pytest.mark.parametrize("value", ["made by hand", KEY, make_pem("job"), make_key_pem("3072") + make_pem("job")])
def test_what_is_no_certificate_with_its_key_is_told_and_not_shown(value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build_certificate_sign_in(make_sign_in_context("client_secret"), "tenant", "app", value, "s/.default")
    assert value.splitlines()[-2:][0] not in str(caught.value)
