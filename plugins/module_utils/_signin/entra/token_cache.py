# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The cache of Entra access tokens between tasks: files that only this user can read, one per identity, scope and credential.

Tasks run in processes of their own, so without this every task would sign in. Only access tokens are cached, never
secrets or refresh tokens. Anything unexpected about a file (owner, mode, link, content) makes it a miss, never an error.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import typing as t

from ..._core.context import Context
from ..._core.errors import WaitTimeout
from ..._core.home_folder import lacks_home
from ..._core.polling import Backoff
from ..._core.private_files import (
    Durability,
    NotPrivate,
    check_folder,
    create_folder,
    is_own_folder,
    open_file,
    read_file,
    replace_file,
    take_lock,
)
from ..tokens import Token, decode_claims

_FOLDER = "cvops_tokens"
_OWNER = "owner"
_LOCK_WAIT_S = 60.0
_LOCK_POLL_S = 0.05
_LARGEST = 1 << 20


def build_cache_key(*parts: str) -> str:
    """Return the file name of a token: a digest of *parts*, which identify it, the credential's fingerprint among them."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def open_token_cache(ctx: Context, is_personal: bool = False, is_machine_bound: bool = False) -> FileCache | None:
    """Return the cache that option token_cache names, None for ``none`` or where no private folder can be made.

    The token of a person (*is_personal*) is cached for the run at most: nothing tells whose it is before it is used, so on an
    account that several people share the next one would act as the first. That of a machine (*is_machine_bound*) is not kept
    longer either: several machines may share a home folder, and the machine's endpoint has a cache of its own.
    """
    wanted = ctx.options.get("token_cache", "run")
    if wanted == "none":
        return None
    if wanted == "file" and is_personal:
        ctx.warn(
            "token_cache file is for applications: tokens of people are kept for this run only, so that nobody can act as somebody else."
        )
    elif wanted == "file" and not is_machine_bound:
        folder = _build_user_path(ctx)
        if folder is not None:
            return FileCache.open(ctx, folder)
        ctx.warn(
            "token_cache file: the user of this process has no home folder, so that tokens are kept for this run only. Set XDG_CACHE_HOME,"
            " or leave token_cache out."
        )
    if not ctx.run_directory or not os.path.isdir(ctx.run_directory):
        return None
    folder = os.path.join(ctx.run_directory, _FOLDER)
    if not os.path.isdir(folder):
        remove_abandoned_folders(ctx, os.path.dirname(ctx.run_directory))
    cache = FileCache.open(ctx, folder)
    if cache is not None and ctx.run_process:
        cache.write_owner(ctx.run_process)
    return cache


def remove_cached_tokens(ctx: Context, app_id: str) -> None:
    """Remove the tokens of the application *app_id* from the caches of this user: rights that it got since do not show in them.

    Whoever signed in, and with what: in a run, a task may give rights to the identity of another.
    """
    folders = [os.path.join(ctx.run_directory, _FOLDER)] if ctx.run_directory else []
    for folder in filter(None, (*folders, _build_user_path(ctx))):
        with contextlib.suppress(OSError):
            if is_own_folder(folder):
                FileCache(ctx, folder).remove_tokens_of(app_id)


def _build_user_path(ctx: Context) -> str | None:
    """Return the folder of the cache that outlives a run, in memory where the session has such a folder (``XDG_RUNTIME_DIR``).

    None for a user without home, as in many containers.
    """
    environ, home = ctx.sources.environ, os.path.expanduser("~")
    caches = environ.get("XDG_RUNTIME_DIR") or environ.get("XDG_CACHE_HOME")
    if not caches and lacks_home(home):
        return None
    return os.path.join(caches or os.path.join(home, ".cache"), "cvops", "identity")


def remove_abandoned_folders(ctx: Context, parent: str) -> None:
    """Remove the cache folders of this user in *parent* whose process has ended: killed runs leave them behind."""
    with contextlib.suppress(OSError):
        for name in os.listdir(parent):
            folder = os.path.join(parent, name, _FOLDER)
            process = _read_owner(folder)
            if process is not None and not is_process_alive(process):
                shutil.rmtree(folder, ignore_errors=True)
                ctx.debug(2, f"removed tokens that a killed run left in {folder}")


def _read_owner(folder: str) -> int | None:
    """Return the process that a cache folder of this user belongs to, None when that cannot be told."""
    try:
        if not is_own_folder(folder):
            return None
        with open(os.path.join(folder, _OWNER), encoding="ascii") as stream:
            return int(stream.read(20))
    except (OSError, ValueError):
        return None


def is_process_alive(process: int) -> bool:
    """Return True while there is a process with this number, of whatever user."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class FileCache:
    """Tokens in one folder (0700), a file each (0600), replaced atomically."""

    def __init__(self, ctx: Context, folder: str) -> None:
        self._ctx, self._folder = ctx, folder

    @classmethod
    def open(cls, ctx: Context, folder: str) -> FileCache | None:
        """Return a cache in *folder*; None, with a message at -v, when the folder cannot be made or is not private."""
        try:
            create_folder(folder)
            check_folder(folder)
        except OSError as exc:
            ctx.debug(1, f"tokens are not cached: {folder}: {exc.strerror}")
            return None
        except NotPrivate:
            ctx.debug(1, f"tokens are not cached: {folder} is not a folder that only this user can use")
            return None
        return cls(ctx, folder)

    def write_owner(self, process: int) -> None:
        """Write which process the folder belongs to, so that another run can tell when it was left behind."""
        path = os.path.join(self._folder, _OWNER)
        if not os.path.exists(path):
            self._replace(path, str(process))

    def read_token(self, key: str) -> Token | None:
        """Return the token under *key*, also an expired one; None when there is none that can be read and trusted."""
        try:
            entry = json.loads(read_file(self._build_path(key), _LARGEST))
            return Token(str(entry["token"]), float(entry["expires_at"]), str(entry["scope"]))
        except (OSError, NotPrivate, ValueError, TypeError, KeyError):
            return None

    def write_token(self, key: str, token: Token) -> None:
        """Write a token; a failure is not an error, it costs a sign-in later."""
        entry = {"token": token.value, "expires_at": token.expires_at, "scope": token.scope}
        self._replace(self._build_path(key), json.dumps(entry))

    def remove_token(self, key: str, refused: Token) -> None:
        """Remove *refused*; a newer token that another process has written stays."""
        found = self.read_token(key)
        if found is not None and found.value == refused.value:
            with contextlib.suppress(OSError):
                os.unlink(self._build_path(key))

    def remove_tokens_of(self, app_id: str) -> None:
        """Remove every token that names the application *app_id* as the one that signed in, or that cannot be read."""
        for key in os.listdir(self._folder):
            token = None if key == _OWNER or "." in key else self.read_token(key)
            if token is None:
                continue
            claims = decode_claims(token.value)
            if not claims or app_id.lower() in {str(claims.get(name)).lower() for name in ("appid", "azp")}:
                with contextlib.suppress(OSError):
                    os.unlink(self._build_path(key))

    @contextlib.contextmanager
    def lock(self, key: str) -> t.Iterator[None]:
        """Hold the lock under which one process at a time signs in for *key*; the kernel releases that of a process that dies.

        A process that cannot get it within a minute, or at all on this file system, goes on without: two sign-ins are better than none.
        """
        try:
            descriptor = open_file(self._build_path(key) + ".lock", os.O_RDWR | os.O_CREAT)
        except OSError:
            yield
            return
        try:
            self._wait_for_lock(descriptor)
            yield
        finally:
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _wait_for_lock(self, descriptor: int) -> None:
        backoff = Backoff(self._ctx, first_s=_LOCK_POLL_S, longest_s=_LOCK_POLL_S, spread=True)
        limit_s = min(_LOCK_WAIT_S, self._ctx.remaining_s())
        try:
            while backoff.elapsed_s() < limit_s and not take_lock(descriptor):
                backoff.pause(about="waiting for another process, which uses the token cache", limit_s=limit_s)
        except WaitTimeout:  # the task's deadline: the next request reports it
            return
        except OSError as exc:
            self._ctx.debug(1, f"signing in without a lock: {self._folder}: {exc.strerror}")

    def _build_path(self, key: str) -> str:
        return os.path.join(self._folder, key)

    def _replace(self, path: str, text: str) -> None:
        try:
            replace_file(path, text, f"{path}.{os.getpid()}.new", Durability.PROCESS)
        except OSError as exc:
            self._ctx.debug(1, f"a token could not be cached: {exc.strerror}")
