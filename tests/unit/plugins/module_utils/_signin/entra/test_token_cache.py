# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens on disk: private, atomic, and a miss whenever anything about them is not as it should be."""

from __future__ import annotations

import base64
import errno
import fcntl
import json
import multiprocessing
import os
import pathlib
import subprocess
import sys
import time
import typing as t

import pytest
from reporters import RecordingReporter

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Cancelled
from ansible_collections.cvops.identity.plugins.module_utils._core.option_sources import OptionSources
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra import interactive
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra import token_cache as cache_module
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.sign_in import EntraSignIn
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.token_cache import (
    FileCache,
    build_cache_key,
    open_token_cache,
    remove_abandoned_folders,
    remove_cached_tokens,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.tokens import Token

SCOPE = "https://graph.microsoft.com/.default"


def context(folder: pathlib.Path | None, **options: t.Any) -> Context:
    given = {
        "auth_method": "client_secret",
        "tenant_id": "t",
        "client_id": "c",
        "client_secret": "s",
        "cloud": "public",
        "token_cache": "run",
        **options,
    }
    return Context(
        options=given, reporter=RecordingReporter(), verbosity=3, run_directory=str(folder) if folder else None
    )


def token(value: str = "eyJ.a.b", seconds: float = 3600) -> Token:
    return Token(value, time.time() + seconds, SCOPE)


@pytest.fixture
def cache(tmp_path: pathlib.Path) -> FileCache:
    found = open_token_cache(context(tmp_path))
    assert found is not None
    return found


def test_what_is_put_is_got_and_only_this_user_can_read_it(cache: FileCache, tmp_path: pathlib.Path) -> None:
    put = token()
    cache.write_token("k", put)
    assert cache.read_token("k") == put
    path = tmp_path / "cvops_tokens" / "k"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [item.name for item in path.parent.iterdir()] == ["k"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"token": "x"}', '{"token": "x", "expires_at": "soon", "scope": "s"}', "\x00\xff"]
)
def test_a_corrupt_file_is_a_miss(cache: FileCache, tmp_path: pathlib.Path, text: str) -> None:
    path = tmp_path / "cvops_tokens" / "k"
    path.write_bytes(text.encode("latin-1"))
    path.chmod(0o600)
    assert cache.read_token("k") is None
    cache.write_token("k", token())
    assert cache.read_token("k") is not None


def test_a_link_and_a_file_that_others_can_read_are_misses(cache: FileCache, tmp_path: pathlib.Path) -> None:
    cache.write_token("k", token())
    folder = tmp_path / "cvops_tokens"
    (folder / "linked").symlink_to(folder / "k")
    assert cache.read_token("linked") is None
    (folder / "k").chmod(0o644)
    assert cache.read_token("k") is None


