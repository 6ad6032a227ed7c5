# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module as a process of its own: its context, what it masks, and the time that it keeps."""

from __future__ import annotations

import io
import json
import signal
import sys
import time
import typing as t

import ansible.module_utils.basic as basic
import pytest
from ansible.module_utils.common.parameters import PASS_VARS

from ansible_collections.cvops.identity.plugins.module_utils._core import module_process as subject
from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import run_as_module
from ansible_collections.cvops.identity.plugins.module_utils._core.option_sources import build_fallback
from ansible_collections.cvops.identity.plugins.module_utils._core.resource import Report


@pytest.fixture(autouse=True)
def _signals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module's process ends after run_as_module; this one goes on."""
    monkeypatch.setattr(subject, "ignore_signals", lambda: None)


SPEC = ArgumentSpec(
    {
        "name": {"type": "str"},
        "tenant_id": {"type": "str", "fallback": build_fallback("tenant_id", "ARM_TENANT_ID")},
        "client_secret": {"type": "str", "no_log": True},
        "deadline": {"type": "int"},
    }
)


def as_module(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], run: t.Any, **arguments: t.Any
) -> tuple[int, dict[str, t.Any]]:
    """Exit code and result of a module process, without the process."""
    sent = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", sent)
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(sent)))
    with pytest.raises(SystemExit) as ended:
        run_as_module(SPEC, Report("groups", run))
    return int(ended.value.code or 0), json.loads(capsys.readouterr().out)


def test_a_module_process_returns_result_warnings_and_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CVOPS_OPTION_SOURCES", json.dumps({"name": "variable cvops_name"}))
    monkeypatch.setenv("ARM_TENANT_ID", "t-1")
    monkeypatch.setenv("CVOPS_RUN_DIRECTORY", "/run/dir")
    seen: list[t.Any] = []
    warned: list[str] = []
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda self, message: warned.append(message))

    def run(ctx: Context) -> t.Any:
        seen.append([ctx.describe_source(name) for name in ("name", "tenant_id", "client_secret", "deadline")])
        seen.append((ctx.check_mode, ctx.diff_mode, ctx.verbosity, ctx.run_directory, ctx.secrets))
        ctx.warn("careful with hushed")
        ctx.debug(1, "said hushed")
        ctx.debug(3, "not said")
        ctx.progress("waiting")
        return ["hushed"]

    code, result = as_module(
        monkeypatch, capsys, run, name="n", client_secret="hushed", _ansible_verbosity=2, _ansible_check_mode=True
    )
    assert code == 0
    assert seen[0] == ["variable cvops_name", "environment variable ARM_TENANT_ID", "option client_secret", "default"]
    assert seen[1] == (True, False, 2, "/run/dir", {"hushed"})
    # From ansible-core 2.22 on a process tells the controller what to mask; the controller takes it out of the result.
    assert result.pop("_ansible_new_secrets", ["hushed"]) == ["hushed"]
    assert "hushed" not in json.dumps(result)
    assert result["groups"] == ["VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"]
    assert warned == ["careful with ********"]
    assert result["_cvops_log"] == ["said ********", "waiting"]


def test_arguments_that_hold_a_secret_are_masked_in_results_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether the options are refused or not; from ansible-core 2.22 on only what is displayed would be masked."""
    arguments: dict[str, t.Any] = {"name": "is hushed", "client_secret": "hushed"}
    if "inject_invocation" in PASS_VARS:  # before release 2.21 results always have it
        arguments["_ansible_inject_invocation"] = True
    for more, code in (({}, 0), ({"deadline": "hushed, soon"}, 1)):
        ended, result = as_module(monkeypatch, capsys, lambda ctx: [], **arguments, **more)
        result.pop("_ansible_new_secrets", None)
        assert (ended, result["invocation"]["module_args"]["name"]) == (code, "is ********")
        assert result["invocation"]["module_args"]["client_secret"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
        assert "hushed" not in json.dumps(result)


@pytest.mark.parametrize(("more", "code"), [({}, 0), ({"deadline": "soon"}, 1)])
def test_a_short_secret_is_masked_among_the_arguments_of_a_result(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], more: dict[str, t.Any], code: int
) -> None:
    """Also where the options are refused, so that no run has begun; a short one is looked for nowhere else, see redact."""
    arguments: dict[str, t.Any] = {"client_secret": "~72", **more}
    if "inject_invocation" in PASS_VARS:
        arguments["_ansible_inject_invocation"] = True
    ended, result = as_module(monkeypatch, capsys, lambda ctx: [], **arguments)
    shown = result["invocation"]["module_args"]["client_secret"]
    assert (ended, shown) == (code, "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER")


def test_a_module_process_that_fails_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(ctx: Context) -> t.Any:
        raise ConfigError("no such thing", source="option name")

    code, result = as_module(monkeypatch, capsys, run, name="n")
    assert code == 1
    assert (result["failed"], result["msg"]) == (True, "no such thing")
    assert result["error"] == {"kind": "config", "source": "option name"}
    assert "_cvops_log" not in result


def test_a_module_process_keeps_the_time_of_its_task(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever gave the task a timeout stops waiting then; the process must not go on writing behind their back."""
    monkeypatch.setenv("CVOPS_TASK_TIMEOUT", "1")

    def run(ctx: Context) -> t.Any:
        time.sleep(300)
        return None

    started = time.monotonic()
    code, result = as_module(monkeypatch, capsys, run)
    assert time.monotonic() - started < 120
    assert (code, result["cancelled"], result["error"]["kind"]) == (1, True, "cancelled")
    assert "the task's timeout of 1 s" in result["msg"]
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
