# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a rotation from any state: it ends in a fixed point, and no step of it takes a key away from anybody."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._entra.secrets.policy import SecretRules
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.decision import Decision, Move
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.plan import (
    APPROVAL,
    CLAIM,
    describe_rotation,
    list_claims,
    list_replaced,
    plan_rotation,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.state import (
    Key,
    RotationState,
    TargetState,
    Wish,
    change_target,
    drop_key,
    is_own,
    mark_confirmed,
    mark_kept,
    mark_switched,
    put_key,
)

NOW = datetime.datetime(2026, 3, 2, 9, 41, tzinfo=datetime.timezone.utc)
DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)


def wish(**more: t.Any) -> Wish:
    options: dict[str, t.Any] = {
        "rotation_name": "azure",
        "lifetime_days": 183,
        "rotate_before_days": 93,
        "overlap": DAY,
    }
    return Wish(**{**options, **more})


def key(
    key_id: str, age: datetime.timedelta = 30 * DAY, left: datetime.timedelta | None = 150 * DAY, **more: t.Any
) -> Key:
    """A key of the rotation that began *age* ago, unless it has another name."""
    name = more.pop("name", f"cvops/azure/aaaaaa{key_id.encode().hex()[:6].ljust(6, '0')}")
    return Key(key_id, name, NOW - age, None if left is None else NOW + left, **more)


def store(key_id: str | None = None, **more: t.Any) -> TargetState:
    return TargetState("vault", "hashi_vault", "store", key_id, **more)


def consumer(key_id: str | None = None, name: str = "cs01", **more: t.Any) -> TargetState:
    return TargetState(name, "commvault_credential", "consumer", key_id, **more)


def state(keys: t.Sequence[Key], *targets: TargetState, **more: t.Any) -> RotationState:
    return RotationState(NOW, tuple(keys), targets, **more)


def actions(found: Decision) -> list[t.Any]:
    return [(move.action, move.key_id or move.target) if move.action != "prove" else "prove" for move in found.moves]


def apply(found: RotationState, move: Move, asked: Wish, decision: Decision, number: int = 0) -> RotationState:
    """Return what is there after *move*, if all goes well."""
    new = f"new{number}"
    key_id = move.key_id or new
    if move.action in ("withdraw", "retire"):
        return drop_key(found, key_id)
    if move.action == "add":
        name = f"cvops/azure/{decision.rotation or 'ffffff'}00000{number}"
        return put_key(found, Key(new, name, found.now, found.now + asked.lifetime_days * DAY))
    if move.action == "discard":
        return change_target(found, move.target or "", pending_key_id=None)
    if move.action == "store":
        return mark_kept(found, move.target or "", key_id)
    if move.action == "confirm":
        return mark_confirmed(found, move.target or "")
    return mark_switched(found, move.target or "", key_id) if move.action == "switch" else found


def test_a_first_rotation_goes_the_whole_way() -> None:
    found = plan_rotation(state([], store(), consumer(is_known=False)), wish())
    assert actions(found) == [("add", None), ("store", "vault"), "prove", ("switch", "vault"), ("switch", "cs01")]


def test_nothing_is_due_while_the_key_is_young_and_used_everywhere() -> None:
    found = plan_rotation(state([key("k")], store("k"), consumer("k")), wish())
    assert (found.outcome, found.moves, found.active_key_id) == ("not_due", (), "k")


def test_a_key_near_its_end_is_replaced_and_stays() -> None:
    found = plan_rotation(state([key("k", left=93 * DAY)], consumer("k")), wish())
    assert actions(found) == [("add", None), "prove", ("switch", "cs01")]
    assert found.previous_key_ids == ()


