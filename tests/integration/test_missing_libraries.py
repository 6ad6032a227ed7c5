# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Without a library, every module, lookup and playbook that needs it says in one sentence which, and how it is installed."""

from __future__ import annotations

import pathlib
import sys
import typing as t

import pytest
from cvops_simulator import Simulator
from helpers.cases import CASES, discovered
from helpers.playing import Player, Run, connection_of
from helpers.trust import Pair

pytestmark = pytest.mark.any_core

PREFIX = "cvops.identity"
STORE = {"hashi_vault": {"path": "x", "token": "hvs.of-a-test", "url": "https://localhost:1"}}


def hide(folder: pathlib.Path, library: str) -> dict[str, str]:
    """Return an environment in which *library* cannot be imported, whoever starts Python."""
    (folder / "hidden").mkdir()
    text = f"raise ModuleNotFoundError(\"No module named '{library}'\", name={library!r})\n"
    (folder / "hidden" / f"{library}.py").write_text(text)
    return {"PYTHONPATH": str(folder / "hidden")}


def assert_named(text: str, library: str) -> None:
    """The sentence names the library, the interpreter and the command, and there is no traceback."""
    assert f"needs the Python library {library} where this task runs: {sys.executable} -m pip install" in text
    assert "Traceback" not in text and "fault of the collection" not in text


def run_hidden(play: Player, tasks: t.Any, library: str, tmp_path: pathlib.Path, **more: t.Any) -> Run:
    """Run the program itself, which has imported nothing yet."""
    return play.start(tasks, env={**hide(tmp_path, library), **more.pop("env", {})}, **more).wait()


@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.whole) for part in (1, 2))])
def test_every_module_says_that_requests_is_missing(
    site: Simulator, play: Player, in_process: bool, tmp_path: pathlib.Path, part: int
) -> None:
    tasks: list[dict[str, t.Any]] = []
    for name in sorted(discovered() - {"access_evidence", "connection_info", "snapshot_pseudonyms"})[part::3]:
        case = next(case for case in CASES if case.module == name)
        tasks.append({"name": name, f"{PREFIX}.{name}": case.options(site), "ignore_errors": True})
    for name in ("entra_token", "commvault_token"):
        lookup = {"x": f"{{{{ lookup('{PREFIX}.{name}') }}}}"}
        tasks.append({"name": f"lookup {name}", "ansible.builtin.set_fact": lookup, "ignore_errors": True})
    run = run_hidden(play, tasks, "requests", tmp_path, in_process=in_process).ok()
    for task in tasks:
        result = run.one(task["name"])
        assert result.failed, task["name"]
        assert_named(result["msg"], "requests")


@pytest.mark.parametrize(
    ("library", "module", "options"),
    [
        ("msal", "entra_group_info", {"display_name": "x"}),
        ("jmespath", "entra_group_info", {"display_name": "x", "query": "[0]"}),
        ("hvac", "commvault_security_info", {"commvault_auth_method": "token_store", "commvault_token_store": STORE}),
        ("cryptography", "entra_group_info", {"display_name": "x", "client_certificate": "{{ pem }}"}),
    ],
)
def test_what_needs_another_library_says_so(
    site: Simulator,
    play: Player,
    in_process: bool,
    tmp_path: pathlib.Path,
    library: str,
    module: str,
    options: dict[str, t.Any],
) -> None:
    pair = Pair()
    env = {"CVOPS_CLIENT_SECRET": ""} if library == "cryptography" else {}
    task = {"name": "x", f"{PREFIX}.{module}": options, "ignore_errors": True}
    run = run_hidden(
        play, [task], library, tmp_path, in_process=in_process, extra_vars={"pem": pair.key_pem() + pair.pem}, env=env
    ).ok()
    assert_named(run.one("x")["msg"], library)


@pytest.mark.parametrize(
    ("library", "package", "filtered"),
    [("prometheus_client", "prometheus-client", "expiry_metrics"), ("icalendar", "icalendar", "expiry_calendar")],
)
def test_a_report_that_needs_another_library_says_so(
    site: Simulator, play: Player, tmp_path: pathlib.Path, library: str, package: str, filtered: str
) -> None:
    found = {"rows": [], "sources": [], "counts": {}, "checked_at": "2026-01-01T00:00:00Z"}
    shown = {"msg": f"{{{{ found | {PREFIX}.{filtered} }}}}"}
    task = {"name": "x", "ansible.builtin.debug": shown, "ignore_errors": True}
    run = run_hidden(play, [task], library, tmp_path, extra_vars={"found": found}).ok()
    assert_named(run.one("x")["msg"], package)


@pytest.mark.parametrize("playbook", ["site", "preflight", "converge_role_mappings", "doctor"])
def test_every_playbook_says_it(site: Simulator, play: Player, tmp_path: pathlib.Path, playbook: str) -> None:
    nothing = dict.fromkeys(connection_of(site), "")
    run = run_hidden(play, f"{PREFIX}.{playbook}", "requests", tmp_path, extra_vars=site.variables(), env=nothing)
    assert (run.rc == 0) is (playbook == "doctor"), run.text
    assert f"{sys.executable} -m pip install 'requests>=" in run.text
    assert "Traceback" not in run.text
