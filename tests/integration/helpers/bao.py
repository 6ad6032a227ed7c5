# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real server with the API of HashiCorp Vault: OpenBao in its development mode, in memory, on loopback."""

from __future__ import annotations

import pathlib
import re
import socket
import subprocess
import sys
import time
import typing as t

import requests

_STARTS = 3
_LIMIT_S = 60.0


class Bao:
    """``url`` and ``ca_path`` lead to it, ``token`` may do everything; a KV version 2 mount is at ``secret``.

    *tls*: False for plain http, with no ``ca_path``.
    """

    def __init__(self, folder: pathlib.Path, tls: bool = True) -> None:
        self._folder, self._tls, self.token = folder, tls, "root-of-the-tests"
        self.ca_path = str(folder / "vault-ca.pem") if tls else None
        for number in range(_STARTS):  # the free port may be taken in between
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            self.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
            self._process = self._start(port)
            if self._came_up():
                break
            self.stop()
            if number == _STARTS - 1:
                raise AssertionError(f"OpenBao did not start:\n{self._log()}")
        self._unseal_key = t.cast("re.Match[str]", re.search(r"Unseal Key: (\S+)", self._log())).group(1)

    def ask(
        self, method: str, path: str, body: t.Any = None, namespace: str | None = None, token: str | None = None
    ) -> t.Any:
        """Return the answer's JSON, None for an empty one. Raises AssertionError for an error status."""
        headers = {"X-Vault-Token": token or self.token, **({"X-Vault-Namespace": namespace} if namespace else {})}
        answer = requests.request(
            method, f"{self.url}/v1/{path}", json=body, headers=headers, verify=self.ca_path, timeout=30
        )
        if answer.status_code >= 400:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    def latest(self, path: str, namespace: str | None = None) -> dict[str, t.Any]:
        """Return the newest version of a secret."""
        return dict(self.ask("GET", f"secret/data/{path}", namespace=namespace)["data"]["data"])

    def is_destroyed(self, path: str) -> bool:
        """Return True when the newest version of a secret was destroyed."""
        metadata = self.ask("GET", f"secret/metadata/{path}")["data"]
        return bool(metadata["versions"][str(metadata["current_version"])]["destroyed"])

    def put(self, path: str, document: t.Mapping[str, t.Any]) -> None:
        """Write a version, as another process would."""
        self.ask("POST", f"secret/data/{path}", {"data": document})

    def app_role(self, name: str, policy: str) -> dict[str, str]:
        """Return ``role_id`` and ``secret_id`` of a new role with this policy."""
        if "approle/" not in self.ask("GET", "sys/auth")["data"]:
            self.ask("POST", "sys/auth/approle", {"type": "approle"})
        self.ask("PUT", f"sys/policies/acl/{name}", {"policy": policy})
        self.ask("POST", f"auth/approle/role/{name}", {"token_policies": [name]})
        role = self.ask("GET", f"auth/approle/role/{name}/role-id")["data"]["role_id"]
        return {
            "role_id": role,
            "secret_id": self.ask("POST", f"auth/approle/role/{name}/secret-id")["data"]["secret_id"],
        }

    def end_leases_of_roles(self) -> None:
        """End the leases of all tokens that AppRole log-ins have got."""
        self.ask("PUT", "sys/leases/revoke-prefix/auth/approle/login")

    def expired_token(self) -> str:
        """Return a token whose time is over."""
        token = str(self.ask("POST", "auth/token/create", {"ttl": "1s", "no_parent": True})["auth"]["client_token"])
        until = time.monotonic() + _LIMIT_S
        while time.monotonic() < until:
            try:
                self.ask("GET", "auth/token/lookup-self", token=token)
            except AssertionError:
                return token
            time.sleep(0.1)
        raise AssertionError("the token does not expire")

    def seal(self) -> None:
        """Seal the server: it refuses every request until it is unsealed."""
        self.ask("PUT", "sys/seal")

    def unseal(self) -> None:
        """Undo :meth:`seal`."""
        self.ask("PUT", "sys/unseal", {"key": self._unseal_key})

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def _start(self, port: int) -> subprocess.Popen[bytes]:
        words = ["server", "-dev", "-dev-no-store-token"]
        words += ["-dev-tls", f"-dev-tls-cert-dir={self._folder}"] if self._tls else []
        words += [f"-dev-listen-address=127.0.0.1:{port}", f"-dev-root-token-id={self.token}"]
        with (self._folder / "log").open("wb") as log:
            return subprocess.Popen(
                [str(pathlib.Path(sys.executable).parent / "bao"), *words],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={"HOME": str(self._folder), "PATH": "/usr/bin:/bin"},
            )

    def _came_up(self) -> bool:
        until = time.monotonic() + _LIMIT_S
        while time.monotonic() < until and self._process.poll() is None:
            if "Unseal Key: " in self._log():
                try:
                    mounts = self.ask("GET", "sys/mounts")["data"]
                except (AssertionError, OSError):
                    mounts = {}
                if "secret/" in mounts:
                    return True
            time.sleep(0.05)
        return False

    def _log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")