def test_a_file_of_another_owner_is_a_miss(cache: FileCache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.write_token("k", token())
    monkeypatch.setattr(cache_module.os, "geteuid", lambda: 12345)
    assert cache.read_token("k") is None


def test_a_folder_that_others_can_use_or_that_is_a_link_is_not_used(tmp_path: pathlib.Path) -> None:
    ctx = context(tmp_path)
    folder = tmp_path / "cvops_tokens"
    folder.mkdir()
    folder.chmod(0o755)
    assert FileCache.open(ctx, str(folder)) is None
    other = tmp_path / "other"
    other.mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(other)
    assert FileCache.open(ctx, str(tmp_path / "link")) is None
    assert any("not cached" in line for line in t.cast(RecordingReporter, ctx.reporter).lines)


def test_no_folder_and_no_space_cost_a_sign_in_and_no_more(
    cache: FileCache, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert open_token_cache(context(None)) is None
    assert open_token_cache(context(tmp_path / "vanished")) is None
    assert open_token_cache(context(tmp_path, token_cache="none")) is None

    def full(*words: t.Any, **more: t.Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache_module.os, "open", full)
    cache.write_token("k", token())
    with cache.lock("k"):
        assert cache.read_token("k") is None


def test_file_goes_where_the_session_has_memory_and_survives_no_home(tmp_path: pathlib.Path) -> None:
    ctx = context(None, token_cache="file")
    ctx.sources = OptionSources(environ={"XDG_RUNTIME_DIR": str(tmp_path), "HOME": "/nonexistent"})
    found = open_token_cache(ctx)
    assert found is not None
    found.write_token("k", token())
    assert (tmp_path / "cvops" / "identity" / "k").exists()
    ctx.sources = OptionSources(environ={"XDG_CACHE_HOME": "/proc/no/such/place"})
    assert open_token_cache(ctx) is None


def test_dropping_spares_a_newer_token(cache: FileCache) -> None:
    old, new = token("old"), token("new")
    cache.write_token("k", new)
    cache.remove_token("k", old)
    assert cache.read_token("k") == new
    cache.remove_token("k", new)
    assert cache.read_token("k") is None


def make_jwt(**claims: str) -> str:
    return f"eyJ.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.x"


def test_tokens_of_one_application_go_whoever_signed_in_and_others_stay(tmp_path: pathlib.Path) -> None:
    """In the folder of the run and in that of the user; whose a token is that cannot be read, nothing tells."""
    ctx = context(tmp_path)
    ctx.sources = OptionSources(environ={"XDG_RUNTIME_DIR": str(tmp_path)})
    of_run, of_user = (open_token_cache(one) for one in (ctx, context(tmp_path, token_cache="none")))
    assert of_run is not None and of_user is None
    remove_cached_tokens(ctx, "AAA")
    (tmp_path / "cvops").mkdir(mode=0o700)
    of_user = FileCache.open(ctx, str(tmp_path / "cvops" / "identity"))
    assert of_user is not None
    for cache in (of_run, of_user):
        cache.write_token("own", token(make_jwt(appid="aaa")))
        cache.write_token("person", token(make_jwt(azp="AAA", upn="x")))
        cache.write_token("other", token(make_jwt(appid="bbb")))
        cache.write_token("opaque", token("eyJ.a.b"))
        cache.write_owner(os.getpid())
    remove_cached_tokens(ctx, "AAA")
    for cache in (of_run, of_user):
        assert [cache.read_token(key) is not None for key in ("own", "person", "other", "opaque")] == [
            False,
            False,
            True,
            False,
        ]
    remove_cached_tokens(context(None), "AAA")


def test_the_key_tells_credentials_scopes_and_identities_apart() -> None:
    keys = {
        build_cache_key("a", "b", "c"),
        build_cache_key("a", "b", "d"),
        build_cache_key("ab", "", "c"),
        build_cache_key("a", "bc"),
    }
    assert len(keys) == 4


def test_leftovers_of_dead_runs_are_swept_and_those_of_live_ones_are_not(tmp_path: pathlib.Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", "pass"])
    dead.wait()
    for name, process in (("dead", dead.pid), ("live", os.getpid())):
        ctx = context(tmp_path / name)
        (tmp_path / name).mkdir()
        ctx.run_process = process
        made = open_token_cache(ctx)
        assert made is not None
    (tmp_path / "foreign" / "cvops_tokens").mkdir(parents=True)
    remove_abandoned_folders(context(None), str(tmp_path))
    assert not (tmp_path / "dead" / "cvops_tokens").exists()
    assert (tmp_path / "live" / "cvops_tokens").exists()
    assert (tmp_path / "foreign" / "cvops_tokens").exists()


class Counting:
    """A sign-in method that counts in a file how often it was asked."""

    name = "client_secret"
    can_renew = True

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder

    def compute_fingerprint(self) -> str:
        return "f"

    def acquire_token(self, scope: str) -> Token:
        descriptor = os.open(self.folder / "count", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(descriptor, b"x")
        os.close(descriptor)
        time.sleep(0.05)
        return token()


def sign_in_once(folder: str) -> None:
    sign_in = EntraSignIn(context(pathlib.Path(folder)))
    sign_in._method = Counting(pathlib.Path(folder))
    if sign_in.get_token(SCOPE).value != "eyJ.a.b":
        raise SystemExit(1)


def test_two_hundred_processes_sign_in_once(tmp_path: pathlib.Path) -> None:
    processes = multiprocessing.get_context("fork")
    running = [processes.Process(target=sign_in_once, args=(str(tmp_path),)) for dummy in range(200)]
    for process in running:
        process.start()
    for process in running:
        process.join(500)
    assert [process.exitcode for process in running] == [0] * 200
    assert (tmp_path / "count").read_text() == "x"


def test_a_holder_that_dies_releases_the_lock(tmp_path: pathlib.Path) -> None:
    script = (
        "import fcntl, os, sys, time; d = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600);"
        " fcntl.flock(d, fcntl.LOCK_EX); print('held', flush=True); time.sleep(300)"
    )
    cache = open_token_cache(context(tmp_path))
    assert cache is not None
    path = tmp_path / "cvops_tokens" / "k.lock"
    holder = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    holder.kill()
    holder.wait()
    started = time.monotonic()
    with cache.lock("k"):
        pass
    assert time.monotonic() - started < 120


def test_waiting_for_who_signs_in_is_counted_bounded_and_ends_with_a_stop(
    make_ctx: t.Any, tmp_path: pathlib.Path
) -> None:
    ctx = make_ctx({"token_cache": "run"}, run_directory=str(tmp_path))
    cache = open_token_cache(ctx)
    assert cache is not None
    with open(tmp_path / "cvops_tokens" / "k.lock", "w", encoding="ascii") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with cache.lock("k"):  # two sign-ins are better than none
            assert ctx.stats.as_result()["waited_s"] == pytest.approx(60, abs=1)
        ctx.cancellation.request_stop("SIGTERM")
        with pytest.raises(Cancelled), cache.lock("k"):
            pytest.fail("went on after a stop")


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EIO])
def test_a_file_system_without_locks_costs_a_sign_in_and_no_more(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_words: t.Any) -> None:
        raise OSError(number, os.strerror(number))

    ctx = context(tmp_path)
    monkeypatch.setattr(fcntl, "flock", refuse)
    sign_in = EntraSignIn(ctx)
    sign_in._method = Counting(tmp_path)
    assert sign_in.get_token(SCOPE).value == "eyJ.a.b"
    assert (tmp_path / "count").read_text() == "x"
    assert any(os.strerror(number) in line for line in t.cast(RecordingReporter, ctx.reporter).lines)


def test_a_lock_that_cannot_be_given_back_takes_no_token_away(
    cache: FileCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.close

    def fail(descriptor: int) -> None:
        real(descriptor)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patched, cache.lock("k"):
        cache.write_token("k", token())
        patched.setattr(cache_module.os, "close", fail)
    assert cache.read_token("k") is not None


def test_a_short_lived_or_expired_token_is_not_served(cache: FileCache, tmp_path: pathlib.Path) -> None:
    sign_in = EntraSignIn(context(tmp_path))
    sign_in._method = Counting(tmp_path)
    cache.write_token(sign_in._build_cache_key(SCOPE), token("nearly over", 200))
    assert sign_in.get_token(SCOPE).value == "eyJ.a.b"
    entries = [
        json.loads(path.read_text())["token"]
        for path in (tmp_path / "cvops_tokens").iterdir()
        if path.suffix != ".lock"
    ]
    assert entries == ["eyJ.a.b"]


def jwt(**claims: t.Any) -> str:
    def part(value: t.Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part(claims)}.x"


class Terminal:
    """Whoever sits there signs in; counted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.person, self.asked = "ada", 0
        for function in ("sign_in_with_device_code", "sign_in_with_browser"):
            monkeypatch.setattr(interactive, function, lambda _ctx, _scope: self.answer())

    def answer(self) -> dict[str, t.Any]:
        self.asked += 1
        return {"access_token": jwt(idtyp="user", upn=f"{self.person}@x.example", oid=self.person), "expires_in": 3600}


def personal(method: str, folder: pathlib.Path, runtime: pathlib.Path, cache: str) -> Context:
    ctx = context(folder, auth_method=method, token_cache=cache)
    ctx.sources = OptionSources(environ={"XDG_RUNTIME_DIR": str(runtime), "XDG_CACHE_HOME": str(runtime)})
    return ctx


@pytest.mark.parametrize("method", ["device_code", "interactive"])
@pytest.mark.parametrize("cache", ["file", "run"])
def test_the_next_person_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, method: str, cache: str
) -> None:
    """Two people share an account of the system: what one has got serves one run, all its tasks, and nobody after that."""
    terminal = Terminal(monkeypatch)
    (tmp_path / "runtime").mkdir(mode=0o700)
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    said = []
    for folder, person in (("one", "ada"), ("one", "ada"), ("two", "bob")):
        terminal.person = person
        ctx = personal(method, tmp_path / folder, tmp_path / "runtime", cache)
        EntraSignIn(ctx).get_token(SCOPE)
        said.append(ctx.identity["entra_token_says"]["user_name"])
        assert [word for word in ctx.warnings if "token_cache file" in word] == ctx.warnings
        assert len(ctx.warnings) == (1 if cache == "file" else 0)
    assert said == ["ada@x.example", "ada@x.example", "bob@x.example"]
    assert terminal.asked == 2
    assert [path for path in (tmp_path / "runtime").rglob("*") if path.is_file()] == []


MACHINE: dict[str, t.Any] = {"auth_method": "managed_identity", "client_id": None, "tenant_id": None}


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (MACHINE, False),
        ({**MACHINE, "managed_identity_client_id": "m"}, False),
        ({"auth_method": "federated", "federated_managed_identity": "system"}, False),
        ({"auth_method": "auto", "client_secret": None, "federated_managed_identity": "m"}, False),
        ({"auth_method": "federated", "federated_token": "a.b.c", "federated_managed_identity": "m"}, True),
        ({"auth_method": "federated", "federated_token_file": "/run/token"}, True),
        ({"auth_method": "client_secret"}, True),
    ],
)
def test_machines_that_share_a_home_never_get_each_others_tokens(
    tmp_path: pathlib.Path, options: dict[str, t.Any], kept: bool
) -> None:
    """What only the machine knows is in no key, so its tokens end with the run; the tasks of a run still share them."""
    home = tmp_path / "home"
    home.mkdir()
    got = []
    for machine in ("a", "a", "b"):
        (tmp_path / machine).mkdir(exist_ok=True)
        ctx = context(tmp_path / machine, token_cache="file", **options)
        ctx.sources = OptionSources(environ={"XDG_CACHE_HOME": str(home)})
        sign_in = EntraSignIn(ctx)
        number = len(got)
        sign_in._method.acquire_token = lambda _scope, made=f"{machine}{number}": token(made)
        got.append(sign_in.get_token(SCOPE).value)
        assert ctx.warnings == []
    assert got == (["a0", "a0", "a0"] if kept else ["a0", "a0", "b2"])
    assert kept == any(path.is_file() for path in home.rglob("*"))


def test_without_a_folder_of_the_run_a_person_is_asked_each_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    terminal = Terminal(monkeypatch)
    for person in ("ada", "bob"):
        terminal.person = person
        ctx = personal("device_code", tmp_path / "none", tmp_path, "file")
        assert EntraSignIn(ctx).get_token(SCOPE).value == jwt(idtyp="user", upn=f"{person}@x.example", oid=person)
    assert terminal.asked == 2
