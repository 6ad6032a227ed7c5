# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what the documentation shows: code blocks, the tasks in them, and what is wrong with those."""

from __future__ import annotations

import datetime
import typing as t

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.playbook.block import Block
from ansible.playbook.play import Play
from ansible.playbook.task import Task
from ansible.plugins.loader import action_loader, module_loader
from collection_facts import load_module, module_names
from shown_code import EXAMPLES, FILTERS, GUIDES, READMES, CodeBlock, all_blocks, blocks_of  # noqa: F401 - for those who import this

from ansible_collections.cvops.identity.plugins.module_utils._core.option_sources import OptionSources, use_sources
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.parse import parse_mappings

OWN = "cvops.identity."
TODAY = datetime.date(2026, 11, 1)
_KEYWORDS = frozenset(Task.fattributes) | frozenset(Block.fattributes) | {"local_action"}
_PLAY_TASKS = ("tasks", "pre_tasks", "post_tasks", "handlers")
_BLOCK_TASKS = ("block", "rescue", "always")
_SAMPLES: dict[str, t.Any] = {"bool": True, "int": 1, "list": [], "dict": {}, "path": "/sample", "float": 1.0}


def yaml_blocks() -> list[CodeBlock]:
    """Those that are YAML."""
    return [block for block in all_blocks() if block.language in ("yaml", "yml")]


def tasks_in(document: t.Any) -> t.Iterator[dict[str, t.Any]]:
    """Tasks of a list of plays or tasks, blocks opened; anything else has none."""
    for entry in document if isinstance(document, list) else []:
        if not isinstance(entry, dict) or "injectors" in entry:
            continue
        if "hosts" in entry:
            for section in _PLAY_TASKS:
                yield from tasks_in(entry.get(section))
        elif "block" in entry:
            for section in _BLOCK_TASKS:
                yield from tasks_in(entry.get(section))
        elif "import_playbook" not in entry:
            yield entry


def plays_in(document: t.Any) -> list[dict[str, t.Any]]:
    """Plays at the top of a document; no rulesets of ansible-rulebook, which name hosts, too."""
    found = [entry for entry in document if "hosts" in entry] if isinstance(document, list) else []
    return [entry for entry in found if "sources" not in entry]


def faults_of_play(play: dict[str, t.Any]) -> list[str]:
    """Keywords that plays do not have."""
    return [f"{name} is no keyword of a play" for name in play if name not in Play.fattributes]


def faults_of_task(task: dict[str, t.Any]) -> list[str]:
    """What Ansible or the module would refuse; values that are templates are taken to be right."""
    actions = [name for name in task if name not in _KEYWORDS and not name.startswith("with_")]
    if len(actions) != 1:
        return [f"{task.get('name')}: {', '.join(actions) or 'nothing'} where one action should be"]
    (action,) = actions
    if action.startswith("ansible.builtin."):
        known = module_loader.has_plugin(action) or action_loader.has_plugin(action)
        return [] if known else [f"{action} does not exist"]
    if not action.startswith(OWN) or action.removeprefix(OWN) not in module_names():
        return [f"{action} is neither of the collection nor of ansible.builtin, or is not given in full"]
    return faults_of_options(action.removeprefix(OWN), task[action] or {})


def faults_of_options(module: str, arguments: dict[str, t.Any]) -> list[str]:
    """What the module's own specification says, with no source of values but the task."""
    spec = load_module(module).SPEC
    with use_sources(OptionSources(environ={})):
        validated = ArgumentSpecValidator(spec.options, **spec.to_rule_kwargs()).validate(
            _filled(arguments, spec.options)
        )
    return [f"{module}: {message}" for message in validated.error_messages]


def faults_of_variables(document: t.Any) -> list[str]:
    """What the roles would refuse in a variables document, or in a part of one."""
    if not isinstance(document, dict):
        return []
    faults = faults_of_options("commvault_role_mappings", {"mappings": document.get("cvops_role_mappings", [])})
    faults += [str(problem) for problem in parse_mappings(document.get("cvops_role_mappings", []), None, TODAY)[1]]
    for group in document.get("cvops_entra_groups", []):
        faults += faults_of_options("entra_group", group)
    for role in document.get("cvops_commvault_roles", []):
        faults += faults_of_options("commvault_role", {name: role[name] for name in role if name != "commcells"})
    for rotation in document.get("cvops_rotations", []):
        given = {name: value for name, value in rotation.items() if name != "tags"}
        faults += faults_of_options("secret_rotation", given)
    connection = document.get("cvops_connection", {})
    for cell in connection.get("commcells", {}).values():
        given = {f"commvault_{name}": value for name, value in cell.items()}
        faults += faults_of_options("connection_info", {**connection.get("entra", {}), **given})
    return faults


def faults_of_block(block: CodeBlock) -> list[str]:
    """What Ansible, a module or a role would refuse in a YAML block: plays, tasks, variables."""
    faults = []
    for document in parsed(block):
        faults += [fault for play in plays_in(document) for fault in faults_of_play(play)]
        faults += [fault for task in tasks_in(document) for fault in faults_of_task(task)]
        faults += faults_of_variables(document)
        faults += [fault for play in plays_in(document) for fault in faults_of_variables(play.get("vars"))]
    return faults


def _filled(arguments: t.Mapping[str, t.Any], options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    filled = {}
    for name, value in arguments.items():
        option = options.get(name, {})
        inner = option.get("options")
        if isinstance(value, str) and "{{" in value:
            value = _sample(option)
        elif inner and isinstance(value, dict):
            value = _filled(value, inner)
        elif inner and isinstance(value, list):
            value = [_filled(item, inner) if isinstance(item, dict) else item for item in value]
        filled[name] = value
    return filled


def _sample(option: t.Mapping[str, t.Any]) -> t.Any:
    if option.get("choices") and option.get("type", "str") == "str":
        return option["choices"][0]
    return _SAMPLES.get(option.get("type", "str"), "sample")


def parsed(block: CodeBlock) -> list[t.Any]:
    """The documents of a YAML block; ``!vault`` and ``!unsafe`` are read as text."""

    class Loader(yaml.SafeLoader):
        pass

    for tag in ("!vault", "!unsafe"):
        Loader.add_constructor(tag, lambda loader, node: loader.construct_scalar(node))
    return list(yaml.load_all(block.text, Loader=Loader))
