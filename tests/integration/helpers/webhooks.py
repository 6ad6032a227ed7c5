# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A webhook that takes messages over TLS, and keeps what it is told."""

from __future__ import annotations

import http.server
import json
import pathlib
import ssl
import threading
import typing as t

import trustme

#: The secret in its address.
TOKEN = "aZ9bY8cX7dW6eV5fU4gT3hS2"


class Webhook:
    """A chat that takes messages over https. ``status`` and ``headers``: what it answers with."""

    def __init__(self, certificate: pathlib.Path) -> None:
        self.status, self.headers = 200, {}  # type: int, dict[str, str]
        self.messages, self.paths = [], []  # type: list[dict[str, t.Any]], list[str]
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                owner.messages.append(json.loads(body))
                owner.paths.append(self.path)
                self.send_response(owner.status)
                for name, value in owner.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: t.Any) -> None: ...

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://localhost:{self._server.server_port}/services/T0123ABCD/{TOKEN}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def start_webhook(folder: pathlib.Path) -> Webhook:
    """Return a webhook whose certificate is in *folder*; the CA is ``ca.pem`` there."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    leaf = folder / "leaf.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(leaf))
    return Webhook(leaf)
