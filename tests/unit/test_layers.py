# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules about who may import what, each shown to bite.

``pyproject.toml`` holds them: the contracts of import-linter, and the imports that ruff bans. Here each is broken in a copy
of the plugins, all at once, and each breach has to be found. What neither tool can say is checked here.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import typing as t

import pytest
from collection_tree import PLACE, ROOT, collections_path

OURS = "ansible_collections.cvops.identity.plugins"
UTILS = f"{OURS}.module_utils"
#: Not the script `lint-imports`: a space in the path of the environment makes its first line one that nobody can read.
LINT_IMPORTS = "from importlinter.cli import lint_imports_command as main; main()"
#: The environment of the newest core has the tools; `make lint` runs them there, too.
needs_tools = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("importlinter", "ruff")), reason="no static tools here"
)

#: What must not be -> a new file in this folder of the plugins, what stands in it, and how import-linter names the import.
LAYERS = {
    "_core knows no sign-in": ("module_utils/_core", f"from {UTILS}._signin import tokens", "_signin.tokens"),
    "_core knows no store": ("module_utils/_core", f"from {UTILS}._stores import file", "_stores.file"),
    "_signin knows no service": ("module_utils/_signin", f"import {UTILS}._entra.client", "_entra.client"),
    "_stores know no sign-in": ("module_utils/_stores", "from .._signin.tokens import C", "_signin.tokens"),
    "_stores know no service": ("module_utils/_stores", "from .._commvault.client import C", "_commvault.client"),
    "_entra knows no Commvault": (
        "module_utils/_entra",
        f"from {UTILS}._commvault.client import C",
        "_commvault.client",
    ),
    "nor does a noun's folder": (
        "module_utils/_entra/groups",
        "from ..._commvault.client import C",
        "_commvault.client",
    ),
    "_commvault knows no Entra": ("module_utils/_commvault", "from .._entra.client import C", "_entra.client"),
    "_commvault knows no joint work": ("module_utils/_commvault", "from .. import _joint", "_joint"),
    "_joint knows no module": ("module_utils/_joint", f"from {OURS}.modules import entra_group", "modules.entra_group"),
    "modules know no controller code": (
        "modules",
        f"from {OURS}.plugin_utils.reporting import C",
        "plugin_utils.reporting",
    ),
    "modules know no other module": ("modules", "from . import entra_group", "modules.entra_group"),
    "modules need no ansible-core": ("modules", "from ansible.errors import AnsibleError", "ansible.errors"),
    "nor do their utilities, inside a function": (
        "module_utils/_joint",
        "def f():\n    import ansible.constants",
        "ansible.constants",
    ),
    "lookups know no module": ("lookup", f"from {OURS}.modules.entra_group import C", "modules.entra_group"),
    "lookups know no other": ("lookup", "from . import document", "lookup.document"),
    "filters know no other": ("filter", "from .reports import C", "filter.reports"),
    "actions know no other": ("action", "from .entra_group import C", "action.entra_group"),
    "plugin_utils know no action": ("plugin_utils", "from ..action import entra_group", "action.entra_group"),
    "plugin_utils know no module": ("plugin_utils", "from ..modules import entra_group", "modules.entra_group"),
    "nor inside a function": ("module_utils/_core", "def f():\n    from .._joint import mappings", "_joint.mappings"),
    "nor for types": (
        "module_utils/_core",
        f"import typing as t\nif t.TYPE_CHECKING:\n    from {UTILS}._entra import client",
        "_entra.client",
    ),
}
#: What stands in no layer: how import-linter names it, and a file.
NO_LAYER = {"helper": "module_utils/helper.py", "strategy": "strategy/free.py"}
#: One import that closes a circle of siblings: the file, and what is added to it.
CIRCLE = ("module_utils/_core/values.py", "def f():\n    from .context import Context")

