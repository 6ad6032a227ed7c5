# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A webhook is told what came of every run of site, over TLS; its address is shown nowhere, and its failure is no failure of the run."""

from __future__ import annotations

import http.server
import json
import pathlib
import ssl
import threading
import typing as t
from collections.abc import Callable, Iterator

import pytest
import trustme
from cvops_simulator import Simulator
from helpers.playing import Player

pytestmark = pytest.mark.any_core

SITE = "cvops.identity.site"
TOKEN = "aZ9bY8cX7dW6eV5fU4gT3hS2"
ANA = "ana.secretname@corp.example"


class Webhook:
    """A chat that takes messages over https. ``status``: what it answers with."""

    def __init__(self, certificate: pathlib.Path) -> None:
        self.status, self.messages, self.paths = 200, [], []  # type: int, list[dict[str, t.Any]], list[str]
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                owner.messages.append(json.loads(body))
                owner.paths.append(self.path)
                self.send_response(owner.status)
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


@pytest.fixture
def site(make_site: Callable[..., Simulator]) -> Simulator:
    return make_site(set="S", empty=True)


@pytest.fixture
def webhook(tmp_path: pathlib.Path) -> Iterator[Webhook]:
    """The chat; its CA is in ``ca.pem`` beside its certificate."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    leaf = tmp_path / "leaf.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(leaf))
    running = Webhook(leaf)
    yield running
    running.stop()


def document(site: Simulator, webhook: Webhook, folder: pathlib.Path, **more: t.Any) -> dict[str, t.Any]:
    """One Entra group; the connection trusts the CAs of both the tenant and the chat."""
    connection = site.variables()["cvops_connection"]
    both = folder / "both.pem"
    both.write_text(pathlib.Path(site.ca_path).read_text() + (folder / "ca.pem").read_text())
    connection["entra"]["ca_path"] = str(both)
    return {
        "cvops_connection": connection,
        "cvops_entra_groups": [{"display_name": "GG-A", "unique_name": "gg-a"}],
        "cvops_notify_url": webhook.url,
        **more,
    }


def test_every_run_tells_the_webhook_once_and_shows_its_address_nowhere(
    site: Simulator, webhook: Webhook, bare: Player, tmp_path: pathlib.Path
) -> None:
    wanted = document(site, webhook, tmp_path)
    shown = bare(SITE, "-vvvv", check=True, extra_vars=wanted).ok()
    (planned,) = webhook.messages
    assert (planned["status"], planned["check_mode"], planned["playbook"]) == ("planned", True, "site")
    digest = next(line for line in shown.one("Plan")["msg"] if line.startswith("Digest: ")).split()[1]
    assert planned["digest"] == digest and planned["counts"]["planned"] == 1
    assert webhook.paths == [f"/services/T0123ABCD/{TOKEN}"]

    done = bare(SITE, "-vvvv", extra_vars=wanted).ok()
    again = bare(SITE, extra_vars=wanted).ok()
    assert [message["status"] for message in webhook.messages[1:]] == ["applied", "unchanged"]
    assert webhook.messages[1]["text"].splitlines()[1].startswith("Entra ID: applied, 1 change planned, ")

    broken = document(site, webhook, tmp_path)
    broken["cvops_entra_groups"][0]["members"] = [ANA]
    failed = bare(SITE, "-vvvv", extra_vars=broken)
    assert failed.rc == 2 and ANA in failed.text
    assert webhook.messages[3]["status"] == "problems" and webhook.messages[3]["counts"]["problems"] == 1
    assert ANA not in json.dumps(webhook.messages)
    for run in (shown, done, again, failed):
        assert TOKEN not in run.text and TOKEN not in json.dumps([dict(result) for result in run.results], default=str)
        assert not [
            result for result in run.results if result.task == "Say that the webhook was not told" and "msg" in result
        ]


def test_a_webhook_that_fails_is_a_warning_and_no_failure(
    site: Simulator, webhook: Webhook, bare: Player, tmp_path: pathlib.Path
) -> None:
    wanted = document(site, webhook, tmp_path)
    webhook.status = 500
    refused = bare(SITE, "-vvvv", extra_vars=wanted).ok()
    assert "answered HTTP 500" in refused.one("Say that the webhook was not told")["msg"]
    webhook.stop()
    gone = bare(SITE, "-vvvv", extra_vars=wanted).ok()
    assert "refused" in gone.one("Say that the webhook was not told")["msg"]
    plain = bare(SITE, "-vvvv", extra_vars={**wanted, "cvops_notify_url": f"http://chat.example/{TOKEN}"}).ok()
    assert "http would show it to the network" in plain.one("Say that the webhook was not told")["msg"]
    for run in (refused, gone, plain):
        assert TOKEN not in run.text and TOKEN not in json.dumps([dict(result) for result in run.results], default=str)


def test_only_the_runs_that_are_wanted_are_told(
    site: Simulator, webhook: Webhook, bare: Player, tmp_path: pathlib.Path
) -> None:
    bare(SITE, extra_vars=document(site, webhook, tmp_path, cvops_notify_when="problems")).ok()
    assert webhook.messages == []
    bare(SITE, extra_vars=document(site, webhook, tmp_path, cvops_notify_when="changes")).ok()
    assert webhook.messages == []
    assert bare(SITE, extra_vars=document(site, webhook, tmp_path, cvops_notify_when="sometimes")).rc == 2
    changed = document(site, webhook, tmp_path, cvops_notify_when="changes")
    changed["cvops_entra_groups"][0]["description"] = "of the night"
    bare(SITE, extra_vars=changed).ok()
    assert [message["status"] for message in webhook.messages] == ["applied"]
