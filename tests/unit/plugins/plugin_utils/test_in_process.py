# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action behind every module: what it runs, where, with which options, and what of it others may see."""

from __future__ import annotations

import json
import os
import pathlib
import sys
import types
import typing as t

import pytest
from ansible.errors import AnsibleError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.module_environment import ENVIRONMENT_KEY
from ansible_collections.cvops.identity.plugins.module_utils._core.module_process import LOG_KEY
from ansible_collections.cvops.identity.plugins.module_utils._core.option_sources import build_fallback
from ansible_collections.cvops.identity.plugins.module_utils._core.redact import HIDDEN_OPTION
from ansible_collections.cvops.identity.plugins.module_utils._core.resource import Report
from ansible_collections.cvops.identity.plugins.modules import entra_group
from ansible_collections.cvops.identity.plugins.plugin_utils import in_process as subject
from ansible_collections.cvops.identity.plugins.plugin_utils.ansible_internals import temporary_folder

SECRET = "Planted~4740"
SPEC = ArgumentSpec(
    {
        "name": {"type": "str", "required": True, "fallback": build_fallback("name", "VENDOR_NAME")},
        "note": {"type": "str", "aliases": ["remark"]},
        "password": {"type": "str", "no_log": True, "fallback": build_fallback("password")},
        "graph_url": {"type": "str"},
        "sign_in_on": {"type": "str", "default": "controller"},
        "auth_method": {"type": "str", "default": "auto"},
        "deadline": {"type": "int"},
    }
)


class StubTemplar:
    """Templating that knows a few texts."""

    VALUES: t.ClassVar[dict[str, t.Any]] = {"{{ no }}": "no", "{{ name }}": "rendered", "{{ folder }}": "/records"}

    def template(self, value: t.Any) -> t.Any:
        """Return the value of a known text, also within a dictionary."""
        if isinstance(value, dict):
            return {key: self.template(item) for key, item in value.items()}
        return self.VALUES.get(value, value) if isinstance(value, str) else value


class Harness:
    """An action with a task and a connection, whose module reads what the test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.contexts: list[Context] = []
        self.displayed: list[str] = []
        self.read: t.Callable[[Context], t.Any] = lambda ctx: dict(ctx.options)
        self.module: t.Any = types.SimpleNamespace(__name__="modules.thing_info", SPEC=SPEC, RESOURCE=None)
        self.module.RESOURCE = Report("thing", self._read)
        self.task: t.Any = types.SimpleNamespace(
            get_path=lambda: "",
            action="cvops.identity.thing_info",
            resolved_action="cvops.identity.thing_info",
            args={"name": "n"},
            async_val=0,
            check_mode=False,
            diff=False,
            environment=[],
            no_log=False,
            timeout=0,
            _ds={"source": "of the task"},
        )
        self.connection: t.Any = types.SimpleNamespace(
            transport="local", _shell=types.SimpleNamespace(tmpdir="/nowhere")
        )
        self.play_context: t.Any = types.SimpleNamespace(become=False)
        self.variables: dict[str, t.Any] = {}
        self.executed: list[dict[str, t.Any]] = []
        self.module_result: t.Any = {"changed": False, "thing": {}}
        screen = types.SimpleNamespace(
            verbosity=0,
            vvv=self.displayed.append,
            v=lambda line, host=None: self.displayed.append(line),
            display=lambda line, **style: self.displayed.append(line),
        )
        monkeypatch.setattr(subject, "display", screen)

    def _read(self, ctx: Context) -> t.Any:
        self.contexts.append(ctx)
        return self.read(ctx)

    def _execute(self, **keywords: t.Any) -> t.Any:
        self.executed.append({**keywords, "environment": self.task.environment})
        if isinstance(self.module_result, Exception):
            raise self.module_result
        return dict(self.module_result)

    def run(self) -> dict[str, t.Any]:
        """Return the task's result."""
        kind = type("ActionModule", (subject.InProcessAction,), {"module": self.module})
        action = kind(
            task=self.task,
            connection=self.connection,
            play_context=self.play_context,
            loader=None,
            templar=StubTemplar(),
            shared_loader_obj=None,
        )
        action._execute_module = self._execute
        found: dict[str, t.Any] = action.run(task_vars=self.variables)
        return found

    def environment(self) -> dict[str, str]:
        """Return the variables on the command line of the module that ran."""
        (executed,) = self.executed
        (layer,) = executed["environment"]
        return dict(layer)


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    """An action whose environment gives no option."""
    for name in ("CVOPS_NAME", "CVOPS_PASSWORD", "VENDOR_NAME", "CVOPS_IN_PROCESS", "CVOPS_RUN_RECORD_DIR"):
        monkeypatch.delenv(name, raising=False)
    return Harness(monkeypatch)


