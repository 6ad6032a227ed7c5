# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After a run at -vvvv, with a log and a JSON callback: no secret and no token in what was printed or left behind."""

from __future__ import annotations

import base64
import contextlib
import json
import pathlib
import time
import typing as t

import pytest
from ansible.release import __version__
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.cases import CASES
from helpers.checks import assert_no_secrets, assert_nothing_deprecated
from helpers.playing import Player, Run

PREFIX = "cvops.identity"
#: From ansible-core 2.22 on, Ansible itself masks what it displays, and what callbacks get.
CORE_MASKS = tuple(int(part) for part in __version__.split(".")[:2]) >= (2, 22)
WRONG = "wrong-secret-4711"
#: Modules whose tasks return a new secret on purpose.
RETURNING = ("entra_application_secret", "secret_rotation")


def one_of_each(site: Simulator) -> list[dict[str, t.Any]]:
    """A task of every module, the first that changes something where there is one."""
    tasks = []
    for name in sorted({case.module for case in CASES}):
        (case, *_others) = sorted((case for case in CASES if case.module == name), key=lambda case: not case.changes)
        keywords = {"no_log": True} if name in RETURNING else {}
        options = case.options(site)
        tasks.append({"name": name, f"{PREFIX}.{name}": options, "register": f"found_{name}", **keywords})
    return tasks


def failing(ready: str) -> list[dict[str, t.Any]]:
    """Errors talk more than successes do."""
    look, read = f"{PREFIX}.entra_group_info", f"{PREFIX}.commvault_security_info"
    who = {"display_name": "nobody", "token_cache": "none"}
    return [
        {"name": "wrong secret", look: {**who, "client_secret": "{{ wrong_secret }}"}, "ignore_errors": True},
        {"name": "wrong password", read: {"commvault_password": "{{ wrong_secret }}"}, "ignore_errors": True},
        {
            "name": "bad choice",
            look: {**who, "cloud": "x", "client_secret": "{{ wrong_secret }}"},
            "ignore_errors": True,
        },
        {"name": "unknown option", look: {**who, "client_secrte": "x"}, "ignore_errors": True},
        {
            "name": "no such host",
            look: {**who, "graph_url": "https://localhost:9", "retries": 0},
            "ignore_errors": True,
        },
        {
            "name": "ready token",
            read: {
                "subset": ["roles"],
                "commvault_auth_method": "access_token",
                "commvault_access_token": "{{ ready }}",
            },
        },
        {
            "name": "tokens by lookup",
            "ansible.builtin.set_fact": {
                "tokens": [
                    "{{ lookup('" + PREFIX + ".entra_token') }}",
                    "{{ lookup('" + PREFIX + ".commvault_token') }}",
                ]
            },
            "no_log": True,
        },
        {
            "name": "the new secret works",
            look: {
                "display_name": "nobody",
                "client_id": "{{ job }}",
                "client_secret": "{{ found_entra_application_secret.secret.value }}",
            },
            "ignore_errors": True,
        },
    ]


def test_no_leaks(site: Simulator, play: Player, in_process: bool) -> None:
    (cell,) = site.commcells.values()
    ready = cell.access_token()
    tasks = [*one_of_each(site), *failing(ready)]
    (adding,) = (options for options in (item.get(f"{PREFIX}.entra_application_secret") for item in tasks) if options)
    job = adding["application"]["app_id"]
    before = set(site.tenant.store.primary().rows("secrets"))
    known = len(site.login.issuer.key.issued)
    # What a test writes into its own playbook says nothing about leaks: secrets come by the environment.
    variables = {
        "wrong_secret": "{{ lookup('ansible.builtin.env', 'TEST_WRONG') }}",
        "ready": "{{ lookup('ansible.builtin.env', 'TEST_READY') }}",
        "job": job,
    }
    run = play(
        tasks,
        in_process=in_process,
        verbosity=4,
        diff=True,
        extra_vars=variables,
        env={"ANSIBLE_LOG_PATH": "ansible.log", "TEST_WRONG": WRONG, "TEST_READY": ready},
    )
    assert run.rc == 0, run.text
    assert "auth" in run.one("wrong secret")["error"]["kind"]
    assert run.one("the new secret works")["error"]["kind"] == "forbidden", "signed in, but without permissions"
    secrets = site.tenant.store.primary().rows("secrets")
    created = [row["text"] for key, row in secrets.items() if key not in before]
    tokens = site.login.issuer.key.issued[known:]
    assert len(created) == 2, "of entra_application_secret and of secret_rotation"
    assert tokens and cell.sessions.issued
    password = cell.admin[1]
    hunted = {
        site.automation.client_secret,
        *(service_password for dummy, service_password in [cell.admin, cell.automation]),
        *(base64.b64encode(word.encode()).decode() for word in (password, cell.automation[1], WRONG)),
        WRONG,
        ready,
        *created,
        *tokens,
        *(token.rpartition(".")[2] for token in tokens),
        *cell.sessions.issued,
    }
    assert (run.folder / "ansible.log").stat().st_size > 1000
    assert_no_secrets(run, [run.folder], hunted)
    assert_nothing_deprecated(run)  # every module, both ways
    assert site.automation.client_secret in secrets_in_use(site), "the hunt knows what it hunts"


