# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out the moves of a rotation: what ends a run, what is taken back then, and what others have done meanwhile."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import replace

import pytest
from fake_graph import NOW, FakeGraph
from rotation_fakes import FakeSecrets, FakeStore, FakeTarget

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    Cancelled,
    ConfigError,
    Unreachable,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Step
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation import apply
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.decision import Decision
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.keys import secret_keys
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.proof import Proof
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.state import (
    Key,
    RotationState,
    TargetState,
    Wish,
    put_key,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets.base import KeyValue

APP = "66666666-7777-4888-8999-000000000000"
DAY = datetime.timedelta(days=1)
OLD = Key("old", "cvops/backup/aaaaaa000000", NOW - 92 * DAY, NOW + 91 * DAY)
ADDED = {
    "keyId": "NEW",
    "displayName": "cvops/backup/bbbbbb000000",
    "endDateTime": "2026-09-01T00:00:00Z",
    "secretText": "the value",
}


class Scene:
    """A rotation that is due, with these targets. ``secrets``: the application's; ``seen``: keys that a further look shows."""

    def __init__(
        self, make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, *targets: FakeTarget, proof: Proof | None = None
    ) -> None:
        self.secrets = FakeSecrets(ADDED)
        self.seen: list[Key] = []
        scene = self

        class Reader:
            application: t.Any = type("Application", (), {"app_id": APP, "object_id": "object"})

            def look_again(self, state: RotationState) -> RotationState:
                for key in scene.seen:
                    state = put_key(state, key)
                return state

            def read_target(self, target: FakeTarget) -> TargetState:
                return target.read()

        monkeypatch.setattr(secret_keys, "SecretWriter", self.secrets.build_writer)
        monkeypatch.setattr(apply, "prove_key", lambda *args: proof or Proof("", 1))
        ctx = make_ctx()
        ctx.options.update(
            rotation_name="backup",
            tenant_id="tenant",
            cloud="public",
            prove={"scope": None, "successes": 1, "over_seconds": 0, "within_seconds": 1},
        )
        state = RotationState(NOW, (OLD,), tuple(target.read() for target in targets))
        self.ctx = ctx
        graph = t.cast("t.Any", FakeGraph(ctx))
        self.applier = apply.RotationApplier(
            ctx,
            graph,
            t.cast("t.Any", Reader()),
            secret_keys.SecretKeys(ctx, graph),
            {target.name: t.cast("t.Any", target) for target in targets},
            Wish("backup", 183, 93, DAY),
            state,
            Decision("not_due"),
        )

    def run(self, *steps: str | tuple[str, str]) -> list[str]:
        """Do these steps, an action with a target or without, and return those that were done."""
        for item in steps:
            action, target = item if isinstance(item, tuple) else (item, None)
            self.applier.apply(Step(action, action, {"key_id": None, "target": target}))
        return [step.action for step in self.applier.done]

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self.applier, name)


class FakeJobTarget(FakeTarget):
    """A consumer that a job confirms, which ends in ``failure``."""

    failure: Exception | None = None

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.confirmed: list[str] = []

    def read(self) -> TargetState:
        return replace(super().read(), confirmed_by="job", is_confirmed=False)

    def confirm(self, key_id: str) -> None:
        if self.failure is not None:
            raise self.failure
        self.confirmed.append(key_id)


@pytest.mark.parametrize("failure", [None, ApiError("job 7 ended as failed")])
def test_a_job_confirms_what_was_written_and_its_failure_is_a_problem_of_the_target(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, failure: Exception | None
) -> None:
    target, other = FakeJobTarget("jobs"), FakeTarget("cs01")
    target.failure = failure
    scene = Scene(make_ctx, monkeypatch, FakeStore("vault"), target, other)
    scene.run("add", ("store", "vault"), "prove", ("switch", "jobs"), ("confirm", "jobs"), ("switch", "cs01"))
    (found,) = (one for one in scene.state.targets if one.name == "jobs")
    assert (found.key_id, found.is_confirmed, found.problem) == ("new", failure is None, str(failure or ""))
    assert target.confirmed == ([] if failure else ["new"]) and other.switched == ["the value"]


