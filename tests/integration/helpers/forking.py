# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ansible-playbook`` without the time of its start: forked from a process that has imported ansible-core and the libraries.

Importing is more than half of what a short run costs. Each process of the tests has one such server (Python's own fork
server); a run is a fork of it, in a session of its own, with its own environment and folder. Of the collection what its modules share is
imported beforehand, the rest is compiled. What the environment of a run decides at import time is decided again: ``ansible.constants``, and
the file of the log.
"""

from __future__ import annotations

import ast
import atexit
import contextlib
import importlib
import multiprocessing
import os
import pathlib
import subprocess
import sys
import tempfile
import traceback
import typing as t
from multiprocessing.forkserver import ensure_running

from helpers import shared_clock

if t.TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess

#: The variable that lets a run carry out Ansible's own control tasks without processes: see :mod:`helpers.control_tasks`.
CONTROL_TASKS = "CVOPS_TEST_CONTROL_TASKS"
#: The same for all runs of Player: several modules of ansible-core read these when they are imported.
FIXED_PREFIX = "ANSIBLE_"
#: What a run may set for itself of them: only read through ansible.constants, when it is needed.
OWN = (
    "ANSIBLE_HOME",
    "ANSIBLE_REMOTE_TEMP",
    "ANSIBLE_COLLECTIONS_PATH",
    "ANSIBLE_ASYNC_DIR",
    "ANSIBLE_VAULT_PASSWORD_FILE",
    "ANSIBLE_LOG_PATH",  # its file is opened when ansible-core is imported: _open_log does it again
)
#: Those of every run of Player; a run with more of them cannot be the one that the server is started for, else all later ones would be programs.
_USUAL = (
    "ANSIBLE_CALLBACK_PLUGINS",
    "ANSIBLE_CALLBACKS_ENABLED",
    "ANSIBLE_LOCALHOST_WARNING",
    "ANSIBLE_INVENTORY_UNPARSED_WARNING",
    "ANSIBLE_NOCOLOR",
)
_IMPORTED = (
    __name__,
    "ansible.cli.playbook",
    "ansible.executor.module_common",
    "ansible.executor.playbook_executor",
    "ansible.executor.process.worker",
    "ansible.executor.task_executor",
    "ansible.executor.task_queue_manager",
    "ansible.playbook.play",
    "ansible.plugins.action.normal",
    "ansible.plugins.callback.default",
    "ansible.plugins.connection.local",
    "ansible.plugins.shell.sh",
    "ansible.plugins.strategy.linear",
    "cryptography.hazmat.primitives.serialization.pkcs12",
    "cryptography.x509",
    "jinja2",
    "jmespath",
    "msal",
    "requests",
    "yaml",
    "helpers.control_tasks",
    "helpers.preloading",  # last: what is there by then is never collected
)
_CRASHED = 250
#: Where the server finds the modules of the tests: what it cannot import, it leaves out without a word.
_HELPERS = pathlib.Path(__file__).resolve().parent.parent
_context = multiprocessing.get_context("forkserver")
_server_environment: dict[str, str] | None = None


class ForkedProgram:
    """A run that was forked: what Running needs of a process."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process

    def wait(self, seconds: float | None = None) -> int:
        """The exit code. Raises subprocess.TimeoutExpired after *seconds*, as Popen does."""
        self._process.join(seconds)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("ansible-playbook", seconds or 0)
        return self._process.exitcode

    def poll(self) -> int | None:
        """The exit code; None while the run goes on."""
        return self._process.exitcode

    def kill(self) -> None:
        """End the run at once."""
        self._process.kill()


def fork_playbook(
    words: t.Sequence[str], folder: pathlib.Path, environment: t.Mapping[str, str], output: pathlib.Path
) -> ForkedProgram | None:
    """Start ``ansible-playbook`` with *words*; else as fork_program."""
    return fork_program(_play, ["ansible-playbook", *words], folder, environment, output)


def fork_program(
    main: t.Callable[[], int | None],
    words: t.Sequence[str],
    folder: pathlib.Path,
    environment: t.Mapping[str, str],
    output: pathlib.Path,
) -> ForkedProgram | None:
    """Start *main*, a function of a module, with *words* as ``sys.argv``.

    None where the environment differs from the first run's in what is fixed.
    """
    global _server_environment
    fixed = {name: value for name, value in environment.items() if name.startswith(FIXED_PREFIX) and name not in OWN}
    if _server_environment is None:
        if not all(name in _USUAL or name.startswith("ANSIBLE_WORKER_SHUTDOWN_") for name in fixed):
            return None
        paths = os.pathsep.join([str(_HELPERS), environment["PYTHONPATH"]])
        own = {"ANSIBLE_HOME": str(folder.parent / "server"), "PYTHONPATH": paths}
        # Core before 2.19 makes the working directory of a log's empty path; without the variable there is no log.
        given = {name: value for name, value in environment.items() if name != "ANSIBLE_LOG_PATH"}
        with _environment({**given, **own}):
            _context.set_forkserver_preload(list(_IMPORTED))
            ensure_running()
        _server_environment = fixed
    if fixed != _server_environment:
        return None
    arguments = (main, list(words), str(folder), dict(environment), str(output))
    process = _context.Process(target=_run_program, args=arguments)
    process.start()
    return ForkedProgram(process)


@contextlib.contextmanager
def _environment(environment: t.Mapping[str, str]) -> t.Iterator[None]:
    """Give the server *environment* while it starts."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _open_log() -> None:
    """Run again what ``ansible.utils.display`` does when it is imported: open the file that ANSIBLE_LOG_PATH names."""
    if not os.environ.get("ANSIBLE_LOG_PATH"):
        return
    from ansible.utils import display

    path = pathlib.Path(display.__file__)
    (opening,) = (
        node
        for node in ast.parse(path.read_bytes()).body
        if isinstance(node, ast.If) and "'DEFAULT_LOG_PATH'" in ast.unparse(node.test)
    )
    exec(compile(ast.Module([opening], []), str(path), "exec"), vars(display))


def _play() -> int | None:
    """Be ``ansible-playbook``."""
    import ansible.constants

    importlib.reload(ansible.constants)
    from helpers import control_tasks, preloading  # here they are imported

    preloading.give_definitions_of_plugins()
    preloading.share_archives()
    ansible.constants.DEFAULT_INTERNAL_POLL_INTERVAL = 0.005  # how often results of tasks are looked for
    _open_log()
    if os.environ.pop(CONTROL_TASKS, ""):
        control_tasks.install()
    from ansible.cli.playbook import main

    return t.cast("int | None", main(sys.argv))


def _run_program(
    main: t.Callable[[], int | None], words: list[str], folder: str, environment: dict[str, str], output: str
) -> None:
    """Be a program, in a process of the fork server."""
    os.setsid()
    for number, path, flags in ((0, os.devnull, os.O_RDONLY), (1, output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)):
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.dup2(1, 2)
    if environment.get("ANSIBLE_COLLECTIONS_PATH") != os.environ["ANSIBLE_COLLECTIONS_PATH"]:
        from helpers.preloading import forget_shared  # here it is imported

        forget_shared()
    if clock := environment.get(shared_clock.VARIABLE):
        shared_clock.follow_shared_clock(pathlib.Path(clock))
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - multiprocessing closes it
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    tempfile.tempdir = None
    sys.argv = words
    code = _CRASHED
    try:
        code = main() or 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    atexit._run_exitfuncs()  # a process of multiprocessing leaves them out
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(code)
