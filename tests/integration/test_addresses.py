# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses with user and password: refused, or used as a proxy, and not to be seen in anything that a run prints or returns."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest
from collection_tree import collections_path
from cvops_simulator import Simulator
from helpers.checks import assert_no_secrets, assert_no_writes
from helpers.playing import Player, connection_of
from loopback_guard import child_variables

PREFIX = "cvops.identity"
PASSWORD = "Planted4711"
LOOK, READ = f"{PREFIX}.entra_group_info", f"{PREFIX}.commvault_security_info"
NOBODY = {"display_name": "nobody", "token_cache": "none", "retries": 0}

#: Module and options with the address in them; ``{}`` is the place of user and password.
REFUSED: dict[str, tuple[str, dict[str, t.Any]]] = {
    "commvault_url": (READ, {"commvault_url": "https://{}@localhost:1/commandcenter/api"}),
    "commvault_url without a path": (READ, {"commvault_url": "https://{}@localhost:1"}),
    "commvault_url without a scheme": (READ, {"commvault_url": "{}@localhost:1/api"}),
    "graph_url": (LOOK, {**NOBODY, "graph_url": "https://{}@localhost:1"}),
    "graph_url over http": (LOOK, {**NOBODY, "graph_url": "HTTP://{}@localhost:1"}),
    "authority_url": (LOOK, {**NOBODY, "authority_url": "https://{}@localhost:1"}),
    "both and a bad choice": (LOOK, {**NOBODY, "authority_url": "https://{}@a", "graph_url": "https://{}@b"}),
    "Vault": (
        READ,
        {
            "commvault_auth_method": "token_store",
            "commvault_token_store": {
                "hashi_vault": {"path": "x", "token": "hvs.of-a-test", "url": "https://{}@localhost:1"}
            },
        },
    ),
    "Vault as JSON": (
        READ,
        {
            "commvault_auth_method": "token_store",
            "commvault_token_store": '{{"hashi_vault": {{"path": "x", "token": "hvs.of-a-test", "url": "https://{}@localhost:1"}}}}',
        },
    ),
    "redirect URI": (
        f"{PREFIX}.entra_application",
        {"display_name": "app", "web": {"redirect_uris": ["https://a.example", "https://{}@b.example/cb"]}},
    ),
    "issuer": (
        f"{PREFIX}.entra_federated_credential",
        {
            "application": {"display_name": "app"},
            "name": "job",
            "gitlab": {"project": "a/b", "branch": "c", "issuer": "https://{}@gitlab.example"},
        },
    ),
    "reply URL": (f"{PREFIX}.entra_service_principal", {"display_name": "app", "reply_urls": ["https://{}@b.example"]}),
    "scope": (READ, {"commvault_auth_method": "entra", "commvault_entra_scope": "https://{}@api.example/.default"}),
    "doctor": (f"{PREFIX}.connection_info", {"graph_url": "https://{}@localhost:1"}),
}

USED: dict[str, tuple[str, dict[str, t.Any]]] = {
    "proxy": (LOOK, {**NOBODY, "proxy": "http://{}@localhost:1"}),
    "proxy that is broken": (LOOK, {**NOBODY, "proxy": "http://{}@localhost:99999"}),
    "proxy without a scheme": (LOOK, {**NOBODY, "proxy": "{}@localhost:1"}),
    "commvault_proxy": (READ, {"commvault_proxy": "http://{}@localhost:1", "retries": 0}),
    "proxy beside an error": (LOOK, {**NOBODY, "proxy": "http://{}@localhost:1", "cloud": "moon"}),
    "proxy beside a wrong option": (LOOK, {**NOBODY, "proxy": "http://{}@localhost:1", "display_nmae": "x"}),
}


def filled(value: t.Any) -> t.Any:
    """The options, with user and password in their place."""
    if isinstance(value, dict):
        return {key: filled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item) for item in value]
    return value.format(f"svc:{PASSWORD}") if isinstance(value, str) else value


def test_refused_or_hidden_everywhere(site: Simulator, play: Player, in_process: bool) -> None:
    cases = {**REFUSED, **USED}
    options = {f"case{number}": filled(given) for number, (_module, given) in enumerate(cases.values())}
    tasks = [
        {"name": name, module: f"{{{{ case{number} }}}}", "ignore_errors": True}
        for number, (name, (module, _given)) in enumerate(cases.items())
    ]
    lookups = {
        "lookup": f"{{{{ lookup('{PREFIX}.entra_token', graph_url=case3.graph_url) }}}}",
        "lookup of Commvault": f"{{{{ lookup('{PREFIX}.commvault_token', commvault_url=case0.commvault_url) }}}}",
    }
    tasks += [
        {"name": name, "ansible.builtin.set_fact": {"found": text}, "ignore_errors": True}
        for name, text in lookups.items()
    ]
    run = play(tasks, in_process=in_process, extra_vars=options, verbosity=4).ok()
    assert_no_secrets(run, [], [PASSWORD])
    assert_no_writes(site)
    assert site.journal.entries() == [], "nothing was asked"
    for name in [*REFUSED, *lookups]:
        result = run.one(name)
        assert result.failed, name
        assert "user information" in result["msg"], name
    for name in USED:
        assert run.one(name).failed, name
        assert "user information" not in run.one(name)["msg"], name


