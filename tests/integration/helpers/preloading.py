# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the fork server of the tests computes once for all runs, by being imported in it: see :mod:`helpers.forking`.

Ansible's loader of collections keeps no byte code: every run compiles the sources of the collection again, a third of a short
run's CPU time. AnsiballZ parses them once more for each module, and every run parses the metadata of ansible.builtin, the definitions
of Ansible's settings and those in the documentation of its plugins. A run gets the same values here as without; code is found by the
source itself, so that a changed file is compiled anew.

What the collection's modules share is imported, too: it looks at nothing of its surroundings when that happens, and no more than that
is imported, nor is the collection itself: its loading is something that Ansible acts upon.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import fcntl
import gc
import importlib
import os
import pathlib
import pkgutil
import sys
import typing as t

import ansible.constants
import compiled_archives
from ansible.config.manager import ConfigManager
from ansible.executor import module_common, task_queue_manager
from ansible.plugins import loader as plugin_loader
from ansible.utils.collection_loader import _collection_finder
from jinja2 import defaults

from helpers.shared_templates import SharedTemplates

_COLLECTION = "ansible_collections.cvops.identity"
_SHARED = f"{_COLLECTION}.plugins.module_utils"

#: The kinds of plugins of which every run reads the settings of many.
_KINDS = ("become", "callback", "connection", "inventory", "shell", "vars")

_compiled: dict[tuple[object, str, str, int], t.Any] = {}
_parsed_metadata: dict[bytes | str, t.Any] = {}
_parse_metadata = _collection_finder._meta_yml_to_dict
_read_definitions = ConfigManager._read_config_yaml_file
_definitions: dict[str, t.Any] = {}
_definitions_of_plugins: dict[str, dict[str, t.Any]] = {}
_find_jinja_plugin = plugin_loader.Jinja2Loader.get_with_context
_run_play = task_queue_manager.TaskQueueManager.run
_only_in_jinja: dict[tuple[str, str], t.Any] = {}


def compile_once(
    source: t.Any, filename: str, mode: str, flags: int = 0, dont_inherit: bool = True, **more: t.Any
) -> t.Any:
    """What ``compile`` returns for the same arguments, from memory where it is known."""
    tree_only = bool(flags & ast.PyCF_ONLY_AST)  # a syntax tree does not hold the name of its file
    key = (source, "" if tree_only else filename, mode, flags)
    if more or key not in _compiled:
        return builtins.compile(source, filename, mode, flags, True, **more)
    return _compiled[key]


def parse_metadata_once(text: bytes | str, content_id: t.Any) -> t.Any:
    """What Ansible's own function makes of a collection's metadata, from memory where it is known."""
    return _parsed_metadata[text] if text in _parsed_metadata else _parse_metadata(text, content_id)


def read_definitions_once(self: ConfigManager, path: str) -> t.Any:
    """What Ansible's own method returns for its file of settings; every run is a fork, and may change what it got."""
    return _definitions[path] if path in _definitions else _read_definitions(self, path)


def find_jinja_plugin_once(self: plugin_loader.Jinja2Loader, name: str, *args: t.Any, **more: t.Any) -> t.Any:
    """What Ansible's own method finds; of what only Jinja has it looks through every file of plugins, in every process."""
    return _only_in_jinja.get((self.type, name)) or _find_jinja_plugin(self, name, *args, **more)


def run_play_with_filters(self: task_queue_manager.TaskQueueManager, play: t.Any) -> t.Any:
    """Run a play with the collection's filters imported, where Ansible has loaded the collection: each task does it in its own process."""
    if _COLLECTION in sys.modules:
        filters = importlib.import_module(f"{_COLLECTION}.plugins.filter")
        for found in pkgutil.iter_modules(filters.__path__):
            importlib.import_module(f"{filters.__name__}.{found.name}")
    return _run_play(self, play)


def give_definitions_of_plugins() -> None:
    """Let Ansible's settings, which were read anew, know the plugins that were read here."""
    ansible.constants.config._plugins.update(_definitions_of_plugins)


class FileLocks(dict[t.Any, t.Any]):
    """In place of the locks of a run of ansible-core before 2.19, which has one for each action: a file that all runs lock."""

    def __init__(self, path: pathlib.Path) -> None:
        super().__init__({None: self})
        self._path = path
        self._descriptor = -1

    def __setitem__(self, action: t.Any, lock: t.Any) -> None:
        """Leave it at the one that is there."""

    def __enter__(self) -> None:
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(self, *error: object) -> None:
        os.close(self._descriptor)