#: What must not be -> a new file in this folder of the plugins, what stands in it, and ruff's code for it.
BANNED = {
    "requests in one file": (
        "module_utils/_core",
        "try:\n    import requests\nexcept ImportError:\n    pass",
        "TID251",
    ),
    "requests by parts": ("modules", "def f():\n    from requests.adapters import HTTPAdapter", "TID251"),
    "urllib3 in one file": ("module_utils/_signin", "def f():\n    import urllib3", "TID251"),
    "msal in one file": ("module_utils/_entra", "def f():\n    import msal", "TID251"),
    "msal lazily": ("module_utils/_signin", "import msal", "TID253"),
    "msal in one file, on the controller too": (
        "plugin_utils",
        "try:\n    import msal\nexcept ImportError:\n    pass",
        "TID251",
    ),
    "hvac in one file": ("module_utils/_signin", "def f():\n    import hvac", "TID251"),
    "hvac by parts": ("module_utils/_joint", "def f():\n    from hvac.exceptions import VaultError", "TID251"),
    "hvac lazily": ("module_utils/_stores", "import hvac.exceptions", "TID253"),
    "azure in one file": ("module_utils/_signin", "def f():\n    import azure.keyvault.secrets", "TID251"),
    "azure by parts": ("module_utils/_stores", "def f():\n    from azure.core import exceptions", "TID251"),
    "azure lazily": ("module_utils/_stores", "from azure.keyvault.secrets import SecretClient", "TID253"),
    "cryptography lazily": ("module_utils/_signin", "from cryptography import x509", "TID253"),
    "no urllib.request": ("modules", "import urllib.request", "TID251"),
    "nor a function of it": ("modules", "from urllib.request import urlopen", "TID251"),
    "no urllib.error": ("plugin_utils", "from urllib import error", "TID251"),
    "no httpx": ("lookup", "import httpx", "TID251"),
    "no aiohttp": ("filter", "import aiohttp", "TID251"),
    "no pycurl": ("action", "import pycurl", "TID251"),
    "no urllib2": ("modules", "import urllib2", "TID251"),
    "no http.client": ("module_utils/_core", "from http import client", "TID251"),
    "no open_url": ("modules", "from ansible.module_utils.urls import open_url", "TID251"),
    "no import by name": (
        "module_utils/_core",
        f"import importlib\nimportlib.import_module('{UTILS}._joint')",
        "TID251",
    ),
    "nor by a computed one": ("module_utils/_core", "import importlib\nimportlib.import_module(name)", "TID251"),
}
#: What must pass.
ALLOWED = {
    "down": (
        "module_utils/_joint",
        "from .._entra import client\nfrom .._commvault import names\nfrom .._core.plan import E",
    ),
    "within a layer": (
        "module_utils/_entra/groups",
        "from ..._core.plan import C\nfrom ..client import D\nfrom . import plan",
    ),
    "lazy libraries for types": (
        "module_utils/_core",
        "import typing as t\nif t.TYPE_CHECKING:\n    import cryptography",
    ),
    "controller code on the controller": ("lookup", "from ansible.errors import AnsibleError"),
    "Ansible's utilities": ("modules", "from ansible.module_utils.basic import AnsibleModule"),
    "taking addresses apart": ("module_utils/_core", "from urllib.parse import quote"),
}


def write_all(rows: t.Mapping[str, tuple[str, ...]], plugins: pathlib.Path, prefix: str) -> dict[str, str]:
    """Write a file for each row; return row -> the file's path below the plugins."""
    files = {}
    for number, (name, (folder, text, *_)) in enumerate(rows.items()):
        files[name] = f"{folder}/{prefix}_{number}.py"
        (plugins / files[name]).write_text(f"{text}\n")
    return files


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A copy of the plugins with what is allowed in it, where Python and the tools find it."""
    root = tmp_path_factory.mktemp("tree").joinpath(*PLACE)
    shutil.copytree(ROOT / "plugins", root / "plugins", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    write_all(ALLOWED, root / "plugins", "allowed")
    return root / "plugins"


def lint_imports(tree: pathlib.Path) -> tuple[int, str]:
    """Run import-linter on the collection below *tree*; return exit code and output without line ends."""
    done = subprocess.run(
        [sys.executable, "-c", LINT_IMPORTS, "--no-cache", "--no-logo", "--config", str(ROOT / "pyproject.toml")],
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "300", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def run_ruff(root: pathlib.Path) -> set[tuple[str, str]]:
    """The code of each import that ruff bans below *root*, with the file's path below the plugins."""
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--no-cache",
        "--select",
        "TID251,TID253",
        "--output-format",
        "json",
        "plugins",
    ]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300)
    found = json.loads(done.stdout)
    return {(pathlib.Path(one["filename"]).relative_to(root / "plugins").as_posix(), one["code"]) for one in found}


