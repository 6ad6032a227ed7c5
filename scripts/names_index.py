# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write or check the index of names: variables, options and environment variables, what reads them, and where they are described.

Its sources are the schema of the variables document, the argument specs and documentation of modules, and the playbooks.
Runs in an environment that has ansible-core. Usage: names_index.py --check | --write
"""

from __future__ import annotations

import functools
import importlib
import pathlib
import re
import sys
import typing as t

import variables_schema
import yaml
from collection_facts import PACKAGE, PLUGINS, load_collections, load_module, module_names, walk_options
from collection_tree import ROOT
from generated_files import check_or_write

RST = ROOT / "docs" / "docsite" / "rst"
PAGE = RST / "guide_names.rst"
LABEL = "ansible_collections.cvops.identity.docsite."
SECRET = "**secret**"
#: What the collection reads although no option is documented with it.
OF_EVERY_TASK = {
    "CVOPS_IN_PROCESS": "``cvops_in_process``",
    "CVOPS_RUN_RECORD_DIR": "``cvops_run_record_dir``",
}
#: Options whose documentation says that they do not take the environment variable.
NOT_READ = {("commvault_proxy", "HTTPS_PROXY")}
#: The guide about the names that begin so.
GUIDES = {
    "access_": "guide_access_review",
    "access_evidence_": "guide_access_evidence",
    "access_log_": "guide_access_log",
    "awx_setup_": "guide_controllers",
    "break_glass_drill_": "guide_access_review",
    "commvault_credentials_": "guide_credentials",
    "commvault_sso_": "guide_single_sign_on",
    "conditional_access_": "guide_conditional_access",
    "cvops_": "guide_how_tasks_run",
    "cvops_application": "guide_permissions",
    "cvops_bootstrap": "guide_sign_in",
    "cvops_break_glass": "guide_role_mappings",
    "cvops_commvault_credentials": "guide_credentials",
    "cvops_commvault_roles": "guide_role_mappings",
    "cvops_conditional_access": "guide_conditional_access",
    "cvops_connection": "guide_sign_in",
    "cvops_controller": "guide_controllers",
    "cvops_document": "guide_documents",
    "cvops_entra_groups": "guide_role_mappings",
    "cvops_role_mappings": "guide_role_mappings",
    "cvops_rotations": "guide_rotation",
    "cvops_sso": "guide_single_sign_on",
    "expiry_": "guide_expiry",
    "export_entra_": "guide_role_mappings",
    "review_": "guide_access_review",
    "revert_": "guide_how_tasks_run",
    "role_mappings_": "guide_role_mappings",
    "roll_over_": "guide_single_sign_on",
    "secret_rotation_": "guide_rotation",
    "snapshot_": "guide_snapshot",
    "doctor_": "guide_sign_in",
    "preflight_": "guide_role_mappings",
    "bootstrap_": "guide_sign_in",
    "VAULT_": "guide_secret_stores",
    "AZURE_": "guide_sign_in",
    "ARM_": "guide_sign_in",
    "CVOPS_": "guide_sign_in",
    "CVOPS_IN_PROCESS": "guide_how_tasks_run",
    "CVOPS_APPROVED_BY": "guide_how_tasks_run",
    "CVOPS_REVISION": "guide_how_tasks_run",
    "CVOPS_RUN_RECORD_DIR": "guide_how_tasks_run",
    "CVOPS_TICKET": "guide_how_tasks_run",
}
HEAD = """\
..
  Copyright (c) 2026, the cvops.identity authors
  GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

.. written by scripts/names_index.py

.. _ansible_collections.cvops.identity.docsite.guide_names:

Index of names
==============

Every variable, option and environment variable: what reads it, what counts when it is left out, and where it is described.
**secret** marks what holds one: Ansible and the collection hide it.
``ansible-doc cvops.identity.NAME`` describes the options of a module, ``ansible-doc -t role cvops.identity.NAME`` the variables of a role,
and ``docs/schema/access.json`` the keys of every variable.

.. contents::
   :local:
   :depth: 1

An option of the sign-in can be given in three ways, which count in this order:

.. code-block:: yaml

   - name: As an option of the task. Else as the variable cvops_tenant_id, else as the environment variable CVOPS_TENANT_ID
     cvops.identity.entra_group_info:
       tenant_id: 3b7e0c54-6a1d-4f0e-9d52-8c41aa0f7e16
       display_name: GG-Commvault-emea-vm-Operator
