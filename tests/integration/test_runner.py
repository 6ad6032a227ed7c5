# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two ways to run a module, in real playbooks: users must not be able to tell them apart, but by the time it takes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from cvops_simulator import Simulator
from helpers.cases import CASES
from helpers.checks import assert_no_secrets, assert_no_writes, assert_nothing_deprecated
from helpers.people import persons_token
from helpers.playing import Player, Result, Run

from ansible_collections.cvops.identity.plugins.plugin_utils.documents import DOCUMENT_KEYS

GROUP = "cvops.identity.entra_group"
GROUP_INFO = "cvops.identity.entra_group_info"
ROLE = "cvops.identity.commvault_role"
SECRET = "cvops.identity.entra_application_secret"
UNKNOWN = "11111111-2222-3333-4444-555555555555"


def task(name: str, module: str, options: t.Any, **keywords: t.Any) -> dict[str, t.Any]:
    return {"name": name, module: options, "ignore_errors": True, **keywords}


def comparable(value: t.Any) -> t.Any:
    """A result without what may differ between two runs of the same task: invocation, ids, times, counted seconds."""
    if isinstance(value, dict):
        dropped = ("invocation", "request_id", "stats", "exception", "_ansible_no_log", "ansible_facts")
        return {
            key: comparable(item)
            for key, item in value.items()
            if key not in dropped and not key.startswith("_ansible")
        }
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, str):
        text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<id>", value)
        return re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?", "<time>", text)
    return value


def both_ways(play: Player, tasks: list[dict[str, t.Any]], **keywords: t.Any) -> tuple[Run, Run]:
    return play(tasks, in_process=True, **keywords), play(tasks, in_process=False, **keywords)


def test_bad_arguments_get_the_same_words(site: Simulator, play: Player) -> None:
    """Word for word what AnsibleModule says, so that nobody learns two sets of messages."""
    tasks = [
        task("missing one of", GROUP, {"state": "present"}),
        task("missing required", ROLE, {"permissions": ["View"]}),
        task("unknown", GROUP, {"display_name": "x", "displayname": "x"}),
        task("two unknown", GROUP, {"display_name": "x", "foo": 1, "bar": 2}),
        task("exclusive", GROUP_INFO, {"display_name": "x", "unique_name": "y"}),
        task("choice", GROUP, {"display_name": "x", "state": "gone"}),
        task("no bool", GROUP, {"display_name": "x", "exclusive": "perhaps"}),
        task("no int", GROUP, {"display_name": "x", "timeout": "soon"}),
        task("no list", SECRET, {"application": {"app_id": "x"}, "accept_risk": {"a": 1}, "accept_reason": "x"}),
        task("no dict", SECRET, {"application": 7}),
        task("unknown below", SECRET, {"application": {"appid": "x"}}),
        task("exclusive below", SECRET, {"application": {"app_id": "x", "unique_name": "y"}}),
        task("required by", GROUP, {"display_name": "x", "accept_risk": ["rename"]}),
        task("required if", SECRET, {"application": {"app_id": "x"}, "state": "absent"}),
        task("elements", ROLE, {"name": "x", "permissions": [["View"]]}),
        task("secret in it", GROUP, {"display_name": "x", "client_secret": "sekret-value", "sekret-value": 1}),
    ]
    here, there = both_ways(play, tasks, env={"PYTHONHASHSEED": "0"})  # core lists the valid booleans from a set
    assert all(result.failed for result in here.results)
    assert len(here.results) == len(tasks)
    messages = [[(result.task, result["msg"]) for result in run.results] for run in (here, there)]
    assert messages[0] == messages[1]
    assert "sekret-value" not in here.one("secret in it")["msg"]
    assert "Unsupported parameters for (cvops.identity.entra_group) module: bar, foo." in here.one("two unknown")["msg"]
    assert_no_writes(site)