@pytest.mark.parametrize("retire", ["auto", "now", "never"])
def test_the_old_key_goes_only_through_every_gate(retire: t.Any) -> None:
    asked = wish(retire=retire, consumers_complete=True)
    new = replace(key("new", age=2 * DAY), display_name="cvops/azure/bbbbbb000000")
    keys = [key("old", age=92 * DAY, left=91 * DAY), new]
    found = plan_rotation(state(keys, store("new"), consumer("new")), asked)
    closed = [gate.name for gate in found.gates if not gate.is_open]
    if retire == "never":
        assert (found.outcome, found.moves, closed) == ("overlap", (), ["retire_asked"])
    else:
        assert actions(found) == ["prove", ("retire", "old")]
        assert closed == []


@pytest.mark.parametrize(
    ("gate", "changes"),
    [
        ("targets_on_active_key", {"targets": (store("new"), TargetState("kms", "external", "external", "old"))}),
        ("overlap_over", {"targets": (store("new", since=NOW - HOUR),)}),
        ("value_readable", {"targets": (consumer("new"),)}),
        (
            "no_key_management",
            {"targets": (store("new"), TargetState("kms", "external", "external", "new", is_key_management=True))},
        ),
        ("no_other_consumers", {"unsettled": ("Microsoft 365 client corp on cs01",)}),
        (
            "not_callers_key",
            {
                "keys": (
                    key("old", age=92 * DAY, may_be_callers=True),
                    key("new", age=2 * DAY, name="cvops/azure/bbbbbb000000"),
                )
            },
        ),
    ],
)
def test_each_gate_alone_keeps_the_old_key(gate: str, changes: dict[str, t.Any]) -> None:
    keys = [key("old", age=92 * DAY, left=91 * DAY), key("new", age=2 * DAY, name="cvops/azure/bbbbbb000000")]
    found = plan_rotation(replace(state(keys, store("new")), **changes), wish(retire="auto", consumers_complete=True))
    assert [one.name for one in found.gates if not one.is_open] == [gate]
    assert found.moves == ()


def test_targets_that_may_be_incomplete_keep_the_old_key() -> None:
    keys = [key("old", age=92 * DAY, left=91 * DAY), key("new", age=2 * DAY, name="cvops/azure/bbbbbb000000")]
    found = plan_rotation(state(keys, store("new")), wish(retire="auto"))
    assert (found.outcome, found.moves) == ("waiting_for_consumers", ())


def test_where_the_old_key_expires_by_itself_nobody_is_waited_for() -> None:
    """With the defaults every rotation would wait for ever, for a word that changes nothing."""
    keys = [key("old", age=92 * DAY, left=91 * DAY), key("new", age=2 * DAY, name="cvops/azure/bbbbbb000000")]
    assert plan_rotation(state(keys, store("new")), wish()).outcome == "overlap"


def test_a_key_kept_in_a_store_is_proven_and_used() -> None:
    keys = [key("old", age=92 * DAY, left=91 * DAY), key("new", age=HOUR / 2)]
    found = plan_rotation(state(keys, store("old", pending_key_id="new"), consumer("old")), wish())
    assert actions(found) == ["prove", ("switch", "new"), ("switch", "new")]


def test_a_value_that_only_one_consumer_has_is_replaced_within_the_same_rotation() -> None:
    keys = [key("old", age=92 * DAY), key("new", age=2 * HOUR, name="cvops/azure/bbbbbb000000")]
    found = plan_rotation(state(keys, consumer("new"), consumer("old", "cs02")), wish())
    assert actions(found) == [("add", None), "prove", ("switch", "cs01"), ("switch", "cs02")]
    assert found.rotation == "bbbbbb"


def test_a_young_key_of_nobody_is_another_runs() -> None:
    keys = [key("old", age=92 * DAY, left=50 * DAY), key("new", age=CLAIM / 2)]
    found = plan_rotation(state(keys, store("old")), wish())
    assert (found.outcome, found.moves) == ("unfinished_run", ())
    later = replace(state(keys, store("old")), now=NOW + CLAIM)
    assert actions(plan_rotation(later, wish()))[:2] == [("withdraw", "new"), ("add", None)]
    assert actions(plan_rotation(state(keys, store("old")), wish(is_taking_over=True)))[0] == ("withdraw", "new")


