# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Many reads of Graph in few requests: filters that name many values, and batches of requests."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from .._core.reply import PartReply
from .._core.retry import Repeat
from .._core.values import get_objects
from .._core.work_progress import WorkProgress
from .client import GraphClient, quote_literal
from .paging import check_object

#: So many requests go in one batch. Microsoft Learn (JSON batching): up to 20.
_PARTS_AT_ONCE = 20
#: Values of an "in" filter, and characters of the whole address, that Graph takes.
MOST_VALUES = 15
LONGEST_ADDRESS = 2048

Wire: t.TypeAlias = dict[str, t.Any]
#: What a read gives: the objects of a list; the object, or None for one that is not there.
Answer: t.TypeAlias = "list[Wire] | Wire | None"


@dataclass(frozen=True)
class ReadRequest:
    """A GET of a list, or of one object; *path* and *params* as :meth:`GraphClient.list` and :meth:`GraphClient.get` take them."""

    path: str
    params: t.Mapping[str, str] = field(default_factory=dict)
    is_list: bool = True


def build_value_queries(
    graph: GraphClient, path: str, member: str, values: t.Iterable[str], params: t.Mapping[str, str]
) -> list[dict[str, str]]:
    """Return the parameters of as few lists at *path* as find all objects whose *member* is one of *values*.

    Each names at most fifteen values and makes an address of at most 2,048 characters; a value that is longer than that by itself
    stands alone.
    """
    queries: list[dict[str, str]] = []
    chunk: list[str] = []
    for value in values:
        longer = _build_value_query(member, [*chunk, value], params)
        fits = graph.measure_address(_build_url(path, longer)) <= LONGEST_ADDRESS
        if chunk and (len(chunk) == MOST_VALUES or not fits):
            queries.append(_build_value_query(member, chunk, params))
            chunk = []
        chunk.append(value)
    return [*queries, _build_value_query(member, chunk, params)] if chunk else queries


def _build_value_query(member: str, values: t.Sequence[str], params: t.Mapping[str, str]) -> dict[str, str]:
    quoted = ", ".join(quote_literal(value) for value in values)
    return {"$filter": f"{member} in ({quoted})", **params}


def list_in_batches(
    graph: GraphClient,
    path: str,
    queries: t.Sequence[t.Mapping[str, str]],
    *,
    intent: str,
    needs: t.Sequence[str] = (),
) -> list[list[Wire]]:
    """Return what :meth:`GraphClient.list` returns for each of *queries* (parameters); see :func:`read_in_batches`."""
    requests = [ReadRequest(path, query) for query in queries]
    return t.cast("list[list[Wire]]", read_in_batches(graph, requests, intent=intent, needs=needs))


def read_in_batches(
    graph: GraphClient, requests: t.Sequence[ReadRequest], *, intent: str, needs: t.Sequence[str] = ()
) -> list[Answer]:
    """Return what :meth:`GraphClient.list` or :meth:`GraphClient.get` returns for each of *requests*, twenty of them in one request.

    Parts that are throttled, or fail for the moment, are sent again in a batch of their own after the longest pause that one of
    them asks for. A part that fails otherwise, or denies an object of this run, is asked for on its own; of a list that has more than
    one page the others are.
    Raises as these methods do, and Throttled for a part that asks for a longer pause than a task has.
    """
    return [*iterate_in_batches(graph, requests, intent=intent, needs=needs)]


def iterate_in_batches(
    graph: GraphClient, requests: t.Sequence[ReadRequest], *, intent: str, needs: t.Sequence[str] = ()
) -> t.Iterator[Answer]:
    """Yield what :func:`read_in_batches` returns: no more than the answers of one batch are held at a time."""
    progress = WorkProgress(graph.ctx, f"requests answered (to {intent})", len(requests))
    for start in range(0, len(requests), _PARTS_AT_ONCE):
        chunk = requests[start : start + _PARTS_AT_ONCE]
        answers = _read_batch(graph, chunk, intent, needs)
        for number, request in enumerate(chunk):
            yield answers.pop(number) if number in answers else _read_alone(graph, request, intent, needs)
        progress.tell(start + len(chunk))