"""


def build_table(title: str, about: str, columns: t.Sequence[str], rows: t.Iterable[t.Sequence[str]]) -> str:
    """Return a section with a table; an empty cell becomes a dash."""
    lines = [title, "-" * len(title), "", about, "", ".. list-table::", "   :header-rows: 1", ""]
    for row in (columns, *rows):
        lines += [f"   {'  -' if number else '* -'} {cell or '–'}" for number, cell in enumerate(row)]
    return "\n".join([*lines, ""])


def format_code(*names: t.Any) -> str:
    """Return names as code, with commas."""
    return ", ".join(f"``{name}``" for name in names)


def format_default(option: t.Mapping[str, t.Any]) -> str:
    """Return the default of an option as YAML has it, or what its description says of leaving it out; empty for none."""
    value = option.get("default")
    if value is not None and value != [] and value != {}:
        return format_code(str(value).lower() if isinstance(value, bool) else value)
    told = option.get("description") or ""
    text = told if isinstance(told, str) else " ".join(told)
    found = re.search(r"\b(?:When|Where) left out, (.+?)\.(?:\s|$)", re.sub(r"\b[A-Z]+\(([^()]*)\)", r"\1", text))
    return found[1] if found else ""


def find_guide(name: str) -> str:
    """Return a reference to the guide about a name: that of the longest beginning which the name has; empty for none."""
    beginnings = [beginning for beginning in GUIDES if name.startswith(beginning)]
    return f":ref:`{LABEL}{GUIDES[max(beginnings, key=len)]}`" if beginnings else ""


def read_with_imports(path: pathlib.Path, seen: set[pathlib.Path]) -> str:
    """Return the text of a playbook with those of the files that it imports."""
    seen.add(path)
    text = path.read_text(encoding="utf-8")
    named = (path.parent / name for name in re.findall(r"(?:import|include)_\w+: *['\"]?([\w./-]+\.yml)", text))
    return "\n".join([text, *(read_with_imports(one, seen) for one in named if one.is_file() and one not in seen)])


@functools.lru_cache
def read_readers() -> dict[str, frozenset[str]]:
    """Return the variables that each playbook and role names, by the words for it: of roles those of the argument spec."""
    found = {}
    for path in sorted((ROOT / "playbooks").glob("*.yml")):
        found[f"playbook ``{path.stem}``"] = frozenset(re.findall(r"(?<![\w.])\w+", read_with_imports(path, set())))
    for path in sorted((ROOT / "roles").glob("*/meta/argument_specs.yml")):
        specs = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values()
        found[f"role ``{path.parts[-3]}``"] = frozenset(name for spec in specs for name in spec.get("options", {}))
    return found


def list_variables(schema: t.Mapping[str, t.Any]) -> t.Iterator[list[str]]:
    """Yield the rows of the variables that are none of the sign-in, sorted."""
    playbooks = len(list((ROOT / "playbooks").glob("*.yml")))
    for name, option in sorted(schema.items()):
        if "fallback" in option:
            continue
        readers = [words for words, names in read_readers().items() if name in names]
        if sum(words.startswith("playbook") for words in readers) == playbooks:
            readers = ["every playbook", *(words for words in readers if words.startswith("role"))]
        holds = SECRET if option.get("no_log") or name == "cvops_notify_url" else ""
        inner = [path for path, one in walk_keys(option) if one.get("no_log")]
        holds = f"{SECRET}: {format_code(*inner)}" if inner else holds
        if format_code(name) in OF_EVERY_TASK.values():
            readers.insert(0, "every task")
        yield [format_code(name), ", ".join(readers) or "nothing", format_default(option), holds, find_guide(name)]


def walk_keys(option: t.Mapping[str, t.Any], prefix: str = "") -> t.Iterator[tuple[str, t.Mapping[str, t.Any]]]:
    """Yield each key below a variable with its dotted name; ``*`` stands for a name that people choose."""
    for name, inner in (option.get("options") or {}).items():
        yield f"{prefix}{name}", inner
        yield from walk_keys(inner, f"{prefix}{name}.")
    if "values" in option:
        yield from walk_keys(option["values"], f"{prefix}*.")


@functools.lru_cache
def read_options() -> dict[str, dict[str, t.Mapping[str, t.Any]]]:
    """Return the options of all modules by name, each by the modules that have it; of inner ones those that hold secrets."""
    found: dict[str, dict[str, t.Mapping[str, t.Any]]] = {}
    for module in module_names():
        for name, option in walk_options(load_module(module).SPEC.options):
            if "." not in name or option.get("no_log"):
                found.setdefault(name, {})[module] = option
    return found


def get_environment_names(option: t.Mapping[str, t.Any]) -> t.Sequence[str]:
    """Return the environment variables of an option of the sign-in, in the order in which they count."""
    return t.cast("t.Sequence[str]", option["fallback"][1][1:])


def describe_modules(modules: t.Collection[str]) -> str:
    """Return which modules have an option; of very many how many."""
    total = len(module_names())
    return format_code(*sorted(modules)) if len(modules) <= total / 3 else f"{len(modules)} of {total} modules"


def list_sign_in_options() -> t.Iterator[list[str]]:
    """Yield the rows of the options of the sign-in, sorted."""
    fragments = [PLUGINS / "doc_fragments" / f"_{name}.py" for name in ("entra", "commvault", "transport")]
    documented = {name: one for path in fragments for name, one in read_documented(path).items()}
    for name in sorted(list_sign_in_names()):
        by_module = read_options()[name]
        option = next(iter(by_module.values()))
        names = format_code(*get_environment_names(option))
        default = format_default({"default": documented[name].get("default")})
        holds = SECRET if option.get("no_log") else ""
        yield [
            format_code(name),
            format_code(f"cvops_{name}"),
            names,
            default,
            holds,
            describe_modules(by_module),
        ]


def list_options() -> t.Iterator[list[str]]:
    """Yield the rows of all other options of modules, sorted."""
    for name, by_module in sorted(read_options().items()):
        if "." not in name and name in list_sign_in_names():
            continue
        defaults = {format_default(option) for option in by_module.values()}
        holds = SECRET if any(option.get("no_log") for option in by_module.values()) else ""
        yield [format_code(name), describe_modules(by_module), " or ".join(sorted(filter(None, defaults))), holds]


@functools.lru_cache
def list_sign_in_names() -> frozenset[str]:
    """Return the options of the sign-in."""
    return frozenset(name for name, found in read_options().items() if "fallback" in next(iter(found.values())))


def load_part(name: str) -> t.Any:
    """Return a Python module of module_utils; Ansible's import hook must be in place."""
    return importlib.import_module(f"{PACKAGE}.module_utils.{name}")


