# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write or check how the roles' argument specs describe the connection to Entra ID: as the documentation of the modules does.

Argument specs of roles know no fragments, so the text between two comments is made from those of the modules.
Usage: role_connection.py --check | --write
"""

from __future__ import annotations

import ast
import pathlib
import re
import sys
import typing as t

import yaml
from collection_facts import PLUGINS
from collection_tree import ROOT
from generated_files import check_or_write

BEGIN, END = "# begin: written by scripts/role_connection.py", "# end: written by scripts/role_connection.py"


class Dumper(yaml.SafeDumper):
    """Lists indented below their key, as yamllint wants them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent in any case."""
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: t.Any) -> bool:
        """Return True: write what stands twice twice."""
        return True


def specs() -> list[pathlib.Path]:
    """Return the argument specs of the roles that have such a text."""
    return [path for path in sorted((ROOT / "roles").glob("*/meta/argument_specs.yml")) if BEGIN in path.read_text()]


def documented(*fragments: str) -> dict[str, dict[str, t.Any]]:
    """Return the options that these documentation fragments describe, sorted."""
    found: dict[str, dict[str, t.Any]] = {}
    for fragment in fragments:
        tree = ast.parse((PLUGINS / "doc_fragments" / f"_{fragment}.py").read_text())
        texts = [
            node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id == "DOCUMENTATION"
            and isinstance(node.value, ast.Constant)
        ]
        for text in texts:
            found |= yaml.safe_load(str(text)).get("options") or {}
    return dict(sorted(found.items()))


def described(option: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return an option of a module as one of a role: nothing has a default, as what is left out is not handed on."""
    said = [option["description"]] if isinstance(option["description"], str) else option["description"]
    lines = [re.sub(r"\bO\(([^)=]*)(=[^)]*)?\)", r"C(\1\2)", line) for line in said]
    if option.get("default") is not None:
        lines.append(f"When left out, V({str(option['default']).lower()}).")
    kept = {name: option[name] for name in ("type", "elements", "choices") if name in option}
    return {"description": lines, **kept}


def text() -> str:
    """Return what stands between the two comments, not indented."""
    entra = {name: described(option) for name, option in documented("entra", "transport").items()}
    about = ["The Entra ID tenant, and the identity that works in it."]
    options = {"entra": {"description": about, "type": "dict", "options": entra}}
    return yaml.dump(options, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)


def renewed(spec: str) -> str:
    """Return the argument spec with the text between the comments as it should be, indented as they are."""
    before, indent, rest = re.split(rf"^( *){re.escape(BEGIN)}\n", spec, maxsplit=1, flags=re.MULTILINE)
    after = re.split(rf"^ *{re.escape(END)}\n", rest, maxsplit=1, flags=re.MULTILINE)[1]
    middle = "".join(f"{indent}{line}\n" for line in text().splitlines())
    return f"{before}{indent}{BEGIN}\n{middle}{indent}{END}\n{after}"


def expected() -> dict[pathlib.Path, str]:
    """Return the argument specs as they should be."""
    return {path: renewed(path.read_text(encoding="utf-8")) for path in specs()}


if __name__ == "__main__":
    sys.exit(check_or_write(expected(), __doc__))
