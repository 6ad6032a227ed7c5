# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes every task result as a line of JSON, for tests: what a callback gets to see, and nothing more."""

from __future__ import annotations

import json
import os
import time
import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: results_file
type: notification
short_description: Results of the tests' playbook runs
description: Appends one JSON object per task result and per loop item to the file that E(CVOPS_TEST_RESULTS) names.
options: {}
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "results_file"
    CALLBACK_NEEDS_ENABLED = True

    def _write(self, line: dict[str, t.Any]) -> None:
        with open(os.environ["CVOPS_TEST_RESULTS"], "a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, default=str) + "\n")

    def _note(self, status: str, result: t.Any, item: bool = False) -> None:
        values = result._result
        if not item and isinstance(values.get("results"), list) and result._task.loop is not None:
            return  # its items have been noted one by one
        name = result._task_fields.get("name") or result._task.get_name()
        self._write(
            {
                "task": name,
                "action": result._task.action,
                "status": status,
                "host": result._host.get_name(),
                "item": values.get(result._task.loop_control.loop_var if result._task.loop_control else "item"),
                "result": values,
            }
        )

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:
        self._write({"begun": task.get_name(), "at": time.time()})

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._note("ok", result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self._note("failed", result)

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        self._note("skipped", result)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self._note("unreachable", result)

    def v2_runner_item_on_ok(self, result: t.Any) -> None:
        self._note("ok", result, item=True)

    def v2_runner_item_on_failed(self, result: t.Any) -> None:
        self._note("failed", result, item=True)

    def v2_runner_item_on_skipped(self, result: t.Any) -> None:
        self._note("skipped", result, item=True)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        self._write({"stats": {host: stats.summarize(host) for host in stats.processed}})