def test_a_task_runs_in_this_process(harness: Harness) -> None:
    harness.task.args = {"name": "n", "deadline": "7"}
    result = harness.run()
    assert (result["changed"], result["thing"]["name"], result["thing"]["deadline"]) == (False, "n", 7)
    assert result["stats"]["writes"] == 0
    assert harness.executed == []
    assert not {"failed", "warnings", "deprecations"} & set(result)
    assert harness.task._ds == {"source": "of the task"}


def test_the_context_knows_the_keywords_of_the_task(harness: Harness) -> None:
    harness.task.check_mode, harness.task.diff = True, True
    harness.task.args = {"name": "n", "password": SECRET}
    harness.run()
    (ctx,) = harness.contexts
    assert (ctx.check_mode, ctx.diff_mode, ctx.secrets) == (True, True, {SECRET})
    assert (ctx.run_directory, ctx.run_process) == (temporary_folder(), os.getpid())


@pytest.mark.parametrize("no_log", [True, False])
def test_debug_lines_are_displayed_unless_no_log_is_set(harness: Harness, no_log: bool) -> None:
    harness.task.no_log = no_log
    subject.display.verbosity = 1
    harness.read = lambda ctx: ctx.debug(1, "line")
    harness.run()
    assert harness.displayed == ([] if no_log else ["line"])


def test_secrets_are_masked_in_all_that_is_returned(harness: Harness) -> None:
    harness.task.args = {"name": "n", "note": f"is {SECRET}", "remark": "again", "password": SECRET}
    harness.variables = {"ansible_inject_invocation": True}

    def read(ctx: Context) -> t.Any:
        ctx.warnings.append(f"careful with {SECRET}")
        return [SECRET, f"is {SECRET}"]

    harness.read = read
    result = harness.run()
    assert result["thing"] == [HIDDEN_OPTION, "is ********"]
    assert result["invocation"]["module_args"]["password"] == HIDDEN_OPTION
    assert sorted(result["warnings"]) == [
        "Alias remark and option note are both set; note is used",
        "careful with ********",
    ]
    assert SECRET not in json.dumps(result)


def test_a_deprecated_option_is_told(harness: Harness) -> None:
    option = {"type": "str", "removed_in_version": "2.0.0", "removed_from_collection": "cvops.identity"}
    harness.module.SPEC = SPEC.merge(ArgumentSpec({"old": option}))
    harness.task.args = {"name": "n", "old": "x"}
    (found,) = harness.run()["deprecations"]
    assert (found["version"], found["collection_name"]) == ("2.0.0", "cvops.identity")
    assert "old" in found["msg"]


@pytest.mark.parametrize("in_process", [True, False])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": "n", "nam": SECRET}, "Unsupported parameters for (cvops.identity.thing_info) module: nam."),
        ({"note": "x"}, "missing required arguments: name"),
        ({"name": "n", "deadline": SECRET}, "deadline"),
        ({"name": "n", "graph_url": f"https://user:{SECRET}@h"}, "graph_url"),
    ],
)
def test_refused_options_start_nothing(
    harness: Harness, in_process: bool, options: dict[str, t.Any], words: str
) -> None:
    harness.task.args = options
    harness.variables = {"cvops_in_process": in_process}
    result = harness.run()
    assert (result["failed"], result["changed"]) == (True, False)
    assert words in result["msg"]
    assert SECRET not in json.dumps(result)
    assert harness.contexts == [] and harness.executed == []
    assert harness.task._ds is None, "core shows the source of a task that failed"


