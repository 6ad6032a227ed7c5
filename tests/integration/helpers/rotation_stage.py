# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scenes of a rotation, a site on which they are set, and what is said of runs that meet a trouble there, and of those after them."""

from __future__ import annotations

import logging
import os
import pathlib
import shutil
import subprocess
import tempfile
import typing as t
import warnings
import zlib
from dataclasses import dataclass

import pytest
from cvops_simulator import Simulator

from .bao import Bao
from .blocked_addresses import block_application, lift
from .certificates import reuse_keys
from .direct import Words
from .rotating import DAY, Rotating
from .rotation_places import (
    ControllerPlace,
    CredentialPlace,
    ExternalPlace,
    FilePlace,
    KeyVaultPlace,
    OidcPlace,
    Place,
    ReturnPlace,
    VaultPlace,
)
from .rotation_watch import Watch, seed_key
from .sampling import WHOLE
from .virtual_time import share_clock, stop_time
from .wire import Killed, Trouble, Wire

#: Names a folder in which the number of cases is kept, for the step that counts them.
COUNTS_VARIABLE = "CVOPS_COUNTS"
HOUR = 3600.0
#: Enough to outlast every lag of the replicas of the stage.
PROVE = {"successes": 2, "over_seconds": 45, "within_seconds": 300}
OLD = ("cvops/backup/aaaaaa000000", 92.0, 91.0)
NEW = ("cvops/backup/bbbbbb000000", 2.0, 181.0)
_POPEN = subprocess.Popen
_MARK_OF_OLD = "cvops/backup/aaaaaa"
_PLACES: dict[str, tuple[type[Place], str]] = {
    "file": (FilePlace, "secret"),
    "second file": (FilePlace, "second"),
    "vault": (VaultPlace, "vault"),
    "key vault": (KeyVaultPlace, "key vault"),
    "credential": (CredentialPlace, "azure-rotated"),
    "second credential": (CredentialPlace, "azure-second"),
    "oidc": (OidcPlace, "entra-rotated"),
    "controller": (ControllerPlace, "entra-jobs"),
    "external": (ExternalPlace, "proxy prx07"),
    "return": (ReturnPlace, "the result"),
}


@dataclass(frozen=True)
class Scene:
    """A rotation in some state: its ``places``, names of the table above, and name, age and remaining days of its ``keys``.

    ``current`` and ``pending``: numbers of the keys that the places have. ``every``: of the cases of the scene only every so many-th.
    ``kind``: what is rotated.
    """

    name: str
    places: tuple[str, ...] = ("file",)
    keys: tuple[tuple[str, float, float], ...] = ()
    current: int | None = None
    pending: int | None = None
    options: t.Mapping[str, t.Any] | None = None
    every: int = 1
    kind: str = "secret"

    def __str__(self) -> str:
        return self.name


