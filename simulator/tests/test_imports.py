# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contracts of `pyproject.toml` about imports: the package keeps them, a copy with one bad import breaks each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from importlinter.api import read_configuration

HERE = Path(__file__).resolve().parents[1]
#: The program `lint-imports`, without the script of that name: its first line may name a path that has a space.
LINT_IMPORTS = (sys.executable, "-c", "from importlinter.cli import lint_imports_command as main; main()", "--no-cache")

#: Name of the breach -> contract that has to break, file, text that is added to the file.
BREACHES = {
    "the core knows a service": ("package", "core/clock.py", "import cvops_simulator.entra.tenant"),
    "a service knows the other": ("package", "commvault/cell.py", "from cvops_simulator.entra.tenant import Tenant"),
    "a seed knows the simulator": (
        "package",
        "seeds/site.py",
        "def build():\n    from cvops_simulator.simulator import Simulator",
    ),
    "control knows the simulator, for types": (
        "package",
        "control.py",
        "if TYPE_CHECKING:\n    from cvops_simulator.simulator import Simulator",
    ),
    "a module in no layer of the package": ("package", "helpers.py", ""),
    "the cell knows the service": (
        "commvault",
        "commvault/cell.py",
        "def listen():\n    from cvops_simulator.commvault.service import CommCellService",
    ),
    "the call knows a handler": (
        "commvault",
        "commvault/routing.py",
        "from cvops_simulator.commvault.handlers.session import register",
    ),
    "the state knows the call, for types": (
        "commvault",
        "commvault/state.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from cvops_simulator.commvault.routing import Call",
    ),
    "a module in no layer of the CommCell": ("commvault", "commvault/helpers.py", ""),
    "the tenant calls its seeding": (
        "entra",
        "entra/tenant.py",
        "def fill():\n    from cvops_simulator.entra.seeding import reset_tenant",
    ),
    "the token service knows Graph": ("entra", "entra/login/flows.py", "import cvops_simulator.entra.graph.service"),
    "a module in no layer of Entra": ("entra", "entra/helpers.py", ""),
    "a vault's state knows the service": (
        "keyvault",
        "keyvault/state.py",
        "def serve():\n    from cvops_simulator.keyvault.service import KeyVaultService",
    ),
    "the vault knows the tenant": ("package", "keyvault/access.py", "from cvops_simulator.entra.tenant import Tenant"),
    "the controller's state knows the rules": (
        "controller",
        "controller/state.py",
        "def check():\n    from cvops_simulator.controller.rules import make_values",
    ),
    "what is injected knows the controller": (
        "controller",
        "controller/injection.py",
        "from cvops_simulator.controller.engine import Engine",
    ),
    "a module in no layer of the controller": ("controller", "controller/helpers.py", ""),
    "a module in no layer of the vault": ("keyvault", "keyvault/helpers.py", ""),
    "a file knows the site that is made of it": (
        "snapshots",
        "snapshots/files.py",
        "def build():\n    from cvops_simulator.snapshots.site import build_snapshot_site",
    ),
    "a module in no layer of the snapshots": ("snapshots", "snapshots/helpers.py", ""),
    "a circle of handlers, inside a function": (
        "circles",
        "commvault/handlers/security_read.py",
        "def roles():\n    from cvops_simulator.commvault.handlers.roles_v1 import register",
    ),
    "a circle of Graph, for types": (
        "circles",
        "entra/graph/batch.py",
        "import typing\nif typing.TYPE_CHECKING:\n    from cvops_simulator.entra.graph.service import GraphService",
    ),
    "a circle of seeds": ("circles", "seeds/ids.py", "from cvops_simulator.seeds.people import Person"),
    "a handler imports the CommCell's index": (
        "index",
        "commvault/handlers/session.py",
        "from cvops_simulator.commvault import CommCellService",
    ),
    "the core imports the package's index": (
        "index",
        "core/names.py",
        "def f():\n    from cvops_simulator import Fault",
    ),
}


def lint_imports(folder: Path) -> tuple[int, str]:
    """Run `lint-imports` on a package with its `pyproject.toml`; returns exit code and output in one line."""
    outcome = subprocess.run(
        [*LINT_IMPORTS, "--no-logo"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src"), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return outcome.returncode, " ".join((outcome.stdout + outcome.stderr).split())


def contracts() -> dict[str, dict[str, Any]]:
    """Return id -> options of all contracts."""
    return {item["id"]: item for item in read_configuration(str(HERE / "pyproject.toml"))["contracts_options"]}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package that a test may break."""
    shutil.copytree(HERE / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(HERE / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_package_keeps_its_contracts() -> None:
    code, output = lint_imports(HERE)
    assert code == 0, output
    assert f"Contracts: {len(contracts())} kept, 0 broken." in output


def test_every_contract_is_shown_to_break() -> None:
    assert {contract for contract, _file, _text in BREACHES.values()} == set(contracts())


def test_the_index_of_every_package_is_forbidden() -> None:
    found = {path.parent.relative_to(HERE / "src") for path in (HERE / "src").rglob("__init__.py")}
    assert set(contracts()["index"]["forbidden_modules"]) == {".".join(path.parts) for path in found}


@pytest.mark.parametrize("breach", BREACHES)
def test_a_bad_import_breaks_its_contract(copy: Path, breach: str) -> None:
    contract, file, text = BREACHES[breach]
    name = contracts()[contract]["name"]
    path = copy / "src" / "cvops_simulator" / file
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(f"{before}\n{text}\n", encoding="utf-8")
    code, output = lint_imports(copy)
    assert code == 1, output
    assert f"{name} BROKEN" in output
