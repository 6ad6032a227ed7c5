# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API of the stand-in of a controller, for tests that look at it or prepare it as a person does."""

from __future__ import annotations

import json
import ssl
import time
import typing as t
import urllib.request

from cvops_simulator import Simulator


class Controller:
    """The controller as a person at its API sees it."""

    def __init__(self, site: Simulator) -> None:
        self.site, self.environment = site, site.controller_environment()
        self._trust = ssl.create_default_context(cafile=site.ca_path)
        self._token = site.controller.make_token()

    def call(self, method: str, path: str, body: t.Any = None) -> t.Any:
        request = urllib.request.Request(  # noqa: S310 - the address is the stand-in's
            f"{self.environment['CONTROLLER_HOST']}/api/v2/{path}",
            json.dumps(body).encode() if body is not None else None,
            {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, context=self._trust, timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")

    def find(self, kind: str, name: str) -> dict[str, t.Any]:
        (found,) = self.call("GET", f"{kind}/?name={urllib.request.quote(name)}")["results"]
        return t.cast("dict[str, t.Any]", found)

    def wait(self, kind: str, number: int, *statuses: str) -> dict[str, t.Any]:
        """The job once its status is one of these; it may take as long as two runs of Ansible on a busy machine."""
        until = time.monotonic() + 280
        while (job := self.call("GET", f"{kind}/{number}/"))["status"] not in statuses:
            assert time.monotonic() < until, job["status"]
            assert job["status"] not in ("failed", "error"), self.told(kind, number)
            time.sleep(0.5)
        return t.cast("dict[str, t.Any]", job)

    def told(self, kind: str, number: int) -> t.Any:
        return [row.get("job_explanation") for row in (self.call("GET", f"{kind}/{number}/"),)]
