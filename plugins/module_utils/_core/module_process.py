# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A module as a process of its own: what the action tells it by environment variables, its reporter, and what it masks."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import typing as t

from .addresses import mask_addresses
from .argument_specs import ArgumentSpec
from .cancellation import ignore_signals
from .context import Clock, Context
from .module_environment import EnvironmentModule
from .option_sources import OptionSources, use_sources
from .option_values import list_option_secrets
from .redact import drop_short_secrets, redact_options
from .resource import Declaration
from .result_masking import mask_result
from .run_record import DIRECTORY_VARIABLE
from .runner import RecordTarget, run_task
from .values import parse_number

#: Names of environment variables through which the action tells a module process what only the controller knows.
SOURCES_VARIABLE = "CVOPS_OPTION_SOURCES"
RUN_DIRECTORY_VARIABLE = "CVOPS_RUN_DIRECTORY"
RUN_PROCESS_VARIABLE = "CVOPS_RUN_PROCESS"
BASE_DIRECTORY_VARIABLE = "CVOPS_BASE_DIRECTORY"
TIMEOUT_VARIABLE = "CVOPS_TASK_TIMEOUT"
#: Result key with the debug lines of a module process; the action shows and removes it.
LOG_KEY = "_cvops_log"


class _CollectingReporter:
    """The reporter of a module process: it keeps the lines, which the action shows."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def debug(self, level: int, message: str) -> None:
        """Keep *message*; whether it is wanted at *level*, the context knows."""
        self.lines.append(message)

    def progress(self, message: str) -> None:
        """Keep *message*."""
        self.lines.append(message)

    def prompt(self, message: str) -> None:
        """Keep *message*."""
        self.lines.append(message)


def _read_number_variable(variable: str) -> int | None:
    """Return the number in an environment variable, None without one."""
    return parse_number(os.environ.get(variable, ""))


@contextlib.contextmanager
def _set_alarm(seconds: int | None) -> t.Iterator[None]:
    """Send SIGALRM to this process after *seconds*: the task's timeout ends the wait of Ansible's worker only."""
    if seconds:
        signal.alarm(seconds)
    try:
        yield
    finally:
        if seconds:
            signal.alarm(0)


def _find_record_target(name: str) -> RecordTarget | None:
    """Return where the record of module *name* goes, None when none is wanted."""
    directory = os.environ.get(DIRECTORY_VARIABLE)
    return RecordTarget(directory, name.rpartition(".")[2]) if directory else None


class _MaskingModule(EnvironmentModule):
    """An AnsibleModule that masks credentials in addresses and values of secret options in its arguments and in all that it returns."""

    params: dict[str, t.Any]

    def exit_json(self, **kwargs: t.Any) -> t.NoReturn:
        """Exit as the base class does."""
        super().exit_json(**self._mask_result(kwargs))
        raise SystemExit(0)

    def fail_json(self, msg: str, **kwargs: t.Any) -> t.NoReturn:
        """Fail as the base class does."""
        super().fail_json(**self._mask_result({"msg": msg, **kwargs}))
        raise SystemExit(1)

    def _mask_result(self, result: dict[str, t.Any]) -> dict[str, t.Any]:
        """Mask the arguments, which core may add to the result, in place, and return *result* masked."""
        secrets = list_option_secrets(self.params, self.no_log_values)
        shown = redact_options(self.params, self.argument_spec)
        self.params = mask_result(mask_addresses(shown), secrets)
        return t.cast("dict[str, t.Any]", mask_result(result, secrets))


def run_as_module(spec: ArgumentSpec, declared: Declaration) -> None:
    """Run in a process of its own, the way every module runs on any host."""
    announced = json.loads(os.environ.get(SOURCES_VARIABLE, "{}"))
    with use_sources(OptionSources(announced=announced)) as sources:
        module = _MaskingModule(supports_check_mode=True, **spec.to_kwargs())
    reporter = _CollectingReporter()
    ctx = Context(
        options=module.params,
        reporter=reporter,
        spec=spec.options,
        sources=sources,
        check_mode=module.check_mode,
        diff_mode=module._diff,
        verbosity=module._verbosity,
        clock=Clock(),
        run_directory=os.environ.get(RUN_DIRECTORY_VARIABLE),
        base_directory=os.environ.get(BASE_DIRECTORY_VARIABLE) or None,
        run_process=_read_number_variable(RUN_PROCESS_VARIABLE),
        secrets=list_option_secrets(module.params, module.no_log_values),
    )
    module.no_log_values = drop_short_secrets(ctx.secrets)
    ctx.warnings.extend(sources.warnings)
    task_timeout = _read_number_variable(TIMEOUT_VARIABLE)
    with _set_alarm(task_timeout):
        result = run_task(ctx, declared, task_timeout, _find_record_target(module._name))
    ignore_signals()  # the process ends now, and what it says must not be cut
    for message in ctx.warnings:
        module.warn(message)
    if reporter.lines and ctx.verbosity >= 1:
        result[LOG_KEY] = reporter.lines
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)
