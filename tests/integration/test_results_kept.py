# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Results of every module, compared byte for byte with those kept in ``kept/``, so that restructuring changes none of them unseen.

All cases of :mod:`helpers.cases`, and one that needs a controller, run in two plays against one site: ``first`` (a change, where the case
has one) and ``again`` (nothing to do; then what deletes). ``kept/<module>.json`` holds both results of each case, ``kept/writes.json`` the requests
that write, in order. Where a result is meant to change, write the files anew and look at what git shows::

    CVOPS_KEEP_RESULTS=1 pytest tests/integration/test_results_kept.py
"""

from __future__ import annotations

import base64
import difflib
import json
import os
import pathlib
import re
import tempfile
import typing as t

import pytest
from cvops_simulator import Simulator
from helpers.cases import CASES, Case, discovered, make_controller_rotation
from helpers.checks import writes
from helpers.playing import Player, Run

KEPT = pathlib.Path(__file__).resolve().parent / "kept"
#: Set to anything: the files are written, and the test says so by being skipped.
KEEP_VARIABLE = "CVOPS_KEEP_RESULTS"
FIRST, AGAIN = "first", "again"
OF_A_CONTROLLER = Case("secret_rotation", "a credential of a controller", make_controller_rotation)
ALL = (*CASES, OF_A_CONTROLLER)

#: What differs from run to run, and from machine to machine, in texts.
_PLACEHOLDERS = (
    (re.compile(r"https?://(?:localhost|127\.0\.0\.1):\d+"), "<address>"),
    (re.compile(r"\b(?:localhost|127\.0\.0\.1):\d+"), "<host>"),
    (re.compile(r"(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])", re.I), "<guid>"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"), "<time>"),
    (re.compile(r"(?<=/)[0-9a-f]{12}\b"), "<attempt>"),
    (re.compile(r"(?<=samlAppKey=)[0-9A-F]{32}\b"), "<app_key>"),
    (re.compile(r"\b\d+ ms\b"), "<number> ms"),
    (re.compile(r"(?<=valid for another )\d+ min\b"), "<number> min"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<sha256>"),
    (re.compile(r"/[\w./-]+/(?=[\w-]+\.(?:json|pem|crt)\b)"), "<folder>/"),
    (re.compile(rf"^{re.escape(tempfile.gettempdir())}/(?:[\w.-]+/)*(?=[\w-]+$)"), "<folder>/"),
)
#: Values that differ, by their key.
_VARIABLE = frozenset({"app_key", "waited_s", "latency_ms", "clock_difference_s", "token_life_s"})
#: What differs of a certificate that the service makes, and by the second in which it does.
_OF_A_MADE_CERTIFICATE = {"certificate", "days_left", "fingerprint_sha256", "thumbprint"}
#: Kinds of credentials whose end is a date of the data set: the days until then are fewer every day.
_WITH_A_FIXED_END = frozenset({"identity_provider_certificate"})
#: What Ansible adds to a result, by release.
_ADDED = frozenset({"invocation", "deprecations"})


def normalised(value: t.Any, key: str = "") -> t.Any:
    """*value* of a result with a placeholder for what differs from run to run; None stays None."""
    if isinstance(value, dict):
        kept = {name: item for name, item in value.items() if name not in _ADDED and not name.startswith("_ansible")}
        secret = {"value", "refresh_token"} if {"key_id", "active_key_id", "refresh_token"} & set(kept) else set()
        drawn = secret | (_OF_A_MADE_CERTIFICATE if "fingerprint_sha256" in kept else set())
        if kept.get("kind") in _WITH_A_FIXED_END:
            drawn = drawn | {"days_left"}
        return {
            normalised(name): f"<{name}>" if name in drawn and item else normalised(item, name)
            for name, item in kept.items()
        }
    if isinstance(value, list):
        return [normalised(item, key) for item in value]
    if key in _VARIABLE and value is not None:
        return f"<{key}>"
    if isinstance(value, str):
        for pattern, placeholder in _PLACEHOLDERS:
            value = pattern.sub(placeholder, value)
    return value


def test_what_differs_from_run_to_run_is_a_placeholder() -> None:
    given = {
        "at": "2026-01-01T10:00:00Z",
        "id": "5",
        "url": "https://localhost:8443/v1.0/groups/6f0f6f0a-2d6e-4c55-8e07-55f1c2b0a911?x",
        "waited_s": 0.0,
        "latency_ms": 12,
        "new": {"key_id": "k", "value": "abc"},
        "old": {"key_id": "k", "value": None},
        "role": {"value": "Reader"},
        "made": {"fingerprint_sha256": "A1", "thumbprint": "B2", "days_left": 1094, "active": True},
        "given": {"thumbprint": "B2"},
        "held": {"kind": "identity_provider_certificate", "days_left": 26331},
        "own": {"kind": "secret", "days_left": 89},
        "list": ["nightly/0123456789ab", True, "12 ms", "token valid for another 59 min"],
        "invocation": {"module_args": {}},
        "_ansible_no_log": False,
    }
    assert normalised(given) == {
        "at": "<time>",
        "id": "5",
        "url": "<address>/v1.0/groups/<guid>?x",
        "waited_s": "<waited_s>",
        "latency_ms": "<latency_ms>",
        "new": {"key_id": "k", "value": "<value>"},
        "old": {"key_id": "k", "value": None},
        "role": {"value": "Reader"},
        "made": {
            "fingerprint_sha256": "<fingerprint_sha256>",
            "thumbprint": "<thumbprint>",
            "days_left": "<days_left>",
            "active": True,
        },
        "given": {"thumbprint": "B2"},
        "held": {"kind": "identity_provider_certificate", "days_left": "<days_left>"},
        "own": {"kind": "secret", "days_left": 89},
        "list": ["nightly/<attempt>", True, "<number> ms", "token valid for another <number> min"],
    }


def _as_text(value: t.Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _is_removal(case: Case) -> bool:
    return "delete" in case.title


def _task(case: Case, site: Simulator) -> dict[str, t.Any]:
    return {"name": case.name, f"cvops.identity.{case.module}": case.options(site)}


def _written(site: Simulator) -> list[str]:
    return [normalised(f"{entry.service} {entry.method} {entry.path} {entry.status}") for entry in writes(site)]


def _texts(runs: t.Mapping[str, Run], written: t.Mapping[str, list[str]]) -> dict[str, str]:
    """The kept files, text by name."""
    found: dict[str, dict[str, dict[str, t.Any]]] = {case.module: {} for case in ALL}
    for name, run in runs.items():
        for result in run.results:
            module, _colon, title = result.task.partition(": ")
            found[module].setdefault(title, {})[name] = normalised(dict(result))
    return {name: _as_text(value) for name, value in {**found, "writes": written}.items()}


def _assert_no_secret_of_the_controller(site: Simulator, runs: t.Mapping[str, Run]) -> None:
    """Check that the credential of the controller has a new value, and that neither it nor the sign-in is in any result."""
    service = site.controller
    (credential,) = service.state.list_all("credentials")
    value, password = str(credential["inputs"]["client_secret"]), service.password
    assert value != "made by hand" and "[cvops secret: " in credential["description"]
    sign_in = base64.b64encode(f"{service.username}:{password}".encode()).decode()
    for name, run in runs.items():
        for result in run.results:
            found = [secret for secret in (value, password, sign_in) if secret in repr(dict(result))]
            assert not found, f"{name}, {result.task}"


@pytest.mark.any_core
def test_results_are_as_kept(
    make_site: t.Callable[..., Simulator], make_player: t.Callable[[Simulator], Player]
) -> None:
    site = make_site(set="S", controller=True)
    play = make_player(site)
    tasks = {case: _task(case, site) for case in ALL}
    staying = [task for case, task in tasks.items() if not _is_removal(case)]
    removing = [task for case, task in tasks.items() if _is_removal(case)]
    runs, written = {}, {}
    for name, chosen in ((FIRST, staying), (AGAIN, [*staying, *removing])):
        site.journal.clear()
        runs[name] = play(chosen, diff=True).ok()
        written[name] = _written(site)
    now = _texts(runs, written)
    assert set(now) == {*discovered(), "writes"}
    changed = {result.task: bool(result["changed"]) for result in runs[AGAIN].results}
    assert changed == {case.name: _is_removal(case) for case in ALL}, "a second run finds nothing to do"
    _assert_no_secret_of_the_controller(site, runs)
    if os.environ.get(KEEP_VARIABLE):
        for old in KEPT.glob("*.json"):
            old.unlink()
        for name, text in now.items():
            (KEPT / f"{name}.json").write_text(text, encoding="utf-8")
        pytest.skip(f"{len(now)} files were written to {KEPT}")
    kept = {path.stem: path.read_text(encoding="utf-8") for path in KEPT.glob("*.json")}
    assert set(now) == set(kept)
    for name, text in now.items():
        different = "\n".join(
            difflib.unified_diff(kept[name].splitlines(), text.splitlines(), "kept", "now", lineterm="")
        )
        assert text == kept[name], f"{name}.json:\n{different}"
