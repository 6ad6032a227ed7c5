# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a credential gives to a job: environment, extra variables and files, by the injectors of its type.

Pure: nothing is written, nothing is asked; usable without the simulator's server. Inputs that a credential lacks are
empty text in what is injected, whether or not the type asks for them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import PurePath, PurePosixPath
from types import SimpleNamespace
from typing import Any, NamedTuple

from jinja2 import Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

#: What stands for a secret in the environment that the API shows.
HIDDEN = "**********"


class Injected(NamedTuple):
    """What a job gets. `files`: path -> content, which the caller writes with mode 0600 before the job starts."""

    env: dict[str, str]
    extra_vars: dict[str, Any]
    files: dict[str, str]


def make_environment(undefined: type[Undefined] = Undefined) -> ImmutableSandboxedEnvironment:
    """Return the environment that renders injectors: plain Jinja2 in a sandbox, none of Ansible's filters."""
    return ImmutableSandboxedEnvironment(undefined=undefined)


def inject(credential_type: Mapping[str, Any], inputs: Mapping[str, Any], folder: PurePath | str) -> Injected:
    """Return what a credential of a type gives to a job.

    `credential_type`: a type as the API has it (`inputs` with the list `fields`, `injectors`); `inputs`: values, with
    their secrets; `folder`: where the files will lie as the job sees it. Undefined names render as empty text.
    """
    fields = (credential_type.get("inputs") or {}).get("fields") or []
    injectors = credential_type.get("injectors") or {}
    namespace = _make_namespace(fields, inputs)
    tower = SimpleNamespace()
    namespace["tower"] = tower
    environment = make_environment()

    def render(node: Any) -> Any:
        if isinstance(node, Mapping):
            return {render(key): render(value) for key, value in node.items()}
        if isinstance(node, list):
            return [render(item) for item in node]
        return environment.from_string(node).render(**namespace)

    files = {}
    for label, template in (injectors.get("file") or {}).items():
        path = str(PurePosixPath(str(folder)) / _name_file(credential_type, label))
        files[path] = render(template)
        _first, dot, name = label.partition(".")
        if not dot:
            tower.filename = path
        else:
            tower.filename = getattr(tower, "filename", SimpleNamespace())
            setattr(tower.filename, name, path)
    env = {name: render(template) for name, template in (injectors.get("env") or {}).items()}
    return Injected(env, render(injectors.get("extra_vars") or {}), files)


def hide_secrets(credential_type: Mapping[str, Any], inputs: Mapping[str, Any], sign: str = HIDDEN) -> dict[str, Any]:
    """Return inputs with a sign in place of every secret that is set."""
    fields = (credential_type.get("inputs") or {}).get("fields") or []
    secret = {field["id"] for field in fields if field.get("secret")}
    return {key: sign if key in secret and value not in ("", None) else value for key, value in inputs.items()}


def _make_namespace(fields: list[Mapping[str, Any]], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names that templates see: inputs that say something; booleans that nobody has set are False."""
    namespace: dict[str, Any] = {key: value for key, value in inputs.items() if isinstance(value, bool) or value}
    for field in fields:
        name = field["id"]
        if field.get("type") == "boolean" and name not in inputs:
            namespace[name] = False
        if field.get("format") == "ssh_private_key" and name in namespace and not namespace[name].endswith("\n"):
            namespace[name] += "\n"
    return namespace


def _name_file(credential_type: Mapping[str, Any], label: str) -> str:
    """Return a name that tells nothing, as the controller's random one does, yet is the same each time."""
    return "tmp" + hashlib.sha256(f"{credential_type.get('name')}\0{label}".encode()).hexdigest()[:8]
