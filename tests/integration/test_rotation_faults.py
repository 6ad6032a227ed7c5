# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every request of a rotation meets every trouble, and every run is killed at every request; later runs come to the same end.

While all of that happens a watch looks at every instant whether each consumer has a key that every replica accepts, and whether
foreign keys are there. That it can see is shown by rotations that are made wrong by hand. After each case every place where no secret
belongs is searched.

``make faults`` (``CVOPS_FAULTS=whole``) tries every trouble at every request, else a fixed sample is tried.
"""

from __future__ import annotations

import datetime
import errno
import functools
import os
import pathlib
import random
import resource as system
import signal
import threading
import time
import typing as t
from collections.abc import Iterator
from dataclasses import replace

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import USER
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.replication import Replication
from cvops_simulator.keyvault.access import OFFICER
from helpers.file_calls import FileCalls
from helpers.rotating import DAY, Rotating
from helpers.rotation_places import POLICY, READ_ONLY, VaultPlace
from helpers.rotation_stage import HOUR, NEW, OLD, WHOLE, Scene, Stage, choose_cases, count_cases
from helpers.turns import Turns
from helpers.wire import FAULTS, KILLS, LASTING, OTHERS, Trouble

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Clock
from ansible_collections.cvops.identity.plugins.module_utils._core.values import parse_time
from ansible_collections.cvops.identity.plugins.module_utils._entra.certificates import writer
from ansible_collections.cvops.identity.plugins.module_utils._entra.secrets.writer import SecretWriter
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation import apply, proof, read, resource
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.decision import Decision, Move
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.keys import certificate_keys
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.plan import plan_rotation
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.state import RotationState
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.targets import stored
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions import file

pytestmark = pytest.mark.any_core

#: So many of the cases of each scene are tried, if not all, and so many with a request at which another run is made.
SAMPLE, SAMPLE_BESIDE = 1, 1
#: So many tests are made of the cases of a scene, so that all cores have something to do.
PARTS = 8 if WHOLE else 1
RETIRING = {"retire": "auto", "consumers_complete": True}
FRESH = ("cvops/backup/bbbbbb000000", 0.1, 183.0)
SCENES = (
    Scene("the first secret"),
    Scene("a secret is due", keys=(OLD,), current=0),
    Scene("two files", ("file", "second file"), keys=(OLD,), current=0),
    Scene("kept and not promoted", keys=(OLD, FRESH), current=0, pending=1),
    Scene("the old one goes", keys=(OLD, NEW), current=1, options=RETIRING),
    Scene("left behind by an earlier run", keys=(OLD, NEW), current=0),
    Scene("a credential", ("credential",), keys=(OLD,), current=0),
    Scene("a file and a credential", ("file", "credential"), keys=(OLD,), current=0),
    Scene("a file and an OpenID Connect app", ("file", "oidc"), keys=(OLD,), current=0),
    Scene("a vault", ("vault",), keys=(OLD,), current=0),
    Scene("a vault: kept and not promoted", ("vault",), keys=(OLD, FRESH), current=0, pending=1),
    Scene("a key vault", ("key vault",), keys=(OLD,), current=0),
    Scene("a key vault: kept and not promoted", ("key vault",), keys=(OLD, FRESH), current=0, pending=1),
    Scene("an external user", ("file", "external"), keys=(OLD,), current=0, options=RETIRING),
    Scene("a value that is returned", ("return",), keys=(OLD,), current=0),
    Scene("a credential of a controller", ("controller",), keys=(OLD,), current=0, every=2),
    Scene("a file and a credential of a controller", ("file", "controller"), keys=(OLD,), current=0, every=2),
    Scene(
        "the old one goes everywhere",
        ("vault", "key vault", "credential", "oidc"),
        keys=(OLD, NEW),
        current=1,
        options=RETIRING,
        every=3,
    ),
    Scene(
        "targets of every kind", ("vault", "key vault", "file", "credential", "oidc"), keys=(OLD,), current=0, every=5
    ),
)
#: The same with certificates, which Commvault does not take; a sample tries the one in which most is written.
CERTIFICATES = tuple(
    replace(scene, name=f"certificate: {scene.name}", kind="certificate")
    for scene in SCENES
    if not {"credential", "oidc", "controller"} & set(scene.places)
)
TRIED_CERTIFICATES = tuple(scene for scene in CERTIFICATES if WHOLE or scene.name == "certificate: a secret is due")
#: Those in which conditional access blocks the sign-ins of the proof.
BLOCKED = tuple(
    scene
    for scene in SCENES
    if scene.name
    in ("a secret is due", "kept and not promoted", "the old one goes", "a credential", "a file and a credential")
)
#: Consumers that two runs which were cut short may have left waiting for approvals, as far as anybody can tell, where no store is beside them.
ALONE = ("credential", "controller")
BY_NAME = {str(scene): scene for scene in (*SCENES, *CERTIFICATES)}


@pytest.fixture
def stage(
    make_site: t.Callable[..., Simulator],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
    request: pytest.FixtureRequest,
) -> Iterator[Stage]:
    lags = {
        "object_lag": 0.0,
        "property_lag": 0.0,
        "grant_lag": 0.0,
        "credential_lag_graph": 4.0,
        "credential_lag_token": 40.0,
    }
    site = make_site(set="S", controller=True, replication=Replication(seed=1, tail=0.0, **lags))
    made = Stage(site, tmp_path / "stores", monkeypatch, lambda: request.getfixturevalue("bao"))
    yield made
    made.close()


def test_a_machine_that_is_slow_changes_no_run(stage: Stage) -> None:
    """Time is what waits and requests make of it: the same requests are sent at the same moments, however long they take."""
    seen = []
    for pause_s in (0.0, 0.02):
        stage.wire.gate = functools.partial(time.sleep, pause_s)
        rotating, _watch = stage.set(SCENES[1])
        began = stage.site.clock.now()
        stage.wire.begin()
        stage.run(rotating, SCENES[1])
        seen.append((list(stage.wire.sent), round(stage.site.clock.now() - began, 6)))
    assert seen[0] == seen[1]


def _list_troubles(sent: t.Sequence[tuple[str, str]]) -> list[Trouble]:
    """Return every trouble at every one of the requests *sent*; an answer can be stale where the same was asked before."""
    troubles = []
    for number, place in enumerate(sent):
        kinds = [*FAULTS, *OTHERS, *KILLS]
        if place[0] != "GET" or place not in sent[:number]:
            kinds.remove("stale")
        troubles += [Trouble(number, kind) for kind in kinds]
        troubles += [Trouble(number, kind, lasts=True) for kind in LASTING]
    return troubles


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("scene", (*SCENES, *TRIED_CERTIFICATES), ids=str)
def test_a_trouble_at_any_request_costs_a_further_run_at_most(stage: Stage, scene: Scene, part: int) -> None:
    _try_troubles(stage, scene, stage.list_requests(scene), stage.play, SAMPLE, part)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("scene", BLOCKED, ids=str)
def test_a_trouble_while_conditional_access_blocks_the_proof_loses_nothing(
    stage: Stage, scene: Scene, part: int
) -> None:
    """Meanwhile consumers go on with what they have, and nothing is retired; once the policy is lifted a run comes to the end."""
    _try_troubles(stage, scene, stage.list_blocked_requests(scene), stage.play_blocked, 3 * SAMPLE, part)


def _try_troubles(
    stage: Stage,
    scene: Scene,
    sent: t.Sequence[tuple[str, str]],
    play: t.Callable[[Scene, t.Callable[[Rotating], dict[str, t.Any]]], list[str]],
    sample: int,
    part: int,
) -> None:
    """Play the scene with every trouble at every one of the requests *sent*, or a sample."""
    troubles = choose_cases(scene, _list_troubles(sent)[:: scene.every], sample)[part::PARTS]
    wrong = []
    for trouble in troubles:
        found = play(scene, functools.partial(stage.run_with, trouble, scene))
        if found:
            wrong.append(f"{trouble} ({' '.join(sent[trouble.number])}): {found}")
    count_cases(len(troubles), len(wrong))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "scene",
    [scene for scene in SCENES if len(scene.places) > 1 or scene.places[0] not in ALONE] if WHOLE else SCENES[7:11],
    ids=str,
)
def test_troubles_in_two_runs_cost_one_more(stage: Stage, scene: Scene) -> None:
    """Not so for a credential alone: after two runs that were cut short two keys may wait for approvals, for a week."""
    troubles = _list_troubles(stage.list_requests(scene))
    pairs = [random.Random(seed).sample(troubles, 2) for seed in range(20 if WHOLE else 1)]
    wrong = []
    for pair in pairs:
        found = stage.play(scene, functools.partial(_run_twice, stage, scene, pair))
        if found:
            wrong.append(f"{pair}: {found}")
    count_cases(len(pairs), len(wrong))
    assert not wrong, "\n".join(wrong)


def _run_twice(stage: Stage, scene: Scene, pair: t.Sequence[Trouble], rotating: Rotating) -> dict[str, t.Any]:
    """Return the result of the second of two runs that meet a trouble each."""
    for trouble in pair:
        found = stage.run_with(trouble, scene, rotating)
        stage.site.clock.advance(2 * HOUR)
    return found


@pytest.mark.parametrize(
    "scene", (*SCENES, *CERTIFICATES) if WHOLE else [SCENES[1], SCENES[6], SCENES[11], *TRIED_CERTIFICATES], ids=str
)
def test_another_run_at_any_request_does_no_harm(stage: Stage, scene: Scene) -> None:
    """The other one begins and ends while the first one is at that request.

    Not so between the last look at all certificates and the write of all: what is added then is lost to any program. A run is there for
    the time of one request, and the other one, which looks afterwards, adds its own again.
    """
    sent = stage.list_requests(scene)
    possible = [number for number, (method, _path) in enumerate(sent) if method != "PATCH" or scene.kind == "secret"]
    numbers = choose_cases(scene, possible, SAMPLE_BESIDE)
    wrong = []
    for number in numbers:
        found = stage.play(scene, functools.partial(_run_beside, stage, scene, number))
        if found:
            wrong.append(f"request {number}: {found}")
    count_cases(len(numbers), len(wrong))
    assert not wrong, "\n".join(wrong)


def _run_beside(stage: Stage, scene: Scene, number: int, rotating: Rotating) -> dict[str, t.Any]:
    """Return the result of a run at whose request *number* another one was made."""

    def run_other() -> None:
        stage.run(rotating, scene)

    return stage.run_with(Trouble(number, "another run"), scene, rotating, act=run_other)


@pytest.mark.parametrize("scene", SCENES if WHOLE else SCENES[6:8], ids=str)
def test_runs_that_take_turns_do_no_harm(stage: Stage, scene: Scene) -> None:
    """Two at once, of which a seed chooses at each request the one that goes on."""
    seeds = range(20 if WHOLE else 1)
    wrong = []
    for seed in seeds:
        found = stage.play(scene, functools.partial(_run_in_turns, stage, scene, seed))
        if found:
            wrong.append(f"seed {seed}: {found}")
    count_cases(len(seeds), len(wrong))
    assert not wrong, "\n".join(wrong)


def _run_in_turns(stage: Stage, scene: Scene, seed: int, rotating: Rotating) -> dict[str, t.Any]:
    """Return the result of one of two runs at once; at most one of them may have added a key that is there now."""
    before, turns = set(rotating.own_keys()), Turns(seed, 2)
    results: dict[int, dict[str, t.Any]] = {}

    def run(number: int) -> None:
        with turns.take_part(number):
            results[number] = stage.run(rotating, scene)

    stage.wire.gate = turns.pass_on
    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stage.wire.gate = lambda: None
    assert len(results) == 2
    new = set(rotating.own_keys()) - before
    assert len(new) <= 1, results
    return results[0]


@pytest.mark.parametrize("scene", [SCENES[0], SCENES[2], SCENES[3]], ids=str)
@pytest.mark.parametrize("lasts", [False, True], ids=["once", "lasting"])
def test_a_full_disk_at_any_call_costs_a_further_run(stage: Stage, scene: Scene, lasts: bool) -> None:
    calls = FileCalls(stage.folder, stage.monkeypatch)
    numbers = choose_cases(scene, range(_count_file_calls(stage, scene, calls)), 2)
    wrong = []
    for number in numbers:
        found = stage.play(scene, functools.partial(_run_on_full_disk, stage, scene, calls, number, lasts))
        if found:
            wrong.append(f"call {number}: {found}")
    count_cases(len(numbers), len(wrong))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("scene", [SCENES[0], SCENES[2], SCENES[3]], ids=str)
def test_a_process_that_is_killed_at_any_call_for_a_file_costs_a_further_run(stage: Stage, scene: Scene) -> None:
    calls = FileCalls(stage.folder, stage.monkeypatch)
    numbers = choose_cases(scene, range(_count_file_calls(stage, scene, calls)), 2)
    wrong = []
    for number in numbers:
        found = stage.play(scene, functools.partial(_run_until_call, stage, scene, calls, number))
        if found:
            wrong.append(f"call {number}: {found}")
    count_cases(len(numbers), len(wrong))
    assert not wrong, "\n".join(wrong)


def _count_file_calls(stage: Stage, scene: Scene, calls: FileCalls) -> int:
    calls.begin()
    rotating, _watch = stage.set(scene)
    calls.begin()
    stage.run(rotating, scene)
    return len(calls.names)


def _run_on_full_disk(
    stage: Stage, scene: Scene, calls: FileCalls, number: int, lasts: bool, rotating: Rotating
) -> dict[str, t.Any]:
    """Return the result of a run whose call *number* for a file finds the disk full."""

    def fail(name: str) -> None:
        if name not in ("open", "unlink", "ftruncate"):
            raise OSError(errno.ENOSPC, "No space left on device")

    calls.begin(number, fail, lasts)
    try:
        return stage.run(rotating, scene)
    finally:
        calls.begin()


def _run_until_call(stage: Stage, scene: Scene, calls: FileCalls, number: int, rotating: Rotating) -> dict[str, t.Any]:
    """Run in a process that is killed before its call *number* for a file."""
    calls.begin(number, lambda name: os.kill(os.getpid(), signal.SIGKILL))
    stage.run_in_child(lambda: stage.run(rotating, scene))
    calls.begin()
    return {}


@pytest.mark.parametrize("most", [16, 200, 300])
def test_files_that_may_not_grow_cost_a_further_run(stage: Stage, most: int) -> None:
    """By the limit of the operating system, in a process of its own: a write is cut short, and the next one refused."""
    scene = SCENES[2]

    def run(rotating: Rotating) -> dict[str, t.Any]:
        def limited() -> None:
            system.setrlimit(system.RLIMIT_FSIZE, (most, system.getrlimit(system.RLIMIT_FSIZE)[1]))
            stage.run(rotating, scene)

        stage.run_in_child(limited)
        return {}

    assert stage.play(scene, run) == []
    count_cases(1, 0)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_is_wrong_changes_nothing(stage: Stage, days: int) -> None:
    """The service's own clock decides."""

    def run(rotating: Rotating) -> dict[str, t.Any]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Clock, "now", lambda self: stage.site.clock.datetime() + datetime.timedelta(days=days))
            result = stage.run(rotating, SCENES[1])
        expires = parse_time(result["rotation"]["expires"]) - stage.site.clock.datetime()
        assert abs(expires - datetime.timedelta(days=183)) < datetime.timedelta(minutes=10)
        return result

    assert stage.play(SCENES[1], run) == []
    count_cases(1, 0)


