# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action behind every module of the collection: runs the module's body on the controller, in the worker's own process.

A module costs a quarter of a second before it does anything; the same body here costs a fiftieth of that, because the
parent process has imported everything already. Where the body has to run elsewhere, the module path is taken.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
import sys
import types
import typing as t

from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.cvops.identity.plugins.module_utils._core.addresses import check_addresses, mask_addresses
from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import CvopsError
from ansible_collections.cvops.identity.plugins.module_utils._core.record import DIRECTORY_VARIABLE
from ansible_collections.cvops.identity.plugins.module_utils._core.runner import (
    LOG_KEY,
    RUN_DIRECTORY_VARIABLE,
    RUN_PROCESS_VARIABLE,
    SOURCES_VARIABLE,
    TIMEOUT_VARIABLE,
    RecordTo,
    perform,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.sources import Sources, using
from ansible_collections.cvops.identity.plugins.module_utils._core.values import plain
from ansible_collections.cvops.identity.plugins.plugin_utils.reporting import ON_TERMINAL, DisplayReporter
from ansible_collections.cvops.identity.plugins.plugin_utils.travelling import exchanged

# Loaded here, in the parent process, so that no worker pays for it; a missing library is reported by the code that needs it.
with contextlib.suppress(ImportError):
    importlib.import_module("msal")

display = Display()

#: Ansible's own process: it imports this file, its workers are forked from it, and its temporary folder goes with it.
_PARENT = os.getpid()
_PATH_VARIABLES = ("PATH", "LD_")


class InProcessAction(ActionBase):
    """Runs ``module.run`` with the arguments of the task; subclasses name the module."""

    module: types.ModuleType
    _record_directory: t.Any = ""

    _supports_async = True
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """The task's result, whichever way the body runs."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        arguments = plain(self._task.args)
        self._record_directory = self._rendered(variables.get(DIRECTORY_VARIABLE.lower()) or "")
        environment = self._task_environment()
        why = self._needs_module(variables, environment)
        sources = Sources(environ={**os.environ, **environment}, variables=self._lazy_variables(variables))
        if why:
            display.vvv(f"{self._task.action}: run as a module, because {why}")
            result.update(self._as_module(arguments, variables, sources))
        else:
            with _environment(environment):
                result.update(self._in_process(arguments, sources))
        if result.get("failed") and self._has_secrets(arguments):
            self._task._ds = None  # Ansible shows the task's source beside its error, from release 2.19 on
        return result

    def _has_secrets(self, arguments: dict[str, t.Any]) -> bool:
        """Whether the task as it is written shows a secret or a credential in an address."""
        source = plain(self._task.get_ds() or {})
        if mask_addresses(arguments) != arguments or mask_addresses(source) != source:
            return True
        secrets = self._validated(arguments, Sources(environ={}))._no_log_values
        written = json.dumps(source, ensure_ascii=False)
        return any(json.dumps(str(secret), ensure_ascii=False)[1:-1] in written for secret in secrets)

    def _needs_module(self, variables: dict[str, t.Any], environment: dict[str, str]) -> str | None:
        """Why the body cannot run here, or None."""
        switch = variables.get(
            "cvops_in_process", environment.get("CVOPS_IN_PROCESS", os.environ.get("CVOPS_IN_PROCESS", True))
        )
        if not boolean(self._templar.template(switch), strict=False):
            return "cvops_in_process is off"
        if self._task.async_val:
            return "the task is asynchronous"
        if self._connection.transport != "local":
            return f"the connection is {self._connection.transport}"
        if self._play_context.become:
            return "become is set"
        interpreter = self._templar.template(variables.get("ansible_python_interpreter") or "")
        named = interpreter and not str(interpreter).startswith("auto")
        if named and os.path.realpath(str(interpreter)) != os.path.realpath(sys.executable):
            return f"the interpreter {interpreter} is not the controller's own"
        touched = [name for name in environment if name.startswith(("PYTHON", *_PATH_VARIABLES))]
        return f"the task's environment sets {touched[0]}" if touched else None

    def _task_environment(self) -> dict[str, str]:
        """The ``environment`` keyword of task, block and play, rendered."""
        merged: dict[str, str] = {}
        for layer in self._task.environment or []:
            rendered = self._templar.template(layer) if layer else None
            if isinstance(rendered, t.Mapping):
                merged.update({str(name): str(value) for name, value in plain(rendered).items()})
        return merged

    def _lazy_variables(self, variables: dict[str, t.Any]) -> dict[str, t.Callable[[], t.Any]]:
        options = self.module.SPEC.options
        names = [
            f"cvops_{option}"
            for option in options
            if options[option].get("fallback") and f"cvops_{option}" in variables
        ]
        return {name: functools.partial(self._rendered, variables[name]) for name in names}

    def _rendered(self, template: t.Any) -> t.Any:
        return plain(self._templar.template(template))

    def _validated(self, arguments: dict[str, t.Any], sources: Sources) -> ValidationResult:
        spec = self.module.SPEC
        with using(sources):
            return ArgumentSpecValidator(spec.options, **spec.rules()).validate(arguments)

    def _in_process(self, arguments: dict[str, t.Any], sources: Sources) -> dict[str, t.Any]:
        validated = self._validated(arguments, sources)
        secrets = set(validated._no_log_values)
        if validated.errors.errors:
            return _masked({"failed": True, "changed": False, "msg": self._validation_message(validated)}, secrets)
        ctx = self._context(validated, sources)
        ctx.warnings.extend(sources.warnings)
        result = perform(ctx, self.module.run, self._task.timeout or None, self._record_to(sources))
        if _injects_invocation():
            result["invocation"] = {"module_args": mask_addresses(ctx.options)}
        result = _masked(result, secrets)
        notes = [
            f"Alias {item['alias']} and option {item['option']} are both set; {item['option']} is used"
            for item in validated._warnings
        ]
        if notes or ctx.warnings:
            result["warnings"] = remove_values(notes + ctx.warnings, secrets)
        if validated._deprecations:
            result["deprecations"] = remove_values(_deprecations(validated._deprecations), secrets)
        return result

    def _context(self, validated: ValidationResult, sources: Sources) -> Context:
        """What a run on the controller knows."""
        return Context(
            options=plain(validated.validated_parameters),
            reporter=DisplayReporter(display, quiet=bool(self._task.no_log)),
            sources=sources,
            check_mode=bool(self._task.check_mode),
            diff_mode=bool(self._task.diff),
            verbosity=display.verbosity,
            run_directory=C.DEFAULT_LOCAL_TMP,
            run_process=_PARENT,
            attended=ON_TERMINAL,
            secrets={str(secret) for secret in validated._no_log_values},
        )

    def _travelling(self, validated: ValidationResult, sources: Sources) -> dict[str, t.Any]:
        """Options with which the Entra credentials stay here."""
        ctx = self._context(validated, sources)
        try:
            if ctx.options["sign_in_on"] == "target" or ctx.options["auth_method"] == "token":
                return {}
            return exchanged(self.module, ctx)
        finally:
            ctx.close()

    def _record_to(self, sources: Sources) -> RecordTo | None:
        """From the variable cvops_run_record_dir or its environment variable."""
        directory = self._record_directory or sources.environ.get(DIRECTORY_VARIABLE)
        name = self.module.__name__.rpartition(".")[2]
        return RecordTo(os.path.expanduser(str(directory)), name) if directory else None

    def _validation_message(self, validated: ValidationResult) -> str:
        """Word for word what AnsibleModule says."""
        message = str(validated.errors.msg)
        if isinstance(validated.errors[0], UnsupportedError):
            return f"Unsupported parameters for ({self._task.resolved_action or self._task.action}) module: {message}"
        return message

    def _as_module(
        self, arguments: dict[str, t.Any], variables: dict[str, t.Any], sources: Sources
    ) -> dict[str, t.Any]:
        """Complete the options here, where the variables and the environment are, and let the module do the rest."""
        validated = self._validated(arguments, sources)
        try:  # before anything is started with them
            check_addresses(validated.validated_parameters, lambda option: sources.of(option, given=True))
        except CvopsError as exc:
            return {"failed": True, "changed": False, **exc.as_result()}
        completed = {**arguments, **plain(sources.values)}
        elsewhere = self._connection.transport != "local" or self._play_context.become
        if elsewhere and not validated.errors.errors:
            try:
                completed.update(self._travelling(validated, sources))
            except CvopsError as exc:
                secrets = set(validated._no_log_values)
                return _masked({"failed": True, "changed": False, **exc.as_result()}, secrets)
        extra = {SOURCES_VARIABLE: json.dumps(sources.found), TIMEOUT_VARIABLE: str(self._task.timeout or "")}
        if not elsewhere:
            extra.update({RUN_DIRECTORY_VARIABLE: C.DEFAULT_LOCAL_TMP, RUN_PROCESS_VARIABLE: str(_PARENT)})
        if record_to := self._record_to(sources):
            extra[DIRECTORY_VARIABLE] = record_to.directory
        original = self._task.environment
        self._task.environment = [*(original or []), extra]
        try:
            result: dict[str, t.Any] = self._execute_module(
                module_name=self._task.action,
                module_args=completed,
                task_vars=variables,
                wrap_async=bool(self._task.async_val),
            )
        finally:
            self._task.environment = original
        for line in result.pop(LOG_KEY, []):
            display.v(line, host=variables.get("inventory_hostname"))
        if sources.warnings:
            result["warnings"] = [*result.get("warnings", []), *sources.warnings]
        return result


def _masked(result: dict[str, t.Any], secrets: set[str]) -> dict[str, t.Any]:
    """What AnsibleModule does to every result."""
    return t.cast("dict[str, t.Any]", remove_values(result, secrets))


def _deprecations(found: t.Sequence[t.Mapping[str, t.Any]]) -> list[dict[str, t.Any]]:
    return [
        {
            "msg": item["msg"],
            "version": item.get("version"),
            "date": item.get("date"),
            "collection_name": item.get("collection_name", "cvops.identity"),
        }
        for item in found
    ]


def _injects_invocation() -> bool:
    """The module path returns the arguments on older cores always, on newer ones when configured."""
    try:
        return bool(C.config.get_config_value("INJECT_INVOCATION"))
    except (AnsibleError, KeyError):
        return True


@contextlib.contextmanager
def _environment(extra: t.Mapping[str, str]) -> t.Iterator[None]:
    """The task's environment applied to this worker for one call, and taken back."""
    before = {name: os.environ.get(name) for name in extra}
    os.environ.update(extra)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
