# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks of Ansible's own that decide and say things, such as ``set_fact``, carried out where the run is, without a process for each.

Of the 63 tasks of an ordinary run of the playbook ``site`` 51 are of that kind, and their processes are half of what the run costs. Whatever
is the collection's own, and all that runs a module, still has its worker. For tests of which a release of ansible-core decides nothing
(``any_core``); the others, and every start of the program itself, have a worker for every task.
"""

from __future__ import annotations

import copy
import inspect
import typing as t

from ansible.executor.process import worker

#: Not add_host and group_by, which ask the process of the run for its inventory, and would wait for themselves.
ACTIONS = frozenset(
    f"ansible.builtin.{name}"
    for name in (
        "assert",
        "debug",
        "fail",
        "include_role",
        "include_tasks",
        "include_vars",
        "set_fact",
        "validate_argument_spec",
    )
)
#: The parameters of TaskExecutor in the releases that this knows: 2.16, and 2.22.
_OLD = (
    "host",
    "task",
    "job_vars",
    "play_context",
    "new_stdin",
    "loader",
    "shared_loader_obj",
    "final_q",
    "variable_manager",
)
_NEW = ("host", "play_context", "loader", "shared_loader_obj", "final_q", "variable_manager")
_start_process = worker.WorkerProcess.start


def install() -> None:
    """Let this run do so; with another release of ansible-core everything stays as it is."""
    parameters = tuple(inspect.signature(worker.TaskExecutor.__init__).parameters)[1:]
    carry_out = {_OLD: _carry_out_old, _NEW: _carry_out_new}.get(parameters)
    if carry_out is None:
        return

    def start(self: t.Any) -> None:
        """Carry out the task of this worker, or start its process."""
        if not is_control(self._task):
            _start_process(self)
            return
        task = self._task.copy(exclude_parent=True, exclude_tasks=True)  # as for an item of a loop
        task._parent = self._task._parent
        before, worker.current_worker = worker.current_worker, self
        try:
            carry_out(self, task, dict(self._task_vars), copy.copy(self._host))
        finally:
            worker.current_worker = before

    worker.WorkerProcess.start = start


def is_control(task: t.Any) -> bool:
    """True for a task of these, with nothing that needs a process."""
    return task.action in ACTIONS and not (task.delegate_to or task.async_val or getattr(task, "timeout", None))


def _carry_out_old(self: t.Any, task: t.Any, task_vars: dict[str, t.Any], host: t.Any) -> None:
    rest = (None, self._loader, self._shared_loader_obj, self._final_q, self._variable_manager)
    result = worker.TaskExecutor(host, task, task_vars, self._play_context, *rest).run()
    self._final_q.send_task_result(host.name, task._uuid, result, task_fields=task.dump_attrs())


def _carry_out_new(self: t.Any, task: t.Any, task_vars: dict[str, t.Any], host: t.Any) -> None:
    from ansible._internal._task import TaskContext

    with TaskContext.create(task=task, task_vars=task_vars, host_name=host.name):
        task.squash()
        rest = (self._loader, self._shared_loader_obj, self._final_q, self._variable_manager)
        result = worker.TaskExecutor(host, self._play_context, *rest).run()
        result.finalize_registered_values()
        # its callbacks look at the task
        task.ignore_errors, task.ignore_unreachable = result.ignore_errors, result.ignore_unreachable
        host.vars, host.groups = {}, []
        self._final_q.send_task_result(host, task, result)
