# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job as AWX and Automation Controller run it: ansible-runner in a container that is poor in everything.

What credential types inject comes from the types that the collection ships, rendered as a controller does: inputs that nobody gave
become empty text. Environment and extra variables beside it are those that AWX 24.6.1 was seen to set.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys
import typing as t

import jinja2.sandbox
import yaml
from collection_tree import ROOT, collections_path
from cvops_simulator import Simulator
from helpers import shared_clock
from helpers.playing import CALLBACKS, Result
from loopback_guard import child_variables

OWN_CALLBACKS = pathlib.Path(__file__).resolve().parent / "plugins" / "callback"
TYPES = ROOT / "docs" / "examples" / "awx_credential_types.yml"
#: A number that no user has; OpenShift gives each namespace a range of such.
USER = 1_000_660_000
JOB_ID = 4711
TEMPLATE, LAUNCHER = "cvops converge", "ana.operator"
REVISION = "1" * 40
_LIMIT_S = 300


def can_become_nobody() -> bool:
    """Return True where a job can run as a user without a name: as root, with util-linux at hand."""
    return os.geteuid() == 0 and shutil.which("setpriv") is not None


def inject(type_name: str, folder: pathlib.Path, **inputs: t.Any) -> dict[str, str]:
    """Return the environment that a credential of the shipped type *type_name* gives to a job; its files go to *folder*."""
    types = {kind["name"]: kind for kind in yaml.safe_load(TYPES.read_text("utf-8"))}
    kind = types[type_name]
    fields = {field["id"]: field for field in kind["inputs"]["fields"]}
    assert inputs.keys() <= fields.keys(), f"{type_name} has no inputs {inputs.keys() - fields.keys()}"
    # As AWX does at the start of a job: defaults of fields are not applied, and what is missing is empty, or False.
    values = {name: inputs.get(name, False if field.get("type") == "boolean" else "") for name, field in fields.items()}
    engine = jinja2.sandbox.ImmutableSandboxedEnvironment()
    names: dict[str, t.Any] = {}
    for key, template in kind["injectors"].get("file", {}).items():
        path = folder / f"tmp{len(names)}{key.rpartition('.')[2]}"
        path.write_text(engine.from_string(template).render(values), encoding="utf-8")
        path.chmod(0o600)
        names[key.partition(".")[2]] = str(path)
    tower = {"filename": names.get("", names)}
    return {
        name: engine.from_string(template).render({**values, "tower": tower})
        for name, template in kind["injectors"].get("env", {}).items()
    }


@dataclasses.dataclass
class Job:
    """A finished job. ``text``: what its log shows; ``artifacts``: what ansible-runner wrote down of it."""

    rc: int
    text: str
    results: list[Result]
    folder: pathlib.Path

    def ok(self) -> Job:
        """This job, if it ended well; else the test fails with its log."""
        if self.rc != 0:
            raise AssertionError(f"the job ended with {self.rc}:\n{self.text}")
        return self

    def one(self, task: str) -> Result:
        """The only result of the task of this name."""
        (found,) = [result for result in self.results if result.task == task]
        return found


