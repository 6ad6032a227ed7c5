# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

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
import re
import sys
import types
import typing as t

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.cvops.identity.plugins.module_utils._core.addresses import check_addresses, mask_addresses
from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import CvopsError
from ansible_collections.cvops.identity.plugins.module_utils._core.module_environment import ENVIRONMENT_KEY
from ansible_collections.cvops.identity.plugins.module_utils._core.option_sources import OptionSources, use_sources
from ansible_collections.cvops.identity.plugins.module_utils._core.redact import (
    redact_options,
    redact_structure,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.result_masking import mask_result
from ansible_collections.cvops.identity.plugins.module_utils._core.run_record import DIRECTORY_VARIABLE
from ansible_collections.cvops.identity.plugins.module_utils._core.runner import (
    LOG_KEY,
    RUN_DIRECTORY_VARIABLE,
    RUN_PROCESS_VARIABLE,
    SOURCES_VARIABLE,
    TIMEOUT_VARIABLE,
    RecordTarget,
    run_task,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.values import convert_to_builtins
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec
from ansible_collections.cvops.identity.plugins.plugin_utils.ansible_internals import (
    forget_source,
    list_alias_warnings,
    list_deprecations,
    list_secrets,
    mark_untrusted,
    returns_invocation,
    temporary_folder,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.refusals import describe_refusal, is_only_missing
from ansible_collections.cvops.identity.plugins.plugin_utils.remote_credentials import exchange_credentials
from ansible_collections.cvops.identity.plugins.plugin_utils.reporting import ON_TERMINAL, DisplayReporter

# Loaded here, in the parent process, so that no worker pays for it; a missing library is reported by the code that needs it.
with contextlib.suppress(ImportError):
    importlib.import_module("msal")  # noqa: TID251 - for its time, not for its names

display = Display()

#: Ansible's own process: it imports this file, its workers are forked from it, and its temporary folder goes with it.
_RUN_PROCESS = os.getpid()
_PATH_VARIABLES = ("PATH", "LD_")
#: Variables of a task's environment that may hold a secret and that no process needs before it has read its arguments.
_CONFIDENTIAL = re.compile(
    r"(?:CVOPS|AZURE|ARM|VAULT|IDENTITY|MSI|IMDS)_.*|.*_PROXY|.*(?:SECRET|PASS|PWD|TOKEN|CREDENTIAL|KEY|PIN|JWT|COOKIE).*|.*_(?:PAT|AUTH)|AUTH_.*",
    re.I | re.S,
)
#: Those with which the platform's endpoint hands out tokens of a managed identity.
_IDENTITY_VARIABLES = ("IDENTITY_", "MSI_", "IMDS_")


class _PublicEnvironment(list[t.Any]):
    """What remains of a task's environment for others; ``original``: what the task has, for its next try."""

    def __init__(self, original: t.Any, public: t.Mapping[str, str]) -> None:
        super().__init__([mark_untrusted(dict(public))])
        self.original: t.Any = original.original if isinstance(original, _PublicEnvironment) else original


class InProcessAction(ActionBase):
    """Runs the module's resource with the arguments of the task; subclasses name the module."""

    module: types.ModuleType
    _record_directory: t.Any = ""

    _supports_async = True
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """The task's result, whichever way the body runs."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        arguments = convert_to_builtins(self._task.args)
        self._record_directory = self._render(variables.get(DIRECTORY_VARIABLE.lower()) or "")
        environment = self._render_environment()
        why = self._find_module_reason(variables, environment)
        sources = OptionSources(environ={**os.environ, **environment}, variables=self._defer_variables(variables))
        if why:
            display.vvv(f"{self._task.action}: run as a module, because {why}")
            result.update(self._run_as_module(arguments, variables, sources, environment))
        else:
            with _applied_environment(environment):
                result.update(self._run_in_process(arguments, variables, sources))
        if result.get("failed"):
            # From release 2.19 on Ansible shows the source of the task beside its error, and lines around it: with what is written there.
            forget_source(self._task)
        return result

    def _find_module_reason(self, variables: dict[str, t.Any], environment: dict[str, str]) -> str | None:
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

    def _render_environment(self) -> dict[str, str]:
        """The ``environment`` keyword of task, block and play, rendered."""
        merged: dict[str, str] = {}
        given = self._task.environment
        for layer in (given.original if isinstance(given, _PublicEnvironment) else given) or []:
            if not layer:
                continue
            rendered = convert_to_builtins(self._templar.template(layer))
            if not isinstance(rendered, dict):
                raise AnsibleError(f"environment must be a dictionary, received {type(rendered).__name__}")
            merged.update({name: str(value) for name, value in rendered.items()})
        return merged

    def _defer_variables(self, variables: dict[str, t.Any]) -> dict[str, t.Callable[[], t.Any]]:
        options = self.module.SPEC.options
        names = [
            f"cvops_{option}"
            for option in options
            if options[option].get("fallback") and f"cvops_{option}" in variables
        ]
        return {name: functools.partial(self._render, variables[name]) for name in names}

    def _render(self, template: t.Any) -> t.Any:
        return convert_to_builtins(self._templar.template(template))

    def _validate_options(self, arguments: dict[str, t.Any], sources: OptionSources) -> ValidationResult:
        spec = self.module.SPEC
        with use_sources(sources):
            return ArgumentSpecValidator(spec.options, **spec.to_rule_kwargs()).validate(arguments)

    def _run_in_process(
        self, arguments: dict[str, t.Any], variables: dict[str, t.Any], sources: OptionSources
    ) -> dict[str, t.Any]:
        validated = self._validate_options(arguments, sources)
        secrets = list_secrets(validated)
        if refused := _refuse_addresses(validated, sources):
            return refused
        if validated.errors.errors:
            return self._build_refusal(validated, arguments, sources)
        ctx = self._build_context(validated, sources)
        ctx.warnings.extend(sources.warnings)
        result = run_task(ctx, self.module.RESOURCE, self._task.timeout or None, self._find_record_target(sources))
        if returns_invocation(variables):
            shown = redact_options(ctx.options, self.module.SPEC.options)
            result["invocation"] = {"module_args": mask_addresses(shown)}
        if warnings := list_alias_warnings(validated) + ctx.warnings:
            result["warnings"] = warnings
        if deprecations := list_deprecations(validated):
            result["deprecations"] = deprecations
        return t.cast("dict[str, t.Any]", mask_result(result, secrets))

    def _build_context(self, validated: ValidationResult, sources: OptionSources) -> Context:
        """What a run on the controller knows."""
        return Context(
            options=convert_to_builtins(validated.validated_parameters),
            reporter=DisplayReporter(display, quiet=bool(self._task.no_log)),
            sources=sources,
            check_mode=bool(self._task.check_mode),
            diff_mode=bool(self._task.diff),
            verbosity=display.verbosity,
            run_directory=temporary_folder(),
            run_process=_RUN_PROCESS,
            attended=ON_TERMINAL,
            secrets=list_secrets(validated),
        )

    def _exchange_credentials(self, ctx: Context) -> dict[str, t.Any]:
        """Options with which the Entra credentials stay here."""
        try:
            if ctx.options["sign_in_on"] == "target" or ctx.options["auth_method"] == "token":
                return {}
            return exchange_credentials(self.module, ctx)
        finally:
            ctx.close()

    def _find_record_target(self, sources: OptionSources) -> RecordTarget | None:
        """From the variable cvops_run_record_dir or its environment variable."""
        directory = self._record_directory or sources.environ.get(DIRECTORY_VARIABLE)
        name = self.module.__name__.rpartition(".")[2]
        return RecordTarget(os.path.expanduser(str(directory)), name) if directory else None

    def _build_refusal(
        self, validated: ValidationResult, arguments: dict[str, t.Any], sources: OptionSources
    ) -> dict[str, t.Any]:
        """The failure of a task whose options cannot be right; whichever way it would have run, nothing is started."""
        name = self._task.resolved_action or self._task.action
        message = describe_refusal(validated, self.module.SPEC.options, {**sources.values, **arguments}, name)
        return {"failed": True, "changed": False, "msg": message}

    def _run_as_module(
        self,
        arguments: dict[str, t.Any],
        variables: dict[str, t.Any],
        sources: OptionSources,
        environment: dict[str, str],
    ) -> dict[str, t.Any]:
        """Complete the options here, where the variables and the environment are, and let the module do the rest."""
        validated = self._validate_options(arguments, sources)
        if refused := _refuse_addresses(validated, sources):
            return refused
        completed = {**arguments, **convert_to_builtins(sources.values)}
        elsewhere = self._connection.transport != "local" or self._play_context.become
        if validated.errors.errors and not (elsewhere and is_only_missing(validated)):
            return self._build_refusal(validated, arguments, sources)
        exchanged_here = False
        if elsewhere and not validated.errors.errors:
            ctx = self._build_context(validated, sources)
            try:
                with _applied_environment(environment):
                    travelling = self._exchange_credentials(ctx)
            except CvopsError as exc:
                return {"failed": True, "changed": False, **redact_structure(exc.as_result(), ctx.secrets)}
            exchanged_here = bool(travelling)
            completed.update(travelling)
        public, carried = _split_environment(environment, _list_option_variables(self.module), exchanged_here)
        if carried:
            completed[ENVIRONMENT_KEY] = carried
        extra = {SOURCES_VARIABLE: json.dumps(sources.found), TIMEOUT_VARIABLE: str(self._task.timeout or "")}
        if not elsewhere:
            extra.update({RUN_DIRECTORY_VARIABLE: temporary_folder(), RUN_PROCESS_VARIABLE: str(_RUN_PROCESS)})
        if record_to := self._find_record_target(sources):
            extra[DIRECTORY_VARIABLE] = record_to.directory
        original = self._task.environment
        self._task.environment = [mark_untrusted({**public, **extra})]
        try:
            result: dict[str, t.Any] = self._execute_module(
                module_name=self._task.action,
                module_args=completed,
                task_vars=variables,
                wrap_async=bool(self._task.async_val),
            )
        finally:
            # Core asks for the state of a task in the background by a module that gets what stands here.
            self._task.environment = _PublicEnvironment(original, public) if self._task.async_val else original
        for line in result.pop(LOG_KEY, []):
            display.v(line, host=variables.get("inventory_hostname"))
        if sources.warnings:
            result["warnings"] = [*result.get("warnings", []), *sources.warnings]
        return result


def _list_option_variables(module: types.ModuleType) -> set[str]:
    """Every environment variable that can give an option of this module, or a sign-in to either service."""
    options = [*module.SPEC.options.values(), *commvault_spec().options.values()]
    return {name for option in options if option.get("fallback") for name in option["fallback"][1][1:]}


def _split_environment(
    environment: t.Mapping[str, str], option_variables: t.Collection[str], exchanged_here: bool
) -> tuple[dict[str, str], dict[str, str]]:
    """A task's environment as far as it may stand on the module's command line, and what goes with the arguments.

    What can give an option goes neither way: it was read here, and the option is among the arguments, or stays here on
    purpose. A variable that is set to nothing stays, so that the process does not inherit another value.
    """
    public: dict[str, str] = {}
    carried: dict[str, str] = {}
    for name, value in environment.items():
        if not value or not (name in option_variables or _CONFIDENTIAL.fullmatch(name)):
            public[name] = value
        elif name not in option_variables and not (exchanged_here and name.startswith(_IDENTITY_VARIABLES)):
            carried[name] = value
    return public, carried


def _refuse_addresses(validated: ValidationResult, sources: OptionSources) -> dict[str, t.Any] | None:
    """The failure of a task with user information in an address; before anything is started with it, or said about it."""
    try:
        check_addresses(validated.validated_parameters, lambda option: sources.describe_source(option, given=True))
    except CvopsError as exc:
        return {"failed": True, "changed": False, **exc.as_result()}
    return None


@contextlib.contextmanager
def _applied_environment(extra: t.Mapping[str, str]) -> t.Iterator[None]:
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
