# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy on loopback, plain http, before the OpenBao server of the tests: it notes requests and loses answers to writes."""

from __future__ import annotations

import http.server
import threading
import typing as t

import requests

from .bao import Bao

_RELAYED = ("x-vault-token", "x-vault-namespace", "x-vault-request", "content-type")


class BaoProxy:
    """``requests``: method and path of each; ``lost_writes``: numbers of the writes, from 1, that are done and not answered."""

    def __init__(self, bao: Bao) -> None:
        self.requests: list[tuple[str, str]] = []
        self.lost_writes: set[int] = set()
        self._writes, self._lock = 0, threading.Lock()
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_words: t.Any) -> None:
                return

            def _relay(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name: value for name, value in self.headers.items() if name.lower() in _RELAYED}
                answer = requests.request(
                    self.command, bao.url + self.path, data=body, headers=headers, verify=bao.ca_path, timeout=60
                )
                if proxy._is_lost(self.command, self.path):
                    self.close_connection = True
                    self.connection.close()
                    return
                self.send_response(answer.status_code)
                self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = do_PUT = do_DELETE = _relay

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_words: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _is_lost(self, method: str, path: str) -> bool:
        with self._lock:
            self.requests.append((method, path))
            if method not in ("POST", "PUT") or "/data/" not in path:
                return False
            self._writes += 1
            return self._writes in self.lost_writes