class Controller:
    """Runs jobs: ``launch(playbook, variables)``. *files*: text by path, such as ``project/access.yml``, for each of them."""

    def __init__(self, folder: pathlib.Path, site: Simulator, files: t.Mapping[str, str] | None = None) -> None:
        self._folder, self._site, self.files, self._count = folder, site, dict(files or {}), 0

    def launch(
        self,
        playbook: str,
        variables: t.Mapping[str, t.Any] | None = None,
        *words: str,
        env: t.Mapping[str, str] | None = None,
        injected: t.Mapping[str, str] | None = None,
        home: str | None = "/",
        umask: int = 0o022,
    ) -> Job:
        """Run a playbook of the collection, which one of the project imports. *variables*: of the launch, each ``!unsafe``.

        *env*: of the image or the instance group; *injected*: of credentials; *home*: None for no ``HOME`` at all.
        """
        self._count += 1
        runner = self._folder / f"runner{self._count}"
        scratch = self._folder / f"tmp{self._count}"
        for folder in ("env", "inventory", "project", "artifacts"):
            (runner / folder).mkdir(parents=True)
        scratch.mkdir()
        (runner / "inventory" / "hosts").write_text("localhost ansible_connection=local\n")
        for name, text in self.files.items():
            path = runner / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        (runner / "project" / f"{playbook}.yml").write_text(
            f"- ansible.builtin.import_playbook: cvops.identity.{playbook}\n"
        )
        extra = {**(variables or {}), **_awx_variables()}
        (runner / "env" / "launch.yml").write_text(_dump_unsafe(extra), encoding="utf-8")
        cmdline = ["-u", "root", "-e", f"@{runner / 'env' / 'launch.yml'}", *words]
        environment = self._environment(runner, scratch, home, {**(env or {}), **(injected or {})})
        program = [str(pathlib.Path(sys.executable).with_name("ansible-runner")), "run", str(runner)]
        program += ["-p", f"{playbook}.yml", "--ident", str(JOB_ID), "--cmdline", " ".join(cmdline), "--omit-env-files"]
        self._hand_over(runner, scratch)
        done = subprocess.run(
            [*_become_nobody(), *program],
            env=environment,
            cwd="/",
            umask=umask,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LIMIT_S,
            check=False,
        )
        text = (done.stdout + done.stderr).decode(errors="replace")
        lines = scratch / "results.jsonl"
        found = [json.loads(line) for line in lines.read_text("utf-8").splitlines()] if lines.exists() else []
        return Job(done.returncode, text, [Result(line) for line in found if "result" in line], runner)

    def _environment(
        self, runner: pathlib.Path, scratch: pathlib.Path, home: str | None, more: t.Mapping[str, str]
    ) -> dict[str, str]:
        collections = f"{runner / 'requirements_collections'}:{collections_path()}:/usr/share/ansible/collections"
        return {
            "PATH": f"{pathlib.Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            **child_variables(),
            **({} if home is None else {"HOME": home}),
            "TMPDIR": str(scratch),
            # Without these ansible-core itself ends at once where the home folder cannot be written to.
            "ANSIBLE_HOME": str(scratch / ".ansible"),
            "ANSIBLE_REMOTE_TEMP": str(scratch / ".ansible" / "tmp"),
            "ANSIBLE_CALLBACK_PLUGINS": f"{CALLBACKS}:{OWN_CALLBACKS}",
            "ANSIBLE_CALLBACKS_ENABLED": "results_file,follow_clock",
            shared_clock.VARIABLE: os.environ[shared_clock.VARIABLE],
            "CVOPS_TEST_RESULTS": str(scratch / "results.jsonl"),
            "ANSIBLE_FORCE_COLOR": "True",
            "ANSIBLE_HOST_KEY_CHECKING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
            "ANSIBLE_PARAMIKO_RECORD_HOST_KEYS": "False",
            "ANSIBLE_RETRY_FILES_ENABLED": "False",
            "ANSIBLE_COLLECTIONS_PATH": collections,
            "ANSIBLE_COLLECTIONS_PATHS": collections,
            "ANSIBLE_ROLES_PATH": f"{runner / 'requirements_roles'}:/usr/share/ansible/roles:/etc/ansible/roles",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(runner / "cp"),
            "MAX_EVENT_RES": "700000",
            "AWX_HOST": "https://awx.corp.example",
            "AWX_PRIVATE_DATA_DIR": str(runner),
            "JOB_ID": str(JOB_ID),
            "INVENTORY_ID": "2",
            "PROJECT_REVISION": REVISION,
            "CVOPS_AUTHORITY_URL": self._site.login_url,
            "CVOPS_GRAPH_URL": self._site.graph_url,
            "CVOPS_INSTANCE_DISCOVERY": "False",
            "CVOPS_CA_PATH": self._site.ca_path,
            **more,
        }

    def _hand_over(self, runner: pathlib.Path, scratch: pathlib.Path) -> None:
        """Make everything that a container gives to a job its own, and the project read-only."""
        if can_become_nobody():
            for folder in (runner, scratch):
                for path in (folder, *folder.rglob("*")):
                    os.chown(path, USER, 0)
        for path in [*(runner / "project").rglob("*"), runner / "project"]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        (runner / "env" / "launch.yml").chmod(0o400)


def _become_nobody() -> list[str]:
    """Return the words before a command that run it as USER, who may read what root may, for the tests lie in root's folders, and no more."""
    if not can_become_nobody():
        return []
    reading = ["--inh-caps", "-all,+dac_read_search", "--ambient-caps", "-all,+dac_read_search"]
    return ["setpriv", "--reuid", str(USER), "--regid", "0", "--clear-groups", *reading, "--"]


def _awx_variables() -> dict[str, t.Any]:
    """Return the variables that AWX adds to those of the launch, under both of its names."""
    told = {
        "job_id": JOB_ID,
        "job_launch_type": "workflow",
        "workflow_job_id": 8,
        "workflow_job_name": "cvops flow",
        "workflow_job_launch_type": "manual",
        "user_id": 7,
        "user_name": LAUNCHER,
        "user_email": f"{LAUNCHER}@corp.example",
        "user_first_name": "",
        "user_last_name": "",
        "inventory_id": 2,
        "inventory_name": "cvops",
        "project_revision": REVISION,
        "project_scm_branch": "main",
        "job_template_id": 10,
        "job_template_name": TEMPLATE,
    }
    return {f"{prefix}_{name}": value for prefix in ("awx", "tower") for name, value in told.items()}


class _Unsafe(yaml.SafeDumper):
    """Writes each text as AWX does, so that nothing in it is a template."""


_Unsafe.add_representer(str, lambda dumper, text: dumper.represent_scalar("!unsafe", text, style="'"))


def _dump_unsafe(variables: t.Mapping[str, t.Any]) -> str:
    return yaml.dump(dict(variables), Dumper=_Unsafe, allow_unicode=True)