def _read_batch(
    graph: GraphClient, requests: t.Sequence[ReadRequest], intent: str, needs: t.Sequence[str]
) -> dict[int, Answer]:
    """Return the answers by the numbers of their requests; those that have to be read alone are missing."""
    answers: dict[int, Answer] = {}
    waiting, tries = list(range(len(requests))), 0
    while len(waiting) > 1:
        tries += 1
        replies = _send_batch(graph, {number: requests[number] for number in waiting}, intent, needs)
        again: list[int] = []
        pause_s, is_throttled = 0.0, False
        for number, reply in replies.items():
            if _is_usable(graph, requests[number], reply):
                answers[number] = _take_answer(graph, requests[number], reply, intent, needs)
                continue
            asked_s = _compute_pause_s(graph, reply, tries)
            if asked_s is not None:
                again.append(number)
                pause_s, is_throttled = max(pause_s, asked_s), is_throttled or reply.status == 429
        if again:
            graph.ctx.stats.add("retries")
            told = f"Microsoft Graph does not answer {len(again)} of {len(replies)} requests of a batch yet"
            graph.ctx.progress(f"{told}, trying again in {pause_s:.1f} s (to {intent})", pause_s)
            graph.ctx.sleep(pause_s, is_throttled)
        waiting = again
    return answers


def _send_batch(
    graph: GraphClient, requests: t.Mapping[int, ReadRequest], intent: str, needs: t.Sequence[str]
) -> dict[int, PartReply]:
    """Return the parts of the answer to one batch, by the numbers of their requests.

    What is no answer to one of them is left out, and so is what answers one of them twice.
    """
    urls = {str(number): _build_url(request.path, request.params) for number, request in requests.items()}
    body = {"requests": [{"id": name, "method": "GET", "url": url} for name, url in urls.items()]}
    whole = graph.send_batch(body, intent=intent, needs=needs)
    found: dict[int, PartReply] = {}
    parts = get_objects(graph.read_object(whole), "responses")
    counts = Counter(str(part.get("id")) for part in parts)
    for part in parts:
        name, status, headers = str(part.get("id")), part.get("status"), part.get("headers")
        if name not in urls or counts[name] > 1 or not isinstance(status, int):
            continue
        told = {str(key).lower(): str(value) for key, value in headers.items()} if isinstance(headers, dict) else {}
        found[int(name)] = PartReply(
            "GET",
            f"{whole.url.removesuffix('/$batch')}{urls[name]}",
            status,
            told,
            b"",
            whole.correlation_id,
            whole.service,
            body=part.get("body"),
        )
    return found


def _is_usable(graph: GraphClient, request: ReadRequest, reply: PartReply) -> bool:
    """Return True for an object, for a page of a list, and for an object that is not there, unless this run has created it."""
    if request.is_list:
        body = reply.body
        return reply.status == 200 and isinstance(body, dict) and isinstance(body.get("value"), list)
    if reply.status == 404:
        is_graphs = isinstance(reply.body, dict) and isinstance(reply.body.get("error"), dict)
        return is_graphs and not graph.is_awaited(request.path)
    return reply.status == 200 and isinstance(reply.body, dict)


def _take_answer(
    graph: GraphClient, request: ReadRequest, reply: PartReply, intent: str, needs: t.Sequence[str]
) -> Answer:
    if request.is_list:
        return graph.list_on(reply, request.path, intent=intent, needs=needs)
    found = None if reply.status == 404 else check_object(reply.body, reply)
    graph.note_shown(request.path, [found] if found else [])
    return None if found is None or graph.is_deleted(request.path, found) else found


def _compute_pause_s(graph: GraphClient, reply: PartReply, tries: int) -> float | None:
    """Return how long to wait before the part is sent again in a batch, None where that does not help.

    Raises Throttled where the part asks for more time than there is.
    """
    policy, clock = graph.retry_policy, graph.ctx.clock
    attempt = reply.build_attempt(policy.rules, clock.now().timestamp())
    pause_s = policy.compute_pause_s(tries, attempt, Repeat.BY_METHOD, clock.random())
    if pause_s is not None and pause_s <= graph.ctx.remaining_s():
        return pause_s
    if reply.status == 429:
        raise reply.build_throttled(attempt.retry_after_s)
    return None


def _read_alone(graph: GraphClient, request: ReadRequest, intent: str, needs: t.Sequence[str]) -> Answer:
    read = graph.list if request.is_list else graph.get
    return read(request.path, intent=intent, needs=needs, params=request.params)


def _build_url(path: str, query: t.Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query, safe='$', quote_via=quote)}" if query else path