def list_environment() -> t.Iterator[list[str]]:
    """Yield the rows of the environment variables, sorted: those of options, those that documentation names, and those of every task."""
    rows: dict[str, tuple[str, str]] = {name: (words, "") for name, words in OF_EVERY_TASK.items()}
    for field, names in load_part("_core.run_record")._JOB_VARIABLES.items():
        rows |= {name: (f"run records: {format_code(field)}", "") for name in names}
    platform = load_part("_signin.entra.managed_identity")
    about = f"{format_code('auth_method')} managed_identity; the platform sets it"
    rows |= {
        name: (about, SECRET if name in platform._SECRETS else "")
        for name in (*platform._ENDPOINTS, *platform._SECRETS)
    }
    for name in sorted(list_sign_in_names()):
        option = next(iter(read_options()[name].values()))
        rows |= {
            one: (format_code(name), SECRET if option.get("no_log") else "") for one in get_environment_names(option)
        }
    owned = set(rows)
    for path in sorted([*(PLUGINS / "modules").glob("[!_]*.py"), *(PLUGINS / "doc_fragments").glob("*.py")]):
        for name, option in walk_documented(read_documented(path)):
            for one in re.findall(r"\bE\((\w+)\)", str(option.get("description"))):
                told, dummy = rows.get(one, ("", ""))
                if one not in owned and (name, one) not in NOT_READ and format_code(name) not in told.split(", "):
                    rows[one] = (", ".join(filter(None, (told, format_code(name)))), hide(one))
    for one, (told, holds) in sorted(rows.items()):
        yield [format_code(one), told, holds, find_guide(one)]


def hide(name: str) -> str:
    """Return the mark of a secret for an environment variable whose name says that it holds one."""
    return SECRET if re.search(r"TOKEN$|SECRET|PASSWORD", name) else ""


def read_documented(path: pathlib.Path) -> dict[str, t.Mapping[str, t.Any]]:
    """Return the options that a module or a fragment documents."""
    found = re.search(r"DOCUMENTATION = r?\"\"\"(.*?)\"\"\"", path.read_text(encoding="utf-8"), re.DOTALL)
    return (yaml.safe_load(found[1]).get("options") or {}) if found else {}


def walk_documented(options: t.Mapping[str, t.Any], prefix: str = "") -> t.Iterator[tuple[str, t.Mapping[str, t.Any]]]:
    """Yield each documented option with its dotted name."""
    for name, option in options.items():
        yield f"{prefix}{name}", option
        yield from walk_documented(option.get("suboptions") or {}, f"{prefix}{name}.")


def build_page() -> str:
    """Return the page."""
    tables = (
        build_table(
            "Variables",
            "Variables of the document, of roles and of playbooks; give them with ``-e``, in a file or on the command line.",
            ("Variable", "Read by", "When left out", "Secret", "Described in"),
            list_variables(variables_schema.build_variables()),
        ),
        build_table(
            "Options of the sign-in",
            f"Of several environment variables the first one that is set counts. They are described in :ref:`{LABEL}guide_sign_in`.",
            ("Option", "Variable", "Environment variables", "When left out", "Secret", "Read by"),
            list_sign_in_options(),
        ),
        build_table(
            "Options of modules",
            "Options of the first level, and inner ones that hold a secret. They are described with each module.",
            ("Option", "Read by", "When left out", "Secret"),
            list_options(),
        ),
        build_table(
            "Environment variables",
            "What each of them is read for; what a managed identity and a controller set themselves is among them.",
            ("Environment variable", "Option or variable", "Secret", "Described in"),
            list_environment(),
        ),
    )
    return "\n".join([HEAD, *tables])


def expected() -> dict[pathlib.Path, str]:
    """Return the text of the page."""
    return {PAGE: build_page()}


if __name__ == "__main__":
    load_collections()
    sys.exit(check_or_write(expected(), __doc__))