def test_without_a_store_a_key_that_nobody_shows_may_wait_for_an_approval() -> None:
    """It stays for a week, and one more is added at most: whichever is approved works."""
    old = key("old", age=92 * DAY, left=50 * DAY)
    new, second = key("new", age=2 * HOUR), key("second", age=3 * HOUR)
    found = plan_rotation(state([old, new], consumer("old")), wish())
    assert (actions(found)[0], found.unresolved_key_ids) == (("add", None), ("new",))
    both = plan_rotation(state([old, new, second], consumer("old")), wish())
    assert (both.outcome, both.moves) == ("pending_approval", ())
    assert "Keys second, new " in both.reason
    for keys, asked, target in (
        ([old, key("new", age=APPROVAL)], wish(), consumer("old")),
        ([old, new], wish(is_taking_over=True), consumer("old")),
        ([old, new], wish(), store("old")),
    ):
        assert actions(plan_rotation(state(keys, target), asked))[0] == ("withdraw", "new")


def test_a_key_that_only_a_store_shows_yet_is_another_runs() -> None:
    pending = store("old", pending_key_id="new", pending_expires=NOW + 183 * DAY - HOUR / 2)
    found = plan_rotation(state([key("old", left=50 * DAY)], pending), wish())
    assert (found.outcome, found.moves) == ("unfinished_run", ())
    later = replace(state([key("old", left=50 * DAY)], pending), now=NOW + CLAIM)
    assert actions(plan_rotation(later, wish()))[:2] == [("discard", "new"), ("add", None)]


def test_where_a_consumer_may_hold_a_key_unseen_none_is_taken_for_left_behind() -> None:
    keys = [key("new", age=2 * HOUR, name="cvops/azure/bbbbbb000000")]
    unseen = consumer(is_known=False, may_hold_unseen=True)
    found = plan_rotation(state(keys, unseen), wish())
    assert actions(found)[0] == ("add", None)
    assert (found.unresolved_key_ids, found.rotation) == (("new",), "bbbbbb")
    after = [*keys, key("used", age=HOUR, name="cvops/azure/bbbbbb000001")]
    assert plan_rotation(state(after, consumer("used")), wish()).moves == ()
    later = replace(state(after, consumer("used")), now=NOW + 2 * DAY)
    assert actions(plan_rotation(later, wish())) == [("withdraw", "new")], "it was replaced within its own rotation"


def test_adopted_keys_are_superseded_and_retired_like_own_ones() -> None:
    adopted = key("theirs", age=300 * DAY, left=None, name="made by hand")
    asked = wish(retire="auto", consumers_complete=True, adopt_key_ids=frozenset(["theirs"]))
    assert actions(plan_rotation(state([adopted], store(), consumer("theirs")), asked))[0] == ("add", None)
    found = plan_rotation(state([adopted, key("new")], store("new"), consumer("new")), asked)
    assert actions(found) == ["prove", ("retire", "theirs")]


def test_a_full_application_makes_room_by_expired_keys_of_ours_alone() -> None:
    expired, foreign = key("gone", left=-DAY), key("theirs", name="made by hand")
    full = state([expired, foreign], consumer("theirs"), most_keys=2)
    assert actions(plan_rotation(full, wish()))[:2] == [("withdraw", "gone"), ("add", None)]
    found = plan_rotation(replace(full, keys=(replace(expired, display_name="x"), foreign)), wish())
    assert (found.outcome, found.moves) == ("slots_full", ())
    many = [key(f"k{number}", age=number * DAY, left=50 * DAY) for number in range(3)]
    assert plan_rotation(state(many, consumer("k0")), wish(max_keys=3)).outcome == "slots_full"


@pytest.mark.parametrize(
    "rules",
    [
        SecretRules("corp", True, None),
        SecretRules("corp", False, 90.0),
        SecretRules("corp", False, 0.0),
        SecretRules("corp", False, None, must_have_issuer=True),
    ],
)
def test_a_policy_that_forbids_the_key_blocks_before_anything_is_written(rules: SecretRules) -> None:
    found = plan_rotation(state([], store(), rules=rules), wish())
    assert (found.outcome, found.moves) == ("blocked_by_app_policy", ())
    assert "corp" in found.reason
    assert plan_rotation(state([], store(), rules=SecretRules("corp", False, 183.0)), wish()).moves


