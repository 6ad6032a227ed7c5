# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign-in with a stored pair: whatever the service answers and the store holds, no pair is traded in twice."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reporters import RecordingReporter

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    AuthError,
    Cancelled,
    ConfigError,
    CvopsError,
    WaitTimeout,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.commvault.token_pair_renewal import (
    StoredPairCredentials,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.commvault.token_pair_service import (
    PairStatus,
    RenewalOutcome,
    RenewalState,
)
from ansible_collections.cvops.identity.plugins.module_utils._stores.conflicts import StoreConflict
from ansible_collections.cvops.identity.plugins.module_utils._stores.token_pair import (
    PairCustodian,
    RenewalNote,
    TokenPair,
)

NOW = 1_772_366_400.0  # what the still clock of the tests says
HERE = PairCustodian("h", "u")
YOUNG = TokenPair("a0", "r0", NOW + 7000, issued=NOW - 200, custodian=HERE)
DUE, OVER = dataclasses.replace(YOUNG, expires=NOW + 100), dataclasses.replace(YOUNG, expires=NOW - 1)


NOT_SENT, UNKNOWN, REFUSED = RenewalState.NOT_SENT, RenewalState.UNKNOWN, RenewalState.REFUSED


class FakeStore:
    """Keeps a pair in memory; ``trouble`` is raised by the next writes, one each."""

    location, custodian = "the test's store", HERE

    def __init__(self, pair: TokenPair | None) -> None:
        self.pair, self.leftover, self.writes = pair, "", t.cast("list[TokenPair]", [])
        self.trouble: list[CvopsError] = []
        self.after_lock: t.Callable[[], None] = lambda: None

    def read_pair(self) -> TokenPair | None:
        return self.pair

    def was_interrupted(self) -> bool:
        return bool(self.leftover)

    @contextlib.contextmanager
    def lock(self, create: bool = False) -> t.Iterator[FakeStore]:
        self.after_lock()
        yield self

    def write_pair(self, pair: TokenPair) -> None:
        if self.trouble:
            raise self.trouble.pop(0)
        self.pair = pair
        self.writes.append(pair)

    def remove_pair(self) -> None:
        self.pair = None


class FakeService:
    """Answers renewals as told; a pair that is traded in twice is an error of the code under test."""

    def __init__(self, *states: RenewalState, status: PairStatus = PairStatus.UNKNOWN) -> None:
        self.states, self.status, self.traded = list(states), status, t.cast("list[str | None]", [])

    def build_headers(self, token: str) -> dict[str, str]:
        return {"Authtoken": token}

    def check_pair_status(self, pair: TokenPair, now: float) -> PairStatus:
        return self.status

    def renew_pair(self, pair: TokenPair) -> RenewalOutcome:
        state = self.states.pop(0) if self.states else RenewalState.RENEWED
        if state is not RenewalState.NOT_SENT:
            assert pair.refresh_token not in self.traded, "traded in twice"
            self.traded.append(pair.refresh_token)
        number = pair.generation + 1
        new = dataclasses.replace(
            pair,
            access_token=f"a{number}",
            refresh_token=f"r{number}",
            expires=NOW + 7200,
            issued=NOW,
            generation=number,
            renewal=None,
        )
        return RenewalOutcome(
            state,
            "Words.",
            pair=new if state is RenewalState.RENEWED else None,
            error=ApiError("Words.", service="Commvault"),
        )


def signed_in(ctx: Context, store: FakeStore, service: FakeService) -> StoredPairCredentials:
    return StoredPairCredentials(ctx, t.cast(t.Any, store), t.cast(t.Any, service), None)


def test_young_is_used_as_it_is(make_ctx: t.Any) -> None:
    store, service = FakeStore(YOUNG), FakeService()
    credentials = signed_in(make_ctx(), store, service)
    assert [credentials.build_headers() for dummy in range(3)] == [{"Authtoken": "a0"}] * 3
    assert (service.traded, store.writes) == ([], [])


@pytest.mark.parametrize("pair", [DUE, OVER])
def test_due_is_noted_renewed_stored_and_used(make_ctx: t.Any, pair: TokenPair) -> None:
    store, service = FakeStore(dataclasses.replace(pair, custodian=None)), FakeService()
    assert signed_in(make_ctx(), store, service).build_headers() == {"Authtoken": "a1"}
    note, new = store.writes
    assert (note.renewal is not None and note.renewal.state, note.access_token) == ("sent", "a0")
    assert (new.renewal, new.access_token, new.custodian) == (None, "a1", HERE), (
        "whoever renews first becomes the custodian"
    )


def test_a_long_play_outlives_its_tokens(make_ctx: t.Any) -> None:
    ctx, store, service = make_ctx(), FakeStore(YOUNG), FakeService()
    credentials = signed_in(ctx, store, service)
    assert credentials.build_headers() == {"Authtoken": "a0"}
    ctx.clock.passed = 6800
    assert credentials.build_headers() == {"Authtoken": "a1"}


def test_what_another_process_has_renewed_is_taken(make_ctx: t.Any) -> None:
    store, service = FakeStore(YOUNG), FakeService()
    credentials = signed_in(make_ctx(), store, service)
    credentials.build_headers()
    store.pair = dataclasses.replace(YOUNG, access_token="theirs", refresh_token="theirs-too")
    assert credentials.renew()
    assert credentials.build_headers() == {"Authtoken": "theirs"}
    assert service.traded == []


def test_overtaken_looks_again(make_ctx: t.Any) -> None:
    store, service = FakeStore(OVER), FakeService()
    theirs = dataclasses.replace(YOUNG, access_token="theirs")
    store.trouble = [StoreConflict("Somebody was faster.")]
    seen = iter([lambda: None, lambda: setattr(store, "pair", theirs)])
    store.after_lock = lambda: next(seen)()
    assert signed_in(make_ctx(), store, service).build_headers() == {"Authtoken": "theirs"}
    assert service.traded == []


@pytest.mark.parametrize(("deadline_s", "said"), [(None, "in 300 s"), (40, "before the task's deadline")])
def test_a_store_that_shows_old_content_is_asked_less_and_less_often_and_not_for_ever(
    make_ctx: t.Any, deadline_s: float | None, said: str
) -> None:
    """A replica of a Vault that lags shows the old version again and again, and each write to it is a conflict."""
    ctx, store, service = make_ctx(), FakeStore(OVER), FakeService()
    if deadline_s is not None:
        ctx.deadline_at = ctx.clock.monotonic() + deadline_s
    store.trouble = [StoreConflict("The pair was changed meanwhile.")] * 100
    with pytest.raises(WaitTimeout, match=f"The pair was changed meanwhile. That did not finish {said}") as caught:
        signed_in(ctx, store, service).build_headers()
    assert caught.value.facts["source"] == store.location
    waits = ctx.cancellation.waits
    assert waits[0] <= 1 and max(waits) >= 5, "each pause is longer than the one before, up to a limit"
    assert sum(waits) <= (deadline_s or 315) and len(waits) == 100 - len(store.trouble) - 1 < 60
    assert service.traded == []


def test_a_new_pair_that_cannot_be_stored_is_not_used(make_ctx: t.Any) -> None:
    ctx, store, service = make_ctx(), FakeStore(OVER), FakeService()
    credentials = signed_in(ctx, store, service)
    write = store.write_pair

    def only_notes(pair: TokenPair) -> None:
        if pair.renewal is None:
            raise ConfigError("No space left on device.")
        write(pair)

    store.write_pair = only_notes  # type: ignore[method-assign]
    with pytest.raises(AuthError, match="could not be stored: No space left") as caught:
        credentials.build_headers()
    assert caught.value.code == "renewal_not_stored"
    assert {"a1", "r1"} <= ctx.secrets, "the lost pair is valid at the service, so it is masked"
    with pytest.raises(AuthError, match="not tried again"):
        credentials.build_headers()


def test_a_passing_failure_of_the_store_costs_nothing(make_ctx: t.Any) -> None:
    store, service = FakeStore(OVER), FakeService()
    credentials = signed_in(make_ctx(), store, service)
    write, failures = store.write_pair, [ConfigError("Busy."), ConfigError("Busy.")]

    def sometimes(pair: TokenPair) -> None:
        if pair.renewal is None and failures:
            raise failures.pop()
        write(pair)

    store.write_pair = sometimes  # type: ignore[method-assign]
    assert credentials.build_headers() == {"Authtoken": "a1"}


def test_a_run_that_is_stopped_after_its_note_sends_nothing_and_takes_the_note_back(make_ctx: t.Any) -> None:
    ctx, store, service = make_ctx(), FakeStore(OVER), FakeService()
    write = store.write_pair

    def stopped(pair: TokenPair) -> None:
        write(pair)
        ctx.cancellation.request_stop("SIGTERM")

    store.write_pair = stopped  # type: ignore[method-assign]
    with pytest.raises(Cancelled):
        signed_in(ctx, store, service).build_headers()
    assert [pair.renewal is None for pair in store.writes] == [False, True]
    assert service.traded == []


def test_no_signal_comes_between_the_note_and_the_new_pair(make_ctx: t.Any) -> None:
    ctx, store, service = make_ctx(), FakeStore(OVER), FakeService()
    shielded: list[bool] = []
    write, renew = store.write_pair, service.renew_pair

    def write_pair(pair: TokenPair) -> None:
        shielded.append(ctx.cancellation.is_shielded)
        write(pair)

    def renew_pair(pair: TokenPair) -> RenewalOutcome:
        shielded.append(ctx.cancellation.is_shielded)
        return renew(pair)

    store.write_pair, service.renew_pair = write_pair, renew_pair  # type: ignore[method-assign]
    assert signed_in(ctx, store, service).build_headers() == {"Authtoken": "a1"}
    assert shielded == [True, True, True]
    assert not ctx.cancellation.is_shielded


def test_what_an_interrupted_process_left_is_told_also_when_the_pair_is_young(make_ctx: t.Any) -> None:
    """The store finishes an interrupted write under its lock only, so it is locked although nothing is due."""
    ctx, store = make_ctx(), FakeStore(YOUNG)
    store.leftover = "process 1 was ended."
    finished = dataclasses.replace(YOUNG, access_token="a1", refresh_token="r1", generation=1)
    store.after_lock = lambda: setattr(store, "pair", finished)
    assert signed_in(ctx, store, FakeService()).build_headers() == {"Authtoken": "a1"}
    assert ctx.warnings == ["process 1 was ended."]


@pytest.mark.parametrize("pair", [DUE, OVER])
@pytest.mark.parametrize(
    ("state", "code"), [(NOT_SENT, None), (UNKNOWN, "renewal_unknown"), (REFUSED, "renewal_refused")]
)
def test_renewals_that_fail(make_ctx: t.Any, pair: TokenPair, state: RenewalState, code: str | None) -> None:
    ctx, store, service = make_ctx(), FakeStore(pair), FakeService(state)
    credentials = signed_in(ctx, store, service)
    if pair is DUE and state is not REFUSED:
        assert [credentials.build_headers() for dummy in range(2)] == [{"Authtoken": "a0"}] * 2, "used to its end"
        assert len(ctx.warnings) == 1
    else:
        with pytest.raises(ApiError) as caught:
            credentials.build_headers()
        assert caught.value.code == code
    assert store.pair is not None
    left = store.pair.renewal.state if store.pair.renewal else None
    assert left == {NOT_SENT: None, UNKNOWN: "sent", REFUSED: "refused"}[state]


def test_a_refused_pair_is_never_sent_again(make_ctx: t.Any) -> None:
    store, service = FakeStore(OVER), FakeService(REFUSED)
    for dummy in range(3):
        with pytest.raises(AuthError, match="two hosts|renewed elsewhere"):
            signed_in(make_ctx(), store, service).build_headers()
    assert service.traded == ["r0"]


DOUBT = RenewalNote("sent", NOW - 90, "process 1 on h")


@pytest.mark.parametrize(
    ("pair", "status", "token", "left"),
    [
        (DUE, PairStatus.UNCHANGED, "a1", None),
        (YOUNG, PairStatus.UNCHANGED, "a0", None),
        (DUE, PairStatus.REPLACED, None, "refused"),
        (DUE, PairStatus.UNKNOWN, "a0", "sent"),
        (OVER, PairStatus.UNCHANGED, None, "sent"),
    ],
)
def test_a_note_that_was_left(
    make_ctx: t.Any, pair: TokenPair, status: PairStatus, token: str | None, left: str | None
) -> None:
    """The service is asked only while the token lives; nothing but its word makes the pair good again."""
    store, service = FakeStore(dataclasses.replace(pair, renewal=DOUBT)), FakeService(status=status)
    credentials = signed_in(make_ctx(), store, service)
    if token is None:
        with pytest.raises(AuthError, match="commvault_access_token"):
            credentials.build_headers()
    else:
        assert credentials.build_headers() == {"Authtoken": token}
    assert store.pair is not None
    assert (store.pair.renewal.state if store.pair.renewal else None) == left


@pytest.mark.parametrize(
    ("status", "code", "left"),
    [(PairStatus.REPLACED, "renewal_refused", "refused"), (PairStatus.UNKNOWN, "renewal_unknown", "sent")],
)
def test_a_refusal_while_a_renewal_is_in_doubt(make_ctx: t.Any, status: PairStatus, code: str, left: str) -> None:
    """It may be that of a gateway, of which only a look can tell; a pair that is marked as refused is never tried again."""
    store, service = FakeStore(dataclasses.replace(YOUNG, renewal=DOUBT)), FakeService(status=PairStatus.UNKNOWN)
    credentials = signed_in(make_ctx(), store, service)
    assert credentials.build_headers() == {"Authtoken": "a0"}
    service.status = status
    with pytest.raises(AuthError) as caught:
        credentials.renew()
    assert caught.value.code == code
    assert store.pair is not None and store.pair.renewal is not None and store.pair.renewal.state == left
    assert service.traded == []


def test_no_store(make_ctx: t.Any) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        signed_in(make_ctx(), FakeStore(None), FakeService()).build_headers()


steps = st.sampled_from(list(RenewalState))


@given(
    states=st.lists(steps, max_size=6),
    passing=st.lists(st.sampled_from([0, 50, 3000, 8000]), min_size=6, max_size=6),
    refusals=st.lists(st.booleans(), min_size=6, max_size=6),
    statuses=st.lists(st.sampled_from([PairStatus.REPLACED, PairStatus.UNKNOWN]), min_size=6, max_size=6),
)
def test_whatever_happens_no_pair_is_traded_in_twice(
    states: list[RenewalState], passing: list[int], refusals: list[bool], statuses: list[PairStatus]
) -> None:
    """FakeService fails the test when it sees a refresh token for the second time."""
    from ansible_collections.cvops.identity.plugins.module_utils._core.context import Clock

    class Passing(Clock):
        passed = 0.0

        def now(self) -> t.Any:
            import datetime

            return datetime.datetime.fromtimestamp(NOW + self.passed, datetime.timezone.utc)

    clock, store, service = Passing(), FakeStore(YOUNG), FakeService(*states)
    for seconds, refused, status in zip(passing, refusals, statuses, strict=True):
        clock.passed += seconds
        service.status = status
        run = signed_in(Context({}, RecordingReporter(), clock=clock), store, service)
        with contextlib.suppress(ApiError):
            run.build_headers()
            if refused:
                run.renew()
                run.build_headers()