def test_results_are_equal(site: Simulator, play: Player) -> None:
    """The same tasks from the same state, both ways: the same results, but for ids and times."""
    tasks = [
        task("predict", GROUP, {"display_name": "GG parity", "members": []}, check_mode=True),
        task("create", GROUP, {"display_name": "GG parity", "unique_name": "gg-parity", "members": []}),
        task("again", GROUP, {"unique_name": "gg-parity"}),
        task("change", GROUP, {"unique_name": "gg-parity", "description": "Ä 2026"}),
        task("no such id", GROUP, {"object_id": UNKNOWN}),
        task("no such user", GROUP, {"unique_name": "gg-parity", "members": ["nobody@nowhere.example", "x"]}),
        task("risk", GROUP, {"unique_name": "gg-parity", "display_name": "GG renamed"}),
        task("read", GROUP_INFO, {"unique_name": "gg-parity", "members": True}),
        task("query", GROUP_INFO, {"prefix": "GG-", "query": "[].display_name"}),
        task("bad query", GROUP_INFO, {"prefix": "GG-", "query": "[?"}),
        task("role", ROLE, {"name": "Parity", "permissions": ["View"], "description": "ü"}),
        task("role again", ROLE, {"name": "Parity", "permissions": ["View"]}),
        task("no such permission", ROLE, {"name": "Parity", "permissions": ["Fly"]}),
        task("role gone", ROLE, {"name": "Parity", "state": "absent"}),
        task("wrong secret", GROUP_INFO, {"display_name": "x", "client_secret": "wrong-4711"}),
        task("gone", GROUP, {"unique_name": "gg-parity", "state": "absent"}),
    ]
    runs = []
    for in_process in (True, False):
        site.reset()
        runs.append(play(tasks, in_process=in_process, diff=True))
    here, there = runs
    for one, other in zip(here.results, there.results, strict=True):
        assert (one.task, one.status, comparable(one)) == (other.task, other.status, comparable(other))
        assert one["stats"]["writes"] == other["stats"]["writes"]
    assert here.stats == there.stats
    assert here.one("create")["changed"] and not here.one("again")["changed"]
    kinds = {name: here.one(name)["error"]["kind"] for name in ("no such id", "no such user", "risk", "wrong secret")}
    assert kinds == {"no such id": "config", "no such user": "config", "risk": "guard", "wrong secret": "auth"}


def test_invocations_are_masked_and_appear_where_this_core_shows_them(site: Simulator, play: Player) -> None:
    secret = "{{ lookup('ansible.builtin.env', 'CVOPS_CLIENT_SECRET') }}"
    options = {"display_name": "nobody", "client_secret": secret, "members": False}
    here, there = both_ways(
        play,
        [task("look", GROUP_INFO, options), task("fail", GROUP_INFO, {**options, "tenant_id": UNKNOWN})],
        verbosity=3,
    )
    for name in ("look", "fail"):
        shown = [run.one(name).get("invocation") for run in (here, there)]
        assert (shown[0] is None) == (shown[1] is None)
        if shown[0] is not None:
            given = [item["module_args"] for item in shown]
            assert given[0]["display_name"] == given[1]["display_name"] == "nobody"
            assert "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in (given[0]["client_secret"], given[1]["client_secret"])
            assert given[0]["client_secret"] == given[1]["client_secret"]
    for run in (here, there):
        assert_no_secrets(run, [run.folder], [site.automation.client_secret])


def test_no_log_hides_everything(site: Simulator, play: Player, in_process: bool) -> None:
    tasks = [
        task("ok", GROUP_INFO, {"prefix": "GG-Comm"}, no_log=True, register="found"),
        task("failed", GROUP_INFO, {"object_id": "hidden-words"}, no_log=True),
        {"name": "usable", "ansible.builtin.assert": {"that": "found.groups | length > 0"}},
    ]
    run = play(tasks, in_process=in_process, verbosity=4)
    assert "groups" not in run.one("ok")
    assert "censored" in run.one("ok")
    assert run.one("usable").status == "ok"
    assert "msg" not in run.one("failed") or "hidden-words" not in run.one("failed")["msg"]


def test_loops_start_afresh_for_each_item(site: Simulator, play: Player, in_process: bool) -> None:
    """All items of a loop share one process: nothing of one item may reach the next."""
    tasks = [
        task(
            "loop",
            GROUP_INFO,
            {"display_name": "{{ item.name }}", "client_secret": "{{ item.secret | default(omit) }}"},
            loop=[{"name": "a"}, {"name": "b", "secret": "wrong-4711"}, {"name": "c"}],
        )
    ]
    run = play(tasks, in_process=in_process)
    assert [(result.status, "groups" in result) for result in run.of("loop")] == [
        ("ok", True),
        ("failed", False),
        ("ok", True),
    ]
    warned = [result.get("warnings", []) for result in run.of("loop")]
    assert warned[0] == warned[2]
    assert [result["stats"]["reads"] for result in run.of("loop")] == [1, 0, 1]


