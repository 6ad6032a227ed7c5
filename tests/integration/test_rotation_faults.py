# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every request of a rotation meets every fault, and every run is killed at every request; later runs come to the same end.

While all of that happens a watch looks at every instant whether each consumer has a key that every replica accepts, and whether
foreign keys are there. That it can see is shown by rotations that are made wrong by hand.

``CVOPS_FAULTS=whole`` (``make test-all``) tries every kind at every request; else a fixed sample of the pairs is tried.
"""

from __future__ import annotations

import datetime
import errno
import functools
import os
import pathlib
import shutil
import typing as t
import zlib
from dataclasses import dataclass, replace

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.replication import Replication
from helpers.rotating import DAY, Rotating
from helpers.rotation_watch import Watch, read_file_value, seed_file, seed_key
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Clock
from ansible_collections.cvops.identity.plugins.module_utils._core.http import Transport
from ansible_collections.cvops.identity.plugins.module_utils._core.values import parse_time
from ansible_collections.cvops.identity.plugins.module_utils._entra.secrets.writer import SecretWriter
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation import apply, proof, read, resource
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.decision import Decision, Move
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.plan import plan_rotation
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.state import RotationState
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions import file

pytestmark = pytest.mark.any_core

WHOLE = os.environ.get("CVOPS_FAULTS") == "whole"
#: So many pairs of a request and a fault are tried of each scene, if not all.
SAMPLE = 6
HOUR = 3600.0
#: Enough to outlast every lag of the replicas below.
PROVE = {"successes": 3, "over_seconds": 45, "within_seconds": 300}
FAULTS: dict[str, dict[str, t.Any]] = {
    "lost before": {"action": "drop_before"},
    "lost after": {"action": "drop_after"},
    "429": {"action": "status", "status": 429},
    "429 with a time": {"action": "status", "status": 429, "retry_after": 7},
    "500": {"action": "status", "status": 500},
    "500 after": {"action": "status_after", "status": 500},
    "503 after": {"action": "status_after", "status": 503, "retry_after": 1},
    "401": {"action": "status", "status": 401},
    "403": {"action": "status", "status": 403},
    "truncated": {"action": "truncated"},
    "empty": {"action": "empty"},
}
KILLS = ("killed before", "killed after")


class Killed(BaseException):
    """What ends a run as ``kill -9`` does: nothing of it is done any more."""


@dataclass(frozen=True)
class Scene:
    """A rotation in some state. ``keys``: name, age and remaining days of its keys; ``current`` and ``pending``: their places in the files.

    ``credential``: the key that a credential of the first CommCell has.
    """

    name: str
    targets: t.Callable[[Rotating], list[dict[str, t.Any]]]
    keys: tuple[tuple[str, float, float], ...] = ()
    current: int | None = None
    pending: int | None = None
    options: t.Mapping[str, t.Any] | None = None
    files: tuple[str, ...] = ("secret",)
    credential: int | None = None

    def __str__(self) -> str:
        return self.name


OLD = ("cvops/backup/aaaaaa000000", 92.0, 91.0)
SCENES = (
    Scene("the first secret", lambda one: [one.file()]),
    Scene("a secret is due", lambda one: [one.file()], keys=(OLD,), current=0),
    Scene(
        "two stores", lambda one: [one.file(), one.file("second")], keys=(OLD,), current=0, files=("secret", "second")
    ),
    Scene(
        "kept and not promoted",
        lambda one: [one.file()],
        keys=(OLD, ("cvops/backup/bbbbbb000000", 0.1, 183.0)),
        current=0,
        pending=1,
    ),
    Scene(
        "the old one goes",
        lambda one: [one.file()],
        keys=(OLD, ("cvops/backup/bbbbbb000000", 2.0, 181.0)),
        current=1,
        options={"retire": "auto", "consumers_complete": True},
    ),
    Scene(
        "left behind by an earlier run",
        lambda one: [one.file()],
        keys=(OLD, ("cvops/backup/bbbbbb000000", 1.0, 182.0)),
        current=0,
    ),
    Scene("a credential", lambda one: [one.credential()], keys=(OLD,), files=(), credential=0),
    Scene("a store and a credential", lambda one: [one.file(), one.credential()], keys=(OLD,), current=0, credential=0),
)


class Stage:
    """A site on which scenes are set and runs are made to fail."""

    def __init__(self, site: Simulator, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.site, self.folder, self.monkeypatch = site, folder, monkeypatch

    def set(self, scene: Scene) -> tuple[Rotating, Watch]:
        """Return the application in the state of *scene*, known to every replica, and the watch over it."""
        self.site.reset()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700)
        rotating = Rotating(self.site, self.folder)
        seeded = [seed_key(self.site, rotating, name, age * DAY, left * DAY) for name, age, left in scene.keys]
        places = {
            member: seeded[number]
            for member, number in (("current", scene.current), ("pending", scene.pending))
            if number is not None
        }
        for name in scene.files:
            seed_file(self.folder / f"{name}.json", rotating.app_id, **places)
        self.site.journal.clear()
        consumers = {name: read_file_value(self.folder / f"{name}.json") for name in scene.files}
        if scene.credential is not None:
            rotating.credential(key=seeded[scene.credential])
            consumers["credential"] = rotating.secret_of
        return rotating, Watch(rotating, consumers)

    def run(self, rotating: Rotating, scene: Scene) -> dict[str, t.Any]:
        options = {"prove": PROVE, "token_cache": "none", **(scene.options or {})}
        return rotating.run(*scene.targets(rotating), **options)


@pytest.fixture
def stage(make_site: t.Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Stage:
    lags = {
        "object_lag": 0.0,
        "property_lag": 0.0,
        "grant_lag": 0.0,
        "credential_lag_graph": 4.0,
        "credential_lag_token": 40.0,
    }
    site = make_site(set="S", replication=Replication(seed=1, tail=0.0, **lags))
    share_clock(monkeypatch, site)
    return Stage(site, tmp_path / "stores", monkeypatch)


def _kill_at(stage: Stage, number: int, when: str) -> pytest.MonkeyPatch:
    """Let the run end as killed at its request *number*, before or after it was served."""
    patch, count, request = pytest.MonkeyPatch(), iter(range(10**6)), Transport.request

    def dying(self: t.Any, *args: t.Any, **more: t.Any) -> t.Any:
        is_last = next(count) == number
        if is_last and when == "killed before":
            raise Killed
        reply = request(self, *args, **more)
        if is_last:
            raise Killed
        return reply

    patch.setattr(Transport, "request", dying)
    return patch


def _run_with(stage: Stage, scene: Scene, number: int, kind: str, rotating: Rotating) -> dict[str, t.Any]:
    """Return the result of a run that meets the fault, empty for one that was killed."""
    if kind not in KILLS:
        stage.site.faults.add(Fault("*", "*", "*", after=number, **FAULTS[kind]))
        try:
            return stage.run(rotating, scene)
        finally:
            stage.site.faults.clear()
    patch = _kill_at(stage, number, kind)
    try:
        return stage.run(rotating, scene)
    except Killed:
        return {}
    finally:
        patch.undo()


def _is_at_end(rotating: Rotating, scene: Scene) -> bool:
    """Return whether all stores have the newest key of the rotation, and its value."""
    newest = next(reversed(rotating.own_keys()), "")
    values = [rotating.stored(name)["value"] for name in scene.files if (rotating.folder / f"{name}.json").exists()]
    values += [] if scene.credential is None else [rotating.secret_of()]
    return _held(rotating, scene) == {newest} and set(values) == {rotating.value(newest)}


def _play(stage: Stage, scene: Scene, first: t.Callable[[Rotating], dict[str, t.Any]]) -> list[str]:
    """Return what was wrong in the run *first*, which meets a fault, and in those after it."""
    rotating, watch = stage.set(scene)
    with pytest.MonkeyPatch.context() as patch:
        watch.begin(patch)
        results = [first(rotating)]
        if watch.count_orphans({*_held(rotating, scene), *_seeded(rotating)}) > 1:
            watch.wrong.append("more than one orphan")
        for pause_s in (2 * HOUR, 2 * HOUR, 2 * DAY, 2 * HOUR):
            stage.site.clock.advance(pause_s)
            results.append(stage.run(rotating, scene))
    wrong = list(watch.wrong)
    second, last = results[1], results[-1]
    if second.get("failed"):
        wrong.append(f"the second run: {second['msg']}")
    if last.get("failed") or last["changed"] or last["stats"]["writes"]:
        wrong.append(f"the last run: {last.get('msg')}")
    if watch.count_orphans({*_held(rotating, scene), *_seeded(rotating)}):
        wrong.append("an orphan is left")
    if not _is_at_end(rotating, scene):
        wrong.append("the end is another one")
    stores = [path for name in scene.files for path in rotating.folder.glob(f"{name}.json*")]
    leaks = watch.find_leaks(*(str(result) for result in results), stores=stores)
    return [*wrong, *(f"a secret is in {place}" for place in leaks)]


def _held(rotating: Rotating, scene: Scene) -> set[str]:
    """Return the keys that stores and credentials say they have in use."""
    kept = {rotating.stored(name)["key_id"] for name in scene.files if (rotating.folder / f"{name}.json").exists()}
    marks = set() if scene.credential is None else {rotating.record().description.rpartition(": ")[2].rstrip("]")}
    return kept | marks


def _seeded(rotating: Rotating) -> set[str]:
    """Return the keys that were in use once."""
    return {key for key, name in rotating.keys().items() if name.startswith("cvops/backup/aaaaaa")}


def _count_requests(stage: Stage, scene: Scene) -> int:
    """Return the number of requests of a run that meets no fault, after a look at its end."""
    rotating, watch = stage.set(scene)
    with pytest.MonkeyPatch.context() as patch:
        watch.begin(patch)
        result = stage.run(rotating, scene)
        count = len(stage.site.journal.entries())
        assert not result.get("failed"), result["msg"]
        assert result["changed"]
        stage.site.clock.advance(HOUR)
        again = stage.run(rotating, scene)
        assert (again["changed"], again["stats"]["writes"]) == (False, 0), again
    assert _is_at_end(rotating, scene)
    assert watch.wrong == []
    return count


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_a_fault_at_any_request_costs_a_further_run_at_most(stage: Stage, scene: Scene) -> None:
    pairs = [(number, kind) for number in range(_count_requests(stage, scene)) for kind in (*FAULTS, *KILLS)]
    if not WHOLE:
        pairs = sorted(pairs, key=lambda pair: zlib.crc32(f"{scene}/{pair}".encode()))[:SAMPLE]
    wrong = []
    for number, kind in pairs:
        found = _play(stage, scene, functools.partial(_run_with, stage, scene, number, kind))
        if found:
            wrong.append(f"request {number}, {kind}: {found}")
    print(f"{len(pairs)} cases")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("scene", SCENES[:3], ids=str)
def test_another_run_at_any_request_does_no_harm(stage: Stage, scene: Scene) -> None:
    """The other one begins and ends while the first one is at that request."""
    numbers: t.Sequence[int] = range(_count_requests(stage, scene))
    if not WHOLE:
        numbers = sorted(numbers, key=lambda one: zlib.crc32(f"{scene}/{one}".encode()))[:3]
    wrong = []
    for number in numbers:
        found = _play(stage, scene, functools.partial(_run_beside, stage, scene, number))
        if found:
            wrong.append(f"request {number}: {found}")
    assert not wrong, "\n".join(wrong)


def _run_beside(stage: Stage, scene: Scene, number: int, rotating: Rotating) -> dict[str, t.Any]:
    """Return the result of a run at whose request *number* another one was made."""
    count, request = iter(range(10**6)), Transport.request

    def interrupted(self: t.Any, *args: t.Any, **more: t.Any) -> t.Any:
        if next(count) == number:
            stage.run(rotating, scene)
        return request(self, *args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transport, "request", interrupted)
        return stage.run(rotating, scene)


@pytest.mark.parametrize("number", range(4))
def test_a_full_disk_at_any_write_costs_a_further_run(stage: Stage, number: int) -> None:
    assert _play(stage, SCENES[2], functools.partial(_run_on_full_disk, stage, SCENES[2], number)) == []


def _run_on_full_disk(stage: Stage, scene: Scene, number: int, rotating: Rotating) -> dict[str, t.Any]:
    """Return the result of a run whose write *number* to a file finds the disk full."""
    count, replace_file = iter(range(100)), file.replace_file

    def write(*args: t.Any, **more: t.Any) -> None:
        if next(count) == number:
            raise OSError(errno.ENOSPC, "No space left on device")
        replace_file(*args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file, "replace_file", write)
        return stage.run(rotating, scene)


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

    assert _play(stage, SCENES[1], run) == []


@pytest.mark.parametrize("seed", range(3))
def test_replicas_that_take_five_minutes_are_waited_for(stage: Stage, seed: int) -> None:
    """Works, fails, works: with what a proof asks for by default."""
    lags = {"object_lag": 0.0, "credential_lag_graph": 30.0, "credential_lag_token": 300.0}
    stage.site.tenant.replication = Replication(seed=seed, tail=0.0, **lags)
    scene = replace(SCENES[1], options={"prove": {}})
    assert _play(stage, scene, lambda one: stage.run(one, scene)) == []


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
    """Remove the old key *beyond* the move before the first switch."""

    def change(moves: list[Move], state: RotationState) -> list[Move]:
        old = [Move("retire", key.key_id) for key in state.keys if "aaaaaa" in key.display_name]
        at = next((number for number, move in enumerate(moves) if move.action == "switch"), 0) + beyond
        return [*moves[:at], *old, *moves[at:]] if moves else []

    _change_moves(patch, change)


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


LOST_TWICE = Fault("graph", "POST", "*/addPassword", "drop_after", times=2)
#: What is made wrong, in which scene, and what goes wrong beside it: a fault, or the write to a file that finds the disk full.
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
    scene = SCENES[number]

    def run(rotating: Rotating) -> dict[str, t.Any]:
        if isinstance(trouble, int):
            return _run_on_full_disk(stage, scene, trouble, rotating)
        if trouble is not None:
            stage.site.faults.add(replace(trouble))
        return stage.run(rotating, scene)

    with pytest.MonkeyPatch.context() as patch:
        sabotage(patch)
        wrong = _play(stage, scene, run)
    assert wrong
    print(wrong)