def test_what_could_not_be_written_is_not_confirmed(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    target = FakeJobTarget("jobs")
    target.error = ApiError("not now")
    scene = Scene(make_ctx, monkeypatch, FakeStore("vault"), target)
    done = scene.run("add", ("store", "vault"), "prove", ("switch", "jobs"), ("confirm", "jobs"))
    assert done == ["add", "store", "prove"] and target.confirmed == []
    assert scene.state.targets[1].problem == "not now"


def test_a_key_goes_from_the_store_to_its_users(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store, consumer = FakeStore("vault"), FakeTarget("cs01")
    scene = Scene(make_ctx, monkeypatch, store, consumer)
    assert scene.run("add", ("store", "vault"), "prove", ("switch", "vault"), ("switch", "cs01")) == [
        "add",
        "store",
        "prove",
        "switch",
        "switch",
    ]
    assert store.switched == consumer.switched == ["the value"]
    assert {target.key_id for target in scene.state.targets} == {"new"}
    assert (scene.added, scene.added_value, scene.secrets.removed) == ("new", "the value", [])
    assert store.kept is not None
    assert (store.kept.rotation_id, store.kept.application) == ("bbbbbb000000", APP)


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        ("refused", "added_unproven"),
        ("loop", "added_unproven"),
        ("conditional_access", "blocked_by_conditional_access"),
        ("deactivated", "application_deactivated"),
    ],
)
def test_without_a_proof_nobody_is_switched(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, cause: t.Any, outcome: str
) -> None:
    """What a store keeps stays; what nobody has the value of goes."""
    monkeypatch.setattr(apply, "list_blocking_policies", lambda graph, app_id: [])
    proof, consumer = Proof(cause, 3, "why"), FakeTarget("cs01")
    kept = Scene(make_ctx, monkeypatch, FakeStore("vault"), consumer, proof=proof)
    assert kept.run("add", ("store", "vault"), "prove", ("switch", "vault"), ("switch", "cs01")) == ["add", "store"]
    assert (kept.halted[0], kept.secrets.removed, consumer.switched) == (outcome, [], [])
    lost = Scene(make_ctx, monkeypatch, consumer, proof=proof)
    assert lost.run("add", "prove", ("switch", "cs01")) == ["add"]
    assert (lost.halted[0], lost.secrets.removed, lost.added, consumer.switched) == (outcome, ["new"], None, [])
    assert lost.secrets.removed_as_new == ["new"], "a replica that does not know it yet is not believed"
    returned = Scene(make_ctx, monkeypatch, FakeTarget("result", "return"), proof=proof)
    returned.run("add", "prove")
    assert (returned.secrets.removed, returned.added_value) == ([], "the value"), "the caller gets it"


