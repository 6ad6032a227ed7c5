# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The three stores of a key as tests see them: opened as a new process would, read as a consumer does, ended at any request."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import typing as t

import pytest
from cvops_simulator import Simulator

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.http import Transport
from ansible_collections.cvops.identity.plugins.module_utils._core.option_sources import OptionSources
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.key_vault import connect_key_vault
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.sign_in import EntraSignIn
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions.base import SecretStore
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions.opening import open_secret_store
from helpers.bao import Bao
from helpers.direct import Words, connection

#: Calls of the operating system by which a file is changed; each is a place where a process may end.
_CALLS = ("open", "fsync", "replace", "unlink", "ftruncate", "pwrite")
_STORES = ("HashiCorp Vault", "Azure Key Vault")


class Ended(BaseException):
    """The process was killed: nothing of it runs any more."""


@dataclasses.dataclass
class Watch:
    """``calls``: what the store did, of which ``writes`` changed something; ``end_at``: number of the call, from 1, and ``before`` or ``after`` it."""

    calls: list[str] = dataclasses.field(default_factory=list)
    writes: int = 0
    end_at: tuple[int, str] | None = None
    is_ended: bool = False

    def clear(self, end_at: tuple[int, str] | None = None) -> None:
        self.calls.clear()
        self.writes, self.end_at, self.is_ended = 0, end_at, False

    def pass_call(self, name: str, is_write: bool, call: t.Callable[[], t.Any]) -> t.Any:
        if self.is_ended:
            raise Ended
        self.calls.append(name)
        number, moment = self.end_at or (0, "")
        if number == len(self.calls) and moment == "before":
            self.is_ended = True
            raise Ended
        self.writes += is_write
        try:
            return call()
        finally:
            if number == len(self.calls):
                self.is_ended = True
                raise Ended


class StoreCase:
    """One place of a test's own in one kind of store."""

    kind: str
    option: dict[str, t.Any]

    def __init__(self) -> None:
        self.watch, self.words, self.contexts = Watch(), Words(), list[Context]()

    def open(self, **more: t.Any) -> SecretStore:
        """Return the store as a new process would have it."""
        ctx = Context(
            options={
                "cloud": "public",
                "auth_method": "auto",
                "token_cache": "none",
                **self.list_options(),
                "retries": 1,
            },
            reporter=self.words,
            sources=OptionSources(environ={}),
            verbosity=4,
        )
        self.contexts.append(ctx)
        option = {self.kind: {**self.option, **more}}
        return open_secret_store(ctx, option, lambda url: connect_key_vault(ctx, EntraSignIn(ctx), url))

    def list_options(self) -> dict[str, t.Any]:
        return {}

    def consume(self) -> str | None:
        """Return what a consumer reads now."""
        raise NotImplementedError

    def list_pending_values(self) -> list[str]:
        """Return the values that can be read under the name of what is pending."""
        raise NotImplementedError

    def put(self, value: str) -> None:
        """Write what consumers read, as somebody would who knows no rotation."""
        raise NotImplementedError


class FileCase(StoreCase):
    kind = "file"

    def __init__(self, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.path = folder / "kept" / "key.json"
        self.option = {"path": str(self.path)}
        for name in _CALLS:
            monkeypatch.setattr(os, name, self._wrap(name, getattr(os, name)))

    def _wrap(self, name: str, call: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        def watched(*arguments: t.Any, **keywords: t.Any) -> t.Any:
            place = str(arguments[0]) if arguments else ""
            if name in ("open", "replace", "unlink") and str(self.path.parent) not in place:
                return call(*arguments, **keywords)
            return self.watch.pass_call(name, name == "replace", lambda: call(*arguments, **keywords))

        return watched

    def consume(self) -> str | None:
        if not self.path.exists():
            return None
        return str(json.loads(self.path.read_text())["current"]["value"])

    def list_pending_values(self) -> list[str]:
        path = pathlib.Path(f"{self.path}.pending")
        return [json.loads(path.read_text())["pending"]["value"]] if path.exists() else []

    def put(self, value: str) -> None:
        self.path.parent.mkdir(mode=0o700)
        self.path.write_text(json.dumps({"current": {"value": value}, "note": "by hand"}))
        self.path.chmod(0o600)


class RemoteCase(StoreCase):
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        send = Transport.request

        def watched(transport: Transport, method: str, url: str, **keywords: t.Any) -> t.Any:
            if transport.settings.service not in _STORES:
                return send(transport, method, url, **keywords)
            is_write = method != "GET" and not ("0" * 32 in url or "capabilities-self" in url)
            return self.watch.pass_call(
                f"{method} {url.partition('?')[0]}", is_write, lambda: send(transport, method, url, **keywords)
            )

        monkeypatch.setattr(Transport, "request", watched)


class VaultCase(RemoteCase):
    kind = "hashi_vault"

    def __init__(self, bao: Bao, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(monkeypatch)
        self.bao, self.path = bao, path
        self.option = {"path": path, "url": bao.url, "ca_path": bao.ca_path, "token": bao.token}

    def consume(self) -> str | None:
        try:
            return str(self.bao.latest(self.path)["value"])
        except AssertionError:
            return None

    def list_pending_values(self) -> list[str]:
        found = []
        try:
            versions = self.bao.ask("GET", f"secret/metadata/{self.path}-pending")["data"]["versions"]
        except AssertionError:
            return []
        for number, state in versions.items():
            if not state["destroyed"]:
                answer = self.bao.ask("GET", f"secret/data/{self.path}-pending?version={number}")
                found.append(answer["data"]["data"]["value"])
        return found

    def put(self, value: str) -> None:
        self.bao.put(self.path, {"value": value, "note": "by hand"})


class KeyVaultCase(RemoteCase):
    kind = "azure_key_vault"

    def __init__(self, site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(monkeypatch)
        self.site, self.vault = site, site.keyvault.vault
        self.option = {"vault_url": site.keyvault_url, "name": "azure-prod"}

    def list_options(self) -> dict[str, t.Any]:
        return connection(self.site)

    def consume(self) -> str | None:
        return self.vault.read_value("azure-prod")

    def list_pending_values(self) -> list[str]:
        return [version.value for version in self.vault.versions("azure-prod-pending") if version.enabled]

    def put(self, value: str) -> None:
        self.vault.set("azure-prod", value, tags={"note": "by hand"}, content_type="text/x-mine")