@pytest.mark.whole  # the same for every scene
@pytest.mark.parametrize("days", [-1, 1])
@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_a_clock_that_stays_wrong_changes_nothing(stage: Stage, scene: Scene, days: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Clock, "now", lambda self: stage.site.clock.datetime() + datetime.timedelta(days=days))
        assert stage.play(scene, lambda one: stage.run(one, scene)) == []
    count_cases(1, 0)


@pytest.mark.parametrize("seed", range(3 if WHOLE else 1))
@pytest.mark.parametrize("scene", SCENES if WHOLE else SCENES[6:7], ids=str)
def test_replicas_that_take_five_minutes_are_waited_for(stage: Stage, scene: Scene, seed: int) -> None:
    """Works, fails, works: with what a proof asks for by default."""
    lags = {"object_lag": 0.0, "credential_lag_graph": 30.0, "credential_lag_token": 300.0}
    stage.monkeypatch.setattr(stage.site.tenant, "replication", Replication(seed=seed, tail=0.0, **lags))
    slow = replace(scene, options={**(scene.options or {}), "prove": {}})
    assert stage.play(slow, lambda one: stage.run(one, slow)) == []
    count_cases(1, 0)


def _break_vault(stage: Stage, how: str) -> t.Callable[[], None]:
    """Return what makes the server refuse from there on."""
    (place,) = (one for one in stage.places if isinstance(one, VaultPlace))
    bao = place.bao
    return {
        "sealed": bao.seal,
        "token revoked": lambda: bao.ask("POST", "auth/token/revoke", {"token": place.token}),
        "forbidden": lambda: bao.ask("PUT", "sys/policies/acl/rotation", {"policy": READ_ONLY}),
    }[how]