def test_a_deactivated_application_is_left_alone() -> None:
    assert plan_rotation(state([], store(), is_deactivated=True), wish()).outcome == "application_deactivated"


def test_going_back_brings_every_target_to_the_earlier_key_and_adds_none() -> None:
    keys = [key("old", age=90 * DAY, left=91 * DAY), key("new", age=DAY)]
    found = plan_rotation(state(keys, store("new"), consumer("new")), wish(rollback_key_id="old"))
    assert found.outcome == "rolled_back"
    assert actions(found) == [("store", "old"), "prove", ("switch", "old"), ("switch", "old")]
    assert plan_rotation(state(keys, store("old"), consumer("old")), wish(rollback_key_id="old")).moves == ()
    gone = plan_rotation(state(keys[1:], consumer("new")), wish(rollback_key_id="old"))
    assert gone.moves == ()
    assert "old" in gone.reason


def test_going_back_is_not_done_before_a_job_has_shown_that_the_earlier_key_works() -> None:
    """A run that was killed, or whose job failed, goes on with it; the job of another target does not hold it up."""
    keys = [key("old", age=90 * DAY, left=91 * DAY), key("new", age=DAY)]
    waiting = consumer("old", name="a", confirmed_by="job", is_confirmed=False)
    alone = plan_rotation(state(keys, store("old"), waiting), wish(rollback_key_id="old"))
    assert [(move.action, move.target) for move in alone.moves] == [("confirm", "a")]
    both = plan_rotation(state(keys, store("old"), waiting, consumer("new", name="b")), wish(rollback_key_id="old"))
    assert [(move.action, move.target) for move in both.moves] == [("prove", None), ("switch", "b"), ("confirm", "a")]
    stuck = replace(waiting, problem="there is no such template")
    found = plan_rotation(state(keys, store("old"), stuck), wish(rollback_key_id="old"))
    assert (found.outcome, found.moves) == ("switch_partial", ())


def test_a_target_that_cannot_be_written_is_told_and_left() -> None:
    found = plan_rotation(state([key("k")], store("k"), consumer("j", problem="not its owner")), wish())
    assert (found.outcome, found.moves) == ("switch_partial", ())


def test_of_two_runs_the_one_with_the_older_key_goes_on() -> None:
    keys = [key("mine", age=HOUR / 3), key("theirs", age=HOUR / 2)]
    assert list_claims(state(keys, consumer("old")), wish(), "mine", ()) == ["theirs"]
    assert list_claims(state(keys, consumer("old")), wish(), "theirs", ()) == []
    in_use = state(keys, consumer("theirs"))
    assert list_claims(in_use, wish(), "mine", {"theirs"}) == [], "what was in use before is no claim"
    assert list_claims(in_use, wish(), "mine", ()) == ["theirs"], "another run ended between two reads of this one"


def test_what_a_run_has_come_to_is_told_of_its_own_key() -> None:
    keys = [key("old", age=92 * DAY, left=91 * DAY), key("new", age=HOUR)]
    found = describe_rotation(state(keys, consumer("old", is_awaiting_approval=True)), wish(), "new")
    assert (found.outcome, found.active_key_id, found.previous_key_ids) == ("pending_approval", "new", ("old",))


def test_a_consumer_that_a_job_confirms_is_confirmed_before_the_next_one_is_written() -> None:
    targets = store(), consumer(name="job", confirmed_by="job"), consumer(name="cs01")
    found = plan_rotation(state([], *targets), wish())
    assert [(move.action, move.target) for move in found.moves][-4:] == [
        ("switch", "vault"),
        ("switch", "job"),
        ("confirm", "job"),
        ("switch", "cs01"),
    ]


