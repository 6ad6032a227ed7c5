# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots and bundles of runs that are killed, or find a disk full or a folder closed, at any call for a file: nothing half is taken for whole."""

from __future__ import annotations

import contextlib
import errno
import functools
import json
import os
import pathlib
import resource as system
import signal
import tempfile
import typing as t
import warnings
from collections.abc import Callable, Iterator

import pytest
from cvops_simulator import Simulator
from helpers.direct import connection, run_body
from helpers.file_calls import FileCalls
from helpers.rotation_stage import choose_cases
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.module_utils._core.private_files import take_lock
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.commcell import CommCellSnapshot
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.entra_resource import EntraSnapshotResource
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.files import read_snapshot
from ansible_collections.cvops.identity.plugins.modules import (
    access_evidence,
    commvault_snapshot,
    entra_snapshot,
    snapshot_pseudonyms,
)

pytestmark = pytest.mark.any_core

Result = dict[str, t.Any]
KEY = "0123456789abcdef0123456789ABCDEF-not-a-real-key"
CALLS = ("mkdir", "rename", "rmdir")
SCENES = ("commvault_snapshot", "entra_snapshot", "snapshot_pseudonyms", "access_evidence")
#: Calls that a full disk does not refuse.
_TAKE_NO_SPACE = ("open", "unlink", "rmdir", "ftruncate")