@pytest.mark.parametrize("how", ["sealed", "token revoked", "forbidden"])
@pytest.mark.parametrize("scene", [BY_NAME["a vault"], *([SCENES[-1]] if WHOLE else [])], ids=str)
def test_a_vault_that_refuses_from_any_request_on_costs_a_further_run(stage: Stage, scene: Scene, how: str) -> None:
    sent = stage.list_requests(scene)
    (place,) = (one for one in stage.places if isinstance(one, VaultPlace))
    numbers = [number for number, (_method, url) in enumerate(sent) if url.startswith(place.bao.url)]
    assert len(numbers) > 5
    numbers = choose_cases(scene, numbers, 1)

    def run(number: int, rotating: Rotating) -> dict[str, t.Any]:
        try:
            return stage.run_with(Trouble(number, how), scene, rotating, act=_break_vault(stage, how))
        finally:
            if how == "sealed":
                place.bao.unseal()

    _play_all(stage, scene, numbers, run)


def _play_all(
    stage: Stage,
    scene: Scene,
    numbers: t.Sequence[int],
    run: t.Callable[[int, Rotating], dict[str, t.Any]],
) -> None:
    """Play the scene with the first run *run*, which gets each of *numbers*."""
    wrong = []
    for number in numbers:
        found = stage.play(scene, functools.partial(run, number))
        if found:
            wrong.append(f"{number}: {found}")
    count_cases(len(numbers), len(wrong))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("how", ["forbidden", "only read", "network", "401", "429"])