def test_module_defaults(site: Simulator, play: Player, in_process: bool) -> None:
    """Defaults for one module stay with it; defaults for a group reach all its members, and nobody else."""
    plays = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "module_defaults": {
                GROUP: {"state": "absent"},
                "group/cvops.identity.entra": {"tenant_id": UNKNOWN},
            },
            "tasks": [
                task("role is made", ROLE, {"name": "Defaults", "permissions": ["View"]}),
                task("group gets both", GROUP, {"display_name": "nobody"}),
                task("info gets the group's", GROUP_INFO, {"display_name": "nobody"}),
                task("option wins", GROUP, {"display_name": "nobody", "tenant_id": site.tenant_id}),
            ],
        }
    ]
    run = play(plays, in_process=in_process)
    assert run.one("role is made")["changed"] is True
    assert run.one("group gets both")["error"]["code"] == "AADSTS90002"
    assert run.one("info gets the group's")["error"]["code"] == "AADSTS90002"
    assert (run.one("option wins").status, run.one("option wins")["changed"]) == ("ok", False)


def test_keywords(site: Simulator, play: Player, in_process: bool) -> None:
    """environment, check_mode, diff, delegate_to and collections do what they do for every module."""
    plays = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "collections": ["cvops.identity"],
            "environment": {"CVOPS_CLIENT_SECRET": "{{ 'wrong' ~ '-4711' }}"},
            "tasks": [
                task("play's environment", "entra_group_info", {"display_name": "x"}),
                task(
                    "task's environment",
                    "entra_group_info",
                    {"display_name": "x"},
                    environment={"CVOPS_CLIENT_SECRET": site.automation.client_secret},
                ),
                task(
                    "written in check mode",
                    "entra_group",
                    {"display_name": "GG keywords", "client_secret": site.automation.client_secret},
                    check_mode=False,
                    diff=False,
                ),
                task(
                    "delegated",
                    "entra_group",
                    {"display_name": "GG keywords", "description": "x", "client_secret": site.automation.client_secret},
                    delegate_to="localhost",
                ),
            ],
        }
    ]
    run = play(plays, in_process=in_process, check=True, diff=True)
    assert run.one("play's environment")["error"]["code"] == "AADSTS7000215"
    assert "client_secret from environment variable CVOPS_CLIENT_SECRET" in run.one("play's environment")["msg"]
    assert run.one("task's environment")["groups"] == []
    written = run.one("written in check mode")
    assert written["group"]["object_id"] in site.tenant.groups
    assert "diff" not in written
    delegated = run.one("delegated")
    assert delegated["changed"] is True
    assert delegated["diff"]["after"] != delegated["diff"]["before"]
    assert not site.tenant.groups[written["group"]["object_id"]].get("description")


@pytest.mark.any_core
def test_async(site: Simulator, play: Player, tmp_path: Path) -> None:
    """A background task is always a module; its result is the same."""
    tasks = [
        {"name": "async", GROUP: {"display_name": "GG async"}, "async": 60, "poll": 1},
        {"name": "start", GROUP_INFO: {"display_name": "GG async"}, "async": 60, "poll": 0, "register": "job"},
        {
            "name": "wait",
            "ansible.builtin.async_status": {"jid": "{{ job.ansible_job_id }}"},
            "register": "state",
            "until": "state.finished",
            "retries": 40,
            "delay": 1,
        },
    ]
    run = play(tasks, env={"ANSIBLE_ASYNC_DIR": str(tmp_path / "async")}).ok()
    assert run.one("async")["group"]["object_id"] in site.tenant.groups
    assert [group["display_name"] for group in run.of("wait")[-1]["groups"]] == ["GG async"]


VAULT_PASSWORD = "not a secret"