def secrets_in_use(site: Simulator) -> set[str]:
    return {row["text"] for row in site.tenant.store.primary().rows("secrets").values()}


def command_lines() -> str:
    """What ``ps`` would show of every process of this machine."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes().decode("utf-8", "replace"))
    return "\n".join(found)


@pytest.mark.any_core
def test_no_secret_is_a_process_argument(site: Simulator, play: Player, in_process: bool) -> None:
    site.faults.add(Fault(service="*", method="GET", path="*/V4/Role*", action="slow", seconds=1.5, times=3))
    secrets = [site.automation.client_secret, site.variables()["cvops_connection"]["commcells"]["cs01"]["password"]]
    task = {"name": "slow", f"{PREFIX}.commvault_role": {"name": "View"}}
    running = play.start([task], "--check", in_process=in_process)
    seen = ""
    while running.process.poll() is None:
        seen += command_lines()
        time.sleep(0.1)
    running.wait()
    assert "ansible-playbook" in seen
    assert [secret for secret in secrets if secret in seen] == []


PLANTED = {
    "play": {
        "CVOPS_CLIENT_SECRET": "Planted~4701",
        "ARM_CLIENT_SECRET": "Planted~4702",
        "CVOPS_COMMVAULT_PIN": "Planted~4703",
        "HTTPS_PROXY": "http://user:Planted~4704@127.0.0.1:9",
        "no_proxy": "localhost,127.0.0.1",
    },
    "block": {
        "AZURE_CLIENT_SECRET": "Planted~4705",
        "AZURE_SECRET": "Planted~4706",
        "ARM_OIDC_TOKEN": "Planted~4707",
        "VAULT_TOKEN": "Planted~4708",
        "VAULT_SECRET_ID": "Planted~4709",
    },
    "task": {
        "CVOPS_COMMVAULT_PASSWORD": "Planted~4710",
        "CVOPS_ACCESS_TOKEN": "Planted~4711",
        "AZURE_CLIENT_CERTIFICATE_PASSWORD": "Planted~4712",
        "IDENTITY_HEADER": "Planted~4713",
        "MSI_SECRET": "Planted~4714",
        "JOB_PASSWORD": "Planted~4715",
    },
}


@pytest.mark.any_core
def test_the_environment_of_a_task_is_on_no_command_line(
    site: Simulator, play: Player, in_process: bool, tmp_path: pathlib.Path
) -> None:
    """The keyword of play, block and task; what gives an option, what gives none, and what the module reads itself."""
    site.faults.add(Fault(service="graph", method="GET", path="*", action="slow", seconds=0.7, times=20))
    own = site.automation.client_secret
    look = {
        f"{PREFIX}.entra_group_info": {"display_name": "nobody", "auth_method": "client_secret", "token_cache": "none"}
    }
    templated = "{{ planted_task | combine({'CVOPS_CLIENT_SECRET': lookup('ansible.builtin.env', 'TEST_OWN')}) }}"
    tasks = [
        {"name": "plain", **look, "environment": templated},
        {"name": "losing", **look, "environment": PLANTED["task"], "ignore_errors": True},
        {"name": "in the background", **look, "environment": templated, "async": 60, "poll": 1},
        {"name": "refused", f"{PREFIX}.entra_group_info": {"nonsense": 1}, "ignore_errors": True},
    ]
    plays = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "environment": PLANTED["play"],
            "tasks": [{"block": tasks, "environment": PLANTED["block"]}],
        }
    ]
    running = play.start(
        plays,
        "-vvvv",
        in_process=in_process,
        extra_vars={"planted_task": PLANTED["task"]},
        env={"TEST_OWN": own, "CVOPS_CLIENT_SECRET": "", "ANSIBLE_ASYNC_DIR": str(tmp_path / "async")},
    )
    seen = ""
    while running.process.poll() is None:
        seen += command_lines()
        time.sleep(0.1)
    run = running.wait().ok()
    assert "ansible-playbook" in seen
    assert run.one("plain")["groups"] == run.one("in the background")["groups"] == []
    (warning,) = (text for text in run.one("plain")["warnings"] if text.startswith("client_secret"))
    assert warning == (
        "client_secret is set to different values in several places: environment variable CVOPS_CLIENT_SECRET is used,"
        " environment variable AZURE_CLIENT_SECRET, environment variable AZURE_SECRET,"
        " environment variable ARM_CLIENT_SECRET ignored"
    )
    assert "client_secret from environment variable CVOPS_CLIENT_SECRET" in run.one("losing")["msg"]
    for secret in ("Planted~47", own):
        assert secret not in seen, "on a command line"
        assert secret not in run.text, "printed"
        assert secret not in repr([dict(result) for result in run.results])


def test_a_variable_that_only_the_module_reads_reaches_it(site: Simulator, play: Player, in_process: bool) -> None:
    site.imds.assign("web", "Group.Read.All")
    task = {
        "name": "look",
        f"{PREFIX}.entra_group_info": {"display_name": "nobody", "auth_method": "managed_identity"},
        "environment": {"IDENTITY_ENDPOINT": f"{site.imds_url}/msi/token", "IDENTITY_HEADER": "{{ header }}"},
    }
    run = play(
        [task],
        in_process=in_process,
        verbosity=4,
        extra_vars={"header": site.imds.identity_header},
        env={"CVOPS_CLIENT_SECRET": "", "CVOPS_CLIENT_ID": ""},
    ).ok()
    assert run.one("look")["groups"] == []
    assert_no_secrets(run, [], [site.imds.identity_header])


def test_a_variable_set_to_nothing_hides_the_inherited_one(site: Simulator, play: Player, in_process: bool) -> None:
    task = {
        "name": "look",
        f"{PREFIX}.entra_group_info": {"display_name": "nobody"},
        "environment": {"CVOPS_CLIENT_SECRET": ""},
    }
    run = play([task], in_process=in_process)
    assert run.one("look").failed and "client_secret" in run.one("look")["msg"]


def test_refused_values_are_not_shown(site: Simulator, play: Player, in_process: bool) -> None:
    look, read = f"{PREFIX}.entra_group_info", f"{PREFIX}.commvault_security_info"
    store = {"hashi_vault": {"path": "x", "tokn": "{{ planted }}"}}
    tried: list[tuple[str, dict[str, t.Any], str]] = [
        (look, {"client_secrte": "{{ planted }}"}, "did you mean client_secret?"),
        (read, {"commvault_pasword": "{{ planted }}"}, "did you mean commvault_password?"),
        (
            read,
            {"commvault_token_store": store},
            "commvault_token_store.hashi_vault.tokn is not an option; did you mean",
        ),
        (look, {"auth_method": "{{ planted }}"}, "got: a value that is not shown"),
        (look, {"auth_method": ["{{ planted }}"]}, "auth_method"),
        (look, {"auth_method": "cleint_secret"}, "got: cleint_secret"),
        (look, {"validate_certs": "{{ planted }}"}, "validate_certs"),
        (look, {"timeout": "{{ planted }}"}, "timeout"),
        (read, {"commvault_token_store": ["{{ planted }}"]}, "commvault_token_store"),
        (look, {"client_secret": {"value": "{{ planted }}"}}, "client_secret"),
    ]
    tasks = [
        {
            "name": words + module,
            module: {**({"display_name": "x"} if module == look else {}), **options},
            "ignore_errors": True,
        }
        for module, options, words in tried
    ]
    run = play(tasks, in_process=in_process, verbosity=3, extra_vars={"planted": "Planted~4711"})
    for module, options, words in tried:
        assert run.one(words + module).failed, options
        assert words in run.one(words + module)["msg"]
    assert_no_secrets(run, [], ["Planted~4711"])


def shown_as_base64(variable: str) -> dict[str, t.Any]:
    """A task that shows a variable as it is for the tasks after it: in this form nothing masks it."""
    return {
        "name": f"{variable} as registered",
        "ansible.builtin.debug": {"msg": "{{ " + variable + " | to_json | b64encode }}"},
    }


def registered(run: Run, variable: str) -> dict[str, t.Any]:
    found = json.loads(base64.b64decode(run.one(f"{variable} as registered")["msg"]))
    assert isinstance(found, dict)
    return found


def test_secret_options_are_masked_alike_in_all_that_a_task_returns(
    site: Simulator, play: Player, in_process: bool
) -> None:
    """Whatever masks on this core: the same placeholders in results, diffs, messages and what is registered."""
    own, (cell,) = site.automation.client_secret, site.commcells.values()
    password = cell.admin[1]
    group, role, look = f"{PREFIX}.entra_group", f"{PREFIX}.commvault_role", f"{PREFIX}.entra_group_info"
    tasks = [
        {
            "name": "in a text",
            group: {"display_name": "GG masked", "description": "is {{ own }}."},
            "register": "within",
        },
        {"name": "as a text", group: {"display_name": "GG masked", "description": "{{ own }}"}, "register": "whole"},
        {
            "name": "on the other side",
            role: {"name": "Masked", "permissions": ["View"], "description": "is {{ password }}."},
        },
        {"name": "in a failure", look: {"object_id": "{{ own }}"}, "ignore_errors": True, "register": "failure"},
        *(shown_as_base64(variable) for variable in ("within", "whole", "failure")),
    ]
    run = play(
        tasks,
        in_process=in_process,
        diff=True,
        verbosity=4,
        extra_vars={
            "own": "{{ lookup('ansible.builtin.env', 'CVOPS_CLIENT_SECRET') }}",
            "password": "{{ lookup('ansible.builtin.env', 'CVOPS_COMMVAULT_PASSWORD') }}",
        },
        env={"ANSIBLE_LOG_PATH": "ansible.log", "ANSIBLE_INJECT_INVOCATION": "true"},
    ).ok()
    assert_no_secrets(run, [run.folder], [own, password])
    within, whole = run.one("in a text"), run.one("as a text")
    assert within["group"]["description"] == "is ********."
    assert "is ********." in within["diff"]["after"]
    assert whole["group"]["description"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    assert run.one("on the other side")["role"]["description"] == "is ********."
    assert "********" in run.one("in a failure")["msg"]
    for name, result in (("within", within), ("whole", whole)):
        assert registered(run, name)["group"] == result["group"], "not only what is displayed"
        assert registered(run, name)["diff"] == result["diff"]
        assert result["invocation"]["module_args"]["client_secret"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
        assert own not in json.dumps(registered(run, name))
    assert registered(run, "failure")["msg"] == run.one("in a failure")["msg"]
    (stored,) = (row for row in site.tenant.groups.values() if row["displayName"] == "GG masked")
    assert stored["description"] == own, "what is sent is what was given"


def test_what_ansible_knows_as_a_secret_after_a_task(site: Simulator, play: Player, in_process: bool) -> None:
    """From ansible-core 2.22 on the values of secret options are masked in other tasks too, short ones included."""
    options = {
        "commvault_auth_method": "login",
        "commvault_pin": "{{ pin }}",
        "commvault_password": "{{ wrong_secret }}",
    }
    tasks = [
        {"name": "fails", f"{PREFIX}.commvault_security_info": options, "ignore_errors": True},
        {"name": "another", "ansible.builtin.debug": {"msg": "{{ wrong_secret }} in {{ pin }}"}},
    ]
    variables = {"wrong_secret": "{{ lookup('ansible.builtin.env', 'TEST_WRONG') }}", "pin": "{{ 1000 + 347 }}"}
    run = play(tasks, in_process=in_process, extra_vars=variables, env={"TEST_WRONG": WRONG})
    assert run.one("fails").failed
    assert run.one("another")["msg"] == ("$REDACTED$ in $REDACTED$" if CORE_MASKS else f"{WRONG} in 1347")
    assert (WRONG in run.text) != CORE_MASKS