@needs_tools
def test_the_collection_keeps_its_contracts_and_what_is_allowed_passes(plugins: pathlib.Path) -> None:
    for tree in (collections_path(), plugins.parents[3]):
        code, output = lint_imports(tree)
        assert code == 0, output
        assert "0 broken" in output
    assert run_ruff(ROOT) == set()
    assert run_ruff(plugins.parent) == set()


@needs_tools
def test_import_linter_finds_every_breach_and_every_contract_breaks(
    tmp_path: pathlib.Path, plugins: pathlib.Path
) -> None:
    broken = tmp_path.joinpath(*PLACE, "plugins")
    shutil.copytree(plugins, broken)
    files = write_all(LAYERS, broken, "breach")
    for name in NO_LAYER.values():
        (broken / name).parent.mkdir(exist_ok=True)
        (broken / name).touch()
    with (broken / CIRCLE[0]).open("a") as stream:
        stream.write(f"\n\n{CIRCLE[1]}\n")
    code, output = lint_imports(tmp_path)
    assert code == 1, output
    said = {
        name: rf"{file[:-3].replace('/', '[.]')} -> \S*{re.escape(LAYERS[name][2])} " for name, file in files.items()
    }
    said |= {name: rf"\S+{name}\b" for name in NO_LAYER}
    assert [name for name, words in said.items() if not re.search(words, output)] == [], output
    assert "Contracts: 0 kept, 6 broken." in output


@needs_tools
def test_ruff_finds_every_banned_import(tmp_path: pathlib.Path, plugins: pathlib.Path) -> None:
    shutil.copytree(plugins.parent, tmp_path, dirs_exist_ok=True)
    files = write_all(BANNED, tmp_path / "plugins", "breach")
    found = run_ruff(tmp_path)
    assert [name for name in BANNED if (files[name], BANNED[name][2]) not in found] == []
    assert {name for name, _code in found} == set(files.values())


# -- what neither tool can say

FOREIGN_FOLDERS = re.compile(r"(^|/)(tests|simulator|scripts|demo|docs|changelogs|extensions|\.build|\.ci)/")
#: May be missing where a module runs, which has to be one clear message: importing them must not end the program.
MAY_BE_MISSING = {"msal", "requests", "urllib3"}


def faults_of(path: pathlib.Path) -> list[str]:
    """What is wrong with one file of plugins, roles or playbooks, one sentence each."""
    if path.is_symlink():
        return ["is a link"]
    if path.suffix == ".py":
        return list(faults_of_code(ast.parse(path.read_text())))
    if path.suffix in (".yml", ".yaml", ".j2") and "plugins" not in path.parts:
        words = re.split(r"[\s\"',\[\]]+", re.sub(r"(^|\s)#.*", "", path.read_text(), flags=re.MULTILINE))
        outside = [
            word for word in words if "://" not in word and (FOREIGN_FOLDERS.search(word) or leads_out(path, word))
        ]
        return [f"names a file outside of the artifact: {word}" for word in outside]
    return []


def leads_out(path: pathlib.Path, word: str) -> bool:
    """Return whether a file names another one that is not below the same folder of the collection, roles or playbooks."""
    inside = path.is_relative_to(ROOT) and (path.parent / word).resolve().is_relative_to(
        ROOT / path.relative_to(ROOT).parts[0]
    )
    return "../" in word and not inside


