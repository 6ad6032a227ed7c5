# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Everything that the action and the lookups take from inside ansible-core, and the only file of the collection that imports it.

:data:`INTERNALS` is the table: what, what for, in which releases, what takes its place. A unit test proves every row on the core that it
runs on, and that nothing else below ``plugins`` imports or touches anything that is not in :data:`PUBLIC`.
"""

from __future__ import annotations

import os
import re
import typing as t

from ansible import constants, errors, release
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ValidationResult
from ansible.utils.vars import load_extra_vars

from ansible_collections.cvops.identity.plugins.module_utils._core.option_values import list_option_secrets
from ansible_collections.cvops.identity.plugins.module_utils._core.values import is_omitted

try:  # until 2.18; later releases template only text that is tagged as trusted, which no text of ours is
    from ansible.utils.native_jinja import NativeJinjaText
    from ansible.utils.unsafe_proxy import wrap_var
except ImportError:
    FilterText: t.Any = str
    wrap_var = None
else:
    FilterText = NativeJinjaText

#: The release of ansible-core that runs.
CORE_RELEASE: str = release.__version__

#: Modules of ansible-core that are documented for authors of plugins and modules; any file may import them.
PUBLIC = frozenset(
    {
        "ansible.errors",
        "ansible.module_utils.basic",
        "ansible.module_utils.common.arg_spec",
        "ansible.module_utils.common.validation",
        "ansible.module_utils.errors",
        "ansible.module_utils.parsing.convert_bool",
        "ansible.plugins.action",
        "ansible.plugins.lookup",
        "ansible.utils.display",
    }
)


class Internal(t.NamedTuple):
    """A row: ``name`` is ``module:attribute``; a path of attributes begins at a class whose instances have the rest.

    ``since`` and ``until``: the first and the last release of ansible-core that has it and that the collection supports, empty where that is
    the oldest or the newest.
    """

    name: str
    purpose: str
    successor: str
    since: str = ""
    until: str = ""


_NO_SUCCESSOR = "none is announced"
_RUN_AS_MODULE = "none is announced; without it, run every task as a module"

INTERNALS = (
    Internal(
        "ansible.constants:DEFAULT_LOCAL_TMP",
        "the folder that all processes of a run share; its name holds the process id of Ansible itself",
        "none is announced; without it, no token is kept from one task to the next",
    ),
    Internal(
        "ansible.constants:config.get_config_value",
        "whether results hold their invocation",
        "none is needed once 2.20 is not supported: never return it unless INJECT_INVOCATION is set",
    ),
    Internal(
        "ansible.module_utils.common.arg_spec:ValidationResult._no_log_values",
        "the values of secret options",
        "none is announced; core calls it a temporary holding place. From 2.22 on ansible.module_utils.secrets knows them, but does not list them",
    ),
    Internal(
        "ansible.module_utils.common.arg_spec:ValidationResult._warnings",
        "options that are given by two of their names",
        _NO_SUCCESSOR,
    ),
    Internal(
        "ansible.module_utils.common.arg_spec:ValidationResult._deprecations",
        "options of the task that are deprecated",
        _NO_SUCCESSOR,
    ),
    Internal(
        "ansible.utils.unsafe_proxy:wrap_var",
        "values of a task's environment are not templated",
        "nothing from 2.19 on: plain text is not trusted. A deprecation is prepared for 2.23",
    ),
    Internal(
        "ansible.utils.native_jinja:NativeJinjaText",
        "the text that a filter returns stays a text",
        "nothing from 2.19 on: text stays text",
        until="2.18",
    ),
    Internal(
        "ansible.release:__version__",
        "releases that evaluate texts of a service; see inert_text.py",
        "none is needed once 2.18 is not supported",
    ),
    Internal("ansible.template:is_trusted_as_template", "what took the place of the two above", "", since="2.19"),
    Internal("ansible.template:Templar.template", "templates in variables and in a task's environment", _NO_SUCCESSOR),
    Internal("ansible.plugins.lookup:LookupBase._templar", "the same for lookups", _NO_SUCCESSOR),
    Internal("ansible.plugins.lookup:LookupBase._loader", "the call of load_extra_vars", _NO_SUCCESSOR),
    Internal(
        "ansible.utils.vars:load_extra_vars",
        "variables of the command line, which nothing overrides, must not stand for what a run finds",
        _NO_SUCCESSOR,
    ),
    Internal("ansible.plugins.action:ActionBase._templar", "the same for the action", _NO_SUCCESSOR),
    Internal("ansible.plugins.action:ActionBase._task", "options and keywords of the task", _NO_SUCCESSOR),
    Internal("ansible.plugins.action:ActionBase._connection", "whether the task runs on this host", _RUN_AS_MODULE),
    Internal(
        "ansible.plugins.action:ActionBase._play_context", "whether the task becomes another user", _RUN_AS_MODULE
    ),
    Internal("ansible.plugins.action:ActionBase._execute_module", "runs the module in a process", _NO_SUCCESSOR),
    Internal("ansible.plugins.action:ActionBase._supports_async", "allows async", _NO_SUCCESSOR),
    Internal("ansible.plugins.action:ActionBase._supports_check_mode", "allows check mode", _NO_SUCCESSOR),
    Internal("ansible.plugins.action:ActionBase._requires_connection", "needs no connection", _NO_SUCCESSOR),
    Internal(
        "ansible.plugins.connection:ConnectionBase.transport", "whether the task runs on this host", _RUN_AS_MODULE
    ),
    Internal(
        "ansible.playbook.play_context:PlayContext.become", "whether the task becomes another user", _RUN_AS_MODULE
    ),
    Internal(
        "ansible.playbook.task:Task.get_ds",
        "what it returns, the attribute _ds, is forgotten when a task fails, because 2.19 and later show the source of the task beside the error",
        "none is announced; without it, secrets that are written in a playbook are displayed",
    ),
    *(
        Internal(f"ansible.playbook.task:Task.{name}", f"the keyword {name} of the task", _NO_SUCCESSOR)
        for name in ("action", "args", "async_val", "check_mode", "diff", "environment", "no_log", "timeout")
    ),
    Internal("ansible.playbook.task:Task.resolved_action", "the full name of the module, for messages", _NO_SUCCESSOR),
    Internal(
        "ansible.playbook.task:Task.get_path",
        "whether a role or playbook of this collection has the task",
        _NO_SUCCESSOR,
    ),
    Internal(
        "ansible.module_utils.secrets:register_secrets",
        "the validation of options calls it; see module_utils/_core/result_masking.py",
        "",
        since="2.22",
    ),
)

_IN_COLLECTION = re.compile(r"[\\/]ansible_collections[\\/][^\\/]+[\\/][^\\/]+[\\/]playbooks(?:[\\/]|\Z)")
_TEMPORARY_FOLDER = re.compile(r"ansible-local-(\d+).{8}")


def temporary_folder() -> str:
    """Return the folder that all processes of this run share; Ansible removes it when the run ends."""
    return str(constants.DEFAULT_LOCAL_TMP)


def find_run_process() -> int | None:
    """Return the id of Ansible's own process, by the name of its temporary folder; None when the name does not tell.

    The caller may be a worker that loaded the collection late.
    """
    found = _TEMPORARY_FOLDER.fullmatch(os.path.basename(temporary_folder()))
    return int(found.group(1)) if found else None


def get_playbook_folder(variables: t.Mapping[str, t.Any]) -> str | None:
    """Return the folder in which relative paths begin: that of the playbook, None where the variables do not tell.

    A playbook of a collection is installed somewhere: with one, they begin in the folder in which Ansible was started.
    """
    found = variables.get("playbook_dir")
    if not found:
        return None
    return os.getcwd() if _IN_COLLECTION.search(str(found)) else os.path.abspath(str(found))


def returns_invocation(variables: t.Mapping[str, t.Any]) -> bool:
    """Return True when the result of a module that runs with these variables holds its arguments: always before 2.21, when configured later."""
    try:
        return bool(constants.config.get_config_value("INJECT_INVOCATION", variables=variables))
    except (AnsibleError, KeyError):
        return True


def list_secrets(validated: ValidationResult) -> set[str]:
    """Return the values of all options that are marked no_log, as text, short ones too, and also as they are without blanks around them."""
    return list_option_secrets(validated.validated_parameters, validated._no_log_values)


def list_alias_warnings(validated: ValidationResult) -> list[str]:
    """Return a sentence for each option that is given by two of its names."""
    return [
        f"Alias {item['alias']} and option {item['option']} are both set; {item['option']} is used"
        for item in validated._warnings
    ]


def list_deprecations(validated: ValidationResult) -> list[dict[str, t.Any]]:
    """Return the deprecated options that are given, as a result's ``deprecations`` holds them."""
    return [
        {
            "msg": item["msg"],
            "version": item.get("version"),
            "date": item.get("date"),
            "collection_name": item.get("collection_name", "cvops.identity"),
        }
        for item in validated._deprecations
    ]


def list_extra_variables(loader: t.Any) -> list[str]:
    """Return the names of the variables that are given on the command line. *loader*: core's, which reads files of them."""
    return [str(name) for name in load_extra_vars(loader)]


def render_template(templar: t.Any, value: t.Any, omitted: t.Any = None) -> t.Any:
    """Return *value* with all templates in it evaluated; *omitted* when ``omit`` leaves the whole of it out.

    From release 2.19 on, that is an exception for a template that is not inside a list or mapping.
    """
    try:
        found = templar.template(value)
    except AnsibleError as exc:
        if isinstance(exc, getattr(errors, "AnsibleValueOmittedError", ())):
            return omitted
        raise
    return omitted if is_omitted(found) else found


def mark_untrusted(value: t.Any) -> t.Any:
    """Return *value* in a form in which core does not take the texts in it for templates."""
    return value if wrap_var is None else wrap_var(value)


def get_task_file(task: t.Any) -> str:
    """Return the path of the file that a *task* stands in, with the line after a colon; empty where it is not known."""
    return str(task.get_path() or "")


def forget_source(task: t.Any) -> None:
    """Keep core from displaying the source of the *task*, and the lines around it, beside its error."""
    task._ds = None