def test_a_block_tells_where_the_key_is_and_which_policies_there_are(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof, names = Proof("conditional_access", 1, "AADSTS53003: do this."), [f"CA{number}" for number in range(12)]
    monkeypatch.setattr(apply, "list_blocking_policies", lambda graph, app_id: names)
    kept = Scene(make_ctx, monkeypatch, FakeStore("vault", key_id="old"), FakeTarget("cs01"), proof=proof)
    kept.run("add", ("store", "vault"), "prove")
    assert "It stays in vault, where nobody reads it" in kept.halted[1]
    assert f"the first of these expires at {OLD.ends:%Y-%m-%dT%H:%M:%SZ}. AADSTS53003: do this." in kept.halted[1]
    assert "CA0, CA1, " in kept.halted[1] and "CA9, … (12)." in kept.halted[1]
    lost = Scene(make_ctx, monkeypatch, FakeTarget("cs01"), proof=proof)
    lost.run("add", "prove")
    assert "it was removed again, and the next run adds another one" in lost.halted[1]
    names.clear()
    returned = Scene(make_ctx, monkeypatch, FakeTarget("result", "return"), proof=proof)
    returned.run("add", "prove")
    assert "whoever called has its value" in returned.halted[1]
    assert returned.halted[1].endswith("No visible policy can refuse the application.")

    def refuse(graph: t.Any, app_id: str) -> list[str]:
        raise ApiError("Not allowed.")

    monkeypatch.setattr(apply, "list_blocking_policies", refuse)
    unread = Scene(make_ctx, monkeypatch, FakeStore("vault"), proof=proof)
    unread.run("add", ("store", "vault"), "prove")
    assert unread.halted[0] == "blocked_by_conditional_access"
    assert unread.halted[1].endswith("It is not known which policy it was: Not allowed.")


@pytest.mark.parametrize("action", ["withdraw", "retire"])
def test_a_key_that_a_target_has_meanwhile_is_not_removed(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    """Another run may have let it use what this one took for left behind, or have gone back to what this one retires."""
    consumer = FakeTarget("cs01", key_id="other")
    scene = Scene(make_ctx, monkeypatch, FakeStore("vault", key_id="new"), consumer)
    step = Step(action, action, {"key_id": "old", "target": None})
    consumer.key_id = "old"
    scene.applier.apply(step)
    assert (scene.done, scene.secrets.removed, scene.halted[0]) == ([], [], "unfinished_run")
    assert "cs01 has key old now" in scene.halted[1]
    scene.applier.halted, consumer.key_id = None, "new"
    scene.applier.apply(step)
    assert (scene.done, scene.secrets.removed) == ([step], ["old"])
    assert scene.applier.removed == {"old": NOW}


def test_the_run_whose_key_is_younger_withdraws(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FakeStore("vault")
    scene = Scene(make_ctx, monkeypatch, store)
    scene.seen = [Key("theirs", "cvops/backup/cccccc000000", NOW - datetime.timedelta(seconds=5), NOW + DAY)]
    assert scene.run("add", ("store", "vault"), "prove") == ["add"]
    assert (scene.halted[0], scene.secrets.removed, store.kept) == ("unfinished_run", ["new"], None)


def test_a_value_that_nobody_proved_is_not_returned(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller of the run that was faster has one that works."""
    scene = Scene(make_ctx, monkeypatch, FakeTarget("result", "return"))
    scene.seen = [Key("theirs", "cvops/backup/cccccc000000", NOW - datetime.timedelta(seconds=5), NOW + DAY)]
    scene.run("add", "prove")
    assert (scene.halted[0], scene.secrets.removed, scene.added_value) == ("unfinished_run", ["new"], None)


def test_without_a_store_other_runs_are_looked_for_once_more_before_the_first_switch(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer = FakeTarget("cs01")
    scene = Scene(make_ctx, monkeypatch, consumer)
    scene.run("add", "prove")
    scene.seen = [Key("theirs", "cvops/backup/cccccc000000", NOW - datetime.timedelta(seconds=5), NOW + DAY)]
    scene.run(("switch", "cs01"))
    assert (scene.halted[0], scene.secrets.removed, consumer.switched) == ("unfinished_run", ["new"], [])


def test_a_store_that_refuses_takes_the_key_along(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(make_ctx, monkeypatch, FakeStore("vault", ConfigError("full")))
    with pytest.raises(ConfigError, match="full"):
        scene.run("add", ("store", "vault"))
    assert scene.secrets.removed == ["new"]


def test_a_key_that_another_run_took_out_of_the_store_stays(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was kept is looked at once more; by then the other run has proven it, let its users have it and cleared up."""

    class Overtaken(FakeStore):
        def keep(self, key: KeyValue) -> None:
            self.key_id = key.key_id
            raise ConfigError("what was kept is not there")

    scene = Scene(make_ctx, monkeypatch, Overtaken("vault"), FakeTarget("cs01"))
    assert scene.run("add", ("store", "vault"), "prove", ("switch", "cs01")) == ["add"]
    assert (scene.secrets.removed, scene.halted[0]) == ([], "unfinished_run")
    assert "vault has key new now" in scene.halted[1]


def test_a_key_that_is_kept_after_all_stays_and_the_fault_is_told(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lagging(FakeStore):
        def keep(self, key: KeyValue) -> None:
            super().keep(key)
            raise ConfigError("what was kept is not there")

        def read(self) -> TargetState:
            return self.read_pending(super().read())

    scene = Scene(make_ctx, monkeypatch, Lagging("vault"))
    with pytest.raises(ConfigError, match="is not there"):
        scene.run("add", ("store", "vault"))
    assert (scene.secrets.removed, scene.halted) == ([], None)


def test_a_key_of_which_it_cannot_be_read_who_has_it_stays(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreadable(FakeStore):
        def read(self) -> TargetState:
            self._fail()
            return super().read()

    store = Unreadable("vault")
    scene = Scene(make_ctx, monkeypatch, store)
    store.error = ConfigError("no more")
    with pytest.raises(ConfigError, match="no more"):
        scene.run("add", ("store", "vault"))
    assert scene.secrets.removed == []
    assert "a later run removes it" in scene.ctx.warnings[0]


@pytest.mark.parametrize("error", [Unreachable("lost", may_have_acted=True), Cancelled("stop")])
def test_a_store_that_may_have_the_value_leaves_the_key(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    scene = Scene(make_ctx, monkeypatch, FakeStore("vault", error))
    with pytest.raises(type(error)):
        scene.run("add", ("store", "vault"))
    assert scene.secrets.removed == []


def test_one_consumer_that_fails_keeps_no_other_back_and_a_store_does(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = FakeTarget("cs01", error=ApiError("no")), FakeTarget("cs02")
    scene = Scene(make_ctx, monkeypatch, bad, good)
    assert scene.run("add", "prove", ("switch", "cs01"), ("switch", "cs02")) == ["add", "prove", "switch"]
    assert [target.problem for target in scene.state.targets] == ["no", ""]
    store, consumer = FakeStore("vault"), FakeTarget("cs01")
    scene = Scene(make_ctx, monkeypatch, store, consumer)
    scene.run("add", ("store", "vault"), "prove")
    store.error = ApiError("no")
    scene.run(("switch", "vault"), ("switch", "cs01"))
    assert (scene.halted[0], consumer.switched, scene.secrets.removed) == ("switch_partial", [], [])


def test_what_waits_for_an_approval_is_not_taken_back(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    consumer = FakeTarget("cs01")
    consumer.answer = "awaiting_approval"
    scene = Scene(make_ctx, monkeypatch, consumer)
    assert scene.run("add", "prove", ("switch", "cs01")) == ["add", "prove"]
    assert scene.state.targets[0].is_awaiting_approval
    assert scene.secrets.removed == []


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("CredentialTypeNotAllowedAsPerAppPolicy", "blocked_by_app_policy"),
        ("CredentialInvalidLifetimeAsPerAppPolicy", "blocked_by_app_policy"),
        ("TooManyAppPasswords", "slots_full"),
        ("Directory_ResourceSizeExceeded", "slots_full"),
    ],
)
def test_some_refusals_of_a_key_are_outcomes(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, code: str, outcome: str
) -> None:
    scene = Scene(make_ctx, monkeypatch, FakeTarget("cs01"))
    scene.secrets.refusal = ApiError("Cannot: no", code=code)
    assert scene.run("add", "prove", ("switch", "cs01")) == []
    assert scene.halted == (outcome, "Cannot: no")
    scene = Scene(make_ctx, monkeypatch, FakeTarget("cs01"))
    scene.secrets.refusal = ApiError("Cannot: no", code="Authorization_RequestDenied")
    with pytest.raises(ApiError, match="Cannot"):
        scene.run("add")


def test_an_addition_with_an_unknown_end_says_that_the_next_run_sees_to_it(
    make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(make_ctx, monkeypatch, FakeTarget("cs01"))
    scene.secrets.refusal = Unreachable(
        "lost", may_have_acted=True, outcome="unknown", marker="cvops/backup/bbbbbb000000"
    )
    with pytest.raises(Unreachable, match="bbbbbb000000.*an hour") as caught:
        scene.run("add")
    assert caught.value.facts["outcome"] == "unknown"


def test_the_value_of_a_key_that_a_store_has_is_had_again(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store, consumer = FakeStore("vault"), FakeTarget("cs01")
    store.kept = KeyValue("kept", "", "", "", "its value")
    scene = Scene(make_ctx, monkeypatch, store, consumer)
    scene.applier.state = put_key(scene.state, replace(OLD, key_id="kept"))
    scene.applier.apply(Step("switch", "switch", {"key_id": "kept", "target": "cs01"}))
    assert consumer.switched == ["its value"]
    assert "its value" in scene.ctx.secrets
    with pytest.raises(ConfigError, match="gone"):
        scene.applier.apply(Step("switch", "switch", {"key_id": "gone", "target": "cs01"}))