def test_options_come_from_variables_then_from_the_environment_of_the_task(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VENDOR_NAME", "inherited")
    harness.task.args = {}
    assert harness.run()["thing"]["name"] == "inherited"
    harness.task.environment = [{"CVOPS_NAME": "play"}, None, {"CVOPS_NAME": "task"}]
    assert harness.run()["thing"]["name"] == "task"
    harness.variables = {"cvops_name": "{{ name }}"}
    result = harness.run()
    assert result["thing"]["name"] == "rendered"
    assert [text for text in result["warnings"] if "variable cvops_name is used" in text]
    assert harness.contexts[-1].describe_source("name") == "variable cvops_name"
    assert "CVOPS_NAME" not in os.environ


def test_the_environment_of_a_task_is_set_while_it_runs(harness: Harness) -> None:
    harness.task.environment = [{"SOME_NUMBER": 5}]
    harness.read = lambda ctx: os.environ.get("SOME_NUMBER")
    assert harness.run()["thing"] == "5"
    assert "SOME_NUMBER" not in os.environ


def test_an_environment_that_is_no_dictionary_is_an_error(harness: Harness) -> None:
    harness.task.environment = ["A=1"]
    with pytest.raises(AnsibleError, match="must be a dictionary, received str"):
        harness.run()


def test_the_environment_is_restored_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """All items of a loop and all later tasks may share the worker's process."""
    monkeypatch.setenv("CVOPS_KNOWN", "before")
    monkeypatch.delenv("CVOPS_NEW", raising=False)
    with pytest.raises(LookupError), subject._applied_environment({"CVOPS_KNOWN": "within", "CVOPS_NEW": "within"}):
        assert (os.environ["CVOPS_KNOWN"], os.environ["CVOPS_NEW"]) == ("within", "within")
        raise LookupError
    assert os.environ["CVOPS_KNOWN"] == "before"
    assert "CVOPS_NEW" not in os.environ


REASONS: dict[str, tuple[dict[str, t.Any], str | None]] = {
    "nothing": ({}, None),
    "variable": ({"variables": {"cvops_in_process": "{{ no }}"}}, "cvops_in_process is off"),
    "environment": ({"environment": [{"CVOPS_IN_PROCESS": "off"}]}, "cvops_in_process is off"),
    "variable before environment": (
        {"variables": {"cvops_in_process": True}, "environment": [{"CVOPS_IN_PROCESS": "off"}]},
        None,
    ),
    "async": ({"async_val": 5}, "the task is asynchronous"),
    "connection": ({"transport": "ssh"}, "the connection is ssh"),
    "become": ({"become": True}, "become is set"),
    "another interpreter": (
        {"variables": {"ansible_python_interpreter": "/usr/bin/env"}},
        "the interpreter /usr/bin/env is not the controller's own",
    ),
    "its own interpreter": ({"variables": {"ansible_python_interpreter": sys.executable}}, None),
    "a found interpreter": ({"variables": {"ansible_python_interpreter": "auto_silent"}}, None),
    "Python's environment": ({"environment": [{"PYTHONPATH": "/x"}]}, "the task's environment sets PYTHONPATH"),
    "loader's environment": ({"environment": [{"LD_PRELOAD": "x"}]}, "the task's environment sets LD_PRELOAD"),
    "search path": ({"environment": [{"PATH": "/x"}]}, "the task's environment sets PATH"),
    "any environment": ({"environment": [{"LANG": "C"}]}, None),
}


@pytest.mark.parametrize(("given_keywords", "reason"), REASONS.values(), ids=REASONS)
def test_a_task_runs_as_a_module_only_for_a_reason_that_is_told(
    harness: Harness, given_keywords: dict[str, t.Any], reason: str | None
) -> None:
    keywords = dict(given_keywords)
    harness.variables = keywords.pop("variables", {})
    harness.connection.transport = keywords.pop("transport", "local")
    harness.play_context.become = keywords.pop("become", False)
    vars(harness.task).update(keywords)
    harness.task.args = {"name": "n", "sign_in_on": "target"}
    harness.run()
    assert bool(harness.executed) == (reason is not None)
    assert bool(harness.contexts) == (reason is None)
    told = f"cvops.identity.thing_info: run as a module, because {reason}"
    assert harness.displayed == ([told] if reason else [])


@pytest.fixture
def as_module(harness: Harness) -> Harness:
    """An action whose task runs as a module on this host."""
    harness.variables = {"cvops_in_process": False, "inventory_hostname": "localhost"}
    return harness


def test_a_module_gets_completed_options_and_what_only_the_controller_knows(as_module: Harness) -> None:
    as_module.task.args = {"note": "x"}
    as_module.task.timeout = 9
    as_module.task.environment = [{"CVOPS_NAME": "n", "LANG": "C", "VAULT_TOKEN": SECRET}]
    assert as_module.run() == {"changed": False, "thing": {}}
    (executed,) = as_module.executed
    assert executed["module_name"] == "cvops.identity.thing_info"
    assert executed["module_args"] == {"note": "x", "name": "n", ENVIRONMENT_KEY: {"VAULT_TOKEN": SECRET}}
    assert executed["wrap_async"] is False
    assert as_module.environment() == {
        "LANG": "C",
        "CVOPS_OPTION_SOURCES": json.dumps({"name": "environment variable CVOPS_NAME"}),
        "CVOPS_TASK_TIMEOUT": "9",
        "CVOPS_RUN_DIRECTORY": temporary_folder(),
        "CVOPS_RUN_PROCESS": str(os.getpid()),
    }


def test_a_module_without_secrets_in_its_environment_gets_no_argument_for_them(as_module: Harness) -> None:
    as_module.run()
    assert as_module.executed[0]["module_args"] == {"name": "n"}


@pytest.mark.parametrize("error", [None, LookupError("x")])
def test_the_task_has_its_own_environment_again_after_the_module(as_module: Harness, error: Exception | None) -> None:
    own = [{"VAULT_TOKEN": SECRET}]
    as_module.task.environment = own
    if error:
        as_module.module_result = error
        with pytest.raises(LookupError):
            as_module.run()
    else:
        as_module.run()
    assert as_module.task.environment is own


def test_a_task_in_the_background_leaves_core_no_secret_and_keeps_its_own_environment(as_module: Harness) -> None:
    """Core asks for its state with the environment that the task has by then; the next try of the task needs the whole."""
    own = [{"VAULT_TOKEN": SECRET, "LANG": "C"}]
    as_module.task.environment, as_module.task.async_val = own, 30
    as_module.run()
    assert as_module.executed[0]["wrap_async"] is True
    assert [dict(layer) for layer in as_module.task.environment] == [{"LANG": "C"}]
    as_module.run()
    assert as_module.executed[1]["module_args"][ENVIRONMENT_KEY] == {"VAULT_TOKEN": SECRET}
    assert as_module.task.environment.original is own


def test_lines_of_a_module_are_displayed_and_not_returned(as_module: Harness) -> None:
    as_module.module_result = {"changed": True, LOG_KEY: ["one", "two"], "warnings": ["from the module"]}
    as_module.task.args = {}
    as_module.task.environment = [{"CVOPS_NAME": "n", "VENDOR_NAME": "other"}]
    result = as_module.run()
    assert as_module.displayed[1:] == ["one", "two"]
    assert LOG_KEY not in result
    first, second = result["warnings"]
    assert first == "from the module"
    assert second.startswith("name is set to different values in several places")


def test_a_failed_module_keeps_core_from_showing_the_source_of_the_task(as_module: Harness) -> None:
    as_module.module_result = {"failed": True, "msg": "x"}
    assert as_module.run()["msg"] == "x"
    assert as_module.task._ds is None


@pytest.fixture
def elsewhere(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> Harness:
    """An action whose task runs on another host, where tokens take the place of credentials."""
    harness.connection.transport = "ssh"
    harness.task.args = {"name": "n", "password": SECRET}

    def exchange(module: t.Any, ctx: Context) -> dict[str, t.Any]:
        harness.contexts.append(ctx)
        return {"password": None, "auth_method": "token"}

    monkeypatch.setattr(subject, "exchange_credentials", exchange)
    return harness


def test_a_task_on_another_host_takes_tokens_in_place_of_credentials(elsewhere: Harness) -> None:
    elsewhere.task.environment = [{"IDENTITY_HEADER": SECRET, "VAULT_TOKEN": "v"}]
    elsewhere.run()
    (executed,) = elsewhere.executed
    assert executed["module_args"] == {
        "name": "n",
        "password": None,
        "auth_method": "token",
        ENVIRONMENT_KEY: {"VAULT_TOKEN": "v"},
    }
    assert not {"CVOPS_RUN_DIRECTORY", "CVOPS_RUN_PROCESS"} & set(elsewhere.environment())
    assert SECRET not in str(executed["module_args"])


@pytest.mark.parametrize("options", [{"sign_in_on": "target"}, {"auth_method": "token"}])
def test_a_target_that_signs_in_by_itself_gets_the_options_as_they_are(
    elsewhere: Harness, options: dict[str, str]
) -> None:
    elsewhere.task.args = {"name": "n", "password": SECRET, **options}
    elsewhere.task.environment = [{"IDENTITY_HEADER": "h"}]
    elsewhere.run()
    (executed,) = elsewhere.executed
    assert executed["module_args"] == {**elsewhere.task.args, ENVIRONMENT_KEY: {"IDENTITY_HEADER": "h"}}
    assert elsewhere.contexts == []


def test_another_user_of_this_host_is_another_host(elsewhere: Harness) -> None:
    elsewhere.connection.transport, elsewhere.play_context.become = "local", True
    elsewhere.run()
    assert elsewhere.executed[0]["module_args"]["auth_method"] == "token"


def test_what_is_missing_here_may_be_on_the_other_host(elsewhere: Harness) -> None:
    elsewhere.task.args = {"note": "x"}
    elsewhere.run()
    assert elsewhere.executed[0]["module_args"] == {"note": "x"}
    assert elsewhere.contexts == [], "no sign-in for a task whose options are not complete"


def test_a_sign_in_that_fails_sends_nothing(elsewhere: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []

    def exchange(module: t.Any, ctx: Context) -> t.NoReturn:
        ctx.on_close(lambda: closed.append(True))
        raise ConfigError(f"refused with {SECRET}", source="option password")

    monkeypatch.setattr(subject, "exchange_credentials", exchange)
    result = elsewhere.run()
    assert (result["failed"], result["msg"]) == (True, "refused with ********")
    assert result["error"] == {"kind": "config", "source": "option password"}
    assert elsewhere.executed == []
    assert closed == [True]


@pytest.mark.parametrize(
    ("variables", "environment", "directory"),
    [
        ({}, [], None),
        ({}, [{"CVOPS_RUN_RECORD_DIR": "/environment"}], "/environment"),
        ({"cvops_run_record_dir": "{{ folder }}"}, [{"CVOPS_RUN_RECORD_DIR": "/environment"}], "/records"),
        ({"cvops_run_record_dir": "~/records"}, [], os.path.expanduser("~/records")),
        ({"cvops_run_record_dir": ""}, [], None),
    ],
)
def test_records_go_where_variable_or_environment_say(
    harness: Harness,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, t.Any],
    environment: list[t.Any],
    directory: str | None,
) -> None:
    harness.variables, harness.task.environment = variables, environment
    targets: list[t.Any] = []

    def note(ctx: Context, declared: t.Any, timeout: t.Any, target: t.Any) -> dict[str, t.Any]:
        targets.append(target)
        return {"changed": False}

    monkeypatch.setattr(subject, "run_task", note)
    harness.run()
    harness.variables = {**variables, "cvops_in_process": False}
    harness.run()
    (target,) = targets
    assert (target and target.directory) == directory
    assert (target and target.module) == (directory and "thing_info")
    assert harness.environment().get("CVOPS_RUN_RECORD_DIR") == directory


def test_what_may_stand_on_a_command_line() -> None:
    given_environment = {
        "LANG": "C.UTF-8",
        "CVOPS_CLIENT_SECRET": "x",
        "ARM_CLIENT_SECRET": "",
        "CVOPS_COMMVAULT_PASSWORD": "x",
        "CVOPS_TICKET": "CHG1",
        "VAULT_TOKEN": "x",
        "https_proxy": "http://user:x@proxy",
        "IDENTITY_HEADER": "x",
        "MY_PASSWORD": "x",
    }
    names = subject._list_option_variables(entra_group)
    public, carried = subject._split_environment(given_environment, names, exchanged_here=False)
    assert public == {"LANG": "C.UTF-8", "ARM_CLIENT_SECRET": ""}
    assert set(carried) == {"CVOPS_TICKET", "VAULT_TOKEN", "https_proxy", "IDENTITY_HEADER", "MY_PASSWORD"}
    _public, carried = subject._split_environment(given_environment, names, exchanged_here=True)
    assert "IDENTITY_HEADER" not in carried, "signed in here: it stays here"


variable_names = st.sampled_from(
    [
        "LANG",
        "CVOPS_CLIENT_SECRET",
        "ARM_CLIENT_ID",
        "VAULT_ADDR",
        "MSI_SECRET",
        "my_pin",
        "NO_PROXY",
        "AUTH_X",
        "EDITOR",
    ]
)


@given(st.dictionaries(variable_names, st.sampled_from(["", SECRET])), st.booleans())
def test_no_variable_is_in_two_places_and_none_that_is_empty_is_lost(
    environment: dict[str, str], exchanged_here: bool
) -> None:
    names = subject._list_option_variables(entra_group)
    public, carried = subject._split_environment(environment, names, exchanged_here)
    assert not set(public) & set(carried)
    assert {**public, **carried}.items() <= environment.items()
    assert {name for name, value in environment.items() if not value} <= set(public)
    assert {name for name, value in public.items() if value} <= {"LANG", "EDITOR"}
    assert not set(carried) & names


def test_variables_that_give_options_are_those_of_the_module_and_of_both_sign_ins() -> None:
    names = subject._list_option_variables(entra_group)
    assert {"CVOPS_CLIENT_SECRET", "AZURE_CLIENT_SECRET", "CVOPS_COMMVAULT_PASSWORD"} <= names
    assert "CVOPS_TICKET" not in names


@pytest.mark.parametrize("said", ["", "  ", None, "true", "yes", True])
def test_a_switch_that_is_empty_counts_as_not_set(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, said: t.Any
) -> None:
    monkeypatch.setenv("CVOPS_IN_PROCESS", str(said or ""))
    harness.task.environment = [{"CVOPS_IN_PROCESS": str(said or "")}]
    harness.variables = {"cvops_in_process": said}
    assert harness.run()["thing"]["name"] == "n"
    assert harness.executed == []


@pytest.mark.parametrize("said", ["no", "False", " off ", "0", False])
def test_a_switch_that_is_a_text_is_understood(harness: Harness, monkeypatch: pytest.MonkeyPatch, said: t.Any) -> None:
    monkeypatch.setenv("CVOPS_IN_PROCESS", str(said))
    harness.run()
    harness.variables = {"cvops_in_process": said}
    harness.run()
    assert len(harness.executed) == 2


def test_a_switch_that_is_no_boolean_is_refused_by_its_source(harness: Harness) -> None:
    harness.variables = {"cvops_in_process": "perhaps"}
    result = harness.run()
    assert (result["failed"], result["error"]) == (True, {"kind": "config", "source": "variable cvops_in_process"})
    assert result["msg"] == "variable cvops_in_process is not a boolean such as true or false"


def test_what_is_omitted_in_a_list_is_left_out(harness: Harness) -> None:
    harness.task.args = {"name": "n", "note": "__omit_place_holder__" + "0f" * 20}
    assert harness.run()["thing"]["note"] is None


def test_what_is_no_data_fails_the_task_by_name(harness: Harness) -> None:
    harness.task.args = {"name": "n", "note": [object()]}
    result = harness.run()
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["error"] == {"kind": "config", "source": "option note[0]"}
    assert harness.task._ds is None
    harness.task.args = {"name": "n"}
    harness.variables = {"cvops_password": object()}
    assert "not plain data" in harness.run()["msg"]


@pytest.mark.parametrize("in_process", [True, False])
def test_records_go_to_the_folder_of_the_playbook_both_ways(
    harness: Harness, tmp_path: pathlib.Path, in_process: bool
) -> None:
    harness.variables = {
        "cvops_in_process": in_process,
        "cvops_run_record_dir": "records",
        "playbook_dir": str(tmp_path),
    }
    harness.run()
    if in_process:
        assert harness.contexts[0].base_directory == str(tmp_path)
        assert harness.contexts[0].spec is SPEC.options
    else:
        assert harness.environment()["CVOPS_RUN_RECORD_DIR"] == str(tmp_path / "records")
        assert harness.environment()["CVOPS_BASE_DIRECTORY"] == str(tmp_path)


def test_another_host_gets_paths_as_they_are(elsewhere: Harness) -> None:
    elsewhere.variables = {"cvops_run_record_dir": "records", "playbook_dir": "/play"}
    elsewhere.task.args = {"name": "n", "sign_in_on": "target"}
    elsewhere.run()
    assert elsewhere.environment()["CVOPS_RUN_RECORD_DIR"] == "records"
    assert "CVOPS_BASE_DIRECTORY" not in elsewhere.environment()


def test_an_empty_key_is_refused_before_the_module_reads(harness: Harness) -> None:
    harness.task.args = {"name": "n", "note": ""}
    result = harness.run()
    assert result["error"] == {"kind": "config", "source": "option note"}
    assert result["stats"]["reads"] == 0
    assert harness.contexts == []
