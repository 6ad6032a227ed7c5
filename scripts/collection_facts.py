# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in the collection, read from the files present: its modules, what they document and what they accept."""

from __future__ import annotations

import ast
import importlib
import pathlib
import types
import typing as t

from collection_tree import ROOT

PLUGINS = ROOT / "plugins"
PACKAGE = "ansible_collections.cvops.identity.plugins"


def module_names(plugins: pathlib.Path = PLUGINS) -> list[str]:
    """Return the modules, sorted."""
    return sorted(path.stem for path in (plugins / "modules").glob("*.py") if not path.stem.startswith("_"))


def load_module(name: str) -> types.ModuleType:
    """Return the Python module behind an Ansible module; Ansible's import hook must be in place."""
    return importlib.import_module(f"{PACKAGE}.modules.{name}")


def load_collections() -> None:
    """Install Ansible's import hook for this checkout, once per process."""
    from ansible.plugins.loader import init_plugin_loader
    from ansible.utils.collection_loader import AnsibleCollectionConfig
    from collection_tree import collections_path

    if AnsibleCollectionConfig.collection_finder is None:
        init_plugin_loader([str(collections_path())])


def text_constants(path: pathlib.Path) -> dict[str, str]:
    """Return the texts that a file assigns to names at its top level, such as DOCUMENTATION."""
    found = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            found.update({target.id: node.value.value for target in node.targets if isinstance(target, ast.Name)})
    return found


def walk_options(options: t.Mapping[str, t.Any], prefix: str = "") -> t.Iterator[tuple[str, t.Mapping[str, t.Any]]]:
    """Each option of an argument spec with its dotted name, suboptions included."""
    for name, option in options.items():
        yield f"{prefix}{name}", option
        yield from walk_options(option.get("options") or {}, f"{prefix}{name}.")