class Stage:
    """A site on which scenes are set and runs meet troubles.

    ``wire``: that of every run; ``places`` and ``watch``: those of the scene that is set.
    """

    def __init__(
        self,
        site: Simulator,
        folder: pathlib.Path,
        monkeypatch: pytest.MonkeyPatch,
        find_bao: t.Callable[[], Bao],
    ) -> None:
        self.site, self.folder, self.monkeypatch, self._find_bao = site, folder, monkeypatch, find_bao
        share_clock(monkeypatch, site)
        self._spread_anew = stop_time(monkeypatch)
        reuse_keys(monkeypatch)
        self.wire = Wire(site, monkeypatch)
        self.wire.after_request = self._look_after_request
        self.places: list[Place] = []
        self.watch: Watch | None = None
        self.log = _Log(monkeypatch)
        #: Arguments and environments of the processes that were started, such as by a library that looks where it is.
        self.started: list[str] = []
        self.temporary = folder.parent / "temporary"
        self.temporary.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(self.temporary))

    def set(self, scene: Scene) -> tuple[Rotating, Watch]:
        """Return the application in the state of *scene*, known to every replica, and the watch over it."""
        self.watch = None
        self._spread_anew()
        self.site.reset()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700)
        rotating = Rotating(self.site, self.folder, scene.kind)
        rotating.words, rotating.verbosity = Words(), 4
        self.log.texts.clear()
        seeded = [seed_key(self.site, rotating, name, age * DAY, left * DAY) for name, age, left in scene.keys]
        self.places = [self._build(name, rotating) for name in scene.places]
        for place in self.places:
            place.seed(*(seeded[number] if number is not None else None for number in (scene.current, scene.pending)))
        self.site.journal.clear()
        self.watch = Watch(rotating, {place.name: place.value for place in self.places})
        return rotating, self.watch

    def _build(self, name: str, rotating: Rotating) -> Place:
        kind, own = _PLACES[name]
        return VaultPlace(rotating, own, self._find_bao()) if kind is VaultPlace else kind(rotating, own)

    def run(self, rotating: Rotating, scene: Scene) -> dict[str, t.Any]:
        """Return the result of one run."""
        options = {
            "prove": PROVE,
            "token_cache": "none",
            "rotation_log": str(self.folder / "log" / "rotations.jsonl"),
            **(scene.options or {}),
        }
        targets = [place.option() for place in self.places]
        result = rotating.run(*targets, **options)
        for place in self.places:
            if isinstance(place, ReturnPlace):
                place.take(result)
        return result

    def run_with(self, trouble: Trouble, scene: Scene, rotating: Rotating, **more: t.Any) -> dict[str, t.Any]:
        """Return the result of a run that meets *trouble*, empty for one that was killed."""
        if trouble.kind.startswith("process"):

            def run() -> None:
                self.wire.begin(trouble)
                self.run(rotating, scene)

            self.run_in_child(run)
            return {}
        self.wire.begin(trouble, **more)
        try:
            return self.run(rotating, scene)
        except Killed:
            return {}
        finally:
            self.wire.end()

    def run_in_child(self, run: t.Callable[[], t.Any]) -> None:
        """Call *run* in a process of its own, which may end at any moment."""
        vaults = [place for place in self.places if isinstance(place, VaultPlace)]
        for place in vaults:
            place.remembers = False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which serve the services
            child = os.fork()
        if not child:
            try:
                self.watch = None
                run()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        for place in vaults:
            place.remembers = True
            place.touch()

    def _look_after_request(self, when: str) -> None:
        for place in self.places:
            place.touch()
        if self.watch is not None and self.watch.is_watching:
            self.watch.look(when)

    # -- what is there

    def list_held(self) -> set[str]:
        """Return the keys that the places have, and those that were in use once."""
        return set().union(*(place.key_ids() for place in self.places))

    def is_at_end(self, rotating: Rotating) -> bool:
        """Return whether everything that tells which key it has has the newest key of the rotation, and its value."""
        newest = next(reversed(rotating.own_keys()), "")
        telling = [place for place in self.places if place.tells]
        return bool(newest) and all(
            place.key_ids() == {newest}
            and place.is_confirmed()
            and rotating.to_known(str(place.value())) == rotating.value(newest)
            for place in telling
        )

    def count_orphans(self, rotating: Rotating, watch: Watch) -> int:
        """Return the most keys of one rotation that nobody has; what is returned is the caller's."""
        if any(place.use == "return" for place in self.places):
            return 0
        seeded = {key for key, name in rotating.keys().items() if name.startswith(_MARK_OF_OLD)}
        return watch.count_orphans({*self.list_held(), *seeded})

    def list_leaks(self, rotating: Rotating, watch: Watch, results: t.Sequence[t.Any]) -> list[str]:
        """Return where a secret is that is neither in the tenant nor in a target."""
        texts = {
            "a result": repr(results),
            "what is told": "\n".join(rotating.words.lines) if rotating.words else "",
            "a log": "\n".join(self.log.texts),
            "the journal of a service": repr(self.site.journal.entries()),
            "the environment": repr(dict(os.environ)),
            "what a process was started with": "\n".join(self.started),
        }
        stores = [path for place in self.places for path in place.list_files()]
        return watch.find_leaks(texts, [self.folder, self.temporary], stores)

    # -- cases

    def play(self, scene: Scene, first: t.Callable[[Rotating], dict[str, t.Any]]) -> list[str]:
        """Return what was wrong in the run *first*, which meets a trouble, and in those after it."""
        rotating, watch = self.set(scene)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(subprocess, "Popen", self._start)
            watch.begin(patch)
            results = [first(rotating)]
            if self.count_orphans(rotating, watch) > 1:
                watch.wrong.append("more than one orphan")
            self.site.clock.advance(2 * HOUR)
            results.append(self.run(rotating, scene))
            if not self.is_at_end(rotating):
                watch.wrong.append(f"the second run does not come to the end: {_describe(results[1])}")
            for pause_s in (2 * DAY, 2 * HOUR):
                self.site.clock.advance(pause_s)
                results.append(self.run(rotating, scene))
        wrong, last = list(watch.wrong), results[-1]
        if results[1].get("failed"):
            wrong.append(f"the second run: {results[1]['msg']}")
        if last.get("failed") or last["changed"] or last["stats"]["writes"]:
            wrong.append(f"the last run: {_describe(last)}")
        if self.count_orphans(rotating, watch):
            wrong.append("an orphan is left")
        if not self.is_at_end(rotating):
            wrong.append("the end is another one")
        return [*wrong, *(f"a secret is in {place}" for place in self.list_leaks(rotating, watch, results))]

    def play_blocked(self, scene: Scene, first: t.Callable[[Rotating], dict[str, t.Any]]) -> list[str]:
        """Return what was wrong while conditional access blocked every proof, in *first* and in the runs after it, and once it no longer did."""
        rotating, watch = self.set(scene)
        policy, held = block_application(self.site, rotating.app_id), set(rotating.own_keys())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(subprocess, "Popen", self._start)
            watch.begin(patch)
            results = [first(rotating)]
            for dummy in range(2):
                self.site.clock.advance(2 * HOUR)
                results.append(self.run(rotating, scene))
                found = results[-1].get("rotation") or {}
                if found.get("outcome") != "blocked_by_conditional_access":
                    watch.wrong.append(f"a run while it is blocked: {_describe(results[-1])}")
                if not held <= set(rotating.own_keys()):
                    watch.wrong.append("an older key is gone")
                if len(set(rotating.own_keys()) - held) > 1:
                    watch.wrong.append("there is a second new key")
            lift(self.site, policy)
            results.append(self.run(rotating, scene))
        wrong = list(watch.wrong)
        if results[-1].get("failed") or not self.is_at_end(rotating):
            wrong.append(f"once it is lifted: {_describe(results[-1])}")
        if self.count_orphans(rotating, watch):
            wrong.append("an orphan is left")
        return [*wrong, *(f"a secret is in {place}" for place in self.list_leaks(rotating, watch, results))]

    def list_blocked_requests(self, scene: Scene) -> list[tuple[str, str]]:
        """Return the requests of a run whose proof conditional access blocks."""
        rotating, dummy = self.set(scene)
        block_application(self.site, rotating.app_id)
        self.wire.begin()
        result = self.run(rotating, scene)
        assert result["rotation"]["outcome"] == "blocked_by_conditional_access", _describe(result)
        return list(self.wire.sent)

    def list_requests(self, scene: Scene) -> list[tuple[str, str]]:
        """Return the requests of a run that meets no trouble, after a look at its end."""
        rotating, watch = self.set(scene)
        with pytest.MonkeyPatch.context() as patch:
            watch.begin(patch)
            self.wire.begin()
            result = self.run(rotating, scene)
            sent = list(self.wire.sent)
            assert not result.get("failed"), result["msg"]
            assert result["changed"]
            self.site.clock.advance(HOUR)
            again = self.run(rotating, scene)
            assert (again["changed"], again["stats"]["writes"]) == (False, 0), again
        assert self.is_at_end(rotating)
        assert watch.wrong == []
        return sent

    def _start(self, *arguments: t.Any, **more: t.Any) -> t.Any:
        """Start a process, whose arguments are noted."""
        self.started.append(repr((arguments, more)))
        return _POPEN(*arguments, **more)

    def close(self) -> None:
        """Undo what outlives a test."""
        self.log.close()