def share_archives() -> None:
    """Let this run take the archives of modules from other runs, as its own tasks do from each other, where the collection is the same."""
    folder = os.environ.get(compiled_archives.FOLDER)
    if folder and os.environ.get("ANSIBLE_COLLECTIONS_PATH") == str(_collections):
        archives = pathlib.Path(folder, "archives")
        archives.mkdir(exist_ok=True)
        if hasattr(module_common, "action_write_locks"):
            module_common.action_write_locks.action_write_locks = FileLocks(archives / "lock")
        pathlib.Path(ansible.constants.DEFAULT_LOCAL_TMP, "ansiballz_cache").symlink_to(archives)
        SharedTemplates(pathlib.Path(folder, "templates")).install()


def _read_all_definitions() -> None:
    path = str(pathlib.Path(sys.modules[ConfigManager.__module__].__file__ or "").with_name("base.yml"))
    _definitions[path] = _read_definitions(ansible.constants.config, path)
    for kind in _KINDS:
        loader = getattr(plugin_loader, f"{kind}_loader")
        for found in pkgutil.iter_modules(importlib.import_module(f"ansible.plugins.{kind}").__path__):
            with contextlib.suppress(ImportError):
                module = importlib.import_module(f"ansible.plugins.{kind}.{found.name}")
                loader._load_config_defs(found.name, module, module.__file__)
    _definitions_of_plugins.update(ansible.constants.config._plugins)


def _compile_plugins(collections: pathlib.Path) -> None:
    plugins = collections / "ansible_collections" / "cvops" / "identity" / "plugins"
    for path in plugins.rglob("*.py"):
        source = path.read_bytes()
        _compiled[source, str(path), "exec", 0] = builtins.compile(source, str(path), "exec", 0, True)
        if path.relative_to(plugins).parts[0] in ("modules", "module_utils"):
            flags = ast.PyCF_ONLY_AST
            _compiled[source, "", "exec", flags] = _parse_imports(source, flags)


def _parse_imports(source: bytes, flags: int) -> ast.Module:
    """The syntax tree with what Ansible looks for, imports and assignments of the module: whole ones double what each fork must copy."""
    tree = t.cast("ast.Module", builtins.compile(source, "", "exec", flags, True))
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not any(
            isinstance(inner, (ast.Import, ast.ImportFrom)) for inner in ast.walk(node)
        ):
            node.body = [ast.Pass()]
    return tree


def _parse_builtin_metadata() -> None:
    path = pathlib.Path(module_common.__file__).parent.parent / "config" / "ansible_builtin_runtime.yml"
    text = path.read_bytes()
    for known in (text, text.decode()):
        _parsed_metadata[known] = _parse_metadata(text, ("ansible.builtin", "runtime.yml"))


@contextlib.contextmanager
def _collections_found(collections: pathlib.Path) -> t.Iterator[None]:
    """Let collections be imported; afterwards all of them but module_utils are taken out again, with the finder that found them."""
    finder = _collection_finder._AnsibleCollectionFinder([str(collections)], False)
    finder._install()
    yield
    finder._remove()
    for name in [name for name in sys.modules if name.split(".")[0] == "ansible_collections"]:
        if not name.startswith(_SHARED):
            del sys.modules[name]


def _import_shared(collections: pathlib.Path) -> None:
    """Import module_utils."""
    folder = collections.joinpath(*_SHARED.split("."))
    with _collections_found(collections):
        for path in sorted(folder.rglob("[!_]*.py")):
            importlib.import_module(".".join([_SHARED, *path.relative_to(folder).with_suffix("").parts]))


def _find_jinja_plugins(collections: pathlib.Path) -> None:
    """Load ansible.builtin's filters and tests."""
    with _collections_found(collections):
        for loader, names in (
            (plugin_loader.filter_loader, defaults.DEFAULT_FILTERS),
            (plugin_loader.test_loader, defaults.DEFAULT_TESTS),
        ):
            for name in names:
                with contextlib.suppress(KeyError):
                    found = _find_jinja_plugin(loader, name)
                    if found.object is None:
                        _only_in_jinja[loader.type, name] = found


def forget_shared() -> None:
    """Take module_utils out again: for a run that finds the collection elsewhere."""
    for name in [name for name in sys.modules if name.startswith(_SHARED)]:
        del sys.modules[name]


_collections = pathlib.Path(os.environ["ANSIBLE_COLLECTIONS_PATH"])
_compile_plugins(_collections)
_parse_builtin_metadata()
_collection_finder.compile = compile_once  # a module's own global stands before the builtin function
module_common.compile = compile_once
_collection_finder._meta_yml_to_dict = parse_metadata_once
_read_all_definitions()
ConfigManager._read_config_yaml_file = read_definitions_once
_find_jinja_plugins(_collections)
plugin_loader.Jinja2Loader.get_with_context = find_jinja_plugin_once
task_queue_manager.TaskQueueManager.run = run_play_with_filters
_import_shared(_collections)
gc.collect()
gc.freeze()  # a run's collector of garbage would touch, and so copy, all that it shares with this process