def vaulted(text: str, folder: Path) -> str:
    """*text* as an inline vault value of a playbook."""
    key = folder / "vault-key"
    key.write_text(VAULT_PASSWORD)
    program = Path(sys.executable).with_name("ansible-vault")
    command = [program, "encrypt_string", "--vault-password-file", key, "--stdin-name", "x"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.split("|", 1)[1]


def test_vault_text_and_dates(site: Simulator, play: Player, in_process: bool, tmp_path: Path) -> None:
    """Inline vault values are decrypted, and a date without quotes reaches the module as text."""
    sealed = vaulted(site.automation.client_secret, tmp_path)
    playbook = tmp_path / "vaulted.yml"
    playbook.write_text(
        f"""
- hosts: localhost
  gather_facts: false
  vars:
    cvops_client_secret: !vault |{sealed}
  tasks:
    - name: variable
      {GROUP_INFO}:
        display_name: 2026-01-31
    - name: option
      {GROUP}:
        display_name: !unsafe 'GG {{{{ raw }}}}'
        description: 2026-01-31
        client_secret: !vault |{sealed.replace(chr(10), chr(10) + "    ")}
"""
    )
    run = play(
        str(playbook),
        in_process=in_process,
        env={"ANSIBLE_VAULT_PASSWORD_FILE": str(tmp_path / "vault-key"), "CVOPS_CLIENT_SECRET": ""},
        verbosity=3,
    ).ok()
    assert run.one("variable")["groups"] == []
    assert run.one("option")["group"]["description"] == "2026-01-31"
    assert run.one("option")["group"]["display_name"] == "GG {{ raw }}"
    assert_no_secrets(run, [run.folder], [site.automation.client_secret])


def test_sources_and_their_order(site: Simulator, play: Player, in_process: bool) -> None:
    """Option, variable, CVOPS_*, vendors' names; failures say which it was, a clash is told without values."""
    look = {"display_name": "nobody"}
    wrong = {"cvops_client_secret": "{{ 'wrong' ~ '-variable' }}"}
    tasks = [
        task("environment", GROUP_INFO, look),
        task("variable", GROUP_INFO, look, vars=wrong),
        task("option", GROUP_INFO, {**look, "client_secret": "wrong-option"}, vars=wrong),
        task("vendor", GROUP_INFO, look, environment={"CVOPS_TENANT_ID": "", "ARM_TENANT_ID": UNKNOWN}),
        task("equal", GROUP_INFO, look, vars={"cvops_instance_discovery": False}),
        task("broken", GROUP_INFO, look, vars={"cvops_client_secret": "{{ undefined_thing }}"}),
    ]
    run = play(tasks, in_process=in_process)
    assert run.one("environment").status == "ok"
    failed = {name: run.one(name)["error"]["source"] for name in ("variable", "option", "vendor")}
    assert "client_secret from variable cvops_client_secret" in failed["variable"]
    assert "client_secret from option client_secret" in failed["option"]
    assert "tenant_id from environment variable ARM_TENANT_ID" in failed["vendor"]
    (warning,) = run.one("variable")["warnings"]
    assert warning == (
        "client_secret is set to different values in several places: variable cvops_client_secret is used, "
        "environment variable CVOPS_CLIENT_SECRET ignored"
    )
    assert not run.one("equal").get("warnings")
    assert "undefined_thing" in run.one("broken")["msg"]
    assert "wrong-variable" not in run.text
    assert "wrong-option" not in run.text
    assert_no_writes(site)


@pytest.mark.whole
@pytest.mark.any_core
def test_the_way_that_is_taken(site: Simulator, play: Player) -> None:
    """In process unless something says that the body must run elsewhere."""
    ways: dict[str, tuple[dict[str, t.Any], str | None]] = {
        "plain": ({}, None),
        "variable": ({"vars": {"cvops_in_process": False}}, "cvops_in_process is off"),
        "template": ({"vars": {"cvops_in_process": "{{ 'no' }}"}}, "cvops_in_process is off"),
        "environment": ({"environment": {"CVOPS_IN_PROCESS": "false"}}, "cvops_in_process is off"),
        "variable wins": ({"vars": {"cvops_in_process": True}, "environment": {"CVOPS_IN_PROCESS": "no"}}, None),
        "interpreter": ({"vars": {"ansible_python_interpreter": "/usr/bin/env python"}}, "the interpreter"),
        "same interpreter": ({"vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}}, None),
        "found interpreter": ({"vars": {"ansible_python_interpreter": "auto_silent"}}, None),
        "python": ({"environment": {"PYTHONWARNINGS": "ignore"}}, "the task's environment sets PYTHONWARNINGS"),
        "other environment": ({"environment": {"LANG": "C.UTF-8"}}, None),
        "async": ({"async": 30, "poll": 1}, "the task is asynchronous"),
    }
    tasks = [
        task(name, GROUP_INFO, {"display_name": "x"}, **keywords, check_mode=True)
        for name, (keywords, why) in ways.items()
    ]
    taken = {}
    for part in ways_taken(play, [item for item in tasks if "async" not in item]).text.split("\nTASK [")[1:]:
        why = re.search(r"run as a module, because (.*)", part)
        taken[part.split("]")[0]] = why.group(1) if why else None
    assert set(taken) == set(ways) - {"async"}
    for name, found in taken.items():
        expected = ways[name][1]
        assert found is None if expected is None else str(found).startswith(expected), name
    off = ways_taken(play, tasks[:1], CVOPS_IN_PROCESS="0")
    assert "run as a module, because cvops_in_process is off" in off.text


def ways_taken(play: Player, tasks: list[dict[str, t.Any]], **env: str) -> Run:
    """A run at -vvv whose extra variables leave the switch and the interpreter to the tasks."""
    plays = [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]
    leave_open = {"cvops_in_process": None, "ansible_python_interpreter": None}  # extra variables would beat the tasks'
    return play(plays, verbosity=3, extra_vars=leave_open, env=env)


def test_failures_can_be_told_apart(site: Simulator, play: Player, in_process: bool) -> None:
    tasks = [
        task("fail", GROUP, {"object_id": UNKNOWN}, register="failed"),
        {"name": "kind", "ansible.builtin.assert": {"that": ["failed is failed", "failed.error.kind == 'config'"]}},
        {
            "name": "rescued",
            "block": [{"name": "inner", GROUP: {"object_id": UNKNOWN}}],
            "rescue": [{"name": "told", "ansible.builtin.debug": {"msg": "{{ ansible_failed_result.error.kind }}"}}],
        },
    ]
    run = play(tasks, in_process=in_process).ok()
    assert run.one("told")["msg"] == "config"
    result: Result = run.one("fail")
    assert result["msg"].startswith("No group has the object id")


@pytest.mark.newest_core
def test_nothing_that_core_deprecates_is_used(site: Simulator, play: Player) -> None:
    """Every module, lookup and filter of the collection; what it prints, its warnings as well as its results.

    That the same holds of every module in a process of its own is seen in the run of test_secrets.test_no_leaks.
    """
    filters = {
        "commcell_options": "{'entra': {}} | cvops.identity.commcell_options",
        "dates_as_text": "[now()] | cvops.identity.dates_as_text",
        "sum_results": "[] | cvops.identity.sum_results",
        "to_data_yaml": "{'a': '{{ b }}'} | cvops.identity.to_data_yaml",
        "visible": "'a' | cvops.identity.visible",
        "run_lines": "{} | cvops.identity.run_lines",
    }
    tasks = [
        *(
            task(f"{case.module} {number}", f"cvops.identity.{case.module}", case.options(site), no_log=True)
            for number, case in enumerate({case.module: case for case in CASES}.values())  # one of each
        ),
        *(
            task(name, "ansible.builtin.set_fact", {"found": "{{ lookup('cvops.identity." + name + "') is truthy }}"})
            for name in ("entra_token", "commvault_token")
        ),
        *(
            task(name, "ansible.builtin.set_fact", {"found": "{{ " + expression + " }}"})
            for name, expression in filters.items()
        ),
        task("fails", GROUP_INFO, {"object_id": UNKNOWN, "client_secret": "wrong-4711"}),
        task("is refused", GROUP_INFO, {"nonsense": 1}),
    ]
    run = play(tasks, check=True, diff=True, verbosity=1)
    assert len(run.results) == len(tasks)
    assert_nothing_deprecated(run)


@pytest.mark.whole
@pytest.mark.newest_core
@pytest.mark.parametrize(
    "playbook",
    [
        "bootstrap",
        *(pytest.param(name, marks=pytest.mark.whole) for name in ("doctor", "export_role_mappings", "preflight")),
        "site",
    ],
)
def test_no_role_and_playbook_uses_what_core_deprecates(
    site: Simulator, play: Player, tmp_path: Path, playbook: str
) -> None:
    variables = dict(site.variables())
    connection = variables.pop("cvops_connection")
    declared = {name: value for name, value in variables.items() if name in DOCUMENT_KEYS}
    document = tmp_path / "document.json"
    document.write_text(json.dumps(declared))
    _person, token = persons_token(site, "Directory.Read.All", "Group.ReadWrite.All", "Application.ReadWrite.All")
    given = {
        "cvops_connection": connection,
        "cvops_document": str(document),
        "cvops_document_allow": ["accept_risk", "grant_admin_consent", "relink"],
        "cvops_bootstrap": {
            "sign_in": {"access_token": token},
            "application": {"unique_name": "cvops-automation", "display_name": "cvops automation"},
        },
    }
    run = play(f"cvops.identity.{playbook}", check=True, diff=True, extra_vars=given)
    ours = [result for result in run.results if result.action.startswith("cvops.identity.")]
    assert ours and not run.result.failed, run.text
    assert_nothing_deprecated(run)
