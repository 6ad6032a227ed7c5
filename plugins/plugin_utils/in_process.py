# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The action behind every module of the collection: it runs the module's resource on the controller, in Ansible's worker.

To start a module takes a quarter of a second; here it takes a fiftieth of that, because the parent process has imported everything.
Where the resource cannot run in the worker, the action runs the module in a process of its own, as Ansible does for every module.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib
import json
import os
import re
import signal
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
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, CvopsError
from ansible_collections.cvops.identity.plugins.module_utils._core.home_folder import expand_home
from ansible_collections.cvops.identity.plugins.module_utils._core.http import preload_tls_contexts
from ansible_collections.cvops.identity.plugins.module_utils._core.module_environment import ENVIRONMENT_KEY
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import (
    BASE_DIRECTORY_VARIABLE,
    LOG_KEY,
    RUN_DIRECTORY_VARIABLE,
    RUN_PROCESS_VARIABLE,
    SOURCES_VARIABLE,
    TIMEOUT_VARIABLE,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.option_sources import OptionSources, use_sources
from ansible_collections.cvops.identity.plugins.module_utils._core.option_values import (
    check_option_texts,
    prepare_options,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.redact import (
    redact_options,
    redact_structure,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.result_masking import mask_result
from ansible_collections.cvops.identity.plugins.module_utils._core.run_record import (
    DIRECTORY_VARIABLE,
    JOB_VARIABLE,
    format_job_facts,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.runner import RecordTarget, run_task
from ansible_collections.cvops.identity.plugins.module_utils._core.step_progress import describe_cut_run
from ansible_collections.cvops.identity.plugins.module_utils._core.values import convert_to_builtins
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec
from ansible_collections.cvops.identity.plugins.plugin_utils.ansible_internals import (
    forget_source,
    get_playbook_folder,
    get_task_file,
    list_alias_warnings,
    list_deprecations,
    list_secrets,
    mark_untrusted,
    render_template,
    returns_invocation,
    temporary_folder,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.brief_results import shorten_result
from ansible_collections.cvops.identity.plugins.plugin_utils.document_sources import name_document_sources
from ansible_collections.cvops.identity.plugins.plugin_utils.refusals import describe_refusal, is_only_missing
from ansible_collections.cvops.identity.plugins.plugin_utils.remote_credentials import exchange_credentials
from ansible_collections.cvops.identity.plugins.plugin_utils.reporting import ON_TERMINAL, DisplayReporter

# Imported in the parent process, so that no worker has to; a missing library is reported by the code that needs it.
with contextlib.suppress(ImportError):
    importlib.import_module("msal")  # noqa: TID251 - for its time, not for its names
# Likewise the CAs that are known without a task's options: of the environment, or the usual ones.
preload_tls_contexts({os.environ.get(name) or None for name in ("CVOPS_CA_PATH", "CVOPS_COMMVAULT_CA_PATH")})

display = Display()

#: Ansible's own process, which imports this file: workers are forked from it, and its temporary folder is removed when it ends.
_RUN_PROCESS = os.getpid()
_PATH_VARIABLES = ("PATH", "LD_")
#: Variables of a task's environment that may hold a secret and that no process needs before it has read its arguments.
_CONFIDENTIAL = re.compile(
    r"(?:CVOPS|AZURE|ARM|VAULT|IDENTITY|MSI|IMDS)_.*|.*_PROXY|.*(?:SECRET|PASS|PWD|TOKEN|CREDENTIAL|KEY|PIN|JWT|COOKIE).*|.*_(?:PAT|AUTH)|AUTH_.*",
    re.I | re.S,
)
#: Variables by which a platform names its endpoint for tokens of a managed identity.
_IDENTITY_VARIABLES = ("IDENTITY_", "MSI_", "IMDS_")


class _PublicEnvironment(list[t.Any]):
    """A task's environment without what may be secret; ``original``: the environment as the task has it, for its next try."""

    def __init__(self, original: t.Any, public: t.Mapping[str, str]) -> None:
        super().__init__([mark_untrusted(dict(public))])
        self.original: t.Any = original.original if isinstance(original, _PublicEnvironment) else original


class InProcessAction(ActionBase):
    """Runs the resource of a module with the arguments of the task; subclasses name the module."""

    module: types.ModuleType
    _record_directory: t.Any = ""
    _base_directory: str | None = None
    _host_name: str = ""

    _supports_async = True
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Return the task's result, in process or as a module."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        try:
            result.update(self._run_anywhere(task_vars or {}))
        except CvopsError as exc:  # a value of the task, of its environment or of a variable that cannot be used
            result.update({"failed": True, "changed": False, **exc.as_result()})
        if result.get("failed"):
            # From release 2.19 on Ansible shows the source of the task beside its error, and lines around it: with what is written there.
            forget_source(self._task)
        return result

    def _run_anywhere(self, variables: dict[str, t.Any]) -> dict[str, t.Any]:
        """Return the task's result, in process or as a module. Raises ConfigError for a value that cannot be plain data."""
        arguments = convert_to_builtins(self._task.args)
        self._base_directory = get_playbook_folder(variables)
        self._host_name = str(variables.get("inventory_hostname") or "").replace("localhost", "")
        self._record_directory = self._render(variables.get(DIRECTORY_VARIABLE.lower()) or "")
        environment = self._render_environment()
        module_reason = self._find_module_reason(variables, environment)
        environ = {**os.environ, JOB_VARIABLE: format_job_facts(variables), **environment}
        sources = OptionSources(
            environ=environ,
            variables=self._defer_variables(variables),
            announced=name_document_sources(get_task_file(self._task), arguments, variables, self._host_name),
        )
        if module_reason:
            display.vvv(f"{self._task.action}: run as a module, because {module_reason}")
            return self._run_as_module(arguments, variables, sources, environment)
        with _applied_environment(environment):
            return self._run_in_process(arguments, variables, sources)

    def _find_module_reason(self, variables: dict[str, t.Any], environment: dict[str, str]) -> str | None:
        """Return why the task has to run as a module, None when it can run in this process."""
        if not self._is_in_process_wanted(variables, environment):
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

    def _is_in_process_wanted(self, variables: dict[str, t.Any], environment: dict[str, str]) -> bool:
        """Return what cvops_in_process or its environment variable says, True where both are empty. Raises ConfigError for no boolean."""
        given = self._render(variables.get("cvops_in_process"))
        for source, value in (
            ("variable cvops_in_process", given),
            ("environment variable CVOPS_IN_PROCESS", environment.get("CVOPS_IN_PROCESS")),
            ("environment variable CVOPS_IN_PROCESS", os.environ.get("CVOPS_IN_PROCESS")),
        ):
            if value is None or not str(value).strip():
                continue
            try:
                return bool(boolean(value))
            except TypeError as exc:
                raise ConfigError(f"{source} is not a boolean such as true or false", source=source) from exc
        return True

    def _render_environment(self) -> dict[str, str]:
        """Return the ``environment`` of play, block and task, merged and rendered. Raises AnsibleError for what is no dictionary."""
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
        """Return those variables that can give an option, each as a function that renders it."""
        names = [name for option in self.module.SPEC.options if (name := f"cvops_{option}") in variables]
        return {name: functools.partial(self._render, variables[name]) for name in names}

    def _render(self, template: t.Any) -> t.Any:
        """Return the value of a template in builtin types."""
        return convert_to_builtins(render_template(self._templar, template))

    def _validate_options(self, arguments: dict[str, t.Any], sources: OptionSources) -> ValidationResult:
        """Return core's verdict on the options, completed from the *sources*."""
        spec = self.module.SPEC
        with use_sources(sources):
            return ArgumentSpecValidator(spec.options, **spec.to_rule_kwargs()).validate(arguments)

    def _run_in_process(
        self, arguments: dict[str, t.Any], variables: dict[str, t.Any], sources: OptionSources
    ) -> dict[str, t.Any]:
        """Run the resource in this process, and return the task's result."""
        validated = self._validate_options(arguments, sources)
        secrets = list_secrets(validated)
        if refused := _refuse_addresses(validated, sources):
            return refused
        if validated.errors.errors:
            return self._build_refusal(validated, arguments, sources)
        ctx = self._build_context(validated, sources, secrets)
        ctx.warnings.extend(sources.warnings)
        result = run_task(ctx, self.module.RESOURCE, self._task.timeout or None, self._find_record_target(sources))
        brief = display.verbosity == 0 and self._render(variables.get("__cvops_brief_results"))
        if brief:
            result = shorten_result(result, keep_grants=brief == "with grants")
        elif returns_invocation(variables):
            shown = redact_options(ctx.options, self.module.SPEC.options)
            result["invocation"] = {"module_args": mask_addresses(shown)}
        if warnings := list_alias_warnings(validated) + ctx.warnings:
            result["warnings"] = warnings
        if deprecations := list_deprecations(validated):
            result["deprecations"] = deprecations
        return t.cast("dict[str, t.Any]", mask_result(result, secrets))

    def _build_context(self, validated: ValidationResult, sources: OptionSources, secrets: set[str]) -> Context:
        """Return the Context of a run on the controller. *secrets*: of the options."""
        return Context(
            options=convert_to_builtins(validated.validated_parameters),
            reporter=DisplayReporter(display, quiet=bool(self._task.no_log), host=self._host_name),
            spec=self.module.SPEC.options,
            base_directory=self._base_directory,
            sources=sources,
            check_mode=bool(self._task.check_mode),
            diff_mode=bool(self._task.diff),
            verbosity=display.verbosity,
            run_directory=temporary_folder(),
            run_process=_RUN_PROCESS,
            host=self._host_name or "Entra ID",
            attended=ON_TERMINAL,
            secrets=set(secrets),
        )

    def _exchange_credentials(self, ctx: Context) -> dict[str, t.Any]:
        """Return the options that replace the Entra credentials on the target; none when the target is to sign in by itself."""
        try:
            if ctx.options["sign_in_on"] == "target" or ctx.options["auth_method"] == "token":
                return {}
            prepare_options(ctx)
            check_option_texts(ctx)
            return exchange_credentials(self.module, ctx)
        finally:
            ctx.close()

    def _find_record_target(self, sources: OptionSources, elsewhere: bool = False) -> RecordTarget | None:
        """Return where the variable cvops_run_record_dir, or its environment variable, puts the record; None when neither is set."""
        directory = self._record_directory or sources.environ.get(DIRECTORY_VARIABLE)
        name = self.module.__name__.rpartition(".")[2]
        if not directory or not str(directory).strip():
            return None
        path = expand_home(
            str(directory), f"variable {DIRECTORY_VARIABLE.lower()} or environment variable {DIRECTORY_VARIABLE}"
        )
        return RecordTarget(path if elsewhere else os.path.join(self._base_directory or "", path), name)

    def _build_refusal(
        self, validated: ValidationResult, arguments: dict[str, t.Any], sources: OptionSources
    ) -> dict[str, t.Any]:
        """Return the failure of a task whose options are refused; nothing has been started."""
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
        """Complete the options on the controller, run the module in a process, and return the task's result."""
        validated = self._validate_options(arguments, sources)
        if refused := _refuse_addresses(validated, sources):
            return refused
        completed = {**arguments, **convert_to_builtins(sources.values)}
        elsewhere = self._connection.transport != "local" or self._play_context.become
        if validated.errors.errors and not (elsewhere and is_only_missing(validated)):
            return self._build_refusal(validated, arguments, sources)
        exchanged_here = False
        if elsewhere and not validated.errors.errors:
            ctx = self._build_context(validated, sources, list_secrets(validated))
            try:
                with _applied_environment(environment):
                    replacements = self._exchange_credentials(ctx)
            except CvopsError as exc:
                return {"failed": True, "changed": False, **redact_structure(exc.as_result(), ctx.secrets)}
            exchanged_here = bool(replacements)
            completed.update(replacements)
        public, carried = _split_environment(environment, _list_option_variables(self.module), exchanged_here)
        if carried:
            completed[ENVIRONMENT_KEY] = carried
        known = json.dumps({**sources.announced, **sources.found})
        extra = {SOURCES_VARIABLE: known, TIMEOUT_VARIABLE: str(self._task.timeout or "")}
        if not elsewhere:
            extra.update({RUN_DIRECTORY_VARIABLE: temporary_folder(), RUN_PROCESS_VARIABLE: str(_RUN_PROCESS)})
        if self._connection.transport == "local" and self._base_directory:
            extra[BASE_DIRECTORY_VARIABLE] = self._base_directory
        if record_to := self._find_record_target(sources, elsewhere):
            extra |= {DIRECTORY_VARIABLE: record_to.directory, JOB_VARIABLE: sources.environ[JOB_VARIABLE]}
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
            # Core runs async_status, which gets the environment that the task has now.
            self._task.environment = _PublicEnvironment(original, public) if self._task.async_val else original
        for line in result.pop(LOG_KEY, []):
            display.v(line, host=variables.get("inventory_hostname"))
        if sources.warnings:
            result["warnings"] = [*result.get("warnings", []), *sources.warnings]
        return result


def _list_option_variables(module: types.ModuleType) -> set[str]:
    """Return the environment variables that can give an option of this module, or a sign-in to either service."""
    options = [*module.SPEC.options.values(), *commvault_spec().options.values()]
    return {name for option in options if option.get("fallback") for name in option["fallback"][1][1:]}


def _split_environment(
    environment: t.Mapping[str, str], option_variables: t.Collection[str], exchanged_here: bool
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the variables that may stand on the module's command line, and those that are sent with the arguments.

    A variable that can give an option is in neither: it was read here, and the option is among the arguments or was exchanged.
    A variable that is set to nothing stays on the command line, so that the process does not inherit another value.
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
    """Return the failure of a task with user information in an address, None when there is none."""
    try:
        check_addresses(validated.validated_parameters, lambda option: sources.describe_source(option, given=True))
    except CvopsError as exc:
        return {"failed": True, "changed": False, **exc.as_result()}
    return None


@contextlib.contextmanager
def _applied_environment(extra: t.Mapping[str, str]) -> t.Iterator[None]:
    """Set the variables in this worker, and restore what was there: the items of a loop share the process."""
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


def _report_cut_run() -> None:
    """Say how far each task came when Ansible ends in the middle of a write: then no play reports."""
    if os.getpid() == _RUN_PROCESS and (lines := describe_cut_run(temporary_folder())):
        with contextlib.suppress(OSError):
            os.write(2, ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace"))


def _report_before(handler: t.Any) -> t.Callable[[int, types.FrameType | None], None]:
    """Return a handler that reports, and then does what *handler*, Ansible's own or the default, does with the signal."""

    def handle(number: int, frame: types.FrameType | None) -> None:
        _report_cut_run()
        if callable(handler):
            handler(number, frame)
            return
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    return handle


def _report_at_the_end() -> None:
    """Have the report made when Ansible's own process ends, by itself or by a signal."""
    # Before Ansible's own handler, which removes the folder: the last one that is registered is the first one that is called.
    atexit.register(_report_cut_run)
    with contextlib.suppress(ValueError):  # not in the main thread
        for number in (signal.SIGTERM, signal.SIGHUP):
            handler = signal.getsignal(number)
            if handler is signal.SIG_DFL or callable(handler):
                signal.signal(number, _report_before(handler))


_report_at_the_end()
