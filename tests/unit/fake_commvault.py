# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for CommvaultClient that answers from a table of paths and keeps what is sent."""

from __future__ import annotations

import sys
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import OwnLevel
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import NotFound

Made = t.TypeVar("Made")


class Sent(t.NamedTuple):
    """One request as it was sent."""

    method: str
    path: str
    body: t.Any = None
    params: t.Any = None
    headers: t.Any = None


class FakeCommvault:
    """A CommServe for one test.

    ``answers``: by path, or by method and path (``"PUT V4/Role/35"``): an object, an error to raise, a function of the request
    that returns one of these, or a list of them, one per request (the last one stays). Other paths are not there; other writes
    are answered with an empty object.
    """

    base_url = "https://cs.example/commandcenter/api"
    commcell_id, commcell_name = 2, "cs01"

    def __init__(self, ctx: t.Any, answers: t.Mapping[str, t.Any] | None = None, **fields: t.Any) -> None:
        self.ctx, self.answers = ctx, dict(answers or {})
        self.company_id, self.release = 0, 42
        self.company_name: str | None = None
        self.caller: tuple[int, str] = (44, "svc")
        self.sent: list[Sent] = []
        self.intents: list[str] = []
        vars(self).update(fields)

    @property
    def own_level(self) -> OwnLevel:
        return OwnLevel(self.company_id, self.company_name)

    def build_company_headers(self, company_id: int) -> dict[str, str]:
        return {"operatorCompanyId": str(company_id)}

    def get(
        self,
        path: str,
        *,
        intent: str,
        params: t.Any = None,
        missing_ok: bool = False,
        unknown_ok: bool = False,
        **more: t.Any,
    ) -> t.Any:
        self.intents.append(intent)
        answer = self._answer(Sent("GET", path, None, params, more.get("headers")))
        if answer is None and not (missing_ok or unknown_ok):
            raise NotFound(f"Cannot {intent}: HTTP 404")
        return answer

    def write(
        self, method: str, path: str, body: t.Any = None, *, intent: str, params: t.Any = None, **more: t.Any
    ) -> t.Any:
        self.intents.append(intent)
        return self._answer(Sent(method, path, body, params, more.get("headers"))) or {}

    def read_by_command(self, command: str, *, intent: str) -> t.Any:
        self.intents.append(intent)
        return self._answer(Sent("COMMAND", command.partition(" ")[0].lstrip("<"), command)) or {}

    def write_by_command(self, name: str, request: t.Any, *, intent: str, **more: t.Any) -> t.Any:
        self.intents.append(intent)
        return self._answer(Sent("WRITING COMMAND", name, request)) or {}

    @property
    def paths(self) -> list[str]:
        """Methods and paths of all requests, in order."""
        return [f"{one.method} {one.path}" for one in self.sent]

    @property
    def writes(self) -> list[Sent]:
        """The requests that were no reads, in order."""
        return [one for one in self.sent if one.method not in ("GET", "COMMAND")]

    def _answer(self, request: Sent) -> t.Any:
        self.sent.append(request)
        answer = self.answers.get(f"{request.method} {request.path}", self.answers.get(request.path))
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        return answer


def make_resource(resource: t.Callable[[t.Any], Made], client: FakeCommvault) -> Made:
    """Return the resource of the fake's context, with the fake in place of a client of its own."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys.modules[resource.__module__], "CommvaultClient", lambda ctx: client)
        return resource(client.ctx)