class _Log(logging.Handler):
    """Everything that the libraries below a run log, in the greatest detail."""

    _names = ("msal", "urllib3", "requests", "hvac", "azure")

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []
        for name in self._names:
            logger = logging.getLogger(name)
            monkeypatch.setattr(logger, "propagate", False)
            monkeypatch.setattr(logger, "handlers", [self])
            logger.setLevel(logging.DEBUG)

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())

    def close(self) -> None:
        for name in self._names:
            logging.getLogger(name).setLevel(logging.NOTSET)
        super().close()


def _describe(result: t.Mapping[str, t.Any]) -> str:
    """Return what a result says, in short."""
    found = result.get("rotation") or {}
    return f"{found.get('outcome')}, {found.get('reason')}, {result.get('msg')}"


def choose_cases(scene: object, cases: t.Sequence[t.Any], sample: int) -> list[t.Any]:
    """Return *cases*, or always the same *sample* of them."""
    if WHOLE:
        return list(cases)
    return sorted(cases, key=lambda case: zlib.crc32(f"{scene}/{case}".encode()))[:sample]


def count_cases(number: int, failed: int) -> None:
    """Tell the step that counts the cases of how many there were and how many failed."""
    print(f"{number} cases, {failed} failed")
    if folder := os.environ.get(COUNTS_VARIABLE):
        with (pathlib.Path(folder) / str(os.getpid())).open("a") as stream:
            stream.write(f"{number} {failed}\n")