@pytest.mark.parametrize("scene", [BY_NAME["a key vault"], *([SCENES[-1]] if WHOLE else [])], ids=str)
def test_a_key_vault_that_refuses_from_any_request_on_costs_a_further_run(stage: Stage, scene: Scene, how: str) -> None:
    site = stage.site
    sent = stage.list_requests(scene)
    numbers = [number for number, (_method, url) in enumerate(sent) if url.startswith(site.keyvault_url)]
    assert len(numbers) > 5
    acts: dict[str, t.Callable[[], None]] = {
        "forbidden": site.keyvault.access.reset,
        "only read": lambda: site.keyvault.access.grant(site.automation.object_id, "get"),
        "network": lambda: setattr(site.keyvault.access, "blocks_network", True),
    }

    def run(number: int, rotating: Rotating) -> dict[str, t.Any]:
        try:
            if how in acts:
                return stage.run_with(Trouble(number, how), scene, rotating, act=acts[how])
            return stage.run_with(Trouble(number, how, lasts=True), scene, rotating)
        finally:
            site.keyvault.access.reset()
            site.keyvault.access.grant(site.automation.object_id, *OFFICER)

    _play_all(stage, scene, choose_cases(scene, numbers, 1), run)


@pytest.mark.parametrize("how", ["code", "text", "silent"])
@pytest.mark.parametrize("scene", [BY_NAME["a file and a credential"], BY_NAME["a credential"]], ids=str)
def test_an_approval_that_takes_three_runs_is_waited_for(stage: Stage, scene: Scene, how: str) -> None:
    """Whatever is approved in the end, hours apart, the credential has a key that works."""
    cell = stage.site.commcells["cs01"].cell

    def run(rotating: Rotating) -> dict[str, t.Any]:
        cell.behaviours.credential_approval = how
        for dummy in range(3):
            found = stage.run(rotating, scene)
            assert found["rotation"]["outcome"] == "pending_approval", found
            stage.site.clock.advance(3 * HOUR)
        cell.behaviours.credential_approval = ""
        while cell.waiting_writes:
            cell.waiting_writes.pop(0)()
            stage.site.clock.advance(HOUR)
        return found

    assert stage.play(scene, run) == []
    count_cases(1, 0)


