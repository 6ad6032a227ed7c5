# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After a run at -vvvv, with a log and a JSON callback: no secret and no token in what was printed or left behind."""

from __future__ import annotations

import base64
import contextlib
import pathlib
import time
import typing as t

from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.cases import CASES
from helpers.checks import assert_no_secrets
from helpers.playing import Player

PREFIX = "cvops.identity"
WRONG = "wrong-secret-4711"


def one_of_each(site: Simulator) -> list[dict[str, t.Any]]:
    """A task of every module, the first that changes something where there is one."""
    tasks = []
    for name in sorted({case.module for case in CASES}):
        (case, *_others) = sorted((case for case in CASES if case.module == name), key=lambda case: not case.changes)
        keywords = {"no_log": True} if name == "entra_application_secret" else {}
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
    before = set(site.tenant.store.truth().rows("secrets"))
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
    secrets = site.tenant.store.truth().rows("secrets")
    created = [row["text"] for key, row in secrets.items() if key not in before]
    tokens = site.login.issuer.key.issued[known:]
    assert len(created) == 1
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
    assert site.automation.client_secret in secrets_in_use(site), "the hunt knows what it hunts"


def secrets_in_use(site: Simulator) -> set[str]:
    return {row["text"] for row in site.tenant.store.truth().rows("secrets").values()}


def command_lines() -> str:
    """What ``ps`` would show of every process of this machine."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes().decode("utf-8", "replace"))
    return "\n".join(found)


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
