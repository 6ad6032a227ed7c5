# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for GraphClient that answers reads from a table of paths and keeps what is written."""

from __future__ import annotations

import contextlib
import datetime
import sys
import types
import typing as t
from urllib.parse import parse_qsl, unquote

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError
from ansible_collections.cvops.identity.plugins.module_utils._core.values import GUID
from ansible_collections.cvops.identity.plugins.module_utils._entra.relations import KnownObjects

NOW = datetime.datetime(2026, 3, 2, 9, 41, tzinfo=datetime.timezone.utc)
Made = t.TypeVar("Made")


def guid(number: int) -> str:
    """Return a GUID that is easy to read and has letters, whose case must not matter."""
    return f"abcdef00-0000-4000-8000-{number:012d}"


class Written(t.NamedTuple):
    """One write as it was sent."""

    method: str
    path: str
    body: t.Any


class FakeGraph:
    """Graph for one test.

    ``answers``: what a read of a path gives: an object, a list of objects, an error to raise, or a function of the query's
    parameters that returns one of these. A path that is not among them is not there (``get``) or a mistake (``list``).
    ``replies``: what the writes give, in turn; None, an object, or an error to raise. After them all writes give None.
    ``reads`` and ``writes``: what was asked and sent, in order; ``batches``: the addresses of each batch.
    """

    def __init__(self, ctx: t.Any, answers: t.Mapping[str, t.Any] | None = None, *replies: t.Any) -> None:
        self.ctx, self.answers, self.replies = ctx, dict(answers or {}), list(replies)
        self.reads: list[str] = []
        self.parameters: list[dict[str, t.Any]] = []
        self.writes: list[Written] = []
        self.batches: list[list[str]] = []
        self.kept: dict[t.Any, t.Any] = {}
        self.intents: list[str] = []
        self.needs: list[t.Any] = []
        self.remembered: list[str] = []
        self.forgotten: list[str] = []
        self.claims: dict[str, t.Any] = {}
        self.expired: list[str] = []
        self.sign_in = types.SimpleNamespace(
            method="token", get_token=lambda scope: types.SimpleNamespace(expires_at=None)
        )
        self.known_objects = KnownObjects()
        self.recent_objects = types.SimpleNamespace(
            add=lambda *keys: self.remembered.extend(keys),
            clear=lambda *keys: None,
            contains_any=lambda keys: not set(self.remembered).isdisjoint(keys),
        )

    def keep_answer(self, path: str, params: t.Any, answer: t.Any) -> None:
        self.kept[path, str(sorted((params or {}).items()))] = answer

    def forget_answers(self) -> None:
        self.kept.clear()

    def _answer(self, path: str, params: t.Mapping[str, t.Any] | None) -> t.Any:
        key = (path, str(sorted((params or {}).items())))
        if key in self.kept:
            return self.kept[key]
        self.reads.append(path)
        self.parameters.append(dict(params or {}))
        answer = self.answers.get(path)
        if callable(answer):
            answer = answer(dict(params or {}))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def get(self, path: str, *, params: t.Any = None, **_more: t.Any) -> t.Any:
        return self._answer(path, params)

    def list(self, path: str, *, params: t.Any = None, **_more: t.Any) -> t.Any:
        answer = self._answer(path, params)
        assert answer is not None, f"nobody said what the list {path} holds"
        return [dict(item) for item in answer]

    def list_on(self, first: t.Any, path: str, **_more: t.Any) -> t.Any:
        return [item for item in first.json()["value"] if not self.is_deleted(path, item)]

    def read_page(self, path: str, *, params: t.Any = None, **_more: t.Any) -> t.Any:
        answer = self._answer(path, params)
        assert answer is not None, f"nobody said what the page {path} holds"
        return types.SimpleNamespace(page={"value": [dict(item) for item in answer]})

    def send_batch(self, body: t.Any, **_more: t.Any) -> t.Any:
        """Answer each part as the table does; ``batches`` keeps what was asked for."""
        urls = {part["id"]: part["url"] for part in body["requests"]}
        self.batches.append(list(urls.values()))
        return types.SimpleNamespace(url="/$batch", correlation_id="c", service="Microsoft Graph", parts=urls)

    def read_object(self, whole: t.Any) -> t.Any:
        if hasattr(whole, "page"):
            return whole.page
        return {"responses": [self._answer_part(name, url) for name, url in whole.parts.items()]}

    def _answer_part(self, name: str, url: str) -> dict[str, t.Any]:
        path, dummy, query = url.partition("?")
        answer = self._answer(unquote(path), dict(parse_qsl(query)))
        if isinstance(answer, list):
            return {"id": name, "status": 200, "body": {"value": [dict(item) for item in answer]}}
        if answer is None:
            return {"id": name, "status": 404, "body": {"error": {"code": "Request_ResourceNotFound", "message": ""}}}
        return {"id": name, "status": 200, "body": answer}

    def note_shown(self, _path: str, _shown: t.Any) -> None: ...

    def is_deleted(self, _path: str, wire: t.Mapping[str, t.Any]) -> bool:
        return wire.get("id") in self.forgotten

    def is_awaited(self, path: str) -> bool:
        return bool(self.recent_objects.contains_any([*GUID.findall(path), path]))

    def measure_address(self, path: str) -> int:
        return len(f"https://graph.example/v1.0{path}")

    def write(
        self, method: str, path: str, body: t.Any = None, *, intent: str, needs: t.Any = (), **_more: t.Any
    ) -> t.Any:
        if path == "/directoryObjects/getByIds":
            answer = self._answer(path, body)
            return {"value": [{"id": one.upper()} for one in body["ids"]] if answer is None else answer}
        self.writes.append(Written(method, path, body))
        self.intents.append(intent)
        self.needs.append(tuple(needs))
        reply = self.replies.pop(0) if self.replies else None
        if isinstance(reply, Exception):
            raise reply
        return reply

    def upsert(self, collection: str, name: str, value: str, body: t.Any, **more: t.Any) -> t.Any:
        return self.write("PATCH", f"/{collection}({name}='{value}')", body, intent=more["intent"], needs=more["needs"])

    def format_reference(self, object_id: str) -> str:
        return f"https://graph.example/v1.0/directoryObjects/{object_id}"

    def remember(self, created: t.Mapping[str, t.Any]) -> None:
        self.remembered.append(str(created["id"]))

    def forget(self, *keys: str) -> None:
        self.forgotten.extend(keys)

    def expire_tokens(self, app_id: str) -> None:
        self.expired.append(app_id)

    def without_waiting(self) -> t.Any:
        return contextlib.nullcontext()

    def read_token_claims(self) -> dict[str, t.Any]:
        return self.claims

    def get_service_time(self) -> datetime.datetime:
        return NOW

    def sent(self) -> t.Any:
        """Return method and path of all writes."""
        return [f"{one.method} {one.path}" for one in self.writes]


def refusal(text: str, status: int = 400, **facts: t.Any) -> ApiError:
    """Return the error for a request that Graph refused with *text*."""
    return ApiError(f"Cannot: {text}", status=status, said=text, **facts)


def call_with_graph(function: t.Callable[[t.Any], Made], graph: FakeGraph) -> Made:
    """Return what *function* (or a class) makes of the fake's context, with the fake in place of a client of its own."""
    with pytest.MonkeyPatch.context() as patched:
        for name in ("GraphClient", "PrefetchingGraph"):
            patched.setattr(sys.modules[function.__module__], name, lambda ctx: graph, raising=False)
        return function(graph.ctx)


def carry_out(resource: t.Any, planned: t.Any) -> None:
    """Run the plan's steps, as the runner does."""
    for step in planned.steps:
        resource.actions[step.action](step)