@pytest.mark.parametrize(
    ("variable", "value", "module"),
    [
        ("CVOPS_COMMVAULT_URL", "https://{}@localhost:1", READ),
        ("CVOPS_GRAPH_URL", "https://{}@localhost:1", LOOK),
        ("AZURE_AUTHORITY_HOST", "https://{}@localhost:1", LOOK),
        ("VAULT_ADDR", "https://{}@localhost:1", READ),
        ("CVOPS_PROXY", "http://{}@localhost:1", LOOK),
        ("HTTPS_PROXY", "http://{}@localhost:1", LOOK),
        ("HTTPS_PROXY", "http://{}@localhost:99999", LOOK),
        ("IDENTITY_ENDPOINT", "http://{}@localhost:1", LOOK),
    ],
)
def test_from_the_environment(
    site: Simulator, play: Player, in_process: bool, variable: str, value: str, module: str
) -> None:
    """Once from the environment of ansible-playbook, and where there is one, once from the variable."""
    store = {
        "commvault_auth_method": "token_store",
        "commvault_token_store": {"hashi_vault": {"path": "x", "token": "hvs.of-a-test"}},
    }
    options: dict[str, t.Any] = {"retries": 0} if module == READ else {**NOBODY}
    options.update(store if variable == "VAULT_ADDR" else {})
    options.update({"auth_method": "managed_identity"} if variable == "IDENTITY_ENDPOINT" else {})
    address = filled(value)
    environment = {variable: address, "IDENTITY_HEADER": "x" if variable == "IDENTITY_ENDPOINT" else ""}
    if variable == "AZURE_AUTHORITY_HOST":
        environment["CVOPS_AUTHORITY_URL"] = ""
    tasks = [{"name": "first", module: options, "ignore_errors": True}]
    extra = {}
    if variable.startswith("CVOPS_"):
        tasks.append(
            {"name": "second", module: options, "vars": {variable.lower(): "{{ elsewhere }}"}, "ignore_errors": True}
        )
        extra = {"elsewhere": address}
    run = play(tasks, in_process=in_process, env=environment, extra_vars=extra, verbosity=4).ok()
    assert_no_secrets(run, [], [PASSWORD])
    for result in run.results:
        assert result.failed
        assert ("user information" in result["msg"]) is ("PROXY" not in variable), result["msg"]


@pytest.mark.whole
@pytest.mark.any_core
@pytest.mark.parametrize(
    "name", ["commvault_url", "graph_url", "Vault", "redirect URI", "proxy", "proxy beside a wrong option"]
)
def test_on_the_command_line(site: Simulator, tmp_path: pathlib.Path, in_process: bool, name: str) -> None:
    """An ad-hoc task: newer releases show its arguments beside the error, which holds for secrets too."""
    module, given = {**REFUSED, **USED}[name]
    options = {**filled(given), "client_secret": "Planted4711-secret"}
    environment = {
        **{key: os.environ[key] for key in ("PATH", "LC_ALL") if key in os.environ},
        **connection_of(site),
        **child_variables(),
        "HOME": str(tmp_path),
        "ANSIBLE_COLLECTIONS_PATH": str(collections_path()),
        "ANSIBLE_REMOTE_TEMP": str(tmp_path / "remote"),
        "ANSIBLE_NOCOLOR": "1",
    }
    ansible = pathlib.Path(sys.executable).parent / "ansible"
    words = [str(ansible), "localhost", "-vvvv", "-m", module, "-a", json.dumps(options)]
    words += ["-e", json.dumps({"cvops_in_process": in_process, "ansible_python_interpreter": sys.executable})]
    ended = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode != 0
    assert "FAILED" in ended.stdout
    assert PASSWORD not in ended.stdout + ended.stderr


@pytest.mark.whole
@pytest.mark.any_core
def test_a_role_and_a_playbook(site: Simulator, play: Player) -> None:
    connection = site.variables()["cvops_connection"]
    name, cell = next(iter(connection["commcells"].items()))
    planted = {
        "cvops_connection": {**connection, "commcells": {name: {**cell, "url": f"https://svc:{PASSWORD}@localhost:1"}}}
    }
    for playbook in ("doctor", "preflight", "converge_role_mappings"):
        run = play(f"{PREFIX}.{playbook}", extra_vars={**site.variables(), **planted}, verbosity=3)
        assert run.rc != 0
        assert_no_secrets(run, [], [PASSWORD])
        assert "user information" in run.text
