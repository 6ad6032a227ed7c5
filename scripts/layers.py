# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules about who may import what in the collection, and a checker for them.

Arrows point down only: modules, lookup, filter, action, plugin_utils -> _joint -> _entra | _commvault -> _signin -> _stores -> _core.
"""

from __future__ import annotations

import ast
import dataclasses
import pathlib
import re
import typing as t

PREFIX = "ansible_collections.cvops.identity.plugins"
UTILS = frozenset({"_joint", "_entra", "_commvault", "_signin", "_stores", "_core"})
MAY_IMPORT: dict[str, frozenset[str]] = {
    "_core": frozenset({"_core"}),
    "_stores": frozenset({"_stores", "_core"}),
    "_signin": frozenset({"_signin", "_stores", "_core"}),
    "_entra": frozenset({"_entra", "_signin", "_stores", "_core"}),
    "_commvault": frozenset({"_commvault", "_signin", "_stores", "_core"}),
    "_joint": UTILS,
    "modules": UTILS,  # and nothing else: a module also runs on hosts that have no ansible-core
    "plugin_utils": UTILS | {"plugin_utils"},
    "lookup": UTILS | {"plugin_utils"},
    "filter": UTILS | {"plugin_utils"},
    "action": UTILS | {"plugin_utils", "modules"},
    "doc_fragments": frozenset(),
}
CONTROLLER_ONLY = ("plugin_utils", "lookup", "filter", "action", "doc_fragments")
# All traffic goes through one transport; urllib.parse only takes addresses apart.
OTHER_HTTP = ("urllib.request", "urllib.error", "urllib2", "urllib3", "http.client", "httpx", "aiohttp", "pycurl")
#: The files that are the collection's HTTP code: what they need of it is theirs.
HTTP_FILES = ("module_utils/_core/http.py", "module_utils/_core/answers.py")
#: Libraries that talk to a store of secrets, by what is imported of them.
VAULT_CLIENTS = ("hvac",)
ANSIBLE_HTTP = ("ansible.module_utils.urls",)
FOREIGN_FOLDERS = re.compile(r"(^|/)(tests|simulator|scripts|demo|docs|changelogs|extensions|\.build|\.ci)/")
Located = ast.stmt | ast.expr  # syntax that knows its line
DOC_BLOCKS = ("DOCUMENTATION", "EXAMPLES", "RETURN")


@dataclasses.dataclass(frozen=True)
class Import:
    """One imported name, and where it stands."""

    target: str
    line: int
    lazy: bool  # inside a function
    guarded: bool  # inside a try that catches ImportError
    typing_only: bool  # inside `if TYPE_CHECKING`


def violations(root: pathlib.Path) -> list[str]:
    """All breaches below ``root`` (the folder that holds plugins, roles and playbooks), one sentence each, sorted."""
    found: list[str] = []
    for path in sorted((root / "plugins").rglob("*.py")):
        found += _of_file(path.relative_to(root / "plugins"), ast.parse(path.read_text()))
    return sorted(found + list(_outside_paths(root)))


def layer_of(parts: t.Sequence[str]) -> str:
    """The layer of a file or of an imported name, by its path below plugins."""
    if parts[:1] != ("module_utils",):
        return parts[0] if parts else ""
    return parts[1] if len(parts) > 1 else ""


def _of_file(relative: pathlib.Path, tree: ast.Module) -> t.Iterator[str]:
    layer = layer_of(relative.with_suffix("").parts)
    if relative.name == "__init__.py" and len(relative.parts) <= 2:
        layer = layer or relative.parts[0]
    elif layer not in MAY_IMPORT:
        yield f"{relative}: belongs to no layer"
        return
    imports = list(_imports(tree, relative))
    for found in imports:
        where = f"{relative}:{found.line}"
        yield from (f"{where}: {fault}" for fault in _faults(found, layer, relative))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "__file__":
            yield f"{relative}:{node.lineno}: finds its way by __file__"
        if isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__") and not _constant(node):
            yield f"{relative}:{node.lineno}: imports a name that is not written here"
    for line, text in _texts(tree):
        if FOREIGN_FOLDERS.search(text) and "://" not in text:
            yield f"{relative}:{line}: names a file outside of the artifact: {text}"


def _faults(found: Import, layer: str, relative: pathlib.Path) -> t.Iterator[str]:
    target = found.target
    if target == PREFIX or target.startswith(f"{PREFIX}."):
        theirs = layer_of(tuple(target[len(PREFIX) + 1 :].split(".")))
        if theirs not in MAY_IMPORT.get(layer, frozenset()):
            yield f"{layer} must not import {theirs or 'the whole of it'} ({target})"
        return
    library = target.split(".")[0]
    if library in VAULT_CLIENTS:
        if layer != "_stores":
            yield f"{library} is imported in _stores only"
        elif not (found.lazy or found.typing_only):
            yield f"{library} must be imported lazily, inside a function"
    if library in ("requests", "msal"):
        yield from _library_faults(library, found, layer, relative)
    if _below(target, OTHER_HTTP + ANSIBLE_HTTP) and relative.as_posix() not in HTTP_FILES:
        yield f"{target} is HTTP code beside _core/http.py"
    if library == "ansible" and layer not in CONTROLLER_ONLY and not target.startswith("ansible.module_utils"):
        yield f"{target} is there on the controller only"


def _library_faults(library: str, found: Import, layer: str, relative: pathlib.Path) -> t.Iterator[str]:
    if layer == "plugin_utils":  # imports both early, in the parent of all workers
        if not found.guarded:
            yield f"{library} must be imported guarded here"
    elif library == "requests":
        if relative.as_posix() != "module_utils/_core/http.py":
            yield "requests is imported in _core/http.py only"
        elif not (found.guarded or found.lazy or found.typing_only):
            yield "requests must be imported guarded, so that a missing library is one clear message"
    elif layer != "_signin":
        yield "msal is imported below _signin only"
    elif not (found.lazy or found.typing_only):
        yield "msal must be imported lazily, inside a function"


def _below(target: str, names: t.Iterable[str]) -> bool:
    return any(target == name or target.startswith(f"{name}.") for name in names)


def _imports(tree: ast.Module, relative: pathlib.Path) -> t.Iterator[Import]:
    package = [*PREFIX.split("."), *relative.parts[:-1]]
    for node, context in _in_context(tree, ()):
        lazy = any(isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef) for outer in context)
        guarded = any(_catches_import_error(outer) for outer in context)
        typing_only = any(isinstance(outer, ast.If) and "TYPE_CHECKING" in ast.dump(outer.test) for outer in context)
        for target in _targets(node, package):
            yield Import(target, node.lineno, lazy, guarded, typing_only)


def _in_context(
    node: ast.AST, context: tuple[ast.AST, ...]
) -> t.Iterator[tuple[ast.stmt | ast.expr, tuple[ast.AST, ...]]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.expr):
            yield child, context
        yield from _in_context(child, (*context, child))


def _targets(node: ast.AST, package: list[str]) -> list[str]:
    """What an import statement, or a call of import_module, names. ``from a import b`` may mean the module a.b."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        above = package[: len(package) - node.level + 1] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        return [f"{base}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__"):
        return [text] if (text := _constant(node)) else []
    return []


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _constant(node: ast.Call) -> str:
    first = node.args[0] if node.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def _catches_import_error(node: ast.AST) -> bool:
    """True for a try with a handler for ImportError, and for ``with suppress(ImportError)``."""
    guards: list[ast.expr] = []
    if isinstance(node, ast.Try):
        guards = [handler.type for handler in node.handlers if handler.type]
    elif isinstance(node, ast.With):
        guards = [item.context_expr for item in node.items]
    return any("ImportError" in ast.dump(guard) for guard in guards)