def test_what_a_job_has_not_confirmed_is_confirmed_by_the_next_run_without_the_value() -> None:
    """No store has the value, and none is needed; until then nothing is removed."""
    old, new = key("old", 92 * DAY), key("new", 2 * DAY, name="cvops/azure/bbbbbb000000")
    target = consumer("new", confirmed_by="job", is_confirmed=False)
    asked = wish(retire="auto", consumers_complete=True)
    found = plan_rotation(state([old, new], target), asked)
    assert actions(found) == [("confirm", "new")]
    gates = {gate.name: gate.reason for gate in found.gates}
    assert gates["targets_on_active_key"] == "these do not have it: cs01" and found.outcome == "waiting_for_consumers"
    failed = plan_rotation(state([old, new], replace(target, problem="job 7 failed")), asked)
    assert (failed.outcome, failed.moves) == ("switch_partial", ())
    assert plan_rotation(state([old, new], replace(target, is_confirmed=True)), asked).outcome == "overlap"


def test_what_its_owner_has_to_acknowledge_is_waited_for_and_not_written_again() -> None:
    old, new = key("old", 92 * DAY), key("new", 2 * DAY)
    target = consumer("new", confirmed_by="owner", is_confirmed=False)
    for name in (new.display_name, "cvops/azure/bbbbbb000000"):  # a try of the same rotation, and another rotation
        keys = [old, replace(new, display_name=name)]
        found = plan_rotation(state(keys, store("new"), target), wish(retire="auto", consumers_complete=True))
        assert (found.outcome, found.moves) == ("waiting_for_consumers", ())


NAMES = [
    "cvops/azure/aaaaaa000000",
    "cvops/azure/bbbbbb000000",
    "cvops/azure2/aaaaaa000000",
    "cvops/azure/aaaaaa00000",
    "Cvops/azure/aaaaaa000000",
    "",
    "job",
]
IDS = ["k0", "k1", "k2", "k3", "k4"]


@st.composite
def keys_of(draw: t.Any) -> list[Key]:
    ids = draw(st.lists(st.sampled_from(IDS), unique=True, max_size=5))
    return [
        Key(
            key_id,
            draw(st.sampled_from(NAMES)),
            NOW - draw(st.sampled_from([HOUR / 2, 3 * HOUR, 3 * DAY, 100 * DAY])),
            draw(st.sampled_from([None, NOW - DAY, NOW + DAY, NOW + 150 * DAY])),
            may_be_callers=draw(st.integers(0, 5)) == 0,
        )
        for key_id in ids
    ]


@st.composite
def targets_of(draw: t.Any) -> list[TargetState]:
    held = st.sampled_from([None, "gone", *IDS])
    found = []
    for number in range(draw(st.integers(0, 4))):
        use = draw(st.sampled_from(["store", "store", "consumer", "consumer", "external", "return"]))
        is_known = use != "consumer" or draw(st.booleans())
        confirmed_by = draw(st.sampled_from(["", "", "job", "owner"])) if use == "consumer" else ""
        found.append(
            TargetState(
                f"t{number}",
                use,
                use,
                (draw(held) if is_known else None) if use != "return" else None,
                is_known=is_known,
                pending_key_id=draw(held) if use == "store" else None,
                may_hold_unseen=not is_known or use == "return",
                since=draw(st.sampled_from([None, NOW - HOUR, NOW - 5 * DAY])),
                is_key_management=use == "external" and draw(st.booleans()),
                confirmed_by=confirmed_by,
                is_confirmed=not confirmed_by or draw(st.booleans()),
            )
        )
    return found


wishes = st.builds(
    wish,
    retire=st.sampled_from(["auto", "now", "never"]),
    consumers_complete=st.booleans(),
    adopt_key_ids=st.frozensets(st.sampled_from(IDS), max_size=2),
    max_keys=st.integers(2, 6),
    is_taking_over=st.booleans(),
    kind=st.sampled_from(["secret", "certificate"]),
)
states = st.builds(
    lambda keys, targets, most: RotationState(NOW, tuple(keys), tuple(targets), most_keys=most),
    keys_of(),
    targets_of(),
    st.sampled_from([None, 2]),
)


