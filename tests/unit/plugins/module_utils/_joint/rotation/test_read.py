# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rotation reads before it writes: keys that a replica hides, what stores keep, policies, and whether targets can be written."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import replace

import pytest
from fake_graph import NOW, FakeGraph, guid
from rotation_fakes import FakeStore, FakeTarget, build_key

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    BadAnswer,
    ConfigError,
    Forbidden,
    Problems,
    Unreachable,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation import read
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.decision import Decision, Move
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.keys.secret_keys import SecretKeys
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.read import RotationReader
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.state import (
    RotationState,
    TargetState,
    Wish,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.base import KeyValue

PATH, POLICY = f"/applications/{guid(1)}", "/policies/defaultAppManagementPolicy"
DAY = datetime.timedelta(days=1)
WISH = Wish("backup", 183, 93, DAY)
Keys = list[dict[str, t.Any]]
DUE, FRESH = build_key(3, 92), build_key(4, 2)


class Scene:
    """The reader of an application whose keys show as in *looks*, one after another, the last ones for ever."""

    def __init__(self, make_ctx: t.Any, *looks: Keys, policy: t.Any = None, **wire: t.Any) -> None:
        shown = list(looks)

        def answer(params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
            keys = shown.pop(0) if len(shown) > 1 else shown[0]
            return {"id": guid(1), "appId": guid(2), "passwordCredentials": keys, **wire}

        answers = {PATH: answer, f"{PATH}/appManagementPolicies": [], POLICY: policy}
        ctx = make_ctx({"application": {"object_id": guid(1)}})
        self.graph = FakeGraph(ctx, answers)
        self.reader = RotationReader(ctx, t.cast("t.Any", self.graph), SecretKeys(ctx, t.cast("t.Any", self.graph)))

    def read(self, *targets: FakeTarget) -> RotationState:
        self.reader.read_application()
        return self.reader.read_state(t.cast("t.Any", targets))

    def plan(self, *targets: FakeTarget, wish: Wish = WISH) -> tuple[RotationState, Decision]:
        return self.reader.plan(t.cast("t.Any", targets), wish, self.read(*targets))


def moves(decision: Decision) -> list[tuple[str, str | None]]:
    return [(move.action, move.target) for move in decision.moves]


def test_keys_are_read_as_they_are_compared(make_ctx: t.Any) -> None:
    """Ids in small letters; one without dates is older than all others and never ends."""
    scene = Scene(make_ctx, [FRESH, {"keyId": guid(9), "displayName": None}])
    found = scene.read(FakeTarget("cs01"), FakeStore("vault"))
    assert [one.key_id for one in found.keys] == [guid(4), guid(9)]
    assert found.keys[0].starts == NOW - 2 * DAY
    assert (found.keys[1].display_name, found.keys[1].ends) == ("", None)
    assert min(found.keys, key=lambda one: one.order).key_id == guid(9)
    assert [target.name for target in found.targets] == ["cs01", "vault"]
    assert (found.now, found.most_keys, found.is_deactivated) == (NOW, None, False)


def test_what_is_no_date_is_no_key_that_never_ends(make_ctx: t.Any) -> None:
    with pytest.raises(BadAnswer, match="endDateTime"):
        Scene(make_ctx, [{**FRESH, "endDateTime": "soon"}]).read()


@pytest.mark.parametrize(("app_id", "may_be"), [(guid(2).upper(), True), (guid(8), False)])
def test_a_key_that_the_caller_may_sign_in_with_is_marked(make_ctx: t.Any, app_id: str, may_be: bool) -> None:
    scene = Scene(make_ctx, [FRESH])
    scene.graph.claims = {"appid": app_id, "appidacr": "1"}
    assert [one.may_be_callers for one in scene.read().keys] == [may_be]


def test_what_the_registration_limits_is_read_with_it(make_ctx: t.Any) -> None:
    audience = "AzureADandPersonalMicrosoftAccount"
    found = Scene(make_ctx, [FRESH], signInAudience=audience, isDisabled=True).read()
    assert (found.most_keys, found.is_deactivated) == (2, True)


def test_a_state_in_which_nothing_is_to_be_done_is_believed_at_once(make_ctx: t.Any) -> None:
    scene, store = Scene(make_ctx, [FRESH]), FakeStore("vault", key_id=guid(4))
    _state, decision = scene.plan(store)
    assert (decision.outcome, decision.moves) == ("not_due", ())
    assert (scene.graph.reads, store.looks) == ([PATH], 0)


@pytest.mark.parametrize("shows_at", [1, 2])
def test_a_key_that_a_replica_does_not_list_yet_is_looked_for_before_one_is_added(
    make_ctx: t.Any, shows_at: int
) -> None:
    """What one further look has shown counts, whatever the next one shows."""
    theirs = build_key(5, 60 / 86400)
    looks = [[DUE], [DUE], [DUE], [DUE]]
    looks[shows_at] = [DUE, theirs]
    scene = Scene(make_ctx, *looks)
    state, decision = scene.plan(FakeTarget("cs01", key_id=guid(3)))
    assert (decision.outcome, decision.moves) == ("unfinished_run", ())
    assert guid(5) in decision.reason
    assert [one.key_id for one in state.keys] == [guid(3), guid(5)]


def test_what_a_store_keeps_is_gone_on_with(make_ctx: t.Any) -> None:
    store = FakeStore("vault", key_id=guid(3))
    store.kept = KeyValue(guid(4), "", guid(2), "", "the value")
    _state, decision = Scene(make_ctx, [DUE, FRESH]).plan(store)
    assert moves(decision) == [("prove", None), ("switch", "vault")]


def test_what_a_list_shows_is_looked_at_closely_before_anything_is_written(make_ctx: t.Any) -> None:
    class Listed(FakeTarget):
        looks = 0

        def read_closely(self) -> TargetState:
            self.looks += 1
            return replace(self.read(), key_id=guid(4))

    listed, store = Listed("cs01", key_id=guid(4)), FakeStore("vault", key_id=guid(4))
    Scene(make_ctx, [FRESH]).plan(store, listed)
    assert listed.looks == 0
    listed.key_id = guid(3)
    _state, decision = Scene(make_ctx, [FRESH]).plan(store, listed)
    assert (decision.outcome, decision.moves, listed.looks) == ("not_due", (), 1)


def test_a_key_that_another_run_promotes_between_two_reads_is_seen(make_ctx: t.Any) -> None:
    """Promoting writes what is in use first, and takes the pending one away then."""

    class Promoted(FakeStore):
        def read_pending(self, state: TargetState) -> TargetState:
            found = super().read_pending(state)
            self.key_id, self.kept = guid(4), None
            return found

    store = Promoted("vault", key_id=guid(3))
    _state, decision = Scene(make_ctx, [DUE, FRESH]).plan(store)
    assert (decision.moves, decision.active_key_id) == ((), guid(4))


def test_policies_are_read_only_where_a_key_is_to_be_added(make_ctx: t.Any) -> None:
    limit = {"restrictionType": "passwordLifetime", "state": "enabled", "maxLifetime": "P90D"}
    policy = {"isEnabled": True, "applicationRestrictions": {"passwordCredentials": [limit]}, "displayName": "strict"}
    scene = Scene(make_ctx, [DUE], policy=policy)
    _state, decision = scene.plan(FakeTarget("cs01", key_id=guid(3)))
    assert (decision.outcome, decision.moves) == ("blocked_by_app_policy", ())
    assert "strict" in decision.reason
    scene, store = Scene(make_ctx, [FRESH], policy=policy), FakeStore("vault", key_id=guid(4))
    _state, decision = scene.plan(store, FakeTarget("cs01", key_id=guid(3)))
    assert moves(decision) == [("prove", None), ("switch", "cs01")]
    assert POLICY not in scene.graph.reads


def test_who_may_not_read_policies_asks_the_service(make_ctx: t.Any) -> None:
    state, decision = Scene(make_ctx, [DUE], policy=Forbidden("no")).plan(FakeTarget("cs01", key_id=guid(3)))
    assert state.rules is None
    assert [action for action, _target in moves(decision)] == ["add", "prove", "switch"]
    with pytest.raises(Unreachable):
        Scene(make_ctx, [DUE], policy=Unreachable("lost")).plan(FakeTarget("cs01", key_id=guid(3)))


def test_a_key_that_would_have_no_place_to_go_to_is_not_added(make_ctx: t.Any) -> None:
    """Without a store each consumer must take it, with one the store."""
    good, bad = FakeTarget("cs01", key_id=guid(3)), FakeTarget("cs02", key_id=guid(3))
    bad.refusal = Forbidden("not its owner")
    with pytest.raises(Problems) as caught:
        Scene(make_ctx, [DUE]).plan(good, bad)
    assert [(one["where"], one["kind"]) for one in caught.value.facts["problems"]] == [("cs02", "forbidden")]
    store = FakeStore("vault", key_id=guid(3))
    state, decision = Scene(make_ctx, [DUE]).plan(store, good, bad)
    assert [target for action, target in moves(decision) if action == "switch"] == ["vault", "cs01"]
    assert [target.problem for target in state.targets] == ["", "", "not its owner"]
    store.refusal = ConfigError("it is full")
    with pytest.raises(Problems, match="vault: it is full"):
        Scene(make_ctx, [DUE]).plan(store, good)


def test_where_no_key_is_added_a_target_that_cannot_be_written_is_left_out(make_ctx: t.Any) -> None:
    store, good = FakeStore("vault", key_id=guid(4)), FakeTarget("cs02")
    for bad in (FakeTarget("cs01", key_id=guid(3)), FakeStore("second", key_id=guid(3))):
        bad.refusal = Unreachable("nobody answers")
        state, decision = Scene(make_ctx, [DUE, FRESH]).plan(store, bad, good)
        assert moves(decision) == [("prove", None), ("switch", "cs02")]
        assert [target.problem for target in state.targets] == ["", "nobody answers", ""]


def test_an_application_that_is_still_to_be_created_has_nothing_to_be_read(make_ctx: t.Any) -> None:
    ctx = make_ctx({"application": {"unique_name": "job"}}, check_mode=True)
    graph = FakeGraph(ctx)
    kind = SecretKeys(ctx, t.cast("t.Any", graph))
    reader = RotationReader(ctx, t.cast("t.Any", graph), kind)
    targets = t.cast("t.Any", [FakeTarget("cs01", key_id=None)])
    assert reader.read_application().pending
    _state, decision = reader.plan(targets, WISH, reader.read_state(targets))
    assert [action for action, _target in moves(decision)] == ["add", "prove", "switch"]
    assert len(graph.reads) == 1


@pytest.mark.parametrize("action", ["add", "withdraw", "retire"])
def test_a_caller_that_may_not_write_keys_is_told_before_anything_is_written(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, action: t.Any
) -> None:
    scene = Scene(make_ctx, [DUE])
    scene.graph.ctx.options["commcells"] = []
    monkeypatch.setattr(read, "plan_rotation", lambda state, wish: Decision("overlap", moves=(Move(action, guid(3)),)))
    scene.graph.claims = {"oid": guid(7), "roles": ["Application.Read.All"]}
    with pytest.raises(
        Problems, match=r"right to change the secrets of application .*Application\.Read\.All"
    ) as caught:
        scene.plan(FakeTarget("cs01", "external"))
    assert [(one["where"], one["kind"]) for one in caught.value.facts["problems"]] == [("application", "guard")]
    assert scene.graph.writes == []


def test_that_a_caller_may_not_write_keys_is_told_with_what_else_is_wrong(make_ctx: t.Any) -> None:
    scene, bad = Scene(make_ctx, [DUE]), FakeTarget("cs02", key_id=guid(3))
    scene.graph.claims, bad.refusal = {"oid": guid(7), "roles": []}, Forbidden("not its owner")
    with pytest.raises(Problems) as caught:
        scene.plan(bad)
    assert [one["where"] for one in caught.value.facts["problems"]] == ["application", "cs02"]


def test_who_writes_no_key_needs_no_right_to(make_ctx: t.Any) -> None:
    scene = Scene(make_ctx, [DUE, FRESH])
    scene.graph.claims = {"oid": guid(7), "roles": ["Application.Read.All"]}
    _state, decision = scene.plan(FakeStore("vault", key_id=guid(4)), FakeTarget("cs01", key_id=guid(3)))
    assert moves(decision) == [("prove", None), ("switch", "cs01")]


def test_a_right_that_is_not_known_is_left_to_the_service_and_told(make_ctx: t.Any) -> None:
    scene = Scene(make_ctx, [DUE])
    _state, decision = scene.plan(FakeTarget("cs01", key_id=guid(3)))
    assert [action for action, _target in moves(decision)] == ["add", "prove", "switch"]
    (told,) = scene.graph.ctx.warnings
    assert "the access token cannot be read" in told


def test_a_risk_that_is_accepted_is_told(make_ctx: t.Any) -> None:
    scene = Scene(make_ctx, [DUE])
    scene.graph.ctx.options.update(accept_risk=["right_not_shown"], accept_reason="a role of our own")
    scene.graph.claims = {"oid": guid(7), "roles": []}
    scene.plan(FakeTarget("cs01", key_id=guid(3)))
    (told,) = scene.graph.ctx.warnings
    assert "a role of our own" in told
