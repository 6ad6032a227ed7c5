# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation tells people to type does what it says, against the simulator."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import re
import subprocess
import sys
import textwrap
import typing as t
from collections.abc import Callable

import pytest
import yaml
from collection_tree import ROOT, collections_path
from cvops_simulator import Simulator
from helpers.checks import assert_no_secrets
from helpers.playing import Player
from helpers.shown_tasks import CLIENT, TENANT, shown_tasks
from helpers.trust import Issuer, Pair, register_certificate
from loopback_guard import child_variables
from shown_code import all_blocks

pytestmark = pytest.mark.any_core

GUIDE = ROOT / "docs" / "docsite" / "rst" / "guide_sign_in.rst"
SHOWN = ROOT / "docs" / "examples"
GROUP = "GG-Commvault-hq-vm-Operator"
OWN_CREDENTIALS = ("CVOPS_TENANT_ID", "CVOPS_CLIENT_ID", "CVOPS_CLIENT_SECRET")

Shell = Callable[..., subprocess.CompletedProcess[str]]


def example(name: str) -> str:
    """The shell commands below the comment that names them."""
    found = re.search(rf"\.\. example: {name}\n\n\.\. code-block:: shell\n\n((?:   .*\n|\n)+)", GUIDE.read_text())
    assert found, name
    return textwrap.dedent(found[1])