class Scene:
    """A module that writes into the folder ``work`` in the place of what an earlier run has written there, and what has to come of it."""

    def __init__(self, name: str, site: Simulator, folder: pathlib.Path) -> None:
        self.name, self.site, self.work = name, site, folder / "work"
        self.source, self.key, self.sink = folder / "source", folder / "key", self.work / "sink"
        self.work.mkdir()
        self.key.write_text(KEY)
        self.key.chmod(0o600)
        self.take(self.source)

    def take(self, folder: pathlib.Path) -> None:
        """Take a snapshot into *folder*."""
        for module in (commvault_snapshot, entra_snapshot):
            told = run_body(module, self.site, {"dest": str(folder)})
            assert not told.get("failed"), told

    def set(self, has_earlier: bool) -> None:
        """Empty the folder, or put there what an earlier run has left, of a site that has changed since."""
        for path in sorted(self.work.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        self.earlier: list[str] = []
        if not has_earlier:
            return
        kept = {path: path.read_text() for path in self.source.rglob("*.json")}
        for path, text in kept.items():
            document = json.loads(text)
            document["provenance"]["ended"] = "2020-01-01T00:00:00Z"
            if "associations" in document:
                document["associations"] = document["associations"][1:]
            else:
                document["groups"] = document["groups"][1:]
            path.write_text(json.dumps(document))
        if self.name.endswith("_snapshot"):
            for path, text in {path: path.read_text() for path in kept}.items():
                copy = self.dest / path.relative_to(self.source)
                copy.parent.mkdir(mode=0o700, exist_ok=True, parents=True)
                copy.write_text(text)
                copy.chmod(0o600)
            self.dest.chmod(0o700)
        else:
            assert self.run()["changed"]
        for path, text in kept.items():
            path.write_text(text)
        self.earlier = self.list_bundles()

    @property
    def dest(self) -> pathlib.Path:
        return self.work / "dest"

    def run(self) -> Result:
        """Run the module."""
        options: dict[str, t.Any] = {"dest": str(self.dest)}
        if self.name == "snapshot_pseudonyms":
            options |= {"src": str(self.source), "key_file": str(self.key)}
        if self.name == "access_evidence":
            formats = ["csv", "junit"]
            options |= {"snapshot": str(self.source), "manifest_sink": [str(self.sink)], "formats": formats}
        module = {
            "commvault_snapshot": commvault_snapshot,
            "entra_snapshot": entra_snapshot,
            "snapshot_pseudonyms": snapshot_pseudonyms,
            "access_evidence": access_evidence,
        }[self.name]
        return run_body(module, self.site, options)

    @property
    def document(self) -> str:
        """The name of the file that the module writes."""
        return "entra.json" if self.name == "entra_snapshot" else "cs01.json"

    def read_document(self) -> t.Any:
        """The document of the site as it is now."""
        (path,) = self.source.rglob(self.document)
        return json.loads(path.read_text())

    def run_in_child(self, begin: Callable[[], object]) -> None:
        """Run the module, after *begin*, in a process of its own, which may end at any moment."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which serve the services
            child = os.fork()
        if not child:
            try:
                begin()
                self.run()
            finally:
                os._exit(0)
        os.waitpid(child, 0)

    def list_bundles(self) -> list[str]:
        """The names of the folders that everybody takes for bundles."""
        return sorted(path.name for path in self.dest.glob("[!.]*")) if self.name == "access_evidence" else []

    def find_half(self) -> str:
        """What is there after a run that came to no end and is neither as before nor as after it; empty where all is right."""
        if self.name == "access_evidence":
            if not self.list_bundles():
                return ""
            told = run_body(access_evidence, self.site, {"dest": str(self.dest), "verify": True})
            lost = set(self.earlier) - set(told["evidence"]["verified"])
            return f"{told.get('msg')} {sorted(lost)}" if told.get("failed") or lost else ""
        files = [path for path in self.dest.rglob("*.json") if path.name != "pseudonyms.json"]
        if files:
            read_snapshot(str(self.dest))
        if self.name == "snapshot_pseudonyms" and files:
            name = next(iter(json.loads((self.dest / "pseudonyms.json").read_text())["entries"]))
            options = {"dest": str(self.dest), "key_file": str(self.key), "reveal": [name]}
            return str(run_body(snapshot_pseudonyms, self.site, options).get("msg") or "")
        return ""

    def find_fault(self) -> str:
        """What is not right after a further run; empty where all is."""
        done, again = self.run(), self.run()
        if done.get("failed") or again.get("failed") or again["changed"]:
            return f"{done.get('msg')}, {again.get('msg')}, changed {again['changed']}"
        left = [path for path in self.work.rglob("*") if path.suffix in (".new", ".unfinished")]
        if left:
            return f"left: {left}"
        if self.name.endswith("_snapshot"):
            wanted = self.read_document()
            (path,) = (self.dest / path.relative_to(self.source) for path in self.source.rglob(self.document))
            return "" if json.loads(path.read_text()) == wanted else "another document"
        if self.name == "snapshot_pseudonyms":
            return "" if len(read_snapshot(str(self.dest)).commcells) == 1 else "another copy"
        options = {"dest": str(self.dest), "verify": True, "manifest_sink": [str(self.sink)]}
        told = run_body(access_evidence, self.site, options)
        if told.get("failed") or len(told["evidence"]["verified"]) != len(self.earlier) + 1:
            return f"{told.get('msg')} {told['evidence']['verified']}"
        return ""


@pytest.fixture
def make_scene(
    make_site: Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> Callable[[str], Scene]:
    site = make_site(set="S")
    share_clock(monkeypatch, site)

    def make(name: str) -> Scene:
        scene = Scene(name, site, tmp_path)
        for kind in (CommCellSnapshot, EntraSnapshotResource):
            # once is enough: it is the files that are looked at
            monkeypatch.setattr(kind, "collect", lambda self: scene.read_document())
        return scene

    return make


def sweep(scene: Scene, calls: FileCalls, has_earlier: bool, sample: int, play: Callable[[int], str]) -> list[str]:
    """What went wrong with *play* at each call for a file, or a sample of them."""
    scene.set(has_earlier)
    calls.begin()
    done = scene.run()
    assert not done.get("failed"), done
    count = len(calls.names)
    assert count >= 3
    wrong = []
    for number in choose_cases(f"{scene.name} {has_earlier}", range(count), sample):
        calls.begin()
        scene.set(has_earlier)
        found = play(number)
        calls.begin()
        found = found or scene.find_half() or scene.find_fault()
        if found:
            wrong.append(f"call {number}: {found}")
    return wrong


@pytest.mark.parametrize("has_earlier", [False, True], ids=["first", "second"])
@pytest.mark.parametrize("name", SCENES)
def test_killed_at_any_call_for_a_file(
    name: str, has_earlier: bool, make_scene: Callable[[str], Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = make_scene(name)
    calls = FileCalls(scene.work, monkeypatch, CALLS)

    def play(number: int) -> str:
        scene.run_in_child(functools.partial(calls.begin, number, lambda call: os.kill(os.getpid(), signal.SIGKILL)))
        return ""

    assert sweep(scene, calls, has_earlier, 8, play) == []


@pytest.mark.parametrize("lasts", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("number_of_error", [errno.ENOSPC, errno.EACCES, errno.EIO], ids=errno.errorcode.get)
@pytest.mark.parametrize("name", SCENES)
def test_refused_at_any_call_for_a_file(
    name: str, number_of_error: int, lasts: bool, make_scene: Callable[[str], Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One clear error, the same files as before, and the next run is right."""
    scene = make_scene(name)
    calls = FileCalls(scene.work, monkeypatch, CALLS)

    def fail(call: str) -> None:
        if number_of_error != errno.ENOSPC or call not in _TAKE_NO_SPACE:
            raise OSError(number_of_error, os.strerror(number_of_error))

    def play(number: int) -> str:
        calls.begin(number, fail, lasts)
        told = scene.run()
        calls.begin()
        if told.get("failed") and (told["error"]["kind"] != "config" or "Traceback" in told["msg"]):
            return str(told)
        return ""

    assert sweep(scene, calls, True, 4, play) == []


@pytest.mark.parametrize("name", SCENES)
def test_files_that_may_not_grow(name: str, make_scene: Callable[[str], Scene]) -> None:
    """By the limit of the operating system: a write is cut short, and the next one refused."""
    scene = make_scene(name)
    for most in (0, 1, 4096):
        scene.set(has_earlier=True)
        hard = system.getrlimit(system.RLIMIT_FSIZE)[1]
        scene.run_in_child(functools.partial(system.setrlimit, system.RLIMIT_FSIZE, (most, hard)))
        assert scene.find_half() == ""
        assert scene.find_fault() == ""


@pytest.mark.parametrize("name", SCENES)
def test_another_process_that_writes_is_told(name: str, make_scene: Callable[[str], Scene]) -> None:
    """What it writes stays as it is, and this run ends with one clear error."""
    scene = make_scene(name)
    scene.set(has_earlier=False)
    held = _hold_places(scene)
    told = scene.run()
    assert told["failed"] and told["error"]["kind"] == "config" and "another" in told["msg"].lower(), told
    held.close()
    assert scene.find_fault() == ""


def _hold_places(scene: Scene) -> contextlib.ExitStack:
    """Lock what the module writes first, as another process of it does."""
    if scene.name == "access_evidence":
        scene.set(has_earlier=False)
        assert scene.run()["changed"]
        (name,) = scene.list_bundles()
        place = scene.dest / f".{name}.unfinished"
    elif scene.name == "snapshot_pseudonyms":
        place = scene.dest / "pseudonyms.json.new"
    else:
        place = scene.dest / next(scene.source.rglob(scene.document)).relative_to(scene.source)
        place = place.with_name(f"{place.name}.new")
    scene.set(has_earlier=False)
    for folder in (scene.dest, place.parent):
        folder.mkdir(mode=0o700, exist_ok=True)
    if scene.name == "access_evidence":
        place.mkdir(mode=0o700)
    else:
        place.touch(mode=0o600)
    descriptor = os.open(place, os.O_RDONLY)
    stack = contextlib.ExitStack()
    stack.callback(os.close, descriptor)
    assert take_lock(descriptor)
    return stack


# -- who runs it, and what others have put there

NOBODY = 65534


def find_closed_folder(path: pathlib.Path) -> pathlib.Path | None:
    """The folder on the way to *path* that other users cannot enter, None for a path that everybody can read."""
    return next((one for one in (path, *path.parents) if not one.stat().st_mode & 0o001), None)


@pytest.fixture
def shared() -> Iterator[pathlib.Path]:
    """A folder that everybody can enter."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        os.chmod(name, 0o711)
        yield pathlib.Path(name)


def run_as_nobody(run: Callable[[], Result], answer: pathlib.Path) -> Result:
    """The result of *run* in a process of a user without a home."""
    answer.touch()
    os.chown(answer, NOBODY, NOBODY)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which serve the services
        child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.environ["HOME"] = "/nonexistent"
            answer.write_text(json.dumps(run(), default=str))
        except BaseException as exc:
            answer.write_text(json.dumps({"raised": repr(exc)}))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    return t.cast("Result", json.loads(answer.read_text()))


@pytest.mark.whole
def test_a_user_without_a_home_and_with_a_collection_that_is_read_only(site: Simulator, shared: pathlib.Path) -> None:
    if os.geteuid():
        pytest.skip("only root can become another user")
    import ansible_collections.cvops.identity.plugins.modules.access_evidence as module

    closed = find_closed_folder(pathlib.Path(str(module.__file__)).resolve().parent)
    if closed is not None:
        pytest.skip(f"another user cannot read the collection: {closed} is closed")
    # what is imported on the way is imported here: the interpreter may lie where nobody else can read
    first = {"dest": str(shared / "first")}
    for one in (commvault_snapshot, entra_snapshot):
        assert run_body(one, site, first)["changed"]
    assert run_body(access_evidence, site, {"dest": str(shared / "root"), "snapshot": first["dest"]})["changed"]
    authority = shared / "ca.pem"
    authority.write_text(pathlib.Path(connection(site)["ca_path"]).read_text())
    own = shared / "own"
    own.mkdir(mode=0o700)
    os.chown(own, NOBODY, NOBODY)
    given = {"ca_path": str(authority), "commvault_ca_path": str(authority)}
    answer = shared / "answer"
    for one, only in ((commvault_snapshot, "commvault_ca_path"), (entra_snapshot, "ca_path")):
        options = {"dest": str(own / "snapshot"), only: given[only]}
        told = run_as_nobody(functools.partial(run_body, one, site, options), answer)
        assert told.get("changed"), told
    options = {"dest": str(own / "evidence"), "snapshot": str(own / "snapshot")}
    told = run_as_nobody(functools.partial(run_body, access_evidence, site, options), answer)
    assert told.get("changed") and told["evidence"]["report"], told
    assert not told["evidence"]["not_confirmed"]
    assert {path.stat().st_uid for path in own.rglob("*")} == {NOBODY}
    verified = run_as_nobody(
        functools.partial(run_body, access_evidence, site, {"dest": options["dest"], "verify": True}), answer
    )
    assert not verified.get("failed"), verified
    # what root has, another user may neither read nor replace
    for options in (
        {"dest": str(own / "other"), "snapshot": first["dest"]},
        {"dest": str(shared / "root"), "snapshot": str(own / "snapshot")},
    ):
        told = run_as_nobody(functools.partial(run_body, access_evidence, site, options), answer)
        assert told["failed"] and told["error"]["kind"] == "config" and "Traceback" not in told["msg"], told


def test_folders_and_files_of_another_user_are_told(make_scene: Callable[[str], Scene], shared: pathlib.Path) -> None:
    """Root could use them all: what another user may change meanwhile is used for nothing."""
    if os.geteuid():
        pytest.skip("only root can make a folder of another user")
    scene = make_scene("access_evidence")
    scene.set(has_earlier=False)
    assert scene.run()["changed"]
    (name,) = scene.list_bundles()
    scene.set(has_earlier=False)
    place = scene.dest / f".{name}.unfinished"
    place.mkdir(parents=True, mode=0o700)
    os.chown(place, NOBODY, NOBODY)
    told = scene.run()
    assert told["failed"] and "belongs to another user" in told["msg"] and told["error"]["kind"] == "config", told
    assert os.listdir(scene.dest) == [place.name]


@pytest.mark.parametrize("name", SCENES)
def test_links_in_the_place_of_what_is_written_are_not_followed(
    name: str, make_scene: Callable[[str], Scene], tmp_path: pathlib.Path
) -> None:
    scene = make_scene(name)
    target, folder = tmp_path / "target", tmp_path / "folder"
    folder.mkdir(mode=0o700)
    scene.set(has_earlier=False)
    assert scene.run()["changed"]
    files = [path.relative_to(scene.work) for path in scene.work.rglob("*") if path.is_file()]
    if name == "access_evidence":
        (bundle,) = scene.list_bundles()
        places = [pathlib.Path("dest") / bundle, pathlib.Path("dest") / f".{bundle}.unfinished", pathlib.Path("sink")]
    else:
        places = [one for path in files for one in (path, path.with_name(f"{path.name}.new"))]
    for place in places:
        for points_at in (target, folder):
            target.write_text("mine")
            scene.set(has_earlier=False)
            link = scene.work / place
            for holder in (scene.dest, link.parent):
                holder.mkdir(mode=0o700, exist_ok=True)
            link.symlink_to(points_at)
            told = scene.run()
            assert target.read_text() == "mine" and os.listdir(folder) == [], place
            # a finished file is replaced, and with it the link; nothing else is written
            is_replaced = not told.get("failed") and not link.is_symlink()
            assert is_replaced or (told.get("failed") and told["error"]["kind"] == "config"), (place, told)
