# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may never come of an answer. Each function returns findings, one line each; no finding is a pass."""

from __future__ import annotations

import base64
import json
import pathlib
import re
import typing as t
import urllib.parse

from .texts import FORGED

#: C0 but newline and tab, C1, zero width, bidirectional, line separators, byte order mark, tags, halves of characters.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
_CRASHES = (
    "Traceback (most recent call last)",
    "MODULE FAILURE",
    "Unexpected failure",
    "RecursionError",
    "MemoryError",
    "object has no attribute",
    "maximum recursion depth",
    "Exceeds the limit (4300",
    "codec can't",
)
#: Keys of a result whose texts are ours; the noun of a module is data, and Ansible writes it as JSON.
_OURS = (
    "msg",
    "error",
    "warnings",
    "diff",
    "deprecations",
    "steps_done",
    "steps_left",
    "step_failed",
    "salvaged",
    "_cvops_log",
)


def forms(secret: str) -> dict[str, str]:
    """A secret in the forms in which it is sent or quoted."""
    found = {
        "as it is": secret,
        "as base64": base64.b64encode(secret.encode()).decode(),
        "percent-encoded": urllib.parse.quote(secret, safe=""),
        "form-encoded": urllib.parse.quote_plus(secret),
        "in JSON": json.dumps(secret)[1:-1],
        "in Python": repr(secret)[1:-1],
    }
    return {how: text for how, text in found.items() if len(text) >= 6}


def strings(value: t.Any, path: str = "") -> t.Iterator[tuple[str, str]]:
    """Every text in a structure, keys too, with where it stands; a loop, since hostile structures are deep."""
    stack = [(path, value)]
    while stack:
        where, item = stack.pop()
        if isinstance(item, str):
            yield where, item
        elif isinstance(item, dict):
            for key, inner in item.items():
                yield f"{where} (key)", str(key)
                stack.append((f"{where}.{str(key)[:40]}", inner))
        elif isinstance(item, (list, tuple)):
            stack.extend((f"{where}[{number}]", inner) for number, inner in enumerate(item))


def around(text: str, start: int, width: int = 40) -> str:
    """The place in a text, fit to be read."""
    return ascii(text[max(0, start - width) : start + width])


def unseen(where: str, text: str) -> list[str]:
    """Characters that must not reach a terminal or log, and lines that look like Ansible's own."""
    found = []
    if match := UNSEEN.search(text):
        found.append(f"printed: raw {match.group()!a} in {where}: {around(text, match.start())}")
    if re.search("^" + re.escape(FORGED), text, re.MULTILINE):
        found.append(f"printed: a forged line in {where}: {around(text, text.index(FORGED))}")
    return found


def leaked(where: str, text: str, secrets: t.Iterable[tuple[str, str]]) -> list[str]:
    """Secrets in any form."""
    return [
        f"kept or printed: {name} {how} in {where}"
        for name, secret in secrets
        for how, form in forms(secret).items()
        if form in text
    ]


def crashes(said: str) -> list[str]:
    """What only a fault of ours looks like: for a traceback its last line, with the last place in the collection."""
    if _CRASHES[0] in said:
        traced = said[said.rindex(_CRASHES[0]) :]
        places = re.findall(r'File "[^"]*/plugins/([^"]+)", line (\d+), in (\w+)', traced)
        last = next(
            (
                line
                for line in reversed(traced.splitlines())
                if re.match(r"[\w.]+(Error|Exception|Iteration|Limit\w*|Warning)?(:|$)", line)
            ),
            "",
        )
        where = " ".join(places[-1]) if places else "outside the collection"
        return [f"crashed: {ascii(last[:160])} at {where}"]
    return [f"crashed: {word} in {around(said, said.index(word), 150)}" for word in _CRASHES if word in said]


def whereabouts(stderr: str) -> str:
    """The innermost places in the collection that a dump of the main thread names."""
    places = re.findall(r'File "[^"]*/plugins/([^"]+)", line (\d+) in (\w+)', stderr)
    return "in " + ", ".join(" ".join(place) for place in places[:2]) if places else "outside the collection"


def of_result(result: t.Mapping[str, t.Any] | None, stdout: str, stderr: str) -> list[str]:
    """A result is there, and is a proper one."""
    said = "\n".join([*(text for _where, text in strings(result)), stderr]) if result else f"{stdout}\n{stderr}"
    crashed = crashes(said)
    if result is None:
        return [*(crashed or [f"no result: {ascii(said[-300:])}"])]
    found = crashed
    if result.get("failed"):
        if isinstance(result.get("error"), dict) and result["error"].get("kind") == "internal":
            found = [
                f"crashed: {ascii(str(result.get('msg'))[:200])} at {crashed[0].rpartition(' at ')[2] if crashed else '?'}"
            ]
        kind = (result.get("error") or {}).get("kind") if isinstance(result.get("error"), dict) else None
        if not isinstance(result.get("msg"), str) or not result["msg"].strip():
            found.append("failed without a message")
        if not kind:
            found.append(f"failed without error.kind: {ascii(str(result.get('msg'))[:200])}")
        if len(str(result.get("msg"))) > 20_000:
            found.append(f"a message of {len(str(result['msg']))} characters")
    for key in _OURS:
        for where, text in strings(result.get(key), key):
            found += unseen(where, text)
    return found


def of_files(folder: pathlib.Path, secrets: t.Sequence[tuple[str, str]]) -> list[str]:
    """Nothing secret and nothing raw in what was left; records are complete."""
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        name = str(path.relative_to(folder))
        text = path.read_bytes().decode("utf-8", "replace")
        found += leaked(f"file {name}", text, secrets)
        if path.parent.name == "records":
            found += unseen(f"record {name}", text)
            try:
                json.loads(text)
            except ValueError:
                found.append(f"the record is not complete: {len(text)} characters")
    return found


def shortened(findings: t.Sequence[str], most: int = 4) -> str:
    """A few findings in one line."""
    unique = list(dict.fromkeys(findings))
    more = f" (and {len(unique) - most} more)" if len(unique) > most else ""
    return "; ".join(unique[:most]) + more
