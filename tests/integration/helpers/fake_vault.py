# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""As much of HashiCorp Vault as a token store needs: KV version 2 with check-and-set, and faults. Plain http on loopback."""

from __future__ import annotations

import http.server
import json
import threading
import typing as t

TOKEN = "hvs.test-root"


class FakeVault:
    """``secrets``: path below the mount -> versions, None for a destroyed one. The answers of some writes, by number, can be dropped."""

    def __init__(self, mount: str = "secret") -> None:
        self.mount, self.secrets = mount, t.cast("dict[str, list[dict[str, t.Any] | None]]", {})
        self.requests: list[tuple[str, str]] = []
        self.drop_answers_of_writes: set[int] = set()
        self.writes = 0
        self._lock = threading.Lock()
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_words: t.Any) -> None:
                return

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                found = owner.answer(self.command, self.path, self.headers.get("X-Vault-Token"), body)
                if found is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                status, answer = found
                content = json.dumps(answer).encode() if answer is not None else b""
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = _serve

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_words: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def latest(self, path: str) -> dict[str, t.Any]:
        """The newest version."""
        found = self.secrets[path][-1]
        assert found is not None
        return found

    def put(self, path: str, document: dict[str, t.Any]) -> None:
        """A version that somebody else writes."""
        self.secrets.setdefault(path, []).append(document)

    def answer(self, method: str, path: str, token: str | None, body: bytes) -> tuple[int, t.Any] | None:
        """Status and JSON; None closes the connection without an answer."""
        with self._lock:
            self.requests.append((method, path))
            data = json.loads(body or b"{}")
            if token != TOKEN:
                return 403, {"errors": ["permission denied"]}
            for action in ("data", "destroy"):
                prefix = f"/v1/{self.mount}/{action}/"
                if path.startswith(prefix):
                    name = path[len(prefix) :].split("?")[0]
                    return self._destroyed(name, data) if action == "destroy" else self._kv(method, name, data)
            return 404, {"errors": []}

    def _destroyed(self, name: str, data: dict[str, t.Any]) -> tuple[int, t.Any]:
        for version in data["versions"]:
            self.secrets[name][version - 1] = None
        return 204, None

    def _kv(self, method: str, name: str, data: dict[str, t.Any]) -> tuple[int, t.Any] | None:
        versions = self.secrets.setdefault(name, [])
        metadata = {"version": len(versions), "created_time": "2026-01-01T00:00:00Z"}
        if method == "GET":
            if not versions:
                return 404, {"errors": []}
            status = 200 if versions[-1] is not None else 404
            return status, {"data": {"data": versions[-1], "metadata": metadata}}
        if data.get("options", {}).get("cas") != len(versions):
            return 400, {"errors": ["check-and-set parameter did not match the current version"]}
        versions.append(data["data"])
        self.writes += 1
        if self.writes in self.drop_answers_of_writes:
            return None
        return 200, {"data": {**metadata, "version": len(versions)}}