def _texts(tree: ast.Module) -> t.Iterator[tuple[int, str]]:
    """Texts that code may use: neither docstrings (any text that stands alone) nor documentation blocks."""
    prose: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            prose.add(id(node.value))
        if isinstance(node, ast.Assign) and any(getattr(target, "id", "") in DOC_BLOCKS for target in node.targets):
            prose.add(id(node.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


def _outside_paths(root: pathlib.Path) -> t.Iterator[str]:
    """Links and paths in plugins, roles and playbooks that lead out of what the artifact carries."""
    for folder in ("plugins", "roles", "playbooks"):
        for path in sorted((root / folder).rglob("*")):
            relative = path.relative_to(root)
            if path.is_symlink():
                yield f"{relative}: is a link"
            elif folder != "plugins" and path.suffix in (".yml", ".yaml", ".j2"):
                yield from _outside_paths_in(relative, path.read_text())


def _outside_paths_in(relative: pathlib.Path, text: str) -> t.Iterator[str]:
    for number, line in enumerate(text.splitlines(), start=1):
        code = re.sub(r"(^|\s)#.*", "", line)
        words = [word for word in re.split(r"[\s\"',\[\]]+", code) if "://" not in word]
        if any(FOREIGN_FOLDERS.search(word) or "../" in word for word in words):
            yield f"{relative}:{number}: names a file outside of the artifact: {line.strip()}"