@pytest.mark.parametrize("bad", ["vault", "azure-rotated", "azure-second"])
def test_one_of_three_targets_that_fails_for_ever_does_no_harm(stage: Stage, bad: str) -> None:
    """Nobody loses a key that works, nothing is left behind, and once the target is mended all goes on."""
    scene = Scene("three", ("vault", "credential", "second credential"), keys=(OLD,), current=0, options=RETIRING)
    rotating, watch = stage.set(scene)
    (old,) = rotating.own_keys()
    (failing,) = (place for place in stage.places if place.name == bad)
    if isinstance(failing, VaultPlace):
        failing.policy = READ_ONLY
    else:
        record = rotating.record(bad)
        owner, record.owner = record.owner, (USER, 1)
    with pytest.MonkeyPatch.context() as patch:
        watch.begin(patch)
        for dummy in range(4):
            found = stage.run(rotating, scene)
            assert found["failed"], found
            stage.site.clock.advance(2 * DAY)
        assert old in rotating.own_keys(), "what one target needs is not removed"
        assert stage.count_orphans(rotating, watch) == 0
        assert (bad == "vault") == (len(rotating.own_keys()) == 1), "without a store for the value no key is added"
        if isinstance(failing, VaultPlace):
            failing.policy = POLICY
        else:
            record.owner = owner
        found = stage.run(rotating, scene)
    assert not found.get("failed"), found
    assert stage.is_at_end(rotating)
    assert watch.wrong == []
    count_cases(1, 0)