@given(states, wishes)
def test_applied_and_planned_again_it_ends_in_nothing_to_do(found: RotationState, asked: Wish) -> None:
    for number in range(5):
        decision = plan_rotation(found, asked)
        if not decision.moves:
            assert number < 4
            return
        for move in decision.moves:
            found = apply(found, move, asked, decision, number)
    pytest.fail(f"no end: {decision}")


@given(states, wishes)
def test_wherever_it_is_cut_short_nobody_loses_a_key(found: RotationState, asked: Wish) -> None:
    decision = plan_rotation(found, asked)
    by_id = {one.key_id: one for one in found.keys}
    worked = {one.name for one in found.targets if _works(one, found)}
    proven: set[str | None] = set()
    had_live = any(one.is_unexpired(NOW) for one in found.keys)
    for move in decision.moves:
        if move.action in ("withdraw", "retire"):
            gone = by_id[move.key_id or ""]
            assert is_own(gone, asked) or (move.action == "retire" and gone.key_id in asked.adopt_key_ids)
            assert not (gone.may_be_callers and gone.is_unexpired(NOW))
            assert not gone.is_unexpired(NOW) or not any(
                one.holds(gone.key_id) for one in found.targets if one.use != "external"
            )
        if move.action == "prove":
            proven.add(move.key_id)
        if move.action in ("switch", "retire"):
            assert proven, "proven before anybody uses it, and before anything is taken away for it"
        if move.action == "switch":
            assert move.key_id in proven
        found = apply(found, move, asked, decision)
        assert all(_works(one, found) for one in found.targets if one.name in worked)
        is_left = any(one.is_unexpired(NOW) for one in found.keys) or found.most_keys is not None
        assert not had_live or is_left, "the last key stays, unless there is room for two only"


def _works(target: TargetState, found: RotationState) -> bool:
    live = {one.key_id for one in found.keys if one.is_unexpired(found.now)}
    return target.use in ("store", "consumer") and target.key_id in live


@given(states, wishes, st.randoms())
def test_the_order_of_what_is_read_never_matters(found: RotationState, asked: Wish, draw: t.Any) -> None:
    keys, targets = list(found.keys), list(found.targets)
    draw.shuffle(keys)
    draw.shuffle(targets)
    first, second = (
        plan_rotation(one, asked) for one in (found, replace(found, keys=tuple(keys), targets=tuple(targets)))
    )
    told = [(one.outcome, one.active_key_id, one.previous_key_ids, one.retire_after) for one in (first, second)]
    assert told[0] == told[1]
    assert sorted(map(str, first.moves)) == sorted(map(str, second.moves))


@given(states, wishes)
def test_without_a_reason_nothing_is_added(found: RotationState, asked: Wish) -> None:
    decision = plan_rotation(found, asked)
    if any(move.action == "add" for move in decision.moves):
        assert decision.reason
    if decision.outcome in ("unfinished_run", "slots_full", "blocked_by_app_policy"):
        assert not decision.moves
        assert decision.reason


def test_what_is_replaced_stays_the_same_until_a_newer_key_is_in_use() -> None:
    old, new, asked = key("old", age=90 * DAY, left=93 * DAY), key("new", age=2 * HOUR), wish()
    planned = state([old], store("old"), consumer("old"))
    assert list_replaced(planned, asked) == ("old",)
    killed = state([old, new], store("old"), consumer("old"))
    assert list_replaced(killed, asked) == ("old",)
    expired = replace(killed, now=NOW + 94 * DAY)
    assert list_replaced(expired, asked) == ("old",)
    switched = state([old, new], store("new"), consumer("old"))
    assert list_replaced(switched, asked) == ("new",)


def test_without_a_key_of_the_rotation_that_which_targets_hold_is_replaced() -> None:
    assert list_replaced(state([], store(), consumer(is_known=False)), wish()) == ()
    other = key("other", name="made by hand")
    assert list_replaced(state([other], store("gone"), consumer("other")), wish()) == ("gone", "other")
