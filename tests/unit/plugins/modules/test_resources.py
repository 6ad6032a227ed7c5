# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource protocol over all modules, which are found by themselves: no module escapes, whoever adds it."""

from __future__ import annotations

import ast
import importlib
import inspect
import pathlib
import types
import typing as t

import pytest
import yaml

from ansible_collections.cvops.identity.plugins.module_utils._core import http
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Change, Plan, Step
from ansible_collections.cvops.identity.plugins.module_utils._core.resource import Report
from ansible_collections.cvops.identity.plugins.module_utils._core.runner import run_task
from ansible_collections.cvops.identity.plugins.module_utils._entra.service_principals.resource import (
    ServicePrincipalResource,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.signing_certificates.task import (
    SigningCertificateTask,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.plan import Operation
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.resource import RoleMappingsResource
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.roles_and_mapping import (
    RolesAndMappingResource,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.rotation.decision import Action

ROOT = pathlib.Path(__file__).resolve().parents[4]
PACKAGE = "ansible_collections.cvops.identity.plugins"
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("[!_]*.py"))
WRITERS = [name for name in MODULES if not name.endswith("_info")]
#: Actions that are written as an expression: what it can be.
EXPRESSIONS = {
    "request.operation": frozenset(t.get_args(Operation)),
    "move.action": frozenset(t.get_args(Action)),
}
#: A resource whose plan is that of others; a list of roles that is left out has no actions.
COMPOSED: dict[type, tuple[type, ...]] = {
    RolesAndMappingResource: (RoleMappingsResource,),
    ServicePrincipalResource: (ServicePrincipalResource, SigningCertificateTask),
}
CONNECTION = {
    "tenant_id": "11111111-2222-4333-8444-555555555555",
    "client_id": "11111111-2222-4333-8444-666666666666",
    "client_secret": "s3cr3t-of-nobody",
    "commvault_url": "https://localhost:9/commandcenter",
    "commvault_username": "nobody",
    "commvault_password": "p4ssw0rd-of-nobody",
}


def load(name: str) -> types.ModuleType:
    return importlib.import_module(f"{PACKAGE}.modules.{name}")


def built(module: types.ModuleType, make_ctx: t.Any, **fields: t.Any) -> t.Any:
    """The module's resource with default options."""
    defaults = {name: option.get("default") for name, option in module.SPEC.options.items()}
    given = {name: value for name, value in CONNECTION.items() if name in defaults}
    ctx = make_ctx({**defaults, **given}, **fields)
    return ctx, module.RESOURCE(ctx)


def test_modules_are_found() -> None:
    assert len(MODULES) >= 16 and len(WRITERS) >= 10


@pytest.mark.parametrize("name", MODULES)
def test_the_noun_is_what_the_documentation_returns(name: str, make_ctx: t.Any) -> None:
    module = load(name)
    if name in WRITERS:
        noun = built(module, make_ctx)[1].noun
    else:
        assert isinstance(module.RESOURCE, Report), "a module that only reads plans nothing"
        noun = module.RESOURCE.noun
    nouns = {noun} if isinstance(noun, str) else set(noun)
    assert nouns <= set(yaml.safe_load(module.RETURN))


@pytest.mark.parametrize("name", MODULES)
def test_a_module_file_holds_no_logic(name: str) -> None:
    """Documentation, constants, the specification, the resource, and ``main``, which runs it."""
    tree = ast.parse((ROOT / "plugins" / "modules" / f"{name}.py").read_text(encoding="utf-8"))
    allowed = (ast.Assign, ast.AnnAssign, ast.Expr, ast.Import, ast.ImportFrom, ast.If)
    others = [node for node in tree.body if not isinstance(node, allowed)]
    assert [getattr(node, "name", ast.dump(node)) for node in others] == ["main"]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
    assert ast.unparse(others[0].body[-1]) == "run_as_module(SPEC, RESOURCE)"  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("check", [False, True])
def test_an_unknown_action_raises_and_sends_nothing(
    name: str, check: bool, make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever known steps stand before it, and whatever the misspelt name is near to."""
    sent: list[t.Any] = []
    monkeypatch.setattr(http.Transport, "request", lambda self, *words, **more: sent.append(words))
    module = load(name)
    known = sorted(built(module, make_ctx)[1].actions)
    for unknown in [*(f"{action}e" for action in known), *(action.upper() for action in known), "", "else"]:
        ctx, resource = built(module, make_ctx, check_mode=check)
        told = (Change("~", "setting", "x", "set it"),)
        steps = tuple(Step(action, f"step {action}", {}, told) for action in (*known, unknown))
        resource.plan = lambda steps=steps: Plan({}, {"x": 1}, steps)
        result = run_task(ctx, lambda _ctx, resource=resource: resource)
        assert (result["failed"], result["changed"], sent) == (True, False, []), unknown
        assert (result["error"]["kind"], result["error"]["action"]) == ("internal", unknown)
        assert result["stats"]["writes"] == 0


@pytest.mark.parametrize("name", WRITERS)
def test_planning_names_exactly_the_actions_that_there_are(name: str, make_ctx: t.Any) -> None:
    resource = built(load(name), make_ctx)[1]
    parts = COMPOSED.get(type(resource), (type(resource),))
    assert set().union(*map(planned_actions, parts)) == set(resource.actions)


def planned_actions(resource: type) -> set[str]:
    """All actions of steps that are made in the resource's file, in those of its own room, and in functions from the room above."""
    path = pathlib.Path(inspect.getfile(resource))
    rooms = {path, *(file for file, _names in _imported(path, level=1))}
    actions = {action for file in rooms for action in _actions_in(ast.parse(file.read_text(encoding="utf-8")))}
    for file, names in (found for room in rooms for found in _imported(room, level=2)):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name in names:
                actions.update(_actions_in(ast.Module([node], [])))
    return actions


def _imported(path: pathlib.Path, level: int) -> t.Iterator[tuple[pathlib.Path, set[str]]]:
    """The files that *path* imports from its own folder (level 1) or the one above (2), and the names that it takes from each."""
    folder = path.parents[level - 1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == level:
            names = {item.name for item in node.names}
            for module in [node.module] if node.module else sorted(names):
                file = folder / f"{module.replace('.', '/')}.py"
                if file.is_file():
                    yield file, names


def _actions_in(tree: ast.Module) -> t.Iterator[str]:
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Step":
                yield from _values(node.args[0], function)


def _values(action: ast.expr, function: ast.FunctionDef) -> t.Iterable[str]:
    """What *action* can be: a text, a variable that gets texts in this function, or one of the known expressions."""
    if isinstance(action, ast.Constant):
        return [str(action.value)]
    if isinstance(action, ast.Name):
        found = [value for node in ast.walk(function) for value in _assigned(node, action.id)]
        assert found, f"where does {action.id} in {function.name} come from?"
        return found
    return EXPRESSIONS[ast.unparse(action)]


def _assigned(node: ast.AST, name: str) -> list[str]:
    if isinstance(node, ast.Assign):
        targets, value = node.targets, node.value
    elif isinstance(node, ast.For):
        targets, value = [node.target], node.iter
    else:
        return []
    if not any(isinstance(item, ast.Name) and item.id == name for target in targets for item in ast.walk(target)):
        return []
    return [item.value for item in ast.walk(value) if isinstance(item, ast.Constant) and isinstance(item.value, str)]


def test_a_step_with_another_action_would_be_found() -> None:
    """The test above is able to fail: every way in which an action is written is read."""
    code = """
def plan(kind):
    word = "grant" if kind else "withdraw"
    steps = [Step("create", "x"), Step(word, "y")]
    for action, ids in (("add", 1), ("remove", 2)):
        steps.append(Step(action, "z"))
    return steps + [Step(request.operation, "q")]
"""
    assert set(_actions_in(ast.parse(code))) == {
        *("create", "grant", "withdraw", "add", "remove"),
        *("create_group", "link_group"),
    }