@pytest.fixture
def shell(site: Simulator, play: Player, tmp_path: pathlib.Path) -> Shell:
    """Runs an example with the simulator's ids and addresses, and nothing of the automation's own credentials."""

    def run(name: str, paths: t.Mapping[str, str] | None = None, typed: str = "", **env: str) -> t.Any:
        script = example(name)
        names = {TENANT: site.tenant_id, CLIENT: site.automation.client_id, "GG-Commvault-emea-vm-Operator": GROUP}
        for shown, real in {**names, **(paths or {})}.items():
            assert shown in script or shown in names, shown
            script = script.replace(shown, real)
        addresses = {name: value for name, value in play.connection.items() if name not in OWN_CREDENTIALS}
        surroundings = {
            **child_variables(),
            "PATH": f"{pathlib.Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(tmp_path),
            "TMPDIR": str(tmp_path),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(collections_path()),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_VERBOSITY": "4",
        }
        return subprocess.run(
            ["bash", "-euc", script],
            env={**surroundings, **addresses, **env},
            input=f"{typed}\n",
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def assert_found(outcome: subprocess.CompletedProcess[str], site: Simulator) -> None:
    said = outcome.stdout + outcome.stderr
    assert outcome.returncode == 0, said
    ids = [key for key, group in site.tenant.groups.items() if group["displayName"] == GROUP]
    assert "localhost | SUCCESS" in said and len(ids) == 1 and ids[0] in said
    assert site.automation.client_secret not in said


@pytest.mark.every_core
def test_client_secret(site: Simulator, shell: Shell) -> None:
    assert_found(shell("client_secret", typed=site.automation.client_secret), site)
    refused = shell("client_secret", typed="not the secret")
    assert refused.returncode != 0 and "AADSTS7000215" in refused.stdout and "not the secret" not in refused.stdout


@pytest.mark.whole
def test_client_certificate(site: Simulator, shell: Shell, tmp_path: pathlib.Path) -> None:
    pair = Pair()
    path = tmp_path / "client.pem"
    path.write_text(pair.key_pem() + pair.pem)
    assert shell("client_certificate", {"/etc/cvops/client.pem": str(path)}).returncode != 0
    register_certificate(site, pair)
    assert_found(shell("client_certificate", {"/etc/cvops/client.pem": str(path)}), site)


def test_federated_token(site: Simulator, shell: Shell, tmp_path: pathlib.Path) -> None:
    issuer, path = Issuer(site), tmp_path / "token"
    paths = {"/var/run/secrets/azure/tokens/azure-identity-token": str(path)}
    path.write_text(issuer.token(sub="another job"))
    refused = shell("federated", paths)
    assert refused.returncode != 0 and "AADSTS700213" in refused.stdout
    path.write_text(issuer.token())
    assert_found(shell("federated", paths), site)


def test_managed_identity(site: Simulator, shell: Shell) -> None:
    endpoint = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": site.imds_url}
    assert shell("managed_identity", **endpoint).returncode != 0
    site.imds.assign("worker", "GroupMember.Read.All")
    assert_found(shell("managed_identity", **endpoint), site)


@pytest.mark.whole
def test_the_head_of_set_m_as_its_own_comment_runs_it(
    make_site: Callable[..., Simulator], make_player: Callable[[Simulator], Player]
) -> None:
    """The connection comes last, as there; a part of the mapping is enough, the whole of it is run elsewhere."""
    simulator = make_site(set="M", seed=1, empty=True)
    head = yaml.safe_load((SHOWN / "set_m.yml").read_text())
    assert head["cvops_connection"]["commcells"].keys() == simulator.variables()["cvops_connection"]["commcells"].keys()
    part = {name: head[name] for name in ("cvops_application", "cvops_commvault_roles")}
    groups = {entry["principal"]["entra_group"]["name"] for entry in head["cvops_role_mappings"][:6]}
    part["cvops_role_mappings"] = head["cvops_role_mappings"][:6]
    part["cvops_entra_groups"] = [group for group in head["cvops_entra_groups"] if group["display_name"] in groups]
    extra = {**part, "cvops_connection": simulator.variables()["cvops_connection"]}
    run = make_player(simulator)("cvops.identity.site", check=True, diff=True, verbosity=4, extra_vars=extra).ok()
    passwords = [cell["password"] for cell in simulator.variables()["cvops_connection"]["commcells"].values()]
    sent = [base64.b64encode(password.encode()).decode() for password in passwords]
    assert_no_secrets(run, [], [simulator.automation.client_secret, *passwords, *sent])
    assert run.stats["changed"] > 0
    assert "Check mode: nothing was written" in run.text
    assert simulator.journal.writes() == []


@pytest.mark.whole
def test_the_example_for_ci_passes(tmp_path: pathlib.Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp", str(tmp_path / "base")]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "CVOPS_"))},
        "ANSIBLE_COLLECTIONS_PATH": str(collections_path()),
        "ANSIBLE_HOME": str(tmp_path / "ansible"),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    script = SHOWN / "ci" / "test_access.py"
    outcome = subprocess.run(
        [*command, "--rootdir", str(tmp_path), "-c", os.devnull, str(script)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert outcome.returncode == 0 and "2 passed" in outcome.stdout, outcome.stdout + outcome.stderr


def test_what_a_test_can_do_can_be_done() -> None:
    """The Python block of the testing guide; names that do not exist would raise."""
    guide = ROOT / "docs" / "docsite" / "rst" / "guide_testing.rst"
    found = re.search(r"code-block:: python\n\n((?:   .*\n|\n)+)", guide.read_text())
    assert found
    known: dict[str, t.Any] = {}
    exec(compile(textwrap.dedent(found[1]), str(guide), "exec"), known)
    assert known["sim"].journal.entries() == []


@pytest.mark.parametrize(
    ("left", "told"),
    [
        ({}, ""),
        ({"remaining": 3}, "cs01: 3 requests remain"),
        ({"unmanaged": [{"user_group": "GG-Old", "grants": 1}]}, "GG-Old has no entry"),
        ({"surplus": "unknown"}, "cs01: surplus: unknown"),
    ],
)
def test_leftovers_fail_a_job(play: Player, tmp_path: pathlib.Path, left: dict[str, t.Any], told: str) -> None:
    mappings = {"remaining": 0, "not_confirmed": [], "unmanaged": [], "surplus": [], **left}
    summary = tmp_path / "summary.json"
    summary.write_text(json.dumps({"role_mappings": {"commcells": {"cs01": {"mappings": mappings}}}}))
    run = play(str(SHOWN / "report_leftovers.yml"), extra_vars={"summary": str(summary)})
    assert (run.rc == 0) is (not left), run.text
    assert told in run.text


def first_of_each_module(tasks: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """The first task of each module of the collection, its own documentation before guides, whose tasks need those before them, and all
    tasks of others: a process for each example would cost a minute."""
    tasks = sorted(tasks, key=lambda task: not task["name"].startswith("plugins/"))
    names = [next((key for key in task if key.startswith("cvops.identity.")), None) for task in tasks]
    return [task for number, task in enumerate(tasks) if names[number] is None or names[number] not in names[:number]]


@pytest.mark.whole
def test_no_example_prints_a_secret(site: Simulator, play: Player, in_process: bool, tmp_path: pathlib.Path) -> None:
    (cell,) = site.commcells.values()
    tasks = shown_tasks(all_blocks(), site, tmp_path)
    assert len(tasks) > 40
    if not in_process:
        tasks = first_of_each_module(tasks)
    known, secrets = len(site.login.issuer.key.issued), set(site.tenant.store.primary().rows("secrets"))
    password = cell.admin[1]
    run = play(
        tasks,
        in_process=in_process,
        verbosity=4,
        diff=True,
        extra_vars={
            "vault_commvault_password": "{{ lookup('ansible.builtin.env', 'CVOPS_COMMVAULT_PASSWORD') }}",
            "typed_password": "{{ lookup('ansible.builtin.env', 'CVOPS_COMMVAULT_PASSWORD') }}",
            "cvops_commvault_url": cell.url,
            "cvops_role_mappings": [],
        },
        env={"SSL_CERT_FILE": site.ca_path},
    )
    assert len(run.results) == len(tasks), run.text
    worked = {result.task for result in run.results if not result.failed}
    assert {f"plugins/lookup/commvault_token.py {number}" for number in range(3)} <= worked, run.text
    assert len(worked) > (20 if in_process else 10)
    created = [row["text"] for key, row in site.tenant.store.primary().rows("secrets").items() if key not in secrets]
    tokens = site.login.issuer.key.issued[known:]
    assert created and tokens and cell.sessions.issued, run.text
    hunted = {
        site.automation.client_secret,
        password,
        base64.b64encode(password.encode()).decode(),
        *created,
        *tokens,
        *cell.sessions.issued,
        *(
            text
            for user in cell.state.users
            for token in cell.sessions.store.of_user(user.id)
            for text in (token.access, token.refresh)
        ),
    }
    assert_no_secrets(run, [], hunted)