def _change_moves(patch: pytest.MonkeyPatch, change: t.Callable[[list[Move], RotationState], list[Move]]) -> None:
    def plan(state: RotationState, wish: t.Any) -> Decision:
        decision = plan_rotation(state, wish)
        return replace(decision, moves=tuple(change(list(decision.moves), state)))

    patch.setattr(read, "plan_rotation", plan)


def _switch_before_proof(patch: pytest.MonkeyPatch) -> None:
    _change_moves(patch, lambda moves, state: sorted(moves, key=lambda move: move.action == "prove"))


def _take_no_proof(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(apply, "prove_key", lambda *args: proof.Proof("", 0))


def _take_one_success(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(apply, "build_proof_rules", lambda options, scope: proof.ProofRules(scope, 1, 0.0))


def _retire_at(patch: pytest.MonkeyPatch, beyond: int) -> None:
    """Remove the old key *beyond* the move before the first switch, and do not look who has it."""

    def change(moves: list[Move], state: RotationState) -> list[Move]:
        old = [Move("retire", key.key_id) for key in state.keys if "aaaaaa" in key.display_name]
        at = next((number for number, move in enumerate(moves) if move.action == "switch"), 0) + beyond
        return [*moves[:at], *old, *moves[at:]] if moves else []

    def remove(self: t.Any, step: t.Any) -> bool:
        self.writer.remove(step.data["key_id"])
        return True

    _change_moves(patch, change)
    patch.setattr(apply.RotationApplier, "_remove", remove)


def _retire_before_switch(patch: pytest.MonkeyPatch) -> None:
    _retire_at(patch, 0)


def _retire_after_the_first_switch(patch: pytest.MonkeyPatch) -> None:
    _retire_at(patch, 1)


def _remove_by_position(patch: pytest.MonkeyPatch) -> None:
    remove = SecretWriter.remove
    patch.setattr(SecretWriter, "remove", lambda self, key_id: remove(self, self._list_secrets()[0]["keyId"]))


def _add_blindly_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SecretWriter, "_recover", lambda self, exc, marker, last: None)


def _remove_what_was_just_switched_to(patch: pytest.MonkeyPatch) -> None:
    switch = apply.RotationApplier._switch

    def undo(self: t.Any, step: t.Any) -> bool:
        done = switch(self, step)
        self.writer.remove(self.added)
        return done

    patch.setattr(apply.RotationApplier, "_switch", undo)


def _take_foreign_keys_for_left_behind(patch: pytest.MonkeyPatch) -> None:
    def change(moves: list[Move], state: RotationState) -> list[Move]:
        foreign = [Move("withdraw", key.key_id) for key in state.keys if not key.display_name.startswith("cvops/")]
        return [*foreign, *moves] if moves else []

    _change_moves(patch, change)


def _let_the_new_key_expire_soon(patch: pytest.MonkeyPatch) -> None:
    add = SecretWriter.add
    patch.setattr(SecretWriter, "add", lambda self, name, lifetime_days: add(self, name, t.cast("int", 0.05)))


def _write_in_every_run(patch: pytest.MonkeyPatch) -> None:
    def plan(state: RotationState, wish: t.Any) -> Decision:
        decision = plan_rotation(state, wish)
        return replace(decision, moves=decision.moves or (Move("prove", decision.active_key_id),))

    patch.setattr(read, "plan_rotation", plan)


def _show_the_value(patch: pytest.MonkeyPatch) -> None:
    shown, add = resource.format_rotation, apply.RotationApplier._add
    values: list[str] = []

    def keep(self: t.Any, step: t.Any) -> bool:
        done = add(self, step)
        values.append(self.added_value)
        return done

    patch.setattr(apply.RotationApplier, "_add", keep)
    patch.setattr(resource, "format_rotation", lambda *args: {**shown(*args), "note": "".join(values)})


def _send_the_new_certificate_alone(patch: pytest.MonkeyPatch) -> None:
    def send_new_ones(self: t.Any, entries: t.Any, body: t.Any) -> dict[str, t.Any]:
        known = {item["keyId"] for item in entries}
        return {"keyCredentials": [item for item in body if item["keyId"] not in known]}

    patch.setattr(writer.CertificateWriter, "_build_body", send_new_ones)


def _remove_certificates_by_position(patch: pytest.MonkeyPatch) -> None:
    remove = writer.CertificateWriter.remove

    def remove_first(self: t.Any, key_ids: t.Any) -> None:
        remove(self, [self.read()[0]["keyId"]] if key_ids else [])

    patch.setattr(writer.CertificateWriter, "remove", remove_first)


def _let_the_new_certificate_expire_soon(patch: pytest.MonkeyPatch) -> None:
    make, soon = certificate_keys.make_key_pair, datetime.timedelta(hours=1)
    patch.setattr(certificate_keys, "make_key_pair", lambda name, now, ends, size: make(name, now, now + soon, size))


def _leave_the_private_key_in_a_file(patch: pytest.MonkeyPatch) -> None:
    keep = stored.StoredTarget.keep

    def leave(self: t.Any, key: t.Any) -> None:
        keep(self, key)
        place = pathlib.Path(self._store.label.partition(" ")[2])
        place.with_name("key.pem").write_text(key.value)

    patch.setattr(stored.StoredTarget, "keep", leave)


LOST_TWICE = Fault("graph", "POST", "*/addPassword", "drop_after", times=2)
#: What is made wrong, in which scene, and what goes wrong beside it: a fault, or the new file, by its number, that finds the disk full.
SABOTAGES: dict[t.Callable[[pytest.MonkeyPatch], None], tuple[int, Fault | int | None]] = {
    _switch_before_proof: (1, None),
    _take_no_proof: (1, None),
    _take_one_success: (1, None),
    _retire_before_switch: (1, 1),
    _retire_after_the_first_switch: (2, 3),
    _remove_by_position: (4, None),
    _add_blindly_again: (1, LOST_TWICE),
    _remove_what_was_just_switched_to: (1, None),
    _take_foreign_keys_for_left_behind: (1, None),
    _let_the_new_key_expire_soon: (1, None),
    _write_in_every_run: (4, None),
    _show_the_value: (1, None),
}


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda one: one.__name__.strip("_"))
def test_a_rotation_that_is_made_wrong_is_seen(stage: Stage, sabotage: t.Callable[[pytest.MonkeyPatch], None]) -> None:
    number, trouble = SABOTAGES[sabotage]
    _assert_seen(stage, SCENES[number], sabotage, trouble)


