# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that is taken from inside ansible-core: it is there on this core, and taken in one file only."""

from __future__ import annotations

import ast
import importlib
import os
import pathlib
import re
import typing as t

import pytest
from ansible import template
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible.parsing.dataloader import DataLoader
from ansible.release import __version__
from collection_tree import ROOT

from ansible_collections.cvops.identity.plugins.plugin_utils import ansible_internals as subject
from ansible_collections.cvops.identity.plugins.plugin_utils.ansible_internals import (
    INTERNALS,
    PUBLIC,
    Internal,
    get_playbook_folder,
)

CORE = tuple(int(part) for part in __version__.split(".")[:2])
FILE = pathlib.Path(subject.__file__).resolve()
SOURCES = [path for path in sorted((ROOT / "plugins").rglob("*.py")) if path.resolve() != FILE]


def release(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def is_expected(row: Internal) -> bool:
    """Whether this core should have what the row names."""
    after = not row.since or release(row.since) <= CORE
    return after and (not row.until or release(row.until) >= CORE)


def is_there(name: str) -> bool:
    """Whether this core has ``module:path``; attributes of instances count when the class or its ``__init__`` names them."""
    module_name, _colon, path = name.partition(":")
    try:
        found = importlib.import_module(module_name)
    except ImportError:
        return False
    for step in path.split("."):
        if hasattr(found, step):
            found = getattr(found, step)
        else:
            return isinstance(found, type) and is_set_at_creation(found, step)
    return True


def is_set_at_creation(kind: type, name: str) -> bool:
    for base in kind.__mro__[:-1]:
        created = getattr(base.__dict__.get("__init__"), "__code__", None)
        if (
            name in base.__dict__
            or name in getattr(base, "__annotations__", {})
            or (created and name in created.co_names)
        ):
            return True
    return False


@pytest.mark.parametrize("row", INTERNALS, ids=lambda row: row.name.partition(":")[2])
def test_this_core_has_what_the_table_names(row: Internal) -> None:
    assert is_there(row.name) == is_expected(row), f"{row.name} on ansible-core {__version__}: mend the row and its use"


def test_the_table_names_a_use_and_a_successor_once() -> None:
    names = [row.name for row in INTERNALS]
    assert len(names) == len(set(names))
    assert all(row.purpose for row in INTERNALS)
    assert [row.name for row in INTERNALS if not row.successor and not row.since] == []


@pytest.mark.parametrize(
    "name", ["ansible.constants:NO_SUCH", "ansible.nowhere:x", "ansible.playbook.task:Task._nothing"]
)
def test_what_core_has_not_is_found_missing(name: str) -> None:
    assert not is_there(name)


def imports_of(source: str) -> t.Iterator[str]:
    """The modules of ansible-core that a source imports, anywhere in it; ``from ansible import x`` as ``ansible.x``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "ansible")
        elif isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").split(".")[0] == "ansible":
            whole = node.module == "ansible"
            yield from (f"ansible.{alias.name}" for alias in node.names) if whole else [str(node.module)]


def test_nothing_else_imports_what_is_not_public() -> None:
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in SOURCES
        for name in imports_of(path.read_text(encoding="utf-8"))
        if name not in PUBLIC
    }
    assert found == set()


def test_every_public_module_is_used() -> None:
    used = {name for path in SOURCES for name in imports_of(path.read_text(encoding="utf-8"))}
    assert used >= PUBLIC


def test_an_import_of_internals_would_be_found() -> None:
    source = "import ansible.utils.vars\ndef f():\n    from ansible import constants as C\nfrom ansible_collections import x\n"
    assert list(imports_of(source)) == ["ansible.utils.vars", "ansible.constants"]


def test_nothing_else_touches_private_attributes_of_results_and_tasks() -> None:
    private = "no_log_values|warnings|deprecations|aliases|(?:un)?supported_parameters|validated_parameters|ds"
    pattern = re.compile(rf"\._(?:{private})\b")
    assert pattern.search(FILE.read_text(encoding="utf-8"))
    found = {str(path.relative_to(ROOT)) for path in SOURCES if pattern.search(path.read_text(encoding="utf-8"))}
    assert found == set()


SPEC: dict[str, t.Any] = {
    "name": {"aliases": ["label"], "deprecated_aliases": [{"name": "label", "version": "2.0.0"}]},
    "password": {"no_log": True},
    "pin": {"type": "int", "no_log": True},
}


def validate(**options: t.Any) -> ValidationResult:
    return ArgumentSpecValidator(SPEC).validate(options)


def test_secrets_of_any_type_and_length_are_listed_as_text() -> None:
    assert subject.list_secrets(validate(name="n", password="Planted~4730", pin=7)) == {"Planted~4730", "7"}
    assert subject.list_secrets(validate(name="n")) == set()


def test_an_option_given_by_two_names_gets_a_warning() -> None:
    assert subject.list_alias_warnings(validate(name="n", label="l")) == [
        "Alias label and option name are both set; name is used"
    ]
    assert subject.list_alias_warnings(validate(name="n")) == []


def test_a_deprecated_option_is_told_with_the_collection() -> None:
    assert subject.list_deprecations(validate(label="l")) in (
        [
            {
                "msg": "Alias 'label' is deprecated. See the module docs for more information",
                "version": "2.0.0",
                "date": None,
                "collection_name": name,
            }
        ]
        for name in (None, "cvops.identity")
    )
    assert subject.list_deprecations(validate(name="n")) == []


def test_the_folder_of_the_run_names_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    assert os.path.isdir(subject.temporary_folder())
    assert subject.find_run_process() == os.getpid()
    for folder in ("/tmp/ansible-local-12abcdefgh", "/tmp/ansible-local-12", "/tmp/other"):
        monkeypatch.setattr(subject.constants, "DEFAULT_LOCAL_TMP", folder)
        assert subject.find_run_process() == (12 if folder.endswith("abcdefgh") else None)


def test_the_invocation_is_returned_as_core_does() -> None:
    if CORE < (2, 21):
        assert subject.returns_invocation({})
    else:
        assert not subject.returns_invocation({})
        assert subject.returns_invocation({"ansible_inject_invocation": True})


def test_a_setting_that_this_core_does_not_know_means_that_it_returns_the_invocation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for error in (AnsibleError("unknown"), KeyError("INJECT_INVOCATION")):

        def refuse(name: str, error: Exception = error, **keywords: t.Any) -> t.Any:
            raise error

        monkeypatch.setattr(subject.constants.config, "get_config_value", refuse)
        assert subject.returns_invocation({}) is True


def test_values_that_look_like_templates_are_not_rendered() -> None:
    from ansible.parsing.dataloader import DataLoader
    from ansible.template import Templar

    value = subject.mark_untrusted({"a": "{{ 1 + 1 }}", "b": ["{{ no_such }}"]})
    assert Templar(loader=DataLoader()).template(value) == {"a": "{{ 1 + 1 }}", "b": ["{{ no_such }}"]}


def test_the_text_of_a_filter_stays_text() -> None:
    found = subject.FilterText("['a']")
    assert found == "['a']" and isinstance(found, str)


def test_a_task_without_its_source_says_nothing_about_it() -> None:
    from ansible.playbook.task import Task

    task = Task()
    task._ds = {"secret": "Planted~4731"}
    assert task.get_ds() == {"secret": "Planted~4731"}
    subject.forget_source(task)
    assert task.get_ds() is None


@pytest.mark.parametrize(
    ("given", "folder"),
    [
        ({}, None),
        ({"playbook_dir": ""}, None),
        ({"playbook_dir": "/project/plays"}, "/project/plays"),
        ({"playbook_dir": "/x/ansible_collections/cvops/identity/playbooks"}, "CURRENT"),
        ({"playbook_dir": "/x/ansible_collections/cvops/identity/playbooks/tasks"}, "CURRENT"),
        ({"playbook_dir": "/x/ansible_collections/cvops/identity/tests/playbooks2"}, "SAME"),
        ({"playbook_dir": "."}, "CURRENT"),
    ],
)
def test_relative_paths_begin_with_the_playbook_but_not_inside_of_a_collection(
    given: dict[str, t.Any], folder: str | None
) -> None:
    wanted = {"CURRENT": os.getcwd(), "SAME": given.get("playbook_dir")}.get(folder or "", folder)
    assert get_playbook_folder(given) == wanted


def test_a_template_that_omits_itself_is_left_out_on_every_core() -> None:
    """From release 2.19 on core raises for it, before it returns a text."""
    mark = "__omit_place_holder__" + "0f" * 20
    templar = template.Templar(DataLoader(), variables={} if CORE >= (2, 19) else {"omit": mark})
    trust = getattr(template, "trust_as_template", str)
    assert subject.render_template(templar, trust("{{ omit }}")) is None
    assert subject.render_template(templar, trust("{{ gone | default(omit) }}"), omitted="left out") == "left out"
    assert subject.render_template(templar, trust("{{ 'x' }}")) == "x"
    with pytest.raises(AnsibleError, match="gone"):
        subject.render_template(templar, trust("{{ gone }}"))
