# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Asks the probes and writes what came of them in shape only: no name, id, address or text of a service or a person. Reads only."""

from __future__ import annotations

import typing as t

from ...._commvault.client import CommvaultClient
from ...._core.context import Context
from ...._core.errors import ApiError, Cancelled, CvopsError
from ...._core.provenance import COLLECTION_VERSION
from ...._entra.client import GraphClient
from . import commvault, entra
from .model import NOT_ASKED, Answer, Finding, Probe, Read
from .shapes import ShapeWriter, WordNumbers

FORMAT = "cvops.identity/probes/1"
SIDES = ("entra", "commvault")
Row = dict[str, t.Any]


def ask_probes(ctx: Context, sides: t.Collection[str], statuses: t.Mapping[str, str]) -> dict[str, t.Any]:
    """Ask the probes of *sides* and return what came of each. *statuses*: of each side, as it was examined before.

    Raises Cancelled.
    """
    numbers = WordNumbers()
    found: dict[str, t.Any] = {"format": FORMAT, "collection_version": COLLECTION_VERSION, "commvault_release": None}
    rows: list[Row] = []
    if "entra" in sides:
        rows += _ask_side(statuses["entra"], entra.PROBES, lambda: _open_graph(ctx), numbers)
    if "commvault" in sides:
        if statuses["commvault"] == "ok":
            found["commvault_release"] = CommvaultClient(ctx).release or None
        rows += _ask_side(statuses["commvault"], commvault.PROBES, lambda: _open_cell(ctx), numbers)
    return {**found, "answers": rows}


def format_probes(found: t.Mapping[str, t.Any]) -> list[str]:
    """Return one line per probe: its verdict, and why it could not be asked."""
    return [f"{row['id']}: {row['verdict']}" + (f" ({row['why']})" if row["why"] else "") for row in found["answers"]]


def _ask_side(
    status: str, probes: t.Sequence[Probe], connect: t.Callable[[], tuple[Read, t.Any]], numbers: WordNumbers
) -> list[Row]:
    if status != "ok":
        why = (
            "the side is not configured" if status == "not_configured" else "the sign-in, or the first read, has failed"
        )
        return [write_row(probe, [], Finding(NOT_ASKED, why), numbers) for probe in probes]
    read, facts = connect()
    return [ask_probe(probe, read, facts, numbers) for probe in probes]


def ask_probe(probe: Probe, read: Read, facts: t.Any, numbers: WordNumbers) -> Row:
    """Ask one probe and return its row. An answer that the probe cannot cope with is one that could not be asked. Raises Cancelled."""
    answers: list[Answer] = []

    def note(path: str, params: t.Mapping[str, str] | None = None) -> Answer:
        answers.append(read(path, params))
        return answers[-1]

    try:
        finding = probe.ask(note, facts)
    except Cancelled:
        raise
    except (
        CvopsError,
        AttributeError,
        KeyError,
        TypeError,
        ValueError,
    ):  # whatever a service may answer, the others are asked
        finding = Finding(NOT_ASKED, "the answer is nothing that this probe understands")
    return write_row(probe, answers, finding, numbers)


def write_row(probe: Probe, answers: t.Sequence[Answer], finding: Finding, numbers: WordNumbers) -> Row:
    """Return what is told of a probe. Of answers their shape, and of codes those that are numbers or expected; all else is a number."""
    writer = ShapeWriter(probe.words, numbers)
    return {
        "id": probe.key,
        "question": probe.question,
        "requests": list(probe.requests),
        "answers": [
            {"status": one.status, "code": _write_code(one.code, writer), "shape": writer.describe(one.body)}
            for one in answers
        ],
        "facts": dict(finding.facts),
        "verdict": finding.verdict,
        "why": finding.why,
    }


def _write_code(code: str | None, writer: ShapeWriter) -> str | None:
    """Return a code as it may be written: a short number as it is."""
    if code is None:
        return None
    text = str(code)
    return text if text.isascii() and text.isdigit() and len(text) <= 10 else writer.write_word(text)


def _open_graph(ctx: Context) -> tuple[Read, entra.GraphFacts]:
    graph = GraphClient(ctx)

    def send(path: str, params: t.Mapping[str, str] | None) -> Answer:
        reply = graph.read_page(path, intent="ask a probe", params=params)
        return Answer(reply.status, body=graph.read_object(reply))

    return _answer_errors(send), entra.GraphFacts(graph.read_token_claims(), graph.get_service_time())


def _open_cell(ctx: Context) -> tuple[Read, commvault.CellFacts]:
    client = CommvaultClient(ctx)

    def send(path: str, params: t.Mapping[str, str] | None) -> Answer:
        return Answer(200, body=client.get(path, intent="ask a probe", params=params))

    facts = commvault.CellFacts(client.commcell_id, client.caller[0], client.get_service_time())
    return _answer_errors(send), facts


def _answer_errors(send: t.Callable[[str, t.Mapping[str, str] | None], Answer]) -> Read:
    """Return a read whose errors are answers, and which sends the same request once."""
    known: dict[tuple[str, str], Answer] = {}

    def read(path: str, params: t.Mapping[str, str] | None = None) -> Answer:
        key = (path, repr(sorted((params or {}).items())))
        if key not in known:
            try:
                known[key] = send(path, params)
            except ApiError as exc:
                known[key] = Answer(exc.status, exc.code)
        return known[key]

    return read