#: Those that are wrong with certificates, and a few of the others, in which scene.
CERTIFICATE_SABOTAGES: dict[t.Callable[[pytest.MonkeyPatch], None], str] = {
    _send_the_new_certificate_alone: "a secret is due",
    _remove_certificates_by_position: "the old one goes",
    _let_the_new_certificate_expire_soon: "a secret is due",
    _leave_the_private_key_in_a_file: "a secret is due",
    _take_no_proof: "a secret is due",
    _show_the_value: "a secret is due",
}


@pytest.mark.parametrize(
    "sabotage",
    [
        pytest.param(one, marks=[pytest.mark.whole] if one in SABOTAGES else [])  # with secrets `make test` tries these
        for one in CERTIFICATE_SABOTAGES
    ],
    ids=lambda one: one.__name__.strip("_"),
)
def test_a_rotation_of_certificates_that_is_made_wrong_is_seen(
    stage: Stage, sabotage: t.Callable[[pytest.MonkeyPatch], None]
) -> None:
    _assert_seen(stage, BY_NAME[f"certificate: {CERTIFICATE_SABOTAGES[sabotage]}"], sabotage, None)


def _assert_seen(
    stage: Stage, scene: Scene, sabotage: t.Callable[[pytest.MonkeyPatch], None], trouble: Fault | int | None
) -> None:
    def run(rotating: Rotating) -> dict[str, t.Any]:
        if isinstance(trouble, int):
            with pytest.MonkeyPatch.context() as patch:
                _fill_disk(patch, trouble)
                return stage.run(rotating, scene)
        if trouble is not None:
            stage.site.faults.add(replace(trouble))
        return stage.run(rotating, scene)

    with pytest.MonkeyPatch.context() as patch:
        sabotage(patch)
        wrong = stage.play(scene, run)
    assert wrong
    print(wrong)


def _fill_disk(patch: pytest.MonkeyPatch, number: int) -> None:
    """Let the store's write *number* to a file find the disk full."""
    count, replace_file = iter(range(100)), file.replace_file

    def write(*args: t.Any, **more: t.Any) -> None:
        if next(count) == number:
            raise OSError(errno.ENOSPC, "No space left on device")
        replace_file(*args, **more)

    patch.setattr(file, "replace_file", write)
