# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The public surface of the collection: every name that others build on, with what it accepts.

A surface is flat: a name in words, such as ``module entra_group option members``, with its facts, a JSON object that is empty where the name is all.
"""

from __future__ import annotations

import functools
import json
import re
import typing as t

import names_index
import variables_schema
import yaml
from collection_facts import PLUGINS, load_module, module_names, text_constants, walk_options
from collection_tree import ROOT
from shown_code import FILTERS

Surface = dict[str, dict[str, t.Any]]

#: What of an option others depend on; a default of None is none.
FACTS = ("type", "elements", "choices", "default", "required", "aliases")
RULES = ("mutually_exclusive", "required_together", "required_one_of", "required_if", "required_by")
ERRORS = ROOT / "docs" / "docsite" / "rst" / "guide_troubleshooting.rst"


@functools.lru_cache
def gather_surface() -> Surface:
    """Return the surface of this checkout; Ansible's import hook must be in place."""
    found: Surface = {}
    for part in (_modules, _lookups, _filters, _roles, _playbooks, _errors, _extensions, _runtime):
        found |= part()
    return dict(sorted(found.items()))


def describe_option(option: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the facts of an option that are not those of an option about which nothing is said; choices and aliases are sorted."""
    facts = {name: option[name] for name in FACTS if option.get(name) not in (None, False, [], ())}
    if "default" in option and option["default"] is not None:
        facts["default"] = option["default"]
    facts |= {name: sorted(facts[name], key=str) for name in ("choices", "aliases") if name in facts}
    return t.cast("dict[str, t.Any]", json.loads(json.dumps(facts, default=str)))


def describe_rules(rules: t.Mapping[str, t.Any]) -> list[list[t.Any]]:
    """Return the rules between options, each as the name of the rule and what it is about, sorted."""
    found = []
    for name in RULES:
        given = rules.get(name) or []
        rows = [[key, value] for key, value in given.items()] if isinstance(given, dict) else given
        found += [[name, json.loads(json.dumps(row, default=str))] for row in rows]
    return sorted(found, key=str)


def _add_options(found: Surface, owner: str, options: t.Mapping[str, t.Any], rules: t.Mapping[str, t.Any]) -> None:
    """Add the options of an argument spec, those inside others too, and the rules between them."""
    found[owner] = {"rules": describe_rules(rules)} if describe_rules(rules) else {}
    for name, option in walk_options(options):
        inner = describe_rules(option)
        found[f"{owner} option {name}"] = describe_option(option) | ({"rules": inner} if inner else {})


def _add_returns(found: Surface, owner: str, text: str) -> None:
    """Add the keys that results have, those inside others too."""

    def add(keys: t.Mapping[str, t.Any], prefix: str) -> None:
        for name, key in keys.items():
            found[f"{owner} result {prefix}{name}"] = {"type": key.get("type", "str")}
            add(key.get("contains") or {}, f"{prefix}{name}.")

    add(yaml.safe_load(text) or {}, "")


def _modules() -> Surface:
    found: Surface = {}
    for name in module_names():
        spec = load_module(name).SPEC
        _add_options(found, f"module {name}", spec.options, spec.to_rule_kwargs())
        _add_returns(found, f"module {name}", text_constants(PLUGINS / "modules" / f"{name}.py")["RETURN"])
    return found


def _documented(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return documented options in the form of an argument spec."""
    return {
        name: {**option, "options": _documented(option.get("suboptions") or {})} for name, option in options.items()
    }


def _lookups() -> Surface:
    found: Surface = {}
    for path in sorted((PLUGINS / "lookup").glob("[!_]*.py")):
        texts, owner = text_constants(path), f"lookup {path.stem}"
        _add_options(found, owner, _documented(yaml.safe_load(texts["DOCUMENTATION"]).get("options") or {}), {})
        _add_returns(found, owner, texts["RETURN"])
    return found


def _filters() -> Surface:
    found: Surface = {}
    for path in FILTERS:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        described, owner = document["DOCUMENTATION"], f"filter {path.stem}"
        _add_options(found, owner, _documented(described.get("options") or {}), {})
        found[owner] = {"positional": described.get("positional") or ""}
        _add_returns(found, owner, yaml.safe_dump(document.get("RETURN") or {}))
    return found


def _roles() -> Surface:
    """Return what roles take, on the first level; the keys below are those of the variables."""
    found: Surface = {}
    for path in sorted((ROOT / "roles").glob("*/meta/argument_specs.yml")):
        specs = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
        for entry, spec in specs.items():
            options = spec.get("options") or {}
            first = {name: {key: value for key, value in one.items() if key in FACTS} for name, one in options.items()}
            _add_options(found, f"role {path.parts[-3]} entry {entry}", first, {})
    return found


def _playbooks() -> Surface:
    """Return the names of playbooks, and every variable of the document and of playbooks with its keys."""
    found: Surface = {f"playbook {path.stem}": {} for path in sorted((ROOT / "playbooks").glob("*.yml"))}
    for name, option in variables_schema.build_variables().items():
        for path, one in ((name, option), *names_index.walk_keys(option, f"{name}.")):
            inner = describe_rules(one)
            found[f"variable {path}"] = describe_option(one) | ({"rules": inner} if inner else {})
    names = (row[0].strip("`") for row in names_index.list_environment())
    return found | {f"environment variable {name}": {} for name in names}


def _errors() -> Surface:
    """Return kinds and codes of errors and kinds of findings, from the page that a test holds equal to the code."""
    text = ERRORS.read_text(encoding="utf-8")
    found: Surface = {f"error kind {name}": {} for name in re.findall(r"^``(\w+)``\n\^+$", text, re.MULTILINE)}
    for title, word in (("Kinds of single findings", "finding kind"), ("Codes of the collection", "error code")):
        part = re.search(rf"^{title}\n-+\n(.*?)(?=^[^\n]+\n-{{4,}}\n|\Z)", text, re.MULTILINE | re.DOTALL)
        if part is None:
            raise ValueError(f"{ERRORS.name} has no part {title}")
        names = re.findall(r"^   \* - ``([\w.-]+)``\n     - (?!What it means)", part[1], re.MULTILINE)
        found |= {f"{word} {name}": {} for name in names}
    return found


def _extensions() -> Surface:
    """Return event sources with their options, rulebooks and patterns."""
    folder = ROOT / "extensions"
    found: Surface = {f"pattern {path.name}": {} for path in sorted((folder / "patterns").iterdir()) if path.is_dir()}
    found |= {f"rulebook {path.stem}": {} for path in sorted((folder / "eda" / "rulebooks").glob("*.yml"))}
    for path in sorted((folder / "eda" / "plugins" / "event_source").glob("*.py")):
        described = yaml.safe_load(text_constants(path)["DOCUMENTATION"])
        _add_options(found, f"event source {path.stem}", _documented(described.get("options") or {}), {})
    return found


def _runtime() -> Surface:
    """Return the action groups with their modules, and the releases of ansible-core."""
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    found: Surface = {"ansible-core": {"requires": runtime["requires_ansible"]}}
    for group, names in runtime["action_groups"].items():
        found |= {f"action group {group} member {name}": {} for name in names}
    return found