def faults_of_code(tree: ast.Module) -> t.Iterator[str]:
    """Yield what is wrong with a file of Python."""
    guards = [node for node in ast.walk(tree) if isinstance(node, ast.Try | ast.With) and catches_import_error(node)]
    guarded = {id(node) for guard in guards for node in ast.walk(guard)}
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    prose |= {id(node.value) for node in tree.body if isinstance(node, ast.Assign) and is_documentation(node)}
    for node in ast.walk(tree):
        libraries = {alias.name.split(".")[0] for alias in node.names} if isinstance(node, ast.Import) else set()
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "importlib.import_module":
            libraries = {ast.literal_eval(node.args[0])}
        if libraries & MAY_BE_MISSING and id(node) not in guarded:
            yield f"line {node.lineno}: the import is not guarded"
        if isinstance(node, ast.Name) and node.id in ("__file__", "__import__"):
            yield f"line {node.lineno}: {node.id}"
        text = node.value if isinstance(node, ast.Constant) and id(node) not in prose else ""
        if isinstance(text, str) and FOREIGN_FOLDERS.search(text) and "://" not in text:
            yield f"line {node.lineno}: names a file outside of the artifact: {text}"


def catches_import_error(node: ast.Try | ast.With) -> bool:
    """Return whether it is a try with a handler for ImportError, or suppresses that."""
    kinds = (
        [one.type for one in node.handlers] if isinstance(node, ast.Try) else [one.context_expr for one in node.items]
    )
    return any(kind and "ImportError" in ast.unparse(kind) for kind in kinds)


def is_documentation(node: ast.Assign) -> bool:
    """Return whether a text is assigned that ansible-doc reads."""
    return ast.unparse(node.targets[0]) in ("DOCUMENTATION", "EXAMPLES", "RETURN")


def test_nothing_leads_out_of_the_artifact_and_no_library_has_to_be_there() -> None:
    files = [path for folder in ("plugins", "roles", "playbooks") for path in sorted((ROOT / folder).rglob("*"))]
    assert len(files) > 100, "this test would say nothing"
    assert {str(path): faults for path in files if (faults := faults_of(path))} == {}


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("a.py", "import requests", "guarded"),
        ("a.py", "import requests.adapters, os", "guarded"),
        ("a.py", "import importlib\nimportlib.import_module('msal')", "guarded"),
        ("a.py", "HERE = __file__", "__file__"),
        ("a.py", "__import__(name)", "__import__"),
        ("a.py", "open('../../simulator/x')", "outside of the artifact"),
        ("a.py", "PATH = 'tests/x'", "outside of the artifact"),
        ("main.yml", "src: ../../../simulator/x", "outside of the artifact"),
        ("main.yml", "include_vars: '{{ playbook_dir }}/../tests/vars.yml'", "outside of the artifact"),
        ("a.j2", "{{ lookup('file', 'docs/x') }}", "outside of the artifact"),
    ],
)
def test_what_leads_out_of_the_artifact_or_needs_a_library_is_found(
    tmp_path: pathlib.Path, name: str, text: str, fault: str
) -> None:
    (tmp_path / name).write_text(f"{text}\n")
    (found,) = faults_of(tmp_path / name)
    assert fault in found


def test_links_are_found(tmp_path: pathlib.Path) -> None:
    (tmp_path / "linked.yml").symlink_to(tmp_path / "elsewhere.yml")
    assert faults_of(tmp_path / "linked.yml") == ["is a link"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", "try:\n    import requests\nexcept ImportError:\n    requests = None"),
        (
            "a.py",
            "import contextlib, importlib\nwith contextlib.suppress(ImportError):\n    importlib.import_module('msal')",
        ),
        ("a.py", '"""See tests/unit."""\nDOCUMENTATION = "a playbook in docs/guide.md"'),
        ("a.py", "open('https://learn.microsoft.com/docs/')"),
        ("main.yml", "# see ../README.md\nurl: https://example.com/docs/x"),
    ],
)
def test_guarded_imports_prose_and_addresses_pass(tmp_path: pathlib.Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(f"{text}\n")
    assert faults_of(tmp_path / name) == []
